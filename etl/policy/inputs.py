"""What the engine reads, as views with fixed columns and types: a module that has never been loaded is then simply empty."""

from __future__ import annotations

import duckdb

_INPUTS: dict[str, str] = {
    "provider_provider": "provider_id text, credit_code text, name text, kind text, registered_on date, closed_on date",
    "provider_site": "provider_id text, community_code text, main_site boolean",
    "provider_permit": "permit_id text, provider_id text, kind text, number text, issued_on date, expires_on date",
    "inspection_inspection": "inspection_id text, provider_id text, kind text, inspected_on date, result text, follows text",
    "inspection_finding": "finding_id text, inspection_id text, field text, severity text, scope text, clause text, description text",
    "inspection_rectification": "finding_id text, ordered_on date, deadline date, done_on date, verified_on date",
    "inspection_penalty": "penalty_id text, provider_id text, decided_on date, kind text, reason text, amount decimal",
    "ledger_measure": "measure_id text, provider_id text, kind text, decided_on date, document_no text",
    "inspection_action": "action_id text, provider_id text, kind text, decided_on date, document_no text",
    "complaint_complaint": "complaint_id text, received_at timestamp, credit_code text, provider_name text, subject text, "
    "due_on date, answered_at timestamp, satisfied boolean",
    "incident_known": "incident_id text, provider_id text, happened_at timestamp, care text, says text, reported boolean, counted boolean",
    "self_report_month": "month text, provider_id text, verdict text",
    "provider_figure": "indicator text, provider_id text, month text, part double, whole double",
    "ledger_repair": "provider_id text, source_table text, row_key text, decided_on date",
    "month": "month text, first_day date, last_day date",
}
TABLES = tuple(_INPUTS)
_SHORT = ("provider_provider", "provider_site", "provider_permit", "inspection_", "complaint_")


def _homes(con: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """The schema of each table that there is; the marts' before the checked tables'."""
    found = con.execute(
        "select table_name, table_schema from information_schema.tables where table_schema in ('marts', 'checked', 'main') "
        "order by case table_schema when 'marts' then 2 when 'checked' then 1 else 0 end"
    ).fetchall()
    return dict(found)


def _view_name(table: str) -> str:
    return "policy_in_" + (table.split("_", maxsplit=1)[1] if table.startswith(_SHORT) else table)


def read(con: duckdb.DuckDBPyConnection) -> list[str]:
    """Lay the temporary views ``policy_in_*``; the names of the tables that do not exist (they read as empty)."""
    absent, homes = [], _homes(con)
    for table, declared in _INPUTS.items():
        columns = dict(column.split(" ") for column in declared.replace("decimal", "decimal(18,2)").split(", "))
        schema = homes.get(table)
        if schema is None:
            absent.append(table)
            body = "select " + ", ".join(f"null::{t} as {c}" for c, t in columns.items()) + " where false"
        else:
            body = "select " + ", ".join(f'"{c}"::{t} as {c}' for c, t in columns.items()) + f' from {schema}."{table}"'
        name = _view_name(table)
        if table == "complaint_complaint":
            body = _COMPLAINT.format(rows=body)
        if table == "incident_known":
            body = f"select *, happened_at::date as happened_on from ({body})"
        if table == "inspection_action":
            body = _ACTION.format(rows=body)
        kind = "view" if table == "provider_figure" else "table"  # the figures are many, and most are not asked for
        con.execute(f"create or replace temp {kind} {name} as {body}")
    return absent


# Regulatory steps, whether reported by the system of inspections or taken in a case of this product.
_ACTION = """
select 'inspection_action' as source_table, action_id, provider_id, kind, decided_on, document_no from ({rows})
union all
select 'ledger_measure', measure_id, provider_id, kind, decided_on, document_no from policy_in_ledger_measure
"""

# A complaint names its provider by credit code or, mostly, by name only; a name that two providers share decides nothing.
_COMPLAINT = """
with named as (select name, min(provider_id) as provider_id from policy_in_provider group by name having count(*) = 1),
     coded as (
         select credit_code, min(provider_id) as provider_id from policy_in_provider group by credit_code having count(*) = 1
     )
select c.complaint_id, c.subject, c.received_at::date as received_on, c.due_on, c.answered_at::date as answered_on, c.satisfied,
       coalesce(k.provider_id, n.provider_id) as provider_id
from ({rows}) c
left join coded k on k.credit_code = c.credit_code
left join named n on n.name = trim(c.provider_name)
"""
