"""Two tables of one module that change in one delivery: a reference finds what its sibling will hold, also where only touched keys are checked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import duckdb
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from etl import clean, load
from etl.connectors.base import batch
from etl.contract import Contract, Integer, Key, Reference, Table, daily

CLUB = Table(name="club", title="社团", source="clubs", grain="一个社团", key=["club_id"],
             columns=[Key(name="club_id", source="id"), Integer(name="seats", source="seats", minimum=1)])  # fmt: skip
MEMBER = Table(
    name="member", title="成员", source="members", grain="一名成员", key=["member_id"],
    columns=[Key(name="member_id", source="id"), Key(name="club_id", source="club")],
    references=[Reference(column="club_id", table="town_club", key="club_id", sentence="社团未登记", severity="reject")],
)  # fmt: skip
TOWN = Contract(module="town", title="镇", owner="民政办", systems=["S1"], tables=[CLUB, MEMBER], due=daily())


@dataclass
class Said:
    """A source that says what it is told to say."""

    clubs: dict[int, str] = field(default_factory=lambda: dict.fromkeys(range(30), "5"))
    members: dict[int, int] = field(default_factory=lambda: {n: n % 33 for n in range(60)})
    skipped: Counter[str] = field(default_factory=Counter)

    def fingerprint(self, table: Table) -> None:
        return None

    def delivered_on(self) -> date | None:
        return date(2026, 11, 1)

    def read(self, table: Table) -> Iterator[pa.RecordBatch]:
        rows: dict[int, Any] = self.clubs if table.name == "club" else self.members
        ids, values = ([f"C{n}" for n in rows], list(rows.values())) if table.name == "club" else ([f"M{n}" for n in rows], [f"C{c}" for c in rows.values()])
        yield batch(table, [ids, values], "s", list(rows))  # a row keeps its line: nothing else counts as changed


def town() -> duckdb.DuckDBPyConnection:
    con = duckdb.connect(":memory:")
    clean.prepare(con, [])
    load.prepare(con, [TOWN])
    return con


def held(con: duckdb.DuckDBPyConnection) -> Sequence[Sequence[tuple[Any, ...]]]:
    return [con.execute(sql).fetchall() for sql in (
        "from checked.town_club order by all", "from checked.town_member order by all",
        "select table_name, column_name, value_masked, sentence from state.quarantine order by all",
        "select table_name, read, loaded, quarantined, superseded from state.delivery order by all",
    )]  # fmt: skip


CHANGE = st.one_of(
    st.tuples(st.just("club"), st.integers(25, 34), st.sampled_from(["7", "0", None])),
    st.tuples(st.just("member"), st.integers(56, 63), st.sampled_from([3, 27, 31, 33, None])),
)


@settings(max_examples=5, deadline=None)
@given(st.lists(st.lists(CHANGE, min_size=1, max_size=4), min_size=1, max_size=4))
def test_siblings_that_change_together_end_as_one_complete_reading(nights: list[list[tuple[str, int, Any]]]) -> None:
    con, said = town(), Said()
    load.load_module(con, TOWN, said)
    for night in nights:
        for what, number, value in night:
            rows: dict[int, Any] = said.clubs if what == "club" else said.members
            rows.pop(number, None)
            if value is not None:
                rows[number] = value
        load.load_module(con, TOWN, said)
    afresh = town()
    load.load_module(afresh, TOWN, said)
    assert held(con) == held(afresh)


def test_a_member_of_a_new_club_is_accepted_and_of_a_closed_one_is_not() -> None:
    con, said = town(), Said()
    load.load_module(con, TOWN, said)
    said.clubs[40] = "9"
    del said.clubs[3]
    said.members[60] = 40
    clubs, members = load.load_module(con, TOWN, said)
    assert con.execute("select 1 from touched_town_club where club_id = 'C40'").fetchall()  # by the touched keys, not as a whole
    assert (clubs.fresh, clubs.gone) == (1, 1)
    assert con.execute("select club_id from checked.town_member where member_id in ('M3', 'M36', 'M60')").fetchall() == [("C40",)]
    assert clubs.counts.loaded == 30
    assert members.counts.loaded == 61 - members.counts.quarantined
