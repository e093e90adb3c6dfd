"""The simulated outside systems: same seed, same bytes; calibrated; messy as documented; wrong only where the truth says so."""

from __future__ import annotations

import csv
import hashlib
import itertools
import sqlite3
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
import openpyxl
import pytest

from data.simulator.names import id_numbers
from data.simulator.run import simulate
from etl.paths import DEFAULT_REGION


def digests(folder: Path) -> dict[str, str]:
    return {
        str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest() for p in sorted(folder.rglob("*")) if p.is_file()
    }


def rows(district, module: str, sql: str) -> list[tuple]:
    with sqlite3.connect(district.sources / f"{module}.sqlite") as con:
        return con.execute(sql).fetchall()


def id_is_sound(text: str) -> bool:
    """Whether the check character of an ID number is right (GB 11643)."""
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return "10X98765432"[sum(int(c) * w for c, w in zip(text, weights, strict=False)) % 11] == text[17].upper()


def finance(district, name: str) -> list[dict[str, str]]:
    with (district.sources / "subsidy" / name).open(encoding="gb18030", newline="") as stream:
        return list(csv.DictReader(stream))


def test_same_seed_same_bytes_and_another_seed_other_bytes(district, make_district):
    again, other = make_district(), make_district(seed=7)
    assert digests(again.sources) == digests(district.sources)
    assert digests(again.truth_folder) == digests(district.truth_folder)
    assert digests(other.sources)["registry.sqlite"] != digests(district.sources)["registry.sqlite"]


def test_an_equal_simulation_is_not_repeated_but_another_one_is(make_district):
    made = make_district(months=2, scale=0.01)
    before = {p: p.stat().st_mtime_ns for p in made.sources.rglob("*")}
    wish = {"end": "2026-10", "scale": 0.01, "seed": 20261}
    second = simulate(DEFAULT_REGION, made.sources, made.truth_folder, months=2, **wish)
    assert not second.fresh and second.rows == made.summary.rows
    assert {p: p.stat().st_mtime_ns for p in made.sources.rglob("*")} == before
    third = simulate(DEFAULT_REGION, made.sources, made.truth_folder, months=3, **wish)
    assert third.fresh and third.months == ["2026-08", "2026-09", "2026-10"]


def test_modules_asked_for_alone_are_written_as_among_all(make_district):
    everything, some = make_district(months=2, scale=0.01), make_district(months=2, scale=0.01, only=["order", "registry", "caregiver", "call"])
    whole, part = digests(everything.sources), digests(some.sources)
    del whole["manifest.json"], part["manifest.json"]
    assert {name.partition("/")[0].partition(".")[0] for name in part} == {"order", "registry", "caregiver", "call", "检查人员名录"}
    assert set(some.summary.rows) == {"order", "registry", "caregiver", "call"}
    assert part == {name: whole[name] for name in part}


def test_a_module_that_nobody_plays_is_refused(tmp_path):
    with pytest.raises(ValueError, match="没有可模拟的模块：orders。"):
        simulate(DEFAULT_REGION, tmp_path / "s", tmp_path / "t", months=1, scale=0.01, only=["orders", "order"])


def test_a_day_on_which_very_many_were_born_has_numbers_for_all():
    birth, female = np.full(2_500, -9_000), np.arange(2_500) % 3 == 0
    numbers = id_numbers(birth, female, "330105", 601, np.random.default_rng(1))
    assert len(set(numbers)) == 2_500 and all(id_is_sound(n) for n in numbers)
    assert [int(n[16]) % 2 == 0 for n in numbers] == female.tolist()


@pytest.mark.parametrize("wish", [{"months": 0}, {"scale": 0}])
def test_an_impossible_wish_is_refused(tmp_path, wish):
    with pytest.raises(ValueError, match="月数"):
        simulate(DEFAULT_REGION, tmp_path / "s", tmp_path / "t", **({"months": 2, "scale": 0.01} | wish))


def test_progress_is_told_to_the_end(tmp_path):
    told = []
    simulate(DEFAULT_REGION, tmp_path / "s", tmp_path / "t", months=2, scale=0.01, progress=lambda *step: told.append(step))
    assert [done for _, done, _ in told] == list(range(1, len(told) + 1))
    assert told[-1][1] == told[-1][2]


def test_the_district_is_calibrated_to_its_documents(district):
    expected = district.truth("expected")
    scale = district.summary.scale
    assert sum(expected["elders_by_community"].values()) == pytest.approx(94_000 * scale, rel=0.02)
    assert expected["elders_80"] == pytest.approx(17_600 * scale, rel=0.03)
    population = rows(district, "registry", "select sum(HJ_RK) from RK_JS where ND = 2026")[0][0]
    assert sum(expected["elders_by_community"].values()) / population == pytest.approx(0.25, abs=0.01)
    served = rows(
        district, "order", "select count(distinct LNR_ID) from FWDD where BTJE > 0 and ZT = '已完成' and DD_ID like 'D202610%'"
    )[0][0]
    assert served == pytest.approx(5_185 * scale, abs=4)
    carers = list(expected["caregivers"].values())
    assert 0.85 < carers[-1]["certified"] / carers[-1]["employed"] <= 1
    assert len(rows(district, "order", "select * from FWXM")) == 32


def test_every_community_has_elders_and_every_kind_of_provider_is_there(district):
    expected = district.truth("expected")
    assert len(expected["elders_by_community"]) == 103
    kinds = {k for (k,) in rows(district, "provider", "select distinct LB from FWDW where ZT = '在营'")}
    assert kinds == {"养老机构", "照料中心", "老年食堂", "居家服务商", "嵌入式微型机构", "社会组织"}


def test_all_forms_of_mess_are_there_and_can_be_found_where_the_truth_says(district):
    mess = district.truth("mess")
    kinds = {(m["module"], m["kind"]) for m in mess}
    assert {
        ("registry", k)
        for k in (
            "id_15_digits",
            "id_spaces",
            "id_full_width",
            "id_apostrophe",
            "id_wrong_checksum",
            "date_dots",
            "date_chinese",
            "date_compact",
            "date_serial",
            "date_zero",
            "area_code_before_merger",
            "same_elder_twice",
            "delivered_twice",
        )
    } <= kinds
    assert {
        ("order", "delivered_twice"),
        ("order", "signed_out_before_in"),
        ("order", "unknown_elder"),
        ("subsidy", "money_full_width"),
        ("subsidy", "money_thousands"),
        ("provider", "site_gcj02"),
    } <= kinds
    ids = dict(rows(district, "registry", "select LNR_ID, SFZH from LNR_JBXX"))
    for entry in mess:
        if entry["kind"] == "id_15_digits" and entry["module"] == "registry":
            assert len(ids[entry["key"]]) == 15
        if entry["kind"] == "id_apostrophe" and entry["module"] == "registry":
            assert ids[entry["key"]].startswith("'")


def test_rows_that_nobody_can_accept_are_rare(district):
    lost = Counter(m["module"] for m in district.truth("mess") if m["fate"] == "quarantined")
    for module, n in lost.items():
        # A few kinds of mess occur once a month, however small the district.
        assert n <= max(0.006 * district.summary.rows[module], 4 * len(district.summary.months)), module


def test_undamaged_id_numbers_have_the_right_checksum_and_are_unique(district):
    damaged = {m["key"] for m in district.truth("mess") if m["kind"].startswith(("id_", "same_elder", "delivered"))}
    seen = Counter()
    for key, text in rows(district, "registry", "select LNR_ID, SFZH from LNR_JBXX"):
        if key in damaged:
            continue
        assert id_is_sound(text)
        seen[text.upper()] += 1
    assert max(seen.values()) == 1


def test_credit_codes_have_the_right_checksum(district):
    alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"
    for (code,) in rows(district, "provider", "select TYDM from FWDW union all select TYDM from ZRSQ"):
        assert len(code) == 18
        assert sum(alphabet.index(c) * pow(3, i, 31) for i, c in enumerate(code[:17])) % 31 == -alphabet.index(code[17]) % 31


def test_nobody_is_in_two_places_except_where_it_was_planted(district):
    irregular = district.truth("irregularities")
    planted = {o for kind in ("overlapping_visits", "impossible_travel") for entry in irregular[kind] for o in entry["orders"]}
    planted |= {m["key"] for m in district.truth("mess") if m["kind"] in ("signed_out_before_in", "delivered_twice")}
    visits = defaultdict(list)
    for order, who, start, stop in rows(
        district, "order", "select DD_ID, HLY_BH, QD_SJ, QT_SJ from FWDD where HLY_BH is not null and QT_SJ is not null"
    ):
        if order not in planted:
            visits[who].append((start, stop, order))
    for mine in visits.values():
        mine.sort()
        assert all(a[1] <= b[0] for a, b in itertools.pairwise(mine))
    overlaps = irregular["overlapping_visits"]
    assert overlaps
    times = {o: (a, b) for o, a, b in rows(district, "order", "select DD_ID, QD_SJ, QT_SJ from FWDD")}
    for entry in overlaps:
        first, second = (times[o] for o in entry["orders"])
        assert first[0] < second[1] and second[0] < first[1]


def test_payments_after_death_are_those_of_the_truth(district):
    died = {
        k: d[:7]
        for k, d in rows(district, "registry", "select LNR_ID, ZT_RQ from LNR_JBXX where ZT = '死亡' and ZT_RQ is not null")
    }
    found = set()
    for path in sorted((district.sources / "subsidy").glob("发放_*.csv")):
        for row in finance(district, path.name):
            if row["老年人编号"] in died and row["发放月份"] > died[row["老年人编号"]]:
                found.add((row["项目编码"], row["老年人编号"], row["发放月份"]))
    planted = {(e["programme"], e["elder_id"], e["month"]) for e in district.truth("irregularities")["paid_after_death"]}
    assert planted and found == planted


def test_finance_files_end_with_a_total_that_agrees_and_are_gb18030(district):
    raw = (district.sources / "subsidy" / "发放_202610.csv").read_bytes()
    assert raw.decode("gb18030").startswith("发放编号,批次号") and raw.endswith(b"\r\n")
    *data, total = finance(district, "发放_202610.csv")
    assert total["发放编号"] == "合计" and len(data) > 300
    sums = district.truth("expected")["payments_by_programme_month"]
    assert set(sums) == {"high_age", "service", "nursing", "construction", "operation", "entry_award"}


def test_budgets_make_the_execution_plausible(district):
    def cents(text: str) -> float:
        return float(text.removesuffix("万元")) * 10_000 if text.endswith("万元") else float(text)

    paid = sum(
        float(r["金额"])
        for m in range(1, 11)
        for r in finance(district, f"发放_2026{m:02d}.csv")[:-1]
        if r["银行结果"] == "成功"
        and r["项目编码"] == "high_age"
        and r["金额"].replace(".", "").isascii()
        and r["金额"][-1].isdigit()
    )
    budget = sum(cents(r["预算金额"]) for r in finance(district, "预算_2026.csv")[:-1] if r["项目编码"] == "high_age")
    assert 0.45 < paid / budget < 10 / 12


def test_the_ledger_of_caregivers_is_a_real_office_workbook(district):
    book = openpyxl.load_workbook(district.sources / "caregiver" / "护理员台账.xlsx")
    assert book.sheetnames == ["在岗人员", "证书", "培训", "奖补"]
    sheet = book["在岗人员"]
    assert sheet["A1"].value == "养老护理员在岗人员台账" and sheet["A3"].value == "人员信息" and sheet["A4"].value == "人员编号"
    merged = {str(r) for r in sheet.merged_cells.ranges}
    assert {"A1:K1", "A3:E3", "K3:K4"} <= merged
    firsts = [row[0] for row in sheet.iter_rows(min_row=5, values_only=True)]
    assert "小计" in firsts and "合计" in firsts and str(firsts[-1]).startswith("填报单位")
    hotline = openpyxl.load_workbook(district.sources / "complaint" / "12345工单.xlsx")["养老服务工单"]
    assert [c.value for c in hotline[4]][1] == "受理时间" and hotline["A3"].value == "工单编号"


def test_quality_follows_its_causes(make_district):
    district = make_district(scale=0.05, months=12)
    latent = {p["provider_id"]: p for p in district.truth("expected")["providers"]["latent"]}
    tardy = {k for k, p in latent.items() if "late_sign_in" in p["causes"]}
    on_time = defaultdict(list)
    for provider, late in rows(
        district, "order", "select DW_ID, julianday(QD_SJ) - julianday(YY_SJ) > 15.0 / 1440 from FWDD where QT_SJ is not null"
    ):
        on_time[provider in tardy].append(1 - late)
    mean = {k: sum(v) / len(v) for k, v in on_time.items()}
    assert mean[True] < mean[False] - 0.15
    findings = Counter(k for (k,) in rows(district, "inspection", "select DW_ID from JC_RW w join JC_WT t on t.RW_ID = w.RW_ID"))
    worst = sorted(latent, key=lambda k: -sum(latent[k]["badness"]))
    assert sum(findings[k] for k in worst[:8]) > 2 * sum(findings[k] for k in worst[-8:])


def test_rare_and_minority_names_are_met_at_full_size_rates(make_district):
    district = make_district(scale=0.05, months=1)
    names = [n for (n,) in rows(district, "registry", "select XM from LNR_JBXX")]
    assert any(ord(c) > 0x20000 for n in names for c in n)
    assert any("·" in n for n in names)
