"""What the contracts of time bank, volunteers, evaluation, staff and beds refuse, and what they let pass with a remark."""

from __future__ import annotations

import csv
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

import etl.sources
from etl import clean
from etl.checks import compile_contract, outcome_tables
from etl.connectors.base import batch
from etl.load import contracts
from etl.paths import DEFAULT_REGION
from etl.region import Region
from etl.sift import sift, start

ROOT = Path(next(iter(etl.sources.__path__)))
MODULES = {c.module: c for c in contracts()}


def judged(module: str, table: str, *changes: dict[str, str]) -> tuple[int, set[str], set[str]]:
    """Rows loaded, sentences of refusal and remarks, for rows like the first of the sample with the changes given."""
    with (ROOT / module / "sample" / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        row = next(csv.DictReader(file))
    con = duckdb.connect(":memory:", config={"threads": 1})
    outcome_tables(con)
    clean.prepare(con, list(Region.load(DEFAULT_REGION).areas))
    start(con)
    compiled = next(c for c in compile_contract(MODULES[module]) if c.table.name == table)
    rows = [row | change for change in changes]
    columns = [[r[name] for r in rows] for name in row]
    delivery = pa.Table.from_batches([batch(compiled.table, columns, "test", range(1, len(rows) + 1))])
    con.register("delivery", delivery)
    con.execute(f'create table raw."{compiled.full_name}" as select *, 1::bigint as _batch from delivery').fetchall()
    counts = sift(con, compiled, 1)
    said = [{s for (s,) in con.execute(f"select sentence from temp.new_{t}").fetchall()} for t in ("quarantine", "warning")]
    return counts.loaded, *said


@pytest.mark.parametrize(
    ("module", "table", "change", "sentence"),
    [
        ("time_bank", "entry", {"BS": "-1.80"}, "“币数”应不小于 0"),
        ("time_bank", "entry", {"LX": "转出", "DF_ZH": ""}, "转账没有转账编号或对方账户"),
        ("time_bank", "entry", {"FW_SC": ""}, "存入或兑换没有服务时长"),
        ("time_bank", "account", {"XH_RQ": "2020-01-01"}, "销户日期早于开户日期"),
        ("time_bank", "request", {"PP_SJ": "2026-10-09 00:00:00"}, "匹配早于发布"),
        ("volunteer", "volunteer", {"SFZH": "330105198602256021"}, "“身份证号”不是有效的身份证号（位数、日期或校验码不符）"),
        ("volunteer", "visit", {"TF_SJ": ""}, "已有结果但没有探访时间"),
        ("volunteer", "steward", {"SQ_DM": "999999999999"}, "“负责社区”不是本区有效的社区代码"),
        ("evaluation", "survey", {"满意及以上": "53"}, "满意份数超过有效份数"),
        ("evaluation", "score", {"总分": "101"}, "“总分”应不小于 0、不大于 100"),
        ("evaluation", "score", {"统一社会信用代码": "52330105MJ51G6M110"}, "“统一社会信用代码”不是有效的统一社会信用代码（校验码不符）"),
        ("staff", "worker", {"层级": "街道"}, "街道专职人员没有街道代码"),
        ("staff", "worker", {"层级": "社区"}, "社区专职人员没有社区代码"),
        ("bed", "stay", {"TZ_RQ": "2025-03-03"}, "退住日期早于入住日期"),
        ("bed", "waiting", {"ZT": "已入住"}, "已入住或已放弃但没有办结日期"),
    ],
)
def test_what_is_unacceptable_is_refused_with_its_reason(module, table, change, sentence):
    loaded, refused, _ = judged(module, table, change)
    assert (loaded, refused) == (0, {sentence})


@pytest.mark.parametrize(
    ("module", "table", "changes", "remark"),
    [
        ("time_bank", "entry", [{"BS": "1.50"}], "币数不等于时长乘以标准"),
        ("time_bank", "entry", [{"XG_SJ": "2026-10-13 18:00:01"}], "记账一天以后被修改"),
        ("time_bank", "entry", [{"FW_SC": "900", "BS": "18"}, {"LS_ID": "L2", "FW_SC": "600", "BS": "12"}], "同一账户一天的服务时长超过 24 小时"),
        ("time_bank", "entry", [{"LX": "转出", "ZZ_NO": "Z1"}], "转账缺少一方"),
        ("time_bank", "entry", [{"LX": "转出", "ZZ_NO": "Z1"}, {"LS_ID": "L2", "LX": "转入", "ZZ_NO": "Z1", "BS": "1.79", "DJ_BZ": ""}],
         "转账两方金额不一致"),
        ("time_bank", "account", [{"YE": "-3"}], "账面余额为负"),
        ("volunteer", "volunteer", [{}, {"ZYZ_ID": "ZYZ2"}], "同一身份证号注册为两名以上志愿者"),
        ("volunteer", "visit", [{"JD": "", "WD": ""}], "上门探访没有签到位置"),
        ("evaluation", "score", [{"总分": "80"}], "总分不等于四项之和"),
        ("evaluation", "survey", [{}, {"调查编号": "D2"}], "同一单位同一月份有两次调查"),
        ("staff", "worker", [{}, {"任职日期": "2020-01-01"}], "同一人同时在两处任职"),
        ("bed", "stay", [{}, {"RZ_ID": "R2", "RZ_RQ": "2026-01-01"}], "同一老年人同时有两段入住"),
        ("bed", "waiting", [{}, {"LH_ID": "W2"}], "同一机构两人排序相同"),
    ],
)  # fmt: skip
def test_what_is_doubtful_passes_with_a_remark(module, table, changes, remark):
    loaded, refused, remarks = judged(module, table, *changes)
    assert (loaded, refused, remarks) == (len(changes), set(), {remark})


def test_the_same_entry_delivered_twice_is_no_imbalance():
    out, back = {"LX": "转出", "ZZ_NO": "Z1"}, {"LS_ID": "L2", "LX": "转入", "ZZ_NO": "Z1"}
    assert judged("time_bank", "entry", out, back, out) == (2, set(), set())


def test_dates_numbers_and_codes_in_the_forms_of_the_field_are_understood():
    assert judged("time_bank", "entry", {"BS": "１．８０", "FS_SJ": "2026/10/12 9:30", "JZ_SJ": "2026年10月12日 18:00"}) == (1, set(), set())
    assert judged("evaluation", "survey", {"调查月份": "2026年10月"}, {"调查编号": "D2", "调查月份": "202609"})[:2] == (2, set())
    assert judged("staff", "worker", {"任职日期": "2019.3.1", "离任日期": "长期"})[:2] == (1, set())
