"""The publication list says what is to be made public, and a restored provider is followed: whether it holds."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from dashboard.cases.dossier import Dossier
from dashboard.views.cases import publication, relapse
from dashboard.views.h import text_of
from tests.cases.conftest import HOME, Desk

DISTRICT, OTHER = "330105000000", "330105002000"
STARS = [("2026-10", 1, "exit_proposed"), ("2026-11", 3, "exit_proposed"), ("2026-12", 3, "watch"), ("2027-01", 2, "watch"), ("2027-02", 3, "normal")]


def seen(desk: Desk, area: str = DISTRICT, history: list[tuple[str, int | None, str]] = STARS) -> Any:
    reader = SimpleNamespace(months=[m for m, _, _ in history], rating_history=lambda _: history)
    return SimpleNamespace(
        desk=SimpleNamespace(cases=lambda: desk.cases), area=SimpleNamespace(code=area), w=reader, place=SimpleNamespace(subject=lambda path: path), month="2027-02"
    )


def test_what_was_notified_is_published_with_its_number_and_only_within_its_area(desk: Desk, notified: Callable[[], Dossier]) -> None:
    assert publication(seen(desk)) is None
    case = notified()
    said = text_of(publication(seen(desk)))
    assert HOME.name in said and "拟退出（已告知）" in said and "拱民养退告〔2026〕1号" in said and "2026-11-30" in said
    assert publication(seen(desk, OTHER)) is None
    case = desk.take(case, "propose_restore", "lin", ("grounds_record",), reason="隐患已消除")
    desk.take(case, "restore", "zhou", reason="已消除")
    assert "已恢复" in text_of(publication(seen(desk)))


@pytest.mark.parametrize(
    ("later", "verdict"),
    [
        ([], "未再犯"),
        ([("2027-03", 1, "normal")], "再犯：2027年3月"),
        ([("2027-03", 3, "rectifying")], "再犯：2027年3月"),
        ([(f"2027-{m:02d}", 3, "normal") for m in range(3, 12)] + [("2027-12", 1, "normal")], "未再犯"),  # beyond the months that are followed
    ],
)
def test_a_restored_provider_is_followed_month_by_month(
    desk: Desk, notified: Callable[[], Dossier], later: list[tuple[str, int | None, str]], verdict: str
) -> None:
    case = notified()
    assert relapse(seen(desk)) is None
    case = desk.at("2026-12-07T09:00").take(case, "propose_restore", "lin", ("grounds_record",), reason="隐患已消除")
    desk.take(case, "restore", "zhou", reason="已消除")
    said = text_of(relapse(seen(desk, history=STARS + later)))
    assert verdict in said and "2026年12月 三星、2027年1月 二星" in said and "2026年10月" not in said  # what came before does not count
    assert relapse(seen(desk, OTHER)) is None
    assert "待观察" in text_of(relapse(seen(desk, history=STARS[:2])))
