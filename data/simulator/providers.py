"""The service providers: who they are, how well each is run and why (a latent quality that all other records follow)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from data.simulator.names import brands, credit_code, person_names, phones
from data.simulator.world import NEVER, World

HOME, CENTRE, CARE, CANTEEN, MICRO, SOCIAL = "养老机构", "照料中心", "居家服务商", "老年食堂", "嵌入式微型机构", "社会组织"
# kind: providers in force at the end, caregivers each, beds each, head of the credit code
KINDS = {
    HOME: (18, 33, 196, "52"),
    CENTRE: (50, 7, 15, "52"),
    CARE: (16, 27, 0, "91"),
    CANTEEN: (26, 0, 0, "91"),
    MICRO: (5, 8, 27, "52"),
    SOCIAL: (14, 6, 0, "51"),
}
SUNSHINE_SITES = 24
# cause: what is behind the badness of a provider, in the words of whoever explains the rating later
CAUSES = {
    "few_certified": "持证人员少",
    "late_sign_in": "上门普遍迟到",
    "slow_rectification": "整改拖延",
    "new_management": "更换法定代表人后管理滑坡",
    "kitchen": "食品安全管理薄弱",
    "lapsed_insurance": "综合保险脱保",
    "improving": "整改见效、逐步好转",
    "worsening": "逐步恶化",
    "fraud": "虚报工单和补贴",
    "always_five": "满意度全部为 5 分",
    "flight": "人员流失严重",
}


@dataclass
class Site:
    """One place of a provider. Coordinates CGCS2000."""

    name: str
    community: int
    lng: float
    lat: float
    area: int
    opened: int
    closed: int = NEVER
    street_level: bool = False
    main: bool = False


@dataclass
class Provider:
    """One provider; ``bad`` is its badness 0 … 1 by month, ``effects`` what its causes do to single measures."""

    index: int
    kind: str
    code: str
    name: str
    brand: str
    ownership: str
    legal_person: str
    phone: str
    street: int
    community: int
    registered: int
    closed: int
    staff: int
    beds: int
    cert_target: float
    bad: np.ndarray
    causes: list[str] = field(default_factory=list)
    cause_month: int = 0
    sites: list[Site] = field(default_factory=list)
    fate: str = ""
    fate_month: int = 99
    status: str = "在营"

    @property
    def id(self) -> str:
        """``P0001`` …"""
        return f"P{self.index + 1:04d}"

    def has(self, cause: str) -> bool:
        """Whether a cause applies to this provider."""
        return cause in self.causes

    def open_in(self, world: World, month: int) -> bool:
        """In operation on the last day of a month."""
        last = world.last_day(month)
        return self.registered <= last and (self.closed == NEVER or self.closed > last)


def found(world: World) -> list[Provider]:
    """All providers that existed at any time in the simulated months."""
    rng = world.rng("providers")
    factor, months = world.provider_factor, len(world.months)
    plan: list[tuple[str, bool]] = []
    for kind, (number, *_) in KINDS.items():
        size = max(2, round(number * factor))
        plan += [(kind, False)] * size
        plan += [(kind, True)] * (max(1, round(number * 0.05 * factor)) if number > 10 else 0)
    names = brands(len(plan), rng)
    people = person_names(rng.random(len(plan)) < 0.4, rng)
    numbers = phones(len(plan), rng)
    out: list[Provider] = []
    for i, (kind, closes) in enumerate(plan):
        street = _street(world, kind, i, rng)
        inside = np.flatnonzero((world.communities["street"] == street) & (world.communities["weight"] > 0.002))
        inside = inside if len(inside) else np.flatnonzero(world.communities["street"] == street)
        community = int(rng.choice(inside))
        _, staff, beds, head = KINDS[kind]
        registered = world.start - int(rng.integers(200, 3200))
        if not closes and rng.random() < 0.10 and months >= 6:
            registered = world.first_day(int(rng.integers(1, months - 3))) + int(rng.integers(0, 25))
        closed = world.first_day(int(rng.integers(months // 3, months))) + int(rng.integers(0, 25)) if closes else NEVER
        spread = rng.lognormal(0, 0.45)
        ownership = str(
            rng.choice(
                ["公办", "公建民营", "民办"], p=[0.15, 0.5, 0.35] if kind in (HOME, CENTRE, CANTEEN) else [0.02, 0.13, 0.85]
            )
        )
        cert = float(np.clip(world.streets["cert"][street] + 0.026 + rng.normal(0, 0.022), 0.82, 1.0))
        name = _name(world, kind, i, street, names[i])
        provider = Provider(
            i,
            kind,
            credit_code(head, world.region.code[:6], rng),
            name,
            names[i],
            ownership,
            people[i],
            numbers[i],
            street,
            community,
            registered,
            closed,
            _staff(world, kind, staff * min(spread, 2.2)),
            round(beds * spread / 5) * 5 if beds >= 40 else round(beds * min(spread, 1.8)),
            cert,
            np.full(months, float(rng.beta(1.6, 9.0))),
        )
        provider.status = ("注销" if rng.random() < 0.7 else "停业") if closes else "在营"
        out.append(provider)
    _give_causes(world, out, rng)
    _give_fates(world, out, rng)
    _scale_beds(world, out)
    _place(world, out, rng)
    return out


def _staff(world: World, kind: str, full: float) -> int:
    """Caregivers of one provider at this scale."""
    if full < 1:
        return 0
    return max(4 if kind == CARE else 2, round(full * min(1.0, world.scale / world.provider_factor)))


def _street(world: World, kind: str, i: int, rng: np.random.Generator) -> int:
    """Spread evenly over the streets first (canteens, centres), else by weight."""
    n = len(world.streets["code"])
    if kind in (CENTRE, CANTEEN) or i % 2:
        return i % n
    weight = world.streets["weight"]
    return int(rng.choice(n, p=weight / weight.sum()))


def _name(world: World, kind: str, i: int, street: int, brand: str) -> str:
    short = world.streets["short"][street]
    full = world.streets["name"][street]
    first = KINDS[HOME][0]
    if kind == CENTRE:
        return f"{full}{brand}阳光老人家" if i - first < SUNSHINE_SITES else f"{short}{brand}居家养老服务照料中心"
    return {
        HOME: f"{short}{brand}养老院" if i % 3 else f"{world.region.short_name}{brand}护理院",
        CARE: f"{brand}居家养老服务有限公司",
        CANTEEN: f"{short}{brand}老年食堂",
        MICRO: f"{short}{brand}嵌入式养老之家",
        SOCIAL: f"{world.region.name}{brand}为老服务中心",
    }[kind]


def _give_causes(world: World, providers: list[Provider], rng: np.random.Generator) -> None:
    """About a quarter of the providers get a cause that can be found in the records."""
    months = len(world.months)
    staffed = [p for p in providers if p.staff and p.closed == NEVER]
    wishes = {
        "few_certified": (staffed, 7),
        "late_sign_in": ([p for p in staffed if p.kind in (CARE, SOCIAL, CENTRE)], 6),
        "slow_rectification": (providers, 8),
        "new_management": (staffed, 4),
        "kitchen": ([p for p in providers if p.kind in (CANTEEN, HOME)], 5),
        "lapsed_insurance": (providers, 5),
        "improving": (staffed, 5),
        "worsening": (staffed, 5),
        "fraud": ([p for p in staffed if p.kind == CARE], 1),
        "always_five": ([p for p in staffed if p.kind in (CARE, SOCIAL)], 1),
        "flight": (staffed, 4),
    }
    for cause, (pool, full) in wishes.items():
        free = [p for p in pool if len(p.causes) < 2 and not ({"improving", "worsening", "fraud"} & set(p.causes))]
        if not free:
            continue
        for j in rng.permutation(len(free))[: max(1, round(full * world.provider_factor))]:
            provider = free[int(j)]
            provider.causes.append(cause)
            provider.cause_month = int(rng.integers(months // 4, max(months // 4 + 1, months * 2 // 3)))
            line = np.arange(months)
            if cause in ("new_management",):
                provider.bad += np.where(line >= provider.cause_month, 0.45, 0.0)
            elif cause == "improving":
                provider.bad = np.clip(0.62 - 0.55 * line / max(1, months - 1), 0.05, 1)
            elif cause == "worsening":
                provider.bad += 0.5 * line / max(1, months - 1)
            elif cause == "fraud":
                provider.bad += 0.35
            elif cause != "always_five":
                provider.bad += 0.18
            if cause == "few_certified":
                provider.cert_target = float(rng.uniform(0.60, 0.80))
            elif cause == "flight":
                provider.cert_target = min(provider.cert_target, 0.86)
    for provider in providers:
        provider.bad = np.clip(provider.bad, 0.01, 0.95)


def _give_fates(world: World, providers: list[Provider], rng: np.random.Generator) -> None:
    """A few of the worst go through the regulatory steps; their fate is what happens in the end."""
    months = len(world.months)
    worst = sorted(
        (p for p in providers if p.closed == NEVER and p.registered < world.start and not p.has("improving")),
        key=lambda p: -p.bad[-1],
    )
    fates = ["退出决定", "拟退出", "约谈", "恢复", "拟退出", "约谈", "约谈", "退出决定", "恢复", "约谈", "约谈", "约谈"]
    full = max(5, round(len(fates) * min(1, world.provider_factor)))
    used: set[str] = set()
    for fate in fates[:full]:
        # One of a kind per fate as far as possible, so that an exit never takes away a street's only provider of a kind at once.
        choice = next((p for p in worst if not p.fate and (p.kind, fate) not in used and p.kind != SOCIAL), None)
        if choice is None:
            continue
        used.add((choice.kind, fate))  # type: ignore[arg-type]
        choice.fate = fate
        late = {"拟退出": (0.85, 0.97), "约谈": (0.4, 0.95), "恢复": (0.3, 0.55), "退出决定": (0.55, 0.9)}[fate]
        choice.fate_month = int(months * rng.uniform(*late))
        line = np.arange(months)
        start = max(0, choice.fate_month - 7)
        choice.bad = np.clip(choice.bad + np.where(line >= start, 0.3, 0.05), 0, 0.95)
        if fate == "恢复":
            choice.bad = np.where(line > choice.fate_month + 2, 0.15, choice.bad)
        if fate == "退出决定":
            choice.closed = min(world.first_day(choice.fate_month + 1) + 20, world.end - 2)
            choice.status = "注销"


def _scale_beds(world: World, providers: list[Provider]) -> None:
    """Beds in force at the end against the elders of this scale: some 39 institutional and 46 beds in all per 1,000."""
    for kinds, per_thousand in (((HOME, MICRO), 39.4), ((CENTRE,), 7.6)):
        last = len(world.months) - 1
        mine = [p for p in providers if p.kind in kinds]
        have = sum(p.beds for p in mine if p.open_in(world, last))
        want = 94_000 * world.scale * per_thousand / 1000
        for p in mine:
            p.beds = max(4, round(p.beds * want / max(have, 1)))


def _place(world: World, providers: list[Provider], rng: np.random.Generator) -> None:
    """Main sites, the street-level centres, and the further sites of home-care firms and centres."""
    with_street_centre = max(1, round(len(world.streets["code"]) * 0.8))
    streets_done: set[int] = set()
    for p in providers:
        spots = world.points(np.full(4, p.community), rng)
        size = {HOME: 5200, CENTRE: 620, CARE: 160, CANTEEN: 240, MICRO: 480, SOCIAL: 110}[p.kind]
        main = Site(p.name, p.community, *spots[0], round(size * rng.lognormal(0, 0.3)), p.registered, p.closed, main=True)
        if p.kind == CENTRE and p.closed == NEVER and p.street not in streets_done and len(streets_done) < with_street_centre:
            streets_done.add(p.street)
            main.street_level = True
            main.area = max(main.area, 900)
            if len(streets_done) == with_street_centre and len(world.months) > 12:
                # The last of them opens in the course of the second year.
                p.registered = max(p.registered, world.first_day(len(world.months) // 2 + 2) + 9)
                main.opened = p.registered
        p.sites = [main]
        more = int(rng.integers(0, 3)) if p.kind == CARE else int(rng.random() < 0.35) if p.kind == CENTRE else 0
        for j in range(more):
            near = np.flatnonzero((world.communities["street"] == p.street) & (world.communities["weight"] > 0.001))
            spot = int(rng.choice(near)) if len(near) else p.community
            place = world.points(np.array([spot]), rng)[0]
            label = "老年客厅" if p.kind == CENTRE else "服务点"
            opened = (
                min(p.registered + int(rng.integers(30, 500)), world.end - 5) if p.registered < world.end - 40 else p.registered
            )
            p.sites.append(
                Site(
                    f"{p.name}{world.communities['short'][spot]}{label}{j + 1}",
                    spot,
                    *place,
                    int(rng.integers(60, 260)),
                    opened,
                    p.closed,
                )
            )


def describe(providers: list[Provider], world: World) -> list[dict[str, Any]]:
    """The latent truth about every provider, for truth/providers.json."""
    return [
        {
            "provider_id": p.id,
            "name": p.name,
            "kind": p.kind,
            "street": world.streets["code"][p.street],
            "causes": p.causes,
            "causes_cn": [CAUSES[c] for c in p.causes],
            "cause_month": world.month_name(p.cause_month) if p.causes else None,
            "fate": p.fate,
            "fate_month": world.month_name(p.fate_month) if p.fate else None,
            "badness": [round(float(b), 3) for b in p.bad],
        }
        for p in providers
    ]
