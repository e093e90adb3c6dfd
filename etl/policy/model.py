"""What a policy file may say. Field names are the file's keys; docs/policies.md explains them with an example."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, model_validator

Kind = Literal["养老机构", "照料中心", "老年食堂", "居家服务商", "嵌入式微型机构", "社会组织"]
FindingField = Literal["质量安全", "从业人员", "涉及资金", "运营秩序", "应急管理"]
Severity = Literal["一般", "较重", "严重", "重大"]
Scope = Literal["个别", "多处", "普遍"]
State = Literal["watch", "rectifying", "exit_proposed", "exited"]
Text = Annotated[str, Field(min_length=1)]
Month = Annotated[str, Field(pattern=r"^\d{4}-(0[1-9]|1[0-2])$")]
Positive = Annotated[float, Field(gt=0)]
Share = Annotated[float, Field(ge=0, le=1)]
Window = Annotated[int, Field(ge=1, le=120)]

SEVERITIES: tuple[str, ...] = ("一般", "较重", "严重", "重大")
SCOPES: tuple[str, ...] = ("个别", "多处", "普遍")
STATES: tuple[str, ...] = ("normal", "watch", "rectifying", "exit_proposed", "exited")


class Model(BaseModel):
    """A key that is not known is an error: a misspelt rule must not be silently without effect."""

    model_config = ConfigDict(extra="forbid", frozen=True)


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


class IndicatorPart(Model):
    """An indicator of the provider itself, turned into 0–100 by a line through the points of ``curve``.

    ``window``: months added up; ``min_whole``: below this denominator the part is left out; ``shrink``: so many observations
    at the mean of the kind are added, so that a handful of orders cannot make or break a small provider.
    """

    indicator: Text
    weight: Positive
    basis: Text
    curve: Annotated[list[tuple[float, float]], Field(min_length=2)]
    window: Window = 1
    min_whole: Positive = 1
    shrink: Annotated[float, Field(ge=0)] = 0
    kinds: list[Kind] | None = None

    @model_validator(mode="after")
    def _curve_ascends(self) -> IndicatorPart:
        xs, ys = [x for x, _ in self.curve], [y for _, y in self.curve]
        if any(b <= a for a, b in pairwise(xs)):
            raise ValueError("curve 各点的指标值应从小到大，不得重复")
        if any(not 0 <= y <= 100 for y in ys):
            raise ValueError("curve 各点的得分应在 0 到 100 之间")
        return self


class FindingsPart(Model):
    """100 minus the points of inspection findings in the named fields of supervision; left out where nobody has inspected."""

    findings: Annotated[list[FindingField], Field(min_length=1)]
    weight: Positive
    basis: Text
    kinds: list[Kind] | None = None


def _part_kind(value: Any) -> str | None:
    if isinstance(value, IndicatorPart | FindingsPart):
        return "indicator" if isinstance(value, IndicatorPart) else "findings"
    return next((k for k in ("indicator", "findings") if isinstance(value, dict) and k in value), None)


Part = Annotated[Annotated[IndicatorPart, Tag("indicator")] | Annotated[FindingsPart, Tag("findings")], Discriminator(_part_kind)]


class Domain(Model):
    domain: Text
    weight: Positive
    parts: Annotated[list[Part], Field(min_length=1)]


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
    """A volume of evidence. ``indicator``: the sum of its whole (or of its part, for a count) over ``window`` months."""

    measure: Literal["months_registered", "inspections", "indicator", "domains"]
    at_least: Positive
    window: Window = 12
    indicator: str | None = None

    @model_validator(mode="after")
    def _indicator_named(self) -> Need:
        if (self.measure == "indicator") != (self.indicator is not None):
            raise ValueError("measure 为 indicator 时须写 indicator（指标代码），其他情形不写")
        return self

    @property
    def key(self) -> str:
        """The placeholder by which a sentence names the value."""
        return self.indicator or self.measure


class Minimum(Model):
    """Without any of these there is no star; ``missing`` says so, with the values as placeholders."""

    any_of: Annotated[list[Need], Field(min_length=1)]
    missing: Text


class Confidence(Model):
    level: Literal["高", "中"]
    all_of: Annotated[list[Need], Field(min_length=1)]


class Stars(Model):
    """``fixed``: cuts are the scores from which 2, 3, 4 and 5 stars are given. ``distribution``: cuts are the shares of providers
    of the same kind (0–1, from below) at which 2, 3, 4 and 5 stars begin; in a kind with fewer than ``minimum_group`` providers
    the ``fallback`` scores hold.
    """

    method: Literal["fixed", "distribution"]
    cuts: Annotated[list[float], Field(min_length=4, max_length=4)]
    minimum_group: Annotated[int, Field(ge=1)] = 10
    fallback: Annotated[list[float], Field(min_length=4, max_length=4)] | None = None

    @model_validator(mode="after")
    def _ascending(self) -> Stars:
        for cuts in (self.cuts, self.fallback or []):
            if any(b <= a for a, b in pairwise(cuts)):
                raise ValueError("cuts 应从小到大，不得重复")
        if self.method == "distribution" and (self.fallback is None or not all(0 < c < 1 for c in self.cuts)):
            raise ValueError("按分布评星时，cuts 应在 0 与 1 之间，并须写 fallback（同类过少时的分数线）")
        return self


class Cap(Model):
    """一票否决: where ``when`` holds, the star is at most ``cap``; ``because`` may name {count} {sum} {first} {last} {items}."""

    rule: Text
    cap: Annotated[int, Field(ge=1, le=5)]
    basis: Text
    when: Condition
    because: Text


class Version(Model):
    version: Text
    valid_from: Month
    basis: Text


class RatingVersion(Version):
    domains: Annotated[list[Domain], Field(min_length=1)]
    deduction: Deduction
    minimum: list[Minimum] = []
    confidence: list[Confidence] = []
    stars: Stars
    caps: list[Cap] = []


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

    ``decided``: the facts are decisions that people took; otherwise the state is a candidate and the notice of the state says so.
    ``reset``: a restoration (恢复) wipes what happened before it.
    """

    rule: Text
    state: State
    basis: Text
    when: Condition
    because: Text
    decided: bool = False
    reset: bool = True

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
