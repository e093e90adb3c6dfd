"""One provider in detail: the star and why, the domains, the very records, permits, and two years of stars."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from dashboard import format as fmt
from dashboard.views import marks
from dashboard.views.attention import bar
from dashboard.views.context import View
from dashboard.views.figures import amount
from dashboard.views.h import Node, h
from dashboard.views.providers import confidence
from dashboard.views.tables import Col, cell, empty, panel, table
from dashboard.warehouse.types import Rating, Unknown


def head(view: View, p: dict[str, Any]) -> Node:
    """Who it is, in one card across the page."""
    facts = [
        ("类型", p.get("kind")), ("性质", p.get("ownership")), ("统一社会信用代码", p.get("credit_code")), ("法定代表人", p.get("legal_person")),
        ("医养结合", p.get("medical")), ("床位", f"{fmt.fmt_number(p['beds_total'])} 张" if p.get("beds_total") else None),
        ("所在", " ".join(str(x) for x in (p.get("street"), p.get("community")) if x)), ("登记日期", cell(p.get("registered_on"))),
        ("评定等级", f"{fmt.star_word(p['grade'])[0]}级" if p.get("grade") else "未评定"),
    ]  # fmt: skip
    return h(
        "section",
        h("div", h("h2", p["name"]), marks.star(p.get("star")), marks.exit_state(p.get("exit_state")),
          h("span", h("a", "影响评估", href=view.place.subject(f"/impact/{p['provider_id']}"), cls="btn small"),
            h("a", "对比", href=view.place.subject("/providers/compare", compare=p["provider_id"]), cls="btn small"), cls="tools"), cls="who"),
        h("dl", [h("div", h("dt", k), h("dd", v)) for k, v in facts if v and v != fmt.NONE]), cls="panel provider-head", aria_label="单位概况",
    )  # fmt: skip


def rating_of(view: View) -> Rating | None:
    """The rating of the month; None where the provider has none."""
    try:
        return view.w.rating(view.ident, view.month)  # type: ignore[no-any-return]
    except Unknown:
        return None


def star_panel(view: View, rating: Rating | None) -> Node:
    """The star, the score, what capped it, and the domains with their weights."""
    if rating is None:
        return h(
            "section", h("h2", "监管星级"), empty("本月没有评级。可换一个月份查看。"), cls="panel rating", aria_label="监管星级"
        )
    score = fmt.fmt_number(rating.score, 1)
    notes: list[Node] = []
    if rating.cap_because:
        before = fmt.star_word(rating.uncapped_star)
        notes.append(
            h(
                "p",
                h("b", "一票否决"),
                f"按得分应为{before}，因{rating.cap_because}，降为{fmt.star_word(rating.star)}。",
                cls="cap",
            )
        )
    if rating.star is None and rating.missing:
        notes.append(h("p", h("b", "暂不评级"), rating.missing, cls="cap"))
    rows = [
        h("li", h("span", d.domain, cls="name"), bar(d.score or 0), h("span", fmt.fmt_number(d.score, 1), cls="num"),
          h("span", f"权重 {percent(d.applied_weight)}%", cls="num share"))
        for d in rating.domains
    ]  # fmt: skip
    small = f"可信度 {confidence(rating.confidence)} · 依据 {fmt.fmt_number(rating.evidence_count)} 条 · 规则版本 {rating.policy_version or fmt.NONE}"
    letter = None
    if view.scope.may("export"):
        letter = h("a", "告知函", href=view.place.letter(view.ident), cls="btn small", target="_self", aria_label="下载告知函（Word）")
    return h(
        "section", h("div", h("h2", "监管星级", h("small", small)), letter, cls="row"),
        h("p", h("span", fmt.fmt_stars(rating.star), cls="stars", aria_hidden="true"), h("b", fmt.star_word(rating.star)),
          h("span", f"{score} 分" if rating.score is not None else "", cls="num"), cls="score"),
        notes, h("ul", rows, cls="bars domains"), cls="panel rating", aria_label="监管星级",
    )  # fmt: skip


def percent(weight: float) -> str:
    """A weight as percent, whether it is filed as a share of one or of a hundred."""
    return fmt.fmt_number(weight * 100 if weight <= 1 else weight, 0)


def history_panel(view: View) -> Node:
    """Two years of stars and states as a panel; None where there are none."""
    bars = history_bars(view)
    if bars is None:
        return None
    months = [row[0] for row in view.w.rating_history(view.ident) if row[0] <= view.month][-24:]
    span = f"{fmt.fmt_month(months[0])}至{fmt.fmt_month(months[-1])}"
    return h("section", h("h2", "星级变化", h("small", span)), bars, cls="panel", aria_label="星级变化")


def history_bars(view: View) -> Node:
    """Two years of stars, a column a month; hollow where not rated, marked where not in normal state."""
    months = [row for row in view.w.rating_history(view.ident) if row[0] <= view.month][-24:]
    if not months:
        return None
    cells = []
    for month, star, state in months:
        said = f"{fmt.fmt_month(month)}：{fmt.star_word(star)}，{fmt.exit_word(state) if state else '正常'}"
        flag = (
            h("s", fmt.EXIT_STATES[state].shape, cls=fmt.EXIT_STATES[state].tone)
            if state in fmt.EXIT_STATES and state != "normal"
            else h("s")
        )
        col = h("i", cls=f"s{star or 0} {marks.STAR_TONES.get(star, 'none')}", style={"height": f"{(star or 0) * 20}%"})
        cells.append(h("li", h("a", flag, h("span", col, cls="well"), h("small", f"{int(month[5:])}"),
                               href=view.place.url(month=month, rows=None, rec=None), title=said, aria_label=said,
                               aria_current="date" if month == view.month else None)))  # fmt: skip
    return h("ol", cells, cls="history")


def evidence_panel(view: View, rating: Rating | None) -> Node:
    """Every rule that counted: points, sentence, clause, and the record behind."""
    if rating is None:
        return None
    title = "评分依据"
    if not rating.evidence:
        return panel(view, title, empty("本月没有加分或扣分的记录。"), cls="full")
    cols = [Col("领域"), Col("事实", "w"), Col("分值", "n"), Col("日期"), Col("条款依据", "w"), Col("溯源")]
    body = []
    for e in rating.evidence:
        points = fmt.fmt_number(e.points, 1)
        tone = "num neg" if (e.points or 0) < 0 else "num pos"
        trace = _trace(view, e)
        shown = "+" + points if (e.points or 0) > 0 else points
        body.append(
            [
                e.domain,
                e.sentence,
                h("span", shown, cls=tone),
                cell(e.happened_on),
                e.basis,
                h("span", trace, cls="links") if trace else None,
            ]
        )
    return panel(view, title, table(cols, body, caption=title), note=f"{len(body)} 条", cls="full")


TRACEABLE = ("inspection_finding", "inspection_inspection", "inspection_penalty", "inspection_action", "ledger_measure", "provider_permit")
"""Tables whose records can be opened one by one; a figure opens the rows behind it instead."""


def _trace(view: View, e: Any) -> list[Node]:
    if e.source_table in TRACEABLE and e.row_key:
        return [h("a", "查看记录", href=view.place.record(e.source_table, e.row_key), aria_label=f"查看记录：{e.sentence}")]
    code = e.metric or (str(e.row_key or "").partition("/")[0] if e.source_table == "provider_figure" else "")
    if code and view.knows(code):
        return [h("a", "明细", href=view.place.rows(code, provider=view.ident), aria_label=f"明细：{e.sentence}")]
    return []


def figures_panel(view: View, codes: tuple[str, ...]) -> Node:
    """The provider's own figures of the month beside the district's."""
    known = [c for c in codes if view.knows(c)]
    own = view.w.provider_figures(known, view.ident, view.month)
    known = [c for c in known if own[c].part is not None]
    if not known:
        return None
    peers = view.w.figures(known, view.w.root.code, view.month)
    cols = [Col("指标"), Col("本单位", "n"), Col(view.w.root.short_name, "n"), Col("分子/分母", "n")]
    body = []
    for c in known:
        ind, figure = view.ind(c), own[c]
        parts = (
            f"{fmt.fmt_number(figure.part)} / {fmt.fmt_number(figure.whole)}"
            if ind.whole is not None and ind.kind == "ratio"
            else None
        )
        link = h("a", "".join(amount(ind, figure)), href=view.place.rows(c, provider=view.ident))
        other = fmt.fmt_value(ind, peers[c]) if ind.whole is not None else None
        body.append([h("span", ind.label, title=ind.definition), link, other, parts])
    return panel(view, "本月指标", table(cols, body, caption="本月指标"), cls="half")


def permits_panel(view: View, p: dict[str, Any]) -> Node:
    """Permits and insurance with their dates; what has expired by the month's end, or will within 90 days, says so."""
    rows = p.get("permits") or []
    if not rows:
        return panel(view, "证照与保险", empty("没有登记的证照。"), cls="half")
    cols = [Col("种类"), Col("编号"), Col("发证"), Col("有效期至"), Col("状态")]
    latest: dict[Any, date] = {}
    for r in rows:
        latest[r.get("kind")] = max(latest.get(r.get("kind"), date.min), _until(r))
    rows = sorted(rows, key=lambda r: (list(latest).index(r.get("kind")), -_until(r).toordinal()))
    body = [
        [r.get("kind"), r.get("number"), cell(r.get("issued_on")), cell(r.get("expires_on")), validity(view, r.get("expires_on"), _until(r) < latest[r.get("kind")])]
        for r in rows
    ]
    return panel(view, "证照与保险", table(cols, body, caption="证照与保险"), cls="half")


def _until(permit: Mapping[str, Any]) -> date:
    """The last day of a permit; one without a last day never ends."""
    expires = permit.get("expires_on")
    return expires if isinstance(expires, date) else date.max


def validity(view: View, expires: Any, renewed: bool = False) -> Node:
    """A permit by its last day, as at the end of the month looked at. One that a later one of its kind follows is history: nothing to be done."""
    if renewed:
        return marks.chip(fmt.Mark("已续办", "○", "none"))
    year, month = int(view.month[:4]), int(view.month[5:])
    end = date(year + month // 12, month % 12 + 1, 1)
    if not isinstance(expires, date):
        return marks.chip(fmt.Mark("长期", "●", "good"))
    left = (expires - end).days
    if left < 0:
        return marks.chip(fmt.Mark("已过期", "■", "bad"))
    return marks.chip(fmt.Mark("90 天内到期", "▲", "warn") if left < 90 else fmt.Mark("有效", "●", "good"))


_FACTS = 4
"""So many facts of a criterion stand open; the others are one click away."""


def reasons_of(found: dict[str, Any], most: int = 0) -> Node:
    """The criteria met, each with its facts; with ``most`` only so many facts of each, and how many more there are."""
    groups: dict[str, list[str]] = {}
    for reason in found.get("reasons") or []:
        facts = groups.setdefault(str(reason.get("basis") or "其他"), [])
        if reason["sentence"] not in facts:
            facts.append(reason["sentence"])
    if not groups and found.get("exit_because"):
        groups[str(found.get("exit_basis") or "其他")] = [str(found["exit_because"])]
    shown, told = [], dict[tuple[str, ...], str]()
    for basis, facts in groups.items():
        listed = facts[:most] if most else facts
        rest = f"，另有 {len(facts) - len(listed)} 条见单位页" if len(listed) < len(facts) else ""
        head = h("dt", basis, h("small", f"{len(facts)} 条{rest}"))
        same = told.setdefault(tuple(facts), basis)
        if same != basis:  # a lower threshold is passed by the very facts that pass a higher one
            shown.append(h("div", head, h("dd", f"事实同“{same}”")))
        elif most or len(facts) <= _FACTS + 1:
            shown.append(h("div", head, [h("dd", fact) for fact in listed]))
        else:
            more = h("details", h("summary", f"展开其余 {len(facts) - _FACTS} 条"), h("ul", [h("li", fact) for fact in facts[_FACTS:]]))
            shown.append(h("div", head, [h("dd", fact) for fact in facts[:_FACTS]], h("dd", more, cls="more")))
    return h("dl", shown, cls="reasons") if shown else None


def exit_panel(view: View) -> Node:
    """Why it is not in normal state, if it is not."""
    found = next((p for p in view.w.exits(view.area.code, view.month) if p["provider_id"] == view.ident), None)
    if found is None:
        return None
    said = [
        h(
            "p",
            marks.exit_state(found["exit_state"]),
            f"自 {fmt.fmt_date(found.get('exit_since'))} 起，{found.get('exit_because') or ''}",
        )
    ]
    return panel(view, "退出监管", said, reasons_of(found), cls="full")
