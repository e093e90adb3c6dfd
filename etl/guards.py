"""Before a delivery is put in force it is compared with the last good one; what looks wrong as a whole waits for a person.

Single rows are the contract's matter (checks.py, sift.py). Here a delivery is judged as one thing: far fewer rows, totals that the
owner wrote below the rows and that do not agree with them, columns gone, values that can no longer be read, moments in the future,
sums of money out of proportion; within the table by month and by file (guards_months.py). The limits are data: ``guards.yaml`` of the region folder, see :class:`Limits`.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import yaml

from etl import guards_months, holds
from etl.checks import Compiled
from etl.clean import first, name
from etl.connectors.base import absent_allowed, normal, spellings
from etl.connectors.observed import Observed, Sheet
from etl.contract import Contract
from etl.holds import Finding
from etl.paths import Layout
from etl.region import RegionError
from etl.sift import staged

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Limits:
    """When a delivery is held back (``hold_…``) or only remarked on (``warn_…``); of a table, a module, or the whole region.

    ``guards.yaml``: ``default: {hold_rows: 0.9}``, ``modules: {order: {hold_rows: 0.5, tables: {item: {min_rows: 5}}}}``.
    """

    min_rows: int = 20
    """Tables that held fewer rows are not judged by number or share."""
    hold_rows: float = 0.9
    """Share of the rows that is gone."""
    warn_rows: float = 0.5
    hold_money: float = 10.0
    """Factor, up or down, between the sums of money."""
    hold_amount: float = 3.0
    """Factor, up or down, between the average amounts of a row: what a wrong unit does."""
    hold_quarantined: float = 0.3
    """Share of rows turned away, beyond the share of the last good delivery."""
    future_days: int = 1
    hold_future: float = 0.05
    """Share of rows whose moment of change lies more than ``future_days`` ahead."""
    totals: bool = True
    """Whether 小计 and 合计 lines must agree with the rows."""
    months: bool = True
    """Whether rows and amounts are also judged by month and by file."""
    window_months: int = 6
    """With at least so many months left, months before the first of them have left the source's window: a remark."""
    release_hours: float = 24
    """How long after it a release also covers deliveries of the module (not of a table) that have the same findings …"""
    release_share: float = 0.05
    """… with counts that differ from the released ones by no more than this share."""

    @classmethod
    def of(cls, values: dict[str, Any], module: str, table: str) -> Limits:
        """The limits of a table out of the parsed ``guards.yaml``; RegionError for a limit that does not exist."""
        of_module = (values.get("modules") or {}).get(module) or {}
        merged = {
            **(values.get("default") or {}),
            **{k: v for k, v in of_module.items() if k != "tables"},
            **((of_module.get("tables") or {}).get(table) or {}),
        }
        strangers = sorted(set(merged) - {f.name for f in dataclasses.fields(cls)})
        if strangers:
            raise RegionError(f"guards.yaml 中的 {'、'.join(strangers)} 不认识（可用：{'、'.join(f.name for f in dataclasses.fields(cls))}）。")
        return cls(**merged)


class Held(Exception):  # noqa: N818
    """A delivery is not put in force; the message says why in one Chinese sentence, and ``status`` how the module stands."""

    def __init__(self, sentence: str, status: str = "held"):
        super().__init__(sentence)
        self.status = status


@dataclass
class Guard:
    """The guard of one run. Called with what is about to be put in force; ``seen`` is what the reader told meanwhile."""

    layout: Layout
    today: date
    limits: dict[str, Any] = field(default_factory=dict)
    seen: Observed = field(default_factory=Observed)

    @classmethod
    def of(cls, region: Path, layout: Layout, today: date) -> Guard:
        """With the limits of a region folder; RegionError where its ``guards.yaml`` cannot be read."""
        path = region / "guards.yaml"
        try:
            values = yaml.safe_load(path.read_text(encoding="utf-8")) if path.is_file() else None
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            raise RegionError(f"{path} 无法解析：{str(error).splitlines()[0]}") from error
        return cls(layout, today, values or {})

    def __call__(
        self, con: duckdb.DuckDBPyConnection, contract: Contract, offers: Sequence[tuple[Compiled, Row]], parts: Collection[str] = ()
    ) -> None:
        """Held where a table's new state (``row``, as it would be recorded) must not be put in force; remarks go into the rows.

        ``parts`` are the full names of the tables of which only the touched keys lie ready.
        """
        findings: list[Finding] = []
        for compiled, row in offers:
            before = _before(con, contract.module, compiled.table.name)
            limits = Limits.of(self.limits, contract.module, compiled.table.name)
            hard, soft = judge(con, compiled, before, row, limits, self.today, self.seen)
            if before and limits.months and before["loaded"] >= limits.min_rows and not any(f.kind in ("rows", "empty") for f in hard):
                part = compiled.full_name in parts
                within = guards_months.judge(con, guards_months.Offer(compiled, before, row, limits, contract.due, part))
                hard, soft = hard + within[0], soft + within[1]
            findings += hard
            columns = self.seen.headers.get(compiled.table.name)
            row["headers"] = json.dumps(columns, ensure_ascii=False) if columns else (before or {}).get("headers")
            row["remarks"] = "；".join(soft) or None
        if findings:
            self._hold(con, contract, offers, findings)

    def _hold(
        self, con: duckdb.DuckDBPyConnection, contract: Contract, offers: Sequence[tuple[Compiled, Row]], findings: list[Finding]
    ) -> None:
        content, module = content_of(con, offers), contract.module
        known = holds.find(self.layout, module, content)
        if known and known.state == "released":
            return
        limits = Limits.of(self.limits, module, "")
        dates = [row["data_date"] for _, row in offers if row.get("data_date")]
        day, share = str(max(dates)) if dates else None, limits.release_share
        if not known and holds.let_through(self.layout, module, content, findings, data_date=day, share=share, hours=limits.release_hours):
            return
        holds.hold(self.layout, module, content, findings, releasable=True, data_date=day, share=share)
        told = "；".join(f.sentence for f in findings[:3]) + (f"等 {len(findings)} 项" if len(findings) > 3 else "")
        if known and known.state == "rejected":
            raise Held(f"这批报送已由{known.decided_by}退回（{known.reason}），等待{contract.owner}重新报送。", "stale")
        raise Held(f"新报送的数据暂缓采用：{told}。请核实后放行或退回（yiguan etl held）。")

    def unreadable(self, contract: Contract, sentence: str) -> Held:
        """A delivery without columns that it must have, or with nothing in it at all: held, but not to be released as it is."""
        content = hashlib.sha256(sentence.encode()).hexdigest()[:24]
        known = holds.find(self.layout, contract.module, content)
        holds.hold(self.layout, contract.module, content, [sentence.rstrip("。")], releasable=False, data_date=None)
        if known and known.state == "rejected":
            return Held(f"这批报送已由{known.decided_by}退回（{known.reason}），等待{contract.owner}重新报送。", "stale")
        return Held(sentence)


def prepare(con: duckdb.DuckDBPyConnection) -> None:
    """What a delivery in force is remembered by, beside its counts: its source's columns, and remarks on it."""
    for column in ("headers", "remarks"):
        con.execute(f"alter table state.delivery add column if not exists {column} varchar")


def remarks(con: duckdb.DuckDBPyConnection, module: str) -> str:
    """What is remarkable about the module's delivery in force, in one sentence; '' where nothing is."""
    found = con.execute("select remarks from state.delivery where module = ? and remarks is not null order by table_name", [module])
    return "；".join(r for (r,) in found.fetchall())


def judge(
    con: duckdb.DuckDBPyConnection, compiled: Compiled, before: Row | None, after: Row, limits: Limits, today: date, seen: Observed
) -> tuple[list[Finding], list[str]]:
    """(what holds a delivery of one table back, what is only worth a remark), as sentences without a full stop."""
    hard, soft = _future(con, compiled, after, limits, today)
    soft = soft + [sentence for table, sentence in seen.remarks if table == compiled.table.name]
    if limits.totals:
        hard += _totals(con, compiled, [sheet for sheet in seen.sheets if sheet.table == compiled.table.name])
    gone, new = _columns(compiled, before, seen)
    hard, soft = hard + gone, soft + new
    if before and before["read"] and not after["read"] and not compiled.table.may_be_empty:
        sentence = f"{compiled.table.title}没有任何数据行（上次 {before['read']:,} 行）"
        hard.append(Finding(sentence, "empty", compiled.table.name, counts=(before["read"],)))
    elif before and before["loaded"] >= limits.min_rows:
        fewer, remarked = _rows(compiled, before, after, limits)
        hard, soft = hard + fewer + _unreadable(compiled, before, after, limits), soft + remarked
        if not fewer:
            hard += _money(compiled, before, after, limits)
    return hard, soft


def _before(con: duckdb.DuckDBPyConnection, module: str, table: str) -> Row | None:
    cursor = con.execute("select * from state.delivery where module = ? and table_name = ?", [module, table])
    names = [d[0] for d in cursor.description or ()]
    rows = cursor.fetchall()
    return dict(zip(names, rows[0], strict=True)) if rows else None


def _rows(compiled: Compiled, before: Row, after: Row, limits: Limits) -> tuple[list[Finding], list[str]]:
    title = compiled.table.title
    for what in ("read", "loaded"):
        old, new = before[what], after[what]
        share = 1 - new / old if old else 0.0
        if share >= limits.warn_rows:
            verb = "读入" if what == "read" else "可入库"
            sentence = f"{title}{verb}由 {old:,} 行降至 {new:,} 行（−{share:.0%}）"
            found = Finding(sentence, "rows", compiled.table.name, what, (old, new))
            return ([found], []) if share >= limits.hold_rows else ([], [sentence])
    return [], []


def _money(compiled: Compiled, before: Row, after: Row, limits: Limits) -> list[Finding]:
    old, new = before.get("money_loaded"), after.get("money_loaded")
    if not old or not new or old <= 0 or new <= 0 or after["loaded"] < limits.min_rows:
        return []
    title = f"{compiled.table.title}金额"
    average = (float(new) / after["loaded"]) / (float(old) / before["loaded"])
    if not 1 / limits.hold_amount < average < limits.hold_amount:
        then, now = old / before["loaded"], new / after["loaded"]
        return [Finding(f"{title}每笔平均由 {then:,.2f} 元变为 {now:,.2f} 元，单位可能有误", "amount", compiled.table.name, "", (then, now))]
    if not 1 / limits.hold_money < float(new) / float(old) < limits.hold_money:
        return [Finding(f"{title}合计由 {old:,.2f} 元变为 {new:,.2f} 元", "money", compiled.table.name, "", (old, new))]
    return []


def _unreadable(compiled: Compiled, before: Row, after: Row, limits: Limits) -> list[Finding]:
    """Many more rows turned away than before: mostly a column that changed its kind or its meaning."""
    share = after["quarantined"] / max(1, after["read"])
    usual = before["quarantined"] / max(1, before["read"])
    if share - usual < limits.hold_quarantined:
        return []
    sentence = f"{compiled.table.title}有 {share:.0%} 的行无法采用（上次 {usual:.0%}），列的类型或写法可能已改变"
    return [Finding(sentence, "unreadable", compiled.table.name, "", (share, usual))]


def _future(
    con: duckdb.DuckDBPyConnection, compiled: Compiled, after: Row, limits: Limits, today: date
) -> tuple[list[Finding], list[str]]:
    table, limit = compiled.table, today + timedelta(days=limits.future_days)
    delivered = after.get("data_date")
    late = bool(delivered and delivered > limit)
    hard = [Finding(f"{table.title}的数据日期 {delivered} 在今天（{today}）之后", "date", table.name, str(delivered))] if late else []
    column = next((c for c in (getattr(table, "cursor", ""), table.order_by, "updated_at") if c and _is_moment(compiled, c)), None)
    there = first(
        con, "select 1 from information_schema.tables where table_schema = 'checked' and table_name = ?", [staged(compiled).split('"')[1]]
    )
    if column is None or not there:
        return hard, []
    rows, ahead, last = first(
        con, f"select count(*), count(*) filter (where {name(column)} >= ?), max({name(column)}) from {staged(compiled)}",
        [limit + timedelta(days=1)],
    ) or (0, 0, None)  # fmt: skip
    if not ahead:
        return hard, []
    sentence = f"{table.title}有 {ahead:,} 行的“{table.column(column).heading}”在今天（{today}）之后，最晚为 {str(last)[:10]}"
    enough = ahead >= min(limits.min_rows, max(1, rows // 2)) and ahead >= limits.hold_future * rows
    return ([*hard, Finding(sentence, "future", table.name, column, (ahead,))], []) if enough else (hard, [sentence])


def _is_moment(compiled: Compiled, column: str) -> bool:
    return any(c.name == column and c.sql_type in ("date", "timestamp") for c in compiled.cells)


def _columns(compiled: Compiled, before: Row | None, seen: Observed) -> tuple[list[Finding], list[str]]:
    """Columns that the contract reads and that are gone; others gone or new are remarked on."""
    table, present = compiled.table, seen.headers.get(compiled.table.name)
    known = json.loads(before["headers"]) if before and before.get("headers") else None
    if not present or not known:
        return [], []
    now, then = {normal(c) for c in present}, {normal(c) for c in known}
    optional = {normal(s): raw for raw in absent_allowed(table) for s in spellings(table)[raw]}
    gone = [c for c in known if normal(c) not in now]
    missed = [c for c in gone if normal(c) in optional and not now & {normal(s) for s in spellings(table)[optional[normal(c)]]}]
    read = {normal(s) for names in spellings(table).values() for s in names}
    others = [c for c in gone if normal(c) not in read]
    new = [c for c in present if normal(c) not in then and normal(c) not in read]
    hard = [Finding(f"{table.title}缺少了上次有的{_quoted(missed)}列", "columns", table.name, _quoted(missed))] if missed else []
    soft = [f"{table.title}的来源新增了{_quoted(new)}列，尚未接入"] if new else []
    soft += [f"{table.title}的来源取消了{_quoted(others)}列"] if others else []
    return hard, soft


def _quoted(columns: Sequence[str]) -> str:
    return "、".join(f"“{c}”" for c in columns[:8])


def _totals(con: duckdb.DuckDBPyConnection, compiled: Compiled, sheets: Sequence[Sheet]) -> list[Finding]:
    """Total lines of files and sheets against their rows: a line must state the sum of all rows above it or of those since the last one.

    Where an amount above it cannot be read, a total proves nothing (that row is in quarantine with its own reason).
    """
    if not sheets:
        return []
    # Every amount is told the total line that follows it in its file, so that one pass over all files gives what lies between the lines.
    lines = [sorted(sheet.totals, key=lambda t: t.position) for sheet in sheets]
    places, amounts, begin = [], [], 0
    for sheet, totals in zip(sheets, lines, strict=True):
        for positions, part in zip(sheet.positions, sheet.amounts, strict=True):
            places.append(begin + np.searchsorted([t.position for t in totals], positions.to_numpy(), side="right"))
            amounts.append(part)
        begin += len(totals) + 1
    con.register("delivered_amounts", pa.table({"line": np.concatenate(places or [np.empty(0, np.int64)]), "a": pa.chunked_array(amounts, pa.string())}))
    try:
        between = {
            line: (amount, unread)
            for line, amount, unread in con.execute(
                "select line, coalesce(sum(m), 0), count(*) filter (m is null and given) from"
                " (select line, yg_money(yg_text(a)) as m, yg_value(yg_text(a)) is not null as given from delivered_amounts) group by line"
            ).fetchall()
        }
    finally:
        con.unregister("delivered_amounts")
    written = [t.stated for totals in lines for t in totals]
    said = iter(con.execute("select yg_money(yg_text(x)) from unnest(?) with ordinality as t(x, n) order by n", [written]).fetchall())
    found, begin = [], 0
    for sheet, totals in zip(sheets, lines, strict=True):
        everything, part, unread = Decimal(0), Decimal(0), 0
        for line, total in enumerate(totals, start=begin):
            amount, unclear = between.get(line, (Decimal(0), 0))
            everything, part, unread = everything + amount, part + amount, unread + unclear
            stated = next(said)[0]
            if stated is None:
                continue
            if not unread and stated not in (everything, part):
                nearer = min((everything, part), key=lambda s: abs(s - stated))
                sentence = (
                    f"{sheet.source} 第 {total.position} 行的{total.label.strip('：: ')}为 {stated:,.2f} 元，"
                    f"与明细之和 {nearer:,.2f} 元不符（相差 {abs(stated - nearer):,.2f} 元）"
                )
                found.append(Finding(sentence, "total", compiled.table.name, f"{sheet.source} {total.position}", (float(stated), float(nearer))))
            part = Decimal(0)
        begin += len(totals) + 1
    return found


def content_of(con: duckdb.DuckDBPyConnection, offers: Sequence[tuple[Compiled, Row]]) -> str:
    """The hash by which a held delivery is known again: rows ready to be put in force and the counts of the rest.

    Independent of when, in which order and under which batch number it was read.
    """
    digest = hashlib.sha256()
    for compiled, row in sorted(offers, key=lambda o: o[0].full_name):
        there = first(con, "select 1 from information_schema.tables where table_schema = 'checked' and table_name = ?", [staged(compiled).split('"')[1]])
        rows = first(con, f"select count(*), bit_xor(hash({compiled.columns})), sum(hash({compiled.columns})) from {staged(compiled)}") if there else None
        counts = [row[k] for k in ("read", "loaded", "quarantined", "superseded", "warned", "money_read", "money_loaded")]
        digest.update(repr((compiled.full_name, rows, [str(c) for c in counts])).encode())
    return digest.hexdigest()[:24]
