"""``etl held|release|reject``: deliveries that wait for a person's decision."""

from __future__ import annotations

import getpass
from typing import Annotated, Literal

import typer
from rich.table import Table

from dashboard.cli.commands_etl import etl_app
from dashboard.cli.common import WRONG_USE, UserError, out, place, print_json, settings

Module = Annotated[str, typer.Argument(help="模块，例如 order")]
Reason = Annotated[str, typer.Option("--reason", help="理由，记入台账日志")]
Json = Annotated[bool, typer.Option("--json", help="输出 JSON")]


def register(_app: typer.Typer) -> None:
    """The commands of this file belong to ``etl``."""


@etl_app.command("held")
def held(as_json: Json = False, everything: Annotated[bool, typer.Option("--all", help="连同已处理的")] = False) -> None:
    """暂缓采用、等待处理的报送，以及已退回但仍可放行的：为什么，从何时起。"""
    from etl import holds

    _, layout = place()
    listed = [h.to_dict() for h in (holds.listed if everything else holds.standing)(layout)]
    if as_json:
        print_json(listed)
        return
    if not listed:
        out.print("没有等待处理的报送。")
        return
    table = Table(box=None, pad_edge=False)
    for title in ("模块", "起始", "状态", "原因", "处理人", "理由"):
        table.add_column(title, overflow="fold")
    for row in listed:
        table.add_row(
            row["module"], row["since"], row["state_text"], "；".join(row["findings"]), row["decided_by"] or "", row["reason"] or ""
        )
    out.print(table)
    out.print("核实后：yiguan etl release 模块 --reason 理由，或 yiguan etl reject 模块 --reason 理由")


@etl_app.command("release")
def release(module: Module, reason: Reason) -> None:
    """放行一个模块暂缓采用或已退回的报送：下次汇集装载这一批（内容明显变了则重新判断）。"""
    _decide(module, "released", reason)
    out.print(f"已放行 {module} 的这批报送。运行 yiguan etl run 装载。")


@etl_app.command("reject")
def reject(module: Module, reason: Reason) -> None:
    """退回一个模块暂缓采用的报送：继续沿用上次的数据，等待重新报送。"""
    _decide(module, "rejected", reason)
    out.print(f"已退回 {module} 的这批报送，继续沿用上次的数据。")


def _decide(module: str, decision: Literal["released", "rejected"], reason: str) -> None:
    from dashboard import ledger
    from dashboard.ledger import holds

    _, layout = place()
    try:
        holds.decide(ledger.open(settings().ledger, settings().seals()), layout, module, decision, by=f"{getpass.getuser()}（命令行）", reason=reason)
    except holds.HoldError as problem:
        raise UserError(str(problem), "用 yiguan etl held 查看等待处理的报送", WRONG_USE) from problem
