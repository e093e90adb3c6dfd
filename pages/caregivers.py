"""护理人员: certificates by level, what expires, and where."""

from dashboard.views import (
    by_area,
    by_level,
    by_provider,
    by_street,
    exit_states,
    lowest_providers,
    provider_stars,
    register_page,
    subject,
)
from etl.indicators.caregivers import (
    caregiver_cert_rate,
    caregivers,
    caregivers_per_10k,
    cert_expiring_90d,
    cert_level_1,
    cert_level_2,
    cert_level_3,
    cert_level_4,
    cert_level_5,
    senior_share,
    training_hours,
    turnover_12m,
    uncertified,
)

register_page(
    __name__, path="/caregivers", title="护理人员", order=20,
    layout=subject(
        strip=[caregiver_cert_rate, caregivers, cert_expiring_90d, senior_share, caregivers_per_10k, turnover_12m],
        layers=[by_area(caregiver_cert_rate), by_area(cert_expiring_90d), by_area(caregivers_per_10k), provider_stars, exit_states],
        attention=lowest_providers(caregiver_cert_rate, cert_expiring_90d),
        below=[
            by_level([cert_level_5, cert_level_4, cert_level_3, cert_level_2, cert_level_1, uncertified], caregivers),
            by_street(caregivers, caregiver_cert_rate, cert_expiring_90d, senior_share, turnover_12m),
            by_provider(caregiver_cert_rate, caregivers, cert_expiring_90d, senior_share, training_hours, turnover_12m),
        ],
        sheets={"levels": "持证等级", "areas": "按区域", "providers": "按服务单位"},
    ),
)  # fmt: skip
