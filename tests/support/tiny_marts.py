"""Rows of the marts of the tiny test snapshot: seeded, plausible, small. ``tiny.build`` turns them into a snapshot file."""

from __future__ import annotations

import random
from datetime import date, timedelta

from tests.support.tiny_base import KINDS, OWNERSHIP, Row, Spot, last_day, person
from tests.support.tiny_events import incidents, money, orders, prepayments, supervision


def make(spots: list[Spot], months: list[str], rng: random.Random, providers: int, elders: int) -> dict[str, list[Row]]:
    """All marts by name; each a list of rows with the same keys."""
    marts: dict[str, list[Row]] = {}
    firms = _providers(spots, rng, providers)
    marts.update(_provider_marts(firms, months, rng))
    marts.update(_caregivers(firms, months, rng))
    people = _elders(spots, months, rng, elders)
    marts["elder_month"] = people
    latest = [e for e in people if e["month"] == months[-1]]
    marts.update(orders(latest, firms, marts["caregiver_month"], months, rng))
    marts.update(supervision(firms, months, rng))
    marts.update(incidents(latest, firms, months))
    marts.update(prepayments(latest, firms, months))
    marts.update(money(spots, latest, firms, months, rng))
    marts["population_month"] = [
        {"month": m, "community_code": s.code, "registered_population": 3000 + int(s.code[-2:]) * 7}
        for m in months
        for s in spots
    ]
    streets = sorted({s.street for s in spots})
    marts["street_month"] = [
        {"month": m, "street_code": s, "has_street_centre": i % 5 != 4, "street_level_centre": i % 5 != 4}
        for m in months
        for i, s in enumerate(streets)
    ]
    marts["module_month"] = [
        {
            "month": m,
            "module": name,
            "due_on": last_day(m),
            "loaded_on": last_day(m),
            "on_time": True,
            "rows": 1000,
            "quarantined": 3,
        }
        for m in months
        for name in ("registry", "provider", "order", "caregiver")
    ]
    marts["task_month"] = [
        {"month": m, "task_id": str(n), "task": f"任务{n}", "key_task": n == 1, "lead_department": name, "area_code": area, "due_on": last_day(months[-1]),
         "reported": n != 3, "planned": 60.0, "done": None if n == 3 else 62.0 - 5 * n, "stated": "按期", "on_track": n != 3 and 62.0 - 5 * n >= 60,
         "work": "按月推进", "trouble": "场地未落实" if n == 2 else None}
        for m in months
        for n, (name, area) in enumerate([("区民政局", "330105000000"), ("甲街道", streets[0]), ("区民政局", "330105000000"), ("乙街道", streets[2])])
    ]  # fmt: skip
    # Deliveries are known for the last month only: some rejected rows name their community, most of what was read does not.
    marts["quarantine_row"] = [
        {"month": months[-1], "area_code": spots[(k * 11) % len(spots)].code if k % 3 else "330105000000", "module": "registry",
         "table_name": "elder", "source": "LNR", "position": None, "row_key": f"LNR_ID E{k}", "fields": "身份证号", "given": "3301***", "sentence": "身份证号无效",
         "reasons": 1, "batch": 1}
        for k in range(40)
    ]  # fmt: skip
    marts["delivered_month"] = [
        {"month": months[-1], "area_code": s.code, "module": "registry", "table_name": "elder", "rows_read": 50 + k % 3,
         "loaded": 50, "quarantined": k % 3, "superseded": 0}
        for k, s in enumerate(spots)
    ]  # fmt: skip
    return marts


def _providers(spots: list[Spot], rng: random.Random, number: int) -> list[Row]:
    rows: list[Row] = []
    for i in range(number):
        spot = spots[(i * 7) % len(spots)]
        kind = KINDS[i % len(KINDS)]
        rows.append(
            {
                "provider_id": f"P{i + 1:04d}",
                "name": f"拱宸{'康乐福寿安宁颐和'[i % 8]}{i + 1}号{kind}",
                "credit_code": f"52330105MJ{i:08d}",
                "kind": kind,
                "ownership": OWNERSHIP[i % 3],
                "legal_person": person(rng, date(1970, 1, 1))[0],
                "phone": f"0571{rng.randrange(10**8):08d}",
                "medical": ("内设", "协议", "无")[i % 3],
                "grade": (None, 3, 4, 2, 5)[i % 5],
                "grade_score": (None, 610.0, 790.5, 470.0, 905.0)[i % 5],
                "community_code": spot.code,
                "address": f"拱墅区某路{i + 10}号{i % 3 + 1}幢",
                "lng": spot.lng + 0.001,
                "lat": spot.lat + 0.001,
                "registered_on": date(2015 + i % 8, 3, 1),
                "floor_area": 300.0 + 40 * i,
                "quality": rng.uniform(0.25, 0.98),
            }
        )
    return rows


STATES = ("normal", "normal", "exit_candidate", "watch", "rectifying", "exit_proposed")


def _provider_marts(firms: list[Row], months: list[str], rng: random.Random) -> dict[str, list[Row]]:
    provider_month: list[Row] = []
    site_month: list[Row] = []
    bed_month: list[Row] = []
    permit_month: list[Row] = []
    for n, m in enumerate(months):
        end = last_day(m)
        for i, f in enumerate(firms):
            residential = f["kind"] in ("养老机构", "照料中心", "嵌入式微型机构")
            beds = 20 + 8 * i if residential else 0
            occupied = int(beds * min(0.95, f["quality"]))
            star = None if i % 11 == 10 else max(1, min(5, round(f["quality"] * 5 + rng.uniform(-0.4, 0.4))))
            state = (
                "exited"
                if i == len(firms) - 1 and n == len(months) - 1
                else "normal"
                if f["quality"] > 0.5
                else STATES[(i + n // 6) % len(STATES)]
            )
            base = {
                k: f[k]
                for k in (
                    "provider_id",
                    "name",
                    "credit_code",
                    "kind",
                    "ownership",
                    "legal_person",
                    "phone",
                    "medical",
                    "grade",
                    "grade_score",
                    "community_code",
                    "address",
                    "lng",
                    "lat",
                    "registered_on",
                )
            }
            insured = not (i % 9 == 4 and n > 20)
            provider_month.append(
                {
                    "month": m,
                    **base,
                    "insured": insured,
                    "licence_valid": i % 13 != 5,
                    "fire_valid": True,
                    "food_valid": True if f["kind"] == "老年食堂" else None,
                    "beds": beds,
                    "occupied": occupied,
                    "star": star,
                    "exit_state": state,
                }
            )
            site_month.append(
                {
                    "month": m,
                    "site_id": f"S{i + 1:04d}",
                    "provider_id": f["provider_id"],
                    "name": f["name"],
                    "kind": f["kind"],
                    "community_code": f["community_code"],
                    "address": f["address"],
                    "lng": f["lng"],
                    "lat": f["lat"],
                    "ownership": f["ownership"],
                    "floor_area": f["floor_area"],
                    "street_level": i % 4 == 1,
                    "main_site": True,
                    "opened_on": f["registered_on"],
                }
            )
            for kind, valid in (("执业登记", i % 13 != 5), ("综合保险", insured)):
                permit_month.append(
                    {
                        "month": m,
                        "permit_id": f"{f['provider_id']}-{kind}",
                        "provider_id": f["provider_id"],
                        "community_code": f["community_code"],
                        "kind": kind,
                        "number": f"浙{i:05d}",
                        "issued_on": date(2022, 1, 1),
                        "expires_on": end + timedelta(days=200 if valid else -20),
                        "valid": valid,
                    }
                )
            if residential:
                for bed_type, share in (("护理型", 0.7), ("普通型", 0.25), ("认知障碍", 0.05)):
                    bed_month.append(
                        {
                            "month": m,
                            "provider_id": f["provider_id"],
                            "community_code": f["community_code"],
                            "kind": f["kind"],
                            "ownership": f["ownership"],
                            "bed_type": bed_type,
                            "beds": int(beds * share),
                            "occupied": int(occupied * share),
                            "institutional": f["kind"] != "照料中心",
                        }
                    )
    return {"provider_month": provider_month, "site_month": site_month, "bed_month": bed_month, "permit_month": permit_month}


def _caregivers(firms: list[Row], months: list[str], rng: random.Random) -> dict[str, list[Row]]:
    caregiver_month: list[Row] = []
    turnover: list[Row] = []
    for i, f in enumerate(firms):
        for k in range(4 + i % 5):
            born = date(1965 + rng.randrange(35), rng.randrange(12) + 1, rng.randrange(28) + 1)
            name, id_number, phone = person(rng, born)
            if (i, k) == (0, 0):
                name = "<b>王</b>明"  # markup in a name must stay inert wherever it is shown
            certified_from = rng.randrange(-30, 30) if rng.random() < f["quality"] + 0.3 else 99
            level = rng.choice((5, 5, 5, 4, 4, 3, 2))
            base = {
                "caregiver_id": f"H{i + 1:03d}{k:02d}",
                "name": name,
                "id_number": id_number,
                "sex": rng.choice("男女女女"),
                "phone": phone,
                "birth_date": born,
                "provider_id": f["provider_id"],
                "community_code": f["community_code"],
                "post": "护理员",
                "hired_on": date(2023, 1 + k % 12, 5),
            }
            for n, m in enumerate(months):
                certified = n >= certified_from
                caregiver_month.append(
                    {
                        "month": m,
                        **base,
                        "certified": certified,
                        "best_level": level if certified else None,
                        "certificate_no": f"C{i:03d}{k:02d}" if certified else None,
                        "expires_on": last_day(m) + timedelta(days=60 + 40 * (k % 5)) if certified else None,
                        "expires_within_90d": certified and k % 5 == 0,
                        "senior": certified and level <= 3,
                    }
                )
                turnover.append(
                    {
                        "month": m,
                        "caregiver_id": base["caregiver_id"],
                        "provider_id": f["provider_id"],
                        "name": name,
                        "community_code": f["community_code"],
                        "left_in_12m": (k + n) % 12 == 0,
                        "left_on": None,
                        "average_staff": 1.0,
                        "employed": True,
                    }
                )
    return {"caregiver_month": caregiver_month, "caregiver_turnover": turnover}


def _elders(spots: list[Spot], months: list[str], rng: random.Random, number: int) -> list[Row]:
    rows: list[Row] = []
    for i in range(number):
        spot = spots[i % len(spots)]
        born = date(1930 + rng.randrange(36), rng.randrange(12) + 1, rng.randrange(28) + 1)
        name, id_number, phone = person(rng, born)
        ability = rng.choices((0, 1, 2, 3, 4), (70, 14, 8, 5, 3))[0]
        base = {
            "elder_id": f"E{i + 1:06d}",
            "name": name,
            "id_number": id_number,
            "sex": rng.choice("男女"),
            "birth_date": born,
            "phone": phone,
            "card_no": f"YL{i:08d}",
            "community_code": spot.code,
            "hukou_community": spot.code,
            "living": rng.choice(("独居", "空巢", "与子女同住", "其他")),
            "category": rng.choice(("普通",) * 8 + ("低保", "特困")),
            "ability_level": ability,
            "dementia": rng.random() < 0.04,
        }
        purchased, must = rng.random() < 0.1, rng.random() < 0.3
        for n, m in enumerate(months):
            age = (last_day(m) - born).days // 365
            if age >= 60:
                rows.append(
                    {
                        "month": m,
                        **base,
                        "age": age,
                        "aged_80": age >= 80,
                        "must_assess": must,
                        "assessed_valid": must and (i + n) % 5 != 0,
                        "purchased_service": purchased,
                    }
                )
    return rows
