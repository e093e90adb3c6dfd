"""What is out of date: of every table it is remembered, month by month, what it holds and since when, and of every mart when it was built.

A table is rebuilt where an input holds something else since it was built, and only then: nothing has to be announced, so a run that
was killed between two steps is simply continued by the next one.  Where a mart's header declares that an output month depends on
the same month of an input only, or an output row on the rows of an input with the same key, just those months and shares of the keys are
built again; everything else is built in full.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager

import duckdb

from etl import passing
from etl.clean import at_once, first, insert, name, quote
from etl.labels import KEYED, OF, counting, hashed, labelled
from etl.martfile import GIVEN

Contents = dict[str, tuple[int, str]]
"""Label ('' where a table is looked at as a whole) → rows and a sum of hashes that does not depend on their order."""
_STATE = """
create table if not exists state.content (source varchar, by_month varchar, month varchar, rows bigint, hash varchar, since bigint);
create table if not exists state.counted (source varchar, by_month varchar, token varchar);
create table if not exists state.moved (target varchar, part varchar);
create table if not exists state.made (target varchar, source varchar, by_month varchar, number bigint, hash varchar);
create sequence if not exists state.building;
alter table state.content drop column if exists token;
alter table state.content add column if not exists since bigint;
drop table if exists state.built;
delete from state.counted where (source, by_month) in (select (source, by_month) from state.content where since is null);
delete from state.content where since is null;
"""
# What of a delivery's state changes whenever its checked table does.
DELIVERED = "concat_ws('/', batch, check_hash, refs, loaded_at)"
DEFINITION = "#definition"
# What a run knows of its own deliveries, in schema state.
_DELIVERIES = ("module", "delivery", "delivered", "quarantine", "warning")


class Freshness:
    """The memory of one work file. ``tokens``: what changes whenever a checked table does."""

    def __init__(self, con: duckdb.DuckDBPyConnection):
        self.con = con
        prepare(con)
        rows = con.execute(f"select module || '_' || table_name, {DELIVERED} from state.delivery").fetchall()
        self.tokens: dict[str, str] = dict(rows)
        self.tokens |= dict(
            con.execute("select target, hash from state.made where source = ?", ["#token"]).fetchall()
        )
        # What is laid once, before anything is built, stays as it is while this memory is in use.
        self.tokens |= dict.fromkeys((*GIVEN, *_DELIVERIES), f"laid {self._number()}")
        self.known: dict[tuple[str, str], str] = {
            (source, by): token for source, by, token in con.execute("select source, by_month, token from state.counted").fetchall()
        }
        self.blank = not self.known and first(con, "select 1 from state.content limit 1") is None
        self.carried: set[str] = set()
        self.passing = passing.Passing(con)
        self.columns: dict[str, list[str]] = {}
        # Read at once, but for what is told by month and key: a query for each of some hundreds would take longer than a mart.
        self.kept: dict[tuple[str, str], tuple[str, Contents, dict[str, int]]] = {
            way: (stamp, {}, {}) for way, stamp in self.known.items() if KEYED not in way[1] and stamp != _stamp("")
        }
        for source, by, month, count, found, since in con.execute(
            "select source, by_month, month, rows, hash, since from state.content where by_month not like ?", [f"%{KEYED}%"]
        ).fetchall():
            if (source, by) in self.kept:
                _keep(self.kept[source, by], month, count, found, since)
        self.homes = dict(
            con.execute(
                "select table_name, table_schema from information_schema.tables where table_catalog = current_database()"
                " and (table_schema in ('checked', 'marts') or table_schema = 'state' and list_contains(?, table_name))"
                " order by case table_schema when 'state' then 0 when 'checked' then 1 else 2 end", [list(_DELIVERIES)],
            ).fetchall()
        )  # fmt: skip
        self.was: dict[str, dict[str, tuple[str, int, str]]] = {}
        for target, source, by, number, found in con.execute("from state.made").fetchall():
            self.was.setdefault(target, {})[source] = (by, number, found)

    def laid(self) -> None:
        """All that is laid once lies: from now on it is told by what it holds, so that nothing is counted again where it was laid as before."""
        there = [source for source in (*GIVEN, *_DELIVERIES) if self.home(source)]
        held = " union all ".join(f"select {quote(source)}, concat_ws('/', count(*), sum(hash(t))) from {self.home(source)} as t" for source in there)
        if held:
            self.tokens |= {source: f"laid {found}" for source, found in self.con.execute(held).fetchall()}

    def contents(self, source: str, by: str = "") -> Contents | None:
        """The contents of a table as it is now, by an expression that gives the label; None for a table that is not ours to know."""
        return self._kept(source, by)[1] if self._look(source, by) else None

    def _kept(self, source: str, by: str) -> tuple[str, Contents, dict[str, int]]:
        stamp = self.known[source, by]
        if source not in self.tokens or self.kept.get((source, by), ("",))[0] != stamp:
            self.kept[source, by] = (stamp, {}, {})
            for row in self.con.execute("select month, rows, hash, since from state.content where source = ? and by_month = ?", [source, by]).fetchall():
                _keep(self.kept[source, by], *row)
        return self.kept[source, by]

    def home(self, source: str) -> str | None:
        """The qualified name of a checked table or mart; None where there is none."""
        if source not in self.homes:
            # To ask the catalogue costs ten times as much, and a first load asks for every mart before and after it is built.
            # What is made up by a function, such as a range of numbers, is a source without a name.
            there = next((schema for schema in ("marts", "checked") if source and self.shape(f"{schema}.{name(source)}")), None)
            if there is None:
                return None
            self.homes[source] = there
        return f"{self.homes[source]}.{name(source)}"

    def part(self, source: str, names: Collection[str] | None) -> tuple[str, ...]:
        """Those of a table's columns that are among these names (None: all); () where that is the whole table, or the table is not there yet."""
        if names is None or source in GIVEN or self.home(source) is None:
            return ()
        if source not in self.columns:
            self.columns[source] = [column for column, _ in self.shape(str(self.home(source)))]
        found = tuple(c for c in self.columns[source] if c.lower() in names)
        return () if len(found) == len(self.columns[source]) else found

    def stale(self, target: str, inputs: Mapping[str, str], definition: str) -> set[str] | None:
        """The labels at which an input is not what it was when the target was built; None: build it in full.

        ``inputs``: table → label of a row, as SQL: its month, a share of its keys or both (see :func:`label`); '' where the whole table matters.
        """
        was = self.was.get(target, {})
        if was.get(DEFINITION, ("", 0, ""))[2] != _short(definition):
            return None
        with at_once(self.con):  # what is counted on the way is committed in one go: each commit waits for the disk
            return self._changed(was, inputs)

    def _changed(self, was: Mapping[str, tuple[str, int, str]], inputs: Mapping[str, str]) -> set[str] | None:
        changed: set[str] = set()
        for source, by in inputs.items():
            if source not in was or was[source][0] != by or self.home(source) is None:
                return None
            _, number, then = was[source]
            token = self.tokens.get(source)
            if token and then == token:
                continue
            self._look(source, by)
            since = f"select month from state.content where source = ? and by_month = ? and since > {int(number)}"
            differing = (
                {month for (month,) in self.con.execute(since, [source, by]).fetchall()} if KEYED in by
                else {month for month, at in self._kept(source, by)[2].items() if at > number}
            )  # fmt: skip
            if differing and not by.partition(OF)[0]:
                return None
            changed |= differing
        return changed

    def built(self, target: str, inputs: Mapping[str, str], definition: str) -> None:
        """Remember that the target has been built from its inputs as they are now; call inside its transaction."""
        self.forget(target)
        seen = [(source, by) for source, by in inputs.items() if self._look(source, by)]
        number = self._number()  # above those of all that the inputs have gone through so far
        token = str(number)
        rows: list[tuple[str, str, str, int, str]] = [(target, DEFINITION, "", 0, _short(definition)), (target, "#token", "", 0, token)]
        rows += [(target, source, by, number, self.tokens.get(source, "")) for source, by in seen]
        insert(self.con, "state.made", rows)
        self.was[target] = {source: (by, at, found) for _, source, by, at, found in rows}
        if target in self.carried:
            settle(self.con, target, self.tokens[target], token)
            self.known |= {(s, by): _stamp(token) for (s, by), t in self.known.items() if s == target and t == _stamp(self.tokens[target])}
            self.carried.remove(target)
        self.tokens[target] = token

    def exchange(self, target: str, parts: Collection[str], coming: str, parting: str) -> None:
        """Let the rows of a mart go whose row ids are in the table ``parting``, and those of the table ``coming`` come; :meth:`built` is told of it next.

        The contents remembered of the mart are brought along instead of being counted again, and the parts (SQL) among which all these rows are
        remembered until a snapshot holds them. Call inside a transaction.
        """
        home, token = f"marts.{name(target)}", self.tokens.get(target)
        if token is not None:
            self.carried.add(target)
        if first(self.con, f"select exists (from {coming}) or exists (from {parting})") != (True,):
            return
        ways, going = _ways(self.con, target, token), f"rowid in (select row from {parting})"
        self.con.execute(f"create or replace temp table going as from {home} where {going}")
        _count(self.con, "going_counts", "temp.going", "true", ways)
        _count(self.con, "coming_counts", coming, "true", ways)
        self.passing.keep(target, "temp.going", coming)
        self.con.execute("drop table temp.going")
        self.con.execute(f"delete from {home} where {going}")
        self.con.execute(f"insert into {home} select * from {coming}")
        insert(self.con, "state.moved", [(target, part) for part in parts])
        if ways:
            _bring(self.con, target)

    def counted(self, target: str) -> int:
        """In how many ways a mart has been counted as it stands."""
        return len(_ways(self.con, target, self.tokens.get(target)))

    def shape(self, table: str) -> list[tuple[str, str]]:
        """The columns of a table or query and their types; none of one that is not there or that is wrong."""
        try:
            return [(d[0], str(d[1])) for d in self.con.execute(f"select * from {table} limit 0").description or []]
        except duckdb.ProgrammingError:
            return []

    def written(self, target: str) -> None:
        """The target has been built as a whole."""
        self.columns.pop(target, None)
        self.passing.lose(target)
        self.con.execute("delete from state.moved where target = ?", [target])
        insert(self.con, "state.moved", [(target, "true")])

    def forget(self, target: str) -> None:
        """The target is about to change: what it was built from is unknown until it is done."""
        self.con.execute("delete from state.made where target = ?", [target])
        self.was.pop(target, None)

    def _number(self) -> int:
        return _next(self.con)

    def _look(self, source: str, by: str) -> bool:
        """Have the table's contents in ``state.content``; false for a table that is not ours to know."""
        home = self.home(source)
        if home is None:
            return False
        token = self.tokens.get(source)
        stamp = _stamp(token or "")
        if token is None or self.known.get((source, by)) != stamp:
            finer = self._finer(source, by, stamp) if by and token else None
            if finer:  # what has been counted by month and key need not be looked at again for the month
                counted = "select split_part(month, '/', 1), sum(rows), cast(sum(cast(hash as hugeint)) as varchar) from state.content where source = ? and by_month = ? group by 1"
            else:
                counted = counting(home, by)
            given = [source, finer] if finer else []
            if self.blank and (source, by) not in self.known:  # nothing is remembered of it that could differ
                self.con.execute(f"insert into state.content select ?, ?, *, {self._number()} from ({counted})", [source, by, *given])
                insert(self.con, "state.counted", [(source, by, stamp)])
                self.known[source, by] = stamp
                return True
            self.con.execute("delete from state.counted where source = ? and by_month = ?", [source, by])
            # Labels at which it holds what it held keep the number since when they do. The new ones come before the old ones go: a run
            # that is killed in between counts again, and none is lost that has become empty.
            self.con.execute(
                "create or replace temp table recounted as select month, coalesce(n.rows, 0) as rows, coalesce(n.hash, '0') as hash"
                " from (select month, rows, hash from state.content where source = ? and by_month = ?) as o"
                f" full join ({counted}) as n(month, rows, hash) using (month)"
                " where coalesce(o.rows, 0) <> coalesce(n.rows, 0) or coalesce(o.hash, '0') <> coalesce(n.hash, '0')",
                [source, by, *given],
            )
            now = self._number()
            self.con.execute(f"insert into state.content select distinct ?, ?, month, rows, hash, {now} from recounted", [source, by])
            self.con.execute(
                f"delete from state.content where source = ? and by_month = ? and coalesce(since, 0) < {now} and month in (select month from recounted)",
                [source, by],
            )
            insert(self.con, "state.counted", [(source, by, stamp)])
            self.known[source, by] = stamp
        return True


    def _finer(self, source: str, by: str, stamp: str) -> str | None:
        """A way in which the table has been counted by the same months, and by keys as well."""
        return next((b for (s, b), t in self.known.items() if s == source and t == stamp and OF not in b and b.startswith(by + KEYED)), None)


def prepare(con: duckdb.DuckDBPyConnection) -> None:
    """Create the memory's tables where they are not there yet."""
    con.execute(_STATE)


@contextmanager
def carried(con: duckdb.DuckDBPyConnection, source: str, home: str, token: str, part: str) -> Iterator[None]:
    """Within the block only rows that ``part`` (SQL) names go from and come to a table; what was counted of it at ``token`` is brought along.

    A sum of hashes less those of the rows that went and with those of the rows that came is the sum over the table: nothing else is read.
    Call inside the transaction that changes the rows, and :func:`settle` after it.
    """
    ways = _ways(con, source, token)
    if not ways:
        yield
        return
    # The rows are found by the columns of ``part`` alone; only they are read whole.
    find = f"create or replace temp table parting as select rowid as row from {home} where {part}"
    con.execute(find)
    _count(con, "going_counts", home, _PARTING, ways)
    yield
    con.execute(find)
    _count(con, "coming_counts", home, _PARTING, ways)
    _bring(con, source)


_PARTING = "rowid in (select row from parting)"


def _ways(con: duckdb.DuckDBPyConnection, source: str, token: str | None) -> list[str]:
    """The ways in which a table has been counted as it stands at a token."""
    if token is None:
        return []
    return [by for (by,) in con.execute("select by_month from state.counted where source = ? and token = ?", [source, _stamp(token)]).fetchall()]


def _count(con: duckdb.DuckDBPyConnection, target: str, home: str, where: str, ways: Sequence[str]) -> None:
    """Lay a temporary table (by_month, month, rows, total): what these rows of a table hold, counted in these ways."""
    if not ways:
        return
    labels = ", ".join(f"{labelled(by)} as l{i}, {hashed(by)} as h{i}" for i, by in enumerate(ways))
    con.execute(
        f"create or replace temp table {target} as with part as materialized (select {labels} from {home} as t where {where}) "
        + " union all ".join(
            f"select {quote(by)} as by_month, l{i} as month, count(*) as rows, sum(h{i}) as total from part group by 2" for i, by in enumerate(ways)
        )
    )


def _bring(con: duckdb.DuckDBPyConnection, source: str) -> None:
    """Take ``going_counts`` from what is remembered of a table and add ``coming_counts`` to it: nothing else of it is read."""
    con.execute(
        "create or replace temp table passing as select by_month, month, sum(rows) as rows, sum(total) as total from"
        " (select by_month, month, -rows as rows, -total as total from going_counts union all from coming_counts) group by 1, 2 having sum(rows) <> 0 or sum(total) <> 0"
    )
    con.execute(
        "create or replace temp table passed as select by_month, month, sum(rows) as rows, sum(total) as total from"
        " (from passing union all select by_month, month, rows, cast(hash as hugeint) from state.content semi join passing using (by_month, month)"
        " where source = ?) group by 1, 2", [source],
    )  # fmt: skip
    con.execute("delete from state.content where source = ? and (by_month, month) in (select (by_month, month) from passing)", [source])
    con.execute(f"insert into state.content select ?, by_month, month, rows, cast(total as varchar), {_next(con)} from passed", [source])


def settle(con: duckdb.DuckDBPyConnection, source: str, old: str, new: str) -> None:
    """What was brought along from one token of a table stands at another from now on."""
    con.execute("update state.counted set token = ? where source = ? and token = ?", [_stamp(new), source, _stamp(old)])


def _keep(kept: tuple[str, Contents, dict[str, int]], month: str, rows: int, found: str, since: int | None) -> None:
    if rows:
        kept[1][month] = (rows, found)
    kept[2][month] = since or 0


def _next(con: duckdb.DuckDBPyConnection) -> int:
    return int(first(con, "select nextval('state.building')")[0])  # type: ignore[index]


def moved(con: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """Mart → SQL of the rows among which all are that came, went or changed since :func:`held`; those built as a whole are left out."""
    rows = con.execute(
        "select target, string_agg(distinct '(' || part || ')', ' or ') from state.moved group by target having not bool_or(part = 'true')"
    ).fetchall()
    return dict(rows)


def held(con: duckdb.DuckDBPyConnection) -> None:
    """A snapshot holds all marts as they are."""
    with at_once(con):
        con.execute("delete from state.moved")
        passing.held(con)


def _stamp(token: str) -> str:
    # Sums of hashes are only carried on within one version of DuckDB: another may hash differently.
    return f"{duckdb.__version__} {token}"


def _short(text: str) -> str:
    # A later DuckDB may hash differently, or compute an expression differently: then everything is built again.
    return hashlib.sha256((duckdb.__version__ + text).encode()).hexdigest()[:24]
