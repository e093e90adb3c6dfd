"""Where a figure comes from: indicator → mart columns → checked columns → columns of the outside system, derived from the SQL."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import cast

import duckdb
import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import Scope, build_scope
from sqlglot.schema import Schema, ensure_schema

from etl import checks
from etl.clean import first
from etl.contract import Contract
from etl.indicators.base import Indicator, Measure
from etl.martfile import GIVEN, Mart

_GIVEN_COLUMNS = {
    "month": ("month", "first_day", "last_day"),
    "area": ("code", "name", "short_name", "level", "parent_code", "street_code", "lng", "lat"),
    "area_closure": ("ancestor", "descendant"),
    "standard": ("standard", "valid_from", "valid_to", "value", "basis"),
    "incident_rule": ("version", "valid_from", "valid_to", "source", "says", "kind", "before", "after", "months", "at_least", "missing", "below"),
    "incident_duty": ("valid_from", "valid_to", "kind", "due_day"),
    "rating": ("provider_id", "month", "star", "score", "uncapped_star", "cap_rule", "cap_because", "missing", "confidence",
               "evidence_count", "policy_version"),
    "exit_status": ("provider_id", "month", "state", "since", "rule", "basis", "because", "policy_version"),
}  # fmt: skip
_POLICY_INPUTS = ("provider_provider", "inspection_inspection", "inspection_finding")
# What a run knows of its own deliveries: figures over these are about every module.
_DELIVERIES = frozenset({"module", "delivery", "delivered", "quarantine", "warning"})
_MEMORY = "create table if not exists state.lineage (declarations varchar, body varchar)"


@dataclass(frozen=True, slots=True, order=True)
class Origin:
    """One column of an outside system from which a figure is computed."""

    module: str
    table: str
    column: str
    source_table: str
    source_column: str


class Lineage:
    """Derives origins; parses every mart once."""

    def __init__(self, contracts: Iterable[Contract], marts: Mapping[str, Mart]):
        self.compiled = {c.full_name: c for contract in contracts for c in checks.compile_contract(contract)}
        self.marts = marts
        self.scopes: dict[str, Scope | None] = {}
        self._frames: dict[str, frozenset[str]] = {}
        self._conditions: dict[str, frozenset[tuple[str, str]]] = {}
        self._traced: dict[tuple[str, str], frozenset[tuple[str, str]]] = {}
        self._named: dict[str, list[str]] = {}
        self._recalled = ""

    def recall(self, con: duckdb.DuckDBPyConnection) -> None:
        """Take over what was derived from these very declarations before; to parse all marts takes a process seconds."""
        con.execute(_MEMORY)
        found = first(con, "select body from state.lineage where declarations = ?", [self._declarations])
        if not found or self._recalled:
            return
        self._recalled = found[0]
        held = json.loads(found[0])
        self._frames |= {mart: frozenset(tables) for mart, tables in held["frames"]}
        self._conditions |= {mart: frozenset(map(_pair, pairs)) for mart, pairs in held["conditions"]}
        self._traced |= {(mart, column): frozenset(map(_pair, pairs)) for mart, column, pairs in held["traced"]}
        self._named |= dict(held["named"])

    @contextmanager
    def derived(self, con: duckdb.DuckDBPyConnection, indicators: Iterable[Indicator]) -> Iterator[None]:
        """What is remembered is taken over; where nothing is, a second thread derives it within the block, at whose end it is done.

        Nobody else may ask within the block. What goes wrong in the thread goes wrong again, and is told, when somebody asks.
        """
        if not self._frames:
            self.recall(con)
        if self._frames:
            yield
            return

        def derive() -> None:
            try:
                for indicator in indicators:
                    self.origins(indicator)
                    self.counted(indicator)
                    for mart in indicator.marts:
                        self.conditions(mart)
            except Exception:  # what stands half derived must not be taken for the whole
                for known in (self.scopes, self._frames, self._conditions, self._traced, self._named):
                    known.clear()

        thread = threading.Thread(target=derive, name="lineage", daemon=True)
        thread.start()
        try:
            yield
        finally:
            thread.join()

    def remember(self, con: duckdb.DuckDBPyConnection) -> None:
        """Keep what has been derived for the next process."""
        body = json.dumps({
            "frames": [(mart, sorted(tables)) for mart, tables in sorted(self._frames.items())],
            "conditions": [(mart, sorted(pairs)) for mart, pairs in sorted(self._conditions.items())],
            "traced": [(*key, sorted(pairs)) for key, pairs in sorted(self._traced.items())],
            "named": sorted(self._named.items()),
        })  # fmt: skip
        if body == self._recalled:
            return
        con.execute("begin")
        con.execute("delete from state.lineage")
        con.execute("insert into state.lineage values (?, ?)", [self._declarations, body])
        con.execute("commit")
        self._recalled = body

    @cached_property
    def _declarations(self) -> str:
        """A hash over everything that the way of a figure is derived from: contracts, marts, and how it is derived."""
        told = [
            [(c.full_name, c.module, [cell.name for cell in c.cells]) for c in self.compiled.values()],
            [(m.name, m.sql, [c.name for c in m.columns]) for m in self.marts.values()],
        ]
        return hashlib.sha256(repr(told).encode() + Path(__file__).read_bytes() + sqlglot.__version__.encode()).hexdigest()

    def tables(self, indicator: Indicator) -> set[str]:
        """The checked tables without which the figure cannot be formed: the frames of its marts and those of its columns."""
        found = {table for table, _ in self._columns(indicator)}
        for mart in indicator.marts:
            found |= self.frame(mart)
        return found

    def modules(self, indicator: Indicator) -> list[str]:
        """The modules that a figure comes from; all of them where it is about the deliveries themselves."""
        if self.about_deliveries(indicator):
            return sorted({c.module for c in self.compiled.values()})
        return self.needs(indicator)

    def needs(self, indicator: Indicator) -> list[str]:
        """The modules without whose records the figure cannot be formed."""
        return sorted({self.compiled[t].module for t in self.tables(indicator) if t in self.compiled})

    def counted(self, indicator: Indicator) -> list[str]:
        """The modules whose records the figure counts: those that decide which rows its marts have, not what is looked up for them."""
        found = {t for mart in indicator.marts for t in self.frame(mart)}
        return sorted({self.compiled[t].module for t in found if t in self.compiled})

    def about_deliveries(self, indicator: Indicator) -> bool:
        """Whether the figure counts what was delivered, not what the records say."""
        return any(self.marts[mart].reads & _DELIVERIES for mart in indicator.marts if mart in self.marts)

    def origins(self, indicator: Indicator) -> list[Origin]:
        """The source columns that decide a figure."""
        found = set()
        for table, column in self._columns(indicator):
            compiled = self.compiled.get(table)
            cell = next((c for c in compiled.cells if c.name == column), None) if compiled else None
            if compiled and cell:
                found.add(Origin(compiled.module, compiled.table.name, column, compiled.table.source, cell.column.source))
        return sorted(found)

    def frame(self, mart: str) -> frozenset[str]:
        """The checked tables that decide which rows a mart has: its FROM and inner joins, through other marts."""
        if mart not in self._frames:
            self._frames[mart] = frozenset()  # guards against a circle
            scope = self._scope(mart)
            tables = _row_tables(scope) if scope else set(self.marts[mart].reads)
            found: set[str] = set()
            for table in tables:
                if table in self.marts:
                    found |= self.frame(table)
                elif table in ("rating", "exit_status"):
                    found |= set(_POLICY_INPUTS)
                elif table not in GIVEN:
                    found.add(table)
            self._frames[mart] = frozenset(found)
        return self._frames[mart]

    def _columns(self, indicator: Indicator) -> set[tuple[str, str]]:
        found: set[tuple[str, str]] = set()
        for measure in (indicator.part, indicator.whole):
            if measure is None:
                continue
            for column in self.named(measure):
                found |= self.trace(measure.mart, column)
        return found

    def named(self, measure: Measure) -> list[str]:
        """The columns of its mart that a measure names."""
        sql = f"select {measure.value} where {measure.where}"
        if sql not in self._named:
            self._named[sql] = sorted({c.name for c in sqlglot.parse_one(sql, read="duckdb").find_all(exp.Column)})
        return self._named[sql]

    def trace(self, mart: str, column: str) -> set[tuple[str, str]]:
        """(checked table, column) from which one column of a mart is computed."""
        if mart not in self.marts:
            if mart in GIVEN:
                return set()
            return {(t, "*") for t in _POLICY_INPUTS} if mart in ("rating", "exit_status") else {(mart, column)}
        if (mart, column) not in self._traced:
            scope = self._scope(mart)
            found = {(t, "*") for t in self.frame(mart)} if scope is None else self._trace(scope, column, set())
            self._traced[mart, column] = frozenset(found)
        return set(self._traced[mart, column])

    def conditions(self, mart: str) -> frozenset[tuple[str, str]]:
        """(checked table, column) by which rows are chosen and matched, in this mart and in those that it reads."""
        if mart not in self._conditions:
            self._conditions[mart] = frozenset()  # guards against a circle
            found: set[tuple[str, str]] = set()
            scope = self._scope(mart)
            for one in scope.traverse() if scope else ():
                for column in one.columns:
                    source = one.sources.get(column.table)
                    chooses = column.find_ancestor(exp.Where, exp.Join, exp.Having, exp.Qualify) is not None
                    if chooses and isinstance(source, exp.Table) and source.name in self.compiled:
                        found.add((source.name, column.name))
                    elif chooses and isinstance(source, exp.Table) and source.name in self.marts:
                        found |= {(t, c) for t, c in self.trace(source.name, column.name) if c != "*"}
            for read in self.marts[mart].reads:
                found |= self.conditions(read) if read in self.marts else set()
            self._conditions[mart] = frozenset(found)
        return self._conditions[mart]

    def _trace(self, scope: Scope, column: str, seen: set[tuple[int, str]]) -> set[tuple[str, str]]:
        if (id(scope), column) in seen:
            return set()
        seen.add((id(scope), column))
        found: set[tuple[str, str]] = set()
        names = _query(scope).named_selects
        if column not in names:
            return found
        if scope.set_operation_scopes:  # the branches of a union agree by position, not by name
            for branch in scope.set_operation_scopes:
                found |= self._trace(branch, _query(branch).named_selects[names.index(column)], seen)
            return found
        for used in _query(scope).selects[names.index(column)].find_all(exp.Column):
            source = scope.sources.get(used.table)
            if isinstance(source, Scope):
                found |= self._trace(source, used.name, seen)
            elif isinstance(source, exp.Table):
                found |= self.trace(source.name, used.name)
            if isinstance(used.parent, exp.Is):
                # "Is there a row?" is answered by the rows themselves, wherever the column that is asked for was copied from.
                found |= {(t, "*") for t in self._rows(source)}
        return found

    def _rows(self, source: Scope | exp.Expr | None) -> set[str]:
        """The checked tables that decide which rows a part of a query has."""
        tables = _row_tables(source) if isinstance(source, Scope) else {source.name} if isinstance(source, exp.Table) else set()
        return set().union(*(self.frame(t) if t in self.marts else {t} for t in tables if t not in GIVEN))

    def _scope(self, mart: str) -> Scope | None:
        if mart not in self.scopes:
            try:
                tree = qualify(
                    sqlglot.parse_one(self.marts[mart].sql, read="duckdb"), schema=self._schema, dialect="duckdb",
                    validate_qualify_columns=False, quote_identifiers=False,
                )  # fmt: skip
                self.scopes[mart] = build_scope(tree)
            except SqlglotError:
                self.scopes[mart] = None
        return self.scopes[mart]

    @cached_property
    def _schema(self) -> Schema:
        known: dict[str, object] = {name: dict.fromkeys(columns, "text") for name, columns in _GIVEN_COLUMNS.items()}
        known |= {name: {c.name: "text" for c in compiled.cells} for name, compiled in self.compiled.items()}
        known |= {m.name: {c.name: "text" for c in m.columns} for m in self.marts.values()}
        return ensure_schema(known, dialect="duckdb")


def _pair(pair: list[str]) -> tuple[str, str]:
    return pair[0], pair[1]


def _query(scope: Scope) -> exp.Query:
    """The SELECT or set operation of a scope."""
    return cast(exp.Query, scope.expression)


def _row_tables(scope: Scope) -> set[str]:
    """The real tables in FROM and inner joins of a query, through its subqueries and CTEs."""
    if scope.set_operation_scopes:
        return set().union(*(_row_tables(s) for s in scope.set_operation_scopes))
    select = scope.expression
    start = select.args.get("from_") or select.args.get("from")
    parts = [start.this] if start else []
    parts += [j.this for j in select.args.get("joins") or [] if (j.side or "").upper() not in ("LEFT", "FULL")]
    found: set[str] = set()
    for part in parts:
        source = scope.sources.get(part.alias_or_name)
        if isinstance(source, Scope):
            found |= _row_tables(source)
        elif isinstance(source, exp.Table):
            found.add(source.name)
    return found
