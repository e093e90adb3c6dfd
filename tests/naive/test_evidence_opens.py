"""Whatever a rating or an exit state rests on can be opened, and is the record that was named."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from dashboard.warehouse import Scope, Snapshot, Warehouse
from tests.naive.agreement import MONTHS

KEYS = {
    "provider_permit": "permit_id", "inspection_finding": "finding_id", "inspection_inspection": "inspection_id",
    "inspection_penalty": "penalty_id", "inspection_action": "action_id", "complaint_complaint": "complaint_id",
    "provider_provider": "provider_id",
}  # fmt: skip


@pytest.fixture(scope="module")
def warehouse(district, tmp_path_factory) -> Warehouse:
    """The published snapshot as the district's leader reads it."""
    recount, con = district
    path = con.execute("select path from duckdb_databases() where path is not null").fetchone()[0]
    # A file of its own: DuckDB opens one file in one way only, and the recount has it open already.
    own = shutil.copy(path, tmp_path_factory.mktemp("evidence") / Path(path).name)
    return Warehouse(Snapshot(own), Scope.of("leader", recount.areas.district))


def test_every_evidence_of_the_first_and_the_last_month_opens_to_its_record(warehouse, district):
    _, con = district
    seen = set()
    named = con.execute(
        "select distinct provider_id, month, source_table, row_key from"
        " (select provider_id, month, source_table, row_key from rating_evidence"
        "  union all select provider_id, month, source_table, row_key from exit_reason)"
        " where month in (?, ?) and row_key is not null order by all",
        [MONTHS[0], MONTHS[-1]],
    ).fetchall()
    shut = []
    for provider, month, table, key in named:
        rows = warehouse.evidence_row(provider, month, table, key)
        position = {c.name: i for i, c in enumerate(rows.columns)}
        if not rows.rows and table != "provider_figure":
            shut.append((provider, month, table, key))
        elif table in KEYS:
            assert {str(row[position[KEYS[table]]]) for row in rows.rows} == {key}
        seen.add(table)
    assert not shut, f"{len(shut)} of {len(named)}: {shut[:8]}"
    assert {"inspection_finding", "inspection_action", "inspection_penalty"} <= seen, seen
