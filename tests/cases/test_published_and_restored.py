"""The publication list says what is to be made public, and a restored provider is followed: whether it holds."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest

from dashboard.cases.dossier import Dossier
from dashboard.views.cases import _months_on, publication, relapse
from dashboard.views.h import text_of
from tests.cases.conftest import HOME, Desk

DISTRICT, OTHER = "330105000000", "330105002000"
FOUND = [(date(2027, 3, 5), "检查发现严重问题")]


def seen(desk: Desk, area: str = DISTRICT, found: list[tuple[date, str]] | None = None, latest: str = "2027-02") -> Any:
    def violations(_provider: str, since: date, last: date) -> list[tuple[date, str]]:
        return [(day, what) for day, what in found or [] if since < day <= last]

    reader = SimpleNamespace(latest_month=latest, violations=violations)
    return SimpleNamespace(
        desk=SimpleNamespace(cases=lambda: desk.cases), area=SimpleNamespace(code=area), w=reader, place=SimpleNamespace(subject=lambda path: path), month=latest
    )


def test_nothing_is_published_before_a_decision_and_then_its_own_number_and_day(desk: Desk, notified: Callable[[], Dossier]) -> None:
    case = notified()
    assert publication(seen(desk)) is None, "a notice is no decision"
    case = desk.at("2026-12-08T09:00").take(case, "close_defence", "chen", opinion="未提出")
    case = desk.take(case, "review", "lin", ("review_minutes",), ("林敏", "王芳", "郑伟"), result="同意退出", opinion="可")
    assert publication(seen(desk)) is None
    case = desk.take(case, "decide", "zhou", result="退出", reason="逾期未整改")
    case = desk.serve(desk.at("2026-12-10T09:00").fresh(case))
    said = text_of(publication(seen(desk)))
    assert HOME.name in said and "已决定退出" in said and "拱民养退决〔2026〕1号" in said and "2026-12-08" in said
    assert "拱民养退告" not in said and "2026-12-10" not in said
    assert publication(seen(desk, OTHER)) is None
    case = desk.take(case, "propose_restore", "lin", ("grounds_record",), reason="决定所依据的事实不成立")
    desk.take(case, "revoke", "zhou", reason="撤销")
    assert publication(seen(desk)) is None, "who was restored is not exposed any longer"


@pytest.mark.parametrize(
    ("found", "verdict"),
    [
        ([], "未再犯"),
        ([(date(2026, 12, 7), "检查发现严重问题")], "未再犯"),  # on the day itself and before: what the restoration rests on
        (FOUND, "再犯：2027年3月5日"),
        ([(date(2029, 11, 5), "罚款")], "再犯：2029年11月5日"),
        ([(date(2029, 12, 8), "罚款")], "未再犯"),  # beyond the three years that are followed
    ],
)
def test_a_restored_provider_is_followed_by_what_arose_since(
    desk: Desk, notified: Callable[[], Dossier], found: list[tuple[date, str]], verdict: str
) -> None:
    case = notified()
    assert relapse(seen(desk)) is None
    case = desk.at("2026-12-07T09:00").take(case, "propose_restore", "lin", ("grounds_record",), reason="隐患已消除")
    desk.take(case, "restore", "zhou", reason="已消除")
    said = text_of(relapse(seen(desk, found=found)))
    assert verdict in said and "恢复后 36 个月" in said and "2029年12月7日" in said
    assert relapse(seen(desk, OTHER)) is None
    assert "待观察" in text_of(relapse(seen(desk, latest="2026-12")))


def test_a_provider_is_followed_to_the_very_day_or_the_last_of_a_shorter_month() -> None:
    assert _months_on(date(2026, 10, 30), 36) == date(2029, 10, 30)
    assert _months_on(date(2026, 8, 31), 6) == date(2027, 2, 28) and _months_on(date(2027, 8, 31), 6) == date(2028, 2, 29)
