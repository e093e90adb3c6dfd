"""Devices, alarms and emergency calls."""

from __future__ import annotations

from etl.indicators.smart import (
    alarm_handled_p90,
    alarms,
    calls,
    calls_answered_rate,
    devices_online,
    emergency_answer_p90,
    emergency_arrival_p90,
)

XIAOHE, DISTRICT = "330105003051", "330105"


def test_a_device_is_online_when_it_was_seen_in_the_last_week_of_the_month_or_later(spec):
    spec.elders("""
        elder
        E1
        """).given("device_device", """
        device_id | elder_id | installed_on | removed_on | last_seen_at
        1         | E1       | 2026-10-31   | -          | 2026-11-20 10:00:00
        2         | E1       | 2025-01-01   | -          | 2026-10-24 00:00:00
        3         | E1       | 2025-01-01   | -          | 2026-10-23 23:59:59
        4         | E1       | 2025-01-01   | -          | -
        5         | E1       | 2025-01-01   | 2026-10-31 | 2026-10-31 10:00:00
        6         | E1       | 2026-11-01   | -          | 2026-11-20 10:00:00
        7         | nobody   | 2025-01-01   | 2026-11-01 | 2026-10-31 10:00:00
        """)
    spec.gives(devices_online, {XIAOHE: "2/4", DISTRICT: "3/5"}).at("2026-09").gives(devices_online, {XIAOHE: "3/4"})


def test_nine_in_ten_alarms_were_handled_within_this_time(spec):
    spec.elders("""
        elder
        E1
        """).given("device_device", """
        device_id
        D1
        """)
    seconds = [60 * n for n in range(1, 12)]
    table = "\n".join(f"{n} | {s} | D1" for n, s in enumerate(seconds))
    spec.given("device_alarm", f"alarm_id | handled_after_s | device_id\n{table}\n90 | - | D1\n91 | 6000 | gone")
    spec.gives(alarms, {XIAOHE: 12, DISTRICT: 13}).gives(alarm_handled_p90, {XIAOHE: "10/11"})
    spec.at("2026-09").gives(alarms, {XIAOHE: 0})


def test_only_emergencies_count_and_each_step_for_itself(spec):
    spec.elders("""
        elder
        E1
        """).provider().given("call_call", """
        call_id | kind | elder_id | answered_after_s | arrived_after_s | provider_id
        1       | 应急 | E1       | 5                | 600             | P1
        2       | 应急 | E1       | 15               | -               | P1
        3       | 应急 | E1       | -                | -               | -
        4       | 服务 | E1       | 900              | 9000            | P1
        5       | 应急 | -        | 25               | 1200            | -
        """)
    spec.gives(emergency_answer_p90, {XIAOHE: "14/2", DISTRICT: "23/3"})
    spec.gives(emergency_arrival_p90, {XIAOHE: "10/1", DISTRICT: "19/2"})


def test_a_device_that_was_left_behind_is_marked(spec):
    spec.elders("""
        elder | status | status_on
        E1    | 死亡   | 2026-10-31
        E2    | 正常   | -
        """).given("device_device", """
        device_id | elder_id
        1         | E1
        2         | E2
        """).gives(devices_online, {XIAOHE: "2/2"})
    found = spec.world.build(["device_month"]).con.execute(
        "select month, device_id from device_month where after_gone order by all"
    ).fetchall()
    assert found == [("2026-10", "1")]


def test_calls_of_every_kind_count_where_the_caller_lives_and_are_answered_or_not(spec):
    spec.elders("""
        elder
        E1
        """).provider("P1", "330105001051").given("call_call", """
        call_id | kind | elder_id | answered_after_s | provider_id | called_at
        1       | 服务 | E1       | 5                | P1          | 2026-10-01 00:00:00
        2       | 咨询 | E1       | -                | -           | 2026-10-31 23:59:59
        3       | 投诉 | -        | 0                | P1          | 2026-10-10 08:00:00
        4       | 应急 | -        | 7                | -           | 2026-10-10 08:00:00
        5       | 服务 | E1       | 7                | -           | 2026-09-30 08:00:00
        """)
    spec.gives(calls, {XIAOHE: 2, "330105001": 1, DISTRICT: 4}).gives(calls_answered_rate, {XIAOHE: "1/2", DISTRICT: "3/4"})
