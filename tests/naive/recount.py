"""A second, naive implementation of the main figures, from the source files: loops and dictionaries, one rule after the other.

It says what the figures mean to somebody who has never seen the product. ``recount`` gives part and whole by indicator, area and
month; what is not in the result is zero.
"""

from __future__ import annotations

import calendar
from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

from tests.naive.persons import Register, phone
from tests.naive.reading import FOREVER, Areas, Row, day, finance, id_number, moment, money, sheet, sql

Figures = dict[tuple[str, str, str], list[Decimal]]


class Recount:
    """All figures of some months over one folder of source files."""

    def __init__(self, sources: Path, areas_csv: Path, months: list[str]) -> None:
        self.sources, self.areas = sources, Areas(areas_csv)
        self.months = {m: date(int(m[:4]), int(m[5:]), calendar.monthrange(int(m[:4]), int(m[5:]))[1]) for m in months}
        self.figures: Figures = defaultdict(lambda: [Decimal(0), Decimal(0)])
        self._elders()
        self._providers()
        self._count_elders()
        self._count_caregivers()
        self._count_beds_and_permits()
        self._count_orders()
        self._count_money()
        self._count_complaints()
        self._count_inspections()

    def add(self, code: str, area: str, month: str, part: object, whole: object = 0) -> None:
        """Add to a figure of an area and of all areas above it."""
        for place in self.areas.above(area):
            cell = self.figures[code, place, month]
            cell[0] += Decimal(str(part))
            cell[1] += Decimal(str(whole))

    # --- registers -------------------------------------------------------------------------------------------------------------

    def _elders(self) -> None:
        newest: dict[str, Row] = {}
        for row in sql(self.sources / "registry.sqlite", "LNR_JBXX"):
            home, number = self.areas.now(row["JZ_SQ"], "3"), id_number(row["SFZH"])
            # A blank ID number is possible, a damaged one is not.
            if not home or (row["SFZH"] and not number) or not day(row["CSRQ"]) or not day(row["DJ_RQ"]):
                continue
            row |= {"home": home, "number": number, "at": moment(row["XG_SJ"])}
            known = newest.get(row["LNR_ID"])
            if known is None or row["at"] >= known["at"]:
                newest[row["LNR_ID"]] = row
        self.person: dict[str, str] = Register(
            {"id": key, "number": row["number"], "name": row["XM"], "sex": row["XB"], "birth": day(row["CSRQ"]),
             "phone": phone(row["LXDH"]), "card": row["FWK_NO"], "home": row["home"], "at": row["at"],
             "street": self.areas.communities[row["home"]]["parent_code"] if row["home"] in self.areas.communities else None}
            for key, row in newest.items()
        ).persons()
        self.home: dict[str, str] = {key: newest[one]["home"] for key, one in self.person.items()}
        self.people: list[Row] = [newest[one] for one in sorted(set(self.person.values()))]

    def _providers(self) -> None:
        self.providers = {r["DW_ID"]: r for r in sql(self.sources / "provider.sqlite", "FWDW")}
        self.by_code = {r["TYDM"]: r["DW_ID"] for r in self.providers.values()}
        names = defaultdict(list)
        for r in self.providers.values():
            names[r["MC"]].append(r["DW_ID"])
        self.by_name = {n: ids[0] for n, ids in names.items() if len(ids) == 1}
        self.sites = defaultdict(list)
        for r in sql(self.sources / "provider.sqlite", "FWZD"):
            self.sites[r["DW_ID"]].append(r)

    def closed_on(self, provider: str) -> date:
        """The day on which a provider stopped, FOREVER while it operates."""
        return day(self.providers[provider]["ZX_RQ"]) or FOREVER

    def operating(self, provider: str, last: date) -> bool:
        """Registered and not closed on a day."""
        return day(self.providers[provider]["ZC_RQ"]) <= last < self.closed_on(provider)

    def place(self, provider: str | None, last: date) -> str | None:
        """The community of the provider's main site, of those open on the day first; None for an unknown or future provider."""
        if provider not in self.providers or day(self.providers[provider]["ZC_RQ"]) > last:
            return None
        found = []
        for site in self.sites[provider]:
            here = day(site["KY_RQ"]) <= last < (day(site["GB_RQ"]) or FOREVER)
            found.append((not here, site["ZZD"] != "1", day(site["KY_RQ"]), site["ZD_ID"], self.areas.now(site["SQ_DM"], "3")))
        return min(found)[4] if found else self.areas.district

    # --- figures ---------------------------------------------------------------------------------------------------------------

    def _count_elders(self) -> None:
        for row in self.people:
            born, since = day(row["CSRQ"]), day(row["DJ_RQ"])
            gone = FOREVER if row["ZT"] == "正常" else day(row["ZT_RQ"])
            for month, last in self.months.items():
                if since > last or gone <= last:
                    continue
                age = last.year - born.year - ((last.month, last.day) < (born.month, born.day))
                if age >= 60:
                    self.add("elders_60", row["home"], month, 1)
                if age >= 80:
                    self.add("elders_80", row["home"], month, 1)

    def _count_caregivers(self) -> None:
        path = next((self.sources / "caregiver").glob("*.xlsx"))
        held: dict[str, list[tuple[int, date, date]]] = defaultdict(list)
        words = {"五级": 5, "四级": 4, "三级": 3, "二级": 2, "一级": 1}
        for row in sheet(path, "证书"):
            number = id_number(row["身份证号"])
            if number:
                ends = day(row["有效期至"]) or FOREVER
                held[number].append((words[row["等级"][:2]], day(row["发证日期"]), ends))
        spells = []
        for row in sheet(path, "在岗人员"):
            number = id_number(row["身份证号"])
            if number:
                provider = self.by_code.get(str(row["统一社会信用代码"]).strip())
                left = min(day(row["离职日期"]) or FOREVER, self.closed_on(provider) if provider else FOREVER)
                spells.append((number, provider, day(row["入职日期"]), left))
        for month, last in self.months.items():
            job: dict[str, tuple[date, str | None]] = {}
            for number, provider, hired, left in spells:
                if hired <= last < left and (number not in job or hired > job[number][0]):
                    job[number] = (hired, provider)
            for number, (_, provider) in job.items():
                area = self.place(provider, last) or self.areas.district
                valid = [(level, ends) for level, issued, ends in held[number] if issued <= last <= ends]
                self.add("caregivers", area, month, 1)
                self.add("caregiver_cert_rate", area, month, int(bool(valid)), 1)
                if valid:
                    self.add(f"cert_level_{min(level for level, _ in valid)}", area, month, 1)
                    soon = max(ends for _, ends in valid) <= last + timedelta(days=90)
                    self.add("cert_expiring_90d", area, month, int(soon))

    def _count_beds_and_permits(self) -> None:
        for row in sql(self.sources / "bed.sqlite", "CWTJ"):
            last = self.months.get(row["YF"])
            if last and self.operating(row["DW_ID"], last):
                area = self.place(row["DW_ID"], last)
                self.add("beds", area, row["YF"], row["CWS"])
                self.add("occupancy", area, row["YF"], row["RZS"], row["CWS"])
                if self.providers[row["DW_ID"]]["LB"] in ("养老机构", "嵌入式微型机构"):
                    self.add("nursing_bed_share", area, row["YF"], 0 if row["CW_LX"] == "普通型" else row["CWS"], row["CWS"])
        insurance = [r for r in sql(self.sources / "provider.sqlite", "FWDW_ZZ") if r["LX"] == "综合保险"]
        for month, last in self.months.items():
            covered = {r["DW_ID"] for r in insurance if day(r["FZ_RQ"]) <= last <= (day(r["YX_RQ"]) or FOREVER)}
            for provider in self.providers:
                if self.operating(provider, last):
                    self.add("insured_share", self.place(provider, last), month, int(provider in covered), 1)

    def orders(self) -> Iterator[tuple[Row, str, str]]:
        """(row, community, month) of every order of these months in its newest version."""
        path = self.sources / "order.sqlite"
        items = {r["XM_DM"] for r in sql(path, "FWXM")}
        newest: dict[str, Row] = {}
        for row in sql(path, "FWDD"):
            came, went = moment(row["QD_SJ"]), moment(row["QT_SJ"])
            if row["XM_DM"] not in items or (came and went and went < came) or f"{moment(row['XD_SJ']):%Y-%m}" not in self.months:
                continue
            known = newest.get(row["DD_ID"])
            if known is None or moment(row["XG_SJ"]) >= moment(known["XG_SJ"]):
                newest[row["DD_ID"]] = row
        for row in newest.values():
            month = f"{moment(row['XD_SJ']):%Y-%m}"
            yield row, self.home.get(row["LNR_ID"]) or self.place(row["DW_ID"], self.months[month]) or self.areas.district, month

    def _count_orders(self) -> None:
        purchased: set[tuple[str, str]] = set()
        for row, area, month in self.orders():
            done = row["ZT"] == "已完成"
            self.add("orders", area, month, 1)
            self.add("order_completion", area, month, int(done), 1)
            if not done:
                continue
            self.add("service_amount", area, month, money(row["JE"]))
            self.add("service_subsidy", area, month, money(row["BTJE"]))
            if row["MYD"] is not None:
                self.add("satisfaction", area, month, row["MYD"], 1)
            if row["QD_SJ"] and row["YY_SJ"]:
                late = moment(row["QD_SJ"]) > moment(row["YY_SJ"]) + timedelta(minutes=15)
                self.add("on_time_rate", area, month, int(not late), 1)
            if money(row["BTJE"]) > 0 and row["LNR_ID"] in self.person:
                purchased.add((self.person[row["LNR_ID"]], month))
        for row in self.people:
            born, since = day(row["CSRQ"]), day(row["DJ_RQ"])
            gone = FOREVER if row["ZT"] == "正常" else day(row["ZT_RQ"])
            for month, last in self.months.items():
                old = (last.year - 60, last.month, last.day) >= (born.year, born.month, born.day)
                if old and since <= last < gone and (row["LNR_ID"], month) in purchased:
                    self.add("purchased_service_elders", row["home"], month, 1)

    def _count_money(self) -> None:
        folder = self.sources / "subsidy"
        street_of = self._count_claims(folder)
        by_year: dict[str, list[tuple[str, Decimal]]] = defaultdict(list)
        for path in sorted(folder.glob("预算_*.csv")):
            for row in finance(path):
                by_year[row["年度"]].append((self.areas.now(row["街道代码"], "2"), money(row["预算金额"])))
        booked = [row["发放月份"] for path in folder.glob("发放_*.csv") for row in finance(path)]
        first = min(m for m in booked if m in self.months)
        for month in self.months:
            for street, amount in by_year[month[:4]]:
                self.add("subsidy_budget", street, month, amount)
                if f"{month[:4]}-01" >= first:
                    self.add("execution_rate", street, month, 0, amount)
        for path in sorted(folder.glob("发放_*.csv")):
            for row in finance(path):
                month = row["发放月份"]
                if month not in self.months:
                    continue
                area = self._payee_area(row, month) or street_of.get(row["申报编号"]) or self.areas.district
                if row["银行结果"] != "成功":
                    self.add("returned_payments", area, month, 1)
                    continue
                self.add("subsidy_paid", area, month, money(row["金额"]))
                above = self.areas.above(area)
                street = next((a for a in above if a in self.areas.streets), self.areas.district)
                for later in self.months:
                    if later[:4] == month[:4] and later >= month:
                        self.add("subsidy_paid_ytd", street, later, money(row["金额"]))
                        if f"{later[:4]}-01" >= first:
                            self.add("execution_rate", street, later, money(row["金额"]))

    def _count_claims(self, folder: Path) -> dict[str, str | None]:
        """What is due each month by the applications in force; the street of every application."""
        approved: dict[str, Decimal | None] = {}
        refused: set[str] = set()
        for path in sorted(folder.glob("审核_*.csv")):
            for row in finance(path):
                if row["结果"] == "不通过":
                    refused.add(row["申报编号"])
                if row["环节"] == "区级审批" and row["结果"] == "通过":
                    approved[row["申报编号"]] = money(row["核定金额"])
        street_of = {}
        monthly: dict[tuple[str, str], list[Row]] = defaultdict(list)
        for path in sorted(folder.glob("申报_*.csv")):
            for row in finance(path):
                number, filed = row["申报编号"], f"{day(row['申报日期']):%Y-%m}"
                street_of[number] = self.areas.now(row["街道代码"], "2")
                row |= {"amount": money(row["申报金额"]), "from": row["起始月份"] or filed, "granted": None}
                if number in approved:
                    row["granted"] = row["amount"] if approved[number] is None else approved[number]
                elif number in refused:
                    self._claim(row, filed, street_of[number], None)
                    continue
                if row["发放对象"] == "老年人":
                    who = row["老年人编号"]
                    monthly[self.person.get(who, who), row["项目编码"]].append(row)
                else:
                    self._claim(row, row["from"], street_of[number], row["granted"])
        register = {r["LNR_ID"]: r for r in self.people}
        for (who, _), rows in monthly.items():
            rows.sort(key=lambda r: (r["from"], day(r["申报日期"]), r["申报编号"]))
            until = "9999-12"
            if who in register and register[who]["ZT"] != "正常":
                until = f"{day(register[who]['ZT_RQ']) or register[who]['at'].date():%Y-%m}"
            for month in self.months:
                begun = [r for r in rows if r["from"] <= month]
                if begun and month <= until:
                    newest, granted = begun[-1], [r["granted"] for r in begun if r["granted"] is not None]
                    # A change that nobody has decided yet leaves the approval before it, as far as that much is asked for.
                    before = min(granted[-1], newest["amount"]) if granted else None
                    sum_granted = before if newest["granted"] is None else newest["granted"]
                    self._claim(newest, month, street_of[newest["申报编号"]], sum_granted)
        return street_of

    def _claim(self, row: Row, month: str, street: str | None, granted: Decimal | None) -> None:
        """One application due in a month."""
        if month in self.months:
            area = self._payee_area(row, month) or street
            self.add("subsidy_applied", area, month, row["amount"])
            self.add("subsidy_approved", area, month, granted or 0)

    def _payee_area(self, row: Row, month: str) -> str | None:
        if row["发放对象"] == "老年人":
            return self.home.get(row["老年人编号"])
        return self.place(row["单位编号"], self.months[month])

    def _count_complaints(self) -> None:
        path = next((self.sources / "complaint").glob("*.xlsx"))
        seen: dict[str, Row] = {}
        for row in sheet(path, "养老服务工单"):
            seen[row["工单编号"]] = row
        names = {}
        for code, r in self.areas.streets.items():
            names[r["name"]] = names[r["short_name"]] = code
        end = max(self.months.values())
        for row in seen.values():
            month = f"{moment(row['受理时间']):%Y-%m}"
            if month not in self.months:
                continue
            code = str(row["统一社会信用代码"] or "").strip()
            provider = self.by_code.get(code) or self.by_name.get(row["被诉单位"])
            area = self.place(provider, self.months[month]) or names.get(row["所属街道"]) or self.areas.district
            self.add("complaints", area, month, 1)
            due, answered = day(row["办理期限"]), moment(row["办结时间"])
            if due and (answered or due <= end):
                self.add("complaint_answered_in_time", area, month, int(bool(answered) and answered.date() <= due), 1)

    def _count_inspections(self) -> None:
        path = self.sources / "inspection.sqlite"
        visits = {r["RW_ID"]: r for r in sql(path, "JC_RW")}
        orders = {r["WT_ID"]: r for r in sql(path, "JC_ZG")}
        for row in visits.values():
            month = row["JC_RQ"][:7]
            if month in self.months:
                area = self.place(row["DW_ID"], self.months[month])
                self.add("inspections_done", area, month, 1)
        for finding in sql(path, "JC_WT"):
            visit, order = visits[finding["RW_ID"]], orders.get(finding["WT_ID"])
            done = day(order["WC_RQ"]) if order else None
            for month, last in self.months.items():
                if day(visit["JC_RQ"]) <= last < (done or FOREVER) and self.operating(visit["DW_ID"], last):
                    self.add("findings_open", self.place(visit["DW_ID"], last), month, 1)
            if order and order["QX_RQ"][:7] in self.months:
                month = order["QX_RQ"][:7]
                on_time = bool(done) and done <= day(order["QX_RQ"])
                area = self.place(visit["DW_ID"], self.months[month])
                self.add("rectified_on_time", area, month, int(on_time), 1)
