"""The guards within a table: a month or a file that lost its rows, or whose amounts are out of proportion, is not seen in the table's sums.

Months are told by ``dated`` of the contract.  Where only a part of a table lies ready, what goes and what comes is counted by month, and the
rows of a month are counted only where that could matter.  A file loses what it no longer has and no other file has either: one that was renamed
or whose rows were put elsewhere loses nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import median
from typing import TYPE_CHECKING, Any

import duckdb

from etl import raw
from etl.checks import Compiled
from etl.clean import name
from etl.contract import Cadence, Month
from etl.coverage import month_of
from etl.holds import Finding
from etl.sift import staged
from etl.sift_part import ready, touched

if TYPE_CHECKING:
    from etl.guards import Limits

Row = dict[str, Any]
Held = tuple[int, float]
"""Rows and their money."""
Months = dict[str, Held]
NOTHING: Held = (0, 0.0)
MANY_FILES = 2
"""With more files a month than that, the newest month arrives file by file until it is due."""
_FILE = r"'\.(csv|txt|tsv|jsonl?|xls[xm]?)(/|$)', 'i'"


@dataclass(frozen=True, slots=True)
class Offer:
    """What is judged: a table's delivery in force and the one that lies ready, which may be only ``part`` of the table."""

    compiled: Compiled
    before: Row
    after: Row
    limits: Limits
    due: Cadence
    part: bool

    @property
    def title(self) -> str:
        """The table's."""
        return self.compiled.table.title

    def finding(self, sentence: str, kind: str, what: str, *counts: float) -> Finding:
        """One of this table."""
        return Finding(sentence, kind, self.compiled.table.name, what, counts)


def judge(con: duckdb.DuckDBPyConnection, offer: Offer) -> tuple[list[Finding], list[str]]:
    """(what holds the delivery back, what is only worth a remark) by month and by file, as sentences without a full stop."""
    if offer.compiled.table.may_be_empty or not _lies_ready(con, offer.compiled):
        return [], []
    hard: list[Finding] = []
    soft: list[str] = []
    if offer.compiled.table.month:
        was, now = _by_month(con, offer)
        hard, soft = _lost(offer, was, now)
        hard += _amounts(offer, was, now) + _newest(con, offer, was, now)
    if offer.before["batch"] != offer.after["batch"] and not offer.compiled.table.cursor:
        fewer, remarked = _files(con, offer, {f.what for f in hard})
        hard, soft = hard + fewer, soft + remarked
    return hard, soft


def _lies_ready(con: duckdb.DuckDBPyConnection, compiled: Compiled) -> bool:
    try:
        con.execute(f"select 1 from {staged(compiled)} limit 0")
    except duckdb.CatalogException:
        return False
    return True


def _totals(con: duckdb.DuckDBPyConnection, compiled: Compiled, rows: str) -> Months:
    """Rows and money of each month; ``rows``: SQL after ``from``."""
    money = f"coalesce(sum({name(compiled.table.money)}), 0)" if compiled.table.money else "0"
    month = compiled.table.month
    found = con.execute(f"select {month}, count(*), {money} from {rows} group by 1 having {month} is not null").fetchall()
    return {m: (count, float(amount)) for m, count, amount in found}


def _by_month(con: duckdb.DuckDBPyConnection, offer: Offer) -> tuple[Months, Months]:
    """The table's months as they are and as they will be; of a part only those that could be wrong, and what they are compared with."""
    compiled, limits = offer.compiled, offer.limits
    table = f"checked.{name(compiled.full_name)}"
    if not offer.part:
        return _totals(con, compiled, table), _totals(con, compiled, staged(compiled))
    least = limits.warn_rows * limits.min_rows
    if compiled.table.cursor and con.execute(f"select count(*) from {touched(compiled)}").fetchall()[0][0] < least:
        return {}, {}
    keys = ", ".join(name(k) for k in compiled.table.key)
    leaving = _totals(con, compiled, f"{table} semi join {touched(compiled)} using ({keys})")
    coming = _totals(con, compiled, staged(compiled))
    over = month_of(offer.after["data_date"])
    doubtful = {
        m for m in leaving.keys() | coming.keys()
        if leaving.get(m, NOTHING)[0] - coming.get(m, NOTHING)[0] >= least
        or (compiled.table.money and leaving.get(m, NOTHING)[0] + coming.get(m, NOTHING)[0] >= limits.min_rows)
        or (m not in leaving and m < over)
    }  # fmt: skip
    if not doubtful:
        return {}, {}
    first = any(m not in leaving and m < over for m in doubtful)  # a new month is compared with those before it
    was = _totals(con, compiled, f"{table} where {_since(compiled, _earlier(min(doubtful), 12 if first else 0))}")
    now = {
        m: (was.get(m, NOTHING)[0] - leaving.get(m, NOTHING)[0] + coming.get(m, NOTHING)[0],
            was.get(m, NOTHING)[1] - leaving.get(m, NOTHING)[1] + coming.get(m, NOTHING)[1])
        for m in was.keys() | coming.keys()
    }  # fmt: skip
    if any(not held[0] for held in now.values()):  # whether older months are left decides what a vanished one means
        now |= {m: held for m, held in _totals(con, compiled, table).items() if m not in now}
    return was, now


def _since(compiled: Compiled, month: str) -> str:
    """SQL: the row is of that month or a later one."""
    dated = name(compiled.table.dated)
    return f"{dated} >= '{month}'" if isinstance(compiled.table.column(compiled.table.dated), Month) else f"{dated} >= date '{month}-01'"


def _earlier(month: str, months: int) -> str:
    number = int(month[:4]) * 12 + int(month[5:]) - 1 - months
    return f"{number // 12:04d}-{number % 12 + 1:02d}"


def _beyond(months: Months, limits: Limits) -> str:
    """The first month that a source may be said to begin with: what lies before has left its window. '' where too few months are left to say so."""
    left = sorted(m for m, held in months.items() if held[0])
    return left[0] if len(left) >= limits.window_months else ""


def _lost(offer: Offer, was: Months, now: Months) -> tuple[list[Finding], list[str]]:
    limits, hard, soft = offer.limits, [], []
    begins, latest = _beyond(now, limits), month_of(offer.after["data_date"])
    gone = {m: held[0] for m, held in was.items() if m < begins}
    if gone:
        soft.append(f"{offer.title}不再含 {begins} 以前的月份（{len(gone)} 个月，{sum(gone.values()):,} 行）")
    for month in sorted(was.keys() - gone.keys(), reverse=True):
        old, new = was[month][0], now.get(month, NOTHING)[0]
        if old < limits.min_rows or month > latest or 1 - new / old < limits.warn_rows:
            continue
        sentence = f"{offer.title} {month} 由 {old:,} 行降至 {new:,} 行（−{1 - new / old:.0%}）"
        if 1 - new / old >= limits.hold_rows:
            hard.append(offer.finding(sentence, "month", month, old, new))
        else:
            soft.append(sentence)
    return hard, soft


def _amounts(offer: Offer, was: Months, now: Months) -> list[Finding]:
    found = []
    for month in sorted(was.keys() & now.keys(), reverse=True):
        averages = _out_of_proportion(was[month], now[month], offer.limits)
        if averages:
            sentence = f"{offer.title} {month} 金额每笔平均由 {averages[0]:,.2f} 元变为 {averages[1]:,.2f} 元，单位可能有误"
            found.append(offer.finding(sentence, "month amount", month, *averages))
    return found


def _out_of_proportion(old: Held, new: Held, limits: Limits) -> tuple[float, float] | None:
    """The average amounts before and now, where one is so many times the other."""
    if min(old[0], new[0]) < limits.min_rows or min(old[1], new[1]) <= 0:
        return None
    then, now = old[1] / old[0], new[1] / new[0]
    return None if 1 / limits.hold_amount < now / then < limits.hold_amount else (then, now)


def _newest(con: duckdb.DuckDBPyConnection, offer: Offer, was: Months, now: Months) -> list[Finding]:
    """A month delivered for the first time, after its end, with hardly any rows against the three before it (and the same month a year ago)."""
    limits, latest = offer.limits, month_of(offer.after["data_date"])
    found = []
    for month in sorted(m for m, held in now.items() if held[0] and was and max(was) < m < latest):
        usual = [now.get(_earlier(month, n), NOTHING)[0] for n in (1, 2, 3)]
        if min(usual) < limits.min_rows:
            continue
        expected = min(median(usual), now.get(_earlier(month, 12), (median(usual), 0))[0])
        if now[month][0] > (1 - limits.hold_rows) * expected or (_not_due(offer, month) and _in_many_files(con, offer, len(now))):
            continue
        sentence = f"{offer.title} {month} 首次报送只有 {now[month][0]:,} 行，此前三个月为 {'、'.join(f'{n:,}' for n in reversed(usual))} 行"
        found.append(offer.finding(sentence, "newest month", month, now[month][0]))
    return found


def _not_due(offer: Offer, month: str) -> bool:
    after = date.fromisoformat(f"{_earlier(month, -1)}-01")
    return bool(offer.after["data_date"] < after + timedelta(days=offer.due.grace_days))


def _in_many_files(con: duckdb.DuckDBPyConnection, offer: Offer, months: int) -> bool:
    sql = f"select count(distinct _source) from {raw.table(offer.compiled)} where {raw.in_force(offer.after['batch'])}"
    return bool(con.execute(sql).fetchall()[0][0] > MANY_FILES * months)


def _files(con: duckdb.DuckDBPyConnection, offer: Offer, told: set[str]) -> tuple[list[Finding], list[str]]:
    """Files that lost a month (or, where rows have none, all) of their rows. Of months told of already only files that are gone are named."""
    compiled, limits, batch = offer.compiled, offer.limits, int(offer.after["batch"])
    table = raw.table(compiled)
    changed = f"select distinct _source from {table} where _until = {batch} and regexp_matches(_source, {_FILE})"
    con.execute(
        "create or replace temp table judged as select rowid as row, _source as source,"
        f" {raw.in_force(offer.before['batch'])} as was, {raw.in_force(batch)} as now from {table} where _source in ({changed})"
    )
    keys = compiled.table.key
    month = f"coalesce({compiled.table.month}, '')" if compiled.table.month else "''"
    money = f"coalesce({name(compiled.table.money)}, 0)" if compiled.table.money else "0"
    same = " and ".join(f"r.{name(k)} = s.{name(k)}" for k in keys)
    cleaned = compiled.cleaned.replace("{where}", "rowid in (select row from judged)")
    rows = con.execute(
        f"select source, _month, count(*) filter (was), count(*) filter (now), count(*) filter (was and not now and s.{name(keys[0])} is null),"
        " coalesce(sum(_money) filter (was), 0), coalesce(sum(_money) filter (now), 0) from"
        f" (select {', '.join(name(k) for k in keys)}, {month} as _month, {money} as _money, _row from ({cleaned})) as r"
        f" join judged on judged.row = r._row left join {staged(compiled)} as s on {same} group by 1, 2 order by 2 desc, 1"
    ).fetchall()
    left: Mapping[str, int] = {source: sum(r[3] for r in rows if r[0] == source) for source, *_ in rows}
    hard: list[Finding] = []
    soft: list[str] = []
    begins = _beyond(_totals(con, compiled, _as_it_will_be(offer)), limits) if compiled.table.month and rows else ""
    for source, of, old, new, lost, money_old, money_new in rows:
        if old < limits.min_rows or (of and of < begins) or (of in told and left[source]):
            continue
        share = min(lost, old - new) / old
        where = f"{offer.title}文件 {source} 中 {of} " if of else f"{offer.title}文件 {source} "
        fewer = f"{where}由 {old:,} 行降至 {new:,} 行（−{share:.0%}）"
        if share >= limits.hold_rows:
            gone = f"{offer.title}上次报送的文件 {source} 不见了（{of + ' ' if of else ''}{old:,} 行）"
            hard.append(offer.finding(fewer if left[source] else gone, "file", f"{source} {of}".strip(), old, new))
        elif share >= limits.warn_rows:
            soft.append(fewer)
        averages = _out_of_proportion((old, float(money_old)), (new, float(money_new)), limits)
        if averages:
            sentence = f"{where}金额每笔平均由 {averages[0]:,.2f} 元变为 {averages[1]:,.2f} 元，单位可能有误"
            hard.append(offer.finding(sentence, "file amount", f"{source} {of}".strip(), *averages))
    return hard, soft


def _as_it_will_be(offer: Offer) -> str:
    return ready(offer.compiled) if offer.part else staged(offer.compiled)
