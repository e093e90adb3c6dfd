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
from datetime import datetime, timedelta
from typing import Any, Literal

from etl import clock
from etl.paths import DAMAGED, Layout

State = Literal["pending", "released", "rejected", "loaded", "replaced"]
STATES: dict[str, str] = {"pending": "待处理", "released": "已放行，等待装载", "rejected": "已退回", "loaded": "已放行并装载", "replaced": "已被新报送取代"}
_TABLE = """
create table if not exists hold (
  id integer primary key, module text not null, content text not null, since text not null, seen text not null, data_date text,
  findings text not null, releasable integer not null, state text not null, decided_by text, decided_at text, reason text)
"""
_LATER = {"marks": "text not null default '[]'", "ended": "text", "release_of": "integer"}
"""Columns that files of earlier versions lack."""


class HoldError(Exception):
    """A decision that cannot be taken; one Chinese sentence."""


class DamagedError(HoldError):
    """The file of holds is no database any more, or a broken one; a run sets it aside (:func:`mend`)."""

    def __init__(self) -> None:
        super().__init__("暂缓采用报送的记录（holds.sqlite）已损坏。运行 yiguan etl run 会把它移开并重新判断。")


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong with a delivery, as a sentence without a full stop and as what it can be known again by.

    ``kind`` of fault, ``table``, ``what`` it is about within the table (a month, a file, columns), and the ``counts`` that the sentence states.
    """

    sentence: str
    kind: str = ""
    table: str = ""
    what: str = ""
    counts: tuple[float, ...] = ()


Mark = tuple[str, str, str, tuple[float, ...]]
"""kind, table, what and counts of a finding."""


@dataclass(frozen=True, slots=True)
class Hold:
    """One delivery of a module that was held back. ``content`` is the hash by which it is known again; ``findings`` are sentences.

    ``marks`` are those of the findings, ``ended`` says when a rejected delivery was followed by another one, and ``release_of`` names the hold
    that a person released where this delivery was let through because it is alike.
    """

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
    marks: tuple[Mark, ...] = ()
    ended: str | None = None
    release_of: int | None = None

    @property
    def open(self) -> bool:
        """Waits for a decision or for being loaded, or was rejected and nothing has come in its place."""
        return self.state in ("pending", "released") or (self.state == "rejected" and self.ended is None)

    def to_dict(self) -> dict[str, Any]:
        """Plain values, with the state in words."""
        told = asdict(self) | {"findings": list(self.findings), "state_text": STATES[self.state]}
        return {k: v for k, v in told.items() if k != "marks"}


_BROKEN = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


@contextmanager
def _told() -> Iterator[None]:
    """DamagedError for what SQLite says of a broken file; anything else as it is."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        if getattr(error, "sqlite_errorcode", 0) & 0xFF not in _BROKEN:
            raise
        raise DamagedError from error


def mend(layout: Layout) -> list[str]:
    """Before a run: set a damaged file aside, which is kept; what that means, in one sentence.

    What waited is judged anew by this run and held again; what a person had released or rejected has to be decided again.
    """
    if not layout.holds.exists():
        return []
    try:
        with _told(), closing(sqlite3.connect(layout.holds, timeout=15)) as con:
            sound = con.execute("pragma quick_check(1)").fetchone() == ("ok",)
        if sound:
            listed(layout)
            return []
    except DamagedError:
        pass
    aside = layout.holds.with_name(f"{layout.holds.name}{DAMAGED}")
    if aside.exists():  # what is lost with it may be wanted: none is written over
        aside = layout.holds.with_name(f"{layout.holds.name}.{clock.now():%Y%m%dT%H%M%S}{DAMAGED}")
    for tail in ("-journal", "-wal", "-shm"):  # another file's log must not be worked into the new one
        if (log := layout.holds.with_name(layout.holds.name + tail)).exists():
            log.replace(aside.with_name(f"{layout.holds.name}{tail}{DAMAGED}"))
    layout.holds.replace(aside)
    return [
        f"暂缓采用报送的记录已损坏，已移开并保留为 {aside.name}：等待处理的报送由本次汇集重新判断、重新暂缓；"
        "此前已放行而尚未装载的、已退回的须重新决定，当时的决定见审计日志。"
    ]


@contextmanager
def _open(layout: Layout) -> Iterator[sqlite3.Connection]:
    layout.base.mkdir(parents=True, exist_ok=True)
    with _told(), closing(sqlite3.connect(layout.holds, timeout=15, isolation_level=None)) as con:
        con.execute("pragma synchronous = full")
        con.execute("begin immediate")
        try:
            con.execute(_TABLE)
            there = {row[1] for row in con.execute("pragma table_info(hold)")}
            for column, kind in _LATER.items():
                if column not in there:
                    con.execute(f"alter table hold add column {column} {kind}")
            yield con
            con.execute("commit")
        except BaseException:
            con.execute("rollback")
            raise


def _holds(con: sqlite3.Connection, where: str, parameters: Sequence[object]) -> list[Hold]:
    cursor = con.execute(f"select * from hold where {where} order by id desc", list(parameters))
    names = [d[0] for d in cursor.description]
    rows: list[dict[str, Any]] = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    try:
        return [
            Hold(**(r | {"findings": tuple(json.loads(r["findings"])), "releasable": bool(r["releasable"]),
                         "marks": tuple((kind, table, what, tuple(counts)) for kind, table, what, counts in json.loads(r["marks"]))}))
            for r in rows
        ]  # fmt: skip
    except (TypeError, ValueError) as error:  # a file cut off within its last page reads as empty columns
        raise DamagedError from error


def listed(layout: Layout, module: str | None = None) -> list[Hold]:
    """All deliveries ever held back, newest first."""
    if not layout.holds.exists():
        return []
    with _open(layout) as con:
        return _holds(con, "? is null or module = ?", [module, module])


def pending(layout: Layout) -> list[Hold]:
    """The deliveries that wait for a decision, and those released but not loaded yet."""
    return [h for h in listed(layout) if h.state in ("pending", "released")]


def standing(layout: Layout) -> list[Hold]:
    """What ``pending`` lists, and the rejected deliveries that nothing has come in the place of: they can still be released."""
    return [h for h in listed(layout) if h.open]


def find(layout: Layout, module: str, content: str) -> Hold | None:
    """What was last said about this very delivery; None where it was loaded or replaced since, so that it is judged anew."""
    found = [h for h in listed(layout, module) if h.content == content]
    return found[0] if found and found[0].state in ("pending", "released", "rejected") else None


def hold(
    layout: Layout, module: str, content: str, findings: Sequence[Finding | str], *, releasable: bool, data_date: str | None, share: float = 0
) -> Hold:
    """Hold a delivery back, or note that it has come again; an earlier one of the module that waited is replaced by it.

    Of a source that never stands still, one whose findings differ by no more than ``share`` in their counts takes the place of the one that waits.
    """
    now, found, marks = str(clock.now()), _sentences(findings), _marks(findings)
    with _open(layout) as con:
        same = _holds(con, "module = ? and content = ? and state in ('pending', 'released', 'rejected')", [module, content])
        if not same:
            waiting = _holds(con, "module = ? and state = 'pending' and releasable = ?", [module, int(releasable)])
            same = [h for h in waiting if len(h.marks) == len(marks) and alike(h.marks, marks, share)]
        at = same[0].id if same else -1
        con.execute("update hold set state = 'replaced' where module = ? and id <> ? and state in ('pending', 'released')", [module, at])
        con.execute("update hold set ended = ? where module = ? and id <> ? and state = 'rejected' and ended is null", [now, module, at])
        if same:
            con.execute(
                "update hold set content = ?, seen = ?, findings = ?, marks = ?, data_date = ?, ended = null where id = ?",
                [content, now, json.dumps(found, ensure_ascii=False), json.dumps(marks, ensure_ascii=False), data_date, at],
            )
            return _holds(con, "id = ?", [at])[0]
        return _insert(con, {"module": module, "content": content, "since": now, "seen": now, "data_date": data_date,
                             "findings": json.dumps(found, ensure_ascii=False), "marks": json.dumps(marks, ensure_ascii=False),
                             "releasable": int(releasable), "state": "pending"})  # fmt: skip


def _insert(con: sqlite3.Connection, row: dict[str, Any]) -> Hold:
    made = con.execute(f"insert into hold ({', '.join(row)}) values ({', '.join('?' * len(row))})", list(row.values()))
    return _holds(con, "id = ?", [made.lastrowid])[0]


def _sentences(findings: Sequence[Finding | str]) -> list[str]:
    return [f if isinstance(f, str) else f.sentence for f in findings]


def _marks(findings: Sequence[Finding | str]) -> tuple[Mark, ...]:
    return tuple((f.kind, f.table, f.what, tuple(float(c) for c in f.counts)) for f in findings if not isinstance(f, str))


def alike(said: Sequence[Mark], now: Sequence[Mark], share: float) -> bool:
    """Whether every one of these findings was there before, with counts that differ by no more than a share."""
    before = {mark[:3]: mark[3] for mark in said}
    return bool(now) and all(
        mark[:3] in before
        and len(before[mark[:3]]) == len(mark[3])
        and all(abs(new - old) <= share * abs(old) for old, new in zip(before[mark[:3]], mark[3], strict=True))
        for mark in now
    )


def let_through(
    layout: Layout, module: str, content: str, findings: Sequence[Finding], *, data_date: str | None, share: float, hours: float
) -> Hold | None:
    """Let a delivery through by what a person released less than ``hours`` ago, where it has the same findings; None where nothing covers it.

    A source to which something is added every few minutes is never twice the same.  Compared is with what the person has seen, not with what was
    let through since; the entry made for it says whose release it was.
    """
    earliest = clock.now() - timedelta(hours=hours)
    with _open(layout) as con:
        released = _holds(con, "module = ? and state = 'released' and release_of is null", [module])
        fitting = [
            h for h in released
            if h.decided_at and datetime.fromisoformat(h.decided_at) >= earliest and alike(h.marks, _marks(findings), share)
        ]  # fmt: skip
        if not fitting:
            return None
        by, now = fitting[0], str(clock.now())
        con.execute("update hold set state = 'replaced' where module = ? and state = 'released' and release_of is not null", [module])
        return _insert(con, {"module": module, "content": content, "since": now, "seen": now, "data_date": data_date,
                             "findings": json.dumps(_sentences(findings), ensure_ascii=False),
                             "marks": json.dumps(_marks(findings), ensure_ascii=False), "releasable": 1, "state": "released",
                             "decided_by": by.decided_by, "decided_at": by.decided_at, "release_of": by.id,
                             "reason": f"与第 {by.id} 号放行的报送一致：{by.reason}"})  # fmt: skip


def settle(layout: Layout, module: str) -> None:
    """A delivery of the module is in force: what had been released is loaded, what waited has been replaced, what was rejected is over."""
    if any(h.open for h in listed(layout, module)):
        with _open(layout) as con:
            con.execute("update hold set state = 'loaded' where module = ? and state = 'released'", [module])
            con.execute("update hold set state = 'replaced' where module = ? and state = 'pending'", [module])
            con.execute("update hold set ended = ? where module = ? and state = 'rejected' and ended is null", [str(clock.now()), module])


def decidable(layout: Layout, module: str, decision: Literal["released", "rejected"], reason: str) -> Hold:
    """The delivery that a decision would concern; HoldError where there is none, no reason, or it cannot be loaded at all.

    One that waits, or, to release it after all, one that was rejected and nothing has come in the place of.
    """
    found = [h for h in listed(layout, module) if h.state == "pending" or (decision == "released" and h.state == "rejected" and h.open)]
    waiting = sorted(found, key=lambda h: h.state != "pending")
    if not waiting:
        raise HoldError(f"模块 {module} 没有待处理的报送。")
    if not reason.strip():
        raise HoldError("请写明理由。")
    if decision == "released" and not waiting[0].releasable:
        raise HoldError(f"这批报送无法读取，不能放行：{waiting[0].findings[0]}。")
    return waiting[0]


def decide(layout: Layout, module: str, decision: Literal["released", "rejected"], by: str, reason: str) -> Hold:
    """Release (the next run loads this delivery) or reject the one that waits; HoldError as in :func:`decidable`.

    Pages and the command line call ``dashboard.ledger.holds``, which writes the audit trail first.
    """
    held = decidable(layout, module, decision, reason)
    with _open(layout) as con:
        changed = con.execute(
            "update hold set state = ?, decided_by = ?, decided_at = ?, reason = ? where id = ? and state = ? and decided_at is ?",
            [decision, by, str(clock.now()), reason.strip(), held.id, held.state, held.decided_at],
        ).rowcount
        if changed != 1:
            raise HoldError(f"模块 {module} 的报送已由他人处理。")
        return _holds(con, "id = ?", [held.id])[0]
