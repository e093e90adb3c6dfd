"""What a workbook's parts say that its values do not: the 1904 date system, and formulas that were never calculated."""

from __future__ import annotations

import re
import zipfile
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

# Days from 1899-12-30 to 1904-01-01, the two beginnings of time in workbooks.
SHIFT_1904 = 1462
_FORMULA = re.compile(
    rb"<(?:\w+:)?c\s(?P<a>[^<>]*+)>\s*+<(?:\w+:)?f(?:\s[^<>]*)?(?:/>|>[^<]*+</(?:\w+:)?f>)\s*+"
    rb"(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v>\s*</(?:\w+:)?v>)?\s*</(?:\w+:)?c>"
)
_PLACE = re.compile(rb'r="([A-Z]{1,3})(\d{1,7})"')
_SHEET = re.compile(r"<(?:\w+:)?sheet\s[^>]*>")
_RELATION = re.compile(r"<(?:\w+:)?Relationship\s[^>]*>")


@dataclass(frozen=True, slots=True)
class Marks:
    """``epoch_1904``; ``uncalculated``: sheet name → cells (row from 1, column from 0) with a formula and no value."""

    epoch_1904: bool = False
    uncalculated: dict[str, set[tuple[int, int]]] = field(default_factory=dict)


def marks(path: Path) -> Marks:
    """The marks of an .xlsx workbook that was inspected before; none for other kinds and for parts that are not there."""
    if not zipfile.is_zipfile(path):
        return Marks()
    with zipfile.ZipFile(path) as archive:
        names = {n.lower(): n for n in archive.namelist()}
        if "xl/workbook.xml" not in names:
            return Marks()
        book = archive.read(names["xl/workbook.xml"]).decode("utf-8", "replace")
        epoch = re.search(r'date1904="(1|true|on)"', book) is not None
        rels = names.get("xl/_rels/workbook.xml.rels")
        targets = _targets(archive.read(rels).decode("utf-8", "replace")) if rels else {}
        found = {}
        for tag in _SHEET.findall(book):
            part = names.get(targets.get(_attribute(tag, r"\w+:id"), "").lower())
            cells = _uncalculated(archive, part) if part else set()
            if cells:
                found[_plain(_attribute(tag, "name"))] = cells
        return Marks(epoch, found)


def _attribute(tag: str, name: str) -> str:
    found = re.search(rf'\s{name}="([^"]*)"', tag)
    return found[1] if found else ""


def _plain(text: str) -> str:
    for sign, entity in (("<", "&lt;"), (">", "&gt;"), ('"', "&quot;"), ("'", "&apos;"), ("&", "&amp;")):
        text = text.replace(entity, sign)
    return text


def _targets(rels: str) -> dict[str, str]:
    """Relation id → part name."""
    found = {}
    for tag in _RELATION.findall(rels):
        target = _attribute(tag, "Target")
        part = target.lstrip("/") if target.startswith("/") else (PurePosixPath("xl") / target).as_posix()
        found[_attribute(tag, "Id")] = part
    return found


def _uncalculated(archive: zipfile.ZipFile, part: str) -> set[tuple[int, int]]:
    """Cells with a formula but no cached value; an empty text (``t="str"``) is a value."""
    cells: set[tuple[int, int]] = set()
    rest = b""
    with archive.open(part) as stream:
        while block := stream.read(1 << 20):
            text = rest + block
            if b"<f" in text or b":f" in text:
                for match in _FORMULA.finditer(text):
                    place = _PLACE.search(b" " + match["a"])
                    if place and b't="str"' not in match["a"]:
                        column = 0
                        for letter in place[1]:
                            column = column * 26 + letter - 64
                        cells.add((int(place[2]), column - 1))
            rest = text[-4096:]
    return cells
