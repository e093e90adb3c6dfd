"""What inspections rest on, as readers see it: risk and credit of providers with their reasons, findings that are open with their clocks."""

from __future__ import annotations

from datetime import date
from typing import Any

from dashboard.warehouse.snapshot import Snapshot

_RISK = """
select r.provider_id, r.score, r.weight, r.stratum, r.due_rule, r.due_because, r.last_on, i.inspectors as last_team, r.policy_version
from inspection_risk r left join inspection_inspection i on i.inspection_id = r.last_inspection_id
where r.month = ? order by r.score desc, r.provider_id
"""
_FINDINGS = """
select finding_id, inspection_id, provider_id, provider_name, community_code, inspected_on, field, severity, scope, clause, description,
       deadline, overdue
from finding_month where month = ?
order by array_position(['重大', '严重', '较重', '一般'], severity), deadline nulls first, finding_id
"""
_RETURNS = """
select * from (
    select provider_id, count(*) as asked, count(*) filter (where zero) as zeros, count(*) filter (where standing = '未报') as unfiled,
           count(*) filter (where doubted) as doubted,
           string_agg(month, '、' order by month) filter (where standing = '未报') as months_unfiled,
           string_agg(month, '、' order by month) filter (where doubted) as months_doubted
    from incident_return_month where month between ? and ? group by provider_id
) where unfiled > 0 or doubted > 0 order by doubted desc, unfiled desc, provider_id
"""


def risks(snapshot: Snapshot, month: str) -> list[dict[str, Any]]:
    """One row per operating provider, the highest risk first, each with ``reasons`` (list of dicts); empty where the region has no policy."""
    if "inspection_risk" not in snapshot.tables:
        return []

    def read() -> list[dict[str, Any]]:
        reasons: dict[str, list[dict[str, Any]]] = {}
        for row in snapshot.dicts(
            "select provider_id, points, sentence, basis from inspection_risk_reason where month = ? order by provider_id, points desc, rule", [month]
        ):
            reasons.setdefault(row.pop("provider_id"), []).append(row)
        return [{**row, "reasons": reasons.get(row["provider_id"], [])} for row in snapshot.dicts(_RISK, [month])]

    return snapshot.once(f"inspection_risks {month}", read)


def credit(snapshot: Snapshot, month: str) -> dict[str, dict[str, Any]]:
    """The credit grade of each operating provider with ``reasons`` (the records that led to it) and ``registered`` (the grade on the register)."""
    if "credit_grade" not in snapshot.tables:
        return {}

    def read() -> dict[str, dict[str, Any]]:
        reasons: dict[str, list[dict[str, Any]]] = {}
        for row in snapshot.dicts("select * exclude (month) from credit_reason where month = ? order by provider_id, rule, row_key", [month]):
            reasons.setdefault(row.pop("provider_id"), []).append(row)
        registered = dict(snapshot.query("select provider_id, grade from credit_month where month = ?", [month]))
        return {
            row["provider_id"]: {**row, "reasons": reasons.get(row["provider_id"], []), "registered": registered.get(row["provider_id"])}
            for row in snapshot.dicts("select * exclude (month) from credit_grade where month = ?", [month])
        }

    return snapshot.once(f"credit {month}", read)


def findings(snapshot: Snapshot, month: str) -> list[dict[str, Any]]:
    """Findings open at the month's end, the gravest first."""
    return snapshot.once(f"open_findings {month}", lambda: snapshot.dicts(_FINDINGS, [month]))


# Snapshots from before 2026-12 know no sections of an assessment; what they call sections are those of the evaluation.
_WITHOUT_SECTIONS = """
select * exclude (setting_share, management_share, service_share, section_short), false as section_short, section_short as evaluation_short,
       null as setting_share, null as facilities_share, null as management_share, null as service_share,
       setting_share as evaluated_setting_share, management_share as evaluated_management_share, service_share as evaluated_service_share
from grade_check_month"""


def grade_checks(snapshot: Snapshot, month: str) -> list[dict[str, Any]]:
    """Providers whose GB/T 37276 grade their own score, a section of it or the latest evaluation contradicts; empty in snapshots without the check."""
    columns = snapshot.tables.get("grade_check_month", [])
    if not columns:
        return []
    found = "grade_check_month" if "evaluation_short" in columns else f"({_WITHOUT_SECTIONS})"
    query = f"select * exclude (month) from {found} where month = ? and (total_short or section_short or evaluation_short) order by grade desc, provider_id"
    return snapshot.once(f"grade_checks {month}", lambda: snapshot.dicts(query, [month]))


def self_reports(snapshot: Snapshot, month: str) -> list[dict[str, Any]]:
    """Self-reports of twelve months (or as the policy says) against the records of others, one row per provider of which something is known;
    the most missing first. Empty in snapshots without the audit."""
    if "self_report_month" not in snapshot.tables:
        return []
    query = "select * exclude (month) from self_report_month where month = ? order by missing desc, provider_id"
    return snapshot.once(f"self_reports {month}", lambda: snapshot.dicts(query, [month]))


def incident_returns(snapshot: Snapshot, month: str) -> list[dict[str, Any]]:
    """Months for which a provider reported nothing at all although it was due, or a zero report that something speaks against, over the twelve
    months up to ``month``: provider_id, asked (months), zeros, unfiled, doubted, months_unfiled and months_doubted (text); the most first.
    Providers without either are left out. Empty in snapshots without monthly reports."""
    if "incident_return_month" not in snapshot.tables:
        return []
    first = snapshot.months[max(0, snapshot.month_index[month] - 11)]
    return snapshot.once(f"incident_returns {month}", lambda: snapshot.dicts(_RETURNS, [first, month]))


def incidents_of(snapshot: Snapshot, provider_id: str, month: str, months: int) -> list[dict[str, Any]]:
    """Incidents in a provider's care that others know of, in so many months up to ``month``, newest first; nobody is named."""
    first = snapshot.months[max(0, snapshot.month_index[month] - months + 1)]
    return snapshot.dicts(
        "select month, incident_id, happened_at, care, says, by_hospital, by_call, by_device, by_complaint, report_no, standing"
        " from incident_known where provider_id = ? and month between ? and ? order by standing <> '需核查', happened_at desc, incident_id",
        [provider_id, first, month],
    )


def findings_of(snapshot: Snapshot, provider_id: str, month: str) -> list[dict[str, Any]]:
    """A provider's findings of the twelve months up to the month's end, newest first: inspected_on, severity, scope, description, ``open``."""
    first = snapshot.months[max(0, snapshot.month_index[month] - 11)]
    return snapshot.dicts(
        "select f.inspected_on, f.severity, f.scope, f.description, o.finding_id is not null as open from finding_fact f"
        " left join finding_month o on o.finding_id = f.finding_id and o.month = $month"
        " where f.provider_id = $provider and f.month between $first and $month order by f.inspected_on desc, f.finding_id",
        {"provider": provider_id, "first": first, "month": month},
    )


_VIOLATIONS = """
select inspected_on as day, '检查发现' || severity || '问题' as what from finding_fact
 where provider_id = $provider and severity in ('严重', '重大') and inspected_on > $since and inspected_on <= $last
union all select decided_on, concat(reason || '，', '受', kind) from penalty_fact where provider_id = $provider and decided_on > $since and decided_on <= $last
union all select decided_on, kind from action_fact where provider_id = $provider and kind in ('复查不合格', '拟退出', '退出决定', '注销')
 and decided_on > $since and decided_on <= $last
order by 1, 2"""


def violations(snapshot: Snapshot, provider_id: str, since: date, last: date) -> list[tuple[date, str]]:
    """What was found or decided against a provider after a day and up to another, the oldest first: grave findings, penalties, steps to an exit."""
    rows = snapshot.dicts(_VIOLATIONS, {"provider": provider_id, "since": since, "last": last})
    return [(row["day"], str(row["what"])) for row in rows]
