"""The policy of impact before decision: who counts as served, who may take over, how far, at what price (``policies/impact.yaml``)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal

import orjson
from pydantic import Field, model_validator

from etl.policy.check import version_problems
from etl.policy.load import Problem, load
from etl.policy.model import Model, Positive, Text, Version, Window

BedType = Literal["护理型", "普通型", "认知障碍"]
Form = Literal["床位", "堂食", "送餐", "上门服务", "家庭养老床位"]
Permit = Literal["执业登记", "综合保险", "消防", "食品经营"]
Standing = Literal["normal", "watch", "rectifying"]
BED_TYPES: tuple[str, ...] = ("普通型", "护理型", "认知障碍")
FORMS: tuple[str, ...] = ("床位", "上门服务", "送餐", "堂食", "家庭养老床位")
FILE = "impact.yaml"


class Served(Model):
    """``months``: an elder served in the last so many months counts."""

    months: Window
    basis: Text


class Walk(Model):
    """``detour``: walking distance = straight distance × detour."""

    minutes: Positive
    metres_per_minute: Positive
    detour: Annotated[float, Field(ge=1)]
    basis: Text

    @property
    def metres(self) -> float:
        """How far one walks in the time, in metres of way."""
        return self.minutes * self.metres_per_minute


class Receivers(Model):
    """Who may take over: exit states, least star, and whether providers without a star may."""

    states: Annotated[list[Standing], Field(min_length=1)]
    min_star: Annotated[int, Field(ge=1, le=5)]
    unrated: bool
    basis: Text


class Care(Model):
    """The level of care is kept: ``replace`` says which beds may stand for a bed; ``ability`` and ``dementia`` narrow that further."""

    basis: Text
    replace: dict[BedType, Annotated[list[BedType], Field(min_length=1)]]
    ability: dict[Annotated[int, Field(ge=0, le=4)], Annotated[list[BedType], Field(min_length=1)]] = Field(default_factory=dict)
    dementia: list[BedType] = Field(default_factory=list)

    @model_validator(mode="after")
    def _always_some(self) -> Care:
        missing = [b for b in BED_TYPES if b not in self.replace]
        if missing:
            raise ValueError(f"replace 中缺少床位类型：{'、'.join(missing)}")
        for bed in BED_TYPES:
            for level in range(5):
                for dementia in (False, True):
                    if not self.beds(bed, level, dementia):
                        raise ValueError(f"{bed}床位上能力 {level} 级{'且失智' if dementia else ''}的老年人没有任何可换的床位类型，请核对")
        return self

    def beds(self, bed: str, level: int | None, dementia: bool) -> frozenset[str]:
        """The bed types that an elder in such a bed, of that ability level (None: not assessed), may move to."""
        found = frozenset(self.replace[bed])  # type: ignore[index]
        if level is not None and level in self.ability:
            found &= frozenset(self.ability[level])
        return found & frozenset(self.dementia) if dementia and self.dementia else found


class FormRule(Model):
    """``reach``: the farthest way in metres, ``walk`` for the walking circle, None for the whole district; ``price_rise``: share."""

    permits: list[Permit] = Field(default_factory=list)
    reach: Positive | Literal["walk"] | None = None
    price_rise: Annotated[float, Field(ge=0)]
    basis: Text


class Capacity(Model):
    """How free room is counted where it is not beds or seats."""

    orders_per_caregiver: Positive
    certified_only: bool
    meals_headroom: Annotated[float, Field(ge=0)]
    meals_lookback: Window
    family_beds_per_caregiver: Positive
    basis: Text


class Recover(Model):
    """``share``: of what was paid, the part of ``years`` not served; ``after``: what was paid for later months."""

    programme: Text
    name: Text
    rule: Literal["share", "after"]
    years: Positive | None = None
    basis: Text

    @model_validator(mode="after")
    def _years_where_needed(self) -> Recover:
        if (self.rule == "share") != (self.years is not None):
            raise ValueError("rule 为 share 时须写 years（应运营年限），为 after 时不写")
        return self


class ImpactVersion(Version):
    """All parameters as of one month."""

    served: Served
    walk: Walk
    receivers: Receivers
    care: Care
    forms: dict[Form, FormRule]
    capacity: Capacity
    unknown_price: Literal["keep", "refuse"]
    solve_seconds: Annotated[float, Field(gt=0, le=60)]
    recover: list[Recover] = Field(default_factory=list)

    @model_validator(mode="after")
    def _every_form(self) -> ImpactVersion:
        missing = [f for f in FORMS if f not in self.forms]
        if missing:
            raise ValueError(f"forms 中缺少服务方式：{'、'.join(missing)}")
        return self

    def reach(self, form: str) -> float | None:
        """The farthest way of a form in metres; None without limit."""
        reach = self.forms[form].reach  # type: ignore[index]
        return self.walk.metres if reach == "walk" else None if reach is None else float(reach)


class ImpactPolicy(Model):
    """The whole file; the versions by date."""

    title: Text
    versions: Annotated[list[ImpactVersion], Field(min_length=1)]

    def at(self, month: str) -> ImpactVersion | None:
        """The version in force in a month; None before the first."""
        return next((v for v in reversed(self.versions) if v.valid_from <= month), None)


def check(policy: ImpactPolicy) -> Iterator[Problem]:
    """What one field alone cannot show: versions in order, each programme once."""
    yield from version_problems(list(policy.versions))
    for v, version in enumerate(policy.versions):
        names = [r.programme for r in version.recover]
        for r, name in enumerate(names):
            if names.index(name) != r:
                yield Problem(("versions", v, "recover", r, "programme"), f"补贴项目“{name}”写了两次，请保留一处")


def read(folder: Path) -> ImpactPolicy | None:
    """The policy of a region's ``policies`` folder; None where there is none. Raises `PolicyError` with the lines that are wrong."""
    path = folder / FILE
    return load(path, ImpactPolicy, check) if path.exists() else None


def packed(policy: ImpactPolicy) -> str:
    """The policy as text for a snapshot; :func:`unpacked` gives it back."""
    return orjson.dumps(policy.model_dump(mode="json"), option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS).decode()


def unpacked(text: str) -> ImpactPolicy:
    """The policy that a snapshot carries."""
    return ImpactPolicy.model_validate_json(text)
