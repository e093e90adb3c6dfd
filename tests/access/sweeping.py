"""The set-up of the sweeps: one application with a ledger of its own, a reader for each role, and what their pages link to."""

from __future__ import annotations

import random
import sqlite3
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.parse import parse_qsl

import dash
import pytest

from dashboard.access.scope import ROLES
from dashboard.app import create_app
from dashboard.settings import Settings
from tests.access.conftest import log_in
from tests.access.sweep import Reader, Request, Sweep, as_view, crawl, forged, misused, posted, reader_of, routes
from tests.access.traces import Traces, lay
from tests.support import tiny
from tests.support.once import once

CRAWLED = 200
FIELDS = (
    "decision",
    "reason",
    "next",
    "purpose",
    "id",
    "step",
    "role",
    "area",
    "username",
    "password",
    "month",
    "document",
    "note",
    "code",
    "version",
)


@dataclass
class Ground:
    """Everything a sweep needs; ``recorded`` holds what every role's own pages lead to."""

    app: dash.Dash
    sweep: Sweep
    readers: dict[str, Reader]
    recorded: dict[str, set[Request]]

    @property
    def addresses(self) -> list[Request]:
        return sorted(set().union(*self.recorded.values()))

    @property
    def values(self) -> list[str]:
        """Areas, months, providers, records and tables that some role's pages name."""
        named = {v for r in self.addresses for _, v in parse_qsl(r.query)}
        return sorted(named | {r.path.rpartition("/")[2] for r in self.addresses if r.path.count("/") > 1})


def ground(factory: pytest.TempPathFactory) -> Ground:
    """An application over the shared snapshot; the crawl is done once for all workers."""
    var, traces = once(factory, "sweep-snapshot", _snapshot)
    settings = Settings(var=var, profile="demo", ledger_url=f"sqlite:///{factory.mktemp('sweep') / 'ledger.sqlite'}")
    app = create_app(settings)
    sweep = Sweep(app, traces)
    readers = {}
    with sqlite3.connect(str(settings.ledger_url).removeprefix("sqlite:///")) as con:
        areas = dict(con.execute("select username, area_code from account").fetchall())
    for role in ROLES.values():
        again = partial(log_in, app, role.code)
        readers[role.code] = reader_of(role, areas[role.code], again, traces)
    recorded = once(
        factory, "sweep-recorded", lambda _: {name: crawl(sweep, reader, CRAWLED) for name, reader in readers.items()}
    )
    return Ground(app, sweep, readers, recorded)


def _snapshot(var: Path) -> tuple[Path, Traces]:
    settings = Settings(var=var, profile="demo", secret_key=None, ledger_url=None)
    return var, lay(tiny.build(settings.layout))


def carry_out(held: Ground, role: str, seed: int) -> None:
    """Everything that was recorded, forged and misused, as one role."""
    rng, reader, values = random.Random(seed), held.readers[role], held.values
    addresses = held.addresses
    foreign = [r for name, found in sorted(held.recorded.items()) if name != role for r in sorted(found)]
    for request in rng.sample(foreign, min(900, len(foreign))):
        held.sweep.ask(reader, as_view(held.app, request.path, request.query))
    for request in rng.sample(foreign, min(60, len(foreign))):
        held.sweep.ask(reader, request)
    for request in forged(addresses * 3, rng, values):
        held.sweep.ask(reader, as_view(held.app, request.path, request.query))
    for request in misused(held.app, rng, 250):
        held.sweep.ask(reader, request)
    for request in routes(held.app, rng, values, 30):
        held.sweep.ask(reader, request)
    for request in posted(held.app, rng, values, 40, FIELDS):
        held.sweep.ask(reader, request)
