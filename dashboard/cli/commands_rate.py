"""``rate``: stars for any flat table by any policy file, with the reason of each step."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dashboard.cli.common import WRONG_USE, UserError, out, print_json

if TYPE_CHECKING:
    from etl.policy.flat import Rated


def register(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command("rate")(rate)


def rate(
    policy: Annotated[Path, typer.Option("--policy", help="评级政策文件（YAML，写法见 docs/policies.md）")],
    table: Annotated[Path | None, typer.Option("--input", help="待评表格（CSV，每个单位或每个单位每月一行）")] = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="结果文件；逐步依据写入同名的 .steps.csv")] = None,
    columns: Annotated[bool, typer.Option("--columns", help="只列出该政策要求表格具备的列")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False,
) -> None:
    """按任意评级政策给任意表格评星，并写出每一步的理由。"""
    from etl.indicators import catalogue
    from etl.policy.check import rating_check, unexcluded
    from etl.policy.flat import rate_table
    from etl.policy.load import PolicyError, load
    from etl.policy.model import RatingPolicy
    from etl.policy.table import TableError, read
    from etl.policy.table import columns as wanted_columns

    try:
        loaded = load(policy, RatingPolicy, rating_check(catalogue(), table=True))
        wanted = wanted_columns(loaded)
        if columns:
            _say_columns(wanted.needed, wanted.optional, as_json)
            return
        if table is None or output is None:
            raise UserError("缺少 --input 或 --output", "用 --columns 可查看表格应有的列", WRONG_USE)
        rated = rate_table(loaded, read(table, wanted), catalogue())
    except PolicyError as wrong:
        raise UserError(str(wrong), "请改正政策文件后再试") from None
    except TableError as wrong:
        raise UserError(str(wrong), "请改正表格后再试（--columns 可查看应有的列）") from None
    steps = output.with_name(f"{output.stem}.steps.csv")
    if not output.parent.is_dir():
        raise UserError(f"目录 {output.parent} 不存在", "请先建立目录，或用 -o 指定其他位置", WRONG_USE)
    _write(output, _results(rated))
    _write(steps, _steps(rated))
    stars = Counter(_called(r) for r in sorted(rated, key=lambda r: (r.star is None, r.star)))
    notes = unexcluded(loaded)
    if as_json:
        print_json({"rows": len(rated), "stars": dict(stars), "output": str(output), "steps": str(steps), "notes": notes})
        return
    out.print(f"已评 {len(rated)} 行：" + "、".join(f"{name} {n}" for name, n in stars.items()))
    out.print(f"结果 {output}")
    out.print(f"依据 {steps}")
    for note in notes:
        out.print(f"提示：{note}。", soft_wrap=True)


def _called(rated: Rated) -> str:
    from etl.policy.parts import STARS

    return "暂不评级" if rated.grade is None else f"{rated.star} 星" if rated.grade in STARS else rated.grade


def _say_columns(needed: dict[str, str], optional: dict[str, str], as_json: bool) -> None:
    if as_json:
        print_json({"needed": needed, "optional": optional})
        return
    for name, what in needed.items():
        out.print(f"{name:<32} {what}")
    for name, what in optional.items():
        out.print(f"{name:<32} {what}（可不填）")


def _results(rated: list[Rated]) -> Iterable[list[object]]:
    names = list(dict.fromkeys(d for r in rated for d in r.domains))
    yield ["单位编号", "月份", "星级", "等级", "总分", "封顶前星级", "封顶规则", "暂不评级原因", "可信度", "政策版本", *(f"{n}得分" for n in names),
           *(f"{n}星级" for n in names), "理由"]  # fmt: skip
    for r in rated:
        why = "；".join(s.sentence for s in r.steps if s.name in ("评星", "星级调整", "一票否决", "结果"))
        yield [r.provider_id, r.month, r.star, r.grade, r.score, r.uncapped_star, r.cap_rule, r.missing, r.confidence, r.version,
               *(r.domains.get(n, (None, None))[0] for n in names), *(r.domains.get(n, (None, None))[1] for n in names), why]  # fmt: skip


def _steps(rated: list[Rated]) -> Iterable[list[object]]:
    yield ["单位编号", "月份", "序号", "步骤", "规则", "条款依据", "分值", "说明"]
    for r in rated:
        for i, s in enumerate(r.steps, 1):
            yield [r.provider_id, r.month, i, s.name, s.rule, s.basis, s.points, s.sentence]


def _write(path: Path, rows: Iterable[list[object]]) -> None:
    from dashboard.reports.sheets import dangerous

    def cell(value: object) -> object:
        # a text that a spreadsheet would take for a formula is written behind an apostrophe, as spreadsheets themselves do
        return "" if value is None else "'" + value if isinstance(value, str) and dangerous(value) else value

    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        csv.writer(stream).writerows([[cell(v) for v in row] for row in rows])
