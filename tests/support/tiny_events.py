"""Events of the tiny test snapshot: orders, inspections, complaints, money. See ``tiny_marts``."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

from tests.support.tiny_base import (
    CATEGORIES,
    FIELDS,
    PROGRAMMES,
    SEVERITIES,
    Row,
    Spot,
    first_day,
    last_day,
)


def orders(
    elders: list[Row], firms: list[Row], caregivers: list[Row], months: list[str], rng: random.Random
) -> dict[str, list[Row]]:
    rows: list[Row] = []
    staff: dict[str, list[str]] = {}
    for c in caregivers:
        if c["month"] == months[-1]:
            staff.setdefault(c["provider_id"], []).append(c["caregiver_id"])
    for n, m in enumerate(months):
        for k in range(60 + n):
            e, f = rng.choice(elders), rng.choice(firms)
            at = datetime.combine(first_day(m) + timedelta(days=rng.randrange(28)), datetime.min.time()) + timedelta(
                hours=8 + k % 9
            )
            late = rng.random() > f["quality"]
            status = rng.choices(("已完成", "已取消", "未履约"), (93, 5, 2))[0]
            price = rng.choice((12, 20, 45, 60, 120))
            rows.append(
                {
                    "order_id": f"D{n:02d}{k:05d}",
                    "month": m,
                    "elder_id": e["elder_id"],
                    "provider_id": f["provider_id"],
                    "caregiver_id": rng.choice(staff[f["provider_id"]]),
                    "community_code": e["community_code"],
                    "item_code": f"X{k % 32:02d}",
                    "category": CATEGORIES[k % 8],
                    "ordered_at": at - timedelta(hours=20),
                    "appointed_at": at,
                    "dispatched_at": at - timedelta(hours=2),
                    "signed_in_at": at + timedelta(minutes=30 if late else 2),
                    "signed_out_at": at + timedelta(minutes=80),
                    "minutes": 60,
                    "price": price,
                    "subsidy_part": price * 0.6,
                    "own_part": price * 0.4,
                    "status": status,
                    "completed": status == "已完成",
                    "on_time": status == "已完成" and not late,
                    "sign_in_compliant": status == "已完成" and k % 17 != 0,
                    "satisfaction": rng.choice((3, 4, 5, 5, 5)),
                    "revisit": rng.choice(("满意", "满意", "不满意", None)),
                }
            )
    return {"order_fact": rows}


def supervision(firms: list[Row], months: list[str], rng: random.Random) -> dict[str, list[Row]]:
    visits: list[Row] = []
    findings: list[Row] = []
    open_findings: list[Row] = []
    complaints: list[Row] = []
    for n, m in enumerate(months):
        for i, f in enumerate(firms):
            key = {"month": m, "provider_id": f["provider_id"], "community_code": f["community_code"]}
            if (i + n) % 4 == 0:
                bad = rng.random() > f["quality"]
                visit = f"J{n:02d}{i:03d}"
                visits.append(
                    {
                        **key,
                        "inspection_id": visit,
                        "kind": "双随机",
                        "inspected_on": last_day(m) - timedelta(days=9),
                        "inspectors": "甲、乙",
                        "result": "不合格" if bad else "合格",
                        "passed": not bad,
                    }
                )
                if bad:
                    row = {
                        **key,
                        "finding_id": visit + "-1",
                        "inspection_id": visit,
                        "field": FIELDS[i % 5],
                        "severity": rng.choice(SEVERITIES),
                        "scope": "个别",
                        "clause": "第十二条",
                        "description": "消防通道堆放杂物",
                        "inspected_on": last_day(m) - timedelta(days=9),
                        "deadline": last_day(m) + timedelta(days=21),
                        "done_on": None,
                        "rectified_on_time": i % 3 != 0,
                        "due": True,
                    }
                    findings.append(row)
                    for later in months[n : n + 2]:
                        open_findings.append(
                            {**row, "month": later, "open_at_month_end": True, "open": True, "overdue": later != m}
                        )
            if (i * 3 + n) % 10 == 0:
                complaints.append(
                    {
                        **key,
                        "complaint_id": f"T{n:02d}{i:03d}",
                        "received_at": datetime.combine(first_day(m), datetime.min.time()),
                        "channel": "12345",
                        "subject": "服务质量",
                        "content": "送餐不及时",
                        "due_on": last_day(m),
                        "answered_at": None,
                        "answered": True,
                        "answered_in_time": i % 4 != 0,
                        "satisfied": i % 3 != 0,
                    }
                )
    return {"inspection_fact": visits, "finding_fact": findings, "finding_month": open_findings, "complaint_fact": complaints}


def incidents(elders: list[Row], firms: list[Row], months: list[str]) -> dict[str, list[Row]]:
    """One resident a month and house fell, and the hospital knows; the first house reports one in three of them, the others all."""
    known: list[Row] = []
    reports: list[Row] = []
    sums: list[Row] = []
    returns: list[Row] = []
    houses = [f for f in firms if f["kind"] in ("养老机构", "照料中心", "嵌入式微型机构")]
    for i, f in enumerate(houses):
        told: list[bool] = []
        for n, m in enumerate(months):
            elder = elders[(i * 31 + n * 7) % len(elders)]
            at = datetime.combine(first_day(m), datetime.min.time()) + timedelta(days=3 + n % 20, hours=7)
            key = {"month": m, "provider_id": f["provider_id"], "community_code": f["community_code"], "elder_id": elder["elder_id"], "happened_at": at}
            told.append(i > 0 or n % 3 == 0)
            number = f"SB{i:03d}{n:02d}" if told[-1] else None
            if number:
                reports.append({**key, "report_no": number, "kind": "跌倒", "harm": "轻伤", "sent": True, "reported_at": at + timedelta(hours=5),
                                "late": False, "story": "起身时摔倒"})  # fmt: skip
            known.append({
                **key, "incident_id": f"medical_referral-SZ{i:03d}{n:02d}", "care": "在住", "says": "跌倒", "by_hospital": True, "by_call": False,
                "by_device": n % 5 == 0, "by_complaint": False, "source_table": "medical_referral", "row_key": f"SZ{i:03d}{n:02d}", "report_no": number,
                "reported": number is not None, "counted": True, "standing": "已自报" if number else "需核查",
            })  # fmt: skip
            zero = not told[-1] and n % 4 == 1
            returns.append({
                "month": m, "provider_id": f["provider_id"], "provider_name": f["provider_id"], "community_code": f["community_code"],
                "reports": int(told[-1]), "zero": zero, "missing": int(not told[-1]), "due": n + 1 < len(months), "doubted": zero,
                "standing": "零报告存疑" if zero else "已报事件" if told[-1] else "未报" if n + 1 < len(months) else "未到期",
            })  # fmt: skip
            year = told[-12:]
            few, missing = len(year) < 5, year.count(False)
            sums.append({
                "month": m, "provider_id": f["provider_id"], "community_code": f["community_code"], "months": 12, "known": len(year),
                "reported": sum(year), "missing": missing, "rate": 100.0 * sum(year) / len(year),
                "verdict": "样本不足" if few else "需核查" if missing >= 3 else "未见异常",
            })  # fmt: skip
    return {"incident_known": known, "incident_fact": reports, "self_report_month": sums, "incident_return_month": returns}


def prepayments(elders: list[Row], firms: list[Row], months: list[str]) -> dict[str, list[Row]]:
    """Every house owes a deposit to six elders and a year's fees to one; the second house keeps most of it itself."""
    rows: list[Row] = []
    sums: list[Row] = []
    houses = [f for f in firms if f["kind"] in ("养老机构", "照料中心", "嵌入式微型机构")]
    for i, f in enumerate(houses):
        share = 0.25 if i == 1 else 0.95
        for m in months:
            own = []
            for k in range(7):
                elder = elders[(i * 17 + k) % len(elders)]
                kind, amount = ("押金", 8000.0) if k < 6 else ("预付服务费", 24_000.0)
                own.append({
                    "month": m, "balance_id": f"{f['provider_id']}-{elder['elder_id']}-{kind}", "provider_id": f["provider_id"],
                    "community_code": f["community_code"], "elder_id": elder["elder_id"], "kind": kind, "amount": amount, "held": amount * share,
                    "unheld": amount * (1 - share), "monthly_fee": 4000.0, "deposit_over": False,
                })  # fmt: skip
            rows += own
            amount, held = sum(r["amount"] for r in own), sum(r["held"] for r in own)
            sums.append({
                "month": m, "provider_id": f["provider_id"], "community_code": f["community_code"], "elders": 7, "amount": amount, "held": held,
                "unheld": amount - held, "share": 100 * share, "required": 80.0, "short": share < 0.8,
            })  # fmt: skip
    return {"prepayment_month": rows, "prepaid_provider_month": sums}


def money(spots: list[Spot], elders: list[Row], firms: list[Row], months: list[str], rng: random.Random) -> dict[str, list[Row]]:
    monthly: list[Row] = []
    payments: list[Row] = []
    applications: list[Row] = []
    street_of = {s.code: s.street for s in spots}
    for programme, (title, payee) in PROGRAMMES.items():
        takers = [e for i, e in enumerate(elders) if i % 6 == 0] if payee == "elder" else firms[::4]
        for n, m in enumerate(months):
            for k, taker in enumerate(takers):
                amount = (40 if programme == "high_age" else 300) + 10 * (k % 9) if payee == "elder" else 5000 + 100 * k
                who = {
                    "elder_id": taker.get("elder_id"),
                    "provider_id": taker["provider_id"] if payee == "provider" else None,
                    "community_code": taker["community_code"],
                    "street_code": street_of[taker["community_code"]],
                }
                key = {
                    "month": m,
                    "programme": programme,
                    "programme_name": title,
                    "payee": payee,
                    "payee_name": taker["name"],
                    **who,
                }
                application = f"A{programme}{k:04d}{n:02d}"
                returned = rng.random() < 0.01
                applications.append(
                    {
                        **key,
                        "application_id": application,
                        "applied_on": first_day(m),
                        "month_from": m,
                        "amount": amount,
                        "approved": True,
                        "approved_on": first_day(m) + timedelta(days=12),
                        "approved_amount": amount,
                    }
                )
                payments.append(
                    {
                        **key,
                        "payment_id": "F" + application,
                        "application_id": application,
                        "amount": amount,
                        "paid_on": last_day(m),
                        "account_hash": f"{rng.randrange(16**16):016x}",
                        "bank_result": "退回" if returned else "成功",
                        "returned": returned,
                        "paid": not returned,
                        "days_to_pay": 18 + k % 9,
                    }
                )
    sums: dict[tuple[str, str, str], float] = {}
    for p in payments:
        at = (p["programme"], p["street_code"], p["month"])
        sums[at] = sums.get(at, 0) + (p["amount"] if p["paid"] else 0)
    for programme, (title, payee) in PROGRAMMES.items():
        for street in sorted(set(street_of.values())):
            year_to_date = 0.0
            for m in months:
                paid = sums.get((programme, street, m), 0.0)
                year_to_date = paid if m.endswith("-01") else year_to_date + paid
                budget = 12.8 * sums.get((programme, street, months[-1]), 0.0)
                monthly.append(
                    {
                        "month": m,
                        "programme": programme,
                        "programme_name": title,
                        "payee": payee,
                        "street_code": street,
                        "budget_year": budget,
                        "applied": paid * 1.03,
                        "approved": paid * 1.01,
                        "paid": paid,
                        "paid_ytd": year_to_date,
                        "whole_year": f"{m[:4]}-01" >= months[0],
                        "applied_ytd": year_to_date * 1.03,
                        "approved_ytd": year_to_date * 1.01,
                    }
                )
    return {"subsidy_month": monthly, "payment_fact": payments, "claim_month": applications}
