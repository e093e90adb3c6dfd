"""Every indicator of the catalogue has a page; the pages of tasks, beds and calls show what their modules report."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from dashboard import format as fmt
from dashboard.views.h import text_of, walk
from dashboard.views.indicator_list import groups_of
from dashboard.views.page import registry
from etl.indicators import catalogue
from tests.views.conftest import DISTRICT

STREET, COMMUNITY = "330105003000", "330105003051"
FOR_SCRIPTS: dict[str, str] = {}
"""Indicators that have no page, each with the reason. There are none."""


def section(drawn: dict[str, Any], title: str) -> Any:
    """The one panel with this title."""
    (found,) = [n for n in walk(drawn["below"]) if n.tag == "section" and n.props.get("aria-label") == title]
    return found


def links(node: Any, sign: str) -> list[str]:
    return [str(n.props["href"]) for n in walk(node) if n.tag == "a" and sign in str(n.props.get("href"))]


def test_every_indicator_stands_in_the_list_with_its_definition_and_leads_to_its_map_and_its_rows(draw: Any, reader: Any) -> None:
    """A person goes the same way: group by group, from the name to the map, from the value to the rows."""
    known, seen, w = catalogue(), Counter[str](), reader("leader")
    figures = w.figures(list(known), DISTRICT, w.latest_month)
    first = draw("/indicators")
    tabs = [n.props["href"] for n in walk(first["below"]) if n.tag == "nav" for n in walk(n) if n.tag == "a"]
    for tab in tabs:
        path, _, query = str(tab).partition("?")
        page = draw(path, f"?{query}")
        for row in (n for n in walk(page["below"]) if n.tag == "tr"):
            to_map = links(row, "/indicators?")
            if not to_map:
                continue
            code = to_map[0].partition("layer=")[2].partition("&")[0]
            seen[code] += 1
            ind, said, figure = known[code], text_of(row), figures[code]
            assert ind.name in said and ind.definition in said
            assert fmt.fmt_value(ind, figure) in said
            assert bool(links(row, f"rows={code}")) == (figure.value is not None), code
    assert set(seen) == set(known) - set(FOR_SCRIPTS) and set(seen.values()) == {1}
    assert all(FOR_SCRIPTS.values()) and set(FOR_SCRIPTS) <= set(known)


@pytest.mark.parametrize("group", sorted({i.group for i in catalogue().values()}))
def test_the_map_of_an_indicator_shows_the_figures_of_the_areas_below_at_every_level(draw: Any, reader: Any, group: str) -> None:
    code = next(c for c, i in catalogue().items() if i.group == group)
    ind = catalogue()[code]
    for area, role, root in ((DISTRICT, "leader", DISTRICT), (STREET, "street", STREET), (COMMUNITY, "steward", COMMUNITY)):
        if group == "数据" and role == "steward":
            continue
        page = draw("/indicators", f"?layer={code}&area={area}", role, root)
        assert "mapped" in page["kind"] and ind.name in text_of(page["map-head"]) and "收起地图" in text_of(page["map-head"])
        w = reader(role, root)
        expected = {a.code: fmt.fmt_value(ind, f, unit=False) for a, f in w.by_child(code, area, w.latest_month)}
        if expected and next(iter(w.children(area))).level in ind.levels:
            assert {c: painted[2] for c, painted in page["map"]["areas"].items()} == expected
        assert "unmapped" in draw("/indicators", f"?area={area}&group={group}", role, root)["kind"]


def test_figures_about_the_data_itself_are_listed_to_readers_of_the_pages_of_data_only(draw: Any, reader: Any) -> None:
    assert not reader("steward", COMMUNITY).scope.may("data") and reader("leader").scope.may("data")
    def tabs(page: Any) -> list[str]:
        return [text_of(a) for n in walk(page["below"]) if n.tag == "nav" for a in walk(n) if a.tag == "a"]

    assert "数据" in tabs(draw("/indicators"))
    hidden = draw("/indicators", "?group=数据", "steward", COMMUNITY)
    assert "数据" not in tabs(hidden) and "老年人" in tabs(hidden) and "隔离" not in text_of(hidden["below"])


def test_a_figure_that_is_not_counted_here_says_down_to_where_it_is(draw: Any) -> None:
    said = text_of(draw("/indicators", f"?group=任务&area={COMMUNITY}", "steward", COMMUNITY)["below"])
    assert said.count("只统计到街道。") == 4 and said.count("只统计到区。") == 2


def test_tasks_are_listed_with_their_progress_and_add_up_to_the_figures(draw: Any, reader: Any) -> None:
    w = reader("leader")
    month = w.latest_month
    rows = w.snapshot.dicts("from task_month where month = ?", [month])
    if not rows:
        pytest.skip("the tiny snapshot has no tasks")
    panel = section(draw("/tasks"), "任务与牵头部门")
    body = [n for n in walk(panel) if n.tag == "tr"][1:]
    assert len(body) == len(rows)
    late = sum(not r["on_track"] for r in rows)
    assert f"未按期 {late} 项次" in text_of(panel) and f"来源：{origin_of(reader('leader'), 'tasks_on_track')}" in text_of(panel)
    assert sum("滞后" in text_of(r) or "未填报" in text_of(r) for r in body) == late
    street = {r["area_code"] for r in rows} - {DISTRICT}
    for code in sorted(street)[:1]:
        own = draw("/tasks", "", "street", code)
        assert len([n for n in walk(section(own, "任务与牵头部门")) if n.tag == "tr"]) - 1 == sum(r["area_code"] == code for r in rows)


def test_the_plan_s_targets_stand_on_the_page_with_value_goal_and_verdict(draw: Any, reader: Any) -> None:
    w = reader("leader")
    panel = section(draw("/tasks"), "规划目标")
    aimed = {c: f for c, f in w.figures(list(w.snapshot.targets), DISTRICT, w.latest_month).items() if f.target is not None}
    shown = {href.partition("layer=")[2].partition("&")[0] for href in links(panel, "/indicators?")}
    assert aimed and shown == set(aimed)
    for code, figure in aimed.items():
        (row,) = [r for r in walk(panel) if r.tag == "tr" and links(r, f"layer={code}")]
        assert fmt.fmt_value(catalogue()[code], figure) in text_of(row) and origin_of(w, code) in text_of(row)


def origin_of(w: Any, code: str) -> str:
    """The first source of a figure as the register of modules calls it."""
    return str(w.source_of(code)[0][1])


@pytest.mark.parametrize(
    ("path", "marts"),
    [("/tasks", {"task_month", "milestone_month", "decision_month", "staff_rule_month"}), ("/beds", {"bed_month", "bed_offer_fact", "bed_match_fact"}),
     ("/response", {"call_month", "emergency_call", "device_month", "alarm_fact"})],
)
def test_a_page_shows_the_figures_of_its_modules_at_all_three_levels(draw: Any, reader: Any, path: str, marts: set[str]) -> None:
    for role, area in (("leader", DISTRICT), ("street", STREET), ("steward", COMMUNITY)):
        page = draw(path, "", role, area)
        assert "failed" not in page["kind"] and "没有找到" not in text_of(page["below"])
        w = reader(role, area)
        cards = [n.props["data-code"] for n in walk(page["strip"]) if n.props.get("data-code")]
        assert cards == list(registry()[path].layout.strip)
        figures = w.figures(cards, area, w.latest_month)
        for node in walk(page["strip"]):
            if code := node.props.get("data-code"):
                digits = fmt.fmt_value(catalogue()[code], figures[code], unit=False)
                assert digits in text_of(node) and catalogue()[code].definition in text_of(node)
        assert marts <= {m for c in cards for m in catalogue()[c].marts}


def test_groups_name_each_indicator_once(reader: Any, draw: Any) -> None:
    from types import SimpleNamespace

    w = reader("leader")
    view: Any = SimpleNamespace(w=w, scope=w.scope, ind=w.indicator)
    listed = [c for codes in groups_of(view).values() for c in codes]
    assert sorted(listed) == sorted(catalogue())
