"""Brings the tiny snapshot's marts into the shape that the headers of ``etl/marts/*.sql`` declare: columns, order, titles, privacy."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import duckdb

from tests.support.tiny_base import Row, last_day

MARTS = Path(__file__).parents[2] / "etl" / "marts"
_COLUMN = re.compile(r"^--   (\w+)\s+(.*?)(?:\s*\[(\w+)\])?\s*$")


def columns_of(mart: str) -> list[tuple[str, str, str]]:
    """(name, title, privacy) of a mart's columns as its header declares them; empty for a mart without a file."""
    path = MARTS / f"{mart}.sql"
    if not path.exists():
        return []
    found = []
    for line in path.read_text(encoding="utf-8").splitlines():
        match = _COLUMN.match(line)
        if match:
            found.append((match[1], match[2].strip(), match[3] or ""))
        elif not line.startswith("--"):
            break
    return found


def conform(marts: dict[str, list[Row]], area_names: dict[str, str]) -> dict[str, list[Row]]:
    """The marts with exactly the declared columns; what the fixture does not make up is filled by the rules below, else empty."""
    marts = {**marts, **_more(marts)}
    providers = {r["provider_id"]: r["name"] for r in marts["provider_month"]}
    elders = {r["elder_id"]: r["name"] for r in marts["elder_month"]}
    caregivers = {r["caregiver_id"]: r["name"] for r in marts["caregiver_month"]}
    rules: dict[str, Callable[[Row], object]] = {
        "provider_name": lambda r: providers.get(r.get("provider_id")),
        "employer": lambda r: providers.get(r.get("provider_id")),
        "elder_name": lambda r: elders.get(r.get("elder_id")),
        "caregiver_name": lambda r: caregivers.get(r.get("caregiver_id")),
        "community": lambda r: area_names.get(r.get("community_code")),
        "street": lambda r: area_names.get(r.get("street_code")),
        "assessed_on": lambda r: last_day(r["month"]) - timedelta(days=100),
        "had_meal": lambda r: int(r["elder_id"][1:]) % 3 == 0,
        "has_card": lambda r: True,
        "card_active": lambda r: int(r["elder_id"][1:]) % 4 == 0,
        "high_age_paid": lambda r: bool(r.get("aged_80")) and int(r["elder_id"][1:]) % 9 != 0,
        "socially_run": lambda r: r.get("ownership") != "公办",
        "due": lambda r: True,
        "rejected": lambda r: False,
        "lapsed": lambda r: not r["valid"],
        "food_required": lambda r: r["kind"] == "老年食堂",
        "institutional_beds": lambda r: r["beds"] if r["kind"] != "照料中心" else 0,
        "medical_required": lambda r: r["beds"] > 0 and r["kind"] != "照料中心",
        "medical_compliant": lambda r: r["beds"] > 0 and r["kind"] != "照料中心" and r["medical"] != "无",
        "floor_area": lambda r: 500.0,
        "street_centres": lambda r: int(r["has_street_centre"]),
        "returned": lambda r: 0.0,
        "reported_month": lambda r: r["month"],
        "year": lambda r: int(r["month"][:4]),
        "item": lambda r: r.get("category"),
        "area_code": lambda r: "330105000000",
        "hours_behind": lambda r: 26,
        "rows_read": lambda r: r.get("rows_read", 1010),
        "loaded": lambda r: r.get("loaded", 1000),
        "superseded": lambda r: r.get("superseded", 4),
        "on_time": lambda r: r.get("rectified_on_time"),
    }
    found = {}
    for name, rows in marts.items():
        declared = [c[0] for c in columns_of(name)] or list(rows[0])
        found[name] = [{c: r[c] if c in r else rules[c](r) if c in rules else None for c in declared} for r in rows]
    return found


def _more(marts: dict[str, list[Row]]) -> dict[str, list[Row]]:
    """Marts that follow from others."""
    staff = [r for i, r in enumerate(marts["caregiver_month"]) if i % 4 == 0]
    return {
        "training_fact": [
            {**r, "training_id": f"X{i:05d}", "title": "失智照护", "held_on": last_day(r["month"]), "hours": 8.0}
            for i, r in enumerate(staff)
        ],
        "award_fact": [
            {**r, "award_id": f"W{i:05d}", "kind": "持证奖励", "amount": 500.0, "paid_on": last_day(r["month"])}
            for i, r in enumerate(staff[::9])
        ],
        "elder_contact": [
            {
                **r, "birth_date": date(2026 - int(r["age"]), 5, 1), "id_number": f"33010519{r['age']:02d}0501{i:04d}", "phone": f"139{i:08d}",
                "card_no": f"6214{i:012d}", "status": "正常",
            }
            for i, r in enumerate(r for r in marts["elder_month"] if r["month"] == marts["elder_month"][-1]["month"])
        ],
        "rectification_fact": [{**r, "ordered_on": r["inspected_on"]} for r in marts["finding_fact"]],
    }


def standing(con: duckdb.DuckDBPyConnection) -> None:
    """``provider_standing``: a provider's star and exit state of the month, as the line builds it from rating and exit status."""
    con.execute(
        "create table provider_standing as select p.month, p.provider_id, p.name, p.kind, p.community_code, true as operating, r.star, r.score,"
        " r.confidence, e.state as exit_state, e.since, e.because from provider_month p join rating r using (provider_id, month)"
        " join exit_status e using (provider_id, month)"
    )
