"""Sources read ahead of their turn: what the run gets is what reading in turn would have given, within a bound, and faults keep their place."""

from __future__ import annotations

import sys
import threading
from collections import Counter
from collections.abc import Collection, Iterator
from datetime import date
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from etl.ahead import ReadAhead
from etl.connectors import SourceError, observed
from etl.connectors.base import batch
from etl.connectors.observed import Sheet, Total
from etl.contract import Contract, Key, Table, daily
from etl.reading import Outlook
from tests.etl.conftest import PAYMENTS, Tiny
from tests.etl.reading import read

ROWS = 100


def contract(module: str) -> Contract:
    table = Table(name="thing", title="物", source="things", grain="一件", key=["thing_id"], columns=[Key(name="thing_id", source="id", title="编号")])
    return Contract(module=module, title=module, owner="某处", systems=["S1"], tables=[table], due=daily())


class Source:
    """Three files of a hundred rows; counts what was read of it."""

    def __init__(self, module: str, fail_in: str = "") -> None:
        self.module, self.fail_in, self.read_rows = module, fail_in, 0
        self.skipped: Counter[str] = Counter()
        self.broken: dict[str, dict[str, str]] = {}
        self.finished = threading.Event()

    def fingerprint(self, table: Table) -> str:
        return self.module

    def delivered_on(self) -> date:
        return date(2026, 11, 1)

    def read(self, table: Table) -> Iterator[pa.RecordBatch]:
        return self.read_parts(table, self.parts(table))

    def parts(self, table: Table) -> dict[str, str]:
        return {file: f"{self.module}-{file}" for file in ("a", "b", "c")}

    def read_parts(self, table: Table, names: Collection[str]) -> Iterator[pa.RecordBatch]:
        for file in names:
            observed.headers(table.name, ["id", file])
            if file == self.fail_in:
                raise SourceError(f"{self.module} 的 {file} 已损坏。")
            self.read_rows += ROWS
            yield batch(table, [[f"{self.module}{file}{n}" for n in range(ROWS)]], file, range(ROWS))
            self.skipped["小计行"] += 1
            observed.sheet(Sheet(table.name, file, [Total(ROWS + 1, "合计", "1")]))
            if file == "c":
                self.finished.set()


def taken(ahead: ReadAhead, one: Contract) -> tuple[dict[str, int], int]:
    """Take a module as a run does: file by file; (rows of each file, lines passed over)."""
    (table,) = one.tables
    reader = ahead.open(one)
    reader.fingerprint(table)
    found = {file: sum(b.num_rows for b in reader.read_parts(table, [file])) for file in reader.parts(table)}  # type: ignore[attr-defined]
    return found, sum(reader.skipped.values())


def test_the_next_module_is_read_while_the_one_before_is_worked_on() -> None:
    sources = {m: Source(m) for m in ("first", "second")}
    contracts = [contract(m) for m in sources]
    with ReadAhead(contracts, lambda c: sources[c.module]) as ahead:
        assert sources["second"].finished.wait(10)  # nothing has been taken yet
        for one in contracts:
            with observed.observing() as seen:
                assert taken(ahead, one) == ({"a": ROWS, "b": ROWS, "c": ROWS}, 3)
            assert seen.headers == {"thing": ["id", "a", "b", "c"]}
            assert [s.source for s in seen.sheets] == ["a", "b", "c"]


def test_what_waits_is_bounded() -> None:
    source = Source("only")
    with ReadAhead([contract("only")], lambda _: source, most=1) as ahead:
        assert not source.finished.wait(0.3)
        assert source.read_rows <= 2 * ROWS  # one waits in line, one before it
        assert taken(ahead, contract("only"))[0] == {"a": ROWS, "b": ROWS, "c": ROWS}


def test_a_fault_is_told_in_its_turn_and_the_others_go_on() -> None:
    sources = {"torn": Source("torn", fail_in="b"), "sound": Source("sound")}
    with ReadAhead([contract(m) for m in sources], lambda c: sources[c.module]) as ahead:
        assert sources["sound"].finished.wait(10)
        torn = contract("torn")
        reader: Any = ahead.open(torn)
        files = {file: reader.read_parts(torn.tables[0], [file]) for file in reader.parts(torn.tables[0])}
        assert sum(b.num_rows for b in files["a"]) == ROWS
        with pytest.raises(SourceError, match="torn 的 b 已损坏"):
            next(files["b"])
        assert sum(b.num_rows for b in files["c"]) == ROWS
        assert taken(ahead, contract("sound"))[0] == {"a": ROWS, "b": ROWS, "c": ROWS}


def test_a_run_that_gives_up_does_not_wait_for_what_nobody_takes() -> None:
    sources = {m: Source(m) for m in ("first", "second", "third")}
    with ReadAhead([contract(m) for m in sources], lambda c: sources[c.module], most=1) as ahead:
        next(iter(ahead.open(contract("first")).read(contract("first").tables[0])))
        # The first module is left in the middle, the second is passed over.
        assert taken(ahead, contract("third"))[1] == 3
    assert not ahead.thread.is_alive()


def test_the_reading_thread_gives_way_at_once_and_only_while_it_reads() -> None:
    usual, source = sys.getswitchinterval(), Source("only")
    with ReadAhead([contract("only")], lambda _: source):
        assert sys.getswitchinterval() < 0.001
    assert sys.getswitchinterval() == usual
    with ReadAhead([], lambda _: source):
        assert sys.getswitchinterval() == usual


def test_who_asks_for_more_than_was_read_is_told_and_does_not_wait_for_ever() -> None:
    one = contract("one")
    with ReadAhead([one], lambda c: Source(c.module)) as ahead:
        reader: Any = ahead.open(one)
        with observed.observing():
            assert sum(b.num_rows for b in reader.read_parts(one.tables[0], ["a"])) == ROWS
        ahead.thread.join(10)
        ahead.line.items.clear()  # as if the rest had never come
        with observed.observing(), pytest.raises(RuntimeError, match="nothing more"):
            list(reader.read_parts(one.tables[0], ["b"]))


def test_only_modules_that_never_delivered_are_read_ahead(tiny: Tiny, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[list[str]] = []
    real = ReadAhead.__init__

    def spy(self: ReadAhead, contracts: list[Contract], *more: object, outlooks: dict[str, Outlook]) -> None:
        asked.append([c.module for c in contracts if c.module not in outlooks])
        real(self, contracts, *more, outlooks=outlooks)  # type: ignore[arg-type]

    monkeypatch.setattr(ReadAhead, "__init__", spy)
    tiny.run()
    first = read(tiny.layout, "select * from order_fact order by all")
    tiny.run()
    assert [sorted(a) for a in asked] == [["caregiver", "order", "registry", "subsidy"], []]
    assert len(first) == 4


class Gone(Source):
    """Cannot be reached before its turn."""

    def fingerprint(self, table: Table) -> str:
        raise SourceError(f"{self.module} 打不开。")


def test_what_a_known_module_is_asked_for_ahead_is_asked_once_and_what_is_wrong_with_it_told_in_its_turn() -> None:
    asked: list[str] = []

    def opener(one: Contract) -> Source:
        asked.append(one.module)
        return Gone(one.module) if one.module == "gone" else Source(one.module)

    contracts = [contract(m) for m in ("gone", "there", "new")]
    outlooks = {c.module: Outlook([(c.tables[0], None, None)], "keys") for c in contracts[:2]}
    with ReadAhead(contracts, opener, outlooks=outlooks) as ahead:
        ahead.thread.join(10)
        ahead.looking.join(10)
        assert sorted(asked) == ["gone", "new", "there"]  # before anybody's turn
        with pytest.raises(SourceError, match="gone 打不开"):
            ahead.open(contracts[0]).fingerprint(contracts[0].tables[0])
        assert ahead.open(contracts[1]).fingerprint(contracts[1].tables[0]) == "there"
        with observed.observing():
            assert taken(ahead, contracts[2])[1] == 3


def test_nobody_looks_any_more_at_a_module_whose_turn_has_come() -> None:
    asked: list[str] = []
    go_on = threading.Event()

    def opener(one: Contract) -> Source:
        if threading.current_thread().name == "look-ahead":
            assert go_on.wait(10)
            asked.append(one.module)
        return Source(one.module)

    contracts = [contract(m) for m in ("first", "second")]
    with ReadAhead(contracts, opener, outlooks={c.module: Outlook([(c.tables[0], None, None)], "keys") for c in contracts}) as ahead:
        ahead.open(contracts[1])  # the thread stands at the first
        go_on.set()
        ahead.open(contracts[0])
        ahead.looking.join(10)
    assert asked == ["first"]


def test_files_that_change_after_they_were_looked_at_are_taken_as_they_are_in_their_turn(tiny: Tiny, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("etl.connectors.base.SETTLED_NS", 0)
    tiny.run()
    real = ReadAhead.open

    def changed(self: ReadAhead, one: Contract) -> Any:
        self.looking.join(10)  # all of them have been looked at
        match one.module:
            case "order":
                tiny.orders([("D1", "E1", "2026-10-01 08:00:00", "77", "已完成")])
            case "caregiver":
                tiny.workers([("W9", "330105196001010018", "新来", "330105001051", "是", "2026-01-01")])
            case "subsidy":
                tiny.payments("发放编号,月份,街道代码,金额\nF9,2026-10,330105001,9\n")
        return real(self, one)

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(ReadAhead, "open", changed)
        result = tiny.run()
    assert {(row["module"], row["changed"]) for row in result.loads} == {("caregiver", True), ("order", True), ("registry", False), ("subsidy", True)}
    with duckdb.connect(str(tiny.layout.work), read_only=True) as con:
        assert con.execute("select order_id, price::int from checked.order_order").fetchall() == [("D1", 77)]
        assert con.execute("select payment_id, amount::int from checked.subsidy_payment").fetchall() == [("F9", 9)]
    # What was recorded of them is what they hold: nothing is new, and a file put back is.
    assert not any(row["changed"] for row in tiny.run().loads)
    tiny.payments(PAYMENTS)
    assert {row["module"] for row in tiny.run().loads if row["changed"]} == {"subsidy"}


def test_a_source_that_cannot_be_read_is_told_by_its_own_module_and_the_others_go_on(tiny: Tiny) -> None:
    tiny.run()
    (tiny.layout.sources / "registry.sqlite").write_bytes(b"no database")
    tiny.payments("发放编号,月份,街道代码,金额\nF9,2026-10,330105001,9\n")
    result = tiny.run()
    assert {m["module"]: m["status"] for m in result.modules}["registry"] == "stale"
    assert "registry.sqlite 不是 SQLite 数据库" in next(m["message"] for m in result.modules if m["module"] == "registry")
    assert {row["module"] for row in result.loads if row["changed"]} == {"subsidy"}
