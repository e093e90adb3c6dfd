"""退出监管: candidates and states, with the reason and the clause of each."""

from dashboard.views import by_area, exit_states, provider_stars, register_page, subject
from dashboard.views.exits import candidates, states_panel
from etl.indicators.supervision import (
    findings_overdue,
    major_findings,
    providers_exit_candidate,
    providers_exited,
    providers_exiting,
    providers_rectifying,
    providers_watch,
    rectified_on_time,
)

register_page(
    __name__, path="/exits", title="退出监管", order=50,
    layout=subject(
        strip=[
            providers_exiting, providers_exit_candidate, providers_rectifying, providers_watch, providers_exited, major_findings, findings_overdue, rectified_on_time,
        ],
        layers=[exit_states, by_area(findings_overdue), by_area(rectified_on_time), provider_stars],
        ranking=findings_overdue, trend=findings_overdue,
        attention=states_panel,
        below=[candidates],
        sheets={"exits": "退出候选与状态"},
    ),
)  # fmt: skip
