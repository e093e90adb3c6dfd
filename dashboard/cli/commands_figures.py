"""``indicator`` and ``report``: the same figures as the pages, for scripts and files."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dashboard.cli.common import WRONG_USE, UserError, err, out, place, print_json, settings

if TYPE_CHECKING:
    from dashboard.warehouse import Warehouse

FORMATS = ("docx", "xlsx", "pdf")


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command("indicator")(indicator)
    app.command("report")(report)


def open_warehouse(as_of: str | None = None) -> Warehouse:
    """The current snapshot, or that of the run ``as_of``, with the whole district in scope: the command line belongs to whoever owns the files."""
    from dashboard.access.scope import Scope
    from dashboard.warehouse import Snapshot, Unknown, Warehouse
    from dashboard.warehouse.deliveries import named

    region, layout = place()
    if not layout.pointer.is_file():
        raise UserError("还没有可用的数据快照", "先运行 yiguan etl run")
    snapshot = Snapshot.current(layout)
    if as_of is not None:
        try:
            snapshot = named(snapshot, as_of)
        except Unknown as gone:
            raise UserError(f"快照 {as_of} 不存在或已不保留", "用 yiguan snapshot list 查看现有快照", WRONG_USE) from gone
    return Warehouse(snapshot, Scope.of("leader", region.code))


def find_area(warehouse: Warehouse, text: str | None) -> Any:
    """An area by 6-, 9- or 12-digit code or by its exact name; UserError where there is none or more than one."""
    from dashboard.warehouse import Unknown

    if text is None:
        return warehouse.root
    if text.isdigit():
        try:
            return warehouse.area(text)
        except Unknown:
            raise UserError(f"没有区划 {text}", "用 6、9 或 12 位代码，或街道、社区名称", WRONG_USE) from None
    found = [area for area in _walk(warehouse, warehouse.root) if text in (area.name, area.short_name)]
    if len(found) != 1:
        what = f"没有名为“{text}”的区划" if not found else f"有 {len(found)} 个区划名为“{text}”"
        raise UserError(what, "请用 6、9 或 12 位代码", WRONG_USE)
    return found[0]


def _walk(warehouse: Warehouse, area: Any) -> list[Any]:
    below = [area]
    for child in warehouse.children(area.code):
        below += _walk(warehouse, child)
    return below


def find_month(warehouse: Warehouse, text: str | None) -> str:
    """The month asked for, or the latest; UserError where the snapshot does not hold it."""
    months = warehouse.snapshot.months
    if text is None:
        return str(warehouse.snapshot.latest_month)
    if text not in months:
        raise UserError(f"没有 {text} 的数据", f"可用月份：{months[0]} 至 {months[-1]}", WRONG_USE)
    return text


def indicator(
    code: Annotated[str | None, typer.Argument(help="指标代码；不写则列出全部指标")] = None,
    area: Annotated[str | None, typer.Option("--area", help="区划代码或名称（默认全区）")] = None,
    month: Annotated[str | None, typer.Option("--month", help="月份 YYYY-MM（默认最近一个月）")] = None,
    as_of: Annotated[str | None, typer.Option("--as-of", help="按较早一次汇集的快照（见 yiguan snapshot list）")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False,
) -> None:
    """一个指标在一个区划、一个月的数值：分子、分母、值、单位、目标、数据时点、来源。"""
    from dashboard.format import fmt_month, fmt_target, fmt_value
    from etl.indicators import catalogue

    if code is None:
        listed = [{"code": i.code, "name": i.name, "unit": i.unit, "group": i.group} for i in catalogue().values()]
        if as_json:
            print_json(listed)
        else:
            for row in listed:
                out.print(f"{row['code']:<30} {row['name']}（{row['unit']}）")
        return
    if code not in catalogue():
        raise UserError(f"没有指标 {code}", "不带参数运行 yiguan indicator 可列出全部指标", WRONG_USE)
    warehouse = open_warehouse(as_of)
    place_ = find_area(warehouse, area)
    when = find_month(warehouse, month)
    declared = warehouse.indicator(code)
    figure = warehouse.figures([code], place_.code, when).get(code)
    if figure is None:
        raise UserError(f"指标“{declared.name}”在{place_.name}这一级没有数值", "请换用上一级区划", WRONG_USE)
    sources = [
        {"module": module, "title": title, "owner": owner, "data_date": str(data_date) if data_date else None}
        for module, title, owner, data_date in warehouse.source_of(code)
    ]
    if as_json:
        print_json(
            {
                "code": code, "name": declared.name, "definition": declared.definition, "area": place_.code, "area_name": place_.name,
                "month": when, "part": figure.part, "whole": figure.whole, "value": figure.value, "text": fmt_value(declared, figure),
                "unit": declared.unit, "target": figure.target, "due": figure.due, "verdict": figure.verdict,
                "data_date": str(warehouse.snapshot.data_date), "sources": sources, "snapshot": warehouse.snapshot.run_id,
                "synthetic": bool(warehouse.snapshot.synthetic),
            }
        )  # fmt: skip
        return
    out.print(f"{place_.name} {fmt_month(when)} {declared.name}：[bold]{fmt_value(declared, figure)}[/bold]")
    if figure.whole is not None:
        out.print(f"分子 {figure.part:,g}　分母 {figure.whole:,g}")
    if figure.target is not None:
        out.print(f"目标 {fmt_target(declared, figure.target)}")
    out.print(f"口径 {declared.definition}")
    out.print("来源 " + "、".join(f"{s['title']}（{s['owner']}，{s['data_date']}）" for s in sources))
    if warehouse.snapshot.synthetic:
        out.print("模拟数据")


def report(
    month: Annotated[str | None, typer.Option("--month", help="月份 YYYY-MM（默认最近一个月）")] = None,
    area: Annotated[str | None, typer.Option("--area", help="区划代码或名称（默认全区）")] = None,
    fmt: Annotated[str, typer.Option("--format", help="docx、xlsx 或 pdf")] = "docx",
    output: Annotated[Path | None, typer.Option("--output", "-o", help="输出文件")] = None,
    draft: Annotated[bool, typer.Option("--draft", help="即使已签发，也按当前数据生成未签发稿")] = False,
) -> None:
    """生成月报（Word、Excel 或 PDF），数字与页面一致；已签发的按签发稿。"""
    from dashboard.reports import build, save
    from dashboard.reports.issued import IssueError

    if fmt not in FORMATS:
        raise typer.BadParameter(f"应为 {'、'.join(FORMATS)} 之一", param_hint="--format")
    warehouse = open_warehouse()
    where, when = find_area(warehouse, area), find_month(warehouse, month)
    target = output or Path(f"{where.name}养老服务监管月报_{when}.{fmt}")
    if target.is_dir():
        raise UserError(f"{target} 是一个目录，不能写成文件", "请用 -o 写明文件名，如 月报.docx", WRONG_USE)
    if target.parent != Path() and not target.parent.is_dir():
        raise UserError(f"目录 {target.parent} 不存在", "请先建立目录，或用 -o 指定其他位置", WRONG_USE)
    signed = None if draft else _signed(where.code, when)
    try:
        now = datetime.now()  # noqa: DTZ005 - local time of the office
        content = build(warehouse, where.code, when, fmt, issued_by="命令行", now=now, signed=signed, bureau=place()[0].bureau)
    except IssueError as problem:
        raise UserError(str(problem)) from problem
    save(target, content)
    err.print(f"已生成 {target}（{len(content) / 1024:,.0f} KB，{signed.words if signed else '未签发稿'}）")


def _signed(area: str, month: str) -> Any:
    """The issue in force, where there is a ledger that may know one; nothing is made for the asking."""
    from sqlalchemy.engine import make_url

    from dashboard import ledger
    from dashboard.reports.issued import Monthly

    url = settings().ledger
    file = make_url(url).database
    if url.startswith("sqlite") and not (file and Path(file).exists()):
        return None
    return Monthly(ledger.open(url)).latest(area, month)
