"""Workbooks as departments keep them: title rows, merged two-row headers, subtotals, notes; .xlsx and .xls, read with calamine.

calamine holds a sheet as a dense rectangle, so a file of a few kilobytes with one cell in the last corner could ask for all
memory: size, compression and extent are looked at before a sheet is opened.  Where looking cannot tell (an old .xls, or a long text that
many cells share), the workbook is opened in a process of its own (``etl.connectors.apart``).
"""

from __future__ import annotations

import fnmatch
import hashlib
import re
import zipfile
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

import pyarrow as pa
from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, PasswordError, SheetVisibleEnum

from etl.checks import raw_columns
from etl.connectors import biff, observed
from etl.connectors.apart import BookApart, DamagedError, SheetApart, TooLargeError, open_apart
from etl.connectors.base import (
    CHUNK,
    EmptyError,
    SourceError,
    batch,
    content_hash,
    match,
    no_key,
    normal,
    not_a_record,
    passed_over,
    plain,
    require,
    unopened,
    written_on,
)
from etl.connectors.observed import Sheet, Total
from etl.connectors.sheetextent import extent
from etl.connectors.sheetmarks import SHIFT_1904, Marks, marks
from etl.contract import Contract, Date, Money, Table, Timestamp

MAX_FILE = 256 << 20
MAX_UNPACKED = 512 << 20
MAX_RATIO = 300
MAX_CELLS = 30_000_000
MAX_TEXT = 1 << 30
HEADER_ROWS = 30
DAMAGED = "{what}已损坏，无法打开。请{owner}用 Excel 或 WPS 另存后重新报送。"
TOO_LARGE = "{what}展开后过大，可能是异常文件，拒绝读取。请{owner}清除空白区域后重新报送。"
UNCALCULATED = "该行含有未计算的公式，没有数值（请用 Excel 打开并保存后再报送）"


class WorkbookReader:
    """The workbooks of one module: a path, or a pattern such as ``…/caregiver/*.xlsx``.

    Of several, one that cannot be read is passed over and told in ``broken``.
    """

    def __init__(self, contract: Contract, path: str):
        self.contract = contract
        self.skipped: Counter[str] = Counter()
        self.broken: dict[str, dict[str, str]] = {}
        pattern = Path(path)
        found = [pattern] if pattern.is_file() else sorted(pattern.parent.glob(pattern.name)) if pattern.parent.is_dir() else []
        self.paths = [p for p in found if p.is_file() and not p.name.startswith(("~$", "."))]
        if not self.paths:
            raise SourceError(f"找不到工作簿 {pattern.name}（目录 {pattern.parent.name}）。请{contract.owner}补报。")
        self._books: dict[Path, CalamineWorkbook | BookApart] = {}
        self._marks: dict[Path, Marks] = {}
        self._hash = ""

    def fingerprint(self, table: Table) -> str:
        if not self._hash:
            self._hash = hashlib.sha256("".join(f"{p.name}:{content_hash(p)};" for p in self.paths).encode()).hexdigest()
        return self._hash

    def delivered_on(self) -> date | None:
        passed = passed_over(self)
        return written_on(p for p in self.paths if p.name not in passed)

    def read(self, table: Table) -> Iterator[pa.RecordBatch]:
        found = 0
        failures: list[SourceError] = []
        for path in self.paths:
            try:
                book = self._open(path)
                sheets = _sheets(book, table.source)
                for sheet in sheets:
                    yield from self._read_sheet(table, path, self._sheet(book, path, sheet), sheet)
                found += len(sheets)
            except SourceError as error:
                failures.append(error)
                self.broken.setdefault(table.name, {})[path.name] = str(error)
        if not found and failures:
            raise failures[0]
        if not found:
            have = "、".join(s for p in self.paths for s in self._open(p).sheet_names)
            raise SourceError(
                f"{self.paths[0].name} 中没有工作表“{table.source}”（现有：{have[:200]}）。"
                f"请{self.contract.owner}按模板重新报送。"
            )

    def _open(self, path: Path) -> CalamineWorkbook | BookApart:
        if path not in self._books:
            owner = self.contract.owner
            try:
                apart = not inspect(path, owner)
            except OSError as error:
                raise unopened(path.name, owner, error) from error
            try:
                self._marks[path] = marks(path)
                if apart:
                    self._books[path] = open_apart(path)
                else:
                    with path.open("rb") as stream:
                        self._books[path] = CalamineWorkbook.from_filelike(stream)
            except PasswordError as error:
                raise SourceError(f"工作簿 {path.name} 设有密码，无法读取。请{owner}取消密码后重新报送。") from error
            except TooLargeError as error:
                raise SourceError(TOO_LARGE.format(what=f"工作簿 {path.name}", owner=owner)) from error
            except (CalamineError, DamagedError, OSError, ValueError) as error:
                raise SourceError(DAMAGED.format(what=f"工作簿 {path.name}", owner=owner)) from error
        return self._books[path]

    def _sheet(self, book: CalamineWorkbook | BookApart, path: Path, title: str) -> CalamineSheet | SheetApart:
        """One sheet, whose cells calamine takes in now; SourceError where they do not make sense to it, whatever it says to that."""
        try:
            return book.get_sheet_by_name(title)
        except BaseException as error:  # its panics are no Exception, and have no class that could be named
            if not isinstance(error, Exception) and type(error).__name__ != "PanicException":
                raise
            raise SourceError(f"工作簿 {path.name} 的工作表“{title}”已损坏，无法读取。请{self.contract.owner}另存后重新报送。") from error

    def _read_sheet(self, table: Table, path: Path, sheet: CalamineSheet | SheetApart, title: str) -> Iterator[pa.RecordBatch]:
        place = f"工作簿 {path.name} 的工作表“{title}”"
        if sheet.total_height * sheet.total_width > MAX_CELLS:
            extent = f"{sheet.total_height} 行 × {sheet.total_width} 列"
            raise SourceError(f"{place}有 {extent}，超出上限。请{self.contract.owner}拆分报送。")
        try:
            rows = [[(c if type(c) is str else plain(c)).strip() for c in row] for row in sheet.to_python(skip_empty_area=False)]
        except (CalamineError, ValueError) as error:
            raise SourceError(f"{place}已损坏，无法读取。请{self.contract.owner}另存后重新报送。") from error
        if not any(any(row) for row in rows):
            raise EmptyError(f"{place}是空的。请{self.contract.owner}重新报送。")
        start, found, present = header(table, rows)
        require(self.contract, table, place, found, present)
        keys = [found[c.source] for c in table.columns if c.name in table.key and c.source in found]
        raws, source = raw_columns(table), f"{path.name}/{title}"
        if not _fill_merged(table, sheet, rows, start, found):
            raise SourceError(f"{place}已损坏（合并单元格互相重叠）。请{self.contract.owner}另存后重新报送。")
        if self._marks[path].epoch_1904:
            _shift_serials(table, rows[start:], found)
        formulas, picked = self._marks[path].uncalculated.get(title, set()), set(found.values())
        defects: list[str | None] = []
        money = found.get(table.column(table.money).source) if table.money else None
        totals: list[Total] = []
        kept: list[list[str]] = []
        numbers: list[int] = []
        for number, row in enumerate(rows[start:], start=start + 1):
            reason = not_a_record(row, key_blank=any(no_key(row[k]) for k in keys))
            damaged = bool(formulas) and any((number, c) in formulas for c in picked)
            if reason and (reason == "小计行" or not damaged):
                self.skipped[reason] += reason != "空行"
                if reason == "小计行" and money is not None:
                    totals.append(Total(number, next(c for c in row if c), row[money]))
                continue
            kept.append([row[found[r]] if r in found else "" for r in raws])
            numbers.append(number)
            defects.append(UNCALCULATED if damaged else None)
        if money is not None:
            amounts = pa.array([row[raws.index(table.column(table.money).source)] for row in kept], pa.string())
            observed.sheet(Sheet(table.name, source, totals, [pa.array(numbers, pa.int64())], [amounts]))
        for at in range(0, len(kept), CHUNK):
            part = kept[at : at + CHUNK]
            yield batch(table, list(zip(*part, strict=True)), source, numbers[at : at + CHUNK], defects[at : at + CHUNK])


def _fill_merged(table: Table, sheet: CalamineSheet | SheetApart, rows: list[list[str]], start: int, found: dict[str, int]) -> bool:
    """Give every row of a cell merged over several rows its value, as people read it; never a key or an amount, which would double.

    False where merged cells lie over each other, which no program writes and which could be made to take for ever.
    """
    alone = {c.source for c in table.columns if c.name in table.key or isinstance(c, Money)}
    columns = {i for raw, i in found.items() if raw not in alone}
    room = len(columns) * len(rows)
    for (top, left), (bottom, right) in sheet.merged_cell_ranges or []:
        if top >= start and bottom > top and left == right and left in columns:
            room -= min(bottom, len(rows)) - top
            if room < 0:
                return False
            for row in rows[top + 1 : bottom + 1]:
                row[left] = row[left] or rows[top][left]
    return True


def _shift_serials(table: Table, rows: list[list[str]], found: dict[str, int]) -> None:
    """Bare day numbers of a workbook that counts from 1904 as those that count from 1900 (cells formatted as dates are right already)."""
    for i in {found[c.source] for c in table.columns if isinstance(c, Date | Timestamp) and c.source in found}:
        for row in rows:
            if re.fullmatch(r"\d{5}(\.\d+)?", row[i]):
                row[i] = plain(float(row[i]) + SHIFT_1904)


def header(table: Table, rows: Sequence[Sequence[str]]) -> tuple[int, dict[str, int], list[str]]:
    """(index of the first data row, raw column → index, headers found) of the header, of one or two rows, that fits best."""
    best: tuple[int, dict[str, int], list[str]] = (0, {}, [])
    for i in range(min(HEADER_ROWS, len(rows))):
        leaves = list(rows[i])
        candidates = [(leaves, leaves)]
        if i:
            candidates.append(_two_rows(rows[i - 1], leaves))
        for joined, leaf in candidates:
            found = match(table, joined, leaf)
            if len(found) > len(best[1]):
                best = (i + 1, found, [re.sub(r"\s+", "", h) for h in joined])
    if not best[1]:
        # Nothing fits: show the row with most cells, which is what the owner believes to be the header.
        fullest = max(rows[:HEADER_ROWS], key=lambda r: len({normal(c) for c in r if c}))
        best = (0, {}, [h for h in fullest if h])
    return best


def _two_rows(upper: Sequence[str], lower: Sequence[str]) -> tuple[list[str], list[str]]:
    """Joined names 组·列 and leaf names of a header over two rows; a merged group cell has its text in the first column only."""
    joined, leaves, group = [], [], ""
    for above, below in zip(upper, lower, strict=True):
        group = above or (group if below else "")
        joined.append(f"{group}·{below}" if group and below else below or above)
        leaves.append(below or above)
    return joined, leaves


def _sheets(book: CalamineWorkbook | BookApart, source: str) -> list[str]:
    """The visible sheets of that name, or whose names begin with it or fit the pattern."""
    if isinstance(book, BookApart):
        visible = book.sheet_names
    else:
        visible = [s.name for s in book.sheets_metadata if s.visible == SheetVisibleEnum.Visible]
    exact = [n for n in visible if n.strip() == source]
    pattern = source if any(c in source for c in "*?") else f"{source}*"
    return exact or [n for n in visible if fnmatch.fnmatch(n.strip(), pattern)]


def inspect(path: Path, owner: str) -> bool:
    """SourceError for a file that is no workbook or would not fit into memory; looks at it without opening it as a workbook.

    False for one of which looking does not tell how much memory it would take.
    """
    what = f"工作簿 {path.name}"
    size = path.stat().st_size
    if not size:
        raise EmptyError(f"{what}是空文件。请{owner}重新报送。")
    if size > MAX_FILE:
        raise SourceError(f"{what}有 {size >> 20} MB，超过 {MAX_FILE >> 20} MB 的上限。请{owner}拆分报送。")
    with path.open("rb") as stream:
        head = stream.read(4096)
    if head.startswith(b"PK"):
        return _inspect_zip(path, what, owner)
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        _inspect_old(path.read_bytes(), what, owner)
        return False
    if re.match(rb"(\xef\xbb\xbf)?\s*(<|MIME-Version|From:)", head, re.IGNORECASE):
        raise SourceError(f"{what}其实是网页文件，不是 Excel 文件。请{owner}用 Excel 或 WPS 打开后另存为 .xlsx 再报送。")
    raise SourceError(f"{what}不是 Excel 文件，或已损坏。请{owner}用 Excel 或 WPS 另存为 .xlsx 再报送。")


def _inspect_old(content: bytes, what: str, owner: str) -> None:
    password = f"{what}设有密码，无法读取。请{owner}取消密码后重新报送。"
    if "EncryptedPackage".encode("utf-16-le") in content:
        raise SourceError(password)
    try:
        book = biff.stream(content)
    except biff.TornError as error:
        raise SourceError(DAMAGED.format(what=what, owner=owner)) from error
    if biff.locked(book):
        raise SourceError(password)
    if book and not biff.whole(book):
        raise SourceError(DAMAGED.format(what=what, owner=owner))


def _inspect_zip(path: Path, what: str, owner: str) -> bool:
    broken = DAMAGED.format(what=what, owner=owner)
    too_big = TOO_LARGE.format(what=what, owner=owner)
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
            if not any(p.filename.lower().startswith("xl/workbook") for p in parts):
                raise SourceError(f"{what}不是 Excel 文件。请{owner}用 Excel 或 WPS 另存为 .xlsx 再报送。")
            unpacked = sum(p.file_size for p in parts)
            packed = max(1, sum(p.compress_size for p in parts))
            if unpacked > MAX_UNPACKED or (unpacked > (64 << 20) and unpacked / packed > MAX_RATIO):
                raise SourceError(too_big)
            if any(p.filename.lower() in ("xl/workbook.bin", "content.xml") for p in parts):
                raise SourceError(f"{what}不是 .xlsx 格式（可能是 .xlsb 或 .ods）。请{owner}用 Excel 或 WPS 另存为 .xlsx 再报送。")
            cells = longest = 0
            for part in parts:  # of every name: a workbook says itself where its sheets lie
                with archive.open(part) as stream:
                    asks = extent(stream)
                if asks.area > MAX_CELLS:
                    raise SourceError(too_big)
                cells, longest = cells + asks.cells, max(longest, asks.longest)
            return cells * longest <= MAX_TEXT  # calamine keeps a copy of a shared text for each cell
    except (zipfile.BadZipFile, zipfile.LargeZipFile, EOFError, OSError, NotImplementedError, RuntimeError, ValueError) as error:
        raise SourceError(broken) from error
    except Exception as error:  # zlib.error has no public base class of its own kind
        if isinstance(error, SourceError):
            raise
        raise SourceError(broken) from error
