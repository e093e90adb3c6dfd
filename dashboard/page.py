"""The HTML page that every address is answered with: Dash's own, but drawn before its scripts run, and without what it does not use."""

from __future__ import annotations

import hashlib
from html import escape
from typing import Any

import dash
import structlog
from flask import g, request

from dashboard.access.headers import nonce
from dashboard.shell import first
from dashboard.warehouse import NoSnapshot
from etl.paths import ROOT

log = structlog.get_logger(__name__)
ASSETS = ROOT / "assets"
UNUSED_SCRIPTS = ("/dash_table/",)
START, STYLES = "start.js", "styles.js"
INDEX = """<!DOCTYPE html>
<html lang="zh-CN">
<head>{%metas%}<title>{%title%}</title><link rel="icon" type="image/svg+xml" href="/assets/icon.svg">{%css%}{%scripts%}{%renderer%}</head>
<body>{%app_entry%}<footer>{%config%}</footer></body>
</html>"""


def _address(name: str) -> str:
    """Where a script of ours is, under an address that changes with its content."""
    return f"/assets/{name}?v={hashlib.sha256((ASSETS / name).read_bytes()).hexdigest()[:12]}"


class Page(dash.Dash):
    """Dash, whose page comes with its first view already drawn: the figures are there before the scripts that make it live."""

    _tags: str = ""
    _start: str = ""
    _styles: str = ""

    def _generate_scripts_html(self) -> str:
        """The script tags, worked out once: deferred, so that the page is painted first, and without Dash's own table."""
        if not self._tags:
            tags = super()._generate_scripts_html().split("\n")
            used = [t for t in tags if not any(part in t for part in UNUSED_SCRIPTS)]
            self._tags = "".join(used).replace("<script src=", "<script defer src=")
        return self._tags

    def _generate_renderer(self) -> str:
        """What starts the renderer, as a file: an inline script would run before the deferred ones that it needs."""
        if not self._start:
            self._start = f'<script id="_dash-renderer" defer src="{_address(START)}"></script>'
        return self._start

    def interpolate_index(self, **parts: str) -> str:  # type: ignore[override]
        """The page's HTML for the requested address; without a first view where there is nothing to draw it from."""
        self._styles = self._styles or _address(STYLES)
        parts["metas"] += f'<script defer nonce="{nonce()}" src="{self._styles}"></script>'  # before any that inserts styles
        services: Any = self.server.extensions["yiguan"]
        if g.get("identity") is not None:
            try:
                drawn = first(services)
            except NoSnapshot:
                pass  # the living page says so
            except Exception:
                log.exception("first_view_failed", route=request.url_rule.rule if request.url_rule else "")
            else:
                parts["title"] = escape(drawn.title)
                parts["app_entry"] = f'<div class="first" id="first">{drawn.markup}</div>{parts["app_entry"]}'
        return super().interpolate_index(**parts)
