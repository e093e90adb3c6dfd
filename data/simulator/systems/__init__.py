"""Further outside systems of the demo district, one file each: ``data/simulator/systems/<module>.py`` with ``write(stage) -> int``.

A system is found by walking this package.  It sees the settled district and writes its delivery into ``stage.out``; it draws from
random streams of its own (``stage.world.rng("<module>…")``), so that systems neither disturb nor wait for one another.
"""

from __future__ import annotations

import importlib
import multiprocessing
import pkgutil
from collections.abc import Collection
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from data.simulator.accidents import Accidents
from data.simulator.people import People
from data.simulator.providers import Provider
from data.simulator.staff import Staff
from data.simulator.world import Truth, World
from data.simulator.writers import SqlSink
from etl.light import without_pandas

WORKERS = 2
SMALL = 0.2


@dataclass(frozen=True)
class Stage:
    """What a system may look at, and where it writes: ``out`` is the folder of all deliveries, ``urls`` databases by module."""

    world: World
    elders: People
    firms: list[Provider]
    team: Staff
    accidents: Accidents
    out: Path
    urls: dict[str, str]

    def sink(self, module: str) -> SqlSink:
        """The module's SQL database: the URL given for it, else a SQLite file."""
        return SqlSink(self.urls.get(module), self.out / f"{module}.sqlite")


def names() -> list[str]:
    """The modules that this package plays, in order."""
    return sorted(info.name for info in pkgutil.iter_modules(__path__))


_stage: Stage | None = None


def _settle(stage: Stage) -> None:
    """What a worker process knows."""
    global _stage
    without_pandas()
    _stage = stage


def _write(module: str) -> tuple[int, Truth]:
    """In a process of its own: write one system; its rows and what was planted in it."""
    if _stage is None:
        raise RuntimeError("the process was not told of the district")
    _stage.world.truth = Truth()
    return importlib.import_module(f"{__name__}.{module}").write(_stage), _stage.world.truth


class Writing:
    """Systems under way; :meth:`finish` waits for them."""

    def __init__(self, stage: Stage, modules: Collection[str], workers: int):
        self._stage, self._pool = stage, None
        self._modules = [m for m in names() if m in modules]
        self._jobs: dict[str, Future[tuple[int, Truth]]] = {}
        if workers and self._modules:
            # Fresh processes: a fork of one that has threads (DuckDB, Arrow) may hang.
            fresh = multiprocessing.get_context("spawn")
            self._pool = ProcessPoolExecutor(workers, fresh, initializer=_settle, initargs=(stage,))
            self._jobs = {module: self._pool.submit(_write, module) for module in self._modules}

    def finish(self) -> dict[str, int]:
        """Rows by module; what was planted joins the stage's truth, in the order of the names. Raises what a writer raised."""
        if self._pool is None:
            return {m: importlib.import_module(f"{__name__}.{m}").write(self._stage) for m in self._modules}
        rows = {}
        with self._pool:
            for module, job in self._jobs.items():
                rows[module], planted = job.result()
                self._stage.world.truth.join(planted)
        return rows


def start(stage: Stage, modules: Collection[str], workers: int | None = None) -> Writing:
    """Begin to write those of the package's systems that ``modules`` names; a small district is written at the end, without further processes."""
    return Writing(stage, modules, (WORKERS if stage.world.scale >= SMALL else 0) if workers is None else workers)
