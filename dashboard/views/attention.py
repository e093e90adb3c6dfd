"""The few rows that want attention, beside the map: what is behind its target, who is lowest, what data is missing."""

from __future__ import annotations

from typing import Any

from dashboard import format as fmt
from dashboard.views import marks
from dashboard.views.context import View
from dashboard.views.h import El, Node, h
from dashboard.views.page import Panel, code_of
from dashboard.views.tables import Col, empty, table
from etl.indicators import Indicator

TIMES = ("秒", "分钟", "天")


def lowest_providers(indicator: Indicator | str, *extra: Indicator | str, count: int = 5) -> Panel:
    """The providers where an indicator is worst, with ``extra`` figures beside it."""
    code = code_of(indicator)

    def draw(view: View) -> Node:
        if not view.knows(code):
            return None
        ind = view.ind(code)
        more = [c for c in map(code_of, extra) if view.knows(c)]
        rows = [r for r in view.w.by_provider([code, *more], view.area.code, view.month) if _value(r, code) is not None]
        rows.sort(key=lambda r: (_value(r, code) * (-1 if ind.better == "lower" else 1), r["provider_id"]))
        far = "最低" if ind.better != "lower" else "最慢" if ind.unit in TIMES else "最高"
        title = f"{ind.label}{far}的单位"
        if not rows:
            return h("section", h("h2", title), empty("本区域本月没有可比的单位。"), cls="panel attention", aria_label=title)
        parts = "样本" if ind.ranked else "分子/分母"
        cols = [Col("单位"), *([Col(parts, "n")] if ind.whole is not None else []), Col(ind.unit or "数值", "n")]
        cols += [Col(view.ind(c).label, "n") for c in more] + [Col("星级")]
        body = []
        for r in rows[:count]:
            figure = r[code]
            cells: list[Any] = [h("a", r["name"], href=view.place.subject(f"/providers/{r['provider_id']}"), title=r["name"])]
            if ind.whole is not None:
                cells.append(fmt.fmt_number(figure.whole) if ind.ranked else f"{fmt.fmt_number(figure.part)} / {fmt.fmt_number(figure.whole)}")
            cells.append(h("a", fmt.fmt_value(ind, figure, unit=False), href=view.place.rows(code, provider=r["provider_id"])))
            cells += [fmt.fmt_value(view.ind(c), r[c], unit=False) for c in more]
            body.append([*cells, marks.star(r.get("star"))])
        return h(
            "section", h("h2", title), table(cols, body, caption=title, cls="flush"), cls="panel attention", aria_label=title
        )

    return draw


def _value(row: dict[str, Any], code: str) -> Any:
    return getattr(row.get(code), "value", None)


def watch_list(*indicators: Indicator | str) -> Panel:
    """What a leader should look at first: targets behind, providers leaving, data missing; each row leads to its page."""

    def draw(view: View) -> Node:
        known = [c for c in map(code_of, indicators) if view.knows(c)]
        items: list[tuple[int, Node, Node, str]] = []
        for code, figure in view.w.figures(known, view.area.code, view.month).items():
            if figure.verdict == "behind":
                ind = view.ind(code)
                text = f"{ind.label} {fmt.fmt_value(ind, figure)}，目标 {fmt.fmt_target(ind, figure.target)}"
                items.append((1, marks.verdict("behind"), text, view.place.rows(code)))
        states: dict[str, int] = {}
        for p in view.providers:
            states[p.get("exit_state") or "normal"] = states.get(p.get("exit_state") or "normal", 0) + 1
        for state, weight in (("exit_proposed", 0), ("exit_candidate", 0), ("rectifying", 2), ("watch", 3)):
            if states.get(state):
                where = view.place.subject("/exits", state=state)
                left = "，是否立案待决定" if state == "exit_candidate" else ""
                items.append((weight, marks.exit_state(state), f"{states[state]} 家服务单位{left}", where))
        for m in view.w.modules():
            if m["status"] not in ("ok", None):
                where = view.place.subject("/data") if view.scope.may("data") else view.place.closed()
                items.append((2, marks.module_state(m["status"]), f"{m['title']}（{m['owner']}）", where))
        items.sort(key=lambda item: item[0])
        rows = [h("li", h("a", mark, h("span", text), href=where)) for _, mark, text, where in items]
        for path, n in view.waiting.items():
            if n:  # last and quiet: nothing of the district's, but nobody else is told
                rows.append(h("li", h("a", marks.chip(fmt.Mark("待办", "○", "plain")), h("span", f"{n} 个账号变更待复核"), href=path, target="_self")))
        body = h("ul", rows, cls="watch") if rows else empty("没有滞后的目标、退出事项或缺失的数据。")
        return h(
            "section",
            h("h2", "需要关注", h("small", f"{len(rows)} 项") if rows else None),
            body,
            cls="panel attention",
            aria_label="需要关注",
        )

    return draw


def money_watch(view: View) -> Node:
    """Execution of the year's budget by programme, slowest first, against the share of the year gone by."""
    rows = [r for r in view.w.subsidies(view.area.code, view.month) if r.get("execution_rate") is not None]
    due = int(view.month[5:]) / 12 * 100
    title = "执行进度"
    if not rows:
        return h(
            "section",
            h("h2", title),
            empty("预算按街道下达，社区不单列。" + view.upwards("请返回街道或全区查看。") if view.area.level > 2 else "本年没有预算，或一月起的发放数据不全，执行率不计算。"),
            cls="panel attention",
            aria_label=title,
        )
    rows.sort(key=lambda r: r["execution_rate"])
    items = [
        h(
            "li",
            h("span", r["name"], cls="name"),
            bar(r["execution_rate"], due),
            h("span", fmt.fmt_number(r["execution_rate"], 1), cls="num"),
        )
        for r in rows
    ]
    note = f"发放 ÷ 年度预算（%），竖线为序时进度 {fmt.fmt_number(due, 1)}"
    return h("section", h("h2", title, h("small", note)), h("ul", items, cls="bars"), cls="panel attention", aria_label=title, tabindex="0")


def bar(percent: float, mark: float | None = None) -> El:
    """A bar from zero to a hundred with an optional mark."""
    fill = h("i", style={"width": f"{min(max(percent, 0), 100):.1f}%"}, cls="over" if percent > 100 else None)
    line = h("b", style={"left": f"{mark:.1f}%"}) if mark is not None else None
    return h("span", fill, line, cls="bar", aria_hidden="true")
