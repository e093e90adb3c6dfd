"""From a module's delivery to its checked tables: raw is appended, checks run, a module's tables change together or not at all.

Deliveries are recognised by fingerprint: an unchanged one is not read again, unchanged rows under an unchanged contract are not
checked again.  A module that fails leaves everything of its last good delivery in force.
"""

from __future__ import annotations

import hashlib
import importlib
import pkgutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from etl import checks, clock, faults, guards, sift
from etl.checks import Compiled, Counts
from etl.clean import first, name
from etl.connectors import Reader, SourceError
from etl.connectors.base import schema
from etl.contract import AreaCode, Contract
from etl.guards import Guard

KEEP_BATCHES = 3
_STATE = """
create table if not exists state.delivery (module varchar, table_name varchar, batch bigint, fingerprint varchar, content varchar,
  check_hash varchar, data_date date, loaded_at timestamp, skipped bigint, read bigint, loaded bigint, quarantined bigint,
  superseded bigint, warned bigint, money_read decimal(18, 2), money_loaded decimal(18, 2), money_quarantined decimal(18, 2),
  money_superseded decimal(18, 2));
create table if not exists state.module (module varchar primary key, status varchar, message varchar, checked_at timestamp);
create sequence if not exists state.batch;
"""


@dataclass(frozen=True, slots=True)
class Loaded:
    """What one run did with one table. ``changed`` is false where the delivery was known already."""

    module: str
    table: str
    title: str
    changed: bool
    batch: int
    skipped: int
    counts: Counts

    def to_dict(self) -> dict[str, object]:
        """Plain values; sums of money as text."""
        flat = {k: str(v) if k.startswith("money") and v is not None else v for k, v in asdict(self.counts).items()}
        return {"module": self.module, "table": self.table, "title": self.title, "changed": self.changed, "batch": self.batch,
                "skipped": self.skipped, **flat}


def contracts(package: str = "etl.sources") -> list[Contract]:
    """The contracts of all modules, found by walking the package, each after those that its references need."""
    found: dict[str, Contract] = {}
    root = importlib.import_module(package)
    for info in pkgutil.iter_modules(root.__path__):
        if info.ispkg:
            contract = importlib.import_module(f"{package}.{info.name}.contract").contract
            found[contract.module] = contract
    return ordered(found.values())


def ordered(contracts: Iterable[Contract]) -> list[Contract]:
    """Contracts in an order that respects ``after``; alphabetical where free. A circle is broken at its alphabetical first."""
    left = {c.module: c for c in sorted(contracts, key=lambda c: c.module)}
    done: list[Contract] = []
    while left:
        ready = [c for c in left.values() if not any(a in left for a in c.after)] or [next(iter(left.values()))]
        for contract in ready:
            done.append(left.pop(contract.module))
    return done


def prepare(con: duckdb.DuckDBPyConnection, contracts: Iterable[Contract]) -> None:
    """Create the work file's schemas and empty checked tables, and clear what a killed run left half done."""
    checks.outcome_tables(con)
    con.execute(_STATE)
    guards.prepare(con)
    leftovers = con.execute(
        "select table_name from information_schema.tables where table_schema = 'checked' and ends_with(table_name, ?)", [sift.NEW]
    ).fetchall()
    for (table,) in leftovers:
        con.execute(f"drop table checked.{name(table)}")
    for contract in contracts:
        for compiled in checks.compile_contract(contract):
            _empty_checked(con, compiled)


def _empty_checked(con: duckdb.DuckDBPyConnection, compiled: Compiled) -> None:
    """The empty table of a module that has not delivered; an empty one of an older contract is replaced."""
    if last_delivery(con, compiled.module, compiled.table.name):
        return
    con.execute(f"drop table if exists checked.{name(compiled.full_name)}")
    con.execute(compiled.empty)


def load_module(
    con: duckdb.DuckDBPyConnection,
    contract: Contract,
    reader: Reader,
    areas_hash: str = "",
    note: Callable[[str], None] = lambda _: None,
    guard: Guard | None = None,
) -> list[Loaded]:
    """Read, check and put in force one module; SourceError or Held (nothing changed) when a delivery cannot be accepted."""
    sift.start(con)
    plans: list[tuple[Compiled, Loaded, dict[str, Any]]] = []
    for compiled in checks.compile_contract(contract):
        note(f"{contract.title}：{compiled.table.title}")
        known = areas_hash if any(isinstance(c, AreaCode) for c in compiled.table.columns) else ""
        siblings = {f"{contract.module}_{p.table}": (row["batch"], row["check_hash"]) for _, p, row in plans}
        plans.append(_load_table(con, contract, compiled, reader, known + _referred(con, compiled, siblings)))
    if guard is not None:
        guard(con, contract, [(compiled, row) for compiled, loaded, row in plans if loaded.changed])
    if any(plan.changed for _, plan, _ in plans):
        con.execute("begin")
        try:
            for compiled, loaded, row in plans:
                if loaded.changed:
                    faults.point("swap", compiled.full_name)
                    sift.swap(con, compiled)
                    _record(con, row)
            faults.point("commit", contract.module)
            con.execute("commit")
        except BaseException:
            with suppress(duckdb.Error):  # a commit that failed on a full disk has ended the transaction already
                con.execute("rollback")
            raise
        faults.point("committed", contract.module)
        for compiled, loaded, _ in plans:
            if loaded.changed:
                _prune(con, compiled)
        faults.point("pruned", contract.module)
    return [loaded for _, loaded, _ in plans]


def _load_table(
    con: duckdb.DuckDBPyConnection, contract: Contract, compiled: Compiled, reader: Reader, others: str
) -> tuple[Compiled, Loaded, dict[str, Any]]:
    table = compiled.table
    before = last_delivery(con, contract.module, table.name)
    shape = "|".join(compiled.raw_columns)
    fingerprint = reader.fingerprint(table)
    marked = f"{fingerprint}#{_short(shape)}" if fingerprint else None
    check_hash = _short(compiled.stage + repr(table) + others)
    skipped_before = sum(reader.skipped.values())
    content = None
    if before and marked and before["fingerprint"] == marked:
        batch, content, skipped = before["batch"], before["content"], before["skipped"]
    else:
        batch, content = _append(con, compiled, reader)
        skipped = sum(reader.skipped.values()) - skipped_before
        if before and not marked and content == before["content"]:
            con.execute(f"delete from raw.{name(compiled.full_name)} where _batch = ?", [batch])
            batch = before["batch"]
    if before and batch == before["batch"] and before["check_hash"] == check_hash:
        return compiled, Loaded(contract.module, table.name, table.title, False, batch, skipped, _counts(before)), before
    faults.point("raw", compiled.full_name)
    counts = sift.sift(con, compiled, batch)
    faults.point("sifted", compiled.full_name)
    row: dict[str, Any] = {
        "module": contract.module, "table_name": table.name, "batch": batch, "fingerprint": marked, "content": content,
        "check_hash": check_hash, "data_date": reader.delivered_on() or clock.today(), "loaded_at": clock.now(),
        "skipped": skipped, **asdict(counts),
    }
    return compiled, Loaded(contract.module, table.name, table.title, True, batch, skipped, counts), row


def _append(con: duckdb.DuckDBPyConnection, compiled: Compiled, reader: Reader) -> tuple[int, str]:
    """Append one delivery to raw; its batch number and a hash over its content."""
    raw, table = f"raw.{name(compiled.full_name)}", compiled.table
    _shape_raw(con, compiled)
    batch = first(con, "select nextval('state.batch')")[0]  # type: ignore[index]
    columns = ", ".join(name(c) for c in compiled.raw_columns)
    failure: list[SourceError] = []

    def guarded() -> Iterator[pa.RecordBatch]:
        # An exception inside DuckDB's scan would come out as a driver's text; remember the sentence instead.
        try:
            yield from reader.read(table)
        except SourceError as error:
            failure.append(error)
            raise

    delivery = pa.RecordBatchReader.from_batches(schema(table), guarded())
    try:
        con.register("delivery", delivery)
        con.execute(
            f"insert into {raw} ({columns}, _source, _position, _defect, _batch)"
            f" select {columns}, _source, _position, _defect, {batch} from delivery"
        )
    except Exception as error:
        if failure:
            raise failure[0] from error
        if isinstance(error, duckdb.InvalidInputException | pa.ArrowInvalid | UnicodeError):
            raise SourceError(f"{table.title}含有无法识别的字符，数据可能已损坏。") from error
        raise
    finally:
        con.unregister("delivery")
    rows, content = first(
        con,
        f"select count(*), cast(bit_xor(hash({columns}, _position)) as varchar) from {raw} where _batch = {batch}"
        if reader.fingerprint(table) is None
        else f"select count(*), null from {raw} where _batch = {batch}",
    )  # type: ignore[misc]
    if not rows:
        raise SourceError(f"{table.title}（{table.source}）没有任何数据行。请确认报送是否完整。")
    return batch, f"{rows}:{content}"


def _shape_raw(con: duckdb.DuckDBPyConnection, compiled: Compiled) -> None:
    """Create the raw table, or widen it by columns that the contract gained; raw rows are never rewritten."""
    raw = f"raw.{name(compiled.full_name)}"
    columns = ", ".join(f"{name(c)} varchar" for c in compiled.raw_columns)
    con.execute(
        f"create table if not exists {raw} ({columns}, _source varchar, _position bigint, _defect varchar, _batch bigint)"
    )
    for column in compiled.raw_columns:
        con.execute(f"alter table {raw} add column if not exists {name(column)} varchar")


def _record(con: duckdb.DuckDBPyConnection, row: dict[str, Any]) -> None:
    con.execute("delete from state.delivery where module = ? and table_name = ?", [row["module"], row["table_name"]])
    con.execute(
        f"insert into state.delivery ({', '.join(row)}) values ({', '.join('?' * len(row))})", list(row.values())
    )


def _prune(con: duckdb.DuckDBPyConnection, compiled: Compiled) -> None:
    """Keep the last few deliveries of a table as they came, and none that was never put in force."""
    raw = f"raw.{name(compiled.full_name)}"
    where = "where module = ? and table_name = ?"
    current = first(con, f"select batch from state.delivery {where}", [compiled.module, compiled.table.name])
    batches = [b for (b,) in con.execute(f"select distinct _batch from {raw} order by 1 desc").fetchall()]
    drop = [b for b in batches if current and b > current[0]] + [b for b in batches if current and b <= current[0]][KEEP_BATCHES:]
    for batch in drop:
        con.execute(f"delete from {raw} where _batch = ?", [batch])


def last_delivery(con: duckdb.DuckDBPyConnection, module: str, table: str) -> dict[str, Any] | None:
    """The recorded delivery in force of a table."""
    cursor = con.execute("select * from state.delivery where module = ? and table_name = ?", [module, table])
    names = [d[0] for d in cursor.description]
    found = cursor.fetchall()
    return dict(zip(names, found[0], strict=True)) if found else None


def _counts(row: dict[str, Any]) -> Counts:
    return Counts(**{f: row[f] for f in Counts.__dataclass_fields__})


def _referred(con: duckdb.DuckDBPyConnection, compiled: Compiled, siblings: Mapping[str, tuple[object, object]]) -> str:
    """The batches of the tables that this one refers to: when they change, references must be looked at again."""
    tables = sorted({r.table for r in compiled.table.references})
    rows = con.execute(
        "select module || '_' || table_name as t, batch, check_hash from state.delivery where list_contains(?, t) order by t",
        [tables],
    ).fetchall()
    in_force = {t: (batch, check_hash) for t, batch, check_hash in rows}
    return repr(sorted((in_force | {t: s for t, s in siblings.items() if t in tables}).items()))


def _short(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def areas_fingerprint(path: Path) -> str:
    """The hash of a region's areas, on which every area code's meaning depends."""
    return _short(path.read_text(encoding="utf-8")) if path.is_file() else ""


def mark(con: duckdb.DuckDBPyConnection, module: str, status: str, message: str) -> None:
    """Record how a module stands after a run."""
    con.execute("insert or replace into state.module values (?, ?, ?, ?)", [module, status, message, clock.now()])


def data_date(con: duckdb.DuckDBPyConnection, module: str) -> date | None:
    """The day of a module's delivery in force; None when it never delivered."""
    row = first(con, "select max(data_date) from state.delivery where module = ?", [module])
    return row[0] if row else None
