"""Writes a snapshot file: from a copy of the one before, in which only the tables and months that differ are put in anew.

Each file says itself what it holds, month by month (``meta_content``), so the comparison costs no look into the old one's rows; the
finished file is read back and compared with the work file before anybody may see it.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from etl import faults
from etl.clean import first, insert, name, quote
from etl.hands import hands
from etl.passing import HASH, PASSES

Tables = Sequence[tuple[str, str, str]]
"""(table, where its rows are, order by)."""
Contents = dict[str, tuple[int, str]]
Known = Callable[[str, str, bool], Contents]
CONTENT = "meta_content"
# In place of a month: how many rows of a table have been exchanged since it was written as a whole.
WORN = "#"
# A file in which this share of the blocks is empty is written afresh.
SLACK = 0.5
# So many rows are looked at to see which column tells them.
SAMPLE = 200
# Replacing most of a table costs more than writing it anew.
MOST = 0.4


@dataclass(frozen=True, slots=True)
class Written:
    """What a file holds: table → contents; and what was written: table → months in which rows were exchanged (None: written as a whole).

    All else is as in the file that it was copied from.
    """

    contents: dict[str, Contents]
    tables: Mapping[str, Collection[str] | None]


@dataclass(frozen=True, slots=True)
class Hints:
    """Where the rows are that differ from the file before; they only save a look at the others.

    ``moved``: table → SQL of rows among which they are; ``passed``: table → a table of all that came and went since, as passing.py keeps them.
    """

    moved: Mapping[str, str] = field(default_factory=dict)
    passed: Mapping[str, str] = field(default_factory=dict)

    def of(self, table: str) -> tuple[str, str | None]:
        """Both for one table."""
        return self.moved.get(table, "true"), self.passed.get(table)


class Draft:
    """A snapshot file that is being written, attached as ``snapshot_file``; :meth:`finish` or :meth:`close` let go of it.

    Tables may be put in by one connection after the other to the same database.
    """

    def __init__(self, con: duckdb.DuckDBPyConnection, file: Path, before: Path | None):
        if before is not None:
            shutil.copyfile(before, file)
        con.execute(f"attach {quote(file)} as snapshot_file")
        try:
            if before is not None and _slack(con) > SLACK:
                con.execute("detach snapshot_file")
                file.unlink()
                con.execute(f"attach {quote(file)} as snapshot_file")
            self._columns = _columns(con, "'snapshot_file'")
            self._held = _held(con) if CONTENT in self._columns else {}
        except BaseException:
            self.close(con)
            raise
        self.found: dict[str, Contents] = {}
        self._written: dict[str, Collection[str] | None] = {}
        self._worn: dict[str, int] = {}

    def put(self, con: duckdb.DuckDBPyConnection, tables: Tables, known: Known | None = None, hints: Hints = Hints()) -> None:
        """Make these tables what the work file holds; ``known`` and ``hints`` as in :func:`write`."""
        if not self._columns:
            self.found |= _afresh(con, tables, known)
            self._written |= dict.fromkeys(table for table, _, _ in tables)
            return
        ours = _columns(con, "current_database()", "schema_name || '.' || table_name")
        for table, source, order in tables:
            faults.point("snapshot", table)
            shape = ours[source.replace('"', "")]
            monthly = "month" in [column for column, _ in shape]
            now = self.found[table] = known(table, source, monthly) if known else content(con, source, monthly)
            was = self._held.get(table) if self._columns.get(table) == shape else None
            worn = was.pop(WORN, (0, ""))[0] if was else 0
            if was != now:
                # A table in which many rows have been exchanged is in nobody's order any more, and full of holes.
                fit = worn <= MOST * sum(n for n, _ in now.values())
                exchanged = _put(con, table, source, order, was if fit else None, now, hints.of(table))
                self._written[table] = None if exchanged is None or was is None else _apart(was, now)
                worn = 0 if exchanged is None else worn + exchanged
            self._worn[table] = worn

    def finish(self, con: duckdb.DuckDBPyConnection) -> Written:
        """Drop what has not been put in, write down what the file holds, and close it."""
        for stranger in set(self._columns) - self.found.keys() - {CONTENT}:
            con.execute(f"drop table snapshot_file.main.{name(stranger)}")
        con.execute(f"create table snapshot_file.main.{CONTENT} (table_name varchar, month varchar, rows bigint, hash varchar)")
        contents = [(table, month, rows, total) for table, now in self.found.items() for month, (rows, total) in now.items()]
        contents += [(table, WORN, rows, "") for table, rows in self._worn.items() if rows]
        insert(con, f"snapshot_file.main.{CONTENT}", contents)
        faults.point("checkpoint")
        con.execute("checkpoint snapshot_file")
        self.close(con)
        return Written(self.found, self._written)

    @staticmethod
    def close(con: duckdb.DuckDBPyConnection) -> None:
        """Let go of the file, finished or not."""
        con.execute("detach database if exists snapshot_file")


def write(
    con: duckdb.DuckDBPyConnection, file: Path, tables: Tables, before: Path | None, known: Known | None = None,
    hints: Hints = Hints(), draft: Draft | None = None,
) -> Written:  # fmt: skip
    """Write ``file`` with these tables, from a copy of ``before`` where there is one. The file is closed on return.

    ``known`` (table, source, monthly) says what a table of the work file holds; by default it is counted. ``hints``: where rows
    differ from ``before``; a file that they misled is found out by :func:`differing`. ``draft``: the file as it has been begun, with some of the tables.
    """
    draft = draft or Draft(con, file, before)
    try:
        draft.put(con, [t for t in tables if t[0] not in draft.found], known, hints)
        return draft.finish(con)
    finally:
        draft.close(con)


def _afresh(con: duckdb.DuckDBPyConnection, tables: Tables, known: Known | None) -> dict[str, Contents]:
    """Write all tables into an empty file, two at a time; what they hold."""

    def one(own: duckdb.DuckDBPyConnection, table: str, source: str, order: str) -> Contents | None:
        faults.point("snapshot", table)
        now = None if known else content(own, source, _monthly(own, source))
        own.execute(f"create table snapshot_file.main.{name(table)} as select * from {source}{order}")
        return now

    with hands(con) as hand:
        begun = {table: hand(one, table, source, order) for table, source, order in tables}
        counted = {table: future.result() for table, future in begun.items()}
    return {
        table: known(table, source, _monthly(con, source)) if known else counted[table] or {} for table, source, _ in tables
    }


def differing(
    con: duckdb.DuckDBPyConnection, file: Path, contents: dict[str, Contents], written: Mapping[str, Collection[str] | None] | None = None
) -> str | None:
    """The first table that does not hold in the file what it held in the work file; None where all agree.

    ``written`` (see :class:`Written`) limits the look to these tables; of one in which rows were exchanged the months concerned are read, and
    of the others the number of rows.
    """
    con.execute(f"attach {quote(file)} as written (read_only)")
    try:
        monthly = {table for table, shape in _columns(con, "'written'").items() if "month" in [column for column, _ in shape]}

        def agrees(own: duckdb.DuckDBPyConnection, table: str, wanted: Contents) -> bool:
            months = None if written is None else written.get(table, ())
            home = f"written.main.{name(table)}"
            if months is None or "" in months:
                return content(own, home, table in monthly) == wanted
            if not months:
                return True
            counts = dict(own.execute(f"select coalesce(cast(month as varchar), ''), count(*) from {home} group by 1").fetchall())
            there = content(own, f"(select * from {home} where {_of(months)})", True)
            return counts == {m: n for m, (n, _) in wanted.items()} and there == {m: held for m, held in wanted.items() if m in months}

        with hands(con) as hand:
            told = {table: hand(agrees, table, wanted) for table, wanted in contents.items()}
            return next((table for table, future in told.items() if not future.result()), None)
    finally:
        con.execute("detach written")


def _apart(was: Contents, now: Contents) -> set[str]:
    return {m for m in {*was, *now} if was.get(m) != now.get(m)}


def _of(months: Collection[str]) -> str:
    """SQL: a row is of these months; '' stands for the whole table."""
    return "true" if "" in months else "month in (" + ", ".join(quote(m) for m in sorted(months)) + ")"


def _monthly(con: duckdb.DuckDBPyConnection, source: str) -> bool:
    return "month" in [d[0] for d in con.execute(f"select * from {source} limit 0").description or []]


def content(con: duckdb.DuckDBPyConnection, source: str, monthly: bool) -> Contents:
    """Month ('' for a table without months) → rows and a sum of hashes that does not depend on their order."""
    month = "coalesce(cast(month as varchar), '')" if monthly else "''"
    rows = con.execute(f"select {month} as m, count(*), cast(sum(hash(t)) as varchar) from {source} as t group by 1").fetchall()
    return {m: (n, h) for m, n, h in rows}


def _put(
    con: duckdb.DuckDBPyConnection, table: str, source: str, order: str, was: Contents | None, now: Contents, hints: tuple[str, str | None]
) -> int | None:
    """Make a table of the file what the work file holds; how many rows were exchanged in it (None: it was written anew)."""
    target = f"snapshot_file.main.{name(table)}"
    if was is not None:
        moved, passed = hints
        exchanged = _pass(con, target, passed, was, now, order) if passed else None
        if exchanged is None:
            exchanged = _exchange(con, source, target, _of(_apart(was, now)), moved, order, int(MOST * sum(n for n, _ in now.values())))
        if exchanged is not None:
            return exchanged
    con.execute(f"drop table if exists {target}")
    con.execute(f"create table {target} as select * from {source}{order}")
    return None


def _pass(con: duckdb.DuckDBPyConnection, target: str, passed: str, was: Contents, now: Contents, order: str) -> int | None:
    """Let go and come in the target what did in the work file; how many rows. None, and nothing done, where that would not lead to what is there now."""
    chosen, month = _of(_apart(was, now)), "''" if {*was, *now} == {""} else "coalesce(cast(month as varchar), '')"
    con.execute(
        f"create or replace temp table passage as select {month} as m, {HASH} as h, sum({PASSES})::bigint as d from {passed} where {chosen}"
        f" group by all having sum({PASSES}) <> 0"
    )
    leads = con.execute("select m, sum(d), sum(h::hugeint * d) from passage group by m having sum(h::hugeint * d) <> 0").fetchall()
    if {m: (int(n), int(total)) for m, n, total in leads} != _between(was, now):
        return None
    coming, going = first(con, "select coalesce(sum(d) filter (d > 0), 0), coalesce(-sum(d) filter (d < 0), 0) from passage")  # type: ignore[misc]
    where, gone = chosen if going else "false", f"{passed} where {PASSES} < 0 and {chosen}"
    if telling := _telling(con, gone):  # first the rows, by the column that tells them best; only these are read whole
        con.execute(f"create or replace temp table among as select rowid as row from {target} where {chosen} and {telling} in (select {telling} from {gone})")
        where = "rowid in (select row from among)"
    con.execute(f"create or replace temp table theirs as select rowid as row, hash(t) as h from {target} as t where {where}")
    con.execute("create or replace temp table leaving as select row from (select *, row_number() over (partition by h) as k from theirs) join passage using (h) where k <= -d")
    if first(con, "select count(*) from leaving") != (going,):
        return None
    con.execute(f"delete from {target} where rowid in (select row from leaving)")
    con.execute(
        f"insert into {target} select * exclude ({HASH}, {PASSES}, place) from"
        f" (select *, row_number() over (partition by {HASH}) as place from {passed} where {PASSES} > 0 and {chosen}) as p"
        f" semi join passage as n on n.h = p.{HASH} and p.place <= n.d{order}"
    )
    return int(coming + going)


def _telling(con: duckdb.DuckDBPyConnection, rows: str) -> str | None:
    """The column of text, beside the month, that tells these rows best by a sample of them; None where there is none."""
    some = con.execute(f"select * exclude ({HASH}, {PASSES}) from {rows} limit {SAMPLE}")
    columns, values = [d[0] for d in some.description or []], list(zip(*some.fetchall(), strict=True))
    told = {column: len(set(found)) for column, found in zip(columns, values, strict=False) if column != "month" and isinstance(found[0], str) and None not in found}
    return name(max(told, key=lambda column: told[column])) if told else None


def _between(was: Contents, now: Contents) -> dict[str, tuple[int, int]]:
    """Month → by how much the rows and the sums of hashes differ, where they do."""
    none = (0, "0")
    return {m: (now.get(m, none)[0] - was.get(m, none)[0], int(now.get(m, none)[1]) - int(was.get(m, none)[1])) for m in _apart(was, now)}


def _exchange(con: duckdb.DuckDBPyConnection, source: str, target: str, chosen: str, moved: str, order: str, most: int) -> int | None:
    """Take rows that are no more out of the target and put new ones in; how many. None, and nothing done, where that is no gain."""
    for rows, home in (("ours", source), ("theirs", target)):
        where = chosen
        if moved != "true":  # first the rows, by the few columns that tell them; only these are read whole
            con.execute(f"create or replace temp table among as select rowid as row from {home} where {chosen} and ({moved})")
            where = "rowid in (select row from among)"
        con.execute(f"create or replace temp table {rows} as select rowid as row, hash(t) as h from {home} as t where {where}")
    con.execute(
        "create or replace temp table differing as select h, sum(d) as d from"
        " (select h, 1 as d from ours union all select h, -1 as d from theirs) group by h having sum(d) <> 0"
    )
    con.execute("create or replace temp table entering as select row from ours where h in (select h from differing where d > 0)")
    con.execute("create or replace temp table leaving as select row from theirs where h in (select h from differing where d < 0)")
    coming, going, entering, leaving = first(  # type: ignore[misc]
        con, "select coalesce(sum(d) filter (d > 0), 0), coalesce(-sum(d) filter (d < 0), 0), (select count(*) from entering), (select count(*) from leaving) from differing"
    )
    # Of several equal rows some stay and some go: which, their hash does not say.
    if coming + going > most or (coming, going) != (entering, leaving):
        return None
    con.execute(f"delete from {target} where rowid in (select row from leaving)")
    con.execute(f"insert into {target} select * from {source} where rowid in (select row from entering){order}")
    return int(coming + going)


def _slack(con: duckdb.DuckDBPyConnection) -> float:
    """The share of the attached file's blocks that hold nothing."""
    total, free = con.execute("select total_blocks, free_blocks from pragma_database_size() where database_name = 'snapshot_file'").fetchall()[0]
    return free / total if total else 0.0


def _columns(con: duckdb.DuckDBPyConnection, database: str, called: str = "table_name") -> dict[str, list[tuple[str, str]]]:
    """Table → (column, type) in order, of a database (SQL); ``called``: the SQL of what a table goes by."""
    found: dict[str, list[tuple[str, str]]] = {}
    for table, column, kind in con.execute(
        f"select {called}, column_name, data_type from duckdb_columns() where database_name = {database} order by column_index"
    ).fetchall():
        found.setdefault(table, []).append((column, kind))
    return found


def _held(con: duckdb.DuckDBPyConnection) -> dict[str, Contents]:
    found: dict[str, Contents] = {}
    for table, month, rows, total in con.execute(f"select table_name, month, rows, hash from snapshot_file.main.{CONTENT}").fetchall():
        found.setdefault(table, {})[month] = (rows, total)
    con.execute(f"drop table snapshot_file.main.{CONTENT}")
    return found
