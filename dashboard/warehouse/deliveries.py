"""What was delivered: rejected rows by owner, the way of a figure, the contracts, the runs and the snapshots on disk."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from dashboard.warehouse.snapshot import NoSnapshot, Snapshot
from dashboard.warehouse.types import Expired, Unknown
from etl import history, holds
from etl.contract import Contract
from etl.load import contracts
from etl.paths import Layout
from etl.wording import ContractWords, describe

RUN_ID = re.compile(r"[0-9A-Za-z-]{8,40}")
KEPT_OPEN = 4


@cache
def declared() -> dict[str, Contract]:
    """The contracts of the product by module."""
    return {c.module: c for c in contracts()}


def contract(snapshot: Snapshot, module: Any) -> ContractWords:
    """A module's contract in words; Unknown for a module that is not declared."""
    found = declared().get(module) if isinstance(module, str) else None
    if found is None:
        raise Unknown("module")
    told = snapshot.once("delivery", lambda: _delivery(snapshot))
    return describe(found, told.get(found.module, ""))


def _delivery(snapshot: Snapshot) -> dict[str, str]:
    if "delivery" not in snapshot.tables["meta_module"]:
        return {}
    return dict(snapshot.query("select module, delivery from meta_module"))


def place(area_level: int) -> str:
    """SQL over quarantine rows: those of an area (a parameter); rows without a place are the district's alone."""
    inside = "community_code in (select descendant from area_closure where ancestor = ?)"
    return f"({inside} or community_code is null)" if area_level == 1 else inside


def returns(snapshot: Snapshot, area: str) -> list[dict[str, Any]]:
    """Rejected rows by owner, module and reason: owner, module, title, table_name, column_title, sentence, rows; most first."""
    return snapshot.dicts(
        "select m.owner, q.module, m.title, q.table_name, q.column_title, q.sentence, count(distinct (q.source, q.position)) as rows"
        f" from quarantine as q join meta_module as m on m.module = q.module where {place(snapshot.areas[area].level)}"
        " group by all order by m.owner, q.module, rows desc, q.sentence",
        [area],
    )


def returned_rows(snapshot: Snapshot, area: str, owner: Any, cap: int) -> tuple[list[dict[str, Any]], int]:
    """The rejected rows × reasons of one owner, as they are sent back, and how many there are; Unknown for another owner."""
    modules = snapshot.dicts("select module, title from meta_module where owner = ?", [owner]) if isinstance(owner, str) else []
    if not modules:
        raise Unknown("owner")
    tables = {(c.module, t.name): t.title for c in declared().values() for t in c.tables}
    where = f"{place(snapshot.areas[area].level)} and module in (select module from meta_module where owner = ?)"
    total = snapshot.query(f"select count(*) from quarantine where {where}", [area, owner])[0][0]
    told = "line, row_key" if "row_key" in snapshot.tables["quarantine"] else "null as line, null as row_key"  # of an earlier version
    rows = snapshot.dicts(
        f"select module, table_name, source, {told}, column_title, value_masked, rule, sentence, batch from quarantine"
        f" where {where} order by module, table_name, source, position, column_title limit ?",
        [area, owner, cap],
    )
    titles = {m["module"]: m["title"] for m in modules}
    for row in rows:
        row["title"] = titles[row["module"]]
        row["table"] = tables.get((row["module"], row["table_name"]), row["table_name"])
    return rows, int(total)


def runs(snapshot: Snapshot) -> list[dict[str, Any]]:
    """The last runs, newest first (see ``etl.history``)."""
    return history.runs(snapshot.path.parent)


def arrivals(snapshot: Snapshot, area: str) -> list[dict[str, Any]]:
    """The units below an area that report on their own, as of the last month: module, unit, street_code and street (null and 区级 where none),
    newest_on, on_time, days_behind; first by module, then who is latest.
    """
    if "reporting_unit" not in snapshot.tables:
        return []
    return snapshot.dicts(
        "select u.module, u.unit, a.street_code, coalesce(s.name, '区级') as street, u.newest_on, u.on_time, u.days_behind"
        " from reporting_unit as u left join area as a on a.code = u.area_code left join area as s on s.code = a.street_code"
        " where u.area_code in (select descendant from area_closure where ancestor = ?)"
        " order by u.module, u.on_time, u.newest_on nulls first, u.unit",
        [area],
    )


def revisions(snapshot: Snapshot, since: Any = None) -> list[dict[str, Any]]:
    """Months already reported that runs revised, newest run first: run_id, recorded_at, module, month, tables, added, changed, removed.

    ``since`` is a day: only what was recorded after it. Tables without months are left out: nobody can say which report they concern.
    """
    if "meta_revision" not in snapshot.tables:
        return []
    titles = {(c.module, t.name): t.title for c in declared().values() for t in c.tables}
    rows = snapshot.dicts(
        "select run_id, max(recorded_at) as recorded_at, module, month, list(distinct table_name order by table_name) as tables,"
        " sum(added)::bigint as added, sum(changed)::bigint as changed, sum(removed)::bigint as removed from meta_revision"
        " where month is not null and (? is null or recorded_at >= ?::date + interval 1 day)"
        " group by run_id, module, month order by recorded_at desc, module, month desc",
        [since, since],
    )
    for row in rows:
        row["tables"] = [titles.get((row["module"], t), t) for t in row["tables"]]
    return rows


def held(snapshot: Snapshot) -> list[dict[str, Any]]:
    """Deliveries that wait for a decision, or were rejected and still stand so (``etl.holds``): module, since, data_date, findings, releasable, state_text.

    None while their file is damaged: the standing of the modules says what is held, and the next run puts the file right.
    """
    base = snapshot.path.parent.parent
    layout = Layout(base.parent, base.name)
    try:
        return [h.to_dict() for h in holds.standing(layout)] if layout.holds.is_file() else []
    except holds.DamagedError:
        return []


def named(current: Snapshot, run_id: Any) -> Snapshot:
    """The snapshot of a run that is still on disk; Expired for a run of which none is, Unknown for what names no run.

    A few are kept open, by the current one: when a newer is published they are let go with it, so that no deleted file is held.
    """
    folder = current.path.parent
    if not isinstance(run_id, str) or not RUN_ID.fullmatch(run_id):
        raise Unknown("snapshot")
    if not (folder / f"{run_id}.duckdb").is_file():
        raise Expired("snapshot")
    opened: dict[str, Snapshot] = current.once("opened", dict)
    held = opened.get(run_id)
    if held is None:
        try:
            held = Snapshot.open(folder / f"{run_id}.duckdb")
        except (NoSnapshot, LookupError) as error:
            raise Unknown("snapshot") from error
        while len(opened) >= KEPT_OPEN:
            opened.pop(next(iter(opened)), None)
        opened[run_id] = held
    return held


def snapshots(snapshot: Snapshot) -> list[dict[str, Any]]:
    """The snapshots on disk, newest first: run_id, created_at, data_date, latest_month, product_version, bytes."""
    found = []
    for path in sorted(snapshot.path.parent.glob("*.duckdb"), reverse=True):
        try:
            one = snapshot if path == snapshot.path else named(snapshot, path.stem)
            told = one.once("told", lambda one=one: one.dicts("select * from meta_snapshot")[0])  # type: ignore[misc]
            found.append({**told, "run_id": path.stem, "bytes": path.stat().st_size})
        except (Unknown, OSError):
            continue
    return found
