"""检查: the plan and its draw, findings with their clocks, risk and credit."""

from dashboard.views import by_area, register_page, subject
from dashboard.views.credit_repair import repairs_panel
from dashboard.views.inspection_plan import drawn_list, plan_panel, planned_visits
from dashboard.views.inspections import clocks, credit_list, findings_list, grades_list, open_findings, risk_list
from dashboard.views.self_reports import audit_list, returns_list
from etl.indicators.admission import draws_done_in_time, inspections_drawn
from etl.indicators.beds import waiting_jumped
from etl.indicators.incidents import self_report_rate, zero_reports_doubted
from etl.indicators.supervision import findings_open, findings_overdue, inspection_pass_rate, inspections_done, rectified_on_time

register_page(
    __name__, path="/inspections", title="检查", order=45,
    layout=subject(
        strip=[inspections_done, inspection_pass_rate, inspections_drawn, draws_done_in_time, findings_open, findings_overdue, rectified_on_time],
        layers=[
            open_findings, planned_visits, by_area(findings_open), by_area(inspections_done), by_area(rectified_on_time),
            by_area(self_report_rate), by_area(zero_reports_doubted), by_area(waiting_jumped),
        ],
        ranking=findings_open, trend=findings_open,
        attention=clocks,
        below=[plan_panel, drawn_list, findings_list, risk_list, credit_list, repairs_panel, audit_list, returns_list, grades_list],
    ),
)  # fmt: skip
