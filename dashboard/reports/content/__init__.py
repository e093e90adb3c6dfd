"""From the figures of one area and month to a report as pure data; Word, Excel and PDF are rendered from the same."""

from __future__ import annotations

from typing import Any

from dashboard.format import NONE
from dashboard.reports.content import closing, money, people, state, supervision, tasks
from dashboard.reports.content.context import Context, all_rows, listing
from dashboard.reports.model import Definition, Report, RowSheet, Section
from dashboard.warehouse import Unknown, Warehouse

ROW_CAP = 5000
ROWS_BEHIND = (
    ("caregiver_cert_rate", "whole", "护理员持证明细"),
    ("cert_expiring_90d", "part", "90天内证书到期明细"),
    ("findings_open", "part", "未整改问题明细"),
    ("complaints", "part", "投诉工单明细"),
)


def compose(warehouse: Warehouse, area: Any, month: Any, rows: bool = False) -> Report:
    """The report of an area in a month, as this reader may see it; Unknown outside his scope.

    With ``rows`` also the records behind the main figures (masked by the warehouse, at most ``ROW_CAP`` each), for Excel.
    A section without data that could ever fill it is left out, and the others are numbered without a hole.
    """
    c = Context(warehouse, area, month)
    made = (
        state.overview(c), state.indicators(c), state.ranking(c), people.caregivers(c), money.subsidies(c), supervision.ratings(c),
        supervision.inspections(c), supervision.complaints(c), tasks.progress(c), closing.quality(c), closing.hints(c),
    )  # fmt: skip
    sections = tuple(s for s in made if isinstance(s, Section))
    snapshot = warehouse.snapshot
    return Report(
        area_code=c.area.code,
        area_name=c.area.name,
        area_path="".join(a.name for a in warehouse.path(c.area.code)),
        level=c.level,
        month=c.month,
        number=f"{_area_number(c)}-{c.month.replace('-', '')}",
        region_name=snapshot.region_name,
        data_date=snapshot.data_date,
        run_id=snapshot.run_id,
        synthetic=snapshot.synthetic,
        sections=sections,
        definitions=tuple(_definitions(c)),
        row_sheets=tuple(_row_sheets(c)) if rows else (),
    )


def _area_number(c: Context) -> str:
    return c.area.code[: {1: 6, 2: 9}.get(c.level, 12)]


def _definitions(c: Context) -> list[Definition]:
    order = {code: n for n, code in enumerate(c.w.snapshot.indicators)}
    found = []
    for code in sorted(c.used, key=lambda k: order[k]):
        i = c.used[code]
        read = c.w.source_of(code)
        sources = "、".join(f"{title}（{owner}）" for _, title, owner, _ in read) or NONE
        modules = listing([title for _, title, _, _ in read], 4, "个模块") or NONE
        found.append(Definition(i.name, i.unit, i.definition, sources, i.basis or NONE, modules, code in c.printed))
    return found


def _row_sheets(c: Context) -> list[RowSheet]:
    if not c.w.scope.may("export"):
        return []
    found = []
    for code, which, title in ROWS_BEHIND:
        if not c.has(code):
            continue
        try:
            columns, rows, total = all_rows(c.w, code, c.area.code, c.month, which, ROW_CAP)
        except Unknown:
            continue
        if rows:
            found.append(RowSheet(f"{code}_{which}", title, tuple(col.title for col in columns), tuple(rows), total))
    return found


__all__ = ["ROW_CAP", "compose"]
