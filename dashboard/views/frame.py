"""The frame around every subject: navigation, title with the way here, month and download menus, foot, and the page for what is not there."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from dashboard import format as fmt
from dashboard.views.context import View
from dashboard.views.h import Node, cell, h
from dashboard.views.page import Desk, Page, desks, registry
from dashboard.views.place import Place

_MONTHS = tuple((f"{k:02d}", f"{k}月") for k in range(1, 13))
_OFF = {"className": "off"}


def rail(pages: list[Any], place: Place, here: str, counts: Mapping[str, int] = MappingProxyType({})) -> Node:
    """The subjects; area and month go along. ``counts``: how much waits for the reader at a path."""
    at = registry()[here].parent or here if here in registry() else here
    items = []
    for page in pages:
        on = "page" if page.path == at else None
        if isinstance(page, Desk):
            n = counts.get(page.path, 0)
            items.append(h("li", h("a", page.title, h("span", f"{n}", h("span", " 项待办", cls="offscreen"), cls="count") if n else None,
                                   href=page.path, target="_self", aria_current=on)))  # fmt: skip
        else:
            items.append(h("li", h("a", page.title, href=place.subject(page.path), aria_current=on)))
    return h("ul", items)


def pages_for(scope: Any) -> list[Any]:
    """The pages in this reader's navigation."""
    pages: list[Page | Desk] = [*registry().values(), *desks()]
    return [p for p in pages if not p.parent and scope.may(p.right)]


def bar(view: View, tail: str = "") -> Node:
    """Title, breadcrumb, month, downloads, copy link."""
    crumbs: list[Node] = []
    for k, area in enumerate(view.path):
        last = k == len(view.path) - 1 and not tail
        href = view.place.subject(view.page.path, area=area.code, layer=view.place.get("layer") or None)
        crumbs.append(h("li", h("span", area.name, aria_current="location") if last else h("a", area.name, href=href)))
    if tail:
        crumbs.append(h("li", h("span", tail, aria_current="location")))
    elif view.children and view.layer is not None:
        crumbs.append(h("li", h("span", {1: "全部街道", 2: "全部社区"}.get(view.area.level, ""), cls="quiet")))
    return [
        h("h1", registry().get(view.page.parent, view.page).title),
        h("nav", h("ol", crumbs), cls="crumbs", aria_label="所在区域"),
        family(view),
        h(
            "div",
            months(view),
            downloads(view),
            h("button", "复制链接", cls="btn", id="copy-link", type="button", data_done="已复制"),
            cls="tools",
        ),
    ]


def family(view: View) -> Node:
    """The pages of one subject side by side; nothing where it has but one."""
    head = view.page.parent or view.page.path
    pages = [p for p in registry().values() if head in (p.path, p.parent)]
    if len(pages) < 2:
        return None
    links = [
        h("a", p.title if p.parent else "概况", href=view.place.subject(p.path), aria_current="page" if p is view.page else None)
        for p in pages
    ]
    return h("nav", links, cls="seg", aria_label="本主题页面")


def as_of(view: View) -> Node:
    """The banner over a view of an older snapshot, with the way back; nothing over the current one."""
    if not view.place.get("as_of"):
        return None
    at = view.w.snapshot
    said = f"按 {fmt.fmt_time(at.created_at)} 发布的数据查看（数据截至 {fmt.fmt_date(at.data_date)}，快照 {at.run_id}），不是最新数据。"
    return h("p", h("span", said), h("a", "回到最新数据", href=view.place.url(as_of=None)), cls="as-of", role="status")


def months(view: View) -> Node:
    """The month picker: years as rows of links, with the months before and after beside it."""
    known = list(view.w.months)
    at = known.index(view.month) if view.month in known else len(known) - 1
    years: dict[str, list[str]] = {}
    for month in known:
        years.setdefault(month[:4], []).append(month)
    link = view.place.months()
    grid = [
        h("div", h("b", f"{year}年"), h("div", [
            cell("a", {"href": link(m), "aria-current": "date"} if m == view.month else {"href": link(m)}, name)
            if (m := f"{year}-{two}") in listed else cell("span", _OFF, name) for two, name in _MONTHS
        ], cls="twelve"), cls="year")
        for year, listed in sorted(years.items(), reverse=True)
    ]  # fmt: skip
    before = known[at - 1] if at > 0 else None
    after = known[at + 1] if at + 1 < len(known) else None
    return h(
        "div", _step(view, before, "‹", "上一月"),
        h("details", h("summary", fmt.fmt_month(view.month), cls="btn", aria_label=f"月份：{fmt.fmt_month(view.month)}"), h("div", grid, cls="pop"), cls="menu"),
        _step(view, after, "›", "下一月"), cls="months-nav",
    )  # fmt: skip


def _step(view: View, month: str | None, sign: str, name: str) -> Node:
    if month is None:
        return h("span", sign, cls="btn step off", aria_hidden="true")
    return h(
        "a", sign, href=view.place.url(month=month, offset=None), cls="btn step", aria_label=f"{name}：{fmt.fmt_month(month)}"
    )


def downloads(view: View) -> Node:
    """The month's report in three forms and this page's tables; nothing for readers who may not export."""
    if not view.scope.may("export"):
        return None
    place, items = view.place, []
    for form, name in (("docx", "月报 Word"), ("xlsx", "月报 Excel"), ("pdf", "月报 PDF")):
        items.append(h("a", name, href=place.report(form), target="_self"))
    for sheet, title in view.page.layout.sheets.items():
        items.append(h("a", f"表：{title}", href=place.export(view.page.key, table=sheet), target="_self"))
    return h("details", h("summary", "导出", cls="btn"), h("div", items, cls="pop list"), cls="menu")


def caption(view: View) -> Node:
    """Under the map: definition, source and data date of what it shows."""
    if not view.focus:
        return None
    ind = view.ind(view.focus)
    sources = view.w.source_of(view.focus)
    said = fmt.few([f"{title}（{owner}，{str(date)[:10] if date else '尚无数据'}）" for _, title, owner, date in sources], what="个数据模块") or fmt.NONE
    missing = lacking(view, view.focus)
    return [
        h("span", h("em", "暂缺"), missing, cls="warn") if missing else None,
        h("span", h("em", "口径"), f"{ind.name}：{ind.definition}", title=ind.definition),
        h("span", h("em", "来源"), said),
        h("span", "边界为示意", cls="right"),
    ]


def lacking(view: View, code: str) -> str:
    """Why a figure of this month is not known; empty where it is, or where there is nothing to be said about it."""
    found = view.w.gap(code, view.month)
    if found:
        return f"{found[0]}只报送到 {fmt.fmt_month(found[1])}，之后的月份未知，不按 0 计"
    blank = view.ind(code).blank
    if not blank or view.area.level not in view.ind(code).levels:
        return ""
    return "" if view.w.figures([code], view.area.code, view.month)[code].whole else blank


def stamp(snapshot: Any) -> Node:
    """The data date, and that the figures are simulated where they are."""
    text = f"数据截至 {fmt.fmt_date(snapshot.data_date)}"
    return [
        h("span", text),
        h("span", "模拟数据", cls="mock", title="本页数字由模拟程序生成，不对应任何真实的人或单位")
        if snapshot.synthetic
        else None,
    ]


def missing(home: str) -> Node:
    """One page for what does not exist and for what this reader may not see."""
    return h(
        "section", h("h1", "没有找到该区域、月份或页面"),
        h("p", "地址可能有误，也可能不在您的权限范围内。请检查链接，或从下面的入口重新进入；需要调整权限请联系系统管理员。"),
        h("p", h("a", "回到总览", href=home, cls="btn primary")), cls="panel missing", role="alert",
    )  # fmt: skip


def expired(now: str) -> Node:
    """A link to the figures of an earlier run whose snapshot is not kept any more."""
    return h(
        "section", h("h1", "该链接所用的数据快照已不保留"),
        h("p", "链接指向较早一次数据汇集的结果。系统只保留近期的快照，这一份已按期清理，当时的数字不能再从这里查看；已签发的月报和个案依据不受影响。"),
        h("p", h("a", "按最新数据查看本页", href=now, cls="btn primary")), cls="panel missing", role="alert",
    )  # fmt: skip


def trouble(home: str) -> Node:
    """Something failed on the server; nothing of it is shown."""
    return h(
        "section", h("h1", "页面暂时无法显示"),
        h("p", "请稍后刷新重试。若仍不行，请把本页链接和时间告知系统管理员，后台日志中已有记录。"),
        h("p", h("a", "回到总览", href=home, cls="btn primary")), cls="panel missing", role="alert",
    )  # fmt: skip
