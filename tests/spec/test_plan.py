"""The plan's tasks, counted once for each lead department."""

from __future__ import annotations

from etl.indicators.plan import plan_progress, tasks_on_track

DISTRICT, STREET, OTHER = "330105", "330105003000", "330105001000"


def test_each_lead_department_counts_and_one_that_did_not_report_is_not_on_track(spec):
    spec.given("task_task", """
        task_id
        1
        2
        """).given("task_duty", """
        task_id | department | role
        1       | 区民政局   | 牵头
        1       | 小河街道   | 牵头
        1       | 米市巷街道 | 配合
        2       | 区民政局   | 牵头
        2       | 区发改局   | 牵头
        """).given("task_progress", """
        task_id | department | planned | done
        1       | 区民政局   | 80      | 80
        1       | 小河街道   | 80      | 79
        2       | 区民政局   | 40      | 100
        2       | 米市巷街道 | 40      | 90
        """)
    spec.gives(tasks_on_track, {STREET: "0/1", DISTRICT: "2/4"}).gives(plan_progress, {STREET: "79/1", DISTRICT: "259/3"})
    spec.at("2026-09").gives(tasks_on_track, {DISTRICT: None})
