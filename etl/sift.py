"""Run a compiled contract over one batch of raw rows: stage, set aside, keep the newest of each key, account for every row."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType

import duckdb
import sqlglot
from sqlglot import exp

from etl import raw
from etl.checks import Cell, Compiled, Counts, shown
from etl.clean import at_once, first, insert, name, quote
from etl.contract import Reference
from etl.places import IN_FILE, later
from etl.returned import involved, shown_key

NEW = "__new"


def staged(compiled: Compiled) -> str:
    """The name of the table that a sift builds beside the one in use."""
    return f"checked.{name(compiled.full_name + NEW)}"


Homes = Mapping[str, str]
"""Tables of the module under way that are about to change → where their rows lie as they will be, as SQL."""
_NONE: Homes = MappingProxyType({})


def sift(con: duckdb.DuckDBPyConnection, compiled: Compiled, batch: int, where: str = "", homes: Homes = _NONE) -> Counts:
    """Check raw rows and leave the acceptable ones in ``checked.<table>__new``; findings replace the table's earlier ones.

    ``where`` says which raw rows, by default those of the batch.  Nothing that readers of ``checked`` see has changed until :func:`swap`.
    """
    stage, where = staged(compiled), where or f"_batch = {int(batch)}"
    con.execute(f"drop table if exists {stage}")
    con.execute(f"create table {stage} as {compiled.stage.replace('{where}', where)}")
    _findings_of_whole_table(con, compiled, {compiled.full_name: stage, **homes})
    money = name(compiled.table.money) if compiled.table.money else "null"
    read, bad, warn, money_read, money_bad = _one(
        con,
        f"select count(*), count(*) filter (_bad), count(*) filter (_warn and not _bad), sum(coalesce({money}, 0)),"
        f" sum(coalesce({money}, 0)) filter (_bad) from {stage}",
    )
    if bad or warn:
        _details(con, compiled, batch, where)
    superseded, money_superseded = _supersede(con, compiled, money)
    if bad:
        con.execute(f"delete from {stage} where _bad")
    with at_once(con):  # each statement of its own would wait for the disk
        for mark in ("_source", "_position", "_bad", "_warn"):
            con.execute(f"alter table {stage} drop column {mark}")
    loaded, money_loaded = _one(con, f"select count(*), sum(coalesce({money}, 0)) from {stage}")
    has_money = bool(compiled.table.money)
    counts = Counts(
        read, loaded, bad, superseded, warn,
        *((money_read or 0, money_loaded or 0, money_bad or 0, money_superseded or 0) if has_money else ()),
    )
    counts.verify(compiled.full_name)
    return counts


def swap(con: duckdb.DuckDBPyConnection, compiled: Compiled) -> None:
    """Put the sifted table in the place of the old one, and its findings too; call inside a transaction."""
    con.execute(f"drop table if exists checked.{name(compiled.full_name)}")
    con.execute(f"alter table {staged(compiled)} rename to {name(compiled.full_name)}")
    for table in ("quarantine", "warning"):
        con.execute(
            f"delete from state.{table} where module = ? and table_name = ?", [compiled.module, compiled.table.name]
        )
        con.execute(f"insert into state.{table} select * from temp.new_{table} where module = ? and table_name = ?",
                    [compiled.module, compiled.table.name])


def start(con: duckdb.DuckDBPyConnection) -> None:
    """Create the temporary tables that collect a module's findings until they are swapped in."""
    for table in ("quarantine", "warning"):
        con.execute(f"create or replace temp table new_{table} as select * from state.{table} limit 0")


def _one(con: duckdb.DuckDBPyConnection, sql: str) -> tuple:
    return first(con, sql) or ()


def _findings_of_whole_table(con: duckdb.DuckDBPyConnection, compiled: Compiled, homes: Homes) -> None:
    """Rules that need other rows (windows, references): mark the rows and remember why, in ``temp.marks``."""
    con.execute(
        "create or replace temp table marks (source varchar, position bigint, kind varchar, sentence varchar, col varchar)"
    )
    rules = [("reject", s, c) for s, c in compiled.window_rejects] + [("warn", s, c) for s, c in compiled.window_warns]
    for kind, sentence, condition in rules:
        con.execute(
            f"insert into marks select _source, _position, {quote(kind)}, {quote(sentence)}, null from"
            f" (select _source, _position, ({condition}) as hit from {staged(compiled)} where not _bad) where hit"
        )
    for reference in compiled.table.references:
        _check_reference(con, compiled, reference, homes)
    for kind, mark in (("reject", "_bad"), ("warn", "_warn")):
        if _one(con, f"select count(*) from marks where kind = '{kind}'")[0]:
            con.execute(
                f"update {staged(compiled)} set {mark} = true where (_source, _position) in"
                f" (select (source, position) from marks where kind = '{kind}')"
            )


def referred(con: duckdb.DuckDBPyConnection, reference: Reference, homes: Homes = _NONE) -> str | None:
    """The table to look a reference up in: as this run is about to leave it; None where it was never delivered."""
    home = homes.get(reference.table, f"checked.{name(reference.table)}")
    try:  # to ask the catalogue costs ten times as much
        return home if _one(con, f"select 1 from {home} limit 1") else None
    except duckdb.CatalogException:
        return None


@lru_cache(maxsize=256)
def looks_at(reference: Reference) -> tuple[str, ...]:
    """The columns of the referred table that decide about a reference's fault; what else changes there is of no matter."""
    found = sqlglot.parse_one(reference.fault or "true", read="duckdb").find_all(exp.Column)
    return tuple(sorted({c.name for c in found if c.table == "o"}))


def broken(reference: Reference, rows: str, home: str) -> str:
    """SQL after ``from``: the ``rows`` (a table) whose value is given and that ``home`` has no such key for, or has it with the reference's fault.

    Only the columns of ``rows`` are there to select.  Joins, not subqueries: those of a fault would gather every combination of what it looks at.
    """
    column, kind = f"s.{name(reference.column)}", "semi" if reference.fault else "anti"
    fault = f" and ({reference.fault})" if reference.fault else ""
    return f"{rows} as s {kind} join {home} as o on o.{name(reference.key)} = {column}{fault} where {column} is not null"


def _check_reference(con: duckdb.DuckDBPyConnection, compiled: Compiled, reference: Reference, homes: Homes) -> None:
    """Mark rows whose value is not a key of the referred table; a table that was never delivered can prove nothing."""
    home = referred(con, reference, homes)
    if not home:
        return
    con.execute(
        f"insert into marks select _source, _position, {quote(reference.severity)}, {quote(reference.sentence)},"
        f" {quote(reference.column)} from {broken(reference, staged(compiled), home)} and not _bad"
    )


def _details(con: duckdb.DuckDBPyConnection, compiled: Compiled, batch: int, rows: str) -> None:
    """Work out, for the marked rows alone, which rules they break; rows × reasons go to the findings."""
    stage = staged(compiled)
    # By its number in raw: to look for a source and a position among all rows that are cleaned is dearer than to clean the few.
    con.execute(
        "create or replace temp table marked as select r.row, m._bad, m._warn from"
        f" (select rowid as row, _source, _position from {raw.table(compiled)} where {rows}) as r"
        f" join {stage} as m on m._source = r._source and m._position = r._position where m._bad or m._warn"
    )
    con.execute(
        f"create or replace temp table detail as select d.*, m._bad, m._warn, {shown_key(compiled)} as _key,"
        f" case when regexp_matches(_source, {quote(IN_FILE)}, 'i') then _position end as _line from"
        f" ({compiled.cleaned.replace('{where}', 'rowid in (select row from marked)')}) as d join marked as m on m.row = d._row"
    )
    place = name(compiled.table.community) if compiled.table.community else "null"
    head = f"{quote(compiled.module)}, {quote(compiled.table.name)}, _source, _position"
    tail = f"cast({place} as varchar), {int(batch)}, _line, _key"

    def reason(column: str, title: str, value: str, rule: str, sentence: str, where: str) -> str:
        return f"select {head}, {column}, {title}, {value}, {quote(rule)}, {sentence}, {tail} from detail where {where}"

    rejects = [reason("null", "null", "null", "malformed", "_defect", "_bad and _defect is not null")]
    sound = "_bad and _defect is null"
    for cell in one_per_column(compiled.cells):
        title = quote(cell.column.heading)
        rejects += [
            reason(quote(cell.name), title, value, rule, quote(sentence), f"{sound} and {when}")
            for rule, value, sentence, when in faults(cell)
        ]
    by_rule = sound + " and coalesce(({}), false)"
    rejects += [reason("null", *involved(compiled, c), "rule", quote(s), by_rule.format(c)) for s, c in compiled.plain_rejects]
    warns = [
        reason("null", *involved(compiled, c), "rule", quote(s), f"_warn and not _bad and coalesce(({c}), false)")
        for s, c in compiled.plain_warns
    ]
    con.execute(f"insert into new_quarantine {' union all '.join(rejects)}")
    if warns:
        con.execute(f"insert into new_warning {' union all '.join(warns)}")
    for kind, target, when in (("reject", "new_quarantine", "true"), ("warn", "new_warning", "not d._bad")):
        _remembered(con, compiled, kind, target, when, head, tail)


def _remembered(
    con: duckdb.DuckDBPyConnection, compiled: Compiled, kind: str, target: str, when: str, head: str, tail: str
) -> None:
    """Findings of rules over the whole table, which were marked before."""
    columns = {c.name: c for c in compiled.cells}
    rules = dict(compiled.window_rejects if kind == "reject" else compiled.window_warns)
    for column, sentence in con.execute(f"select distinct col, sentence from marks where kind = '{kind}'").fetchall():
        cell = columns.get(column) if column else None
        title, value = (quote(cell.column.heading), shown(cell)) if cell else involved(compiled, rules.get(sentence, "true"))
        con.execute(
            f"insert into {target} select {head}, m.col, {title}, {value}, {quote('reference' if column else 'rule')},"
            f" m.sentence, {tail} from detail as d join marks as m on m.source = d._source and m.position = d._position"
            f" where m.kind = '{kind}' and m.col is not distinct from {quote(column) if column else 'null'} and m.sentence = {quote(sentence)} and {when}"
        )


def one_per_column(cells: tuple[Cell, ...]) -> list[Cell]:
    """A point makes two cells but is one value to its owner."""
    seen: dict[int, Cell] = {}
    for cell in cells:
        seen.setdefault(id(cell.column), cell)
    return list(seen.values())


def faults(cell: Cell) -> list[tuple[str, str, str, str]]:
    """(rule, shown value, sentence, SQL condition) of what can be wrong with one cell."""
    column, title = name(cell.name), cell.column.heading
    pair = f"({column} is null or {name(cell.name[:-3] + 'lat')} is null)" if cell.column.kind == "point" else f"{column} is null"
    faults = [("invalid", shown(cell), f"“{title}”{cell.invalid}", f"{pair} and {cell.given} is not null")]
    if not cell.column.optional:
        faults.append(("missing", "null", f"“{title}”为空", f"{column} is null and {cell.given} is null"))
    if cell.range_fault:
        faults.append(("range", shown(cell), f"“{title}”{cell.range_sentence}", f"coalesce({cell.range_fault}, false)"))
    return faults


def _supersede(con: duckdb.DuckDBPyConnection, compiled: Compiled, money: str) -> tuple[int, object]:
    """Remove all but the newest acceptable row of each key; how many rows (and how much money) went."""
    stage, keys = staged(compiled), ", ".join(name(k) for k in compiled.table.key)
    con.execute(
        f"create or replace temp table twice as select {keys} from {stage} where not _bad group by {keys} having count(*) > 1"
    )
    if not _one(con, "select count(*) from twice")[0]:
        return 0, 0
    newest = f"{name(compiled.table.order_by)} desc nulls last, " if compiled.table.order_by else ""
    rows = f"{stage} as s semi join twice using ({keys})"
    if compiled.table.cursor:
        # Where rows arrive a few at a time, their order says nothing: of two equally new ones the same must win as in one reading.
        last = f"hash({compiled.columns}), _position desc"
    else:
        sources = [row[0] for row in con.execute(f"select distinct _source from {rows} where not _bad").fetchall()]
        con.execute("create or replace temp table file_order (file varchar, nth integer)")
        insert(con, "file_order", [(source, nth) for nth, source in enumerate(sorted(sources, key=later))])
        rows += " join file_order as f on f.file = s._source"
        last = "f.nth desc, _position desc"
    con.execute(
        "create or replace temp table older as select row from (select s.rowid as row, row_number() over"
        f" (partition by {keys} order by {newest}{last}) as n from {rows} where not _bad) where n > 1"
    )
    count, amount = _one(con, f"select count(*), sum(coalesce({money}, 0)) from {stage} where rowid in (select row from older)")
    con.execute(f"delete from {stage} where rowid in (select row from older)")
    return count, amount


