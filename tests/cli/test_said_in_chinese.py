"""What goes wrong on the command line is one Chinese sentence: no errno, no parser's English, no silence about a name that does not exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from etl.draw import DrawError, read
from etl.paths import DEFAULT_REGION
from tests.cli.test_command_line import yiguan


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("report", "--nope"), "没有“--nope”这个选项"),
        (("rate",), "缺少选项 --policy"),
        (("report", "--month"), "选项 --month 后面要写一个值"),
        (("etl", "quarantine", "--limit", "0"), "--limit 的值不对：应不小于 1，现为“0”"),
        (("etl", "bogus"), "没有“bogus”这个命令"),
        (("etl", "quarantine", "nosuch"), "没有模块 nosuch"),
        (("draw", "verify"), "缺少参数 "), (("region", "check", "多"), "多写了参数：多"),
    ],
)
def test_wrong_use_is_said_in_chinese(tmp_path: Path, args: tuple[str, ...], said: str) -> None:
    done = yiguan(tmp_path, *args)
    told = done.stderr + done.stdout
    assert done.returncode == 2 and said in told, told
    assert not re.search(r"\b(Usage|Error|Try|Invalid|Missing|should)\b", told)


def test_a_file_that_cannot_be_read_is_one_sentence(tmp_path: Path) -> None:
    policy = str(DEFAULT_REGION / "policies" / "rating.yaml")
    for table, said in ((tmp_path / "none.csv", "没有这个文件"), (tmp_path, "这是一个目录")):
        done = yiguan(tmp_path, "rate", "--policy", policy, "--input", str(table), "--output", str(tmp_path / "o.csv"))
        assert done.returncode == 1 and said in done.stderr and "Errno" not in done.stderr and "No such" not in done.stderr
    assert "这是一个目录" in yiguan(tmp_path, "rate", "--policy", str(tmp_path), "--columns").stderr


@pytest.mark.parametrize("content", ['{"format": "yiguan-draw/1", "list": null}', '{"format": "yiguan-draw/1", "list": []}', '{"format": "yiguan-draw/1"}', "[" * 99_999])
def test_a_broken_draw_file_is_refused_without_english(content: str) -> None:
    with pytest.raises(DrawError) as caught:
        read(content)
    assert not re.search("[A-Z][a-z]{3,}|object|iterable|indices|subscript", str(caught.value))


def test_a_report_is_not_written_over_a_folder(small_demo, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    done = yiguan(small_demo.var, "report", "-o", str(tmp_path))
    assert done.returncode == 2 and "是一个目录" in done.stderr and list(tmp_path.iterdir()) == []
