"""Whether anything has changed that a snapshot depends on: what it is made of, as one hash."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path

import duckdb

from etl.martfile import Mart
from etl.paths import Layout
from etl.region import Region

# A live source goes on while its delivery is held, and the counts in the sentence with it: that alone is no news. The list of what is held has the present ones.
_STANDING = "case status when 'held' then regexp_replace(message, '[0-9]', '', 'g') else message end as message"


def of_snapshot(
    con: duckdb.DuckDBPyConnection, region: Region, layout: Layout, marts: Sequence[Mart], indicators: Iterable[str], latest: str
) -> str:
    """A hash over everything that a snapshot depends on: deliveries in force, standing, region folder, declarations, product, the latest month."""
    told = hashlib.sha256()
    states = {"delivery": "module, table_name, batch, check_hash, data_date", "module": f"module, status, {_STANDING}"}
    for table, columns in states.items():
        told.update(repr(con.execute(f"select {columns} from state.{table} order by all").fetchall()).encode())
    told.update(digest(region.path, layout.policies).digest() + digest(Path(__file__).parent).digest())
    told.update(repr([(m.name, m.sql) for m in marts]).encode() + repr(sorted(indicators)).encode())
    told.update(latest.encode())
    return told.hexdigest()


def digest(*folders: Path) -> hashlib._Hash:
    """A hash over the files of folders, without what Python keeps beside them."""
    told = hashlib.sha256()
    for folder in folders:
        for path in sorted(p for p in folder.rglob("*") if p.is_file() and p.suffix != ".pyc"):
            told.update(path.relative_to(folder).as_posix().encode() + path.read_bytes())
    return told
