"""The checks for a few keys only: the rows that came or went, and every other row that shares a key with them.

Afterwards the checked table, its findings and its counts are what checking the whole delivery would have given; the counts are taken from
the tables themselves and not only carried on, so a row that went astray is noticed.
"""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache

import duckdb
import sqlglot
from sqlglot import exp

from etl import raw, sift
from etl.checks import Compiled, Counts, Rules
from etl.clean import first, name, quote
from etl.contract import Reference

# Above this share of the table checking everything anew costs no more.
MOST = 0.3


def groups(compiled: Compiled) -> tuple[tuple[str, ...], ...] | None:
    """What the rules that need other rows group them by (SQL over checked columns): beyond its own groups nothing decides about a row.

    None where a rule looks at more than that: a window over everything, a query of its own.
    """
    return _groups(compiled.window_rejects + compiled.window_warns)


@lru_cache(maxsize=512)
def _groups(rules: Rules) -> tuple[tuple[str, ...], ...] | None:
    found: dict[tuple[str, ...], None] = {}
    for _, condition in rules:
        tree = sqlglot.parse_one(condition, read="duckdb")
        windows = list(tree.find_all(exp.Window))
        if tree.find(exp.Subquery) or not windows:
            return None
        for window in windows:
            if not window.args.get("partition_by"):
                return None
            found[tuple(part.sql("duckdb") for part in window.args["partition_by"])] = None
    return tuple(found)


def possible(compiled: Compiled) -> bool:
    """True where what becomes of a row depends on that row, its key, its references and the rows of its groups alone."""
    # A second place for the choice of rows: a column is read by what the whole delivery looks like.
    return groups(compiled) is not None and compiled.cleaned.count("{where}") == 1


def touched(compiled: Compiled) -> str:
    """The temporary table of the touched keys. One a table: several of a module may change in one delivery, and are swapped in together."""
    return name("touched_" + compiled.full_name)


def touched_rows(compiled: Compiled) -> str:
    """The temporary table of the raw rows with these keys."""
    return name("touched_rows_" + compiled.full_name)


def touch(
    con: duckdb.DuckDBPyConnection, compiled: Compiled, old: int, new: int, references: bool, homes: sift.Homes, most: float = float("inf")
) -> int:
    """Lay :func:`touched` (keys) and :func:`touched_rows` (row, s, p, was, now) of a move from one batch to another; how many rows.

    ``references``: what the table refers to has changed as well, so rows flagged for it, or that should be, are looked at again. ``most``: from
    this many keys on the caller will rather check everything, so no more are looked for.
    """
    keys, laid, rows = ", ".join(name(k) for k in compiled.table.key), touched(compiled), touched_rows(compiled)
    sources = [f"select {keys} from ({_cleaned(compiled, f'_batch = {new} or _until = {new}')})"] if new != old else []
    if references:
        for reference in compiled.table.references:
            sources += _of_reference(con, compiled, reference, old, keys, homes)
    con.execute(f"create or replace temp table {laid} as select distinct {keys} from ({' union all '.join(sources)})"
                if sources else f"create or replace temp table {laid} as select {keys} from checked.{name(compiled.full_name)} limit 0")  # fmt: skip
    if not first(con, f"select 1 from {laid} limit 1"):
        con.execute(f"create or replace temp table {rows} (row bigint, s varchar, p bigint, was boolean, now boolean)")
        return 0
    either = f"_batch <= {new} and coalesce(_until > {old}, true)"
    if groups(compiled):
        _widen(con, compiled, either, most)
    same = " and ".join(f"r.{name(k)} is not distinct from t.{name(k)}" for k in compiled.table.key)
    con.execute(
        f"create or replace temp table {rows} as"
        f" select rowid as row, _source as s, _position as p, {raw.in_force(old)} as was, {raw.in_force(new)} as now"
        f" from {raw.table(compiled)} where rowid in"
        f" (select _row from (select _row, {keys} from ({compiled.keyed(either)})) as r semi join {laid} as t on {same})"
    )
    return int(first(con, f"select count(*) from {rows}")[0])  # type: ignore[index]


def _widen(con: duckdb.DuckDBPyConnection, compiled: Compiled, either: str, most: float) -> None:
    """Add to the touched keys all that share a group with them, until every group of theirs is whole.

    Rows that are loaded are told by the checked table, as it stands: only of the others (set aside, superseded) and of those touched anew need
    the columns be made of raw.
    """
    keys, laid = ", ".join(name(k) for k in compiled.table.key), touched(compiled)
    same = " and ".join(f"r.{name(k)} is not distinct from t.{name(k)}" for k in compiled.table.key)
    con.execute(f"create or replace temp table grouped_told as select _row as row, {keys} from ({compiled.keyed(either)})")
    con.execute(
        f"create or replace temp table grouped_unloaded as select row from grouped_told semi join (select {keys} from grouped_told group by all having count(*) > 1) using ({keys})"
        f" union select row from grouped_told as r anti join checked.{name(compiled.full_name)} as t on {same}"
    )
    told = groups(compiled) or ()
    placed = ", ".join(f"{sql} as g{i}_{j}" for i, group in enumerate(told) for j, sql in enumerate(group))
    con.execute(
        f"create or replace temp table grouped_placed as select {keys}, {placed} from ({_cleaned(compiled, 'rowid in (select row from grouped_unloaded)')})"
        f" union all by name select {keys}, {placed} from checked.{name(compiled.full_name)}"
    )
    more = f"create or replace temp table grouped_reached as select distinct {keys} from ({{}}) as r anti join {laid} as t on {same}"
    count = first(con, f"select count(*) from {laid}")[0]  # type: ignore[index]
    while count <= most:
        mine = f"rowid in (select row from grouped_told as r semi join {laid} as t on {same})"
        con.execute(f"create or replace temp table grouped_theirs as select distinct {placed} from ({_cleaned(compiled, mine)})")
        ways = [" and ".join(f"p.g{i}_{j} is not distinct from v.g{i}_{j}" for j in range(len(group))) for i, group in enumerate(told)]
        con.execute(more.format(" union ".join(f"select {keys} from grouped_placed as p semi join grouped_theirs as v on {way}" for way in ways)))
        added = con.execute(f"insert into {laid} select * from grouped_reached").fetchall()[0][0]
        if not added:
            return
        count += added


def sift_part(con: duckdb.DuckDBPyConnection, compiled: Compiled, batch: int, before: Counts, rows: int, homes: sift.Homes) -> Counts:
    """Check the touched rows into ``checked.<table>__new``; the counts of the whole table once they are swapped in.

    ``rows`` is the number of raw rows in force at ``batch``. AssertionError where they are not all accounted for.
    """
    fresh = sift.sift(con, compiled, batch, f"rowid in (select row from {touched_rows(compiled)} where now)", homes)
    table, keys = f"checked.{name(compiled.full_name)}", ", ".join(name(k) for k in compiled.table.key)
    money = name(compiled.table.money) if compiled.table.money else "null"
    con.execute(
        f"create or replace temp table left_behind as select _source as s, _position as p, coalesce({money}, 0) as m from"
        f" ({_cleaned(compiled, f'rowid in (select row from {touched_rows(compiled)} where was)')})"
    )
    old = "left_behind"
    mine = f"module = {quote(compiled.module)} and table_name = {quote(compiled.table.name)}"
    aside = f"(select distinct source as s, position as p from state.quarantine where {mine})"
    warned = f"(select distinct source as s, position as p from state.warning where {mine})"
    was, money_was = _one(con, f"select count(*), coalesce(sum(m), 0) from {old}")
    bad, money_bad = _one(con, f"select count(*), coalesce(sum(m), 0) from {old} as o semi join {aside} as a using (s, p)")
    warn = _one(con, f"select count(*) from {old} as o semi join {warned} as w using (s, p)")[0]
    loaded, money_loaded = _one(con, f"select count(*), coalesce(sum({money}), 0) from {table}")
    leaving, money_leaving = _one(con, f"select count(*), coalesce(sum({money}), 0) from {table} semi join {touched(compiled)} using ({keys})")
    amounts: tuple[Decimal, ...] = ()
    if compiled.table.money:
        gone = money_was - money_bad - money_leaving
        all_bad = before.money_quarantined - money_bad + fresh.money_quarantined  # type: ignore[operator]
        all_older = before.money_superseded - gone + fresh.money_superseded  # type: ignore[operator]
        all_good = money_loaded - money_leaving + fresh.money_loaded
        amounts = (before.money_read - money_was + fresh.money_read, all_good, all_bad, all_older)  # type: ignore[operator]
    counts = Counts(
        rows, loaded - leaving + fresh.loaded, before.quarantined - bad + fresh.quarantined,
        before.superseded - (was - bad - leaving) + fresh.superseded, before.warned - warn + fresh.warned, *amounts,
    )  # fmt: skip
    counts.verify(compiled.full_name)
    return counts


def swap_part(con: duckdb.DuckDBPyConnection, compiled: Compiled) -> None:
    """Put the rows of the touched keys in the place of the old ones, and their findings too; call inside a transaction."""
    table = f"checked.{name(compiled.full_name)}"
    con.execute(f"delete from {table} where {touching(compiled)}")
    con.execute(f"insert into {table} by name select * from {sift.staged(compiled)}")
    con.execute(f"drop table {sift.staged(compiled)}")
    for findings in ("quarantine", "warning"):
        con.execute(
            f"delete from state.{findings} where module = ? and table_name = ?"
            f" and (source, position) in (select (s, p) from {touched_rows(compiled)} where was)",
            [compiled.module, compiled.table.name],
        )
        con.execute(f"insert into state.{findings} select * from temp.new_{findings} where module = ? and table_name = ?",
                    [compiled.module, compiled.table.name])


def touching(compiled: Compiled) -> str:
    """SQL: a row of the checked table has one of the touched keys."""
    keys = ", ".join(name(k) for k in compiled.table.key)
    pair = keys if len(compiled.table.key) == 1 else f"({keys})"
    return f"{pair} in (select {pair} from {touched(compiled)})"


def ready(compiled: Compiled) -> str:
    """SQL of the checked table as it will be once what lies ready is swapped in."""
    keys = ", ".join(name(k) for k in compiled.table.key)
    return f"(select * from checked.{name(compiled.full_name)} anti join {touched(compiled)} using ({keys}) union all by name select * from {sift.staged(compiled)})"


def _of_reference(
    con: duckdb.DuckDBPyConnection, compiled: Compiled, reference: Reference, old: int, keys: str, homes: sift.Homes
) -> list[str]:
    """Queries of the keys of rows flagged for a reference before, and of loaded rows that do not find it now."""
    flagged = (
        f"select (source, position) from state.{'quarantine' if reference.severity == 'reject' else 'warning'}"
        f" where module = {quote(compiled.module)} and table_name = {quote(compiled.table.name)}"
        f" and rule = 'reference' and column_name = {quote(reference.column)}"
    )
    found = [f"select {keys} from ({_cleaned(compiled, f'{raw.in_force(old)} and (_source, _position) in ({flagged})')})"]
    home = sift.referred(con, reference, homes)
    if home:
        found.append(f"select {keys} from {sift.broken(reference, f'checked.{name(compiled.full_name)}', home)}")
    return found


def _cleaned(compiled: Compiled, where: str) -> str:
    return compiled.cleaned.replace("{where}", where)


def _one(con: duckdb.DuckDBPyConnection, sql: str) -> tuple:
    return first(con, sql) or ()
