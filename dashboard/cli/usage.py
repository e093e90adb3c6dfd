"""A command used wrongly, said in Chinese: the parser's own messages are English."""

from __future__ import annotations

import re
from typing import Any

_CHINESE = re.compile(r"[一-鿿]")


def told(wrong: Any) -> str:
    """What is wrong and where to look, for an exception of the command line's parser; the help itself where no command was given."""
    kind = type(wrong).__name__
    if kind == "NoArgsIsHelpError":
        return str(wrong.format_message())
    ctx = getattr(wrong, "ctx", None)
    look = f"\n用 {ctx.command_path} --help 查看用法。" if ctx is not None else "\n用 yiguan --help 查看用法。"
    return _what(kind, wrong) + look


def _what(kind: str, wrong: Any) -> str:
    message = str(wrong.format_message())
    quoted = re.findall(r"'([^']*)'", message)
    name = _name(wrong) or (quoted[0] if quoted else "")
    if kind == "NoSuchOption":
        return f"没有“{wrong.option_name}”这个选项。" + (f"是否要写 {'、'.join(sorted(wrong.possibilities))}？" if wrong.possibilities else "")
    if kind == "MissingParameter":
        return f"缺少{'参数' if getattr(wrong.param, 'param_type_name', '') == 'argument' else '选项'} {name}。"
    if kind == "BadOptionUsage":
        return f"选项 {wrong.option_name} 后面要写一个值。" if "requires" in message else f"选项 {wrong.option_name} 不带值。"
    if kind == "BadParameter":
        return f"{name} 的值不对：{wrong.message if _CHINESE.search(wrong.message) else _expected(wrong)}。"
    if "No such command" in message:
        return f"没有“{name}”这个命令。"
    if "unexpected extra argument" in message:
        return f"多写了参数：{message.rpartition('(')[2].rstrip(').')}。"
    return message if _CHINESE.search(message) else "命令写法不对。"


def _name(wrong: Any) -> str:
    hint = getattr(wrong, "param_hint", None)
    if hint:
        return hint if isinstance(hint, str) else "、".join(hint)
    param = getattr(wrong, "param", None)
    if param is None:
        return ""
    return str(max(param.opts, key=len) if param.opts else param.name)


def _expected(wrong: Any) -> str:
    """What a parameter takes, from the check that refused it."""
    from etl.policy.load import in_chinese

    errors = getattr(wrong.__cause__, "errors", None)
    return "；".join(in_chinese(e) for e in errors()) if errors else "写法不符合要求"
