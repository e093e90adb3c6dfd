"""Fifty million orders: what an order costs in a district many times the size, beside what it costs in the district itself.

Only the modules that an order leans on are simulated and loaded, in both sizes alike. The many come from ten years of a district some eight times
the size: the simulator holds a month in memory, and so bounds what it needs; how the orders are spread over months and elders is nothing to the line.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from pathlib import Path

from bench.line import yiguan
from bench.measure import Used, command
from etl.paths import DEFAULT_REGION, Layout

PLAYED = ("registry", "provider", "caregiver", "order")
MODULES = ("area", *PLAYED)


@dataclass(frozen=True)
class Size:
    """One size: how many orders lay in the source, and what the load of :data:`MODULES` used."""

    orders: int
    used: Used

    @property
    def cpu_us(self) -> float:
        """Microseconds of processor an order."""
        return self.used.cpu / self.orders * 1e6

    @property
    def wall_us(self) -> float:
        """Microseconds of wall clock an order."""
        return self.used.wall / self.orders * 1e6


def measure(var: Path, scale: float, months: int = 24) -> Size:
    """Simulate a district of ``scale`` over ``months`` below ``var`` (left as it is where it lies there already) and load it."""
    layout = Layout(var, DEFAULT_REGION.name)
    command(yiguan(var, "simulate", "--scale", str(scale), "--months", str(months), *(word for module in PLAYED for word in ("--only", module))))
    with sqlite3.connect(layout.sources / "order.sqlite") as con:
        orders = int(con.execute("select count(*) from FWDD").fetchone()[0])
    chosen = [word for module in MODULES for word in ("--only", module)]
    return Size(orders, command(yiguan(var, "etl", "run", "--json", *chosen)))
