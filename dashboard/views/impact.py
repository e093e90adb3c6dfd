"""Impact before decision: who is concerned if a provider leaves, where there is room, and who would go where.

``brief`` stands in a case file; the page of its own has the map and everything else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dashboard import format as fmt
from dashboard.impact import Impact, Placement
from dashboard.views import impact_map, marks
from dashboard.views.attention import bar
from dashboard.views.context import View
from dashboard.views.details import Detail
from dashboard.views.drawer import PAGE, pager
from dashboard.views.h import Node, h
from dashboard.views.tables import Col, empty, panel, table
from dashboard.warehouse.types import Unknown

LEVELS = {0: "能力完好", 1: "轻度受损", 2: "中度受损", 3: "重度受损", 4: "完全丧失", None: "未评估"}
"""Ability levels of GB/T 42195."""


def found(view: View, provider_id: str, month: str) -> Impact | None:
    """The assessment as the reader may see it; None where the district has no policy for it in that month."""
    try:
        return view.w.impact(provider_id, month)  # type: ignore[no-any-return]
    except Unknown:
        view.w.provider(provider_id, month)  # forbidden or missing stays Unknown
        return None


def brief(view: View, provider_id: str, month: str) -> Node:
    """What a case file shows of it: the figures, the plan in numbers, those left out by name, and the way to the whole; nothing for a
    provider that the reader does not see in that month."""
    try:
        impact = found(view, provider_id, month)
    except Unknown:
        return None
    if impact is None:
        return missing(view)
    whole = h("a", "影响评估全文、地图与安置方案", href=view.place.subject(f"/impact/{provider_id}"), cls="btn small")
    return [numbers(impact), outcome(view, impact, whole), unplaced(view, impact)]


def missing(view: View) -> Node:
    """Said where there is no policy to assess by."""
    return panel(view, "影响评估", empty("本月没有生效的影响评估政策（policies/impact.yaml），或数据由旧版本汇集。请系统管理员核对后重新汇集。"), cls="full")


def numbers(impact: Impact) -> Node:
    """The figures that a decision looks at first."""
    left = impact.needs - impact.placed
    recover = sum(m.recover for m in impact.money)
    cards: list[tuple[str, str, str, str]] = [
        ("近 90 日服务老年人", fmt.fmt_number(impact.total), "人", f"其中 {impact.gone} 人已去世或迁出" if impact.gone else "均在册"),
        ("须继续的服务", fmt.fmt_number(impact.needs), "项", "一位老年人可有多项"),
        ("可以安置", fmt.fmt_number(impact.placed), "项", f"占 {fmt.fmt_share(impact.placed, impact.needs)}" if impact.needs else "没有须安置的服务"),
        ("无法安置", fmt.fmt_number(left), "项", "逐人列明原因" if left else "全部可以安置"),
        ("在岗护理员", fmt.fmt_number(impact.staff.total), "人", f"持证 {impact.staff.certified} 人"),
        ("应收回补贴", fmt.fmt_money(recover, unit=False), "万元" if recover >= 10_000 else "元", "按政策条款测算"),
        ("应退预收费", fmt.fmt_money(impact.owed, unit=False), "万元" if impact.owed >= 10_000 else "元",
         f"存管 {fmt.fmt_share(impact.owed_held, impact.owed)}" if impact.owed else "没有预收费余额"),
    ]
    return h(
        "ul",
        [
            h("li", h("div", h("span", name, cls="name"), h("span", h("b", value, cls="num"), h("small", unit) if unit else None, cls="v"),
                      h("span", note, cls="s"), cls="card still"))
            for name, value, unit, note in cards
        ],
        cls="strip n7 full", aria_label="影响概要",
    )  # fmt: skip


def _bars(title: str, counts: list[tuple[str, int]], note: str = "") -> Node:
    most = max((n for _, n in counts), default=0)
    rows = [h("li", h("span", name, cls="name"), bar(n / most * 100 if most else 0), h("span", f"{n:,} 人", cls="num")) for name, n in counts]
    body: Node = h("ul", rows, cls="bars") if rows else empty("没有服务记录。")
    return h("section", h("h2", title, h("small", note) if note else None), body, cls="panel", aria_label=title)


def by_form(impact: Impact) -> Node:
    """Elders by way of service; one may have several."""
    return _bars("按服务方式", list(impact.by_form.items()), "一人可有多种")


def by_level(impact: Impact) -> Node:
    """Elders by ability level."""
    found_ = [(_level(level), n) for level in (4, 3, 2, 1, 0, None) if (n := impact.by_level.get(level))]
    return _bars("按能力等级", found_, "GB/T 42195")


def _level(level: int | None) -> str:
    return LEVELS.get(level, "未评估") if level is None else f"{level} 级 {LEVELS[level]}"


def served(view: View, impact: Impact) -> Node:
    """Elders by community (of the reader's area), and what is not told by person."""
    rows = sorted(impact.by_community.items(), key=lambda item: (-item[1], item[0]))
    names = {code: view.w.area(code).name for code, _ in rows}
    notes = [f"统计 {fmt.fmt_month(impact.months[0])}至{fmt.fmt_month(impact.months[-1])}"]
    if impact.outside:
        notes.append(f"另有 {impact.outside} 人不在您的辖区")
    extra = []
    if impact.calls:
        extra.append(f"应急呼叫 {impact.calls} 次由该单位处置，退出后由调度中心改派")
    if impact.unknown_meals:
        extra.append(f"另有 {impact.unknown_meals} 餐的服务卡未登记，无法对应到人")
    if not rows:
        return panel(view, "服务对象分布", empty("您的辖区没有该单位近 90 日的服务对象。"), note="，".join(notes), cls="half")
    most = rows[0][1]
    items = [h("li", h("span", names[code], cls="name"), bar(n / most * 100), h("span", f"{n} 人", cls="num")) for code, n in rows[:12]]
    rest = len(rows) - 12
    more = h("p", f"其余 {rest} 个社区共 {sum(n for _, n in rows[12:])} 人", cls="sub") if rest > 0 else None
    said = [h("p", text, cls="sub") for text in extra]
    return panel(view, "服务对象分布", h("ul", items, cls="bars"), more, said, note="，".join(notes), cls="half")


def room(view: View, impact: Impact) -> Node:
    """Free suitable places around the provider, in its street and in the district, against what is needed."""
    walk = impact.policy.walk
    cols = [
        Col("服务方式"), Col("照护要求"), Col("须安置", "n"), Col(f"{walk.minutes:g} 分钟步行内", "n", note=f"步行 {walk.metres:,.0f} 米以内：{walk.basis}"),
        Col("本街道", "n"), Col("全区", "n"), Col("有余量单位", "n"),
    ]  # fmt: skip
    body: list[list[Node]] = [[r.form, r.care or "按原服务项目", r.needs, _enough(r.walk, r.needs), _enough(r.street, r.needs), _enough(r.district, r.needs), r.providers]
            for r in impact.rooms]  # fmt: skip
    title = "接收余量"
    if not body:
        return panel(view, title, empty("没有须继续的服务。"), cls="half")
    note = "人；床位、座位按月末实数，上门服务按持证护理员测算"
    return panel(view, title, table(cols, body, caption=title), h("p", f"依据：{impact.policy.capacity.basis}", cls="sub"), note=note, cls="half")


def _enough(places: int, needs: int) -> Node:
    return h("span", f"{places:,}", cls="num" if places >= needs else "num neg")


def outcome(view: View, impact: Impact, tools: Node = None) -> Node:
    """Each way of service: how many placed, how far on average, and how good the solution is."""
    cols = [Col("服务方式"), Col("须安置", "n"), Col("可安置", "n"), Col("无法安置", "n"), Col("平均路程", "n"), Col("价格上浮上限", "n"), Col("求解", "w")]
    body: list[list[Node]] = []
    for g in impact.groups:
        mean = f"{g.metres / g.placed:,.0f} 米" if g.placed else None
        solved = "总路程已证明最短" if g.exact else f"限时内用就近法，总路程与最短之差不超过 {g.gap:.1%}"
        rise = impact.policy.forms[g.form].price_rise  # type: ignore[index]
        body.append([g.form, g.needs, g.placed, _left(g.needs - g.placed), mean, f"{rise:.0%}", solved])
    title = "安置测算"
    if not body:
        return None
    note = f"先求安置人数最多，再求总路程最短；政策 {impact.policy.version}"
    return panel(view, title, table(cols, body, caption=title), note=note, cls="full", tools=tools)


def _left(n: int) -> Node:
    return h("span", f"{n:,}", cls="num neg") if n else "0"


def unplaced(view: View, impact: Impact) -> Node:
    """Those for whom no place was found, by name (as the role may see it), with the reason."""
    rows = [p for p in impact.placements if p.offer is None]
    title, total = "无法安置的老年人", impact.needs - impact.placed
    if not total:
        return panel(view, title, empty("没有。须继续的服务都有接收单位。"), cls="full")
    hidden = total - len(rows)
    note = f"{total} 项" + (f"，其中 {hidden} 项不在您的查看范围，只计数" if hidden else "")
    if not rows:
        return panel(view, title, empty("都不在您的查看范围。"), note=note, cls="full")
    people = {e.elder_id: e for e in impact.elders}
    cols = [Col("老年人"), Col("能力等级"), Col("社区"), Col("服务方式"), Col("服务内容", "w"), Col("原因", "w")]
    body = [
        [*_who(view, people[p.need.elder_id]), p.need.form, "、".join(sorted(p.need.care)), p.reason.sentence if p.reason else None]
        for p in sorted(rows, key=lambda p: (p.need.form, p.need.elder_id))[:300]
    ]
    cut = "，先列 300 项，全部见 Excel" if len(rows) > 300 else ""
    return panel(view, title, table(cols, body, caption=title, cls="tall"), note=note + cut, cls="full", tools=_excel(view, impact))


def _who(view: View, elder: Any) -> list[Node]:
    level = _level(elder.level) + ("，失智" if elder.dementia else "")
    return [elder.name or elder.elder_id, level, view.w.area(elder.community_code).short_name]


def plan(view: View, impact: Impact) -> Node:
    """Who would go where, a page at a time; the whole plan is the Excel file."""
    rows = [p for p in impact.placements if p.offer is not None]
    title, hidden = "安置方案", impact.placed - sum(p.offer is not None for p in impact.placements)
    note = f"{impact.placed} 项" + (f"，其中 {hidden} 项不在您的查看范围，只计数" if hidden else "") + "；测算结果供决定时参考，须逐人确认"
    if not rows:
        return panel(view, title, empty("您的查看范围内没有可列出的安置。"), note=note, cls="full")
    rows.sort(key=lambda p: (p.need.form, p.metres or 0, p.need.elder_id))
    people = {e.elder_id: e for e in impact.elders}
    offset = min(view.place.offset, max(len(rows) - 1, 0))
    cols = [
        Col("老年人"), Col("能力等级"), Col("社区"), Col("服务方式"), Col("服务内容", "w"), Col("接收单位"), Col("路程", "n"),
        Col("现价", "n", note="近 90 日同样数量的费用；床位为月收费"), Col("接收后", "n"), Col("上浮", "n"),
    ]  # fmt: skip
    details = view.place.subjects("/providers")
    body = []
    for p in rows[offset : offset + PAGE]:
        receiver = p.offer.provider_id if p.offer else ""
        name = impact.names.get(receiver)
        to: Node = h("a", name, href=details(receiver)) if name else "辖区外单位"
        body.append([*_who(view, people[p.need.elder_id]), p.need.form, "、".join(sorted(p.need.care)), to, f"{p.metres:,} 米", *prices(p)])
    paging = pager(view, offset, len(rows))
    return panel(view, title, table(cols, body, caption=title), paging, note=note, cls="full", tools=_excel(view, impact))


def prices(placement: Placement) -> tuple[str, str, str]:
    """Price now, price there, rise; what is not known says so."""
    before, after = placement.before, placement.after
    known = [fmt.fmt_number(v, 2) if v is not None else "须核价" for v in (before, after)]
    rise = f"{after / before - 1:+.1%}" if before and after is not None else fmt.NONE
    return known[0], known[1], rise


def _excel(view: View, impact: Impact) -> Node:
    if not view.scope.may("export"):
        return None
    address = view.place.export("impact", table="impact", provider=impact.provider_id, month=impact.month)
    return h("a", "Excel", href=address, cls="btn small", target="_self", aria_label="下载 Excel：安置方案")


def staff(view: View, impact: Impact) -> Node:
    """The caregivers who would lose their work."""
    s = impact.staff
    if not s.total:
        return panel(view, "护理员", empty("台账中没有该单位月末在岗的护理员。"), cls="half")
    said = h("p", f"月末在岗 {s.total} 人，持证 {s.certified} 人，高级工及以上 {s.senior} 人。退出后须协助转岗或按劳动合同处理。")
    cols = [Col("岗位"), Col("人数", "n")]
    return panel(view, "护理员", said, table(cols, [[k, n] for k, n in s.posts.items()], caption="护理员"), cls="half")


def money(view: View, impact: Impact) -> Node:
    """Subsidies paid and what is to be recovered."""
    title = "补贴清算"
    cols = [Col("补贴项目"), Col("近 12 个月已拨", "n"), Col("累计已拨", "n"), Col("应收回", "n"), Col("测算", "w"), Col("条款", "w")]
    body = [[m.name, fmt.fmt_money(m.paid_year), fmt.fmt_money(m.paid_all), fmt.fmt_money(m.recover), m.said, m.basis] for m in impact.money]
    shown: Node = table(cols, body, caption=title) if body else empty("资金系统没有拨付给该单位的补贴。")
    return panel(view, title, shown, cls="half")


def refunds(view: View, impact: Impact) -> Node:
    """Prepayments to be paid back by kind, what a bank holds of them, and the rows of each elder behind."""
    title = "应退预收费"
    if not impact.refunds:
        return panel(view, title, empty("月末没有登记的预收费余额。清算时仍须由单位申报并附账簿核对。"), cls="full")
    cols = [Col("种类"), Col("老年人", "n"), Col("应退余额", "n"), Col("其中存管", "n"), Col("未存管", "n"), Col("存管比例", "n")]
    lines: list[tuple[str, int | None, float, float]] = [(r.kind, r.elders, r.amount, r.held) for r in impact.refunds]
    lines.append(("合计", None, impact.owed, impact.owed_held))
    body = [
        [kind, None if n is None else fmt.fmt_number(n), fmt.fmt_money(amount), fmt.fmt_money(held), fmt.fmt_money(amount - held), fmt.fmt_share(held, amount)]
        for kind, n, amount, held in lines
    ]  # fmt: skip
    note = h("p", "余额由单位按月填报；储值卡等未填报的，清算时由单位申报并附账簿核对。未存管部分须由单位另行筹措退还。", cls="sub")
    return panel(view, title, table(cols, body, caption=title), note, tools=_refund_tools(view, impact), cls="full")


def _refund_tools(view: View, impact: Impact) -> Node:
    """The rows behind, and the list per elder as a file, for whoever may have them."""
    found: list[Node] = []
    if view.knows("prepaid_balance") and view.scope.may("rows"):
        found.append(h("a", "明细", href=view.place.rows("prepaid_balance", provider=impact.provider_id), cls="btn small", aria_label="明细：应退预收费"))
    if view.scope.may("export"):
        address = view.place.export("impact", table="refunds", provider=impact.provider_id, month=impact.month)
        found.append(h("a", "Excel", href=address, cls="btn small", target="_self", aria_label="下载 Excel：应退预收费"))
    return found


@dataclass(frozen=True, slots=True)
class ImpactDetail:
    """The page of one provider's assessment: the figures, the map, then every panel."""

    def area(self, view: View) -> str:
        """The reader's own area: those concerned live all over it. Raises Unknown for a provider that the reader does not see."""
        view.w.provider(view.ident, view.month)
        return str(view.w.root.code)

    def draw(self, view: View) -> Detail:
        """All slots."""
        provider = view.w.provider(view.ident, view.month)
        impact = found(view, view.ident, view.month)
        head = h(
            "section",
            h("div", h("h2", provider["name"]), marks.star(provider.get("star")), marks.exit_state(provider.get("exit_state")),
              h("span", h("a", "单位详情", href=view.place.subject(f"/providers/{view.ident}"), cls="btn small"), cls="tools"), cls="who"),
            cls="panel provider-head", aria_label="被评估单位",
        )  # fmt: skip
        if impact is None:
            return Detail(str(provider["name"]), head, [], [missing(view)])
        below = [
            served(view, impact), room(view, impact), outcome(view, impact), unplaced(view, impact), plan(view, impact), staff(view, impact),
            money(view, impact), refunds(view, impact),
        ]  # fmt: skip
        return Detail(
            str(provider["name"]), [head, numbers(impact)], [by_form(impact), by_level(impact)], below, map=impact_map.data(view, impact, provider),
            map_head=impact_map.head(), legend=impact_map.legend(impact),
        )  # fmt: skip


def impact_detail() -> ImpactDetail:
    """For a page's ``detail``: the assessment of a provider."""
    return ImpactDetail()


def impact_choice(view: View) -> Node:
    """Providers whose state calls for a decision, with the number of elders that each serves; each row opens its assessment."""
    wanted = view.place.get("state")
    rows = [p for p in view.w.providers(view.area.code, view.month) if (p["exit_state"] == wanted if wanted else p["exit_state"] not in ("normal", "exited"))]
    counts: Mapping[str, int] = view.w.served(view.month)
    order = {"exit_proposed": 0, "exit_candidate": 1, "rectifying": 2, "watch": 3}
    rows.sort(key=lambda p: (order.get(p["exit_state"], 4), -counts.get(p["provider_id"], 0), p["provider_id"]))
    title = "选择单位"
    cols = [Col("单位"), Col("类型"), Col("街道"), Col("监管星级"), Col("退出状态"), Col("近 90 日服务老年人", "n"), Col("评估")]
    opens = view.place.subjects("/impact")
    body = [
        [p["name"], p.get("kind"), p.get("street"), marks.star(p.get("star")), marks.exit_state(p["exit_state"]),
         fmt.fmt_number(counts.get(p["provider_id"], 0)), h("a", "影响评估", href=opens(p["provider_id"]), aria_label=f"影响评估：{p['name']}")]
        for p in rows
    ]  # fmt: skip
    shown: Node = table(cols, body, caption=title) if body else empty("本区域本月没有关注、整改、符合退出条件或拟退出的单位。其他单位可从单位详情进入。")
    return panel(view, title, shown, note="关注、整改中、符合退出条件、拟退出的单位；其他单位从单位详情进入", cls="full")
