"""The line from delivery to snapshot: figures, re-delivery, failing modules, swapping, killed runs."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from etl.publish import current, snapshots, verify
from etl.retention import Keep
from etl.standing import quarantine, status
from tests.etl.conftest import Tiny, id_number
from tests.etl.reading import read

Look = Callable[..., tuple[float | None, float | None] | None]


def test_figures_add_up_from_community_to_district(tiny: Tiny, figure: Look) -> None:
    result = tiny.run()
    assert (result.exit_code, result.published, result.message) == (0, True, "")
    assert figure("elders") == (3, None)
    assert figure("elders", "330105001000") == (2, None)
    assert figure("elders", "330105001051") == (2, None)  # one of them under the community's code before the merger
    assert figure("completion") == (2, 3)
    assert figure("completion", "330105001000") == (1, 2)
    assert figure("cert_rate") == (1, 2)
    assert figure("cert_rate", month="2026-09") == (1, 1)
    assert figure("price_median") == (30, 3)
    assert figure("paid", month="2026-09") == (1000, None)
    assert figure("paid", "330105001000") == (100.5, None)


def test_no_rows_is_zero_but_the_median_of_nothing_is_unknown(tiny: Tiny, figure: Look) -> None:
    tiny.run()
    assert figure("orders", "330105001052") == (0, None)
    assert figure("completion", "330105001052") == (0, 0)
    assert figure("price_median", "330105001052") == (None, 0)
    assert figure("paid", "330105001051") is None  # payments are known by street only


def test_a_module_that_never_delivered_gives_no_figures_rather_than_zeros(tiny: Tiny, figure: Look) -> None:
    (tiny.layout.sources / "caregiver" / "护理员台账.xlsx").unlink()
    result = tiny.run()
    assert result.exit_code == 3
    assert figure("cert_rate") is None
    assert figure("elders") == (3, None)
    assert read(tiny.layout, "select count(*) from worker_month") == [(0,)]


def test_an_unchanged_second_run_publishes_nothing(tiny: Tiny) -> None:
    first = tiny.run()
    again = tiny.run()
    assert not again.published
    assert again.snapshot == first.snapshot
    assert not any(row["changed"] for row in again.loads)
    assert again.exit_code == 0


def test_the_same_rows_again_in_another_file_change_no_figure(tiny: Tiny, figure: Look) -> None:
    tiny.run()
    before = read(tiny.layout, "select * from figure order by all")
    tiny.payments("发放编号,月份,街道代码,金额\nF1,2026-10,330105001,100.50\n", name="发放_202611.csv")
    result = tiny.run()
    assert read(tiny.layout, "select * from figure order by all") == before
    load = next(row for row in result.loads if row["table"] == "payment")
    assert (load["read"], load["loaded"], load["superseded"], load["money_superseded"]) == (3, 2, 1, "100.50")


def test_a_late_correction_revises_the_month(tiny: Tiny, figure: Look) -> None:
    tiny.run()
    tiny.payments("发放编号,月份,街道代码,金额\nF2,2026-09,330105002,900\n", name="发放_202611.csv")
    tiny.run()
    assert figure("paid", month="2026-09") == (900, None)


def test_rejected_rows_are_listed_with_a_sentence_and_masked(tiny: Tiny) -> None:
    damaged = id_number(5)[:-1] + ("1" if id_number(5)[-1] != "1" else "2")
    tiny.elders([("E1", id_number(1), "张三", "330105001051", "2026-01-01 00:00:00"),
                 ("E5", damaged, "孙八", "330105001051", "2026-01-01 00:00:00")])  # fmt: skip
    result = tiny.run()
    assert result.exit_code == 3
    rows = quarantine(tiny.layout, "registry")
    # A database has no lines: its owner finds the row by the key, under the name of his own column.
    assert [(r["line"], r["row_key"], r["column_title"], r["rule"], r["community_code"]) for r in rows] == [
        (None, "LNR_ID E5", "身份证号", "invalid", "330105001051")
    ]
    assert "身份证号" in rows[0]["sentence"]
    assert damaged not in str(rows)
    assert quarantine(tiny.layout, "order") == []


def test_status_tells_modules_and_balanced_loads(tiny: Tiny) -> None:
    assert status(tiny.layout)["modules"] == []
    tiny.run()
    told = status(tiny.layout)
    assert told["latest_month"] == "2026-10"
    assert {m["module"]: m["status"] for m in told["modules"]}["registry"] == "ok"
    assert all(row["read"] == row["loaded"] + row["quarantined"] + row["superseded"] for row in told["loads"])
    worker = next(row for row in told["loads"] if row["table_name"] == "worker")
    assert (worker["read"], worker["skipped"]) == (2, 2)
    assert (told["last_run"]["run_id"], told["revisions"], told["held"]) == (told["run_id"], [], [])
    tiny.orders([("D1", "E1", "2026-10-01 08:00:00", "21", "已完成"), ("D5", "E1", "2026-09-01 08:00:00", "20", "已完成")])
    tiny.run()
    told = status(tiny.layout)
    assert told["last_run"]["steps"]["order"] > 0 and told["last_run"]["seconds"] > 0
    found = {r["month"]: (r["added"], r["changed"], r["removed"]) for r in told["revisions"]}
    assert found == {"2026-09": (1, 0, 1), "2026-10": (0, 1, 2)}


def test_a_failing_module_keeps_its_last_good_data_and_the_others_go_on(tiny: Tiny, figure: Look) -> None:
    tiny.run()
    tiny.workers([("C1", id_number(11), "赵六", "330105001051", "是", "2020-01-01")],
                 header=["人员编号", "身份证号", "姓名", "社区代码", "资格", "入职日期"])  # fmt: skip
    tiny.elders([("E1", id_number(1), "张三", "330105001051", "2026-01-01 00:00:00")])
    result = tiny.run()
    assert result.exit_code == 3
    assert figure("cert_rate") == (1, 2)
    assert figure("elders") == (1, None)
    module = next(m for m in status(tiny.layout)["modules"] if m["module"] == "caregiver")
    assert module["status"] == "held"
    assert module["message"].startswith("caregiver: ")
    for words in ("缺少“持证”列", "现有：", "区人力社保局", "沿用", "日的数据。"):
        assert words in module["message"]
    assert "\n" not in module["message"]


def test_a_repaired_delivery_is_in_force_again(tiny: Tiny, figure: Look) -> None:
    tiny.run()
    path = tiny.layout.sources / "registry.sqlite"
    good = path.read_bytes()
    path.write_bytes(b"")
    assert tiny.run().exit_code == 3
    path.write_bytes(good)
    result = tiny.run()
    assert (result.exit_code, figure("elders")) == (0, (3, None))


def test_a_missing_database_file_is_not_created(tiny: Tiny) -> None:
    path = tiny.layout.sources / "registry.sqlite"
    path.unlink()
    result = tiny.run()
    assert not path.exists()
    assert any("找不到数据库文件 registry.sqlite" in m["message"] for m in result.modules)


def test_only_reads_the_modules_asked_for(tiny: Tiny, figure: Look) -> None:
    tiny.run()
    tiny.elders([("E1", id_number(1), "张三", "330105001051", "2026-01-01 00:00:00")])
    tiny.payments("发放编号,月份,街道代码,金额\nF1,2026-10,330105001,200\n")
    tiny.run(only=["subsidy"])
    assert figure("paid") == (200, None)
    assert figure("elders") == (3, None)
    assert tiny.run(only=["nobody"]).exit_code == 1


def test_an_open_reader_keeps_the_old_snapshot_while_the_pointer_moves(tiny: Tiny, figure: Look) -> None:
    tiny.run()
    here = current(tiny.layout)
    assert here is not None
    with duckdb.connect(str(here), read_only=True) as reader:
        for n in range(2):
            tiny.elders([("E1", id_number(1), "张三" + "一" * n, "330105001051", "2026-01-01 00:00:00")])
            assert tiny.run(keep=Keep(last=1, days=0, months=0)).published
        assert reader.execute("select count(*) from elder_month where month = '2026-10'").fetchall() == [(3,)]
    assert figure("elders") == (1, None)
    assert len(snapshots(tiny.layout)) == 1
    assert verify(tiny.layout) is None


def test_verify_finds_a_changed_snapshot(tiny: Tiny) -> None:
    tiny.run()
    here = current(tiny.layout)
    assert here is not None
    with here.open("r+b") as stream:
        stream.seek(-1, os.SEEK_END)
        stream.write(b"\x7f")
    assert "不一致" in (verify(tiny.layout) or "")


def test_one_run_at_a_time(tiny: Tiny) -> None:
    import fcntl

    tiny.layout.ensure()
    with tiny.layout.lock.open("a+") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        result = tiny.run()
        assert status(tiny.layout)["running"]
    assert result.exit_code == 1
    assert "正在运行" in result.message
    assert not status(tiny.layout)["running"]


KILL = """
    import sys
    from pathlib import Path
    from etl import clock
    from etl.paths import Layout
    from etl.region import Region
    from etl.run import run
    from tests.etl.conftest import line

    def note(step):
        print(step, flush=True)
        if sys.argv[3] in step:
            sys.stdin.read()

    run(Region.load(sys.argv[1]), Layout(Path(sys.argv[2]), "tiny"), line=line(), today=clock.today(), progress=note)
"""


@pytest.mark.parametrize("step", ["服务工单：工单", "汇总 order_fact", "发布快照"])
def test_a_killed_run_is_made_good_by_the_next(tiny: Tiny, step: str, tmp_path: Path) -> None:
    tiny.run()
    tiny.elders([(f"E{n}", id_number(n), "张三", "330105002051", "2026-01-01 00:00:00") for n in range(1, 6)])
    tiny.orders([(f"D{n}", "E1", "2026-10-01 08:00:00", "20", "已完成") for n in range(7)])
    child = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(KILL), str(tiny.region.path), str(tiny.layout.var), step],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2],
    )  # fmt: skip
    assert child.stdout is not None
    deadline = time.monotonic() + 60
    while step not in child.stdout.readline():
        assert time.monotonic() < deadline
    os.kill(child.pid, signal.SIGKILL)
    child.communicate()
    assert read(tiny.layout, "select count(*) from elder_month where month = '2026-10'") == [(3,)]  # readers see the old one
    tiny.run()
    killed = [read(tiny.layout, f"select * from {t} order by all") for t in ("figure", "elder_month", "order_fact", "quarantine")]
    tiny.layout = type(tiny.layout)(tmp_path / "undisturbed", "tiny")
    tiny.layout.base.mkdir(parents=True)
    (tiny.layout.sources).symlink_to(tmp_path / "var" / "tiny" / "sources")
    tiny.run()
    fresh = [read(tiny.layout, f"select * from {t} order by all") for t in ("figure", "elder_month", "order_fact", "quarantine")]
    assert killed == fresh


def test_too_many_months_with_stray_dates_do_not_stretch_the_calendar(tiny: Tiny) -> None:
    orders = [(f"D{n}", "E1", f"2026-{9 + n % 2:02d}-01 08:00:00", "20", "已完成") for n in range(200)]
    strays = [(f"X{n}", "E1", f"{day} 08:00:00", "20", "已完成") for n, day in enumerate(("1999-01-01", "2026-11-05"))]
    tiny.orders([*orders, *strays])
    tiny.run()
    assert read(tiny.layout, "select month from month order by 1") == [("2026-09",), ("2026-10",)]
