"""Every route and callback as every role with what others' pages hold and with forged arguments: nothing foreign, nothing broken (streets, communities, administrator)."""

from __future__ import annotations

import pytest

from tests.access.sweeping import Ground, carry_out, ground

ROLES = ("steward", "street", "admin")


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> Ground:
    return ground(tmp_path_factory)


@pytest.mark.parametrize("role", ROLES)
def test_items_02_03_05_and_15_a_role_gets_nothing_that_is_not_its_own(held: Ground, role: str) -> None:
    sweep = held.sweep
    before, sweep.leaks, sweep.broken = sweep.sent, [], []
    carry_out(held, role, seed=len(role))
    assert sweep.leaks == []
    assert sweep.broken == []
    assert sweep.sent - before >= 2_860, "seven roles together: at least 20,000 requests"
