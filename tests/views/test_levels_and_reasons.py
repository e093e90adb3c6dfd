"""What is not counted at a level is said, not drawn as dashes; criteria with many facts stay readable; proposals wait on the board of cases."""

from __future__ import annotations

from dashboard.views.h import text_of, walk
from dashboard.views.provider import reasons_of
from tests.views.conftest import DISTRICT

STREET = "330105001000"


def test_a_budget_that_is_not_divided_among_communities_says_so_instead_of_showing_dashes(draw):
    view = draw("/subsidies", f"?area={STREET}&layer=execution_rate")
    assert "本指标只统计到街道" in text_of(view["side"]) and "—" not in text_of(next(e for e in walk(view["side"]) if "ranking" in e.props.get("className", "")))
    assert all(not area[2] for area in view["map"]["areas"].values())
    shown = draw("/subsidies", f"?area={DISTRICT}&layer=execution_rate")
    assert "本指标只统计到" not in text_of(shown["side"])
    assert any(area[2] for area in shown["map"]["areas"].values())


def test_from_a_community_the_excel_of_its_street_s_table_is_the_street_s(draw):
    community = "330105001051"
    page = draw("/caregivers", f"?area={community}")
    table = next(e for e in walk(page["below"]) if e.props.get("aria-label") == "按社区")
    excel = next(e.props["href"] for e in walk(table) if e.tag == "a" and e.props["href"].startswith("/export/"))
    assert f"area={STREET}&" in excel and community not in excel


def test_a_criterion_with_many_facts_shows_the_first_and_keeps_the_rest_one_click_away():
    facts = [f"事实{n}" for n in range(9)]
    told = [{"basis": "记分满12分", "sentence": s} for s in facts] + [{"basis": "记分满6分", "sentence": s} for s in facts]
    told += [{"basis": "投诉", "sentence": "一件"}]
    shown = reasons_of({"reasons": told})
    folded = [e for e in walk(shown) if e.tag == "details"]
    assert len(folded) == 1 and text_of(folded[0]) == "展开其余 5 条" + "".join(facts[4:])
    assert text_of(shown).count("事实3") == 1, "the lower threshold is passed by the same facts"
    assert "事实同“记分满12分”" in text_of(shown) and "一件" in text_of(shown)


def test_providers_proposed_for_exit_wait_on_the_board_until_somebody_opens_their_case(draw, reader):
    month = reader().latest_month
    proposed = {p["name"] for p in reader().exits(DISTRICT, month) if p["exit_state"] in ("exit_candidate", "exit_proposed")}
    assert proposed, "the snapshot has candidates"
    board = next(e for e in walk(draw("/cases", "", "leader")["below"]) if e.props.get("aria-label") == "待立案")
    assert proposed == {text_of(e) for e in walk(board) if e.tag == "a" and "/providers/" in e.props["href"]}
    states = [p["exit_state"] for p in reader().exits(DISTRICT, month) if p["name"] in proposed]
    assert f"{states.count('exit_candidate')} 家符合退出条件，是否立案待决定" in text_of(board)
    assert f"{states.count('exit_proposed')} 家已书面告知拟退出" in text_of(board)


def test_a_steward_begins_with_a_layer_that_holds_in_his_community_and_is_not_sent_where_he_may_not_go(draw):
    community = "330105003051"
    own = draw("/subsidies", role="steward", area=community)
    current = [text_of(n) for n in walk(own["map-head"]) if n.props.get("aria-current") == "true"]
    assert current == ["发放额"], "the budget, and what is executed of it, end at the street"
    said = text_of(own["below"]) + text_of(own["attention"])
    assert "社区不单列" in said and "请返回" not in said
    above = draw("/subsidies", f"?area={community}", role="street", area="330105003000")
    assert "请返回街道或全区查看" in text_of(above["below"])
    asked = draw("/subsidies", "?layer=execution_rate", role="steward", area=community)
    cards = {n.props["data-code"]: text_of(n) for n in walk(asked["strip"]) if n.props.get("data-code")}
    assert "只统计到街道" in cards["execution_rate"] and "环比" not in cards["execution_rate"].partition("口径")[0] and "只统计" not in cards["subsidy_paid"]
    assert "本指标只统计到街道" in text_of(asked["trend-head"]) and "可比月份" not in text_of(asked["trend-head"])
