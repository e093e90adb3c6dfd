"""Damaged files of the line's own: the product says so, readers keep a whole snapshot, and the next run puts everything right."""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from dashboard.warehouse import Snapshot
from etl.publish import current, snapshots, verify
from etl.repair import damaged_files
from tests.crash.ground import first_night, second_night, seen, work
from tests.etl.conftest import Tiny


@pytest.fixture
def twice(tmp_path: Path) -> tuple[Tiny, str, str]:
    """Two nights have been published; what a reader saw after the first and after the second."""
    tiny = first_night(tmp_path)
    tiny.run()
    old = seen(tiny.layout)
    second_night(tiny)
    tiny.run()
    return tiny, old, seen(tiny.layout)


def half(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def garbage(path: Path) -> None:
    with path.open("r+b") as stream:
        stream.seek(path.stat().st_size // 3)
        stream.write(os.urandom(4096))


def opened(tiny: Tiny) -> Path:
    """The file that a server which has just started reads."""
    Snapshot._current.clear()
    snapshot = Snapshot.current(tiny.layout)
    snapshot._connection.close()
    Snapshot._current.clear()
    return snapshot.path


@pytest.mark.parametrize("damage", [half, lambda p: p.write_bytes(b""), lambda p: p.write_text("[1]"), lambda p: p.unlink()])
def test_a_torn_pointer(twice: tuple[Tiny, str, str], damage: Callable[[Path], object]) -> None:
    tiny, _, new = twice
    here = current(tiny.layout)
    damage(tiny.layout.pointer)
    assert verify(tiny.layout)
    if tiny.layout.pointer.exists():
        assert opened(tiny) == here
    result = tiny.run()
    assert len(result.repairs) == 1
    assert "快照指针" in result.repairs[0]
    assert seen(tiny.layout) == new
    assert verify(tiny.layout) is None
    assert tiny.run().repairs == []


@pytest.mark.parametrize("damage", [half, garbage, lambda p: p.unlink()])
def test_a_damaged_snapshot_is_replaced_and_readers_fall_back(twice: tuple[Tiny, str, str], damage: Callable[[Path], object]) -> None:
    tiny, _, new = twice
    here = current(tiny.layout)
    assert here is not None
    damage(here)
    assert verify(tiny.layout)
    result = tiny.run(depth="quick")  # which takes what this process has published at its word while nobody touches it
    assert "已改用最近一份完好的快照" in result.repairs[0]
    assert result.published
    assert seen(tiny.layout) == new
    assert verify(tiny.layout) is None


def test_a_damaged_snapshot_leaves_the_one_before_to_new_readers(twice: tuple[Tiny, str, str]) -> None:
    tiny, _, _ = twice
    here = current(tiny.layout)
    assert here is not None
    half(here)
    assert opened(tiny) != here


def test_all_snapshots_gone(twice: tuple[Tiny, str, str]) -> None:
    tiny, _, new = twice
    for row in snapshots(tiny.layout):
        half(tiny.layout.snapshots / f"{row['run_id']}.duckdb")
    assert "没有其他完好的快照" in tiny.run().repairs[0]
    assert seen(tiny.layout) == new


@pytest.mark.parametrize("damage", [half, lambda p: p.write_bytes(b""), lambda p: p.write_bytes(b"\x7f" * 20_000)])
def test_a_torn_work_file_is_built_again_from_the_sources(twice: tuple[Tiny, str, str], damage: Callable[[Path], object]) -> None:
    tiny, _, _ = twice
    # Which closed months were once corrected only the lost file knew; every record and figure comes back.
    history = {"meta_revision"}
    new, before = seen(tiny.layout, history), work(tiny.layout)
    damage(tiny.layout.work)
    result = tiny.run()
    assert "工作库文件已损坏" in result.repairs[0]
    assert (seen(tiny.layout, history), work(tiny.layout)) == (new, before)
    assert [p.name for p in damaged_files(tiny.layout)] == ["work.duckdb.damaged"]


@pytest.mark.parametrize("damage", [half, garbage])
def test_a_torn_log_of_the_work_file(tmp_path: Path, damage: Callable[[Path], object]) -> None:
    base, undisturbed = tmp_path / "torn", tmp_path / "undisturbed"
    tiny = first_night(base)
    tiny.run()
    second_night(tiny)
    shutil.copytree(base, undisturbed)
    child = subprocess.run(
        [sys.executable, "-m", "tests.crash.ground", str(base)], check=False, cwd=Path(__file__).parents[2],
        env={**os.environ, "YIGUAN_FAULT": "kill:modules"},
    )  # fmt: skip
    assert child.returncode == -signal.SIGKILL
    log = tiny.layout.work.with_name("work.duckdb.wal")
    assert log.stat().st_size
    damage(log)
    result = tiny.run()
    assert result.exit_code == 3
    assert not result.message
    other = Tiny(tiny.region, type(tiny.layout)(undisturbed / "var", "tiny"))
    other.run()
    assert (seen(tiny.layout), work(tiny.layout)) == (seen(other.layout), work(other.layout))


def test_a_work_file_in_use_is_never_taken_for_a_damaged_one(twice: tuple[Tiny, str, str]) -> None:
    tiny, _, new = twice
    holder = subprocess.Popen(
        [sys.executable, "-c", "import duckdb, sys; con = duckdb.connect(sys.argv[1]); print('open', flush=True); sys.stdin.read()",
         str(tiny.layout.work)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    assert holder.stdout is not None
    holder.stdout.readline()
    result = tiny.run()
    holder.communicate()
    assert (result.exit_code, result.repairs) == (1, [])
    assert damaged_files(tiny.layout) == []
    assert seen(tiny.layout) == new


def test_two_runs_at_once_and_a_run_whose_holder_of_the_lock_dies(tmp_path: Path) -> None:
    tiny = first_night(tmp_path)
    child = subprocess.Popen(
        [sys.executable, "-m", "tests.crash.ground", str(tmp_path)], cwd=Path(__file__).parents[2], stdin=subprocess.PIPE,
        env={**os.environ, "YIGUAN_FAULT": "pause:mart order_fact"},
    )  # fmt: skip
    deadline = time.monotonic() + 60
    while not _locked(tiny) and time.monotonic() < deadline:
        time.sleep(0.05)
    result = tiny.run()
    assert result.exit_code == 1
    assert "正在运行" in result.message
    child.kill()
    child.communicate()
    result = tiny.run()
    assert (result.message, result.published) == ("", True)
    assert seen(tiny.layout)


def _locked(tiny: Tiny) -> bool:
    if not tiny.layout.lock.exists():
        return False
    with tiny.layout.lock.open("a+") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return True
    return False


def test_a_leftover_of_a_publication_is_no_snapshot(twice: tuple[Tiny, str, str]) -> None:
    tiny, _, _ = twice
    stray = tiny.layout.snapshots / "99990101T000000.duckdb"
    with duckdb.connect(str(stray)) as con:
        con.execute("create table figure (x integer)")
    half(tiny.layout.pointer)
    assert current(tiny.layout) != stray
    assert tiny.run().exit_code == 3
    assert verify(tiny.layout) is None
