"""Micro-batches: a run every few minutes that reads what is new, and one run a night that compares all keys.

One after another in one process: a run that takes longer than the pause delays the next and never meets it.  Another process's run makes this
one wait for the next turn.  SIGTERM and SIGINT end the wait at once; a run under way is finished first.
"""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from datetime import time as hour
from types import FrameType

from etl import clock
from etl.backoff import Rests
from etl.paths import Layout
from etl.reading import Depth
from etl.region import Region
from etl.run import Line, RunResult, run

NIGHT = hour(2, 30)
Told = Callable[[Depth, RunResult], None]


@dataclass
class Watch:
    """The loop. ``every``: seconds from the start of one run to the start of the next; ``told`` hears of each run as it ends."""

    region: Region
    layout: Layout
    every: float
    told: Told
    line: Line = field(default_factory=Line.declared)
    night: hour = NIGHT
    now: Callable[[], datetime] = clock.now
    stop: threading.Event = field(default_factory=threading.Event)
    rests: Rests = field(default_factory=Rests)

    def go(self, turns: int | None = None) -> int:
        """Run until stopped (or for ``turns`` runs); the number of runs made."""
        made, nightly = 0, self._last_night()
        while not self.stop.is_set() and (turns is None or made < turns):
            began = time.monotonic()
            due = self._last_night()
            depth: Depth = "keys" if due > nightly else "quick"
            result = run(self.region, self.layout, line=self.line, depth=depth, rests=self.rests)
            if depth == "keys" and not result.busy:
                nightly = due
            made += 1
            self.told(depth, result)
            self.stop.wait(max(0.0, self.every - (time.monotonic() - began)))
        return made

    def _last_night(self) -> datetime:
        """When the nightly run was last due."""
        now = self.now()
        tonight = datetime.combine(now.date(), self.night)
        return tonight if now >= tonight else tonight - timedelta(days=1)


@contextmanager
def ends_on_signals(stop: threading.Event) -> Iterator[None]:
    """Set ``stop`` on SIGTERM and SIGINT within the block; what was there before is restored."""

    def ask(number: int, frame: FrameType | None) -> None:
        stop.set()

    before = {s: signal.signal(s, ask) for s in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
