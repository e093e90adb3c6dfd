"""Panels of the exits page: who is in which state, since when, why and by which clause."""

from __future__ import annotations

from typing import Any

from dashboard import format as fmt
from dashboard.views import marks
from dashboard.views.attention import bar
from dashboard.views.context import View
from dashboard.views.h import Node, h
from dashboard.views.provider import reasons_of
from dashboard.views.tables import empty, panel

ORDER = ("exit_proposed", "exit_candidate", "rectifying", "watch", "exited")


def states_panel(view: View) -> Node:
    """How many providers are in each state; each row filters the list below."""
    counts: dict[str, int] = {}
    for p in view.providers:
        counts[p.get("exit_state") or "normal"] = counts.get(p.get("exit_state") or "normal", 0) + 1
    most = max(counts.values(), default=0)
    chosen = view.place.get("state")
    rows = []
    for state in fmt.EXIT_STATES:
        n = counts.get(state, 0)
        inner = [marks.exit_state(state), bar(n / most * 100 if most else 0), h("span", f"{n} 家", cls="num")]
        link = h(
            "a",
            inner,
            href=view.place.url(state=None if chosen == state else state, rows=None),
            aria_current="true" if chosen == state else None,
        )
        rows.append(h("li", h("span", inner, cls="row") if state == "normal" else link))
    note = h("p", "“符合退出条件”由数据提出，尚无人作出决定；告知后为“拟退出”，退出须经陈述申辩、集体讨论和老年人安置。", cls="process")
    return h("section", h("h2", "退出状态"), h("ul", rows, cls="bars links"), note, cls="panel attention", aria_label="退出状态")


def candidates(view: View) -> Node:
    """Providers grouped by state, the gravest first, each with its reasons and their clauses."""
    chosen = view.place.get("state")
    found = [p for p in view.w.exits(view.area.code, view.month) if not chosen or p["exit_state"] == chosen]
    title = "退出候选与状态"
    if not found:
        clear = h("a", "查看全部状态", href=view.place.url(state=None)) if chosen else None
        return panel(
            view,
            title,
            empty("本区域本月没有处于该状态的单位。" if chosen else "本区域本月所有单位状态正常。"),
            clear,
            cls="full",
        )
    groups = []
    for state in ORDER:
        members = [p for p in found if p["exit_state"] == state]
        if members:
            groups.append(
                h(
                    "section",
                    h("h3", marks.exit_state(state), h("small", f"{len(members)} 家")),
                    h("ul", [_card(view, p) for p in members], cls="cases"),
                )
            )
    note = "准则只提出候选；决定、文书和安置由经办人员办理"
    return panel(view, title, groups, note=note, sheet="exits", cls="full")


def _card(view: View, p: dict[str, Any]) -> Node:
    place = " · ".join(str(x) for x in (p.get("kind"), p.get("street"), p.get("community")) if x)
    return h(
        "li",
        h(
            "div",
            h("a", p["name"], href=view.place.subject(f"/providers/{p['provider_id']}")),
            marks.star(p.get("star")),
            cls="who",
        ),
        h("p", f"{place} · 自 {fmt.fmt_date(p.get('exit_since'))} 起", cls="sub"),
        reasons_of(p, 2),
    )
