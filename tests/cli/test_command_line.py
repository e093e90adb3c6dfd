"""The command line as its users meet it: exit codes, one line what and one line what to do, JSON for machines, no traceback."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from etl.indicators import catalogue
from etl.paths import Layout
from tests.conftest import SMALL_END, Demo


def yiguan(var: Path, *args: str, given: str = "", env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run the command line over a runtime folder."""
    import os

    command = [sys.executable, "-c", "from dashboard.cli import main; main()", "--var", str(var), *args]
    return subprocess.run(command, capture_output=True, text=True, input=given, check=False, env={**os.environ, **(env or {})})


def test_an_indicator_as_json_says_all_that_a_script_needs(small_demo: Demo) -> None:
    told = json.loads(yiguan(small_demo.var, "indicator", "caregiver_cert_rate", "--area", "330105", "--month", SMALL_END, "--json").stdout)
    assert told["unit"] == "%" and told["target"] == 95 and told["data_date"] == "2026-10-31"
    assert told["value"] == pytest.approx(100 * told["part"] / told["whole"])
    assert any(source["module"] == "caregiver" for source in told["sources"])
    assert told["synthetic"] is True


def test_an_indicator_as_of_an_earlier_run_needs_its_snapshot(small_demo: Demo) -> None:
    (kept, *_) = json.loads(yiguan(small_demo.var, "snapshot", "list", "--json").stdout)
    told = json.loads(yiguan(small_demo.var, "indicator", "caregivers", "--as-of", kept["run_id"], "--json").stdout)
    assert told["snapshot"] == kept["run_id"]
    gone = yiguan(small_demo.var, "indicator", "caregivers", "--as-of", "20200101T000000")
    assert gone.returncode == 2 and "不保留" in gone.stderr and "snapshot list" in gone.stderr


def test_the_list_of_indicators_is_the_catalogue(small_demo: Demo) -> None:
    told = json.loads(yiguan(small_demo.var, "indicator", "--json").stdout)
    assert {row["code"] for row in told} == set(catalogue())


def test_a_contract_is_printed_for_its_owner_and_as_json(tmp_path: Path) -> None:
    printed = yiguan(tmp_path, "contract", "caregiver", env={"COLUMNS": "160"}).stdout
    assert all(word in printed for word in ("区人力社保局", "每月 5 日前报送上月", "证书编号", "离职日期早于入职日期", "五级/初级工"))
    told = json.loads(yiguan(tmp_path, "contract", "caregiver", "--json").stdout)
    column = {c["name"]: c for t in told["tables"] if t["name"] == "certificate" for c in t["columns"]}["身份证号"]
    assert column["required"] and column["privacy"] == "证件号" and "公民身份号码" in column["aliases"]


@pytest.mark.parametrize(
    "args",
    [
        ("contract", "no_such_module"),
        ("indicator", "no_such_code"),
        ("indicator", "caregivers", "--area", "999999"),
        ("indicator", "caregivers", "--area", "没有这个街道"),
        ("indicator", "caregivers", "--month", "2031-01"),
        ("report", "--format", "odt"),
        ("report", "--month", "october"),
        ("no-such-command",),
        ("user", "add", "x", "--role", "leader"),
    ],
)
def test_wrong_use_ends_with_2_and_a_sentence_and_no_traceback(small_demo: Demo, args: tuple[str, ...]) -> None:
    done = yiguan(small_demo.var, *args)
    assert done.returncode == 2
    assert done.stderr.strip() and "Traceback" not in done.stderr + done.stdout


def test_before_the_first_run_the_user_is_told_what_to_run(tmp_path: Path) -> None:
    for args in (("indicator", "caregivers"), ("report",), ("serve",)):
        done = yiguan(tmp_path, *args)
        assert done.returncode == 1
        assert "yiguan etl run" in done.stderr and "Traceback" not in done.stderr


def test_status_quarantine_and_snapshots_are_machine_readable(small_demo: Demo) -> None:
    status = json.loads(yiguan(small_demo.var, "etl", "status", "--json").stdout)
    assert {m["module"] for m in status["modules"]} >= {"registry", "provider", "order", "caregiver", "subsidy", "complaint", "inspection", "area"}
    for row in status["loads"]:
        assert row["read"] == row["loaded"] + row["quarantined"] + row["superseded"]
    rejected = json.loads(yiguan(small_demo.var, "etl", "quarantine", "--json").stdout)
    assert rejected and all(row["sentence"] and row["module"] and row["position"] is not None for row in rejected)
    listed = json.loads(yiguan(small_demo.var, "snapshot", "list", "--json").stdout)
    assert sum(row["current"] for row in listed) == 1
    assert yiguan(small_demo.var, "snapshot", "verify").returncode == 0
    for args in (("etl", "status"), ("etl", "quarantine"), ("snapshot", "list")):
        done = yiguan(small_demo.var, *args)
        assert done.returncode == 0 and done.stdout.strip()


def test_an_unchanged_run_publishes_nothing_new_and_a_missing_source_keeps_the_last_good_data(small_demo: Demo, tmp_path: Path) -> None:
    import shutil

    var = tmp_path / "var"
    shutil.copytree(small_demo.var, var, ignore=shutil.ignore_patterns("*.log", "cache"))
    again = json.loads(yiguan(var, "etl", "run", "--json").stdout)
    assert not again["published"]
    (var / "gongshu" / "sources" / "provider.sqlite").unlink()
    done = yiguan(var, "etl", "run")
    assert done.returncode == 3
    assert "provider" in done.stdout and "Traceback" not in done.stderr
    narrow = yiguan(var, "etl", "status", env={"COLUMNS": "80"}).stdout
    stale = {m["module"]: m for m in json.loads(yiguan(var, "etl", "status", "--json").stdout)["modules"]}
    assert stale["provider"]["status"] == "stale" and stale["provider"]["rows"] > 0 and stale["registry"]["status"] == "ok"
    assert stale["provider"]["message"] in narrow, "what to do stands at the end of the sentence"
    assert not (var / "gongshu" / "sources" / "provider.sqlite").exists(), "a missing database must not be created"


def test_a_run_that_fails_says_why_and_claims_nothing_about_the_data(tmp_path: Path) -> None:
    import fcntl

    unknown = yiguan(tmp_path, "etl", "run", "--only", "nosuch")
    with Layout(tmp_path, "gongshu").lock.open("a+") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        second = yiguan(tmp_path, "etl", "run")
    for done, why in ((unknown, "没有名为 nosuch 的模块"), (second, "已有一次数据汇集正在运行")):
        assert done.returncode == 1 and why in done.stderr, done
        assert "没有变化" not in done.stdout + done.stderr and "Traceback" not in done.stderr


def test_accounts_are_kept_without_a_password_on_the_command_line(tmp_path: Path) -> None:
    assert yiguan(tmp_path, "user", "add", "chen", "--role", "street", "--area", "330105003", given="Quiet-River-42\n").returncode == 0
    told = json.loads(yiguan(tmp_path, "user", "list", "--json").stdout)
    chen = {"username": "chen", "name": "chen", "role": "street", "area": "330105003000", "active": True, "must_change": True, "held": False, "second_factor": False}
    assert {**chen, "providers": []} in told
    weak = yiguan(tmp_path, "user", "add", "wang", "--role", "street", "--area", "330105003", given="123\n")
    assert weak.returncode == 1 and "Traceback" not in weak.stderr
    assert yiguan(tmp_path, "user", "bind", "chen", "--subject", "s-1", "--issuer", "https://sso.example").returncode == 0
    assert yiguan(tmp_path, "user", "place", "chen", "--role", "street", "--area", "330105003", "--providers", "P1,P2").returncode == 0
    assert json.loads(yiguan(tmp_path, "user", "list", "--json").stdout)[0]["providers"] == ["P1", "P2"]
    assert yiguan(tmp_path, "user", "disable", "chen").returncode == 0
    assert not json.loads(yiguan(tmp_path, "user", "list", "--json").stdout)[0]["active"]


def test_production_does_not_start_without_a_secret(small_demo: Demo) -> None:
    done = yiguan(small_demo.var, "serve", env={"YIGUAN_PROFILE": "production", "YIGUAN_SECRET_KEY": ""})
    assert done.returncode == 1
    assert "YIGUAN_SECRET_KEY" in done.stderr and "Traceback" not in done.stderr


def test_the_region_folder_checks_out(small_demo: Demo) -> None:
    assert yiguan(small_demo.var, "region", "check").returncode == 0


def test_the_command_line_loads_no_ledger_before_a_command_needs_it() -> None:
    script = "import sys, dashboard.cli.main; assert not {'sqlalchemy', 'pandas', 'duckdb'} & sys.modules.keys()"
    subprocess.run([sys.executable, "-c", script], check=True)
