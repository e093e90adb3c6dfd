"""Areas of the tiny test snapshot: those of the default region, or a grid of the same shape."""

from __future__ import annotations

import csv
from pathlib import Path

from tests.support.tiny_base import Row

REGION = Path(__file__).parents[2] / "data" / "regions" / "gongshu"
DISTRICT = "330105000000"
STREETS = ("001米市巷", "002湖墅", "003小河", "004和睦", "005拱宸桥", "007大关", "008上塘", "009祥符", "010康桥", "011半山")


def read_areas() -> list[Row]:
    """Areas in force and supervised, from the region folder; a grid of the same shape where the folder has none."""
    source = REGION / "areas.csv"
    rows: list[Row] = []
    if source.exists():
        with source.open(encoding="utf-8-sig", newline="") as handle:
            for r in csv.DictReader(handle):
                if r["supervised"].lower() in ("1", "true", "是") and not r["valid_to"]:
                    rows.append(
                        {
                            "code": r["code"],
                            "name": r["name"],
                            "short_name": r["short_name"],
                            "level": int(r["level"]),
                            "parent_code": r["parent_code"] or None,
                        }
                    )
    else:
        rows.append({"code": DISTRICT, "name": "拱墅区", "short_name": "拱墅", "level": 1, "parent_code": None})
        for street in STREETS:
            code = f"330105{street[:3]}000"
            rows.append(
                {"code": code, "name": street[3:] + "街道", "short_name": street[3:], "level": 2, "parent_code": DISTRICT}
            )
            rows += [
                {
                    "code": f"{code[:9]}{51 + k:03d}",
                    "name": f"{street[3:]}第{k + 1}社区",
                    "short_name": f"第{k + 1}",
                    "level": 3,
                    "parent_code": code,
                }
                for k in range(10)
            ]
    streets = [r["code"] for r in rows if r["level"] == 2]
    for r in rows:
        street = r["code"] if r["level"] == 2 else r["parent_code"] if r["level"] == 3 else None
        r["street_code"] = street
        at, k = (streets.index(street), int(r["code"][-3:] or 0) % 20) if street else (4, 10)
        r["lng"], r["lat"] = 120.11 + 0.02 * (at % 4) + 0.001 * (k % 5), 30.28 + 0.025 * (at // 4) + 0.004 * (k // 5)
    return rows


def closure(areas: list[Row]) -> list[Row]:
    parent = {a["code"]: a["parent_code"] for a in areas}
    rows = []
    for code in parent:
        at: str | None = code
        while at in parent:
            rows.append({"ancestor": at, "descendant": code})
            at = parent[at]
    return rows
