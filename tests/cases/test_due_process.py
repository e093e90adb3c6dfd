"""What a case rests on, how long it may take, and when its papers were served: every gap that somebody could walk through is closed."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from docx import Document

from dashboard.cases import dossier, machine
from dashboard.cases.course import Act, Done, File
from dashboard.cases.dossier import Dossier, whole
from dashboard.cases.entries import problem
from dashboard.cases.files import Upload
from dashboard.cases.store import ConflictError, RefusedError, Subject, Taken
from dashboard.reports import notice
from tests.cases.conftest import FINE, FROZEN, GRAVE, HOME, PDF, PEOPLE, Desk
from tests.cases.test_admission_and_notices import FIELDS, NEW, apply
from tests.cases.test_exit_procedure import refused


def failed(desk: Desk, case: Dossier) -> Dossier:
    """From the order to rectify to the interview after a failed re-inspection."""
    case = desk.order(case, "立即整改（24小时）")
    desk.later(days=2)
    case = desk.take(case, "reinspect", "lin", ("inspection_record",), ("林敏", "王芳"), result="不合格", found="未改")
    case = desk.serve(desk.take(case, "summon", "chen", held_on="2026-11-09", place="区民政局", reason="复查不合格"))
    return desk.at("2026-11-09T09:00").take(case, "interview", "chen", ("interview_minutes",), ("陈晓", "王芳"), said="承认")


# ------------------------------------------------------------------ grounds


def test_a_case_is_opened_on_a_criterion_or_on_a_ground_named_by_the_policy(desk: Desk) -> None:
    desk.evidence = FINE
    said = refused(lambda: desk.open(fields={"reason": "试试"}))
    assert said == "数据未显示该单位符合任何准则，须选明立案依据并在立案审批表中写明查证情况（《拱墅区养老服务单位退出程序规定（试行）》第四条）"
    assert "只能选" in refused(lambda: desk.open(fields={"reason": "试试", "ground": "试试"}))
    assert "须附立案审批表" in refused(lambda: desk.open(fields={"ground": "投诉举报查证属实"}, papers=()))
    assert desk.open(fields={"reason": "12345 工单查实", "ground": "投诉举报查证属实"}).file.state.state == "watch"  # type: ignore[union-attr]
    desk.evidence = FROZEN
    assert desk.open(subject=replace(HOME, provider_id="P0002", name="另一养老院")).file.state.state == "watch"  # type: ignore[union-attr]


def test_a_proposal_rests_on_a_criterion_or_on_a_failed_reinspection_of_a_founded_case(desk: Desk) -> None:
    propose = {"facts": "事实", "grounds": "依据"}
    case = failed(desk, desk.open())
    desk.evidence = FINE  # the criterion is no longer met, but the re-inspection failed
    assert desk.take(case, "propose", "chen", **propose).file.state.state == "proposed"  # type: ignore[union-attr]


def test_an_unfounded_case_of_before_reaches_no_proposal(desk: Desk) -> None:
    """A case opened on nothing, before that was refused, stays readable; a failed re-inspection in it is no ground."""
    case = failed(desk, desk.open())
    nothing = dossier.at_opening(case.file.version, case.file.done, [])  # what it was opened on: no figures, no ground named
    file = replace(case.file, facts=nothing)
    act = Act("propose", {"facts": "无", "grounds": "无"})
    found = machine.refusals(file, PEOPLE["chen"], act, desk.now, desk.cases.calendar)
    assert [r.reason for r in found] == ["fact"] and "须有事由" in found[0].sentence and "第八条" in found[0].sentence
    assert machine.replay(file) == "interviewed"


@pytest.mark.parametrize("grave", [True, False])
def test_what_is_grave_enough_is_proposed_from_the_watch_and_nothing_else(desk: Desk, grave: bool) -> None:
    desk.evidence = GRAVE if grave else FROZEN
    case = desk.open()
    if not grave:
        said = refused(lambda: desk.take(case, "propose", "chen", facts="事实", grounds="依据"))
        assert "方可直接提出拟退出建议" in said and "第八条" in said
        return
    case = desk.take(case, "propose", "chen", facts="近12个月累计记12分", grounds="记满12分")
    case = desk.take(case, "return_proposal", "lin", reason="补充证据")
    desk.evidence = FROZEN  # sent back, and by now no longer grave: without order and interview it does not come again
    assert "方可直接提出" in refused(lambda: desk.take(case, "propose", "chen", facts="事实", grounds="依据"))
    desk.evidence = GRAVE
    case = desk.serve(desk.take(desk.take(case, "propose", "chen", facts="事实", grounds="依据"), "notify", "lin"))
    case = desk.at("2026-11-10T09:00").take(case, "close_defence", "chen", opinion="未提出")
    case = desk.take(case, "review", "lin", ("review_minutes",), ("林敏", "王芳", "郑伟"), result="同意退出", opinion="可")
    assert desk.take(case, "decide", "zhou", result="退出", reason="记满12分").file.state.state == "decided"  # type: ignore[union-attr]


def test_only_a_step_about_elders_asks_for_the_list_of_elders(desk: Desk) -> None:
    desk.evidence = GRAVE
    case = desk.open()
    taken = Taken(Act("propose", {"facts": "事实", "grounds": "依据"}), (), case.seen, evidence=GRAVE, concerned=frozenset({"E1"}))
    assert not dossier.on_resettlement(case.file) and desk.cases.take(case.row.id, PEOPLE["chen"], taken, desk.make).seen == 2


# ------------------------------------------------------------------ terms and service


def reviewed(desk: Desk) -> Dossier:
    """A grave case, proposed on Monday, 2026-03-02, up to its review on 2026-03-10."""
    desk.evidence = GRAVE
    case = desk.take(desk.at("2026-03-02T09:00").open(), "propose", "chen", facts="事实", grounds="依据")
    case = desk.serve(desk.at("2026-03-03T09:00").take(case, "notify", "lin"))
    case = desk.at("2026-03-11T09:00").take(case, "close_defence", "chen", opinion="未提出")
    return desk.take(case, "review", "lin", ("review_minutes",), ("林敏", "王芳", "郑伟"), result="同意退出", opinion="可")


def test_an_exit_is_decided_within_its_term_or_with_a_longer_one_that_somebody_else_approved(desk: Desk) -> None:
    case = reviewed(desk)
    (clock,) = machine.clocks(case.file, desk.cases.calendar)  # the ninetieth day is a Sunday
    assert clock.clock.clock == "决定期限" and f"{clock.end.at:%Y-%m-%d}" == "2026-06-01"
    desk.at("2026-06-02T09:00")
    said = refused(lambda: desk.take(case, "decide", "zhou", result="退出", reason="逾期未整改"))
    assert "期限已于2026年6月1日届满" in said and "第十三条" in said
    assert "期限已于" in refused(lambda: desk.take(case, "propose_extension", "chen", reason="案情复杂"))
    assert "须先办理“提出延期申请”" in refused(lambda: desk.at("2026-06-01T09:00").take(case, "approve_extension", "zhou", opinion="同意"))
    case = desk.take(case, "propose_extension", "chen", reason="案情复杂")
    assert "没有办理" in refused(lambda: desk.take(case, "approve_extension", "lin", opinion="同意"))
    case = desk.take(case, "approve_extension", "zhou", opinion="同意延长")
    (clock,) = machine.clocks(case.file, desk.cases.calendar)
    assert f"{clock.end.at:%Y-%m-%d}" == "2026-06-30" and not clock.overdue(desk.at("2026-06-30T09:00").now)
    writing = notice.Writing(case, Act("decide", {"result": "退出", "reason": "逾期"}), desk.now, "局", desk.cases.calendar, {"exit_notice": "告1号"})
    text = "\n".join(notice.compose(case.file.version.paper("exit_decision"), writing).blocks)
    assert "本案于2026年3月2日提出处理建议，决定期限为90日（经2026年6月1日批准延长30日），至2026年6月30日止" in text
    assert "于2026年3月3日送达《拟退出告知书》" in text
    assert whole(desk.take(case, "decide", "zhou", result="退出", reason="逾期未整改"))


def test_after_its_term_a_case_can_only_end_without_an_exit(desk: Desk) -> None:
    case = reviewed(desk)
    desk.at("2026-06-02T09:00")
    offer = next(o for o in machine.offers(case.file, PEOPLE["zhou"], desk.now, desk.cases.calendar) if o.step.step == "decide")
    assert offer.possible
    assert "逾期只能不予退出" in refused(lambda: desk.take(case, "decide", "zhou", result="退出", reason="理由"))
    case = desk.take(case, "decide", "zhou", result="不予退出", reason="逾期未决定")
    assert "恢复正常监管，并在36个月内跟踪是否再次违规" in desk.written["exit_decision"] and "经集体审议" in desk.written["exit_decision"]
    assert case.file.state and case.file.state.state == "restored"
    (offer,) = machine.offers(case.file, PEOPLE["chen"], desk.now, desk.cases.calendar)
    assert offer.step.step == "serve", "the decision still goes to the provider"
    case = desk.serve(case)
    assert machine.offers(case.file, PEOPLE["chen"], desk.now, desk.cases.calendar) == [] and whole(case)
    assert "没有待送达的文书" in refused(lambda: desk.serve(case))


def test_the_terms_of_a_notice_run_from_the_day_it_was_served(desk: Desk) -> None:
    desk.evidence = GRAVE
    case = desk.take(desk.open(), "propose", "chen", facts="事实", grounds="依据")
    case = desk.take(case, "notify", "lin")  # Monday, 2026-11-02
    assert [r.clock.clock for r in machine.clocks(case.file, desk.cases.calendar)] == ["送达", "决定期限"]
    desk.at("2026-11-16T09:00")
    assert "须先登记文书送达" in refused(lambda: desk.take(case, "close_defence", "chen", opinion="未提出"))
    assert "不得早于文书制发之日（2026年11月2日" in refused(lambda: desk.serve(case, on="2026-11-01"))
    assert "不得晚于今天" in refused(lambda: desk.serve(case, on="2026-11-17"))
    case = desk.serve(case, "street", "2026-11-12")
    assert "（拟退出告知书，2026年11月12日送达）" in case.steps[-1].sentence
    assert {r.clock.clock: f"{r.end.at:%Y-%m-%d}" for r in machine.clocks(case.file, desk.cases.calendar)} == {
        "陈述申辩期": "2026-11-19", "决定期限": "2027-02-01",
    }  # fmt: skip
    assert "2026年11月19日届满后" in refused(lambda: desk.take(case, "close_defence", "chen", opinion="未提出"))
    late = {"papers": ("hearing_request",), "received_on": "2026-11-20"}
    assert "期限已于2026年11月19日届满" in refused(lambda: desk.at("2026-11-20T09:00").take(case, "request_hearing", "chen", **late))  # type: ignore[arg-type]
    assert desk.take(case, "close_defence", "chen", opinion="未提出").file.state.state == "heard"  # type: ignore[union-attr]


def test_the_decision_is_served_and_the_term_of_review_runs_from_then(desk: Desk) -> None:
    case = desk.take(reviewed(desk), "decide", "zhou", result="退出", reason="逾期未整改")
    assert "须先登记“退出决定”文书的送达" in refused(lambda: desk.take(case, "plan_resettlement", "chen", contact="0571"))
    desk.at("2026-03-16T09:00")
    case = desk.serve(case, on="2026-03-13")
    term = next(r for r in machine.clocks(case.file, desk.cases.calendar) if r.clock.party)
    assert term.clock.clock == "行政复议申请期限" and f"{term.end.at:%Y-%m-%d}" == "2026-05-12"
    assert not term.overdue(desk.at("2026-06-01T09:00").now), "it ends, and nobody is late"


def test_a_case_that_was_served_with_the_notice_itself_goes_on(desk: Desk) -> None:
    """As cases stand that were notified before service was a step of its own: the proof lies with the notice."""
    desk.evidence = GRAVE
    case = desk.take(desk.open(), "propose", "chen", facts="事实", grounds="依据")
    case = desk.take(case, "notify", "lin", ("service_proof",))
    assert machine.unserved(case.file) is None and whole(case)
    assert "2026年11月9日届满后" in refused(lambda: desk.take(case, "close_defence", "chen", opinion="未提出"))
    assert desk.at("2026-11-10T09:00").take(case, "close_defence", "chen", opinion="未提出").file.state.state == "heard"  # type: ignore[union-attr]


def test_twenty_four_hours_of_an_order_run_from_its_service(desk: Desk) -> None:
    case = desk.take(desk.open(), "order_rectification", "chen", hazard="立即整改（24小时）", problems="问题", demands="要求")
    case = desk.serve(desk.at("2026-11-04T15:00").fresh(case))
    inspect = {"papers": ("inspection_record",), "people": ("甲", "乙"), "result": "不合格", "found": "未改"}
    case = desk.at("2026-11-05T10:00").take(case, "report_completion", "street", ("completion_report",), received_on="2026-11-05", said="自查已改")
    assert "2026年11月5日15时00分" in refused(lambda: desk.take(case, "reinspect", "lin", **inspect))  # type: ignore[arg-type]
    assert desk.at("2026-11-05T15:01").take(case, "reinspect", "lin", **inspect).file.state.state == "failed"  # type: ignore[arg-type, union-attr]


def test_a_restoration_rests_on_a_proposal_of_the_same_stage(desk: Desk) -> None:
    case = desk.take(desk.open(), "propose_restore", "lin", ("grounds_record",), reason="没有事由")
    case = desk.order(case)
    said = refused(lambda: desk.take(case, "restore", "zhou", reason="旧建议"))
    assert said == "“提出恢复建议”在案件进入“责令整改”以前办理，不再有效，须重新办理（《拱墅区养老服务单位退出程序规定（试行）》第十八条）"
    case = desk.take(case, "propose_restore", "lin", ("grounds_record",), reason="隐患已消除")
    assert desk.take(case, "restore", "zhou", reason="已消除").file.state.state == "restored"  # type: ignore[union-attr]


# ------------------------------------------------------------------ admission


def test_a_credit_code_is_admitted_once(desk: Desk) -> None:
    taken = Taken(Act("apply", FIELDS), [Upload("application", "a.pdf", PDF)])

    def tried(**held: str) -> Dossier:
        return desk.cases.open("admission", replace(NEW, name="换了名字的养老院", **held), PEOPLE["chen"], taken, desk.make)  # type: ignore[arg-type]

    said = refused(lambda: tried(registered="大关颐养院"))
    assert said.startswith("统一社会信用代码91350100M000100Y43已登记为“大关颐养院”，不得重复准入")
    case = apply(desk)
    with pytest.raises(ConflictError, match=case.row.number):
        tried()
    case = desk.take(case, "withdraw", "chen", ("withdrawal",))
    case = tried(formerly="该统一社会信用代码曾登记为“旧院”，2026-05-21退出")
    assert "旧院”，2026-05-21退出" in case.steps[0].sentence and whole(case)


def test_an_admitted_applicant_is_not_admitted_under_another_name(desk: Desk) -> None:
    published = advised(desk)
    desk.at("2026-11-12T09:00").take(published, "register", "lin")
    other = Subject("", "改名院", "养老机构", NEW.area_code, NEW.area_path)
    taken = Taken(Act("apply", FIELDS), [Upload("application", "a.pdf", PDF)])
    with pytest.raises(RefusedError, match=r"已由“新苑颐养院”经 .+ 案准入"):
        desk.cases.open("admission", other, PEOPLE["chen"], taken, desk.make)


def advised(desk: Desk) -> Dossier:
    """An application up to its publication, on 2026-11-02."""
    case = desk.take(apply(desk), "accept", "chen", ("registration", "site_proof", "staff_roster", "insurance", "fire", "food", "clinic"))
    case = desk.take(case, "visit", "street", ("visit_record",), ("王芳", "林敏"), found="符合条件")
    case = desk.take(case, "advise", "chen", opinion="建议准入", reason="材料齐全")
    case = desk.serve(desk.take(case, "decide", "zhou", result="准予准入", reason="符合条件"))
    return desk.take(case, "publish", "chen", contact="0571-00000000")


def test_after_an_objection_the_terms_begin_anew(desk: Desk) -> None:
    case = advised(desk)
    case = desk.at("2026-11-11T09:00").take(case, "object", "chen", ("objection",), said="消防通道")
    (clock,) = machine.clocks(case.file, desk.cases.calendar)
    assert clock.clock.clock == "现场核查" and f"{clock.end.at:%Y-%m-%d}" == "2026-11-25"


def test_what_is_not_corrected_in_time_counts_as_withdrawn(desk: Desk) -> None:
    case = desk.serve(desk.take(apply(desk), "ask_correction", "chen", lacking="保单"))
    assert "2026年11月30日届满后" in refused(lambda: desk.take(case, "lapse", "chen", said="已催告"))
    assert desk.at("2026-12-01T09:00").take(case, "lapse", "chen", said="已催告").file.state.state == "withdrawn"  # type: ignore[union-attr]


def test_a_refusal_is_served_and_the_term_of_review_runs_from_then(desk: Desk) -> None:
    case = desk.take(apply(desk), "accept", "chen", ("registration", "site_proof", "staff_roster", "insurance", "fire", "food", "clinic"))
    case = desk.take(case, "visit", "street", ("visit_record",), ("王芳", "林敏"), found="不符合")
    case = desk.take(case, "advise", "chen", opinion="建议不予准入", reason="场地不符")
    case = desk.serve(desk.take(case, "decide", "zhou", result="不予准入", reason="场地不符"))
    (term,) = machine.clocks(case.file, desk.cases.calendar)
    assert case.file.state and case.file.state.ends and f"{term.end.at:%Y-%m-%d}" == "2027-01-01"


@pytest.mark.parametrize(("text", "good"), [("12000", True), ("12000.5", True), ("12000.555", False), ("-1", False), ("1e9", False), ("１２", False)])
def test_what_is_paid_back_is_written_to_the_cent(desk: Desk, text: str, good: bool) -> None:
    version = desk.cases.procedures["exit"].versions[0]
    step = version.step("settle")
    assert step is not None
    assert (problem(step.fields[0], text) == "") is good


def test_the_documents_of_a_case_can_be_read_before_they_are_served(desk: Desk) -> None:
    case = desk.take(desk.open(), "order_rectification", "chen", hazard="7日整改", problems="通道堵塞", demands="清理")
    writing = notice.Writing(case, Act("order_rectification", case.file.done[-1].fields), desk.now, "局", desk.cases.calendar, {})
    said = notice.compose(case.file.version.paper("rectification_order"), writing)
    text = [p.text for p in Document(io.BytesIO(notice.render(said, "1号", "局", desk.now, True))).paragraphs]
    assert any("自收到本通知书之日起7日内完成整改" in line for line in text) and case.documents[-1].number


# ------------------------------------------------------------------ cases from before

PROOF = frozenset({"service_proof"})
OLD: list[tuple[str, str, dict[str, str], frozenset[str]]] = [
    ("open", "watch", {"reason": "试试"}, frozenset()), ("propose_restore", "watch", {"reason": "旧"}, frozenset()),
    ("order_rectification", "rectifying", {"hazard": "3日整改"}, PROOF), ("reinspect", "failed", {"result": "不合格"}, frozenset()),
    ("summon", "summoned", {"held_on": "2026-03-20"}, frozenset()), ("interview", "interviewed", {}, frozenset()), ("propose", "proposed", {}, frozenset()),
    ("notify", "notified", {}, PROOF), ("request_hearing", "hearing_requested", {"received_on": "2026-03-25"}, frozenset()),
    ("notify_hearing", "hearing_notified", {"held_on": "2026-04-10", "host": "林敏"}, PROOF), ("hold_hearing", "heard", {}, frozenset()),
    ("review", "reviewed", {"result": "同意退出"}, frozenset()), ("decide", "decided", {"result": "退出"}, frozenset()),
    ("plan_resettlement", "resettling", {}, PROOF), ("finish_resettlement", "settling", {}, frozenset()),
    ("settle", "cleared", {"prepaid": "1", "subsidy": "0"}, frozenset()), ("close", "closed", {}, frozenset()),
]  # fmt: skip


@pytest.mark.parametrize("steps", range(1, len(OLD) + 1))
def test_a_case_from_before_can_be_read_at_every_stage_and_goes_on(desk: Desk, steps: int) -> None:
    rules, at = desk.cases.procedures["exit"], desk.at("2026-03-02T09:00").now
    done = tuple(Done(step, at, "chen", "陈晓", state, fields, papers) for step, state, fields, papers in OLD[:steps])
    file = File(rules.title, rules.versions[0], "养老机构", done)
    assert machine.replay(file) == OLD[steps - 1][1]
    running = machine.clocks(file, desk.cases.calendar)
    offers = machine.offers(file, PEOPLE["chen"], desk.at("2026-07-01T09:00").now, desk.cases.calendar)
    ended = file.state is not None and file.state.ends
    assert bool(offers) is not ended and bool(running) is not ended
    waits = [o.step.step for o in offers for r in o.refusals if "须先登记" in r.sentence]
    assert waits == {"summon": ["interview"], "decide": ["plan_resettlement"]}.get(OLD[steps - 1][0], []), "what was never served is served now"
