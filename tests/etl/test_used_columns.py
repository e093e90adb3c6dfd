"""A mart depends on the columns of its inputs that its SQL looks at: a change in any other builds nothing again, a change in one of these does."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import pytest
from sqlglot import exp

from etl import build, clean, load, martfile
from etl.freshness import Freshness
from etl.lineage import Lineage
from etl.load import contracts
from etl.martfile import marts, ordered, parse


@pytest.mark.parametrize(
    ("sql", "names"),
    [
        ("select a.x, b.y from a join b on b.k = a.k", {"x", "k"}),
        ("select A.X, y from a, b", {"x", "y"}),
        ("select count(*) as n from a", set()),
        ("select x from a group by x having max(z) > 0 qualify row_number() over (partition by w order by v) = 1", {"x", "z", "w", "v"}),
        ("select sum(x) over late from a window late as (partition by k order by v)", {"x", "k", "v"}),
        ("select b.y from b join a using (k)", {"k"}),
        ("select b.y from b where exists (select 1 from a where a.k = b.k and l = b.l)", {"k", "l"}),
        ("select (select max(x) from a where k = b.k) as x, b.* from b", {"x", "k"}),
        ("with a2 as (select x from a) select * from a2", {"x"}),
        ("with a2 as (select k from b) select a.x, a2.k from a join a2 on a2.k = a.k", {"x", "k"}),
        ("select x from a union all select k from a", {"x", "k"}),
        ("select * from a", None),
        ("select a.*, b.y from a join b on true", None),
        ("select y from b join (select *, x + 1 as z from a) as c on c.z = b.y", None),
        ("select hash(r) as h from a as r", None),
        ("select columns('x.*') from a", None),
        ("select y from a natural join b", None),
        ("from a", None),
    ],
)
def test_what_a_query_may_look_at(sql: str, names: set[str] | None) -> None:
    used = parse("m", f"-- grain: one\n{sql}").uses["a"]
    # A name too many only builds once too often; one too few would leave a mart as it was.
    assert used is None if names is None else used is not None and used >= names and len(used) <= len(names) + 1


def test_no_column_that_a_mart_reads_is_missing_from_those_it_is_said_to_use() -> None:
    every = {m.name: m for m in marts()}
    lineage, seen = Lineage(contracts(), every), 0
    for mart in every.values():
        scope = lineage._scope(mart.name)
        for one in scope.traverse() if scope else ():
            for column in one.columns:
                source = one.sources.get(column.table)
                if isinstance(source, exp.Table) and (used := mart.uses[source.name]) is not None:
                    assert column.name in used, (mart.name, source.name, column.name)
                    seen += 1
    assert seen > 500


def test_a_change_of_a_column_that_a_mart_does_not_look_at_builds_nothing() -> None:
    con = duckdb.connect()
    clean.prepare(con, [])
    load.prepare(con, [])
    con.execute("create schema marts")
    con.execute("set search_path = 'marts,checked,main'")
    con.execute("create table checked.elder as select 'E' || k as elder_id, 'C' || k % 3 as place, k as score, '2026-0' || (k % 2 + 1) as month from range(40) as r(k)")
    declared = ordered([
        parse("whole", "-- grain: x\nselect * from elder"),
        parse("places", "-- grain: x\nselect place, count(*) as n from elder group by place"),
        parse("scores", "-- grain: x\n-- area: place\n-- time: month\n-- keyed: elder.elder_id\n-- rows: elder_id\nselect elder_id, month, score from elder"),
    ])  # fmt: skip

    def built() -> list[str]:
        heard: list[str] = []
        con.execute("delete from state.delivery")
        con.execute("insert into state.delivery (module, table_name, batch) values ('x', 'elder', nextval('state.batch'))")
        build.build(con, declared, heard.append, Freshness(con))
        for mart in declared:
            con.execute(f"create or replace temp table afresh as {mart.sql}")
            sums = [con.execute(f"select count(*), sum(hash(t)) from {where} as t").fetchall() for where in (f"marts.{mart.name}", "temp.afresh")]
            assert sums[0] == sums[1], mart.name
        return [text.split()[1] for text in heard]

    assert built() == ["whole", "places", "scores"]
    assert built() == []
    con.execute("update checked.elder set score = 99 where elder_id = 'E7'")
    assert built() == ["whole", "scores"]
    con.execute("update checked.elder set place = 'C9' where elder_id = 'E8'")
    assert built() == ["whole", "places"]
    con.execute("insert into checked.elder select * from checked.elder where elder_id = 'E9'")
    assert built() == ["whole", "places", "scores"]
    con.execute("alter table checked.elder add column remark varchar")
    assert built() == ["whole"]


def test_what_is_remembered_of_marts_stands_for_the_very_same_text_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(martfile, "parse", martfile.parse.__wrapped__)  # as in a process of its own: nothing is known yet
    memory, file = tmp_path / "memory.json", tmp_path / "fact.sql"
    file.write_text("-- grain: one\nselect x from a", encoding="utf-8")
    (tmp_path / "other.sql").write_text("-- grain: one\nselect * from fact", encoding="utf-8")
    first = [(m.name, m.uses) for m in marts(tmp_path, memory)]
    assert first == [("fact", {"a": {"x"}}), ("other", {"fact": None})]

    with monkeypatch.context() as alone:
        alone.setattr("etl.martfile.sqlglot.parse_one", None)  # nobody takes SQL apart again
        assert [(m.name, m.uses) for m in marts(tmp_path, memory)] == first

    file.write_text("-- grain: one\nselect x, y from b", encoding="utf-8")
    assert marts(tmp_path, memory)[0].uses == {"b": {"x", "y"}}
    monkeypatch.setattr("etl.martfile.sqlglot.__version__", "another")
    monkeypatch.setattr("etl.martfile._names", lambda _: frozenset({"as it reads it"}))
    assert marts(tmp_path, memory)[0].uses == {"b": {"as it reads it"}}


@pytest.mark.parametrize("left", ["", '{"digest":', "[]", '{"digest": 1}'])
def test_a_torn_memory_of_marts_is_no_memory(tmp_path: Path, left: str) -> None:
    (tmp_path / "fact.sql").write_text("-- grain: one\nselect x from a", encoding="utf-8")
    memory = tmp_path / "memory.json"
    memory.write_text(left, encoding="utf-8")
    assert marts(tmp_path, memory)[0].uses == {"a": {"x"}}
    assert json.loads(memory.read_text(encoding="utf-8"))["uses"] == {"fact": {"a": ["x"]}}
