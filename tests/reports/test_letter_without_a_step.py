"""A provider that no single step lifts is told so, and where to begin: what caps hold it down, which deductions weigh most, what ends each."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import date, datetime

import docx
import pytest

from dashboard.reports.letter import compose, provider_letter
from dashboard.warehouse import Rating, RatingDomain, Warehouse
from dashboard.warehouse.burdens import NO_SINGLE, burdens, floor_words
from dashboard.warehouse.types import Evidence
from tests.reports.conftest import DISTRICT, MONTH, NOW
from tests.reports.test_provider_letter import words

FOUND = "inspection_finding"


def said(domain: str, rule: str, sentence: str, key: str, points: float = 0, table: str | None = FOUND, metric: str | None = None, value: float | None = None) -> Evidence:
    return Evidence(domain, rule, "", metric, value, points, sentence, table, key, date(2026, 5, 1))


RATING = Rating(
    "P1", "2026-10", 1, 41.5, 1, "hazard", "有重大隐患", None, "高", 6, "v1",
    [RatingDomain("质量安全", 0.0, 30, 30), RatingDomain("运营秩序", 60.0, 10, 10)],
    [
        said("质量安全", "findings", "重大", "W1", -150), said("质量安全", "findings", "一般", "W2", -8),
        said("运营秩序", "on_time", "准时到达率", "on_time/P1/2026-10", -20, "provider_figure", "on_time"),
        said("质量安全", "findings", "封底", "", 58, None, "封底", 158),
        said("一票否决", "open_serious", "未整改，不高于3星", "W1"), said("一票否决", "hazard", "重大隐患，不高于1星", "W1"),
        said("一票否决", "void", "保险到期，不高于2星", "Z1", 0, "provider_permit"),
    ],
)  # fmt: skip


def test_the_caps_in_force_come_first_and_the_heaviest_deductions_by_their_weight() -> None:
    b = burdens(RATING, {"W1"}, {"on_time": "准时到达率"}.__getitem__)
    assert [c.sentence for c in b.caps] == ["重大隐患，不高于1星", "保险到期，不高于2星"]  # one record that meets two caps is said once
    assert "整改" in b.caps[0].ends and "补办" in b.caps[1].ends
    assert [(d.sentence, d.points) for d in b.deductions] == [("重大", 150), ("一般", 8), ("准时到达率", 20)] and b.total == 3
    assert [d.ends[:4] for d in b.deductions] == ["尚未整改", "已整改：", "准时到达"]
    assert b.full == [("质量安全", 158, 100)] and "质量安全（合计158.0分，按100.0分计）" in floor_words(b.full) and floor_words([]) == ""


def lowest(w: Warehouse) -> str:
    return str(next(p["provider_id"] for p in w.providers(DISTRICT, MONTH) if p["star"] == 1))


def test_a_one_star_provider_reads_where_to_begin(reader: Callable[..., Warehouse], monkeypatch: pytest.MonkeyPatch) -> None:
    w = reader()
    provider = lowest(w)
    monkeypatch.setattr(w, "changes", lambda *_: [])
    section = next(s for s in compose(w, provider, MONTH, "民政局").sections if s.key == "changes")
    text = words(provider_letter(w, provider, MONTH, "民政局", "王某", NOW)[1])
    heaviest = w.burdens(provider, MONTH).deductions
    assert NO_SINGLE in text and "扣分最重的" in text and heaviest and all(d.ends in text for d in heaviest)
    assert section.title == "怎样改变星级"


def test_the_bureau_signs_and_the_maker_stands_below(reader: Callable[..., Warehouse]) -> None:
    w = reader()
    provider = lowest(w)
    name, data = provider_letter(w, provider, MONTH, "某市某区民政局", "局领导（leader）", datetime(2026, 11, 5, 9))
    document = docx.Document(io.BytesIO(data))
    lines = [p.text for p in document.paragraphs]
    foot = "".join(p.text for p in document.sections[0].footer.paragraphs)
    assert lines[-2:] == ["某市某区民政局", "2026年11月5日"] and f"{name}：" in lines
    assert "局领导（leader）" in foot and "用途" not in foot and "未签发" not in foot
    text = words(data)
    assert f"{provider}/{MONTH}" not in text and f"护理员持证率，{MONTH[:4]}年{int(MONTH[5:])}月" in text
