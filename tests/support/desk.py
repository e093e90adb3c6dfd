"""The services that live pages ask for, over a ledger of their own: who reads, and the cases."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

from dashboard import ledger
from dashboard.access.rights import RIGHTS
from dashboard.access.scope import Scope
from dashboard.cases.calendar import calendar
from dashboard.cases.procedure import procedures
from dashboard.cases.store import Cases
from etl.paths import DEFAULT_REGION
from etl.region import Region


def desk(folder: Path, book: ledger.Ledger, scope: Scope, username: str = "reader") -> Any:
    """What the application hands to pages, for one reader."""
    rules = procedures(DEFAULT_REGION / "policies", RIGHTS)
    identity = SimpleNamespace(username=username, display_name=username, scope=scope, role=scope.role)
    return SimpleNamespace(
        identity=identity, ledger=book, region=Region.load(DEFAULT_REGION), counts=dict,
        cases=lambda: Cases(book, scope.area, rules, calendar(), folder / "files", scope.providers),
    )  # fmt: skip
