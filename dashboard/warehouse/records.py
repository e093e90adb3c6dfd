"""One record that is about a person: found by its number, masked unless there is leave to see it in full, and never read unwitnessed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

from dashboard.access.leave import Leave
from dashboard.warehouse.masking import mask
from dashboard.warehouse.snapshot import Snapshot
from dashboard.warehouse.types import Column, Rows, Unknown
from etl.martfile import marts

CONTACT = "elder_contact"
PERSON = "elder_id"
MOST = 50


class Witness(Protocol):
    """Who writes down what is read of persons, before it is shown. Whatever raises keeps the record from being shown."""

    def read(self, obj: str, detail: str) -> None:
        """A reading of persons' records."""

    def leave(self, subject: str) -> Leave | None:
        """The reader's leave to see a subject in full, if he has one now."""

    def purposes(self) -> Sequence[tuple[str, str, bool]]:
        """What the reader may ask for: code, name, whether a reason must be written."""


class Record(NamedTuple):
    """A record as this reader sees it. ``contact`` is the elder's entry in the register (no columns where there is none in his area).

    ``subject`` is what leave is given for: an elder's file, or this one record.  ``closed`` names the titles that are masked now.
    """

    mart: str
    key: str
    subject: str
    rows: Rows
    contact: Rows
    leave: Leave | None
    closed: tuple[str, ...]


NOBODY = Rows([], [], 0)


def keys(snapshot: Snapshot) -> dict[str, str]:
    """Mart → the column by which one of its records is named, for marts of this snapshot."""

    def read() -> dict[str, str]:
        return {m.name: m.key for m in marts() if m.key and m.key in snapshot.tables.get(m.name, ())}

    return snapshot.once("record_keys", read)


def personal(columns: Sequence[Column]) -> bool:
    """Whether rows of these columns are about persons."""
    return any(c.privacy for c in columns)


def shown(columns: Sequence[Column], rows: list[tuple[Any, ...]], unmask: frozenset[str], full: bool) -> Rows:
    """Rows masked by class, or as they are."""
    if full:
        return Rows(list(columns), rows, len(rows))
    masked = [tuple(mask(v, c.privacy, unmask) for v, c in zip(row, columns, strict=True)) for row in rows]
    return Rows(list(columns), masked, len(rows))


def subject_of(mart: str, key: str, columns: Sequence[Column], rows: list[tuple[Any, ...]]) -> str:
    """``elder:<number>`` where the record names one elder, else the record itself."""
    at = next((n for n, c in enumerate(columns) if c.name == PERSON), None)
    named = {row[at] for row in rows} if at is not None else set()
    if len(named) == 1 and (elder := next(iter(named))):
        return f"elder:{elder}"
    return f"{mart}:{key}"


def fetch(
    snapshot: Snapshot, columns: Sequence[Column], mart: str, key: str, month: str, area_column: str, area: str,
    provider: str | None, providers: frozenset[str] | None,
) -> list[tuple[Any, ...]]:
    """The lines of a record within an area; Unknown where there are none."""
    column = keys(snapshot).get(mart)
    if column is None or not key:
        raise Unknown("record")
    where = f'month = ? and "{column}" = ? and {area_column} in (select descendant from area_closure where ancestor = ?)'
    parameters: list[Any] = [month, key, area]
    if provider is not None:
        where += " and provider_id = ?"
        parameters.append(provider)
    if providers is not None:
        if "provider_id" not in snapshot.tables[mart]:
            raise Unknown("record")
        where += " and provider_id in (select unnest(?::varchar[]))"
        parameters.append(sorted(providers))
    names = ", ".join(f'"{c.name}"' for c in columns)
    rows = snapshot.query(f"select {names} from {mart} where {where} order by rowid limit {MOST}", parameters)
    if not rows:
        raise Unknown("record")
    return rows


def contact(snapshot: Snapshot, columns: Sequence[Column], subject: str, area: str) -> list[tuple[Any, ...]]:
    """The register's entry of an elder who lives within an area; nothing for other subjects."""
    kind, _, elder = subject.partition(":")
    if kind != "elder" or CONTACT not in snapshot.tables:
        return []
    names = ", ".join(f'"{c.name}"' for c in columns)
    return snapshot.query(
        f"select {names} from {CONTACT} where {PERSON} = ? and community_code in (select descendant from area_closure where ancestor = ?) limit 1",
        [elder, area],
    )


__all__ = ["CONTACT", "NOBODY", "Leave", "Record", "Witness", "contact", "fetch", "keys", "personal", "shown", "subject_of"]
