"""The records behind a figure: the indicator's own filter over its mart, narrowed to area and month, personal data masked.

The only SQL text that varies is what is declared in the product (mart, filter) and column names of the snapshot itself; everything that a
reader can choose is a parameter.
"""

from __future__ import annotations

from typing import Any

import duckdb

from dashboard.access.scope import Scope
from dashboard.warehouse.masking import mask
from dashboard.warehouse.snapshot import Snapshot
from dashboard.warehouse.types import Column, Rows, Unknown
from etl.indicators import Indicator, catalogue

MOST = 5000
"""Rows in one answer at most; an export pages through."""

AREA_COLUMNS = ("community_code", "street_code", "area_code")


def page(offset: Any, limit: Any) -> tuple[int, int]:
    """A usable offset and limit out of whatever was asked for."""
    start = offset if isinstance(offset, int) and not isinstance(offset, bool) and 0 <= offset <= 10**9 else 0
    count = limit if isinstance(limit, int) and not isinstance(limit, bool) and 0 < limit <= MOST else 50
    return start, count


def columns_of(snapshot: Snapshot, mart: str) -> list[Column]:
    """The mart's columns in their order, with title and privacy class; a column that is not described is not shown."""
    present = set(snapshot.tables[mart])
    rows = snapshot.query("select column_name, title, privacy from meta_column where mart = ? order by position", [mart])
    return [Column(name, title or name, privacy or "") for name, title, privacy in rows if name in present]


def masked(rows: list[tuple[Any, ...]], columns: list[Column], scope: Scope) -> list[tuple[Any, ...]]:
    """The rows with every private column masked by the reader's rights."""
    private = [(i, c.privacy) for i, c in enumerate(columns) if c.privacy and c.privacy not in scope.unmask]
    if not private:
        return rows
    found = []
    for row in rows:
        cells = list(row)
        for i, privacy in private:
            cells[i] = mask(cells[i], privacy)
        found.append(tuple(cells))
    return found


def behind(
    snapshot: Snapshot,
    scope: Scope,
    indicator: Indicator,
    area: str,
    month: str,
    which: Any,
    provider: str | None,
    offset: Any,
    limit: Any,
) -> Rows:
    """A page of the records of a figure. ``area`` and ``provider`` have been checked against the scope by the caller."""
    if which not in ("part", "whole") or indicator.code not in catalogue():
        raise Unknown("rows")
    measure = indicator.whole if which == "whole" and indicator.whole is not None else indicator.part
    present = snapshot.tables.get(measure.mart)
    if not present:
        raise Unknown("rows")
    columns = columns_of(snapshot, measure.mart)
    area_column = next((c for c in AREA_COLUMNS if c in present), None)
    if not columns or area_column is None or "month" not in present:
        raise Unknown("rows")
    if (provider is not None or scope.providers is not None) and "provider_id" not in present:
        raise Unknown("rows")
    base = f"from {measure.mart} where month = ? and ({measure.where})"
    parameters: list[Any] = [month]
    if provider is not None:
        base += " and provider_id = ?"
        parameters.append(provider)
    if scope.providers is not None:
        base += " and provider_id in (select unnest(?::varchar[]))"
        parameters.append(sorted(scope.providers))
    inside = f" and {area_column} in (select descendant from area_closure where ancestor = ?)"
    start, count = page(offset, limit)
    try:
        total = snapshot.query(f"select count(*) {base}{inside}", [*parameters, area])[0][0]
    except duckdb.BinderException as error:  # an old snapshot, opened again, whose records do not know a column that the figure asks for today
        raise Unknown("rows") from error
    outside = snapshot.query(f"select count(*) {base}", parameters)[0][0] - total if provider is not None else 0
    names = ", ".join(f'"{c.name}"' for c in columns)
    found = snapshot.query(f"select {names} {base}{inside} order by rowid limit ? offset ?", [*parameters, area, count, start])
    return Rows(columns, masked(found, columns, scope), total, outside)


RECORDS = {
    "provider_permit": ("permit_month", "permit_id"),
    "inspection_finding": ("finding_fact", "finding_id"),
    "inspection_inspection": ("inspection_fact", "inspection_id"),
    "inspection_penalty": ("penalty_fact", "penalty_id"),
    "inspection_action": ("action_fact", "action_id"),
    "ledger_measure": ("action_fact", "action_id"),
    "complaint_complaint": ("complaint_fact", "complaint_id"),
    "incident_known": ("incident_known", "incident_id"),
    "provider_provider": ("provider_standing", "provider_id"),
    "rating": ("provider_standing", "provider_id"),
}
"""Where the snapshot keeps the record of a table that evidence names, and by which column it is found."""
MONTHLY = ("permit_month", "provider_standing")
"""Marts that repeat a record that goes on: the month of the evidence is the one to show."""


def evidence(snapshot: Snapshot, scope: Scope, provider: str, month: str, source_table: Any, row_key: Any) -> Rows:
    """The record (or, for a figure, the records) named by an evidence of the provider.

    Only what is recorded as evidence of that provider and month can be asked for; Unknown also where the snapshot keeps no such record.
    """
    if not isinstance(source_table, str) or not isinstance(row_key, str):
        raise Unknown("evidence")
    recorded = snapshot.query(
        "select 1 from rating_evidence where provider_id = ? and month = ? and source_table = ? and row_key = ?"
        " union all select 1 from exit_reason where provider_id = ? and month = ? and source_table = ? and row_key = ? limit 1",
        [provider, month, source_table, row_key] * 2,
    )
    if not recorded:
        raise Unknown("evidence")
    if source_table == "provider_figure":
        code, _, rest = row_key.partition("/")
        when = rest.rpartition("/")[2]
        if code not in snapshot.indicators or when not in snapshot.month_index:
            raise Unknown("evidence")
        return behind(snapshot, scope, snapshot.indicators[code], scope.area, when, "whole", provider, 0, 50)
    mart, key = RECORDS.get(source_table, ("", ""))
    present = snapshot.tables.get(mart)
    if not present:
        raise Unknown("evidence")
    columns = columns_of(snapshot, mart)
    monthly = " and month = ?" if mart in MONTHLY else ""
    if source_table == "rating":  # the key of a rating is provider/month, and that month is the one to show
        row_key, _, month = row_key.partition("/")
    names = ", ".join(f'"{c.name}"' for c in columns)
    found = snapshot.query(
        f"select {names} from {mart} where provider_id = ? and {key} = ?{monthly} order by rowid limit 50",
        [provider, row_key, *([month] if monthly else [])],
    )
    return Rows(columns, masked(found, columns, scope), len(found))
