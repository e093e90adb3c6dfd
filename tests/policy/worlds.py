"""Small worlds for the policy engine: rows as dicts, laid into an in-memory DuckDB as the line would have them."""

from __future__ import annotations

import calendar
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from etl.indicators.base import Indicator, Mean, Ratio, Total

TABLES: dict[str, dict[str, str]] = {
    table: dict(column.split(" ") for column in columns.split(", "))
    for table, columns in {
        "provider_provider": "provider_id text, credit_code text, name text, kind text, registered_on date, closed_on date",
        "provider_site": "provider_id text, community_code text, main_site boolean",
        "provider_permit": "permit_id text, provider_id text, kind text, number text, issued_on date, expires_on date",
        "inspection_inspection": "inspection_id text, provider_id text, kind text, inspected_on date, result text, follows text",
        "inspection_finding": "finding_id text, inspection_id text, field text, severity text, scope text, clause text, "
        "description text",
        "inspection_rectification": "finding_id text, ordered_on date, deadline date, done_on date, verified_on date",
        "inspection_penalty": "penalty_id text, provider_id text, decided_on date, kind text, reason text, amount decimal(18,2)",
        "inspection_action": "action_id text, provider_id text, kind text, decided_on date, document_no text",
        "complaint_complaint": "complaint_id text, received_at timestamp, credit_code text, provider_name text, subject text, "
        "due_on date, answered_at timestamp, satisfied boolean",
        "provider_figure": "indicator text, provider_id text, month text, part double, whole double",
    }.items()
}
MARTS = {"provider_figure"}


_REST: Any = {"group": "x", "definition": "x", "basis": "x"}


def _ratio(code: str, name: str, better: str, **rest: Any) -> Indicator:
    return Ratio(code, name=name, better=better, mart="m", part="p", **_REST, **rest)


CATALOGUE: dict[str, Indicator] = {
    i.code: i
    for i in (
        _ratio("good_rate", "优良率", "higher"),
        _ratio("bad_rate", "差错率", "lower", scale=1000, semantics="flow"),
        Mean("mark", name="评分", unit="分", better="higher", mart="m", value="v", decimals=2, **_REST),
        Total("volume", name="订单量", unit="单", mart="m", value="v", **_REST),
    )
}


@dataclass
class Folder:
    """Stands for a region: the engine only asks for its folder."""

    path: Path


@dataclass
class World:
    months: list[str]
    rows: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def add(self, table: str, **row: Any) -> World:
        self.rows.setdefault(table, []).append(row)
        return self

    def connect(self, only: Iterable[str] | None = None) -> duckdb.DuckDBPyConnection:
        con = duckdb.connect(config={"threads": 1})
        con.execute("create schema checked; create schema marts; set search_path = 'marts,checked'")
        con.execute("create table marts.month (month text, first_day date, last_day date)")
        for month in self.months:
            con.execute("insert into marts.month values (?, ?, ?)", [month, first_day(month), last_day(month)])
        for table in TABLES if only is None else only:
            columns = TABLES[table]
            home = "marts" if table in MARTS else "checked"
            con.execute(f"create table {home}.{table} ({', '.join(f'{c} {t}' for c, t in columns.items())})")
            rows = [[row.get(c) for c in columns] for row in self.rows.get(table, [])]
            if rows:
                con.executemany(f"insert into {home}.{table} values ({', '.join('?' * len(columns))})", rows)
        return con


def first_day(month: str) -> date:
    return date(int(month[:4]), int(month[5:]), 1)


def last_day(month: str) -> date:
    year, number = int(month[:4]), int(month[5:])
    return date(year, number, calendar.monthrange(year, number)[1])


def table(con: duckdb.DuckDBPyConnection, name: str) -> list[dict[str, Any]]:
    found = con.execute(f"select * from marts.{name} order by all")
    names = [d[0] for d in found.description]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def by_key(rows: Iterable[Mapping[str, Any]]) -> dict[tuple[str, str], Mapping[str, Any]]:
    return {(r["provider_id"], r["month"]): r for r in rows}
