"""The letter to a provider says what the page says: star, evidence, what would change it, the others, the history."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable

import docx
import pytest

from dashboard.warehouse import Unknown, Warehouse
from tests.reports.conftest import DISTRICT, MONTH, STREET
from tests.reports.test_download_routes import Services, fetch, server


def rated(w: Warehouse, area: str = DISTRICT) -> str:
    return str(next(p["provider_id"] for p in w.providers(area, MONTH) if p["star"] and 1 < p["star"] < 5))


def words(data: bytes) -> str:
    document = docx.Document(io.BytesIO(data))
    cells = [c.text for t in document.tables for r in t.rows for c in r.cells]
    return "\n".join([p.text for p in document.paragraphs] + cells)


def test_the_letter_holds_everything_that_the_star_rests_on(reader: Callable[..., Warehouse]) -> None:
    w = reader()
    provider = rated(w)
    services = Services(w)
    answer = fetch(services, f"/letter/{provider}.docx?month={MONTH}")
    assert answer.status_code == 200
    text, rating = words(answer.data), w.rating(provider, MONTH)
    assert f"{rating.score:.1f}分" in text and f"可信度{rating.confidence}" in text and "模拟数据" in text
    assert rating.evidence and all(e.sentence in text for e in rating.evidence)
    assert all(e.row_key in text for e in rating.evidence if e.row_key and e.source_table != "provider_figure")
    assert all(c.sentence in text for c in w.changes(provider, MONTH)) and "可升星的途径" in text
    assert all(d.domain in text for d in rating.domains) and "同类与街道比较" in text
    assert text.count("2026-01") >= len(w.rated_months(provider)[-24:])  # each month names the version of its policy
    assert "提交书面说明" in text and "不是行政处罚或退出决定" in text
    [(action, what, detail)] = services.lines
    assert (action, what) == ("export", f"告知函 {provider} {MONTH}")
    assert "用途：" in detail and hashlib.sha256(answer.data).hexdigest() in detail


def test_nobody_gets_a_letter_to_a_provider_of_another_street(reader: Callable[..., Warehouse]) -> None:
    outside = next(p["provider_id"] for p in reader().providers(DISTRICT, MONTH) if p["street_code"] != STREET)
    services = Services(reader(STREET, "street"))
    asked = server(services)
    answers = [asked.get(f"/letter/{p}.docx?month={MONTH}") for p in (outside, "P-none", "%2e%2e")]
    assert {(a.status_code, a.text) for a in answers} == {(404, "没有找到")} and services.lines == []


def test_changes_and_standings_are_narrowed_like_the_rating(reader: Callable[..., Warehouse]) -> None:
    outside = next(p["provider_id"] for p in reader().providers(DISTRICT, MONTH) if p["street_code"] != STREET)
    mine = reader(STREET, "street")
    for ask in (lambda: mine.changes(outside, MONTH), lambda: mine.standings(outside, MONTH), lambda: mine.rated_months(outside)):
        with pytest.raises(Unknown):
            ask()


def test_a_standing_counts_itself_and_names_no_few(reader: Callable[..., Warehouse]) -> None:
    w = reader()
    provider = rated(w)
    own = next(p for p in w.providers(DISTRICT, MONTH) if p["provider_id"] == provider)
    kind = [p for p in w.providers(DISTRICT, MONTH) if p["kind"] == own["kind"] and p["star"] is not None]
    for s in w.standings(provider, MONTH):
        assert s.peers >= 3 and sum(s.stars) == s.peers and s.place is not None and 1 <= s.place <= s.peers
    if len(kind) >= 3:
        first = w.standings(provider, MONTH)[0]
        assert first.peers == len(kind) and first.place == 1 + sum(p["score"] > own["score"] for p in kind)
