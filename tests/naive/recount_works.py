"""The naive recount of finance, health, adaptation, draws, credit grades and admissions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from statistics import median

from tests.naive.reading import FOREVER, FULL, Row, day, money, sheet, sql
from tests.naive.recount import Recount

COUNTED = (
    "lottery_share", "lottery_income", "lottery_spent", "budget_spent", "fund_differs", "doctor_contracts_elders",
    "doctor_contract_rate", "health_check_rate", "medical_compliance", "centres_with_rehab", "green_channels", "home_adaptations",
    "adaptation_subsidy", "adaptation_days_median", "family_beds", "family_beds_void", "renewals_done", "renewals_overdue",
    "aids_in_rental", "aids_overdue", "records_after_gone", "inspections_drawn", "draws_done_in_time", "credit_graded_share",
    "credit_grade_a", "credit_grade_d", "admissions", "admission_days_median",
)  # fmt: skip
RARE = (
    "family_beds_void", "renewals_done", "renewals_overdue", "aids_overdue", "records_after_gone", "credit_grade_d", "fund_differs",
    "home_adaptations", "adaptation_subsidy", "adaptation_days_median", "centres_with_rehab", "budget_spent",
)  # fmt: skip


def recount_works(base: Recount) -> None:
    """Add the figures of these modules to a recount that knows elders, providers and areas."""
    _funds(base)
    _family_doctors(base)
    _health_checks(base)
    _arrangements(base)
    _adaptations(base)
    _family_beds(base)
    _renewals_and_aids(base)
    _draws(base)
    _credit(base)
    _admissions(base)


def books(folder: Path, name: str) -> Iterator[Row]:
    """The rows of one sheet in all workbooks of a folder that have it, in the order of their names."""
    for path in sorted(folder.glob("*.xlsx")):
        try:
            yield from sheet(path, name)
        except KeyError:
            continue


def number(value: object) -> str:
    """An elder's number as the register writes it."""
    wide = FULL | {ord("Ｌ"): "L"}
    return str(value or "").strip().translate(wide).lstrip("'")


def month_of(value: object) -> str:
    """``2026年3月`` and ``2026-03`` are one month."""
    digits = "".join(c if c.isdigit() else " " for c in str(value)).split()
    return f"{int(digits[0]):04d}-{int(digits[1]):02d}"


def present(base: Recount, month: str) -> dict[str, Row]:
    """Person → register row of everybody counted in a month, with age."""
    last, found = base.months[month], {}
    for row in base.people:
        born, since = day(row["CSRQ"]), day(row["DJ_RQ"])
        gone = FOREVER if row["ZT"] == "正常" else day(row["ZT_RQ"]) or row["at"].date()
        age = last.year - born.year - ((last.month, last.day) < (born.month, born.day))
        if since <= last < gone and age >= 60:
            found[row["LNR_ID"]] = row | {"age": age}
    return found


def gone_on(base: Recount) -> dict[str, date]:
    """Elder number → the day on which its person died or moved away."""
    gone = {r["LNR_ID"]: day(r["ZT_RQ"]) or r["at"].date() for r in base.people if r["ZT"] != "正常"}
    return {number: gone[who] for number, who in base.person.items() if who in gone}


def _funds(base: Recount) -> None:
    folder, here = base.sources / "fund", base.areas.district
    booked: dict[tuple[str, str, str], Decimal] = defaultdict(Decimal)
    for direction, name in (("收入", "收入"), ("支出", "支出")):
        newest: dict[str, Row] = {}
        for row in books(folder, name):
            known = newest.get(row["凭证号"])
            if known is None or (day(row["更正日期"]) or date.min) >= (day(known["更正日期"]) or date.min):
                newest[row["凭证号"]] = row
        for row in newest.values():
            month, amount = month_of(row["所属月份"]), money(row["金额（元）"])
            booked[month, row["资金类别"], direction] += amount
            if month not in base.months:
                continue
            lottery, care = row["资金类别"] == "福利彩票公益金", row.get("类别") == "养老服务"
            if direction == "收入" and lottery:
                base.add("lottery_income", here, month, amount)
            if direction == "支出" and lottery:
                base.add("lottery_spent", here, month, amount)
                for later in base.months:
                    if later >= month and later[:4] == month[:4]:
                        base.add("lottery_share", here, later, amount if care else 0, amount)
            if direction == "支出" and not lottery and care:
                base.add("budget_spent", here, month, amount)
    stated = {(month_of(r["月份"]), r["资金类别"], r["收支"]): Decimal(str(r["合计（万元）"])) * 10_000 for r in books(folder, "月度汇总")}
    for key in booked.keys() | stated.keys():
        if key[0] in base.months and abs(stated.get(key, Decimal(0)) - booked.get(key, Decimal(0))) > 50:
            base.add("fund_differs", here, key[0], 1)


def _family_doctors(base: Recount) -> None:
    rows = {}
    for row in books(base.sources / "medical", "签约"):
        rows[row["协议编号"]] = row
    for month, last in base.months.items():
        here = present(base, month)
        held = {
            base.person.get(number(r["老年人编号"])) for r in rows.values() if day(r["签约日期"]) <= last <= day(r["有效期至"])
        }
        for who, elder in here.items():
            base.add("doctor_contracts_elders", elder["home"], month, int(who in held))
            base.add("doctor_contract_rate", elder["home"], month, int(who in held), 1)


def _health_checks(base: Recount) -> None:
    checks: dict[str, list[date]] = defaultdict(list)
    for row in books(base.sources / "medical", "体检"):
        checks[base.person.get(number(row["老年人编号"]), "")].append(day(row["体检日期"]))
    for month, last in base.months.items():
        before = last.replace(year=last.year - 1)
        for who, elder in present(base, month).items():
            if elder["age"] >= 65:
                base.add("health_check_rate", elder["home"], month, int(any(before < d <= last for d in checks[who])), 1)


def _arrangements(base: Recount) -> None:
    folder = base.sources / "medical"
    agreements, units, channels = (list(books(folder, n)) for n in ("合作协议", "内设机构", "绿色通道"))
    beds: dict[tuple[str, str], int] = defaultdict(int)
    for row in sql(base.sources / "bed.sqlite", "CWTJ"):
        beds[row["DW_ID"], row["YF"]] += row["CWS"]

    def running(rows: list[Row], code: str, begin: str, end: str, last: date) -> list[Row]:
        return [r for r in rows if r["统一社会信用代码"] == code and day(r[begin]) <= last <= (day(r[end]) or FOREVER)]

    for month, last in base.months.items():
        for key, provider in base.providers.items():
            if not base.operating(key, last):
                continue
            area = base.place(key, last)
            agreed = running(agreements, provider["TYDM"], "签订日期", "到期日期", last)
            own = running(units, provider["TYDM"], "发证日期", "有效期至", last)
            rehab = any(r["含康复服务"] == "是" for r in agreed) or any(r["设康复科目"] == "是" for r in own)
            if provider["LB"] == "照料中心" and rehab:
                base.add("centres_with_rehab", area, month, 1)
            if any(day(r["终止日期"]) != last for r in running(channels, provider["TYDM"], "开通日期", "终止日期", last)):
                base.add("green_channels", area, month, 1)
            size = beds[key, month] if provider["LB"] in ("养老机构", "嵌入式微型机构") else 0
            if size:
                enough = bool(agreed or own) if size <= 100 else bool(own)
                if size > 500:
                    enough = any(r["机构类型"] in ("护理院", "康复医院", "老年病医院") for r in own)
                base.add("medical_compliance", area, month, int(enough), 1)


def _adaptations(base: Recount) -> None:
    days: dict[tuple[str, str], list[int]] = defaultdict(list)
    for row in books(base.sources / "adaptation", "适老化改造"):
        done = day(row["验收日期"])
        month = f"{done:%Y-%m}" if done else ""
        if month not in base.months:
            continue
        home = base.areas.now(row["社区代码"], "3")
        base.add("home_adaptations", home, month, 1)
        base.add("adaptation_subsidy", home, month, money(row["补贴金额"]) or 0)
        for area in base.areas.above(home):
            days[area, month].append((done - day(row["申请日期"])).days)
    for (area, month), found in days.items():
        base.figures["adaptation_days_median", area, month] = [Decimal(str(median(found))), Decimal(len(found))]


def _family_beds(base: Recount) -> None:
    gone = gone_on(base)
    for row in books(base.sources / "adaptation", "家庭养老床位"):
        who = number(row["老年人编号"])
        for month, last in base.months.items():
            if day(row["建床日期"]) <= last < (day(row["撤床日期"]) or FOREVER):
                area = base.home.get(who) or base.place(base.by_code.get(row["统一社会信用代码"]), last) or base.areas.district
                void = gone.get(who, FOREVER) <= last
                base.add("family_beds_void" if void else "family_beds", area, month, 1)


def _renewals_and_aids(base: Recount) -> None:
    for row in books(base.sources / "adaptation", "老旧小区改造"):
        done = day(row["完工日期"]) or FOREVER
        for month, last in base.months.items():
            home = base.areas.now(row["社区代码"], "3")
            if day(row["开工日期"]) <= last:
                base.add("renewals_done", home, month, int(done <= last))
                base.add("renewals_overdue", home, month, int(day(row["计划完工日期"]) < last < done))
    gone = gone_on(base)
    dated = [("适老化改造", "申请日期"), ("家庭养老床位", "建床日期"), ("辅具租赁", "租出日期")]
    records = [(number(r["老年人编号"]), day(r[on])) for name, on in dated for r in books(base.sources / "adaptation", name)]
    for name, key, on in (("签约", "协议编号", "签约日期"), ("体检", "体检编号", "体检日期")):
        once = {r[key]: r for r in books(base.sources / "medical", name)}
        records += [(number(r["老年人编号"]), day(r[on])) for r in once.values()]
    for who, on in records:
        if f"{on:%Y-%m}" in base.months and on > gone.get(who, FOREVER):
            base.add("records_after_gone", base.home[who], f"{on:%Y-%m}", 1)
    for row in books(base.sources / "adaptation", "辅具租赁"):
        for month, last in base.months.items():
            if row["状态"] != "遗失" and day(row["租出日期"]) <= last < (day(row["归还日期"]) or FOREVER):
                area = base.home.get(number(row["老年人编号"])) or base.areas.district
                base.add("aids_in_rental", area, month, 1)
                base.add("aids_overdue", area, month, int(day(row["应还日期"]) < last))


def _draws(base: Recount) -> None:
    path = base.sources / "inspection.sqlite"
    visits = {r["RW_ID"]: r for r in sql(path, "JC_RW")}
    for row in sql(path, "JC_CQ"):
        month = row["CN_RQ"][:7]
        if month in base.months:
            area = base.place(row["DW_ID"], base.months[month]) or base.areas.district
            visit = visits.get(row["RW_ID"])
            base.add("inspections_drawn", area, month, 1)
            base.add("draws_done_in_time", area, month, int(visit is not None and visit["JC_RQ"] <= row["CN_RQ"]), 1)


def _credit(base: Recount) -> None:
    rows = sorted(sql(base.sources / "inspection.sqlite", "JC_XY"), key=lambda r: (r["PD_RQ"], r["XY_ID"]))
    for month, last in base.months.items():
        newest = {r["DW_ID"]: r for r in rows if day(r["PD_RQ"]) <= last}
        for key in base.providers:
            if not base.operating(key, last):
                continue
            area, row = base.place(key, last), newest.get(key)
            graded = row is not None and (day(row["YX_RQ"]) or FOREVER) >= last
            base.add("credit_graded_share", area, month, int(graded), 1)
            if graded:
                base.add("credit_grade_a", area, month, int(row["DJ"] == "A"), 1)
                base.add("credit_grade_d", area, month, int(row["DJ"] == "D"), 1)


def _admissions(base: Recount) -> None:
    days: dict[str, list[int]] = defaultdict(list)
    for row in sql(base.sources / "provider.sqlite", "ZRSQ"):
        month = row["SQ_RQ"][:7]
        if month in base.months:
            base.add("admissions", base.areas.district, month, 1)
            if row["SP_RQ"]:
                days[month].append((day(row["SP_RQ"]) - day(row["SQ_RQ"])).days)
    for month, found in days.items():
        base.figures["admission_days_median", base.areas.district, month] = [Decimal(str(median(found))), Decimal(len(found))]
