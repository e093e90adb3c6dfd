"""``simulate`` and ``etl run|status|quarantine``."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from dashboard.cli.common import DONE, FAILED, WRONG_USE, UserError, err, out, place, print_json, settings

if TYPE_CHECKING:
    from etl.paths import Layout
    from etl.region import Region

etl_app = typer.Typer(no_args_is_help=True, help="数据汇集：运行、状态、隔离区。")


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command("simulate")(simulate)
    app.add_typer(etl_app, name="etl")


class Ticker:
    """Progress on the terminal (standard error); silent where nobody watches. Called with a sentence for each step."""

    def __init__(self, title: str) -> None:
        self.progress = Progress(
            SpinnerColumn(), TextColumn("[progress.description]{task.description}"), TimeElapsedColumn(), console=err, transient=True
        )
        self.task = self.progress.add_task(title, total=None)

    def __enter__(self) -> Ticker:
        self.progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.progress.stop()

    def __call__(self, *said: object) -> None:
        self.progress.update(self.task, description=" ".join(str(word) for word in said))


def last_full_month(today: date) -> str:
    """The month before ``today``'s as YYYY-MM."""
    year, month = (today.year, today.month - 1) if today.month > 1 else (today.year - 1, 12)
    return f"{year:04d}-{month:02d}"


def simulate_if_needed(
    months: int, scale: float, seed: int, end: str | None, urls: dict[str, str] | None = None, only: list[str] | None = None
) -> Any:
    """Play the outside systems of a synthetic region, unless the same ones are there already."""
    from data.simulator.run import simulate as run

    region, layout = place()
    if not region.synthetic:
        raise UserError(f"{region.name} 不是模拟地区，不能生成模拟数据", "只有 region.yaml 中 synthetic: true 的地区才可模拟")
    with Ticker("生成模拟的外部系统…") as tick:
        try:
            return run(
                region.path, layout.sources, layout.truth, months=months, end=end, scale=scale, seed=seed, urls=urls, only=only, progress=tick
            )
        except ValueError as error:
            raise UserError(str(error)) from error


def simulate(
    months: Annotated[int, typer.Option(min=1, max=120, help="月数")] = 24,
    scale: Annotated[float, typer.Option(min=0.001, max=100, help="规模倍数（1 = 全区）")] = 1.0,
    seed: Annotated[int, typer.Option(help="随机种子；同种子同结果")] = 20261,
    end: Annotated[str | None, typer.Option(help="最后一个月 YYYY-MM（默认上个月）")] = None,
    url: Annotated[
        list[str] | None, typer.Option(help="把某模块写入数据库：registry=postgresql+psycopg://…（可重复）")
    ] = None,
    only: Annotated[list[str] | None, typer.Option(help="只生成这些模块（可重复），默认全部")] = None,
    serve_api: Annotated[
        int | None, typer.Option("--serve-api", min=0, max=65535, help="生成后在本机这一端口播放分页接口（0 = 任选），按 Ctrl+C 停止")
    ] = None,
) -> None:
    """生成演示地区的外部系统（SQLite、工作簿、CSV、JSON Lines、分页接口）。全部为模拟数据。"""
    if end is not None and not _is_month(end):
        raise typer.BadParameter("应为 YYYY-MM，例如 2026-10", param_hint="--end")
    urls = dict(_pair(text) for text in url or [])
    summary = simulate_if_needed(months, scale, seed, end, urls or None, only)
    rows = sum(summary.rows.values())
    made = f"用时 {summary.seconds:.0f} 秒" if summary.fresh else "与已有的相同，未重新生成"
    out.print(
        f"模拟数据已就绪：{len(summary.rows)} 个系统，{rows:,} 行，{summary.months[0]} 至 {summary.months[-1]}，{made}。位置：{summary.sources}"
    )
    if serve_api is not None:
        from data.simulator.api import ApiServer

        try:
            server = ApiServer(place()[1].sources, serve_api)
        except OSError as error:
            raise UserError(f"端口 {serve_api} 不能使用", "换一个端口，或用 --serve-api 0 任选") from error
        with server:
            out.print(f"接口 {server.address}/alliance/api，按 Ctrl+C 停止。")
            with suppress(KeyboardInterrupt):
                server.serve_forever()


def _is_month(text: str) -> bool:
    try:
        date.fromisoformat(f"{text}-01")
    except ValueError:
        return False
    return len(text) == 7


def _pair(text: str) -> tuple[str, str]:
    module, _, url = text.partition("=")
    if not module or "://" not in url:
        raise typer.BadParameter("应为 模块=数据库地址", param_hint="--url")
    return module, url


@etl_app.command("run")
def etl_run(
    only: Annotated[list[str] | None, typer.Option("--only", help="只运行这些模块（可重复）")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False,
    full: Annotated[bool, typer.Option("--full", help="全部重读，不用增量")] = False,
    quick: Annotated[bool, typer.Option("--quick", help="只取新增与变化，不核对全部主键")] = False,
) -> None:
    """读取各模块，检查、汇总、发布新快照。退出码：0 完成，1 失败，3 完成但有隔离或沿用旧数据的模块。"""
    if full and quick:
        raise typer.BadParameter("--full 与 --quick 不能同时使用")
    result = run_line(only, "full" if full else "quick" if quick else "keys")
    if as_json:
        print_json(result.to_dict())
    else:
        show_result(result)
    raise typer.Exit(result.exit_code)


@etl_app.command("watch")
def etl_watch(
    every: Annotated[int, typer.Option(min=5, max=86_400, help="每隔多少秒取一次增量")] = 300,
    as_json: Annotated[bool, typer.Option("--json", help="每次运行输出一行 JSON")] = False,
) -> None:
    """持续小批量汇集：定时取增量，每晚 2:30 核对全部主键。收到终止信号后做完当前一次再退出。"""
    from etl.watch import Watch, ends_on_signals

    region, layout = place()

    def told(depth: str, result: Any) -> None:
        if as_json:
            typer.echo(json.dumps({"depth": depth, **result.to_dict()}, ensure_ascii=False, default=str))
            return
        fresh = sum(row["fresh"] for row in result.loads)
        what = f"快照 {result.run_id}" if result.published else result.message or "没有变化"
        out.print(f"{datetime.now():%H:%M:%S} {'夜间核对' if depth == 'keys' else '增量'}：新读入 {fresh:,} 行，{what}，用时 {result.seconds:.1f} 秒")  # noqa: DTZ005

    lay_policies(layout)
    watch = Watch(region, layout, every, told)
    with outside(region, layout), ends_on_signals(watch.stop):
        watch.go()


def run_line(only: list[str] | None = None, depth: Any = "keys") -> Any:
    """Run the ETL of the region in force with progress on the terminal."""
    from etl.run import run

    region, layout = place()
    lay_policies(layout)
    with outside(region, layout), Ticker("读取各模块…") as tick:
        return run(region, layout, only=only or None, progress=tick, depth=depth)


def lay_policies(layout: Layout) -> None:
    """Put the policy versions approved in the ledger where the line reads them; without a ledger there is nothing to put."""
    url = settings().ledger_url
    if url is None and not layout.ledger.exists():
        return
    from dashboard.ledger.store import open_ledger
    from dashboard.policies.store import lay

    ledger = open_ledger(url or f"sqlite:///{layout.ledger}")
    try:
        lay(ledger, layout)
    finally:
        ledger.close()


@contextmanager
def outside(region: Region, layout: Layout) -> Iterator[None]:
    """While the block runs, the outside systems of a synthetic region that are reached over HTTP are played on loopback."""
    if not region.synthetic:
        yield
        return
    from data.simulator.api import playing

    with playing(layout.sources):
        yield


def show_result(result: Any) -> None:
    """The summary a person reads: modules, and read = loaded + quarantined + superseded for each table."""
    told = result.to_dict()
    table = Table(title="数据汇集结果", title_justify="left", box=None, pad_edge=False)
    for name, right in (("模块", False), ("表", False), ("读入", True), ("入库", True), ("隔离", True), ("被取代", True), ("核对", False)):
        table.add_column(name, justify="right" if right else "left")
    for row in told["loads"]:
        parts = [row["loaded"], row["quarantined"], row["superseded"]]
        balanced = row["read"] == sum(parts)
        table.add_row(
            row["module"], row.get("title") or row["table_name"], *(f"{n:,}" for n in [row["read"], *parts]), "相符" if balanced else "不符"
        )
    if told["loads"]:
        out.print(table)
    for said in [*told["repairs"], *(module["message"] for module in told["modules"] if module.get("message"))]:
        out.print(said, style="yellow", markup=False, soft_wrap=True)
    if result.exit_code == FAILED:
        err.print(f"[bold]数据汇集没有完成：[/bold]{escape(result.message)}", soft_wrap=True)
        return
    if result.message:
        out.print(result.message, markup=False, soft_wrap=True)
    out.print(f"快照 {told['run_id']}，用时 {told['seconds']:.1f} 秒。" if told.get("published") else "数据没有变化，沿用当前快照。")


@etl_app.command("status")
def etl_status(as_json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False) -> None:
    """各模块的状态、数据时点与最近一次装载。"""
    from dashboard.format import module_word
    from etl.standing import status

    _, layout = place()
    told = status(layout)
    if as_json:
        print_json(told)
        return
    table = Table(box=None, pad_edge=False)
    for name in ("模块", "名称", "责任部门", "状态", "数据时点", "行数"):
        table.add_column(name, overflow="fold")
    for row in told["modules"]:
        table.add_row(
            row["module"], row["title"], row["owner"], module_word(row["status"]), str(row["data_date"] or "—"), f"{row['rows'] or 0:,}",
        )  # fmt: skip
    out.print(table)
    for said in (row["message"] for row in told["modules"] if row["message"]):  # below the table: in a column of it the end, which says what to do, would be cut
        out.print(said, style="yellow", markup=False, soft_wrap=True)
    for waiting in told["held"]:
        out.print(f"{waiting['module']} 的报送自 {waiting['since']} 起暂缓采用（{waiting['state_text']}）。用 yiguan etl held 查看。")
    raise typer.Exit(DONE)


@etl_app.command("quarantine")
def etl_quarantine(
    module: Annotated[str | None, typer.Argument(help="模块；不写则全部")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False,
    limit: Annotated[int, typer.Option(min=1, help="最多显示的行数（JSON 不限）")] = 50,
) -> None:
    """被隔离的行：来源位置、列、值（个人信息已脱敏）、规则与说明。"""
    from etl.load import contracts
    from etl.standing import quarantine

    _, layout = place()
    known = {c.module for c in contracts()}
    if module is not None and module not in known:
        raise UserError(f"没有模块 {module}", f"可用：{'、'.join(sorted(known))}", WRONG_USE)
    rows = quarantine(layout, module)
    if as_json:
        typer.echo(json.dumps(rows, ensure_ascii=False, default=str))
        return
    if not rows:
        out.print("隔离区为空。")
        return
    for row in rows[:limit]:
        found = " ".join(x for x in (f"第 {row['line']} 行" if row.get("line") else "", row.get("row_key") or "") if x)
        out.print(f"{row['module']} {row['table_name']} {row['source']} {found}：{row['sentence']}", markup=False, soft_wrap=True)
    if len(rows) > limit:
        out.print(f"……共 {len(rows):,} 条，用 --json 取全部。")


def out_path(path: Path | None, default: str) -> Path:
    """Where a file goes: the path given, or the default name in the current folder."""
    return path if path is not None else Path(default)
