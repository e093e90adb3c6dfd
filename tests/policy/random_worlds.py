"""Random small worlds: a few providers over half a year with whatever may happen to them, contradictions included."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from tests.policy.worlds import World

MONTHS = ["2025-12", "2026-01", "2026-02", "2026-03", "2026-04", "2026-05"]
DAYS = st.integers(0, 700).map(lambda n: date(2024, 7, 1) + timedelta(days=n))
LATE_DAYS = st.integers(0, 180).map(lambda n: date(2025, 12, 1) + timedelta(days=n))


@st.composite
def worlds(draw: st.DrawFn, figures: dict[str, tuple[int, bool]], fields: tuple[str, ...]) -> World:
    """``figures``: code → (largest part ÷ whole, has a whole); ``fields``: the fields of supervision that findings fall in."""
    world = World(MONTHS)
    ids = [f"P{n}" for n in range(draw(st.integers(1, 4)))]
    for p in ids:
        closed = draw(st.none() | st.none() | LATE_DAYS)
        world.add("provider_provider", provider_id=p, credit_code=f"C{draw(st.integers(0, 4))}", name=draw(st.sampled_from(["甲", "乙", "丙"])),
                  kind=draw(st.sampled_from(["养老机构", "养老机构", "老年食堂"])), registered_on=draw(DAYS), closed_on=closed)
        world.add("provider_site", provider_id=p, main_site=True, community_code=draw(st.sampled_from(["330105001051", "330105002051", "330105003051"])))
        for kind in draw(st.sets(st.sampled_from(["执业登记", "综合保险", "食品经营"]))):
            world.add("provider_permit", permit_id=f"{p}{kind}", provider_id=p, kind=kind, number="1", issued_on=draw(st.none() | DAYS),
                      expires_on=draw(st.none() | LATE_DAYS))
        for code, (most, has_whole) in figures.items():
            for month in draw(st.sets(st.sampled_from(MONTHS))):
                whole = draw(st.integers(0, 30))
                part = draw(st.integers(0, most * max(whole, 1)))
                world.add("provider_figure", indicator=code, provider_id=p, month=month, part=draw(st.sampled_from([part, part, None])),
                          whole=whole if has_whole else None)
    some = st.sampled_from(ids)
    visits = [f"I{n}" for n in range(draw(st.integers(0, 7)))]
    for i in visits:
        world.add("inspection_inspection", inspection_id=i, provider_id=draw(some), kind=draw(st.sampled_from(["双随机", "复查", "复查"])),
                  inspected_on=draw(DAYS), result=draw(st.sampled_from(["合格", "不合格"])),
                  follows=draw(st.none() | st.sampled_from([*visits, "未知"])))
    for n in range(draw(st.integers(0, 8)) if visits else 0):
        world.add("inspection_finding", finding_id=f"F{n}", inspection_id=draw(st.sampled_from(visits)), field=draw(st.sampled_from(fields)),
                  severity=draw(st.sampled_from(["一般", "较重", "严重", "重大"])), scope=draw(st.sampled_from(["个别", "多处", "普遍"])),
                  description=draw(st.none() | st.just("门锁'损坏")))
        if draw(st.booleans()):
            world.add("inspection_rectification", finding_id=f"F{n}", ordered_on=draw(DAYS), deadline=draw(st.none() | DAYS),
                      done_on=draw(st.none() | DAYS), verified_on=draw(st.none() | DAYS))
    for n in range(draw(st.integers(0, 3))):
        world.add("inspection_penalty", penalty_id=f"X{n}", provider_id=draw(some), decided_on=draw(LATE_DAYS), amount=100,
                  kind=draw(st.sampled_from(["警告", "罚款"])), reason=draw(st.sampled_from(["虐待老人", "无证经营", "其他"])))
    for n in range(draw(st.integers(0, 4))):
        world.add("inspection_action", action_id=f"A{n}", provider_id=draw(some), decided_on=draw(LATE_DAYS), document_no=None,
                  kind=draw(st.sampled_from(["约谈", "拟退出", "退出决定", "恢复"])))
    for n in range(draw(st.integers(0, 4))):
        answered: Any = draw(st.none() | LATE_DAYS)
        world.add("complaint_complaint", complaint_id=f"K{n}", received_at=datetime(2026, 1, 31, 23, 30) + timedelta(days=draw(st.integers(-60, 100))),
                  credit_code=draw(st.none() | st.sampled_from(["C0", "C1"])), provider_name=draw(st.none() | st.sampled_from(["甲", " 乙 ", "丁"])),
                  answered_at=answered and datetime(answered.year, answered.month, answered.day, 9), satisfied=draw(st.none() | st.booleans()))
    return world
