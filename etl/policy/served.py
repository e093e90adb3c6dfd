"""Whom a provider served before a decision: one definition for the assessment of impact and for the trial of a draft.

Everyone with a completed visit, a meal, a bed or a family bed of the provider in the months that the impact policy counts.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from etl.policy.impact import ImpactPolicy

WITHOUT_POLICY = 3
"""Months that count where a region has no impact policy: those of ninety days."""
_SERVICES = {"order_fact": "completed", "meal_month": "meals > 0", "stay_month": "true", "family_bed_month": "true"}


def months_counted(policy: ImpactPolicy | None, months: Sequence[str], month: str) -> list[str]:
    """The months up to ``month`` in which being served counts, of all that there are, in order."""
    version = policy.at(month) if policy else None
    at = months.index(month)
    return list(months[max(0, at - (version.served.months if version else WITHOUT_POLICY) + 1) : at + 1])


def served(tables: Collection[str], schema: str = "") -> str:
    """SQL: distinct (provider_id, elder_id) over ``$months``, from those of the marts that are among ``tables``."""
    parts = [
        f"select provider_id, elder_id from {schema}{table} where month in (select unnest($months)) and {counts}"
        for table, counts in _SERVICES.items() if table in tables
    ]  # fmt: skip
    rows = " union all ".join(parts) or "select null::text as provider_id, null::text as elder_id where false"
    return f"select distinct provider_id, elder_id from ({rows}) where provider_id is not null and elder_id is not null"
