"""Incidents: what a provider reports of itself against what hospital, call centre, devices and hotline know."""

from __future__ import annotations

from etl.indicators.incidents import (
    incident_return_rate,
    incidents_known,
    incidents_missing,
    incidents_reported,
    providers_to_ask,
    self_report_rate,
    zero_reports_doubted,
)

XIAOHE = "330105003051"


def house(spec, elders: str = "E1"):
    """A home with residents since January."""
    rows = "\n".join(elders.split())
    stays = "\n".join(f"S{who} | {who}" for who in elders.split())
    return spec.elders(f"elder\n{rows}").provider().given("bed_stay", f"stay_id | elder_id\n{stays}")


def standing(spec) -> dict[str, tuple[str | None, str]]:
    """Incident → (number of the report that fits, standing)."""
    spec.world.build(["incident_known"])
    return {k: (r, s) for k, r, s in spec.world.con.execute("select row_key, report_no, standing from incident_known").fetchall()}


def test_a_report_of_a_fitting_kind_within_the_days_answers_for_what_the_hospital_knows(spec):
    house(spec, "E1 E2 E3 E4").given("medical_referral", """
        referral_no | elder_id | cause      | arrived_at          | hurt_at
        fits        | E1       | 跌倒       | 2026-10-10 09:00:00 | 2026-10-10 06:00:00
        other kind  | E2       | 压力性损伤 | 2026-10-10 09:00:00 | -
        too early   | E3       | 跌倒       | 2026-10-10 09:00:00 | -
        no cause    | E4       | 原因未记   | 2026-10-10 09:00:00 | -
        """).given("incident_report", """
        report_no | elder_id | kind | happened_at
        R1        | E1       | 跌倒 | 2026-10-09 22:00:00
        R2        | E2       | 跌倒 | 2026-10-10 06:00:00
        R3        | E3       | 跌倒 | 2026-10-07 06:00:00
        """)
    spec.gives(incidents_reported, {XIAOHE: 3}).gives(incidents_known, {XIAOHE: 3}).gives(incidents_missing, {XIAOHE: 2})
    spec.gives(self_report_rate, {XIAOHE: "1/3", "330105": "1/3"})
    assert standing(spec) == {"fits": ("R1", "已自报"), "other kind": (None, "需核查"), "too early": (None, "需核查")}


def test_only_what_happened_in_the_care_of_one_provider_counts(spec):
    house(spec).provider("P2").elders("elder\nE2\nE3\nE4").given("bed_stay", """
        stay_id | elder_id | provider_id | admitted_on | left_on
        S2      | E2       | P1          | 2026-10-10  | -
        S3      | E3       | P1          | 2026-01-01  | 2026-10-09
        S4      | E4       | P1          | 2026-01-01  | -
        S5      | E4       | P2          | 2026-01-01  | -
        """).given("medical_referral", """
        referral_no    | elder_id | arrived_at
        day it came    | E2       | 2026-10-10 09:00:00
        after it left  | E3       | 2026-10-10 09:00:00
        two houses     | E4       | 2026-10-10 09:00:00
        nobody's elder | X        | 2026-10-10 09:00:00
        in care        | E1       | 2026-10-10 09:00:00
        """)
    assert standing(spec) == {"in care": (None, "需核查")}


def test_a_visit_is_care_while_it_goes_on(spec):
    spec.elders("elder\nE1").provider().given("order_order", """
        order_id | signed_in_at        | signed_out_at
        O1       | 2026-10-10 10:00:00 | 2026-10-10 11:00:00
        """).given("call_call", """
        call_id | called_at           | outcome
        during  | 2026-10-10 10:30:00 | 已到场，送医
        before  | 2026-10-10 09:59:00 | 已到场，送医
        no need | 2026-10-10 10:40:00 | 已到场处置
        """)
    assert standing(spec) == {"during": (None, "需核查")}


def test_records_of_one_incident_are_one_and_a_complaint_names_nobody(spec):
    house(spec, "E1 E2").given("device_device", "device_id | kind\nD1 | 手环").given("device_alarm", """
        alarm_id | kind | confirmation | raised_at
        A1       | 跌倒 | 真实         | 2026-10-10 06:00:00
        A2       | 跌倒 | 误报         | 2026-10-20 06:00:00
        """).given("medical_referral", "referral_no | elder_id | arrived_at\nM1 | E1 | 2026-10-10 08:00:00").given("call_call", """
        call_id | outcome      | called_at
        C1      | 已到场，送医 | 2026-10-10 06:10:00
        """).given("complaint_complaint", """
        complaint_id | credit_code | subject  | received_at
        same         | CP1         | 照护安全 | 2026-10-15 09:00:00
        alone        | CP1         | 照护安全 | 2026-08-15 09:00:00
        answered     | CP1         | 照护安全 | 2026-06-15 09:00:00
        other        | CP1         | 服务质量 | 2026-04-15 09:00:00
        """).given("incident_report", "report_no | elder_id | kind | happened_at\nR1 | E2 | 压疮 | 2026-06-01 09:00:00")
    assert standing(spec) == {"A1": (None, "需核查"), "alone": (None, "需核查"), "answered": ("R1", "已自报")}
    by = spec.world.con.execute("select by_hospital, by_call, by_device, by_complaint from incident_known where row_key = 'A1'").fetchone()
    assert by == (True, True, True, False)


def test_what_is_not_due_and_who_is_in_doubt_are_not_counted(spec):
    house(spec, "E1 E2 E3").given("medical_referral", """
        referral_no | elder_id | arrived_at
        due         | E1       | 2026-10-30 09:00:00
        not yet     | E1       | 2026-10-31 09:00:00
        in doubt    | E2       | 2026-10-12 09:00:00
        """)
    # Two of one name, birthday and community, one without an ID number: perhaps one person.
    spec.world.con.execute("update registry_elder set name = '王明', id_number = null where elder_id = 'E2'")
    spec.world.con.execute("update registry_elder set name = '王明' where elder_id = 'E3'")
    spec.world.build(["person_link"])
    spec.world.con.execute("delete from person_link")
    spec.world.con.execute("insert into person_link values ('E3', 'E2', '综合评分', 2, false)")
    found = standing(spec)
    assert found["in doubt"] == (None, "身份存疑")
    # 30 and 31 October are within the two days in which records of one elder are one incident.
    assert found["due"] == (None, "需核查") and "not yet" not in found
    spec.gives(incidents_known, {XIAOHE: 1}).gives(incidents_missing, {XIAOHE: 1})


def test_the_last_days_of_the_data_are_waited_for(spec):
    house(spec).given("medical_referral", "referral_no | arrived_at\nM1 | 2026-10-31 09:00:00")
    assert standing(spec) == {"M1": (None, "未到期")}
    spec.gives(incidents_missing, {XIAOHE: 0}).gives(self_report_rate, {XIAOHE: None})


def test_a_provider_is_asked_only_where_enough_is_known_and_little_reported(spec):
    who = " ".join(f"E{i}" for i in range(13))
    house(spec, who).provider("P2").provider("P3")
    spec.world.con.execute("update bed_stay set provider_id = 'P2' where elder_id in ('E5', 'E6', 'E7', 'E8')")
    spec.world.con.execute("update bed_stay set provider_id = 'P3' where elder_id in ('E9', 'E10', 'E11', 'E12')")
    known = "\n".join(f"M{i} | E{i} | 2026-0{1 + i % 9}-20 09:00:00" for i in range(13))
    again = "M13 | E9 | 2026-08-20 09:00:00"
    spec.given("medical_referral", f"referral_no | elder_id | arrived_at\n{known}\n{again}")
    reports = [(0, 1), (1, 2), *[(i, 1 + i % 9) for i in (9, 10, 11, 12)]]
    rows = "\n".join(f"R{i} | {'CP1' if i < 5 else 'CP3'} | E{i} | 2026-0{m}-20 06:00:00" for i, m in reports)
    spec.given("incident_report", f"report_no | credit_code | elder_id | happened_at\n{rows}")
    spec.gives(providers_to_ask, {XIAOHE: 1}).at("2026-03").gives(providers_to_ask, {XIAOHE: 0})
    found = spec.world.con.execute("select provider_id, known, reported, verdict from self_report_month where month = '2026-10' order by 1")
    assert found.fetchall() == [("P1", 5, 2, "需核查"), ("P2", 4, 0, "样本不足"), ("P3", 5, 4, "未见异常")]


def test_a_zero_report_is_held_against_what_others_know_of_that_month(spec):
    house(spec, "E1 E2 E3").provider("P2", kind="照料中心").provider("P3", kind="老年食堂").provider("P4", kind="养老机构")
    spec.world.con.execute("update bed_stay set provider_id = 'P2' where elder_id = 'E3'")
    spec.given("incident_zero", """
        report_no | credit_code | provider_name | month
        plain     | CP1         | 单位P1        | 2026-09
        wrong     | CP1         | 单位P1        | 2026-08
        by name   | -           | 单位P2        | 2026-08
        twice     | CP2         | 单位P2        | 2026-08
        and yet   | CP2         | 单位P2        | 2026-07
        """).given("medical_referral", "referral_no | elder_id | arrived_at\nM1 | E1 | 2026-08-10 09:00:00").given("complaint_complaint", """
        complaint_id | credit_code | subject  | received_at
        names nobody | CP1         | 照护安全 | 2026-09-15 09:00:00
        """).given("incident_report", "report_no | credit_code | elder_id | happened_at\nR1 | CP2 | E3 | 2026-07-20 09:00:00")
    spec.gives(zero_reports_doubted, {XIAOHE: 0}).at("2026-08").gives(zero_reports_doubted, {XIAOHE: 1})
    found = spec.world.con.execute("select provider_id, month, standing from incident_return_month where month between '2026-07' and '2026-09'").fetchall()
    assert set(found) == {
        ("P1", "2026-07", "未报"), ("P1", "2026-08", "零报告存疑"), ("P1", "2026-09", "零报告"), ("P2", "2026-07", "自相矛盾"),
        ("P2", "2026-08", "零报告"), ("P2", "2026-09", "未报"), *[("P4", f"2026-0{m}", "未报") for m in (7, 8, 9)],
    }  # fmt: skip


def test_a_doubtful_link_contradicts_no_zero_report(spec):
    house(spec, "E1 E2").given("incident_zero", "report_no | month\nZ | 2026-09")
    spec.given("medical_referral", "referral_no | elder_id | arrived_at\nM1 | E2 | 2026-09-10 09:00:00")
    spec.world.build(["person_link"])
    spec.world.con.execute("insert into person_link values ('E1', 'E2', '综合评分', 2, false)")
    spec.at("2026-09").gives(zero_reports_doubted, {XIAOHE: 0})


def test_a_month_is_asked_for_when_its_day_has_passed_and_of_those_in_business_from_its_first(spec):
    house(spec).provider("P2", kind="养老机构")
    spec.world.con.execute("update provider_provider set registered_on = date '2026-09-02' where provider_id = 'P2'")
    spec.given("incident_zero", "report_no | credit_code | month\nZ | CP1 | 2026-10")
    spec.at("2026-09").gives(incident_return_rate, {XIAOHE: "0/1"})  # P2 began within the month
    spec.at("2026-10").gives(incident_return_rate, {XIAOHE: "1/1"})  # P2's day for October has not passed
