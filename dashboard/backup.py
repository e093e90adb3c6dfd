"""Backup and restore of what a region has accumulated: the warehouse (work file, snapshots, pointer, held deliveries) and the ledger
with the documents of cases, the archives and the anchors of the audit trail.

A backup is a folder with a manifest: every file with its size and SHA-256, the rows and sums of money of every table in force, the
length and last hash of the audit trail; where the secret is at hand, the manifest is sealed with a key derived from it. A restore checks
all of it, before and after copying, and puts nothing in place that differs. Seals that cannot be checked for want of the key are told.
Not in it: the region folder, the outside systems, and the secret of the sessions (people log in again).
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import duckdb
from sqlalchemy import make_url

from dashboard.proof import ANCHORS, ARCHIVES, Proof, look, standing, take_anchors, take_archives
from dashboard.seals import Seals
from etl import clock, publish
from etl.clean import first, name
from etl.connectors.base import sha256
from etl.contract import Contract
from etl.meta import product_version
from etl.paths import Layout
from etl.region import Region

FORMAT = 1
MANIFEST = "manifest.json"
PARTIAL = ".partial"
Progress = Callable[[str], None]


class BackupError(Exception):
    """A backup that cannot be made or must not be restored; the message is one Chinese sentence."""


def backup(
    region: Region, layout: Layout, ledger_url: str, contracts: Sequence[Contract], to: Path, *, wait: float = 600.0,
    note: Progress = lambda _: None, proof: Proof | None = None,
) -> Path:  # fmt: skip
    """Write a backup below ``to`` and return its folder. Readers and the server go on undisturbed.

    The work file is copied between two runs: a run under way is waited for, up to ``wait`` seconds. BackupError when it takes longer,
    when there is nothing to back up, or when what would be backed up is damaged.  ``proof``: with what the audit trail is proved.
    """
    proof = proof or _default(layout)
    here = publish.pointer(layout)
    if here is None:
        raise BackupError("还没有已发布的数据，无可备份。请先运行 yiguan etl run。")
    target = to / f"{layout.region_key}-{clock.now():%Y%m%dT%H%M%S}"
    partial = target.with_name(target.name + PARTIAL)
    try:
        partial.mkdir(parents=True)
        (partial / "snapshots").mkdir()
        note("备份台账")
        take_anchors(proof, partial / ANCHORS)
        there = _copy_ledger(ledger_url, partial / "ledger.sqlite")
        take_archives(proof, partial / ARCHIVES)
        trail = _trail(partial, proof.seals, note) if there else None
        if layout.files.exists():  # copied after the ledger: whatever it names is there
            shutil.copytree(layout.files, partial / layout.files.name, ignore=shutil.ignore_patterns(".draft.*"))
        with _between_runs(layout, wait, note):
            if problem := publish.verify(layout):
                raise BackupError(f"{problem}，未备份。请先运行 yiguan etl run 修复。")
            note("备份工作库")
            for path in (layout.work, layout.work.with_name(layout.work.name + ".wal")):
                if path.exists():
                    shutil.copy2(path, partial / path.name)
            if layout.holds.exists():
                _copy_sqlite(layout.holds, partial / layout.holds.name)
            note("备份快照")
            for path in sorted(layout.snapshots.glob("*")):
                if path.suffix in (".duckdb", ".json"):
                    shutil.copy2(path, partial / "snapshots" / path.name)
        manifest = {
            "format": FORMAT, "product_version": product_version(), "created_at": str(clock.now()), "region_key": layout.region_key,
            "region_code": region.code, "region_name": region.name, "run_id": publish.pointer(layout)["run_id"],  # type: ignore[index]
            "audit": trail, "totals": totals(partial / layout.work.name, contracts), "files": _listed(partial),
        }  # fmt: skip
        if proof.seals is not None:
            manifest["sealed"] = {"key": proof.seals.name, "seal": proof.seals.seal(_text(manifest))}
        (partial / MANIFEST).write_text(json.dumps(manifest | {"seal": _seal(manifest)}, ensure_ascii=False, indent=1), encoding="utf-8")
        for path in sorted(partial.rglob("*")):
            _sync(path)
        partial.rename(target)
        _sync(to)
    except OSError as error:
        raise BackupError(f"备份写入失败：{error.strerror or error}。请检查 {to} 的空间与权限。") from error
    except duckdb.Error as error:
        raise BackupError("工作库无法读取，未备份。请运行 yiguan doctor 查明原因。") from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return target


def restore(
    folder: Path, region: Region, layout: Layout, ledger_url: str, contracts: Sequence[Contract], *, force: bool = False,
    note: Progress = lambda _: None, proof: Proof | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Put a backup in place and return its manifest. BackupError (nothing changed) where it is damaged, foreign, or where data exists.

    ``force`` moves existing data to a folder beside it instead of refusing; nothing is ever deleted.  ``proof``: with what the audit trail
    is proved; anchors that lie outside stay as they are, and what the backup's trail reaches of them has to agree.
    """
    proof = proof or _default(layout)
    note("校验备份")
    manifest = checked(folder, proof.seals, note)
    if manifest["region_code"] != region.code or manifest["region_key"] != layout.region_key:
        raise BackupError(
            f"这是{manifest['region_name']}（{manifest['region_key']}）的备份，不是{region.name}（{layout.region_key}）的。请用 --region 指定相应地区。"
        )
    existing = [p for p in _places(layout) if p.exists()]
    if existing and not force:
        raise BackupError(f"{layout.base} 已有数据（{existing[0].name} 等），未恢复。确需替换时加 --force，原有数据会移到旁边的目录。")
    with _between_runs(layout, 0, note):
        staging = layout.base / "restore.tmp"
        shutil.rmtree(staging, ignore_errors=True)
        try:
            note("复制")
            shutil.copytree(folder, staging)
            checked(staging, proof.seals)
            note("核对")
            _proven(staging, manifest, contracts, proof, note)
            if existing:
                aside = layout.base / f"before-restore-{clock.now():%Y%m%dT%H%M%S}"
                aside.mkdir()
                for path in existing:
                    path.replace(aside / path.name)
            (staging / MANIFEST).unlink()
            kept = make_url(ledger_url)
            in_file = kept.get_backend_name() == "sqlite" and kept.database and Path(kept.database).resolve() == layout.ledger.resolve()
            # The pointer's folder comes last: up to then the place still counts as empty for readers.
            for path in sorted(staging.iterdir(), key=lambda p: p.name == layout.snapshots.name):
                if path.name in (ANCHORS, ARCHIVES):
                    _beside(path, proof.anchors if path.name == ANCHORS else proof.archives)
                elif path.name != layout.ledger.name or in_file:
                    if path.name == layout.snapshots.name and layout.snapshots.exists():
                        layout.snapshots.rmdir()
                    path.replace(layout.base / path.name)
            _sync(layout.base)
        except OSError as error:
            raise BackupError(f"恢复写入失败：{error.strerror or error}。请检查 {layout.base} 的空间与权限。") from error
        finally:
            shutil.rmtree(staging, ignore_errors=True)
    return manifest


def _beside(path: Path, target: Path) -> None:
    """Put archives or anchors where they are read; what lies there already, outside the runtime folder, is left alone."""
    if path.is_dir():
        target.mkdir(parents=True, exist_ok=True)
        for file in path.iterdir():
            if not (target / file.name).exists():
                shutil.copy2(file, target / file.name)
    elif not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, target)


def _default(layout: Layout) -> Proof:
    """Without the key; archives and anchors where they are as long as nothing else is set."""
    return Proof(None, layout.base / ARCHIVES, layout.base / ANCHORS)


def _numbers(version: str) -> tuple[int, ...]:
    """A version for comparison, as far as it is numbers; () for that of a product that is not installed."""
    found = re.match(r"\d+(\.\d+)*", version)
    return tuple(map(int, found[0].split("."))) if found and version != "0" else ()


def checked(folder: Path, seals: Seals | None = None, note: Progress = lambda _: None) -> dict[str, Any]:
    """The manifest of a backup all of whose files are as they were written; BackupError otherwise.

    With the key, the manifest's seal is looked at, too; what could not be looked at is noted.
    """
    path = folder / MANIFEST
    if folder.name.endswith(PARTIAL) or not path.is_file():
        raise BackupError(f"{folder} 不是完整的备份（缺 {MANIFEST}）。")
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
        seal = manifest.pop("seal")
        files = {f["path"]: f for f in manifest["files"]}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise BackupError(f"备份 {folder.name} 的清单已损坏，未恢复。请改用其他备份。") from error
    if seal != _seal(manifest):
        raise BackupError(f"备份 {folder.name} 的清单被改动，未恢复。请改用其他备份。")
    sealed = manifest.pop("sealed", None)
    if sealed is None or seals is None or not seals.knows(str(sealed.get("key"))):
        note("清单的密钥封印未校验（没有封印，或密钥不在手边）")
    elif not seals.fits(_text(manifest), str(sealed.get("seal")), str(sealed.get("key"))):
        raise BackupError(f"备份 {folder.name} 的清单与密钥封印不符，可能被改动，未恢复。请改用其他备份。")
    if manifest["format"] != FORMAT:
        raise BackupError(f"备份 {folder.name} 由其他版本（{manifest['product_version']}）制作，本版本不能恢复。")
    if _numbers(made := str(manifest["product_version"])) > _numbers(here := product_version()) > ():
        raise BackupError(f"备份 {folder.name} 由较新的版本 {made} 制作，本机为 {here}，未恢复。请先升级本软件。")
    present = {f["path"]: f for f in _listed(folder)}
    for file in sorted(files.keys() | present.keys()):
        if files.get(file) != present.get(file):
            what = "缺失" if file not in present else "不在清单之内" if file not in files else "已损坏"
            raise BackupError(f"备份 {folder.name} 中的 {file} {what}，未恢复。请改用其他备份。")
    return manifest


def totals(work: Path, contracts: Sequence[Contract]) -> dict[str, list[Any]]:
    """Checked table → [rows, sum of money in yuan as text or None], counted from the rows themselves."""
    found: dict[str, list[Any]] = {}
    with duckdb.connect(str(work), read_only=True) as con:
        there = {t for (t,) in con.execute("select table_name from duckdb_tables() where schema_name = 'checked'").fetchall()}
        for contract in contracts:
            for table in contract.tables:
                full = f"{contract.module}_{table.name}"
                if full in there:
                    money = f"cast(sum({name(table.money)}) as varchar)" if table.money else "null"
                    found[full] = list(first(con, f"select count(*), {money} from checked.{name(full)}") or ())
    return found


def _proven(staging: Path, manifest: dict[str, Any], contracts: Sequence[Contract], proof: Proof, note: Progress) -> None:
    """BackupError where the copied databases do not hold what the manifest says, to the row, the cent and the last audit line."""
    try:
        counted = totals(staging / "work.duckdb", contracts)
    except duckdb.Error as error:
        raise BackupError("备份中的工作库无法打开，未恢复。请改用其他备份。") from error
    for table, expected in manifest["totals"].items():
        if table in counted and counted[table] != expected:
            raise BackupError(f"{table} 的行数或金额与备份时不一致（{counted[table]}，应为 {expected}），未恢复。")
    if manifest["audit"]:
        trail = _trail(staging, proof.seals, note)
        if {name: trail.get(name) for name in manifest["audit"]} != manifest["audit"]:
            raise BackupError("台账日志的条数或末条摘要与备份时不一致，未恢复。")
        outside = look(_ledger_in(staging), Proof(proof.seals, staging / ARCHIVES, proof.anchors), restored=True)
        if outside.damage:
            raise BackupError(f"备份中的台账日志与锚定文件 {proof.anchors} 不符：{outside.damage[0]}。未恢复，请联系安全审计员。")


def _copy_ledger(url: str, target: Path) -> bool:
    """Copy a ledger kept in SQLite while it is in use; False where it lies elsewhere."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite" or not parsed.database or not Path(parsed.database).exists():
        return False
    _copy_sqlite(Path(parsed.database), target)
    return True


def _ledger_in(folder: Path) -> str:
    return f"sqlite:///{folder / 'ledger.sqlite'}"


def _trail(folder: Path, seals: Seals | None, note: Progress) -> dict[str, Any]:
    """How the audit trail copied to a folder stands, with its archives and anchors; BackupError where it is not whole."""
    found = look(_ledger_in(folder), Proof(seals, folder / ARCHIVES, folder / ANCHORS))
    if found.damage:
        raise BackupError(f"台账日志的校验链不完整：{found.damage[0]}。请保留现场并联系安全管理员。")
    if found.keyless:
        note(f"{found.unproved} 条日志的密钥不在手边，封印未校验")
    return standing(found)


def _copy_sqlite(source: Path, target: Path) -> None:
    """A consistent copy by SQLite's own online backup: writers go on."""
    with closing(sqlite3.connect(source, timeout=15)) as here, closing(sqlite3.connect(target)) as there:
        here.backup(there)
        there.execute("pragma journal_mode = delete")
    target.chmod(0o600)


@contextmanager
def _between_runs(layout: Layout, wait: float, note: Progress) -> Iterator[None]:
    """Hold the run lock, so that nobody writes the work file; BackupError when a run still holds it after ``wait`` seconds."""
    layout.base.mkdir(parents=True, exist_ok=True)
    until = time.monotonic() + wait
    with layout.lock.open("a+") as handle:
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except OSError as error:
                if time.monotonic() >= until:
                    raise BackupError("数据汇集正在运行。请等它结束后再试。") from error
                note("等待数据汇集结束")
                time.sleep(0.2)
        yield


def _places(layout: Layout) -> list[Path]:
    """What a restore would replace."""
    found = [layout.work, layout.work.with_name(layout.work.name + ".wal"), layout.holds, layout.ledger, layout.files]
    found += [layout.ledger.with_name(layout.ledger.name + tail) for tail in ("-wal", "-shm")]
    found += [layout.base / ARCHIVES, layout.base / ANCHORS]
    return found + ([layout.snapshots] if layout.snapshots.exists() and any(layout.snapshots.iterdir()) else [])


def _listed(folder: Path) -> list[dict[str, Any]]:
    paths = sorted(p for p in folder.rglob("*") if p.is_file() and p.name != MANIFEST)
    return [{"path": p.relative_to(folder).as_posix(), "bytes": p.stat().st_size, "sha256": sha256(p)} for p in paths]


def _seal(manifest: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(manifest, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def _text(manifest: dict[str, Any]) -> bytes:
    """What the keyed seal of a manifest is made over."""
    return b"backup manifest\n" + json.dumps(manifest, sort_keys=True, ensure_ascii=False).encode()


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
