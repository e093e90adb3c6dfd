"""The simulated canteens, cards, sites and benefits: wrong only where the truth says so, and there for certain."""

from __future__ import annotations

import csv
from collections import Counter

from tests.naive.recount_daily import text_rows
from tests.simulator.test_simulated_sources import rows


def meal_files(district):
    return sorted((district.sources / "canteen").glob("*/20*.csv"))


def test_the_desks_write_in_several_encodings_and_under_several_headings(district):
    heads, forms = set(), set()
    for path in meal_files(district):
        raw = path.read_bytes()
        forms.add("bom" if raw.startswith(b"\xef\xbb\xbf") else "utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "plain")
        heads.add(tuple(next(text_rows(path))))
    assert {"bom", "plain"} <= forms and len(heads) >= 3


def test_the_silent_month_of_a_canteen_is_the_planted_one_and_corrections_follow_their_month(district):
    silent = district.truth("irregularities")["canteen_month_missing"]
    assert silent
    for case in silent:
        assert not (district.sources / "canteen" / case["canteen_id"] / f"{case['month']}.csv").exists()
    late = [p for p in meal_files(district) if p.stem.endswith("_更正")]
    assert late and all(p.with_name(p.name.replace("_更正", "")).exists() for p in late)


def test_nobody_eats_after_death_and_no_sitting_is_too_full_but_the_planted_ones(district):
    irregular = district.truth("irregularities")
    died = dict(rows(district, "registry", "select FWK_NO, ZT_RQ from LNR_JBXX where ZT = '死亡' and FWK_NO is not null"))
    seats = {r["食堂编号"]: int(r["座位数"]) * int(r["每餐翻台次数"]) for r in text_rows(district.sources / "canteen" / "食堂名录.csv")}
    dead, sittings, seen = set(), Counter(), set()
    for path in meal_files(district):
        for row in text_rows(path):
            card = next(row[h] for h in ("服务卡号", "卡号", "老年卡号") if h in row)
            at = next(row[h] for h in ("就餐时间", "刷卡时间", "用餐时间") if h in row).replace("/", "-")
            kind = next(row[h] for h in ("餐别", "餐次", "餐段") if h in row)[0].replace("中", "午")
            mode = next(row[h] for h in ("就餐方式", "取餐方式", "用餐方式") if h in row)
            if card in died and at[5:7] < "13" and at[:10] > died[card]:
                dead.add((path.parent.name, card))
            if mode.startswith("堂") and (card, at[:10], kind) not in seen:
                seen.add((card, at[:10], kind))
                sittings[path.parent.name, at[:10], kind] += 1
    cards = dict(rows(district, "registry", "select LNR_ID, FWK_NO from LNR_JBXX where FWK_NO is not null"))
    assert dead <= {(c["canteen_id"], cards[c["elder_id"]]) for c in irregular["meals_after_death"]} and dead
    over = {(place, on) for (place, on, _), n in sittings.items() if n > seats[place]}
    assert over == {(c["canteen_id"], c["day"]) for c in irregular["meals_above_seats"]} and over


def test_every_purchase_has_a_number_of_its_own_except_those_told_twice(district):
    seen: Counter[str] = Counter()
    for path in sorted((district.sources / "card").glob("消费_*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            seen.update(row["交易流水号"] for row in csv.DictReader(file))
    told = {m["key"] for m in district.truth("mess") if m["module"] == "card" and m["kind"] == "delivered_twice"}
    assert told and {k for k, n in seen.items() if n > 1} == told


def test_the_sites_are_visited_as_the_bulletin_says(district):
    last = sorted((district.sources / "venue").glob("到访_*.csv"))[-1]
    visits = sum(int(r["到访人次"]) for r in text_rows(last) if r["到访人次"].isdigit())
    assert visits / 31 > 2_300 * district.summary.scale
