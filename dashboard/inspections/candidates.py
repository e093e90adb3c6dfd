"""Who stands on the list of a month: the providers that operate, with the risk that the last month's records give them."""

from __future__ import annotations

from dashboard.warehouse import Warehouse
from etl.draw.plan import Candidate
from etl.indicators import catalogue
from etl.policy.load import PolicyError
from etl.policy.oversight import load_oversight
from etl.policy.oversight_model import InspectionVersion
from etl.region import Region


def version_in_force(region: Region, month: str) -> InspectionVersion | None:
    """The version of the region's inspection policy in a month; None where there is none. PolicyError where the file is wrong."""
    policy, _ = load_oversight(region.path / "policies", catalogue())
    found = [v for v in (policy.versions if policy else []) if v.valid_from <= month]
    return found[-1] if found else None


def candidates(warehouse: Warehouse, month: str) -> list[Candidate]:
    """The operating providers of the reader's area at the end of ``month``, with stratum and weight as computed then."""
    streets = {code: area.parent_code or "" for code, area in warehouse.snapshot.areas.items() if area.level == 3}
    return [
        Candidate(
            id=row["provider_id"], name=row["name"], stratum=row["stratum"], weight=row["weight"], due=bool(row["due_rule"]),
            street=streets.get(row["community_code"], ""), last_team=row["last_team"] or "",
        )
        for row in warehouse.risks(warehouse.root.code, month)
    ]  # fmt: skip


__all__ = ["PolicyError", "candidates", "version_in_force"]
