"""A tiny published snapshot for tests of readers: real areas of the default region, seeded rows, every table of the contract.

Figures are computed from the fixture's own marts by the declared indicators, so the rows behind a figure add up to it.  An indicator
whose columns the fixture does not carry gets seeded plausible numbers instead, so that every page has something to show.
"""

from __future__ import annotations

import atexit
import json
import random
import shutil
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import duckdb

from etl.indicators import Indicator, catalogue
from tests.support.tiny_areas import closure, read_areas
from tests.support.tiny_base import Spot, first_day, last_day, month_names, put
from tests.support.tiny_judgements import judgements
from tests.support.tiny_marts import make
from tests.support.tiny_meta import mart_fields, meta
from tests.support.tiny_shape import conform, standing


def build(
    target: Any, months: int = 24, *, seed: int = 7, providers: int = 30, elders: int = 400, run_id: str = "20261105T020000-tiny"
) -> Path:
    """Write a small snapshot and return its file.

    ``target`` is a ``*.duckdb`` path (that file alone), an ``etl.paths.Layout`` or any object with ``.snapshots`` (a folder), or a
    folder (``<folder>/snapshots`` is used); in the last two cases the pointer ``current.json`` is swapped to the new file as well.
    Another ``seed`` or ``run_id`` gives another snapshot beside the first.
    """
    path = (
        Path(target)
        if str(target).endswith(".duckdb")
        else Path(getattr(target, "snapshots", None) or Path(target) / "snapshots") / f"{run_id}.duckdb"
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    shutil.copyfile(_made(months, seed, providers, elders), path)
    with duckdb.connect(str(path)) as con:
        con.execute("update meta_snapshot set run_id = ?", [run_id])
    if not str(target).endswith(".duckdb"):
        pointer = path.parent / "current.json"
        draft = pointer.with_suffix(".tmp")
        draft.write_text(json.dumps({"run_id": run_id, "file": path.name}), encoding="utf-8")
        draft.replace(pointer)
    return path


@cache
def _made(months: int, seed: int, providers: int, elders: int) -> Path:
    """The file itself, made once per process and removed at its end."""
    folder = Path(tempfile.mkdtemp(prefix="tiny-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    path = folder / "tiny.duckdb"
    rng, names = random.Random(seed), month_names(months)
    areas = read_areas()
    spots = [Spot(a["code"], a["parent_code"], a["lng"], a["lat"]) for a in areas if a["level"] == 3]
    raw = make(spots, names, rng, providers, elders)
    marts = conform(raw, {a["code"]: a["short_name"] for a in areas})
    with duckdb.connect() as con:
        put(con, "area", areas)
        put(con, "area_closure", closure(areas))
        put(con, "month", [{"month": m, "first_day": first_day(m), "last_day": last_day(m)} for m in names])
        for name, rows in marts.items():
            put(con, name, rows)
        _lay_empty(con, set(marts))
        judgements(con, raw["provider_month"], rng)
        standing(con)
        used = dict(catalogue())
        _figures(con, used, names, rng)
        meta(con, used, marts, names)
        # Made in memory and written in one go: two hundred small inserts into a file take ten times as long.
        con.execute(f"attach '{path}' as made")
        con.execute("copy from database memory to made")
        con.execute("detach made")
    return path


def _lay_empty(con: duckdb.DuckDBPyConnection, made: set[str]) -> None:
    """The marts that the fixture makes up no rows for are there all the same, without rows."""
    for name, fields in mart_fields().items():
        if name not in made and name != "provider_standing":
            con.execute(f"create table {name} ({fields})")


def _figures(con: duckdb.DuckDBPyConnection, used: dict[str, Indicator], months: list[str], rng: random.Random) -> None:
    con.execute("create table figure (indicator text, area_code text, level integer, month text, part double, whole double)")
    con.execute("create table provider_figure (indicator text, provider_id text, month text, part double, whole double)")
    for code, ind in used.items():
        try:
            _computed(con, ind)
        except duckdb.Error:
            con.execute("delete from figure where indicator = ?", [code])
            _invented(con, ind, months, rng)


def _computed(con: duckdb.DuckDBPyConnection, ind: Indicator) -> None:
    sides = []
    for measure in (ind.part, ind.whole):
        if measure is None:
            sides.append("select null::text as area, null::text as month, null::double as v where false")
            continue
        columns = [r[0] for r in con.execute(f"describe {measure.mart}").fetchall()]
        area = next(c for c in ("community_code", "street_code", "area_code") if c in columns)
        value = f"({measure.value})::double"
        outer = f"quantile_cont({value}, {measure.quantile or 0.5})" if measure.ranked else f"sum({value})"
        sides.append(
            f"select c.ancestor as area, m.month, {outer} as v from {measure.mart} m"
            f" join area_closure c on c.descendant = m.{area} where {measure.where} group by all"
        )
    whole = "w.v" if ind.whole is None else "coalesce(w.v, 0)"
    con.execute(
        f"with p as ({sides[0]}), w as ({sides[1]}) insert into figure select ?, a.code, a.level, mo.month, coalesce(p.v, 0), {whole}"
        " from area a cross join month mo left join p on p.area = a.code and p.month = mo.month"
        f" left join w on w.area = a.code and w.month = mo.month where a.level in {(*ind.levels, 0)}",
        [ind.code],
    )
    columns = [r[0] for r in con.execute(f"describe {ind.part.mart}").fetchall()]
    if "provider_id" in columns and (ind.whole is None or ind.whole.mart == ind.part.mart) and not ind.part.ranked:
        total = f"sum(case when {ind.whole.where} then ({ind.whole.value})::double end)" if ind.whole else "null::double"
        con.execute(
            f"insert into provider_figure select ?, provider_id, month, coalesce(sum(case when {ind.part.where} then ({ind.part.value})::double end), 0),"
            f" {total} from {ind.part.mart} where provider_id is not null group by all",
            [ind.code],
        )


def _invented(con: duckdb.DuckDBPyConnection, ind: Indicator, months: list[str], rng: random.Random) -> None:
    base = rng.uniform(0.5, 0.9)
    whole = "10 + (hash(a.code) % 20)::double" if ind.whole else "null::double"
    part = (
        f"least(w, floor(w * ({base} + 0.005 * n)))" if ind.whole and ind.scale == 100 else "10 + n + (hash(a.code) % 9)::double"
    )
    con.execute(
        f"insert into figure with base as (select d.code as leaf, mo.month, row_number() over (partition by d.code order by mo.month) as n,"
        f" {whole.replace('a.code', 'd.code')} as w from area d cross join month mo where d.level = 3), leafs as"
        f" (select leaf, month, {part.replace('a.code', 'leaf')} as p, w from base)"
        " select ?, c.ancestor, x.level, month, sum(p), sum(w) from leafs join area_closure c on c.descendant = leaf join area x on x.code = c.ancestor"
        f" where x.level in {(*ind.levels, 0)} group by all",
        [ind.code],
    )


__all__ = ["build"]
