"""A flat table for ``yiguan rate``: which columns a policy asks for, and the rows, each cell checked."""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from etl.indicators import catalogue
from etl.indicators.base import Indicator
from etl.policy.load import reason
from etl.policy.model import ColumnCondition, RatingPolicy, RatingVersion
from etl.policy.parts import ColumnPart, CyclesPart, FindingsPart, IndicatorPart

_MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])")
_MOST_SHOWN = 20


class TableError(Exception):
    """The table cannot be rated; the text lists what is wrong, with line and column."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Columns that a policy asks for: name → what it is for; ``optional`` may be absent, ``texts`` hold words, not numbers."""

    needed: dict[str, str] = field(default_factory=dict)
    optional: dict[str, str] = field(default_factory=dict)
    texts: set[str] = field(default_factory=set)
    shares: set[str] = field(default_factory=set)
    """Columns of indicators that count some of the rows of others: between none and all."""


@dataclass(frozen=True, slots=True)
class Row:
    """One provider, in one month where the table has months."""

    provider_id: str
    month: str
    kind: str
    area: str
    cells: dict[str, tuple[str, float | None]]


def columns(policy: RatingPolicy) -> Wanted:
    """What a table must hold to be rated by this policy."""
    wanted = Wanted()
    wanted.needed["provider_id"] = "单位编号"
    if len(policy.versions) > 1:
        wanted.needed["month"] = "月份（政策有多个版本）"
    for version in policy.versions:
        _of_version(version, wanted)
    return wanted


def _of_version(version: RatingVersion, wanted: Wanted) -> None:
    within = {x for _, stars, _ in version.cuts if stars.method == "distribution" for x in stars.within}
    parts = [p for d in version.domains for p in d.parts]
    if "kind" in within or any(p.kinds is not None for p in parts):
        wanted.needed["kind"] = "类别"
    if "area" in within:
        wanted.needed["area"] = "区域"
    for part in parts:
        if isinstance(part, IndicatorPart):
            wanted.needed[part.indicator] = f"指标值（{part.basis}）"
            if _share(catalogue().get(part.indicator)):
                wanted.shares.add(part.indicator)
            wanted.optional[f"{part.indicator}_whole"] = "样本量"
        elif isinstance(part, FindingsPart):
            wanted.needed.update({f"points_{f}": f"{f}检查扣分" for f in part.findings})
        elif isinstance(part, ColumnPart):
            wanted.needed[part.column] = part.name or part.basis
        elif isinstance(part, CyclesPart):
            for cycle in part.cycles:
                wanted.needed.update({f"{cycle.prefix}{c}": f"{part.name}：{c} 类问题数" for c in part.points})
                if part.repeat_column:
                    wanted.needed[f"{cycle.prefix}{part.repeat_column}"] = f"{part.name}：复查次数"
    for cap in version.caps:
        if isinstance(cap.when, ColumnCondition):
            wanted.needed[cap.when.column] = cap.basis
            if isinstance(cap.when.equals, str):
                wanted.texts.add(cap.when.column)
        else:
            wanted.needed[cap.rule] = f"是否（1/0）：{cap.basis}"
    for need in [n for m in version.minimum for n in m.any_of] + [n for c in version.confidence for n in c.all_of]:
        if need.measure != "domains":
            name = f"{need.indicator}_whole" if need.measure == "indicator" else need.column or need.measure
            wanted.needed[name] = "评级所需的证据量"


def read(path: Path, wanted: Wanted) -> list[Row]:
    """The rows of a CSV file (UTF-8 or GB18030). Raises `TableError` with every line and column that is wrong."""
    text = _text(path)
    reader = csv.reader(io.StringIO(text, newline=""))
    head = [h.strip() for h in next(reader, [])]
    twice = sorted({h for h in head if h and head.count(h) > 1})
    if twice:
        raise TableError(f"{path.name} 第 1 行：列名重复：{'、'.join(twice)}")
    missing = [f"“{name}”（{what}）" for name, what in wanted.needed.items() if name not in head]
    if missing:
        raise TableError(f"{path.name} 第 1 行：缺少列 {'、'.join(missing)}；现有：{'、'.join(head) or '（空表）'}")
    problems: list[str] = []
    rows = list(_rows(path.name, reader, head, wanted, problems))
    if problems:
        rest = f"\n……另有 {len(problems) - _MOST_SHOWN} 处" if len(problems) > _MOST_SHOWN else ""
        raise TableError("\n".join(problems[:_MOST_SHOWN]) + rest)
    if not rows:
        raise TableError(f"{path.name}：没有数据行")
    return rows


def _text(path: Path) -> str:
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise TableError(f"打不开 {path}：{reason(error)}") from None
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise TableError(f"{path.name}：既不是 UTF-8 也不是 GB18030 编码，请另存为 UTF-8")


def _rows(name: str, reader: Iterable[list[str]], head: list[str], wanted: Wanted, problems: list[str]) -> Iterable[Row]:
    seen: dict[tuple[str, str], int] = {}
    dated = "month" in head
    for record in reader:
        line = int(reader.line_num)  # type: ignore[attr-defined]
        if not any(cell.strip() for cell in record):
            continue
        if len(record) != len(head):
            problems.append(f"{name} 第 {line} 行：有 {len(record)} 格，表头有 {len(head)} 列")
            continue
        given = {h: cell.strip() for h, cell in zip(head, record, strict=True)}
        key = (given["provider_id"], given["month"] if dated else "")
        if not key[0]:
            problems.append(f"{name} 第 {line} 行“provider_id”列：不能为空")
        if dated and not _MONTH.fullmatch(key[1]):
            problems.append(f"{name} 第 {line} 行“month”列：“{key[1]}”不是月份（应写作 2026-01）")
        if key in seen:
            problems.append(f"{name} 第 {line} 行：与第 {seen[key]} 行重复（{' '.join(key).strip()}）")
        seen.setdefault(key, line)
        cells = {}
        for column in (*wanted.needed, *wanted.optional):
            if column in ("provider_id", "month", "kind", "area") or column not in given:
                continue
            number = None if column in wanted.texts or not given[column] else _number(given[column])
            if given[column] and column not in wanted.texts and number is None:
                problems.append(f"{name} 第 {line} 行“{column}”列：“{given[column]}”不是数字")
            elif number is not None and column in wanted.shares and not 0 <= number <= 100:
                problems.append(f"{name} 第 {line} 行“{column}”列：“{given[column]}”不在 0—100（%）之间")
            elif number is not None and number < 0 and _counts(column, wanted):
                problems.append(f"{name} 第 {line} 行“{column}”列：“{given[column]}”不能小于 0")
            cells[column] = (given[column], number)
        yield Row(key[0], key[1], given.get("kind", ""), given.get("area", ""), cells)


def _share(indicator: Indicator | None) -> bool:
    """Whether the indicator is a percentage of the very rows that it is taken from: nothing beyond 0 to 100 can be right."""
    if indicator is None or indicator.whole is None or (indicator.kind, indicator.unit, indicator.scale) != ("ratio", "%", 100):
        return False
    part, whole = indicator.part, indicator.whole
    return part.mart == whole.mart and part.value == whole.value == "1" and not part.ranked


def _counts(column: str, wanted: Wanted) -> bool:
    """Whether the column holds a count or points, which are never negative."""
    what = wanted.needed.get(column, "样本量")
    return column.startswith("points_") or what.endswith(("问题数", "复查次数", "样本量", "证据量"))


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None
