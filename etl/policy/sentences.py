"""From the words of a policy file to SQL: conditions and sentences. Nothing of a file reaches SQL but as a quoted literal."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from etl.policy.facts import COMMON, Column, Fact

_PLACE = re.compile(r"\{(\w+)\}")


def lit(value: object) -> str:
    """An SQL literal."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, list | tuple):
        return "[" + ", ".join(lit(v) for v in value) + "]"
    return "'" + str(value).replace("'", "''") + "'"


def placeholders(template: str) -> list[str]:
    """The names in braces."""
    return _PLACE.findall(template)


def number(expr: str) -> str:
    """SQL text of a number: whole numbers with thousands separators, others with one decimal."""
    return (f"case when abs({expr} - round({expr})) < 0.05 then format('{{:,}}', cast(round({expr}) as bigint)) "
            f"else format('{{:,.1f}}', cast({expr} as double)) end")


def digit(expr: str) -> str:
    """SQL text of a whole number from 1 to 9 as it is read before 星 or 级: 一 to 九."""
    return f"['一', '二', '三', '四', '五', '六', '七', '八', '九'][cast({expr} as int)]"


def shown(expr: str, kind: str) -> str:
    """SQL text of a value as officials write it."""
    if kind == "date":
        return f"strftime({expr}, '%Y年%-m月%-d日')"
    if kind == "number":
        return number(expr)
    if kind == "money":
        return f"format('{{:,.2f}}', cast({expr} as double))"
    if kind == "star":
        return digit(expr)
    if kind == "bool":
        return f"case when {expr} then '是' else '否' end"
    return f"cast({expr} as varchar)"


def sentence(template: str, columns: Mapping[str, tuple[str, str]]) -> str:
    """SQL text expression of a template; ``columns`` maps a placeholder to its expression and type. A null reads as —."""
    out, end = [], 0
    for match in _PLACE.finditer(template):
        if match.start() > end:
            out.append(lit(template[end : match.start()]))
        expr, kind = columns[match[1]]
        out.append(f"coalesce({shown(expr, kind)}, '—')")
        end = match.end()
    if end < len(template) or not out:
        out.append(lit(template[end:]))
    return " || ".join(f"({part})" if part.startswith("case") else part for part in out)


def fact_columns(fact: Fact) -> dict[str, tuple[str, str]]:
    """What the sentence of one fact may name."""
    named = {name: (f"f.{name}", kind) for name, kind in COMMON.items()}
    # a star is read as a word (一星), whatever the column is called in conditions
    return named | {c.name: (f"f.{c.name}", "star" if c.name == "star" else c.type) for c in fact.columns.values()}


def where(fact: Fact, conditions: Mapping[str, Any]) -> str:
    """The filter ``f.…`` of a condition; the file has been checked by `where_problems` before."""
    terms = []
    for name, wanted in conditions.items():
        if isinstance(wanted, dict):
            terms += [f"f.{name} {'>=' if bound == 'min' else '<='} {lit(limit)}" for bound, limit in wanted.items()]
        elif isinstance(wanted, list):
            terms.append(f"f.{name} in ({', '.join(lit(w) for w in wanted)})")
        else:
            terms.append(f"f.{name} = {lit(wanted)}")
    return " and ".join(terms) or "true"


_AGE = Column("age", "number", "距今月数（当月为 0）")


def where_problems(fact: Fact, conditions: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    """(column, Chinese message) of what cannot be asked of this fact."""
    for name, wanted in conditions.items():
        column = _AGE if name == "age" else fact.columns.get(name)
        if column is None:
            yield name, f"“{fact.title}”没有“{name}”这一列（可用：{'、'.join(fact.columns)}）"
            continue
        if isinstance(wanted, dict):
            if column.type not in ("number", "money"):
                yield name, f"“{name}”不是数字，不能写 min/max"
            elif not wanted or any(k not in ("min", "max") or not _is_number(v) for k, v in wanted.items()):
                yield name, "范围只能写 {min: 数字} 或 {max: 数字}"
            continue
        for value in wanted if isinstance(wanted, list) else [wanted]:
            if column.type == "bool" and not isinstance(value, bool):
                yield name, f"“{name}”应为 true 或 false，现为“{value}”"
            elif column.type in ("number", "money") and not _is_number(value):
                yield name, f"“{name}”应为数字，现为“{value}”"
            elif column.type == "text" and not isinstance(value, str):
                yield name, f"“{name}”应为文字，现为“{value}”"
            elif column.type == "date":
                yield name, f"“{name}”是日期，不能作条件，请用天数或月数的列"
            elif column.allowed and str(value) not in column.allowed:
                yield name, f"“{name}”没有“{value}”这一档（可用：{'、'.join(column.allowed)}）"
        if isinstance(wanted, list) and not wanted:
            yield name, "列表不能为空"


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
