"""``region check|import-boundaries`` and ``snapshot list|verify``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dashboard.cli.common import FAILED, UserError, fail, out, place, print_json

region_app = typer.Typer(no_args_is_help=True, help="地区目录：检查、导入边界。")
snapshot_app = typer.Typer(no_args_is_help=True, help="数据快照：列出、校验。")


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.add_typer(region_app, name="region")
    app.add_typer(snapshot_app, name="snapshot")


@region_app.command("check")
def region_check(as_json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False) -> None:
    """检查地区目录：区划、边界、目标、政策、来源。"""
    from dashboard.access.rights import RIGHTS
    from dashboard.cases.calendar import calendar
    from dashboard.cases.procedure import complaints
    from etl.policy import PolicyError
    from etl.region_check import check

    region, _ = place()
    found = check(region.path)
    wrong = [str(p) for p in found if p.severity == "error"]
    wrong += [f"错误　policies/{said}" for said in complaints(region.path / "policies", RIGHTS)]
    try:
        calendar()
    except PolicyError as error:
        wrong += [f"错误　{said}" for said in str(error).splitlines()]
    hints = [str(p) for p in found if p.severity == "warn"]
    if as_json:
        print_json([*wrong, *hints])
    else:
        for said in (*wrong, *hints):
            out.print(said, soft_wrap=True)
        told = f"发现 {len(wrong)} 处错误" if wrong else "检查通过"
        out.print(f"{region.name}：{told}{f'，另有 {len(hints)} 条提示' if hints else ''}。")
    raise typer.Exit(FAILED if wrong else 0)


@region_app.command("import-boundaries")
def region_import(
    geojson: Annotated[Path, typer.Argument(help="测绘部门提供的 GeoJSON")],
    level: Annotated[int, typer.Option(min=2, max=3, help="2 街道，3 社区")] = 2,
    crs: Annotated[str, typer.Option(help="wgs84、cgcs2000、gcj02 或 bd09")] = "cgcs2000",
    output: Annotated[Path | None, typer.Option("--output", "-o", help="写到哪里（默认替换地区目录中的边界）")] = None,
) -> None:
    """把真实边界按代码或名称对应到区划，换算坐标后导入。"""
    from etl.region_check import import_boundaries

    if not geojson.is_file():
        raise UserError(f"没有文件 {geojson}", "请检查路径")
    region, _ = place()
    try:
        matched = import_boundaries(region.path, geojson, crs, level, output)
    except ValueError as problem:
        fail(str(problem), "请检查文件与 --crs、--level 是否相符")
    out.print(str(matched))


@snapshot_app.command("list")
def snapshot_list(as_json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False) -> None:
    """现有快照；带 * 的是当前快照。"""
    from etl.publish import snapshots

    _, layout = place()
    listed = snapshots(layout)
    if as_json:
        print_json(listed)
        return
    for row in listed:
        out.print(f"{'*' if row['current'] else ' '} {row['run_id']}  {row['bytes'] / 1e6:,.0f} MB  数据截至 {row['data_date']}")


@snapshot_app.command("verify")
def snapshot_verify() -> None:
    """校验当前快照文件与发布时记录的摘要是否一致。"""
    from etl.publish import verify

    _, layout = place()
    problem = verify(layout)
    if problem:
        fail(problem, "用 yiguan etl run 重新发布")
    out.print("当前快照完好。")
