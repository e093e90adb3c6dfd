"""床位与联盟: beds, waiting lists, and what institutions share: beds offered and matched, group stays, people living together."""

from dashboard.views import by_area, by_provider, by_street, figures_of, lowest_providers, register_page, subject
from etl.indicators.alliance import beds_matched, beds_offered, co_living_pairs, co_living_verified, match_days, travel_stays
from etl.indicators.beds import (
    bed_reports_differ,
    beds,
    beds_per_1000,
    dementia_beds_per_10k,
    institution_beds_per_1000,
    nursing_bed_share,
    occupancy,
    social_bed_share,
    vacancy,
    waiting_admissions,
    waiting_days_median,
    waiting_jumped,
    waiting_people,
)

register_page(
    __name__, path="/beds", title="床位与联盟", order=42, parent="/providers",
    layout=subject(
        strip=[beds_per_1000, nursing_bed_share, occupancy, waiting_people, beds_offered, beds_matched, match_days],
        layers=[
            by_area(occupancy), by_area(beds_per_1000, "千人床位"), by_area(waiting_people, "轮候"), by_area(beds_offered), by_area(beds_matched),
            by_area(co_living_pairs, "同住"),
        ],
        attention=lowest_providers(occupancy, beds),
        below=[
            figures_of("养老联盟", beds_offered, beds_matched, match_days, travel_stays, co_living_pairs, co_living_verified),
            figures_of(
                "床位与轮候", beds, beds_per_1000, institution_beds_per_1000, nursing_bed_share, dementia_beds_per_10k, occupancy, vacancy, social_bed_share,
                waiting_people, waiting_days_median, waiting_admissions, waiting_jumped, bed_reports_differ,
            ),
            by_street(beds, occupancy, waiting_people, beds_offered, beds_matched, travel_stays, co_living_pairs),
            by_provider(occupancy, beds, beds_offered, beds_matched, travel_stays),
        ],
    ),
)  # fmt: skip
