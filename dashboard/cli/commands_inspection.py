"""``draw``: the double-random inspection draw; ``draw verify`` needs nothing but the published file."""

from __future__ import annotations

import getpass
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from dashboard.cli.common import FAILED, WRONG_USE, UserError, out, place, print_json, settings

if TYPE_CHECKING:
    from dashboard.inspections.store import By, Inspections, Plan
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


def book() -> Inspections:
    """The plans and inspectors in the ledger of the region in force."""
    from dashboard import ledger
    from dashboard.inspections.store import Inspections

    region, _ = place()
    return Inspections(ledger.open(settings().ledger), region.code)


def _by() -> By:
    from dashboard.inspections.store import By

    return By(f"{getpass.getuser()}（命令行）")


def _shown(act: Callable[[], Plan], said: str) -> None:
    """Do it and say it; UserError with the reason where it is refused."""
    from dashboard.inspections.store import NoPlanError
    from etl.draw import DrawError
    from etl.policy import PolicyError

    try:
        plan = act()
    except NoPlanError as missing:
        raise UserError(f"没有计划 {missing}", "用 yiguan draw list 查看计划", WRONG_USE) from missing
    except (DrawError, PolicyError) as problem:
        raise UserError(str(problem), "", WRONG_USE) from problem
    out.print(f"{plan.row.number} {said}。名单摘要 {plan.paper.list.sha256()}", soft_wrap=True)


@draw_app.command("inspectors")
def inspectors(file: Annotated[Path, typer.Argument(help="名录 CSV：编号,姓名,单位,街道代码,回避单位编号,回避事由（一项回避一行）")]) -> None:
    """导入检查人员名录与回避申报，替换原名录。"""
    from etl.draw import DrawError

    region, _ = place()
    try:
        people, conflicts = book().take_over(file.read_text(encoding="utf-8-sig"), [a.code for a in region.areas if a.level == 2], _by())
    except FileNotFoundError:
        raise UserError(f"没有这个文件：{file}", "请核对路径", WRONG_USE) from None
    except UnicodeDecodeError:
        raise UserError(f"{file} 不是 UTF-8 编码", "请另存为 UTF-8 的 CSV 后再试", WRONG_USE) from None
    except DrawError as problem:
        raise UserError(str(problem), "名录没有改动，更正后重新导入", WRONG_USE) from problem
    out.print(f"检查人员 {people} 名，回避申报 {conflicts} 项。")


@draw_app.command("list")
def listed(as_json: Json = False) -> None:
    """列出各月抽查计划、所处阶段与名单摘要。"""
    from dashboard.inspections.store import STAGES

    plans = book().listed()
    if as_json:
        print_json([{"number": p.row.number, "month": p.row.month, "stage": p.row.stage, "sha256": p.row.sha256} for p in plans])
        return
    for p in plans:
        out.print(f"{p.row.number}  {p.row.month}  {STAGES[p.row.stage]}  {p.row.sha256 or '（未承诺）'}", soft_wrap=True)
    if not plans:
        out.print("还没有抽查计划。yiguan draw plan --source 种子来源 --on 公布日")


@draw_app.command("plan")
def plan(
    source: Annotated[str, typer.Option("--source", help="以哪一项公开结果作种子，如“中国福利彩票双色球第 2026136 期”")],
    on: Annotated[str, typer.Option("--on", help="该结果的公布日 YYYY-MM-DD，须晚于承诺日")],
) -> None:
    """编制下月抽查计划：按最近一个月的风险与信用等级列出名单、分层与回避。"""
    from datetime import date

    from dashboard.cli.commands_figures import open_warehouse
    from dashboard.inspections.candidates import candidates, version_in_force
    from dashboard.views.inspection_plan import following

    warehouse, (region, _) = open_warehouse(), place()
    month = following(warehouse.latest_month)
    version = version_in_force(region, month)
    if version is None:
        raise UserError("本地区没有生效的抽查办法", "请在 policies/inspection.yaml 中写明", WRONG_USE)
    try:
        day = date.fromisoformat(on)
    except ValueError:
        raise UserError(f"日期“{on}”写法不对", "应如 2026-11-22", WRONG_USE) from None
    _shown(lambda: book().make(version, candidates(warehouse, warehouse.latest_month), month, source, day, _by()), "已编制")


@draw_app.command("commit")
def commit(number: Annotated[str, typer.Argument(help="计划编号")]) -> None:
    """承诺名单：固定名单并记录其 SHA-256 摘要；此后名单不能再改。"""
    _shown(lambda: book().commit(number, _by()), "已承诺")


@draw_app.command("draw")
def draw_now(
    number: Annotated[str, typer.Argument(help="计划编号")],
    numbers: Annotated[str, typer.Option("--numbers", help="种子号码，如“3 9 12 18 25 31 / 7”")],
    evidence: Annotated[str, typer.Option("--evidence", help="号码出自何处：期号、公告或网址")],
    at: Annotated[str, typer.Option("--at", help="号码公布的时间，如 2026-11-22T21:15")],
    output: Annotated[Path | None, typer.Option("--output", help="抽取文件写到哪里")] = None,
) -> None:
    """确定种子并抽取；写出可公示、可复核的抽取文件。"""
    from datetime import datetime

    from etl.draw import read_numbers
    from etl.draw.steps import CHINA

    try:
        seed, moment = read_numbers(numbers), datetime.fromisoformat(at)
    except ValueError as problem:
        raise UserError(f"种子号码或公布时间写法不对：{problem}", "号码如 3 9 12 / 7，时间如 2026-11-22T21:15", WRONG_USE) from problem
    kept = book()
    _shown(lambda: kept.draw(number, seed, evidence, moment if moment.tzinfo else moment.replace(tzinfo=CHINA), _by()), "已抽取")
    target = output or Path(f"{number}.json")
    target.write_text(kept.plan(number).row.paper, encoding="utf-8")
    out.print(f"抽取文件 {target}。复核：yiguan draw verify {target}", soft_wrap=True)
