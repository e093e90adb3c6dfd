"""Cases over the web: who sees them, who may act, what is handed in and out; nothing of another area, nothing to whom it is not given."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator

import dash
import pytest
from flask.testing import FlaskClient

from dashboard.cases.files import DOCX
from dashboard.warehouse import Snapshot
from etl import clock
from tests.access.conftest import OWN, log_in

HTML = {"Accept": "text/html"}
PDF, APPROVED = b"%PDF-1.4 signed", b"%PDF-1.4 approved"


@pytest.fixture
def office(own_app: dash.Dash) -> Iterator[Callable[[str], FlaskClient]]:
    """People of one application with a ledger of its own, each logged in once."""
    known: dict[str, FlaskClient] = {}
    yield lambda name: known.setdefault(name, log_in(own_app, name))


def seen(answer: str) -> str:
    """The page as it is first sent, without tags."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer[answer.find('id="first"') : answer.find("<footer>")]))


def opened(office: Callable[[str], FlaskClient], provider: str = "P0001", token: str = "t1") -> str:
    form = {"procedure": "exit", "provider": provider, "reason": "连续两个月一星", "ground": "投诉举报查证属实", "token": token,
            "watch_record": paper(APPROVED)}  # fmt: skip
    answer = office("staff").post("/cases/open", data=form, headers=OWN)
    assert answer.status_code == 303
    return answer.location.partition("?")[0]


def post(client: FlaskClient, case: str, step: str, seen_steps: int, **entries: object) -> str:
    """Send a step; the page that follows, as text."""
    answer = client.post(f"{case}/step", data={"step": step, "seen": seen_steps, **entries}, headers=OWN)
    assert answer.status_code == 303, answer.text
    return seen(client.get(answer.location, headers=HTML).text)


def paper(content: bytes = PDF, name: str = "paper.pdf") -> tuple[io.BytesIO, str]:
    return io.BytesIO(content), name


def test_a_case_goes_on_by_forms_and_its_documents_come_out_as_attachments(office: Callable[[str], FlaskClient]) -> None:
    staff, case = office("staff"), opened(office)
    assert opened(office) == case, "the same form sent twice is one case"
    entries = {"hazard": "3日整改", "problems": "通道堵塞", "demands": "清理"}
    said = post(staff, case, "order_rectification", 1, **entries)
    assert "已办理" in said and "拱民养责改〔" in said
    assert "您的操作没有保存" in post(staff, case, "order_rectification", 1, **entries)
    served = {"served_on": f"{clock.now():%Y-%m-%d}", "way": "直接送达"}
    said = post(staff, case, "serve", 2, **served, service_proof=paper(b"MZ\x90", "paper.pdf"))
    assert "内容与扩展名不符" in said
    assert "不是可接收的文件类型" in post(staff, case, "serve", 2, **served, service_proof=paper(PDF, "paper.exe"))
    assert "已办理" in post(staff, case, "serve", 2, **served, service_proof=paper())
    page = staff.get(case, headers=HTML).text
    first, *links = re.findall(r'href="(/cases/\d+/documents/\d+)"', page)
    links.reverse()  # the proof of service, then the order
    assert len(links) == 2
    assert staff.post(first, data={"purpose": "inspect"}, headers=OWN).data == APPROVED
    answer = staff.get(links[0])
    assert answer.status_code == 200 and PDF not in answer.data and "用途" in answer.text, "what was handed in may name elders"
    assert staff.post(links[0], data={"purpose": "meeting"}, headers={"Origin": "https://elsewhere.example"}).status_code == 403
    assert staff.post(links[0], data={"purpose": "none"}, headers=OWN).status_code == 400
    answer = staff.post(links[0], data={"purpose": "inspect"}, headers=OWN)
    assert answer.data == PDF and answer.headers["Content-Disposition"].startswith("attachment")
    assert "nosniff" in answer.headers["X-Content-Type-Options"] and answer.headers["Cache-Control"] == "no-store"
    assert staff.get(links[1]).mimetype == DOCX, "a notice to the provider names no elder"
    finance = office("finance")
    assert finance.get(links[1]).mimetype == DOCX
    assert finance.get(links[0]).status_code == finance.post(links[0], data={"purpose": "inspect"}, headers=OWN).status_code == 404
    assert links[0] not in finance.get(case, headers=HTML).text
    auditor = office("auditor").get("/audit?action=查阅案件文书").text
    assert "用途：检查与执法" in auditor and auditor.count("SHA-256") >= 4


@pytest.mark.parametrize("kind", ["rectification_order", "exit_decision", "passport"])
def test_a_document_that_the_system_makes_is_not_taken_from_outside(office: Callable[[str], FlaskClient], own_app: dash.Dash, kind: str) -> None:
    staff, case = office("staff"), opened(office)
    entries = {"hazard": "3日整改", "problems": "x", "demands": "x"}
    assert "没有这种材料" in post(staff, case, "order_rectification", 1, **entries, **{kind: paper()})
    held = own_app.server.extensions["yiguan"].ledger
    assert held.fetch("select count(*) from case_document where kind = ?", (kind,)) == (0,)


def test_a_document_that_is_gone_is_told_and_is_no_error_of_the_program(office: Callable[[str], FlaskClient], own_app: dash.Dash) -> None:
    staff, case = office("staff"), opened(office)
    link = re.findall(r'href="(/cases/\d+/documents/\d+)"', staff.get(case, headers=HTML).text)[0]
    kept = own_app.server.extensions["yiguan"].layout.files
    held = next(p for p in kept.rglob("*") if p.is_file() and p.read_bytes() == APPROVED)
    held.unlink()
    answer = staff.post(link, data={"purpose": "inspect"}, headers=OWN)
    assert answer.status_code == 503 and "备份恢复" in answer.text


def test_who_may_not_gets_the_rule_or_nothing(office: Callable[[str], FlaskClient]) -> None:
    case = opened(office)
    assert "没有办理" in post(office("leader"), case, "order_rectification", 1, hazard="3日整改", problems="x", demands="x", service_proof=paper())
    assert "须在“已集体审议”阶段办理" in post(office("leader"), case, "decide", 1, result="退出", reason="x")
    finance = office("finance")
    assert "拱民养退" in seen(finance.get(case, headers=HTML).text) and "<form" not in finance.get(case, headers=HTML).text
    assert finance.post("/cases/open", data={"procedure": "exit", "provider": "P0002"}, headers=OWN).status_code == 404
    for name in ("steward", "auditor", "admin"):
        assert office(name).post(f"{case}/step", data={"step": "restore"}, headers=OWN).status_code == 404
        assert "拱民养退" not in office(name).get(case, headers=HTML).text
    assert office("staff").post(f"{case}/step", data={"step": "restore"}, headers={"Origin": "https://elsewhere.example"}).status_code == 403


def test_a_street_sees_the_cases_of_its_area_and_nobody_elses_words(office: Callable[[str], FlaskClient], own_app: dash.Dash) -> None:
    street = office("street")
    area = own_app.server.extensions["yiguan"].ledger.fetch("select area_code from account where username = 'street'", [])[0]
    at = Snapshot.current(own_app.server.extensions["yiguan"].layout)
    inside = {p["provider_id"]: at.areas[p["community_code"]].parent_code == area for p in at.providers(at.latest_month).values()}
    own, other = (next(p for p, there in sorted(inside.items()) if there is wanted) for wanted in (True, False))
    mine, theirs = opened(office, own, "a"), opened(office, other, "b")
    assert "拱民养退" in seen(street.get(mine, headers=HTML).text)
    unknown = seen(street.get("/cases/999", headers=HTML).text)
    assert seen(street.get(theirs, headers=HTML).text) == unknown and "没有找到" in unknown
    assert street.post(f"{theirs}/step", data={"step": "restore", "seen": 1}, headers=OWN).status_code == 404
    assert street.get(f"{theirs}/documents/1").status_code == 404
    board = seen(street.get("/cases", headers=HTML).text)
    assert board.count("拱民养退〔") == 1
    staff = office("staff")
    refused = staff.post(f"{mine}/step", data={"step": "decide", "seen": 1}, headers=OWN).location
    assert "须在“已集体审议”" in seen(staff.get(refused, headers=HTML).text)
    assert "须在“已集体审议”" not in seen(street.get(refused, headers=HTML).text)
