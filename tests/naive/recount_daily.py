"""The naive recount of canteens, card consumption, site visits and long-term-care insurance."""

from __future__ import annotations

import codecs
import csv
import io
from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path

from tests.naive.reading import FOREVER, FULL, Row, day, id_number, moment, money, sql
from tests.naive.recount import Recount

KINDS = {"dining": "餐饮", "shopping": "商超", "medicine": "医药", "care": "养老服务", "leisure": "文体", "travel": "出行", "other": "其他"}
GRADES = {"Ⅰ": 1, "I": 1, "Ⅱ": 2, "II": 2, "Ⅲ": 3, "III": 3}
COUNTED = (
    "meals", "meal_reach", "meal_delivery_share", "meal_subsidy", "meal_subsidy_per_meal", "meal_subsidy_doubtful",
    "canteen_licensed_share", "canteen_reported_share", "canteen_sittings_over", "card_active_share", "card_purchases", "card_amount",
    *(f"card_amount_{code}" for code in KINDS), "card_places", "card_used_after_death", "site_visits_daily", "activities",
    "activity_participants", "site_weekly_hours", "care_insured", "care_insurance_amount", "care_insured_home",
    "care_insured_institution", "care_amount_home", "care_amount_institution", *(f"care_insured_severe_{i}" for i in (1, 2, 3)),
    *(f"care_amount_severe_{i}" for i in (1, 2, 3)), "care_insurance_doubtful",
)  # fmt: skip
RARE = ("care_insured_severe_3", "care_amount_severe_3", "care_insurance_doubtful")


class Cards:
    """Whose a card or an ID number is, where that person lives, when they died, and who is 60 or over at a month's end."""

    def __init__(self, base: Recount) -> None:
        newest: dict[str, Row] = {}
        for row in sql(base.sources / "registry.sqlite", "LNR_JBXX"):
            if row["LNR_ID"] in base.person:
                known = newest.get(row["LNR_ID"])
                if known is None or moment(row["XG_SJ"]) >= moment(known["XG_SJ"]):
                    newest[row["LNR_ID"]] = row
        self.rows = {r["LNR_ID"]: r for r in base.people}
        self.by_card = self._owners(base, newest, lambda r: r["FWK_NO"])
        self.by_number = self._owners(base, newest, lambda r: id_number(r["SFZH"]))
        self.home = base.home
        self.months = base.months

    @staticmethod
    def _owners(base: Recount, newest: dict[str, Row], trait) -> dict[str, str]:
        order = sorted(newest.values(), key=lambda r: r["LNR_ID"], reverse=True)
        order.sort(key=lambda r: moment(r["XG_SJ"]))
        return {trait(r): base.person[r["LNR_ID"]] for r in order if trait(r)}

    def died(self, person: str | None) -> date:
        """The day of death; FOREVER for the living and for nobody."""
        row = self.rows.get(person or "")
        return (day(row["ZT_RQ"]) if row and row["ZT"] == "死亡" else None) or FOREVER

    def present(self, month: str) -> Iterator[Row]:
        """Everybody of 60 and over who is registered, alive and resident at the month's end."""
        last = self.months[month]
        for row in self.rows.values():
            born = day(row["CSRQ"])
            age = last.year - born.year - ((last.month, last.day) < (born.month, born.day))
            gone = FOREVER if row["ZT"] == "正常" else day(row["ZT_RQ"])
            if age >= 60 and day(row["DJ_RQ"]) <= last < gone:
                yield row


def recount_daily(base: Recount) -> None:
    """Add the figures of these modules to a recount that knows elders, providers and areas."""
    cards = Cards(base)
    _meals(base, cards)
    _purchases(base, cards)
    _venues(base)
    _benefits(base, cards)


def text_rows(path: Path) -> Iterator[Row]:
    """A delimited file in whichever of the four encodings fits, without its total line; blanks are None."""
    raw = path.read_bytes()
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        text = raw.decode("utf-16")
    else:
        try:
            text = raw.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = raw.decode("gb18030")
    for row in csv.DictReader(io.StringIO(text)):
        if "合计" not in row.values():
            yield {k: v or None for k, v in row.items()}


def _when(value: str | None) -> datetime | None:
    try:
        return moment(value)
    except (TypeError, ValueError):
        return None


def _one(row: Row, *names: str) -> str | None:
    return next((row[n] for n in names if n in row), None)


def _number(value: str | None) -> Decimal | None:
    try:
        return Decimal(str(value))
    except InvalidOperation:
        return None


# --- meals ---------------------------------------------------------------------------------------------------------------------


def _meals(base: Recount, cards: Cards) -> None:
    folder = base.sources / "canteen"
    canteens = {r["食堂编号"]: r for r in text_rows(folder / "食堂名录.csv")}
    found: dict[tuple[str, str], Row] = {}
    for path in sorted(folder.glob("*/20*.csv")):
        for row in text_rows(path):
            card, at = _one(row, "服务卡号", "卡号", "老年卡号"), _when(_one(row, "就餐时间", "刷卡时间", "用餐时间"))
            price = money(_one(row, "餐费", "价格", "餐费（元）"))
            subsidy = money(_one(row, "补贴", "财政补贴", "补贴（元）", "补贴金额"))
            number, place = _one(row, "流水号", "单号", "交易流水号"), _one(row, "食堂编号", "食堂代码", "网点编号")
            if card and at and subsidy <= price:
                kind = {"早": "早餐", "午": "午餐", "中": "午餐", "晚": "晚餐"}[_one(row, "餐别", "餐次", "餐段")[0]]
                sent = _one(row, "就餐方式", "取餐方式", "用餐方式") in ("送餐", "外送", "送餐上门")
                void = _one(row, "状态", "记录状态") == "作废"
                found[place, number] = {"card": card.translate(FULL_CARD), "at": at, "kind": kind, "sent": sent, "void": void,
                                        "subsidy": subsidy, "place": place, "number": number}  # fmt: skip
    first: set[tuple[str, date, str]] = set()
    eaters: dict[str, set[str]] = defaultdict(set)
    sittings: dict[tuple[str, date, str], int] = defaultdict(int)
    heard: set[tuple[str, str]] = set()
    for row in sorted(found.values(), key=lambda r: (r["at"], r["place"], r["number"])):
        month, on = f"{row['at']:%Y-%m}", row["at"].date()
        if row["void"] or month not in base.months:
            continue
        person = cards.by_card.get(row["card"])
        area = cards.home.get(person) or _place(base, canteens[row["place"]], month)
        again = (row["card"], on, row["kind"]) in first
        first.add((row["card"], on, row["kind"]))
        counted = not again and on <= cards.died(person)
        heard.add((row["place"], month))
        base.add("meal_subsidy", area, month, row["subsidy"])
        base.add("meal_subsidy_per_meal", area, month, row["subsidy"], int(counted))
        if not again and not row["sent"]:
            sittings[row["place"], on, row["kind"]] += 1
        if counted:
            base.add("meals", area, month, 1)
            base.add("meal_delivery_share", area, month, int(row["sent"]), 1)
            eaters[month].add(person)
        else:
            base.add("meal_subsidy_doubtful", area, month, row["subsidy"])
    for (place, on, _), n in sittings.items():
        if n > int(canteens[place]["座位数"]) * int(canteens[place]["每餐翻台次数"]):
            base.add("canteen_sittings_over", _place(base, canteens[place], f"{on:%Y-%m}"), f"{on:%Y-%m}", 1)
    for month, last in base.months.items():
        for row in cards.present(month):
            base.add("meal_reach", row["home"], month, int(row["LNR_ID"] in eaters[month]), 1)
        for key, row in canteens.items():
            if day(row["开办日期"]) <= last < (day(row["停办日期"]) or FOREVER):
                area = _place(base, row, month)
                valid = bool(row["食品经营许可证号"]) and (day(row["许可证有效期至"]) or date.min) >= last
                base.add("canteen_licensed_share", area, month, int(valid), 1)
                base.add("canteen_reported_share", area, month, int((key, month) in heard), 1)


FULL_CARD = FULL | {ord("Ａ") + i: chr(ord("A") + i) for i in range(26)}


def _place(base: Recount, canteen: Row, month: str) -> str:
    return base.place(canteen["单位编号"], base.months[month]) or base.areas.now(canteen["街道代码"], "2")


# --- cards ---------------------------------------------------------------------------------------------------------------------


def _purchases(base: Recount, cards: Cards) -> None:
    found: dict[str, Row] = {}
    for path in sorted((base.sources / "card").glob("消费_*.csv")):
        for row in text_rows(path):
            row["shop"] = base.areas.now(row["商户社区代码"], "3")
            if row["shop"] or not row["商户社区代码"]:
                found[row["交易流水号"]] = row
    active: dict[str, set[str]] = defaultdict(set)
    late: dict[str, set[str]] = defaultdict(set)
    for row in found.values():
        at, amount = moment(row["交易时间"]), money(row["交易金额"])
        month = f"{at:%Y-%m}"
        if month not in base.months:
            continue
        person = cards.by_card.get(row["卡号"])
        area = cards.home.get(person) or row["shop"] or base.areas.district
        base.add("card_purchases", area, month, 1)
        base.add("card_amount", area, month, amount)
        code = next(c for c, kind in KINDS.items() if kind == row["消费类别"])
        base.add(f"card_amount_{code}", area, month, amount)
        base.add("card_places", row["shop"] or base.areas.district, month, amount)
        active[month].add(person)
        if at.date() > cards.died(person):
            late[month].add(person)
    holders = set(cards.by_card.values())
    for month in base.months:
        for row in cards.present(month):
            if row["LNR_ID"] in holders:
                base.add("card_active_share", row["home"], month, int(row["LNR_ID"] in active[month]), 1)
        for person in late[month]:
            base.add("card_used_after_death", cards.home[person], month, 1)


# --- sites ---------------------------------------------------------------------------------------------------------------------


def _venues(base: Recount) -> None:
    folder = base.sources / "venue"
    place = {s["ZD_ID"]: base.areas.now(s["SQ_DM"], "3") for sites in base.sites.values() for s in sites}
    hours: dict[str, Decimal] = defaultdict(Decimal)
    for row in text_rows(folder / "开放时间.csv"):
        opens, closes = (Decimal(t.split(":")[0]) + Decimal(t.split(":")[1]) / 60 for t in (row["开门时间"], row["关门时间"]))
        hours[row["站点编号"]] += closes - opens
    visits: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for path in sorted(folder.glob("到访_*.csv")):
        for row in text_rows(path):
            number = _number(row["到访人次"])
            if number is not None:
                visits[row["站点编号"], f"{day(row['日期']):%Y-%m}"] += number
    for (site, month), number in visits.items():
        if month in base.months:
            base.add("site_visits_daily", place[site], month, round(number / base.months[month].day, 4))
            base.add("site_weekly_hours", place[site], month, hours[site], 1)
    for path in sorted(folder.glob("活动_*.csv")):
        for row in text_rows(path):
            month = f"{day(row['举办日期']):%Y-%m}"
            if month in base.months:
                base.add("activities", place[row["站点编号"]], month, 1)
                base.add("activity_participants", place[row["站点编号"]], month, int(row["参加人数"]))


# --- insurance -----------------------------------------------------------------------------------------------------------------


def _benefits(base: Recount, cards: Cards) -> None:
    seen: set[tuple[str, str]] = set()
    for path in sorted((base.sources / "insurance").glob("长护险_*.csv")):
        for row in text_rows(path):
            number, digits = id_number(row["身份证号"]), [c for c in row["享受月份"] if c.isdigit()]
            month = f"{''.join(digits[:4])}-{int(''.join(digits[4:])):02d}"
            if not number or month not in base.months:
                continue
            person, amount = cards.by_number.get(number), money(row["支付金额"])
            provider = base.by_code.get(row["定点机构信用代码"])
            area = cards.home.get(person) or base.place(provider, base.months[month]) or base.areas.district
            form = "home" if row["护理方式"].startswith("居家") else "institution"
            grade = GRADES[row["失能等级"].removeprefix("重度失能").removesuffix("级")]
            base.add("care_insurance_amount", area, month, amount)
            base.add(f"care_amount_{form}", area, month, amount)
            base.add(f"care_amount_severe_{grade}", area, month, amount)
            fresh = (number, month) not in seen
            seen.add((number, month))
            if fresh:
                base.add("care_insured", area, month, 1)
                base.add(f"care_insured_{form}", area, month, 1)
                base.add(f"care_insured_severe_{grade}", area, month, 1)
            if not fresh or cards.died(person) < base.months[month].replace(day=1):
                base.add("care_insurance_doubtful", area, month, amount)
