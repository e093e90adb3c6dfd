"""An exit case step by step: what is possible when and for whom, and every wrong step refused with its rule."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from dashboard.cases import machine
from dashboard.cases.course import Act
from dashboard.cases.dossier import Dossier, whole
from dashboard.cases.files import FileError, Upload
from dashboard.cases.store import Cases, ConflictError, NoCaseError, RefusedError, Subject, Taken
from dashboard.ledger import audit
from dashboard.ledger.models.cases import CaseResettlement, CaseStep
from tests.cases.conftest import FROZEN, HOME, PEOPLE, Desk

Bring = Callable[[], Dossier]


def refused(call: Callable[[], object]) -> str:
    with pytest.raises(RefusedError) as caught:
        call()
    return str(caught.value)


def test_from_watch_to_closed_with_a_hearing_and_resettlement(desk: Desk, notified: Bring) -> None:
    case = notified()
    case = desk.at("2026-12-07T16:00").take(case, "request_hearing", "street", ("hearing_request",), received_on="2026-12-07")
    case = desk.announce(case, "2026-12-17")
    case = desk.at("2026-12-17T09:00").take(case, "hold_hearing", "chen", ("hearing_minutes",), ("郑伟",), opinion="事实清楚")
    case = desk.take(case, "review", "lin", ("review_minutes",), ("林敏", "周局长", "王芳"), result="同意退出", opinion="同意")
    case = desk.serve(desk.take(case, "decide", "zhou", result="退出", reason="逾期未整改"))
    assert case.file.state and case.file.state.name == "已决定退出"
    row = CaseResettlement(elder_id="E1", elder_name="张大爷", community_code="330105001051", provider_id="P0002", provider_name="邻近养老院",
                           distance_m=600, price_difference="-120.00", status="拟安置", note="")  # fmt: skip
    desk.cases.settle(case.row.id, PEOPLE["chen"], [row])
    forgets = Taken(Act("plan_resettlement", {"contact": "0571"}), (), desk.fresh(case).seen, concerned=frozenset({"E1", "E2", "E3"}))
    said = refused(lambda: desk.cases.take(case.row.id, PEOPLE["chen"], forgets, desk.make))
    assert said == "影响评估中还有2名有关老年人未列入安置名单，请先填入名单并逐人写明去向（《拱墅区养老服务单位退出程序规定（试行）》第十四条）"
    case = desk.serve(desk.take(desk.fresh(case), "plan_resettlement", "chen", contact="0571"))
    said = refused(
        lambda: desk.at("2027-02-15T23:00").take(case, "finish_resettlement", "chen", ("resettlement_proof",), said="已安置")
    )
    assert "60日" in said and "第十五条" in said and "每位有关老年人" in said
    done = CaseResettlement(elder_id="E1", elder_name="张大爷", community_code="330105001051", provider_id="P0002", provider_name="邻近养老院",
                            distance_m=600, price_difference="-120.00", status="已安置", note="")  # fmt: skip
    desk.cases.settle(case.row.id, PEOPLE["street"], [done])
    case = desk.at("2027-02-16T09:00").take(
        desk.fresh(case), "finish_resettlement", "chen", ("resettlement_proof",), said="已安置"
    )
    case = desk.take(case, "settle", "chen", ("settlement_report",), prepaid="12000.55", subsidy="0")
    assert "不得再由您办理" in refused(lambda: desk.take(case, "close", "chen"))
    case = desk.take(case, "close", "lin")
    assert case.file.state and case.file.state.ends and whole(case)
    assert [s.measure for s in case.steps if s.measure] == [
        "立案关注",
        "责令整改",
        "复查不合格",
        "约谈",
        "拟退出",
        "退出决定",
        "注销",
    ]
    assert [number for kind, number in desk.made if kind in ("exit_notice", "exit_decision")] == [
        "拱民养退告〔2026〕1号",
        "拱民养退决〔2026〕1号",
    ]
    assert audit.verify(desk.cases.ledger) == []


def test_the_term_of_a_rectification_order_is_the_providers(desk: Desk) -> None:
    case = desk.order(desk.open())
    inspect = {"papers": ("inspection_record",), "people": ("甲", "乙"), "result": "不合格", "found": "未改"}
    said = refused(lambda: desk.at("2026-11-09T23:59").take(case, "reinspect", "lin", **inspect))  # type: ignore[arg-type]
    assert "2026年11月9日届满后" in said and "第六条" in said
    assert desk.at("2026-11-10T00:00").take(case, "reinspect", "lin", **inspect).file.state.state == "failed"  # type: ignore[arg-type, union-attr]


@pytest.mark.parametrize(
    ("hazard", "early", "possible"),
    [
        ("立即整改（24小时）", "2026-11-03T09:00", "2026-11-03T09:01"),
        ("3日整改", "2026-11-05T23:00", "2026-11-06T00:00"),
        ("15日整改", "2026-11-17T23:00", "2026-11-18T00:00"),
        ("其他（30日）", "2026-12-02T23:00", "2026-12-03T00:00"),
    ],
)
def test_each_class_of_hazard_has_its_term(desk: Desk, hazard: str, early: str, possible: str) -> None:
    case = desk.order(desk.open(), hazard)

    def inspect() -> Dossier:
        return desk.take(case, "reinspect", "lin", ("inspection_record",), ("甲", "乙"), result="合格", found="已改")

    desk.at(early)
    assert "第六条" in refused(inspect)
    desk.at(possible)
    assert inspect().file.state.state == "rectified"  # type: ignore[union-attr]


def test_a_hearing_may_be_asked_for_within_five_working_days_of_the_notice(desk: Desk, notified: Bring) -> None:
    case = notified()  # a Monday
    desk.at("2026-12-09T10:00")
    said = refused(lambda: desk.take(case, "request_hearing", "chen", ("hearing_request",), received_on="2026-12-08"))
    assert "2026年12月7日届满" in said and "第十条" in said
    # Received in time, recorded two days later: what counts is when the provider asked.
    assert (
        desk.take(case, "request_hearing", "chen", ("hearing_request",), received_on="2026-12-07").file.state.state
        == "hearing_requested"
    )  # type: ignore[union-attr]


def test_no_end_of_the_defence_before_its_term(desk: Desk, notified: Bring) -> None:
    case = notified()
    desk.at("2026-12-07T18:00")
    assert "5个工作日" in refused(lambda: desk.take(case, "close_defence", "chen", opinion="未提出"))
    desk.at("2026-12-08T08:00")
    assert desk.take(case, "close_defence", "chen", opinion="未提出").file.state.state == "heard"  # type: ignore[union-attr]


def test_a_hearing_is_announced_seven_days_ahead_and_the_days_run_from_service(desk: Desk, notified: Bring) -> None:
    case = desk.take(notified(), "request_hearing", "chen", ("hearing_request",), received_on="2026-11-30")
    entries = {"place": "区民政局", "host": "郑伟"}
    said = refused(lambda: desk.take(case, "notify_hearing", "chen", held_on="2026-12-09", **entries))
    assert "7个工作日" in said
    case = desk.take(case, "notify_hearing", "chen", held_on="2026-12-10", **entries)
    assert "第十一条" in refused(lambda: desk.take(case, "hold_hearing", "chen", ("hearing_minutes",), ("郑伟",), opinion="意见"))
    desk.at("2026-12-10T09:00")
    hold = ("hold_hearing", "lin", ("hearing_minutes",))
    assert "须先登记文书送达" in refused(lambda: desk.take(case, *hold, ("郑伟",), opinion="意见"))
    late = desk.serve(case, on="2026-12-04")
    assert "2026年12月15日届满后" in refused(lambda: desk.take(late, *hold, ("郑伟",), opinion="意见"))
    again = desk.announce(late, "2026-12-22")  # another day is announced, in time
    assert desk.at("2026-12-22T09:00").take(again, *hold, ("郑伟",), opinion="意见").file.state.state == "heard"  # type: ignore[union-attr]


def test_a_hearing_is_held_by_the_host_announced_and_no_investigator(desk: Desk, notified: Bring) -> None:
    case = desk.take(notified(), "request_hearing", "chen", ("hearing_request",), received_on="2026-11-30")
    for host, step in (("王芳", "复查"), ("林 敏", "复查"), ("陈晓", "提出拟退出建议"), ("郑伟、王芳", "约谈")):
        said = refused(lambda host=host: desk.take(case, "notify_hearing", "lin", held_on="2026-12-10", place="区民政局", host=host))  # type: ignore[misc]
        assert f"“{step}”由" in said and "不得担任听证主持人" in said and "第十一条" in said
    case = desk.announce(case, "2026-12-10")
    desk.at("2026-12-10T09:00")
    hold = ("hold_hearing", "lin", ("hearing_minutes",))
    said = refused(lambda: desk.take(case, *hold, ("何敏",), opinion="意见"))
    assert said == "听证主持人须为通知书写明的郑伟（《拱墅区养老服务单位退出程序规定（试行）》第十一条（由通知书写明的非本案调查人员主持））"
    said = refused(lambda: desk.take(case, *hold, ("王芳",), opinion="意见"))
    assert "“复查”由王芳办理或者参加，王芳不得参加“举行听证”" in said
    assert desk.take(case, *hold, ("郑 伟",), opinion="意见").file.state.state == "heard"  # type: ignore[union-attr]


def test_whoever_proposed_neither_approves_nor_reviews_nor_decides(desk: Desk, notified: Bring) -> None:
    case = notified()
    case = desk.at("2026-12-08T09:00").take(case, "close_defence", "chen", opinion="未提出")
    assert "不得再由您办理" in refused(
        lambda: desk.take(case, "review", "chen", ("review_minutes",), ("甲", "乙", "丙"), result="同意退出", opinion="可")
    )
    said = refused(
        lambda: desk.take(case, "review", "lin", ("review_minutes",), ("林敏", "王芳", " 陈 晓"), result="同意退出", opinion="可")
    )
    assert "陈晓不得参加" in said
    assert "至少3人" in refused(
        lambda: desk.take(case, "review", "lin", ("review_minutes",), ("林敏", "林敏", "王芳"), result="同意退出", opinion="可")
    )
    case = desk.take(case, "review", "lin", ("review_minutes",), ("林敏", "王芳", "郑伟"), result="同意退出", opinion="可")
    for who in ("chen", "lin", "street", "guest"):
        assert "没有办理“退出决定”的权限" in refused(lambda who=who: desk.take(case, "decide", who, result="退出", reason="理由"))  # type: ignore[misc]


def test_a_step_without_its_document_or_out_of_turn_is_refused(desk: Desk) -> None:
    case = desk.open()
    case = desk.take(case, "order_rectification", "chen", hazard="3日整改", problems="问题", demands="要求")
    said = refused(lambda: desk.take(case, "serve", "chen", served_on="2026-11-02", way="直接送达"))
    assert "须附送达回证" in said and "第二十条" in said
    said = refused(lambda: desk.take(case, "decide", "zhou", result="退出", reason="理由"))
    assert "须在“已集体审议”阶段办理，本案现为“责令整改”" in said
    assert desk.fresh(case).seen == 2
    with pytest.raises(FileError, match="不符"):
        desk.cases.take(
            case.row.id,
            PEOPLE["chen"],
            Taken(Act("propose_restore", {"reason": "已消除"}), [Upload("grounds_record", "x.pdf", b"MZ")], 2),
            desk.make,
        )


def test_restoration_from_any_step_needs_a_second_person_and_after_the_decision_the_leader(desk: Desk, notified: Bring) -> None:
    case = notified()
    assert "须先办理“提出恢复建议”" in refused(lambda: desk.take(case, "restore", "lin", reason="已消除"))
    case = desk.take(case, "propose_restore", "lin", ("grounds_record",), reason="隐患已消除")
    assert case.file.state and case.file.state.state == "notified"
    assert "不得再由您办理" in refused(lambda: desk.take(case, "restore", "lin", reason="已消除"))
    case = desk.take(case, "restore", "zhou", reason="已消除")
    assert case.file.state and case.file.state.state == "restored" and case.steps[-1].measure == "恢复"
    assert machine.offers(case.file, PEOPLE["chen"], desk.now, desk.cases.calendar) == []


def test_the_same_form_twice_is_one_step_and_two_people_at_once_are_one(desk: Desk) -> None:
    case = desk.open(token="form-1")
    assert desk.open(token="form-1").row.id == case.row.id
    outcomes: list[str] = []

    def reason(who: str) -> None:
        taken = Taken(
            Act("order_rectification", {"hazard": "3日整改", "problems": who, "demands": "改"}),
            seen=1,
        )
        try:
            desk.cases.take(case.row.id, PEOPLE[who], taken, desk.make)
            outcomes.append("done")
        except ConflictError as told:
            outcomes.append(str(told))

    people = [threading.Thread(target=reason, args=(who,)) for who in ("chen", "lin")]
    for person in people:
        person.start()
    for person in people:
        person.join()
    assert sorted(o == "done" for o in outcomes) == [False, True] and any("没有保存" in o for o in outcomes)
    assert desk.fresh(case).seen == 2


def test_one_case_at_a_time_and_nobody_elses(desk: Desk) -> None:
    case = desk.open()
    with pytest.raises(ConflictError, match="在办"):
        desk.open(by="lin")
    other = Cases(desk.cases.ledger, "330105002000", desk.cases.procedures, desk.cases.calendar, desk.cases.folder)
    assert other.listed() == [] and other.of_provider("P0001") == []
    with pytest.raises(NoCaseError):
        other.case(case.row.id)
    with pytest.raises(NoCaseError):
        other.open("exit", HOME, PEOPLE["chen"], Taken(Act("open", {"reason": "越界"})), desk.make)
    own = Cases(desk.cases.ledger, "330105001000", desk.cases.procedures, desk.cases.calendar, desk.cases.folder)
    assert [c.row.id for c in own.listed()] == [case.row.id]


def test_what_was_frozen_stays_and_what_was_changed_is_found(desk: Desk) -> None:
    case = desk.open()
    assert case.evidence[0].content == FROZEN.content and case.evidence[0].sha256 == FROZEN.sha256 and whole(case)
    with pytest.raises(ValueError, match="append-only"), desk.cases.ledger.write() as session:
        session.get_one(CaseStep, case.steps[0].id).sentence = "改写"
    desk.cases.ledger.execute(
        "update case_evidence set content = replace(content, '31.5', '61.5') where id = ?", [case.evidence[0].id]
    )
    assert not whole(desk.fresh(case))


def test_a_refused_attempt_is_on_the_audit_trail(desk: Desk) -> None:
    case = desk.open()
    refused(lambda: desk.take(case, "decide", "chen", result="退出", reason="理由"))
    line = desk.cases.ledger.fetch("select account, action, detail from audit order by id desc", [])
    assert line is not None and line[0] == "chen" and line[1] == "案件步骤被拒" and "已集体审议" in line[2]


def test_clocks_run_and_are_overdue(desk: Desk) -> None:
    case = desk.open()
    running = machine.clocks(case.file, desk.cases.calendar)
    assert [r.clock.clock for r in running] == ["责令整改或结案"] and not running[0].overdue(desk.now)
    assert running[0].overdue(desk.at("2026-11-24T00:00").now)


def test_a_provider_of_home_services_needs_no_sixty_days(desk: Desk, notified: Bring) -> None:
    step = notified().file.version.step("finish_resettlement")
    assert step is not None
    subject = Subject("P0009", "居家服务社", "居家服务商", HOME.area_code, HOME.area_path)
    case = desk.open(subject=subject)
    assert machine.end_of(step.waits[0], case.file, desk.cases.calendar) is None
