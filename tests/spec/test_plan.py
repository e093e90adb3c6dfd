"""The plan's tasks, counted once for each lead department."""

from __future__ import annotations

from etl.indicators.plan import (
    decisions_in_time,
    decisions_overdue,
    milestones_in_time,
    milestones_overdue,
    plan_progress,
    tasks_on_track,
)

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


def test_a_milestone_is_in_time_by_its_own_date_and_overdue_until_it_is_done(spec):
    spec.given("task_task", """
        task_id
        1
        """).given("task_milestone", """
        milestone_id | due_on     | done_on
        1            | 2026-09-30 | 2026-09-30
        2            | 2026-09-30 | 2026-10-01
        3            | 2026-10-31 |
        4            | 2026-11-01 | 2026-10-02
        """)
    spec.gives(milestones_in_time, {DISTRICT: "1/3"}).gives(milestones_overdue, {DISTRICT: 1})
    spec.at("2026-09").gives(milestones_in_time, {DISTRICT: "1/2"}).gives(milestones_overdue, {DISTRICT: 1})


def test_what_a_meeting_decided_is_overdue_when_its_term_has_ended_before_it_is_settled(spec):
    spec.given("task_task", """
        task_id
        1
        """).given("task_decision", """
        decision_id | met_on     | due_on     | done_on    | department
        1           | 2026-09-10 | 2026-10-10 | 2026-10-10 | 小河街道
        2           | 2026-09-10 | 2026-10-31 | 2026-11-02 | 小河街道
        3           | 2026-09-10 |            |            | 小河街道
        4           | 2026-10-10 | 2026-11-10 |            | 小河街道
        5           | 2026-09-10 | 2026-09-20 | 2026-10-20 | 区财政局
        """)
    spec.gives(decisions_in_time, {STREET: "1/2", DISTRICT: "1/3"}).gives(decisions_overdue, {STREET: 1, DISTRICT: 1})
    spec.at("2026-09").gives(decisions_overdue, {STREET: 0, DISTRICT: 1}).gives(decisions_in_time, {STREET: None, DISTRICT: "0/1"})
