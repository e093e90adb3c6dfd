"""总览: the state of the district at a glance."""

from dashboard.views import by_area, by_street, exit_states, provider_stars, register_page, subject, watch_list
from etl.indicators.beds import beds_per_1000, institution_beds_per_1000, nursing_bed_share
from etl.indicators.caregivers import caregiver_cert_rate, cert_expiring_90d
from etl.indicators.elders import elders_60, elders_80
from etl.indicators.facilities import five_star_centres, micro_institutions, street_centre_coverage
from etl.indicators.money import execution_rate
from etl.indicators.services import purchased_service_elders, satisfaction
from etl.indicators.supervision import findings_open, insured_share, provider_star_mean

register_page(
    __name__, path="/", title="总览", order=10,
    layout=subject(
        strip=[
            elders_80, purchased_service_elders, beds_per_1000, caregiver_cert_rate, execution_rate, satisfaction, provider_star_mean,
            findings_open,
        ],
        layers=[
            by_area(caregiver_cert_rate), by_area(purchased_service_elders), by_area(beds_per_1000), by_area(satisfaction), provider_stars,
            exit_states,
        ],
        attention=watch_list(
            caregiver_cert_rate, beds_per_1000, institution_beds_per_1000, nursing_bed_share, street_centre_coverage, five_star_centres,
            micro_institutions, purchased_service_elders, insured_share,
        ),
        below=[
            by_street(
                elders_60, elders_80, purchased_service_elders, beds_per_1000, caregiver_cert_rate, cert_expiring_90d, execution_rate,
                satisfaction, provider_star_mean, findings_open,
            ),
        ],
    ),
)  # fmt: skip
