"""A crowd before the application as it is shipped, while new snapshots are published again and again.

Every answer is either complete and of one snapshot that was in force while it was asked for, or a 503 that says so; anything else is a fault.
"""

from __future__ import annotations

import asyncio
import random
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from dashboard.settings import Settings
from dashboard.warehouse.snapshot import PATIENCE
from tests.load import editions
from tests.load.editions import Press
from tests.support.crowd import Ask, Browser, Told, Weight, awaited, children, opened, weigh
from tests.support.published import reader
from tests.support.serving import running

ACCOUNTS = ("leader", "staff", "street", "finance")
NUMBER = 3
PERCENTILES = (0.5, 0.95, 0.99)
LAG = PATIENCE + 1
"""So long after its publication an answer may still be of the former snapshot."""


REPORTS = (Ask("/report.xlsx", form=(("purpose", "meeting"),)), Ask("/report.docx", form=(("purpose", "meeting"),)))
PDF = Ask("/report.pdf", form=(("purpose", "meeting"),))


def asks(months: Sequence[str]) -> list[Ask]:
    """What people look at: pages as they are first sent, and the views behind them."""
    months = months[-2:]
    views = [Ask(path, (("month", month),)) for path in ("/", "/caregivers", "/providers") for month in months]
    return [Ask("/", page=True), Ask("/"), Ask("/caregivers", page=True), *views]


REPORTED = [(account, REPORTS[0]) for account in ACCOUNTS] + [("leader", REPORTS[1])]
"""Who asks for which report, besides PDF, which cannot be read back."""


@dataclass
class Found:
    """What the crowd was answered."""

    statuses: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    during: list[float] = field(default_factory=list)
    weights: list[list[Weight]] = field(default_factory=list)
    published: int = 0
    took: float = 0.0

    @property
    def waited(self) -> str:
        """What clients waited for complete answers, in words: of all, and of those about the time of a publication."""
        told = []
        for what, times in (("all", sorted(self.seconds)), ("while publishing", sorted(self.during))):
            if times:
                told.append(f"{what} " + ", ".join(f"p{q * 100:.0f} {times[min(len(times) - 1, int(q * len(times)))]:.2f} s" for q in PERCENTILES))
        return "; ".join(told)

    def fault(self, what: str) -> None:
        """Note what must not be; the first few are told in full."""
        self.statuses["fault"] += 1
        if len(self.faults) < 10:
            self.faults.append(what)


@dataclass
class Stage:
    """The running application and what it must answer."""

    settings: Settings
    host: str
    port: int
    pid: int
    press: Press
    output: str
    wanted: dict[tuple[str, Ask], list[bytes]]
    asks: list[Ask]

    def judge(self, account: str, ask: Ask, told: Told, found: Found) -> None:
        """Whether an answer may be as it is."""
        if told.status == 503:
            found.statuses["503"] += 1
            if "retry-after" not in told.headers or "再试" not in told.body.decode(errors="replace"):
                found.fault(f"503 without what to do: {told.headers} {told.body[:80]!r}")
            return
        if told.status != 200:
            found.fault(f"{ask.path}{ask.search}: status {told.status} after {told.seconds:.1f} s {told.body[:80]!r}")
            return
        bodies, shown = self.wanted[account, ask], editions.plain(ask, told.body)
        may_be = self.press.could_be(told.asked, told.done, LAG)
        if shown not in bodies:
            found.fault(f"{account} {ask}: an answer of no snapshot")
        elif bodies.index(shown) not in may_be:
            found.fault(f"{account} {ask}: snapshot {bodies.index(shown)}, in force were {sorted(may_be)}")
        else:
            found.statuses["200"] += 1
            found.seconds.append(told.seconds)
            if any(p.before - 0.2 <= told.done and told.asked <= p.after + 1.5 for p in self.press.log[1:]):
                found.during.append(told.seconds)

    async def visit(self, account: str, token: str, number: int, each: int, pause: float, found: Found) -> None:
        """One person: the page, then views one after the other with pauses between them."""
        browser, chance = Browser(self.host, self.port), random.Random(number)
        try:
            for turn in range(each):
                ask = self.asks[0] if turn == 0 else chance.choice(self.asks)
                told = await browser.ask(ask.request(f"{self.host}:{self.port}", token, self.output, "" if ask.page else "br"))
                self.judge(account, ask, told, found)
                if pause:
                    await asyncio.sleep(chance.uniform(0.5, 1.5) * pause)
        finally:
            browser.leave()

    async def crowd(self, sessions: Sequence[tuple[str, str]], within: float, each: int, pause: float, found: Found) -> None:
        """All sessions begin within so many seconds."""
        began = time.monotonic()

        async def one(number: int, account: str, token: str) -> None:
            await asyncio.sleep(max(0.0, began + within * number / len(sessions) - time.monotonic()))
            await self.visit(account, token, number, each, pause, found)

        await asyncio.gather(*(one(i, *session) for i, session in enumerate(sessions)))
        found.took = time.monotonic() - began

    async def paper(self, token: str, ask: Ask) -> Told:
        """One report, waited for to its end."""
        browser = Browser(self.host, self.port)
        told = await browser.ask(ask.request(f"{self.host}:{self.port}", token, self.output, ""), 200)
        browser.leave()
        return told

    def read(self, account: str, ask: Ask, told: Told, found: Found) -> None:
        """Whether a report may be as it is. Not while others are being waited for: reading a workbook back takes half a second."""
        if ask.path.endswith(".pdf") and told.status == 200:
            found.statuses["200"] += 1
            if not told.body.startswith(b"%PDF") or b"%%EOF" not in told.body[-64:]:
                found.fault("half a PDF")
        else:
            self.judge(account, ask, told, found)

    async def given_up(self, token: str, ask: Ask, after: float) -> None:
        """A report that somebody asks for and then hangs up."""
        _, writer = await asyncio.open_connection(self.host, self.port)
        writer.write(ask.request(f"{self.host}:{self.port}", token, self.output, ""))
        await writer.drain()
        await asyncio.sleep(after)
        writer.close()

    def weights(self) -> list[Weight]:
        """What each worker holds now."""
        return [weigh(pid) for pid in sorted(children(self.pid))]


class Publishing:
    """Publishes every so many seconds while the block runs."""

    def __init__(self, stage: Stage, every: float, found: Found) -> None:
        self._stage, self._every, self._found = stage, every, found
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._go, daemon=True)

    def _go(self) -> None:
        while not self._stop.wait(self._every):
            self._stage.press.publish()
            self._found.published += 1
            self._found.weights.append(self._stage.weights())

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()


class staged:  # noqa: N801  # used like the function it could be
    """The application over editions of a snapshot, started as shipped, with what it must answer."""

    def __init__(self, snapshot: Path, folder: Path, workers: int = 2, env: dict[str, str] | None = None) -> None:
        self._folder, self._workers, self._env = folder, workers, env
        self._files = editions.make(snapshot, folder / "editions", NUMBER)

    def __enter__(self) -> Stage:
        with reader(self._files[0]) as con:
            months = [m for (m,) in con.execute("select month from month where month <= (select latest_month from meta_snapshot) order by 1").fetchall()]
        wishes = asks(months)
        output, wanted = editions.expected(self._folder / "alone", self._files, [(a, ask) for a in ACCOUNTS for ask in wishes] + REPORTED)
        settings = Settings(var=self._folder / "live", profile="demo", secret_key=None, ledger_url=None)
        press = Press(settings.layout, self._files)
        press.publish()
        self._server = running(settings.var, self._workers, self._env)
        address, pid = self._server.__enter__()
        host, port = address.removeprefix("http://").split(":")
        return Stage(settings, host, int(port), pid, press, output, wanted, wishes)

    def __exit__(self, *what: object) -> None:
        self._server.__exit__(None, None, None)


def rehearse(stage: Stage, people: int, within: float, each: int, pause: float, every: float) -> Found:
    """``people`` sessions begin within so many seconds, look at ``each`` views, and a snapshot is published every so many seconds."""
    found = Found()
    sessions = opened(stage.settings, people, ACCOUNTS)
    with Publishing(stage, every, found):
        awaited(stage.crowd(sessions, within, each, pause, found))
    return found


def reports(stage: Stage, asked: Sequence[tuple[str, Ask]], lookers: int, each: int, every: float) -> tuple[Found, Found]:
    """Reports asked for at once, while others look at views and snapshots are published: what became of the reports, and of the views."""
    papers, views = Found(), Found()
    tokens = dict(opened(stage.settings, len(ACCOUNTS), ACCOUNTS))
    people = opened(stage.settings, lookers, ACCOUNTS)

    async def go() -> list[Told]:
        looking = asyncio.create_task(stage.crowd(people, 1, each, 0.3, views))
        made = await asyncio.gather(*(stage.paper(tokens[account], ask) for account, ask in asked))
        await looking
        return made

    with Publishing(stage, every, views):
        made = awaited(go())
    for (account, ask), told in zip(asked, made, strict=True):
        stage.read(account, ask, told, papers)
    return papers, views


__all__ = ["PDF", "REPORTED", "Found", "Publishing", "Stage", "rehearse", "reports", "staged"]
