"""Indicators, each declared once. ``catalogue()`` finds the declarations by walking this package."""

from etl.indicators.base import (
    Count,
    Indicator,
    Mean,
    Measure,
    Median,
    Ratio,
    Total,
    catalogue,
    count,
    total,
)

__all__ = ["Count", "Indicator", "Mean", "Measure", "Median", "Ratio", "Total", "catalogue", "count", "total"]
