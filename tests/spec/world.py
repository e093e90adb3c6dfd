"""A small district in memory: checked tables filled from a few rows, the real marts run over them, the real indicators read.

Only what a spec says differs from a plain default: an elder who is alive, an order that went well, a provider in business.
"""

from __future__ import annotations

import calendar
import importlib
import pkgutil
from collections.abc import Iterable, Mapping
from datetime import date
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import sqlglot
from sqlglot import exp

import etl.marts
import etl.sources
from etl.contract import Choice, Column, Contract, Point, Table
from etl.indicators.base import Indicator
from etl.paths import DEFAULT_REGION
from etl.policy import incidents

DISTRICT = "330105000000"
STREETS = {"330105001000": "米市巷", "330105003000": "小河"}
COMMUNITIES = {
    "330105001051": "330105001000",
    "330105001052": "330105001000",
    "330105003051": "330105003000",
    "330105003052": "330105003000",
}
TYPES = {
    "text": "VARCHAR", "key": "VARCHAR", "id_number": "VARCHAR", "credit_code": "VARCHAR", "month": "VARCHAR", "area": "VARCHAR",
    "flag": "BOOLEAN", "date": "DATE", "timestamp": "TIMESTAMP", "integer": "BIGINT", "number": "DOUBLE", "money": "DECIMAL(18,2)",
}  # fmt: skip
POLICY_TABLES = {
    "rating": "provider_id varchar, month varchar, star integer, score double, confidence double",
    "exit_status": "provider_id varchar, month varchar, state varchar, since date, because varchar",
}
STATE_TABLES = {
    "module": "module varchar, status varchar, message varchar",
    "delivery": "module varchar, table_name varchar, data_date date, loaded_at timestamp, read bigint, loaded bigint,"
    " quarantined bigint, superseded bigint, warned bigint",
    "delivered": "module varchar, table_name varchar, place varchar, loaded bigint, quarantined bigint, superseded bigint",
    "quarantine": "module varchar, table_name varchar, source varchar, position bigint, column_title varchar, value_masked varchar,"
    " sentence varchar, community_code varchar, batch bigint, line bigint, row_key varchar",
}
DEFAULTS: dict[str, dict[str, Any]] = {
    "registry_elder": {
        "sex": "女", "birth_date": "1950-05-01", "community_code": "330105003051", "living": "与子女同住", "category": "普通",
        "status": "正常", "registered_on": "2015-01-01", "updated_at": "2024-01-01 00:00:00",
    },
    "registry_population": {"community_code": "330105003051", "year": 2025},
    "assessment_assessment": {"level": 0, "dementia": False, "assessed_on": "2025-06-01"},
    "provider_provider": {"kind": "养老机构", "ownership": "民办", "medical": "协议", "status": "在营", "registered_on": "2015-01-01"},
    "provider_site": {
        "community_code": "330105003051", "opened_on": "2015-01-01", "street_level": False, "main_site": True,
    },
    "provider_permit": {"kind": "综合保险", "issued_on": "2025-01-01"},
    "bed_stock": {"month": "2026-10", "bed_type": "护理型", "beds": 10, "occupied": 5},
    "bed_stay": {
        "provider_id": "P1", "bed_type": "护理型", "admitted_on": "2026-01-10", "payer": "自费", "updated_at": "2026-01-10 09:00:00",
    },
    "bed_waiting": {"provider_id": "P1", "applied_on": "2026-09-01", "priority": 3, "outcome": "轮候中"},
    "bed_prepayment": {"provider_id": "P1", "month": "2026-10", "kind": "押金", "amount": 10_000, "held": 10_000, "monthly_fee": 5000},
    "volunteer_volunteer": {
        "sex": "女", "community_code": "330105003051", "registered_on": "2025-01-01", "updated_at": "2025-01-01 09:00:00",
    },
    "volunteer_steward": {"kind": "助老员", "community_code": "330105003051", "since": "2024-01-01"},
    "volunteer_visit": {
        "need": "独居", "due_on": "2026-10-25", "done_at": "2026-10-20 10:00:00", "way": "上门", "result": "正常", "lng": 120.15, "lat": 30.31,
    },
    "volunteer_social_worker": {"level": "助理社会工作师", "community_code": "330105003051", "since": "2024-01-01"},
    "volunteer_organisation": {"kind": "社会服务机构", "community_code": "330105003051", "registered_on": "2018-01-01"},
    "time_bank_account": {
        "holder_kind": "志愿者", "name": "户主", "community_code": "330105003051", "opened_on": "2025-01-01", "balance": 0,
    },
    "time_bank_entry": {
        "kind": "存入", "occurred_at": "2026-10-10 09:00:00", "recorded_at": "2026-10-10 18:00:00", "coins": 1,
    },
    "time_bank_request": {"elder_id": "E1", "service": "陪同就医", "posted_at": "2026-10-08 08:00:00", "status": "已匹配"},
    "evaluation_score": {
        "round": "2026上半年", "setting": 20, "management": 20, "service": 30, "voice": 10, "score": 80, "evaluated_on": "2026-06-20",
    },
    "evaluation_survey": {"month": "2026-10", "sent": 60, "respondents": 50, "satisfied": 45, "very_satisfied": 20},
    "staff_worker": {"unit": "社区", "post": "专职人员", "since": "2024-01-01"},
    "order_item": {"item_code": "X01", "name": "送餐", "category": "助餐", "unit_price": 20},
    "order_order": {
        "elder_id": "E1", "provider_id": "P1", "item_code": "X01", "ordered_at": "2026-10-10 08:00:00",
        "appointed_at": "2026-10-10 10:00:00", "signed_in_at": "2026-10-10 10:00:00", "signed_out_at": "2026-10-10 11:00:00",
        "lng": 120.15, "lat": 30.31, "price": 20, "subsidy_part": 0, "own_part": 20, "status": "已完成",
    },
    "caregiver_employment": {"post": "养老护理员", "hired_on": "2024-01-01", "sex": "女"},
    "caregiver_certificate": {"level": 5, "issued_on": "2024-01-01"},
    "inspection_inspection": {"provider_id": "P1", "kind": "双随机", "inspected_on": "2026-10-10", "result": "合格"},
    "inspection_finding": {"field": "质量安全", "severity": "一般", "scope": "个别"},
    "inspection_rectification": {"ordered_on": "2026-10-10", "deadline": "2026-10-20"},
    "inspection_plan": {"plan_id": "J1", "name": "第4季度抽查", "begins_on": "2026-10-01", "ends_on": "2026-12-31"},
    "inspection_draw": {"plan_id": "J1", "provider_id": "P1", "drawn_on": "2026-10-02", "due_on": "2026-10-20"},
    "inspection_credit": {"provider_id": "P1", "grade": "B", "assessed_on": "2026-03-01", "valid_until": "2027-02-28", "published": False},
    "provider_admission": {"kind": "照料中心", "applied_on": "2026-10-08", "outcome": "受理中"},
    "fund_income": {"fund": "福利彩票公益金", "month": "2026-10", "kind": "本级留成", "amount": 100, "booked_on": "2026-10-10"},
    "fund_expenditure": {
        "fund": "福利彩票公益金", "month": "2026-10", "kind": "养老服务", "amount": 100, "booked_on": "2026-10-10",
    },
    "fund_total": {"month": "2026-10", "fund": "福利彩票公益金", "direction": "支出"},
    "medical_signing": {"elder_id": "E1", "signed_on": "2026-01-10", "until": "2027-01-09", "institution": "甲中心", "doctor": "沈岚"},
    "medical_check": {"elder_id": "E1", "checked_on": "2026-05-10", "result": "未见异常"},
    "medical_agreement": {"credit_code": "CP1", "hospital": "甲医院", "signed_on": "2026-01-01", "rehab": False},
    "medical_unit": {"credit_code": "CP1", "kind": "医务室", "issued_on": "2024-01-01", "rehab": False},
    "medical_channel": {"credit_code": "CP1", "hospital": "甲医院", "opened_on": "2026-01-01"},
    "medical_referral": {"elder_id": "E1", "hospital": "甲医院", "arrived_at": "2026-10-10 09:00:00", "visit": "住院", "cause": "跌倒"},
    "incident_report": {
        "credit_code": "CP1", "provider_name": "单位P1", "elder_id": "E1", "happened_at": "2026-10-10 06:00:00", "kind": "跌倒", "harm": "轻伤",
        "sent": True, "reported_at": "2026-10-10 12:00:00",
    },
    "incident_zero": {"credit_code": "CP1", "provider_name": "单位P1", "month": "2026-10", "reported_at": "2026-11-03 09:00:00"},
    "adaptation_home": {"elder_id": "E1", "community_code": "330105003051", "applied_on": "2026-08-01", "cost": 6000, "subsidy": 5000},
    "adaptation_family_bed": {"elder_id": "E1", "credit_code": "CP1", "opened_on": "2026-01-01"},
    "adaptation_renewal": {"name": "甲小区", "community_code": "330105003051", "started_on": "2026-01-01"},
    "adaptation_rental": {"elder_id": "E1", "item": "轮椅", "rented_on": "2026-08-01", "state": "在租"},
    "complaint_complaint": {"received_at": "2026-10-10 09:00:00", "due_on": "2026-10-17", "subject": "服务质量"},
    "alliance_offer": {"provider_id": "P1", "bed_type": "护理型", "beds": 2, "published_at": "2026-10-05 09:00:00", "status": "开放"},
    "alliance_request": {"origin": "本区", "bed_type": "护理型", "requested_at": "2026-10-01 09:00:00"},
    "alliance_match": {"request_id": "R1", "offer_id": "O1", "confirmed_at": "2026-10-11 15:00:00", "outcome": "已确认"},
    "alliance_group_stay": {"provider_id": "P1", "guests": 10, "arrived_on": "2026-10-09"},
    "device_device": {"kind": "烟感", "elder_id": "E1", "installed_on": "2025-01-01", "last_seen_at": "2026-10-31 08:00:00"},
    "device_alarm": {"device_id": "D1", "kind": "烟雾", "raised_at": "2026-10-10 08:00:00", "confirmation": "误报"},
    "call_call": {"called_at": "2026-10-10 08:00:00", "kind": "应急", "elder_id": "E1"},
    "task_task": {"name": "任务", "key_task": False, "due_on": "2026-12-31"},
    "task_duty": {"role": "牵头", "department": "区民政局"},
    "task_milestone": {"task_id": "1", "title": "节点", "due_on": "2026-10-31"},
    "task_decision": {"task_id": "1", "met_on": "2026-09-10", "content": "事项", "department": "区民政局"},
    "alliance_co_living": {
        "scheme": "代际同住", "elder_id": "E1", "community_code": "330105003051", "elder_verified": "通过", "elder_verified_on": "2026-01-05",
        "partner_name": "同住人", "partner_id_number": "X", "partner_verified": "通过", "partner_verified_on": "2026-01-05",
        "started_on": "2026-01-10", "status": "生效", "updated_at": "2026-01-10 09:00:00",
    },
    "task_progress": {"department": "区民政局", "month": "2026-10", "planned": 80, "done": 80, "stated": "正常"},
    "canteen_canteen": {
        "canteen_id": "S1", "name": "食堂S1", "provider_id": "P1", "street_code": "330105003000", "seats": 2, "turns": 1,
        "permit_number": "JY1", "permit_expires_on": "2030-01-01", "opened_on": "2020-01-01",
    },
    "canteen_meal": {
        "canteen_id": "S1", "card_no": "C1", "eaten_at": "2026-10-10 11:30:00", "meal": "午餐", "mode": "堂食", "price": 14, "subsidy": 3,
    },
    "card_consumption": {"card_no": "C1", "category": "商超", "consumed_at": "2026-10-10 09:00:00", "amount": 20},
    "venue_visit": {"site_id": "Z1", "day": "2026-10-10", "visits": 31},
    "venue_activity": {"site_id": "Z1", "title": "八段锦", "kind": "康复保健", "held_on": "2026-10-10", "minutes": 60, "participants": 10},
    "venue_opening": {"site_id": "Z1", "opens": "8:30", "closes": "17:00"},
    "insurance_benefit": {"level": "重度失能Ⅰ级", "form": "居家", "month": "2026-10", "amount": 900},
    "subsidy_budget": {"programme": "high_age", "year": 2026},
    "subsidy_application": {
        "programme": "high_age", "payee": "elder", "applied_on": "2026-10-02", "amount": 100, "street_code": "330105003000",
    },
    "subsidy_approval": {"step": "区级审批", "outcome": "通过", "decided_on": "2026-10-12"},
    "subsidy_payment": {
        "programme": "high_age", "payee": "elder", "month": "2026-10", "amount": 100, "paid_on": "2026-10-25", "bank_result": "成功",
    },
}  # fmt: skip


@cache
def contracts() -> dict[str, Contract]:
    """The contracts of all modules by name."""
    names = [i.name for i in pkgutil.iter_modules(etl.sources.__path__) if i.ispkg]
    found = [importlib.import_module(f"etl.sources.{name}.contract").contract for name in names]
    return {c.module: c for c in found}


def checked() -> dict[str, Table]:
    """Every checked table's declaration by its full name."""
    return {f"{c.module}_{t.name}": t for c in contracts().values() for t in c.tables}


def _fields(column: Column) -> list[tuple[str, str]]:
    if isinstance(column, Point):
        return [(f"{column.name}lng", "DOUBLE"), (f"{column.name}lat", "DOUBLE")]
    if isinstance(column, Choice) and any(isinstance(v, int) for v in column.allowed.values()):
        return [(column.name, "BIGINT")]
    return [(column.name, TYPES.get(column.kind, "VARCHAR"))]


@cache
def mart_files() -> tuple[tuple[str, str, frozenset[str]], ...]:
    """Name, SQL and tables read of every mart, each after the marts that it reads."""
    sql = {p.stem: p.read_text(encoding="utf-8") for p in sorted(Path(next(iter(etl.marts.__path__))).glob("*.sql"))}
    reads = {}
    for name, text in sql.items():
        tree = sqlglot.parse_one(text, read="duckdb")
        ctes = {c.alias for c in tree.find_all(exp.CTE)}
        reads[name] = frozenset(t.name for t in tree.find_all(exp.Table)) - ctes
    order: list[str] = []

    def visit(name: str) -> None:
        if name in order:
            return
        for other in sorted(reads[name] & sql.keys()):
            visit(other)
        order.append(name)

    for name in sorted(sql):
        visit(name)
    return tuple((n, sql[n], reads[n]) for n in order)


class World:
    """Checked tables by name; rows are dicts of column → value, anything not said takes the default above, else NULL."""

    def __init__(self, first: str = "2024-11", last: str = "2026-10") -> None:
        self.con = duckdb.connect(":memory:", config={"threads": 1})
        self.built: set[str] = set()
        self._months(first, last)
        self._areas()
        self._standards()
        audit = incidents.read(DEFAULT_REGION / "policies")
        for name, columns, rows in (
            ("incident_rule", incidents.COLUMNS, incidents.rows(audit)),
            ("incident_duty", incidents.DUTY_COLUMNS, incidents.duties(audit)),
        ):
            self.con.execute(f"create table {name} ({columns})")
            self.con.executemany(f"insert into {name} values ({', '.join('?' * len(rows[0]))})", rows)
        for name, table in checked().items():
            fields = ", ".join(f'"{f}" {t}' for c in table.columns for f, t in _fields(c))
            self.con.execute(f'create table "{name}" ({fields})')
        for name, fields in POLICY_TABLES.items():
            self.con.execute(f"create table {name} ({fields})")
        self.con.execute("create schema state")
        for name, fields in STATE_TABLES.items():
            self.con.execute(f"create table state.{name} ({fields})")
        self.add("order_item", {}, {"item_code": "X02", "name": "居室清洁", "category": "助洁"})
        self.add("subsidy_programme", {"programme": "high_age", "name": "高龄津贴", "payee": "elder"})
        self.add("subsidy_programme", {"programme": "operation", "name": "运营补贴", "payee": "provider"})

    def _months(self, first: str, last: str) -> None:
        self.con.execute("create table month (month varchar, first_day date, last_day date)")
        index = [int(m[:4]) * 12 + int(m[5:]) - 1 for m in (first, last)]
        for i in range(index[0], index[1] + 1):
            year, month = divmod(i, 12)
            start = date(year, month + 1, 1)
            end = date(year, month + 1, calendar.monthrange(year, month + 1)[1])
            self.con.execute("insert into month values (?, ?, ?)", [f"{start:%Y-%m}", start, end])

    def _areas(self) -> None:
        self.con.execute(
            "create table area (code varchar, name varchar, short_name varchar, level integer, parent_code varchar,"
            " street_code varchar, lng double, lat double)"
        )
        self.con.execute("create table area_closure (ancestor varchar, descendant varchar)")
        rows = [(DISTRICT, "拱墅区", "拱墅", 1, None, None)]
        rows += [(c, f"{n}街道", n, 2, DISTRICT, c) for c, n in STREETS.items()]
        rows += [(c, f"第{c[-3:]}社区", c[-3:], 3, s, s) for c, s in COMMUNITIES.items()]
        for row in rows:
            self.con.execute("insert into area values (?, ?, ?, ?, ?, ?, null, null)", list(row))
            for above in {row[0], row[4] or row[0], row[5] or row[0], DISTRICT}:
                self.con.execute("insert into area_closure values (?, ?)", [above, row[0]])

    def _standards(self) -> None:
        """The numbers that the demo region lays down, from 2017 on."""
        self.con.execute(
            "create table standard (standard varchar, valid_from varchar, valid_to varchar, value double, basis varchar)"
        )
        numbers = {
            "street_ageing_share": 20, "street_staff": 1, "street_staff_aged": 2, "community_served_elders": 100, "community_staff": 1,
            "prepaid_held_share": 80, "deposit_months": 12, "waiting_overtaken": 3,
            **{f"grade_score_{i}": v for i, v in enumerate((360, 450, 570, 780, 900), 1)},
            **{f"grade_section_{i}": v for i, v in enumerate((40, 50, 60, 80, 90), 1)},
            "grade_full_setting": 120, "grade_full_facilities": 130, "grade_full_management": 150, "grade_full_service": 600,
        }  # fmt: skip
        for name, value in numbers.items():
            self.con.execute("insert into standard values (?, '2017-01', null, ?, '')", [name, value])

    def add(self, table: str, *rows: Mapping[str, Any]) -> World:
        """Add rows to a checked (or policy) table; empty strings mean NULL."""
        assert not self.built, "rows must be given before the first figure is asked for"
        for row in rows:
            said = DEFAULTS.get(table, {}) | {k: (None if v == "" else v) for k, v in row.items()}
            names = ", ".join(f'"{k}"' for k in said)
            place = ".".join(f'"{part}"' for part in table.split("."))
            self.con.execute(f'insert into {place} ({names}) values ({", ".join("?" * len(said))})', list(said.values()))
        return self

    def build(self, names: Iterable[str]) -> World:
        """Create the marts named and what they read, as far as they are not there yet."""
        wanted = self._closure(set(names))
        for name, sql, _ in mart_files():
            if name in wanted and name not in self.built:
                self.con.execute(f'create table "{name}" as {sql}')
                self.built.add(name)
        return self

    @staticmethod
    def _closure(names: set[str]) -> set[str]:
        reads = {name: tables for name, _, tables in mart_files()}
        todo, seen = list(names), set()
        while todo:
            name = todo.pop()
            if name in reads and name not in seen:
                seen.add(name)
                todo.extend(reads[name])
        return seen

    def measure(self, indicator: Indicator, area: str, month: str) -> tuple[Fraction | None, Fraction | None]:
        """Part and whole of an indicator for one area and month, exactly."""
        sides = []
        for measure in (indicator.part, indicator.whole):
            if measure is None:
                sides.append(None)
                continue
            place = area_column(measure.mart)
            rank = 0.5 if measure.median else measure.quantile
            call = f"quantile_cont({measure.value}, {rank})" if measure.ranked else f"sum({measure.value})"
            found = self.con.execute(
                f"select {call} from {measure.mart} m join area_closure c on c.descendant = m.{place}"
                f" where c.ancestor = ? and m.month = ? and ({measure.where})",
                [area, month],
            ).fetchone()[0]
            sides.append(Fraction(0) if found is None else Fraction(str(found)))
        return sides[0], sides[1]


@cache
def area_column(mart: str) -> str:
    """The mart's area column, from its header."""
    sql = {name: text for name, text, _ in mart_files()}[mart]
    for line in sql.splitlines():
        if line.startswith("-- area:"):
            return line.split(":")[1].strip()
    raise KeyError(f"{mart} has no area")
