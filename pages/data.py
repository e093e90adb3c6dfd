"""数据: where the figures come from, how fresh they are, and what was turned away."""

from dashboard.views import by_area, by_street, register_page, subject
from dashboard.views.data import held, modules, modules_side
from dashboard.views.data_arrivals import arrivals
from etl.indicators.data import (
    freshness_hours,
    rows_quarantined,
    rows_quarantined_rate,
    source_on_time,
    unit_days_behind,
    units_on_time,
)

register_page(
    __name__, path="/data", title="数据", order=90, right="data",
    layout=subject(
        strip=[source_on_time, units_on_time, freshness_hours, unit_days_behind, rows_quarantined, rows_quarantined_rate],
        layers=[by_area(rows_quarantined), by_area(rows_quarantined_rate), by_area(units_on_time), by_area(unit_days_behind)],
        trend=None,
        attention=modules_side,
        below=[held, arrivals, modules, by_street(rows_quarantined, rows_quarantined_rate, sheet="delivered")],
        sheets={"modules": "数据来源", "arrivals": "各单位报送", "loads": "接入核对", "quarantine": "隔离记录"},
    ),
)  # fmt: skip
