"""What the policy files of inspection and credit may say; docs/policies.md explains them with an example."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Literal

from pydantic import Field, model_validator

from etl.policy.model import Condition, Kind, Model, Share, Text, Version, Window

Grade = Literal["A", "B", "C", "D"]
VisitKind = Literal["双随机", "专项", "复查"]
GRADES: tuple[str, ...] = ("A", "B", "C", "D")
Points = Annotated[int, Field(ge=1, le=1000)]


class Factor(Model):
    """Where ``when`` holds at month end, ``points`` are added to the risk; ``each``: for every fact, at most ``most`` in all."""

    rule: Text
    basis: Text
    points: Points
    each: bool = False
    most: Points | None = None
    when: Condition
    because: Text


class Unseen(Model):
    """From ``after`` calendar months without an inspection on, each further month adds ``points``, at most ``most``."""

    after: Window
    points: Points
    most: Points
    basis: Text


class Due(Model):
    """Providers of these kinds, or with these credit grades, are visited at least every so many calendar months, without a draw."""

    rule: Text
    basis: Text
    every_months: Window
    kinds: list[Kind] | None = None
    credit: list[Grade] | None = None
    because: Text


class RiskStratum(Model):
    """Providers whose risk is at least ``score`` (the next higher stratum excepted) get this share of the visits that risk decides."""

    stratum: Text
    score: Annotated[int, Field(ge=0)]
    share: Share


class Visits(Model):
    """Visits a month: this share of the operating providers, never fewer than ``at_least``."""

    share: Annotated[float, Field(gt=0, le=1)]
    at_least: Annotated[int, Field(ge=1)]


class InspectionVersion(Version):
    """``random_share``: of the visits that are not 应查必查, so many are drawn from all with equal chances."""

    visits: Visits
    team: Annotated[int, Field(ge=2, le=6)] = 2
    random_share: Annotated[float, Field(gt=0, le=1)]
    counts: list[VisitKind] = Field(default=["双随机", "专项"], min_length=1)
    base: Annotated[int, Field(ge=1)] = 10
    unseen: Unseen | None = None
    factors: list[Factor] = Field(default_factory=list)
    due: list[Due] = Field(default_factory=list)
    strata: Annotated[list[RiskStratum], Field(min_length=1)]

    @model_validator(mode="after")
    def _strata_descend(self) -> InspectionVersion:
        if any(b.score >= a.score for a, b in pairwise(self.strata)):
            raise ValueError("strata 应按 score 从高到低排列，不得重复")
        if self.strata[-1].score != 0:
            raise ValueError("strata 最后一层的 score 应为 0，否则有单位不属于任何一层")
        if abs(sum(s.share for s in self.strata) - 1) > 1e-9:
            raise ValueError(f"strata 的 share 合计应为 1，现为 {sum(s.share for s in self.strata):g}")
        names = [s.stratum for s in self.strata]
        if len(set(names)) != len(names) or {"应查必查", "随机"} & set(names):
            raise ValueError("strata 的名称不得重复，也不得为“应查必查”“随机”")
        return self


class InspectionPolicy(Model):
    title: Text
    versions: Annotated[list[InspectionVersion], Field(min_length=1)]


class CreditCriterion(Model):
    """Where ``when`` holds at month end the grade is no better than ``grade``."""

    rule: Text
    grade: Literal["B", "C", "D"]
    basis: Text
    when: Condition
    because: Text


class Merit(Model):
    """What a provider needs for grade A beside the absence of all criteria: each of the conditions in ``all_of``."""

    basis: Text
    all_of: Annotated[list[Condition], Field(min_length=1)]
    because: Text


class CreditVersion(Version):
    """Without a criterion met the grade is A where ``merit`` holds, else ``usual``."""

    usual: Literal["A", "B"] = "B"
    merit: Merit | None = None
    criteria: Annotated[list[CreditCriterion], Field(min_length=1)]
    publish: list[Grade] = Field(default=["A", "D"])
    repair_after_months: Window = 3


class CreditPolicy(Model):
    title: Text
    versions: Annotated[list[CreditVersion], Field(min_length=1)]
