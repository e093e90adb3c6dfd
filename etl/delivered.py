"""The deliveries in force by place: for tables whose rows name a community or street, how many of its rows were loaded and rejected."""

from __future__ import annotations

from collections.abc import Iterable

import duckdb

from etl.clean import at_once, insert, name
from etl.contract import Contract
from etl.freshness import DELIVERED

_TABLES = """
create table if not exists state.delivered (module varchar, table_name varchar, place varchar, loaded bigint, quarantined bigint,
  superseded bigint);
create table if not exists state.delivered_by (module varchar, table_name varchar, token varchar)
"""


def lay(con: duckdb.DuckDBPyConnection, contracts: Iterable[Contract]) -> None:
    """Write ``state.delivered``: one row per table and place (NULL where a row names none); its sums are those of ``state.delivery``.

    Tables that stand as they were counted are not counted again.
    """
    with at_once(con):
        con.execute(_TABLES)
        tokens = {(m, t): token for m, t, token in con.execute(f"select module, table_name, {DELIVERED} from state.delivery").fetchall()}
        now = {(c.module, t.name): (t.community, f"{t.community} {tokens[c.module, t.name]}")
               for c in contracts for t in c.tables if (c.module, t.name) in tokens}  # fmt: skip
        was = {(m, t): token for m, t, token in con.execute("select * from state.delivered_by").fetchall()}
        for key in {key for key, (_, token) in now.items() if was.get(key) != token} | (was.keys() - now.keys()):
            con.execute("delete from state.delivered where module = ? and table_name = ?", key)
            con.execute("delete from state.delivered_by where module = ? and table_name = ?", key)
            if key in now:
                _count(con, *key, now[key][0])
                insert(con, "state.delivered_by", [(*key, now[key][1])])


def _count(con: duckdb.DuckDBPyConnection, module: str, table: str, community: str) -> None:
    key = [module, table]
    if community:
        con.execute(
            "insert into state.delivered select d.module, d.table_name, p.place, coalesce(p.loaded, 0), coalesce(p.quarantined, 0), 0"
            f" from state.delivery as d cross join (select * from (select {name(community)} as place, count(*) as loaded"
            f" from checked.{name(f'{module}_{table}')} group by 1) full join"
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
    con.execute("delete from state.delivered where module = ? and table_name = ? and loaded = 0 and quarantined = 0 and superseded = 0", key)
