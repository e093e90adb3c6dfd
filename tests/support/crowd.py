"""A crowd in front of the running application: sessions opened in the ledger, and browsers' requests over plain sockets.

Sessions are written as the product writes them after a login (``Sessions.begin``), without the password check before it: that takes a fifth of a
processor second on purpose, so two thousand of them are seven minutes of two cores, and are what the gate of logins is for. What is rehearsed here
is two thousand people who are logged in and look at pages.
"""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlencode

from sqlalchemy import select

from dashboard import ledger
from dashboard.access.sessions import Sessions
from dashboard.ledger import Account
from dashboard.settings import Settings

T = TypeVar("T")
CALLBACK = "/_dash-update-component"
COOKIE = "yiguan"


def awaited(doing: Coroutine[Any, Any, T]) -> T:
    """What comes of ``doing``, run in a thread of its own: a browser that other tests drive in this one has a loop running in it."""
    with ThreadPoolExecutor(1) as aside:
        return aside.submit(asyncio.run, doing).result()


def opened(settings: Settings, number: int, usernames: Sequence[str]) -> list[tuple[str, str]]:
    """``number`` sessions in the ledger of ``settings``, account after account: (username, token). The accounts have to be there."""
    book = ledger.open(settings.ledger, settings.seals())
    sessions = Sessions(book, settings.key(), settings.session_idle_minutes, settings.session_hours, settings.password_age)
    try:
        with book.write() as session:
            ids = {row.username: row.id for row in session.execute(select(Account.username, Account.id).where(Account.username.in_(usernames)))}
            names = [usernames[i % len(usernames)] for i in range(number)]
            return [(name, sessions.begin(session, ids[name], "127.0.0.1", "crowd")) for name in names]
    finally:
        book.close()


@dataclass(frozen=True)
class Ask:
    """What is asked for: a page (GET), a view (the callback behind it), or a form sent (``form``)."""

    path: str
    query: tuple[tuple[str, str], ...] = ()
    page: bool = False
    form: tuple[tuple[str, str], ...] | None = None

    @property
    def search(self) -> str:
        """The query as it stands in the address."""
        return f"?{urlencode(self.query)}" if self.query else ""

    def body(self, output: str) -> bytes:
        """The JSON that the page's script sends for a view."""
        names = [name.rsplit(".", 1) for name in output[2:-2].split("...")]
        return json.dumps(
            {
                "output": output, "outputs": [{"id": i, "property": p} for i, p in names], "changedPropIds": ["url.pathname", "url.search"], "state": [],
                "inputs": [{"id": "url", "property": "pathname", "value": self.path}, {"id": "url", "property": "search", "value": self.search}],
            }
        ).encode()  # fmt: skip

    def request(self, host: str, token: str, output: str, encoding: str = "br") -> bytes:
        """The bytes on the wire."""
        own = f"Origin: http://{host}\r\nSec-Fetch-Site: same-origin\r\n"
        if self.form is not None:
            method, address, body, kind = "POST", self.path + self.search, urlencode(self.form).encode(), "application/x-www-form-urlencoded"
        elif self.page:
            method, address, body, kind = "GET", self.path + self.search, b"", "text/plain"
        else:
            method, address, body, kind = "POST", CALLBACK, self.body(output), "application/json"
        sent = f"Content-Type: {kind}\r\nContent-Length: {len(body)}\r\n" if method == "POST" else ""
        accept = f"Accept-Encoding: {encoding}\r\n" if encoding else ""
        cookie = f"Cookie: {COOKIE}={token}\r\n" if token else ""
        return f"{method} {address} HTTP/1.1\r\nHost: {host}\r\nAccept: text/html\r\n{own}{cookie}{accept}{sent}\r\n".encode() + body


@dataclass(frozen=True)
class Told:
    """An answer: status (0 where the connection ended without one, and the body says how), headers in lower case, body as sent, and when it was asked for and complete."""

    status: int
    headers: dict[str, str]
    body: bytes
    asked: float
    done: float

    @property
    def seconds(self) -> float:
        """How long the client waited."""
        return self.done - self.asked


class Browser:
    """One kept connection. A connection that the server has closed while it lay idle is opened anew, as browsers do."""

    def __init__(self, host: str, port: int) -> None:
        self._host, self._port = host, port
        self._stream: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, sent: bytes, patience: float = 120) -> Told:
        """Send a request and read its answer to the end."""
        asked = time.monotonic()
        kept, why = self._stream is not None, b""
        for _ in range(2):
            try:
                async with asyncio.timeout(patience):
                    if self._stream is None:
                        self._stream = await asyncio.open_connection(self._host, self._port, limit=1 << 20)
                    self._stream[1].write(sent)
                    status, headers, body = await _answer(self._stream[0])
                if headers.get("connection", "").lower() == "close":
                    self.leave()
                return Told(status, headers, body, asked, time.monotonic())
            except (OSError, asyncio.IncompleteReadError, TimeoutError) as error:
                self.leave()
                why = repr(error).encode()
                if not kept:
                    break
                kept = False
        return Told(0, {}, why, asked, time.monotonic())

    def leave(self) -> None:
        """Hang up."""
        if self._stream is not None:
            self._stream[1].close()
            self._stream = None


async def _answer(stream: asyncio.StreamReader) -> tuple[int, dict[str, str], bytes]:
    lines = (await stream.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:] if line)}
    if headers.get("transfer-encoding") == "chunked":
        parts = []
        while size := int((await stream.readuntil(b"\r\n")).split(b";")[0], 16):
            parts.append(await stream.readexactly(size))
            await stream.readexactly(2)
        await stream.readuntil(b"\r\n")
        return int(lines[0][9:12]), headers, b"".join(parts)
    return int(lines[0][9:12]), headers, await stream.readexactly(int(headers.get("content-length", "0")))


@dataclass(frozen=True)
class Weight:
    """What a process holds at a moment: megabytes of memory, open files, threads, files that are open but deleted, snapshots that are open."""

    mb: float
    files: int
    threads: int
    deleted: int
    snapshots: int


def weigh(pid: int) -> Weight:
    """The operating system's account of a process."""
    status = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines())
    held = []
    for link in Path(f"/proc/{pid}/fd").iterdir():
        try:
            held.append(os.readlink(link))  # noqa: PTH115  # a deleted file has no path to resolve
        except OSError:
            continue
    files = [name for name in held if ".duckdb" in name]
    return Weight(int(status["VmRSS"].split()[0]) / 1024, len(held), int(status["Threads"]), sum("(deleted)" in f for f in files), len(files))


def children(pid: int) -> list[int]:
    """The processes that a process has started."""
    return [int(p) for p in Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()]
