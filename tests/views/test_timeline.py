"""The slider under the map: what it shows for a month is what the view of that month shows, for every layer, area and reader."""

from __future__ import annotations

import pytest

from dashboard.views.h import walk
from dashboard.views.markup import markup


def marks_at(course, k):
    """The marks of one month, as the browser makes them from the course."""
    return sorted((p[0], p[1], *course["words"][p[5][k]][:2], p[2]) for p in course["points"] if p[5][k] != "-")


@pytest.mark.parametrize(("path", "layer"), [("/providers", "stars"), ("/exits", "exits"), ("/caregivers", "exits")])
def test_every_month_of_the_slider_is_the_month_of_the_page(draw, path, layer):
    course = draw(path, f"?layer={layer}")["map"]["time"]
    assert len(course["months"]) == 24 and course["months"][course["at"]] == "2026-10"
    for k in (0, 7, 19, 23):
        drawn = draw(path, f"?layer={layer}&month={course['months'][k]}")
        assert drawn["map"]["time"]["at"] == k
        assert marks_at(course, k) == sorted((p[0], p[1], p[2], p[3], p[4]) for p in drawn["map"]["points"])


def test_a_provider_that_leaves_changes_its_mark(draw):
    course = draw("/exits", "")["map"]["time"]
    assert any("x" in p[5] and p[5][0] != "x" for p in course["points"])


def test_a_street_gets_its_own_providers_only(draw, reader):
    w = reader()
    street = w.children(w.root.code)[0].code
    own = {p["name"] for p in w.providers(street, "2026-10")}
    for drawn in (draw("/providers", "", "street", street), draw("/providers", f"?area={street}")):
        assert {p[2] for p in drawn["map"]["time"]["points"]} == own


def test_the_addresses_lead_to_the_months(draw):
    course = draw("/providers", "?kind=老年食堂&month=2026-03")["map"]["time"]
    assert course["urls"][23].startswith("/providers?") and "month" not in course["urls"][23], "the latest month is the ordinary one"
    assert "month=2025-01" in course["urls"][2] and "kind=" in course["urls"][2]
    path, _, query = course["urls"][2].partition("?")
    assert draw(path, f"?{query}")["map"]["time"]["at"] == 2


def test_only_layers_with_a_course_have_the_slider(draw):
    for path, search, there in (("/providers", "", True), ("/caregivers", "", False), ("/providers/P0001", "", False), ("/", "?layer=stars", False)):
        drawn = draw(path, search)
        sliders = [n for n in walk(drawn["legend"]) if n.props.get("type") == "range"]
        layered = there or (path == "/" and drawn["map"]["time"] is not None)
        assert bool(sliders) == layered == (drawn["map"].get("time") is not None)


def test_the_slider_says_its_month_in_words_and_before_any_script(draw):
    legend = draw("/providers", "?month=2026-03")["legend"]
    (slider,) = [n for n in walk(legend) if n.props.get("type") == "range"]
    assert slider.props["aria-valuetext"] == "2026年3月" and slider.props["aria-label"] == "月份" and slider.props["max"] == "23"
    html = markup(legend)
    assert 'value="16"' in html and "<output" in html and "2026年3月</output>" in html
