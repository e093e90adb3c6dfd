"""A report as JSON and back, exactly: numbers keep their kind, dates stay dates, so that a frozen report prints as on its first day."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from dashboard.reports.model import Block, Cell, Chart, Column, Definition, Heading, Paragraph, Report, Section, Series, Table


class Change(NamedTuple):
    """One place that differs: where it stands, how it was printed, how it is printed now; empty where a line is new or gone."""

    place: str
    before: str
    after: str


def dump(report: Report) -> str:
    """The report without the rows behind it."""
    sections = [[s.key, s.title, [_block(b) for b in s.blocks]] for s in report.sections]
    head = {name: getattr(report, name) for name in _HEAD}
    body = {**head, "data_date": report.data_date.isoformat(), "sections": sections, "definitions": [vars(d) for d in report.definitions]}
    return json.dumps(body, ensure_ascii=False, sort_keys=True)


def load(text: str) -> Report:
    """What ``dump`` wrote. ValueError, KeyError or TypeError for anything else."""
    body = json.loads(text)
    sections = tuple(Section(key, title, tuple(_read(b) for b in blocks)) for key, title, blocks in body["sections"])
    head = {name: body[name] for name in _HEAD}
    definitions = tuple(Definition(**d) for d in body["definitions"])
    return Report(**head, data_date=date.fromisoformat(body["data_date"]), sections=sections, definitions=definitions)


_HEAD = ("area_code", "area_name", "area_path", "level", "month", "number", "region_name", "run_id", "synthetic")


def _block(block: Block) -> list[Any]:
    if isinstance(block, Paragraph):
        return ["p", block.text]
    if isinstance(block, Heading):
        return ["h", block.text]
    if isinstance(block, Chart):
        series = [[s.name, list(s.values), s.style] for s in block.series]
        return ["c", block.key, block.kind, block.title, block.unit, list(block.categories), series, block.decimals, block.description]
    columns = [[c.title, c.width, c.kind] for c in block.columns]
    rows = [[_cell(c) for c in row] for row in block.rows]
    return ["t", block.key, block.title, columns, rows, block.note, sorted(block.strong), block.printed]


def _read(said: list[Any]) -> Block:
    kind, *rest = said
    if kind == "p":
        return Paragraph(*rest)
    if kind == "h":
        return Heading(*rest)
    if kind == "c":
        key, shape, title, unit, categories, series, decimals, description = rest
        lines = tuple(Series(name, tuple(values), style) for name, values, style in series)
        return Chart(key, shape, title, unit, tuple(categories), lines, decimals, description)
    key, title, columns, rows, note, strong, printed = rest
    cells = tuple(tuple(_cell_of(c) for c in row) for row in rows)
    return Table(key, title, tuple(Column(*c) for c in columns), cells, note, frozenset(strong), printed)


_KINDS: dict[str, Callable[[str], Any]] = {"date": date.fromisoformat, "exact": Decimal, "whole": int, "float": float}


def _cell(cell: Cell) -> list[str]:
    if cell.value is None:
        return [cell.text]
    kind = "date" if isinstance(cell.value, date) else "exact" if isinstance(cell.value, Decimal) else "whole" if isinstance(cell.value, int) else "float"
    return [cell.text, kind, cell.value.isoformat() if isinstance(cell.value, date) else repr(cell.value) if kind == "float" else str(cell.value), cell.format]


def _cell_of(said: list[str]) -> Cell:
    if len(said) == 1:
        return Cell(said[0])
    text, kind, value, shape = said
    return Cell(text, _KINDS[kind](value), shape)


def changes(before: Report, after: Report) -> list[Change]:
    """What a reader of both would find different, in the order of the newer one: sentences, and cells by their row and column.

    Charts show what the tables say; they are not compared on their own.
    """
    found: list[Change] = []
    old = {s.key: s for s in before.sections}
    for section in after.sections:
        was = old.pop(section.key, Section(section.key, section.title, ()))
        found += _sentences(section.title, was, section)
        tables = {b.key: b for b in was.blocks if isinstance(b, Table)}
        for block in section.blocks:
            if isinstance(block, Table):
                found += _cells(tables.pop(block.key, None), block)
        found += [Change(t.title, f"{len(t.rows)} 行", "") for t in tables.values()]
    return found + [Change(s.title, "整章", "") for s in old.values()]


def _sentences(title: str, before: Section, after: Section) -> Iterator[Change]:
    was, now = ([b.text for b in s.blocks if isinstance(b, Paragraph)] for s in (before, after))
    gone, new = [t for t in was if t not in now], [t for t in now if t not in was]
    for n in range(max(len(gone), len(new))):
        yield Change(title, gone[n] if n < len(gone) else "", new[n] if n < len(new) else "")


def _cells(before: Table | None, after: Table) -> Iterator[Change]:
    old = _by_name(before) if before else {}
    heads = [c.title for c in after.columns]
    aligned = before is not None and [c.title for c in before.columns] == heads
    for name, row in _by_name(after).items():
        was = old.pop(name, None)
        if was is None or not aligned:
            yield Change(f"{after.title}·{name}", "", "，".join(c.text for c in row))
            continue
        for head, one, other in zip(heads, was, row, strict=True):
            if one.text != other.text:
                yield Change(f"{after.title}·{name}·{head}", one.text, other.text)
    for name, row in old.items():
        yield Change(f"{after.title}·{name}", "，".join(c.text for c in row), "")


def _by_name(table: Table) -> dict[str, tuple[Cell, ...]]:
    """Rows by what stands in their leading text cells; a name that occurs again is counted."""
    found: dict[str, tuple[Cell, ...]] = {}
    for row in table.rows:
        lead = [cell.text for column, cell in zip(table.columns, row, strict=True) if column.kind == "text" and cell.value is None][:2]
        name = base = " ".join(lead) or "—"
        n = 1
        while name in found:
            n += 1
            name = f"{base}（{n}）"
        found[name] = row
    return found
