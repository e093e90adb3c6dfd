"""The page of an assessment: figures, map, tables; what cannot be assessed says so; the choice of providers."""

from __future__ import annotations

from dashboard.views.h import text_of, walk
from dashboard.views.impact import brief
from dashboard.views.render import render


def busiest(reader):
    w = reader()
    served = w.served(w.latest_month)
    return max(served, key=lambda p: (served[p], p))


def test_the_page_shows_everybody_concerned_and_the_map_their_communities(draw, reader):
    provider = busiest(reader)
    impact = reader().impact(provider, "2026-10")
    drawn = draw(f"/impact/{provider}", role="staff")
    assert "mapped detail" in drawn["kind"]
    cards = [text_of(c) for c in walk(drawn["strip"]) if "card still" in c.props.get("className", "")]
    assert cards[0].startswith(f"近 90 日服务老年人{impact.total}人") and f"无法安置{impact.needs - impact.placed}项" in cards[3]
    painted = drawn["map"]
    assert {code: area[2] for code, area in painted["areas"].items() if area[2]} == {c: str(n) for c, n in impact.by_community.items()}
    assert painted["fit"] and set(painted["fit"]) == set(impact.by_community)
    own = [p for p in painted["points"] if len(p) > 7 and p[7]]
    assert len(own) == 1 and own[0][4] == impact.name
    assert len(painted["lines"]) == len(impact.receiving)
    for line in painted["lines"]:
        assert line[:2] == own[0][:2] and 0.6 <= line[4] <= 2.4


def test_everybody_without_a_place_is_named_with_the_reason(draw, reader):
    drawn = draw(f"/impact/{busiest(reader)}", role="staff")
    impact = reader("staff").impact(busiest(reader), "2026-10")
    left = [p for p in impact.placements if p.offer is None]
    (section,) = [n for n in walk(drawn["below"]) if n.props.get("aria-label") == "无法安置的老年人" and n.tag == "section"]
    text = text_of(section)
    names = {e.elder_id: e.name for e in impact.elders}
    assert left, "the tiny district has more elders than its providers can take"
    assert all(names[p.need.elder_id] in text and p.reason.sentence in text for p in left)


def test_names_are_masked_for_the_leader(draw, reader):
    provider = busiest(reader)
    clear = {e.name for e in reader("staff").impact(provider, "2026-10").elders}
    text = text_of(draw(f"/impact/{provider}", role="leader")["below"])
    assert clear and not any(name in text for name in clear if len(name) > 1)


def test_a_case_file_shows_the_same_in_short(reader, draw):
    from dashboard.views.context import View
    from dashboard.views.page import registry
    from dashboard.views.place import Place

    w, provider = reader("staff"), busiest(reader)
    view = View(w, Place("/exits", {"month": "2026-10"}), registry()["/exits"], w.root, "2026-10")
    panels = brief(view, provider, "2026-10")
    whole = draw(f"/impact/{provider}", role="staff")
    assert text_of(panels[0]) == text_of(whole["strip"][1])
    (left,) = [n for n in walk(whole["below"]) if n.props.get("aria-label") == "无法安置的老年人" and n.tag == "section"]
    assert text_of(panels[2]) == text_of(left)
    assert any(n.props.get("href") == f"/impact/{provider}?month=2026-10" for n in walk(panels) if n.tag == "a")
    assert brief(view, "P9999", "2026-10") is None


def test_unknown_and_forbidden_providers_look_alike(draw, reader):
    w = reader()
    provider = busiest(reader)
    street = w.provider(provider, "2026-10")["street_code"]
    other = next(a.code for a in w.children(w.root.code) if a.code != street)
    assert draw(f"/impact/{provider}", "", "street", other)["below"] == draw("/impact/P9999", "", "street", other)["below"]


def test_a_month_before_the_policy_says_that_there_is_none(reader, monkeypatch):
    from dashboard.warehouse import Unknown, impact

    def none(*_):
        raise Unknown("policy")

    monkeypatch.setattr(impact, "policy", none)
    w = reader("staff")
    provider = w.providers(w.root.code, "2025-03")[0]["provider_id"]
    drawn = render(w, f"/impact/{provider}", "?month=2025-03", "/geo/{}.json".format)
    assert "没有生效的影响评估政策" in text_of(drawn["below"])


def test_providers_in_trouble_are_listed_with_how_many_they_serve(draw, reader):
    w = reader("staff")
    drawn = draw("/impact", role="staff")
    links = {n.props["href"].partition("?")[0] for n in walk(drawn["below"]) if n.tag == "a" and "/impact/" in n.props.get("href", "")}
    wanted = {f"/impact/{p['provider_id']}" for p in w.providers(w.root.code, w.latest_month) if p["exit_state"] not in ("normal", "exited")}
    assert links == wanted and links


def test_what_is_owed_of_prepayments_stands_with_what_the_bank_holds_and_the_rows_behind(draw, reader):
    w = reader("staff")
    owing = next(r[0] for r in w.snapshot.query("select provider_id from prepaid_provider_month where short and month = '2026-10'"))
    drawn = draw(f"/impact/{owing}", role="staff")
    (section,) = [n for n in walk(drawn["below"]) if n.props.get("aria-label") == "应退预收费" and n.tag == "section"]
    assert "合计" in text_of(section) and "25.0%" in text_of(section)
    links = [str(n.props["href"]) for n in walk(section) if n.tag == "a"]
    assert any("rows=prepaid_balance" in link for link in links) and any("table=refunds" in link for link in links)
    assert "应退预收费" in text_of(drawn["strip"])
    finance = draw(f"/impact/{owing}", role="leader")
    assert not any(name in text_of(finance["below"]) for name in {p.name for p in w.impact(owing, "2026-10").prepaid} if len(name) > 1)
