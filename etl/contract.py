"""What a module promises to deliver: the contract between an outside system and the warehouse.

A contract is data. ``etl.checks`` compiles it to SQL; nothing here touches a database.  A contract can be printed for the
department that owns the system, so every title, unit and rule is in the words of the field.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

Privacy = Literal["", "name", "id", "phone", "address", "account", "text"]
"""``text``: free words in which somebody may have written a name, a number or an address."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of a checked table.

    ``source`` is the header or column name in the outside system; ``aliases`` are other spellings that owners are known to use.
    ``optional`` means the value may be missing, not that the column may be absent: an absent column is a change of schema unless
    ``may_be_absent`` is set.  ``privacy`` names the class by which the value is masked wherever it is shown.
    """

    name: str
    source: str
    aliases: tuple[str, ...] = ()
    title: str = ""
    optional: bool = False
    may_be_absent: bool = False
    privacy: Privacy = ""
    meaning: str = ""
    unit: str = ""
    kind: str = "text"

    @property
    def heading(self) -> str:
        """The Chinese title shown to people; the source's own header where no title is given."""
        return self.title or self.source


@dataclass(frozen=True, slots=True, kw_only=True)
class Text(Column):
    """Text, trimmed; full-width letters and digits are kept as delivered."""

    max_length: int = 4000


@dataclass(frozen=True, slots=True, kw_only=True)
class Key(Text):
    """An identifier: trimmed, full-width ASCII folded, a leading apostrophe removed; never a number."""

    kind: str = "key"


@dataclass(frozen=True, slots=True, kw_only=True)
class IdNumber(Column):
    """A citizen's ID number (GB 11643): 18 characters with checksum, or 15 digits widened to 18; damaged ones are rejected."""

    kind: str = "id_number"
    privacy: Privacy = "id"


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditCode(Column):
    """A unified social credit code (GB 32100): 18 characters with checksum."""

    kind: str = "credit_code"


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice(Column):
    """One of the allowed values; ``allowed`` maps what the source says to what the warehouse keeps (text or integer)."""

    kind: str = "choice"
    allowed: Mapping[str, str | int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Flag(Column):
    """Yes or no."""

    kind: str = "flag"
    true: tuple[str, ...] = ("1", "是", "true", "True", "TRUE", "Y", "t")
    false: tuple[str, ...] = ("0", "否", "false", "False", "FALSE", "N", "f")


@dataclass(frozen=True, slots=True, kw_only=True)
class Date(Column):
    """A calendar date in any of the forms met in the field (ISO, 2023.5.3, 2023年5月3日, 20230503, Excel serial)."""

    kind: str = "date"


@dataclass(frozen=True, slots=True, kw_only=True)
class Timestamp(Column):
    """A moment in Asia/Shanghai without zone."""

    kind: str = "timestamp"


@dataclass(frozen=True, slots=True, kw_only=True)
class Month(Column):
    """A month; kept as ``YYYY-MM``. One more than ``ahead`` months after the present one is set aside: no figure has such a month."""

    kind: str = "month"
    ahead: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Integer(Column):
    """A whole number within ``minimum`` … ``maximum``."""

    kind: str = "integer"
    minimum: int | None = None
    maximum: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Number(Column):
    """A decimal number (double) within ``minimum`` … ``maximum``."""

    kind: str = "number"
    minimum: float | None = None
    maximum: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Money(Column):
    """An amount in yuan, DECIMAL(18,2); ``1,234.50元``, full-width digits and 万元 are understood.

    ``ten_thousands``: the source's column is headed 万元, so that a number without a unit of its own is so many ten thousands.
    """

    kind: str = "money"
    minimum: float | None = 0
    ten_thousands: bool = False
    unit: str = "元"


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaCode(Column):
    """A 12-digit area code (9- and 6-digit ones are widened); an abolished code becomes its successor, an unknown one is rejected.

    ``at`` names the table's date, time or month by which the code is to be understood: one code may have meant two areas in turn.
    A code not yet, or no longer, valid on that day passes with a warning.  A code that was split into several counts for the area
    above them, also with a warning: which part was meant, nobody can tell, but the total is kept.
    """

    kind: str = "area"
    level: int = 3
    at: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Point(Column):
    """A coordinate pair in two source columns (``source`` = longitude, ``latitude_source`` = latitude), stored as lng, lat in CGCS2000.

    ``crs`` is cgcs2000, wgs84, gcj02 or bd09, or the name of a source column that says it per row (``crs_source``).
    Makes two columns, ``<name>lng`` and ``<name>lat`` (name is a prefix, usually the empty string).  ``local``: the point belongs into the
    district; one clearly outside its boundaries (two kilometres) passes with a warning.
    """

    kind: str = "point"
    latitude_source: str = ""
    crs: Literal["cgcs2000", "wgs84", "gcj02", "bd09"] = "cgcs2000"
    crs_source: str = ""
    local: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """A value that must exist in a checked table of another (or the same) module, for example an elder or a provider.

    ``severity`` ``reject`` sends the row to quarantine, ``warn`` only lists it.  ``fault``: SQL over the row ``s`` and a row ``o`` of the
    referred table; where it is given, rows are marked for which it holds (see :func:`after_departure`), not those that refer to nothing.
    """

    column: str
    table: str
    key: str
    sentence: str
    severity: Literal["reject", "warn"] = "warn"
    fault: str = ""


def after_departure(
    on: str, what: str, column: str = "elder_id", key: str = "elder_id", month: bool = False, where: str = "true"
) -> Reference:
    """The warning that an elder had already died or moved away when something dated happened to them.

    ``on``: the table's date or time (``month``: its month; what is due for the month of departure itself is no fault); ``what``: its
    words, for example 服务时间; ``column`` refers to ``key`` of the register; ``where``: SQL over the row ``s`` to narrow it down.
    """
    late = f"s.{on} > strftime(o.status_on, '%Y-%m')" if month else f"cast(s.{on} as date) > o.status_on"
    return Reference(
        column=column, table="registry_elder", key=key, sentence=f"{what}晚于老年人死亡或迁出日期",
        fault=f"o.status <> '正常' and {late} and {where}",
    )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One table of a module.

    ``name`` is the checked table's name within its module (``registry`` + ``elder`` = ``registry_elder``); ``source`` names the
    database table, the worksheet (or a prefix of its name) or the file pattern below the module's folder.  ``reject`` and ``warn`` map a
    sentence in Chinese to an SQL condition over the cleaned columns; a condition may use window functions.
    ``order_by`` decides which of several rows with one key is the newest (the last wins; the others are superseded).
    ``cursor`` names the timestamp that every change of a row moves on: rows are then read from the last seen moment on, not all again.
    ``dated`` names the column (a month, day or moment) by which a row counts in a month; none where a row stands for longer.
    ``may_be_empty``: no row at all is an answer, not a delivery that went wrong.
    """

    name: str
    title: str
    source: str
    grain: str
    key: Sequence[str]
    columns: Sequence[Column]
    reject: Mapping[str, str] = field(default_factory=dict)
    warn: Mapping[str, str] = field(default_factory=dict)
    references: Sequence[Reference] = ()
    order_by: str = ""
    money: str = ""
    community: str = ""
    cursor: str = ""
    dated: str = ""
    may_be_empty: bool = False

    @property
    def month(self) -> str:
        """SQL over the checked table: the month in which a row counts; '' where rows have none."""
        if not self.dated:
            return ""
        return f'"{self.dated}"' if isinstance(self.column(self.dated), Month) else f"strftime(\"{self.dated}\", '%Y-%m')"

    def column(self, name: str) -> Column:
        """The column of that name; KeyError when there is none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cadence:
    """When data is expected: every ``every`` (day, month, year), at the latest ``grace_days`` after the period ended."""

    every: Literal["day", "month", "year"]
    grace_days: int
    text: str


def daily(grace_days: int = 1) -> Cadence:
    """Data of a day arrives within ``grace_days``."""
    return Cadence(every="day", grace_days=grace_days, text=f"每日，{grace_days} 天内")


def monthly(day: int) -> Cadence:
    """Data of a month arrives until ``day`` of the next month."""
    return Cadence(every="month", grace_days=day, text=f"每月 {day} 日前报送上月")


def yearly(days: int = 90) -> Cadence:
    """Data of a year arrives within ``days`` of the next year."""
    return Cadence(every="year", grace_days=days, text=f"每年，{days} 天内")


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """What one module delivers, who owns it and when it is late."""

    module: str
    title: str
    owner: str
    systems: Sequence[str]
    tables: Sequence[Table]
    due: Cadence
    after: Sequence[str] = ()
    """Modules whose checked tables this one's references need."""

    def table(self, name: str) -> Table:
        """The table of that name; KeyError when there is none."""
        for table in self.tables:
            if table.name == name:
                return table
        raise KeyError(name)
