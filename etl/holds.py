"""Deliveries held back for a person's decision, and what was decided; the guards of guards.py put them here.

Kept in a small SQLite file beside the work file, because decisions are made while nobody may open the work file (a run is under way, or
the decision comes from a page). Every change is one transaction.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from typing import Any, Literal

from etl import clock
from etl.paths import Layout

State = Literal["pending", "released", "rejected", "loaded", "replaced"]
STATES: dict[str, str] = {"pending": "待处理", "released": "已放行，等待装载", "rejected": "已退回", "loaded": "已放行并装载", "replaced": "已被新报送取代"}
_TABLE = """
create table if not exists hold (
  id integer primary key, module text not null, content text not null, since text not null, seen text not null, data_date text,
  findings text not null, releasable integer not null, state text not null, decided_by text, decided_at text, reason text)
"""


class HoldError(Exception):
    """A decision that cannot be taken; one Chinese sentence."""


@dataclass(frozen=True, slots=True)
class Hold:
    """One delivery of a module that was held back. ``content`` is the hash by which it is known again; ``findings`` are sentences."""

    id: int
    module: str
    content: str
    since: str
    seen: str
    data_date: str | None
    findings: tuple[str, ...]
    releasable: bool
    state: State
    decided_by: str | None
    decided_at: str | None
    reason: str | None

    def to_dict(self) -> dict[str, Any]:
        """Plain values, with the state in words."""
        return asdict(self) | {"findings": list(self.findings), "state_text": STATES[self.state]}


@contextmanager
def _open(layout: Layout) -> Iterator[sqlite3.Connection]:
    layout.base.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(layout.holds, timeout=15, isolation_level=None)) as con:
        con.execute("pragma synchronous = full")
        con.execute("begin immediate")
        try:
            con.execute(_TABLE)
            yield con
            con.execute("commit")
        except BaseException:
            con.execute("rollback")
            raise


def _holds(con: sqlite3.Connection, where: str, parameters: Sequence[object]) -> list[Hold]:
    cursor = con.execute(f"select * from hold where {where} order by id desc", list(parameters))
    names = [d[0] for d in cursor.description]
    rows: list[dict[str, Any]] = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    return [Hold(**(r | {"findings": tuple(json.loads(r["findings"])), "releasable": bool(r["releasable"])})) for r in rows]


def listed(layout: Layout, module: str | None = None) -> list[Hold]:
    """All deliveries ever held back, newest first."""
    if not layout.holds.exists():
        return []
    with _open(layout) as con:
        return _holds(con, "? is null or module = ?", [module, module])


def pending(layout: Layout) -> list[Hold]:
    """The deliveries that wait for a decision, and those released but not loaded yet."""
    return [h for h in listed(layout) if h.state in ("pending", "released")]


def find(layout: Layout, module: str, content: str) -> Hold | None:
    """What was last said about this very delivery; None where it was loaded or replaced since, so that it is judged anew."""
    found = [h for h in listed(layout, module) if h.content == content]
    return found[0] if found and found[0].state in ("pending", "released", "rejected") else None


def hold(layout: Layout, module: str, content: str, findings: Sequence[str], *, releasable: bool, data_date: str | None) -> Hold:
    """Hold a delivery back, or note that it has come again; an earlier one of the module that waited is replaced by it."""
    now = str(clock.now())
    with _open(layout) as con:
        con.execute(
            "update hold set state = 'replaced' where module = ? and content <> ? and state in ('pending', 'released')", [module, content]
        )
        same = _holds(con, "module = ? and content = ? and state in ('pending', 'released', 'rejected')", [module, content])
        if same:
            con.execute("update hold set seen = ?, findings = ? where id = ?", [now, json.dumps(findings, ensure_ascii=False), same[0].id])
        else:
            con.execute(
                "insert into hold (module, content, since, seen, data_date, findings, releasable, state) values (?, ?, ?, ?, ?, ?, ?, 'pending')",
                [module, content, now, now, data_date, json.dumps(findings, ensure_ascii=False), int(releasable)],
            )
        return _holds(con, "module = ? and content = ?", [module, content])[0]


def settle(layout: Layout, module: str) -> None:
    """A delivery of the module is in force: what had been released is loaded, what waited has been replaced."""
    if any(h.state in ("pending", "released") for h in listed(layout, module)):
        with _open(layout) as con:
            con.execute("update hold set state = 'loaded' where module = ? and state = 'released'", [module])
            con.execute("update hold set state = 'replaced' where module = ? and state = 'pending'", [module])


def decidable(layout: Layout, module: str, decision: Literal["released", "rejected"], reason: str) -> Hold:
    """The delivery that a decision would concern; HoldError where there is none, no reason, or it cannot be loaded at all."""
    waiting = [h for h in listed(layout, module) if h.state == "pending"]
    if not waiting:
        raise HoldError(f"模块 {module} 没有待处理的报送。")
    if not reason.strip():
        raise HoldError("请写明理由。")
    if decision == "released" and not waiting[0].releasable:
        raise HoldError(f"这批报送无法读取，不能放行：{waiting[0].findings[0]}。")
    return waiting[0]


def decide(layout: Layout, module: str, decision: Literal["released", "rejected"], by: str, reason: str) -> Hold:
    """Release (the next run loads exactly this delivery) or reject the one that waits; HoldError as in :func:`decidable`.

    Pages and the command line call ``dashboard.ledger.holds``, which writes the audit trail first.
    """
    held = decidable(layout, module, decision, reason)
    with _open(layout) as con:
        changed = con.execute(
            "update hold set state = ?, decided_by = ?, decided_at = ?, reason = ? where id = ? and state = 'pending'",
            [decision, by, str(clock.now()), reason.strip(), held.id],
        ).rowcount
        if changed != 1:
            raise HoldError(f"模块 {module} 的报送已由他人处理。")
        return _holds(con, "id = ?", [held.id])[0]
