"""Area codes by effective date: mergers, chains, splits, codes given out twice, codes used outside their validity."""

from __future__ import annotations

from datetime import date

import pytest

from etl.area_history import meanings
from etl.contract import AreaCode, Contract, Date, Key, Money, Table, monthly
from etl.indicators.base import Total
from etl.martfile import parse
from etl.region import Area, Region
from etl.region_check import check
from etl.run import Line, run
from tests.etl.conftest import TODAY, Tiny
from tests.etl.reading import read

DISTRICT = "330105000000"
HISTORY = """code,name,short_name,level,parent_code,valid_from,valid_to,successor_code,supervised
330105000000,测试区,测试区,1,,2000-01-01,,,1
330105001000,甲街道,甲,2,330105000000,2000-01-01,,,1
330105002000,乙街道,乙,2,330105000000,2000-01-01,,,1
330105001051,一社区,一,3,330105001000,2000-01-01,,,1
330105001052,二社区,二,3,330105001000,2000-01-01,,,1
330105001053,新社区,新,3,330105001000,2024-01-01,,,1
330105002051,三社区,三,3,330105002000,2000-01-01,,,1
330103001001,最旧社区,最旧,3,330105001000,2000-01-01,2010-01-01,330103001002,1
330103001002,旧社区,旧,3,330105001000,2010-01-01,2021-04-09,330105001051,1
330103001003,大社区,大,3,330105001000,2000-01-01,2021-04-09,330105001051;330105001052,1
330103001004,跨街社区,跨,3,330105001000,2000-01-01,2021-04-09,330105001052;330105002051,1
330103001005,先属一社区,先,3,330105001000,2000-01-01,2015-01-01,330105001051,1
330103001005,后属三社区,后,3,330105002000,2015-01-01,2021-04-09,330105002051,1
"""
SPENT = Table(
    name="spent", title="支出", source="支出.csv", grain="一笔支出", key=["spent_id"], money="amount", community="community_code",
    columns=[Key(name="spent_id", source="编号"), Date(name="spent_on", source="日期", title="支出日期"),
             AreaCode(name="community_code", source="社区", at="spent_on"), Money(name="amount", source="金额")],
)  # fmt: skip
CONTRACT = Contract(module="subsidy", title="支出", owner="区财政局", systems=["S13"], tables=[SPENT], due=monthly(10))
MART = parse("spent_fact", """-- grain: one spending
-- area: community_code
-- time: month
-- columns:
--   month           月份
--   spent_id        编号
--   community_code  社区
--   amount          金额
select (select max(month) from month) as month, spent_id, community_code, amount from subsidy_spent""")
SPENDING = Total("spending", name="支出", mart="spent_fact", value="amount", group="测试", definition="测试", basis="测试")


def deliver(tiny: Tiny, *rows: str, history: str = HISTORY) -> dict[str, str]:
    """Run spendings (编号,日期,社区,金额) through the line; the area each one counts for."""
    (tiny.region.path / "areas.csv").write_text(history, encoding="utf-8")
    tiny.region = Region.load(tiny.region.path)
    tiny.payments("编号,日期,社区,金额\n" + "\n".join(rows) + "\n", name="支出.csv")
    line = Line([CONTRACT], [MART], {"spending": SPENDING}, None)
    result = run(tiny.region, tiny.layout, line=line, today=TODAY)
    assert result.message == ""
    return dict(read(tiny.layout, "select spent_id, community_code from spent_fact"))


def warnings(tiny: Tiny) -> list[tuple[str, str]]:
    return read(tiny.layout, "select position, sentence from warning order by all")


def total(tiny: Tiny, area: str) -> float:
    return read(tiny.layout, "select part from figure where area_code = ? order by month desc limit 1", [area])[0][0]


def test_before_the_merger_through_a_chain_of_successors(tiny: Tiny) -> None:
    found = deliver(tiny, "A,2005-06-01,330103001001,1", "B,2015-06-01,330103001002,2", "C,2026-06-01,330105001051,4")
    assert set(found.values()) == {"330105001051"}
    assert warnings(tiny) == []
    assert total(tiny, "330105001051") == total(tiny, DISTRICT) == 7


def test_an_old_code_after_the_merger_counts_with_a_warning(tiny: Tiny) -> None:
    assert deliver(tiny, "A,2021-04-08,330103001002,1", "B,2021-04-09,330103001002,2") == {"A": "330105001051", "B": "330105001051"}
    assert warnings(tiny) == [(3, "“社区”的代码在“支出日期”时已停用，按承接的代码计入")]


def test_a_code_that_did_not_exist_yet_counts_with_a_warning(tiny: Tiny) -> None:
    assert deliver(tiny, "A,2023-12-31,330105001053,1", "B,2024-01-01,330105001053,1")["A"] == "330105001053"
    assert warnings(tiny) == [(2, "“社区”的代码在“支出日期”时尚未启用")]


def test_a_code_given_out_twice_means_what_it_meant_on_the_day(tiny: Tiny) -> None:
    found = deliver(tiny, "A,2014-12-31,330103001005,1", "B,2015-01-01,330103001005,2", "C,1999-01-01,330103001005,4")
    assert found == {"A": "330105001051", "B": "330105002051", "C": "330105001051"}
    assert [p for p, _ in warnings(tiny)] == [4]


def test_after_a_split_the_total_is_kept_by_the_area_above(tiny: Tiny) -> None:
    found = deliver(tiny, "A,2020-01-01,330103001003,1", "B,2020-01-01,330103001004,2", "C,2026-01-01,330105001051,4")
    assert found == {"A": "330105001000", "B": DISTRICT, "C": "330105001051"}
    assert total(tiny, "330105001000") == 5
    assert total(tiny, DISTRICT) == 7
    assert [p for p, s in warnings(tiny) if "拆分" in s] == [2, 3]


@pytest.mark.parametrize("code", ["330199001001", "33010500105", "330105001", "一社区", "3.30105E+11"])
def test_an_unknown_code_is_set_aside(tiny: Tiny, code: str) -> None:
    assert deliver(tiny, f"A,2026-01-01,{code},1", "B,2026-01-01,330105001051,1") == {"B": "330105001051"}
    assert read(tiny.layout, "select position, sentence from quarantine") == [(2, "“社区”不是本区有效的社区代码")]


def test_spaces_width_and_an_apostrophe_do_not_hide_a_code(tiny: Tiny) -> None:
    found = deliver(tiny, "A,2026-01-01, 3301 0500 1051 ,1", "B,2026-01-01,３３０１０５００１０５１,1", "C,2026-01-01,'330105001051,1")
    assert set(found.values()) == {"330105001051"}


def test_circles_and_dead_ends_have_no_meaning() -> None:
    def area(code: str, until: date | None, successor: str | None) -> Area:
        return Area(code, code, code, 3, None, date(2000, 1, 1), until, successor, True)

    found = meanings([
        area("a", date(2010, 1, 1), "b"), area("b", date(2021, 1, 1), "c"), area("c", None, None),
        area("end", date(2021, 1, 1), None), area("x", date(2021, 1, 1), "y"), area("y", date(2021, 1, 1), "x"),
    ])  # fmt: skip
    assert {(m.code, m.target, m.split) for m in found} == {("a", "c", False), ("b", "c", False), ("c", "c", False)}


def test_the_region_check_understands_a_split(tiny: Tiny) -> None:
    (tiny.region.path / "areas.csv").write_text(HISTORY, encoding="utf-8")
    sentences = [p.sentence for p in check(tiny.region.path) if p.file == "areas.csv"]
    assert not [s for s in sentences if "承接" in s]
    broken = HISTORY.replace("330105001051;330105001052", "330105001051;330105009999")
    (tiny.region.path / "areas.csv").write_text(broken, encoding="utf-8")
    assert any("330105009999 不在表中" in p.sentence for p in check(tiny.region.path))
