"""Panels of the providers page: the list with its filters, and how many have each star."""

from __future__ import annotations

from collections import Counter
from typing import Any

from dashboard import format as fmt
from dashboard.views import marks
from dashboard.views.attention import bar
from dashboard.views.context import View
from dashboard.views.h import Node, h
from dashboard.views.picking import pick
from dashboard.views.tables import Col, arranged, empty, panel, table

STARS = ("5", "4", "3", "2", "1", "0")
"""Values of the ``star`` parameter; 0 means 暂不评级."""


def stars_panel(view: View) -> Node:
    """How many providers have each star; each row filters the list."""
    counts = Counter(_star(p) for p in view.providers)
    most = max(counts.values(), default=0)
    items = []
    for key in STARS:
        n = counts.get(key, 0)
        gone = sum(p.get("exit_state") == "exited" for p in view.providers if _star(p) == key)
        items.append(h("li", h(
            "a", marks.star(int(key) or None), bar(n / most * 100 if most else 0), h("span", f"{n} 家", cls="num", title=f"含已退出 {gone} 家" if gone else None),
            href=view.place.url(star=None if view.place.get("star") == key else key, rows=None),
            aria_current="true" if view.place.get("star") == key else None,
        )))  # fmt: skip
    note = f"{_all(view)}，点按筛选"
    return h(
        "section",
        h("h2", "星级分布", h("small", note)),
        h("ul", items, cls="bars links"),
        cls="panel attention",
        aria_label="星级分布",
    )


def _star(p: dict[str, Any]) -> str:
    return str(int(p["star"])) if p.get("star") else "0"


def listing(view: View) -> Node:
    """Providers of the area, filtered by kind, star and state in the URL, sortable."""
    kinds = sorted({p["kind"] for p in view.providers if p.get("kind")})
    streets = sorted({(p["street_code"], p["street"]) for p in view.providers if p.get("street")})
    kind, street, star, state = (view.place.get(key) for key in ("kind", "street", "star", "state"))
    rows = [
        p for p in view.providers
        if (not kind or p.get("kind") == kind) and (not street or p.get("street_code") == street) and (not star or _star(p) == star)
        and (not state or p.get("exit_state") == state)
    ]  # fmt: skip
    keys = {
        "name": lambda r: r["name"], "star": lambda r: r.get("star"), "score": lambda r: r.get("score"), "beds": lambda r: r.get("beds") or None,
        "street": lambda r: r.get("street"), "kind": lambda r: r.get("kind"), "grade": lambda r: r.get("grade"),
    }  # fmt: skip
    rows = arranged(rows, view.place.get("sort"), keys, "score")
    cols = [
        Col("单位", sort="name"), Col("类型", sort="kind"), Col("性质"), Col("街道", sort="street"), Col("社区"), Col("床位", "n", "beds"),
        Col("评定等级", "", "grade", "等级评定机构评定的等级（GB/T 37276）"), Col("监管评分", "n", "score", "本平台按监管记录逐月评分，满分 100"),
        Col("监管星级", sort="star"), Col("可信度"), Col("退出状态"), Col("对比"),
    ]  # fmt: skip
    details = view.place.subjects("/providers")
    body = [
        [
            h("a", p["name"], href=details(p["provider_id"])), p.get("kind"), p.get("ownership"), p.get("street"),
            p.get("community"), fmt.fmt_number(p["beds"]) if p.get("beds") else fmt.NONE,
            f"{fmt.star_word(p['grade'])[0]}级" if p.get("grade") else "未评定", fmt.fmt_number(p.get("score"), 1), _starred(p),
            confidence(p.get("confidence")), marks.exit_state(p.get("exit_state")), pick(view, p["provider_id"], p["name"]),
        ]
        for p in rows
    ]  # fmt: skip
    tools = [
        narrow(view, "kind", kind, "类型", [(k, k) for k in kinds]),
        narrow(view, "street", street, "街道", streets) if len(streets) > 1 else None,
        narrow(view, "star", star, "星级", [(k, fmt.star_word(int(k))) for k in STARS]),
        narrow(view, "state", state, "状态", [(k, m.word) for k, m in fmt.EXIT_STATES.items()]),
    ]
    shown = (
        table(cols, body, caption="服务单位", view=view, cls="tall")
        if body
        else empty("没有符合条件的单位。请放宽类型、街道、星级或状态的筛选。")
    )
    note = f"{len(rows)} 家，共 {_all(view)}" if len(rows) < len(view.providers) else _all(view)
    return panel(view, "服务单位", shown, note=note, sheet="providers", cls="full", tools=tools)


def _all(view: View) -> str:
    """How many are listed: more than are in business, for those that left stay listed while they have a state."""
    left = sum(p.get("exit_state") == "exited" for p in view.providers)
    return f"{len(view.providers)} 家" + (f"（含已退出 {left} 家）" if left else "")


def _starred(p: dict[str, Any]) -> Node:
    """The star; where there is none, why."""
    chip = marks.star(p.get("star"))
    return h("span", chip, title=f"缺少评级：{p['missing']}") if p.get("star") is None and p.get("missing") else chip


def narrow(view: View, key: str, value: str, name: str, options: list[tuple[str, str]]) -> Node:
    """A menu of links that set one parameter of the place."""
    word = next((w for k, w in options if k == value), "全部")
    links = [h("a", "全部", href=view.place.url(**{key: None}), aria_current=None if value else "true")]
    links += [h("a", w, href=view.place.url(**{key: k}), aria_current="true" if k == value else None) for k, w in options]
    return h("details", h("summary", f"{name}：{word}", cls="btn small"), h("div", links, cls="pop list"), cls="menu")


def confidence(value: Any) -> str:
    """How much evidence the rating rests on: a word as it is, a share as percent."""
    if value is None:
        return fmt.NONE
    exact = None if isinstance(value, str) else fmt.number(value)
    if exact is None:
        return {"high": "高", "medium": "中", "low": "低"}.get(str(value), str(value))
    return fmt.fmt_number(exact * 100, 0) + "%" if exact <= 1 else fmt.fmt_number(exact, 0)
