"""Lists that are not figures: subsidies by programme and street, modules and their loads, rejected rows."""

from __future__ import annotations

from typing import Any

from dashboard.warehouse.rows import page
from dashboard.warehouse.snapshot import Snapshot
from dashboard.warehouse.types import Area, Column, Rows, Unknown

_SUMS = (
    "sum(budget_year) as budget, sum(applied) as applied, sum(approved) as approved, sum(paid) as paid,"
    " sum(applied_ytd) as applied_ytd, sum(approved_ytd) as approved_ytd, sum(paid_ytd) as paid_ytd"
)


def _year_to_date(columns: list[str]) -> str:
    """``subsidy_month`` with year-to-date sums of applied and approved, computed where the mart has only those of paid."""
    extra = [
        f"sum({name}) over (partition by programme, street_code, month[:4] order by month) as {name}_ytd"
        for name in ("applied", "approved", "paid")
        if f"{name}_ytd" not in columns
    ]
    return f"(select *{''.join(', ' + e for e in extra)} from subsidy_month)"


def _rate(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    for row in rows:
        budget, paid = row["budget"], row["paid_ytd"]
        row["execution_rate"] = float(paid) / float(budget) * 100 if budget and paid is not None else None
    return rows


def subsidies(snapshot: Snapshot, area: Area, month: str) -> list[dict[str, Any]]:
    """Rows with programme, name, payee, budget (of the year), applied, approved, paid (of the month), the same with ``_ytd`` (year to date)
    and execution_rate (paid_ytd ÷ budget, %). Yuan. Budgets are laid down by street: a community has none, so the list is empty there.
    """
    if area.level > 2:
        return []
    columns = snapshot.tables["subsidy_month"]
    named = [c for c in ("programme_name", "name", "payee") if c in columns]
    where = "" if area.level == 1 else " and street_code = ?"
    rows = snapshot.dicts(
        f"select programme, {''.join(f'any_value({c}) as {c}, ' for c in named)}{_SUMS} from {_year_to_date(columns)}"
        f" where month = ?{where} group by programme order by sum(budget_year) desc nulls last, programme",
        [month] if area.level == 1 else [month, area.code],
    )
    titles = (
        dict(snapshot.query("select programme, name from subsidy_programme")) if "subsidy_programme" in snapshot.tables else {}
    )
    for row in rows:
        row["name"] = row.pop("programme_name", None) or row.get("name") or titles.get(row["programme"], row["programme"])
    return _rate(rows)


def subsidies_by_street(snapshot: Snapshot, streets: list[Area], programme: str | None, month: str) -> list[dict[str, Any]]:
    """As :func:`subsidies` with street_code and street instead of the programme; Unknown for a programme that does not exist."""
    columns = snapshot.tables["subsidy_month"]
    if programme is not None and not snapshot.query("select 1 from subsidy_month where programme = ? limit 1", [programme]):
        raise Unknown("programme")
    where = "" if programme is None else " and programme = ?"
    found = {
        row["street_code"]: row
        for row in snapshot.dicts(
            f"select street_code, {_SUMS} from {_year_to_date(columns)} where month = ? and list_contains(?, street_code){where} group by street_code",
            [month, [s.code for s in streets]] + ([] if programme is None else [programme]),
        )
    }
    return _rate([{**found[s.code], "street": s.short_name} for s in streets if s.code in found])


def sources(snapshot: Snapshot, code: str) -> list[tuple[str, str, str, Any]]:
    """(module, title, owner, data date) of the modules that an indicator is computed from."""
    named = snapshot.query("select sources from meta_indicator where code = ?", [code])
    wanted = [s.strip() for s in str(named[0][0] or "").split(",")] if named else []
    known = {m["module"]: m for m in modules(snapshot)}
    return [(m, known[m]["title"], known[m]["owner"], known[m]["data_date"]) for m in wanted if m in known]


def modules(snapshot: Snapshot) -> list[dict[str, Any]]:
    """``meta_module`` as it is, trouble first."""
    return snapshot.dicts("select * from meta_module order by status = 'ok', module")


def loads(snapshot: Snapshot) -> list[dict[str, Any]]:
    """``meta_load`` as it is."""
    return snapshot.dicts("select * from meta_load order by module, table_name")


_REJECTED = (
    Column("module", "数据模块"), Column("table_name", "数据表"), Column("source", "来源"), Column("position", "位置"), Column("column_title", "字段"),
    Column("value_masked", "原值（脱敏）"), Column("sentence", "原因"), Column("community_code", "社区"), Column("batch", "批次"),
)  # fmt: skip


def rejected(snapshot: Snapshot, table: str, area: str, module: Any, offset: Any, limit: Any) -> Rows:
    """Rows of ``quarantine`` or ``warning`` in an area; rows without a community are shown to the district alone."""
    where = "community_code in (select descendant from area_closure where ancestor = ?)"
    if snapshot.areas[area].level == 1:
        where = f"({where} or community_code is null)"
    parameters: list[Any] = [area]
    if module is not None:
        if not isinstance(module, str):
            raise Unknown("module")
        where += " and module = ?"
        parameters.append(module)
    start, count = page(offset, limit)
    total = snapshot.query(f"select count(*) from {table} where {where}", parameters)[0][0]
    names = ", ".join(f'"{c.name}"' for c in _REJECTED)
    rows = snapshot.query(
        f"select {names} from {table} where {where} order by rowid limit ? offset ?", [*parameters, count, start]
    )
    return Rows(list(_REJECTED), rows, total)
