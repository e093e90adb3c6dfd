"""JSON Lines as device platforms write them: every line is a row, taken or set aside."""

from __future__ import annotations

import codecs
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from etl.connectors import SourceError, jsonl, open_reader
from tests.etl.loading import CONTRACT, STAY, Loaded, record


def line(number: int, **changes: Any) -> bytes:
    return json.dumps(record(number, **changes), ensure_ascii=False).encode()


def put(folder: Path, *lines: bytes, name: str = "stays_202610.jsonl", end: bytes = b"\n") -> Path:
    """Write a file of these lines."""
    (folder / name).write_bytes(b"\n".join(lines) + end)
    return folder


def load(folder: Path, into: Loaded | None = None, **changes: Any) -> Loaded:
    loaded = into or Loaded()
    loaded.read(open_reader(CONTRACT, {"kind": "jsonl", "path": str(folder)} | changes, folder))
    return loaded


def refusal(folder: Path) -> str:
    with pytest.raises(SourceError) as refused:
        load(folder)
    assert "\n" not in str(refused.value)
    return str(refused.value)


def test_files_of_a_folder_are_read_by_name_and_known_again(tmp_path):
    put(tmp_path, line(2), name="stays_202610.jsonl")
    put(tmp_path, line(1), b"", line(3), name="stays_202609.jsonl")
    put(tmp_path, b"{}", name="other.jsonl")
    loaded = load(tmp_path)
    assert [r[0] for r in loaded.rows()] == ["S0001", "S0002", "S0003"]
    before = loaded.rows("select * from state.delivery")
    load(tmp_path, loaded)
    assert loaded.rows("select * from state.delivery") == before


def test_single_files_can_be_told_apart_and_read_alone(tmp_path):
    put(tmp_path, line(2), name="stays_202610.jsonl")
    put(tmp_path, line(1), name="stays_202609.jsonl")
    reader = open_reader(CONTRACT, {"kind": "jsonl", "path": str(tmp_path)}, tmp_path)
    before = reader.parts(STAY)
    put(tmp_path, line(3), name="stays_202610.jsonl")
    changed = [f for f, mark in reader.parts(STAY).items() if before[f] != mark]
    assert changed == ["stays_202610.jsonl"]
    assert [i for rows in reader.read_parts(STAY, changed) for i in rows.column("id").to_pylist()] == ["S0003"]


def test_numbers_keep_their_digits(tmp_path):
    put(tmp_path, b'{"id": 330105195001010021, "guest": {"name": "a"}, "nights": 2, "rate": 0.30, "verified": 1}')
    assert load(tmp_path).rows("select stay_id, rate, verified from checked.travel_stay") == [("330105195001010021", 0.3, True)]


def test_damaged_lines_are_set_aside_with_their_number(tmp_path, monkeypatch):
    monkeypatch.setattr(jsonl, "MAX_LINE", 2000)
    put(
        tmp_path, line(0), b'{"id": "S1", "nights": 2', b'"text"', b"[" * 900, b"null", line(5, more="x" * 5000), line(6, nights="soon"),
        b'{"id": "S7", "guest": {"name": "\\ud83d"}, "nights": 1}', line(8),
    )  # fmt: skip
    loaded = load(tmp_path)
    assert [r[0] for r in loaded.rows()] == ["S0000", "S0008"]
    told = {p: s for _, p, s in loaded.quarantined()}
    assert sorted(told) == [2, 3, 4, 5, 6, 7, 8]
    assert "不是完整的 JSON" in told[2]
    assert "不是一条记录" in told[3] and "不是一条记录" in told[5]
    assert "超过" in told[6]
    assert "不是整数" in told[7]
    assert "无法识别的字符" in told[8]


@pytest.mark.parametrize(("encoding", "mark"), [("utf-8", codecs.BOM_UTF8), ("gb18030", b"")])
def test_encodings(tmp_path, encoding, mark):
    text = "\n".join(json.dumps(record(n, guest={"name": f"龚𠮷·{n}"}), ensure_ascii=False) for n in range(3)) + "\r\n"
    (tmp_path / "stays.jsonl").write_bytes(mark + text.encode(encoding))
    assert [r[1] for r in load(tmp_path).rows()] == ["龚𠮷·0", "龚𠮷·1", "龚𠮷·2"]


def test_a_line_in_another_encoding_is_set_aside(tmp_path):
    put(tmp_path, line(0), line(1), json.dumps(record(2, guest={"name": "错"}), ensure_ascii=False).encode("gb18030"))
    loaded = load(tmp_path)
    assert len(loaded.rows()) == 2
    assert loaded.quarantined()[0][1:] == (3, "编码损坏")


def test_a_file_that_breaks_off_is_refused(tmp_path):
    put(tmp_path, line(0), line(1), line(2)[:-9], end=b"")
    assert "在第 3 行中断，只传了一部分" in refusal(tmp_path)
    put(tmp_path, line(0), line(1), line(2), end=b"")
    assert len(load(tmp_path).rows()) == 3


def test_what_is_no_json_lines_at_all(tmp_path):
    assert "没有“stays”文件" in refusal(tmp_path)
    put(tmp_path, b"", end=b"")
    assert "是空的" in refusal(tmp_path)
    put(tmp_path, b"[", line(0) + b",", line(1), b"]")
    assert "JSON 数组" in refusal(tmp_path)
    put(tmp_path, b"<html>", b"</html>")
    assert "网页" in refusal(tmp_path)
    put(tmp_path, *[b"device offline"] * 30)
    assert "30 行不是完整的 JSON" in refusal(tmp_path)
    put(tmp_path, *[line(n).replace(b"nights", b"days") for n in range(3)])
    assert "缺少“nights”列" in refusal(tmp_path)
    put(tmp_path, b"\xff\xfe{\0}\0")
    assert "UTF-16" in refusal(tmp_path)
    put(tmp_path, *[b"\x80\xff"] * 30)
    assert "编码无法识别" in refusal(tmp_path)
    with pytest.raises(SourceError, match="找不到报送目录"):
        load(tmp_path / "absent")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.one_of(
    st.integers(0, 99).map(line), st.binary(max_size=30).filter(lambda b: b"\n" not in b and not b.startswith(b"<")), st.just(b""),
    st.text(max_size=20).map(lambda t: json.dumps({"id": t, "guest": {"name": t}, "nights": t}).encode()),
), max_size=15))  # fmt: skip
def test_whatever_the_lines_every_one_is_accounted_for(tmp_path, lines):
    written = [line(100), *lines, line(101)]
    put(tmp_path, *written)
    reader = open_reader(CONTRACT, {"kind": "jsonl", "path": str(tmp_path)}, tmp_path)
    positions = [p for rows in reader.read(STAY) for p in rows.column("_position").to_pylist()]
    assert positions == [n for n, part in enumerate(written, start=1) if part.strip()]
