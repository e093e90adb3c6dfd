"""Pages outside the subjects: the same head, navigation and look, drawn by the server alone, without a line of script.

What stands here is for forms and lists from the ledger: ``desk(title, …)`` gives the whole document, ``field`` and ``form`` the parts of a form.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from functools import cache
from html import escape
from typing import Any

from dashboard.views import frame
from dashboard.views.h import El, Node, h
from dashboard.views.markup import markup
from dashboard.views.place import Place
from etl.paths import ROOT


def desk(title: str, *body: Any, reader: Any, bureau: str, here: str, said: str = "", wrong: str = "", snapshot: Any = None,
         counts: Mapping[str, int] | None = None) -> str:  # fmt: skip
    """A whole page for one reader (an Identity). ``said`` tells what was done, ``wrong`` why something was not.

    A page with figures names its ``snapshot``: the data date, and that they are simulated where they are. ``counts``: see ``frame.rail``.
    """
    rail = None if reader.pending else frame.rail(frame.pages_for(reader.scope), Place(), here, counts or {})
    stamp = frame.stamp(snapshot) if snapshot is not None else None
    head = h(
        "header", h("a", "颐观", href="/", cls="brand"), h("span", f"{bureau} · 养老服务监管", cls="bureau"), h("div", stamp, cls="stamp"),
        h("div", h("a", reader.display_name, href="/account", cls="reader", title="本人账号"), h("a", "退出登录", href="/logout"), cls="who"),
        cls="top",
    )  # fmt: skip
    notes = [h("p", said, cls="said", role="status") if said else None, h("p", wrong, cls="said wrong", role="alert") if wrong else None]
    main = h("main", h("div", h("h1", title), cls="bar"), notes, h("div", body, cls="below desk"), tabindex="-1")
    page = h("div", head, h("div", h("nav", rail, cls="rail", aria_label="主题"), main, cls="page plain-desk"), cls="app")
    return f'<!DOCTYPE html>\n<html lang="zh-CN"><head><meta charset="utf-8"><title>{escape(title)} · 颐观</title>{_links()}</head><body>{markup(page)}</body></html>'


@cache
def _links() -> str:
    """The style sheets, each under an address that changes with its content."""
    sheets = [
        f'<link rel="stylesheet" href="/assets/{path.name}?v={hashlib.sha256(path.read_bytes()).hexdigest()[:12]}">'
        for path in sorted((ROOT / "assets").glob("yiguan-*.css"))
    ]
    meta = '<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" type="image/svg+xml" href="/assets/icon.svg">'
    return meta + "".join(sheets)


def section(title: str, *body: Any, note: str = "", cls: str = "full") -> El:
    """A panel with its title."""
    return h("section", h("div", h("h2", title, h("small", note) if note else None), cls="row"), *body, cls=f"panel {cls}".strip(), aria_label=title)


def form(action: str, *body: Any, button: str, cls: str = "", primary: bool = True, **hidden: str) -> El:
    """A form that is sent to a route of ours; ``hidden`` are values that go along."""
    kept = [h("input", type="hidden", name=name, value=value) for name, value in hidden.items()]
    send = h("button", button, type="submit", cls="btn primary" if primary else "btn small")
    return h("form", *body, kept, send, method="post", action=action, cls=f"sheet {cls}".strip())


def act(action: str, button: str, **hidden: str) -> El:
    """A form of one button."""
    return form(action, button=button, primary=False, cls="one", **hidden)


def field(title: str, name: str, *, kind: str = "text", value: str = "", hint: str = "", required: bool = True, most: int = 64, complete: str = "off") -> El:
    """A labelled input; the hint stands below it. ``complete`` tells the browser what to fill in (``current-password`` …)."""
    entry = h("input", type=kind, name=name, value=value or None, required=required, maxLength=most, autoComplete=complete, spellCheck="false")
    return h("label", h("span", title), entry, h("small", hint) if hint else None)


def choice(title: str, name: str, options: Sequence[tuple[str, str]], value: str = "", hint: str = "") -> El:
    """A labelled list to choose from: (value, text)."""
    listed = [h("option", text, value=key, selected=True if key == value else None) for key, text in options]
    return h("label", h("span", title), h("select", listed, name=name), h("small", hint) if hint else None)


def facts(pairs: Sequence[tuple[str, Node]]) -> El:
    """Names and values, one a line."""
    return h("dl", [h("div", h("dt", name), h("dd", value)) for name, value in pairs], cls="facts one")


def purpose_form(action: str, purposes: Sequence[tuple[str, str, bool]], chosen: str = "", back: str = "/", said: str = "") -> El:
    """Asks what a file is wanted for: (code, name, whether it must be written out). ``back`` is the page that it was asked from; ``said``
    stands in place of the words about a file that is made and marked here."""
    options = [("", "请选择"), *((code, name + ("（须写明）" if text else "")) for code, name, text in purposes)]
    note = h("p", said or "文件含有内部数据。用途、导出人和时间会印在文件上，并与文件校验码一起写入审计日志。请按保密规定使用，不得外传。")
    fields = (choice("用途", "purpose", options, chosen), field("说明", "reason", required=False, most=60, hint="例如：第三季度联席会议"))
    return section("导出用途", note, form(action, *fields, button="下载文件", back=back), h("p", h("a", "返回原页面", href=back, cls="btn")))
