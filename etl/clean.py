"""How text as delivered becomes a typed value: DuckDB macros, so that a contract compiles to plain SQL.

Every macro takes trimmed text and answers NULL where the text cannot be understood; nothing is guessed and nothing damaged is
repaired.  The common form of a value takes a short path; the forms met in the field (full-width digits, ``2023年5月3日``, Excel
serials, ``1,234.50元``) are tried only where the short path fails, because ``CASE`` is evaluated for the remaining rows alone; a missing value takes none.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import astuple
from datetime import date
from typing import Any

import duckdb
import pyarrow as pa

from etl import clock
from etl.area_history import meanings
from etl.region import Area

MARGIN = 0.02
"""Degrees round the district, some two kilometres: a service just over the border is nothing strange."""
FEW = 12
"""Rows that are inserted as parameters; more are handed over as columns."""
_FULL = "".join(chr(c) for c in range(0xFF01, 0xFF5F))
_HALF = "".join(chr(c) for c in range(0x21, 0x7F))
_BLANKS = " \t\r\n\u3000\u00a0\ufeff\u200b"
_NULL_WORDS = ("-", "--", "—", "——", "/", "无", "NULL", "null", "N/A", "None")
_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CREDIT_SIGNS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
MOST_YUAN = 10**12
_FOREVER = ("长期", "长期有效", "永久", "永久有效", "无固定期限")


def quote(text: object) -> str:
    """A value as an SQL literal."""
    if isinstance(text, bool | int | float):
        return str(text)
    return "'" + str(text).replace("'", "''") + "'"


def name(identifier: str) -> str:
    """An identifier, quoted."""
    return '"' + identifier.replace('"', '""') + '"'


def first(con: duckdb.DuckDBPyConnection, sql: str, parameters: Sequence[object] = ()) -> tuple[Any, ...] | None:
    """The first row, or None.  DuckDB 2 keeps a connection busy until a result is fetched to its end, so all of it is."""
    rows = con.execute(sql, list(parameters)).fetchall()
    return rows[0] if rows else None


@contextmanager
def at_once(con: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """One transaction; what the block did is undone where it fails."""
    con.execute("begin")
    try:
        yield
        con.execute("commit")
    except BaseException:
        with suppress(duckdb.Error):  # a commit that failed on a full disk has ended the transaction already
            con.execute("rollback")
        raise


def insert(con: duckdb.DuckDBPyConnection, table: str, rows: Sequence[Sequence[object]]) -> None:
    """Insert rows in one statement: a statement a row costs a millisecond each, and a parameter a value is little better.

    Values of different kinds in one column are handed over as parameters, which the columns of the table decide about.
    """
    if len(rows) > FEW and (columns := _columns(rows)):
        con.register("inserted", pa.table(columns))
        try:
            con.execute(f"insert into {table} select * from inserted")
        finally:
            con.unregister("inserted")
        return
    for at in range(0, len(rows), 400):
        part = rows[at : at + 400]
        marks = ", ".join(["(" + ", ".join("?" * len(part[0])) + ")"] * len(part))
        con.execute(f"insert into {table} values {marks}", [v for row in part for v in row])


def _columns(rows: Sequence[Sequence[object]]) -> dict[str, pa.Array] | None:
    try:
        return {f"c{i}": pa.array(values) for i, values in enumerate(zip(*rows, strict=True))}
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError, OverflowError):
        return None


def _let(variable: str, value: str, body: str) -> str:
    """SQL that computes ``value`` once for all its uses in ``body``: macros expand textually, so nesting them multiplies."""
    return f"list_transform([{value}], lambda {variable}: {body})[1]"


def among(expression: str, values: Iterable[object]) -> str:
    """SQL, true for a member of a list of constants, else null; ``IN`` would be planned as a join for every list."""
    return f"case {expression} {' '.join(f'when {quote(v)} then true' for v in values)} end"


def _id_check(column: str) -> str:
    total = " + ".join(f"coalesce(try_cast(substr({column}, {i + 1}, 1) as integer), 0) * {w}" for i, w in enumerate(_ID_WEIGHTS))
    return f"substr('10X98765432', cast(({total}) % 11 as integer) + 1, 1)"


def _credit_check(column: str) -> str:
    total = " + ".join(f"(strpos('{_CREDIT_SIGNS}', substr({column}, {i + 1}, 1)) - 1) * {pow(3, i, 31)}" for i in range(17))
    return f"substr('{_CREDIT_SIGNS}', cast((31 - ({total}) % 31) % 31 as integer) + 1, 1)"


def _macros(today: date) -> list[tuple[str, str]]:
    day_parts = r"^(\d{4})\s*[年./-]\s*(\d{1,2})\s*[月./-]\s*(\d{1,2})\s*[日号]?"
    clock = r"(\d{1,2})\s*[:时点]\s*(\d{1,2})\s*[:分]?\s*(\d{1,2})?(\.\d+)?\s*秒?"
    moment = quote(day_parts + "[ T]*" + clock + "$")
    # A four-digit year from 1850 to 2999 and a dash: what DuckDB's own cast may be trusted with.
    iso = "x >= '1850' and x < '3' and x like '____-%'"
    zoneless = "case strlen(x) when 19 then not contains(x, '+') when 16 then true when 10 then true else strlen(x) < 19 and not regexp_matches(x, '[+zZ]') end"
    blank_end = " or ".join(f"ends_with(x, {quote(blank)})" for blank in _BLANKS if blank < "!")
    birth = "cast(try_strptime(substr(y, 7, 8), '%Y%m%d') as date)"
    return [
        # Trimming by a set of characters is dear: text that plainly needs none (ASCII, no blank at either end) passes by, and so does none at all.
        # To look at the end costs next to nothing; to cut the last character off was most of the price of the whole.
        (
            "yg_text(x)",
            f"case when x >= '!' and x < '~' and strlen(x) = length(x) and not ({blank_end}) then x"
            f" when x <> '' then nullif(trim(x, {quote(_BLANKS)}), '') end",
        ),
        # translate() builds its table anew for every row, so plain ASCII must not come near it.
        (
            "yg_fold(x)",
            f"trim(case when strlen(x) = length(x) then x else translate(x, {quote(_FULL + '　')}, {quote(_HALF + ' ')}) end)",
        ),
        ("yg_value(x)", f"case when {among('x', _NULL_WORDS)} then null else x end"),
        # An identifier that went through a floating-point number has lost its last digits: 3.30105195001010E+17.
        ("yg_lossy(x)", "regexp_full_match(x, '\\d(\\.\\d+)?[Ee]\\+\\d+')"),
        (
            "yg_key(x)",
            "case when strlen(x) = length(x) and x >= '(' and not contains(x, 'E+') and not contains(x, 'e+') then x"
            " when x is not null then " + _let("k", "yg_fold(x)", "case when yg_lossy(k) then null else nullif(ltrim(k, '''’‘`'), '') end") + " end",
        ),
        ("yg_plain(x)", "upper(replace(ltrim(yg_fold(x), '''’‘`'), ' ', ''))"),
        (
            "yg_id18(y)",
            f"case when regexp_full_match(y, '\\d{{17}}[\\dX]') and {_id_check('y')} = substr(y, 18, 1)"
            f" and {birth} between date '1850-01-01' and date '{today}' then y end",
        ),
        ("yg_widen(w)", _let("f", f"w || {_id_check('w')}", "yg_id18(f)")),
        (
            "yg_id_of(y)",
            "case when regexp_full_match(y, '\\d{15}') then "
            + _let("w", "substr(y, 1, 6) || '19' || substr(y, 7, 9)", "yg_widen(w)")
            + " else yg_id18(y) end",
        ),
        ("yg_id(x)", _let("i", "yg_plain(x)", "yg_id_of(i)")),
        (
            "yg_credit_of(y)",
            f"case when regexp_full_match(y, '[{_CREDIT_SIGNS}]{{18}}') and {_credit_check('y')} = substr(y, 18, 1) then y end",
        ),
        ("yg_credit(x)", _let("c", "yg_plain(x)", "yg_credit_of(c)")),
        ("yg_since(d, low)", "nullif(greatest(d, low), low)"),
        (
            "yg_day_slow(y)",
            "case when regexp_full_match(y, '\\d{8}') then cast(try_strptime(y, '%Y%m%d') as date)"
            " when regexp_full_match(y, '[2-7]\\d{4}(\\.\\d+)?') then date '1899-12-30'"
            " + cast(floor(cast(y as double)) as integer)"
            f" when regexp_full_match(y, {quote(day_parts[1:] + '([ T].*)?')})"
            f" then try_cast(regexp_replace(y, {quote(day_parts + '.*$')}, '\\1-\\2-\\3') as date)"
            f" when {among('y', _FOREVER)} then date '9999-12-31' end",
        ),
        # Where a table is cleaned the two halves stand apart (etl/texts.py).
        ("yg_date_quick(x)", f"case when {iso} and strlen(x) = 10 then try_cast(x as date) end"),
        ("yg_date_slow(y)", "yg_since(yg_day_slow(y), date '1849-12-31')"),
        ("yg_date(x)", "coalesce(yg_date_quick(x), case when x is not null then " + _let("d", "yg_fold(x)", "yg_date_slow(d)") + " end)"),
        (
            "yg_moment_slow(y)",
            # A zone other than ours is converted; DuckDB's plain cast would drop it.
            "case when regexp_full_match(y, '\\d{4}-\\d\\d-\\d\\d[ T][\\d:.]+\\s*(Z|[+-]\\d\\d(:?\\d\\d)?)')"
            " then cast(timezone('Asia/Shanghai', try_cast(y as timestamptz)) as timestamp)"
            " when regexp_full_match(y, '[2-7]\\d{4}\\.\\d+') then timestamp '1899-12-30'"
            " + to_seconds(cast(round(cast(y as double) * 86400) as bigint))"
            " when regexp_full_match(y, '\\d{14}') then try_strptime(y, '%Y%m%d%H%M%S')"
            f" when regexp_full_match(y, {quote(day_parts[1:] + '[ T]*' + clock)})"
            f" then coalesce(try_cast(regexp_replace(y, {moment}, '\\1-\\2-\\3 \\4:\\5:\\6\\7') as timestamp),"
            f" try_cast(regexp_replace(y, {moment}, '\\1-\\2-\\3 \\4:\\5:00') as timestamp))"
            " else cast(yg_day_slow(y) as timestamp) end",
        ),
        # What may carry a zone is left to the slow half: the plain cast would drop it.
        ("yg_timestamp_quick(x)", f"case when {iso} and {zoneless} then try_cast(x as timestamp) end"),
        ("yg_timestamp_slow(y)", "yg_since(yg_moment_slow(y), timestamp '1849-12-31')"),
        (
            "yg_timestamp(x)",
            "coalesce(yg_timestamp_quick(x), case when x is not null then " + _let("m", "yg_fold(x)", "yg_timestamp_slow(m)") + " end)",
        ),
        (
            "yg_month_of(y)",
            "case when regexp_full_match(y, '\\d{4}(0[1-9]|1[0-2])') then substr(y, 1, 4) || '-' || substr(y, 5, 2)"
            " when regexp_full_match(y, '\\d{4}\\s*[年./-]\\s*(0?[1-9]|1[0-2])\\s*月?')"
            " then substr(y, 1, 4) || '-' || lpad(regexp_extract(y, '^\\d{4}\\D+(\\d{1,2})', 1), 2, '0')"
            " else strftime(yg_date(y), '%Y-%m') end",
        ),
        (
            "yg_month(x)",
            "case when regexp_full_match(x, '[12]\\d{3}-(0[1-9]|1[0-2])') then x when x is not null then "
            + _let("z", "yg_fold(x)", "yg_month_of(z)")
            + " end",
        ),
        # Commas between groups of three digits may go; 12,34 may be a decimal comma or two numbers, and is left as it is.
        (
            "yg_grouped(y)",
            "case when not contains(y, ',') or regexp_full_match(y, '[^\\d,.]*\\d{1,3}(,\\d{3})+(\\.\\d*)?[^\\d,.]*')"
            " then replace(y, ',', '') else y end",
        ),
        ("yg_digits(x)", _let("g", "replace(replace(yg_fold(x), ' ', ''), '−', '-')", "yg_grouped(g)")),
        # Accountants put brackets round what is below zero.
        ("yg_signed(y)", "case when regexp_full_match(y, '\\([^()-]+\\)') then '-' || substr(y, 2, length(y) - 2) else y end"),
        (
            "yg_money_of(y)",
            "case when ends_with(y, '万')"
            " then cast(try_cast(substr(y, 1, length(y) - 1) as decimal(24, 10)) * 10000 as decimal(28, 10))"
            " else cast(try_cast(y as decimal(28, 10)) as decimal(28, 10)) end",
        ),
        # A number of an account, a card or a person that slipped into a column of amounts is no amount, and would overflow the sums.
        (
            "yg_amount(y)",
            f"case when abs(y) < {MOST_YUAN} and y = try_cast(y as decimal(18, 2)) then try_cast(y as decimal(18, 2)) end",
        ),
        (
            "yg_money(x)",
            "case when x < ':' and try_cast(x as decimal(18, 4)) is not null then yg_amount(try_cast(x as decimal(18, 4)))"
            " when x is not null then "
            + _let(
                "b",
                _let("a", "regexp_replace(yg_digits(x), '[¥￥元圆整]|RMB|人民币', '', 'g')", "yg_money_of(yg_signed(a))"),
                "yg_amount(b)",
            )
            + " end",
        ),
        ("yg_finite(n)", "case when isfinite(n) then n end"),
        (
            "yg_number(x)",
            "coalesce(case when x < ':' and not contains(x, 'n') then try_cast(x as double) end, case when x is not null then "
            + _let("n", "yg_digits(x)", "case when n < ':' then yg_finite(try_cast(n as double)) end")
            + " end)",
        ),
        ("yg_whole(n)", "case when n = floor(n) and abs(n) < 1e15 then cast(n as bigint) end"),
        (
            "yg_integer(x)",
            "case when x < ':' and not contains(x, '.') and not contains(x, 'e') and try_cast(x as bigint) is not null"
            " then try_cast(x as bigint) when x is not null then " + _let("w", "yg_number(x)", "yg_whole(w)") + " end",
        ),
        (
            "yg_area(x)",
            "case when regexp_full_match(x, '\\d{12}') then x when x is not null then "
            + _let("a", "yg_plain(x)", "case when regexp_full_match(a, '\\d{6}|\\d{9}|\\d{12}') then rpad(a, 12, '0') end")
            + " end",
        ),
        *_geo_macros(),
    ]


def _geo_macros() -> list[tuple[str, str]]:
    """GCJ-02 and BD-09 to CGCS2000 (equal to WGS 84 within a metre).  The forward shift has no closed inverse: iterate twice."""
    pi = "pi()"  # a literal would be read as a DECIMAL and overflow
    wave = f"(20 * sin(6 * a * {pi}) + 20 * sin(2 * a * {pi})) * 2 / 3"
    dlat = (
        "-100 + 2 * a + 3 * b + 0.2 * b * b + 0.1 * a * b + 0.2 * sqrt(abs(a))"
        f" + {wave} + (20 * sin(b * {pi}) + 40 * sin(b / 3 * {pi})) * 2 / 3"
        f" + (160 * sin(b / 12 * {pi}) + 320 * sin(b * {pi} / 30)) * 2 / 3"
    )
    dlng = (
        "300 + a + 2 * b + 0.1 * a * a + 0.1 * a * b + 0.1 * sqrt(abs(a))"
        f" + {wave} + (20 * sin(a * {pi}) + 40 * sin(a / 3 * {pi})) * 2 / 3"
        f" + (150 * sin(a / 12 * {pi}) + 300 * sin(a / 30 * {pi})) * 2 / 3"
    )
    axis, ecc = "6378245e0", "0.00669342162296594323e0"
    magic = f"(1 - {ecc} * pow(sin(lat * {pi} / 180), 2))"
    bd = f"{pi} * 3000.0 / 180.0"
    return [
        ("yg_raw_dlat(a, b)", dlat),
        ("yg_raw_dlng(a, b)", dlng),
        (
            "yg_shift_lat(lng, lat)",
            f"yg_raw_dlat(lng - 105, lat - 35) * 180 / (({axis} * (1 - {ecc})) / ({magic} * sqrt({magic})) * {pi})",
        ),
        (
            "yg_shift_lng(lng, lat)",
            f"yg_raw_dlng(lng - 105, lat - 35) * 180 / ({axis} / sqrt({magic}) * cos(lat * {pi} / 180) * {pi})",
        ),
        ("yg_gcj(p)", "{'lng': p.lng + yg_shift_lng(p.lng, p.lat), 'lat': p.lat + yg_shift_lat(p.lng, p.lat)}"),
        ("yg_nearer(p, g, q)", "{'lng': p.lng + q.lng - g.lng, 'lat': p.lat + q.lat - g.lat}"),
        ("yg_first(q)", "{'lng': q.lng - yg_shift_lng(q.lng, q.lat), 'lat': q.lat - yg_shift_lat(q.lng, q.lat)}"),
        (
            "yg_from_gcj(x)",
            _let("q", "x", _let("p", "yg_first(q)", _let("g", "yg_gcj(p)", "yg_nearer(p, g, q)"))),
        ),
        ("yg_bd_z(x, y)", f"sqrt(x * x + y * y) - 0.00002 * sin(y * {bd})"),
        ("yg_bd_t(x, y)", f"atan2(y, x) - 0.000003 * cos(x * {bd})"),
        ("yg_bd_cartesian(r)", "{'lng': r.z * cos(r.t), 'lat': r.z * sin(r.t)}"),
        ("yg_bd_polar(u, v)", "{'z': yg_bd_z(u, v), 't': yg_bd_t(u, v)}"),
        (
            "yg_bd_to_gcj(x)",
            _let("o", "x", _let("r", "yg_bd_polar(o.lng - 0.0065, o.lat - 0.006)", "yg_bd_cartesian(r)")),
        ),
        ("yg_from_bd(q)", "yg_from_gcj(yg_bd_to_gcj(q))"),
        # A receiver without a fix reports 0, 0: that is a missing point, not one in the Gulf of Guinea.
        ("yg_no_fix(lng, lat)", "coalesce(yg_number(lng) = 0 and yg_number(lat) = 0, false)"),
        ("yg_inland(p)", "case when p.lng between 73 and 136 and p.lat between 3 and 54 then p end"),
        ("yg_point(lng, lat)", _let("s", "{'lng': yg_number(lng), 'lat': yg_number(lat)}", "yg_inland(s)")),
        (
            "yg_crs(x)",
            "case when upper(x) in ('CGCS2000', 'WGS84', 'WGS-84', '2000', 'EPSG:4490') then 'cgcs2000'"
            " when upper(x) in ('GCJ02', 'GCJ-02', '高德', '火星') then 'gcj02'"
            " when upper(x) in ('BD09', 'BD-09', '百度') then 'bd09' end",
        ),
    ]


_LONG_NUMBER = "[0-9０-９][0-9０-９ -]{5,}[0-9０-９][Xx]?"
_PERSONS_NUMBER = "(^|[^0-9])(1[3-9][0-9]{9}|[1-9][0-9]{5}(18|19|20)[0-9]{9}[0-9Xx]|[1-9][0-9]{14})([^0-9]|$)"
"""A mobile number, an ID number of 18 or of 15 characters, standing alone."""


def masked(expression: str, privacy: str) -> str:
    """SQL for a value as it may be shown in a list of rejected rows: personal values keep too little to identify anybody."""
    x = f"cast({expression} as varchar)"
    match privacy:
        case "name":
            return f"left({x}, 1) || repeat('*', greatest(length({x}) - 1, 1))"
        case "id":
            return f"left({x}, 4) || repeat('*', greatest(length({x}) - 5, 1)) || right({x}, 1)"
        case "phone":
            return f"left({x}, 3) || '****' || right({x}, 2)"
        case "address":
            return f"left({x}, 4) || '…'"
        case "account":
            return f"'****' || right({x}, 4)"
        case "text":
            return f"left(regexp_replace({x}, '{_LONG_NUMBER}', '****', 'g'), 60)"
        case _:
            # A column that has slipped may hold somebody's number under any heading.
            return f"left(regexp_replace({x}, '{_PERSONS_NUMBER}', '****', 'g'), 60)"


def prepare(
    con: duckdb.DuckDBPyConnection, areas: list[Area], today: date | None = None, box: tuple[float, float, float, float] | None = None
) -> None:
    """Define the macros and the table ``area_lookup`` (the meanings of every area code) for this connection; both are temporary.

    ``box``: west, south, east, north of the district, beyond which (by ``MARGIN``) a local point is doubtful.
    """
    con.execute("set timezone = 'Asia/Shanghai'")
    for signature, body in _macros(today or clock.today()):
        con.execute(f"create or replace temp macro {signature} as {body}")
    afar = "false"
    if box:
        west, south, east, north = box
        afar = (
            f"not (lng between {west - MARGIN:.6f} and {east + MARGIN:.6f} and lat between {south - MARGIN:.6f} and {north + MARGIN:.6f})"
        )
    con.execute(f"create or replace temp macro yg_afar(lng, lat) as {afar}")
    con.execute(
        "create or replace temp table area_lookup (code varchar, level integer, target varchar, split boolean, valid_from date,"
        " valid_to date, use_from date, use_until date)"
    )
    insert(con, "area_lookup", [astuple(m) for m in meanings(areas)])
