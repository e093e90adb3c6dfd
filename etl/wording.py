"""A contract in words, for the department that owns the system: one description from which terminal, page and template are made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import PurePath
from typing import Any
from urllib.parse import urlsplit

from etl.checks import Compiled, compile_contract
from etl.contract import (
    AreaCode,
    Choice,
    Column,
    Contract,
    CreditCode,
    Date,
    Flag,
    IdNumber,
    Integer,
    Key,
    Money,
    Month,
    Number,
    Point,
    Table,
    Text,
    Timestamp,
)
from etl.guards import Limits
from etl.sift import faults, one_per_column

PRIVACY = {"name": "姓名", "id": "证件号", "phone": "电话", "address": "住址", "account": "账户", "text": "自由文字"}
LEVELS = {1: "区", 2: "街道", 3: "社区"}
ENCODINGS = {
    "auto": "编码逐个文件识别（UTF-8、GB18030、UTF-16 均可）", "gb18030": "编码 GB18030（含 GBK、GB2312）", "gbk": "编码 GBK", "utf-8": "编码 UTF-8",
}  # fmt: skip
UNREADABLE = "无法识别"
"""What the checks would say of a value of no kind in particular: any text is one, so they never do."""
WORKBOOK, TEXT, LINES = "Excel 工作簿", "CSV 文本文件", "JSON Lines 文件"
DATUMS = {"cgcs2000": "CGCS2000", "wgs84": "WGS84", "gcj02": "GCJ-02（高德、腾讯）", "bd09": "BD-09（百度）"}


@dataclass(frozen=True, slots=True)
class ColumnWords:
    """One column as the owner reads it; ``name`` is the header in the owner's system, ``field`` the column's name after checking."""

    name: str
    title: str
    field: str
    kind: str
    unit: str
    allowed: str
    required: bool
    privacy: str
    meaning: str
    aliases: str
    key: bool

    @property
    def must(self) -> str:
        """必填 or 可空."""
        return "必填" if self.required else "可空"


@dataclass(frozen=True, slots=True)
class TableWords:
    """One table: where it lies, what a row is, its columns and what becomes of rows that break a rule."""

    name: str
    title: str
    source: str
    grain: str
    key: str
    columns: tuple[ColumnWords, ...]
    rejects: tuple[str, ...]
    warns: tuple[str, ...]
    references: tuple[str, ...]
    cells: tuple[str, ...]
    """Why a single value is turned away, column by column."""
    twice: str
    """Which row counts when a key comes more than once."""
    files: str
    """How the files or sheets have to be called; '' where nothing is delivered as a file."""


@dataclass(frozen=True, slots=True)
class ContractWords:
    """What one module delivers, who owns it, when and how it arrives."""

    module: str
    title: str
    owner: str
    systems: str
    cadence: str
    delivery: str
    tables: tuple[TableWords, ...]
    whole: tuple[str, ...] = ()
    """What is looked at in a delivery as one thing."""

    @property
    def fillable(self) -> bool:
        """Whether the module is delivered as workbooks, for which there is a template to fill in."""
        return self.delivery.startswith(WORKBOOK)

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)


def describe(contract: Contract, delivery: str = "") -> ContractWords:
    """The whole contract in words; ``delivery`` as :func:`how` says it."""
    tables = tuple(_table(compiled, delivery) for compiled in compile_contract(contract))
    return ContractWords(
        contract.module, contract.title, contract.owner, "、".join(contract.systems), contract.due.text, delivery, tables,
        tuple(_whole(contract, delivery)),
    )  # fmt: skip


def how(spec: Mapping[str, Any] | None) -> str:
    """How a module is reached, from its entry in ``sources.yaml``; neither host nor account nor folder of the bureau is told."""
    if not spec:
        return "尚未登记接入方式"
    address = str(spec.get("url") or spec.get("path") or "")
    match str(spec.get("kind", "")):
        case "sql":
            backend = urlsplit(address).scheme.partition("+")[0]
            named = {"sqlite": "SQLite 文件", "postgresql": "PostgreSQL", "mysql": "MySQL", "mariadb": "MariaDB"}.get(backend, "数据库")
            return f"数据库只读访问（{named}）"
        case "workbook":
            return f"{WORKBOOK}（{PurePath(address).name}），可按模板填报"
        case "csv":
            encoding = str(spec.get("encoding") or "utf-8")
            return f"{TEXT}（{PurePath(address).name}），{ENCODINGS.get(encoding.lower(), f'编码 {encoding.upper()}')}"
        case "jsonl":
            return f"{LINES}（{PurePath(address).name}）"
        case "api":
            return "JSON 接口，分页读取"
        case other:
            return other or "尚未登记接入方式"


def _table(compiled: Compiled, delivery: str) -> TableWords:
    table = compiled.table
    titles = {c.name: c.heading for c in table.columns}
    told = {kind: tuple(r.sentence for r in table.references if r.severity == kind) for kind in ("reject", "warn")}
    return TableWords(
        name=table.name,
        title=table.title,
        source=table.source,
        grain=table.grain,
        key="、".join(titles.get(k, k) for k in table.key),
        columns=tuple(words for c in table.columns for words in _column(c, c.name in table.key)),
        # From what is compiled, not from the contract: the checks have warnings of their own (places, codes).
        rejects=(*(s for s, _ in compiled.plain_rejects + compiled.window_rejects), *told["reject"]),
        warns=(*(s for s, _ in compiled.plain_warns + compiled.window_warns), *told["warn"]),
        references=tuple(f"{titles.get(r.column, r.column)}：应见于{_referred(r.table, r.key)}" for r in table.references if not r.fault),
        cells=tuple(dict.fromkeys(sentence for cell in one_per_column(compiled.cells) for _, _, sentence, _ in faults(cell) if not sentence.endswith(UNREADABLE))),
        twice=_twice(table, delivery),
        files=_files(table, delivery),
    )


@cache
def _headings() -> dict[str, tuple[str, str, dict[str, str]]]:
    """Checked table → its module's title, its own, and those of its columns."""
    from etl.load import contracts  # which knows all modules, and imports what makes contracts into words

    return {
        f"{c.module}_{t.name}": (c.title, t.title, {column.name: column.heading for column in t.columns})
        for c in contracts() for t in c.tables
    }  # fmt: skip


def _referred(table: str, key: str) -> str:
    module, title, columns = _headings().get(table, ("", table, {}))
    return f"{module}“{title}”的“{columns.get(key, key)}”"


def _twice(table: Table, delivery: str) -> str:
    titles = {c.name: c.heading for c in table.columns}
    said = f"同一{'、'.join(titles.get(k, k) for k in table.key)}报送多次的，只计一条："
    newest = f"“{titles[table.order_by]}”最晚的为准；仍分不出先后的，" if table.order_by else ""
    if table.cursor:
        return said + newest + "按内容取其一，与报送的先后无关"
    if not delivery.startswith((WORKBOOK, TEXT, LINES)):
        return said + newest + "排在后面的为准"
    return (
        said + newest + "文件名排在后面的为准，如“2026-10_更正”在“2026-10”之后；文件名末尾的“(1)”“副本”“copy”表示重新下载或另存，排在原文件之后；"
        "同一文件中以后一行为准"
    )


def _files(table: Table, delivery: str) -> str:
    if delivery.startswith(WORKBOOK):
        return f"工作表名称为“{table.source}”或以它开头" if not any(c in table.source for c in "*?") else _pattern("工作表名称", table.source)
    if delivery.startswith((TEXT, LINES)):
        return _pattern("文件名", table.source if any(c in table.source for c in "*?.") else f"{table.source}*") + "；其他名称的文件不读取"
    return ""


def _pattern(what: str, pattern: str) -> str:
    signs = {"*": "* 代表任意文字", "?": "? 代表一个字符", "/": "/ 之前是下级文件夹"}
    used = "，".join(words for sign, words in signs.items() if sign in pattern)
    return f"{what}形如“{pattern}”" + (f"（{used}）" if used else "")


def _whole(contract: Contract, delivery: str) -> list[str]:
    """What the guards and the readers look at in a delivery as a whole, with the limits that hold unless the district sets others."""
    limits = Limits()
    found = [
        f"记录数比上次减少 {limits.warn_rows:.0%} 以上的，入库并提示；减少 {limits.hold_rows:.0%} 以上的，或没有任何数据行的，暂缓采用，待核实",
        f"不合格的行所占比例比上次高出 {limits.hold_quarantined * 100:g} 个百分点以上的，或缺少上次有的列的，暂缓采用，待核实",
    ]
    if any(t.money for t in contract.tables):
        found.append(f"金额合计与上次相差 {limits.hold_money:g} 倍以上的，或每笔平均金额相差 {limits.hold_amount:g} 倍以上的，暂缓采用，待核实（常因单位写错）")
    if any(t.dated and not t.may_be_empty for t in contract.tables):
        parts = "某个月或某个文件" if delivery.startswith((WORKBOOK, TEXT, LINES)) else "某个月"
        amounts = "、每笔平均金额" if any(t.money for t in contract.tables) else ""
        found.append(f"{parts}的记录数{amounts}也按上述比例判断；已过完的月份首次报送不足此前三个月的 {1 - limits.hold_rows:.0%} 的，暂缓采用，待核实")
    if delivery.startswith((WORKBOOK, TEXT)):
        found.append("小计、合计、总计行和表下的说明不作为记录")
        if any(t.money for t in contract.tables):
            found.append("小计、合计行的金额应等于其上各行之和，不符的暂缓采用，待核实")
    if delivery.startswith(TEXT):
        found.append("列数与表头不符的行退回；在末行中断的文件整份退回")
    found.append("暂缓采用期间沿用上次的数据")
    return found


def _column(column: Column, key: bool) -> list[ColumnWords]:
    """One line a source column: a point has two, and a third where the source says its datum."""

    def line(name: str, title: str, field: str, kind: str, allowed: str = "", required: bool = not column.optional) -> ColumnWords:
        return ColumnWords(
            name, title, field, kind, column.unit, allowed, required and not column.may_be_absent, PRIVACY.get(column.privacy, ""),
            column.meaning, "、".join(column.aliases) if name == column.source else "", key,
        )  # fmt: skip

    if isinstance(column, Point):
        datum = DATUMS[column.crs]
        found = [
            line(column.source, "经度", f"{column.name}lng", f"经度，{datum}"),
            line(column.latitude_source, "纬度", f"{column.name}lat", f"纬度，{datum}"),
        ]
        if column.crs_source:
            found.append(line(column.crs_source, "坐标系", "", "选项", "、".join(DATUMS.values()), required=False))
        return found
    return [line(column.source, column.heading, column.name, kind_of(column), allowed_of(column))]


def kind_of(column: Column) -> str:
    """The type of a column in words."""
    match column:
        case AreaCode():
            return f"{LEVELS.get(column.level, '')}区划代码（12 位）"
        case IdNumber():
            return "居民身份证号（18 位，按文本填写）"
        case CreditCode():
            return "统一社会信用代码（18 位）"
        case Choice():
            return "选项"
        case Flag():
            return "是/否"
        case Date():
            return "日期（如 2026-10-31）"
        case Timestamp():
            return "日期时间（如 2026-10-31 08:05:00）"
        case Month():
            return "月份（如 2026-10）"
        case Money():
            return "金额，最多两位小数"
        case Integer():
            return "整数"
        case Number():
            return "数字"
        case Key():
            return f"编号，文本，最多 {column.max_length} 字" if column.max_length < 4000 else "编号，文本"
        case Text():
            return f"文本，最多 {column.max_length} 字" if column.max_length < 4000 else "文本"
        case _:
            return "坐标" if isinstance(column, Point) else "文本"


def allowed_of(column: Column) -> str:
    """What a column may hold: the listed values, or the range."""
    if isinstance(column, Choice):
        return "、".join(map(str, column.allowed))
    if isinstance(column, Flag):
        return f"{column.true[0]}、{column.false[0]}"
    if isinstance(column, Month):
        return f"不晚于报送后 {column.ahead} 个月" if column.ahead > 1 else "不晚于报送的下个月"
    low, high = getattr(column, "minimum", None), getattr(column, "maximum", None)
    if low is not None and high is not None:
        return f"{low:,g} 至 {high:,g}"
    return f"不小于 {low:,g}" if low is not None else f"不大于 {high:,g}" if high is not None else ""
