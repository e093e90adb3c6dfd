"""``yiguan draw verify`` as somebody outside the bureau would use it: with the file and nothing else."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from dashboard.cli.main import app
from etl import draw
from tests.draw.test_draw import drawn, small

runner = CliRunner()


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("YIGUAN_VAR", str(tmp_path / "nothing"))
    monkeypatch.setenv("YIGUAN_LEDGER_URL", "postgresql+psycopg://nobody@127.0.0.1:1/none")
    path = tmp_path / "抽查.json"
    path.write_text(draw.write(drawn(small())), encoding="utf-8")
    return path


def test_a_published_file_agrees_with_itself(file: Path) -> None:
    done = runner.invoke(app, ["draw", "verify", str(file)])
    assert done.exit_code == 0 and "复核相符" in done.output and small().sha256() in done.output.replace("\n", "")
    assert "单位" in runner.invoke(app, ["draw", "show", str(file)]).output


def test_what_differs_is_named_and_the_exit_code_says_so(file: Path) -> None:
    document = json.loads(file.read_text(encoding="utf-8"))
    document["result"].pop()
    file.write_text(json.dumps(document), encoding="utf-8")
    done = runner.invoke(app, ["draw", "verify", str(file)])
    assert done.exit_code == 1 and "结果中没有" in done.output
    told = json.loads(runner.invoke(app, ["draw", "verify", str(file), "--json"]).output)
    assert told["agrees"] is False and len(told["problems"]) == 1
