"""Every route and callback as every role with what others' pages hold and with forged arguments: nothing foreign, nothing broken (streets, communities, administrator)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.access.sweep import as_view
from tests.access.sweeping import Ground, carry_out, ground

ROLES = ("steward", "street", "admin")


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> Ground:
    return ground(tmp_path_factory)


def test_the_sweep_sees_what_one_role_gets_and_another_must_not(held: Ground) -> None:
    """The sweep's own control: the leader's answers, read as a street's, are full of foreign words; and roles with figures get answers at all."""
    leader, street = held.readers["leader"], held.readers["street"]
    wrong = replace(leader, role="control", forbidden=street.forbidden)
    sweep = held.sweep
    sweep.leaks, before = [], sweep.kinds["200"]
    views = [r for r in sorted(held.recorded["leader"]) if "rows=" in r.query or r.path.startswith("/providers")]
    for request in views:
        sweep.ask(wrong, as_view(held.app, request.path, request.query))
    assert len(sweep.leaks) >= 5
    assert sweep.kinds["200"] - before == len(views)


@pytest.mark.parametrize("role", ROLES)
def test_items_02_03_05_and_15_a_role_gets_nothing_that_is_not_its_own(held: Ground, role: str) -> None:
    sweep = held.sweep
    before, sweep.leaks, sweep.broken = sweep.sent, [], []
    carry_out(held, role, seed=len(role))
    assert sweep.leaks == []
    assert sweep.broken == []
    assert sweep.sent - before >= 2_860, "seven roles together: at least 20,000 requests"
