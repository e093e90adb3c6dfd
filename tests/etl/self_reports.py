"""How well unreported incidents, and houses that report too little, are found: against what the simulator planted.

``python -m tests.etl.self_reports data/var`` prints it for a demo district that was simulated and run.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from tests.support.published import reader

DAYS = 12


@dataclass(frozen=True)
class Share:
    """``right`` of ``of``."""

    right: int
    of: int

    @property
    def value(self) -> float:
        return self.right / self.of if self.of else 1.0


@dataclass(frozen=True)
class Found:
    """Precision and recall of single missing reports and of providers to be asked in the last month (recall: of those with enough known)."""

    single_precision: Share
    single_recall: Share
    provider_precision: Share
    provider_recall: Share


@dataclass(frozen=True)
class Returns:
    """Of zero reports that something speaks against, and of months without any report: precision and recall."""

    doubted_precision: Share
    doubted_recall: Share
    unfiled_precision: Share
    unfiled_recall: Share


def compare_returns(con: duckdb.DuckDBPyConnection, irregular: dict[str, list[dict[str, Any]]]) -> Returns:
    """Against what was planted (provider_id, month); the last month is left out, its day has not passed."""
    last = con.execute("select max(month) from month").fetchone()[0]
    doubted, unfiled = (
        set(con.execute(f"select provider_id, month from incident_return_month where month < ? and {what}", [last]).fetchall())
        for what in ("doubted", "standing = '未报'")
    )

    def planted(*kinds: str) -> set[tuple[str, str]]:
        return {(p["provider_id"], p["month"]) for kind in kinds for p in irregular.get(kind, []) if p["month"] < last}

    wrong, silent = planted("zero_report_false", "zero_report_beside_report"), planted("incident_return_missing")
    return Returns(*(Share(len(found & true), len(of)) for found, true in ((doubted, wrong), (unfiled, silent)) for of in (found, true)))


def compare(con: duckdb.DuckDBPyConnection, missing: list[dict[str, Any]], quiet: set[str]) -> Found:
    """``missing``: planted incidents without a report (provider_id, elder_id, happened_on); ``quiet``: providers that report too little."""
    flagged = con.execute(
        "select provider_id, elder_id, cast(happened_at as date) from incident_known where counted and not reported order by incident_id"
    ).fetchall()
    hit: set[int] = set()
    right = 0
    for provider, elder, on in flagged:
        same = [
            i for i, m in enumerate(missing)
            if m["provider_id"] == provider and elder in (None, m["elder_id"]) and 0 <= (on - date.fromisoformat(m["happened_on"])).days <= DAYS
        ]  # fmt: skip
        hit |= set(same)
        right += bool(same)
    verdicts = dict(con.execute(
        "select provider_id, verdict from self_report_month where month = (select max(month) from self_report_month)"
    ).fetchall())  # fmt: skip
    asked = {p for p, v in verdicts.items() if v == "需核查"}
    judged = {p for p in quiet if verdicts.get(p, "样本不足") != "样本不足"}
    return Found(Share(right, len(flagged)), Share(len(hit), len(missing)), Share(len(asked & quiet), len(asked)), Share(len(asked & judged), len(judged)))


def main(var: Path) -> None:
    """Print the comparison for the region under ``var``."""
    truth = next(var.glob("*/truth/irregularities.json"))
    planted = json.loads(truth.read_text(encoding="utf-8"))
    pointer = json.loads((truth.parents[1] / "snapshots" / "current.json").read_text(encoding="utf-8"))
    with reader(truth.parents[1] / "snapshots" / pointer["file"]) as con:
        found = compare(con, planted["incident_unreported"], {p["provider_id"] for p in planted["under_reporting_provider"]})
        returns = compare_returns(con, planted)
    for name, share in (vars(found) | vars(returns)).items():
        print(f"{name:20} {share.right} / {share.of} = {share.value:.3f}")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "data/var"))
