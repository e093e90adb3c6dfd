"""The data pages say what goes back to whom, where figures come from, and as of which snapshot everything is seen."""

from __future__ import annotations

from pathlib import Path

import pytest

from dashboard.access.scope import Scope
from dashboard.views.h import text_of, walk
from dashboard.views.page import desks
from dashboard.views.render import render
from dashboard.warehouse import Snapshot, Unknown, Warehouse
from dashboard.warehouse.deliveries import named
from etl.contract import Choice
from etl.load import contracts
from tests.support import tiny
from tests.views.conftest import DISTRICT


def hrefs(node) -> list[str]:
    """Every link in a tree."""
    return [e.props["href"] for e in walk(node) if e.tag == "a" and "href" in e.props]


@pytest.mark.parametrize("module", [c.module for c in contracts()])
def test_every_contract_is_shown_with_all_its_columns_and_rules(draw, module):
    contract = next(c for c in contracts() if c.module == module)
    said = text_of(draw("/data/contract", f"?module={module}")["below"])
    for table in contract.tables:
        assert table.title in said and all(rule in said for rule in (*table.reject, *table.warn))
        assert all(column.source in said for column in table.columns)
        assert all(str(v) in said for c in table.columns if isinstance(c, Choice) for v in c.allowed)


def test_rejected_rows_are_sent_back_to_their_owner(draw):
    view = draw("/data/quarantine")
    assert "区人力社保局" in text_of(view["below"])
    (back,) = [link for link in hrefs(view["below"]) if "table=returns" in link]
    assert back.startswith("/export/data.xlsx?") and "owner=" in back


def test_a_street_sees_the_rows_of_its_own_communities_alone(reader):
    w = reader()
    everything = w.quarantine(limit=500)
    assert everything.total == 6
    at = [c.name for c in everything.columns].index("community_code")
    place = next(row[at] for row in everything.rows if row[at])
    mine, other = w.snapshot.areas[place].parent_code, None
    other = next(a.code for a in w.children(DISTRICT) if a.code != mine)
    assert sum(r["rows"] for r in reader("street", mine).returns()) == 3
    assert reader("street", mine).returned_rows("区人力社保局", 100)[1] == 3
    assert reader("street", other).returns() == [] and reader("street", other).returned_rows("区人力社保局", 100) == ([], 0)
    for wrong in ("没有这个单位", None):
        with pytest.raises(Unknown):
            w.returned_rows(wrong, 100)


def test_the_way_of_a_figure_leads_from_the_source_columns_to_it_and_back(draw):
    view = draw("/data/lineage", "?ind=caregiver_cert_rate")
    said = text_of(view["below"])
    assert all(word in said for word in ("职业技能等级证书", "有效期至", "在岗护理员（月末）", "caregiver_month", "护理员持证率"))
    back = draw("/data/lineage", "?table=caregiver_certificate")
    assert "护理员持证率" in text_of(back["below"])
    assert any("ind=caregiver_cert_rate" in link for link in hrefs(back["below"]))


@pytest.mark.parametrize("search", ["?ind=no_such", "?table=no_such"])
def test_what_is_not_there_is_not_found(draw, search):
    assert "plain" in draw("/data/lineage", search)["kind"]
    assert "plain" in draw("/data/contract", "?module=no_such")["kind"]


def test_an_older_snapshot_opens_every_page_and_stays_on_every_link(tmp_path: Path):
    tiny.build(tmp_path, months=6, elders=60, providers=8, run_id="20261005T020000-old")
    newest = Snapshot.open(tiny.build(tmp_path, months=6, elders=60, providers=8, seed=8, run_id="20261105T020000-new"))
    scope = Scope.of("leader", DISTRICT)

    def then(run_id: str) -> Warehouse:
        return Warehouse(named(newest, run_id), scope)

    def view(path: str, search: str):
        return render(Warehouse(newest, scope), path, search, "/geo/{}.json".format, then)

    old = view("/caregivers", "?as_of=20261005T020000-old")
    assert "快照 20261005T020000-old" in text_of(old["as-of"]) and "回到最新数据" in text_of(old["as-of"])
    away = [link for part in ("rail", "bar", "strip", "below", "side") for link in hrefs(old[part]) if link.startswith("/")]
    away = [link for link in away if link not in {d.path for d in desks()}]  # what the ledger holds is as of now
    assert away and all("as_of=20261005T020000-old" in link for link in away)
    assert all("as_of=" in values[4] for values in old["map"]["areas"].values())
    assert text_of(old["strip"]) != text_of(view("/caregivers", "")["strip"])
    assert view("/caregivers", "")["as-of"] is None
    for unknown in ("20200101T000000", "../20261005T020000-old", "x"):
        assert "plain" in view("/caregivers", f"?as_of={unknown}")["kind"]
    gone = view("/caregivers", "?as_of=20200101T000000&area=330105001000")
    assert "数据快照已不保留" in text_of(gone["below"]) and hrefs(gone["below"]) == ["/caregivers?area=330105001000"]
    assert "没有找到" in text_of(view("/caregivers", "?as_of=x")["below"])
    (tmp_path / "snapshots" / "runs.jsonl").write_text('{"run_id": "20261105T020000-new", "seconds": 9}\n', encoding="utf-8")
    listed = text_of(view("/data/runs", "")["below"])
    now = "不随所查看的快照变化"
    assert now not in listed and now in text_of(view("/data/runs", "?as_of=20261005T020000-old")["below"])
    assert "20261005T020000-old" in listed and "20261105T020000-new" in listed


def test_months_reported_already_that_a_run_changed_are_listed_by_module(draw):
    (_, listed) = text_of(draw("/data/runs")["below"]).split("截至本快照 ")
    assert listed.startswith("2 条")
    rows = "".join(listed.split()).split("20261106T020000")
    assert rows[1].startswith("护理员台账2026年10月662") and rows[2].startswith("护理员台账2026年9月031")
