"""Procedure files and the calendar: what does not fit is told with its line; due process cannot be edited away."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import pytest
import yaml

from dashboard.cases.calendar import HOLIDAYS, calendar
from dashboard.cases.entries import credit_code
from dashboard.cases.model import Term
from dashboard.cases.procedure import procedures
from dashboard.reports.notice import NOTICES
from etl.paths import DEFAULT_REGION
from etl.policy.load import PolicyError
from tests.cases.conftest import RIGHTS

EXIT = (DEFAULT_REGION / "policies" / "exit_procedure.yaml").read_text(encoding="utf-8")
WAIT = "waits: [{after: notify, served: true, term: {working_days: 5}"


def told(folder: Path, text: str) -> str:
    (folder / "exit_procedure.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(PolicyError) as caught:
        procedures(folder, RIGHTS)
    return str(caught.value)


def line(text: str, part: str) -> int:
    return text[: text.index(part)].count("\n") + 1


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("right: [case_decide]\n        clause: 第十三条\n        safeguard", "right: [case_step]\n        clause: 第十三条\n        safeguard", "作出决定只能由局领导办理"),
        ("from: [heard]\n        by: result", "from: [heard, proposed]\n        by: result", "不经拟退出告知（safeguard: notice）也能到达“退出决定”"),
        ("apart: [{steps: [propose], clause: 第十三条}]", "apart: [{steps: [settle], clause: 第十三条}]", "作出决定的人不得是提出建议的人"),
        ("people: {name: 审议人员, least: 3, apart: [propose], clause", "people: {name: 审议人员, least: 3, clause", "提出退出建议的人不得参加"),
        ("to: summoned", "to: sumoned", "没有“sumoned”这个状态"),
        ("{days: 7}, 15日整改: {days: 15}", "{days: 7, hours: 2}, 15日整改: {days: 15}", "之一，且大于 0"),
        ("waits: [{after: notify, served: true, term", "waits: [{after: notify, term", "等待期限（waits）不得短于它"),
        ("to: proposed\n        right: ", "to: proposed\n        served: true\n        right: ", "没有登记送达的步骤"),
        ("named: {step: notify_hearing, field: host}", "named: {step: notify_hearing, field: hosts}", "没有名为“hosts”的栏"),
        ("{step: reinspect, choice: 不合格", "{step: reinspect, choice: 失败", "没有“失败”这个结论"),
        ("after: order_rectification\n            served: true", "after: report_completion\n            served: true", "没有写须送达"),
        ("from: [cleared]\n        to: closed", "from: [cleared]\n        to: cleared", "没有步骤能到达“已注销（移出）”"),
        (WAIT, WAIT.replace("working_days: 5", "working_days: 3"), "“登记听证申请”的期限是5个工作日，期满前不得办理“陈述申辩期满”"),
        (WAIT, WAIT.replace("working_days: 5", "days: 5"), "等待期限（waits）不得短于它，并用同一种单位"),
    ],
)
def test_what_does_not_fit_is_told(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert old in EXIT
    assert said in told(tmp_path, EXIT.replace(old, new, 1))


def test_the_line_is_named(tmp_path: Path) -> None:
    changed = EXIT.replace("right: [case_decide]", "right: [case_deside]", 1)
    assert f"第 {line(changed, 'case_deside')} 行：没有“case_deside”这项权限" in told(tmp_path, changed)


def test_every_document_that_the_system_makes_has_its_form() -> None:
    made = {p.document for r in procedures(DEFAULT_REGION / "policies", RIGHTS).values() for v in r.versions for p in v.documents if p.made}
    assert made == set(NOTICES)


@pytest.mark.parametrize(
    ("day", "works"),
    [
        ("2024-02-04", True), ("2024-02-12", False), ("2024-10-12", True), ("2025-01-26", True), ("2025-02-04", False), ("2025-10-08", False),
        ("2026-01-02", False), ("2026-01-04", True), ("2026-02-23", False), ("2026-02-28", True), ("2026-09-20", True), ("2026-10-10", True),
        ("2026-11-21", False), ("2026-11-23", True),
    ],
)  # fmt: skip
def test_working_days_are_those_of_the_official_arrangement(day: str, works: bool) -> None:
    assert calendar().works(date.fromisoformat(day)) is works


def test_terms_end_as_the_law_counts_them() -> None:
    days = calendar()
    assert days.end(datetime(2026, 9, 30, 16), Term(working_days=5)).at == datetime(2026, 10, 13, 23, 59, 59)
    assert days.end(datetime(2026, 9, 25, 16), Term(days=10, rolls=True)).at == datetime(2026, 10, 8, 23, 59, 59)
    assert days.end(datetime(2026, 9, 25, 16), Term(days=10)).at == datetime(2026, 10, 5, 23, 59, 59)
    assert days.end(datetime(2026, 9, 25, 16), Term(hours=24)).at == datetime(2026, 9, 26, 16)
    assert days.end(datetime(2026, 12, 30, 9), Term(working_days=3)).missing == 2027


def test_a_wrong_calendar_is_told_with_its_line(tmp_path: Path) -> None:
    text = HOLIDAYS.read_text(encoding="utf-8").replace("workdays: [2026-05-09]", "workdays: [2026-05-08]")
    path = tmp_path / "holidays.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(PolicyError, match="不是周末") as caught:
        calendar(path)
    assert f"第 {line(text, '2026-05-08')} 行" in str(caught.value)


def test_credit_codes_are_checked_by_their_last_character() -> None:
    good = [c for c in "0123456789ABCDEFGHJKLMNPQRTUWXY" if credit_code("91330105MA27XX2A0" + c)]
    assert len(good) == 1
    assert credit_code("91350100M000100Y43") and not credit_code("91350100M000100Y34") and not credit_code("91350100m000100y43")


def test_every_criterion_that_is_a_ground_is_one_of_the_exit_policy_and_no_decision_of_a_case_is() -> None:
    policy = yaml.safe_load((DEFAULT_REGION / "policies" / "exit.yaml").read_text(encoding="utf-8"))
    rules = {c["rule"]: bool(c.get("decided")) for v in policy["versions"] for c in v["criteria"]}
    for version in procedures(DEFAULT_REGION / "policies", RIGHTS)["exit"].versions:
        grounds = {g.criterion: g for g in version.grounds if g.criterion}
        assert set(grounds) == {rule for rule, decided in rules.items() if not decided}
        grave = {c["rule"] for v in policy["versions"] for c in v["criteria"] if not c.get("decided") and c["state"] in ("exit_proposed", "exit_candidate")}
        assert {rule for rule, g in grounds.items() if g.direct} == grave
