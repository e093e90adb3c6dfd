"""Old binary workbooks (.xls: BIFF8 within an OLE file) written byte by byte, so that each byte can be wrong on purpose."""

from __future__ import annotations

import struct
from collections.abc import Sequence

SECTOR = 512
FREE, END, FAT = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD


def record(kind: int, data: bytes = b"") -> bytes:
    """One BIFF record."""
    return struct.pack("<HH", kind, len(data)) + data


def label(row: int, column: int, index: int) -> bytes:
    """A cell with a text of the shared strings."""
    return record(0x00FD, struct.pack("<HHHI", row, column, 0, index))


def number(row: int, column: int, value: float) -> bytes:
    """A cell with a number."""
    return record(0x0203, struct.pack("<HHHd", row, column, 0, value))


def strings(texts: Sequence[str], count: int | None = None) -> bytes:
    """The shared strings; ``count`` is what is said of their number."""
    said = len(texts) if count is None else count
    return record(0x00FC, struct.pack("<II", said, said) + b"".join(map(_text, texts)))


def _text(text: str) -> bytes:
    letters = text.encode("utf-16-le")
    return struct.pack("<HB", len(letters) // 2, 1) + letters


def dimensions(rows: int, columns: int) -> bytes:
    """What a sheet says of its own extent."""
    return record(0x0200, struct.pack("<IIHHH", 0, rows, 0, columns, 0))


BOF_BOOK = record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0005, 0x0DBB, 0x07CC, 0, 6))
BOF_SHEET = record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0010, 0x0DBB, 0x07CC, 0, 6))
EOF = record(0x000A)


def book(name: str, cells: bytes, shared: bytes, *, extent: bytes | None = None, at: int | None = None, more: bytes = b"") -> bytes:
    """The stream ``Workbook`` with one sheet; ``at`` is where the sheet is said to begin, ``more`` stands before everything else."""
    title = name.encode("utf-16-le")

    def bound(place: int) -> bytes:
        return record(0x0085, struct.pack("<IBBBB", place, 0, 0, len(title) // 2, 1) + title)

    head = BOF_BOOK + more
    start = len(head) + len(bound(0)) + len(shared) + len(EOF)
    sheet = BOF_SHEET + (dimensions(2, 2) if extent is None else extent) + cells + EOF
    return head + bound(start if at is None else at) + shared + EOF + sheet


def ole(stream: bytes, *, name: str = "Workbook", chain: dict[int, int] | None = None, header: dict[int, bytes] | None = None) -> bytes:
    """An OLE file with one stream, of at least the size that is kept in sectors of its own.

    ``chain``: sector → what is said to follow it; ``header``: place in the first sector → what stands there.
    """
    stream = stream.ljust(4096, b"\0")
    sectors = -(-len(stream) // SECTOR)
    fats = next(n for n in range(1, 999) if n * 128 >= sectors + n + 1)
    table = [FAT] * fats + [END] + [fats + 2 + i for i in range(sectors - 1)] + [END]
    table += [FREE] * (fats * 128 - len(table))
    for sector, following in (chain or {}).items():
        table[sector] = following
    first = bytearray(
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16)
        + struct.pack("<HHHHH6xIIIIIIIII", 0x3E, 3, 0xFFFE, 9, 6, 0, fats, fats, 0, 4096, END, 0, END, 0)
        + struct.pack("<109I", *(list(range(fats)) + [FREE] * (109 - fats)))
    )
    for place, content in (header or {}).items():
        first[place : place + len(content)] = content

    def entry(title: str, kind: int, child: int, start: int, size: int) -> bytes:
        text = title.encode("utf-16-le") + b"\0\0"
        return (text.ljust(64, b"\0") + struct.pack("<HBBIII", len(text), kind, 1, FREE, FREE, child) + bytes(36)
                + struct.pack("<IQ", start, size))  # fmt: skip

    directory = entry("Root Entry", 5, 1, END, 0) + entry(name, 2, FREE, fats + 1, len(stream))
    return bytes(first) + struct.pack(f"<{len(table)}I", *table) + directory.ljust(SECTOR, b"\0") + stream.ljust(sectors * SECTOR, b"\0")
