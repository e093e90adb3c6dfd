"""Every page draws for every reader; what it says is what the warehouse says."""

from __future__ import annotations

import ast
from pathlib import Path

import orjson
import pytest

from dashboard import format as fmt
from dashboard.views import registry
from dashboard.views.h import text_of, tree, walk
from dashboard.views.render import SLOTS
from etl.indicators import catalogue
from tests.views.conftest import DISTRICT

PATHS = sorted(registry())
ROOT = Path(__file__).parents[2]


def test_the_pages_are_found_in_the_order_of_the_navigation():
    titles = [page.title for page in registry().values() if not page.parent]
    assert titles == ["总览", "护理人员", "补贴资金", "服务单位", "检查", "退出监管", "准入与退出", "数据"]


def test_every_indicator_that_a_page_names_is_declared():
    for page in registry().values():
        assert set(page.layout.codes) <= set(catalogue()), page.title


def test_pages_import_nothing_but_views_and_indicators():
    for path in (ROOT / "pages").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom):
                assert str(node.module).startswith(("dashboard.views", "etl.indicators")), path.name


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("level", [1, 2, 3])
def test_every_page_draws_at_every_level(draw, reader, path, level):
    w = reader()
    area = w.root
    while area.level < level:
        area = w.children(area.code)[0]
    view = draw(path, f"?area={area.code}")
    assert "plain" not in view["kind"], text_of(view["below"])
    assert area.name in view["title"] and area.name in text_of(view["bar"])
    for slot in SLOTS:
        orjson.dumps(tree(view[slot]))
    orjson.dumps(view["map"])


@pytest.mark.parametrize("role", ["staff", "street", "steward"])
@pytest.mark.parametrize("path", PATHS)
def test_every_page_draws_for_every_role(draw, reader, role, path):
    street = reader().children(DISTRICT)[0].code
    area = {"staff": DISTRICT, "street": street, "steward": reader().children(street)[0].code}[role]
    view = draw(path, "", role, area)
    if path == "/trials" and role != "staff":
        assert "plain" in view["kind"], "only who may try policies sees a trial"
    elif path.startswith(("/data", "/cases")) and role == "steward":
        assert "plain" in view["kind"] and not {"数据", "准入与退出"} & {text_of(e) for e in walk(view["rail"])}
    else:
        assert "plain" not in view["kind"]


def test_a_card_shows_the_figure_with_change_target_and_verdict_and_leads_to_the_rows(draw, reader):
    w = reader()
    figure = w.figures(["caregiver_cert_rate"], DISTRICT, w.latest_month)["caregiver_cert_rate"]
    ind = w.indicator("caregiver_cert_rate")
    card = next(e for e in walk(draw("/caregivers")["strip"]) if e.props.get("data-code") == "caregiver_cert_rate")
    said = text_of(card)
    assert fmt.fmt_value(ind, figure, unit=False) in said and "环比" in said
    assert "目标 ≥95" in said and fmt.verdict_word(figure.verdict) in said
    assert card.props["href"] == "/caregivers?rows=caregiver_cert_rate"
    tip = next(e for e in walk(card) if e.props.get("role") == "tooltip")
    assert card.props["aria-describedby"] == tip.props["id"]
    assert ind.definition in text_of(tip) and "来源" in text_of(tip) and "数据时点" in text_of(tip)


def test_map_ranking_and_table_say_the_same(draw, reader):
    w = reader()
    view = draw("/caregivers")
    ranked = text_of(view["side"])
    listed = text_of(view["below"])
    for area, figure in w.by_child("caregiver_cert_rate", DISTRICT, w.latest_month):
        value = fmt.fmt_value(w.indicator("caregiver_cert_rate"), figure, unit=False)
        assert view["map"]["areas"][area.code][2] == value
        assert area.short_name + value in ranked
        assert area.name in listed


def test_how_many_of_those_listed_have_left_is_said(draw, reader):
    w = reader("leader")
    listed = w.providers(DISTRICT, w.latest_month)
    left = sum(p["exit_state"] == "exited" for p in listed)
    assert left
    page = draw("/providers")
    assert text_of([page[slot] for slot in SLOTS]).count(f"{len(listed)} 家（含已退出 {left} 家）") == 2


def test_every_row_of_the_ranking_is_a_link_into_its_area_with_month_and_layer_kept(draw, reader):
    month = reader().months[3]
    view = draw("/caregivers", f"?month={month}&layer=cert_expiring_90d")
    links = [e.props["href"] for e in walk(view["side"]) if e.tag == "a"]
    assert len(links) == 10
    assert all(f"month={month}" in link and "layer=cert_expiring_90d" in link and "area=3301050" in link for link in links)


def test_area_and_month_stay_when_the_subject_changes(draw, reader):
    street = reader().children(DISTRICT)[1].code
    month = reader().months[5]
    rail = draw("/caregivers", f"?area={street}&month={month}&layer=stars&rows=caregivers")["rail"]
    links = [e.props["href"] for e in walk(rail) if e.tag == "a"]
    assert f"/subsidies?area={street}&month={month}" in links


@pytest.mark.parametrize(
    ("path", "search"),
    [
        ("/caregivers", "?area=330106000000"),
        ("/caregivers", "?area=330105999000"),
        ("/caregivers", "?month=2031-01"),
        ("/nowhere", ""),
        ("/providers/P9999", ""),
        ("/providers/../../etc", ""),
        ("/caregivers", "?rows=no_such"),
        ("/providers/P0001", "?rec=registry_elder:1"),
    ],
)
def test_what_is_not_there_gives_one_and_the_same_page(draw, path, search):
    view = draw(path, search)
    assert "没有找到该区域、月份或页面" in text_of(view["below"])
    assert "failed" not in view["kind"]


def test_forbidden_looks_like_missing(draw, reader):
    streets = reader().children(DISTRICT)
    mine, other = streets[0].code, streets[1].code
    forbidden = draw("/caregivers", f"?area={other}", "street", mine)
    missing = draw("/caregivers", "?area=330105999000", "street", mine)
    assert forbidden == missing


@pytest.mark.parametrize(
    "search", [None, 7, "?" + "a=1&" * 500, "?area=" + "9" * 4000, "?offset=-1", "?offset=1e9", "?sort=%3Cscript%3E", "??"]
)
def test_no_address_breaks_the_page(draw, search):
    assert "failed" not in draw("/providers", search)["kind"]


def test_a_failure_is_not_kept_and_shows_nothing_of_itself(draw, monkeypatch):
    from dashboard.views import figures

    monkeypatch.setattr(figures, "strip", lambda view: 1 / 0)
    view = draw("/caregivers")
    assert "failed" in view["kind"] and "ZeroDivision" not in text_of(view["below"])


def test_links_for_download_are_shown_only_to_those_who_may_export(draw, reader):
    street = reader().children(DISTRICT)[0].code
    community = reader().children(street)[0].code

    def downloads(view):
        return [
            e for slot in SLOTS for e in walk(view[slot]) if str(e.props.get("href", "")).startswith(("/export/", "/report."))
        ]

    assert len(downloads(draw("/caregivers"))) >= 5
    assert not downloads(draw("/caregivers", "", "steward", community))
