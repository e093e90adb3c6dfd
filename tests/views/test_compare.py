"""The list of providers with its filters, choosing two by links, and the two side by side."""

from __future__ import annotations

from dashboard.views.h import text_of, walk


def listed(drawn):
    """The ids of the providers in the list."""
    (section,) = [n for n in walk(drawn["below"]) if n.tag == "section" and n.props.get("aria-label") == "服务单位"]
    return {n.props["href"].partition("?")[0].rpartition("/")[2] for n in walk(section) if n.tag == "a" and n.props.get("href", "").startswith("/providers/P")}


def links(drawn, start):
    return [n.props["href"] for n in walk(drawn["below"]) if n.tag == "a" and n.props.get("aria-label", "").startswith(start)]


def test_the_list_is_narrowed_by_street_star_and_missing_rating(draw, reader):
    everybody = reader().providers(reader().root.code, "2026-10")
    street = everybody[0]["street_code"]
    assert listed(draw("/providers", f"?street={street}")) == {p["provider_id"] for p in everybody if p["street_code"] == street}
    unrated = {p["provider_id"] for p in everybody if not p["star"]}
    drawn = draw("/providers", "?star=0")
    assert unrated and listed(drawn) == unrated
    assert any(n.props.get("title", "").startswith("缺少评级：") for n in walk(drawn["below"])), "why there is none is said"
    kind = everybody[0]["kind"]
    both = draw("/providers", f"?street={street}&kind={kind}&state=normal")
    assert listed(both) == {p["provider_id"] for p in everybody if p["street_code"] == street and p["kind"] == kind and p["exit_state"] == "normal"}


def test_the_list_to_choose_from_is_narrowed_by_kind_and_street(draw, reader):
    everybody = reader().providers(reader().root.code, "2026-10")
    kind, street = everybody[0]["kind"], everybody[0]["street_code"]
    drawn = draw("/providers/compare", f"?kind={kind}&street={street}")
    wanted = [p["name"] for p in everybody if p["kind"] == kind and p["street_code"] == street]
    assert len(links(drawn, "选作对比")) == len(wanted) < len(everybody)
    assert all(name in text_of(drawn["below"]) for name in wanted)


def test_two_are_chosen_by_links_alone(draw):
    first = links(draw("/providers", "?kind=养老机构"), "选作对比")[0]
    assert "compare=P" in first and "kind=" in first, "the list stays as it was filtered"
    drawn = draw("/providers", "?" + first.partition("?")[2])
    assert len(links(drawn, "取消对比")) == 1
    second = links(drawn, "与所选单位对比")[0]
    assert second.startswith("/providers/compare?compare=")
    text = text_of(draw("/providers/compare", "?" + second.partition("?")[2])["below"])
    assert "监管评分" in text and "证照与保险" in text


def test_the_two_stand_side_by_side_with_their_own_values(draw, reader):
    w = reader()
    a, b = (w.provider(i, "2026-10") for i in ("P0001", "P0007"))
    drawn = draw("/providers/compare", "?compare=P0001,P0007", role="staff")
    (scores,) = [n for n in walk(drawn["below"]) if n.tag == "table" and text_of(n.children[0]) == "监管评分"]
    rows = [[text_of(c) for c in r.children] for r in walk(scores) if r.tag == "tr"]
    assert rows[0] == ["领域", a["name"], b["name"], "相差"]
    for k, p in enumerate((a, b), start=1):
        domains = {d.domain: d.score for d in w.rating(p["provider_id"], "2026-10").domains}
        assert {r[0]: r[k] for r in rows[1:-1]} == {n: f"{s:.1f}" if s is not None else "不适用或无数据" for n, s in domains.items()}
    gap = round(w.rating("P0001", "2026-10").score - w.rating("P0007", "2026-10").score, 1)
    assert rows[-1][3] == f"{gap:+.1f}"
    titles = [n.props.get("aria-label") for n in walk(drawn["below"]) if n.tag == "section"]
    assert {"主要指标", "证照与保险", "近 12 个月检查问题", "近两年星级与退出状态"} <= set(titles)
    histories = [n for n in walk(drawn["below"]) if n.props.get("className") == "history"]
    assert len(histories) == 2 and all(len(n.children) == 24 for n in histories)


def test_findings_of_the_year_are_counted_per_provider(draw, reader):
    w = reader("staff")
    provider = max(w.providers(w.root.code, "2026-10"), key=lambda p: (len(w.findings_of(p["provider_id"], "2026-10")), p["provider_id"]))["provider_id"]
    found = w.findings_of(provider, "2026-10")
    rows = w.snapshot.dicts("select * from finding_fact where provider_id = ?", [provider])
    assert len(found) == sum("2025-11" <= r["month"] <= "2026-10" for r in rows) > 0
    other = next(p["provider_id"] for p in w.providers(w.root.code, "2026-10") if p["provider_id"] != provider)
    drawn = draw("/providers/compare", f"?compare={provider},{other}", role="staff")
    (table,) = [n for n in walk(drawn["below"]) if n.tag == "table" and text_of(n.children[0]) == "近 12 个月检查问题"]
    counts = [[text_of(c) for c in r.children] for r in walk(table) if r.tag == "tr"][1:-1]
    assert sum(int(r[1]) for r in counts) == len(found)


def test_one_that_the_reader_does_not_see_cannot_be_compared(draw, reader):
    w = reader()
    p = w.provider("P0001", "2026-10")
    street = p["street_code"]
    stranger = next(x["provider_id"] for x in w.providers(w.root.code, "2026-10") if x["street_code"] != street)
    assert "没有找到" in text_of(draw("/providers/compare", f"?compare=P0001,{stranger}", "street", street)["below"])
    assert "没有找到" in text_of(draw("/providers/compare", "?compare=P0001,P9999", "street", street)["below"])
    assert "选择两家单位" in text_of(draw("/providers/compare", "?compare=P0001", "street", street)["below"])
