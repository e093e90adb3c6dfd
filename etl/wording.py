"""A contract in words, for the department that owns the system: one description from which terminal, page and template are made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import PurePath
from typing import Any
from urllib.parse import urlsplit

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

PRIVACY = {"name": "姓名", "id": "证件号", "phone": "电话", "address": "住址", "account": "账户", "text": "自由文字"}
LEVELS = {1: "区", 2: "街道", 3: "社区"}
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

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)


def describe(contract: Contract, delivery: str = "") -> ContractWords:
    """The whole contract in words; ``delivery`` as :func:`how` says it."""
    tables = tuple(_table(contract, t) for t in contract.tables)
    return ContractWords(
        contract.module, contract.title, contract.owner, "、".join(contract.systems), contract.due.text, delivery, tables
    )


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
            return f"Excel 工作簿（{PurePath(address).name}），可按模板填报"
        case "csv":
            return f"CSV 文本文件（{PurePath(address).name}），编码 {str(spec.get('encoding') or 'utf-8').upper()}"
        case "jsonl":
            return f"JSON Lines 文件（{PurePath(address).name}）"
        case "api":
            return "JSON 接口，分页读取"
        case other:
            return other or "尚未登记接入方式"


def _table(contract: Contract, table: Table) -> TableWords:
    titles = {c.name: c.heading for c in table.columns}
    return TableWords(
        name=table.name,
        title=table.title,
        source=table.source,
        grain=table.grain,
        key="、".join(titles.get(k, k) for k in table.key),
        columns=tuple(words for c in table.columns for words in _column(c, c.name in table.key)),
        rejects=(*table.reject, *(r.sentence for r in table.references if r.severity == "reject")),
        warns=(*table.warn, *(r.sentence for r in table.references if r.severity == "warn")),
        references=tuple(f"{titles.get(r.column, r.column)} → {r.table}.{r.key}" for r in table.references if not r.fault),
    )


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
