"""``contract``: what a module has to deliver, printed for the department that owns it, or as an Excel template to fill in."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table as Grid

from dashboard.cli.common import WRONG_USE, fail, out, place, print_json


def register(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command("contract")(contract)


def contract(
    module: Annotated[str, typer.Argument(help="模块，例如 caregiver")],
    as_json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False,
    template: Annotated[Path | None, typer.Option("--template", help="另存为 Excel 填报模板")] = None,
) -> None:
    """某一模块的报送约定：表、列、单位、允许取值、规则、责任单位、频次与接入方式。"""
    from etl.load import contracts
    from etl.wording import ContractWords, describe, how

    region, layout = place()
    known = {c.module: c for c in contracts()}
    if module not in known:
        fail(f"没有名为 {module} 的模块", f"可用：{'、'.join(sorted(known))}", WRONG_USE)
    words: ContractWords = describe(known[module], how(region.source(module, layout.sources)))
    if template is not None and not words.fillable:
        fail(f"{words.title}不以 Excel 报送，没有填报模板", f"报送方式：{words.delivery}", WRONG_USE)
    if template is not None:
        from dashboard.reports import save
        from dashboard.reports.template import template_xlsx

        save(template, template_xlsx(known[module], words, region.bureau))
        out.print(f"填报模板已写入 {template}。")
        return
    if as_json:
        print_json(words.to_dict())
        return
    out.print(f"[bold]{words.title}[/bold]（{words.module}，来源系统 {words.systems}）")
    out.print(f"责任单位：{words.owner}　频次：{words.cadence}　方式：{words.delivery}")
    for sentence in words.whole:
        out.print(f"  整批核验：{sentence}", markup=False)
    for table in words.tables:
        out.print(f"\n[bold]{table.title}[/bold]（来源表 {table.source}）：每行为{table.grain}，以{table.key}为准")
        grid = Grid(box=None, pad_edge=False, show_edge=False)
        for head in ("来源列名", "含义", "类型", "单位", "允许取值", "必填", "个人信息"):
            grid.add_column(head, overflow="fold")
        for c in table.columns:
            said = "；".join(x for x in (c.meaning, f"也认作：{c.aliases}" if c.aliases else "") if x)
            title = c.title + (f"（{said}）" if said else "")
            grid.add_row(c.name, title, c.kind, c.unit, c.allowed, c.must, c.privacy)
        out.print(grid)
        for head, sentences in (
            ("名称", [table.files] if table.files else []), ("重复报送", [table.twice]), ("不合格，退回", table.rejects),
            ("逐列核验，退回", ["；".join(table.cells)]), ("存疑，入库并提示", table.warns), ("关联核对", table.references),
        ):  # fmt: skip
            for sentence in sentences:
                out.print(f"  {head}：{sentence}", markup=False)
