"""A claimed grade in doubt says which section; regions without the share, older snapshots and systems without sections are no fault."""

from __future__ import annotations

from typing import Any

import duckdb

from dashboard.views.inspections import _doubt
from dashboard.warehouse.inspections import grade_checks
from etl.connectors.base import match, require
from etl.sources.provider.contract import contract

ROW = {
    "grade_score": 975, "least_share": 80.0, "total_short": False, "section_short": True, "evaluation_short": False,
    "setting_share": 79.16, "facilities_share": 100.0, "management_share": 100.0, "service_share": 100.0,
    "evaluated_setting_share": 90.0, "evaluated_management_share": None, "evaluated_service_share": 90.0,
}  # fmt: skip


class Old:
    """A snapshot whose check knows the sections of an evaluation only."""

    def __init__(self, con: duckdb.DuckDBPyConnection):
        self.con, self.tables = con, {"grade_check_month": [d[0] for d in con.execute("from grade_check_month limit 0").description]}

    def once(self, key: str, make: Any) -> Any:
        return make()

    def dicts(self, query: str, parameters: list[Any]) -> list[dict[str, Any]]:
        found = self.con.execute(query, parameters)
        names = [d[0] for d in found.description]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def test_the_section_is_named() -> None:
    assert _doubt(ROW) == "评定分项低于等级要求：环境79.2%"
    assert _doubt(ROW | {"grade_score": None, "total_short": True, "section_short": False}) == "没有评定得分"


def test_where_no_share_is_laid_down_only_the_score_is_doubted() -> None:
    row = ROW | {"least_share": None, "section_short": False, "total_short": True}
    assert _doubt(row) == "评定得分低于等级要求"


def test_an_older_snapshot_tells_what_the_evaluation_says_and_nothing_of_the_assessment() -> None:
    with duckdb.connect() as con:
        con.execute(
            "create table grade_check_month as select '2026-09' as month, 'P1' as provider_id, 4 as grade, 800 as grade_score, 780 as least_score,"
            " 70::double as setting_share, 90::double as management_share, 90::double as service_share, 80::double as least_share, false as total_short, true as section_short"
        )
        (row,) = grade_checks(Old(con), "2026-09")  # type: ignore[arg-type]
    assert _doubt(row) == "第三方评价分项低于等级要求：环境设施70.0%"


def test_a_system_that_keeps_no_sections_is_read_as_before() -> None:
    table = contract.tables[0]
    headers = [c.source for c in table.columns if c.name not in ("grade_setting", "grade_facilities", "grade_management", "grade_service")]
    require(contract, table, "FWDW", match(table, headers), headers)
