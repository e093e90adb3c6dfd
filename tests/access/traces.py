"""What would give a leak away: every id, number and name of the fixture's snapshot, with the places in whose rows it stands.

An answer is taken apart into words and compared with the words that its reader must not see.  Files are opened first.
"""

from __future__ import annotations

import html
import io
import re
import zipfile
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import duckdb

from tests.support.published import reader

ESCAPED = re.compile(r"\\+u([0-9a-fA-F]{4})")
WORD = re.compile(r"[\w·]{2,}")
PLACES = ("community_code", "street_code")
NEVER = frozenset({"id", "phone", "address", "account"})
"""Privacy classes that no answer holds in clear, whoever asks, unless a purpose was given for that one record."""

_PEOPLE = ("elder_id", "caregiver_id", "application_id", "payment_id", "certificate_no", "award_id", "order_id", "training_id")


def words(content: bytes) -> set[str]:
    """The words of an answer: text, JSON with its escapes undone, or the texts inside a Word or Excel file."""
    if content[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            text = " ".join(packed.read(n).decode("utf-8", "replace") for n in packed.namelist() if n.endswith(".xml"))
        return set(WORD.findall(html.unescape(text)))
    return set(WORD.findall(html.unescape(plain(content))))


def plain(content: bytes) -> str:
    """An answer as text, with the escapes of JSON undone, also of JSON inside JSON."""
    text = content.decode("utf-8", "replace")
    return ESCAPED.sub(lambda m: chr(int(m[1], 16)), text).replace('\\"', '"') if text[:1] in "{[" else text


@dataclass(frozen=True)
class Traces:
    """``places``: word → communities or streets in whose rows it stands; ``people``: words that name a person or a person's record;
    ``names``: those that are names."""

    places: dict[str, frozenset[str]]
    people: frozenset[str]
    names: frozenset[str]
    secret: frozenset[str]
    below: dict[str, frozenset[str]]

    def foreign(self, area: str) -> frozenset[str]:
        """The words that stand in rows of other areas only."""
        own = self.below[area]
        return frozenset(word for word, places in self.places.items() if not places & own)


def lay(snapshot: Path) -> Traces:
    """Read the traces from a snapshot file."""
    places: dict[str, set[str]] = defaultdict(set)
    people: set[str] = set()
    names: set[str] = set()
    secret: set[str] = set()
    with reader(snapshot) as con:
        below: dict[str, set[str]] = defaultdict(set)
        for ancestor, descendant in con.execute("select ancestor, descendant from area_closure").fetchall():
            below[ancestor].add(descendant)
        common = _words(r[0] for r in con.execute("select unnest([name, short_name]) from area").fetchall())
        for mart, titles in _columns(con).items():
            place = next((p for p in PLACES if p in titles), None)
            for column, privacy in titles.items():
                telling = privacy or column.endswith(("_id", "_no")) or column in ("name", "provider_name", "employer")
                if place is None or not telling or column == "batch":
                    continue
                for value, area in con.execute(f'select distinct cast("{column}" as text), {place} from {mart}').fetchall():
                    found = {str(value)} if value and WORD.fullmatch(str(value)) else set()
                    for word in found - common:
                        places[word].add(area)
                        if privacy in NEVER:
                            secret.add(word)
                        if privacy == "name":
                            names.add(word)
                        if privacy == "name" or column in _PEOPLE:
                            people.add(word)
    return Traces({w: frozenset(a for a in p if a) for w, p in places.items()}, frozenset(people), frozenset(names), frozenset(secret),
                  {k: frozenset(v) for k, v in below.items()})  # fmt: skip


def _columns(con: duckdb.DuckDBPyConnection) -> dict[str, dict[str, str]]:
    privacy = {(m, c): p for m, c, p in con.execute("select mart, column_name, privacy from meta_column").fetchall()}
    found: dict[str, dict[str, str]] = defaultdict(dict)
    for table, column in con.execute(
        "select table_name, column_name from duckdb_columns() where schema_name = 'main'"
    ).fetchall():
        if table not in ("figure", "area"):
            found[table][column] = privacy.get((table, column), "")
    return found


def _words(texts: Iterable[str]) -> set[str]:
    return {word for text in texts if text for word in WORD.findall(text)}
