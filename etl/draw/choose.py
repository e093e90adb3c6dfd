"""Choosing from a list by a public key string, in the way of RFC 3797; with weights, the same method over units of weight."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence

Hash = Callable[[bytes], bytes]


def _sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def _md5(data: bytes) -> bytes:
    return hashlib.md5(data, usedforsecurity=False).digest()


def key_of(sources: Sequence[Sequence[int]]) -> str:
    """The key string of RFC 3797, section 4: each source's numbers in ascending order, each followed by ``.``, each source by ``/``."""
    return "".join("".join(f"{number}." for number in sorted(numbers)) + "/" for numbers in sources)


def read_numbers(text: str) -> tuple[tuple[int, ...], ...]:
    """Numbers as a person types them, ``03 09 12 / 07``: sources apart by ``/``, numbers by blanks or commas. ValueError otherwise."""
    sources = []
    for part in re.split(r"[/／]", text.strip().rstrip("/／")):
        words = re.split(r"[\s,，、.]+", part.strip(" ,，、.\t"))
        if not all(re.fullmatch(r"[0-9]{1,18}", word) for word in words):
            raise ValueError("开奖号码只能是数字，号码之间用空格或逗号分开，不同来源之间用“/”分开")
        sources.append(tuple(sorted(int(word) for word in words)))
    return tuple(sources)


def choose(key: str, weights: Sequence[int], count: int, digest: Hash = _sha256) -> list[int]:
    """Positions chosen without replacement, in the order in which they are chosen.

    Step i (from 0): the hash of i, the key and i again (i as two bytes, big-endian) is read as a whole number, high byte first, and
    divided by the sum of the weights that remain; the remainder falls into the units of weight of one position, counted through the
    positions that remain in their order. With all weights 1 and MD5 this is RFC 3797. ValueError for weights below 1 or too few positions.
    """
    if any(weight < 1 for weight in weights):
        raise ValueError("every weight must be a whole number of at least 1")
    if not 0 <= count <= len(weights) or count > 0xFFFF:
        raise ValueError(f"{count} of {len(weights)} cannot be chosen")
    left, chosen, name = list(range(len(weights))), [], key.encode("utf-8")
    total = sum(weights)
    for step in range(count):
        mark = step.to_bytes(2, "big")
        ticket = int.from_bytes(digest(mark + name + mark), "big") % total
        for place, position in enumerate(left):
            ticket -= weights[position]
            if ticket < 0:
                chosen.append(left.pop(place))
                total -= weights[position]
                break
    return chosen


def rfc3797(key: str, pool: int, count: int) -> list[int]:
    """The selection of RFC 3797 as published (MD5, equal chances): numbers from 1 to ``pool`` in the order of selection."""
    return [position + 1 for position in choose(key, [1] * pool, count, _md5)]
