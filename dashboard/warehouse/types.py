"""What the warehouse answers with: small frozen values, no data frames."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal, NamedTuple

Verdict = Literal["met", "on_pace", "behind", "unknown"]


class Unknown(LookupError):  # noqa: N818
    """No such area, month, provider or indicator *for this reader*: forbidden and missing are answered alike."""


class Expired(Unknown):
    """The snapshot of a run that is not kept any more. Only whoever may look at earlier snapshots at all is told."""


class Area(NamedTuple):
    """An area in force; ``level`` 1 district, 2 street, 3 community. ``lng``, ``lat``: a point inside, CGCS2000."""

    code: str
    name: str
    short_name: str
    level: int
    parent_code: str | None
    lng: float | None
    lat: float | None


class Figure(NamedTuple):
    """One indicator of one area (or provider) in one month.

    ``value``, ``previous`` (last month) and ``year_ago`` are in the indicator's unit, None where they cannot be formed.
    ``target`` and ``due`` (a month) are None where no plan target applies at this level; ``verdict`` is None then, too.
    ``hidden``: there is a figure, but it is about too few persons for this reader (小样本); everything of the month is None then.
    """

    code: str
    area: str
    month: str
    part: float | None
    whole: float | None
    value: float | None
    previous: float | None = None
    year_ago: float | None = None
    target: float | None = None
    verdict: Verdict | None = None
    due: str | None = None
    hidden: bool = False


class Point(NamedTuple):
    """One month of a trend; ``value`` None where the figure cannot be formed."""

    month: str
    value: float | None
    part: float | None
    whole: float | None


class ForecastPoint(NamedTuple):
    """A month ahead: the middle and an 80 % interval, in the indicator's unit."""

    month: str
    mid: float
    low: float
    high: float


class Forecast(NamedTuple):
    """The trend continued. ``reach_month`` is the first month whose middle reaches the target; None if none does or there is no target."""

    points: list[ForecastPoint]
    verdict: Verdict | None
    reach_month: str | None


class Column(NamedTuple):
    """A column of rows behind a figure; ``privacy`` names the class it was masked by, empty where it needs none."""

    name: str
    title: str
    privacy: str = ""


class Rows(NamedTuple):
    """A page of rows. ``total`` counts all the reader may see; ``outside`` those behind the figure that lie outside his area."""

    columns: list[Column]
    rows: list[tuple[Any, ...]]
    total: int
    outside: int = 0


class RatingDomain(NamedTuple):
    """The score (0–100, None without evidence) of one domain and the weight it entered with."""

    domain: str
    score: float | None
    weight: float
    applied_weight: float


class Evidence(NamedTuple):
    """One rule that counted in a rating, with its clause and the record it rests on."""

    domain: str
    rule: str
    basis: str | None
    metric: str | None
    value: float | None
    points: float | None
    sentence: str
    source_table: str | None
    row_key: str | None
    happened_on: date | None


class Rating(NamedTuple):
    """A provider's supervision rating in a month; ``star`` None means 暂不评级, ``missing`` says why."""

    provider_id: str
    month: str
    star: int | None
    score: float | None
    uncapped_star: int | None
    cap_rule: str | None
    cap_because: str | None
    missing: str | None
    confidence: Any
    evidence_count: int | None
    policy_version: str | None
    domains: list[RatingDomain]
    evidence: list[Evidence]


class Change(NamedTuple):
    """What would change a star: one or two things different, and what the engine gave for it. ``direction`` gain or lose."""

    direction: str
    changes: int
    sentence: str
    star: int
    new_star: int
    score: float
    new_score: float


class RatedMonth(NamedTuple):
    """One month of a provider's history with the policy version that it was rated by."""

    month: str
    star: int | None
    score: float | None
    confidence: str | None
    version: str | None


class Standing(NamedTuple):
    """A provider among others: ``place`` counts from 1, equal scores share it; ``stars`` counts 1–5. Means are of the others with it."""

    name: str
    peers: int
    place: int | None
    mean_star: float
    mean_score: float
    stars: tuple[int, int, int, int, int]
