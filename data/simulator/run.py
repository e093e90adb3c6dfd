"""Runs a whole simulation: settle the district, then let every outside system write what it would deliver."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

from data.simulator import (
    accidents,
    beds,
    complaints,
    inspectors,
    money,
    orders,
    people,
    providers,
    register,
    staff,
    supervision,
    systems,
)
from data.simulator.world import World
from data.simulator.writers import SqlSink
from etl.light import without_pandas

VERSION = "6"
SQL_MODULES = ("registry", "assessment", "provider", "bed", "order", "inspection")
MODULES = (*SQL_MODULES, "caregiver", "complaint", "subsidy")
Progress = Callable[[str, int, int], None]


@dataclass
class Summary:
    """What a simulation wrote: rows by module, where, how long it took; ``fresh`` is False when an equal one was already there."""

    sources: Path
    months: list[str]
    scale: float
    seed: int
    rows: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0
    fresh: bool = True


def _quiet(step: str, done: int, total: int) -> None:
    """Progress that nobody watches."""


def simulate(
    region_path: Path,
    out: Path,
    truth: Path,
    *,
    months: int = 24,
    end: str | None = None,
    scale: float = 1.0,
    seed: int = 20261,
    urls: dict[str, str] | None = None,
    only: Collection[str] | None = None,
    progress: Progress | None = None,
) -> Summary:
    """Write all outside systems of the region into ``out`` and what was planted into ``truth``.

    ``end`` (``YYYY-MM``) is the last month, by default last month by today; ``urls`` puts SQL modules behind SQLAlchemy URLs instead of
    SQLite files; ``only`` names the modules to write (all by default; what one writes does not depend on the others); ``progress(step, done, total)`` is
    told of the steps.  Returns at once when an equal simulation is already there.
    ValueError when the wish cannot be fulfilled.
    """
    if months < 1 or scale <= 0:
        raise ValueError("模拟的月数须不少于 1，规模须大于 0。")
    if unknown := sorted(set(only or ()) - {*MODULES, *systems.names()}):
        raise ValueError(f"没有可模拟的模块：{'、'.join(unknown)}。")
    report = progress or _quiet
    last = end or (date.today().replace(day=1) - timedelta(days=1)).strftime("%Y-%m")  # noqa: DTZ011 - the district's own calendar
    without_pandas()
    out, truth = Path(out), Path(truth)
    manifest = out / "manifest.json"
    world = World.build(Path(region_path), months=months, end=last, scale=scale, seed=seed)
    wish = {
        "version": VERSION,
        "systems": systems.names(),
        "region": world.region.code,
        "seed": seed,
        "months": months,
        "scale": scale,
        "end": last,
        "urls": sorted(urls or {}),
        "only": None if only is None else sorted(only),
    }
    if manifest.is_file():
        before = json.loads(manifest.read_text(encoding="utf-8"))
        if {k: before.get(k) for k in wish} == wish and not urls:
            return Summary(out, world.months, scale, seed, before.get("rows", {}), 0.0, fresh=False)
        manifest.unlink()
    started = time.monotonic()
    summary = Summary(out, world.months, scale, seed)
    out.mkdir(parents=True, exist_ok=True)
    _write(world, out, urls or {}, {*MODULES, *systems.names()} if only is None else set(only), summary, report)
    world.truth.write(truth)
    summary.seconds = round(time.monotonic() - started, 2)
    manifest.write_text(json.dumps(wish | {"rows": summary.rows}, ensure_ascii=False, indent=1), encoding="utf-8")
    return summary


def _write(world: World, out: Path, urls: dict[str, str], wanted: set[str], summary: Summary, report: Progress) -> None:
    """Every system that is wanted in turn."""
    total = 10 + (len(world.months) if "order" in wanted else 0)
    done = 0

    def step(name: str) -> None:
        nonlocal done
        done += 1
        report(name, done, total)

    def sink(module: str) -> SqlSink:
        return SqlSink(urls.get(module), out / f"{module}.sqlite")

    elders = people.settle(world)
    firms = providers.found(world)
    team = staff.hire(world, firms)
    housing = beds.settle(world, elders, firms)
    misfortune = accidents.happen(world, elders, firms, housing.stays)
    step("人口与单位")
    # The further systems depend on the settled district alone: other processes write them while this one goes on.
    others = systems.start(systems.Stage(world, elders, firms, team, misfortune, out, urls), wanted)
    for module, write in (
        ("registry", lambda s: people.write_registry(world, elders, s)),
        ("assessment", lambda s: people.write_assessments(world, elders, s)),
        ("provider", lambda s: register.write_providers(world, firms, s)),
        ("bed", lambda s: beds.write_beds(world, elders, firms, housing, s)),
        ("inspection", lambda s: supervision.write_supervision(world, firms, s)),
    ):
        if module in wanted:
            target = sink(module)
            summary.rows[module] = write(target)
            target.close()
        step(module)
    people.expect_elders(world, elders)
    inspectors.write_inspectors(world, firms, out / "检查人员名录.csv")
    for module, deliver in (
        ("caregiver", lambda: staff.write_workbook(world, firms, team, out / "caregiver" / "护理员台账.xlsx")),
        ("complaint", lambda: complaints.write_complaints(world, firms, misfortune, out / "complaint" / "12345工单.xlsx")),
        ("subsidy", lambda: money.write_money(world, elders, firms, team, out / "subsidy")),
    ):
        if module in wanted:
            summary.rows[module] = deliver()
        step(module)
    if "order" in wanted:
        target = sink("order")
        summary.rows["order"] = orders.write_orders(
            world, elders, firms, team, target, lambda month: step(f"order {world.months[month]}")
        )
        target.close()
    summary.rows |= others.finish()
    step("其他系统")
    world.truth.expected["providers"] = {"latent": providers.describe(firms, world)}


__all__ = ["MODULES", "SQL_MODULES", "Summary", "simulate"]
