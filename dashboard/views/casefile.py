"""One case: where it stands and until when, what may be done next and why something may not, its steps, documents, evidence and elders."""

from __future__ import annotations

import json
import secrets
from collections import Counter
from dataclasses import replace
from typing import Any

from dashboard import format as fmt
from dashboard.cases import grounds, machine
from dashboard.cases.course import Actor, File
from dashboard.cases.dossier import STATUSES, Dossier, moment, on_resettlement, whole
from dashboard.cases.evidence import differences, freeze
from dashboard.cases.machine import Offer
from dashboard.cases.model import Step
from dashboard.cases.store import NoCaseError
from dashboard.format import Mark
from dashboard.views import impact, marks
from dashboard.views.cases import blanks, clock_chip, hidden, message, state_chip
from dashboard.views.context import View
from dashboard.views.details import Detail
from dashboard.views.h import Node, h
from dashboard.views.tables import Col, cell, empty, panel, table
from dashboard.warehouse.types import Unknown
from etl import clock


class CaseDetail:
    """What stands at ``/cases/<id>``."""

    def area(self, view: View) -> str:
        """The community of the provider; Unknown for a case that the reader does not see."""
        return _case(view).row.area_code

    def draw(self, view: View) -> Detail:
        """All slots."""
        case = _case(view)
        now = clock.now()
        running = machine.clocks(case.file, view.desk.cases().calendar)
        side = [_standing(case, [clock_chip(r, now) for r in running]), _timeline(view, case)]
        below = [message(view), _steps(view, case), _documents(view, case), _evidence(view, case), _elders(view, case), _impact(view, case)]
        return Detail(f"{case.row.number} {case.row.name}", _head(view, case), side, below, case.row.provider_id)


def _case(view: View) -> Dossier:
    try:
        return view.desk.cases().case(view.ident)  # type: ignore[no-any-return]
    except NoCaseError:
        raise Unknown("case") from None


def _head(view: View, case: Dossier) -> Node:
    facts = [
        ("案号", case.row.number), ("案件", f"{case.procedure.short}（{case.procedure.title} {case.row.policy_version}）"), ("单位类别", case.row.kind),
        ("所在", " ".join(a.short_name for a in view.w.path(case.row.area_code))), ("立案", fmt.fmt_date(moment(case.row.opened_at).date())),
        ("经办", case.steps[0].by_name),
    ]  # fmt: skip
    name = h("a", case.row.name, href=view.place.subject(f"/providers/{case.row.provider_id}")) if case.row.provider_id else case.row.name
    return h(
        "section", h("div", h("h2", name), state_chip(case), cls="who"),
        h("dl", [h("div", h("dt", k), h("dd", v)) for k, v in facts]), cls="panel provider-head", aria_label="案件概况",
    )  # fmt: skip


def _standing(case: Dossier, terms: list[Node]) -> Node:
    state = case.file.state
    ended = "本案已办结。" if state and state.ends else "本阶段没有期限。"
    listed = h("ul", [h("li", t) for t in terms], cls="terms") if terms else h("p", ended, cls="empty")
    kept = whole(case)
    check = Mark("案卷校验一致", "●", "good") if kept else Mark("案卷校验不一致，请系统管理员核查", "■", "bad")
    return h("section", h("h2", "阶段与期限"), h("p", state_chip(case), marks.chip(check)), listed, cls="panel", aria_label="阶段与期限")


def _timeline(view: View, case: Dossier) -> Node:
    items = []
    for step in case.steps:
        people = [p.name for p in case.parties if p.seq == step.seq]
        entries = json.loads(step.fields)
        declared = case.file.version.step(step.step)
        names = {f.field: f.name for f in declared.fields} if declared else {}
        said = [h("dd", h("em", names.get(k, k)), v) for k, v in entries.items()]
        if people:
            said.append(h("dd", h("em", "参加人员"), "、".join(people)))
        items.append(h("li", h("time", fmt.fmt_time(moment(step.at))), h("b", step.sentence), h("dl", said) if said else None))
    return h("section", h("h2", "办理过程", h("small", f"{len(items)} 步")), h("ol", items, cls="timeline"), cls="panel grow", aria_label="办理过程")


def _actor(view: View) -> Actor:
    who = view.desk.identity
    return Actor(who.username, who.display_name, who.scope.rights)


def _steps(view: View, case: Dossier) -> Node:
    """Every step of the present state: a form where it is possible, the reasons where it is not."""
    offers = machine.offers(_with_figures(view, case), _actor(view), clock.now(), view.desk.cases().calendar)
    if not offers:
        return panel(view, "下一步", empty("本案已办结，没有后续步骤。"), cls="full")
    offers.sort(key=lambda o: not o.possible)
    return panel(view, "下一步", [_offer(view, case, o) for o in offers], note="每一步都写明依据、期限和所需文书；不能办的写明原因", cls="full next-steps")


def _with_figures(view: View, case: Dossier) -> File:
    """The file, with what the newest figures would show if they were frozen now."""
    here = case.file.state.state if case.file.state else ""
    asked = {f.fact for s in case.file.version.steps if here in s.from_ and s.evidence for f in s.facts}
    if not asked or not case.row.provider_id:
        return case.file
    try:
        content = freeze(view.w, case.row.provider_id, view.w.latest_month).content
    except Unknown:
        return case.file
    return replace(case.file, facts=case.file.facts | grounds.shown(case.file.version, content))


def _offer(view: View, case: Dossier, offer: Offer) -> Node:
    step = offer.step
    papers = [(case.file.version.paper(n.document), n) for n in offer.needs]
    made = [p.name for p, _ in papers if p.made]
    handed = [p.name for p, _ in papers if not p.made]
    terms = []
    if offer.opens:
        terms.append(f"{fmt.fmt_date(offer.opens.at.date())}{'起' if offer.opens.at.second != 59 else '届满后'}可办")
    if offer.closes:
        terms.append(f"{fmt.fmt_date(offer.closes.at.date())}截止")
    said = [f"依据：{case.procedure.title}{step.clause}", *terms]
    if made:
        said.append(f"系统制作并编号：{'、'.join(made)}")
    if handed:
        said.append(f"须附：{'、'.join(handed)}")
    about = h("p", "　".join(said), cls="sub")
    if not offer.possible:
        why = h("ul", [h("li", r.sentence) for r in offer.refusals], cls="refusals")
        return h("div", h("h3", h("i", "○", aria_hidden="true"), step.name, h("small", "现在不能办理")), about, why, cls="step off")
    form = h(
        "form", hidden("step", step.step), hidden("seen", case.seen), hidden("token", secrets.token_hex(12)), hidden("month", view.month),
        _owed(view, case, step), blanks(view, step, [p for p, _ in papers if not p.made]),
        h("button", f"办理：{step.name}", type="submit", cls="btn primary"), method="post", action=f"/cases/{case.row.id}/step",
        encType="multipart/form-data", cls="step-form", aria_label=step.name,
    )  # fmt: skip
    return h("details", h("summary", h("i", "●", aria_hidden="true"), step.name), about, form, cls="step", data_step=step.step)


def _owed(view: View, case: Dossier, step: Step) -> Node:
    """Beside the entries of a settlement: what is to be paid back and recovered by the month's data; the report on file decides."""
    if not {"prepaid", "subsidy"} & {f.field for f in step.fields} or not case.row.provider_id:
        return None
    try:
        found = view.w.impact(case.row.provider_id, view.month)
    except Unknown:
        return None
    back = sum(m.recover for m in found.money)
    said = (
        f"{fmt.fmt_month(view.month)}数据：应退预收费 {found.owed:,.2f} 元（其中存管 {found.owed_held:,.2f} 元），按政策应收回补贴 {back:,.2f} 元。"
        "以清算报告核定的金额为准。"
    )
    return h("p", said, " ", h("a", "逐人明细", href=view.place.subject(f"/impact/{case.row.provider_id}")), cls="sub")


def _documents(view: View, case: Dossier) -> Node:
    if not case.documents:
        return panel(view, "文书与材料", empty("还没有文书或材料。"), cls="full")
    cols = [Col("名称"), Col("文号"), Col("日期"), Col("大小", "n"), Col("校验码"), Col("下载")]
    when = {s.seq: moment(s.at).date() for s in case.steps}
    body: list[list[Node]] = [
        [d.name, d.number, cell(when.get(d.seq)), f"{-(-d.size // 1024):,} KB", h("code", d.sha256[:12], title=d.sha256),
         h("a", "下载", href=f"/cases/{case.row.id}/documents/{d.id}", download=not case.persons(d) or None, aria_label=f"下载{d.name}{d.number}")
         if view.scope.reads_persons() or not case.persons(d) else cell(None)]
        for d in case.documents
    ]  # fmt: skip
    return panel(view, "文书与材料", table(cols, body, caption="文书与材料"), note=f"{len(body)} 件", cls="full")


def _evidence(view: View, case: Dossier) -> Node:
    """The frozen figures of each step that rested on them, and whether the newest snapshot still says the same."""
    parts = []
    names = {s.seq: d.name if (d := case.file.version.step(s.step)) else s.step for s in case.steps}
    for e in case.evidence:
        content = json.loads(e.content)
        rows = [f"{r['month']}：{fmt.star_word(r['star'])}" + (f"，{r['score']:.1f} 分" if r.get("score") is not None else "") for r in content.get("rating", [])]
        rows += [r["sentence"] for r in content.get("exit_reason", [])]
        rows += [f"{d['name']}：{d['filename']}（{d['sha256'][:12]}）" for d in content.get("documents", [])]
        source = f"快照 {e.run_id} · {fmt.fmt_month(e.month)} · 规则 {e.policy_version}" if e.run_id else f"案卷材料 · 规则 {e.policy_version}"
        parts.append(h(
            "section", h("h3", f"{names.get(e.seq, '')}时固定", h("small", f"{source} · 校验码 ", h("code", e.sha256[:16], title=e.sha256))),
            h("ul", [h("li", r) for r in dict.fromkeys(rows)], cls="frozen"), _since(view, case, e),
        ))  # fmt: skip
    return panel(view, "固定的证据", parts, note="立案和提出建议时固定，此后数据更正不改动", cls="full") if parts else None


def _since(view: View, case: Dossier, evidence: Any) -> Node:
    """What the current figures of that month say otherwise."""
    if not evidence.run_id:
        return None
    try:
        now = freeze(view.w, case.row.provider_id, evidence.month)
    except Unknown:
        return None
    if now.sha256 == evidence.sha256 or not (said := differences(evidence.content, now.content)):
        return h("p", "与当前数据一致。", cls="sub")
    return h("div", h("p", marks.chip(Mark("数据后有更正", "▲", "warn")), "证据保持固定时的内容；现在的数据："), h("ul", [h("li", s) for s in said]), cls="sub")


def _elders(view: View, case: Dossier) -> Node:
    """Where each elder goes, and the form for those who may record it."""
    on = on_resettlement(case.file)
    if not on and not case.elders:
        return None
    named = "name" in view.scope.unmask
    body: list[list[Node]] = [
        [e.elder_name if named else f"{e.elder_name[:1]}**", e.provider_name, f"{e.distance_m:,} 米" if e.distance_m is not None else None,
         e.price_difference, marks.chip(Mark(e.status, "▲" if e.status == STATUSES[0] else "●", "warn" if e.status == STATUSES[0] else "good")), e.note]
        for e in case.elders
    ]  # fmt: skip
    cols = [Col("老年人"), Col("接收单位"), Col("距离", "n"), Col("月差价（元）", "n"), Col("状态"), Col("说明", "w")]
    shown = table(cols, body, caption="安置名单") if body else empty("还没有安置名单。请逐人登记。")
    acting = on and view.scope.may("case_field")
    left = len((view.w.concerned(case.row.provider_id, view.w.latest_month) or set()) - {e.elder_id for e in case.elders}) if acting else 0
    lacking = h("p", f"影响评估中还有 {left} 名有关老年人未列入名单。全部列入并写明去向后，方可公布安置方案。") if left else None
    return panel(view, "老年人安置", lacking, shown, _elder_form(view, case) if acting else None, note=f"{len(body)} 人", cls="full")


def _elder_form(view: View, case: Dossier) -> Node:
    receivers = [p for p in view.w.providers(view.w.root.code, view.w.latest_month) if p.get("operating", True) and p["provider_id"] != case.row.provider_id]
    text = {"type": "text", "maxLength": 64}
    known = h("datalist", [h("option", value=e.elder_id) for e in case.elders], id=f"elders-{case.row.id}")
    form = h(
        "form", known,
        h("label", h("span", "老年人编号"), h("input", name="elder", required=True, list=f"elders-{case.row.id}", **text)),
        h("label", h("span", "姓名"), h("input", name="name", **text)),
        h("label", h("span", "接收单位"), h("select", h("option", "（居家或另行安排）", value=""), [h("option", p["name"], value=p["provider_id"]) for p in receivers],
                                       name="receiver")),
        h("label", h("span", "距离（米）"), h("input", type="number", name="distance", min="0")),
        h("label", h("span", "月差价（元）"), h("input", name="price", **text)),
        h("label", h("span", "状态"), h("select", [h("option", s, value=s) for s in STATUSES], name="status", required=True)),
        h("label", h("span", "说明"), h("input", type="text", name="note", maxLength=200)),
        h("button", "登记安置", type="submit", cls="btn primary"), method="post", action=f"/cases/{case.row.id}/elders", cls="step-form",
        aria_label="登记安置",
    )  # fmt: skip
    fill = h(
        "form", hidden("fill", "1"), hidden("month", view.month), h("button", f"按{fmt.fmt_month(view.month)}影响评估填入名单", type="submit", cls="btn"),
        method="post", action=f"/cases/{case.row.id}/elders", cls="decision", aria_label="按影响评估填入名单",
    )  # fmt: skip
    one = h("details", h("summary", h("i", "●", aria_hidden="true"), "登记安置去向"), form, cls="step")
    return [fill, one, _several(case, "name" in view.scope.unmask)] if case.elders else [fill, one]


def _several(case: Dossier, named: bool) -> Node:
    """The next standing of several elders at once; where each goes stays as it is on the list."""
    standing = Counter(e.status for e in case.elders)
    boxes = [
        h("label", h("input", type="checkbox", name="each", value=f"={status}"), h("b", f"全部“{status}”（{standing[status]} 人）"))
        for status in STATUSES if standing[status] > 1
    ]  # fmt: skip
    boxes += [
        h("label", h("input", type="checkbox", name="each", value=e.elder_id),
          h("span", f"{e.elder_name if named else e.elder_name[:1] + '**'}（{e.provider_name or '居家或另行安排'}，{e.status}）"))
        for e in case.elders
    ]  # fmt: skip
    form = h(
        "form", h("fieldset", h("legend", "选择老年人"), boxes, cls="ticks"),
        h("label", h("span", "状态"), h("select", [h("option", s, value=s) for s in STATUSES], name="status", required=True)),
        h("label", h("span", "说明"), h("input", type="text", name="note", maxLength=200)),
        h("button", "登记所选", type="submit", cls="btn primary"), method="post", action=f"/cases/{case.row.id}/elders", cls="step-form",
        aria_label="多人登记",
    )  # fmt: skip
    return h("details", h("summary", h("i", "●", aria_hidden="true"), "多人登记"), form, cls="step")


def _impact(view: View, case: Dossier) -> Node:
    """What leaving would mean."""
    return impact.brief(view, case.row.provider_id, view.month) if case.row.provider_id else None
