"""Folders of canteens: one cash desk writes so, the next otherwise; a late correction takes the place of what it corrects."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from etl import checks, clean, sift
from etl.connectors import SourceError, csvfile
from etl.connectors.base import schema
from etl.connectors.csvfile import CsvReader
from etl.load import contracts

CONTRACT = next(c for c in contracts() if c.module == "canteen")
MEAL = CONTRACT.table("meal")
FIRST = "流水号,食堂编号,服务卡号,就餐时间,餐别,就餐方式,餐费,补贴\n"
OTHER = "单号,食堂代码,卡号,刷卡时间,餐次,取餐方式,餐费（元）,财政补贴\n"


def write(folder: Path, file: str, text: str, encoding: str = "utf-8") -> None:
    path = folder / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode(encoding))


def rows(folder: Path) -> list[dict[str, str]]:
    return pa.Table.from_batches(CsvReader(CONTRACT, str(folder), "auto", folder).read(MEAL), schema(MEAL)).to_pylist()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le", "utf-16-be"])
def test_every_file_may_have_an_encoding_of_its_own(tmp_path, encoding):
    write(tmp_path, "ST001/2026-10.csv", FIRST + "1,ST001,C1,2026-10-08 11:30:00,午餐,堂食,14,3\n")
    write(tmp_path, "ST002/2026-10.csv", OTHER + "1,ST002,C2,2026/10/08 11:30,午,外送,14,3\n", encoding)
    first, second = rows(tmp_path)
    assert (first["餐别"], first["_source"]) == ("午餐", "ST001/2026-10.csv")
    assert (second["餐别"], second["就餐方式"], second["补贴"], second["_source"]) == ("午", "外送", "3", "ST002/2026-10.csv")


def test_a_stray_zero_byte_is_damage_and_no_encoding(tmp_path):
    write(tmp_path, "ST001/2026-10.csv", FIRST + "1,ST001,C1\0,2026-10-08 11:30:00,午餐,堂食,14,3\n")
    with pytest.raises(SourceError, match=r"ST001/2026-10\.csv 含有空字符"):
        rows(tmp_path)


def test_bytes_of_no_encoding_are_refused_by_name(tmp_path):
    write(tmp_path, "ST001/2026-10.csv", FIRST)
    (tmp_path / "ST001" / "2026-10.csv").write_bytes(FIRST.encode("gb18030") + b"\xff\xff\xff,\n")
    with pytest.raises(SourceError, match="编码无法识别"):
        rows(tmp_path)


def test_only_the_files_of_months_are_meals(tmp_path):
    write(tmp_path, "ST001/2026-10.csv", FIRST + "1,ST001,C1,2026-10-08 11:30:00,午餐,堂食,14,3\n")
    write(tmp_path, "食堂名录.csv", "食堂编号,食堂名称\nST001,甲\n")
    write(tmp_path, "ST001/说明.csv", "x\n")
    assert len(rows(tmp_path)) == 1


def test_a_moved_file_is_another_delivery(tmp_path):
    text = FIRST + "1,ST001,C1,2026-10-08 11:30:00,午餐,堂食,14,3\n"
    write(tmp_path / "a", "ST001/2026-10.csv", text)
    write(tmp_path / "b", "ST002/2026-10.csv", text)
    prints = [CsvReader(CONTRACT, str(tmp_path / f), "auto", tmp_path).fingerprint(MEAL) for f in "ab"]
    assert prints[0] != prints[1]


def test_a_correction_wins_over_its_month_in_the_same_canteen_alone(tmp_path):
    write(tmp_path, "ST001/2026-10.csv", FIRST + "".join(f"{i},ST001,C{i},2026-10-08 11:30:00,午餐,堂食,14,3\n" for i in (1, 2)))
    write(tmp_path, "ST002/2026-10.csv", FIRST + "1,ST002,C9,2026-10-08 11:30:00,午餐,堂食,14,3\n")
    head = FIRST.rstrip() + ",状态\n"
    write(tmp_path, "ST001/2026-10_更正.csv",
          head + "1,ST001,C1,2026-10-08 11:30:00,午餐,堂食,14,2,正常\n2,ST001,C2,2026-10-08 11:30:00,午餐,堂食,14,3,作废\n")  # fmt: skip
    con = duckdb.connect()
    clean.prepare(con, [])
    checks.outcome_tables(con)
    sift.start(con)
    compiled = checks.compile("canteen", MEAL)
    delivery = pa.Table.from_batches(CsvReader(CONTRACT, str(tmp_path), "auto", tmp_path).read(MEAL), schema(MEAL))
    cursor = con.cursor()
    cursor.register("delivery", delivery)
    cursor.execute("create table raw.canteen_meal as select *, 1::bigint as _batch from delivery").fetchall()
    counts = sift.sift(con, compiled, 1)
    assert (counts.read, counts.loaded, counts.superseded, counts.quarantined) == (5, 3, 2, 0)
    assert (counts.money_read, counts.money_loaded, counts.money_superseded) == (14, 8, 6)
    found = con.execute("select canteen_id, meal_no, cast(subsidy as integer), status from checked.canteen_meal__new order by all")
    assert found.fetchall() == [("ST001", "1", 2, "正常"), ("ST001", "2", 3, "作废"), ("ST002", "1", 3, None)]


def test_a_rule_over_two_columns_is_returned_with_both_and_the_key(tmp_path):
    write(tmp_path, "ST001/2026-10.csv", FIRST + "\n1,ST001,C100200300,2026-10-08 11:30:00,午餐,堂食,14,30\n")
    con = duckdb.connect()
    clean.prepare(con, [])
    checks.outcome_tables(con)
    sift.start(con)
    cursor = con.cursor()
    cursor.register("delivery", pa.Table.from_batches(CsvReader(CONTRACT, str(tmp_path), "auto", tmp_path).read(MEAL), schema(MEAL)))
    cursor.execute("create table raw.canteen_meal as select *, 1::bigint as _batch from delivery").fetchall()
    sift.sift(con, checks.compile("canteen", MEAL), 1)
    found = con.execute("select line, row_key, column_title, value_masked, sentence from temp.new_quarantine").fetchall()
    assert found == [(3, "食堂编号 ST001；流水号 1", "餐费、补贴", "餐费：14；补贴：30", "补贴超过餐费")] or found == [
        (3, "流水号 1；食堂编号 ST001", "餐费、补贴", "餐费：14；补贴：30", "补贴超过餐费")
    ]


def test_the_folder_is_listed_once_however_many_files_are_read_one_by_one(tmp_path, monkeypatch):
    for n in range(9):
        write(tmp_path, f"ST00{n}/2026-10.csv", FIRST + f"1,ST00{n},C{n},2026-10-08 11:30:00,午餐,堂食,14,3\n")
    asked, listing = [], csvfile.delivered_files
    monkeypatch.setattr(csvfile, "delivered_files", lambda *a: asked.append(a) or listing(*a))
    reader = CsvReader(CONTRACT, str(tmp_path), "auto", tmp_path)
    read = [row["_source"] for place in reader.parts(MEAL) for b in reader.read_parts(MEAL, [place]) for row in b.to_pylist()]
    assert read == [f"ST00{n}/2026-10.csv" for n in range(9)]
    assert len(asked) == 1
    (tmp_path / "ST004/2026-10.csv").unlink()  # what went meanwhile is told, not passed over in silence
    with pytest.raises(OSError, match="ST004"):
        list(reader.read_parts(MEAL, ["ST004/2026-10.csv"]))
