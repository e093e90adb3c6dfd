"""Published snapshots: one immutable file per run, and a pointer that is swapped when the file is complete and verified."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import duckdb

from etl import faults, freshness, passing, snapshotfile
from etl.clean import first, name
from etl.connectors.base import sha256
from etl.freshness import Freshness
from etl.hands import Hand
from etl.martfile import POLICY_TABLES, Mart
from etl.paths import Layout
from etl.retention import Keep

META = ("meta_snapshot", "meta_indicator", "meta_target", "meta_module", "meta_load", "meta_column", "meta_gap",
        "meta_field", "meta_reads", "meta_origin", "meta_policy")  # fmt: skip
# Checked tables whose rows pages show as they are (details of a provider, what a rating's evidence points to).
SHOWN = ("provider_", "inspection_", "complaint_")


class PublishError(Exception):
    """A snapshot that did not come out as it should; the pointer has not moved."""


def publish(
    con: duckdb.DuckDBPyConnection, layout: Layout, run_id: str, content: str, marts: Iterable[Mart], keep: Keep, fresh: Freshness,
    begun: Begun | None = None, thorough: bool = True,
) -> Path:  # fmt: skip
    """Write ``snapshots/<run_id>.duckdb`` with these marts, verify it, move the pointer, delete the snapshots that are not to be kept.

    ``thorough``: read the whole file back, and count what the work file holds anew; else what was written this time. ``begun``: what of it has
    been written already. The old file stays readable for whoever has it open. PublishError (pointer unmoved) when a table's rows do not agree.
    """
    target = layout.snapshots / f"{run_id}.duckdb"
    unfinished = _unfinished(layout, run_id)
    if begun is None:
        _clear(layout)
    odd, digest = _lay(con, unfinished, _tables(con, list(marts)), current(layout), fresh, begun, thorough)
    if odd:
        raise PublishError(f"快照中 {odd} 的内容与工作库不一致，未发布。请检查磁盘空间后重试。")
    faults.point("synced", path=unfinished)
    unfinished.replace(target)
    faults.point("renamed", path=target)
    _sync(layout.snapshots)
    meta = first(con, "select data_date, latest_month, created_at from marts.meta_snapshot") or (None,) * 3
    named = {
        "run_id": run_id, "file": target.name, "content": content, "sha256": digest, "bytes": target.stat().st_size,
        "data_date": str(meta[0]), "latest_month": meta[1], "created_at": str(meta[2]),
    }  # fmt: skip
    _hashed[target] = (_stamp(target), digest)
    _write(_beside(target), named)
    point(layout, named)
    freshness.held(con)
    _drop_old(layout, run_id, keep)
    return target


class Begun:
    """A snapshot begun by another hand while ratings are still being made: the copy of the one before, and the marts that are done."""

    def __init__(
        self, hand: Hand, con: duckdb.DuckDBPyConnection, layout: Layout, run_id: str, marts: Sequence[Mart], fresh: Freshness, thorough: bool
    ):
        _clear(layout)
        file, before = _unfinished(layout, run_id), current(layout)
        tables = [(m.name, *_mart(m)) for m in marts]
        remembered = _known(con, fresh)
        contents = None if thorough else {m.name: remembered(m.name, _mart(m)[0], any(c.name == "month" for c in m.columns)) for m in marts}
        known = None if contents is None else lambda table, *_: contents[table]
        self._draft = hand(self._begin, file, before, tables, known, _hints(con))

    @staticmethod
    def _begin(
        con: duckdb.DuckDBPyConnection, file: Path, before: Path | None, tables: snapshotfile.Tables, known: snapshotfile.Known | None, hints: snapshotfile.Hints
    ) -> snapshotfile.Draft:
        draft = snapshotfile.Draft(con, file, before)
        try:
            draft.put(con, tables, known, hints)
        except BaseException:
            draft.close(con)
            raise
        return draft

    def draft(self) -> snapshotfile.Draft:
        """What has been written; waits for it, and raises what went wrong with it."""
        return self._draft.result()


def _unfinished(layout: Layout, run_id: str) -> Path:
    return layout.snapshots / f"{run_id}.duckdb.tmp"


def _clear(layout: Layout) -> None:
    """Remove what a killed run left half written."""
    for stale in layout.snapshots.glob("*.tmp*"):
        stale.unlink()


def _lay(
    con: duckdb.DuckDBPyConnection, file: Path, tables: snapshotfile.Tables, before: Path | None, fresh: Freshness, begun: Begun | None, thorough: bool
) -> tuple[str | None, str]:
    """Write and compare; where the copy of the snapshot before leads to something else, once more from nothing. A table that differs, and the hash."""
    odd, digest = None, ""
    for start, ahead in dict.fromkeys(((before, begun), (None, None))):
        try:
            quick = start is not None and not thorough
            known = _known(con, fresh) if quick else None
            draft = ahead.draft() if ahead else None
            written = snapshotfile.write(con, file, tables, start, known, _hints(con), draft)
            faults.point("written", path=file)
            with ThreadPoolExecutor(1) as other:
                fixed = other.submit(_fixed, file)
                odd = snapshotfile.differing(con, file, written.contents, written.tables if quick else None)
                digest = fixed.result()
        except (duckdb.SerializationException, duckdb.InternalException, duckdb.FatalException, duckdb.IOException, duckdb.OutOfMemoryException):
            if start is None and ahead is None:
                raise
            odd = file.name
        if odd is None:
            break
        file.unlink(missing_ok=True)
        Path(f"{file}.wal").unlink(missing_ok=True)
    return odd, digest


def _hints(con: duckdb.DuckDBPyConnection) -> snapshotfile.Hints:
    return snapshotfile.Hints(freshness.moved(con), passing.rows(con))


def _fixed(file: Path) -> str:
    """Have a file on the disk; its hash."""
    _sync(file)
    return sha256(file)


def _known(con: duckdb.DuckDBPyConnection, fresh: Freshness) -> snapshotfile.Known:
    """What tables of the work file hold, as far as it remembers; the others are counted."""

    def known(table: str, source: str, monthly: bool) -> snapshotfile.Contents:
        # Two groups of figures stand in one table: what is remembered of the first says nothing of it.
        kept = fresh.contents(table, name("month") if monthly else "") if table in fresh.tokens and fresh.home(table) and table != "figure" else None
        return snapshotfile.content(con, source, monthly) if kept is None else kept

    return known


def _tables(con: duckdb.DuckDBPyConnection, marts: Sequence[Mart]) -> list[tuple[str, str, str]]:
    """(table, source, order by) of everything a snapshot holds."""
    found = [(t, f"marts.{t}", " order by all") for t in ("area", "area_closure", "month", *POLICY_TABLES, *META)]
    found.append(("figure", "marts.figure", " order by level, area_code, month, indicator"))
    found.append(("provider_figure", "marts.provider_figure", " order by month, provider_id, indicator"))
    found += [(mart.name, *_mart(mart)) for mart in marts]
    found += [("meta_revision", "state.revision", ""), *((t, f"state.{t}", "") for t in ("quarantine", "warning"))]
    checked = con.execute(
        "select table_name from information_schema.tables where table_schema = 'checked' and table_catalog = current_database()"
    ).fetchall()
    found += [(t, f"checked.{name(t)}", "") for (t,) in sorted(checked) if t.startswith(SHOWN)]
    return found


def _mart(mart: Mart) -> tuple[str, str]:
    return f"marts.{name(mart.name)}", f" order by {name(mart.time)}, {name(mart.area)}"


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def point(layout: Layout, value: dict[str, Any]) -> None:
    """Move the pointer: readers see the old snapshot up to this moment and the new one from it on."""
    _write(layout.pointer, value)


def _beside(snapshot: Path) -> Path:
    """The file that says of a snapshot what the pointer says of the current one, so that a lost pointer can be made again."""
    return snapshot.with_suffix(".json")


def _write(path: Path, value: dict[str, Any]) -> None:
    fresh = path.with_suffix(".json.tmp")
    with fresh.open("w", encoding="utf-8") as stream:
        json.dump(value, stream, ensure_ascii=False)
        stream.flush()
        faults.point("pointer written", path=fresh)
        os.fsync(stream.fileno())
    faults.point("pointer synced")
    fresh.replace(path)
    faults.point("pointer", path=path)
    _sync(path.parent)


def _drop_old(layout: Layout, run_id: str, keep: Keep) -> None:
    there = {path.stem: path for path in layout.snapshots.glob("*.duckdb")}
    kept = keep.chosen(there, run_id)
    for path in (path for run, path in sorted(there.items()) if run not in kept):
        path.unlink()
        _hashed.pop(path, None)
        _beside(path).unlink(missing_ok=True)
        faults.point("dropped")


def current(layout: Layout) -> Path | None:
    """The snapshot file in force; None before the first publication."""
    here = pointer(layout)
    return layout.snapshots / here["file"] if here else None


def pointer(layout: Layout) -> dict[str, Any] | None:
    """What the pointer says (run_id, file, content, sha256 …); None before the first publication.

    Where it is torn, or its file is gone, the newest snapshot that is whole stands in.
    """
    value = named(layout)
    if value is not None and (layout.snapshots / value["file"]).is_file():
        return value
    return newest_good(layout) if layout.pointer.exists() else None


def named(layout: Layout) -> dict[str, Any] | None:
    """What stands in the pointer file, be the snapshot there or not; None where the file is missing or torn."""
    return _read(layout.snapshots / "current.json")


def newest_good(layout: Layout) -> dict[str, Any] | None:
    """The newest snapshot on disk whose bytes are those that were published; None where there is none."""
    for path in sorted(layout.snapshots.glob("*.duckdb"), reverse=True):
        value = _read(_beside(path))
        if value is not None and whole(layout, value):
            return value
    return None


def whole(layout: Layout, value: dict[str, Any], trusting: bool = False) -> bool:
    """True where the snapshot that ``value`` names is byte for byte what was published.

    ``trusting``: a file that this process has hashed before is not hashed again while its size, its times and its number on the disk stay.
    """
    path = layout.snapshots / value["file"]
    if not path.is_file() or path.stat().st_size != value.get("bytes"):
        return False
    if trusting and _hashed.get(path) == (_stamp(path), value.get("sha256")):
        return True
    if sha256(path) != value.get("sha256"):
        return False
    _hashed[path] = (_stamp(path), value["sha256"])
    return True


_hashed: dict[Path, tuple[tuple[int, ...], str]] = {}


def _stamp(path: Path) -> tuple[int, ...]:
    stat = path.stat()
    return stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino, stat.st_dev


def _read(path: Path) -> dict[str, Any] | None:
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return value if isinstance(value, dict) and {"run_id", "file"} <= value.keys() else None


def snapshots(layout: Layout) -> list[dict[str, Any]]:
    """The snapshots on disk, newest first: run_id, bytes, data_date, latest_month, current."""
    here = pointer(layout) or {}
    found = []
    for path in sorted(layout.snapshots.glob("*.duckdb"), reverse=True):
        row: dict[str, Any] = {"run_id": path.stem, "bytes": path.stat().st_size, "current": path.name == here.get("file")}
        try:
            with duckdb.connect(str(path), read_only=True) as con:
                data_date, latest = first(con, "select data_date, latest_month from meta_snapshot") or (None, None)
        except duckdb.Error:
            data_date, latest = None, None
        found.append({**row, "data_date": str(data_date) if data_date else None, "latest_month": latest})
    return found


def verify(layout: Layout) -> str | None:
    """None when the current snapshot is byte for byte what was published; else one sentence."""
    here = named(layout)
    if here is None:
        return "没有已发布的快照" if not layout.pointer.exists() else "快照指针已损坏"
    if not (layout.snapshots / here["file"]).is_file():
        return f"快照 {here['run_id']} 的文件已丢失"
    if not whole(layout, here):
        return f"快照 {here['run_id']} 的内容与发布时不一致，文件可能已损坏"
    return None
