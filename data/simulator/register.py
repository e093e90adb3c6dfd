"""Writes the providers as their systems hold them: the provider register, permits and admissions."""

from __future__ import annotations

from typing import Any

import numpy as np

from data.simulator.names import brands, credit_code
from data.simulator.providers import CANTEEN, CENTRE, HOME, KINDS, MICRO, Provider
from data.simulator.world import NEVER, World, iso
from data.simulator.writers import SqlSink
from etl import geo

GRADES = {"一级": 360, "二级": 450, "三级": 570, "四级": 780, "五级": 900}
LEAST_SHARE = {"一级": 0.4, "二级": 0.5, "三级": 0.6, "四级": 0.8, "五级": 0.9}
SECTIONS = {"DJ_HJ": 120, "DJ_SS": 130, "DJ_GL": 150, "DJ_FW": 600}
TO_CRS = {"CGCS2000": lambda x, y: (x, y), "GCJ02": geo.wgs84_to_gcj02, "BD09": geo.wgs84_to_bd09}
ROADS = ("禾樾路", "澄屿街", "岚汀路", "煦舟弄", "芮栖路", "沅澜街", "苓颐路", "昀棠弄")


def _text(days: int) -> str | None:
    return iso(days)[0]


def _insert(sink: SqlSink, name: str, rows: list[dict[str, Any]], kinds: dict[str, str]) -> int:
    sink.create(name, kinds)
    return sink.append(name, {c: [r.get(c) for r in rows] for c in kinds})


def write_providers(world: World, providers: list[Provider], sink: SqlSink) -> int:
    """FWDW, FWZD, FWDW_ZZ and ZRSQ."""
    rng, assessed = world.rng("register"), world.rng("register grades")
    rows, sites, permits = [], [], []
    for p in providers:
        grade, score = _grade(p, rng)
        sections = None if grade is None or score is None else _sections(grade, score, assessed)
        medical = {HOME: "协议" if p.beds <= 100 else "内设"}.get(p.kind, "协议" if rng.random() < 0.6 else "无")
        if p.kind == HOME and rng.random() < 0.12 + 0.3 * p.bad[-1]:
            medical = "无"
        rows.append(
            {
                "DW_ID": p.id,
                "TYDM": p.code,
                "MC": p.name,
                "LB": p.kind,
                "XZ": p.ownership,
                "FR": p.legal_person,
                "LXDH": p.phone,
                "YL_LX": medical,
                "DJ": grade,
                "DJ_DF": None if sections is None else sum(sections.values()),
                **(sections or dict.fromkeys(SECTIONS)),
                "ZT": p.status,
                "ZC_RQ": _text(p.registered),
                "ZX_RQ": _text(p.closed),
            }
        )
        for j, s in enumerate(p.sites):
            crs = str(rng.choice(list(TO_CRS), p=[0.7, 0.22, 0.08]))
            lng, lat = TO_CRS[crs](s.lng, s.lat)
            key = f"Z{p.index + 1:04d}{j + 1}"
            if crs != "CGCS2000":
                world.truth.note(f"site_{crs.lower()}", "provider", "FWZD", [key], "JD", "absorbed")
            road = (
                f"{world.region.name}{world.streets['name'][p.street]}{ROADS[(p.index + j) % len(ROADS)]}{rng.integers(1, 300)}号"
            )
            sites.append(
                {
                    "ZD_ID": key,
                    "DW_ID": p.id,
                    "MC": s.name,
                    "DZ": road,
                    "JD": round(float(lng), 6),
                    "WD": round(float(lat), 6),
                    "ZBX": crs,
                    "SQ_DM": world.communities["code"][s.community],
                    "JZMJ": float(s.area),
                    "KY_RQ": _text(s.opened),
                    "GB_RQ": _text(s.closed),
                    "JDJ": "1" if s.street_level else "0",
                    "ZZD": "1" if s.main else "0",
                }
            )
        permits += _permits(world, p, rng)
    permits = [{"ZZ_ID": f"ZZ{i + 1:05d}", **row} for i, row in enumerate(permits)]
    text = dict.fromkeys
    n = _insert(sink, "FWDW", rows, text(rows[0], "text") | dict.fromkeys(["DJ_DF", *SECTIONS], "real"))
    n += _insert(sink, "FWZD", sites, text(sites[0], "text") | {"JD": "real", "WD": "real", "JZMJ": "real"})
    n += _insert(sink, "FWDW_ZZ", permits, text(permits[0], "text"))
    applications = _applications(world, providers, rng)
    n += _insert(sink, "ZRSQ", applications, text(applications[0], "text"))
    materials = _materials(world, applications)
    return n + _insert(sink, "ZRSQ_CL", materials, text(materials[0], "text"))


def _grade(p: Provider, rng: np.random.Generator) -> tuple[str | None, float | None]:
    """GB/T 37276 grade and score of institutions and most centres; the score fits the grade except where somebody exaggerates."""
    if p.kind not in (HOME, CENTRE, MICRO) or rng.random() < 0.25:
        return None, None
    score = float(np.clip(rng.normal(885 - 400 * p.bad.mean(), 62), 300, 985))
    grade = None
    for name, least in GRADES.items():
        grade = name if score >= least else grade
    if grade and rng.random() < 0.02:
        grade = {"一级": "二级", "二级": "三级", "三级": "四级", "四级": "五级", "五级": "五级"}[grade]
    return grade, round(score) if grade else None


def _sections(grade: str, score: float, rng: np.random.Generator) -> dict[str, int]:
    """Points by section of the assessment. Every section reaches the grade's share, but for a few that miss it in one and for exaggerated grades.

    The least total of a grade is less than the least of all its sections together; an honest assessment has at least the latter.
    """
    honest, least = score >= GRADES[grade], LEAST_SHARE[grade]
    total = max(score, 1000 * least + 8) if honest else score
    floor = least if honest else min(least, total / 1000) - 0.05
    room = (total - 1000 * floor) / (1000 - 1000 * floor)
    spread = rng.uniform(-0.3, 0.3, 3) * min(room, 1 - room)
    points = {c: int(full * (floor + (1 - floor) * (room + d))) for (c, full), d in zip(SECTIONS.items(), spread, strict=False)}
    points["DJ_FW"] = round(total) - sum(points.values())
    if honest and rng.random() < 0.04:  # one section misses the share, another makes up for it
        column = str(rng.choice(["DJ_HJ", "DJ_SS", "DJ_GL"]))
        missing = points[column] - int(SECTIONS[column] * least * 0.95)
        points[column] -= missing
        points["DJ_FW"] = min(600, points["DJ_FW"] + missing)
    return points


def _permits(world: World, p: Provider, rng: np.random.Generator) -> list[dict[str, Any]]:
    """Registration, fire, food and the yearly insurance with its gaps."""
    out: list[dict[str, Any]] = []
    stop = p.closed if p.closed != NEVER else world.end + 1

    def add(kind: str, number: str, issued: int, expires: int) -> None:
        out.append({"DW_ID": p.id, "LX": kind, "BH": number, "FZ_RQ": _text(issued), "YX_RQ": _text(expires)})

    number = f"{p.index + 1:04d}"
    if rng.random() < 0.985:
        add("执业登记", f"YL330105{number}", p.registered, NEVER)
    if p.kind in (HOME, CENTRE, MICRO, CANTEEN) and rng.random() < 0.985 - 0.1 * p.bad[-1]:
        expires = p.registered + 365 * 3
        issued = p.registered
        while expires < world.start:
            issued, expires = expires, expires + 365 * 3
        renewed = True
        while renewed:
            add("消防", f"XF{number}{issued % 100000:05d}", issued, expires)
            renewed = expires < stop and rng.random() < 0.97 - 0.4 * p.bad[-1]
            issued, expires = expires - int(rng.integers(0, 20)), expires + 365 * 3
    if p.kind in (CANTEEN, HOME) or (p.kind == CENTRE and p.index % 2 == 0):
        issued = p.registered
        while True:
            add("食品经营", f"JY3330105{number}{issued % 100000:05d}", issued, issued + 365 * 5)
            if issued + 365 * 5 > stop or rng.random() < 0.03 + (0.15 if p.has("kitchen") else 0):
                break
            issued += 365 * 5 - int(rng.integers(0, 25))
    issued = max(p.registered, world.start - int(rng.integers(1, 364)))
    while issued < stop:
        add("综合保险", f"ZB{number}{issued % 100000:05d}", issued, issued + 364)
        lapse = rng.random() < 0.015 + 0.03 * p.bad.mean()
        if p.has("lapsed_insurance") and issued + 364 > world.end - 300:
            break
        issued += 365 + (int(rng.integers(5, 60)) if lapse else 0)
    return out


def _applications(world: World, providers: list[Provider], rng: np.random.Generator) -> list[dict[str, Any]]:
    """Admission: one application of everybody who opened in the period, and some that failed or are pending."""
    rows: list[dict[str, Any]] = []
    for p in providers:
        if p.registered >= world.start:
            applied = p.registered - int(rng.integers(25, 95))
            rows.append(
                {
                    "MC": p.name,
                    "TYDM": p.code,
                    "LB": p.kind,
                    "applied": applied,
                    "SP_RQ": p.registered - 3,
                    "JG": "通过",
                    "DW_ID": p.id,
                }
            )
    reasons = ("消防验收材料不全", "护理人员持证比例不足", "无食品经营许可", "场地面积不达标", "未签订医疗服务协议")
    kinds = list(KINDS)
    extra = max(6, round(18 * world.provider_factor))
    for j, brand in enumerate(brands(300, rng)[-extra:]):
        kind = kinds[j % len(kinds)]
        pending = j % 3 == 0
        applied = world.end - int(rng.integers(2, 40)) if pending else int(rng.integers(world.start - 100, world.end - 100))
        rows.append(
            {
                "MC": f"{world.streets['short'][j % len(world.streets['code'])]}{brand}{'养老服务中心'}",
                "TYDM": credit_code("52", world.region.code[:6], rng),
                "LB": kind,
                "applied": applied,
                "SP_RQ": NEVER if pending else applied + int(rng.integers(15, 70)),
                "JG": "受理中" if pending else "不通过",
                "YY": None if pending else reasons[j % len(reasons)],
            }
        )
    rows.sort(key=lambda r: (r["applied"], r["TYDM"]))
    order = ("SQ_ID", "MC", "TYDM", "LB", "SQ_RQ", "SP_RQ", "JG", "YY", "DW_ID")
    return [
        {c: r.get(c) for c in order} | {"SQ_ID": f"SQ{i + 1:04d}", "SQ_RQ": _text(r["applied"]), "SP_RQ": _text(r["SP_RQ"])}
        for i, r in enumerate(rows)
    ]


def _materials(world: World, applications: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """ZRSQ_CL: what each application came with; the reason of a refusal shows in a material."""
    rng = world.rng("admission materials")
    blamed = {"消防验收材料不全": "消防验收", "护理人员持证比例不足": "从业人员名册", "无食品经营许可": "食品经营许可", "场地面积不达标": "场地证明",
              "未签订医疗服务协议": "医疗服务协议"}  # fmt: skip
    rows: list[dict[str, Any]] = []
    for a in applications:
        kinds = ["登记证书", "场地证明", "消防验收", "从业人员名册"]
        kinds += ["食品经营许可"] if a["LB"] in (CANTEEN, HOME) else []
        kinds += ["医疗服务协议"] if a["LB"] in (HOME, MICRO) else []
        fault = blamed.get(a["YY"] or "")
        for kind in dict.fromkeys([*kinds, *([fault] if fault else [])]):
            given = kind != fault or rng.random() < 0.5
            verdict = "合格" if a["JG"] == "通过" else "不合格" if kind == fault else str(rng.choice(["待审", "合格", "补正"]))
            rows.append({"SQ_ID": a["SQ_ID"], "LX": kind, "TJ_RQ": a["SQ_RQ"] if given else None, "SH": verdict})
    return [{"CL_ID": f"CL{i + 1:05d}", **r} for i, r in enumerate(rows)]
