"""The naive recount of volunteers, visits, the time bank, evaluations, dedicated staff, stays and waiting lists."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal
from math import cos, hypot, radians
from pathlib import Path
from statistics import median
from typing import Any

import openpyxl

from tests.naive.reading import FOREVER, Row, day, id_number, moment, money, sheet, sql
from tests.naive.recount import Recount

COUNTED = (
    "volunteers", "stewards", "social_workers_per_10k", "social_organisations", "visits_due_done", "visits_missed",
    "visits_doubtful", "bank_hours_earned", "bank_hours_spent", "bank_liability", "bank_accounts_wrong", "bank_entries_doubtful",
    "match_rate", "match_hours_median", "bank_coins_cashed", "mutual_service_share", "evaluation_score_mean",
    "survey_satisfaction", "dedicated_workers", "staff_rule_met", "waiting_people", "waiting_days_median", "bed_reports_differ",
    "waiting_admissions", "waiting_jumped",
)  # fmt: skip
RARE = ("visits_doubtful", "bank_accounts_wrong", "bed_reports_differ", "bank_coins_cashed", "waiting_jumped")


def recount_people(base: Recount) -> None:
    """Add the figures of these modules to a recount that knows elders, providers and areas."""
    _volunteers(base)
    _visits(base)
    _accounts(base)
    _entries(base)
    _requests(base)
    _evaluations(base)
    _staff(base)
    _waiting(base)
    _stays(base)


def newest(rows: Iterable[Row], key: str, at: str) -> list[Row]:
    """One row per key, the latest; of equals the one delivered last."""
    found: dict[str, Row] = {}
    for row in rows:
        known = found.get(row[key])
        if known is None or moment(row[at]) >= moment(known[at]):
            found[row[key]] = row
    return list(found.values())


def running(rows: Iterable[Row], since: str, until: str, last: date) -> list[Row]:
    """The rows in force at the end of a day."""
    return [r for r in rows if day(r[since]) <= last < (day(r[until]) or FOREVER)]


def medians(base: Recount, code: str, values: list[tuple[str, str, float]]) -> None:
    """Set a median and its number of rows for every area; ``values``: area, month, value."""
    cells: dict[tuple[str, str], list[float]] = defaultdict(list)
    for area, month, value in values:
        for place in base.areas.above(area):
            cells[place, month].append(value)
    for (place, month), found in cells.items():
        base.figures[code, place, month] = [Decimal(str(median(found))), Decimal(len(found))]


def _volunteers(base: Recount) -> None:
    path = base.sources / "volunteer.sqlite"
    enlisted = [r for r in newest(sql(path, "ZYZ_XX"), "ZYZ_ID", "XG_SJ") if id_number(r["SFZH"])]
    for month, last in base.months.items():
        seen = set()
        for row in running(enlisted, "ZC_RQ", "ZX_RQ", last):
            if id_number(row["SFZH"]) not in seen:
                seen.add(id_number(row["SFZH"]))
                base.add("volunteers", row["SQ_DM"], month, 1)
        for row in running(sql(path, "ZLY_XX"), "QS_RQ", "JS_RQ", last):
            base.add("stewards", row["SQ_DM"], month, 1)
        for row in running(sql(path, "SHZZ"), "DJ_RQ", "ZX_RQ", last):
            base.add("social_organisations", row["SQ_DM"], month, 1)
        for row in running(sql(path, "SG_XX"), "QS_RQ", "JS_RQ", last):
            base.add("social_workers_per_10k", row["SQ_DM"], month, 1)
        for place in base.areas.all:
            elders = base.figures.get(("elders_60", place, month), [Decimal(0)])[0]
            base.figures["social_workers_per_10k", place, month][1] += elders


def _visits(base: Recount) -> None:
    path = base.sources / "volunteer.sqlite"
    beat = {r["ZLY_ID"]: r["SQ_DM"] for r in sql(path, "ZLY_XX")}
    visits = newest(sql(path, "TF_JL"), "TF_ID", "XG_SJ")
    minutes: dict[Any, list[Row]] = defaultdict(list)
    for row in visits:
        if row["TF_SJ"] and row["JD"] is not None:
            minutes[row["ZLY_ID"], moment(row["TF_SJ"]).replace(second=0)].append(row)
    torn = set()
    for rows in minutes.values():
        east, north = [r["JD"] for r in rows], [r["WD"] for r in rows]
        far = hypot((max(east) - min(east)) * cos(radians(min(north))) * 111.32, (max(north) - min(north)) * 111.32)
        torn |= {r["TF_ID"] for r in rows} if far > 1 else set()
    ended = {r["LNR_ID"]: day(r["ZT_RQ"]) for r in base.people if r["ZT"] != "正常"}
    for row in visits:
        month = row["YTF_RQ"][:7]
        if month not in base.months:
            continue
        area = base.home.get(row["LNR_ID"]) or beat[row["ZLY_ID"]]
        done = moment(row["TF_SJ"])
        met = row["JG"] in ("正常", "需要帮助", "已转介")
        if row["JG"] != "免访":
            base.add("visits_due_done", area, month, int(met and done.date() <= day(row["YTF_RQ"])), 1)
            base.add("visits_missed", area, month, int(not met))
        gone = ended.get(base.person.get(row["LNR_ID"], ""))
        if row["TF_ID"] in torn or (done and gone and done.date() > gone):
            base.add("visits_doubtful", area, month, 1)


def _ledger(base: Recount) -> tuple[dict[str, Row], list[Row]]:
    path = base.sources / "time_bank.sqlite"
    accounts = {r["ZH_ID"]: r for r in sql(path, "SJ_ZH")}
    entries = [r for r in newest(sql(path, "SJ_LS"), "LS_ID", "JZ_SJ") if r["ZH_ID"] in accounts]
    for row in entries:
        row |= {"at": moment(row["FS_SJ"]), "coins": money(row["BS"]), "minutes": int(row["FW_SC"] or 0)}
        row["month"] = f"{row['at']:%Y-%m}"
    entries.sort(key=lambda r: (r["at"], r["LS_ID"]))
    return accounts, entries


def _accounts(base: Recount) -> None:
    accounts, entries = _ledger(base)
    history: dict[str, list[Row]] = defaultdict(list)
    for row in entries:
        history[row["ZH_ID"]].append(row)
    for number, account in accounts.items():
        ends = {"": Decimal(0)}
        for row in history[number]:
            sign = 1 if row["LX"] in ("存入", "转入") else -1
            ends[row["month"]] = list(ends.values())[-1] + sign * row["coins"]
        final, reported = list(ends.values())[-1], money(account["YE"])
        for month, last in base.months.items():
            if day(account["KH_RQ"]) > last:
                continue
            free = ends[max(m for m in ends if m <= month)]
            saved = sum(r["coins"] for r in history[number] if r["LX"] == "强制储蓄" and r["month"] <= month)
            base.add("bank_liability", account["SQ_DM"], month, free + saved)
            differs = final != reported and max(ends) <= month
            base.add("bank_accounts_wrong", account["SQ_DM"], month, int(free < 0 or differs))


def _entries(base: Recount) -> None:
    accounts, entries = _ledger(base)
    sides: dict[str, Decimal] = defaultdict(Decimal)
    days: dict[Any, int] = defaultdict(int)
    served: dict[Any, int] = defaultdict(int)
    for row in entries:
        if row["ZZ_NO"]:
            sides[row["ZZ_NO"]] += row["coins"] if row["LX"] == "转出" else -row["coins"]
        if row["LX"] == "存入":
            days[row["ZH_ID"], row["at"].date()] += row["minutes"]
            if row["DF_ZH"]:
                served[row["ZH_ID"], row["DF_ZH"], row["month"]] += 1
    balance: dict[str, Decimal] = defaultdict(Decimal)
    for row in entries:
        number, kind, month = row["ZH_ID"], row["LX"], row["month"]
        balance[number] += row["coins"] if kind in ("存入", "转入") else -row["coins"]
        if month not in base.months:
            continue
        area, hours = accounts[number]["SQ_DM"], Decimal(row["minutes"]) / 60
        if kind == "存入":
            base.add("bank_hours_earned", area, month, hours)
            base.add("mutual_service_share", area, month, 0, hours)
        elif kind == "兑换":
            base.add("bank_hours_spent", area, month, hours)
            base.add("mutual_service_share", area, month, hours)
        elif kind == "折现":
            base.add("bank_coins_cashed", area, month, row["coins"])
        changed = row["XG_SJ"] and moment(row["XG_SJ"]) > moment(row["JZ_SJ"]) + timedelta(days=1)
        to, back = (number, row["DF_ZH"], month), (row["DF_ZH"], number, month)
        doubts = (
            kind in ("兑换", "转出", "折现") and balance[number] < 0,
            bool(row["ZZ_NO"]) and sides[row["ZZ_NO"]] != 0,
            kind == "存入" and days[number, row["at"].date()] > 1440,
            changed,
            kind == "存入" and served.get(to, 0) >= 2 and served.get(back, 0) >= 2,
            kind == "存入" and served.get(to, 0) >= 2 and any(
                n >= 2 and when == month and a == row["DF_ZH"] and c != number and served.get((c, number, month), 0) >= 2
                for (a, c, when), n in served.items()
            ),
        )
        base.add("bank_entries_doubtful", area, month, int(any(doubts)))


def _requests(base: Recount) -> None:
    waits = []
    path = base.sources / "time_bank.sqlite"
    accounts = {r["ZH_ID"]: r for r in sql(path, "SJ_ZH")}
    for row in sql(path, "SJ_XQ"):
        month = row["FB_SJ"][:7]
        account = accounts.get(row["ZYZ_ZH"])
        area = base.home.get(row["LNR_ID"]) or (account["SQ_DM"] if account else base.areas.district)
        if row["PP_SJ"]:
            waits.append((area, month, (moment(row["PP_SJ"]) - moment(row["FB_SJ"])).total_seconds() / 3600))
            base.add("match_rate", area, month, 1, 1)
        elif row["ZT"] != "已取消":
            base.add("match_rate", area, month, 0, 1)
    medians(base, "match_hours_median", waits)


def _evaluations(base: Recount) -> None:
    latest: dict[tuple[str, str], tuple[date, Decimal]] = {}
    for path in sorted((base.sources / "evaluation").glob("*.xlsx")):
        half = path.stem.split("_")[1]
        for row in sheet(path, f"服务评价{half}"):
            provider = base.by_code.get(row["统一社会信用代码"])
            on = day(row["评价日期"])
            for month, last in base.months.items():
                a_year_ago = last.replace(year=last.year - 1, day=min(last.day, 28 if last.month == 2 else last.day))
                if provider and a_year_ago < on <= last and base.operating(provider, last):
                    known = latest.get((provider, month))
                    if known is None or on > known[0]:
                        latest[provider, month] = (on, Decimal(str(row["总分"])))
        for row in sheet(path, f"满意度调查{half}"):
            when = str(row["调查月份"])
            month = when if "-" in when else f"{when[:4]}-{int(when[5:-1]):02d}"
            if month in base.months and row["满意及以上"] <= row["有效份数"]:
                place = base.place(base.by_code.get(row["统一社会信用代码"]), base.months[month]) or base.areas.district
                base.add("survey_satisfaction", place, month, row["满意及以上"], row["有效份数"])
    for (provider, month), (_, score) in latest.items():
        base.add("evaluation_score_mean", base.place(provider, base.months[month]), month, score, 1)


def _staff(base: Recount) -> None:
    path = next((base.sources / "staff").glob("*.xlsx"))
    rows = [r for name in openpyxl.load_workbook(path).sheetnames for r in sheet(path, name)]
    population: dict[str, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    for row in sql(base.sources / "registry.sqlite", "RK_JS"):
        for place in base.areas.above(row["SQ_DM"]):
            population[place][int(row["ND"])] += int(row["HJ_RK"])
    for month, last in base.months.items():
        here: dict[str, int] = defaultdict(int)
        for row in running(rows, "任职日期", "离任日期", last):
            place = {"区": base.areas.district, "街道": row["街道代码"], "社区": row["社区代码"]}[row["层级"]]
            here[place] += 1
            base.add("dedicated_workers", place, month, 1)
        for street in base.areas.streets:
            people = population[street][max(y for y in population[street] if y <= last.year)]
            share = base.figures["elders_60", street, month][0] / people * 100
            base.add("staff_rule_met", street, month, int(here[street] >= (1 if share < 20 else 2)), 1)
        for community in base.areas.communities:
            if base.figures.get(("purchased_service_elders", community, month), [0])[0] >= 100:
                base.add("staff_rule_met", community, month, int(here[community] >= 1), 1)


def _waiting(base: Recount) -> None:
    _admitted(base)
    waits = []
    for row in sql(base.sources / "bed.sqlite", "LH_DJ"):
        for month, last in base.months.items():
            if day(row["SQ_RQ"]) <= last < (day(row["BJ_RQ"]) or FOREVER):
                area = base.home.get(row["LNR_ID"]) or base.place(row["DW_ID"], last) or base.areas.district
                base.add("waiting_people", area, month, 1)
                waits.append((area, month, (last - day(row["SQ_RQ"])).days))
    medians(base, "waiting_days_median", waits)


def _stays(base: Recount) -> None:
    path: Path = base.sources / "bed.sqlite"
    reported: dict[tuple[str, str], int] = defaultdict(int)
    for row in sql(path, "CWTJ"):
        reported[row["DW_ID"], row["YF"]] += int(row["RZS"])
    stays = newest(sql(path, "RZ_JL"), "RZ_ID", "XG_SJ")
    for month, last in base.months.items():
        residents: dict[str, set[str]] = defaultdict(set)
        for row in running(stays, "RZ_RQ", "TZ_RQ", last):
            residents[row["DW_ID"]].add(row["LNR_ID"])
        for (provider, of), occupied in reported.items():
            if of == month and base.operating(provider, last):
                away, larger = abs(occupied - len(residents[provider])), max(occupied, len(residents[provider]))
                base.add("bed_reports_differ", base.place(provider, last), month, int(away > 2 and away > 0.05 * larger))


def _admitted(base: Recount) -> None:
    """Who came in from a waiting list, and before how many of the same class who had applied more than 30 days earlier."""
    queue = [r for r in sql(base.sources / "bed.sqlite", "LH_DJ") if r["ZT"] != "已放弃"]
    for row in queue:
        came = day(row["BJ_RQ"])
        month = f"{came:%Y-%m}" if came and row["ZT"] == "已入住" else None
        if month not in base.months:
            continue
        who = base.person.get(row["LNR_ID"], row["LNR_ID"])
        passed = {
            base.person.get(other["LNR_ID"], other["LNR_ID"]) for other in queue
            if (other["DW_ID"], other["YX_DJ"]) == (row["DW_ID"], row["YX_DJ"]) and (day(other["BJ_RQ"]) or FOREVER) > came
            and (day(row["SQ_RQ"]) - day(other["SQ_RQ"])).days > 30
        }  # fmt: skip
        area = base.place(row["DW_ID"], base.months[month]) or base.areas.district
        base.add("waiting_admissions", area, month, 1)
        base.add("waiting_jumped", area, month, int(len(passed - {who}) >= 3))
