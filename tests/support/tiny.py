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
from collections.abc import Iterable
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from etl import origins
from etl.indicators import Indicator, catalogue
from etl.lineage import Lineage
from etl.load import contracts
from etl.martfile import marts as declared_marts
from etl.paths import DEFAULT_REGION
from etl.policy import impact
from tests.spec.world import World, mart_files
from tests.support.tiny_areas import closure, read_areas
from tests.support.tiny_base import Row, Spot, first_day, last_day, month_names
from tests.support.tiny_marts import make
from tests.support.tiny_shape import columns_of, conform, standing

DISTRICT = "330105000000"
MODULES = (
    ("registry", "老年人口库", "区民政局养老服务科"),
    ("assessment", "能力评估", "区民政局养老服务科"),
    ("provider", "服务单位库", "区民政局养老服务科"),
    ("bed", "床位统计", "区民政局养老服务科"),
    ("order", "服务订单", "区养老服务调度中心"),
    ("caregiver", "护理员台账", "区人力社保局"),
    ("complaint", "12345 工单", "区信访局"),
    ("inspection", "综合监管", "区民政局执法科"),
    ("subsidy", "补贴资金", "区财政局"),
    ("area", "区划", "区民政局"),
)
TARGETS = {
    "caregiver_cert_rate": (95.0, date(2026, 12, 31), "拱墅区改革方案"),
    "nursing_bed_share": (70.0, date(2026, 12, 31), "拱墅区改革方案"),
    "insured_share": (100.0, date(2026, 12, 31), "任务 5"),
    "purchased_service_elders": (5185.0, date(2026, 12, 31), "改革方案"),
}


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
        _put(con, "area", areas)
        _put(con, "area_closure", closure(areas))
        _put(con, "month", [{"month": m, "first_day": first_day(m), "last_day": last_day(m)} for m in names])
        for name, rows in marts.items():
            _put(con, name, rows)
        _lay_empty(con, set(marts))
        _judgements(con, raw["provider_month"], rng)
        standing(con)
        used = dict(catalogue())
        _figures(con, used, names, rng)
        _meta(con, used, marts, names)
        # Made in memory and written in one go: two hundred small inserts into a file take ten times as long.
        con.execute(f"attach '{path}' as made")
        con.execute("copy from database memory to made")
        con.execute("detach made")
    return path


@cache
def _mart_fields() -> dict[str, str]:
    """Columns and types of every mart that the product declares, as a district without records has them."""
    empty = World().build([name for name, _, _ in mart_files()])
    found = {}
    for mart in declared_marts():
        rows = empty.con.execute(f"describe {mart.name}").fetchall()
        found[mart.name] = ", ".join(f'"{column}" {kind}' for column, kind, *_ in rows)
    return found


def _lay_empty(con: duckdb.DuckDBPyConnection, made: set[str]) -> None:
    """The marts that the fixture makes up no rows for are there all the same, without rows."""
    for name, fields in _mart_fields().items():
        if name not in made and name != "provider_standing":
            con.execute(f"create table {name} ({fields})")


def _put(con: duckdb.DuckDBPyConnection, table: str, rows: list[Row]) -> None:
    data = pa.Table.from_pylist(rows)  # noqa: F841  (read by name below)
    con.execute(f"create table {table} as select * from data")


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


def _judgements(con: duckdb.DuckDBPyConnection, provider_month: Iterable[Row], rng: random.Random) -> None:
    ratings, domains, evidence, status, reasons = [], [], [], [], []
    since: dict[str, tuple[str, str]] = {}
    for p in provider_month:
        pid, month, star = p["provider_id"], p["month"], p["star"]
        capped = star == 1
        score = None if star is None else round(star * 18 + rng.uniform(0, 9), 1)
        ratings.append(
            {
                "provider_id": pid,
                "month": month,
                "star": star,
                "score": score,
                "uncapped_star": 3 if capped else star,
                "cap_rule": "open_major_hazard" if capped else None,
                "cap_because": "月末有 1 项重大隐患未整改" if capped else None,
                "missing": "投诉与满意度记录不足" if star is None else None,
                "confidence": rng.choice(("高", "中", "低")),
                "evidence_count": 9,
                "policy_version": "2026-01",
            }
        )
        for domain, weight in (("质量安全", 0.35), ("从业人员", 0.2), ("涉及资金", 0.1), ("运营秩序", 0.15), ("应急与口碑", 0.2)):
            domains.append(
                {
                    "provider_id": pid,
                    "month": month,
                    "domain": domain,
                    "score": None if score is None else min(100.0, score + rng.uniform(-8, 8)),
                    "weight": weight,
                    "applied_weight": weight,
                }
            )
        seen = {"provider_id": pid, "month": month, "basis": "综合监管", "happened_on": last_day(month)}
        figure = {"domain": "从业人员", "rule": "cert_rate", "metric": "caregiver_cert_rate", "value": 82.5, "points": -6.0}
        permit = {"domain": "运营秩序", "rule": "insured", "metric": "insured", "value": 1.0, "points": 0.0}
        evidence += [
            {
                **seen,
                **figure,
                "sentence": "月末持证率 82.5%，低于 95%",
                "source_table": "provider_figure",
                "row_key": f"caregiver_cert_rate/{pid}/{month}",
            },
            {**seen, **permit, "sentence": "综合保险在有效期内", "source_table": "provider_permit", "row_key": f"{pid}-综合保险"},
        ]
        state = p["exit_state"]
        if since.get(pid, ("", ""))[0] != state:
            since[pid] = (state, month)
        status.append(
            {
                "provider_id": pid,
                "month": month,
                "state": state,
                "since": first_day(since[pid][1]),
                "rule": None if state == "normal" else "two_one_star",
                "basis": None if state == "normal" else "退出办法第五条",
                "because": None if state == "normal" else "连续两月一星",
                "policy_version": "2026-01",
            }
        )
        if state != "normal":
            reasons.append(
                {
                    "provider_id": pid,
                    "month": month,
                    "rule": "two_one_star",
                    "basis": "退出办法第五条",
                    "sentence": "连续两月监管评级为一星",
                    "source_table": "rating",
                    "row_key": pid,
                }
            )
    month_latest = max(r["month"] for r in ratings)
    for name, rows in (
        ("rating", ratings),
        ("rating_domain", domains),
        ("rating_evidence", evidence),
        ("rating_change", [c for r in ratings if r["month"] == month_latest for c in _changes(r)]),
        ("exit_status", status),
        ("exit_reason", reasons),
    ):
        _put(con, name, rows)


def _changes(rating: Row) -> list[Row]:
    """One way up and one down for whoever has a star; the words as the engine makes them."""
    star, score, found = rating["star"], rating["score"], []
    for direction, new, what in (("gain", (star or 5) + 1, "若补办综合保险（2026年9月30日到期）"), ("lose", (star or 1) - 1, "如再查出一项严重问题（质量安全）")):
        if star is not None and 1 <= new <= 5:
            words = f"{what}：{'一二三四五'[star - 1]}星{'升' if direction == 'gain' else '降'}为{'一二三四五'[new - 1]}星（{score}分→{score}分）"
            found.append({"provider_id": rating["provider_id"], "month": rating["month"], "direction": direction, "position": 1, "changes": 1,
                          "sentence": words, "star": star, "new_star": new, "score": score, "new_score": score})  # fmt: skip
    return found


def _meta(
    con: duckdb.DuckDBPyConnection, used: dict[str, Indicator], marts: dict[str, list[Row]], months: list[str]
) -> None:
    _put(
        con,
        "meta_snapshot",
        [
            {
                "run_id": "",
                "region_code": DISTRICT,
                "region_name": "杭州市拱墅区",
                "synthetic": True,
                "created_at": datetime(2026, 11, 5, 2),
                "data_date": last_day(months[-1]),
                "latest_month": months[-1],
                "product_version": "0.1.0",
            }
        ],
    )
    _put(
        con,
        "meta_indicator",
        [
            {
                "code": i.code,
                "name": i.name,
                "unit": i.unit,
                "better": i.better,
                "definition": i.definition,
                "grp": i.group,
                "kind": i.kind,
                "scale": float(i.scale),
                "decimals": i.decimals,
                "semantics": i.semantics,
                "levels": ",".join(map(str, i.levels)),
                "marts": ",".join(i.marts),
                "sources": "caregiver,provider" if "caregiver" in i.part.mart else "registry",
                "basis": i.basis,
            }
            for i in used.values()
        ],
    )
    _put(
        con, "meta_target", [{"indicator": k, "value": v, "due": d, "basis": b} for k, (v, d, b) in TARGETS.items() if k in used]
    )
    _put(
        con,
        "meta_module",
        [
            {
                "module": m,
                "title": t,
                "owner": o,
                "systems": "S3,S12",
                "cadence": "每月 5 日前报送上月",
                "status": "stale" if m == "caregiver" else "ok",
                "message": "第 3 个工作表缺少“证书编号”列，沿用 10 月 5 日的数据" if m == "caregiver" else "",
                "data_date": last_day(months[-1]),
                "loaded_at": datetime(2026, 11, 5, 2),
                "rows": 1000,
                "delivery": "数据库只读访问（SQLite 文件）",
            }
            for m, t, o in MODULES
        ],
    )
    policy = impact.read(DEFAULT_REGION / "policies")
    assert policy is not None
    _put(con, "meta_policy", [{"policy": "impact", "body": impact.packed(policy)}])
    seen = datetime(2026, 11, 6, 2)
    _put(con, "meta_revision", [
        {"run_id": "20261106T020000", "recorded_at": seen, "module": "caregiver", "table_name": table, "month": month, "added": a, "changed": 3, "removed": 1}
        for table, month, a in (("employment", months[-1], 2), ("certificate", months[-1], 4), ("training", months[-2], 0), ("award", None, 7))
    ])  # fmt: skip
    con.execute("create table meta_gap (indicator text, module text, last_month text)")
    origins.lay(con, Lineage(contracts(), {m.name: m for m in declared_marts()}), used.values(), contracts(), "main")
    _put(
        con,
        "meta_load",
        [
            {
                "module": m,
                "table_name": m,
                "title": t,
                "batch": 1,
                "read": 1010,
                "loaded": 1000,
                "quarantined": 6,
                "superseded": 4,
                "warned": 2,
                "money_read": None,
                "money_loaded": None,
                "money_quarantined": None,
                "money_superseded": 0.0,
            }
            for m, t, _ in MODULES
        ],
    )
    _put(
        con,
        "meta_column",
        [
            {"mart": mart, "column_name": c, "title": title, "privacy": privacy, "position": k}
            for mart in _mart_fields()
            for k, (c, title, privacy) in enumerate(columns_of(mart))
        ],
    )
    community = marts["provider_month"][0]["community_code"]
    rejected = [
        {
            "module": "caregiver",
            "table_name": "certificate",
            "source": "护理员台账.xlsx",
            "position": f"证书!{k + 5}",
            "column_name": "expires_on",
            "column_title": "有效期至",
            "value_masked": "2023-02-30",
            "rule": "date",
            "sentence": "不是有效日期",
            "community_code": community if k % 2 else None,
            "batch": 1,
        }
        for k in range(6)
    ]
    _put(con, "quarantine", rejected)
    _put(con, "warning", rejected[:2])


__all__ = ["build"]
