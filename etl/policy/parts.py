"""What a rating may be made of: parts of a domain, how a domain is scored, cut into stars, and adjusted by another domain."""

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
NotNegative = Annotated[float, Field(ge=0)]
Share = Annotated[float, Field(ge=0, le=1)]
Window = Annotated[int, Field(ge=1, le=120)]
Star = Annotated[int, Field(ge=1)]  # no more than the version has grades: etl/policy/check.py
Points = list[tuple[float, float]]

SEVERITIES: tuple[str, ...] = ("一般", "较重", "严重", "重大")
SCOPES: tuple[str, ...] = ("个别", "多处", "普遍")
STARS: tuple[str, ...] = ("一星", "二星", "三星", "四星", "五星")
CANDIDATE = "exit_candidate"
"""What data alone make of ``exit_proposed``: a criterion is met, and nobody has decided anything."""
STATES: tuple[str, ...] = ("normal", "watch", "rectifying", CANDIDATE, "exit_proposed", "exited")


class Model(BaseModel):
    """A key that is not known is an error: a misspelt rule must not be silently without effect."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Scaled(Model):
    """A value becomes points on the line through ``curve`` (flat outside), or by ``steps``: from a value on, so many points."""

    weight: Positive = 1
    basis: Text
    curve: Annotated[Points, Field(min_length=2)] | None = None
    steps: Annotated[Points, Field(min_length=1)] | None = None
    kinds: list[str] | None = None

    @model_validator(mode="after")
    def _ascending(self) -> Scaled:
        if (self.curve is None) == (self.steps is None):
            raise ValueError("应写 curve（折线）或 steps（分档）中的一个")
        name = "curve" if self.curve else "steps"
        if any(b <= a for a, b in pairwise(x for x, _ in self.shape)):
            raise ValueError(f"{name} 各点的指标值应从小到大，不得重复")
        return self

    @property
    def shape(self) -> Points:
        """The points of the curve or the steps."""
        return self.curve or self.steps or []

    @property
    def most(self) -> float:
        """The highest score that the part can give."""
        return max(y for _, y in self.shape)


class IndicatorPart(Scaled):
    """An indicator of the provider itself.

    ``window``: months added up; ``min_whole``: below this denominator the part is left out; ``shrink``: so many observations
    at the mean of the kind are added, so that a handful of orders cannot make or break a small provider.
    """

    indicator: Text
    weight: Positive
    window: Window = 1
    min_whole: Positive = 1
    shrink: NotNegative = 0
    kinds: list[Kind] | None = None  # type: ignore[assignment]


class FindingsPart(Model):
    """100 minus the points of inspection findings in the named fields of supervision; left out where nobody has inspected."""

    findings: Annotated[list[FindingField], Field(min_length=1)]
    weight: Positive
    basis: Text
    kinds: list[Kind] | None = None


class ColumnPart(Scaled):
    """A column of the table given to ``yiguan rate``; an empty cell leaves the part out."""

    column: Text
    name: Text | None = None


class Cycle(Model):
    """One inspection cycle: the columns that begin with ``prefix``; its points count with ``weight``."""

    prefix: Text
    weight: Positive


class CyclesPart(Model):
    """Points of deficiencies added over inspection cycles, from columns of the table given to ``yiguan rate``.

    Column ``<prefix><letter>`` holds the number of deficiencies of that class, ``<prefix><repeat_column>`` the re-inspections that
    were needed; ``repeat`` is the surcharge on the cycle's points after the first, second, third … of them (the last one holds
    for all further ones). A cycle whose cells are all empty did not take place: the other weights are rescaled to one.
    """

    cycles: Annotated[list[Cycle], Field(min_length=1)]
    points: Annotated[dict[Text, NotNegative], Field(min_length=1)]
    repeat_column: Text | None = None
    repeat: list[NotNegative] = []
    weight: Positive = 1
    name: Text
    basis: Text
    kinds: list[str] | None = None

    @model_validator(mode="after")
    def _together(self) -> CyclesPart:
        if bool(self.repeat) != (self.repeat_column is not None):
            raise ValueError("repeat（加重比例）与 repeat_column（复查次数的列）应同时写")
        return self


_PARTS = {"indicator": IndicatorPart, "findings": FindingsPart, "column": ColumnPart, "cycles": CyclesPart}


def _part_kind(value: Any) -> str | None:
    if isinstance(value, Model):
        return next((k for k, cls in _PARTS.items() if isinstance(value, cls)), None)
    return next((k for k in _PARTS if isinstance(value, dict) and k in value), None)


Part = Annotated[
    Annotated[IndicatorPart, Tag("indicator")]
    | Annotated[FindingsPart, Tag("findings")]
    | Annotated[ColumnPart, Tag("column")]
    | Annotated[CyclesPart, Tag("cycles")],
    Discriminator(_part_kind),
]
Cuts = Annotated[list[float], Field(min_length=1, max_length=8)]


class Stars(Model):
    """``fixed``: cuts are the scores from which 2, 3, 4 and 5 stars are given. ``distribution``: cuts are the shares of the peers
    (0–1, from below) at which 2, 3, 4 and 5 stars begin; among fewer than ``minimum_group`` peers the ``fallback`` scores hold.
    A version with ``grades`` of its own has one cut fewer than grades.

    Peers are the providers of the month with the same ``within``: kind 类别, area 区域组, both, or none of them.
    """

    method: Literal["fixed", "distribution"]
    cuts: Cuts
    within: list[Literal["kind", "area"]] = ["kind"]
    minimum_group: Annotated[int, Field(ge=1)] = 10
    fallback: Cuts | None = None

    @model_validator(mode="after")
    def _ascending(self) -> Stars:
        if self.method == "distribution":
            if any(b <= a for a, b in pairwise(self.cuts)):
                raise ValueError("cuts 应从小到大，不得重复")
            if self.fallback is None or not all(0 < c < 1 for c in self.cuts):
                raise ValueError("按分布评星时，cuts 应在 0 与 1 之间，并须写 fallback（同类过少时的分数线）")
            if len(self.fallback) != len(self.cuts):
                raise ValueError(f"fallback 应与 cuts 一样有 {len(self.cuts)} 个分数线，现有 {len(self.fallback)} 个")
        return self

    @property
    def score_cuts(self) -> list[float]:
        """The scores at which the second and each further star or grade begins, where scores decide."""
        return self.cuts if self.method == "fixed" else self.fallback or []

    def wrong_direction(self, better: str) -> str | None:
        """What is wrong with scores that do not run the way in which more stars are given; None where they do."""
        if any((b <= a) if better == "higher" else (b >= a) for a, b in pairwise(self.score_cuts)):
            return "分数线应" + ("从小到大，不得重复" if better == "higher" else "从大到小，不得重复（分值越低越好）")
        return None


class Domain(Model):
    """``mean``: the weighted mean of part scores of 0–100. ``sum``: the weighted sum of the parts' points, at which ``better`` says
    whether many are good; with ``rescale`` a part without data is made up for in proportion to the most that it could have given.

    ``stars`` cuts the domain into stars of its own, which `base` and `adjust` of the version speak of.
    """

    domain: Text
    weight: Positive = 1
    method: Literal["mean", "sum"] = "mean"
    better: Literal["higher", "lower"] = "higher"
    rescale: bool = False
    at_least_parts: Annotated[int, Field(ge=1)] = 1
    stars: Stars | None = None
    parts: Annotated[list[Part], Field(min_length=1)]

    @model_validator(mode="after")
    def _coherent(self) -> Domain:
        if self.method == "mean":
            if self.better == "lower" or self.rescale:
                raise ValueError("better: lower 与 rescale 只用于 method: sum（分值累加）的领域")
            for part in self.parts:
                if isinstance(part, CyclesPart):
                    raise ValueError("cycles（分周期累加扣分）只用于 method: sum 的领域")
                if isinstance(part, Scaled) and any(not 0 <= y <= 100 for _, y in part.shape):
                    raise ValueError("curve 各点的得分应在 0 到 100 之间")
        elif any(isinstance(part, FindingsPart) for part in self.parts):
            raise ValueError("findings（检查扣分）只用于 method: mean 的领域")
        if self.rescale and any(isinstance(part, CyclesPart) for part in self.parts):
            raise ValueError("cycles（分周期累加扣分）没有满分，不能 rescale")
        return self


class Rounding(Model):
    """How domain scores and the total are rounded: half_up 四舍五入, half_even 四舍六入五成双, down 舍去, up 进位."""

    digits: Annotated[int, Field(ge=0, le=6)] = 1
    mode: Literal["half_up", "half_even", "down", "up"] = "half_up"


class Adjustment(Model):
    """Stars are added or taken where the named domain has at least or at most so many stars or so high a score.

    ``above_base``: only where the domain's stars are more than those adjusted. The result stays between the lowest and the highest after each step.
    """

    rule: Text
    domain: Text
    by: Annotated[int, Field(ge=-8, le=8)]
    basis: Text
    star_at_least: Star | None = None
    star_at_most: Star | None = None
    score_at_least: float | None = None
    score_at_most: float | None = None
    above_base: bool = False

    @model_validator(mode="after")
    def _says_when(self) -> Adjustment:
        if self.by == 0:
            raise ValueError("by 不能为 0（应写加减几星，如 1 或 -1）")
        if not self.on_star and self.score_at_least is None and self.score_at_most is None:
            raise ValueError("应写明条件：star_at_least、star_at_most、score_at_least、score_at_most 至少一个")
        return self

    @property
    def on_star(self) -> bool:
        """Whether it needs the domain's own stars."""
        return self.star_at_least is not None or self.star_at_most is not None or self.above_base


class Limit(Model):
    """Where the stars before adjustment are ``base_at_most`` or fewer, adjustments add no more than ``gain_at_most`` in all."""

    rule: Text
    basis: Text
    base_at_most: Star
    gain_at_most: Annotated[int, Field(ge=0, le=8)]
