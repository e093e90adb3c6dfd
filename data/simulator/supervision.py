"""Comprehensive supervision: inspections, findings, rectification, penalties and the regulatory steps against a provider."""

from __future__ import annotations

from typing import Any

import numpy as np

from data.simulator.draws import credit, draw
from data.simulator.providers import CANTEEN, CARE, CENTRE, HOME, MICRO, SOCIAL, Provider
from data.simulator.world import NEVER, World, iso
from data.simulator.writers import SqlSink

INSPECTORS = ("沈岚", "王澄", "陈霁", "徐芮", "周沅", "吴昀", "朱苓", "章柃", "俞禾", "金宥")
SEVERITY = ("一般", "较重", "严重", "重大")
SCOPE = ("个别", "多处", "普遍")
# field: (clause, description), by what the findings are about
TOPICS: dict[str, list[tuple[str, str]]] = {
    "质量安全": [
        ("养老机构服务安全基本规范 5.2", "未按要求开展入住（服务）前安全风险评估"),
        ("养老机构服务安全基本规范 6.4", "护理记录与实际服务不符"),
        ("食品安全法 第四十七条", "留样不足 48 小时，记录不完整"),
        ("食品安全法 第三十四条", "库房存放超过保质期的食品原料"),
        ("消防法 第十六条", "灭火器压力不足，未及时更换"),
        ("消防法 第二十八条", "疏散通道堆放杂物"),
    ],
    "从业人员": [
        ("养老机构管理办法 第二十六条", "在岗护理员未取得职业技能等级证书"),
        ("养老机构管理办法 第二十七条", "年度培训学时不足"),
        ("养老机构管理办法 第二十六条", "夜班护理人员配比不足"),
    ],
    "涉及资金": [
        ("养老服务补贴资金管理办法 第九条", "工单签到签退记录不全，无法核对补贴"),
        ("养老机构预收费管理规定 第五条", "预收费未存入专用账户"),
    ],
    "运营秩序": [
        ("养老机构管理办法 第十六条", "服务合同要素不全"),
        ("养老机构管理办法 第三十条", "收费项目和标准未公示"),
        ("养老服务条例 第四十一条", "综合保险未按期续保"),
    ],
    "应急管理": [
        ("养老机构管理办法 第三十二条", "应急预案未按年度演练"),
        ("养老机构管理办法 第三十二条", "紧急呼叫设备故障未修复"),
    ],
}
# Days to rectify by severity: the hazard classes of 24 hours, 3, 7 and 15 days stand for 重大 and 严重; 30 days otherwise.
DEADLINE = {"一般": (30,), "较重": (15, 30), "严重": (7, 15), "重大": (1, 3)}


def write_supervision(world: World, providers: list[Provider], sink: SqlSink) -> int:
    """JC_RW, JC_WT, JC_ZG, JC_CF and JC_CZ; JC_JH, JC_CQ and JC_XY (draws.py)."""
    rng = world.rng("supervision")
    visits, findings, orders = _visits(world, providers, rng)
    penalties = _penalties(world, providers, findings, visits, rng)
    actions = _actions(world, providers, rng)
    plans, drawn = draw(world, providers, visits, INSPECTORS)
    rows = 0
    for name, data, kinds in (
        ("JC_RW", visits, {}),
        ("JC_WT", findings, {}),
        ("JC_ZG", orders, {}),
        ("JC_CF", penalties, {"JE": "real"}),
        ("JC_CZ", actions, {}),
        ("JC_JH", plans, {"CCBL": "int"}),
        ("JC_CQ", drawn, {}),
        ("JC_XY", credit(world, providers), {}),
    ):
        columns = [c for c in data[0] if not c.startswith("_")]
        sink.create(name, dict.fromkeys(columns, "text") | kinds)
        rows += sink.append(name, {c: [r[c] for r in data] for c in columns})
    world.truth.expected["inspections"] = {
        "inspections": len(visits),
        "findings": len(findings),
        "open_at_end": sum(1 for r in orders if r["WC_RQ"] is None),
    }
    return rows


def _visits(world: World, providers: list[Provider], rng: np.random.Generator) -> tuple[list[dict], list[dict], list[dict]]:
    """Double-random draws, campaigns before Spring Festival and in summer, and re-inspections of the graver findings.

    The year before the period is inspected, too: what an inspection found then still counts when the period begins.
    """
    visits: list[dict[str, Any]] = []
    found: list[dict[str, Any]] = []
    ordered: list[dict[str, Any]] = []
    queue: list[tuple[int, Provider, str, str | None, float]] = []
    for month in range(-12, len(world.months)):
        calendar = int(world.month_name(month)[5:])
        for p in providers:
            if p.registered > world.first_day(month) or (p.closed != NEVER and p.closed <= world.last_day(month)):
                continue
            bad = p.bad[max(month, 0)]
            chance = {HOME: 0.30, MICRO: 0.26, CENTRE: 0.22, CANTEEN: 0.24, CARE: 0.24, SOCIAL: 0.12}[p.kind] * (0.75 + 0.9 * bad)
            on = world.first_day(month) + int(rng.integers(0, 27))
            if rng.random() < chance:
                queue.append((on, p, "双随机", None, 1.0))
            campaign = (calendar in (1, 9) and p.kind in (HOME, MICRO, CENTRE)) or (calendar == 7 and p.kind == CANTEEN)
            if campaign and rng.random() < 0.5:
                queue.append((min(on + 1, world.last_day(month)), p, "专项", None, 0.7))
    queue.sort(key=lambda q: (q[0], q[1].index))
    while queue:
        on, p, kind, follows, strength = queue.pop(0)
        if on > world.end or (p.closed != NEVER and on >= p.closed):
            continue
        number = f"JC{len(visits) + 1:06d}"
        mine = _findings(world, p, on, number, kind, strength, rng)
        grave = [f for f in mine if f["YZCD"] != "一般"]
        visits.append(
            {
                "RW_ID": number,
                "DW_ID": p.id,
                "LX": kind,
                "JC_RQ": iso(on)[0],
                "JCRY": "、".join(rng.choice(INSPECTORS, 2, replace=False)),
                "JG": "不合格" if grave or len(mine) > 3 else "合格",
                "YRW_ID": follows,
            }
        )
        last = 0
        for f in mine:
            f["WT_ID"] = f"WT{len(found) + 1:06d}"
            found.append(f)
            row = _rectify(world, p, on, f, rng)
            ordered.append(row)
            last = max(last, row["_deadline"])
        if grave and (follows is None or rng.random() < 0.7):
            again = last + int(rng.integers(1, 8))
            position = next((i for i, q in enumerate(queue) if q[0] > again), len(queue))
            queue.insert(position, (again, p, "复查", number, 0.22))
    return visits, found, ordered


def _findings(
    world: World, p: Provider, on: int, number: str, kind: str, strength: float, rng: np.random.Generator
) -> list[dict[str, Any]]:
    """Findings of one visit; their number, kind and gravity follow the provider's badness and its causes."""
    month = int(np.clip(world.month_of(np.array([on]))[0], 0, len(world.months) - 1))
    bad = float(p.bad[month])
    out = []
    for _ in range(rng.poisson((0.24 + 2.7 * bad) * strength)):
        fields = {"质量安全": 3.0, "从业人员": 1.0, "涉及资金": 0.6, "运营秩序": 1.4, "应急管理": 1.0}
        if p.kind in (HOME, CANTEEN):
            fields["质量安全"] += 1
        for cause, field, extra in (
            ("few_certified", "从业人员", 6),
            ("kitchen", "质量安全", 6),
            ("fraud", "涉及资金", 6),
            ("flight", "从业人员", 3),
            ("lapsed_insurance", "运营秩序", 3),
            ("new_management", "运营秩序", 3),
        ):
            fields[field] += extra if p.has(cause) else 0
        weights = np.array(list(fields.values()))
        field = str(rng.choice(list(fields), p=weights / weights.sum()))
        clause, text = TOPICS[field][int(rng.integers(len(TOPICS[field])))]
        tail = np.array([0.81 - 0.32 * bad, 0.16 + 0.17 * bad, 0.026 + 0.12 * bad, 0.004 + 0.03 * bad])
        out.append(
            {
                "WT_ID": "",
                "RW_ID": number,
                "LY": field,
                "YZCD": str(rng.choice(SEVERITY, p=tail / tail.sum())),
                "FW": str(rng.choice(SCOPE, p=[0.7 - 0.3 * bad, 0.22 + 0.2 * bad, 0.08 + 0.1 * bad])),
                "TK": clause,
                "MS": text,
                "_provider": p.index,
                "_on": on,
            }
        )
    return out


def _rectify(world: World, p: Provider, on: int, finding: dict[str, Any], rng: np.random.Generator) -> dict[str, Any]:
    """The rectification of a finding; slow providers overrun, and some never finish."""
    month = int(np.clip(world.month_of(np.array([on]))[0], 0, len(world.months) - 1))
    days = int(rng.choice(DEADLINE[finding["YZCD"]]))
    deadline = on + days
    slow = 0.04 + 0.30 * float(p.bad[month]) + (0.45 if p.has("slow_rectification") else 0)
    if rng.random() < slow:
        done = deadline + int(rng.integers(2, 60))
        if rng.random() < 0.25 and on > world.end - 400:
            done = world.end + 999
        if done <= world.end and on >= world.start:
            world.truth.irregular["late_rectification"].append(
                {"finding_id": finding["WT_ID"], "provider_id": p.id, "days_late": done - deadline}
            )
    else:
        done = on + max(0 if days == 1 else 1, int(days * rng.uniform(0.3, 1.0)))
    verified = done + int(rng.integers(1, 9))
    return {
        "WT_ID": finding["WT_ID"],
        "ZL_RQ": iso(on)[0],
        "QX_RQ": iso(deadline)[0],
        "WC_RQ": iso(done)[0] if done <= world.end else None,
        "YS_RQ": iso(verified)[0] if verified <= world.end else None,
        "_deadline": deadline,
    }


def _penalties(
    world: World, providers: list[Provider], findings: list[dict], visits: list[dict], rng: np.random.Generator
) -> list[dict[str, Any]]:
    """Penalties that follow major findings, and those of the provider that cheats."""
    rows: list[tuple[int, int, str, str, float | None]] = []
    for f in findings:
        if f["YZCD"] == "重大" and f["_on"] >= world.start and rng.random() < 0.75:
            fine = rng.random() < 0.6
            reason = "安全事故" if f["LY"] in ("质量安全", "应急管理") and rng.random() < 0.25 else "其他"
            rows.append(
                (
                    f["_on"] + int(rng.integers(5, 40)),
                    f["_provider"],
                    "罚款" if fine else "警告",
                    reason,
                    float(rng.choice([2000, 5000, 10000, 20000])) if fine else None,
                )
            )
    for p in providers:
        if p.has("fraud"):
            on = world.first_day(max(2, int(len(world.months) * 0.7))) + 11
            rows.append((min(on, (p.closed if p.closed != NEVER else world.end) - 30), p.index, "罚款", "欺诈骗补", 60_000.0))
        if p.fate == "退出决定" and rng.random() < 0.6:
            rows.append((p.closed - 25, p.index, "责令停业", "安全事故" if p.kind in (HOME, MICRO) else "其他", None))
    # The register goes back a little; the oldest penalty is always there.
    rows.append((world.start - 120, 0, "警告", "其他", None))
    rows = sorted((r for r in rows if r[0] <= world.end), key=lambda r: (r[0], r[1]))
    return [
        {"CF_ID": f"CF{i + 1:04d}", "DW_ID": providers[who].id, "CF_RQ": iso(on)[0], "CF_LX": kind, "CF_YY": reason, "JE": amount}
        for i, (on, who, kind, reason, amount) in enumerate(rows)
    ]


def _actions(world: World, providers: list[Provider], rng: np.random.Generator) -> list[dict[str, Any]]:
    """Interview → proposed exit → decision or restoration, with the terms between the steps."""
    rows: list[tuple[int, Provider, str]] = []
    for p in providers:
        if not p.fate:
            continue
        on = world.first_day(p.fate_month) + int(rng.integers(4, 20))
        if p.fate == "退出决定":
            on = p.closed - int(rng.integers(12, 18))
        steps = {
            "约谈": ["约谈"],
            "拟退出": ["约谈", "拟退出"],
            "退出决定": ["约谈", "拟退出", "退出决定"],
            "恢复": ["约谈", "拟退出", "恢复"],
        }[p.fate]
        for back, step in enumerate(reversed(steps)):
            rows.append((on - back * int(rng.integers(38, 66)), p, step))
    rows = sorted((r for r in rows if r[0] <= world.end), key=lambda r: (r[0], r[1].index))
    return [
        {"CZ_ID": f"CZ{i + 1:04d}", "DW_ID": p.id, "LX": step, "JD_RQ": iso(on)[0], "WH": f"拱民监〔{iso(on)[0][:4]}〕{i + 1}号"}
        for i, (on, p, step) in enumerate(rows)
    ] or [{"CZ_ID": "CZ0001", "DW_ID": providers[0].id, "LX": "约谈", "JD_RQ": iso(world.start)[0], "WH": "拱民监〔2024〕1号"}]
