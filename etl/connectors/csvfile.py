"""Folders of delimited files: decoded strictly, header found by the contract, damaged lines set aside one by one.

The encoding is settled file by file: a byte order mark says it, UTF-16 without one shows by its zero bytes, then UTF-8, the agreed
encoding and GB18030 are tried on the whole file.
"""

from __future__ import annotations

import codecs
import csv
import hashlib
import os
from collections import Counter
from collections.abc import Collection, Iterator
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv

from etl.checks import raw_columns
from etl.connectors import observed
from etl.connectors.base import (
    EmptyError,
    SourceError,
    absent_allowed,
    batch,
    content_hash,
    delivered_files,
    match,
    no_key,
    not_a_record,
    passed_over,
    require,
    written_on,
)
from etl.connectors.csvlines import record_lines
from etl.connectors.observed import Sheet, Total
from etl.contract import Contract, Table

MAX_BYTES = 4 << 30
HEADER_LINES = 10
BLOCK = 4 << 20
SUFFIXES = (".csv", ".txt", ".tsv", ".gz", "")
AUTO = "auto"
OTHERS = 3
"""Of so many files of a table one may end otherwise than the rest and be remarkable; where more do, it is the system's way."""
MARKS = (("utf-8-sig", codecs.BOM_UTF8), ("utf-16", codecs.BOM_UTF16_LE), ("utf-16", codecs.BOM_UTF16_BE))


class CsvReader:
    """The files of one module below a folder (or one file); ``encoding`` is the agreed one, others are recognised.

    A table's pattern may reach into sub-folders (``*/20??-??*.csv``): files are told apart by their path below the folder.
    ``auto`` as encoding means that nothing was agreed.
    """

    def __init__(self, contract: Contract, path: str, encoding: str, temp: Path):
        self.contract, self.root, self.encoding, self.temp = contract, Path(path), encoding, temp
        self.skipped: Counter[str] = Counter()
        self.broken: dict[str, dict[str, str]] = {}
        # Files are read one by one: the folder is listed once for all of them.
        self._listed: dict[str, dict[str, Path]] = {}
        self._compared: set[str] = set()
        if not self.root.exists():
            raise SourceError(f"找不到报送目录 {self.root.name}。请{contract.owner}确认数据已放入。")

    def files(self, table: Table) -> list[Path]:
        """The table's files, by name; SourceError when there is none."""
        return delivered_files(self.root, table.source, SUFFIXES, self.contract.owner)

    def fingerprint(self, table: Table) -> str:
        files = self.files(table)
        return hashlib.sha256("".join(f"{self._place(p)}:{content_hash(p)};" for p in files).encode()).hexdigest()

    def _place(self, path: Path) -> str:
        """A file's path below the module's folder: its source as rows and people name it."""
        return path.name if path == self.root else path.relative_to(self.root).as_posix()

    def parts(self, table: Table) -> dict[str, str]:
        """File → content hash; a file is named as in the rows, by its path below the module's folder."""
        self._listed[table.name] = {self._place(p): p for p in self.files(table)}
        return {place: content_hash(path) for place, path in self._listed[table.name].items()}

    def read_parts(self, table: Table, names: Collection[str]) -> Iterator[pa.RecordBatch]:
        """The rows of some of the files that :meth:`parts` named."""
        listed = self._listed.get(table.name) or {self._place(p): p for p in self.files(table)}
        self._compare_ends(table, listed)
        for place in (place for place in listed if place in names):
            yield from self._read_file(table, listed[place])

    def delivered_on(self) -> date | None:
        passed = passed_over(self)
        found = [self.root] if self.root.is_file() else self.root.rglob("*.*")
        return written_on(p for p in found if self._place(p) not in passed)

    def read(self, table: Table) -> Iterator[pa.RecordBatch]:
        files = self.files(table)
        self._compare_ends(table, {self._place(p): p for p in files})
        for path in files:
            yield from self._read_file(table, path)

    def _compare_ends(self, table: Table, files: dict[str, Path]) -> None:
        """Remark on files that end within a line where the table's others do not: cut inside its last field, a file looks whole."""
        if table.name in self._compared:
            return
        self._compared.add(table.name)
        within = [place for place, path in files.items() if _ends_within_a_line(path)]
        if within and len(files) >= OTHERS * len(within):
            more = f"等 {len(within)} 个文件" if len(within) > 1 else ""
            observed.remark(table.name, f"文件 {within[0]} {more}的末尾没有换行，与其余文件不同，最后一行可能不完整，请核对")

    def _read_file(self, table: Table, path: Path) -> Iterator[pa.RecordBatch]:
        place = self._place(path)
        if path.stat().st_size > MAX_BYTES:
            raise SourceError(f"文件 {place} 超过 {MAX_BYTES >> 30} GB，拒绝读取。请{self.contract.owner}分月报送。")
        if not path.stat().st_size:
            raise EmptyError(f"文件 {place} 是空的。请{self.contract.owner}重新报送。")
        text = self.temp / f"{self.contract.module}_{table.name}.utf8.csv"
        try:
            yield from self._parse(table, place, self._decode(path, text))
        finally:
            text.unlink(missing_ok=True)

    def _decode(self, path: Path, text: Path) -> Path:
        """The file if it is UTF-8 throughout, else ``text`` with the same in UTF-8; SourceError when no known encoding fits the whole of it."""
        with path.open("rb") as stream:
            told = _told(stream.read(4096))
        agreed = [] if self.encoding == AUTO else [self.encoding]
        # UTF-8 first: it is hardly ever valid by chance, while UTF-8 often passes for GB18030 and turns into nonsense.
        for encoding in [told] if told else dict.fromkeys(["utf-8", *agreed, "gb18030"]):
            plain = encoding == "utf-8"
            try:
                self._transcode(path, Path(os.devnull) if plain else text, encoding)
            except UnicodeDecodeError as error:
                if error.reason in ("unexpected end of data", "incomplete multibyte sequence", "truncated data"):
                    sentence = f"文件 {self._place(path)} 在末尾中断，只传了一部分。请{self.contract.owner}重新报送。"
                    raise SourceError(sentence) from error
                continue
            return path if plain else text
        wanted = "、".join(e.upper() for e in agreed or ("utf-8", "gb18030", "utf-16"))
        raise SourceError(
            f"文件 {self._place(path)} 的编码无法识别（应为 {wanted}），可能混用了编码或已损坏。请{self.contract.owner}重新导出。"
        )

    def _transcode(self, path: Path, text: Path, encoding: str) -> None:
        """Decode the whole file strictly, into ``text``; UnicodeDecodeError where the encoding does not fit."""
        decoder = codecs.getincrementaldecoder(encoding)("strict")
        quotes = 0
        with path.open("rb") as source, text.open("w", encoding="utf-8", newline="") as target:
            while True:
                block = source.read(BLOCK)
                part = decoder.decode(block, final=not block)
                if "\0" in part:
                    raise SourceError(f"文件 {self._place(path)} 含有空字符，可能传输损坏。请{self.contract.owner}重新报送。")
                quotes += part.count('"')
                if encoding != "utf-8":
                    target.write(part)
                if not block:
                    break
        if quotes % 2:
            raise SourceError(f"文件 {self._place(path)} 的引号不成对，可能只传了一半。请{self.contract.owner}重新报送。")

    def _parse(self, table: Table, file: str, text: Path) -> Iterator[pa.RecordBatch]:
        line, delimiter, headers, found = self._header(table, file, text)
        raws = raw_columns(table)
        damaged: list[tuple[int, int, int]] = []

        def set_aside(row: pacsv.InvalidRow) -> str:
            damaged.append((row.number, row.expected_columns, row.actual_columns))
            return "skip"

        names = [f"c{i}" for i in range(len(headers))]
        reader = pacsv.open_csv(
            text,
            read_options=pacsv.ReadOptions(use_threads=False, block_size=BLOCK, skip_rows=line, column_names=names),
            parse_options=pacsv.ParseOptions(
                delimiter=delimiter, newlines_in_values=True, ignore_empty_lines=True, invalid_row_handler=set_aside
            ),
            convert_options=pacsv.ConvertOptions(column_types={n: pa.string() for n in names}, strings_can_be_null=False),
        )
        done = line
        seen = Sheet(table.name, file)
        lines = record_lines(text, line, delimiter)
        keys = [found[c.source] for c in table.columns if c.name in table.key and c.source in found]
        money = found.get(table.column(table.money).source) if table.money else None
        try:
            for rows in reader:
                # The parser numbers records from the first line of the file on, as if none were blank or broken; damaged ones leave gaps among those it gives.
                gaps = sorted(number for number, _, _ in damaged if number > done)
                numbers, done = _numbered(done, rows.num_rows, gaps)
                positions = _lines_of(numbers, lines, line)
                others = _no_records(rows, keys)
                self.skipped.update(others.values())
                keep = pa.array(np.isin(np.arange(rows.num_rows), list(others), invert=True))
                if money is not None:
                    totals = [at for at, reason in others.items() if reason == "小计行"]
                    _note_totals(seen, rows, keep, positions, money, totals)
                kept = rows.filter(keep)
                blank = pa.repeat(pa.scalar("", pa.string()), kept.num_rows)
                yield batch(table, [kept.column(found[r]) if r in found else blank for r in raws], file,
                            pa.array(positions, pa.int64()).filter(keep))
        except pa.ArrowInvalid as error:
            raise SourceError(f"文件 {file} 的格式无法解析。请{self.contract.owner}重新导出。") from error
        if damaged:
            at = _lines_of([n for n, _, _ in damaged], lines, line)
            self._refuse_half(file, text, [(n, int(p)) for (n, _, _), p in zip(damaged, at, strict=True)], done)
            sentences = [f"该行应有 {wanted} 列，实有 {actual} 列" for _, wanted, actual in damaged]
            yield batch(table, [[""] * len(damaged) for _ in raws], file, pa.array(at, pa.int64()), sentences)
        observed.sheet(seen)

    def _refuse_half(self, file: str, text: Path, damaged: list[tuple[int, int]], rows: int) -> None:
        """A file cut off in its last line, or ragged throughout, is not a delivery with a few bad lines; ``damaged``: (record, line)."""
        with text.open("rb") as stream:
            stream.seek(-1, 2)
            cut = stream.read(1) not in b"\r\n"
        last, line = max(damaged)
        if cut and last >= rows:
            raise SourceError(f"文件 {file} 在第 {line} 行中断，只传了一部分。请{self.contract.owner}重新报送。")
        if len(damaged) > max(20, rows // 10):
            raise SourceError(f"文件 {file} 有 {len(damaged)} 行列数不符，分隔符可能有误。请{self.contract.owner}重新导出。")

    def _header(self, table: Table, file: str, text: Path) -> tuple[int, str, list[str], dict[str, int]]:
        """(lines up to and with the header, delimiter, headers, raw column → index); the line that fits the contract best."""
        with text.open(encoding="utf-8", newline="") as stream:
            lines = [line for _, line in zip(range(HEADER_LINES), stream, strict=False)]
        best: tuple[int, str, list[str], dict[str, int]] = (1, ",", [], {})
        needed = set(raw_columns(table)) - absent_allowed(table)
        for number, line in enumerate(lines, start=1):
            for delimiter in (",", "\t", ";", "|", "，"):
                headers = next(csv.reader([line.rstrip("\r\n")], delimiter=delimiter), [])
                found = match(table, headers)
                if len(found) > len(best[3]) or not best[2]:
                    best = (number, delimiter, headers, found)
            if needed <= best[3].keys():
                break
        require(self.contract, table, f"文件 {file} ", best[3], [h.strip() for h in best[2]])
        return best


def _ends_within_a_line(path: Path) -> bool:
    """True where a file that can be opened and is not empty does not end with a line break; packed, its last byte says nothing."""
    if path.suffix.lower() == ".gz":
        return False
    try:
        with path.open("rb") as stream:
            stream.seek(max(stream.seek(0, 2) - 2, 0))
            end = stream.read()
    except OSError:
        return False
    return bool(end) and end.rstrip(b"\0")[-1:] not in (b"\n", b"\r")


def _no_records(rows: pa.RecordBatch, keys: list[int]) -> dict[int, str]:
    """Row → why it is no record (a total, a note, nothing), as :func:`etl.connectors.base.not_a_record` judges lines of sheets.

    Only those are looked at one by one that might be none: a total's word in the first cells, no key, or two blank cells beside the first.
    """
    first = [rows.column(i) for i in range(min(3, rows.num_columns))]
    doubt = pc.match_substring(first[0], "计")
    for cells in first[1:]:
        doubt = pc.or_(doubt, pc.match_substring(cells, "计"))
    for k in keys:
        doubt = pc.or_(doubt, pc.equal(rows.column(k), ""))
    if len(first) == 3:
        doubt = pc.or_(doubt, pc.and_(pc.equal(first[1], ""), pc.equal(first[2], "")))
    places = pc.indices_nonzero(doubt)
    if not len(places):
        return {}
    found = {}
    for at, cells in zip(places.to_pylist(), zip(*(c.take(places).to_pylist() for c in rows.columns), strict=True), strict=True):
        texts = [c.strip() for c in cells]
        reason = not_a_record(texts, key_blank=any(no_key(texts[k]) for k in keys))
        if reason:
            found[at] = reason
    return found


def _told(head: bytes) -> str:
    """The encoding that the first bytes of a file give away: by a mark, or by the zero bytes of UTF-16; '' where they do not."""
    marked = next((encoding for encoding, mark in MARKS if head.startswith(mark)), "")
    if marked or b"\0" not in head:
        return marked
    even, odd = head[::2].count(0), head[1::2].count(0)
    # Digits, commas and line ends have a zero byte on one side only; a stray zero byte is damage, not an encoding.
    if max(even, odd) * 8 < len(head) or min(even, odd) * 8 > max(even, odd):
        return ""
    return "utf-16-le" if odd > even else "utf-16-be"


def _note_totals(seen: Sheet, rows: pa.RecordBatch, keep: pa.Array, positions: np.ndarray, money: int, totals: list[int]) -> None:
    """Remember the amounts of records, and what total lines (their places) state."""
    amounts = rows.column(money)
    for at in totals:
        label = next(c for c in (column[at].as_py().strip() for column in rows.columns) if c)
        seen.totals.append(Total(int(positions[at]), label, amounts[at].as_py()))
    seen.positions.append(pa.array(positions, pa.int64()).filter(keep))
    seen.amounts.append(amounts.filter(keep))


def _numbered(done: int, rows: int, gaps: list[int]) -> tuple[list[int] | np.ndarray, int]:
    """The numbers of the next ``rows`` records after ``done``, leaving out damaged ones; and the last number used."""
    if not gaps:
        return np.arange(done + 1, done + rows + 1), done + rows
    numbers: list[int] = []
    missing, n = set(gaps), done
    while len(numbers) < rows:
        n += 1
        if n not in missing:
            numbers.append(n)
    return numbers, n


def _lines_of(numbers: list[int] | np.ndarray, lines: np.ndarray | None, header: int) -> np.ndarray:
    """The lines in which records begin that the parser numbers from the first one after the ``header`` lines on."""
    told = np.asarray(numbers, np.int64)
    if lines is None or not len(told) or told[-1] - header > len(lines):  # a file of stray quotes, about which two parsers may differ
        return told
    return lines[told - header - 1]
