"""``demo``, ``serve`` and ``user``."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from dashboard.cli import commands_etl
from dashboard.cli.common import FAILED, err, fail, out, place, settings


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command("demo")(demo)
    app.command("serve")(serve)


def demo(
    host: Annotated[str, typer.Option(help="监听地址")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="端口")] = 8050,
    scale: Annotated[float, typer.Option(min=0.001, max=100, help="规模倍数（1 = 全区）")] = 1.0,
    months: Annotated[int, typer.Option(min=1, max=120, help="月数")] = 24,
) -> None:
    """演示：需要时生成模拟数据，汇集，启动服务，显示地址与演示账号。"""
    commands_etl.simulate_if_needed(months, scale, 20261, None)
    result = commands_etl.run_line()
    commands_etl.show_result(result)
    if result.exit_code == FAILED:
        fail("数据汇集失败，未启动服务", "用 yiguan etl status 查看各模块，修复后重试")
    _import_inspectors()
    say_accounts(host, port)
    serve(host=host, port=port, workers=2)


def _import_inspectors() -> None:
    """The simulated list of inspectors into the demo's ledger, once."""
    from dashboard.cli.commands_inspection import book, inspectors

    _, layout = place()
    listed = layout.sources / "检查人员名录.csv"
    if listed.is_file() and not book().inspectors():
        inspectors(listed)


def say_accounts(host: str, port: int) -> None:
    """Print the address and, in the demo profile of a synthetic region, the demo accounts."""
    from dashboard.access.demo import demo_accounts

    region, _ = place()
    out.print(f"\n[bold]颐观[/bold] {region.name} · {'模拟数据' if region.synthetic else ''}")
    out.print(f"地址  http://{host}:{port}")
    for account in demo_accounts(region):
        out.print(f"账号  {account.username:<10} 口令  {account.password:<16} {account.display_name}")
    out.print("按 Ctrl+C 停止。\n")


def serve(
    host: Annotated[str, typer.Option(help="监听地址")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="端口")] = 8050,
    workers: Annotated[int, typer.Option(min=1, max=64, help="工作进程数")] = 2,
) -> None:
    """启动服务（gunicorn）。对外提供时放在反向代理之后，见 README。"""
    _, layout = place()
    settings().key()  # a wrong or missing setting is said here, before any worker starts
    if not layout.pointer.is_file():
        fail("还没有可用的数据快照", "先运行 yiguan etl run（演示地区可直接 yiguan demo）")
    err.print(f"服务启动于 http://{host}:{port}")
    sys.stdout.flush()
    # The server replaces this process, so that signals reach it and nothing is left behind.
    os.execv(  # noqa: S606
        sys.executable,
        [
            sys.executable, "-m", "gunicorn", "dashboard.wsgi:server", "--config", "python:dashboard.gunicorn_conf",
            "--bind", f"{host}:{port}", "--workers", str(workers), "--no-control-socket",
        ],
    )  # fmt: skip
