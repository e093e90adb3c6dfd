"""What every connector shares: errors that a department can act on, matching of headers, and batches of text.

A reader yields Arrow batches in which every column of the source is text as delivered (the empty string where nothing is),
beside ``_source`` (file, sheet or table), ``_position`` (row number there) and ``_defect`` (a sentence on a damaged line).
"""

from __future__ import annotations

import fnmatch
import hashlib
import math
import re
import time
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Protocol

import pyarrow as pa

from etl import clock
from etl.checks import raw_columns
from etl.connectors import observed
from etl.contract import Contract, Table

CHUNK = 65_536
MARKS = ("_source", "_position", "_defect")
_SUBTOTAL = re.compile(r"^(本页|本单位|累计)?(小计|合计|总计)[:：]?$")
_SUBTOTAL_TAIL = re.compile(r"(小计|合计|总计)([（(][^（）()]{1,6}[)）])?[:：]?$")
_NOTE = re.compile(
    r"^(注|说明|备注|填表|制表|审核|复核|填报|单位负责人|数据来源|数据截至|打印)[^，。]{0,6}?[:：、.．]|^注[\d一二三]"
)
_NOTE_BEGINS = "注说备填制审复单数打"
# A file written within the last moments may be written again without its time showing it.
SETTLED_NS = 2_000_000_000
_hashes: dict[Path, tuple[tuple[int, ...], str]] = {}


class SourceError(Exception):
    """A delivery that cannot be read; the message is one Chinese sentence for the owner of the system, without personal data."""


class SchemaError(SourceError):
    """A delivery that lacks columns which the contract requires."""


class EmptyError(SourceError):
    """A file or sheet without anything in it, not even its columns."""


class NothingYetError(SourceError):
    """A source that is known and rightly empty: nothing has been written to it yet. No fault of its owner."""


class Reader(Protocol):
    """One module's way in. ``skipped`` counts lines that are no records (subtotals, notes), by reason, while reading.

    A reader of several files also has ``broken``: table → file → why it was passed over (see :func:`passed_over`).
    """

    skipped: Counter[str]

    def fingerprint(self, table: Table) -> str | None:
        """What tells an unchanged delivery of a table; None where only reading can tell. SourceError when it is not there."""
        ...

    def delivered_on(self) -> date | None:
        """The day the delivery was written, as far as the source tells."""
        ...

    def read(self, table: Table) -> Iterator[pa.RecordBatch]:
        """The table's rows; SourceError when it cannot be read or its columns are not those of the contract."""
        ...


def passed_over(reader: Reader, table: Table | None = None) -> dict[str, str]:
    """File → the sentence why it could not be read while the others of its table could; of one table or of all read so far."""
    broken: dict[str, dict[str, str]] = getattr(reader, "broken", {})
    return {file: why for name, files in broken.items() if table is None or name == table.name for file, why in files.items()}


def unopened(place: str, owner: str, error: OSError) -> SourceError:
    """The sentence for a file that the system does not let us read (no permission, a bad disk, gone meanwhile)."""
    return SourceError(f"文件 {place} 无法打开（{error.strerror or '系统错误'}）。请{owner}确认文件完好、可以读取后重新报送。")


def schema(table: Table) -> pa.Schema:
    """The Arrow schema of a table's batches: its source columns as text, then the marks."""
    return pa.schema(
        [(c, pa.string()) for c in raw_columns(table)]
        + [("_source", pa.string()), ("_position", pa.int64()), ("_defect", pa.string())]
    )


def batch(
    table: Table, columns: Sequence[Iterable[str | None] | pa.Array], source: str, positions: Iterable[int] | pa.Array,
    defects: Sequence[str | None] | None = None,
) -> pa.RecordBatch:
    """A batch from one array (or list) of text per raw column."""
    target = schema(table)
    number = positions if isinstance(positions, pa.Array) else pa.array(positions, pa.int64())
    arrays = [c if isinstance(c, pa.Array) else pa.array(c, pa.string()) for c in columns]
    arrays += [pa.repeat(pa.scalar(source, pa.string()), len(number)), number]
    arrays.append(pa.array(defects, pa.string()) if defects else pa.nulls(len(number), pa.string()))
    return pa.RecordBatch.from_arrays(arrays, schema=target)


@lru_cache(maxsize=4096)
def normal(header: object) -> str:
    """A header for comparison: width folded, blanks and line breaks removed, case ignored."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", str(header or ""))).casefold()


def spellings(table: Table) -> dict[str, tuple[str, ...]]:
    """Raw column → the headers it may stand under, best first."""
    found: dict[str, tuple[str, ...]] = {r: (r,) for r in raw_columns(table)}
    for column in table.columns:
        found[column.source] = (*found[column.source], *column.aliases)
    return found


def absent_allowed(table: Table) -> set[str]:
    """Raw columns without which the table can still be read."""
    needed: set[str] = set()
    for column in table.columns:
        if not column.may_be_absent:
            needed |= {column.source, getattr(column, "latitude_source", "") or "", getattr(column, "crs_source", "") or ""}
    return set(raw_columns(table)) - needed


def match(table: Table, headers: Sequence[str], leaves: Sequence[str] | None = None) -> dict[str, int]:
    """Raw column → index among ``headers`` (joined names), or among their ``leaves`` where no joined name fits."""
    joined: dict[str, int] = {}
    for i, header in enumerate(headers):
        joined.setdefault(normal(header), i)
    for i, header in enumerate(leaves or ()):
        joined.setdefault(normal(header), i)
    joined.pop("", None)
    found = {}
    for raw, names in spellings(table).items():
        hit = next((joined[normal(n)] for n in names if normal(n) in joined), None)
        if hit is not None:
            found[raw] = hit
    return found


def require(contract: Contract, table: Table, place: str, found: dict[str, int], present: Sequence[str]) -> None:
    """SchemaError naming the missing columns and those that are there."""
    missing = [r for r in raw_columns(table) if r not in found and r not in absent_allowed(table)]
    if missing:
        have = "、".join(p for p in present if p) or "无"
        raise SchemaError(
            f"{place}缺少{'、'.join(f'“{m}”' for m in missing)}列（现有：{have[:300]}）。"
            f"请{contract.owner}按模板重新报送；列名确已更改的，请告知系统管理员登记新列名。"
        )
    observed.headers(table.name, present)


def no_key(cell: str) -> bool:
    """True for a cell of a key column in which no key stands: nothing, or the words of a total (本月合计)."""
    return not cell or ("计" in cell and _SUBTOTAL_TAIL.search(cell) is not None)


def not_a_record(cells: Sequence[str], key_blank: bool) -> str | None:
    """Why a line of a sheet or file is no record: 小计行, 说明行, or None for a record.

    ``cells`` are its texts in order; ``key_blank``: :func:`no_key` of a key column.
    """
    filled = [c for c in cells if c]
    if not filled:
        return "空行"
    # One character that all these words have in common is looked for first: this is asked of every line of every sheet.
    totals = [c for c in filled[:3] if "计" in c]
    if any(_SUBTOTAL.match(c.replace(" ", "").replace("\u3000", "")) for c in totals):
        return "小计行"
    if key_blank and any(_SUBTOTAL_TAIL.search(c) for c in totals):
        return "小计行"
    if (filled[0][0] in _NOTE_BEGINS and _NOTE.match(filled[0])) or (len(filled) == 1 and len(cells) > 2 and key_blank):
        return "说明行"
    return None


def delivered_files(root: Path, source: str, suffixes: Sequence[str], owner: str) -> list[Path]:
    """The files of a table, by name: ``root`` itself, or those below it that fit ``source`` (a name or a pattern); SourceError if none."""
    if root.is_file():
        return [root]
    pattern = source if any(c in source for c in "*?.") else f"{source}*"
    names = [p for p in sorted(root.rglob("*")) if p.is_file() and not p.name.startswith((".", "~"))]
    found = [p for p in names if fnmatch.fnmatch(p.relative_to(root).as_posix(), pattern)]
    found = [p for p in found if p.suffix.lower() in suffixes] or found
    if not found:
        raise SourceError(f"目录 {root.name} 中没有“{source}”文件。请{owner}补报。")
    return found


def sha256(path: Path) -> str:
    """The content hash of a file; one that cannot be opened has none, and says so when it is read."""
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        return f"unopened {error.errno}"


def content_hash(path: Path) -> str:
    """A file's content hash, as :func:`sha256`; remembered within the process while its :func:`stamp` stays."""
    try:
        seen, settled = stamp(path)
    except OSError:
        return sha256(path)
    held = _hashes.get(path)
    if held and held[0] == seen:
        return held[1]
    found = sha256(path)
    if settled and not found.startswith("unopened"):
        _hashes[path] = (seen, found)
    return found


def stamp(path: Path) -> tuple[tuple[int, ...], bool]:
    """A file's size, times and number on the disk; and whether these would tell that it is written again. OSError where there is no file.

    Whoever writes to a file moves the time of its last change of state (``ctime``), which nobody can set.
    """
    stat = path.stat()
    settled = time.time_ns() - max(stat.st_mtime_ns, stat.st_ctime_ns) > SETTLED_NS
    return (stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino, stat.st_dev), settled


def written_on(paths: Iterable[Path]) -> date | None:
    """The day the newest of these files was written."""
    times = [p.stat().st_mtime for p in paths if p.exists()]
    return clock.day(max(times)) if times else None


def plain(value: object) -> str:
    """A typed value as text. A whole float loses its ``.0``; one beyond 15 digits stays visibly damaged (``3.3E+17``).

    A moment with a zone is told in the bureau's.
    """
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        if not math.isfinite(value):
            return ""
        if abs(value) >= 1e15:
            return f"{value:.14E}"
        return str(int(value)) if value.is_integer() else format(value, ".15g")
    if isinstance(value, datetime):
        if value.tzinfo is not None:
            value = value.astimezone(clock.ZONE)
        return value.strftime("%Y-%m-%d %H:%M:%S") if value.time() != datetime.min.time() else value.strftime("%Y-%m-%d")
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return str(value)
