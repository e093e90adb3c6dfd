"""The month's inspection plan on the page: what has been done and by whom, the next step as a form for those who may, the result."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Any

from dashboard import format as fmt
from dashboard.inspections.store import STAGES, Inspections, Plan
from dashboard.views import marks
from dashboard.views.context import View
from dashboard.views.h import Node, h
from dashboard.views.page import Layer
from dashboard.views.tables import Col, cell, empty, panel, table
from etl import draw
from etl.draw.plan import DUE
from etl.draw.steps import CHINA, RANDOM

BY = {"due": fmt.Mark(DUE, "■", "plain"), "risk": fmt.Mark("按风险抽中", "▲", "warn"), "random": fmt.Mark("随机抽中", "●", "good")}


def following(month: str) -> str:
    """The month after, ``YYYY-MM``."""
    year, number = int(month[:4]), int(month[5:])
    return f"{year + number // 12}-{number % 12 + 1:02d}"


def _plans(view: View) -> list[Plan]:
    """The plans of the month after the one shown, the newest first; empty where no ledger is at hand."""
    if view.w.ledger is None:
        return []
    district = view.w.snapshot.region_code
    return Inspections(view.w.ledger, district).listed(following(view.month))


def _standing(view: View) -> Plan | None:
    return next((p for p in _plans(view) if p.row.stage != "void"), None)


def kind_of(by: str) -> str:
    """How a provider came to be drawn: due, risk or random."""
    return "due" if by == DUE else "random" if by == RANDOM else "risk"


def visit_spots(view: View) -> list[tuple[dict[str, Any], fmt.Mark, str]]:
    """The providers that the month's draw sends inspectors to."""
    plan = _standing(view)
    drawn = {provider: by for provider, by, _ in plan.paper.result} if plan else {}
    return [(p, BY[kind_of(drawn[p["provider_id"]])], drawn[p["provider_id"]]) for p in view.providers if p["provider_id"] in drawn]


planned_visits = Layer("visits", "spots", "计划检查", visit_spots, tuple(BY.values()))


def plan_panel(view: View) -> Node:
    """The four steps of the month's plan with their facts, and the form of the next one."""
    month, may = following(view.month), view.scope.may("plan_inspections")
    plans = _plans(view)
    plan = next((p for p in plans if p.row.stage != "void"), None)
    title = f"{fmt.fmt_month(month)}双随机抽查"
    steps = [_made(view, plan, may), _committed(plan), _drawn(view, plan)]
    body: list[Node] = [h("ol", [h("li", step, cls="done" if done else None) for done, step in steps], cls="steps")]
    if may and view.month == view.w.latest_month and not view.place.get("as_of"):
        body.append(_form(view, plan))
    voided = [h("li", f"{p.row.number} 已作废：{p.row.void_reason}（名单摘要 {p.row.sha256 or '未承诺'}）") for p in plans if p.row.stage == "void"]
    if voided:
        body.append(h("ul", voided, cls="quiet"))
    stage = STAGES[plan.row.stage] if plan else "尚未编制"
    return panel(view, title, body, note=f"{plan.row.number} · {stage}" if plan else stage, cls="full")


def _made(view: View, plan: Plan | None, may: bool) -> tuple[bool, Node]:
    if plan is None:
        return False, [h("b", "编制"), f"依据 {fmt.fmt_month(view.month)}的风险与信用等级编制名单，列明检查人员与回避关系。"]
    entries = plan.paper.list
    takes = [f"{s.name} {s.take} 家" for s in entries.strata if s.take] + [f"随机 {entries.random} 家"]
    total = sum(s.take for s in entries.strata) + entries.random
    said = [
        h("b", "编制"), f"名单 {len(entries.providers)} 家，抽取 {total} 家：{'、'.join(takes)}；检查人员 {len(entries.inspectors)} 名，每次 {entries.team} 名，"
        f"回避 {len(entries.conflicts)} 对；办法版本 {entries.policy}。",
    ]  # fmt: skip
    if may:
        reasons = Counter(reason for e in plan.barred for reason in e.reason.split("、"))
        said.append(h("small", f"回避事由：{'、'.join(f'{reason} {n} 对' for reason, n in reasons.most_common()) or '无'}"))
    return True, said


def _committed(plan: Plan | None) -> tuple[bool, Node]:
    if plan is None or not plan.paper.sha256:
        return False, [h("b", "承诺"), "固定名单，公布其 SHA-256 摘要，并指定以后哪一项公开结果作种子。"]
    entries = plan.paper.list
    return True, [
        h("b", "承诺"), f"{_when(plan.paper.committed_at)}，以 {fmt.fmt_date(entries.seed_on)}{entries.seed_source}的结果作种子。名单摘要 ", h("code", plan.paper.sha256),
    ]  # fmt: skip


def _drawn(view: View, plan: Plan | None) -> tuple[bool, Node]:
    if plan is None or not plan.paper.result:
        return False, [h("b", "抽取"), "结果公布后填入种子，按公开算法抽取单位与检查人员，任何人可凭文件复核。"]
    seed = " / ".join(" ".join(map(str, source)) for source in plan.paper.numbers)
    wrong = draw.verify(plan.paper)
    state = marks.chip(fmt.Mark("复核相符", "●", "good") if not wrong else fmt.Mark("复核不符", "◆", "bad"))
    said = [h("b", "抽取"), f"种子 {seed}（{plan.paper.seed_evidence}，{_when(plan.paper.published_at)}公布）；抽中 {len(plan.paper.result)} 家。", state]
    if view.scope.knows_inspectors() and view.w.root.level == 1:
        said += [
            h("a", "下载抽取文件", href=f"/inspections/{plan.row.number}.json", download=True, cls="btn small"),
            h("small", f"复核：yiguan draw verify {plan.row.number}.json"),
        ]
    return True, said


def _when(text: str) -> str:
    return fmt.fmt_time(datetime.fromisoformat(text).astimezone(CHINA).replace(tzinfo=None))


def _form(view: View, plan: Plan | None) -> Node:
    """The form of the next step, and of giving the plan up; plain forms, answered by a redirect back here."""
    back = h("input", type="hidden", name="next", value=view.place.url())
    month = following(view.month)
    if plan is None or plan.row.stage == "planned":
        entries = plan.paper.list if plan else None
        make = h(
            "form", _input("种子取自", "source", entries.seed_source if entries else "", "如：中国福利彩票双色球下一期开奖号码", "24em"),
            _input("公布日", "on", entries.seed_on.isoformat() if entries else "", "", "10em", kind="date"), back,
            h("button", "重新编制" if plan else "编制名单", type="submit", cls="btn small"), method="post", action=f"/inspections/plan/{month}", cls="decision",
        )  # fmt: skip
        if plan is None:
            return make
        done = h("form", back, h("button", "承诺并公布摘要", type="submit", cls="btn small primary"), method="post",
                 action=f"/inspections/commit/{plan.row.number}", cls="decision")  # fmt: skip
        return [make, done]
    if plan.row.stage != "committed":
        return None
    draws = h(
        "form", _input("种子号码", "numbers", "", "如 3 9 12 18 25 31 / 7", "16em"), _input("出处", "evidence", "", "期号、公告或网址", "16em"),
        _input("公布时间", "at", "", "", "13em", kind="datetime-local"), back, h("button", "抽取", type="submit", cls="btn small primary"),
        method="post", action=f"/inspections/draw/{plan.row.number}", cls="decision",
    )  # fmt: skip
    give_up = h("form", _input("作废理由", "reason", "", "随计划公示", "16em"), back, h("button", "作废", type="submit", cls="btn small"), method="post",
                action=f"/inspections/void/{plan.row.number}", cls="decision")  # fmt: skip
    return [draws, give_up]


def _input(label: str, name: str, value: str, hint: str, width: str, kind: str = "text") -> Node:
    field = h("input", type=kind, name=name, defaultValue=value or None, required=True, maxLength=200, placeholder=hint or None, style={"width": width})
    return h("label", label, field)


def drawn_list(view: View) -> Node:
    """Who is visited by whom, within the reader's area; nothing before the draw."""
    plan = _standing(view)
    if plan is None or not plan.paper.result:
        return None
    people = {i.id: i.name for i in plan.paper.list.inspectors} if view.scope.knows_inspectors() else {}
    risks = {r["provider_id"]: r for r in view.w.risks(view.area.code, view.month)}
    mine = {p["provider_id"]: p for p in view.providers}
    rows = [(mine[provider], by, who) for provider, by, who in plan.paper.result if provider in mine]
    title = "抽中的单位"
    if not rows:
        return panel(view, title, empty("本区域没有单位被抽中。"), cls="full")
    details = view.place.subjects("/providers")
    body = [
        [h("a", p["name"], href=details(p["provider_id"])), p.get("kind"), p.get("street"), p.get("community"), marks.chip(BY[kind_of(by)]), by,
         fmt.fmt_number(risks[p["provider_id"]]["risk"]) if p["provider_id"] in risks else fmt.NONE, "、".join(people[i] for i in who) if people else "—",
         cell(risks.get(p["provider_id"], {}).get("last_on"))]
        for p, by, who in sorted(rows, key=lambda r: (list(BY).index(kind_of(r[1])), str(r[0].get("street")), r[0]["name"]))
    ]  # fmt: skip
    cols = [Col("单位"), Col("类型"), Col("街道"), Col("社区"), Col("方式"), Col("分层"), Col("风险分", "n"), Col("检查人员"), Col("上次检查")]
    return panel(view, title, table(cols, body, caption=title, cls="tall"), note=f"{len(rows)} 家", cls="full")
