"""Backup, restore on a bare machine, and the doctor: what they promise to whoever has to rely on them at night."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from dashboard import ledger as ledgers
from dashboard.backup import MANIFEST, BackupError, _listed, _seal, backup, restore, totals
from dashboard.doctor import examine, healthy
from dashboard.ledger import anchors, audit
from dashboard.ledger.holds import decide
from dashboard.proof import ANCHORS, ARCHIVES, Proof, look, standing
from dashboard.seals import Seals
from dashboard.settings import Settings
from etl import holds
from etl.paths import Layout
from etl.publish import verify
from tests.crash.ground import at, first_night, seen, work
from tests.etl.conftest import Tiny, line
from tests.support.tamper import unlock


def url(layout: Layout) -> str:
    return f"sqlite:///{layout.ledger}"


@pytest.fixture(scope="module")
def once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A region with a published run, three audit lines, and a backup of it."""
    base = tmp_path_factory.mktemp("once")
    tiny = first_night(base / "machine")
    tiny.run()
    ledger = ledgers.open(url(tiny.layout))
    for n in range(3):
        audit.record(ledger, "王科长", "导出", f"{n}")
    # Another writer is at work while the backup is made.
    with sqlite3.connect(tiny.layout.ledger) as writer:
        writer.execute("begin immediate")
        backup(tiny.region, tiny.layout, url(tiny.layout), line().contracts, base / "backups", wait=0)
        writer.execute("rollback")
    ledger.close()
    return base


@pytest.fixture
def kept(once: Path, tmp_path: Path) -> tuple[Tiny, Path]:
    """The same, for one test to do with as it likes: the region, and the folder of its backup."""
    shutil.copytree(once, tmp_path, dirs_exist_ok=True)
    (made,) = (tmp_path / "backups").iterdir()
    return at(tmp_path / "machine"), made


def bare(tmp_path: Path) -> Layout:
    return Layout(tmp_path / "bare", "tiny")


def put_back(tiny: Tiny, made: Path, layout: Layout, **options: bool) -> dict[str, object]:
    return restore(made, tiny.region, layout, url(layout), line().contracts, **options)


def test_a_bare_machine_has_everything_again_to_the_cent(kept: tuple[Tiny, Path], tmp_path: Path) -> None:
    tiny, made = kept
    layout = bare(tmp_path)
    manifest = put_back(tiny, made, layout)
    assert manifest["totals"]["subsidy_payment"] == [2, "1100.50"]  # type: ignore[index]
    assert totals(layout.work, line().contracts) == totals(tiny.layout.work, line().contracts)
    assert (seen(layout), work(layout)) == (seen(tiny.layout), work(tiny.layout))
    assert verify(layout) is None
    ledger = ledgers.open(url(layout))
    assert audit.verify(ledger) == []
    assert ledger.fetch("select count(*) from audit", []) == (3,)
    ledger.close()
    shutil.copytree(tiny.layout.sources, layout.sources)
    again = Tiny(tiny.region, layout).run()
    assert not again.published
    assert not any(row["changed"] for row in again.loads)


def test_the_files_of_people_are_not_open_to_others(kept: tuple[Tiny, Path], tmp_path: Path) -> None:
    tiny, made = kept
    put_back(tiny, made, bare(tmp_path))
    assert (made / "ledger.sqlite").stat().st_mode & 0o077 == 0
    assert bare(tmp_path).ledger.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("file", ["work.duckdb", "ledger.sqlite", "snapshots/current.json", MANIFEST])
@pytest.mark.parametrize("harm", ["flip", "cut", "gone"])
def test_a_damaged_backup_is_refused_and_nothing_is_changed(kept: tuple[Tiny, Path], tmp_path: Path, file: str, harm: str) -> None:
    tiny, made = kept
    path = made / file
    if harm == "gone":
        path.unlink()
    elif harm == "cut":
        os.truncate(path, path.stat().st_size - 1)
    else:
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 1
        path.write_bytes(content)
    with pytest.raises(BackupError) as refused:
        put_back(tiny, made, bare(tmp_path))
    assert "\n" not in str(refused.value)
    assert not [p for p in bare(tmp_path).base.rglob("*") if p.is_file() and p.name != "run.lock"]


def test_a_file_slipped_in_is_refused(kept: tuple[Tiny, Path], tmp_path: Path) -> None:
    tiny, made = kept
    (made / "snapshots" / "99990101T000000.duckdb").write_bytes(b"x")
    with pytest.raises(BackupError, match="不在清单之内"):
        put_back(tiny, made, bare(tmp_path))


def test_a_backup_of_another_region_is_refused(kept: tuple[Tiny, Path], tmp_path: Path) -> None:
    tiny, made = kept
    with pytest.raises(BackupError, match="测试区（tiny）的备份，不是测试区（other）的"):
        put_back(tiny, made, Layout(tmp_path / "bare", "other"))


@pytest.mark.parametrize(("here", "refused"), [("0.9.9", True), ("0.10.0", False), ("0.10.1", False)])
def test_a_backup_of_a_newer_product_is_refused(kept: tuple[Tiny, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, here: str, refused: bool) -> None:
    """What a later version wrote, an earlier one may read wrongly."""
    tiny, made = kept
    manifest = json.loads((made / MANIFEST).read_text(encoding="utf-8")) | {"product_version": "0.10.0"}
    for mark in ("seal", "sealed"):
        manifest.pop(mark, None)
    (made / MANIFEST).write_text(json.dumps({**manifest, "seal": _seal(manifest)}, ensure_ascii=False), encoding="utf-8")
    monkeypatch.setattr("dashboard.backup.product_version", lambda: here)
    if not refused:
        assert put_back(tiny, made, bare(tmp_path))["product_version"] == "0.10.0"
        return
    with pytest.raises(BackupError, match=r"较新的版本 0\.10\.0"):
        put_back(tiny, made, bare(tmp_path))
    assert not bare(tmp_path).pointer.exists()


def test_existing_data_is_never_overwritten_and_moved_aside_when_forced(kept: tuple[Tiny, Path]) -> None:
    tiny, made = kept
    before = seen(tiny.layout)
    with pytest.raises(BackupError, match="已有数据"):
        put_back(tiny, made, tiny.layout)
    tiny.elders([("E1", "x", "y", "330105001051", "2026-01-01")])
    put_back(tiny, made, tiny.layout, force=True)
    assert seen(tiny.layout) == before
    (aside,) = tiny.layout.base.glob("before-restore-*")
    assert {"work.duckdb", "snapshots", "ledger.sqlite"} <= {p.name for p in aside.iterdir()}


def test_a_broken_audit_trail_is_not_backed_up_in_silence(kept: tuple[Tiny, Path], tmp_path: Path) -> None:
    tiny, _ = kept
    with sqlite3.connect(tiny.layout.ledger) as con:
        unlock(con)
        con.execute("update audit set detail = '改' where id = 2")
    with pytest.raises(BackupError, match="第 2 条日志被改动"):
        backup(tiny.region, tiny.layout, url(tiny.layout), line().contracts, tmp_path / "more")
    assert list((tmp_path / "more").iterdir()) == []


KEY = Seals(b"k" * 40)


def sealed(tiny: Tiny, tmp_path: Path, lines: int = 4) -> Proof:
    """The ledger's trail goes on under a key, with an anchor outside."""
    ledger = ledgers.open(url(tiny.layout), KEY)
    for n in range(lines):
        audit.record(ledger, "王科长", "导出", f"封 {n}")
    proof = Proof(KEY, tmp_path / "archives", tmp_path / "outside" / "anchors.jsonl")
    anchors.write(ledger, proof.anchors)
    ledger.close()
    return proof


def rewrite(ledger: Path, *statements: str) -> None:
    """What somebody with the database, but without the key, would do: a change, and all hashes made to fit again."""
    book = ledgers.open(f"sqlite:///{ledger}")
    with sqlite3.connect(ledger) as con:
        unlock(con)
        for statement in statements:
            con.execute(statement)
        con.commit()
    with book.write() as session:
        before = audit.FIRST
        for line_ in audit.lines_from(session):
            line_.prev_hash, line_.form = before, ""
            line_.hash = before = audit.line_hash(line_) or ""
    book.close()


def test_item_27_and_13_a_backup_carries_archives_and_anchors_and_proves_the_seals_when_it_is_restored(kept: tuple[Tiny, Path], tmp_path: Path) -> None:
    tiny, _ = kept
    proof = sealed(tiny, tmp_path)
    (tmp_path / "archives").mkdir()
    told: list[str] = []
    made = backup(tiny.region, tiny.layout, url(tiny.layout), line().contracts, tmp_path / "more", proof=proof, note=told.append)
    assert not any("未校验" in text for text in told)
    layout = bare(tmp_path)
    manifest = restore(made, tiny.region, layout, url(layout), line().contracts, proof=Proof(KEY, layout.base / ARCHIVES, layout.base / ANCHORS))
    assert manifest["audit"]["anchors"] == 1
    found = look(url(layout), Proof(KEY, layout.base / ARCHIVES, layout.base / ANCHORS))
    assert (found.problems, found.anchors, found.sealed) == ([], 1, 5)
    told.clear()  # without the key: told, not refused
    restore(made, tiny.region, layout, url(layout), line().contracts, force=True, note=told.append)
    assert any("封印未校验" in text for text in told)


def test_a_trail_rewritten_without_the_key_is_neither_backed_up_nor_restored(kept: tuple[Tiny, Path], tmp_path: Path) -> None:
    tiny, _ = kept
    proof = sealed(tiny, tmp_path)
    made = backup(tiny.region, tiny.layout, url(tiny.layout), line().contracts, tmp_path / "more", proof=proof)
    rewrite(tiny.layout.ledger, "update audit set detail = '改' where id = 5")
    assert look(url(tiny.layout), Proof(None, tmp_path, tmp_path / "none")).problems == []  # links and plain hashes fit
    with pytest.raises(BackupError, match="校验链不完整"):
        backup(tiny.region, tiny.layout, url(tiny.layout), line().contracts, tmp_path / "again", proof=proof)
    # The backup itself, rewritten with its manifest.
    rewrite(made / "ledger.sqlite", "update audit set detail = '改' where id = 5")
    manifest = json.loads((made / MANIFEST).read_text("utf-8"))
    manifest["audit"] = standing(look(f"sqlite:///{made / 'ledger.sqlite'}", Proof(None, made / ARCHIVES, made / "none")))
    manifest["files"] = _listed(made)
    manifest.pop("seal")
    layout = bare(tmp_path)
    (made / MANIFEST).write_text(json.dumps(manifest | {"seal": _seal(manifest)}), encoding="utf-8")
    with pytest.raises(BackupError, match="密钥封印不符"):
        restore(made, tiny.region, layout, url(layout), line().contracts, proof=proof)
    manifest.pop("sealed")
    (made / MANIFEST).write_text(json.dumps(manifest | {"seal": _seal(manifest)}), encoding="utf-8")
    with pytest.raises(BackupError, match="校验链不完整"):
        restore(made, tiny.region, layout, url(layout), line().contracts, proof=proof)
    (made / ANCHORS).unlink()
    manifest["audit"]["anchors"], manifest["files"] = 0, _listed(made)
    (made / MANIFEST).write_text(json.dumps(manifest | {"seal": _seal(manifest)}), encoding="utf-8")
    with pytest.raises(BackupError, match="与锚定文件"):  # neither key nor the backup's anchors: those outside remain
        restore(made, tiny.region, layout, url(layout), line().contracts, proof=proof._replace(seals=None))
    assert not layout.ledger.exists()


def test_anchors_younger_than_the_backup_do_not_hinder_its_restore(kept: tuple[Tiny, Path], tmp_path: Path) -> None:
    tiny, _ = kept
    proof = sealed(tiny, tmp_path)
    made = backup(tiny.region, tiny.layout, url(tiny.layout), line().contracts, tmp_path / "more", proof=proof)
    sealed(tiny, tmp_path)
    layout = bare(tmp_path)
    restore(made, tiny.region, layout, url(layout), line().contracts, proof=proof)
    assert any("末尾的日志被删除" in p for p in look(url(layout), proof).problems)  # the auditor is told what the restore lost


def test_the_doctor_looks_at_seals_and_anchors(kept: tuple[Tiny, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tiny, _ = kept
    proof = sealed(tiny, tmp_path)
    assert told(tiny)["台账"][0] == "warn" and "封印未校验" in told(tiny)["台账"][1]  # no key at hand
    monkeypatch.setenv("YIGUAN_SECRET_KEY", "k" * 40)
    monkeypatch.setenv("YIGUAN_AUDIT_ANCHOR", str(proof.anchors))
    level, what, _ = told(tiny)["台账"]
    assert level == "ok" and "封印 5 条" in what and "锚 1 个" in what
    with sqlite3.connect(tiny.layout.ledger) as con:
        unlock(con)
        con.execute("delete from audit where id > 6")
    level, what, _ = told(tiny)["台账"]
    assert level == "bad" and "末尾的日志被删除" in what


def test_a_run_under_way_is_waited_for(kept: tuple[Tiny, Path], tmp_path: Path) -> None:
    import fcntl

    tiny, _ = kept
    with tiny.layout.lock.open("a+") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        with pytest.raises(BackupError, match="正在运行"):
            backup(tiny.region, tiny.layout, url(tiny.layout), line().contracts, tmp_path / "more", wait=0.3)


def settings(tiny: Tiny) -> Settings:
    """The settings of a server over the tiny region, whose folder must bear the layout's name."""
    region = tiny.region.path.with_name("tiny")
    if not region.exists():
        shutil.copytree(tiny.region.path, region)
    return Settings(region=region, var=tiny.layout.var, port=0)


def told(tiny: Tiny) -> dict[str, tuple[str, str, str]]:
    return {f.check: (f.level, f.what, f.todo) for f in examine(settings(tiny)) if f.check != "来源"}


def test_the_doctor_finds_nothing_wrong_with_a_sound_installation(kept: tuple[Tiny, Path]) -> None:
    assert {level for level, _, _ in told(kept[0]).values()} == {"ok"}


def test_the_doctor_says_what_is_wrong_and_what_to_do(kept: tuple[Tiny, Path]) -> None:
    tiny, _ = kept
    with sqlite3.connect(tiny.layout.ledger) as con:
        unlock(con)
        con.execute("delete from audit where id = 2")
    os.truncate(tiny.layout.work, 5000)
    tiny.layout.pointer.write_text("{")
    tiny.layout.ledger.chmod(0o644)
    found = told(tiny)
    for check, words in {"台账": "第 2 条", "工作库": "已损坏", "快照": "指针已损坏", "权限": "可被其他用户读取"}.items():
        level, what, todo = found[check]
        assert (level, words in what, bool(todo)) == ("bad", True, True), found[check]
    sources = [f for f in examine(settings(tiny)) if f.check == "来源"]
    assert any(f.level == "bad" and f.todo for f in sources)
    assert not healthy(examine(settings(tiny)))


def test_decisions_on_held_deliveries_stand_in_the_audit_trail(tmp_path: Path) -> None:
    layout = bare(tmp_path)
    ledger = ledgers.open(url(layout))
    holds.hold(layout, "order", "abc", ["工单读入由 100 行降至 8 行"], releasable=True, data_date=None)
    with pytest.raises(holds.HoldError):
        decide(ledger, layout, "order", "released", by="wang", reason="")
    assert ledger.fetch("select count(*) from audit", []) == (0,)
    decide(ledger, layout, "order", "released", by="wang", reason="已核实")
    line_ = ledger.fetch("select account, action, object, detail from audit", [])
    assert line_ is not None
    assert line_[:3] == ("wang", "放行报送", "order")
    assert "abc" in line_[3] and "已核实" in line_[3]
    assert audit.verify(ledger) == []
    ledger.close()


def test_the_commands_speak_in_one_line_and_exit_codes(tmp_path: Path) -> None:
    def yiguan(*args: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", "from dashboard.cli import main; main()", "--var", str(tmp_path / "var"), *args]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    for args, code, words in (
        (("backup", "--to", str(tmp_path)), 1, "还没有已发布的数据"),
        (("restore", str(tmp_path)), 1, "不是完整的备份"),
        (("etl", "release", "order", "--reason", "x"), 2, "没有待处理的报送"),
    ):
        done = yiguan(*args)
        assert (done.returncode, words in done.stderr) == (code, True), done
        assert "Traceback" not in done.stderr
    checked = yiguan("doctor", "--json")
    assert checked.returncode == 1
    assert {"check", "level", "what", "todo"} == set(json.loads(checked.stdout)[0])
