"""The ground that crashes are rehearsed on: a tiny district before and after a night's deliveries, and what a reader sees of it."""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, time
from pathlib import Path

import duckdb

from etl.clock import ZONE
from etl.paths import Layout
from etl.publish import current
from etl.region import Region
from etl.run import RunResult, connect
from tests.etl.conftest import TODAY, Tiny, id_number, lay_out

# What two runs over the same deliveries may differ in: names and moments of runs, running numbers of batches.
PASSING = {"run_id", "created_at", "loaded_at", "batch", "_batch", "checked_at", "started_at", "finished_at", "recorded_at"}
WORKERS = [(f"C{n}", id_number(20 + n), f"赵{n}", "330105001051", "是" if n % 3 else "否", "2020-01-01") for n in range(1, 9)]


def first_night(base: Path) -> Tiny:
    """Sources as delivered first: every module with rows to load, to supersede and to set aside."""
    tiny = lay_out(base)
    tiny.elders([(f"E{n}", id_number(n), f"张{n}", f"3301050010{51 + n % 2}", "2026-01-01 00:00:00") for n in range(1, 13)])
    tiny.orders([*_orders(40), ("D1", "E1", "昨天", "20", "已完成")])
    tiny.workers(WORKERS)
    _written(tiny)
    return tiny


def second_night(tiny: Tiny) -> None:
    """The next deliveries: people added, changed and gone, late corrections of a closed month, a further file, a bad line."""
    tiny.elders([(f"E{n}", id_number(n), f"张{n}", "330105002051", "2026-11-01 00:00:00") for n in range(2, 14)])
    tiny.orders([*_orders(44), ("D3", "E4", "2026-11-03 08:00:00", "77", "已取消"), ("D99", "E4", "2026-10-03", "x", "已完成")])
    tiny.workers([*WORKERS[1:], ("C9", id_number(41), "孙九", "330105002051", "是", "2026年10月5日")])
    tiny.payments("发放编号,月份,街道代码,金额\nF2,2026-09,330105002,900\nF3,2026-10,330105002,55.5\n", name="发放_202611.csv")
    _written(tiny)


def _written(tiny: Tiny) -> None:
    """The sources count as written on the day that the line takes for today, whatever day the tests run on."""
    noon = datetime.combine(TODAY, time(12), ZONE).timestamp()
    for path in tiny.layout.sources.rglob("*"):
        os.utime(path, (noon, noon))


def _orders(count: int) -> list[tuple[str, str, str, str, str]]:
    return [
        (f"D{n}", f"E{n % 12 + 1}", f"2026-{9 + n % 2:02d}-{n % 27 + 1:02d} 08:00:00", str(20 + n), "已取消" if n % 7 == 0 else "已完成")
        for n in range(count)
    ]


@dataclass(frozen=True)
class Ground:
    """A prepared state to crash on: ``base`` is copied for every case; what readers may see, as content hashes."""

    name: str
    base: Path
    old: str
    new: str
    work: str
    exit_code: int


def at(base: Path) -> Tiny:
    """The tiny district below a folder, as it lies there."""
    return Tiny(Region.load(base / "region"), Layout(base / "var", "tiny"))


def prepare(base: Path) -> list[Ground]:
    """Lay out the grounds below ``base``: the very first run, and a night's run over an existing warehouse."""
    first = first_night(_made(base / "first"))
    shutil.copytree(base / "first", base / "undisturbed")
    undisturbed = at(base / "undisturbed")
    one = undisturbed.run()
    seen_one, work_one = seen(undisturbed.layout), work(undisturbed.layout)
    shutil.copytree(base / "undisturbed", base / "second")
    second_night(at(base / "second"))
    shutil.copytree(base / "second", base / "undisturbed2")
    undisturbed = at(base / "undisturbed2")
    two = undisturbed.run()
    assert (one.published, two.published) == (True, True), (one.message, two.message)
    second = Ground("second", base / "second", seen_one, seen(undisturbed.layout), work(undisturbed.layout), two.exit_code)
    return [Ground("first", first.region.path.parent, "", seen_one, work_one, one.exit_code), second]


def _made(path: Path) -> Path:
    path.mkdir(parents=True)
    return path


def seen(layout: Layout, without: Collection[str] = ()) -> str:
    """The ordered content of everything in the snapshot in force but some tables; '' where none has been published."""
    here = current(layout)
    if here is None:
        return ""
    with duckdb.connect(str(here), read_only=True) as con:
        return _content(con, "main", without)


def work(layout: Layout) -> str:
    """The ordered content of what the work file holds: records in force, findings, and marts."""
    con = connect(layout)
    try:
        return " ".join(_content(con, schema) for schema in ("checked", "marts"))
    finally:
        con.close()


# Hashes over the other tables, moments and names of runs included.
DERIVED = {"meta_content"}


def _content(con: duckdb.DuckDBPyConnection, schema: str, without: Collection[str] = ()) -> str:
    digest = hashlib.sha256()
    tables: dict[str, list[str]] = {}
    for table, column in con.execute(
        "select table_name, column_name from duckdb_columns() where schema_name = ? and not internal"
        " and database_name = current_database() order by table_name, column_index",
        [schema],
    ).fetchall():
        tables.setdefault(table, []).append(column)
    for table, columns in tables.items():
        if table in DERIVED or table in without:
            continue
        kept = ", ".join(f'"{c}"' for c in columns if c not in PASSING)
        rows = con.execute(f'select {kept} from {schema}."{table}" order by all').fetchall()
        digest.update(repr((table, rows)).encode())
    return digest.hexdigest()[:16]


def leftovers(layout: Layout) -> list[str]:
    """Files of half-done work that lie about after a run has ended."""
    return [p.name for p in layout.base.rglob("*") if p.is_file() and (".tmp" in p.name or p.parent == layout.temp)]


def run(base: Path) -> RunResult:
    """A run over what lies below a folder."""
    return at(base).run()


if __name__ == "__main__":  # the process of a run that is to be killed from outside
    sys.exit(run(Path(sys.argv[1])).exit_code)
