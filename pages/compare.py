"""对比: two providers side by side."""

from dashboard.views import register_page, side_by_side, subject
from etl.indicators.beds import beds, occupancy
from etl.indicators.caregivers import caregiver_cert_rate, caregivers, turnover_12m
from etl.indicators.services import on_time_rate, order_completion, orders, satisfaction, sign_in_compliance
from etl.indicators.supervision import complaints_per_1000_orders, findings_open

register_page(
    __name__, path="/providers/compare", title="两家对比", order=41, parent="/providers",
    layout=subject(below=[side_by_side(
        caregivers, caregiver_cert_rate, turnover_12m, beds, occupancy, orders, order_completion, on_time_rate, sign_in_compliance, satisfaction,
        complaints_per_1000_orders, findings_open,
    )]),
)  # fmt: skip
