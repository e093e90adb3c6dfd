"""The naive recount of assessments, permits, sites, findings, training and awards, and of what else the registers say about elders and beds."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal
from statistics import median
from typing import Any

from tests.naive.reading import FOREVER, Row, day, finance, id_number, moment, money, sheet, sql
from tests.naive.recount import Recount
from tests.naive.recount_works import present

COUNTED = (
    "ageing_rate", "high_age_share", "living_alone", "empty_nest", "hardship", "disabled", "semi_disabled", "dementia", "assessment_coverage",
    "assessment_overdue", "subsidy_coverage", "uncertified", "senior_share", "caregivers_per_10k", "training_hours", "award_amount",
    "turnover_12m", "vacancy", "beds_per_1000", "institution_beds_per_1000", "dementia_beds_per_10k", "social_bed_share", "sites_open",
    "providers", "street_centre_coverage", "five_star_centres", "micro_institutions", "social_operated_share", "social_operated_centres",
    "canteens", "inspection_pass_rate", "major_findings", "findings_overdue", "complaints_per_1000_orders", "complaint_satisfied",
    "licence_valid_share", "food_permit_share", "permits_lapsed", "pay_days_median", "returned_amount", "subsidy_recipients",
    "sign_in_compliance", "revisit_rate", "revisit_coverage", "meal_orders", "credit_grade_b", "credit_grade_c",
)  # fmt: skip
RARE = ("major_findings",)
INSTITUTIONS = ("养老机构", "嵌入式微型机构")
BY_SOCIETY = ("公建民营", "民办")


def recount_rest(base: Recount) -> None:
    """Add these figures to a recount that knows elders, providers, areas and orders."""
    _elders(base)
    _caregivers(base)
    _training_and_awards(base)
    _beds(base)
    _sites_and_permits(base)
    _findings(base)
    _complaints(base)
    _payments(base)
    _orders(base)
    _credit(base)


def _elders(base: Recount) -> None:
    made: dict[str, list[tuple[date, str, Row]]] = defaultdict(list)
    for row in sql(base.sources / "assessment.sqlite", "NLPG"):
        if row["LNR_ID"] in base.person:
            made[base.person[row["LNR_ID"]]].append((day(row["PG_RQ"]), row["PG_ID"], row))
    for found in made.values():
        found.sort(key=lambda f: f[:2])
    paid: set[tuple[str, str]] = set()
    for path in sorted((base.sources / "subsidy").glob("发放_*.csv")):
        for row in finance(path):
            if row["项目编码"] == "high_age" and row["银行结果"] == "成功" and row["老年人编号"] in base.person:
                paid.add((base.person[row["老年人编号"]], row["发放月份"]))
    registered: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for row in sql(base.sources / "registry.sqlite", "RK_JS"):
        registered[base.areas.now(row["SQ_DM"], "3")].append((row["ND"], row["HJ_RK"]))
    for month, last in base.months.items():
        for home, years in registered.items():
            known = [y for y in years if y[0] <= last.year]
            base.add("ageing_rate", home, month, 0, max(known)[1] if known else 0)
        for who, elder in present(base, month).items():
            home, old = elder["home"], elder["age"] >= 80
            newest = [row for on, _, row in made[who] if on <= last][-1:]
            level = int(newest[0]["DJ"]) if newest else 0
            valid = bool(newest) and (day(newest[0]["YXQ"]) or FOREVER) >= last
            must = old or elder["RY_LB"] in ("特困", "低保", "低边", "计生特殊")
            counts: dict[str, tuple[int, int]] = {
                "ageing_rate": (1, 0), "high_age_share": (old, 1), "living_alone": (elder["JZ_LX"] == "独居", 0),
                "empty_nest": (elder["JZ_LX"] == "空巢", 0), "hardship": (elder["RY_LB"] in ("特困", "低保", "低边"), 0),
                "disabled": (level >= 3, 0), "semi_disabled": (level in (1, 2), 0), "dementia": (bool(newest) and newest[0]["SZ"] == "1", 0),
                "assessment_coverage": (must and valid, must), "assessment_overdue": (must and not valid, 0),
                "subsidy_coverage": (old and (who, month) in paid, old), "beds_per_1000": (0, 1), "institution_beds_per_1000": (0, 1),
                "dementia_beds_per_10k": (0, 1), "caregivers_per_10k": (0, 1),
            }  # fmt: skip
            for code, (part, whole) in counts.items():
                if part or whole:
                    base.add(code, home, month, int(part), int(whole))


def spells(base: Recount) -> list[tuple[str, str, str | None, date, date]]:
    """(caregiver, ID number, provider, hired, left) of everybody in the caregivers' ledger whose ID number is sound."""
    found = []
    for row in sheet(next((base.sources / "caregiver").glob("*.xlsx")), "在岗人员"):
        if id_number(row["身份证号"]):
            provider = base.by_code.get(str(row["统一社会信用代码"]).strip())
            said = day(row["离职日期"]) or FOREVER
            if said < day(row["入职日期"]):
                continue
            left = min(said, base.closed_on(provider) if provider else FOREVER)
            found.append((row["人员编号"], id_number(row["身份证号"]), provider, day(row["入职日期"]), left))
    return found


def _caregivers(base: Recount) -> None:
    for code, month in [(c, m) for c, _, m in list(base.figures) if c == "caregivers"]:
        for area in base.areas.all:
            count, certified = base.figures.get((code, area, month), [0])[0], base.figures.get(("caregiver_cert_rate", area, month), [0])[0]
            base.figures["uncertified", area, month] = [Decimal(count - certified), Decimal(0)]
            senior = sum((base.figures.get((f"cert_level_{n}", area, month), [0])[0] for n in (1, 2, 3)), Decimal(0))
            base.figures["senior_share", area, month] = [senior, Decimal(certified)]
            base.figures["caregivers_per_10k", area, month][0] = Decimal(certified)
            base.figures["training_hours", area, month] = [Decimal(0), Decimal(count)]
    for month, last in base.months.items():
        begin = (last + timedelta(days=1)).replace(year=(last + timedelta(days=1)).year - 1)
        for _, _, provider, hired, left in spells(base):
            if hired <= last and left > begin:
                area = base.place(provider, last) or base.areas.district
                end = min(left, last + timedelta(days=1))
                share = Decimal((end - max(hired, begin)).days) / Decimal((last + timedelta(days=1) - begin).days)
                base.add("turnover_12m", area, month, int(left <= last), share)


def _training_and_awards(base: Recount) -> None:
    jobs: dict[str, list[tuple[date, date, str | None]]] = defaultdict(list)
    for who, _, provider, hired, left in spells(base):
        jobs[who].append((hired, left, provider))
    path = next((base.sources / "caregiver").glob("*.xlsx"))
    for name, key, on, code, value in (
        ("培训", "培训编号", "培训日期", "training_hours", "学时"), ("奖补", "发放编号", "发放日期", "award_amount", "金额"),
    ):  # fmt: skip
        for row in {r[key]: r for r in sheet(path, name)}.values():
            held = day(row[on])
            month = f"{held:%Y-%m}"
            if month in base.months:
                there = [j for j in jobs[row["人员编号"]] if j[0] <= held and (j[1] >= held or name == "奖补")]
                provider = max(there)[2] if there else None
                area = base.place(provider, base.months[month]) or base.areas.district
                base.add(code, area, month, money(row[value]) or 0)


def _beds(base: Recount) -> None:
    for row in sql(base.sources / "bed.sqlite", "CWTJ"):
        last = base.months.get(row["YF"])
        if not last or not base.operating(row["DW_ID"], last):
            continue
        provider, area = base.providers[row["DW_ID"]], base.place(row["DW_ID"], last)
        inside = provider["LB"] in INSTITUTIONS
        base.add("vacancy", area, row["YF"], row["CWS"] - row["RZS"], row["CWS"])
        base.add("beds_per_1000", area, row["YF"], row["CWS"])
        base.add("institution_beds_per_1000", area, row["YF"], row["CWS"] if inside else 0)
        base.add("dementia_beds_per_10k", area, row["YF"], row["CWS"] if row["CW_LX"] == "认知障碍" else 0)
        base.add("social_bed_share", area, row["YF"], row["CWS"] if provider["XZ"] in BY_SOCIETY else 0, row["CWS"])


def _sites_and_permits(base: Recount) -> None:
    held: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in sql(base.sources / "provider.sqlite", "FWDW_ZZ"):
        held[row["DW_ID"], row["LX"]].append(row)
    for month, last in base.months.items():
        centres = set()
        for key, provider in base.providers.items():
            if not base.operating(key, last):
                continue
            area, kind, society = base.place(key, last), provider["LB"], provider["XZ"] in BY_SOCIETY
            ends = {
                what: max((day(r["YX_RQ"]) or FOREVER for r in rows if day(r["FZ_RQ"]) <= last), default=None)
                for (who, what), rows in held.items() if who == key
            }  # fmt: skip
            base.add("providers", area, month, 1)
            base.add("five_star_centres", area, month, int(kind == "照料中心" and str(provider["DJ"]) in ("5", "五级")))
            base.add("micro_institutions", area, month, int(kind == "嵌入式微型机构"))
            base.add("licence_valid_share", area, month, int((ends.get("执业登记") or date.min) >= last), 1)
            if kind == "老年食堂":
                base.add("food_permit_share", area, month, int((ends.get("食品经营") or date.min) >= last), 1)
            base.add("permits_lapsed", area, month, sum(1 for end in ends.values() if end and end < last))
            for site in base.sites[key]:
                if day(site["KY_RQ"]) <= last < (day(site["GB_RQ"]) or FOREVER):
                    here = base.areas.now(site["SQ_DM"], "3")
                    base.add("sites_open", here, month, 1)
                    base.add("canteens", here, month, int(kind == "老年食堂"))
                    if kind == "照料中心":
                        base.add("social_operated_share", here, month, int(society), 1)
                        base.add("social_operated_centres", here, month, int(society))
                        if str(site["JDJ"]) in ("1", "是"):
                            centres.add(base.areas.above(here)[1])
        for street in base.areas.streets:
            base.add("street_centre_coverage", street, month, int(street in centres), 1)


def _findings(base: Recount) -> None:
    path = base.sources / "inspection.sqlite"
    visits = {r["RW_ID"]: r for r in sql(path, "JC_RW")}
    orders = {r["WT_ID"]: r for r in sql(path, "JC_ZG")}
    for row in visits.values():
        if row["JC_RQ"][:7] in base.months:
            month = row["JC_RQ"][:7]
            base.add("inspection_pass_rate", base.place(row["DW_ID"], base.months[month]), month, int(row["JG"] == "合格"), 1)
    for finding in sql(path, "JC_WT"):
        visit, order = visits[finding["RW_ID"]], orders.get(finding["WT_ID"])
        done = (day(order["WC_RQ"]) if order else None) or FOREVER
        for month, last in base.months.items():
            if day(visit["JC_RQ"]) <= last < done and base.operating(visit["DW_ID"], last):
                area = base.place(visit["DW_ID"], last)
                base.add("major_findings", area, month, int(finding["YZCD"] == "重大"))
                base.add("findings_overdue", area, month, int(bool(order) and day(order["QX_RQ"]) < last))


def _complaints(base: Recount) -> None:
    names = {name: code for code, r in base.areas.streets.items() for name in (r["name"], r["short_name"])}
    rows = {r["工单编号"]: r for r in sheet(next((base.sources / "complaint").glob("*.xlsx")), "养老服务工单")}
    for row in rows.values():
        month = f"{moment(row['受理时间']):%Y-%m}"
        if month in base.months:
            provider = base.by_code.get(str(row["统一社会信用代码"] or "").strip()) or base.by_name.get(row["被诉单位"])
            area = base.place(provider, base.months[month]) or names.get(row["所属街道"]) or base.areas.district
            base.add("complaints_per_1000_orders", area, month, 1)
            if row["是否满意"]:
                base.add("complaint_satisfied", area, month, int(row["是否满意"] == "满意"), 1)


def _payments(base: Recount) -> None:
    folder, street_of, approved = base.sources / "subsidy", {}, {}
    for path in sorted(folder.glob("申报_*.csv")):
        street_of |= {r["申报编号"]: base.areas.now(r["街道代码"], "2") for r in finance(path)}
    for path in sorted(folder.glob("审核_*.csv")):
        for row in finance(path):
            if row["环节"] == "区级审批" and row["结果"] == "通过" and day(row["办理日期"]) >= min(base.months.values()).replace(day=1):
                approved[row["申报编号"]] = max(approved.get(row["申报编号"], date.min), day(row["办理日期"]))
    first: dict[str, tuple[date, str]] = {}
    rows = [r for path in sorted(folder.glob("发放_*.csv")) for r in finance(path)]
    for row in rows:
        if row["银行结果"] == "成功":
            mine = (day(row["发放日期"]), row["发放编号"])
            first[row["申报编号"]] = min(first.get(row["申报编号"], mine), mine)
    days: dict[tuple[str, str], list[int]] = defaultdict(list)
    for row in rows:
        month = row["发放月份"]
        if month not in base.months:
            continue
        area = base._payee_area(row, month) or street_of.get(row["申报编号"]) or base.areas.district
        if row["银行结果"] == "成功":
            base.add("subsidy_recipients", area, month, 1)
        else:
            base.add("returned_amount", area, month, money(row["金额"]))
        if row["申报编号"] in approved and first.get(row["申报编号"], (None, ""))[1] == row["发放编号"]:
            for place in base.areas.above(area):
                days[place, month].append((day(row["发放日期"]) - approved[row["申报编号"]]).days)
    for (area, month), found in days.items():
        base.figures["pay_days_median", area, month] = [Decimal(str(median(found))), Decimal(len(found))]


def _orders(base: Recount) -> None:
    kinds = {r["XM_DM"]: r["LB"] for r in sql(base.sources / "order.sqlite", "FWXM")}
    for row, area, month in base.orders():
        meal = kinds.get(row["XM_DM"]) == "助餐"
        base.add("complaints_per_1000_orders", area, month, 0, 1)
        if row["ZT"] != "已完成":
            continue
        signed: list[Any] = [row["QD_SJ"], row["QT_SJ"], row["QD_JD"]]
        if meal:
            base.add("meal_orders", area, month, 1)
        else:
            base.add("sign_in_compliance", area, month, int(all(signed)), 1)
        base.add("revisit_coverage", area, month, int(bool(row["HF"])), 1)
        if row["HF"]:
            base.add("revisit_rate", area, month, int(row["HF"] == "满意"), 1)


def _credit(base: Recount) -> None:
    rows = sorted(sql(base.sources / "inspection.sqlite", "JC_XY"), key=lambda r: (r["PD_RQ"], r["XY_ID"]))
    for month, last in base.months.items():
        newest = {r["DW_ID"]: r for r in rows if day(r["PD_RQ"]) <= last}
        for key, row in newest.items():
            if key in base.providers and base.operating(key, last) and (day(row["YX_RQ"]) or FOREVER) >= last:
                for grade in "BC":
                    base.add(f"credit_grade_{grade.lower()}", base.place(key, last), month, int(row["DJ"] == grade), 1)
