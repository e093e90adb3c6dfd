"""The command line's entry: options for all commands, the commands, and how errors are said."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from dashboard.cli import (
    commands_audit,
    commands_care,
    commands_contract,
    commands_etl,
    commands_figures,
    commands_holds,
    commands_impact,
    commands_inspection,
    commands_rate,
    commands_region,
    commands_serve,
    commands_user,
    usage,
)
from dashboard.cli.common import FAILED, WRONG_USE, UserError, choose, err, options
from dashboard.settings import SettingsError
from etl.region import RegionError

app = typer.Typer(
    name="yiguan",
    help="颐观：养老服务监管平台。数据汇集、指标、评级与退出、地图、月报。",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)


@app.callback()
def before(
    region: Annotated[Path | None, typer.Option("--region", help="地区目录（默认 data/regions/gongshu）")] = None,
    var: Annotated[Path | None, typer.Option("--var", help="运行数据目录（默认 data/var）")] = None,
    debug: Annotated[bool, typer.Option("--debug", help="出错时显示完整堆栈")] = False,
) -> None:
    """Options before the command hold for every command."""
    options.debug = debug
    choose(region, var)


for part in (
    commands_audit, commands_serve, commands_etl, commands_holds, commands_inspection, commands_care, commands_contract,
    commands_figures, commands_impact, commands_rate, commands_region, commands_user,
):
    part.register(app)


def told() -> tuple[type[Exception], ...]:
    """Errors whose message is the answer. Asked for when there is one: a command that needs no ledger does not load it."""
    from dashboard.ledger.store import LedgerError
    from etl.holds import HoldError

    return SettingsError, RegionError, LedgerError, HoldError


def main() -> None:
    """Run the command line; exit codes: 0 done, 1 failed, 2 wrong use, 3 done with quarantine."""
    try:
        result = app(standalone_mode=False)
        code = result if isinstance(result, int) else 0
    except typer.Exit as stop:
        code = stop.exit_code
    except typer.exceptions.TyperException as wrong:
        # Wrong options and commands: the parser speaks English only.
        err.print(usage.told(wrong), markup=False, soft_wrap=True)
        code = WRONG_USE
    except (typer.Abort, KeyboardInterrupt):
        err.print("已中断。再次运行会从断点继续。")
        code = 130
    except told() as problem:
        err.print(f"[bold]{problem}[/bold]")
        code = FAILED
    except UserError as problem:
        err.print(f"[bold]{problem.what}[/bold]", soft_wrap=True)
        if problem.todo:
            err.print(problem.todo, soft_wrap=True)
        code = problem.code
    except BrokenPipeError:
        # The reader of our output went away (for instance `| head`): nothing is wrong.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    except Exception as problem:
        if options.debug:
            raise
        from etl.policy.load import reason

        said = f"{problem.filename}：{reason(problem)}" if isinstance(problem, OSError) and problem.filename else str(problem)
        err.print(f"[bold]出错：{said}[/bold]", soft_wrap=True)
        err.print("用 --debug 重新运行可查看完整信息。")
        code = FAILED
    raise SystemExit(code)
