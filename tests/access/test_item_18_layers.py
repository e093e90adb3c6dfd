"""Withstand 18, as an attack: everything that a reader without rows is shown, of all areas, providers and months, as one system of equations.

Nothing of the product's own rule is used: what is shown is asked for through ``Warehouse``, what adds up to what is taken from the marts' rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import numpy as np
import pytest

from dashboard.access.rights import known
from dashboard.warehouse import Scope, Snapshot, Unknown, Warehouse, shield
from dashboard.warehouse.layers import Layers
from etl.indicators.base import Measure
from etl.paths import DEFAULT_REGION
from etl.policy import privacy
from tests.access.test_item_18_small_cells import DISTRICT, K
from tests.support import tiny

COMPLAINTS = """
delete from complaint_fact;
insert into complaint_fact by name
select month, provider_id, community_code
from provider_month cross join range((hash(provider_id || month) % 9 * (1 + hash(provider_id) % 4))::bigint) where month >= '2026-07';
delete from figure where indicator in ('complaints'); delete from provider_figure where indicator in ('complaints');
insert into figure by name
select 'complaints' as indicator, a.code as area_code, a.level, m.month, count(f.month)::double as part
from area a cross join month m join area_closure c on c.ancestor = a.code left join complaint_fact f on f.community_code = c.descendant and f.month = m.month
group by all;
insert into provider_figure by name
select 'complaints' as indicator, p.provider_id, p.month, count(f.month)::double as part
from provider_month p left join complaint_fact f on f.provider_id = p.provider_id and f.month = p.month group by all;
"""
"""Complaints of elders about providers that each stand in one community: some few, some many."""


@pytest.fixture
def snapshot(tmp_path: Path) -> Snapshot:
    file = tiny.build(tmp_path / "tiny.duckdb", providers=120)
    with duckdb.connect(str(file)) as con:
        con.execute(COMPLAINTS)
    return Snapshot.open(file)


@pytest.fixture
def blind(snapshot: Snapshot) -> Warehouse:
    return Warehouse(snapshot, Scope(area=DISTRICT, role="leader", rights=frozenset({known("figures")})))


def sums(snapshot: Snapshot, measure: Measure, month: str) -> Iterator[tuple[str, str | None, float, float]]:
    """(community or street, provider, value, persons) of a measure in a month, as the mart's rows give them."""
    columns = snapshot.tables[measure.mart]
    area = next(c for c in ("community_code", "street_code", "area_code") if c in columns)
    who = next((c for c in ("elder_id", "account_id", "caregiver_id", "volunteer_id") if c in columns), "rowid")
    yield from snapshot.query(
        f"select {area}, provider_id, sum({measure.value})::double, count(distinct {who})::double from {measure.mart}"
        f" where month = ? and ({measure.where}) and {area} is not null group by all", [month]
    )  # fmt: skip


def attacked(snapshot: Snapshot, blind: Warehouse, code: str, side: str, measure: Measure, month: str) -> tuple[list[str], int]:
    """Small cells of one figure that follow from all that is shown of it in a month; and how many are hidden."""
    cells = [(a, p, v, n) for a, p, v, n in sums(snapshot, measure, month) if a in snapshot.areas]
    place = {(a, p): i for i, (a, p, _, _) in enumerate(cells)}
    rows, hidden = [], []

    def look(name: str, shown: float | None, into: list[int], persons: float) -> None:
        row = np.zeros(len(cells))
        row[into] = 1
        if shown is not None:
            rows.append(row)
        elif 0 < persons < K:
            hidden.append((name, row))

    for area in snapshot.areas.values():
        into = [i for (a, _), i in place.items() if area.code in above(snapshot, a)]
        if into:
            look(area.name, getattr(blind.figures([code], area.code, month)[code], side), into, sum(cells[i][3] for i in into))
    stands = {p: [i for (_, q), i in place.items() if p == q] for p in sorted({p for _, p in place if p})}
    for provider, into in stands.items() if max(map(len, stands.values()), default=0) == 1 else ():  # else a reader cannot tell what is whose
        if provider in snapshot.provider_figures.keys:
            try:
                shown = getattr(blind.provider_figures([code], provider, month)[code], side)
            except Unknown:  # not on the list of this month
                shown = None
            look(provider, shown, into, cells[into[0]][3])
    if not hidden or not rows:
        return [], len(hidden)
    _, values, basis = np.linalg.svd(np.array(rows))
    free = basis[int((values > 1e-9).sum()) :]
    return [f"{code} {month} {name}" for name, row in hidden if not len(free) or np.abs(free @ row).max() < 1e-9], len(hidden)


def above(snapshot: Snapshot, code: str) -> list[str]:
    found = []
    while code in snapshot.areas:
        found.append(code)
        code = snapshot.areas[code].parent_code or ""
    return found


def everything(snapshot: Snapshot, blind: Warehouse) -> tuple[list[str], int]:
    """What the attack finds in all protected figures of the last months that providers have, too; and how many small cells are hidden."""
    found, hidden = [], 0
    protected = privacy.read(DEFAULT_REGION).protected()
    for code, indicator in snapshot.indicators.items():
        for side, measure in (("part", indicator.part), ("whole", indicator.whole)):
            columns = snapshot.tables.get(measure.mart, []) if measure else []
            if measure is None or measure.ranked or measure.mart not in protected or "provider_id" not in columns:
                continue
            for month in snapshot.months[-2:]:
                more, count = attacked(snapshot, blind, code, side, measure, month)
                found += more
                hidden += count
    return found, hidden


def test_item_18_providers_and_areas_together_give_no_few_persons_away(snapshot: Snapshot, blind: Warehouse) -> None:
    found, hidden = everything(snapshot, blind)
    assert hidden > 50 and found == []
    shown = [f for _, f in blind.by_child("complaints", DISTRICT, snapshot.latest_month) if f.part]
    assert shown, "not everything is hidden"


def test_the_attack_finds_what_areas_and_providers_hidden_apart_give_away(snapshot: Snapshot, blind: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Layers, "joins", lambda *_: False)
    found, _ = everything(snapshot, blind)
    assert any(f.startswith("complaints") for f in found)


def test_item_18_no_figure_about_persons_is_the_running_sum_of_another(snapshot: Snapshot) -> None:
    """Cells are hidden month by month: a figure that runs up another over the year, or over twelve months, would give a month away by subtraction."""
    columns = {m: np.nan_to_num(v) for m, v in shield.over_areas(snapshot)._columns().items() if not m.ranked}
    grown = {m: np.diff(v, axis=1) for m, v in columns.items()}
    fresh = np.array([not month.endswith("-01") for month in snapshot.months[1:]])
    for total, steps in grown.items():
        for one, values in columns.items():
            year, window = values[:, 1:][:, fresh], values[:, 12:] - values[:, :-12]
            assert not (year.any() and np.allclose(steps[:, fresh], year)), (total, one)
            assert not (window.any() and np.allclose(steps[:, 11:], window)), (total, one)
