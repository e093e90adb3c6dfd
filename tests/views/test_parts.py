"""The parts of a view: drawer, provider, chart, scales, addresses, assets."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.format import EXIT_STATES
from dashboard.views import marks
from dashboard.views.h import h, text_of, tree, walk
from dashboard.views.place import Place
from dashboard.views.scale import classes, nice
from dashboard.views.trend import CONFIG
from tests.views.conftest import DISTRICT

ASSETS = Path(__file__).parents[2] / "assets"


def test_the_drawer_shows_part_or_whole_and_pages_by_address(draw, reader):
    w = reader()
    part = draw("/caregivers", "?rows=caregiver_cert_rate")["over"]
    whole = draw("/caregivers", "?rows=caregiver_cert_rate&which=whole")["over"]
    for drawer, which in ((part, "part"), (whole, "whole")):
        total = w.rows("caregiver_cert_rate", DISTRICT, w.latest_month, which).total
        assert f"共 {total:,} 条" in text_of(drawer)
    assert part.props["role"] == "dialog"
    close = next(e for e in walk(part) if e.props.get("className", "").endswith("close"))
    assert close.props["href"] == "/caregivers"


def test_names_in_the_drawer_are_masked_for_those_who_may_not_see_them(draw, reader):
    w = reader()
    columns = w.rows("caregiver_cert_rate", DISTRICT, w.latest_month).columns
    at = next(i for i, c in enumerate(columns) if c.privacy == "id")
    body = next(e for e in walk(draw("/caregivers", "?rows=caregiver_cert_rate")["over"]) if e.tag == "tbody")
    shown = {text_of(row.children[at]) for row in body.children}
    assert shown and all("*" in value for value in shown)


def test_a_provider_says_why_it_has_its_star(draw, reader):
    w = reader()
    low = next(p for p in w.providers(DISTRICT, w.latest_month) if p["star"] == 1)
    view = draw(f"/providers/{low['provider_id']}")
    said = text_of(view["side"]) + text_of(view["below"])
    assert low["name"] in text_of(view["strip"])
    assert "一票否决" in said and low["cap_because"] in said and "评分依据" in said
    for domain in w.rating(low["provider_id"], w.latest_month).domains:
        assert domain.domain in said
    own = [p for p in view["map"]["points"] if p[-1]]
    assert [p[4] for p in own] == [low["name"]]


def test_the_list_of_providers_is_filtered_and_sorted_by_address(draw, reader):
    found = [p for p in reader().providers(DISTRICT, reader().latest_month) if p["star"] == 2 and p["kind"] == "养老机构"]
    view = draw("/providers", "?star=2&kind=养老机构&sort=-name")
    body = next(e for e in walk(view["below"]) if e.tag == "tbody")
    names = [text_of(row.children[0]) for row in body.children]
    assert names == sorted((p["name"] for p in found), reverse=True)


def test_charts_never_offer_to_send_data_away(draw):
    assert CONFIG["showSendToCloud"] is False and CONFIG["displaylogo"] is False and CONFIG["displayModeBar"] is False
    assert CONFIG["locale"] == "zh-CN"
    view = draw("/caregivers")
    assert view["trend"]["data"] and "护理员持证率" in view["trend-alt"]


def test_a_chart_shows_a_forecast_only_where_there_is_a_target(draw):
    dashed = [t for t in draw("/caregivers")["trend"]["data"] if t.get("line", {}).get("dash")]
    assert dashed
    assert not [t for t in draw("/subsidies")["trend"]["data"] if t.get("line", {}).get("dash")]


def test_no_asset_of_ours_names_an_address_outside():
    for path in [*ASSETS.glob("*.js"), *ASSETS.glob("*.css")]:
        outside = [u for u in re.findall(r"https?://[^\s\"')]+", path.read_text(encoding="utf-8")) if "www.w3.org" not in u]
        assert not outside, path.name
    assert (ASSETS / "vendor" / "plotly-basic.LICENSE.txt").read_text(encoding="utf-8").count("MIT")


def test_the_bundle_for_charts_is_of_the_version_that_plotly_brings():
    from plotly.offline import get_plotlyjs_version

    assert f"v{get_plotlyjs_version()}" in (ASSETS / "vendor" / "plotly-basic.min.js").read_text(encoding="utf-8")[:300]


def test_elements_are_lists_and_nothing_is_dropped_but_nothing():
    node = h("p", "a", None, False, ["b", [h("b", 3)]], cls="x", aria_label="y", data_code=None)
    assert node == ["p", {"className": "x", "aria-label": "y"}, "a", "b", ["b", {}, 3]]
    assert text_of(node) == "ab3" and tree(None) is None


@given(st.text(max_size=40), st.text(max_size=40))
def test_any_printable_value_survives_an_address(kind, month):
    place = Place("/providers", {"kind": kind, "month": month})
    path, _, query = place.url().partition("?")
    again = Place.parse(path, "?" + query)
    assert again.path == "/providers"
    if kind.strip() == kind and kind:
        assert again.get("kind") == (kind if kind.isprintable() else "\ufffd"), "what cannot be printed is a name that nothing has"


def test_home_is_not_written_into_addresses():
    place = Place("/", {"area": DISTRICT, "month": "2026-10"}).at_home(area=DISTRICT, month="2026-10")
    assert place.url() == "/" and place.url(month="2026-09") == "/?month=2026-09"
    assert place.export("overview", table="areas") == f"/export/overview.xlsx?area={DISTRICT}&month=2026-10&table=areas"


@pytest.mark.parametrize(
    ("values", "target", "better", "cuts"),
    [
        ([86.4, 90.7, 95.3, 97.4], 95, "higher", (89.0, 92.0, 95)),
        ([96, 97], 95, "higher", (95,)),
        ([3, 3, 3], None, "neutral", ()),
        ([0, 2, 9], 1, "lower", (1, 3, 5, 7)),
        ([None, None], None, "higher", ()),
    ],
)
def test_classes_have_round_cuts_and_the_target_is_one_of_them(values, target, better, cuts):
    scale = classes(values, target, better)
    assert scale.cuts == cuts
    assert scale.of(None) is None
    assert all(0 <= scale.of(v) <= 4 for v in values if v is not None)


@given(
    st.lists(st.floats(-1e9, 1e9) | st.none(), max_size=30),
    st.floats(-1e6, 1e6) | st.none(),
    st.sampled_from(["higher", "lower", "neutral"]),
)
def test_every_value_has_one_of_five_classes_in_its_order(values, target, better):
    scale = classes(values, target, better)
    known = sorted(v for v in values if v is not None)
    steps = [scale.of(v) for v in known]
    assert steps == sorted(steps) and all(0 <= s <= 4 for s in steps)


@given(st.floats(1e-6, 1e12))
def test_steps_are_nice_and_large_enough(raw):
    assert raw * (1 - 1e-6) <= nice(raw) <= raw * 10


def test_every_star_and_every_state_has_a_mark_of_its_own_that_the_map_can_draw():
    """In greyscale the shape alone tells five stars from four, and who meets the criteria from who was given notice."""
    drawn = set(re.findall(r'"(.)": "M', (ASSETS / "map.js").read_text("utf-8")))
    for shapes in (list(marks.STAR_SHAPES.values()), [m.shape for m in EXIT_STATES.values()]):
        assert len(set(shapes)) == len(shapes) and set(shapes) <= drawn
    assert [text_of(li) for li in walk(marks.star_legend()) if li.tag == "li"] == ["★五星", "●四星", "■三星", "▲二星", "◆一星", "○暂不评级"]
