"""What all commands share: where things are, how they speak, how they fail."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import typer
from rich.console import Console

if TYPE_CHECKING:
    from dashboard.settings import Settings
    from etl.paths import Layout
    from etl.region import Region

DONE, FAILED, WRONG_USE, WITH_QUARANTINE = 0, 1, 2, 3

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)


class UserError(Exception):
    """An error that the user can mend: one line what happened, one line what to do."""

    def __init__(self, what: str, todo: str = "", code: int = FAILED) -> None:
        super().__init__(what)
        self.what, self.todo, self.code = what, todo, code


@dataclass
class Options:
    """The options given before the command."""

    debug: bool = False


options = Options()


def choose(region: Path | None, var: Path | None) -> None:
    """Pass ``--region`` and ``--var`` on as the settings' own environment variables, so that there is one way in."""
    if region is not None:
        os.environ["YIGUAN_REGION"] = str(region.resolve())
    if var is not None:
        os.environ["YIGUAN_VAR"] = str(var.resolve())


def settings() -> Settings:
    """The settings in force."""
    from dashboard.settings import Settings

    return Settings()


def place() -> tuple[Region, Layout]:
    """The region folder and the runtime layout in force; UserError where the region folder is missing."""
    from etl.paths import Layout
    from etl.region import Region

    chosen = settings()
    if not (chosen.region / "region.yaml").is_file():
        raise UserError(f"没有找到地区目录 {chosen.region}（缺 region.yaml）", "用 --region 指定地区目录，例如 data/regions/gongshu")
    return Region.load(chosen.region), Layout(chosen.var, chosen.region.name)


def print_json(value: Any) -> None:
    """One JSON document on standard output, for machines."""
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2, default=str))


def fail(what: str, todo: str = "", code: int = FAILED) -> NoReturn:
    """Stop with a message to the user."""
    raise UserError(what, todo, code)
