"""What a snapshot says about itself: modules and their standing, loads, indicators, targets, columns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import duckdb

from etl import clean, clock, origins
from etl.clean import first
from etl.contract import Cadence, Contract
from etl.indicators.base import Indicator
from etl.lineage import Lineage
from etl.martfile import Mart
from etl.policy import impact, privacy
from etl.region import Region
from etl.wording import how

_POLICY_TABLES = """
create or replace table marts.rating (provider_id varchar, month varchar, star integer, score double, uncapped_star integer,
  cap_rule varchar, cap_because varchar, missing varchar, confidence varchar, evidence_count integer, policy_version varchar);
create or replace table marts.rating_domain (provider_id varchar, month varchar, domain varchar, score double, weight double,
  applied_weight double, star integer);
create or replace table marts.rating_change (provider_id varchar, month varchar, direction varchar, position integer, changes integer,
  sentence varchar, star integer, new_star integer, score double, new_score double);
create or replace table marts.rating_evidence (provider_id varchar, month varchar, domain varchar, rule varchar, basis varchar,
  metric varchar, value double, points double, sentence varchar, source_table varchar, row_key varchar, happened_on date);
create or replace table marts.exit_status (provider_id varchar, month varchar, state varchar, since date, rule varchar,
  basis varchar, because varchar, policy_version varchar);
create or replace table marts.exit_reason (provider_id varchar, month varchar, rule varchar, basis varchar, sentence varchar,
  source_table varchar, row_key varchar);
create or replace table marts.inspection_risk (provider_id varchar, month varchar, score integer, weight integer, stratum varchar,
  due_rule varchar, due_because varchar, last_on date, last_inspection_id varchar, policy_version varchar);
create or replace table marts.inspection_risk_reason (provider_id varchar, month varchar, rule varchar, basis varchar, points integer,
  sentence varchar);
create or replace table marts.credit_grade (provider_id varchar, month varchar, grade varchar, since date, rule varchar, basis varchar,
  because varchar, published boolean, policy_version varchar);
create or replace table marts.credit_reason (provider_id varchar, month varchar, rule varchar, basis varchar, sentence varchar,
  source_table varchar, row_key varchar, repairable_on date);
"""
_META = """
create or replace table marts.meta_snapshot (run_id varchar, region_code varchar, region_name varchar, synthetic boolean,
  created_at timestamp, data_date date, latest_month varchar, product_version varchar);
create or replace table marts.meta_indicator (code varchar, name varchar, unit varchar, better varchar, definition varchar,
  grp varchar, kind varchar, scale double, decimals integer, semantics varchar, levels varchar, marts varchar, sources varchar,
  basis varchar);
create or replace table marts.meta_target (indicator varchar, value double, due varchar, basis varchar);
create or replace table marts.meta_module (module varchar, title varchar, owner varchar, systems varchar, cadence varchar,
  status varchar, message varchar, data_date date, loaded_at timestamp, rows bigint, delivery varchar);
create or replace table marts.meta_small_cell (mart varchar, fewer_than integer);
create or replace table marts.meta_policy (policy varchar, body varchar);
create or replace table marts.meta_column (mart varchar, column_name varchar, title varchar, privacy varchar, position integer);
"""
_LOADS = """
select module, table_name, batch, read, loaded, quarantined, superseded, warned, skipped,
       money_read, money_loaded, money_quarantined, money_superseded
from state.delivery order by module, table_name
"""


def lay_policy_tables(con: duckdb.DuckDBPyConnection) -> None:
    """Empty tables of ratings and exit states, for a region without policies."""
    con.execute(_POLICY_TABLES)


def is_late(due: Cadence, delivered: date, today: date) -> bool:
    """True when a delivery of that day no longer satisfies the cadence today."""
    match due.every:
        case "day":
            return delivered < today - timedelta(days=1 + due.grace_days)
        case "month":
            begun = today.replace(day=1)
            owed = begun if today.day > due.grace_days else (begun - timedelta(days=1)).replace(day=1)
            return delivered < owed
        case _:
            begun = today.replace(month=1, day=1)
            owed = begun if (today - begun).days >= due.grace_days else begun.replace(year=begun.year - 1)
            return delivered < owed


def modules(con: duckdb.DuckDBPyConnection, contracts: Iterable[Contract]) -> list[dict[str, Any]]:
    """Each module's standing: the row of ``meta_module`` as a dict."""
    standing = {m: (s, t) for m, s, t in con.execute("select module, status, message from state.module").fetchall()}
    last = {
        m: rest
        for m, *rest in con.execute(
            "select module, max(data_date), max(loaded_at), sum(loaded)::bigint from state.delivery group by module"
        ).fetchall()
    }
    found = []
    for contract in contracts:
        state, message = standing.get(contract.module, ("failed", f"{contract.module}: 尚未报送。"))
        data_date, loaded_at, count = last.get(contract.module, (None, None, 0))
        found.append({
            "module": contract.module, "title": contract.title, "owner": contract.owner, "systems": ",".join(contract.systems),
            "cadence": contract.due.text, "status": state, "message": message, "data_date": data_date, "loaded_at": loaded_at,
            "rows": count,
        })  # fmt: skip
    return found


def write(
    con: duckdb.DuckDBPyConnection, region: Region, contracts: Sequence[Contract], marts: Sequence[Mart],
    indicators: Mapping[str, Indicator], lineage: Lineage, run_id: str,
) -> None:  # fmt: skip
    """Write all ``meta_`` tables into schema ``marts``."""
    con.execute(_META)
    latest, last_day = first(con, "select max(month), max(last_day) from marts.month") or (None, None)
    # Figures are as at the end of complete months: what was delivered later counts up to there, what came earlier up to then.
    listed = [
        m | {"data_date": min(m["data_date"], last_day) if m["data_date"] and last_day else m["data_date"]}
        for m in modules(con, contracts)
    ]
    reached = region.sources.get("modules") or {}
    _insert(con, "meta_module", [(*m.values(), how(reached.get(m["module"]))) for m in listed])
    origins.lay(con, lineage, indicators.values(), contracts)
    titles = {(c.module, t.name): t.title for c in contracts for t in c.tables}
    con.execute("create or replace temp table load_title (module varchar, table_name varchar, title varchar)")
    clean.insert(con, "load_title", [(*key, title) for key, title in titles.items()])
    con.execute(
        f"create or replace table marts.meta_load as select module, table_name, title, * exclude (module, table_name, title)"
        f" from ({_LOADS}) join load_title using (module, table_name)"
    )
    _insert(con, "meta_indicator", [
        (i.code, i.name, i.unit, i.better, i.definition, i.group, i.kind, i.scale, i.decimals, i.semantics,
         ",".join(map(str, i.levels)), ",".join(i.marts), ",".join(lineage.modules(i)), i.basis)
        for i in indicators.values()
    ])  # fmt: skip
    _insert(con, "meta_target", [(t.indicator, t.value, t.due, t.basis) for t in region.targets])
    guarded = privacy.read(region.path)
    kept = {m.name for m in marts}
    _insert(con, "meta_small_cell", [(m, guarded.small_cells.fewer_than) for m in guarded.protected() if m in kept])
    _insert(con, "meta_column", [(m.name, c.name, c.title, c.privacy, n) for m in marts for n, c in enumerate(m.columns, 1)])
    policy = impact.read(region.path / "policies")
    _insert(con, "meta_policy", [("impact", impact.packed(policy))] if policy else [])
    dates = [m["data_date"] for m in listed if m["data_date"]]
    _insert(con, "meta_snapshot", [
        (run_id, region.code, region.name, region.synthetic, clock.now(), max(dates, default=None), latest, product_version())
    ])  # fmt: skip


def product_version() -> str:
    """The installed version of the product."""
    try:
        return version("yiguan")
    except PackageNotFoundError:
        return "0"


def _insert(con: duckdb.DuckDBPyConnection, table: str, values: Sequence[tuple[Any, ...]]) -> None:
    clean.insert(con, f"marts.{table}", values)


def rows(con: duckdb.DuckDBPyConnection, sql: str, parameters: Sequence[Any] = ()) -> list[dict[str, Any]]:
    """Rows as dicts of plain values: dates and sums of money as text."""
    cursor = con.execute(sql, list(parameters))
    names = [d[0] for d in cursor.description]
    return [
        {k: str(v) if isinstance(v, date | datetime | Decimal) else v for k, v in zip(names, row, strict=True)}
        for row in cursor.fetchall()
    ]
