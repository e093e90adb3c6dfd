"""Where figures come from is derived from the SQL, and every declared indicator can be traced."""

from __future__ import annotations

import duckdb
import pytest

from etl import origins
from etl.indicators import catalogue
from etl.lineage import Lineage
from etl.load import contracts, ordered
from etl.martfile import MartError, after_policy, marts, parse
from etl.martfile import ordered as in_order
from etl.meta import is_late
from tests.etl.conftest import INDICATORS, MARTS, TODAY, Tiny, line
from tests.etl.reading import read


def test_an_indicator_leads_back_to_the_columns_of_the_outside_systems() -> None:
    tiny = line()
    lineage = Lineage(tiny.contracts, {m.name: m for m in tiny.marts})
    completion = next(i for i in INDICATORS if i.code == "completion")
    assert [(o.module, o.source_table, o.source_column) for o in lineage.origins(completion)] == [("order", "DD", "ZT")]
    assert lineage.modules(completion) == ["order", "registry"]
    cert = next(i for i in INDICATORS if i.code == "cert_rate")
    assert [(o.source_table, o.source_column) for o in lineage.origins(cert)] == [("在岗人员", "持证")]


def test_every_declared_indicator_has_a_module() -> None:
    lineage = Lineage(contracts(), {m.name: m for m in marts()})
    without = [c for c, i in catalogue().items() if not lineage.modules(i)]
    assert without == []


@pytest.mark.parametrize(
    ("code", "module"),
    [("meal_reach", "canteen"), ("card_active_share", "card"), ("purchased_service_elders", "order"), ("disabled", "assessment"),
     ("assessment_coverage", "assessment"), ("subsidy_coverage", "subsidy"), ("doctor_contract_rate", "medical")],
)  # fmt: skip
def test_what_is_said_of_an_elder_leads_to_the_module_whose_records_say_it(code: str, module: str) -> None:
    """However many steps lie between: without that module's records the figure is unknown, not 0."""
    lineage = Lineage(contracts(), {m.name: m for m in marts()})
    assert module in lineage.needs(catalogue()[code])


def test_figures_about_deliveries_come_from_every_module_and_wait_for_none() -> None:
    lineage = Lineage(contracts(), {m.name: m for m in marts()})
    on_time = catalogue()["source_on_time"]
    assert lineage.modules(on_time) == sorted(c.module for c in contracts())
    assert lineage.needs(on_time) == []


def test_what_was_derived_once_serves_the_next_process_and_no_other_declarations(monkeypatch: pytest.MonkeyPatch) -> None:
    con = duckdb.connect()
    con.execute("create schema state")
    every, indicators = {m.name: m for m in marts()}, list(catalogue().values())
    derived = Lineage(contracts(), every)
    told = origins.origins(derived, indicators), [derived.modules(i) for i in indicators]
    derived.recall(con)
    derived.remember(con)
    assert {mart: m.reads for mart, m in every.items()}["order_fact"]
    again = Lineage(contracts(), every)
    with monkeypatch.context() as blind:
        blind.setattr("sqlglot.parse_one", lambda *_, **__: pytest.fail("parsed again"))
        again.recall(con)
        assert (origins.origins(again, indicators), [again.modules(i) for i in indicators]) == told
    other = Lineage(contracts(), every | {"month_end": parse("month_end", "-- grain: x\nselect * from month")})
    other.recall(con)
    assert not other._traced


def test_what_a_second_thread_derives_is_what_asking_derives_and_a_fault_in_it_is_told_to_who_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    con = duckdb.connect()
    con.execute("create schema state")
    every, indicators = {m.name: m for m in marts()}, list(catalogue().values())
    ahead, asked = Lineage(contracts(), every), Lineage(contracts(), every)
    with ahead.derived(con, indicators):
        pass
    told = origins.origins(asked, indicators), [asked.modules(i) for i in indicators]
    with monkeypatch.context() as blind:
        blind.setattr("etl.lineage.qualify", lambda *_, **__: pytest.fail("derived again"))
        assert (origins.origins(ahead, indicators), [ahead.modules(i) for i in indicators]) == told
    broken = Lineage(contracts(), every)
    with monkeypatch.context() as torn:
        torn.setattr("etl.lineage.qualify", lambda *_, **__: 1 / 0)
        with broken.derived(con, indicators):
            pass
        with pytest.raises(ZeroDivisionError):
            broken.needs(catalogue()["caregivers"])


def test_contracts_and_marts_come_after_what_they_read() -> None:
    place = {c.module: n for n, c in enumerate(contracts())}
    assert all(place[a] < place[c.module] for c in contracts() for a in c.after if a in place)
    declared = marts()
    at = {m.name: n for n, m in enumerate(declared)}
    assert all(at[r] < at[m.name] for m in declared for r in m.reads if r in at)
    assert "provider_standing" in after_policy(declared)
    assert "order_fact" not in after_policy(declared)
    assert [c.module for c in ordered(line().contracts)].index("registry") < 3


def test_a_mart_without_grain_and_a_circle_are_mistakes() -> None:
    with pytest.raises(MartError):
        parse("x", "select 1")
    with pytest.raises(MartError):
        in_order([parse("a", "-- grain: x\nselect * from b"), parse("b", "-- grain: x\nselect * from a")])


def test_header_of_a_mart() -> None:
    mart = parse("elder_month", MARTS["elder_month"])
    assert (mart.area, mart.time, mart.provider, mart.reads) == ("community_code", "month", "", {"month", "registry_elder"})
    assert [(c.name, c.title, c.privacy) for c in mart.columns][2] == ("name", "姓名", "name")


def test_when_a_module_is_late() -> None:
    due = {c.module: c.due for c in line().contracts}
    assert not is_late(due["registry"], TODAY.replace(day=20), TODAY)
    assert is_late(due["registry"], TODAY.replace(day=19), TODAY)
    assert not is_late(due["caregiver"], TODAY.replace(day=1), TODAY)
    assert is_late(due["caregiver"], TODAY.replace(month=10, day=31), TODAY)
    assert not is_late(due["caregiver"], TODAY.replace(month=10, day=3), TODAY.replace(day=4))


def test_the_snapshot_describes_itself(tiny: Tiny) -> None:
    tiny.run()
    rows = dict(read(tiny.layout, "select code, sources from meta_indicator"))
    assert rows["cert_rate"] == "caregiver"
    assert rows["orders"] == "order,registry"
    assert read(tiny.layout, "select privacy from meta_column where mart = 'elder_month' and column_name = 'name'") == [("name",)]
    assert read(tiny.layout, "select count(*) from area_closure") == [(1 + 2 * 2 + 3 * 3,)]


def test_the_snapshot_tells_by_which_columns_an_indicator_is_decided() -> None:
    lineage = Lineage(contracts(), {m.name: m for m in marts()})
    rows = origins.origins(lineage, [catalogue()["caregiver_cert_rate"]])
    by_role = {role: {(t, c) for _, r, _, t, c in rows if r == role} for role in ("值", "条件", "区域", "")}
    assert ("caregiver_employment", "") in by_role[""]
    assert ("caregiver_certificate", "expires_on") in by_role["条件"]
    assert ("provider_site", "community_code") in by_role["区域"]
    assert {t for t, _ in by_role["值"]} == {"caregiver_certificate"}
    read_by = dict.fromkeys(m for m, r in origins.reads(lineage) if r == "caregiver_spell")
    assert "caregiver_month" in read_by


def test_every_mart_has_a_title_of_its_own_that_people_can_read() -> None:
    titles = {m.name: m.title for m in marts()}
    assert [name for name, title in titles.items() if not title or title.isascii()] == []
    assert len(set(titles.values())) == len(titles)
