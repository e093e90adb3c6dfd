"""Lists that are not figures: subsidies by programme and street, modules and their loads, rejected rows."""

from __future__ import annotations

from typing import Any

from dashboard.warehouse.rows import page
from dashboard.warehouse.snapshot import Snapshot
from dashboard.warehouse.types import Area, Column, Rows, Unknown

AMOUNTS = ("applied", "approved", "paid", "applied_ytd", "approved_ytd", "paid_ytd")


def subsidy_months(snapshot: Snapshot) -> dict[str, list[dict[str, Any]]]:
    """``subsidy_month`` by month, with year-to-date sums where the mart has none; read once (programmes × streets × months rows)."""

    def read() -> dict[str, list[dict[str, Any]]]:
        columns = snapshot.tables["subsidy_month"]
        extra = "".join(
            f", sum({name}) over (partition by programme, street_code, month[:4] order by month) as {name}_ytd"
            for name in ("applied", "approved", "paid")
            if f"{name}_ytd" not in columns
        )
        titles = (
            dict(snapshot.query("select programme, name from subsidy_programme"))
            if "subsidy_programme" in snapshot.tables
            else {}
        )
        found: dict[str, list[dict[str, Any]]] = {}
        for row in snapshot.dicts(f"select *{extra} from subsidy_month"):
            row["name"] = row.get("programme_name") or row.get("name") or titles.get(row["programme"], row["programme"])
            found.setdefault(row["month"], []).append(row)
        return found

    return snapshot.once("subsidy_months", read)


def _summed(rows: list[dict[str, Any]], head: dict[str, Any], unknown: frozenset[str] = frozenset()) -> dict[str, Any]:
    """One row of sums; None (nothing reported, or an amount of a month that is ``unknown``) stays apart from zero."""
    found = dict(head)
    for name, source in (("budget", "budget_year"), *((a, a) for a in AMOUNTS)):
        values = [row[source] for row in rows if row[source] is not None]
        found[name] = sum(values) if values else None
    for name in AMOUNTS:
        if name.removesuffix("_ytd") in unknown:
            found[name] = None
        if name.endswith("_ytd") and not all(row.get("whole_year", True) for row in rows):
            found[name] = None  # the year's first months are not on record: what is summed is not the year
    budget, paid = found["budget"], found["paid_ytd"]
    found["execution_rate"] = float(paid) / float(budget) * 100 if budget and paid is not None else None
    return found


def _unknown(snapshot: Snapshot, month: str) -> frozenset[str]:
    """Which of applied, approved and paid no delivery covers in this month."""
    ends = gaps(snapshot)
    return frozenset(name for name in ("applied", "approved", "paid") if month > ends.get(f"subsidy_{name}", ("", "9999"))[1])


def gaps(snapshot: Snapshot) -> dict[str, tuple[str, str]]:
    """Indicator → (module, last month known) for those whose module stopped delivering; empty in snapshots that do not say."""

    def read() -> dict[str, tuple[str, str]]:
        if "meta_gap" not in snapshot.tables:
            return {}
        return {code: (module, last) for code, module, last in snapshot.query("select * from meta_gap")}

    return snapshot.once("gaps", read)


def subsidies(snapshot: Snapshot, area: Area, month: str) -> list[dict[str, Any]]:
    """Rows with programme, name, payee, budget (of the year), applied, approved, paid (of the month), the same with ``_ytd`` (year to
    date; None in a year of which the first months are not on record) and execution_rate (paid_ytd ÷ budget, %). Yuan.

    Budgets are laid down by street: a community has none, its list is empty.
    """
    if area.level > 2:
        return []
    groups: dict[str, list[dict[str, Any]]] = {}
    for row in subsidy_months(snapshot).get(month, ()):
        if area.level == 1 or row["street_code"] == area.code:
            groups.setdefault(row["programme"], []).append(row)
    unknown = _unknown(snapshot, month)
    found = [
        _summed(rows, {"programme": programme, "name": rows[0]["name"], "payee": rows[0].get("payee")}, unknown)
        for programme, rows in sorted(groups.items())
    ]
    return sorted(found, key=lambda r: -(r["budget"] or 0))


def subsidies_by_street(snapshot: Snapshot, streets: list[Area], programme: str | None, month: str) -> list[dict[str, Any]]:
    """As :func:`subsidies` with street_code and street instead of the programme; Unknown for a programme that does not exist."""
    rows = [r for r in subsidy_months(snapshot).get(month, ()) if programme is None or r["programme"] == programme]
    if programme is not None and not rows:
        raise Unknown("programme")
    groups: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        groups.setdefault(row["street_code"], []).append(row)
    unknown = _unknown(snapshot, month)
    return [
        _summed(groups[s.code], {"street_code": s.code, "street": s.short_name if s.level == 2 else "未分街道"}, unknown)
        for s in sorted(streets, key=lambda s: (-s.level, s.code))
        if s.code in groups
    ]


def sources(snapshot: Snapshot, code: str) -> list[tuple[str, str, str, Any]]:
    """(module, title, owner, data date) of the modules that an indicator is computed from."""
    named = snapshot.once("sources", lambda: dict(snapshot.query("select code, sources from meta_indicator")))
    known = {m["module"]: m for m in _modules(snapshot)}
    wanted = (s.strip() for s in str(named.get(code) or "").split(","))
    return [(m, known[m]["title"], known[m]["owner"], known[m]["data_date"]) for m in wanted if m in known]


def _modules(snapshot: Snapshot) -> list[dict[str, Any]]:
    return snapshot.once("modules", lambda: snapshot.dicts("select * from meta_module order by status = 'ok', module"))


def modules(snapshot: Snapshot) -> list[dict[str, Any]]:
    """``meta_module`` as it is, trouble first."""
    return [dict(m) for m in _modules(snapshot)]


def loads(snapshot: Snapshot) -> list[dict[str, Any]]:
    """``meta_load`` as it is."""
    return [
        dict(r) for r in snapshot.once("loads", lambda: snapshot.dicts("select * from meta_load order by module, table_name"))
    ]


_REJECTED = (
    Column("module", "数据模块"), Column("table_name", "数据表"), Column("source", "来源"), Column("line", "行号"), Column("row_key", "记录编号"),
    Column("column_title", "字段"), Column("value_masked", "原值（脱敏）"), Column("sentence", "原因"), Column("community_code", "社区"), Column("batch", "批次"),
)  # fmt: skip


def rejected(snapshot: Snapshot, table: str, area: str, module: Any, offset: Any, limit: Any, owner: Any = None) -> Rows:
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
    if owner is not None:
        if not isinstance(owner, str):
            raise Unknown("owner")
        where += " and module in (select module from meta_module where owner = ?)"
        parameters.append(owner)
    start, count = page(offset, limit)
    total = snapshot.query(f"select count(*) from {table} where {where}", parameters)[0][0]
    there = snapshot.tables[table]  # a snapshot of an earlier version knows neither line nor key
    names = ", ".join(f'"{c.name}"' if c.name in there else f'null as "{c.name}"' for c in _REJECTED)
    rows = snapshot.query(
        f"select {names} from {table} where {where} order by rowid limit ? offset ?", [*parameters, count, start]
    )
    return Rows(list(_REJECTED), rows, total)
