"""The application under load: views uncached and cached with 16 clients on 2 workers, beside a bare application with the same look-ups;
server time of a view and of the pages of one provider; the first page in Chromium."""

from __future__ import annotations

import http.cookiejar
import json
import random
import time
import urllib.parse
import urllib.request
from itertools import product
from pathlib import Path
from typing import Any

from bench import bare
from bench.measure import Load, load, percentile

CLIENTS, WORKERS = 16, 2
SUBJECTS = ("/", "/caregivers", "/subsidies", "/providers", "/exits")
OF_ONE = {"detail": 400, "impact": 200, "compare": 200}
"""Pages about one provider (or two), and how many of all providers and months are asked for."""


class Visitor:
    """A logged-in reader who can write the requests that the pages' callback gets."""

    def __init__(self, address: str, username: str, password: str) -> None:
        self.address, self.host = address, address.removeprefix("http://")
        self.jar = http.cookiejar.CookieJar()
        opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.jar))
        form = urllib.parse.urlencode({"username": username, "password": password}).encode()
        opener.open(urllib.request.Request(f"{address}/login", form, {"Origin": address}), timeout=30).read()
        self.cookie = "; ".join(f"{c.name}={c.value}" for c in self.jar)
        told = json.loads(opener.open(f"{address}/_dash-dependencies", timeout=30).read())
        self.view = next(d for d in told if [i["property"] for i in d["inputs"]] == ["pathname", "search"] and not d.get("clientside_function"))

    def request(self, path: str, query: dict[str, str]) -> bytes:
        """The bytes of one call of the view callback for this address."""
        search = "?" + urllib.parse.urlencode(query) if query else ""
        output = self.view["output"]
        names = output[2:-2].split("...") if output.startswith("..") else [output]
        outputs = [dict(zip(("id", "property"), name.rsplit(".", 1), strict=True)) for name in names]
        body = json.dumps(
            {
                "output": output, "outputs": outputs if len(outputs) > 1 else outputs[0], "changedPropIds": ["url.pathname", "url.search"],
                "inputs": [{"id": "url", "property": "pathname", "value": path}, {"id": "url", "property": "search", "value": search}],
                "state": [],
            }
        ).encode()  # fmt: skip
        head = (
            f"POST /_dash-update-component HTTP/1.1\r\nHost: {self.host}\r\nOrigin: {self.address}\r\nSec-Fetch-Site: same-origin\r\n"
            f"Cookie: {self.cookie}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\nAccept-Encoding: br, gzip\r\n\r\n"
        )
        return head.encode() + body


def addresses(areas: list[str], months: list[str]) -> list[tuple[str, dict[str, str]]]:
    """Every subject in every area and month: enough different views that none is asked for twice in the uncached run."""
    return [(path, {"area": area, "month": month}) for month, area, path in product(months, areas, SUBJECTS)]


def run(address: str, username: str, password: str, areas: list[str], months: list[str], snapshot: Path, log: Path) -> dict[str, Any]:
    """Requests per second and percentiles in milliseconds."""
    host, port = address.removeprefix("http://").split(":")
    visitor = Visitor(address, username, password)
    places = addresses(areas, months)
    wanted = [visitor.request(path, query) for path, query in places]
    load(host, int(port), [visitor.request("/", {})], 4, 4)  # both workers have started and read their first view
    single = load(host, int(port), wanted[-200:], 1, 200)
    overview = [(wanted[n], query) for n, (path, query) in enumerate(places[:-200]) if path == "/"]
    beside = _beside(host, int(port), overview, snapshot, log)
    rest = [wanted[n] for n, (path, _) in enumerate(places[:-200]) if path != "/"]
    uncached = load(host, int(port), rest, CLIENTS, len(rest) // CLIENTS)
    few = wanted[:40]
    load(host, int(port), few, 2, 200)
    cached = load(host, int(port), few, CLIENTS, 1500)
    for part in (single, uncached, cached, *beside):
        if set(part.statuses) != {200}:
            raise RuntimeError(f"answers other than 200: {part.statuses}")
    return {"single": told(single), "uncached": told(uncached), "cached": told(cached), "views": len(wanted),
            "overview": told(beside[0]), "bare": told(beside[1])}  # fmt: skip


def _beside(host: str, port: int, overview: list[tuple[bytes, dict[str, str]]], snapshot: Path, log: Path) -> tuple[Load, Load]:
    """The overview in every area and month, uncached: by our application and by the bare one, taking turns."""
    from dashboard.views.page import find
    from tests.support.servers import free_port

    found = find("/")
    assert found is not None
    codes, ours, plain = list(found[0].layout.strip), Load(), Load()
    spare, ready = free_port(), urllib.parse.urlencode(overview[0][1])
    with bare.serving(snapshot, codes, WORKERS, spare, log, ready):
        asked = [f"GET /?{urllib.parse.urlencode(q)} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode() for _, q in overview]
        turns = 3
        share = len(overview) // turns
        for turn in range(turns):
            part = slice(turn * share, (turn + 1) * share)
            _add(ours, load(host, port, [body for body, _ in overview[part]], CLIENTS, share // CLIENTS))
            _add(plain, load("127.0.0.1", spare, asked[part], CLIENTS, share // CLIENTS))
    return ours, plain


def _add(whole: Load, part: Load) -> None:
    whole.seconds += part.seconds
    whole.times += part.times
    whole.bytes += part.bytes
    for status, n in part.statuses.items():
        whole.statuses[status] = whole.statuses.get(status, 0) + n


def of_one(address: str, username: str, password: str, providers: dict[str, list[str]]) -> dict[str, dict[str, float]]:
    """Pages of single providers, one client, none asked for twice. ``providers``: month → those listed in it."""
    host, port = address.removeprefix("http://").split(":")
    visitor, chance = Visitor(address, username, password), random.Random(5)
    every = [(p, month) for month, listed in sorted(providers.items()) for p in listed]
    found = {}
    for page, most in OF_ONE.items():
        chosen = chance.sample(every, min(most, len(every)))
        if page == "compare":
            asked = [("/providers/compare", {"compare": f"{p},{chance.choice([o for o in providers[m] if o != p])}", "month": m}) for p, m in chosen]
        else:
            asked = [(f"/{'providers' if page == 'detail' else page}/{p}", {"month": m}) for p, m in chosen]
        part = load(host, int(port), [visitor.request(path, query) for path, query in asked], 1, len(asked))
        if set(part.statuses) != {200}:
            raise RuntimeError(f"answers other than 200: {part.statuses}")
        found[page] = told(part)
    return found


def told(part: Load) -> dict[str, float]:
    """Views per second, and what a client waited."""
    return {
        "per_second": part.per_second, "p50_ms": percentile(part.times, 0.5) * 1000, "p95_ms": percentile(part.times, 0.95) * 1000,
        "kb": part.bytes / len(part.times) / 1024,
    }  # fmt: skip


_NOTE_FIRST_FIGURES = """(() => {
  const look = () => {
    const value = document.querySelector(".strip a .v");
    if (value && value.getBoundingClientRect().height > 0 && getComputedStyle(value).visibility === "visible") {
      requestAnimationFrame(() => { window.firstFigures = performance.now(); });
    } else requestAnimationFrame(look);
  };
  look();
})()"""


def first_page(browser: Any, address: str, username: str, password: str, shot: Path | None = None) -> dict[str, float]:
    """A cold visit of the overview: bytes over the wire, seconds from the click to the first figures, and until the page is alive.

    The page itself notes the frame in which figures stand: what the driver's own questions cost is not in it.
    """
    context = browser.new_context(viewport={"width": 1366, "height": 768}, locale="zh-CN")
    page = context.new_page()
    page.goto(f"{address}/login")
    page.fill("input[name=username]", username)
    page.fill("input[name=password]", password)
    page.click("button[type=submit]")
    page.wait_for_selector("#strip a", state="visible")
    state = context.storage_state()
    context.close()
    cold = browser.new_context(viewport={"width": 1366, "height": 768}, locale="zh-CN", storage_state=state)
    page = cold.new_page()
    wire = cold.new_cdp_session(page)
    wire.send("Network.enable")
    sizes: list[float] = []
    wire.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    page.add_init_script(_NOTE_FIRST_FIGURES)
    started = time.perf_counter()
    page.goto(address, wait_until="commit")
    page.wait_for_selector("#strip a", state="visible")
    alive = time.perf_counter() - started
    page.wait_for_load_state("networkidle")
    seconds = page.evaluate("window.firstFigures") / 1000
    if shot:
        page.screenshot(path=str(shot))
    cold.close()
    return {"first_figures_s": seconds, "alive_s": alive, "transferred_mb": sum(sizes) / 1e6, "requests": len(sizes)}
