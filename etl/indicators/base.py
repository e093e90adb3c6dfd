"""The vocabulary of indicators: a measure is a filter or a sum over a mart; an indicator is a part and, mostly, a whole.

Part and whole are stored, never the quotient, so that a parent area adds up its children and never averages them.  The rows behind
a figure are the mart's rows under the same filter.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Literal

Better = Literal["higher", "lower", "neutral"]
Semantics = Literal["stock", "flow"]
ALL_LEVELS = (1, 2, 3)


@dataclass(frozen=True, slots=True)
class Measure:
    """``sum(value)`` (or a row count where value is ``1``) over the rows of ``mart`` that satisfy ``where``.

    With ``median`` or ``quantile`` (0 … 1, linear between neighbours) it is that of ``value`` instead, which does not add up.
    """

    mart: str
    where: str = "true"
    value: str = "1"
    median: bool = False
    quantile: float | None = None

    @property
    def ranked(self) -> bool:
        """True where it must be taken from the rows of each area: the parts of an area do not add up to it."""
        return self.median or self.quantile is not None


def count(mart: str, where: str = "true") -> Measure:
    """The number of the mart's rows under a filter."""
    return Measure(mart, where)


def total(mart: str, value: str, where: str = "true") -> Measure:
    """The sum of a column or expression over the mart's rows under a filter."""
    return Measure(mart, where, value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Indicator:
    """One indicator. ``scale`` multiplies part ÷ whole (100 for percent, 1000 for per mille).

    ``semantics`` stock = as at the last day of the month, flow = within the month.  ``levels``: 1 district, 2 street, 3 community.
    ``by_provider`` is true where the part's mart knows the provider.  ``blank`` says why there is no figure where the whole is 0.
    """

    code: str
    name: str
    unit: str
    group: str
    definition: str
    basis: str
    part: Measure
    whole: Measure | None = None
    better: Better = "neutral"
    scale: float = 1
    decimals: int = 0
    semantics: Semantics = "stock"
    levels: tuple[int, ...] = ALL_LEVELS
    kind: str = "count"
    short: str = ""
    blank: str = ""

    @property
    def label(self) -> str:
        """The shortest name that is still clear beside its siblings."""
        return self.short or self.name

    def value(self, part: float | None, whole: float | None) -> float | None:
        """The figure from its stored part and whole; None where it cannot be formed (no rows, a whole of zero)."""
        if part is None:
            return None
        if self.whole is None or self.ranked:
            return part * self.scale
        if not whole:
            return None
        return part / whole * self.scale

    @property
    def ranked(self) -> bool:
        """True for a median or another quantile: the part is the figure itself, the whole the number of rows behind it."""
        return self.part.ranked

    @property
    def marts(self) -> tuple[str, ...]:
        """The marts that the part and the whole are read from."""
        names = [self.part.mart] + ([self.whole.mart] if self.whole else [])
        return tuple(dict.fromkeys(names))


def Count(code: str, *, mart: str, where: str = "true", unit: str = "人", **rest: object) -> Indicator:  # noqa: N802
    """A number of rows."""
    return Indicator(code=code, unit=unit, part=count(mart, where), kind="count", **rest)  # type: ignore[arg-type]


def Total(code: str, *, mart: str, value: str, where: str = "true", unit: str = "元", **rest: object) -> Indicator:  # noqa: N802
    """A sum, mostly of money."""
    return Indicator(code=code, unit=unit, part=total(mart, value, where), kind="total", **rest)  # type: ignore[arg-type]


def Ratio(  # noqa: N802
    code: str,
    *,
    part: str | Measure,
    whole: str | Measure = "true",
    mart: str = "",
    unit: str = "%",
    scale: float = 100,
    decimals: int = 1,
    **rest: object,
) -> Indicator:
    """Part over whole; a string is a filter on ``mart``."""
    return Indicator(
        code=code,
        unit=unit,
        part=count(mart, part) if isinstance(part, str) else part,
        whole=count(mart, whole) if isinstance(whole, str) else whole,
        scale=scale,
        decimals=decimals,
        kind="ratio",
        **rest,  # type: ignore[arg-type]
    )


def Mean(code: str, *, mart: str, value: str, where: str = "true", unit: str, decimals: int = 1, **rest: object) -> Indicator:  # noqa: N802
    """The mean of an expression over rows: sum as part, number of rows as whole."""
    return Indicator(
        code=code, unit=unit, part=total(mart, value, where), whole=count(mart, where), decimals=decimals, kind="mean",
        **rest,  # type: ignore[arg-type]
    )


def Median(code: str, *, mart: str, value: str, where: str = "true", unit: str, decimals: int = 1, **rest: object) -> Indicator:  # noqa: N802
    """The median of an expression; computed for every area from the rows, since medians do not add up. Whole = number of rows."""
    return Indicator(
        code=code, unit=unit, part=Measure(mart, where, value, median=True), whole=count(mart, where), decimals=decimals,
        kind="median", **rest,  # type: ignore[arg-type]
    )


def Quantile(  # noqa: N802
    code: str, *, mart: str, value: str, quantile: float, where: str = "true", unit: str, decimals: int = 1, **rest: object
) -> Indicator:
    """A quantile (0.9: nine in ten rows lie at or below it) of an expression, as a median is computed. Whole = number of rows."""
    return Indicator(
        code=code, unit=unit, part=Measure(mart, where, value, quantile=quantile), whole=count(mart, where), decimals=decimals,
        kind="quantile", **rest,  # type: ignore[arg-type]
    )


@cache
def catalogue() -> Mapping[str, Indicator]:
    """All indicators by code, found by walking this package; a code declared twice is an error."""
    import etl.indicators as package

    found: dict[str, Indicator] = {}
    for info in sorted(pkgutil.iter_modules(package.__path__), key=lambda i: i.name):
        if info.name == "base":
            continue
        module = importlib.import_module(f"{package.__name__}.{info.name}")
        for value in vars(module).values():
            if isinstance(value, Indicator):
                if found.get(value.code, value) is not value:
                    raise ValueError(f"indicator {value.code} is declared twice")
                found[value.code] = value
    return found
