"""The only reader of snapshots. Scope enters here and nowhere else."""

from dashboard.access.scope import ROLES, Role, Scope
from dashboard.warehouse.snapshot import NoSnapshot, Snapshot
from dashboard.warehouse.types import (
    Area,
    Column,
    Evidence,
    Figure,
    Forecast,
    ForecastPoint,
    Point,
    Rating,
    RatingDomain,
    Rows,
    Unknown,
)
from dashboard.warehouse.warehouse import Warehouse

__all__ = [
    "ROLES",
    "Area",
    "Column",
    "Evidence",
    "Figure",
    "Forecast",
    "ForecastPoint",
    "NoSnapshot",
    "Point",
    "Rating",
    "RatingDomain",
    "Role",
    "Rows",
    "Scope",
    "Snapshot",
    "Unknown",
    "Warehouse",
]
