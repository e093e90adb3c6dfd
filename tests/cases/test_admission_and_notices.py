"""Admission from application to registration, and the documents that the system writes."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

import pytest
from docx import Document

from dashboard.cases.course import Act
from dashboard.cases.dossier import Dossier
from dashboard.cases.evidence import canonical, differences
from dashboard.cases.files import FileError, Upload, fetch, keep
from dashboard.cases.store import RefusedError, Subject, Taken
from dashboard.reports import notice
from tests.cases.conftest import PDF, PEOPLE, Desk

FIELDS = {"provider_name": "新苑颐养院", "kind": "养老机构", "credit_code": "91350100M000100Y43", "community": "330105001051", "beds": "120"}
NEW = Subject("", "新苑颐养院", "养老机构", "330105001051", ("330105000000", "330105001000", "330105001051"))


def apply(desk: Desk, **changes: str) -> Dossier:
    taken = Taken(Act("apply", FIELDS | changes), [Upload("application", "a.pdf", PDF)])
    return desk.cases.open("admission", NEW, PEOPLE["chen"], taken, desk.make)


def test_admission_from_application_to_registration(desk: Desk) -> None:
    case = apply(desk)
    with pytest.raises(RefusedError) as caught:
        desk.take(case, "accept", "chen", ("registration", "site_proof", "staff_roster", "insurance", "fire", "food", "medical_agreement"))
    assert str(caught.value) == "“受理（材料齐全）”须附内设医务室（护理站）备案（《拱墅区养老服务单位准入程序规定（试行）》第五条）", "120 beds need a clinic"
    case = desk.take(case, "ask_correction", "chen", lacking="内设医务室（护理站）备案")
    assert "请在收到本告知书之日起20个工作日内补正" in desk.written["correction_notice"]
    case = desk.serve(case)
    case = desk.take(case, "resubmit", "chen", said="已补正")
    case = desk.take(case, "accept", "chen", ("registration", "site_proof", "staff_roster", "insurance", "fire", "food", "clinic"))
    case = desk.take(case, "visit", "street", ("visit_record",), ("王芳", "林敏"), found="符合条件")
    case = desk.take(case, "advise", "chen", opinion="建议准入", reason="材料齐全")
    assert json.loads(case.evidence[0].content)["documents"][0]["kind"] == "application"
    case = desk.take(case, "decide", "zhou", result="准予准入", reason="符合条件")
    case = desk.take(case, "publish", "chen", contact="0571-00000000")
    desk.at("2026-11-11T18:00")  # published on Monday the 2nd: seven working days end today
    with pytest.raises(RefusedError, match="公示不少于7个工作日"):
        desk.take(case, "register", "lin")
    case = desk.at("2026-11-12T09:00").take(case, "register", "lin")
    assert case.file.state and case.file.state.name == "已登记" and not any(s.measure for s in case.steps)


def test_an_application_with_a_wrong_code_is_refused(desk: Desk) -> None:
    with pytest.raises(RefusedError, match="GB 32100"):
        apply(desk, credit_code="91350100M000100Y44")
    assert desk.cases.listed() == []


def test_the_notice_of_exit_states_facts_grounds_and_rights_and_terms_from_receipt(desk: Desk, notified: Callable[[], Dossier]) -> None:
    case, issued = notified(), datetime(2026, 11, 30, 9)
    before = case.file.done[:-2]
    then = replace(case, file=replace(case.file, done=before))
    writing = notice.Writing(then, Act("notify"), issued, "杭州市拱墅区民政局", desk.cases.calendar, {})
    said = notice.compose(case.file.version.paper("exit_notice"), writing)
    text = "\n".join(said.blocks)
    assert "消防通道长期堵塞" in text and "逾期未整改" in text and "收到本告知书之日起5个工作日内向" in text and "听证" in text and "陈述、申辩" in text
    document = Document(io.BytesIO(notice.render(said, "拱民养退告〔2026〕1号", "杭州市拱墅区民政局", issued, True)))
    lines = [p.text for p in document.paragraphs]
    assert lines[:3] == ["杭州市拱墅区民政局", "拟退出告知书", "拱民养退告〔2026〕1号"] and "2026年11月30日" in lines and "一、事实" in lines
    # the end of the body, the empty line and the bureau hold together with the date: no page has a signature alone
    signed = lines.index("2026年11月30日")
    assert all(p.paragraph_format.keep_with_next for p in document.paragraphs[signed - 4 : signed])


def test_a_document_with_a_blank_is_not_written(desk: Desk) -> None:
    case = desk.open()
    writing = notice.Writing(case, Act("order_rectification", {"hazard": "3日整改", "demands": "改"}), desk.now, "局", desk.cases.calendar, {})
    with pytest.raises(notice.NoticeError, match="存在的问题"):
        notice.compose(case.file.version.paper("rectification_order"), writing)


def test_a_file_that_was_exchanged_is_not_handed_out(desk: Desk) -> None:
    digest = keep(desk.cases.folder, PDF)
    assert fetch(desk.cases.folder, digest) == PDF
    (desk.cases.folder / digest[:2] / digest).write_bytes(b"%PDF-1.4 another")
    with pytest.raises(FileError, match="校验码不符"):
        fetch(desk.cases.folder, digest)


def test_late_data_are_told_beside_the_frozen_ones() -> None:
    frozen = canonical({"rating": [{"month": "2026-10", "star": 1, "score": 31.5}], "exit_reason": [{"sentence": "甲"}]})
    late = canonical({"rating": [{"month": "2026-10", "star": 2, "score": 44.0}], "exit_reason": [{"sentence": "乙"}]})
    assert differences(frozen, frozen) == []
    assert differences(frozen, late) == ["2026-10 的评级现为 2 星（44.0 分），固定时为 1 星（31.5 分）", "现已没有：甲", "新增：乙"]
