"""A published snapshot, opened read-only. Nothing here knows a reader: only ``Warehouse`` hands anything out.

What every view needs (areas, providers by month, figures) is held in memory: a snapshot is immutable, so this can never be stale, and a
view costs no query for it.  Rows, evidence and lists are read with DuckDB, one thread a query, one cursor per thread.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, TypeVar

import duckdb

from dashboard.warehouse import shield
from dashboard.warehouse.figures import Cube
from dashboard.warehouse.types import Area
from etl import publish
from etl.indicators import Indicator, catalogue
from etl.indicators.base import Measure

T = TypeVar("T")


class NoSnapshot(Exception):  # noqa: N818
    """There is no published snapshot yet; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Target:
    """A plan target as of the snapshot; ``due`` is a month."""

    value: float
    due: str | None
    basis: str

OPENED_WITH: dict[str, str | int | float | list[str]] = {"threads": 1, "memory_limit": "512MB"}
"""How snapshots are opened; within one process DuckDB opens a file in one way only."""


Stamp = tuple[int, int, int]
"""By what a pointer is known to have changed: time in nanoseconds, size, file."""
PATIENCE = 5.0
"""So many seconds readers may be left with the former snapshot while the new one is made ready."""
_UNREADABLE = (OSError, ValueError, KeyError, AttributeError, duckdb.Error)


def _stamp(pointer: Path) -> Stamp:
    stat = pointer.stat()
    return stat.st_mtime_ns, stat.st_size, stat.st_ino


def _named(layout: Any) -> Path:
    """The file that the pointer names. ValueError where it is torn."""
    named = publish.named(layout)
    if named is None:
        raise ValueError("torn pointer")
    return Path(layout.pointer.parent / str(named["file"]))


class Snapshot:
    """One immutable snapshot file of one process. Use :meth:`current`, or :meth:`open` for a named file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._connection = duckdb.connect(str(path), read_only=True, config=dict(OPENED_WITH))
        self._connection.execute("set enable_external_access = false")
        self._pid = os.getpid()
        self._local = threading.local()
        self._lock = threading.RLock()
        self._once: dict[str, Any] = {}
        self._months_of_providers: dict[str, dict[str, dict[str, Any]]] = {}
        meta = self.dicts("select * from meta_snapshot")[0]
        self.run_id: str = str(meta["run_id"])
        self.region_code: str = meta["region_code"]
        self.region_name: str = meta["region_name"]
        self.synthetic: bool = bool(meta["synthetic"])
        self.data_date: date = meta["data_date"]
        self.created_at = meta["created_at"]
        self.latest_month: str = meta["latest_month"]
        self.months: list[str] = [
            r[0] for r in self.query("select month from month where month <= ? order by month", [self.latest_month])
        ]
        self.month_index = {m: i for i, m in enumerate(self.months)}

    # ------------------------------------------------------------------ finding the current one

    _current: ClassVar[dict[str, tuple[Stamp, Snapshot]]] = {}
    _current_lock = threading.Lock()
    _ahead: ClassVar[int] = 0
    """The process in which somebody looks ahead (:meth:`look_ahead`)."""

    @classmethod
    def current(cls, layout: Any) -> Snapshot:
        """The snapshot that the pointer names, opened once per process and re-opened when the pointer changes; NoSnapshot before the first run.

        One ``stat`` per call where nothing changed.  A request that already holds the former snapshot keeps reading it undisturbed.
        Where a thread looks ahead, readers keep the former one for the moment that it takes to make the new one ready, ``PATIENCE`` at most.
        """
        pointer: Path = layout.pointer
        try:
            stamp = _stamp(pointer)
        except OSError as error:
            raise NoSnapshot("还没有已发布的数据。请先运行 yiguan etl run。") from error
        held = cls._held(pointer)
        if held and (held[0] == stamp or (cls._ahead == os.getpid() and 0 <= time.time() - stamp[0] / 1e9 < PATIENCE)):
            return held[1]
        with cls._current_lock:
            held = cls._held(pointer)
            if held and held[0] == stamp:
                return held[1]
            try:
                path = _named(layout)
                fresh = held[1] if held is not None and held[1].path == path else cls(path)
            except _UNREADABLE as error:
                if held:
                    return held[1]  # a torn pointer or a half-copied file: the last good snapshot stays in use
                good = publish.newest_good(layout)
                if good is None:
                    raise NoSnapshot("数据快照无法打开。请运行 yiguan snapshot verify 查明原因。") from error
                fresh = cls(pointer.parent / good["file"])
            cls._current[str(pointer)] = (stamp, fresh)
            return fresh

    @classmethod
    def _held(cls, pointer: Path) -> tuple[Stamp, Snapshot] | None:
        """What this process has open for a pointer; what its parent had is not its own."""
        held = cls._current.get(str(pointer))
        return held if held and held[1]._pid == os.getpid() else None

    @classmethod
    def look_ahead(cls, layout: Any, ready: Callable[[Snapshot], None]) -> None:
        """One look at the pointer: what it newly names is opened and made ``ready`` before any reader gets it. For a thread that does so all the time.

        Reading the figures takes a good part of a second of a large district; readers would stand in line behind the first of them.  What
        cannot be opened is left to :meth:`current`, which says so.
        """
        cls._ahead = os.getpid()
        pointer: Path = layout.pointer
        held = cls._held(pointer)
        try:
            stamp = _stamp(pointer)
            if held is None or held[0] == stamp:
                return
            path = _named(layout)
            fresh = held[1] if held[1].path == path else cls(path)
            ready(fresh)
        except _UNREADABLE:
            return
        with cls._current_lock:
            if cls._current.get(str(pointer)) is held:  # else a reader's patience has ended before
                cls._current[str(pointer)] = (stamp, fresh)

    @classmethod
    def open(cls, path: str | Path) -> Snapshot:
        """A named snapshot file; NoSnapshot when it cannot be opened."""
        try:
            return cls(Path(path))
        except (OSError, duckdb.Error) as error:
            raise NoSnapshot(f"数据快照 {Path(path).name} 无法打开。请运行 yiguan snapshot verify 查明原因。") from error

    # ------------------------------------------------------------------ queries

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """This thread's cursor (a DuckDB connection shared by threads raises)."""
        cursor = getattr(self._local, "cursor", None)
        if cursor is None:
            cursor = self._local.cursor = self._connection.cursor()
        return cursor

    def query(self, sql: str, parameters: Sequence[Any] | Mapping[str, Any] = ()) -> list[tuple[Any, ...]]:
        """Rows of a parametrised query as tuples; ``parameters`` by position, or by name for ``$name``."""
        return self.cursor().execute(sql, dict(parameters) if isinstance(parameters, Mapping) else list(parameters)).fetchall()

    def dicts(self, sql: str, parameters: Sequence[Any] | Mapping[str, Any] = ()) -> list[dict[str, Any]]:
        """Rows of a parametrised query as dicts; ``parameters`` as in :meth:`query`."""
        result = self.cursor().execute(sql, dict(parameters) if isinstance(parameters, Mapping) else list(parameters))
        names = [d[0] for d in result.description or ()]
        return [dict(zip(names, row, strict=True)) for row in result.fetchall()]

    def once(self, name: str, read: Callable[[], T]) -> T:
        """Something small read at most once per snapshot and kept; never to be changed by whoever gets it."""
        if name not in self._once:
            self._once[name] = read()
        return self._once[name]

    @cached_property
    def tables(self) -> dict[str, list[str]]:
        """Column names by table."""
        found: dict[str, list[str]] = {}
        for table, column in self.query(
            "select table_name, column_name from duckdb_columns() where schema_name = 'main' order by column_index"
        ):
            found.setdefault(table, []).append(column)
        return found

    # ------------------------------------------------------------------ what the views need at once

    @cached_property
    def areas(self) -> dict[str, Area]:
        """Areas in force by code."""
        rows = self.query("select code, name, short_name, level, parent_code, lng, lat from area order by level, code")
        return {r[0]: Area(*r) for r in rows}

    @cached_property
    def children(self) -> dict[str, list[Area]]:
        """Areas directly below each area."""
        found: dict[str, list[Area]] = {}
        for area in self.areas.values():
            if area.parent_code:
                found.setdefault(area.parent_code, []).append(area)
        return found

    @cached_property
    def below(self) -> dict[str, frozenset[str]]:
        """The closure: every area with itself and all below it."""
        found: dict[str, set[str]] = {}
        for ancestor, descendant in self.query("select ancestor, descendant from area_closure"):
            found.setdefault(ancestor, set()).add(descendant)
        return {code: frozenset(codes) for code, codes in found.items()}

    @cached_property
    def indicators(self) -> dict[str, Indicator]:
        """The indicators of this snapshot with the names, units and scales that it was computed with; measures as declared today."""
        declared = catalogue()
        found = {}
        for r in self.dicts("select * from meta_indicator"):
            now = declared.get(r["code"])
            if now is None:
                mart = str(r["marts"] or "").split(",")[0]
                nowhere = Measure(mart, "false")
                found[r["code"]] = Indicator(
                    code=r["code"], name=r["name"], unit=r["unit"], group=r["grp"], definition=r["definition"], basis=r["basis"] or "",
                    part=nowhere, whole=nowhere if r["kind"] in ("ratio", "mean") else None, better=r["better"], scale=r["scale"],
                    decimals=r["decimals"], semantics=r["semantics"], levels=tuple(int(x) for x in str(r["levels"]).split(",")), kind=r["kind"],
                )  # fmt: skip
            else:
                found[r["code"]] = now
        return found

    @cached_property
    def targets(self) -> dict[str, Target]:
        """Plan targets by indicator."""
        rows = self.query("select indicator, value, due, basis from meta_target where value is not null")
        return {code: Target(float(value), str(due)[:7] if due else None, basis or "") for code, value, due, basis in rows}

    @cached_property
    def figures(self) -> Cube:
        """All figures of areas."""
        with self._lock:
            return Cube.load(self, "figure", "area_code", list(self.areas))

    @cached_property
    def provider_figures(self) -> Cube:
        """All figures of providers."""
        with self._lock:
            ids = [r[0] for r in self.query("select distinct provider_id from provider_figure order by 1")]
            return Cube.load(self, "provider_figure", "provider_id", ids)

    @cached_property
    def shielded_figures(self) -> Cube:
        """All figures of areas without small cells: for readers who may not see rows, and for comparisons beyond the own area."""
        return self.figures.shielded(shield.over_areas(self).mask)

    @cached_property
    def shielded_provider_figures(self) -> Cube:
        """All figures of providers without small cells."""
        return self.provider_figures.shielded(shield.over_providers(self).mask)

    def providers(self, month: str) -> dict[str, dict[str, Any]]:
        """Providers of a month by id: ``provider_month`` with the rating's and the exit state's columns; unmasked, for the warehouse only.

        A provider that no longer operates appears as it last was, as long as it has an exit state in the month.
        """
        held = self._months_of_providers.get(month)
        if held is None:
            with self._lock:
                held = {r["provider_id"]: r for r in self.dicts(self._providers_sql, [month] * 4)}
                if len(self._months_of_providers) >= 36:
                    self._months_of_providers.clear()
                self._months_of_providers[month] = held
        return held

    @cached_property
    def _providers_sql(self) -> str:
        own = [
            c
            for c in self.tables["provider_month"]
            if c not in ("month", "star", "score", "confidence", "exit_state", "community", "street", "street_code")
        ]
        return (
            "with last as (select * from provider_month where month <= ? qualify row_number() over (partition by provider_id order by month desc) = 1)"
            f" select {', '.join('p.' + c for c in own)}, p.month = e.month as operating, r.star, r.score, r.uncapped_star, r.cap_rule, r.cap_because,"
            " r.missing, r.confidence, r.evidence_count, coalesce(e.state, 'normal') as exit_state, e.since as exit_since, e.because as exit_because,"
            " e.basis as exit_basis, a.short_name as community, s.short_name as street, a.street_code"
            " from last p left join exit_status e on e.provider_id = p.provider_id and e.month = ?"
            " left join rating r on r.provider_id = p.provider_id and r.month = ?"
            " left join area a on a.code = p.community_code left join area s on s.code = a.street_code"
            " where p.month = ? or e.state is not null order by p.provider_id"
        )
