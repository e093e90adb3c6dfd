"""One small contract loaded through a reader into memory, as the line does it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import duckdb

from etl import clean, load
from etl.checks import Counts
from etl.connectors import Reader
from etl.contract import Contract, Flag, Integer, Key, Number, Table, Text, daily

STAY = Table(
    name="stay", title="旅居登记", source="stays", grain="一次旅居", key=["stay_id"],
    columns=[
        Key(name="stay_id", source="id", title="登记编号"),
        Text(name="guest", source="guest.name", title="姓名", aliases=("guestName",), privacy="name"),
        Integer(name="nights", source="nights", title="天数", minimum=1),
        Number(name="rate", source="rate", title="折扣", optional=True),
        Flag(name="verified", source="verified", title="已核验", optional=True),
    ],
)  # fmt: skip
CONTRACT = Contract(module="travel", title="旅居", owner="联盟平台", systems=["S8"], tables=[STAY], due=daily())


def record(number: int, **changes: Any) -> dict[str, Any]:
    """A sound record of the outside system."""
    return {"id": f"S{number:04d}", "guest": {"name": f"客人{number}"}, "nights": number % 9 + 1, "rate": 0.5, "verified": True} | changes


class Loaded:
    """A warehouse in memory after one or more readings."""

    def __init__(self, contract: Contract = CONTRACT) -> None:
        self.contract = contract
        self.con = duckdb.connect(":memory:")
        clean.prepare(self.con, [])
        load.prepare(self.con, [contract])

    def read(self, reader: Reader) -> Counts:
        """Load once; read = loaded + quarantined + superseded. SourceError as the connector raises it."""
        (done,) = load.load_module(self.con, self.contract, reader)
        assert done.counts.read == done.counts.loaded + done.counts.quarantined + done.counts.superseded
        return done.counts

    def rows(self, sql: str = "select stay_id, guest, nights from checked.travel_stay order by 1") -> Sequence[tuple[Any, ...]]:
        return self.con.execute(sql).fetchall()

    def quarantined(self) -> list[tuple[str, int, str]]:
        return self.con.execute("select source, position, sentence from state.quarantine order by all").fetchall()
