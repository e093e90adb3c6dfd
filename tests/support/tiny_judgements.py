"""Seeded ratings, their evidence and exit states for the tiny snapshot."""

from __future__ import annotations

import random
from collections.abc import Iterable

import duckdb

from tests.support.tiny_base import Row, first_day, last_day, put


def judgements(con: duckdb.DuckDBPyConnection, provider_month: Iterable[Row], rng: random.Random) -> None:
    ratings, domains, evidence, status, reasons = [], [], [], [], []
    since: dict[str, tuple[str, str]] = {}
    for p in provider_month:
        pid, month, star = p["provider_id"], p["month"], p["star"]
        capped = star == 1
        score = None if star is None else round(star * 18 + rng.uniform(0, 9), 1)
        ratings.append(
            {
                "provider_id": pid,
                "month": month,
                "star": star,
                "score": score,
                "uncapped_star": 3 if capped else star,
                "cap_rule": "open_major_hazard" if capped else None,
                "cap_because": "月末有 1 项重大隐患未整改" if capped else None,
                "missing": "投诉与满意度记录不足" if star is None else None,
                "confidence": rng.choice(("高", "中", "低")),
                "evidence_count": 9,
                "policy_version": "2026-01",
            }
        )
        for domain, weight in (("质量安全", 0.35), ("从业人员", 0.2), ("涉及资金", 0.1), ("运营秩序", 0.15), ("应急与口碑", 0.2)):
            domains.append(
                {
                    "provider_id": pid,
                    "month": month,
                    "domain": domain,
                    "score": None if score is None else min(100.0, score + rng.uniform(-8, 8)),
                    "weight": weight,
                    "applied_weight": weight,
                }
            )
        seen = {"provider_id": pid, "month": month, "basis": "综合监管", "happened_on": last_day(month)}
        figure = {"domain": "从业人员", "rule": "cert_rate", "metric": "caregiver_cert_rate", "value": 82.5, "points": -6.0}
        permit = {"domain": "运营秩序", "rule": "insured", "metric": "insured", "value": 1.0, "points": 0.0}
        evidence += [
            {
                **seen,
                **figure,
                "sentence": "月末持证率 82.5%，低于 95%",
                "source_table": "provider_figure",
                "row_key": f"caregiver_cert_rate/{pid}/{month}",
            },
            {**seen, **permit, "sentence": "综合保险在有效期内", "source_table": "provider_permit", "row_key": f"{pid}-综合保险"},
        ]
        state = p["exit_state"]
        if since.get(pid, ("", ""))[0] != state:
            since[pid] = (state, month)
        status.append(
            {
                "provider_id": pid,
                "month": month,
                "state": state,
                "since": first_day(since[pid][1]),
                "rule": None if state == "normal" else "two_one_star",
                "basis": None if state == "normal" else "退出办法第五条",
                "because": None if state == "normal" else "连续两月一星",
                "policy_version": "2026-01",
            }
        )
        if state != "normal":
            reasons.append(
                {
                    "provider_id": pid,
                    "month": month,
                    "rule": "two_one_star",
                    "basis": "退出办法第五条",
                    "sentence": "连续两月监管评级为一星",
                    "source_table": "rating",
                    "row_key": pid,
                }
            )
    month_latest = max(r["month"] for r in ratings)
    for name, rows in (
        ("rating", ratings),
        ("rating_domain", domains),
        ("rating_evidence", evidence),
        ("rating_change", [c for r in ratings if r["month"] == month_latest for c in _changes(r)]),
        ("exit_status", status),
        ("exit_reason", reasons),
    ):
        put(con, name, rows)


def _changes(rating: Row) -> list[Row]:
    """One way up and one down for whoever has a star; the words as the engine makes them."""
    star, score, found = rating["star"], rating["score"], []
    for direction, new, what in (("gain", (star or 5) + 1, "若补办综合保险（2026年9月30日到期）"), ("lose", (star or 1) - 1, "如再查出一项严重问题（质量安全）")):
        if star is not None and 1 <= new <= 5:
            words = f"{what}：{'一二三四五'[star - 1]}星{'升' if direction == 'gain' else '降'}为{'一二三四五'[new - 1]}星（{score}分→{score}分）"
            found.append({"provider_id": rating["provider_id"], "month": rating["month"], "direction": direction, "position": 1, "changes": 1,
                          "sentence": words, "star": star, "new_star": new, "score": score, "new_score": score})  # fmt: skip
    return found
