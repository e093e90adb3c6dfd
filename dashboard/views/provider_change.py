"""A provider's star from the other side: what would change it, how it stands among others, and by which policy each month was rated."""

from __future__ import annotations

from dashboard import format as fmt
from dashboard.views import marks
from dashboard.views.context import View
from dashboard.views.h import Node, h
from dashboard.views.providers import confidence
from dashboard.views.tables import Col, empty, panel, table
from dashboard.warehouse.burdens import NO_SINGLE, Burdens, floor_words
from dashboard.warehouse.types import Change, Rating, Standing


def change_panel(view: View, rating: Rating | None) -> Node:
    """The nearest actions that gain a star, and what would lose one; each with the result that the engine computed for it.

    Where no one or two actions gain a star: what holds it down and which deductions weigh most, so that there is a place to begin.
    """
    if rating is None or rating.star is None or view.month != view.w.latest_month:
        return None
    found = view.w.changes(view.ident, view.month)
    gains, losses = [c for c in found if c.direction == "gain"], [c for c in found if c.direction == "lose"]
    begin = _begin(view.w.burdens(view.ident, view.month)) if not gains and rating.star < 5 else None
    body = h(
        "div",
        h("div", h("h3", "可升星的最近途径"), _listed(gains) or empty("已是五星。" if rating.star == 5 else NO_SINGLE)),
        h("div", h("h3", "会降星的情形"), _listed(losses) or empty("已是最低的一星。" if rating.star == 1 else "所试各种单项情形均不会降星。")),
        begin, cls="changes",
    )  # fmt: skip
    return panel(view, "怎样改变星级", body, note="按现行办法以本月数据重新计算；其他单位不变", cls="full")


def _begin(b: Burdens) -> list[Node]:
    """Two lists beside each other: the caps, the heaviest deductions."""
    caps = [h("li", h("span", c.sentence), h("small", c.ends)) for c in b.caps]
    taken = [h("li", h("span", d.sentence), h("b", f"−{fmt.fmt_number(d.points, 1)} 分", cls="num"), h("small", f"{d.domain} · {d.ends}")) for d in b.deductions]
    rest = f"扣分最重的 {len(taken)} 项" + (f"（共 {b.total} 项，见评分依据）" if b.total > len(taken) else "")
    return [
        h("div", h("h3", "先解除的限制"), h("ul", caps, cls="begin") if caps else empty("没有一票否决事项限制星级。")),
        h("div", h("h3", rest), h("ul", taken, cls="begin") if taken else empty("没有扣分记录。"), h("p", floor_words(b.full), cls="more") if b.full else None),
    ]


def _listed(changes: list[Change]) -> Node:
    if not changes:
        return None
    rows = [
        h("li", marks.star(c.new_star), h("span", c.sentence.rpartition("：" + fmt.star_word(c.star))[0]),
          h("span", f"{fmt.fmt_number(c.score, 1)} → {fmt.fmt_number(c.new_score, 1)} 分", cls="num"))
        for c in changes
    ]  # fmt: skip
    return h("ul", rows)


def standing_panel(view: View, rating: Rating | None) -> Node:
    """Beside its kind in the district and beside its street."""
    if rating is None:
        return None
    standings = view.w.standings(view.ident, view.month)
    if not standings:
        return None
    cols = [Col("范围"), Col("已评级", "n"), Col("位次", "n"), Col("平均星级", "n"), Col("平均得分", "n"), *(Col(f"{w}星", "n") for w in "一二三四五")]
    return panel(view, "同类与街道比较", table(cols, [_standing(s) for s in standings], caption="同类与街道比较"), cls="full")


def _standing(s: Standing) -> list[Node]:
    place = f"第 {s.place}" if s.place else None
    return [s.name, f"{s.peers} 家", place, fmt.fmt_number(s.mean_star, 2), fmt.fmt_number(s.mean_score, 1), *(str(n) for n in s.stars)]


def versions_panel(view: View) -> Node:
    """Two years by month, newest first: star, score, confidence and the version of the policy in force then."""
    months = [m for m in view.w.rated_months(view.ident) if m.month <= view.month][-24:]
    if not months:
        return None
    rows = [
        [fmt.fmt_month(m.month), marks.star(m.star), fmt.fmt_number(m.score, 1) if m.score is not None else None,
         confidence(m.confidence) if m.confidence else None, m.version]
        for m in reversed(months)
    ]  # fmt: skip
    cols = [Col("月份"), Col("星级"), Col("得分", "n"), Col("可信度"), Col("政策版本")]
    return panel(view, "历月评级", table(cols, rows, caption="历月评级", cls="tall"), note=f"{len(rows)} 个月", cls="half")
