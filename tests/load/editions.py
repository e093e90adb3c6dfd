"""Snapshots that differ in every figure by a known factor, published one after the other as the line publishes them, and what each must answer."""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import orjson

from dashboard import format as fmt
from dashboard.access.demo import DEMO_PASSWORDS
from dashboard.app import create_app
from dashboard.settings import Settings
from etl import publish
from etl.indicators import catalogue
from etl.paths import Layout
from etl.retention import Keep
from tests.load.papers import words
from tests.support.crowd import CALLBACK, Ask
from tests.support.published import reader

OWN = {"Sec-Fetch-Site": "same-origin"}
ONCE = re.compile(rb'nonce="[^"]*"|"end_id":"[^"]*"')
"""What is different in every page on purpose."""
KEEP = 3
STEP = 0.03


@dataclass(frozen=True)
class Published:
    """An edition put in force: which one, when the pointer was about to be moved, and when it had been."""

    edition: int
    before: float
    after: float


def make(snapshot: Path, folder: Path, number: int) -> list[Path]:
    """``number`` copies of a snapshot in which every figure of areas and providers is multiplied by a factor of the edition's own."""
    folder.mkdir(parents=True, exist_ok=True)
    found = []
    for edition in range(number):
        path = folder / f"edition-{edition}.duckdb"
        shutil.copyfile(snapshot, path)
        with duckdb.connect(str(path)) as con:
            for table in ("figure", "provider_figure"):
                con.execute(f"update {table} set part = part * {1 - STEP * edition}")
            con.execute("checkpoint")
        found.append(path)
    return found


@dataclass
class Press:
    """Publishes editions in turn under ever new run ids, keeping ``KEEP`` files as the line does."""

    layout: Layout
    editions: Sequence[Path]
    log: list[Published] = field(default_factory=list)

    def publish(self) -> Published:
        """The next edition: a complete file under a new name, then the pointer."""
        edition = len(self.log) % len(self.editions)
        run_id = f"20261105T{len(self.log):06d}-load"
        target = self.layout.snapshots / f"{run_id}.duckdb"
        target.parent.mkdir(parents=True, exist_ok=True)
        draft = target.with_suffix(".duckdb.tmp")
        shutil.copyfile(self.editions[edition], draft)
        with duckdb.connect(str(draft)) as con:
            con.execute("update meta_snapshot set run_id = ?", [run_id])
        draft.replace(target)
        named = {"run_id": run_id, "file": target.name, "bytes": target.stat().st_size}
        before = time.monotonic()
        publish.point(self.layout, named)
        put = Published(edition, before, time.monotonic())
        self.log.append(put)
        publish._drop_old(self.layout, run_id, Keep(last=KEEP, days=0, months=0))
        return put

    def could_be(self, asked: float, done: float, lag: float) -> set[int]:
        """The editions that an answer may show: in force at some moment between ``lag`` before the question and the answer."""
        found = {p.edition for p in self.log if asked - lag <= p.after and p.before <= done}
        last = [p.edition for p in self.log if p.after < asked - lag]
        return found | set(last[-1:])


def expected(var: Path, editions: Sequence[Path], asked: Sequence[tuple[str, Ask]]) -> tuple[str, dict[tuple[str, Ask], list[bytes]]]:
    """The view callback's output, and what each account is answered to what it asks where one edition stands still: by edition, as bytes.

    The figures on each overview are compared with a plain query of the edition's file, so that the expectation itself is no mere echo.
    """
    found: dict[tuple[str, Ask], list[bytes]] = {key: [] for key in asked}
    accounts = list(dict.fromkeys(account for account, _ in asked))
    settings = Settings(var=var, profile="demo", secret_key=None, ledger_url=None)
    press = Press(settings.layout, editions)
    press.publish()
    app = create_app(settings)
    output = next(o for o, c in app.callback_map.items() if {d["property"] for d in c["inputs"]} == {"pathname", "search"})
    clients = {account: app.server.test_client() for account in accounts}
    for account, client in clients.items():
        client.post("/login", data={"username": account, "password": DEMO_PASSWORDS[account]}, headers=OWN)
    for file in editions:
        for (account, ask), bodies in found.items():
            if ask.form is not None:
                answer = clients[account].post(ask.path + ask.search, data=dict(ask.form), headers=OWN)
            elif ask.page:
                answer = clients[account].get(ask.path + ask.search, headers={**OWN, "Accept": "text/html"})
            else:
                answer = clients[account].post(CALLBACK, data=ask.body(output), content_type="application/json", headers={**OWN, "Accept-Encoding": "br"})
            if answer.status_code != 200:
                raise AssertionError(f"{ask}: {answer.status_code} {answer.text[:200]}")
            bodies.append(plain(ask, answer.data))
        _same_as_in_the_file(clients[accounts[0]], output, file)
        press.publish()
    for key, bodies in found.items():
        if len(set(bodies)) != len(editions):
            raise AssertionError(f"{key}: editions cannot be told apart")
    return output, found


def _same_as_in_the_file(client: Any, output: str, file: Path) -> None:
    """The overview's cards against part and whole as they stand in the file."""
    answer = client.post(CALLBACK, data=Ask("/").body(output), content_type="application/json", headers=OWN)
    cards = dict(_cards(orjson.loads(orjson.loads(answer.data)["response"]["strip"]["children"]["props"]["json"])))
    if len(cards) < 4:
        raise AssertionError(f"only {len(cards)} figures on the overview")
    with reader(file) as con:
        for code, shown in cards.items():
            ind = catalogue()[code]
            part, whole = con.execute(
                "select part, whole from figure where indicator = ? and level = 1 and month = (select latest_month from meta_snapshot)", [code]
            ).fetchone() or (None, None)
            value = part if whole is None else part / whole * ind.scale if whole else None
            wanted = fmt.fmt_value(ind, value)
            if shown != wanted:
                raise AssertionError(f"{code}: {shown} is shown, {wanted} stands in the file")


def _cards(node: Any, code: str = "") -> Iterator[tuple[str, str]]:
    """(indicator, figure with its unit) of the cards in a drawn strip."""
    if not isinstance(node, list):
        return
    props = node[1] if len(node) > 1 and isinstance(node[1], dict) else {}
    code = props.get("data-code", code)
    if props.get("className") == "v" and code:
        yield code, "".join(part[2] for part in node[2:] if isinstance(part, list))
        return
    for part in node:
        yield from _cards(part, code)


def plain(ask: Ask, body: bytes) -> bytes:
    """What has to be the same: a page without what is different in every answer, a report without what each copy says of itself."""
    if ask.form is not None:
        return words(body, ask.path.rpartition(".")[2]).encode()
    return ONCE.sub(b"", body) if ask.page else body
