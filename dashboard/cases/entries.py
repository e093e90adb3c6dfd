"""What may be written in the blanks of a step's form."""

from __future__ import annotations

import re
from datetime import date
from typing import get_args

from dashboard.cases.model import Entry
from etl.policy.model import Kind

LONGEST = 2000
_CREDIT = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_WEIGHTS = tuple(pow(3, k, 31) for k in range(17))
KINDS: tuple[str, ...] = get_args(Kind)


def problem(entry: Entry, text: str) -> str:
    """What is wrong with a text for this blank, as a sentence; empty where nothing is."""
    if len(text) > LONGEST:
        return f"“{entry.name}”超过 {LONGEST} 字"
    match entry.kind:
        case "choice" if text not in entry.choices:
            return f"“{entry.name}”只能选：{'、'.join(entry.choices)}"
        case "provider_kind" if text not in KINDS:
            return f"“{entry.name}”只能选：{'、'.join(KINDS)}"
        case "integer" if not re.fullmatch(r"\d{1,9}", text, re.ASCII):
            return f"“{entry.name}”应为不小于 0 的整数"
        case "money" if not re.fullmatch(r"\d{1,9}(\.\d{1,2})?", text, re.ASCII):
            return f"“{entry.name}”应为不小于 0 的金额，最多两位小数，如 12000.50"
        case "date" if not _is_day(text):
            return f"“{entry.name}”应为日期，如 2026-11-20"
        case "credit_code" if not credit_code(text):
            return f"“{entry.name}”校验不通过（GB 32100：18 位，末位为校验码）"
        case "community" if not re.fullmatch(r"\d{12}", text, re.ASCII):
            return f"“{entry.name}”应从列表中选择"
    return ""


def _is_day(text: str) -> bool:
    try:
        return re.fullmatch(r"\d{4}-\d{2}-\d{2}", text, re.ASCII) is not None and bool(date.fromisoformat(text))
    except ValueError:
        return False


def credit_code(text: str) -> bool:
    """Whether a text is a unified social credit code: 18 characters of which the last is the checksum of the others (GB 32100-2015)."""
    if len(text) != 18 or any(c not in _CREDIT for c in text):
        return False
    rest = sum(_CREDIT.index(c) * w for c, w in zip(text, _WEIGHTS, strict=False)) % 31
    return _CREDIT[(31 - rest) % 31] == text[17]
