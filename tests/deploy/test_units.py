"""The units and the log rotation as they are shipped."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from etl.paths import ROOT

UNITS = ROOT / "deploy" / "systemd"
SERVICES = sorted(UNITS.glob("*.service"))


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd on this machine")
def test_systemd_finds_nothing_wrong(tmp_path: Path) -> None:
    for unit in UNITS.iterdir():
        text = re.sub(r"/opt/yiguan/\.venv/bin/\w+", "/bin/true", unit.read_text(encoding="utf-8"))
        (tmp_path / unit.name).write_text(text, encoding="utf-8")
    done = subprocess.run(["systemd-analyze", "verify", *map(str, tmp_path.iterdir())], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0 and not [line for line in done.stderr.splitlines() if "yiguan" in line], done.stderr
    for service in tmp_path.glob("*.service"):
        rated = subprocess.run(
            ["systemd-analyze", "security", "--offline=true", "--threshold=30", str(service)], capture_output=True, text=True, timeout=60, check=False
        )
        assert rated.returncode == 0, rated.stdout[-300:]  # exposure 3.0 of 10 at most


def test_every_service_runs_as_its_own_user_and_writes_to_its_folder_only() -> None:
    assert len(SERVICES) == 3
    for service in SERVICES:
        said = dict(line.split("=", 1) for line in service.read_text(encoding="utf-8").splitlines() if "=" in line and not line.startswith("#"))
        assert said["User"] == "yiguan" and said["ProtectSystem"] == "strict" and said["ReadWritePaths"] == "/var/lib/yiguan"
        assert said["NoNewPrivileges"] == "yes" and said["CapabilityBoundingSet"] == "" and said["UMask"] == "0077"


def test_commands_of_the_units_exist() -> None:
    from typer.testing import CliRunner

    from dashboard.cli.main import app

    called = {tuple(m.split()) for s in SERVICES for m in re.findall(r"bin/yiguan ((?:[a-z]+ ?)+)", s.read_text(encoding="utf-8"))}
    assert {("etl", "watch"), ("etl", "run"), ("audit", "anchor"), ("backup",)} <= called
    for command in called:
        assert CliRunner().invoke(app, [*command, "--help"]).exit_code == 0, command


def test_every_setting_of_the_example_is_known() -> None:
    from dashboard.settings import Settings

    named = set(re.findall(r"^#? ?YIGUAN_(\w+)=", (ROOT / "deploy" / "yiguan.env.example").read_text(encoding="utf-8"), re.M))
    assert {"PROFILE", "SECRET_KEY", "PROXIES", "METRICS_PORT"} <= named
    assert {n.lower() for n in named} <= set(Settings.model_fields)
