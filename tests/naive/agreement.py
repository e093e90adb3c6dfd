"""Compares figures of a published snapshot with those of a recount, for every area and month."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb

from etl.indicators.base import catalogue
from etl.paths import Layout
from tests.naive.recount import Recount

MONTHS = ["2026-07", "2026-08", "2026-09", "2026-10"]


def snapshot_file(layout: Layout) -> Path:
    """The published file that the pointer names."""
    pointer = json.loads(layout.pointer.read_text(encoding="utf-8"))
    name = next(v for v in pointer.values() if isinstance(v, str) and v.endswith(".duckdb"))
    return layout.snapshots / Path(name).name


def differences(recount: Recount, con: duckdb.DuckDBPyConnection, code: str) -> tuple[int, list[str]]:
    """(figures compared, a line for each one whose part or whole is not the recounted one)."""
    indicator = catalogue()[code]
    rows = con.execute("select area_code, month, part, whole from figure where indicator = ?", [code]).fetchall()
    found = {(area, month): (part, whole) for area, month, part, whole in rows}
    levels = {recount.areas.district: 1} | dict.fromkeys(recount.areas.streets, 2) | dict.fromkeys(recount.areas.communities, 3)
    wanted = [(a, m) for a, level in levels.items() if level in indicator.levels for m in recount.months]
    wrong = []
    for area, month in wanted:
        expected = recount.figures.get((code, area, month), [0, 0])
        part, whole = found.get((area, month), (0, 0))
        same_part = abs(float(expected[0]) - float(part or 0)) < 0.005
        same_whole = indicator.whole is None or abs(float(expected[1]) - float(whole or 0)) < 0.005
        if not (same_part and same_whole):
            wrong.append(f"{area} {month}: recounted {expected[0]}/{expected[1]}, figure {part}/{whole}")
    return len(wanted), wrong


def assert_agrees(recount: Recount, con: duckdb.DuckDBPyConnection, code: str, *, rare: bool = False) -> None:
    """Part and whole of an indicator are the recounted ones everywhere; ``rare`` figures may be zero in the whole district."""
    _, wrong = differences(recount, con, code)
    assert not wrong, f"{len(wrong)} differences\n" + "\n".join(wrong[:12])
    some = any(recount.figures.get((code, recount.areas.district, m), [0, 0])[0] for m in recount.months)
    assert some or rare, "nothing was compared"
