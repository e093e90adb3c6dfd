"""The figures that a case rests on, frozen as text that hashes to the same value for ever; and whether today's figures still say the same."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from dashboard.warehouse import Warehouse

RATED_MONTHS = 3
_TABLES = {
    "exit_status": "select * from exit_status where provider_id = ? and month = ?",
    "exit_reason": "select * from exit_reason where provider_id = ? and month = ? order by rule, source_table, row_key, sentence",
    "rating_domain": "select * from rating_domain where provider_id = ? and month = ? order by domain",
    "rating_evidence": "select * from rating_evidence where provider_id = ? and month = ? order by domain, rule, source_table, row_key, sentence",
}


@dataclass(frozen=True, slots=True)
class Evidence:
    """``content`` is canonical JSON, ``sha256`` its hash."""

    run_id: str
    month: str
    policy_version: str
    content: str

    @property
    def sha256(self) -> str:
        return digest(self.content)


def digest(content: str) -> str:
    """SHA-256 of a text."""
    return hashlib.sha256(content.encode()).hexdigest()


def canonical(value: Any) -> str:
    """JSON in one fixed form: keys sorted, no blanks, dates and money as text."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=_plain, allow_nan=False)


def _plain(value: Any) -> Any:
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    raise TypeError(type(value).__name__)


def freeze(w: Warehouse, provider_id: Any, month: Any) -> Evidence:
    """What the snapshot says of a provider in a month: state with reasons, ratings of the last three months with domains and evidence.

    Unknown for a provider that the reader does not see.
    """
    found = w.provider(provider_id, month)
    at, known = w.snapshot, str(found["provider_id"])
    rows: dict[str, Any] = {name: at.dicts(sql, [known, month]) for name, sql in _TABLES.items()}
    rows["rating"] = at.dicts(
        f"select * from rating where provider_id = ? and month <= ? order by month desc limit {RATED_MONTHS}", [known, month]
    )
    rows["provider"] = {k: found.get(k) for k in ("provider_id", "name", "kind", "credit_code", "legal_person", "community_code")}
    rows["snapshot"] = {"run_id": at.run_id, "data_date": at.data_date, "month": month}
    versions = dict.fromkeys(str(r["policy_version"]) for name in ("exit_status", "rating") for r in rows[name][:1])
    return Evidence(at.run_id, str(month), "、".join(versions), canonical(rows))


def differences(frozen: str, now: str) -> list[str]:
    """What the present figures say otherwise than the frozen ones, as sentences; the run and the data date do not count."""
    then, today = json.loads(frozen), json.loads(now)
    said = []
    for month, old in {r["month"]: r for r in then.get("rating", [])}.items():
        new = next((r for r in today.get("rating", []) if r["month"] == month), None)
        if new is not None and (old["star"], old["score"]) != (new["star"], new["score"]):
            said.append(f"{month} 的评级现为 {_stars(new)}，固定时为 {_stars(old)}")
    before, after = ({r["sentence"] for r in rows.get("exit_reason", [])} for rows in (then, today))
    said += [f"现已没有：{s}" for s in sorted(before - after)] + [f"新增：{s}" for s in sorted(after - before)]
    return said


def _stars(row: dict[str, Any]) -> str:
    score = f"（{row['score']:.1f} 分）" if row.get("score") is not None else ""
    return (f"{row['star']} 星" if row["star"] else "暂不评级") + score
