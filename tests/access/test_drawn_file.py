"""The file of a draw names inspectors and every provider of the district: it leaves only to those of the district who may know both."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import dash
import pytest

from dashboard import ledger
from dashboard.access import accounts
from dashboard.access.demo import DEMO_PASSWORDS
from dashboard.ledger.models.inspections import InspectionPlan
from etl import draw
from etl.draw.paper import DrawList, Inspector
from etl.region import Region
from tests.access.conftest import log_in

PAPER = draw.write(draw.Paper(list=DrawList(
    plan="CJ-2026-12", month="2026-12", region="330105", policy="甲", team=2, random=0, seed_source="双色球", seed_on=date(2026, 11, 22), strata=(),
    providers=(), inspectors=(Inspector("J1", "检查员甲"),), conflicts=(),
)))  # fmt: skip
PATH = "/inspections/CJ-2026-12.json"


@pytest.fixture
def drawn(own_app: dash.Dash, settings: Any, tmp_path: Path) -> ledger.Ledger:
    """A ledger with a draw of the district."""
    book = ledger.open(f"sqlite:///{tmp_path / 'ledger.sqlite'}", settings.seals())
    with book.write() as session:
        session.add(InspectionPlan(
            number="CJ-2026-12", area_code="330105000000", month="2026-12", stage="drawn", paper=PAPER, reasons="[]", sha256="",
            planned_at=0, planned_by="staff", committed_by="staff", drawn_by="staff", void_reason="", revision=1,
        ))  # fmt: skip
    return book


@pytest.mark.parametrize("role", sorted(DEMO_PASSWORDS))
def test_item_02_the_drawn_file_goes_to_those_of_the_district_who_may_know_the_inspectors(own_app: dash.Dash, drawn: ledger.Ledger, role: str) -> None:
    answer = log_in(own_app, role).get(PATH)
    if role in ("leader", "staff", "staff2", "finance"):
        assert answer.status_code == 200 and "检查员甲" in answer.text
        assert drawn.fetch("select account, object from audit order by id desc limit 1", ()) == (role, "CJ-2026-12")
    else:
        assert answer.status_code == 404 and "检查员" not in answer.text


def test_item_03_the_drawn_file_is_not_for_an_account_of_certain_providers(own_app: dash.Dash, drawn: ledger.Ledger, settings: Any) -> None:
    accounts.set_place(drawn, Region.load(settings.region), "finance", "finance", "330105000000", providers=["P0001"])
    finance = log_in(own_app, "finance")
    assert finance.get(PATH).status_code == finance.get("/inspections/none.json").status_code == 404
