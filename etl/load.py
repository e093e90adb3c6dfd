"""From a module's delivery to its checked tables: raw is appended, checks run, a module's tables change together or not at all.

Deliveries are recognised by fingerprint: an unchanged one is not read again.  Of a changed one only what is new is appended to raw (see
reading.py), and only what shares a key with it is checked again.  A module that fails leaves everything of its last good delivery in force.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from etl import changes, checks, clock, faults, freshness, guards, raw, reading, repair, sift, sift_part
from etl.checks import Compiled, Counts
from etl.clean import at_once, first, name
from etl.connectors import Reader, SourceError
from etl.contract import AreaCode, Contract, Reference
from etl.guards import Guard
from etl.raw import Receipt, short
from etl.reading import Depth

_STATE = """
create table if not exists state.delivery (module varchar, table_name varchar, batch bigint, fingerprint varchar, content varchar,
  check_hash varchar, data_date date, loaded_at timestamp, skipped bigint, read bigint, loaded bigint, quarantined bigint,
  superseded bigint, warned bigint, money_read decimal(18, 2), money_loaded decimal(18, 2), money_quarantined decimal(18, 2),
  money_superseded decimal(18, 2));
create table if not exists state.module (module varchar primary key, status varchar, message varchar, checked_at timestamp);
create sequence if not exists state.batch;
alter table state.delivery add column if not exists refs varchar;
alter table state.delivery add column if not exists parts varchar;
alter table state.delivery add column if not exists complete_at timestamp;
alter table state.delivery add column if not exists glance varchar;
"""


@dataclass(frozen=True, slots=True)
class Loaded:
    """What one run did with one table. ``changed`` is false where the delivery was known already.

    ``counts`` are of everything in force; ``fresh`` raw rows came with this run and ``gone`` ones ended.
    """

    module: str
    table: str
    title: str
    changed: bool
    batch: int
    skipped: int
    counts: Counts
    fresh: int = 0
    gone: int = 0

    def to_dict(self) -> dict[str, object]:
        """Plain values; sums of money as text."""
        flat = {k: str(v) if k.startswith("money") and v is not None else v for k, v in asdict(self.counts).items()}
        return {"module": self.module, "table": self.table, "title": self.title, "changed": self.changed, "batch": self.batch,
                "skipped": self.skipped, "fresh": self.fresh, "gone": self.gone, **flat}


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


@dataclass(slots=True)
class Plan:
    """What is about to be put in force for one table; ``row`` is its new state (None: nothing to record)."""

    compiled: Compiled
    loaded: Loaded
    row: dict[str, Any] | None
    part: bool = False
    revised: list[tuple[Any, ...]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Terms:
    """What a loading needs to know beside the delivery: the region's areas, each checked table's month (SQL), how deep to look."""

    areas: str = ""
    months: Mapping[str, str] = field(default_factory=dict)
    depth: Depth = "keys"
    run_id: str = ""
    keys: dict[tuple[str, str], tuple[Any, ...] | None] = field(default_factory=dict)
    """What references find in tables that stand: asked of each once a run (see :func:`_referred`)."""

    def forget(self, table: str) -> None:
        """The table has changed."""
        for asked in [a for a in self.keys if a[0] == table]:
            del self.keys[asked]


@contextmanager
def _foreseen(contract: Contract, compiled: Compiled) -> Iterator[None]:
    """A value that the checks do not foresee keeps its own module out, not the whole night's run; SourceError without the value."""
    try:
        yield
    except duckdb.DataError as error:
        if repair.is_damage(error):
            raise
        raise SourceError(
            f"{compiled.table.title}中有程序不能换算的值（{type(error).__name__}），未装载。请把本条信息告知技术支持人员。"
        ) from error


def prepare(con: duckdb.DuckDBPyConnection, contracts: Iterable[Contract]) -> None:
    """Create the work file's schemas and empty checked tables, and clear what a killed run left half done."""
    checks.outcome_tables(con)
    con.execute(_STATE)
    guards.prepare(con)
    changes.prepare(con)
    freshness.prepare(con)
    leftovers = con.execute("select table_name from duckdb_tables() where schema_name = 'checked' and ends_with(table_name, ?)", [sift.NEW]).fetchall()
    for (table,) in leftovers:
        con.execute(f"drop table checked.{name(table)}")
    delivered = set(con.execute("select module, table_name from state.delivery").fetchall())
    with at_once(con):
        for contract in contracts:
            for compiled in checks.compile_contract(contract):
                if (compiled.module, compiled.table.name) not in delivered:  # an empty table of an older contract is replaced
                    con.execute(f"drop table if exists checked.{name(compiled.full_name)}")
                    con.execute(compiled.empty)


def load_module(
    con: duckdb.DuckDBPyConnection,
    contract: Contract,
    reader: Reader,
    areas_hash: str = "",
    note: Callable[[str], None] = lambda _: None,
    guard: Guard | None = None,
    terms: Terms | None = None,
) -> list[Loaded]:
    """Read, check and put in force one module; SourceError or Held (nothing changed) when a delivery cannot be accepted."""
    terms = terms or Terms(areas_hash)
    plans: list[Plan] = []
    tables, standing = checks.compile_contract(contract), last_deliveries(con, contract.module)
    homes: dict[str, str] = {}
    for compiled in tables:
        note(f"{contract.title}：{compiled.table.title}")
        with _foreseen(contract, compiled):
            plan = _load_table(con, contract, compiled, reader, standing.get(compiled.table.name), terms, homes)
        if plan.loaded.changed:
            homes[compiled.full_name] = sift_part.ready(compiled) if plan.part else sift.staged(compiled)
        plans.append(plan)
    if guard is not None:
        guard(con, contract, [(plan.compiled, plan.row) for plan in plans if plan.row], {plan.compiled.full_name for plan in plans if plan.part})
    if any(plan.row for plan in plans):
        con.execute("begin")
        try:
            for plan in plans:
                if plan.loaded.changed:
                    faults.point("swap", plan.compiled.full_name)
                    with _brought_along(con, plan):
                        (sift_part.swap_part if plan.part else sift.swap)(con, plan.compiled)
                    changes.record(con, terms.run_id, plan.compiled, plan.revised)
                elif plan.row:
                    _record(con, plan.row)
            faults.point("commit", contract.module)
            con.execute("commit")
        except BaseException:
            with suppress(duckdb.Error):  # a commit that failed on a full disk has ended the transaction already
                con.execute("rollback")
            raise
        faults.point("committed", contract.module)
        for plan in plans:
            if plan.loaded.changed:
                terms.forget(plan.compiled.full_name)
                raw.clear(con, plan.compiled, plan.loaded.batch)
        faults.point("pruned", contract.module)
    return [plan.loaded for plan in plans]


def _load_table(
    con: duckdb.DuckDBPyConnection, contract: Contract, compiled: Compiled, reader: Reader, before: dict[str, Any] | None, terms: Terms,
    homes: sift.Homes,
) -> Plan:  # fmt: skip
    table = compiled.table
    taken = reading.take(con, compiled, reader, before, terms.depth)
    areas = terms.areas if any(isinstance(c, AreaCode) for c in table.columns) else ""
    check_hash, refs = short(compiled.stage + repr(table) + areas), _referred(con, compiled, terms, homes)
    kept = before is not None and before["check_hash"] == check_hash and _stands(con, compiled, before)
    if before and kept and before["refs"] == refs and taken.receipt.same:
        loaded = Loaded(contract.module, table.name, table.title, False, before["batch"], taken.skipped, _counts(before))
        known = taken.state.items() <= before.items()
        row = None if known else before | taken.state | {"data_date": reader.delivered_on() or before["data_date"]}
        return Plan(compiled, loaded, row)
    faults.point("raw", compiled.full_name)
    standing = before if taken.receipt.same else None  # the delivery is the one before: only what it is held against has changed
    batch = standing["batch"] if standing else taken.receipt.batch
    if not homes:  # the first table of the module that has to be checked
        sift.start(con)
    itself = compiled.full_name in {r.table for r in table.references}
    counts, part = _sift(con, compiled, before if kept and not itself else None, taken.receipt, batch, refs, homes)
    revised = changes.revised(con, compiled, terms.months.get(compiled.full_name), part) if before else []
    faults.point("sifted", compiled.full_name)
    row = {
        "module": contract.module, "table_name": table.name, "batch": batch, "content": None, "check_hash": check_hash, "refs": refs,
        "data_date": reader.delivered_on() or (standing["data_date"] if standing else clock.today()),
        "loaded_at": standing["loaded_at"] if standing else clock.now(), **taken.state, **asdict(counts),
    }  # fmt: skip
    receipt = taken.receipt
    loaded = Loaded(contract.module, table.name, table.title, True, batch, taken.skipped, counts, receipt.fresh, receipt.gone)
    return Plan(compiled, loaded, row, part, revised)


def _sift(
    con: duckdb.DuckDBPyConnection, compiled: Compiled, before: dict[str, Any] | None, receipt: Receipt, batch: int, refs: str,
    homes: sift.Homes,
) -> tuple[Counts, bool]:
    """Check what the change touches, or everything; the counts of the whole table, and whether only a part lies ready."""
    if before and sift_part.possible(compiled) and receipt.fresh + receipt.gone <= sift_part.MOST * receipt.rows:
        rows = sift_part.touch(con, compiled, before["batch"], batch, references=before["refs"] != refs, homes=homes, most=sift_part.MOST * receipt.rows)
        if rows <= sift_part.MOST * receipt.rows:
            return sift_part.sift_part(con, compiled, batch, _counts(before), receipt.rows, homes), True
    return sift.sift(con, compiled, batch, raw.in_force(batch), homes), False


@contextmanager
def _brought_along(con: duckdb.DuckDBPyConnection, plan: Plan) -> Iterator[None]:
    """Record the new state of a table that changes within the block; where only some keys do, what its contents are remembered as goes along."""
    table, row = plan.compiled.full_name, plan.row or {}
    was = _token(con, plan) if plan.part else ""
    if plan.part:
        with freshness.carried(con, table, f"checked.{name(table)}", was, sift_part.touching(plan.compiled)):
            yield
    else:
        yield
    _record(con, row)
    if plan.part:
        freshness.settle(con, table, was, _token(con, plan))


def _token(con: duckdb.DuckDBPyConnection, plan: Plan) -> str:
    key = [plan.compiled.module, plan.compiled.table.name]
    return str((first(con, f"select {freshness.DELIVERED} from state.delivery where module = ? and table_name = ?", key) or ("",))[0])


def _stands(con: duckdb.DuckDBPyConnection, compiled: Compiled, row: Mapping[str, Any]) -> bool:
    """Whether the checked table holds as many rows as were recorded; where it does not, it is made again from what was delivered."""
    return first(con, f"select count(*) from checked.{name(compiled.full_name)}") == (row["loaded"],)


def _record(con: duckdb.DuckDBPyConnection, row: dict[str, Any]) -> None:
    con.execute("delete from state.delivery where module = ? and table_name = ?", [row["module"], row["table_name"]])
    con.execute(
        f"insert into state.delivery ({', '.join(row)}) values ({', '.join('?' * len(row))})", list(row.values())
    )


def last_deliveries(con: duckdb.DuckDBPyConnection, module: str) -> dict[str, dict[str, Any]]:
    """The recorded deliveries in force of a module, by table."""
    return deliveries(con, "where module = ?", [module]).get(module, {})


def deliveries(con: duckdb.DuckDBPyConnection, where: str = "", given: Sequence[object] = ()) -> dict[str, dict[str, dict[str, Any]]]:
    """The recorded deliveries in force, by module and table; a module that never delivered is left out."""
    cursor = con.execute(f"select * from state.delivery {where}", list(given))
    names = [d[0] for d in cursor.description]
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for values in cursor.fetchall():
        row = dict(zip(names, values, strict=True))
        found.setdefault(row["module"], {})[row["table_name"]] = row
    return found


def outlook(con: duckdb.DuckDBPyConnection, contract: Contract, standing: Mapping[str, dict[str, Any]], depth: Depth) -> reading.Outlook:
    """What the module's files are going to be asked for, by its deliveries in force."""
    tables = []
    for compiled in checks.compile_contract(contract):
        before = standing.get(compiled.table.name)
        since = reading.moment(con, compiled, before, depth) if before and compiled.table.cursor and depth != "full" else None
        tables.append((compiled.table, before, since))
    return reading.Outlook(tables, depth)


def _counts(row: dict[str, Any]) -> Counts:
    return Counts(**{f: row[f] for f in Counts.__dataclass_fields__})


def _referred(con: duckdb.DuckDBPyConnection, compiled: Compiled, terms: Terms, homes: sift.Homes) -> str:
    """The keys that this table's references may find: when they change, references must be looked at again."""
    found = []
    for reference in compiled.table.references:
        seen = ", ".join(name(c) for c in (reference.key, *sift.looks_at(reference)))
        asked = (reference.table, seen)
        if reference.table in homes:
            keys = _keys(con, reference, seen, homes)
        else:
            if asked not in terms.keys:
                terms.keys[asked] = _keys(con, reference, seen, homes)
            keys = terms.keys[asked]
        found.append(f"{reference.column}>{reference.table}:{keys}")
    return short("|".join(found))


def _keys(con: duckdb.DuckDBPyConnection, reference: Reference, seen: str, homes: sift.Homes) -> tuple[Any, ...] | None:
    home = sift.referred(con, reference, homes)
    return first(con, f"select count(*), sum(hash({seen})) from {home} as o") if home else None


def areas_fingerprint(path: Path) -> str:
    """The hash of a region's areas, on which every area code's meaning depends."""
    return short(path.read_text(encoding="utf-8")) if path.is_file() else ""


def mark(con: duckdb.DuckDBPyConnection, module: str, status: str, message: str) -> None:
    """Record how a module stands after a run, and since when; nothing is written where it stands as it did."""
    standing = [module, status, message]
    if first(con, "select 1 from state.module where module = ? and status = ? and message = ?", standing) is None:
        con.execute("insert or replace into state.module values (?, ?, ?, ?)", [*standing, clock.now()])


def data_date(con: duckdb.DuckDBPyConnection, module: str) -> date | None:
    """The day of a module's delivery in force; None when it never delivered."""
    row = first(con, "select max(data_date) from state.delivery where module = ?", [module])
    return row[0] if row else None
