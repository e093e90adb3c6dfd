"""Words that sources use as they are: helpers to declare a column's allowed values."""

from __future__ import annotations


def same(*values: str) -> dict[str, str]:
    """Allowed values that the warehouse keeps exactly as the source says them."""
    return {value: value for value in values}
