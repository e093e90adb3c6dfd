"""The served demo district, a browser, and people who log in to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from dashboard.access.demo import DEMO_PASSWORDS
from tests.conftest import Demo
from tests.support.serving import chromium, serving


@pytest.fixture(scope="session")
def address(small_demo: Demo) -> Iterator[str]:
    """Where the small demo district is served."""
    with serving(small_demo.var) as base:
        yield base


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """One Chromium for all tests; every visit has a context of its own."""
    with chromium() as running:
        yield running


class Visit:
    """One person in front of the application; keeps what the page asked of the network and what went wrong in it."""

    def __init__(self, browser: Any, address: str, width: int = 1366, height: int = 768) -> None:
        self.address = address
        self.context = browser.new_context(viewport={"width": width, "height": height}, locale="zh-CN", accept_downloads=True)
        self.page = self.context.new_page()
        self.requests: list[str] = []
        self.errors: list[str] = []
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("console", lambda said: self.errors.append(said.text) if said.type == "error" else None)

    def log_in(self, username: str) -> Visit:
        """Log in with a demo account and wait for the overview."""
        self.page.goto(f"{self.address}/login")
        self.page.fill("#username", username)
        self.page.fill("#password", DEMO_PASSWORDS[username])
        self.page.click("button[type=submit]")
        self.page.wait_for_selector("#strip a.card", state="visible")
        return self

    def open(self, path: str) -> Visit:
        """Go to an address of the application and wait until it is drawn."""
        self.page.goto(f"{self.address}{path}")
        self.settled()
        return self

    def settled(self) -> None:
        """Wait until no skeleton is left and no request is under way."""
        self.page.wait_for_selector("#page .rail a", state="visible")
        self.page.wait_for_function("() => !document.getElementById('first')")
        self.page.wait_for_function("() => document.querySelectorAll('#page h1').length && !document.querySelector('.slot .skeleton')")
        self.page.wait_for_load_state("networkidle")

    def figure(self, code: str) -> str:
        """The value on the card of an indicator, digits and unit."""
        return str(self.page.inner_text(f"a.card[data-code={code}] .v")).replace("\n", "").replace(" ", "")

    def download(self, selector: str) -> bytes:
        """The file behind a link, for a stated purpose."""
        self.page.click(selector)
        self.page.select_option("select[name=purpose]", "meeting")
        with self.page.expect_download() as waiting:
            self.page.click("form.sheet button[type=submit]")
        self.page.go_back()
        return bytes(waiting.value.path().read_bytes())

    def crumbs(self) -> list[str]:
        """The breadcrumb's words."""
        return [str(text) for text in self.page.locator(".crumbs li").all_inner_texts()]


@pytest.fixture
def visit(browser: Any, address: str) -> Iterator[Callable[..., Visit]]:
    """Make visits; their contexts are closed afterwards."""
    made: list[Visit] = []

    def new(**size: int) -> Visit:
        made.append(Visit(browser, address, **size))
        return made[-1]

    yield new
    for one in made:
        one.context.close()
