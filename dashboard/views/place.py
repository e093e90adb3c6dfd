"""Where the reader is: a page, an area, a month and what is open there. The URL holds all of it and nothing else does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl, quote, quote_plus, urlencode

KEPT = ("area", "month", "as_of")
"""What stays when the subject changes: where, when, and as of which snapshot."""

_ORDER = ("area", "month", "layer", "kind", "street", "star", "state", "compare", "group", "q",
          "sort", "rows", "which", "provider", "one", "rec", "module", "owner", "ind", "table", "clock", "said",
          "offset", "as_of")  # fmt: skip
_RANK = {key: rank for rank, key in enumerate(_ORDER)}
_DRAWER = ("rows", "which", "provider", "one", "rec", "offset")
_MAX = 64
_HERE = "\0"
"""Stands for what is filled in later; no parameter holds it, since an unprintable value is read as ``_NOTHING``, which nothing is called."""
_NOTHING = "\ufffd"


@lru_cache(maxsize=8192)
def _quoted(text: str) -> str:
    return quote_plus(text)


@lru_cache(maxsize=2048)
def _path(path: str) -> str:
    return quote(path, safe="/")


@dataclass(frozen=True, slots=True)
class Place:
    """A parsed address. ``params`` holds only known keys with non-empty values; ``home`` are the values that need not be written."""

    path: str = "/"
    params: dict[str, str] = field(default_factory=dict)
    home: dict[str, str] = field(default_factory=dict)

    @classmethod
    def parse(cls, pathname: Any, search: Any) -> Place:
        """From what the browser reports; anything that is not text, or is overlong, counts as absent."""
        path = pathname if isinstance(pathname, str) and pathname.startswith("/") else "/"
        query = search[1:] if isinstance(search, str) and search.startswith("?") else ""
        pairs = parse_qsl(query[:2000], max_num_fields=40) if query.count("&") < 40 else []
        known = {k: v.strip() if v.isprintable() else _NOTHING for k, v in pairs if k in _ORDER and v.strip() and len(v) <= _MAX}
        return cls("/" + path.strip("/"), known)

    def get(self, key: str, default: str = "") -> str:
        """One parameter."""
        return self.params.get(key, default)

    @property
    def offset(self) -> int:
        """First row to show in a paged table; 0 for anything that is not a small positive number."""
        text = self.get("offset")
        return int(text) if text.isascii() and text.isdigit() and len(text) < 8 else 0

    def at_home(self, **home: str) -> Place:
        """The same place, knowing which area and month are the ordinary ones."""
        return replace(self, home=home)

    def url(self, **changes: Any) -> str:
        """This address with some parameters changed; None or '' removes one, ``path`` goes to another page of the same view."""
        path = changes.pop("path", self.path)
        home = self.home
        pairs = []
        for key, value in (self.params | changes).items():
            if value is not None and value != "":
                text = str(value)
                if text != home.get(key):
                    pairs.append((_RANK[key], key + "=" + _quoted(text)))
        if not pairs:
            return _path(path)
        pairs.sort()
        return _path(path) + "?" + "&".join([pair for _, pair in pairs])

    def months(self) -> Callable[[str], str]:
        """As ``url(month=…)``, from the first row, for many months."""
        return self._many("month", offset=None)

    def areas(self) -> Callable[[str], str]:
        """As ``url(area=…)``, with the drawer closed, for many areas."""
        return self._many("area", rows=None, which=None, offset=None)

    def _many(self, key: str, **changes: Any) -> Callable[[str], str]:
        """As :meth:`url` with one key changed, for many values: everything else is put together once."""
        before, after = replace(self, home=self.home | {key: ""}).url(**{key: _HERE}, **changes).split(_quoted(_HERE))
        at_home, known = self.url(**{key: None}, **changes), self.home.get(key)
        return lambda value: at_home if value == known else before + _quoted(value) + after

    def subject(self, path: str, **changes: Any) -> str:
        """Another subject with the same area and month."""
        return Place(path, {k: v for k, v in self.params.items() if k in KEPT}, self.home).url(**changes)

    def rows(self, code: str, **changes: Any) -> str:
        """The drawer with the rows behind a figure, here."""
        return self.url(**{**dict.fromkeys(_DRAWER), "rows": code, **changes})

    def rows_by_provider(self, code: str) -> Callable[[str], str]:
        """As :meth:`rows` of one provider, for many providers: everything but the id is put together once."""
        before, after = self.rows(code, provider=_HERE).split(_quoted(_HERE))
        return lambda provider: before + _quoted(provider) + after

    def subjects(self, path: str) -> Callable[[str], str]:
        """As :meth:`subject` for the details below a path, for many ids."""
        _, _, query = self.subject(path).partition("?")
        return lambda ident: _path(f"{path}/{ident}") + (f"?{query}" if query else "")

    def record(self, table: str, key: str) -> str:
        """The drawer with the one record that a piece of evidence rests on, here."""
        return self.url(**{**dict.fromkeys(_DRAWER), "rec": f"{table}:{key}"})

    def closed(self) -> str:
        """The same view without the drawer."""
        return self.url(**dict.fromkeys(_DRAWER))

    def export(self, subject: str, **params: Any) -> str:
        """The address of a table's Excel file; area and month are always written out."""
        pairs = {"area": self.get("area"), "month": self.get("month"), **params, "as_of": self.get("as_of")}
        return f"/export/{quote(subject)}.xlsx?" + urlencode([(k, str(v)) for k, v in pairs.items() if v not in (None, "")])

    def letter(self, provider: str) -> str:
        """The address of the letter to a provider (Word)."""
        pairs = {"month": self.get("month"), "as_of": self.get("as_of")}
        return f"/letter/{quote(provider, safe='')}.docx?" + urlencode({k: v for k, v in pairs.items() if v})

    def report(self, form: str) -> str:
        """The address of the month's report as docx, xlsx or pdf."""
        return f"/report.{form}?" + urlencode({k: self.get(k) for k in KEPT if k != "as_of" or self.get(k)})
