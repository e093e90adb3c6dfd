"""``audit verify|export|anchor|archive``: the audit trail from the command line."""

from __future__ import annotations

import getpass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dashboard.cli.common import UserError, fail, out, print_json, settings

if TYPE_CHECKING:
    from dashboard.ledger import Ledger

audit_app = typer.Typer(no_args_is_help=True, help="审计日志：校验、导出、锚定、归档。")


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.add_typer(audit_app, name="audit")


def book() -> Ledger:
    """The ledger in force with its key."""
    from dashboard import ledger

    chosen = settings()
    return ledger.open(chosen.ledger, chosen.seals())


@audit_app.command("verify")
def verify(as_json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False) -> None:
    """校验整条日志链、归档文件和锚定记录；有问题时逐条列出，退出码 1。"""
    from dashboard.ledger.archive import verify_all

    chosen = settings()
    found = verify_all(book(), chosen.archive_folder, chosen.anchor_file)
    if as_json:
        print_json(vars(found))
    else:
        out.print(f"台账中 {found.lines} 条，已归档 {found.archived} 条，其中加封印 {found.sealed} 条；锚 {found.anchors} 个。")
        for problem in found.problems:
            out.print(f"[red]■[/red] {problem}")
        out.print("日志链完整。" if not found.problems else f"发现 {len(found.problems)} 处问题，请保全台账库和锚定文件，报告安全审计员。")
    if found.problems:
        raise typer.Exit(1)


@audit_app.command("anchor")
def anchor() -> None:
    """立即锚定：把时间和最后一条日志的校验码写入锚定文件。"""
    from dashboard.ledger import anchors

    chosen = settings()
    try:
        made = anchors.write(book(), chosen.anchor_file)
    except anchors.AnchorError as problem:
        fail(str(problem))
    out.print(f"已锚定第 {made.line} 条日志到 {chosen.anchor_file}。" if made else "还没有日志可以锚定。")


@audit_app.command("export")
def export(
    target: Annotated[Path, typer.Argument(help="输出文件（.jsonl）")],
    purpose: Annotated[str, typer.Option("--purpose", help="用途，写入日志和文件")],
) -> None:
    """导出全部日志供测评核对：JSON Lines，附链校验信息。"""
    from dashboard.ledger.archive import verify_all
    from dashboard.ledger.audit import record
    from dashboard.ledger.journal import lines_for_proof

    if len(purpose.strip()) < 2:
        raise UserError("没有写明用途", "用 --purpose 说明导出作何用途", 2)
    chosen, held = settings(), book()
    by = f"{getpass.getuser()}（命令行）"
    record(held, by, "导出日志", target.name, f"JSON Lines；用途：{purpose.strip()}")
    found = verify_all(held, chosen.archive_folder, chosen.anchor_file)
    with target.open("x", encoding="utf-8") as file:
        for row in lines_for_proof(held, found, by, purpose.strip()):
            file.write(row + "\n")
    target.chmod(0o600)
    out.print(f"已导出 {found.lines} 条日志到 {target}。")


@audit_app.command("archive")
def archive() -> None:
    """把超过留存期限（隐私政策 audit.keep_months，不少于 6 个月）的日志移入归档文件。"""
    from dashboard.ledger.archive import ArchiveError
    from dashboard.ledger.archive import archive as move
    from etl.policy import privacy

    chosen = settings()
    try:
        made = move(book(), chosen.archive_folder, privacy.read(chosen.region).audit.keep_months, datetime.now().astimezone(), f"{getpass.getuser()}（命令行）")
    except ArchiveError as problem:
        fail(str(problem))
    out.print(f"已归档第 {made.first_line}–{made.last_line} 条到 {chosen.archive_folder / made.file}。" if made else "没有超过留存期限的日志。")
