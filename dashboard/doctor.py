"""Is this installation in good health? Every check says what it found in one line, and what to do in another."""

from __future__ import annotations

import importlib.metadata
import shutil
import socket
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from sqlalchemy import make_url

from dashboard import ledger as ledgers
from dashboard import startup
from dashboard.format import module_word
from dashboard.ledger import LedgerError
from dashboard.ledger.archive import Verdict
from dashboard.ledger.audit import ZONE
from dashboard.proof import look, proof_of
from dashboard.settings import Settings, SettingsError
from etl import holds, load, publish, repair
from etl.connectors import NothingYetError, SourceError, open_reader
from etl.connectors.glimpse import brisk, glimpse
from etl.paths import Layout
from etl.region import Region, RegionError
from etl.standing import status

LEAST_FREE = 5 << 30
PATIENCE = 10.0  # seconds for a table of a source
Level = Literal["ok", "warn", "bad"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report. ``todo`` is empty where all is well."""

    check: str
    level: Level
    what: str
    todo: str = ""


def examine(settings: Settings) -> list[Finding]:
    """Run all checks; a check that itself fails is a finding, never an exception."""
    try:
        region = Region.load(settings.region)
    except RegionError as problem:
        return [Finding("地区目录", "bad", str(problem), "用 --region 指定地区目录")]
    layout = settings.layout
    checks: list[tuple[str, Callable[[], Iterator[Finding]]]] = [
        ("Python", _python), ("磁盘", lambda: _disk(layout)), ("权限", lambda: _rights(layout)), ("密钥", lambda: _secret(settings)),
        ("两步验证", lambda: _second_factor(settings)), ("时钟", lambda: _clock(layout)), ("快照", lambda: _snapshots(layout)), ("工作库", lambda: _work(layout)),
        ("台账", lambda: _ledger(settings)), ("待处理报送", lambda: _held(layout)), ("模块", lambda: _modules(layout)), ("来源", lambda: _sources(region, layout)),
        ("字体", _fonts), ("端口", lambda: _port(settings)),
    ]  # fmt: skip
    found: list[Finding] = []
    for title, check in checks:
        try:
            found += check()
        except Exception as error:  # a doctor must not fall ill: whatever a check meets is a finding
            found.append(Finding(title, "bad", f"检查未能完成（{type(error).__name__}）", "用 --debug 运行相应命令查明原因"))
    return found


def _python() -> Iterator[Finding]:
    shown = ".".join(map(str, sys.version_info[:3]))
    missing = []
    for wanted in importlib.metadata.requires("yiguan") or [] if _installed() else []:
        if "extra ==" in wanted:
            continue
        package = wanted.split(";")[0].split("[")[0].split(">")[0].split("<")[0].split("=")[0].strip()
        try:
            importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            missing.append(package)
    if missing:
        yield Finding("Python", "bad", f"缺少依赖 {'、'.join(missing)}", "在项目目录运行 make install")
    else:
        yield Finding("Python", "ok", f"Python {shown}，依赖齐全")


def _installed() -> bool:
    try:
        importlib.metadata.version("yiguan")
    except importlib.metadata.PackageNotFoundError:
        return False
    return True


def _disk(layout: Layout) -> Iterator[Finding]:
    there = next(p for p in (layout.base, *layout.base.parents) if p.exists())
    free = shutil.disk_usage(there).free
    held = sum(p.stat().st_size for p in layout.base.rglob("*") if p.is_file()) if layout.base.exists() else 0
    needed = max(LEAST_FREE, held)
    shown = f"可用 {free / 1e9:,.1f} GB，已用 {held / 1e9:,.1f} GB"
    if free < needed:
        yield Finding("磁盘", "bad", shown, f"请清理或扩容，至少留出 {needed / 1e9:,.0f} GB（约为已用数据的一倍）")
    else:
        yield Finding("磁盘", "ok", shown)
    if damaged := repair.damaged_files(layout):
        yield Finding("磁盘", "warn", f"留有已移开的损坏文件 {'、'.join(p.name for p in damaged)}", "查明磁盘原因后可删除")


def _rights(layout: Layout) -> Iterator[Finding]:
    there = next(p for p in (layout.base, *layout.base.parents) if p.exists())
    try:
        with tempfile.NamedTemporaryFile(dir=there):
            pass
    except OSError:
        yield Finding("权限", "bad", f"{there} 不可写", "请把目录交给运行服务的用户（chown），或用 --var 指定其他目录")
        return
    open_to_all = [p.name for p in (layout.ledger, layout.base / "secret_key") if p.exists() and p.stat().st_mode & 0o077]
    if open_to_all:
        yield Finding("权限", "bad", f"{'、'.join(open_to_all)} 可被其他用户读取", f"运行 chmod 600 {' '.join(open_to_all)}")
    else:
        yield Finding("权限", "ok", f"{there} 可写，台账与密钥仅本用户可读")


def _secret(settings: Settings) -> Iterator[Finding]:
    if settings.secret_key is None and not settings.production and not (settings.layout.base / "secret_key").exists():
        yield Finding("密钥", "ok", "演示方式，首次启动时自动生成")
        return
    try:
        settings.key()
    except SettingsError as problem:
        what, _, todo = str(problem).partition("。")
        yield Finding("密钥", "bad", what, todo or "请设置 YIGUAN_SECRET_KEY")
    else:
        yield Finding("密钥", "ok", "会话密钥可用" if settings.secret_key else "会话密钥可用（演示方式自动生成）")


def _second_factor(settings: Settings) -> Iterator[Finding]:
    try:
        lax = startup.without_second_factor(settings)
    except SettingsError as problem:
        yield Finding("两步验证", "bad", str(problem), "请改正 YIGUAN_TOTP_ROLES")
        return
    if lax:
        yield Finding("两步验证", "warn", f"未要求两步验证的角色：{'、'.join(lax)}", "去掉 YIGUAN_TOTP_ROLES，即对全部角色要求两步验证")
    else:
        yield Finding("两步验证", "ok", "全部角色须启用两步验证" if settings.production else "演示方式，按设置要求")


def _clock(layout: Layout) -> Iterator[Finding]:
    now = time.time()
    newest = max((p.stat().st_mtime for p in layout.snapshots.glob("*.duckdb")), default=0.0)
    if now < newest - 300:
        yield Finding("时钟", "bad", f"系统时间早于最近一次发布（{datetime.fromtimestamp(newest, UTC):%Y-%m-%d %H:%M} UTC）", "请校准系统时间（NTP）")
    elif datetime.now(UTC).year < 2025:
        yield Finding("时钟", "bad", f"系统时间为 {datetime.now(UTC):%Y-%m-%d}", "请校准系统时间（NTP）")
    else:
        yield Finding("时钟", "ok", f"系统时间 {datetime.now(UTC):%Y-%m-%d %H:%M} UTC")


def _snapshots(layout: Layout) -> Iterator[Finding]:
    if not layout.pointer.exists():
        yield Finding("快照", "warn", "还没有已发布的快照", "运行 yiguan etl run")
    elif problem := publish.verify(layout):
        yield Finding("快照", "bad", problem, "运行 yiguan etl run，会退回完好的快照并重新发布")
    else:
        here = publish.pointer(layout) or {}
        yield Finding("快照", "ok", f"当前快照 {here.get('run_id')} 完好，数据截至 {here.get('data_date')}")


def _work(layout: Layout) -> Iterator[Finding]:
    if problem := repair.work_problem(layout):
        yield Finding("工作库", "bad", problem, "运行 yiguan etl run 会从各来源重建；或用 yiguan restore 从备份恢复")
    else:
        yield Finding("工作库", "ok", "可以打开" if layout.work.exists() else "尚未建立")


def _ledger(settings: Settings) -> Iterator[Finding]:
    url = make_url(settings.ledger)
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").exists():
        yield Finding("台账", "ok", "尚未建立，首次启动时自动建立")
        return
    try:
        ledger = ledgers.open(settings.ledger)
    except LedgerError as problem:
        yield Finding("台账", "bad", str(problem), "用 yiguan restore 从备份恢复，或检查 YIGUAN_LEDGER_URL")
        return
    try:
        if ledger.sqlite and (row := ledger.fetch("pragma integrity_check", [])) and row[0] != "ok":
            yield Finding("台账", "bad", "台账库文件已损坏", "停止服务，用 yiguan restore 从备份恢复")
            return
    finally:
        ledger.close()
    proof = proof_of(settings)
    found = look(settings.ledger, proof)
    if found.damage:
        yield Finding("台账", "bad", f"日志校验链不完整：{found.damage[0]}（共 {len(found.damage)} 处）", "保留现场，联系安全管理员，与备份比对")
    elif found.keyless:
        yield Finding("台账", "warn", f"日志链条衔接，但 {found.unproved} 条的密钥不在手边，封印未校验",
                      "以服务的环境运行（YIGUAN_SECRET_KEY，更换过的列入 YIGUAN_FORMER_SECRET_KEYS）")  # fmt: skip
    else:
        yield Finding("台账", "ok", f"台账完好，日志校验链完整（{found.lines} 条，封印 {found.sealed} 条，归档 {found.archived} 条，锚 {found.anchors} 个）")
    yield from _anchors(settings, found)


def _anchors(settings: Settings, found: Verdict) -> Iterator[Finding]:
    """Whether the head of the trail is carried outside, and lately; a demo need not."""
    if not settings.production or not found.last:
        return
    days = (datetime.now(ZONE).replace(tzinfo=None) - datetime.fromisoformat(found.last_anchor)).days if found.last_anchor else None
    if days is None or days > 1:
        yield Finding("锚定", "warn", f"日志最近一次锚定在 {found.last_anchor[:10]}" if days else "日志还没有锚定", "运行 yiguan audit anchor，并检查服务和 yiguan-night 定时器")
    elif settings.anchor_file.resolve().is_relative_to(settings.layout.base):
        yield Finding("锚定", "warn", f"锚定文件 {settings.anchor_file} 与台账放在一起", "把 YIGUAN_AUDIT_ANCHOR 设在另一磁盘或机器上")
    else:
        yield Finding("锚定", "ok", f"锚定至 {found.last_anchor[:10]}")


def _held(layout: Layout) -> Iterator[Finding]:
    try:
        waiting = holds.pending(layout)
    except holds.DamagedError as problem:
        what, _, todo = str(problem).partition("。")
        yield Finding("待处理报送", "bad", what, todo)
        return
    for held in waiting:
        yield Finding("待处理报送", "warn", f"{held.module} 自 {held.since} 起暂缓采用：{'；'.join(held.findings[:2])}",
                      "用 yiguan etl held 查看，核实后放行或退回")  # fmt: skip


def _sources(region: Region, layout: Layout) -> Iterator[Finding]:
    """Every source is asked for its columns and first rows, as a run would, but without patience."""
    with tempfile.TemporaryDirectory() as temp:
        for contract in load.contracts():
            about = f"{contract.module}（{contract.title}）"
            try:
                reader = open_reader(contract, brisk(region.source(contract.module, layout.sources), PATIENCE, retries=0), Path(temp))
                partly = [sentence for table in contract.tables for sentence in glimpse(reader, table, PATIENCE)]
            except NothingYetError as known:
                yield Finding("来源", "ok", f"{about}：{str(known).strip('。')}")
            except SourceError as problem:
                yield Finding("来源", "bad", *_halves(about, str(problem), f"请联系{contract.owner}"))
            except Exception as error:  # whatever a foreign system makes a driver raise is a finding about this source alone
                yield Finding("来源", "bad", f"{about}：读取出错（{type(error).__name__}）", f"请联系{contract.owner}")
            else:
                yield from (Finding("来源", "warn", *_halves(about, sentence, f"请联系{contract.owner}")) for sentence in dict.fromkeys(partly))
                if not partly:
                    yield Finding("来源", "ok", f"{about}可以读取")


def _halves(about: str, sentence: str, otherwise: str) -> tuple[str, str]:
    """What is the matter, and what to do, out of a sentence for owners."""
    what, _, todo = sentence.partition("。")
    return f"{about}：{what}", todo.strip("。") or otherwise


def _modules(layout: Layout) -> Iterator[Finding]:
    """What the last run said of modules whose delivery is not wholly in force; one that waits for a decision is told by :func:`_held`."""
    try:
        waiting, standing = {held.module for held in holds.pending(layout)}, status(layout)["modules"]
    except holds.DamagedError:  # told by _held
        return
    troubled = [row for row in standing if row["status"] in ("failed", "stale", "held", "partial") and row["module"] not in waiting]
    for row in troubled:
        about = f"{row['module']}（{row['title']}）{module_word(row['status'])}"
        said = str(row["message"] or "").removeprefix(f"{row['module']}: ")
        yield Finding("模块", "bad" if row["status"] == "failed" else "warn", *_halves(about, said, "用 yiguan etl status 查看"))
    if standing and not troubled:
        yield Finding("模块", "ok", f"{len(standing)} 个模块最近一次汇集均已采用" if not waiting else "其余模块最近一次汇集均已采用")


def _fonts() -> Iterator[Finding]:
    from dashboard.reports import fonts

    if fonts.files():
        yield Finding("字体", "ok", f"随附字体 {len(fonts.files())} 个")
    else:
        yield Finding("字体", "bad", "缺少随附字体（assets/fonts）", "重新安装本软件；否则月报中的汉字会显示为空框")


def _port(settings: Settings) -> Iterator[Finding]:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except PermissionError:
            yield Finding("端口", "bad", f"无权使用端口 {settings.port}", "改用 1024 以上的端口，由反向代理转发")
        except OSError:
            yield Finding("端口", "warn", f"{settings.host}:{settings.port} 已被占用（服务正在运行，或被其他程序占用）",
                          "若不是本服务，请用 --port 或 YIGUAN_PORT 改用其他端口")  # fmt: skip
        else:
            yield Finding("端口", "ok", f"{settings.host}:{settings.port} 空闲")


def healthy(found: list[Finding]) -> bool:
    """True where nothing is bad."""
    return all(f.level != "bad" for f in found)

