"""Reads a policy file so that every complaint about it names the line an official has to look at."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
Loc = tuple[str | int, ...]
M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with a policy file: ``loc`` is the path of keys and positions to it, ``message`` a Chinese sentence."""

    loc: Loc
    message: str
    line: int = 0


class PolicyError(Exception):
    """A policy file cannot be used; the text lists every problem with file and line."""

    def __init__(self, path: Path, problems: Iterable[Problem]) -> None:
        self.path = path
        self.problems = sorted(problems, key=lambda p: p.line)
        lines = [f"{path.name} 第 {p.line} 行：{p.message}" if p.line else f"{path.name}：{p.message}" for p in self.problems]
        super().__init__("\n".join(lines))


DEEPEST = 40


class _NotPlainError(Exception):
    """A file that says more than a policy needs to: the line, and a Chinese sentence."""


def _plain(text: str) -> None:
    """_NotPlainError for references, which let a short file stand for an endless one, and for nesting that no policy has."""
    depth = 0
    for token in yaml.scan(text, Loader=_Loader):
        if isinstance(token, yaml.AliasToken | yaml.AnchorToken):
            raise _NotPlainError(token.start_mark.line + 1, "不能使用锚点和引用（& 与 *），请逐项写出")
        depth += isinstance(token, yaml.BlockMappingStartToken | yaml.BlockSequenceStartToken | yaml.FlowMappingStartToken | yaml.FlowSequenceStartToken)
        depth -= isinstance(token, yaml.BlockEndToken | yaml.FlowMappingEndToken | yaml.FlowSequenceEndToken)
        if depth > DEEPEST:
            raise _NotPlainError(token.start_mark.line + 1, f"嵌套超过 {DEEPEST} 层")


class _Lines:
    """Line numbers of a YAML document by path; keys written twice are collected, since YAML silently keeps the last."""

    def __init__(self, text: str) -> None:
        self.at: dict[Loc, int] = {(): 1}
        self.twice: list[Problem] = []
        root = yaml.compose(text, Loader=_Loader)
        if root is not None:
            self._walk(root, ())

    def _walk(self, node: yaml.Node, loc: Loc) -> None:
        self.at.setdefault(loc, node.start_mark.line + 1)
        if isinstance(node, yaml.MappingNode):
            seen: set[str] = set()
            for key, value in node.value:
                line = key.start_mark.line + 1
                if not isinstance(key, yaml.ScalarNode):
                    raise _NotPlainError(line, "键只能是一个词")
                if key.value in seen:
                    self.twice.append(Problem((*loc, key.value), f"“{key.value}”写了两次，请保留一处", line))
                seen.add(key.value)
                self.at[(*loc, key.value)] = line
                self._walk(value, (*loc, key.value))
        elif isinstance(node, yaml.SequenceNode):
            for i, item in enumerate(node.value):
                self._walk(item, (*loc, i))

    def line(self, loc: Loc) -> int:
        """The line of the deepest part of ``loc`` that stands in the file (pydantic puts names of union members in between)."""
        here: Loc = ()
        for part in loc:
            if (*here, part) in self.at:
                here = (*here, part)
            elif (*here, str(part)) in self.at:
                here = (*here, str(part))
        return self.at[here]


_CHINESE: dict[str, Callable[[dict[str, Any]], str]] = {
    "missing": lambda c: "缺少这一项",
    "extra_forbidden": lambda c: "没有这一项，请检查是否写错",
    "greater_than": lambda c: f"应大于 {c['gt']:g}",
    "greater_than_equal": lambda c: f"应不小于 {c['ge']:g}",
    "less_than": lambda c: f"应小于 {c['lt']:g}",
    "less_than_equal": lambda c: f"应不大于 {c['le']:g}",
    "literal_error": lambda c: f"只能是 {str(c['expected']).replace(' or ', '、').replace(', ', '、')}",
    "too_short": lambda c: f"至少要有 {c['min_length']} 项",
    "too_long": lambda c: f"最多 {c['max_length']} 项",
    "string_too_short": lambda c: "不能为空",
    "string_pattern_mismatch": lambda c: "格式不对（月份应写作 2026-01）",
    "union_tag_not_found": lambda c: "看不出是哪一类：指标项应有 indicator，检查扣分项应有 findings，表格列应有 column，分周期扣分应有 cycles",
    "value_error": lambda c: str(c["error"]),
}
_TYPES = {
    "float": "数字", "int": "整数", "string": "文字", "bool": "true 或 false", "list": "列表", "tuple": "列表", "dict": "键值",
    "model": "键值",
}
_BARE = ("missing", "union_tag_not_found", "value_error", "extra_forbidden")


def in_chinese(error: Any) -> str:
    """One of pydantic's complaints as a Chinese clause."""
    kind, context = str(error["type"]), error.get("ctx") or {}
    expected = next((name for start, name in _TYPES.items() if kind.startswith(start)), "别的写法")
    text = _CHINESE[kind](context) if kind in _CHINESE else f"应为{expected}"
    if kind in _BARE or isinstance(error.get("input"), dict | list):
        return text
    return f"{text}，现为“{error.get('input')}”"


def reason(error: OSError) -> str:
    """Why a file cannot be opened, in Chinese."""
    kinds = {FileNotFoundError: "没有这个文件", IsADirectoryError: "这是一个目录，不是文件", PermissionError: "没有读取权限"}
    return next((said for kind, said in kinds.items() if isinstance(error, kind)), "文件读不出来")


def load(path: Path, model: type[M], check: Callable[[M], Iterable[Problem]] = lambda _: ()) -> M:
    """The policy in ``path`` as a ``model``; ``check`` adds what one field alone cannot show.

    Raises `PolicyError` with every problem found, each with its line.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise PolicyError(path, [Problem((), f"没有这个政策文件（{path.parent}）")]) from None
    except OSError as error:
        raise PolicyError(path, [Problem((), f"打不开：{reason(error)}")]) from None
    except UnicodeDecodeError:
        raise PolicyError(path, [Problem((), "不是 UTF-8 编码，请另存为 UTF-8 后再试")]) from None
    try:
        _plain(text)
        lines, data = _Lines(text), yaml.load(text, Loader=_Loader)  # noqa: S506 - the safe loader, in C where built
    except _NotPlainError as error:
        raise PolicyError(path, [Problem((), str(error.args[1]), int(error.args[0]))]) from None
    except ValueError:  # what looks like a day or a number and is none (2026-13-45)
        raise PolicyError(path, [Problem((), "有不存在的日期或写错的数字")]) from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        text = "YAML 写法有误（多为缩进、冒号后缺空格或引号不成对）"
        raise PolicyError(path, [Problem((), text, mark.line + 1 if mark else 0)]) from None
    if lines.twice:
        raise PolicyError(path, lines.twice)
    try:
        policy = model.model_validate(data)
    except ValidationError as failed:
        raise PolicyError(path, [_located(error, lines) for error in failed.errors()]) from None
    problems = [Problem(p.loc, p.message, lines.line(p.loc)) for p in check(policy)]
    if problems:
        raise PolicyError(path, problems)
    return policy


def _located(error: Any, lines: _Lines) -> Problem:
    loc: Loc = tuple(error["loc"])
    name = next((str(part) for part in reversed(loc) if isinstance(part, str)), "")
    return Problem(loc, (f"{name}：" if name else "") + in_chinese(error), lines.line(loc))
