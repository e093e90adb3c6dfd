"""Contracts compiled to SQL: raw text becomes typed rows in one pass; what is unacceptable goes to quarantine with its reason.

The pass marks a row with ``_bad`` or ``_warn`` only; which rule, which value and the sentence for the owner are worked out for
the marked rows alone.  Always: rows read = rows loaded + rows quarantined + rows superseded, and the sums of money agree.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

import duckdb
import sqlglot
from sqlglot import exp

from etl.area_history import NEVER
from etl.clean import among, masked, name, quote
from etl.contract import (
    AreaCode,
    Choice,
    Column,
    Contract,
    CreditCode,
    Date,
    Flag,
    IdNumber,
    Integer,
    Key,
    Money,
    Month,
    Number,
    Point,
    Reference,
    Table,
    Text,
    Timestamp,
)
from etl.texts import in_halves, laid, quick, text

LAST_DAY = NEVER - timedelta(days=1)
LEVEL_NAMES = {1: "区", 2: "街道", 3: "社区"}
FINDINGS = (
    "module varchar, table_name varchar, source varchar, position bigint, column_name varchar, column_title varchar,"
    " value_masked varchar, rule varchar, sentence varchar, community_code varchar, batch bigint, line bigint, row_key varchar"
)
"""``position`` tells rows of a source apart and says nothing to anybody; ``line`` is what the owner of a file counts (null elsewhere), ``row_key``
the key as it stands in the source."""


Rules = tuple[tuple[str, str], ...]
"""(sentence, SQL condition)."""


class ContractError(Exception):
    """A contract that cannot be compiled: a mistake of the developer, not of the data."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One checked column: its type, the SQL that cleans it, the text it comes from and the SQL of what is wrong with it.

    ``quick``: what is worked out below (:func:`etl.texts.laid`), as ``clean`` looks at it more than once.
    """

    column: Column
    name: str
    sql_type: str
    clean: str
    given: str
    range_fault: str = ""
    range_sentence: str = ""
    invalid: str = "无法识别"
    quick: str = ""

    @property
    def bad(self) -> str:
        """SQL over the cleaned row: true where this column makes the row unacceptable."""
        column = name(self.name)
        if not self.column.optional:
            return f"({column} is null or {self.range_fault})" if self.range_fault else f"{column} is null"
        # CASE rather than AND: what was given is looked at for the few rows only that have a text and no value.
        texts = text(self.column.source)
        if isinstance(self.column, Point):
            texts = f"coalesce({texts}, {text(self.column.latitude_source)})"
        return f"(case when {column} is not null then {self.range_fault or 'false'} when {texts} is not null then {self.given} is not null else false end)"


@dataclass(frozen=True, slots=True)
class Compiled:
    """A table of a contract as SQL. ``stage`` is a SELECT with a ``{where}`` hole over the raw rows."""

    module: str
    table: Table
    cells: tuple[Cell, ...]
    raw_columns: tuple[str, ...]
    cleaned: str
    plain_rejects: Rules
    window_rejects: Rules
    plain_warns: Rules
    window_warns: Rules

    @property
    def full_name(self) -> str:
        """The checked table's name, ``<module>_<table>``."""
        return f"{self.module}_{self.table.name}"

    @property
    def columns(self) -> str:
        """The checked columns, comma-joined and quoted."""
        return ", ".join(name(c.name) for c in self.cells)

    def keyed(self, where: str) -> str:
        """A SELECT of the cleaned key and ``_row`` of raw rows; without looking anything up where the key can do without."""
        cells = [c for c in self.cells if c.name in self.table.key]
        if any(isinstance(c.column, AreaCode | Point) for c in cells):
            return self.cleaned.replace("{where}", where)
        cleans = ", ".join(f"{c.clean} as {name(c.name)}" for c in cells)
        source = f"raw.{name(self.full_name)} where {where}"
        return f"select {cleans}, _row from {laid(dict.fromkeys(c.column.source for c in cells), 'rowid as _row', source, cells)} as r"

    @property
    def stage(self) -> str:
        """One pass: cleaned columns, position, and the two marks."""
        bad = " or ".join(["_defect is not null", *(c.bad for c in self.cells), *(_true(sql) for _, sql in self.plain_rejects)])
        warn = " or ".join(_true(sql) for _, sql in self.plain_warns) or "false"
        return f"select {self.columns}, _source, _position, ({bad}) as _bad, ({warn}) as _warn from ({self.cleaned})"

    @property
    def empty(self) -> str:
        """DDL for the checked table without rows, for a module that has never delivered."""
        columns = ", ".join(f"{name(c.name)} {c.sql_type}" for c in self.cells)
        return f"create table if not exists checked.{name(self.full_name)} ({columns})"


_compiled: dict[int, tuple[Contract, list[Compiled]]] = {}
MANY = 128


@dataclass(frozen=True, slots=True)
class Counts:
    """What became of a delivery's rows, and of its money (None where the table has none)."""

    read: int
    loaded: int
    quarantined: int
    superseded: int
    warned: int
    money_read: Decimal | None = None
    money_loaded: Decimal | None = None
    money_quarantined: Decimal | None = None
    money_superseded: Decimal | None = None

    def verify(self, what: str) -> None:
        """AssertionError when a row or a cent is unaccounted for."""
        if self.read != self.loaded + self.quarantined + self.superseded:
            raise AssertionError(f"{what}: {self}")
        if self.money_read is not None:
            parts = (self.money_loaded or 0) + (self.money_quarantined or 0) + (self.money_superseded or 0)
            if self.money_read != parts:
                raise AssertionError(f"{what}: {self}")


def raw_columns(table: Table) -> tuple[str, ...]:
    """The source columns that a table reads, each once, in order; they name the columns of the raw table."""
    wanted: list[str] = []
    for column in table.columns:
        wanted.append(column.source)
        if isinstance(column, Point):
            wanted += [s for s in (column.latitude_source, column.crs_source) if s]
    return tuple(dict.fromkeys(wanted))


def compile(module: str, table: Table) -> Compiled:
    """Compile one table of a module's contract; ContractError where a rule is not SQL or a key is not a column."""
    raws = raw_columns(table)
    joins: list[str] = []
    source = f"raw.{name(f'{module}_{table.name}')} where {{where}}"
    cells = tuple(cell for column in table.columns for cell in _cells(table, column, joins, source))
    known = {c.name for c in cells}
    for key in (*table.key, *(c for c in (table.order_by, table.money, table.cursor) if c)):
        if key not in known:
            raise ContractError(f"{module}.{table.name}: {key} is not one of its columns")
    given = ", ".join(text(r) for r in raws)
    cleans = ", ".join(f"{c.clean} as {name(c.name)}" for c in cells)
    hidden, doubts = _doubts_of_place(table)
    cleaned = (
        f"select {cleans}, {given}{hidden}, _source, _position, _defect, _batch, _row"
        f" from {laid(raws, '_source, _position, _defect, _batch, rowid as _row', source, cells)} as r {' '.join(joins)}"
    )
    plain_rejects, window_rejects = _split(module, table, table.reject)
    plain_warns, window_warns = _split(module, table, table.warn)
    plain_warns += doubts
    return Compiled(module, table, cells, raws, cleaned, plain_rejects, window_rejects, plain_warns, window_warns)


def compile_contract(contract: Contract) -> list[Compiled]:
    """All tables of a contract, in declared order; the same contract is compiled once."""
    held = _compiled.get(id(contract))
    if held is None or held[0] is not contract:  # kept with its contract: the number of an object is given away again after its end
        if len(_compiled) >= MANY:
            _compiled.clear()
        held = _compiled[id(contract)] = (contract, [compile(contract.module, table) for table in contract.tables])
    return list(held[1])


def _true(condition: str) -> str:
    return f"coalesce(({condition}), false)"


def _split(module: str, table: Table, rules: Mapping[str, str]) -> tuple[Rules, Rules]:
    """Rules over one row, and rules that need other rows (windows, subqueries)."""
    plain: list[tuple[str, str]] = []
    windowed: list[tuple[str, str]] = []
    for sentence, condition in rules.items():
        try:
            tree = sqlglot.parse_one(condition, read="duckdb")
        except sqlglot.errors.ParseError as error:
            raise ContractError(f"{module}.{table.name}: {condition!r} is not SQL: {error}") from error
        (windowed if tree.find(exp.Window) or tree.find(exp.Subquery) else plain).append((sentence, condition))
    return tuple(plain), tuple(windowed)


def _cells(table: Table, column: Column, joins: list[str], source: str) -> Iterator[Cell]:
    raw = text(column.source)
    value = f"yg_value({raw})"
    match column:
        case Point():
            yield from _point(column, raw, text(column.latitude_source), joins, source)
        case AreaCode():
            alias = f"a{_area_codes(table).index(column)}"
            when = f"coalesce({_day(table, column.at)}, date '{LAST_DAY}')" if column.at else f"date '{LAST_DAY}'"
            joins.append(
                f"left join area_lookup as {alias} on {alias}.code = yg_area(r.{raw}) and {alias}.level = {int(column.level)}"
                f" and {alias}.use_from <= {when} and {alias}.use_until > {when}"
            )
            yield Cell(column, column.name, "varchar", f"{alias}.target", raw,
                       invalid=f"不是本区有效的{LEVEL_NAMES[column.level]}代码")
        case Text() if isinstance(column, Key):
            yield Cell(column, column.name, "varchar", f"yg_key({raw})", raw, invalid="编号已损坏（被表格软件转成了数字）",
                       **_longest(column))
        case Text():
            yield Cell(column, column.name, "varchar", raw, raw, **_longest(column))
        case IdNumber():
            yield Cell(column, column.name, "varchar", f"yg_id({raw})", value,
                       invalid="不是有效的身份证号（位数、日期或校验码不符）")
        case CreditCode():
            yield Cell(column, column.name, "varchar", f"yg_credit({raw})", value,
                       invalid="不是有效的统一社会信用代码（校验码不符）")
        case Choice():
            whole = all(isinstance(v, int) for v in column.allowed.values())
            cases = " ".join(f"when {quote(k)} then {quote(v)}" for k, v in column.allowed.items())
            allowed = "、".join(str(k) for k in list(column.allowed)[:8])
            # What the source says may itself be one of the null words, so a listed value goes first.
            yield Cell(column, column.name, "integer" if whole else "varchar", f"case {raw} {cases} end",
                       f"(case when {among(raw, column.allowed)} then {raw} else {value} end)",
                       invalid=f"不在允许的取值之内（{allowed}）")
        case Flag():
            clean = f"case when {among(raw, column.true)} then true when {among(raw, column.false)} then false end"
            yield Cell(column, column.name, "boolean", clean, value, invalid="不是“是”或“否”")
        case Date():
            # Some systems write zeros for "no date": where a date may be missing that is what it means, elsewhere it is a fault of its own.
            given = f"case when {value} not like '0000-00-00%' then {value} end" if column.optional else value
            yield Cell(column, column.name, "date", in_halves(column), given, invalid="不是有效日期", quick=f"yg_date_quick({raw})")
        case Timestamp():
            given = f"case when {value} not like '0000-00-00%' then {value} end" if column.optional else value
            yield Cell(column, column.name, "timestamp", in_halves(column), given, invalid="不是有效时间", quick=f"yg_timestamp_quick({raw})")
        case Month():
            yield Cell(column, column.name, "varchar", f"yg_month({raw})", value, invalid="不是有效月份",
                       range_fault=f"{name(column.name)} > strftime(current_date + interval {int(column.ahead)} month, '%Y-%m')",
                       range_sentence=f"晚于本月后 {column.ahead} 个月" if column.ahead > 1 else "晚于下个月")
        case Integer():
            yield Cell(column, column.name, "bigint", f"yg_integer({raw})", value, invalid="不是整数", **_range(column))
        case Number():
            yield Cell(column, column.name, "double", f"yg_number({raw})", value, invalid="不是数字", **_range(column))
        case Money():
            amount = f"case when regexp_matches({raw}, '[0-9０-９]$') then {raw} || '万' else {raw} end" if column.ten_thousands else raw
            yield Cell(column, column.name, "decimal(18, 2)", f"yg_money({amount})", value, invalid="不是有效金额（最多两位小数）",
                       **_range(column))
        case _:
            raise ContractError(f"{column.name}: a column of kind {type(column).__name__} is not known")


def _day(table: Table, named: str) -> str:
    """SQL for the day of a row, by its date, time or month column; the last day of a month."""
    try:
        column = table.column(named)
    except KeyError:
        raise ContractError(f"{table.name}: {named} is not one of its columns") from None
    match column:
        case Month():
            return f"last_day(cast(yg_month(r.{text(column.source)}) || '-01' as date))"
        case Timestamp():
            return f"cast({in_halves(column)} as date)"
        case Date():
            return in_halves(column)
    raise ContractError(f"{table.name}: {named} is no date")


def _area_codes(table: Table) -> list[AreaCode]:
    """The columns that hold area codes, in order: the joined look-ups are numbered by them."""
    return [c for c in table.columns if isinstance(c, AreaCode)]


def _doubts_of_place(table: Table) -> tuple[str, Rules]:
    """(SQL of hidden columns, warnings): codes used outside their validity, codes that were split, points outside the district."""
    hidden, doubts = "", []
    for i, column in enumerate(_area_codes(table)):
        split, begins, ends = (name(f"{mark}:{column.name}") for mark in ("split", "from", "to"))
        hidden += f", a{i}.split as {split}"
        doubts.append((f"“{column.heading}”的代码已拆分，无法判断属于哪一个，计入上级", split))
        if column.at:
            hidden += f", {_day(table, column.at)} as {name('at:' + column.name)}, a{i}.valid_from as {begins}, a{i}.valid_to as {ends}"
            day, on = name(f"at:{column.name}"), table.column(column.at).heading
            doubts.append((f"“{column.heading}”的代码在“{on}”时尚未启用", f"{day} < {begins}"))
            doubts.append((f"“{column.heading}”的代码在“{on}”时已停用，按承接的代码计入", f"{day} >= {ends}"))
    for point in (c for c in table.columns if isinstance(c, Point) and c.local):
        doubts.append((f"“{point.heading}”不在本区范围内", f"yg_afar({name(point.name + 'lng')}, {name(point.name + 'lat')})"))
    return hidden, tuple(doubts)


def _longest(column: Text) -> dict[str, str]:
    return {
        "range_fault": f"length({name(column.name)}) > {int(column.max_length)}",
        "range_sentence": f"长度超过 {column.max_length} 个字",
    }


def _range(column: Integer | Number | Money) -> dict[str, str]:
    low, high = column.minimum, getattr(column, "maximum", None)
    faults = [f"{name(column.name)} < {low}"] if low is not None else []
    faults += [f"{name(column.name)} > {high}"] if high is not None else []
    bounds = "、".join([f"不小于 {low}"] * (low is not None) + [f"不大于 {high}"] * (high is not None))
    return {"range_fault": " or ".join(faults), "range_sentence": f"应{bounds}"} if faults else {}


def _point(column: Point, lng: str, lat: str, joins: list[str], source: str) -> Iterator[Cell]:
    given = f"(case when not yg_no_fix({lng}, {lat}) then coalesce({lng}, {lat}) end)"
    shifted = "" if column.crs in ("cgcs2000", "wgs84") and not column.crs_source else _shifted(column, lng, lat, joins, source)
    for axis, given_text, low, high in (("lng", lng, "73", "136"), ("lat", lat, "3", "54")):
        named = f"{column.name}{axis}"
        plain = f"case when {quick(named)} between {low} and {high} then {quick(named)} end"
        yield Cell(column, named, "double", f"{shifted}.p.{axis}" if shifted else plain, given,
                   invalid="不是境内的有效坐标（经度约 73–136，纬度约 3–54，请检查是否写反）", quick="" if shifted else f"yg_number({given_text})")  # fmt: skip


def _shifted(column: Point, lng: str, lat: str, joins: list[str], source: str) -> str:
    """Join the converted points as ``<alias>.p``. The shift is dear and places come back (a shop, a site): each is worked out once."""
    alias, texts = f"p{len(joins)}", {"x": column.source, "y": column.latitude_source}
    if column.crs_source:
        texts["c"] = column.crs_source
    point, match = "yg_point(x, y)", [f"{alias}.x = r.{lng}", f"{alias}.y = r.{lat}"]
    convert = {"cgcs2000": point, "wgs84": point, "gcj02": f"yg_from_gcj({point})", "bd09": f"yg_from_bd({point})"}
    shift = convert[column.crs]
    if column.crs_source:
        match.append(f"{alias}.c is not distinct from r.{text(column.crs_source)}")
        shift = (
            f"case coalesce(yg_crs(c), {quote(column.crs)}) when 'gcj02' then {convert['gcj02']}"
            f" when 'bd09' then {convert['bd09']} else {point} end"
        )
    columns = ", ".join(f"yg_text({name(raw)}) as {key}" for key, raw in texts.items())
    joins.append(
        f"left join (select {', '.join(texts)}, {shift} as p from (select distinct {columns} from {source}) as d) as {alias}"
        f" on {' and '.join(match)}"
    )
    return alias


def references(compiled: Compiled, severity: str) -> list[Reference]:
    """The references of a table with that severity."""
    return [r for r in compiled.table.references if r.severity == severity]


def outcome_tables(con: duckdb.DuckDBPyConnection) -> None:
    """Create the schemas and the tables of findings of a work file, where they do not exist."""
    for schema in ("raw", "checked", "state"):
        con.execute(f"create schema if not exists {schema}")
    for table in ("quarantine", "warning"):
        con.execute(f"create table if not exists state.{table} ({FINDINGS})")
        for column in ("line bigint", "row_key varchar"):  # a work file of a version that did not tell them
            con.execute(f"alter table state.{table} add column if not exists {column}")


def shown(cell: Cell) -> str:
    """The delivered text of a cell as it may be shown."""
    given = text(cell.column.source)
    if isinstance(cell.column, Point):
        given = f"concat_ws(',', {given}, {text(cell.column.latitude_source)})"
    return masked(given, cell.column.privacy)
