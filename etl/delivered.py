"""The deliveries in force by place: for tables whose rows name a community or street, how many of its rows were loaded and rejected."""

from __future__ import annotations

from collections.abc import Iterable

import duckdb

from etl.clean import name
from etl.contract import Contract

_TABLE = """
create or replace table state.delivered (module varchar, table_name varchar, place varchar, loaded bigint, quarantined bigint,
  superseded bigint)
"""


def lay(con: duckdb.DuckDBPyConnection, contracts: Iterable[Contract]) -> None:
    """Write ``state.delivered``: one row per table and place (NULL where a row names none); its sums are those of ``state.delivery``."""
    con.execute(_TABLE)
    for contract in contracts:
        for table in contract.tables:
            key = [contract.module, table.name]
            if not table.community:
                con.execute(
                    "insert into state.delivered select module, table_name, null, loaded, quarantined, superseded"
                    " from state.delivery where module = ? and table_name = ?", key,
                )  # fmt: skip
                continue
            con.execute(
                "insert into state.delivered select d.module, d.table_name, p.place, coalesce(p.loaded, 0), coalesce(p.quarantined, 0), 0"
                f" from state.delivery as d cross join (select * from (select {name(table.community)} as place, count(*) as loaded"
                f" from checked.{name(f'{contract.module}_{table.name}')} group by 1) full join"
                " (select community_code as place, count(distinct (source, position)) as quarantined from state.quarantine"
                " where module = ? and table_name = ? group by 1) using (place)) as p where d.module = ? and d.table_name = ?",
                key * 2,
            )
            # Rows without a place do not meet in the join above; what is left to reach the table's totals has no place.
            con.execute(
                "insert into state.delivered select d.module, d.table_name, null, d.loaded - coalesce(sum(s.loaded), 0),"
                " d.quarantined - coalesce(sum(s.quarantined), 0), d.superseded from state.delivery as d left join state.delivered as s"
                " on s.module = d.module and s.table_name = d.table_name where d.module = ? and d.table_name = ?"
                " group by d.module, d.table_name, d.loaded, d.quarantined, d.superseded", key,
            )  # fmt: skip
    con.execute("delete from state.delivered where loaded = 0 and quarantined = 0 and superseded = 0")
