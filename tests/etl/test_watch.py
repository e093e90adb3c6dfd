"""Micro-batches: what is new arrives turn by turn, once a night all keys are compared, a signal ends the loop after the run under way."""

from __future__ import annotations

import os
import signal
import threading
from datetime import datetime

from etl.watch import Watch, ends_on_signals
from tests.etl.conftest import Tiny, line


def test_turns_are_quick_but_for_the_first_after_the_hour_of_the_night(tiny: Tiny) -> None:
    told: list[tuple[str, bool]] = []
    moments = iter([datetime(2026, 11, 22, 2, 0)] * 2 + [datetime(2026, 11, 22, 3, 0)] * 2)
    watch = Watch(
        tiny.region, tiny.layout, 0, lambda depth, result: told.append((depth, result.published)), line=line(), now=lambda: next(moments)
    )
    assert watch.go(turns=3) == 3
    assert told == [("quick", True), ("keys", False), ("quick", False)]


def test_a_signal_ends_the_wait_and_the_former_handlers_come_back(tiny: Tiny) -> None:
    before = signal.getsignal(signal.SIGTERM)
    stop = threading.Event()
    watch = Watch(tiny.region, tiny.layout, 3600, lambda *_: os.kill(os.getpid(), signal.SIGTERM), line=line(), stop=stop)
    with ends_on_signals(stop):
        assert watch.go() == 1
    assert signal.getsignal(signal.SIGTERM) is before
