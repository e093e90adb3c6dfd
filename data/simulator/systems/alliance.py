"""The alliance's platform: what its API would answer, one JSON file for each resource (``data.simulator.api`` plays it)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import orjson

from data.simulator.names import id_numbers, person_names
from data.simulator.providers import CENTRE, HOME, MICRO, Provider
from data.simulator.systems import Stage
from data.simulator.world import iso

BED_TYPES = ("护理型", "普通型", "认知障碍")
REQUESTS_A_MONTH, STAYS_A_MONTH, PAIRS = 190, 46, 280
CITIES = ("嘉兴市", "湖州市", "绍兴市", "宁波市", "上海市", "苏州市", "黄山市", "金华市")
FIRST_NUMBER = 1_849_372_059_180_000_000  # beyond what a float can hold, as such platforms number their records
FAR = 10**6
Row = dict[str, Any]


def write(stage: Stage) -> int:
    """bed-offers, bed-requests, matches, group-stays and co-living-pairs .json; returns the number of records."""
    folder = stage.out / "alliance"
    folder.mkdir(parents=True, exist_ok=True)
    homes = [p for p in stage.firms if p.kind in (HOME, MICRO, CENTRE) and p.beds]
    rng = stage.world.rng("alliance")
    offers = _offers(stage, homes, rng)
    requests = _requests(stage, rng)
    matches = _matches(stage, offers, requests, rng)
    found = {
        "bed-offers": [o["row"] for o in offers],
        "bed-requests": [r["row"] for r in requests],
        "matches": matches,
        "group-stays": _group_stays(stage, [p for p in homes if p.kind != CENTRE], rng),
        "co-living-pairs": _pairs(stage, rng),
    }
    _damage(stage, found, rng)
    return sum(_save(folder / f"{name}.json", rows) for name, rows in found.items())


def _moment(second: int) -> str:
    return str(np.datetime64(int(second), "s")).replace("T", " ")


def _offers(stage: Stage, homes: list[Provider], rng: np.random.Generator) -> list[Row]:
    """Institutions with beds free offer some of them, a few times a year each."""
    world, out = stage.world, []
    for month in range(len(world.months)):
        for p in (h for h in homes if h.open_in(world, month)):
            for _ in range(rng.poisson(0.9)):
                at = int(rng.integers(world.first_day(month), world.last_day(month) + 1)) * 86_400 + int(rng.integers(30_000, 64_000))
                beds = int(rng.integers(1, 7 if p.kind == HOME else 4))
                kind = int(rng.choice(3, p=[0.6, 0.32, 0.08]))
                fee = round(float(rng.normal((5200, 3600, 6100)[kind], 500)), -1)
                row = {
                    "offerId": FIRST_NUMBER + 100_000_000 + len(out) * 37,
                    "provider": {"id": p.id, "name": p.name},
                    "bedType": BED_TYPES[kind],
                    "beds": beds,
                    "monthlyFee": fee,
                    "reach": str(rng.choice(["本区", "本市", "跨市"], p=[0.4, 0.42, 0.18])),
                    "availableFrom": iso(at // 86_400 + int(rng.integers(0, 20)))[0],
                    "publishedAt": _moment(at),
                    "status": "撤回" if rng.random() < 0.05 else "开放",
                    "updatedAt": _moment(at),
                }
                out.append({"row": row, "at": at, "kind": kind, "left": beds, "firm": p})
    return out


def _requests(stage: Stage, rng: np.random.Generator) -> list[Row]:
    """Frail elders of the district, and some from elsewhere of whom only the origin is known."""
    world, elders, out = stage.world, stage.elders, []
    need = 0.02 + 1.0 * (elders.level > 0) + 1.5 * (elders.level > 2) + 0.2 * (elders.living == 0)
    need = np.where(elders.elsewhere | elders.rejected, 0, need)
    for month in range(len(world.months)):
        chance = need * elders.resident(world.last_day(month))
        for who in rng.choice(elders.n, rng.poisson(max(2, REQUESTS_A_MONTH * world.scale)), p=chance / chance.sum()):
            at = int(rng.integers(world.first_day(month), world.last_day(month) + 1)) * 86_400 + int(rng.integers(30_000, 64_000))
            ours = rng.random() < 0.78
            kind = int(rng.choice(3, p=[0.62, 0.30, 0.08]))
            elder = {
                "id": elders.ids[who] if ours else None,
                "origin": "本区" if ours else str(rng.choice(["本市外区", "外市"], p=[0.7, 0.3])),
                "communityCode": world.communities["code"][elders.community[who]] if ours else None,
                "abilityLevel": int(elders.level[who]) if ours else None,
            }
            row = {
                "requestId": FIRST_NUMBER + 200_000_000 + len(out) * 41,
                "elder": elder,
                "bedType": BED_TYPES[kind],
                "budget": int(rng.integers(30, 75)) * 100,
                "requestedAt": _moment(at),
                "status": "待匹配",
                "updatedAt": _moment(at),
            }
            out.append({"row": row, "at": at, "kind": kind, "ours": ours})
    return out


def _matches(stage: Stage, offers: list[Row], requests: list[Row], rng: np.random.Generator) -> list[Row]:
    """Each request in turn takes an open bed of its kind that was offered in the last two months; badly run homes take longer."""
    world, out = stage.world, []
    end = (world.end + 1) * 86_400
    by_kind = [[o for o in offers if o["kind"] == k and o["row"]["status"] == "开放"] for k in range(3)]
    for request in sorted(requests, key=lambda r: r["at"]):
        fits = [o for o in by_kind[request["kind"]] if o["left"] and request["at"] - 60 * 86_400 < o["at"] < request["at"] + 20 * 86_400]
        row = request["row"]
        if not fits or rng.random() < 0.16:
            row["status"] = "已过期" if request["at"] < end - 90 * 86_400 else "待匹配" if rng.random() < 0.8 else "已撤回"
            continue
        offer = fits[int(rng.integers(len(fits)))]
        firm = offer["firm"]
        bad = float(firm.bad[min(len(world.months) - 1, int(world.month_of(np.array([request["at"] // 86_400]))[0]))])
        matched = max(request["at"], offer["at"]) + int(rng.exponential(2.5) * 86_400) + 1800
        confirmed = matched + int(rng.lognormal(np.log(3.2), 0.6) * (0.7 + 2 * bad) * 86_400)
        refused = rng.random() < 0.06 + 0.2 * bad
        gave_up = not refused and rng.random() < 0.1
        if matched >= end:
            continue
        sure = not (refused or gave_up) and confirmed < end
        moved = confirmed // 86_400 + int(rng.integers(1, 12))
        outcome = "机构拒收" if refused else "家属放弃" if gave_up else "待确认" if not sure else "已入住" if moved <= world.end else "已确认"
        updated = moved * 86_400 + 60_000 if outcome == "已入住" else confirmed if sure else matched
        out.append(
            {
                "matchId": FIRST_NUMBER + 300_000_000 + len(out) * 43,
                "requestId": row["requestId"],
                "offerId": offer["row"]["offerId"],
                "matchedAt": _moment(matched),
                "confirmedAt": _moment(confirmed) if sure else None,
                "movedInOn": iso(moved)[0] if outcome == "已入住" else None,
                "outcome": outcome,
                "updatedAt": _moment(updated),
            }
        )
        if sure:
            row |= {"status": "已匹配", "updatedAt": _moment(confirmed)}
            offer["left"] -= 1
            if not offer["left"]:
                offer["row"] |= {"status": "已满", "updatedAt": _moment(confirmed)}
    return out


def _group_stays(stage: Stage, homes: list[Provider], rng: np.random.Generator) -> list[Row]:
    """Groups of guests from other cities, most in spring and autumn."""
    world, out = stage.world, []
    for month in range(len(world.months)):
        season = {"03": 1.2, "04": 1.5, "05": 1.4, "09": 1.3, "10": 1.6, "01": 0.5, "02": 0.4}.get(world.months[month][5:], 0.9)
        hosts = [p for p in homes if p.open_in(world, month)]
        for _ in range(rng.poisson(max(1, STAYS_A_MONTH * world.scale) * season) if hosts else 0):
            p = hosts[int(rng.integers(len(hosts)))]
            on = int(rng.integers(world.first_day(month), world.last_day(month) + 1))
            nights, guests, city = int(rng.integers(5, 29)), int(rng.integers(8, 38)), str(rng.choice(CITIES))
            over = on + nights <= world.end
            out.append(
                {
                    "stayId": FIRST_NUMBER + 400_000_000 + len(out) * 47,
                    "host": {"providerId": p.id, "name": p.name},
                    "sender": {"city": city, "name": f"{city[:-1]}禾屿旅居服务社" if rng.random() < 0.8 else None},
                    "guests": guests,
                    "arrivedOn": iso(on)[0],
                    "leftOn": iso(on + nights)[0] if over else None,
                    "fee": guests * nights * int(rng.integers(120, 190)),
                    "updatedAt": _moment((on + nights if over else on) * 86_400 + 43_200),
                }
            )
    return out


def _pairs(stage: Stage, rng: np.random.Generator) -> list[Row]:
    """Elders and those who live with them; some began before both sides were verified."""
    world, elders = stage.world, stage.elders
    n = world.count(PAIRS)
    pool = np.flatnonzero(elders.resident(world.end) & (elders.living < 2) & ~elders.elsewhere & ~elders.rejected & (elders.level < 2))
    who = rng.choice(pool, min(n, len(pool)), replace=False)
    n = len(who)
    female = rng.random(n) < 0.6
    ids = id_numbers(world.end - rng.integers(20 * 365, 34 * 365, n), female, world.region.code[:6], 601, rng)
    names = person_names(female, rng)
    out = []
    for i, elder in enumerate(who):
        applied = int(rng.integers(world.start, world.end - 3))
        results = ["通过" if rng.random() < 0.86 else str(rng.choice(["待核验", "未通过"], p=[0.7, 0.3])) for _ in range(2)]
        started = applied + int(rng.integers(12, 30))
        both = results == ["通过", "通过"]
        runs = started <= world.end and (both or rng.random() < 0.08)
        ended = started + int(rng.integers(60, 500)) if rng.random() < 0.25 else FAR
        pair = FIRST_NUMBER + 500_000_000 + i * 53
        if runs and not both:
            world.truth.irregular["unverified_co_living"].append({"pair": str(pair), "elder": elders.ids[elder]})
        sides = [{"result": r, "on": iso(applied + 2 + int(rng.integers(0, 8)))[0] if r != "待核验" else None} for r in results]
        out.append(
            {
                "pairId": pair,
                "scheme": "代际同住" if rng.random() < 0.7 else "抱团养老",
                "elder": {
                    "id": elders.ids[elder],
                    "communityCode": world.communities["code"][elders.community[elder]],
                    "verification": sides[0],
                },
                "partner": {"name": names[i], "idNumber": ids[i], "verification": sides[1]},
                "startedOn": iso(started)[0] if runs else None,
                "endedOn": iso(ended)[0] if runs and ended <= world.end else None,
                "status": ("终止" if ended <= world.end else "生效") if runs else "待核验",
                "updatedAt": _moment((min(ended, world.end) if runs else applied) * 86_400 + 36_000),
            }
        )
    return out


def _damage(stage: Stage, found: dict[str, list[Row]], rng: np.random.Generator) -> None:
    """What the platform gets wrong: other forms of dates and money, an offer of no beds, a record twice."""
    truth = stage.world.truth

    def some(resource: str, key: str, n: int, kind: str, column: str, fate: str) -> list[Row]:
        rows = found[resource]
        picked = [rows[i] for i in rng.choice(len(rows), min(n, len(rows) // 4), replace=False)]
        truth.note(kind, "alliance", resource, [r[key] for r in picked], column, fate)
        return picked

    for row in some("bed-offers", "offerId", 6, "date_slashes", "availableFrom", "absorbed"):
        row["availableFrom"] = row["availableFrom"].replace("-", "/")
    for row in some("bed-offers", "offerId", 5, "money_thousands", "monthlyFee", "absorbed"):
        row["monthlyFee"] = f"{row['monthlyFee']:,.2f}元"
    for row in some("group-stays", "stayId", 2, "no_guests", "guests", "quarantined"):
        row["guests"] = 0
    for row in some("co-living-pairs", "pairId", 2, "id_wrong_checksum", "partner.idNumber", "quarantined"):
        number = row["partner"]["idNumber"]
        row["partner"]["idNumber"] = number[:17] + ("0" if number[17] != "0" else "1")
    for row in some("bed-requests", "requestId", 4, "delivered_twice", "", "superseded"):
        found["bed-requests"].append(row | {"status": "待匹配", "updatedAt": row["requestedAt"][:10] + " 00:00:00"})


def _save(path: Path, rows: list[Row]) -> int:
    """The records as the platform lists them: by the time of their last change."""
    rows.sort(key=lambda r: (r["updatedAt"], next(iter(r.values()))))
    path.write_bytes(b"[\n" + b",\n".join(orjson.dumps(r) for r in rows) + b"\n]\n")
    return len(rows)
