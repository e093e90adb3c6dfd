"""Every address and every callback as every role: what one role's pages link to is asked for by all others, then with forged arguments.

``crawl`` follows the links of a role's own pages, as its browser would; ``forged`` changes one argument at a time.  ``Sweep.ask`` sends
a request and writes down whatever its reader must not see.
"""

from __future__ import annotations

import json
import random
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, quote, unquote_plus, urlencode, urlsplit

import dash
from flask.testing import FlaskClient

from dashboard.access.scope import Role
from tests.access.conftest import OWN, URL
from tests.access.traces import Traces, plain, words

LINK = re.compile(r'(?:href|action)="(/[^"]*)|"(?:href|action)":\s*"(/[^"]*)"')
NONSENSE = (
    "", "0", "-1", "x", "null", "NaN", "%00", "' or '1'='1", "';drop table figure;--", "\") or 1=1 --", "330105%", "3301050000000000000", "330105003000 ",
    "２０２６－１０", "2026-13", "../../etc/passwd", "{{7*7}}", "<script>alert(1)</script>", "\ud7ff", "9" * 40, "𠀀", "a=b&c", "caregiver_month",
    "1e309", "[]", "figure/*", "union select 1",
)  # fmt: skip
FAILED = b'"page plain unmapped failed"'
"""The class of the page that stands in for a view that could not be drawn."""
TYPES: tuple[Any, ...] = (
    None,
    True,
    0,
    -1,
    1.5,
    [],
    {},
    [None],
    {"a": 1},
    "x" * 3000,
    ["/"],
    {"pathname": "/"},
    "\u0000",
    10**30,
)


@dataclass(frozen=True, order=True)
class Request:
    """``post`` is a JSON body or a form; a request without one is a GET."""

    path: str
    query: str = ""
    body: str = ""
    form: bool = False

    @property
    def address(self) -> str:
        return self.path + (f"?{self.query}" if self.query else "")


@dataclass
class Reader:
    """One role at work: who it is, where it may look, what it must not see."""

    role: str
    area: str
    log_in: Callable[[], FlaskClient]
    client: FlaskClient
    forbidden: frozenset[str]


@dataclass
class Sweep:
    """Sends requests and keeps the count and the findings."""

    app: dash.Dash
    traces: Traces
    sent: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    leaks: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)

    def ask(self, reader: Reader, request: Request) -> bytes:
        """The answer's body; a status of 500 and up, a traceback or a foreign word is written down."""
        if request.body or request.form:
            kind = "application/x-www-form-urlencoded" if request.form else "application/json"
            answer = reader.client.post(request.address, data=request.body, content_type=kind, headers=OWN)
        else:
            answer = reader.client.get(request.address, headers=OWN)
        self.sent += 1
        self.kinds[f"{answer.status_code}"] += 1
        content = answer.data
        if answer.status_code == 401:  # it ended its own session with one of its forms
            reader.client = reader.log_in()
        if answer.status_code >= 500 or b"Traceback (most recent" in content or FAILED in content:
            self.broken.append(f"{reader.role} {answer.status_code} {request}")
        own = words(unquote_plus(request.address).encode("utf-8", "replace")) | words(request.body.encode("utf-8", "replace"))
        # an answer may repeat what was asked
        found = (words(content) & reader.forbidden) - own
        if found:
            self.leaks.append(f"{reader.role}@{reader.area} {request}: {sorted(found)[:5]}")
        return content


def view_of(app: dash.Dash) -> str:
    """The name of the view callback."""
    return next(o for o, c in app.callback_map.items() if {d["property"] for d in c["inputs"]} == {"pathname", "search"})


def as_view(app: dash.Dash, path: str, query: str) -> Request:
    """The callback that the browser sends for an address."""
    output = view_of(app)
    values = {"pathname": path, "search": f"?{query}" if query else ""}
    inputs = [{**d, "value": values[d["property"]]} for d in app.callback_map[output]["inputs"]]
    return Request(URL, body=json.dumps({"output": output, "inputs": inputs, "changedPropIds": ["url.search"]}))


def crawl(sweep: Sweep, reader: Reader, most: int) -> set[Request]:
    """The addresses that a role's own pages lead to, breadth first and evenly by page: at most ``most``."""
    start = Request("/")
    seen, waiting, by_shape = {start}, [start], Counter[tuple[str, ...]]()
    for request in waiting:
        is_file = request.path.startswith(("/export/", "/report.", "/contract/"))
        sent = request if is_file or request == start else as_view(sweep.app, request.path, request.query)
        for found in LINK.finditer(plain(sweep.ask(reader, sent))):
            parts = urlsplit((found[1] or found[2]).replace("&amp;", "&"))
            if parts.path.startswith(("/assets", "/_dash", "/logout")) or (
                parts.path.startswith("/report.") and reader.area.endswith("0000")
            ):
                continue  # a district's report takes seconds, and holds nothing that a district's reader may not see
            link = Request(parts.path, parts.query)
            shape = (
                parts.path if "/providers/" not in parts.path else "/providers/*",
                *sorted(k for k, _ in parse_qsl(parts.query)),
            )
            if link not in seen and by_shape[shape] < (2 if link.path.startswith("/export/") else 14) and len(seen) < most:
                by_shape[shape] += 1
                seen.add(link)
                waiting.append(link)
    return seen


def forged(requests: Iterable[Request], rng: random.Random, values: list[str]) -> Iterator[Request]:
    """One argument of each request replaced, or one added, by something of ``values`` or by nonsense; and the id in the path."""
    keys = sorted({k for r in requests for k, _ in parse_qsl(r.query)})
    for request in requests:
        pairs = dict(parse_qsl(request.query))
        key = rng.choice(keys)
        pairs[key] = rng.choice(values) if rng.random() < 0.5 else rng.choice(NONSENSE)
        yield Request(request.path, urlencode(pairs, errors="surrogatepass"))
        if request.path.count("/") > 1:
            head, _, _ = request.path.rpartition("/")
            yield Request(f"{head}/{quote(rng.choice(values + list(NONSENSE)), safe='', errors='surrogatepass')}", request.query)


def misused(app: dash.Dash, rng: random.Random, rounds: int) -> Iterator[Request]:
    """Every callback with every argument of a wrong type, and with bodies that are no callback's."""
    for output, callback in sorted(app.callback_map.items()):
        for _ in range(rounds):
            slots = {}
            for kind in ("inputs", "state"):
                slots[kind] = [{**d, "value": rng.choice(TYPES)} for d in callback.get(kind, [])]
            body = {"output": output, "changedPropIds": [rng.choice(("url.search", "", "x.y", 3))], **slots}
            if rng.random() < 0.3:
                body[rng.choice(("output", "outputs", "inputs", "state", "changedPropIds"))] = rng.choice(TYPES)
            yield Request(URL, body=json.dumps(body))
    for text in ("", "[]", "null", "{", '{"output": 1}', "\ufeff{}", "[" * 5000, '"' * 99):
        yield Request(URL, body=text)


def posted(app: dash.Dash, rng: random.Random, values: list[str], rounds: int, fields: tuple[str, ...]) -> Iterator[Request]:
    """Every route that takes a form, with forged ids and fields."""
    for rule in sorted(app.server.url_map.iter_rules(), key=lambda r: r.rule):
        if "POST" not in (rule.methods or ()) or rule.rule.startswith(("/_dash", "/logout", "/login")):
            continue
        for _ in range(rounds):
            path = re.sub(
                r"<[^>]+>",
                lambda _m: quote(rng.choice(values + list(NONSENSE)), safe="", errors="surrogatepass") or "x",
                rule.rule,
            )
            given = {f: rng.choice(values + list(NONSENSE)) for f in fields if rng.random() < 0.6}
            yield Request(path, body=urlencode(given, errors="surrogatepass"), form=True)


def routes(app: dash.Dash, rng: random.Random, values: list[str], rounds: int) -> Iterator[Request]:
    """Every route that answers GET, with ids of every kind in its path."""
    for rule in sorted(app.server.url_map.iter_rules(), key=lambda r: r.rule):
        if "GET" not in (rule.methods or ()) or rule.rule.startswith(("/_dash-component-suites", "/logout")):
            continue
        for _ in range(rounds if "<" in rule.rule else 1):
            path = re.sub(r"<int:[^>]+>", lambda _m: str(rng.choice((0, 2, 3, 99, 10**20))), rule.rule)
            path = re.sub(
                r"<[^>]+>", lambda _m: quote(rng.choice(values + list(NONSENSE)), safe="", errors="surrogatepass") or "x", path
            )
            query = urlencode(
                {k: rng.choice(values) for k in ("area", "month", "rows", "provider", "table") if rng.random() < 0.5}
            )
            yield Request(path, query)


def reader_of(role: Role, area: str, log_in: Callable[[], FlaskClient], traces: Traces) -> Reader:
    """A role's reader: foreign places and clear-text secrets are forbidden to all, persons to those without rows, all else to the rest.

    The auditor reads of which record something was done, by its number, but never a name.
    """
    forbidden = traces.foreign(area) | traces.secret
    if "audit" in role.rights:
        forbidden = traces.secret | traces.names
    else:
        forbidden |= frozenset() if "rows" in role.rights else traces.people
        forbidden |= frozenset() if "figures" in role.rights else frozenset(traces.places)
    return Reader(role.code, area, log_in, log_in(), forbidden)


__all__ = ["Reader", "Request", "Sweep", "as_view", "crawl", "forged", "misused", "posted", "reader_of", "routes"]
