"""What the tiny snapshot says of itself: modules, targets, loads, quarantine, columns."""

from __future__ import annotations

from datetime import date, datetime
from functools import cache

import duckdb

from etl import origins
from etl.indicators import Indicator
from etl.lineage import Lineage
from etl.load import contracts
from etl.martfile import marts as declared_marts
from etl.paths import DEFAULT_REGION
from etl.policy import impact
from tests.spec.world import World, mart_files
from tests.support.tiny_base import Row, last_day, put
from tests.support.tiny_shape import columns_of

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


@cache
def mart_fields() -> dict[str, str]:
    """Columns and types of every mart that the product declares, as a district without records has them."""
    empty = World().build([name for name, _, _ in mart_files()])
    found = {}
    for mart in declared_marts():
        rows = empty.con.execute(f"describe {mart.name}").fetchall()
        found[mart.name] = ", ".join(f'"{column}" {kind}' for column, kind, *_ in rows)
    return found


def meta(
    con: duckdb.DuckDBPyConnection, used: dict[str, Indicator], marts: dict[str, list[Row]], months: list[str]
) -> None:
    put(
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
    put(
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
    put(
        con, "meta_target", [{"indicator": k, "value": v, "due": d, "basis": b} for k, (v, d, b) in TARGETS.items() if k in used]
    )
    put(
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
                "delivery": "Excel 工作簿（*.xlsx），可按模板填报" if m == "caregiver" else "数据库只读访问（SQLite 文件）",
            }
            for m, t, o in MODULES
        ],
    )
    policy = impact.read(DEFAULT_REGION / "policies")
    assert policy is not None
    put(con, "meta_policy", [{"policy": "impact", "body": impact.packed(policy)}])
    seen = datetime(2026, 11, 6, 2)
    put(con, "meta_revision", [
        {"run_id": "20261106T020000", "recorded_at": seen, "module": "caregiver", "table_name": table, "month": month, "added": a, "changed": 3, "removed": 1}
        for table, month, a in (("employment", months[-1], 2), ("certificate", months[-1], 4), ("training", months[-2], 0), ("award", None, 7))
    ])  # fmt: skip
    con.execute("create table meta_gap (indicator text, module text, last_month text)")
    origins.lay(con, Lineage(contracts(), {m.name: m for m in declared_marts()}), used.values(), contracts(), "main")
    put(
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
    put(
        con,
        "meta_column",
        [
            {"mart": mart, "column_name": c, "title": title, "privacy": privacy, "position": k}
            for mart in mart_fields()
            for k, (c, title, privacy) in enumerate(columns_of(mart))
        ],
    )
    community = marts["provider_month"][0]["community_code"]
    rejected = [
        {
            "module": "caregiver",
            "table_name": "certificate",
            "source": "护理员台账.xlsx",
            "position": k + 5,
            "line": k + 5,
            "row_key": f"证书编号 T{k}",
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
    put(con, "quarantine", rejected)
    put(con, "warning", rejected[:2])
