"""Marts: one SQL file each, whose header says its Chinese title, the grain, the place, the time, and every column with its title and privacy."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache, cached_property, lru_cache
from pathlib import Path

import sqlglot
from sqlglot import exp

from etl.contract import Privacy

FOLDER = Path(__file__).parent / "marts"
GIVEN = ("month", "area", "area_closure", "standard", "incident_rule", "incident_duty")
POLICY_TABLES = ("rating", "rating_domain", "rating_evidence", "rating_change", "exit_status", "exit_reason", "inspection_risk", "inspection_risk_reason",
                 "credit_grade", "credit_reason")  # fmt: skip
_FIELD = re.compile(r"^--\s*(title|grain|area|time|provider|key|monthly|keyed|rows):\s*(.+?)\s*$")
_COLUMN = re.compile(r"^--\s{2,}(\w+)\s+(.*?)(?:\s*\[(name|id|phone|address|account|text)\])?\s*$")


class MartError(Exception):
    """A mart file that cannot be used: a mistake of the developer."""


@dataclass(frozen=True, slots=True)
class MartColumn:
    """A column as people see it; ``privacy`` names the class by which it is masked."""

    name: str
    title: str
    privacy: Privacy


@dataclass(frozen=True)
class Mart:
    """One mart: ``area``, ``time``, ``provider`` and ``key`` name its columns of that meaning ('' where it has none).

    ``key`` together with the month names one record: by it a record that is about a person can be opened on its own.
    """

    name: str
    sql: str
    grain: str
    area: str
    time: str
    provider: str
    columns: tuple[MartColumn, ...]
    key: str = ""
    monthly: Mapping[str, str] = field(default_factory=dict)
    """Inputs of which a month of the mart needs the same month only: table → SQL that gives the month of a row."""
    keyed: Mapping[str, str] = field(default_factory=dict)
    """Inputs of which a row of the mart needs the rows of the same key only: table → column with the key."""
    title: str = ""
    rows: tuple[str, tuple[str, ...]] = ("", ())
    """How the mart's rows of a key are found: ('', its own column), or by the rows of an input (table, the columns that name a row of it)."""
    whole: frozenset[str] = frozenset()
    """Those of ``keyed`` that its SQL must see whole all the same, because it says something about rows that find none there."""

    @cached_property
    def reads(self) -> frozenset[str]:
        """The tables that its SQL reads: checked tables, other marts, the given ones."""
        return frozenset(self.uses)

    @cached_property
    def uses(self) -> Mapping[str, frozenset[str] | None]:
        """Table read → names among which are all columns that its SQL looks at of it; None where that may be every one."""
        tree = sqlglot.parse_one(self.sql, read="duckdb")
        inner = {cte.alias for cte in tree.find_all(exp.CTE)}
        found: dict[str, frozenset[str] | None] = {}
        for table in tree.find_all(exp.Table):
            if table.name not in inner:
                names, before = _names(table), found.get(table.name, frozenset())
                found[table.name] = None if names is None or before is None else names | before
        return found

    @property
    def has_figures(self) -> bool:
        """True where rows belong to an area and a month."""
        return bool(self.area and self.time)


def _names(table: exp.Table) -> frozenset[str] | None:
    """The names by which the query that a table stands in may speak of its columns; None where it may speak of all: by a star or of whole rows."""
    select, alias = table.find_ancestor(exp.Select), table.alias_or_name.lower()
    if select is None:
        return None
    found: set[str] = set()
    for node in select.walk(prune=lambda part: isinstance(part, exp.With)):
        if isinstance(node, exp.Star) and not isinstance(node.parent, exp.Count):
            of = node.parent.table.lower() if isinstance(node.parent, exp.Column) else ""
            if of == alias or (not of and node.find_ancestor(exp.Select) is select):
                return None
        elif isinstance(node, exp.Pivot | exp.Columns) or (isinstance(node, exp.Join) and node.method):
            return None
        elif isinstance(node, exp.Join):
            found |= {column.name.lower() for column in node.args.get("using") or []}
        elif isinstance(node, exp.Column) and node.table.lower() in ("", alias):
            if not node.table and node.name.lower() == alias:
                return None
            found.add(node.name.lower())
    return frozenset(found)


@lru_cache(maxsize=512)
def parse(name: str, text: str) -> Mart:
    """A mart from the text of its file; MartError where the header lacks the grain. The same text gives the same mart, parsed once."""
    fields: dict[str, str] = {}
    columns: list[MartColumn] = []
    in_columns = False
    for line in text.splitlines():
        if not line.startswith("--"):
            break
        field = _FIELD.match(line)
        if line.strip() == "-- columns:":
            in_columns = True
        elif in_columns and (column := _COLUMN.match(line)):
            columns.append(MartColumn(column[1], column[2], column[3] or ""))  # type: ignore[arg-type]
        elif field and (field[1] in ("title", "grain", "monthly", "keyed", "rows") or re.fullmatch(r"\w+", field[2])):
            # A remark may explain "provider: by credit code …"; only a bare column name declares.
            fields[field[1]] = field[2]
    if "grain" not in fields:
        raise MartError(f"{name}.sql: the header does not say the grain")
    place = (fields.get("area", ""), fields.get("time", ""), fields.get("provider", ""))
    monthly = dict(_monthly(name, word) for word in fields.get("monthly", "").split())
    words = fields.get("keyed", "").split()
    keyed = dict(_column(name, word.rstrip("*")) for word in words)
    whole = frozenset(word.partition(".")[0] for word in words if word.endswith("*"))
    driver, _, own = fields.get("rows", "").rpartition(".")
    if bool(keyed) != bool(own) or (driver and (driver not in keyed or driver in whole)):
        raise MartError(f"{name}.sql: keyed needs rows; rows of an input need that input among keyed, without a star")
    return Mart(name, text, fields["grain"], *place, tuple(columns), fields.get("key", ""), monthly, keyed,
                fields.get("title", ""), (driver, tuple(own.split(",")) if own else ()), whole)  # fmt: skip


def _column(mart: str, word: str) -> tuple[str, str]:
    """``table.column``."""
    if not re.fullmatch(r"\w+\.\w+", word):
        raise MartError(f"{mart}.sql: {word!r} is no column of a table")
    table, _, column = word.partition(".")
    return table, column


def _monthly(mart: str, word: str) -> tuple[str, str]:
    """``table`` (its column month), ``table.month_column`` or ``table.day_column!`` (a day or moment) as table → SQL of the month."""
    table, _, column = word.rstrip("!,").partition(".")
    if not re.fullmatch(r"\w+(\.\w+)?!?,?", word):
        raise MartError(f"{mart}.sql: {word!r} is no table with a month")
    day = f'"{column}"'
    return table, f"strftime({day}, '%Y-%m')" if word.rstrip(",").endswith("!") else day if column else '"month"'


def marts(folder: Path = FOLDER, memory: Path | None = None) -> list[Mart]:
    """All marts of a folder, each after those that it reads.

    ``memory``: a file that keeps what their SQL looks at for the next process, which then need not take it all apart again (half a second).
    """
    found = [parse(p.stem, p.read_text(encoding="utf-8")) for p in sorted(folder.glob("*.sql"))]
    if memory is None:
        return ordered(found)
    # Everything that ``uses`` follows from: the SQL, the parser, and how its tree is read.
    parsed_from = repr([(mart.name, mart.sql) for mart in found]).encode() + sqlglot.__version__.encode() + Path(__file__).read_bytes()
    digest = hashlib.sha256(parsed_from).hexdigest()
    known = _recall(memory, digest, found)
    inorder = ordered(found)
    if not known:
        with suppress(OSError):  # it only costs the next process its half second
            _remember(memory, digest, found)
    return inorder


def _recall(memory: Path, digest: str, found: Iterable[Mart]) -> bool:
    """Take over what is remembered of these very marts; false where nothing is, or the file cannot be read."""
    try:
        held = json.loads(memory.read_bytes())
        if held["digest"] != digest:
            return False
        uses = {mart: {table: None if names is None else frozenset(names) for table, names in told.items()} for mart, told in held["uses"].items()}
        for mart in found:
            vars(mart)["uses"] = uses[mart.name]  # where the property keeps it
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return False
    return True


def _remember(memory: Path, digest: str, found: Iterable[Mart]) -> None:
    uses = {mart.name: {table: None if names is None else sorted(names) for table, names in mart.uses.items()} for mart in found}
    fresh = memory.with_suffix(".tmp")
    fresh.write_text(json.dumps({"digest": digest, "uses": uses}), encoding="utf-8")
    fresh.replace(memory)


@cache
def titles() -> dict[str, str]:
    """Mart → its title as people read it, of all that the product declares."""
    return {m.name: m.title or m.name for m in marts()}


def standards_read(folder: Path = FOLDER) -> set[str]:
    """The names of the region's numbers that the marts of a folder compare with."""
    pattern = re.compile(r"\bstandard\s*=\s*'(\w+)'")
    return {name for path in folder.glob("*.sql") for name in pattern.findall(path.read_text(encoding="utf-8"))}


def ordered(found: Iterable[Mart]) -> list[Mart]:
    """Marts so that each comes after those that it reads; MartError for a circle."""
    left: dict[str, Mart] = {m.name: m for m in found}
    done: list[Mart] = []
    while left:
        ready = [m for m in left.values() if not any(r in left and r != m.name for r in m.reads)]
        if not ready:
            raise MartError(f"these marts read each other: {', '.join(left)}")
        done += [left.pop(m.name) for m in ready]
    return done


def after_policy(marts: Iterable[Mart]) -> set[str]:
    """The marts that read ratings or exit states, directly or through another mart."""
    late: set[str] = set()
    for mart in marts:
        if mart.reads & (set(POLICY_TABLES) | late):
            late.add(mart.name)
    return late


def shown(marts: Iterable[Mart], measured: Iterable[str]) -> list[Mart]:
    """The marts that a snapshot holds: those with an area and a month, but not mere steps (read by marts, measured by nothing)."""
    found = list(marts)
    steps = {r for m in found for r in m.reads if r != m.name} - set(measured)
    return [m for m in found if m.has_figures and m.name not in steps]
