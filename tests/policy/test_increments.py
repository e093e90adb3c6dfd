"""Months that nothing has changed for are kept, and what comes out is what doing everything again gives."""

from __future__ import annotations

import copy
from datetime import date
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import etl.policy
from tests.policy.random_worlds import DAYS, LATE_DAYS, MONTHS, worlds
from tests.policy.small_policies import EXIT, RATING
from tests.policy.test_against_naive import FIGURES, SLOWLY
from tests.policy.test_oversight import CREDIT, INSPECTION
from tests.policy.worlds import CATALOGUE, Folder, World, table

OUTPUT = ("rating", "rating_domain", "rating_evidence", "rating_change", "exit_status", "exit_reason", "inspection_risk",
          "inspection_risk_reason", "credit_grade", "credit_reason")  # fmt: skip
DATES = {
    "provider_provider": ("closed_on", "registered_on"), "provider_permit": ("expires_on", "issued_on"),
    "inspection_inspection": ("inspected_on",), "inspection_rectification": ("done_on", "deadline", "verified_on"),
    "inspection_penalty": ("decided_on",), "inspection_action": ("decided_on",), "ledger_repair": ("decided_on",),
}  # fmt: skip
WORDS = {
    "provider_provider": ("name", ("甲", "乙", "丁")), "provider_site": ("community_code", ("330105001051", "330105002051")),
    "inspection_finding": ("severity", ("一般", "严重", "重大")), "inspection_inspection": ("result", ("合格", "不合格")),
    "complaint_complaint": ("provider_name", ("甲", "乙", None)), "provider_permit": ("number", ("1", "2")),
}  # fmt: skip


@pytest.fixture(scope="module")
def region(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    """A region with a policy of each kind."""
    folder = tmp_path_factory.mktemp("all")
    (folder / "policies").mkdir()
    for name, text in (("rating", RATING), ("exit", EXIT), ("inspection", INSPECTION), ("credit", CREDIT)):
        (folder / "policies" / f"{name}.yaml").write_text(text, encoding="utf-8")
    return Folder(folder)


@st.composite
def changed(draw: st.DrawFn, world: World) -> World:
    """The world with one to three things different: a figure, a date, a word, a record gone, a decision or a repair more."""
    other = copy.deepcopy(world)
    for _ in range(draw(st.integers(1, 3))):
        kind = draw(st.sampled_from(["figure", "date", "date", "word", "gone", "decision", "repair"]))
        if kind == "figure":
            code, month = draw(st.sampled_from(sorted(FIGURES))), draw(st.sampled_from(MONTHS[-3:]))
            own = [r for r in other.rows.get("provider_figure", []) if (r["indicator"], r["provider_id"], r["month"]) != (code, "P0", month)]
            other.rows["provider_figure"] = own
            other.add("provider_figure", indicator=code, provider_id="P0", month=month, part=draw(st.integers(0, 9)), whole=10)
        elif kind == "decision":
            other.add("inspection_action", action_id=f"B{len(other.rows.get('inspection_action', []))}", provider_id="P0", decided_on=draw(LATE_DAYS),
                      document_no=None, kind=draw(st.sampled_from(["约谈", "拟退出", "恢复"])))  # fmt: skip
        elif kind == "repair":
            repair(draw, other)
        else:
            fields = DATES if kind == "date" else WORDS
            there = sorted(t for t, rows in other.rows.items() if rows and (t in fields if kind != "gone" else t != "provider_provider"))
            name = draw(st.sampled_from(there))
            row = draw(st.sampled_from(other.rows[name]))
            if kind == "gone":
                other.rows[name].remove(row)
            elif kind == "date":
                row[draw(st.sampled_from(DATES[name]))] = draw(DAYS | LATE_DAYS)
            else:
                row[WORDS[name][0]] = draw(st.sampled_from(WORDS[name][1]))
    return other


def repair(draw: st.DrawFn, world: World) -> None:
    """One of the records that a credit grade may rest on is repaired."""
    penalties = [("inspection_penalty", r["penalty_id"], r["provider_id"]) for r in world.rows.get("inspection_penalty", [])]
    where = {r["inspection_id"]: r["provider_id"] for r in world.rows.get("inspection_inspection", [])}
    found = [("inspection_finding", r["finding_id"], where[r["inspection_id"]]) for r in world.rows.get("inspection_finding", []) if r["inspection_id"] in where]
    if penalties or found:
        source, key, provider = draw(st.sampled_from(penalties + found))
        world.add("ledger_repair", provider_id=provider, source_table=source, row_key=key, decided_on=draw(LATE_DAYS))


def connect(world: World) -> duckdb.DuckDBPyConnection:
    con = world.connect()
    con.execute("create table checked.ledger_repair (provider_id text, source_table text, row_key text, decided_on date)")
    for row in world.rows.get("ledger_repair", []):
        con.execute("insert into checked.ledger_repair values ($provider_id, $source_table, $row_key, $decided_on)", row)
    return con


def judge(con: duckdb.DuckDBPyConnection, region: Folder, definition: str = "") -> dict[str, list[tuple[Any, ...]]]:
    etl.policy.run(con, region, indicators=CATALOGUE, definition=definition)  # type: ignore[arg-type]
    return {name: sorted((tuple(r.values()) for r in table(con, name)), key=repr) for name in OUTPUT}


def replace(con: duckdb.DuckDBPyConnection, world: World) -> None:
    """Lay the tables of another world in place of those that are there."""
    fresh = connect(world)
    for schema, name in fresh.execute("select schema_name, table_name from duckdb_tables()").fetchall():
        laid = fresh.execute(f"from {schema}.{name}").fetchall()
        con.execute(f"delete from {schema}.{name}")
        if laid:
            con.executemany(f"insert into {schema}.{name} values ({', '.join('?' * len(laid[0]))})", laid)


@settings(SLOWLY, max_examples=8)
@given(data=st.data())
def test_only_the_months_from_the_change_on_give_what_all_months_give(region: Folder, data: st.DataObject) -> None:
    before = data.draw(worlds(FIGURES, ("质量安全", "应急管理", "运营秩序", "涉及资金")))
    repair(data.draw, before)
    con = connect(before)
    judge(con, region, "一")
    after = data.draw(changed(before))
    replace(con, after)
    found, wanted = judge(con, region, "一"), judge(connect(after), region)
    for name in OUTPUT:
        assert found[name] == wanted[name], name


def test_earlier_months_are_not_touched_and_another_definition_does_everything_again(region: Folder) -> None:
    world = World(MONTHS).add("provider_provider", provider_id="P0", credit_code="C", name="甲", kind="养老机构", registered_on=date(2024, 1, 1))
    for month in MONTHS:
        world.add("provider_figure", indicator="good_rate", provider_id="P0", month=month, part=9, whole=10)
    con = connect(world)
    whole = judge(con, region, "一")
    con.execute("update marts.rating set missing = '旧'")
    judge(con, region, "一")
    assert {r["missing"] for r in table(con, "rating")} == {"旧"}, "nothing has changed: nothing is done"
    con.execute("update marts.provider_figure set part = 8 where month = ?", [MONTHS[-2]])
    judge(con, region, "一")
    assert [r["month"] for r in table(con, "rating") if r["missing"] == "旧"] == MONTHS[:-2]
    con.execute("update marts.provider_figure set part = 9 where month = ?", [MONTHS[-2]])
    assert judge(con, region, "二") == whole
