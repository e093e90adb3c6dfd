"""Two providers side by side: domain scores, figures, permits, findings, two years of stars and states. The URL names both."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dashboard import format as fmt
from dashboard.views import marks, provider
from dashboard.views.attention import bar
from dashboard.views.context import View
from dashboard.views.figures import amount
from dashboard.views.h import Node, h
from dashboard.views.page import Panel, code_of
from dashboard.views.picking import KEY, MOST, chosen, pick
from dashboard.views.providers import narrow
from dashboard.views.tables import Col, cell, empty, panel, table
from dashboard.warehouse.types import Rating, Unknown
from etl.indicators import Indicator


def side_by_side(*indicators: Indicator | str) -> Panel:
    """The page: all panels about the two, with these figures; without two, how to choose them."""
    codes = tuple(map(code_of, indicators))

    def draw(view: View) -> Node:
        ids = chosen(view.place)
        found = [view.w.provider(i, view.month) for i in ids]  # Unknown for one that the reader does not see
        if len(found) < MOST:
            return _choose(view, found)
        ratings = [_rating(view, i) for i in ids]
        return [
            _heads(view, found), _domains(view, found, ratings), _figures(view, found, codes), _permits(view, found), _findings(view, found),
            _histories(view, found),
        ]  # fmt: skip

    return draw


def _rating(view: View, ident: str) -> Rating | None:
    try:
        return view.w.rating(ident, view.month)  # type: ignore[no-any-return]
    except Unknown:
        return None


def _choose(view: View, found: list[dict[str, Any]]) -> Node:
    """A list to choose from: of the same kind as the first, where one is chosen."""
    title = "选择两家单位"
    first = found[0] if found else None
    rows = [p for p in view.w.providers(view.w.root.code, view.month) if first is None or (p["kind"] == first["kind"] and p is not first)]
    rows = [p for p in rows if first is None or p["provider_id"] != first["provider_id"]]
    note = f"已选 {first['name']}，再选一家{first['kind']}" if first else "先选一家，再选与其对比的一家"
    kind, street = view.place.get("kind") or "", view.place.get("street") or ""
    kinds = list(dict.fromkeys(str(p["kind"]) for p in rows if p.get("kind")))
    streets = list(dict.fromkeys((str(p["street_code"]), str(p["street"])) for p in rows if p.get("street_code")))
    tools = [narrow(view, "kind", kind, "类型", [(k, k) for k in kinds]) if len(kinds) > 1 else None,
             narrow(view, "street", street, "街道", streets) if len(streets) > 1 else None]  # fmt: skip
    rows = [p for p in rows if (first is not None or not kind or p.get("kind") == kind) and (not street or p.get("street_code") == street)]
    if not rows:
        return panel(view, title, empty("没有可以对比的同类单位。"), note=note, cls="full", tools=tools)
    cols = [Col("单位"), Col("类型"), Col("街道"), Col("监管评分", "n"), Col("监管星级"), Col("对比")]
    body = [
        [p["name"], p.get("kind"), p.get("street"), fmt.fmt_number(p.get("score"), 1), marks.star(p.get("star")), pick(view, p["provider_id"], p["name"])]
        for p in rows
    ]  # fmt: skip
    return panel(view, title, table(cols, body, caption=title, cls="tall"), note=note, cls="full", tools=tools)


def _names(found: Sequence[dict[str, Any]]) -> list[str]:
    return [str(p["name"]) for p in found]


def _heads(view: View, found: list[dict[str, Any]]) -> Node:
    out = []
    for k, p in enumerate(found):
        other = found[1 - k]["provider_id"]
        facts = [
            ("类型", p.get("kind")), ("性质", p.get("ownership")), ("所在", " ".join(str(x) for x in (p.get("street"), p.get("community")) if x)),
            ("床位", f"{fmt.fmt_number(p['beds_total'])} 张" if p.get("beds_total") else None), ("登记日期", cell(p.get("registered_on"))),
            ("评定等级", f"{fmt.star_word(p['grade'])[0]}级" if p.get("grade") else "未评定"),
        ]  # fmt: skip
        swap = h("a", "换一家", href=view.place.url(**{KEY: other}), cls="btn small", aria_label=f"换掉{p['name']}")
        out.append(h(
            "section",
            h("div", h("h2", h("a", p["name"], href=view.place.subject(f"/providers/{p['provider_id']}"))), marks.star(p.get("star")),
              marks.exit_state(p.get("exit_state")), h("span", swap, cls="tools"), cls="who"),
            h("dl", [h("div", h("dt", k), h("dd", v)) for k, v in facts if v and v != fmt.NONE]), cls="panel provider-head", aria_label=f"单位：{p['name']}",
        ))  # fmt: skip
    return h("div", out, cls="pair full")


def _domains(view: View, found: list[dict[str, Any]], ratings: list[Rating | None]) -> Node:
    title = "监管评分"
    scores = [{d.domain: d for d in r.domains} if r else {} for r in ratings]
    names = list(dict.fromkeys(name for s in scores for name in s))
    cols = [Col("领域"), *(Col(n, "w") for n in _names(found)), Col("相差", "n")]
    body: list[list[Node]] = [[name, *(_score(s[name].score if name in s else None) for s in scores), _apart(*(s[name].score if name in s else None for s in scores))]
                              for name in names]  # fmt: skip
    totals = [r.score if r else None for r in ratings]
    foot: list[Node] = ["综合得分", *(h("span", h("span"), h("b", fmt.fmt_number(t, 1), cls="num"), cls="meter") for t in totals), _apart(*totals)]
    caps = [h("p", h("b", f"{p['name']}："), f"一票否决，{r.cap_because}" if r.cap_because else r.missing, cls="cap")
            for p, r in zip(found, ratings, strict=True) if r and (r.cap_because or (r.star is None and r.missing))]  # fmt: skip
    return panel(view, title, table(cols, body, caption=title, foot=foot), caps, note="满分 100；相差为前者减后者", cls="full compare")


def _score(score: float | None) -> Node:
    if score is None:
        return h("span", "不适用或无数据", cls="quiet")
    return h("span", bar(score), h("span", fmt.fmt_number(score, 1), cls="num"), cls="meter")


def _apart(a: float | None, b: float | None) -> Node:
    if a is None or b is None:
        return fmt.NONE
    diff = round(a - b, 1)
    return "0.0" if not diff else f"{diff:+.1f}"


def _figures(view: View, found: list[dict[str, Any]], codes: tuple[str, ...]) -> Node:
    known = [c for c in codes if view.knows(c)]
    own = [view.w.provider_figures(known, p["provider_id"], view.month) for p in found]
    known = [c for c in known if any(f[c].part is not None for f in own)]
    title = "主要指标"
    if not known:
        return panel(view, title, empty("两家单位本月都没有这些指标的记录。"), cls="full")
    root = view.w.root
    peers = view.w.figures(known, root.code, view.month)
    cols = [Col("指标"), *(Col(n, "n") for n in _names(found)), Col(root.short_name, "n")]
    body: list[list[Node]] = []
    for c in known:
        ind = view.ind(c)
        values: list[Node] = ["".join(amount(ind, f[c])) if f[c].part is not None else None for f in own]
        body.append([h("span", ind.label, title=ind.definition), *values, fmt.fmt_value(ind, peers[c]) if ind.whole is not None else None])
    return panel(view, title, table(cols, body, caption=title), cls="half")


def _permits(view: View, found: list[dict[str, Any]]) -> Node:
    title = "证照与保险"
    held: list[dict[str, dict[str, Any]]] = [{} for _ in found]
    for k, p in enumerate(found):
        for row in sorted(p.get("permits") or [], key=lambda r: str(r.get("expires_on") or "9999")):
            held[k][row["kind"]] = row  # the one that lasts longest
    kinds = sorted({kind for one in held for kind in one})
    if not kinds:
        return panel(view, title, empty("没有登记的证照。"), cls="half")
    cols = [Col("种类"), *(Col(n) for n in _names(found))]
    body: list[list[Node]] = [[kind, *(_permit(view, one.get(kind)) for one in held)] for kind in kinds]
    return panel(view, title, table(cols, body, caption=title), cls="half")


def _permit(view: View, row: dict[str, Any] | None) -> Node:
    if row is None:
        return h("span", "没有", cls="quiet")
    until = row.get("expires_on")
    return h("span", provider.validity(view, until), h("small", f"至 {cell(until)}", cls="num") if until else None, cls="dated")


def _findings(view: View, found: list[dict[str, Any]]) -> Node:
    title = "近 12 个月检查问题"
    try:
        rows = [view.w.findings_of(p["provider_id"], view.month) for p in found]
    except Unknown:
        return None  # this role sees no records
    grave = ("重大", "严重", "较重", "一般")
    cols = [Col("严重程度"), *(Col(n, "n") for n in _names(found))]
    body: list[list[Node]] = [[g, *(str(sum(r["severity"] == g for r in one)) for one in rows)] for g in grave]
    foot: list[Node] = ["其中月末未整改", *(str(sum(bool(r["open"]) for r in one)) for one in rows)]
    lists = [
        h("div", h("h3", p["name"]), h("ul", [h("li", f"{cell(r['inspected_on'])} {r['severity']} {r['description']}", "（未整改）" if r["open"] else "") for r in one[:6]])
          if one else empty("没有检查问题。"))
        for p, one in zip(found, rows, strict=True)
    ]  # fmt: skip
    return panel(view, title, table(cols, body, caption=title, foot=foot), h("div", lists, cls="pair"), note="所列为最近 6 项", cls="full")


def _histories(view: View, found: list[dict[str, Any]]) -> Node:
    """Two years of both over the same months."""
    rows = []
    for p in found:
        at = View(view.w, view.place, view.page, view.area, view.month, p["provider_id"], view.geo_url)
        rows.append(h("div", h("h3", p["name"]), provider.history_bars(at) or empty("没有评级。")))
    return panel(view, "近两年星级与退出状态", h("div", rows, cls="pair"), cls="full")
