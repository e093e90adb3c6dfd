"""Raw rows as they were delivered: every batch is appended, no row is rewritten; two batch numbers say when a row was in force.

A row is in force from the batch that brought it (``_batch``) up to the batch that replaced it or no longer held it (``_until``, null
while it is in force).  Which batch a table stands at is in ``state.delivery`` and changes together with the checked rows: what a killed
run appended or ended bears a higher number, is not in force and is cleared by :func:`clear`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator
from dataclasses import dataclass

import duckdb
import pyarrow as pa

from etl.checks import Compiled
from etl.clean import first, name, quote
from etl.connectors import SourceError
from etl.connectors.base import schema

KEEP_BATCHES = 3
Batches = Iterator[pa.RecordBatch]


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a reading brought: ``fresh`` rows appended and ``gone`` rows ended under the number ``batch``; ``rows`` are in force then."""

    batch: int
    rows: int
    fresh: int
    gone: int

    @property
    def same(self) -> bool:
        """True where nothing differs from what was in force before."""
        return not self.fresh and not self.gone


def table(compiled: Compiled) -> str:
    """The raw table's qualified name."""
    return f"raw.{name(compiled.full_name)}"


def in_force(batch: int) -> str:
    """SQL: the row belongs to the delivery as it stands at a batch."""
    return f"(_batch <= {int(batch)} and coalesce(_until > {int(batch)}, true))"


def shape(con: duckdb.DuckDBPyConnection, compiled: Compiled, standing: int | None) -> None:
    """Create the raw table, or widen it by columns that the contract gained; raw rows are never rewritten."""
    columns = ", ".join(f"{name(c)} varchar" for c in compiled.raw_columns)
    con.execute(
        f"create table if not exists {table(compiled)}"
        f" ({columns}, _source varchar, _position bigint, _defect varchar, _batch bigint, _until bigint)"
    )
    there = {column[0] for column in con.execute(f"select * from {table(compiled)} limit 0").description}
    for column in compiled.raw_columns:
        if column not in there:
            con.execute(f"alter table {table(compiled)} add column {name(column)} varchar")
    if "_until" not in there:  # a work file of an earlier version, in which each batch was complete
        con.execute(f"alter table {table(compiled)} add column _until bigint")
        if standing is not None:
            con.execute(f"update {table(compiled)} set _until = {standing} where _batch < {standing}")


def clear(con: duckdb.DuckDBPyConnection, compiled: Compiled, standing: int | None) -> None:
    """Undo what was never put in force, and drop what was replaced more than a few batches ago."""
    limit = -1 if standing is None else int(standing)
    con.execute(f"delete from {table(compiled)} where _batch > {limit}")
    con.execute(f"update {table(compiled)} set _until = null where _until > {limit}")
    ends = con.execute(f"select distinct _until from {table(compiled)} where _until is not null order by 1 desc").fetchall()
    if len(ends) >= KEEP_BATCHES:
        con.execute(f"delete from {table(compiled)} where _until <= {int(ends[KEEP_BATCHES - 1][0])}")


def next_batch(con: duckdb.DuckDBPyConnection) -> int:
    """A number above all earlier ones, of any table."""
    return int(first(con, "select nextval('state.batch')")[0])  # type: ignore[index]


def of_files(files: Collection[str]) -> str:
    """SQL: the row comes from one of these files, or from a sheet of one."""
    listed = ", ".join(map(quote, files))
    return f"(_source in ({listed}) or split_part(_source, '/', 1) in ({listed}))" if listed else "false"


def append(con: duckdb.DuckDBPyConnection, compiled: Compiled, batches: Batches, without: Collection[str] = ()) -> Receipt:
    """The first delivery of a table, as it comes; ``without`` as in :func:`replace`."""
    batch = next_batch(con)
    _receive(con, compiled, batches, f"{_into(compiled)} select {_columns(compiled)}, _source, _position, _defect, {batch} from delivery")
    if without:
        con.execute(f"delete from {table(compiled)} where _batch = {batch} and {of_files(without)}")
    rows = first(con, f"select count(*) from {table(compiled)} where _batch = {batch}")[0]  # type: ignore[index]
    return Receipt(batch, rows, rows, 0)


def replace(
    con: duckdb.DuckDBPyConnection, compiled: Compiled, batches: Batches, standing: int, sources: list[str] | None = None,
    without: Collection[str] = (),
) -> Receipt:  # fmt: skip
    """A complete delivery against what is in force: rows that are not in it end, rows that are new are appended.

    ``sources`` limits both to the rows of these files.  ``without`` are files that turned out unreadable, known when all has been read: what
    came of them is left out, and what is in force of them stays.
    """
    _collect(con, compiled, batches)
    scope = in_force(standing)
    if sources is not None:
        scope += f" and {of_files(sources)}"
    if without:
        con.execute(f"delete from incoming where {of_files(without)}")
        scope += f" and not {of_files(without)}"
    return _differ(con, compiled, standing, scope)


def merge(con: duckdb.DuckDBPyConnection, compiled: Compiled, batches: Batches, standing: int) -> Receipt:
    """All rows that the source has for some keys against those in force for the same keys.

    Rows without a key are only ever added: which of them one replaces, nobody can tell before the next complete reading.
    """
    _collect(con, compiled, batches)
    keys = source_keys(compiled)
    pair = ", ".join(name(k) for k in keys)
    filled = " and ".join(f"coalesce({name(k)}, '') <> ''" for k in keys)
    con.execute(f"create or replace temp table named as select distinct {pair} from incoming where {filled}")
    if first(con, f"select 1 from incoming where not ({filled}) limit 1"):
        con.execute(
            f"delete from incoming where not ({filled}) and {_hash(compiled)} in"
            f" (select {_hash(compiled)} from {table(compiled)} where {in_force(standing)} and not ({filled}))"
        )
    # First the rows, by the key alone; only these are read whole.
    named = f"select rowid from {table(compiled)} where {in_force(standing)} and ({pair}) in (select {_as_row(keys)} from named)"
    return _differ(con, compiled, standing, f"rowid in ({named})")


def strike(con: duckdb.DuckDBPyConnection, compiled: Compiled, batches: Batches, receipt: Receipt) -> Receipt | None:
    """Compare keys and moments of change of all rows at the source with those in force; end what is no longer there.

    ``receipt`` is of the merge just made. None where the source has rows that are not in force: only a complete reading helps.
    """
    batch = receipt.batch
    columns = [*source_keys(compiled), *cursor_source(compiled)]
    con.register("delivery", pa.RecordBatchReader.from_batches(pa.schema([(f"c{i}", pa.string()) for i in range(len(columns))]), batches))
    try:
        told = ", ".join(f"coalesce(c{i}, '')" for i in range(len(columns)))
        con.execute(f"create or replace temp table keys_told as select hash({told}) as h from delivery")
    finally:
        con.unregister("delivery")
    here = "hash(" + ", ".join(f"coalesce({name(c)}, '')" for c in columns) + ")"
    ours = f"{table(compiled)} where {in_force(batch)}"
    # Nearly every night both are the same, which the sums say; only where they differ is it worth finding out which rows they are.
    if first(con, "select count(*), sum(h) from keys_told") == first(con, f"select count(*), sum({here}) from {ours}"):
        return receipt
    con.execute("create or replace temp table there as select h, count(*) as n from keys_told group by 1")
    con.execute(f"create or replace temp table here as select {here} as h, count(*) as n from {ours} group by 1")
    if first(con, "select 1 from there as t left join here as h using (h) where t.n > coalesce(h.n, 0) limit 1"):
        return None
    ended = (
        f"select row from (select rowid as row, {here} as h, row_number() over (partition by {here} order by _position) as k"
        f" from {ours} and {here} in (select h from here anti join there using (h, n)))"
        " as r left join there as t using (h) where k > coalesce(t.n, 0)"
    )
    gone = _end(con, compiled, batch, ended)
    return Receipt(batch, receipt.rows - gone, receipt.fresh, receipt.gone + gone)


def source_keys(compiled: Compiled) -> list[str]:
    """The source columns of the key."""
    return [compiled.table.column(k).source for k in compiled.table.key]


def cursor_source(compiled: Compiled) -> list[str]:
    """The source column of the cursor, if the table declares one."""
    return [compiled.table.column(compiled.table.cursor).source] if compiled.table.cursor else []


def _as_row(keys: list[str]) -> str:
    return name(keys[0]) if len(keys) == 1 else "(" + ", ".join(name(k) for k in keys) + ")"


def _columns(compiled: Compiled) -> str:
    return ", ".join(name(c) for c in compiled.raw_columns)


def _into(compiled: Compiled) -> str:
    return f"insert into {table(compiled)} ({_columns(compiled)}, _source, _position, _defect, _batch)"


def _hash(compiled: Compiled) -> str:
    """SQL: what makes a raw row the same as another. The line of a file belongs to it; a database's rows have no order.

    Two hashes of 64 bits: among millions of rows one alone would leave a chance that two different ones meet.
    """
    columns = _columns(compiled) + ("" if compiled.table.cursor else ", _source, _position, _defect")
    return f"(hash({columns}), hash('again', {columns}))"


def _receive(con: duckdb.DuckDBPyConnection, compiled: Compiled, batches: Batches, sql: str) -> None:
    """Run a statement that reads from ``delivery``; SourceError with the reader's own sentence."""
    failure: list[SourceError] = []

    def guarded() -> Batches:
        # An exception inside DuckDB's scan would come out as a driver's text; remember the sentence instead.
        try:
            yield from batches
        except SourceError as error:
            failure.append(error)
            raise

    try:
        con.register("delivery", pa.RecordBatchReader.from_batches(schema(compiled.table), guarded()))
        con.execute(sql)
    except Exception as error:
        if failure:
            raise failure[0] from error
        if isinstance(error, duckdb.InvalidInputException | pa.ArrowInvalid | UnicodeError):
            raise SourceError(f"{compiled.table.title}含有无法识别的字符，数据可能已损坏。") from error
        raise
    finally:
        con.unregister("delivery")


def _collect(con: duckdb.DuckDBPyConnection, compiled: Compiled, batches: Batches) -> None:
    _receive(con, compiled, batches, f"create or replace temp table incoming as select {_columns(compiled)}, _source, _position, _defect from delivery")


def _differ(con: duckdb.DuckDBPyConnection, compiled: Compiled, standing: int, scope: str) -> Receipt:
    """End the rows of ``scope`` that ``temp.incoming`` lacks, append those that it has beyond them (equal rows are counted)."""
    batch, same = next_batch(con), _hash(compiled)
    con.execute(f"create or replace temp table standing as select rowid as row, _position, {same} as h from {table(compiled)} where {scope}")
    con.execute(
        "create or replace temp table differing as select h, coalesce(o.n, 0) as old, coalesce(i.n, 0) as new"
        " from (select h, count(*) as n from standing group by 1) as o"
        f" full join (select {same} as h, count(*) as n from incoming group by 1) as i using (h)"
        " where o.n is distinct from i.n"
    )
    gone = _exchange(con, compiled, batch) if first(con, "select 1 from differing limit 1") else 0
    rows, added = first(  # type: ignore[misc]
        con, f"select count(*), count(*) filter (_batch = {batch}) from {table(compiled)} where {in_force(batch)}"
    )
    con.execute("drop table incoming")
    con.execute("drop table standing")
    return Receipt(batch, rows, added, gone)


def _exchange(con: duckdb.DuckDBPyConnection, compiled: Compiled, batch: int) -> int:
    """End and append what ``temp.differing`` tells; how many rows ended."""
    same = _hash(compiled)
    beyond = "select row from (select row, h, row_number() over (partition by h order by _position) as k from ({})) as r join differing as d using (h) where k > d.{}"
    gone = _end(con, compiled, batch, beyond.format("from standing where h in (select h from differing)", "new"))
    # In a table with a cursor a row's number means nothing to its owner, but with its source it must name one row in force.
    position = "_position"
    if compiled.table.cursor:
        last = first(con, f"select coalesce(max(_position), 0) from {table(compiled)}")[0]  # type: ignore[index]
        position = f"{last} + row_number() over (order by _position)"
    fresh = beyond.format(f"select rowid as row, _position, {same} as h from incoming where {same} in (select h from differing)", "old")
    con.execute(
        f"{_into(compiled)} select {_columns(compiled)}, _source, {position}, _defect, {batch} from incoming where rowid in ({fresh})"
    )
    return gone


def _end(con: duckdb.DuckDBPyConnection, compiled: Compiled, batch: int, rows: str) -> int:
    """Mark rows (a query of row ids) as ended by a batch; how many."""
    con.execute(f"create or replace temp table ended as {rows}")
    count = first(con, "select count(*) from ended")[0]  # type: ignore[index]
    if count:
        con.execute(f"update {table(compiled)} set _until = {batch} where rowid in (select row from ended)")
    return int(count)


def short(text: str) -> str:
    """A short hash for comparison."""
    return hashlib.sha256(text.encode()).hexdigest()[:24]
