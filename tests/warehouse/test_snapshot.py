"""Readers follow the pointer without a restart, keep what they hold, and never see half a snapshot."""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import pytest

from dashboard.warehouse import NoSnapshot, Scope, Snapshot, Warehouse
from tests.support import tiny
from tests.warehouse.conftest import DISTRICT, MONTH


@pytest.fixture
def layout(tmp_path: Path) -> Any:
    return SimpleNamespace(snapshots=tmp_path / "snapshots", pointer=tmp_path / "snapshots" / "current.json")


def small(layout: Any, run_id: str, seed: int) -> Path:
    return tiny.build(layout, months=3, seed=seed, run_id=run_id, providers=8, elders=60)


def test_before_the_first_run_the_message_says_what_to_do(layout: Any) -> None:
    with pytest.raises(NoSnapshot, match="yiguan etl run"):
        Snapshot.current(layout)


def test_a_new_snapshot_is_seen_at_once_and_the_old_one_goes_on_for_who_holds_it(layout: Any) -> None:
    small(layout, "run-1", 1)
    first = Snapshot.current(layout)
    assert Snapshot.current(layout) is first
    reader = Warehouse(first, Scope.of("leader", DISTRICT))
    before = reader.rows("caregivers", DISTRICT, MONTH).total
    small(layout, "run-2", 2)
    second = Snapshot.current(layout)
    assert (first.run_id, second.run_id) == ("run-1", "run-2")
    (layout.snapshots / "run-1.duckdb").unlink()  # retention removes it while a request still reads
    assert reader.rows("caregivers", DISTRICT, MONTH).total == before


@pytest.mark.parametrize("torn", ["", "{", '{"file": "run-9.duckdb"}', "[]", "null", '{"run_id": 5}'])
def test_a_torn_pointer_leaves_the_last_good_snapshot_in_use(layout: Any, torn: str) -> None:
    small(layout, "run-1", 1)
    good = Snapshot.current(layout)
    (layout.snapshots / "current.json").write_text(torn)
    assert Snapshot.current(layout) is good
    (layout.snapshots / "current.json").write_text(json.dumps({"run_id": "run-1", "file": "run-1.duckdb"}))
    assert Snapshot.current(layout) is good


def test_a_half_copied_file_is_not_served(layout: Any) -> None:
    whole = small(layout, "run-1", 1)
    good = Snapshot.current(layout)
    (layout.snapshots / "run-2.duckdb").write_bytes(whole.read_bytes()[:5000])
    (layout.snapshots / "current.json").write_text(json.dumps({"run_id": "run-2", "file": "run-2.duckdb"}))
    assert Snapshot.current(layout) is good
    with pytest.raises(NoSnapshot):
        Snapshot.open(layout.snapshots / "run-2.duckdb")


def test_nothing_can_be_written_or_read_from_elsewhere(snapshot: Snapshot, tmp_path: Path) -> None:
    for sql in (
        "delete from figure",
        "create table x (a int)",
        f"copy figure to '{tmp_path}/x.csv'",
        "select * from read_csv('/etc/passwd')",
    ):
        with pytest.raises(duckdb.Error):
            snapshot.query(sql)


def test_threads_read_at_the_same_time(snapshot_file: Path) -> None:
    snapshot = Snapshot.open(snapshot_file)
    results: list[Any] = []

    def read() -> None:
        w = Warehouse(snapshot, Scope.of("leader", DISTRICT))
        for _ in range(5):
            results.append(
                (w.rows("caregivers", DISTRICT, MONTH).total, w.figures(["caregivers"], DISTRICT, MONTH)["caregivers"].part)
            )

    threads = [threading.Thread(target=read) for _ in range(6)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert len(results) == 30 and len(set(results)) == 1 and results[0][0] == results[0][1]


def test_a_forked_process_opens_its_own_connection(layout: Any) -> None:
    small(layout, "run-1", 1)
    mine = Snapshot.current(layout)
    child = os.fork()
    if child == 0:
        ok = Snapshot.current(layout) is not mine and Snapshot.current(layout).run_id == "run-1"
        os._exit(0 if ok else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_who_looks_ahead_spares_readers_the_wait_but_never_holds_them_back_for_long(layout: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Snapshot, "_ahead", 0)
    small(layout, "run-1", 1)
    first = Snapshot.current(layout)
    seen: list[str] = []

    def ready(fresh: Snapshot) -> None:
        seen.append(f"{fresh.run_id} is made ready, readers have {Snapshot.current(layout).run_id}")

    Snapshot.look_ahead(layout, ready)
    assert not seen and Snapshot.current(layout) is first
    small(layout, "run-2", 1)
    assert Snapshot.current(layout) is first
    Snapshot.look_ahead(layout, ready)
    assert seen == ["run-2 is made ready, readers have run-1"] and Snapshot.current(layout).run_id == "run-2"

    def slow(fresh: Snapshot) -> None:
        small(layout, "run-4", 1)
        os.utime(layout.pointer, (1, 1))  # published long ago
        seen.append(Snapshot.current(layout).run_id)

    small(layout, "run-3", 1)
    Snapshot.look_ahead(layout, slow)
    assert seen[-1] == "run-4" == Snapshot.current(layout).run_id  # what came ready too late does not take its place
    layout.pointer.write_text("{")
    Snapshot.look_ahead(layout, ready)
    assert Snapshot.current(layout).run_id == "run-4"
