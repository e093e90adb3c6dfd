"""The board of cases: by state, with their clocks, what is overdue first; the form that opens one; publication; who was restored."""

from __future__ import annotations

import secrets
from calendar import monthrange
from datetime import date, datetime
from typing import Any

from dashboard import format as fmt
from dashboard.cases import attempts, machine
from dashboard.cases.dossier import Dossier, moment
from dashboard.cases.entries import KINDS
from dashboard.cases.files import ACCEPT
from dashboard.cases.machine import Running
from dashboard.cases.model import Entry, Paper, Step
from dashboard.format import Mark
from dashboard.views import marks
from dashboard.views.context import View
from dashboard.views.h import Node, h
from dashboard.views.tables import Col, cell, empty, panel, table
from etl import clock
from etl.policy.parts import CANDIDATE

SOON_DAYS = 3
SHOWN = 4
EXITING = ("exit_proposed", CANDIDATE)


def state_chip(case: Dossier) -> Node:
    """Where a case stands, as colour, shape and word."""
    state = case.file.state
    return marks.chip(Mark(state.name, state.shape, state.tone)) if state else fmt.NONE


def clock_chip(running: Running | None, now: datetime) -> Node:
    """How a clock stands: overdue, close to its end, or in time, with the day."""
    if running is None:
        return fmt.NONE
    end = running.end.at
    day = fmt.fmt_date(end.date()) if end.second == 59 else fmt.fmt_time(end)
    unsure = f"（{running.end.missing} 年节假日未录入，暂按周末推算）" if running.end.missing else ""
    if running.clock.party and now > end:
        mark = Mark("已届满", "□", "none")
    elif running.overdue(now):
        mark = Mark(f"逾期 {(now.date() - end.date()).days or 1} 天", "■", "bad")
    elif (end.date() - now.date()).days <= SOON_DAYS:
        mark = Mark(f"剩 {(end.date() - now.date()).days} 天", "▲", "warn")
    else:
        mark = Mark("在期限内", "●", "good")
    said = f"{running.clock.clock}：{day}{unsure}"
    return h("span", marks.chip(mark, title=f"{running.clock.because}（{running.clock.clause}）"), h("small", said), cls="term")


def first_clock(view: View, case: Dossier) -> Running | None:
    """The clock of the present state that ends first."""
    return next(iter(machine.clocks(case.file, view.desk.cases().calendar)), None)


def message(view: View) -> Node:
    """What the reader's last attempt was answered with."""
    said = view.place.get("said")
    if said == "done":
        return h("p", h("i", "●", aria_hidden="true"), "已办理，记入案卷。", cls="said good", role="status")
    told = attempts.of(view.desk.ledger, view.desk.identity.username, said)
    if not told:
        return None
    return h("section", h("h2", h("i", "■", aria_hidden="true"), "没有办理"), h("ul", [h("li", s) for s in told]), cls="panel full said bad", role="alert")


def board(view: View) -> Node:
    """All cases in the area, those that run first, the most overdue on top; narrowed by procedure, state and clock."""
    now, cases = clock.now(), [c for c in view.desk.cases().listed() if view.area.code in c.row.area_path]
    kind, state, late = view.place.get("kind"), view.place.get("state"), view.place.get("clock") == "overdue"
    running = {c.row.id: first_clock(view, c) for c in cases}
    open_cases = [c for c in cases if c.file.state and not c.file.state.ends]
    overdue = [c for c in open_cases if (r := running[c.row.id]) is not None and r.overdue(now)]
    shown = overdue if late else cases
    shown = [c for c in shown if kind in ("", c.row.procedure) and state in ("", c.file.done[-1].state)]
    shown.sort(key=lambda c: (bool(c.file.state and c.file.state.ends), _ends(running[c.row.id]), c.row.id))
    cols = [Col("案号"), Col("单位"), Col("类别"), Col("案件"), Col("阶段"), Col("最近办理", "w"), Col("期限")]
    body = []
    for c in shown:
        last = c.steps[-1]
        body.append([
            h("a", c.row.number, href=view.place.subject(f"/cases/{c.row.id}")), _provider(view, c), c.row.kind, c.procedure.short, state_chip(c),
            f"{fmt.fmt_date(moment(last.at).date())} {last.sentence}", clock_chip(running[c.row.id], now),
        ])  # fmt: skip
    found = table(cols, body, caption="案件") if body else empty("没有符合条件的案件。" if cases else "本区域没有在办案件。")
    tools = _filters(view, cases, len(overdue))
    return panel(view, "案件", tools, found, note=f"在办 {len(open_cases)} 件，其中逾期 {len(overdue)} 件", cls="full")


def _ends(running: Running | None) -> str:
    return running.end.at.isoformat() if running else "9999"


def _provider(view: View, case: Dossier) -> Node:
    if not case.row.provider_id:
        return case.row.name
    return h("a", case.row.name, href=view.place.subject(f"/providers/{case.row.provider_id}"))


def _filters(view: View, cases: list[Dossier], overdue: int) -> Node:
    """Links that narrow the board, each with how many there are."""

    def link(text: str, count: int, on: bool, **to: Any) -> Node:
        return h("a", f"{text} {count}", href=view.place.url(said=None, **to), aria_current="true" if on else None, cls="btn small")

    at = view.place.get
    kinds = {c.row.procedure: c.procedure.short for c in cases}
    states: dict[str, tuple[str, int]] = {}
    for c in cases:
        if c.file.state:
            states[c.file.state.state] = (c.file.state.name, states.get(c.file.state.state, ("", 0))[1] + 1)
    items = [link("全部", len(cases), not (at("kind") or at("state") or at("clock")), kind=None, state=None, clock=None)]
    items += [link("逾期", overdue, at("clock") == "overdue", clock="overdue", state=None)]
    items += [link(name, sum(c.row.procedure == k for c in cases), at("kind") == k, kind=k, state=None) for k, name in kinds.items()]
    items += [link(name, n, at("state") == k, state=k, clock=None) for k, (name, n) in states.items()]
    return h("nav", items, cls="case-filters", aria_label="筛选案件") if cases else None


def opening(view: View) -> Node:
    """The forms that open cases, for those who may; providers that meet a criterion are offered first. Opening is a person's decision."""
    if not view.scope.may("case_open"):
        return None
    cases = view.desk.cases()
    forms = []
    for kind, rules in cases.procedures.items():
        version = rules.version_at(view.month) or rules.versions[-1]
        step = next(s for s in version.steps if not s.from_)
        lead = [hidden("procedure", kind), hidden("month", view.month), hidden("token", secrets.token_hex(12)), hidden("step", step.step)]
        papers = [p for n in step.documents if not (p := version.paper(n.document)).made]
        if rules.subject == "provider":
            lead.append(_candidates(view, _running(view, kind)))
        form = h("form", lead, blanks(view, step, papers), h("button", step.name, type="submit", cls="btn primary"), method="post", action="/cases/open",
                 encType="multipart/form-data", cls="step-form")  # fmt: skip
        forms.append(h("details", h("summary", step.name, h("small", f"{rules.title}{step.clause}")), form, cls="step"))
    return panel(view, "立案与受理", forms, note="准则只提出候选，是否立案由人决定", cls="full")


def waiting(view: View) -> Node:
    """Providers for which the criteria propose an exit and no case runs: each is somebody's decision to open one, or to explain why not."""
    found = [p for p in _proposed(view, _running(view, "exit")) if p["exit_state"] in EXITING]
    if not found:
        return None
    body = []
    for p in found:
        bases = dict.fromkeys(str(r["basis"]) for r in p["reasons"]) or {str(p.get("exit_basis") or ""): None}
        name = h("a", p["name"], href=view.place.subject(f"/providers/{p['provider_id']}"))
        impact = h("a", "影响评估", href=view.place.subject(f"/impact/{p['provider_id']}"), aria_label=f"影响评估：{p['name']}")
        body.append([name, p.get("kind"), p.get("street"), marks.star(p.get("star")), marks.exit_state(p["exit_state"]), cell(p.get("exit_since")),
                     "；".join(bases), impact])
    cols = [Col("单位"), Col("类别"), Col("街道"), Col("星级"), Col("状态"), Col("该状态自"), Col("符合的条件", "w"), Col("影响")]
    more = h("a", "全部状态", href=view.place.subject("/exits"), cls="btn small")
    met = sum(p["exit_state"] == CANDIDATE for p in found)
    said = [f"{met} 家符合退出条件，是否立案待决定"] * bool(met) + [f"{len(found) - met} 家已书面告知拟退出，本系统尚无在办案件"] * (len(found) > met)
    note = "；".join(said)
    return panel(view, "待立案", table(cols, body, caption="待立案"), note=note, tools=more, cls="full")


def _running(view: View, procedure: str) -> set[str]:
    """The providers with a case of a procedure that has not ended."""
    return {c.row.provider_id for c in view.desk.cases().listed(procedure) if c.file.state and not c.file.state.ends}


def _proposed(view: View, running: set[str]) -> list[dict[str, Any]]:
    """Providers that meet a criterion and have no running case; the gravest state first, then the longest in it."""
    order = (*EXITING, "rectifying", "watch")
    found = [p for p in view.w.exits(view.area.code, view.month) if p["provider_id"] not in running and p["exit_state"] in order]
    return sorted(found, key=lambda p: (order.index(p["exit_state"]), str(p.get("exit_since") or ""), p["provider_id"]))


def _candidates(view: View, running: set[str]) -> Node:
    found = _proposed(view, running)
    known = {p["provider_id"] for p in found}
    rest = [p for p in view.w.providers(view.area.code, view.month) if p["provider_id"] not in known | running and p.get("operating", True)]
    options = [
        h("optgroup", [h("option", f"{p['name']}（{fmt.exit_word(p['exit_state'])}）", value=p["provider_id"]) for p in found], label="符合条件的单位"),
        h("optgroup", [h("option", p["name"], value=p["provider_id"]) for p in rest], label="其他单位"),
    ]  # fmt: skip
    return h("label", h("span", "服务单位"), h("select", h("option", "请选择", value=""), options, name="provider", required=True))


def hidden(name: str, value: Any) -> Node:
    """What a form says without being asked."""
    return h("input", type="hidden", name=name, value=str(value))


def blanks(view: View, step: Step, papers: list[Paper]) -> list[Node]:
    """The blanks of a step's form: entries, who takes part, and a file for each of ``papers``."""
    found: list[Node] = [_blank(view, e) for e in step.fields]
    if step.people:
        hint = f"至少 {step.people.least} 人，用顿号隔开"
        found.append(h("label", h("span", step.people.name), h("input", type="text", name="people", maxLength=400, placeholder=hint)))
    return found + [h("label", h("span", p.name), h("input", type="file", name=p.document, accept=ACCEPT)) for p in papers]


def _blank(view: View, entry: Entry) -> Node:
    props: dict[str, Any] = {"name": entry.field, "required": not entry.optional}
    options = {"choice": [(c, c) for c in entry.choices], "provider_kind": [(k, k) for k in KINDS]}.get(entry.kind)
    if entry.kind == "community":
        options = [(a.code, a.name) for a in _communities(view)]
    if options is not None:
        made = h("select", h("option", "请选择", value=""), [h("option", text, value=value) for value, text in options], **props)
    elif entry.kind == "date":
        made = h("input", type="date", **props)
    elif entry.kind == "integer":
        made = h("input", type="number", min="0", **props)
    elif entry.kind == "money":
        made = h("input", type="number", min="0", step="0.01", **props)
    elif entry.kind == "credit_code":
        made = h("input", type="text", maxLength=18, **props)
    else:
        made = h("textarea", rows=2, maxLength=2000, **props)
    return h("label", h("span", entry.name, h("small", entry.help) if entry.help else None), made)


def _communities(view: View) -> list[Any]:
    found, open_ = [], [view.w.root]
    while open_:
        area = open_.pop(0)
        below = view.w.children(area.code)
        open_ += below
        if not below:
            found.append(area)
    return found


def publication(view: View) -> Node:
    """What is made public: decisions, closings and admissions, each with the number and the day of its own document."""
    body = []
    for c in view.desk.cases().listed():
        state = c.file.state
        paper = next((d for d in reversed(c.documents) if state and d.kind == state.publish), None)
        if paper is None or view.area.code not in c.row.area_path:
            continue
        made = next(s.at for s in c.steps if s.seq == paper.seq)
        body.append([c.row.name, c.row.kind, c.procedure.short, state_chip(c), cell(moment(made).date()), paper.number])
    if not body:
        return None
    cols = [Col("单位"), Col("类别"), Col("案件"), Col("公示内容"), Col("日期"), Col("文号", "w")]
    return panel(view, "公示名单", table(cols, body, caption="公示名单"), note="退出决定、注销、准入公示；未作出决定的不公示", cls="full")


def _months_on(day: date, months: int) -> date:
    """The same day so many months later, or the last of that month where it has no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def relapse(view: View) -> Node:
    """Restored providers and what was found or decided against them since, for as long as the procedure follows them: whether it holds."""
    body, terms = [], []
    for c in view.desk.cases().listed("exit"):
        tracked = c.file.version.tracked
        if not (tracked and c.file.state and c.file.state.state == "restored" and view.area.code in c.row.area_path):
            continue
        since = next(moment(s.at).date() for s in c.steps if s.state == "restored")
        last = _months_on(since, tracked.months)
        try:
            found = view.w.violations(c.row.provider_id, since, last)
        except LookupError:
            found = None
        known = found is not None and f"{since:%Y-%m}" < view.w.latest_month
        verdict = Mark(f"再犯：{fmt.fmt_date(found[0][0])}", "■", "bad") if found else Mark("未再犯", "●", "good") if known else Mark("待观察", "○", "none")
        said = "；".join(f"{fmt.fmt_date(day)} {what}" for day, what in found[:SHOWN]) if found else "恢复后没有查实的违规" if known else "尚无此后月份的数据"
        more = f" 等 {len(found)} 项" if found and len(found) > SHOWN else ""
        body.append([_provider(view, c), fmt.fmt_date(since), fmt.fmt_date(last), marks.chip(verdict), said + more])
        terms.append(tracked)
    if not body:
        return None
    cols = [Col("单位"), Col("恢复日期"), Col("跟踪至"), Col("恢复后"), Col("恢复后新发现、新处理", "w")]
    note = f"恢复后 {max(t.months for t in terms)} 个月；只计恢复之后新发生的严重问题、重大隐患、复查不合格、处罚和退出案件"
    return panel(view, "恢复后跟踪", table(cols, body, caption="恢复后跟踪"), note=note, cls="full")
