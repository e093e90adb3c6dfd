"""The line at work beside a crowd: in a process and a folder of its own, on the same cores and disk."""

from __future__ import annotations

import json
import subprocess
import threading
from pathlib import Path
from typing import Any

from bench.line import yiguan
from bench.night import BATCH, new_orders
from etl.paths import DEFAULT_REGION, Layout

EVERY = 15
"""Seconds from the start of one micro-batch to the start of the next."""


class beside:  # noqa: N801  # used like the function it could be
    """The line's full run (``yiguan etl run --full``), begun with the block and ended with it."""

    def __init__(self, var: Path) -> None:
        self._command = yiguan(var, "etl", "run", "--full", "--json")

    def __enter__(self) -> None:
        self._run = subprocess.Popen(self._command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def __exit__(self, *_: object) -> None:
        print(f"   (the line was {'still running' if self._run.poll() is None else f'done, exit code {self._run.returncode}'})")
        self._run.terminate()
        self._run.wait()


class watching:  # noqa: N801
    """``yiguan etl watch`` while the block runs, with a thousand new orders for every turn; what it failed to publish is a fault."""

    def __init__(self, var: Path, failed: list[str]) -> None:
        self._layout, self._failed = Layout(var, DEFAULT_REGION.name), failed
        self._turns: list[dict[str, Any]] = []
        self._threads = [threading.Thread(target=work, daemon=True) for work in (self._listen, self._feed)]
        self._stop = threading.Event()

    def __enter__(self) -> None:
        command = yiguan(self._layout.var, "etl", "watch", "--every", str(EVERY), "--json")
        self._watch = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        for thread in self._threads:
            thread.start()

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._watch.terminate()  # a turn under way is finished first
        self._watch.wait()
        for thread in self._threads:
            thread.join()
        published = [turn for turn in self._turns if turn["published"]]
        longest = max((turn["seconds"] for turn in published), default=0.0)
        print(f"   (the watch took {len(self._turns)} turns and published {len(published)} times, at most {longest:.1f} s after a turn began)")
        if not published:
            self._failed.append(f"the watch published nothing: {[turn['message'] for turn in self._turns]}")
        self._failed += [f"the watch: {turn['message']}" for turn in self._turns if turn["exit_code"] == 1]

    def _listen(self) -> None:
        for line in self._watch.stdout or ():
            self._turns.append(json.loads(line))

    def _feed(self) -> None:
        while True:
            new_orders(self._layout, BATCH)
            if self._stop.wait(EVERY):
                return
