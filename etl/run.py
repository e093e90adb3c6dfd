"""One run of the line: modules in order, then marts, ratings, figures, and a published snapshot.

A run is resumable: what a killed run has put in force stays and is recognised by its fingerprint, everything after it is built
again.  A module that fails keeps its last good data, marked stale with its date; the others go on.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

import duckdb

from etl import (
    basis,
    build,
    clean,
    clock,
    coverage,
    delivered,
    faults,
    figures,
    guards,
    history,
    holds,
    load,
    meta,
    publish,
    repair,
)
from etl.ahead import ReadAhead
from etl.backoff import Rests
from etl.connectors import NothingYetError, Reader, SourceError, is_asked_whole, is_local, open_reader
from etl.connectors.base import EmptyError, SchemaError, passed_over
from etl.connectors.glimpse import paced
from etl.connectors.observed import observing
from etl.contract import Contract
from etl.freshness import Freshness
from etl.hands import Hand, hands
from etl.indicators.base import Indicator, catalogue
from etl.light import without_pandas
from etl.lineage import Lineage
from etl.martfile import Mart, MartError, after_policy, marts, shown
from etl.paths import Layout
from etl.policy import load_policies
from etl.policy import run as apply_policies
from etl.policy.inputs import TABLES as POLICY_INPUTS
from etl.policy.load import PolicyError
from etl.policy.oversight import load_oversight
from etl.reading import Depth, Outlook
from etl.region import Region, RegionError
from etl.retention import Keep

DONE, FAILED, QUARANTINE = 0, 1, 3
MEMORY_LIMIT = "1200MB"
# A run commits dozens of times; what it committed stands in the log and is worked into the file once, when the run closes it (a first one while it publishes).
LOG_LIMIT = "1GB"
Progress = Callable[[str], None]
Policy = Callable[..., object]
"""(connection, region, progress, approved=folder of approved versions)."""


@dataclass(frozen=True)
class Line:
    """The declarations that a run works through; tests bring their own small ones."""

    contracts: Sequence[Contract]
    marts: Sequence[Mart]
    indicators: Mapping[str, Indicator]
    policy: Policy | None

    @property
    def visible(self) -> list[Mart]:
        """The marts that go into a snapshot."""
        return shown(self.marts, [name for indicator in self.indicators.values() for name in indicator.marts])

    @cached_property
    def lineage(self) -> Lineage:
        """Where figures come from; parsing all marts takes seconds, and a process that runs every few minutes needs it once."""
        return Lineage(self.contracts, {m.name: m for m in self.marts})

    @property
    def months(self) -> dict[str, str]:
        """Checked table → SQL of the month that a row belongs to, as far as contracts and marts say."""
        dated = {f"{c.module}_{t.name}": t.month for c in self.contracts for t in c.tables if t.dated}
        return dated | {table: by for mart in self.marts for table, by in mart.monthly.items()}

    @classmethod
    def declared(cls, memory: Path | None = None) -> Line:
        """Everything declared in the product; ``memory`` as in :func:`marts`."""
        return cls(load.contracts(), marts(memory=memory), catalogue(), apply_policies)


@dataclass
class RunResult:
    """What a run did. ``exit_code`` 0 done, 1 failed, 3 done with quarantined rows or with modules that kept older data."""

    run_id: str
    exit_code: int = DONE
    published: bool = False
    snapshot: Path | None = None
    message: str = ""
    busy: bool = False
    seconds: float = 0.0
    repairs: list[str] = field(default_factory=list)
    modules: list[dict[str, Any]] = field(default_factory=list)
    loads: list[dict[str, Any]] = field(default_factory=list)
    steps: dict[str, float] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON; the snapshot as its path in text."""
        return {**vars(self), "snapshot": str(self.snapshot) if self.snapshot else None, "seconds": round(self.seconds, 2)}


def run(
    region: Region,
    layout: Layout,
    *,
    only: Sequence[str] | None = None,
    progress: Progress | None = None,
    keep: Keep | None = None,
    today: date | None = None,
    line: Line | None = None,
    depth: Depth = "keys",
    rests: Rests | None = None,
) -> RunResult:
    """Run the line for a region. ``only`` limits the modules that are read; ``progress`` hears a sentence per step; ``depth`` says how
    closely sources are compared with what is loaded (see reading.py); ``rests`` is what a process that makes many runs remembers of slow sources.

    Never raises for what is wrong with the data, the region or another run under way: the result says it, exit code 1 or 3.
    """
    began, started = time.perf_counter(), str(clock.now())
    note = progress or (lambda _: None)
    without_pandas()
    layout.ensure()
    result = RunResult(run_id=clock.now().strftime("%Y%m%dT%H%M%S"))
    try:
        with _alone(layout), ThreadPoolExecutor(1) as other:
            # The snapshot in force is hashed while everything else is made ready.
            mending = other.submit(lambda: result.repairs.extend([*holds.mend(layout), *repair.mend(layout, trusting=depth == "quick")]))
            kept = keep or Keep.of(region)
            everything, rests = line or Line.declared(layout.parsed), rests or Rests()
            try:
                _run(region, layout, everything, result, only, note, kept, today or clock.today(), depth, mending, rests)
            except duckdb.Error as error:
                if not repair.is_damage(error):
                    raise
                result.repairs.append(repair.set_aside(layout, error))
                result.modules, result.loads, result.steps = [], [], {}
                _run(region, layout, everything, result, only, note, kept, today or clock.today(), depth, mending, rests)
    except BusyError as error:
        # The run under way writes the history; one that never began has none.
        result.exit_code, result.message, result.busy = FAILED, str(error), True
        return result
    except (RegionError, MartError, PolicyError, publish.PublishError) as error:
        result.exit_code, result.message = FAILED, str(error)
    except (duckdb.IOException, duckdb.OutOfMemoryException, duckdb.FatalException, duckdb.TransactionException, OSError) as error:
        result.exit_code = FAILED
        result.message = f"读写数据文件失败：{str(error).splitlines()[0]}。请检查磁盘空间与权限后重新运行；已发布的数据不受影响。"
    result.seconds = time.perf_counter() - began
    history.record(layout, result, started)
    return result


class BusyError(Exception):
    """Another run is under way."""


@contextmanager
def _alone(layout: Layout) -> Iterator[None]:
    """Hold the run lock; BusyError when another process holds it. The system releases it when a process dies."""
    with layout.lock.open("a+") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise BusyError("已有一次数据汇集正在运行。请等它结束后再试。") from error
        yield


def _run(
    region: Region, layout: Layout, line: Line, result: RunResult, only: Sequence[str] | None, note: Progress, keep: Keep,
    today: date, depth: Depth, mending: Future[None], rests: Rests,
) -> None:  # fmt: skip
    shutil.rmtree(layout.temp, ignore_errors=True)
    layout.temp.mkdir(parents=True)
    known = {c.module for c in line.contracts}
    strangers = [m for m in only or () if m not in known]
    if strangers:
        raise RegionError(f"没有名为 {'、'.join(strangers)} 的模块。可用：{'、'.join(sorted(known))}。")
    if line.policy is apply_policies:  # a wrong policy file is told before anything is read, not after
        load_policies(region.path / "policies", approved=layout.policies)
        load_oversight(region.path / "policies", catalogue())
    while (layout.snapshots / f"{result.run_id}.duckdb").exists():
        result.run_id += "b"
    faults.point("start")
    con = connect(layout)
    try:
        clean.prepare(con, region.areas, today, region.box)
        load.prepare(con, line.contracts)
        mending.result()
        terms = load.Terms(load.areas_fingerprint(region.path / "areas.csv"), line.months, depth, result.run_id)
        resting = rests.turn(depth == "quick")
        asked = [c for c in line.contracts if (only is None or c.module in only) and c.module not in resting]
        with _sources(con, region, layout, asked, depth) as sources, line.lineage.derived(con, line.indicators.values()):
            for contract in asked:
                with _timed(result, contract.module):
                    _module(con, region, layout, contract, sources, terms, result, note, today, rests)
        faults.point("modules")
        _tally(con, line, result)
        content = basis.of_snapshot(con, region, layout, line.marts, line.indicators, build.last_complete_month(today))
        here = publish.pointer(layout)
        if here and here.get("content") == content:
            result.snapshot, result.run_id = layout.snapshots / here["file"], here["run_id"]
            return
        with hands(con, 1) as hand:
            fresh, begun = _build(con, region, layout, line, result, note, today, hand, thorough=depth != "quick")
            with _timed(result, "发布"):
                note("发布快照")
                if publish.current(layout) is None:  # what a first load has committed takes seconds to be worked into the file
                    hand(lambda own: own.execute("checkpoint"))
                result.snapshot = publish.publish(
                    con, layout, result.run_id, content, line.visible, keep, fresh, begun, thorough=depth != "quick"
                )
        result.published = True
    finally:
        con.close()
        shutil.rmtree(layout.temp, ignore_errors=True)


def connect(layout: Layout) -> duckdb.DuckDBPyConnection:
    """The work file, with memory bounded; sorts larger than that spill to the scratch folder."""
    con = duckdb.connect(str(layout.work))
    con.execute(f"set memory_limit = '{MEMORY_LIMIT}'")
    con.execute(f"set temp_directory = {clean.quote(layout.temp / 'spill')}")
    con.execute(f"set threads = {min(4, os.cpu_count() or 1)}")
    con.execute("set preserve_insertion_order = false")
    con.execute(f"set checkpoint_threshold = '{LOG_LIMIT}'")
    con.execute("set enable_progress_bar = false")  # it would stand among the JSON that --json prints
    for schema in ("raw", "checked", "state", "marts"):
        con.execute(f"create schema if not exists {schema}")
    con.execute("set search_path = 'marts,checked,main'")
    return con


@contextmanager
def _timed(result: RunResult, step: str) -> Iterator[None]:
    began = time.perf_counter()
    yield
    result.steps[step] = round(time.perf_counter() - began, 3)


def _sources(
    con: duckdb.DuckDBPyConnection, region: Region, layout: Layout, contracts: Sequence[Contract], depth: Depth
) -> ReadAhead:  # fmt: skip
    """The way to every module's reader; what is certain to be read, or to be asked for, is so ahead of its turn."""
    def opener(contract: Contract) -> Reader:
        return open_reader(contract, paced(region.source(contract.module, layout.sources), quick=depth == "quick"), layout.temp)

    early: list[Contract] = []
    outlooks: dict[str, Outlook] = {}
    standing = load.deliveries(con)
    for contract in contracts:
        spec, known = region.source(contract.module, layout.sources), standing.get(contract.module)
        if not known:
            asked = is_local(spec)
        elif depth == "quick":  # a process that runs every few minutes remembers the hashes
            asked = is_local(spec) and any(table.cursor for table in contract.tables)
        else:
            asked = is_local(spec) or is_asked_whole(contract, spec)
        if asked:
            early.append(contract)
            if known and is_local(spec):
                outlooks[contract.module] = load.outlook(con, contract, known, depth)
    return ReadAhead(early, opener, outlooks=outlooks)


def _module(
    con: duckdb.DuckDBPyConnection, region: Region, layout: Layout, contract: Contract, sources: ReadAhead, terms: load.Terms,
    result: RunResult, note: Progress, today: date, rests: Rests,
) -> None:
    module, began = contract.module, time.perf_counter()
    note(f"读取 {contract.title}")
    faults.point("read", module)
    guard = guards.Guard.of(region.path, layout, today)
    try:
        reader = sources.open(contract)
        with observing() as guard.seen:
            loads = load.load_module(con, contract, reader, note=note, guard=guard, terms=terms)
    except (SourceError, guards.Held) as problem:
        since = load.data_date(con, module)
        if isinstance(problem, NothingYetError) and since is None:
            load.mark(con, module, "ok", f"{module}: {problem}")
            return
        error = guard.unreadable(contract, str(problem)) if since and isinstance(problem, SchemaError | EmptyError) else problem
        kept = f"沿用 {since.month} 月 {since.day} 日的数据。" if since else "尚无可用数据，相关指标暂缺。"
        remote = not is_local(region.source(module, layout.sources))
        rest = rests.failed(module, time.perf_counter() - began, remote=remote, quick=terms.depth == "quick")
        load.mark(con, module, getattr(error, "status", "stale" if since else "failed"), f"{module}: {error}{rest}{kept}")
        return
    holds.settle(layout, module)
    result.loads += [loaded.to_dict() for loaded in loads]
    delivered = load.data_date(con, module)
    late = delivered is not None and meta.is_late(contract.due, delivered, today)
    message = f"{module}: 应{contract.due.text}，最近一次报送为 {delivered}，已逾期。请{contract.owner}补报。" if late else ""
    remarks, partly = guards.remarks(con, module), _passed_over(reader)
    message = " ".join(filter(None, (partly and f"{module}: {partly}", message, remarks and f"{module}: {remarks}。")))
    load.mark(con, module, "partial" if partly else "late" if late else "ok", message)


def _passed_over(reader: Reader) -> str:
    """What is to be said about files that could not be read while the others were loaded; '' where all could."""
    told = list(dict.fromkeys(passed_over(reader).values()))
    if not told:
        return ""
    more = f"另有 {len(told) - 3} 个文件也无法读取。" if len(told) > 3 else ""
    return "".join(told[:3]) + more + "其余文件已照常装载；无法读取的文件此前装载的内容继续有效。"


def _tally(con: duckdb.DuckDBPyConnection, line: Line, result: RunResult) -> None:
    """Fill in the modules' standing and the exit code."""
    result.modules = meta.modules(con, line.contracts)
    troubled = any(m["status"] in ("failed", "stale", "held", "partial") for m in result.modules)
    aside = clean.first(con, "select count(*) from state.quarantine")
    result.exit_code = QUARANTINE if troubled or (aside and aside[0]) else DONE


def _build(
    con: duckdb.DuckDBPyConnection, region: Region, layout: Layout, line: Line, result: RunResult, note: Progress, today: date, hand: Hand,
    thorough: bool,
) -> tuple[Freshness, publish.Begun]:  # fmt: skip
    """Everything that is made of the checked tables; what is remembered of it, and the snapshot as far as it has been begun meanwhile."""
    by_name = {m.name: m for m in line.marts}
    late = after_policy(line.marts)
    lineage = line.lineage
    lineage.recall(con)
    never = {m["module"] for m in result.modules if m["data_date"] is None}
    unknown = {c for c, i in line.indicators.items() if set(lineage.needs(i)) & never} if never else set()
    with _timed(result, "汇总"):
        build.lay_areas(con, region)
        build.lay_standards(con, region)
        build.lay_incident_rules(con, region)
        delivered.lay(con, line.contracts)
        fresh = Freshness(con)
        build.lay_calendar(con, build.calendar(fresh, today))
        fresh.laid()
        spans = coverage.spans(con, lineage, line.contracts, line.indicators.values())
        build.build(con, [m for m in line.marts if m.name not in late], note, fresh)
    early = [i for i in line.indicators.values() if not set(i.marts) & late]
    done = [m for m in line.visible if m.name not in late]
    # A first snapshot is the longest to write: it is begun before the figures already.
    begun = None if publish.current(layout) else publish.Begun(hand, con, layout, result.run_id, done, fresh, thorough)
    with _timed(result, "指标"):
        note("计算指标")
        figures.start(con)
        figures.refresh(con, "figure", early, by_name, fresh, unknown, spans)
    faults.point("figures")
    begun = begun or publish.Begun(hand, con, layout, result.run_id, done, fresh, thorough)
    with _timed(result, "评级与退出"):
        note("评级与退出监管")
        _policies(con, region, line, note, fresh, layout.policies)
    with _timed(result, "评级后汇总"):
        build.build(con, [m for m in line.marts if m.name in late], note, fresh)
        figures.refresh(con, "figure after policy", [i for i in line.indicators.values() if set(i.marts) & late], by_name, fresh, unknown, spans)
    faults.point("policy")
    with clean.at_once(con):
        meta.write(con, region, line.contracts, line.visible, line.indicators, lineage, result.run_id)
    lineage.remember(con)
    return fresh, begun


def _policies(con: duckdb.DuckDBPyConnection, region: Region, line: Line, note: Progress, fresh: Freshness, approved: Path) -> None:
    """Ratings and exit states, where something that they read has changed."""
    definition = basis.digest(region.path / "policies", approved, Path(__file__).parent / "policy").hexdigest() + repr(line.policy is None)
    inputs = {table: "" for table in POLICY_INPUTS if fresh.home(table)}
    if fresh.stale("policy", inputs, definition) == set() and fresh.home("rating"):
        return
    fresh.forget("policy")
    if line.policy is apply_policies and fresh.home("rating"):  # what it wrote before may stand for the months that nothing has changed for
        apply_policies(con, region, note, approved=approved, definition=definition)
    else:
        meta.lay_policy_tables(con)
        con.execute("drop table if exists state.policy_input")
        if line.policy is not None:
            line.policy(con, region, note, approved=approved)
    with clean.at_once(con):
        fresh.built("policy", inputs, definition)
