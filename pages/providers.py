"""服务单位: stars, the list, and each provider with the reasons for its star."""

from dashboard.views import by_area, exit_states, provider_detail, provider_stars, register_page, subject
from dashboard.views.providers import listing, stars_panel
from etl.indicators.beds import beds, occupancy
from etl.indicators.caregivers import caregiver_cert_rate, caregivers, cert_expiring_90d, turnover_12m
from etl.indicators.facilities import providers
from etl.indicators.incidents import incidents_reported, self_report_rate
from etl.indicators.services import on_time_rate, order_completion, orders, satisfaction, sign_in_compliance
from etl.indicators.supervision import (
    complaints_per_1000_orders,
    findings_open,
    insured_share,
    provider_star_mean,
    providers_rated_low,
)

register_page(
    __name__, path="/providers", title="服务单位", order=40,
    layout=subject(
        strip=[providers, provider_star_mean, providers_rated_low, findings_open, insured_share, occupancy, satisfaction],
        layers=[provider_stars, by_area(provider_star_mean), by_area(findings_open), by_area(occupancy), exit_states],
        attention=stars_panel,
        below=[listing],
        sheets={"providers": "服务单位"},
    ),
    detail=provider_detail(
        caregivers, caregiver_cert_rate, cert_expiring_90d, turnover_12m, beds, occupancy, orders, order_completion, on_time_rate,
        sign_in_compliance, satisfaction, complaints_per_1000_orders, findings_open, incidents_reported, self_report_rate,
    ),
)  # fmt: skip
