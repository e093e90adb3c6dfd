"""The tables on offer as files: those of the pages, and the rows behind a figure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from dashboard.format import CERT_LEVELS, exit_word, few, fmt_date, fmt_delta, fmt_target, fmt_value, star_word, verdict_word
from dashboard.reports import data_tables
from dashboard.reports.content.context import all_rows, figure_cell, ranked
from dashboard.reports.table_file import Sheet, Wish
from dashboard.warehouse import Unknown, Warehouse


def _behind(w: Warehouse, wish: Wish) -> Sheet:
    i = w.indicator(wish.code)
    columns, rows, total = all_rows(w, wish.code, wish.area, wish.month, wish.which, wish.cap, wish.provider)
    side = "" if i.whole is None else "（分子）" if wish.which == "part" else "（分母）"
    return Sheet(f"{i.name}明细{side}", tuple(c.title for c in columns), rows, i.definition, _sources(w, wish.code), total, _figure(w, wish))


def _figure(w: Warehouse, wish: Wish) -> str:
    """``92.6%（分子 1,441 ÷ 分母 1,556）``: the rows of a file can be counted against the figure that they stand behind."""
    i = w.indicator(wish.code)
    if wish.provider:
        figure = w.provider_figures([wish.code], wish.provider, wish.month)[wish.code]
    else:
        figure = w.figures([wish.code], wish.area, wish.month)[wish.code]
    said = f"{i.name} {fmt_value(i, figure)}"
    if i.whole is None or i.ranked or figure.part is None:
        return said
    return f"{said}（分子 {figure.part:,g} ÷ 分母 {figure.whole or 0:,g}）"


def _sources(w: Warehouse, code: str) -> str:
    return few([f"{title}（{owner}，{fmt_date(day)}）" for _, title, owner, day in w.source_of(code)], what="个数据模块")


_PROVIDER = (
    ("单位编号", "provider_id"), ("名称", "name"), ("统一社会信用代码", "credit_code"), ("类别", "kind"), ("性质", "ownership"), ("街道", "street"),
    ("社区", "community"), ("床位", "beds"), ("等级评定", "grade"),
)  # fmt: skip


def _providers(w: Warehouse, wish: Wish) -> Sheet:
    found = w.providers(wish.area, wish.month)
    known = [(title, key) for title, key in _PROVIDER if not found or key in found[0]]
    columns = (*(t for t, _ in known), "监管星级", "监管得分", "限制原因", "退出状态", "状态起始", "经度", "纬度")
    rows = [
        (
            *(p[k] for _, k in known), star_word(p["star"]), _rounded(p["score"], 1), p.get("cap_because"), exit_word(p["exit_state"]),
            p.get("exit_since"), p.get("lng"), p.get("lat"),
        )
        for p in found
    ]  # fmt: skip
    return Sheet("服务单位", columns, rows, "月末在营的服务单位及其监管星级、退出状态；坐标为 CGCS2000", "服务单位库、综合监管")


def _rounded(value: Any, decimals: int) -> float | None:
    return None if value is None else round(float(value), decimals)


CERTIFIED = ("caregivers", "caregiver_cert_rate", "cert_expiring_90d", "senior_share")


def _caregiver_providers(w: Warehouse, wish: Wish) -> Sheet:
    codes = [c for c in CERTIFIED if c in w.snapshot.indicators]
    found = [p for p in w.by_provider(codes, wish.area, wish.month) if p[codes[0]].part]
    found.sort(key=lambda p: (p["caregiver_cert_rate"].value is None, p["caregiver_cert_rate"].value or 0, p["provider_id"]))
    rows = [
        (
            p["provider_id"],
            p["name"],
            p["kind"],
            p.get("street"),
            p.get("community"),
            *(figure_cell(w.indicator(c), p[c]) for c in codes),
        )
        for p in found
    ]
    columns = ("单位编号", "名称", "类别", "街道", "社区", *(w.indicator(c).name for c in codes))
    i = w.indicator("caregiver_cert_rate")
    return Sheet("护理员持证（按服务单位）", columns, rows, i.definition, _sources(w, i.code))


def _levels(w: Warehouse, wish: Wish) -> Sheet:
    codes = {level: f"cert_level_{level}" for level in sorted(CERT_LEVELS, reverse=True)}
    figures = w.figures([*codes.values(), "caregiver_cert_rate"], wish.area, wish.month)
    rate = figures["caregiver_cert_rate"]
    rows: list[tuple[Any, ...]] = [(CERT_LEVELS[level], figures[code].part) for level, code in codes.items()]
    if rate.whole is not None:
        rows += [("未持有效证书", rate.whole - (rate.part or 0)), ("合计", rate.whole)]
    i = w.indicator("caregiver_cert_rate")
    return Sheet("护理员职业技能等级", ("等级", "人数"), rows, i.definition, _sources(w, i.code))


def _by_child(w: Warehouse, wish: Wish, codes: Sequence[str], title: str) -> Sheet:
    known = [c for c in codes if c in w.snapshot.indicators]
    if not known:
        raise Unknown("indicator")
    many = w.by_child_many(known, wish.area, wish.month)
    first = w.indicator(known[0])
    rows = []
    for place, area, figure in ranked(w.by_child(known[0], wish.area, wish.month), first):
        cells = [figure_cell(w.indicator(c), many[area.code][c]) for c in known]
        parts = (figure.part, figure.whole) if len(known) == 1 else ()
        rows.append((place, area.code, area.name, *cells, *parts, verdict_word(figure.verdict)))
    sides = ("分子", "分母") if len(known) == 1 else ()
    columns = ("名次", "区划代码", "区划", *(w.indicator(c).name for c in known), *sides, f"{first.label}评价")
    definition = "；".join(f"{w.indicator(c).name}：{w.indicator(c).definition}" for c in known)
    return Sheet(title, columns, rows, definition, _sources(w, known[0]))


def _codes(w: Warehouse, wish: Wish) -> list[str]:
    """The indicators asked for, by their codes with commas between; Unknown where one is not there, or where they are too many."""
    codes = list(dict.fromkeys(wish.code.split(",")))
    if len(codes) > 100:
        raise Unknown("indicator")
    return [w.indicator(code).code for code in codes]


def _figures(w: Warehouse, wish: Wish) -> Sheet:
    """Figures of one area as the page lists them."""
    codes = _codes(w, wish)
    figures, rows = w.figures(codes, wish.area, wish.month), []
    for code in codes:
        i, f = w.indicator(code), figures[code]
        parts = (f.part, f.whole) if i.kind == "ratio" else (None, None)
        target = None if f.target is None else fmt_target(i, f.target)
        rows.append((i.group, i.name, figure_cell(i, f), *parts, fmt_delta(i, f, f.previous), fmt_delta(i, f, f.year_ago), target, f.due,
                     verdict_word(f.verdict), i.definition, _sources(w, code)))  # fmt: skip
    columns = ("分组", "指标", "数值", "分子", "分母", "环比", "同比", "目标", "期限", "进度", "口径", "来源")
    return Sheet("指标", columns, rows, "各指标的口径见表内", "见表内")


def _areas(w: Warehouse, wish: Wish) -> Sheet:
    if wish.code:
        return _by_child(w, wish, _codes(w, wish), "指标（按区划）")
    return _by_child(
        w, wish, ("caregiver_cert_rate", "caregivers", "uncertified", "cert_expiring_90d", "senior_share"), "护理员持证（按区划）"
    )


def _ranking(w: Warehouse, wish: Wish) -> Sheet:
    code = wish.code or "caregiver_cert_rate"
    return _by_child(w, wish, (code,), f"{w.indicator(code).name}排名")


_MONEY = (
    ("年度预算（元）", "budget"), ("本月申报（元）", "applied"), ("本月核定（元）", "approved"), ("本月拨付（元）", "paid"),
    ("累计申报（元）", "applied_ytd"), ("累计核定（元）", "approved_ytd"), ("累计拨付（元）", "paid_ytd"), ("预算执行率（%）", "execution_rate"),
)  # fmt: skip
_MONEY_SAYS = "累计为本年 1 月至本月；执行率 = 累计拨付 ÷ 年度预算"


def _programmes(w: Warehouse, wish: Wish) -> Sheet:
    rows = [(r["programme"], r["name"], *(r.get(k) for _, k in _MONEY)) for r in w.subsidies(wish.area, wish.month)]
    return Sheet("补贴资金（按项目）", ("项目编码", "项目", *(t for t, _ in _MONEY)), rows, _MONEY_SAYS, "补贴资金（区财政局）")


def _streets(w: Warehouse, wish: Wish) -> Sheet:
    found = w.subsidies_by_street(wish.programme, wish.month)
    inside = {wish.area, *(a.code for a in w.children(wish.area))}
    rows = [(r["street_code"], r["street"], *(r.get(k) for _, k in _MONEY)) for r in found if r["street_code"] in inside]
    return Sheet("补贴资金（按街道）", ("街道代码", "街道", *(t for t, _ in _MONEY)), rows, _MONEY_SAYS, "补贴资金（区财政局）")


def _exits(w: Warehouse, wish: Wish) -> Sheet:
    rows = []
    for p in w.exits(wish.area, wish.month):
        reasons = p["reasons"] or [{"sentence": p.get("exit_because"), "basis": p.get("exit_basis")}]
        for reason in reasons:
            rows.append(
                (
                    p["provider_id"], p["name"], p["kind"], p.get("street"), p.get("community"), exit_word(p["exit_state"]), p.get("exit_since"),
                    star_word(p["star"]), reason.get("sentence"), reason.get("basis"),
                )
            )  # fmt: skip
    columns = ("单位编号", "名称", "类别", "街道", "社区", "状态", "起始日期", "监管星级", "事由", "依据")
    return Sheet("退出监管", columns, rows, "月末状态不为“正常”的服务单位，每条事由一行", "综合监管、服务单位库")


def _delivered(w: Warehouse, wish: Wish) -> Sheet:
    return _by_child(w, wish, ("rows_quarantined", "rows_quarantined_rate"), "数据隔离（按区划）")


def _impact(w: Warehouse, wish: Wish) -> Sheet:
    """The plan for the elders whom the reader may see, each with what becomes of each service."""
    found = w.impact(wish.provider, wish.month)
    people = {e.elder_id: e for e in found.elders}
    rows = []
    for p in found.placements[: wish.cap]:
        elder = people[p.need.elder_id]
        to = "" if p.offer is None else found.names.get(p.offer.provider_id, "辖区外单位")
        rows.append((
            elder.elder_id, elder.name, elder.level, "是" if elder.dementia else "否", w.area(elder.community_code).name, p.need.form,
            "、".join(sorted(p.need.care)), "可安置" if p.offer else "无法安置", to, p.metres, p.before, p.after, p.reason.sentence if p.reason else "",
        ))  # fmt: skip
    columns = ("老年人编号", "老年人", "能力等级", "失智", "常住社区", "服务方式", "服务内容", "结果", "接收单位", "路程（米）", "现价（元）", "接收后价格（元）", "原因")
    policy = found.policy
    says = (
        f"{found.name}退出的影响测算：近 {policy.served.months} 个月服务对象中须继续的服务，先求安置最多，再求总路程最短，"
        f"照护等级不降，价格上浮不超过政策上限（{policy.version}）"
    )
    return Sheet(f"安置方案 {found.name}", columns, rows, says, "服务单位库、服务订单、老年食堂、床位统计、护理员台账", total=len(found.placements))


def _refunds(w: Warehouse, wish: Wish) -> Sheet:
    """What the provider owes to each elder whom the reader may see."""
    found = w.impact(wish.provider, wish.month)
    rows = [(p.elder_id, p.name, w.area(p.community_code).name, p.kind, p.amount, p.held, round(p.amount - p.held, 2)) for p in found.prepaid[: wish.cap]]
    columns = ("老年人编号", "老年人", "常住社区", "预收费种类", "应退余额（元）", "其中存管（元）", "未存管（元）")
    says = f"{found.name}月末预收费余额：应退合计 {found.owed:,.2f} 元，其中存管 {found.owed_held:,.2f} 元；辖区外老年人不逐人列出"
    return Sheet(f"应退预收费 {found.name}", columns, rows, says, "养老床位（预收费余额）", total=len(found.prepaid))


def _tasks(w: Warehouse, wish: Wish) -> Sheet:
    found = w.tasks(wish.area, wish.month)
    months = list(found[0]["course"]) if found else []
    rows = [
        (r["task_id"], r["task"], "是" if r["key_task"] else "否", r["lead_department"], r["due_on"], r["planned"], *(r["course"][m] for m in months),
         "是" if r["on_track"] else "否", r["stated"], r["work"], r["trouble"])
        for r in found
    ]  # fmt: skip
    columns = ("任务编号", "任务", "重点任务", "牵头部门", "完成时限", "计划进度（%）", *(f"{m} 累计完成（%）" for m in months), "按期推进", "自评状态", "本月进展", "存在问题")
    return Sheet("任务进展", columns, rows, "一项任务按其每个牵头部门各列一行；累计完成不低于计划进度为按期，未填报的视为未按期", "任务与月报（区考评办）")


TABLES: dict[str, Callable[[Warehouse, Wish], Sheet]] = {
    "rows": _behind,
    "providers": _providers,
    "caregiver_providers": _caregiver_providers,
    "levels": _levels,
    "areas": _areas,
    "figures": _figures,
    "tasks": _tasks,
    "ranking": _ranking,
    "programmes": _programmes,
    "streets": _streets,
    "exits": _exits,
    "impact": _impact,
    "refunds": _refunds,
    "modules": data_tables.modules,
    "loads": data_tables.loads,
    "delivered": _delivered,
    "revisions": data_tables.revisions,
    "arrivals": data_tables.arrivals,
    "returns": data_tables.returns,
    "quarantine": lambda w, wish: data_tables.rejected(w, w.quarantine, "隔离记录", wish),
    "warnings": lambda w, wish: data_tables.rejected(w, w.warnings, "存疑记录", wish),
}
ALIASES = {
    ("caregivers", "providers"): "caregiver_providers",
    ("caregivers", ""): "caregiver_providers",
    ("overview", ""): "ranking",
    ("providers", ""): "providers",
    ("exits", ""): "exits",
    ("subsidies", ""): "programmes",
    ("data", ""): "modules",
    ("subsidies", "subsidies"): "programmes",
    ("subsidies", "subsidies_by_street"): "streets",
}
SUBJECTS = frozenset({"overview", "caregivers", "subsidies", "providers", "exits", "data", "impact", "indicators", "tasks", "beds", "response"})


def offered(w: Warehouse, subject: str, wish: Wish) -> Callable[[Warehouse, Wish], Sheet]:
    """What makes the table asked for; Unknown for a table, area or month that does not exist for this reader."""
    w.area(wish.area)
    w.figures([], wish.area, wish.month)
    make = TABLES.get(ALIASES.get((subject, wish.table), wish.table))
    if make is None or (subject not in SUBJECTS and wish.table != "rows"):
        raise Unknown("table")
    return make


def sheet_of(w: Warehouse, subject: str, wish: Wish) -> Sheet:
    """The table asked for; Unknown also for a code that does not exist for this reader."""
    return offered(w, subject, wish)(w, wish)


__all__ = ["offered", "sheet_of"]
