"""Who is who, by the rules of docs/linking.md in plain Python: rows of the register → the number that stands for each person."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from itertools import combinations
from math import log2
from typing import Any

import duckdb

from tests.spec.world import mart_files

Row = dict[str, Any]
"""id, number, name, sex, birth, phone, card, home, street, at."""


def _table(mart: str) -> list[tuple[Any, ...]]:
    """A mart that is nothing but data."""
    return duckdb.connect().execute({n: sql for n, sql, _ in mart_files()}[mart]).fetchall()


class Register:
    """The numbers of a register and what their traits weigh."""

    def __init__(self, rows: Iterable[Row]) -> None:
        self.rows = [dict(r) for r in rows]
        self.signs = {sign: (plain, sound) for sign, plain, sound in _table("name_sign")}
        self.m = {(t, o): (m, u) for t, o, m, u in _table("link_weight")}
        phones, cards = Counter(r["phone"] for r in self.rows), Counter(r["card"] for r in self.rows)
        for row in self.rows:
            letters = [c for c in (row["name"] or "") if c.isalnum()]
            row["plain"] = "".join(self.signs.get(c, (c, c))[0] for c in letters)
            row["sounds"] = [self.signs.get(c, (c, c))[1] for c in letters]
            row["phone"] = row["phone"] if row["phone"] and phones[row["phone"]] < 4 else None
            row["card"] = row["card"] if row["card"] and cards[row["card"]] < 4 else None
        self.often = {
            key: Counter(self._value(r, key) for r in self.rows if r[key])
            for key in ("plain", "sounds", "birth", "phone", "card", "home")
        }

    @staticmethod
    def _value(row: Row, key: str) -> Any:
        return tuple(row[key]) if key == "sounds" else row[key]

    def chance(self, key: str) -> float:
        """How often two numbers agree by chance."""
        counts = self.often[key].values()
        return sum(n * n for n in counts) / sum(counts) ** 2

    def weight(self, trait: str, outcome: str, key: str = "") -> float:
        """Binary logarithm of m / u."""
        m, u = self.m[trait, outcome]
        return log2(m / (u if u is not None else self.chance(key)))

    def certain(self, a: Row, b: Row) -> str:
        """'paper' or 'score' where the two are one person for certain, else ''."""
        named = name_outcome(a, b)
        born = birth_outcome(a["birth"], b["birth"])
        phone, card = (
            "unknown" if not (a[k] and b[k]) else "same" if a[k] == b[k] else "other" for k in ("phone", "card")
        )
        if a["number"] and a["number"] == b["number"]:
            return "paper" if named != "other" or born != "other" else ""
        if card == "same" and born == "same":
            return "paper" if named != "other" else ""
        if a["number"] and b["number"]:
            return ""
        if (named, born, phone) == ("same", "same", "same") and a["sex"] == b["sex"]:
            return "paper"
        if named not in ("same", "sound"):
            return ""
        n = len(self.rows)
        often = self.often["plain" if named == "same" else "sounds"][self._value(b, "plain" if named == "same" else "sounds")]
        place = "same" if a["home"] == b["home"] else "street" if a["street"] == b["street"] else "other"
        score = log2(2 * self.m["before", "second"][0] / n) + log2(self.m["name", named][0] * n / often)
        score += self.weight("birth", born, "birth") + self.weight("sex", "same" if a["sex"] == b["sex"] else "other")
        score += self.weight("phone", phone, "phone") + self.weight("card", card, "card") + self.weight("place", place, "home")
        return "score" if score >= 7 else ""

    def pairs(self) -> set[tuple[int, int]]:
        """Candidates: whoever shares anything that could join them."""
        found: set[tuple[int, int]] = set()
        for key in ("number", "phone", "card", "birth"):
            groups: dict[Any, list[int]] = defaultdict(list)
            for i, row in enumerate(self.rows):
                groups[row[key]].append(i)
            groups.pop(None, None)
            for group in groups.values():
                found |= set(combinations(group, 2))
        return found

    def persons(self) -> dict[str, str]:
        """Number → the number of the newest record of the same person."""
        edges = [(i, j, kind) for i, j in self.pairs() if (kind := self.certain(self.rows[i], self.rows[j]))]
        paper = self._groups((i, j) for i, j, kind in edges if kind == "paper")
        whole = self._groups((i, j) for i, j, _ in edges)
        documented: dict[int, set[int]] = defaultdict(set)
        for i, row in enumerate(self.rows):
            if row["number"]:
                documented[whole[i]].add(paper[i])
        members: dict[tuple[str, int], list[Row]] = defaultdict(list)
        for i, row in enumerate(self.rows):
            torn = len(documented[whole[i]]) > 1
            members["paper" if torn else "whole", paper[i] if torn else whole[i]].append(row)
        result = {}
        for group in members.values():
            group.sort(key=lambda r: r["id"])
            group.sort(key=lambda r: r["at"], reverse=True)
            result |= {row["id"]: group[0]["id"] for row in group}
        return result

    def _groups(self, edges: Iterable[tuple[int, int]]) -> list[int]:
        head = list(range(len(self.rows)))

        def top(i: int) -> int:
            while head[i] != i:
                i = head[i]
            return i

        for i, j in edges:
            head[top(i)] = top(j)
        return [top(i) for i in range(len(self.rows))]


def phone(text: Any) -> str | None:
    """The last eleven digits of a telephone number; None where there are fewer than seven."""
    digits = re.sub(r"\D", "", str(text or ""))
    return digits[-11:] if len(digits) >= 7 else None


def name_outcome(a: Row, b: Row) -> str:
    """How two names compare."""
    if a["plain"] and a["plain"] == b["plain"]:
        return "same"
    if a["sounds"] == b["sounds"]:
        return "sound"
    return "close" if jaro_winkler(" ".join(a["sounds"]), " ".join(b["sounds"])) >= 0.92 else "other"


def birth_outcome(a: Any, b: Any) -> str:
    """How two birthdays compare."""
    if a == b:
        return "same"
    equal = (a.year == b.year) + (a.month == b.month) + (a.day == b.day)
    swapped = a.year == b.year and (a.month, a.day) == (b.day, b.month)
    return "near" if equal == 2 or swapped else "other"


def jaro_winkler(a: str, b: str) -> float:
    """Similarity of two texts, 0 … 1."""
    if not a or not b:
        return 0.0
    window = max(0, max(len(a), len(b)) // 2 - 1)
    used = [False] * len(b)
    mine = []
    for i, c in enumerate(a):
        for j in range(max(0, i - window), min(len(b), i + window + 1)):
            if not used[j] and b[j] == c:
                used[j] = True
                mine.append(c)
                break
    if not mine:
        return 0.0
    theirs = [c for c, hit in zip(b, used, strict=True) if hit]
    swaps = sum(x != y for x, y in zip(mine, theirs, strict=True)) // 2
    jaro = (len(mine) / len(a) + len(mine) / len(b) + (len(mine) - swaps) / len(mine)) / 3
    prefix = next((i for i, (x, y) in enumerate(zip(a[:4], b[:4], strict=False)) if x != y), min(4, len(a), len(b)))
    return jaro + prefix * 0.1 * (1 - jaro)
