"""JSON Lines: a file, or a folder of files, with one record a line; damaged lines are set aside one by one.

Lines are read one after the other within a bound, so neither a huge file nor a huge line asks for much memory.
"""

from __future__ import annotations

import codecs
import hashlib
from collections import Counter
from collections.abc import Collection, Iterator
from datetime import date
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa

from etl.connectors.base import EmptyError, SourceError, content_hash, delivered_files, passed_over, written_on
from etl.connectors.records import Records, parse
from etl.contract import Contract, Table

MAX_BYTES = 4 << 30
MAX_LINE = 1 << 20
ROWS = 16_384
SUFFIXES = (".jsonl", ".ndjson", ".json", ".log", ".txt", "")
TOO_LONG = f"一行超过 {MAX_LINE >> 20} MB"
NOT_JSON = "不是完整的 JSON"
NOT_DECODED = "编码损坏"


class JsonLinesReader:
    """The files of one module below a folder (or one file); ``encoding`` is the agreed one, others are recognised."""

    def __init__(self, contract: Contract, path: str, encoding: str):
        self.contract, self.root, self.encoding = contract, Path(path), encoding
        self.skipped: Counter[str] = Counter()
        self.broken: dict[str, dict[str, str]] = {}
        # Files are read one by one: the folder is listed once for all of them.
        self._listed: dict[str, dict[str, Path]] = {}
        if not self.root.exists():
            raise SourceError(f"找不到报送目录 {self.root.name}。请{contract.owner}确认数据已放入。")

    def files(self, table: Table) -> list[Path]:
        """The table's files, by name; SourceError when there is none."""
        return delivered_files(self.root, table.source, SUFFIXES, self.contract.owner)

    def fingerprint(self, table: Table) -> str:
        return hashlib.sha256("".join(f"{name}:{mark};" for name, mark in self.parts(table).items()).encode()).hexdigest()

    def parts(self, table: Table) -> dict[str, str]:
        """File → content hash; a file is named as in the rows, by its path below the module's folder."""
        self._listed[table.name] = {self._place(p): p for p in self.files(table)}
        return {place: content_hash(path) for place, path in self._listed[table.name].items()}

    def read_parts(self, table: Table, names: Collection[str]) -> Iterator[pa.RecordBatch]:
        """The rows of some of the files that :meth:`parts` named."""
        records = Records(table)
        listed = self._listed.get(table.name) or {self._place(p): p for p in self.files(table)}
        for place in (place for place in listed if place in names):
            yield from self._read_file(records, listed[place])
        files = "、".join(list(names)[:3]) + (" 等" if len(names) > 3 else "")
        records.complete(self.contract, f"文件 {files} 的记录")

    def _place(self, path: Path) -> str:
        return path.name if path == self.root else path.relative_to(self.root).as_posix()

    def delivered_on(self) -> date | None:
        passed = passed_over(self)
        found = [self.root] if self.root.is_file() else self.root.rglob("*.*")
        return written_on(p for p in found if self._place(p) not in passed)

    def read(self, table: Table) -> Iterator[pa.RecordBatch]:
        yield from self.read_parts(table, [self._place(p) for p in self.files(table)])

    def _read_file(self, records: Records, path: Path) -> Iterator[pa.RecordBatch]:
        owner, place = self.contract.owner, self._place(path)
        if path.stat().st_size > MAX_BYTES:
            raise SourceError(f"文件 {place} 超过 {MAX_BYTES >> 30} GB，拒绝读取。请{owner}分月报送。")
        if not path.stat().st_size:
            raise EmptyError(f"文件 {place} 是空的。请{owner}重新报送。")
        encoding = self._encoding(path)
        documents: list[Any] = []
        numbers: list[int] = []
        defects: list[str | None] = []
        good = bad = 0
        for number, line, whole in _lines(path):
            document, defect = _document(line, encoding)
            if defect is None and document is None:
                continue
            if defect == NOT_JSON and number == 1 and line.strip().startswith((b"[", b"<")):
                what = "一个 JSON 数组" if line.strip().startswith(b"[") else "网页"
                raise SourceError(f"文件 {place} 是{what}，不是每行一条记录。请{owner}按 JSON Lines 重新导出。")
            if defect and not whole:
                raise SourceError(f"文件 {place} 在第 {number} 行中断，只传了一部分。请{owner}重新报送。")
            good, bad = good + (defect is None), bad + (defect is not None)
            documents.append(document)
            numbers.append(number)
            defects.append(defect)
            if len(documents) >= ROWS:
                yield records.batch(documents, place, numbers, defects)
                documents, numbers, defects = [], [], []
        if documents:
            yield records.batch(documents, place, numbers, defects)
        if bad > max(20, good // 10):
            raise SourceError(f"文件 {place} 有 {bad} 行不是完整的 JSON 记录，可能已损坏。请{owner}重新导出。")

    def _encoding(self, path: Path) -> str:
        """UTF-8 where most lines are (they hardly ever are by chance), else the agreed one; lines in another are set aside."""
        place = self._place(path)
        with path.open("rb") as stream:
            head = stream.read(4)
        if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            raise SourceError(f"文件 {place} 是 UTF-16 编码。请{self.contract.owner}改用 UTF-8 重新导出。")
        candidates = list(dict.fromkeys(["utf-8", self.encoding, "gb18030"]))
        # GB18030 takes nearly everything, UTF-8 included, and makes nonsense of it: fewest failures alone must not decide.
        for best in candidates:
            lines, failures = _undecodable(path, best)
            if failures * 2 <= lines:
                break
        if failures > max(20, lines // 10):
            raise SourceError(
                f"文件 {place} 的编码无法识别（应为 {self.encoding.upper()}），可能混用了编码或已损坏。"
                f"请{self.contract.owner}重新导出。"
            )
        return best


def _lines(path: Path) -> Iterator[tuple[int, bytes, bool]]:
    """(number, line, ended by a line break) of every line; of one beyond the bound only the beginning."""
    with path.open("rb") as stream:
        number = 0
        while line := stream.readline(MAX_LINE + 2):
            number += 1
            whole = line.endswith(b"\n") or _to_line_end(stream, line)
            yield number, line.removeprefix(codecs.BOM_UTF8) if number == 1 else line, whole


def _to_line_end(stream: BinaryIO, line: bytes) -> bool:
    """Pass over the rest of a line that is too long; whether it came to its end."""
    if len(line) <= MAX_LINE:
        return False
    while rest := stream.readline(MAX_LINE):
        if rest.endswith(b"\n"):
            return True
    return False


def _undecodable(path: Path, encoding: str) -> tuple[int, int]:
    """(lines beyond ASCII, those among them that cannot be decoded)."""
    lines = failures = 0
    for _, line, _ in _lines(path):
        if not line.isascii():
            lines += 1
            try:
                line.decode(encoding)
            except UnicodeDecodeError:
                failures += 1
    return lines, failures


def _document(line: bytes, encoding: str) -> tuple[Any, str | None]:
    """The parsed line and what is wrong with it; (None, None) for a blank one."""
    if len(line) > MAX_LINE:
        return None, TOO_LONG
    if not line.strip():
        return None, None
    try:
        document = parse(line.decode(encoding))
    except UnicodeDecodeError:
        return None, NOT_DECODED
    except ValueError:
        return None, NOT_JSON
    return ("null" if document is None else document), None
