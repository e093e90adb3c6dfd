"""A snapshot that nobody reads any more is let go at once: memory, threads and the file are not held until some collection finds them."""

from __future__ import annotations

import gc
import weakref
from pathlib import Path

from dashboard.access.scope import Scope
from dashboard.views.page import registry
from dashboard.views.render import render
from dashboard.warehouse import Snapshot, Warehouse
from dashboard.warehouse.deliveries import named
from tests.support import tiny
from tests.views.conftest import DISTRICT


def test_after_every_page_for_every_role_nothing_holds_the_snapshot(tmp_path: Path, desk_of) -> None:
    old = tiny.build(tmp_path, months=6, elders=60, providers=8, run_id="20261005T020000-old")
    held = Snapshot.open(tiny.build(tmp_path, months=6, elders=60, providers=8, run_id="20261105T020000-new"))
    told = {"the snapshot": weakref.ref(held), "one opened beside it": weakref.ref(named(held, old.stem))}
    provider = next(iter(held.providers(held.latest_month)))
    paths = [*registry(), f"/providers/{provider}", f"/impact/{provider}"]
    gc.collect()
    gc.disable()
    try:
        for role in ("leader", "street", "finance"):
            _read_all(held, Scope.of(role, DISTRICT), paths, desk_of)
        del held
        assert {what for what, it in told.items() if it() is not None} == set()
    finally:
        gc.enable()


def _read_all(held: Snapshot, scope: Scope, paths: list[str], desk_of) -> None:
    for path in paths:
        drawn = render(Warehouse(held, scope), path, "", "/geo/{}.json".format, lambda run_id: Warehouse(named(held, run_id), scope), desk_of(scope))
        assert "failed" not in drawn["kind"], path
    for cube in (held.shielded_figures, held.shielded_provider_figures):
        cube.trend("caregiver_cert_rate", cube.keys[0], 6, held.latest_month)
