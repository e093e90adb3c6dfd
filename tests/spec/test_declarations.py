"""The declarations themselves: headers of marts tell the truth, indicators can be computed, targets name indicators."""

from __future__ import annotations

import re

import pytest
import sqlglot
import yaml

from etl.indicators.base import catalogue
from etl.paths import DEFAULT_REGION
from tests.spec.world import DISTRICT, World, checked, mart_files

PRIVACY = {"name", "id", "phone", "address", "account", "text"}


@pytest.fixture(scope="module")
def empty() -> World:
    """All marts over a district without records."""
    return World().build([name for name, _, _ in mart_files()])


def header(sql: str) -> list[tuple[str, str, str]]:
    """(column, title, privacy) of the ``-- columns:`` block."""
    lines = sql.split("-- columns:\n", 1)[1].splitlines()
    out = []
    for line in lines:
        found = re.match(r"--   (\w+)\s+(.+?)(?: \[(\w+)\])?$", line)
        if not found:
            break
        out.append((found[1], found[2], found[3] or ""))
    return out


@pytest.mark.parametrize("name", [name for name, _, _ in mart_files()])
def test_the_header_of_a_mart_lists_its_columns_in_order(empty, name):
    sql = {n: s for n, s, _ in mart_files()}[name]
    assert [line.split(":")[0] for line in sql.splitlines()[:2]] == ["-- title", "-- grain"]
    said = header(sql)
    assert [c for c, _, _ in said] == [r[0] for r in empty.con.execute(f"describe {name}").fetchall()]
    assert {p for _, _, p in said} <= PRIVACY | {""}
    assert len({t for _, t, _ in said}) == len(said), "two columns with one title cannot be told apart"


@pytest.mark.parametrize("name", [name for name, _, _ in mart_files()])
def test_a_mart_turns_into_clickhouse(name):
    sql = {n: s for n, s, _ in mart_files()}[name]
    (out,) = sqlglot.transpile(sql, read="duckdb", write="clickhouse", unsupported_level=sqlglot.ErrorLevel.RAISE)
    assert sqlglot.parse_one(out, read="clickhouse")


@pytest.mark.parametrize("code", list(catalogue()))
def test_an_indicator_of_an_empty_district_is_zero_or_none(empty, code):
    indicator = catalogue()[code]
    part, whole = empty.measure(indicator, DISTRICT, "2026-10")
    assert indicator.value(float(part), None if whole is None else float(whole)) in (0, None)
    for text in (indicator.name, indicator.definition, indicator.basis, indicator.group, indicator.unit):
        assert text
    assert len(indicator.label) <= 8, "too long for a card"


def test_names_and_labels_are_unique():
    for values in ([i.name for i in catalogue().values()], [i.label for i in catalogue().values()]):
        assert len(set(values)) == len(values)


def test_every_plan_target_names_an_indicator():
    targets = yaml.safe_load((DEFAULT_REGION / "targets.yaml").read_text(encoding="utf-8"))["targets"]
    assert {t["indicator"] for t in targets} <= set(catalogue())


def test_personal_columns_of_contracts_are_marked():
    for name, table in checked().items():
        for column in table.columns:
            if re.search(r"身份证|姓名|电话|账户|法定代表人|卡号", column.heading):
                assert column.privacy, f"{name}.{column.name}"


def test_personal_columns_of_marts_are_marked():
    for name, sql, _ in mart_files():
        for column, title, privacy in header(sql):
            if re.search(r"身份证|姓名|电话|账户|法定代表人|卡号|^老年人$|^护理员$", title):
                assert privacy, f"{name}.{column}"
