"""``draw``: the double-random inspection draw; ``draw verify`` needs nothing but the published file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from dashboard.cli.common import FAILED, WRONG_USE, UserError, out, print_json

if TYPE_CHECKING:
    from etl.draw import Paper

draw_app = typer.Typer(help="双随机抽查：计划、承诺、抽取、复核。算法见 docs/draw.md。", no_args_is_help=True)
File = Annotated[Path, typer.Argument(help="抽取文件（JSON）")]
Json = Annotated[bool, typer.Option("--json", help="输出 JSON")]


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.add_typer(draw_app, name="draw")


def opened(path: Path) -> Paper:
    """The paper in a file; UserError where it is none."""
    from etl.draw import DrawError, read

    try:
        return read(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UserError(f"没有这个文件：{path}", "请核对路径", WRONG_USE) from None
    except (OSError, UnicodeDecodeError):
        raise UserError(f"{path} 不是可读的文本文件", "请使用公示的原文件", WRONG_USE) from None
    except DrawError as problem:
        raise UserError(f"{path.name}：{problem}", "请使用公示的原文件", WRONG_USE) from problem


@draw_app.command("verify")
def verify(file: File, as_json: Json = False) -> None:
    """复核一份抽取文件：只凭文件本身重算，不连数据库和网络；不符之处逐条列出，退出码 1。"""
    from etl.draw import verify as check

    paper = opened(file)
    found = check(paper)
    if as_json:
        print_json({"file": str(file), "sha256": paper.list.sha256(), "agrees": not found, "problems": found})
    elif found:
        out.print(f"■ 复核不符，共 {len(found)} 处：", markup=False)
        for sentence in found:
            out.print(f"  {sentence}", markup=False, soft_wrap=True)
    else:
        out.print(f"● 复核相符：{paper.list.month} 抽查 {len(paper.result)} 家，名单、承诺、种子、结果一致。")
        out.print(f"名单摘要 {paper.sha256}，承诺于 {paper.committed_at}。请与当时公布的摘要核对。", soft_wrap=True)
    raise typer.Exit(FAILED if found else 0)


@draw_app.command("show")
def show(file: File) -> None:
    """列出一份抽取文件的结果：单位、因何抽中、检查人员。"""
    paper = opened(file)
    providers = {p.id: p.name for p in paper.list.providers}
    people = {i.id: i.name for i in paper.list.inspectors}
    table = Table(box=None, pad_edge=False)
    for title in ("单位", "名称", "抽中于", "检查人员"):
        table.add_column(title)
    for provider, by, who in paper.result:
        table.add_row(provider, providers.get(provider, ""), by, "、".join(people.get(i, i) for i in who))
    out.print(table)
