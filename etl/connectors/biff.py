"""Old binary workbooks (.xls), as far as it takes to know that one is whole: every sector is there once, every sheet comes to its end.

calamine passes over what it does not understand, so that a file with a hole in it would simply have fewer rows.  Layouts: [MS-CFB] 2.2–2.6 (compound
files), [MS-XLS] 2.1 (records).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

END_OF_CHAIN = 0xFFFFFFFE
HEADER_FATS = 109
SMALL = 4096
BEGIN, END, SHEET, PASSWORD, TEXTS, TEXT_CELL = 0x0809, 0x000A, 0x0085, 0x002F, 0x00FC, 0x00FD


class TornError(ValueError):
    """The file is not as it was written."""


def stream(content: bytes) -> bytes:
    """The stream in which the workbook stands; empty where there is none of its own sectors; TornError where a sector is missing or taken twice."""
    if len(content) < 512:
        raise TornError("header")
    size = 1 << min(struct.unpack_from("<H", content, 30)[0], 20)
    if size not in (512, 4096):
        raise TornError("size of sectors")
    count = -(-len(content) // size) - 1
    follows = _follows(content, size, count)
    entries = b"".join(_sector(content, size, s) for s in _chain(follows, struct.unpack_from("<I", content, 48)[0]))
    for name, kind, start, length in _directory(entries):
        if kind == 2 and name in ("workbook", "book") and length >= SMALL:
            sectors = list(_chain(follows, start))
            if len(sectors) * size < length:
                raise TornError("length")
            return b"".join(_sector(content, size, s) for s in sectors)[:length]
    return b""


def _follows(content: bytes, size: int, count: int) -> list[int]:
    """The sector that follows each sector; TornError where the table itself is not whole."""
    fats = [s for s in struct.unpack_from(f"<{HEADER_FATS}I", content, 76) if s < END_OF_CHAIN - 1]
    further, seen = struct.unpack_from("<I", content, 68)[0], 0
    while further < END_OF_CHAIN - 1 and seen <= count:
        *named, further = struct.unpack(f"<{size // 4}I", _sector(content, size, further))
        fats += [s for s in named if s < END_OF_CHAIN - 1]
        seen += 1
    if seen > count or len(fats) != len(set(fats)):
        raise TornError("table")
    return [s for fat in fats for s in struct.unpack(f"<{size // 4}I", _sector(content, size, fat))][:count]


def _sector(content: bytes, size: int, number: int) -> bytes:
    """One sector; the last one may be shorter than the others."""
    at = (number + 1) * size
    if at >= len(content):
        raise TornError("sector")
    return content[at : at + size].ljust(size, b"\0")


def _chain(follows: list[int], start: int) -> Iterator[int]:
    """The sectors from a first one on."""
    seen, sector = 0, start
    while sector != END_OF_CHAIN:
        seen += 1
        if sector >= len(follows) or seen > len(follows):
            raise TornError("chain")
        yield sector
        sector = follows[sector]


def _directory(content: bytes) -> Iterator[tuple[str, int, int, int]]:
    """(name in small letters, kind, first sector, length) of each entry."""
    for at in range(0, len(content) - 127, 128):
        letters, kind = struct.unpack_from("<HB", content, at + 64)
        start, length = struct.unpack_from("<II", content, at + 116)
        yield content[at : at + max(0, min(letters, 64) - 2)].decode("utf-16-le", "replace").lower(), kind, start, length


def whole(book: bytes) -> bool:
    """Whether every sheet of the stream begins where it should and comes to its end, and every text that a cell names is there."""
    try:
        texts, sheets = 0, set()
        for at, kind, _ in _records(book, 0, len(book)):
            if kind == SHEET:
                sheets.add(struct.unpack_from("<I", book, at)[0])
            elif kind == TEXTS:
                texts = struct.unpack_from("<I", book, at + 4)[0]
        room = 2 * len(book)
        for begin in sheets:
            last = begin
            for at, kind, length in _records(book, begin, room):
                last = at + length
                if kind == TEXT_CELL and struct.unpack_from("<I", book, at + 6)[0] >= texts:
                    return False
            room -= last - begin
    except (struct.error, TornError):
        return False
    return True


def locked(book: bytes) -> bool:
    """Whether the workbook has a password.  calamine knows one of the two old ways only, and takes what the other one left for the values."""
    try:
        return any(kind == PASSWORD for _, kind, _ in _records(book, 0, len(book)))
    except (struct.error, TornError):
        return False


def _records(book: bytes, begin: int, room: int) -> Iterator[tuple[int, int, int]]:
    """(place of its content, kind, length) of each record from the beginning to the end of a sheet, whatever lies within it; TornError where it does not end."""
    depth, at = 0, begin
    while True:
        kind, length = struct.unpack_from("<HH", book, at)
        depth += (kind == BEGIN) - (kind == END)
        if not kind or at - begin > room or (at == begin and kind != BEGIN):
            raise TornError("record")
        yield at + 4, kind, length
        at += 4 + length
        if not depth:
            return
