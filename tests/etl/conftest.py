"""A tiny region with three sources (database, workbook, CSV folder), its contracts, marts and indicators."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import openpyxl
import pytest

from etl import clock
from etl.contract import (
    AreaCode,
    Choice,
    Contract,
    Date,
    IdNumber,
    Key,
    Money,
    Month,
    Reference,
    Table,
    Text,
    Timestamp,
    daily,
    monthly,
)
from etl.indicators.base import Count, Indicator, Median, Ratio, Total
from etl.martfile import parse
from etl.paths import Layout
from etl.region import Region
from etl.run import Line, RunResult, run

TODAY = date(2026, 11, 22)
AREAS = """code,name,short_name,level,parent_code,valid_from,valid_to,successor_code,supervised
330105000000,测试区,测试区,1,,2000-01-01,,,1
330105001000,甲街道,甲,2,330105000000,2000-01-01,,,1
330105002000,乙街道,乙,2,330105000000,2000-01-01,,,1
330105001051,一社区,一,3,330105001000,2000-01-01,,,1
330105001052,二社区,二,3,330105001000,2000-01-01,,,1
330105002051,三社区,三,3,330105002000,2000-01-01,,,1
330103001001,旧社区,旧,3,330105001000,2000-01-01,2021-04-09,330105001051,1
"""
ELDER = Table(
    name="elder", title="老年人", source="LNR", grain="一名老年人", key=["elder_id"], order_by="updated_at",
    community="community_code",
    columns=[
        Key(name="elder_id", source="LNR_ID", title="编号"),
        IdNumber(name="id_number", source="SFZH", title="身份证号"),
        Text(name="name", source="XM", title="姓名", privacy="name"),
        AreaCode(name="community_code", source="SQ", title="社区代码"),
        Timestamp(name="updated_at", source="XG_SJ", title="修改时间"),
    ],
)  # fmt: skip
ORDER = Table(
    name="order", title="工单", source="DD", grain="一张工单", key=["order_id"], money="price", order_by="ordered_at",
    columns=[
        Key(name="order_id", source="DD_ID", title="工单编号"),
        Key(name="elder_id", source="LNR_ID", title="老年人编号"),
        Timestamp(name="ordered_at", source="XD_SJ", title="下单时间"),
        Money(name="price", source="JE", title="金额"),
        Choice(name="status", source="ZT", title="状态", allowed={"已完成": "已完成", "已取消": "已取消"}),
    ],
    references=[Reference(column="elder_id", table="registry_elder", key="elder_id", sentence="老年人编号不存在")],
)  # fmt: skip
WORKER = Table(
    name="worker", title="护理员", source="在岗人员", grain="一名护理员", key=["worker_id"], community="community_code",
    columns=[
        Key(name="worker_id", source="人员编号"),
        IdNumber(name="id_number", source="身份证号"),
        Text(name="name", source="姓名", privacy="name"),
        AreaCode(name="community_code", source="社区代码"),
        Choice(name="certified", source="持证", aliases=("是否持证",), allowed={"是": 1, "否": 0}),
        Date(name="hired_on", source="入职日期", optional=True),
    ],
    reject={"入职日期在将来": "hired_on > current_date"},
)  # fmt: skip
PAYMENT = Table(
    name="payment", title="发放", source="发放_*.csv", grain="一笔发放", key=["payment_id"], money="amount",
    columns=[
        Key(name="payment_id", source="发放编号"),
        Month(name="month", source="月份"),
        AreaCode(name="street_code", source="街道代码", level=2),
        Money(name="amount", source="金额"),
    ],
)  # fmt: skip
REGISTRY = Contract(module="registry", title="老年人口库", owner="区民政局", systems=["S1"], tables=[ELDER], due=daily())
ORDERS = Contract(
    module="order", title="服务工单", owner="服务平台", systems=["S5"], tables=[ORDER], due=daily(), after=["registry"]
)
CAREGIVER = Contract(module="caregiver", title="护理员", owner="区人力社保局", systems=["S12"], tables=[WORKER], due=monthly(5))
SUBSIDY = Contract(module="subsidy", title="补贴", owner="区财政局", systems=["S13"], tables=[PAYMENT], due=monthly(10))

MARTS = {
    "elder_month": """-- grain: one elder in a month
-- area: community_code
-- time: month
-- columns:
--   month           月份
--   elder_id        编号
--   name            姓名 [name]
--   community_code  社区
select m.month, e.elder_id, e.name, e.community_code from month as m cross join registry_elder as e""",
    "order_fact": """-- grain: one order
-- area: community_code
-- time: month
-- monthly: order_order.ordered_at!
-- columns:
--   month           月份
--   order_id        工单编号
--   community_code  社区
--   price           金额
--   status          状态
select m.month, o.order_id, e.community_code, o.price, o.status
from order_order as o join month as m on m.month = strftime(o.ordered_at, '%Y-%m')
join registry_elder as e on e.elder_id = o.elder_id""",
    "worker_month": """-- grain: one caregiver in a month
-- area: community_code
-- time: month
-- columns:
--   month           月份
--   worker_id       人员编号
--   community_code  社区
--   certified       持证
select m.month, w.worker_id, w.community_code, w.certified = 1 as certified
from caregiver_worker as w join month as m on coalesce(w.hired_on, date '2000-01-01') <= m.last_day""",
    "payment_fact": """-- grain: one payment
-- area: street_code
-- time: month
-- monthly: subsidy_payment
-- columns:
--   month        月份
--   payment_id   发放编号
--   street_code  街道
--   amount       金额
select p.month, p.payment_id, p.street_code, p.amount from subsidy_payment as p join month as m on m.month = p.month""",
}
_WORDS = {"group": "测试", "definition": "测试", "basis": "测试"}
INDICATORS: list[Indicator] = [
    Count("elders", name="老年人", mart="elder_month", **_WORDS),
    Count("orders", name="工单", mart="order_fact", unit="单", **_WORDS),
    Ratio("completion", name="完成率", mart="order_fact", part="status = '已完成'", **_WORDS),
    Median("price_median", name="金额中位数", mart="order_fact", value="price", unit="元", **_WORDS),
    Ratio("cert_rate", name="持证率", mart="worker_month", part="certified", **_WORDS),
    Total("paid", name="发放金额", mart="payment_fact", value="amount", levels=(1, 2), **_WORDS),
]


def id_number(n: int) -> str:
    """A valid ID number of a person born on 1950-01-01."""
    body = f"33010519500101{n:03d}"
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return body + "10X98765432"[sum(int(d) * w for d, w in zip(body, weights, strict=True)) % 11]


def line() -> Line:
    """The tiny line."""
    marts = [parse(name, sql) for name, sql in MARTS.items()]
    return Line([CAREGIVER, REGISTRY, ORDERS, SUBSIDY], marts, {i.code: i for i in INDICATORS}, None)


@pytest.fixture(autouse=True)
def _written_on_that_day(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files that a test writes count as written on TODAY, whatever day the tests run on."""
    real = clock.day
    monkeypatch.setattr(clock, "day", lambda moment: TODAY if abs(time.time() - moment) < 12 * 3600 else real(moment))


@dataclass
class Tiny:
    """A tiny region on disk and what can be done with it."""

    region: Region
    layout: Layout

    def run(self, **options: object) -> RunResult:
        """Run the tiny line."""
        return run(self.region, self.layout, line=line(), today=TODAY, **options)  # type: ignore[arg-type]

    def database(self, name: str, table: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> Path:
        """(Re)write one table of a SQLite file."""
        path = self.layout.sources / f"{name}.sqlite"
        with sqlite3.connect(path) as con:
            con.execute(f"drop table if exists {table}")
            con.execute(f"create table {table} ({', '.join(columns)})")
            con.executemany(f"insert into {table} values ({', '.join('?' * len(columns))})", rows)
        con.close()
        return path

    def elders(self, rows: Sequence[Sequence[object]]) -> Path:
        """Write the registry: (id, ID number, name, community, updated)."""
        return self.database("registry", "LNR", ["LNR_ID text", "SFZH text", "XM text", "SQ text", "XG_SJ text"], rows)

    def orders(self, rows: Sequence[Sequence[object]]) -> Path:
        """Write the orders: (id, elder, ordered, price, status)."""
        return self.database("order", "DD", ["DD_ID text", "LNR_ID text", "XD_SJ text", "JE text", "ZT text"], rows)

    def workers(self, rows: Sequence[Sequence[object]], header: Sequence[str] | None = None, sheet: str = "在岗人员") -> Path:
        """Write the workbook as departments do: title, note, two-row merged header, data, subtotal, footnote."""
        leaves = list(header or ["人员编号", "身份证号", "姓名", "社区代码", "持证", "入职日期"])
        book = openpyxl.Workbook()
        page = book.active
        page.title = sheet
        page.append(["测试区护理员台账"])
        page.merge_cells(start_row=1, start_column=1, end_row=1, end_column=6)
        page.append(["填报单位：区人力社保局  单位：人"])
        page.append(["人员编号", "人员信息", None, None, "上岗情况", None][: len(leaves)])
        page.append([None, *leaves[1:]])
        page.merge_cells("A3:A4")
        page.merge_cells("B3:D3")
        page.merge_cells("E3:F3")
        for row in rows:
            page.append(list(row))
        page.append(["小计", None, None, None, len(rows)])
        page.append(["注：以上为在岗人员。"])
        path = self.layout.sources / "caregiver" / "护理员台账.xlsx"
        path.parent.mkdir(exist_ok=True)
        book.save(path)
        return path

    def payments(self, text: str, encoding: str = "gb18030", name: str = "发放_202610.csv") -> Path:
        """Write one payment file."""
        path = self.layout.sources / "subsidy" / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(text.encode(encoding))
        return path


PAYMENTS = (
    "发放编号,月份,街道代码,金额\nF1,2026-10,330105001,100.50\nF2,202609,330105002000,\"1,000.00元\"\n合计,,,1100.50\n"
)


def lay_out(tmp_path: Path) -> Tiny:
    """A complete good delivery below a folder: 3 elders, 4 orders, 2 caregivers, 2 payments."""
    folder = tmp_path / "region"
    folder.mkdir(parents=True)
    (folder / "areas.csv").write_text(AREAS, encoding="utf-8")
    (folder / "region.yaml").write_text("code: '330105'\nname: 测试区\nbureau: 测试区民政局\nsynthetic: true\n", encoding="utf-8")
    (folder / "sources.yaml").write_text(
        "modules:\n"
        "  registry: {kind: sql, url: 'sqlite:///{sources}/registry.sqlite'}\n"
        "  order: {kind: sql, url: 'sqlite:///{sources}/order.sqlite'}\n"
        "  caregiver: {kind: workbook, path: '{sources}/caregiver/*.xls*'}\n"
        "  subsidy: {kind: csv, path: '{sources}/subsidy', encoding: gb18030}\n",
        encoding="utf-8",
    )
    made = Tiny(Region.load(folder), Layout(tmp_path / "var", "tiny"))
    made.layout.sources.mkdir(parents=True)
    made.elders([
        ("E1", id_number(1), "张三", "330105001051", "2026-01-01 00:00:00"),
        ("E2", id_number(2), "李四", "330103001001", "2026-01-01 00:00:00"),
        ("E3", id_number(3), "王五", "330105002051", "2026-01-01 00:00:00"),
    ])  # fmt: skip
    made.orders([
        ("D1", "E1", "2026-10-01 08:00:00", "20", "已完成"),
        ("D2", "E2", "2026-10-02 08:00:00", "30", "已取消"),
        ("D3", "E3", "2026-10-03 08:00:00", "40", "已完成"),
        ("D4", "E3", "2026-09-03 08:00:00", "50", "已完成"),
    ])  # fmt: skip
    made.workers([("C1", id_number(11), "赵六", "330105001051", "是", "2020-01-01"),
                  ("C2", id_number(12), "钱七", "330105001052", "否", "2026年10月5日")])  # fmt: skip
    made.payments(PAYMENTS)
    return made


@pytest.fixture
def tiny(tmp_path: Path) -> Tiny:
    """A complete good delivery: 3 elders, 4 orders, 2 caregivers, 2 payments."""
    return lay_out(tmp_path)


@pytest.fixture
def figure(tiny: Tiny) -> Callable[[str, str, str], tuple[float | None, float | None] | None]:
    """Read (part, whole) of an indicator for an area and month from the current snapshot."""
    from tests.etl.reading import read

    def look(code: str, area: str = "330105000000", month: str = "2026-10") -> tuple[float | None, float | None] | None:
        rows = read(
            tiny.layout, "select part, whole from figure where indicator = ? and area_code = ? and month = ?", [code, area, month]
        )
        return rows[0] if rows else None

    return look
