"""``backup``, ``restore`` and ``doctor``."""

from __future__ import annotations

import getpass
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from dashboard.cli.commands_etl import Ticker, outside
from dashboard.cli.common import FAILED, UserError, out, place, print_json, settings

Json = Annotated[bool, typer.Option("--json", help="输出 JSON")]


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    for command in (backup, restore, doctor):
        app.command()(command)


def backup(
    to: Annotated[Path, typer.Option("--to", help="备份放在哪里（每次一个子目录）")] = Path("backup"),
    wait: Annotated[float, typer.Option("--wait", min=0, help="汇集正在运行时最多等待的秒数")] = 600,
) -> None:
    """备份台账与数据（工作库、快照、待处理报送），附清单与摘要；服务与浏览不受影响。"""
    from dashboard.backup import BackupError
    from dashboard.backup import backup as make
    from dashboard.proof import proof_of
    from etl.load import contracts

    region, layout = place()
    chosen = settings()
    told: list[str] = []
    try:
        with Ticker("备份…") as tick:
            made = make(region, layout, chosen.ledger, contracts(), to, wait=wait, note=_both(tick, told), proof=proof_of(chosen))
    except BackupError as problem:
        raise UserError(str(problem)) from problem
    _on_record("制作备份", made.name, str(made.resolve()))
    _unproved(told)
    size = sum(p.stat().st_size for p in made.rglob("*") if p.is_file())
    out.print(f"已备份到 {made}（{size / 1e6:,.0f} MB）。请另存一份到其他机器。", soft_wrap=True)
    if not settings().ledger.startswith("sqlite"):
        out.print("台账在外部数据库中，不含在内，请用该数据库的工具备份。")


def restore(
    folder: Annotated[Path, typer.Argument(help="yiguan backup 制作的目录")],
    force: Annotated[bool, typer.Option("--force", help="已有数据时仍恢复；原有数据移到旁边的目录")] = False,
) -> None:
    """从备份恢复到空的运行目录，逐文件校验摘要，核对行数、金额与日志校验链。恢复前请先停止服务。"""
    from dashboard.backup import BackupError
    from dashboard.backup import restore as put_back
    from dashboard.proof import proof_of
    from etl.load import contracts

    region, layout = place()
    chosen = settings()
    told: list[str] = []
    try:
        with Ticker("恢复…") as tick:
            manifest = put_back(folder, region, layout, chosen.ledger, contracts(), force=force, note=_both(tick, told), proof=proof_of(chosen))
    except BackupError as problem:
        raise UserError(str(problem)) from problem
    _on_record("恢复备份", folder.resolve().name, f"{manifest['created_at']} 的备份", lay=True)
    _unproved(told)
    rows = sum(count for count, _ in manifest["totals"].values())
    lines = manifest["audit"]["lines"] if manifest["audit"] else 0
    out.print(f"已恢复 {manifest['created_at']} 的备份：{len(manifest['totals'])} 张表 {rows:,} 行，金额逐表相符；日志 {lines:,} 条，校验链完整。")


def _both(tick: Callable[[str], None], told: list[str]) -> Callable[[str], None]:
    """Shows each note and keeps what could not be checked for the summary."""

    def note(text: str) -> None:
        tick(text)
        if "未校验" in text and text not in told:
            told.append(text)

    return note


def _unproved(told: list[str]) -> None:
    for text in told:
        out.print(f"[yellow]▲[/yellow] {text}")


def _on_record(action: str, obj: str, detail: str, lay: bool = False) -> None:
    """A line in the audit trail: a copy of all records was made, or put in their place. ``lay``: approved policies are laid out again."""
    from dashboard import ledger
    from dashboard.ledger.audit import record
    from dashboard.policies.store import lay as lay_policies
    from dashboard.proof import proof_of

    chosen = settings()
    try:
        book = ledger.open(chosen.ledger, proof_of(chosen).seals)
        record(book, f"{getpass.getuser()}（命令行）", action, obj, detail)
        if lay:
            lay_policies(book, chosen.layout)
        book.close()
    except Exception as error:
        out.print(f"[yellow]▲[/yellow] 未能记入审计日志（{type(error).__name__}），请登记。")


def doctor(as_json: Json = False) -> None:
    """体检：环境、磁盘、权限、密钥、时钟、快照、工作库、台账、各模块、来源（试读）、字体、端口。退出码：0 无问题，1 有问题。"""
    from dashboard.doctor import examine, healthy
    from etl.region import RegionError

    try:
        region, layout = place()
    except (UserError, RegionError):  # a region folder that is not there, or wrong, is among what is examined
        found = examine(settings())
    else:
        with outside(region, layout), Ticker("体检…"):
            found = examine(settings())
    if as_json:
        print_json([asdict(f) for f in found])
    else:
        marks = {"ok": "[green]●[/green]", "warn": "[yellow]▲[/yellow]", "bad": "[red]■[/red]"}
        for finding in found:
            out.print(f"{marks[finding.level]} {finding.check}：{finding.what}")
            if finding.todo:
                out.print(f"    {finding.todo}")
        bad = sum(f.level == "bad" for f in found)
        out.print(f"共 {len(found)} 项，{f'{bad} 项有问题' if bad else '未发现问题'}。")
    raise typer.Exit(0 if healthy(found) else FAILED)
