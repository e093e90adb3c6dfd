"""任务进展: the plan's targets, its tasks by lead department, milestones and what meetings decided."""

from dashboard.views import by_area, by_street, register_page, subject
from dashboard.views.tasks import targets, tasks
from etl.indicators.plan import (
    decisions_in_time,
    decisions_overdue,
    milestones_in_time,
    milestones_overdue,
    plan_progress,
    tasks_on_track,
)
from etl.indicators.staff import dedicated_workers, staff_rule_met

register_page(
    __name__, path="/tasks", title="任务进展", order=11, parent="/",
    layout=subject(
        strip=[tasks_on_track, plan_progress, milestones_in_time, milestones_overdue, decisions_in_time, decisions_overdue, staff_rule_met],
        layers=[by_area(tasks_on_track, "按期推进"), by_area(plan_progress, "进度"), by_area(decisions_overdue, "议定事项逾期"), by_area(staff_rule_met, "专职配备")],
        below=[targets, tasks, by_street(tasks_on_track, plan_progress, decisions_in_time, decisions_overdue, dedicated_workers, staff_rule_met)],
    ),
)  # fmt: skip
