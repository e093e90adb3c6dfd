"""Credit is repaired by two people, not before its day, and the line reads what was decided."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from dashboard import ledger
from dashboard.inspections.repair import Record, RepairError, Repairs
from dashboard.inspections.store import By
from etl.connectors.base import NothingYetError
from etl.connectors.ledger import LedgerReader
from etl.sources.ledger.contract import contract

RECORD = Record("P1", "330105003051", "inspection_penalty", "CF0001", "因其他受警告", date(2026, 9, 5))
ONE, OTHER, DAY = By("staff"), By("staff2"), date(2026, 10, 8)


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'ledger.sqlite'}"


@pytest.fixture
def held(url: str) -> Iterator[ledger.Ledger]:
    found = ledger.open(url)
    yield found
    found.close()


def read(url: str) -> list[list[str]]:
    table = next(t for t in contract.tables if t.name == "repair")
    reader = LedgerReader(contract, url)
    return [list(row.values())[:4] for part in reader.read(table) for row in part.to_pylist()]


def test_what_a_second_person_granted_is_read_by_the_line(held: ledger.Ledger, url: str) -> None:
    book = Repairs(held)
    row = book.apply(RECORD, "已整改并经复查", DAY, ONE)
    with pytest.raises(RepairError, match="须由他人决定"):
        book.decide(row.id, "同意", "属实", DAY, ONE)
    with pytest.raises(RepairError, match="已有待决定"):
        book.apply(RECORD, "再次申请", DAY, OTHER)
    book.decide(row.id, "同意", "材料属实", DAY, OTHER)
    with pytest.raises(RepairError, match="已经决定"):
        book.decide(row.id, "不同意", "改变", DAY, OTHER)
    (found,) = read(url)
    assert {"P1", "inspection_penalty", "CF0001"} <= set(found)


def test_what_was_refused_is_not_read_and_may_be_applied_for_again(held: ledger.Ledger, url: str) -> None:
    book = Repairs(held)
    book.decide(book.apply(RECORD, "已整改", DAY, ONE).id, "不同意", "证明不足", DAY, OTHER)
    book.apply(RECORD, "补充证明", DAY, ONE)
    assert [r.outcome for r in book.listed()] == ["", "不同意"]
    with pytest.raises(NothingYetError):
        read(url)


def test_not_before_its_day_not_without_grounds_and_not_by_another_area(held: ledger.Ledger) -> None:
    book = Repairs(held)
    with pytest.raises(RepairError, match="自 2026-09-05 起方可申请"):
        book.apply(RECORD, "已整改", date(2026, 9, 4), ONE)
    with pytest.raises(RepairError, match="尚未整改到位"):
        book.apply(replace(RECORD, repairable_on=None), "已整改", DAY, ONE)
    with pytest.raises(RepairError, match="须写明理由"):
        book.apply(RECORD, " ", DAY, ONE)
    row = book.apply(RECORD, "已整改", DAY, ONE)
    for elsewhere in (Repairs(held, frozenset({"330105001051"})), Repairs(held, None, frozenset({"P-other"}))):
        assert elsewhere.listed() == []
        with pytest.raises(LookupError):
            elsewhere.decide(row.id, "同意", "属实", DAY, OTHER)
    assert [r.id for r in Repairs(held, None, frozenset({RECORD.provider_id})).listed()] == [row.id]
