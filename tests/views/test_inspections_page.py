"""检查 as officials see it: the plan step by step, the draw within one's own area, findings by their clocks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from sqlalchemy import select

from dashboard import ledger
from dashboard.access.scope import Scope
from dashboard.inspections.candidates import candidates
from dashboard.inspections.store import By, Inspections
from dashboard.ledger.models.inspections import InspectionPlan
from dashboard.views.h import text_of, walk
from dashboard.views.render import render
from dashboard.warehouse import Snapshot, Warehouse
from etl import draw
from etl.draw.steps import CHINA
from tests.draw.test_plan import version
from tests.support import tiny
from tests.views.conftest import DISTRICT

STAFF = By("staff")
PEOPLE = "编号,姓名,单位,街道代码,回避单位编号,回避事由\n" + "".join(f"J{i},人{i},执法队,,,\n" for i in range(1, 6))
RISKS = """
create table inspection_risk as
select provider_id, month, 50 as score, 60 as weight, '高' as stratum, case when provider_id = 'P0001' then 'yearly' end as due_rule,
       case when provider_id = 'P0001' then '每年至少一次' end as due_because, date '2026-01-05' as last_on, null::varchar as last_inspection_id,
       '甲' as policy_version from provider_month;
create table inspection_risk_reason as select provider_id, month, 'overdue' as rule, '责令整改' as basis, 50 as points, '逾期未整改' as sentence from provider_month;
create table credit_grade as
select provider_id, month, case when provider_id = 'P0001' then 'D' else 'A' end as grade, null::date as since, null::varchar as rule, '失信惩戒' as basis,
       case when provider_id = 'P0001' then '骗取补贴' end as because, true as published, '甲' as policy_version from provider_month;
create table credit_reason as
select provider_id, month, 'fraud' as rule, '失信惩戒' as basis, '骗取补贴' as sentence, 'inspection_penalty' as source_table, 'X1' as row_key,
       date '2026-02-01' as repairable_on from provider_month where provider_id = 'P0001';
"""
Draw = Callable[..., dict[str, Any]]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Snapshot, ledger.Ledger]]:
    folder = tmp_path_factory.mktemp("inspections")
    file: Path = tiny.build(folder / "tiny.duckdb", elders=60, providers=30)
    with duckdb.connect(str(file)) as con:
        con.execute(RISKS)
        if not con.execute("select 1 from duckdb_tables() where table_name = 'inspection_inspection'").fetchall():
            con.execute("create table inspection_inspection (inspection_id varchar, inspectors varchar)")
    held = ledger.open(f"sqlite:///{folder / 'ledger.sqlite'}")
    yield Snapshot.open(file), held
    held.close()


@pytest.fixture(scope="module")
def see(place: tuple[Snapshot, ledger.Ledger]) -> Draw:
    def drawn(search: str = "", role: str = "staff", area: str = DISTRICT) -> dict[str, Any]:
        return render(Warehouse(place[0], Scope.of(role, area), place[1]), "/inspections", search, "/geo/{}.json".format)

    return drawn


@pytest.fixture(scope="module")
def book(place: tuple[Snapshot, ledger.Ledger]) -> Inspections:
    found = Inspections(place[1], DISTRICT)
    found.take_over(PEOPLE, [], STAFF)
    return found


def below(view: dict[str, Any]) -> str:
    return text_of(view["below"])


def actions(view: dict[str, Any]) -> list[str]:
    named = [el.props["action"].split("/")[2] for el in walk(view["below"]) if el.tag == "form"]
    return [name for name in named if name != "repair"]


def test_the_steps_appear_one_after_the_other_and_only_for_those_who_plan(place: Any, see: Draw, book: Inspections) -> None:
    snapshot, _ = place
    assert actions(see()) == ["plan"] and actions(see(role="leader")) == [] and "尚未编制" in below(see())
    listed = candidates(Warehouse(snapshot, Scope.of("staff", DISTRICT)), snapshot.latest_month)
    on = datetime.now(CHINA).date() + timedelta(days=1)
    number = book.make(version(), listed, following(snapshot.latest_month), "双色球", on, STAFF).row.number
    assert actions(see()) == ["plan", "commit"]
    sha = book.commit(number, STAFF).row.sha256
    assert actions(see()) == ["draw", "void"]
    assert sha in below(see(role="leader")) and "抽中的单位" not in below(see())
    with book.ledger.write() as session:  # as if the seed's day had come
        row = session.scalars(select(InspectionPlan)).one()
        yesterday = datetime.now(CHINA) - timedelta(days=1)
        paper = draw.commit(replace(draw.read(row.paper).list, seed_on=yesterday.date()), datetime.now(UTC) - timedelta(days=2))
        row.paper = draw.write(paper)
    done = book.draw(number, ((4, 8),), "第 1 期", yesterday, STAFF)
    everything = below(see())
    assert actions(see()) == [] and "复核相符" in everything and f"/inspections/{number}.json" in str(see()["below"])
    names = {p["provider_id"]: p["name"] for p in Warehouse(snapshot, Scope.of("staff", DISTRICT)).providers(DISTRICT, snapshot.latest_month)}
    assert all(names[provider] in everything for provider, _, _ in done.paper.result)
    assert len(see("?layer=visits")["map"]["points"]) == len(done.paper.result)


def test_who_inspects_is_not_told_before_the_visit_to_those_who_may_be_close_to_the_provider(place: Any, see: Draw, book: Inspections) -> None:
    snapshot, held = place
    (plan,) = book.listed()
    people = {i.name for i in plan.paper.list.inspectors}
    mine = plan.paper.result[0][0]
    close = Warehouse(snapshot, Scope.of("staff", DISTRICT, [mine]), held)
    told = text_of(render(close, "/inspections", "", "/geo/{}.json".format)["below"])
    assert "抽中的单位" in told and plan.paper.sha256 in told and not [n for n in people if n in told] and f"{plan.row.number}.json" not in told
    assert [n for n in people if n in below(see(role="finance"))] and f"{plan.row.number}.json" in below(see(role="finance"))


def test_a_street_sees_the_draw_of_its_own_providers_only(place: Any, see: Draw, book: Inspections) -> None:
    snapshot, _ = place
    (plan,) = book.listed()
    street = next(a.code for a in snapshot.areas.values() if a.level == 2 and Warehouse(snapshot, Scope.of("street", a.code)).providers(a.code, snapshot.latest_month))
    mine = {p["provider_id"] for p in Warehouse(snapshot, Scope.of("street", street)).providers(street, snapshot.latest_month)}
    points = see("?layer=visits", "street", street)["map"]["points"]
    assert len(points) == len({provider for provider, _, _ in plan.paper.result} & mine) < len(plan.paper.result)


def test_findings_are_listed_with_the_days_to_their_deadline_and_filtered_by_their_clock(see: Draw) -> None:
    shown = below(see())
    assert "消防通道堆放杂物" in shown and "未整改问题" in shown
    assert text_of(see()["attention"]).startswith("整改时钟")
    assert "本区域月末没有这类未整改的问题" in below(see("?state=unordered"))
    tones = {point[3] for point in see("?layer=open")["map"]["points"]}
    assert tones <= {"bad", "warn", "plain", "none"} and tones


def test_risk_and_credit_say_what_they_rest_on(see: Draw) -> None:
    shown = below(see())
    assert "逾期未整改（50）" in shown and "D 严重失信" in shown and "骗取补贴" in shown


def test_whose_self_reports_are_to_be_looked_at_is_a_question_with_the_rows_on_both_sides(place: Any, see: Draw) -> None:
    snapshot, held = place
    shown = below(see())
    assert "自报核查" in shown and "需核查1 家" in shown.replace(" 1 家", "1 家") and "不是认定" in shown
    asked = next(r for r in Warehouse(snapshot, Scope.of("staff", DISTRICT)).self_reports(DISTRICT, snapshot.latest_month) if r["verdict"] == "需核查")
    there = f"/providers/{asked['provider_id']}"
    own = render(Warehouse(snapshot, Scope.of("staff", DISTRICT), held), there, "", "/geo/{}.json".format)
    assert "别处已知照护期间事件 12 起，其中已自报 4 起、未见自报 8 起" in below(own)
    links = [el.props["href"] for el in walk(own["below"]) if el.tag == "a" and "incidents_known" in str(el.props.get("href"))]
    opened = render(Warehouse(snapshot, Scope.of("staff", DISTRICT), held), there, links[0].partition("?")[2].join(["?", ""]), "/geo/{}.json".format)
    assert "跌倒" in text_of(opened["over"]) and "需核查" in text_of(opened["over"])
    finance = render(Warehouse(snapshot, Scope.of("finance", DISTRICT), held), there, "", "/geo/{}.json".format)
    assert ("自报核对" in below(finance)) == Scope.of("finance", DISTRICT).may("rows")


def following(month: str) -> str:
    year, number = int(month[:4]), int(month[5:])
    return f"{year + number // 12}-{number % 12 + 1:02d}"


def test_whoever_plans_applies_for_a_repair_and_somebody_who_reviews_decides(see: Draw) -> None:
    def forms(view: dict[str, Any]) -> list[str]:
        return [el.props["action"] for el in walk(view["below"]) if el.tag == "form" and "repair" in el.props["action"]]

    assert forms(see()) == ["/inspections/repair"] and forms(see(role="leader")) == []
    assert "信用修复" in below(see())
