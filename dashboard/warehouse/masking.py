"""How personal data is shown to readers who need to recognise a record but not the person (脱敏)."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any


def mask_name(text: str) -> str:
    """``张小明`` → ``张*明``, ``张明`` → ``张*``, ``欧阳`` → ``欧*``; one character stays as it is not a name any more."""
    if len(text) < 2:
        return "*"
    return text[0] + "*" if len(text) == 2 else text[0] + "*" * (len(text) - 2) + text[-1]


def mask_id(text: str) -> str:
    """``330105193801011234`` → ``330105********1234``; anything shorter keeps only its last two characters."""
    return (
        f"{text[:6]}{'*' * (len(text) - 10)}{text[-4:]}"
        if len(text) >= 15
        else "*" * max(len(text) - 2, 0) + text[-2:]
        if len(text) > 4
        else "****"
    )


def mask_phone(text: str) -> str:
    """``13800001234`` → ``138****1234``."""
    return f"{text[:3]}****{text[-4:]}" if len(text) >= 11 else "****" + text[-2:] if len(text) > 4 else "****"


def mask_address(text: str) -> str:
    """The address down to the road: everything from the first number on is left out."""
    head = re.split(r"[0-9０-９一二三四五六七八九十]+(?:号|幢|栋|弄|单元|室)", text, maxsplit=1)[0]
    return (head if head != text else text[:6]) + "***"


def mask_account(text: str) -> str:
    """The first four characters of the hash: enough to see that two are the same."""
    return text[:4] + "…"


_NUMBERS = re.compile(r"[0-9０-９][0-9０-９ \-－]{5,}[0-9０-９][Xx]?")
_HOUSES = re.compile(r"[0-9０-９一二三四五六七八九十]+(?:号|幢|栋|弄|单元|室)(?:[0-9０-９一二三四五六七八九十]+(?:号|幢|栋|弄|单元|室))*")


def mask_text(text: str) -> str:
    """Free words without what points to a person: long numbers (telephone, ID, card) and house numbers."""
    return _HOUSES.sub("***", _NUMBERS.sub("****", text))


_MASKS: dict[str, Callable[[str], str]] = {
    "name": mask_name,
    "id": mask_id,
    "phone": mask_phone,
    "address": mask_address,
    "account": mask_account,
    "text": mask_text,
}


def mask(value: Any, privacy: str, unmask: frozenset[str] = frozenset()) -> Any:
    """The value as a reader with these rights may see it; a privacy class that is not known hides the value entirely."""
    if not privacy or privacy in unmask or value is None or value == "":
        return value
    way = _MASKS.get(privacy)
    return way(str(value)) if way else "***"
