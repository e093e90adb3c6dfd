"""Plans in the ledger: every step once, in its order, and told in the audit trail."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from dashboard import ledger
from dashboard.inspections.store import By, Inspections, NoPlanError
from dashboard.ledger.audit import verify
from dashboard.ledger.models.audit import AuditLine
from dashboard.ledger.models.inspections import InspectionPlan
from etl import draw
from etl.draw import DrawError
from etl.draw.steps import CHINA
from tests.draw.test_plan import people as candidates
from tests.draw.test_plan import version

DISTRICT, STREET = "330105000000", "330105003000"
PEOPLE = "编号,姓名,单位,街道代码,回避单位编号,回避事由\nJ1,沈岚,执法队,,P001,曾任职\nJ1,沈岚,执法队,,P002,近亲属\nJ2,王澄,执法队,330105004000,,\nJ3,陈霁,执法队,,,\n"
STAFF = By("staff", "10.0.0.1")
TODAY = datetime.now(CHINA).date()


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Inspections]:
    held = ledger.open(f"sqlite:///{tmp_path / 'ledger.sqlite'}")
    found = Inspections(held, DISTRICT)
    found.take_over(PEOPLE, [STREET, "330105004000"], STAFF)
    yield found
    held.close()


def made(book: Inspections, on: date = TODAY + timedelta(days=2)):
    return book.make(version(), candidates(0, high=9, middle=9, low=9), "2026-12", "双色球", on, STAFF)


def back_to_yesterday(book: Inspections, number: str) -> None:
    """As if it had been committed to two days ago with yesterday's event as seed: time cannot be waited for."""

    with book.ledger.write() as session:
        row = session.scalars(select(InspectionPlan).where(InspectionPlan.number == number)).one()
        entries = draw.read(row.paper).list

        paper = draw.commit(replace(entries, seed_on=TODAY - timedelta(days=1)), datetime.now(UTC) - timedelta(days=2))
        row.paper, row.sha256 = draw.write(paper), paper.sha256


def told(book: Inspections) -> list[tuple[str, str, str]]:
    assert verify(book.ledger) == []
    with book.ledger.read() as session:
        return [(line.account, line.action, line.object) for line in session.scalars(select(AuditLine).order_by(AuditLine.id))]


def test_from_the_plan_to_a_result_that_anybody_can_verify(book: Inspections) -> None:
    number = made(book).row.number
    before = book.changed()
    committed = book.commit(number, STAFF)
    assert committed.row.sha256 == committed.paper.list.sha256() and book.changed() != before
    back_to_yesterday(book, number)
    yesterday = datetime.now(CHINA) - timedelta(days=1)
    done = book.draw(number, ((3, 9), (7,)), "第 2026134 期", yesterday, STAFF)
    assert draw.verify(draw.read(done.row.paper)) == [] and len(done.paper.result) == 8
    assert all("J1" not in team for provider, _, team in done.paper.result if provider in ("P001", "P002"))
    assert [action for _, action, _ in told(book)] == ["检查人员名录", "编制抽查计划", "承诺抽查名单", "双随机抽取"]


def test_no_step_is_taken_twice_or_out_of_order(book: Inspections) -> None:
    number = made(book).row.number
    with pytest.raises(DrawError, match="已编制，不能抽取"):
        book.draw(number, ((1,),), "x", datetime.now(UTC), STAFF)
    book.commit(number, STAFF)
    with pytest.raises(DrawError, match="已承诺，不能承诺"):
        book.commit(number, STAFF)
    with pytest.raises(DrawError, match="已承诺，不能重新编制"):
        made(book)
    with pytest.raises(DrawError, match="不晚于承诺时间"):
        book.draw(number, ((1,),), "x", datetime.now(UTC) - timedelta(minutes=5), STAFF)
    with pytest.raises(DrawError, match="在将来"):
        book.draw(number, ((1,),), "x", datetime.now(UTC) + timedelta(days=2), STAFF)
    with pytest.raises(NoPlanError):
        book.commit("SSJ-2026-12-9", STAFF)


def test_a_plan_given_up_stays_to_be_seen_and_the_next_has_another_number(book: Inspections) -> None:
    first = book.commit(made(book).row.number, STAFF)
    with pytest.raises(DrawError, match="须写明理由"):
        book.void(first.row.number, " ", STAFF)
    book.void(first.row.number, "名录有误", STAFF)
    second = made(book)
    assert second.row.number != first.row.number
    assert [(p.row.number, p.row.stage, p.row.sha256) for p in book.listed("2026-12")][1] == (first.row.number, "void", first.row.sha256)


def test_a_plan_made_again_before_the_commitment_takes_the_place_of_the_one_before(book: Inspections) -> None:
    made(book)
    made(book, TODAY + timedelta(days=5))
    (only,) = book.listed("2026-12")
    assert only.paper.list.seed_on == TODAY + timedelta(days=5)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("编号,姓名\nJ1,甲\n", "缺少列：单位"),
        (PEOPLE.replace("330105004000", "330105999000"), "第 4 行：本区没有代码为 330105999000 的街道"),
        (PEOPLE.replace("P002,近亲属", "P002,"), "第 3 行：回避单位编号与回避事由应同时填写"),
        (PEOPLE.replace("J1,沈岚,执法队,,P002", "J1,沈兰,执法队,,P002"), "第 3 行：编号 J1 的姓名、单位或街道前后不一"),
        (PEOPLE.splitlines()[0] + "\n", "没有人员"),
    ],
)
def test_a_wrong_list_of_inspectors_changes_nothing(book: Inspections, text: str, says: str) -> None:
    with pytest.raises(DrawError, match=says):
        book.take_over(text, [STREET, "330105004000"], STAFF)
    assert [i["conflicts"] for i in book.inspectors()] == [2, 0, 0]


def test_whoever_is_not_on_the_new_list_no_longer_inspects(book: Inspections) -> None:
    book.take_over("编号,姓名,单位,街道代码,回避单位编号,回避事由\nJ2,王澄,执法队,,,\nJ4,徐芮,执法队,,P005,曾任职\n", [], STAFF)
    assert [(i["number"], i["conflicts"]) for i in book.inspectors()] == [("J2", 0), ("J4", 1)]
