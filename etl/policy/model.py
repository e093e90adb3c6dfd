"""What a policy file may say. Field names are the file's keys; docs/policies.md explains them with an example."""

# ruff: noqa: RUF012 - pydantic copies defaults; the linter does not see the base class in the other file

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag, model_validator

from etl.policy.parts import (
    CANDIDATE,
    SCOPES,
    SEVERITIES,
    STARS,
    STATES,
    Adjustment,
    ColumnPart,
    CyclesPart,
    Domain,
    FindingsPart,
    IndicatorPart,
    Kind,
    Limit,
    Model,
    Month,
    Positive,
    Rounding,
    Scope,
    Severity,
    Share,
    Star,
    Stars,
    State,
    Text,
    Window,
)

__all__ = [
    "SCOPES", "SEVERITIES", "STATES", "Cap", "ColumnCondition", "ColumnPart", "Condition", "Confidence", "Criterion", "CyclesPart",
    "Deduction", "Demerit", "Domain", "ExitPolicy", "ExitVersion", "FindingsPart", "IndicatorPart", "Kind", "Minimum", "Model", "Month",
    "Need", "RatingPolicy",
    "RatingVersion", "Share", "Stars", "Text", "Version", "Window",
]  # fmt: skip


class Condition(Model):
    """Facts that satisfy ``where`` (column: value, list of values, or {min, max}), counted or summed, reach ``at_least``.

    ``window``: only facts of the last so many months. ``row`` is the sentence of one fact. ``since`` names the date column from
    which such a fact weighs (a missed deadline from the day after it, not from the inspection); by default happened_on.
    """

    facts: Text
    where: dict[str, Any] = {}
    window: Window | None = None
    measure: Literal["count", "points"] = "count"
    at_least: Positive = 1
    kinds: list[Kind] | None = None
    since: Text = "happened_on"
    row: Text


class ColumnCondition(Model):
    """A column of the table given to ``yiguan rate`` has the value ``equals``, or a number of at least or at most so much."""

    column: Text
    equals: str | float | None = None
    at_least: float | None = None
    at_most: float | None = None

    @model_validator(mode="after")
    def _one(self) -> ColumnCondition:
        if sum(x is not None for x in (self.equals, self.at_least, self.at_most)) != 1:
            raise ValueError("应写 equals、at_least、at_most 中的一个")
        return self


def _when(value: Any) -> str:
    return "column" if isinstance(value, ColumnCondition) or (isinstance(value, dict) and "column" in value) else "facts"


class Decay(Model):
    """Up to ``months`` old a finding counts with ``share`` of its points; older than the last step, not at all."""

    months: Window
    share: Share


class Deduction(Model):
    """Points of one finding = points[severity][scope] × share by age × (1 + repeat surcharge + overdue surcharge).

    ``repeat``: surcharge after the 1st, 2nd, … failed re-inspection (the last one holds for all further ones).
    """

    points: dict[Severity, dict[Scope, Annotated[float, Field(ge=0)]]]
    decay: Annotated[list[Decay], Field(min_length=1)]
    repeat: list[Annotated[float, Field(ge=0)]] = []
    overdue: Annotated[float, Field(ge=0)] = 0

    @model_validator(mode="after")
    def _complete(self) -> Deduction:
        for severity in SEVERITIES:
            missing = [s for s in SCOPES if s not in self.points.get(severity, {})]  # type: ignore[call-overload]
            if missing:
                raise ValueError(f"points 中“{severity}”缺少：{'、'.join(missing)}")
        if any(b.months <= a.months for a, b in pairwise(self.decay)):
            raise ValueError("decay 的 months 应从小到大")
        return self

    @property
    def horizon(self) -> int:
        """Months after which a finding no longer counts."""
        return self.decay[-1].months


class Need(Model):
    """A volume of evidence. ``indicator``: the sum of its whole (or of its part, for a count) over ``window`` months; ``column``: a
    number in the table given to ``yiguan rate``.
    """

    measure: Literal["months_registered", "inspections", "indicator", "domains", "column"]
    at_least: Positive
    window: Window = 12
    indicator: str | None = None
    column: str | None = None

    @model_validator(mode="after")
    def _indicator_named(self) -> Need:
        if (self.measure == "indicator") != (self.indicator is not None):
            raise ValueError("measure 为 indicator 时须写 indicator（指标代码），其他情形不写")
        if (self.measure == "column") != (self.column is not None):
            raise ValueError("measure 为 column 时须写 column（表格的列名），其他情形不写")
        return self

    @property
    def key(self) -> str:
        """The placeholder by which a sentence names the value."""
        return self.indicator or self.column or self.measure


class Minimum(Model):
    """Without any of these there is no star; ``missing`` says so, with the values as placeholders."""

    any_of: Annotated[list[Need], Field(min_length=1)]
    missing: Text


class Confidence(Model):
    level: Literal["高", "中"]
    all_of: Annotated[list[Need], Field(min_length=1)]


class Cap(Model):
    """一票否决: where ``when`` holds, the star is at most ``cap``; ``because`` may name {count} {sum} {first} {last} {items}.

    ``domain``: it is the stars of that domain that are limited. For a column of a table ``because`` may name {value}.
    """

    rule: Text
    cap: Star
    basis: Text
    domain: Text | None = None
    when: Annotated[
        Annotated[Condition, Tag("facts")] | Annotated[ColumnCondition, Tag("column")], Discriminator(_when)
    ]
    because: Text


class Version(Model):
    """``changes`` says in words what is different from the version before."""

    version: Text
    valid_from: Month
    basis: Text
    changes: Text | None = None


class RatingVersion(Version):
    """``base``: the stars begin with those of that domain; otherwise ``stars`` cuts the mean of the domains by their weights.

    ``grades``: names of the grades from the lowest up, for a scheme that gives no stars (``yiguan rate`` only); without them there are five stars.
    ``areas``: named groups of areas (6-, 9- or 12-digit codes; in a table, the values of its column area) for stars within areas.
    """

    domains: Annotated[list[Domain], Field(min_length=1)]
    deduction: Deduction | None = None
    rounding: Rounding = Rounding()
    grades: Annotated[list[Text], Field(min_length=2, max_length=9)] | None = None
    areas: dict[Text, list[Text]] = {}
    minimum: list[Minimum] = []
    confidence: list[Confidence] = []
    base: Text | None = None
    stars: Stars | None = None
    adjust: list[Adjustment] = []
    limits: list[Limit] = []
    caps: list[Cap] = []

    @model_validator(mode="after")
    def _coherent(self) -> RatingVersion:
        if (self.base is None) == (self.stars is None):
            raise ValueError("应写 stars（按总分评星）或 base（以某领域的星级为基础）中的一个")
        if self.stars is not None and any(d.method == "sum" for d in self.domains):
            raise ValueError("有 method: sum（分值累加）的领域时不能按总分评星，应写 base（以某领域的星级为基础）")
        if self.deduction is None and any(isinstance(p, FindingsPart) for d in self.domains for p in d.parts):
            raise ValueError("有 findings（检查扣分）时须写 deduction（扣分分值）")
        return self

    @property
    def words(self) -> list[str]:
        """What the result is called, from the lowest up: 一星 to 五星, or the version's own grades."""
        return list(self.grades or STARS)

    @property
    def cuts(self) -> list[tuple[str, Stars, Literal["higher", "lower"]]]:
        """(domain, stars, better) of every cut of the version; the domain of the total is ''."""
        found = [(d.domain, d.stars, d.better) for d in self.domains if d.stars is not None]
        if self.stars is not None:
            found.append(("", self.stars, "higher"))
        return found


class RatingPolicy(Model):
    title: Text
    versions: Annotated[list[RatingVersion], Field(min_length=1)]


class Demerit(Model):
    """Points that a fact adds to a provider's record (记分)."""

    rule: Text
    basis: Text
    facts: Text
    where: dict[str, Any] = {}
    points: Positive
    row: Text


class Criterion(Model):
    """Where ``when`` holds at month end, the provider stands at ``state`` unless a graver criterion holds.

    ``decided``: the facts are decisions that people took; otherwise a proposed exit is only a candidate, and the notice of the state says so.
    ``reset``: a restoration (恢复) wipes what happened before it.
    """

    rule: Text
    state: State
    basis: Text
    when: Condition
    because: Text
    decided: bool = False
    reset: bool = True

    @property
    def gives(self) -> str:
        """The state that a provider is given: without a decision a proposed exit is a candidate's, for people to open or not."""
        return CANDIDATE if self.state == "exit_proposed" and not self.decided else self.state

    @model_validator(mode="after")
    def _people_decide(self) -> Criterion:
        if self.state == "exited" and not self.decided:
            raise ValueError("“已退出”只能依据已作出的决定（decided: true），不得由数据直接得出")
        return self


class ExitVersion(Version):
    notice: dict[State, Text] = {}
    demerits: list[Demerit] = []
    criteria: Annotated[list[Criterion], Field(min_length=1)]


class ExitPolicy(Model):
    title: Text
    versions: Annotated[list[ExitVersion], Field(min_length=1)]
