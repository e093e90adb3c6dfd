"""What an impact assessment says, before and after it is narrowed to a reader."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from dashboard.impact.plan import Group, Placement, Room
from etl.policy.impact import ImpactVersion


@dataclass(frozen=True, slots=True)
class Elder:
    """One elder served in the months looked at. ``forms``: way of service → how often (days of bed stays are not counted: 1).

    ``present``: still on the register, alive and resident, at the month's end. ``level``: ability 0–4, None where never assessed.
    """

    elder_id: str
    name: str
    community_code: str
    level: int | None
    dementia: bool
    present: bool
    forms: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Staff:
    """Caregivers employed at the month's end: all, certified, of senior level; by post."""

    total: int = 0
    certified: int = 0
    senior: int = 0
    posts: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Money:
    """A subsidy paid to the provider: in the twelve months, since when in all, and what is to be recovered by which clause (yuan)."""

    programme: str
    name: str
    paid_year: float
    paid_all: float
    recover: float
    basis: str
    said: str


@dataclass(frozen=True, slots=True)
class Prepaid:
    """One kind of prepayment of one elder that the provider owes at the month's end, and how much of it a bank holds (yuan)."""

    elder_id: str
    name: str
    community_code: str
    kind: str
    amount: float
    held: float


@dataclass(frozen=True, slots=True)
class Refund:
    """What is to be paid back of one kind of prepayment, to how many elders, and how much of it a bank holds (yuan)."""

    kind: str
    elders: int
    amount: float
    held: float


@dataclass(frozen=True, slots=True)
class Impact:
    """One provider and month. ``elders``, ``placements`` and ``prepaid`` hold those whom the reader may see; the others are numbers.

    ``by_level``: ability level (None: not assessed) → elders; ``by_form``: way of service → elders; both over all elders.
    ``by_community``: community → elders, of the reader's communities; ``outside``: elders who live elsewhere.
    ``names``: receiving provider → name, empty for one outside the reader's area; ``points``: provider → place.
    """

    provider_id: str
    name: str
    month: str
    months: tuple[str, ...]
    point: tuple[float, float] | None
    policy: ImpactVersion
    total: int
    gone: int
    calls: int
    unknown_meals: int
    by_form: Mapping[str, int]
    by_level: Mapping[int | None, int]
    by_community: Mapping[str, int]
    outside: int
    elders: tuple[Elder, ...]
    placements: tuple[Placement, ...]
    hidden: int
    groups: tuple[Group, ...]
    reasons: Mapping[str, int]
    receiving: Mapping[str, int]
    names: Mapping[str, str]
    points: Mapping[str, tuple[float, float]]
    rooms: tuple[Room, ...]
    staff: Staff
    money: tuple[Money, ...]
    refunds: tuple[Refund, ...]
    prepaid: tuple[Prepaid, ...]
    data_date: date

    @property
    def owed(self) -> float:
        """All prepayments to be paid back (yuan)."""
        return sum(r.amount for r in self.refunds)

    @property
    def owed_held(self) -> float:
        """What a bank holds of them (yuan)."""
        return sum(r.held for r in self.refunds)

    @property
    def needs(self) -> int:
        """Needs to be placed, of all elders."""
        return sum(g.needs for g in self.groups)

    @property
    def placed(self) -> int:
        """Needs with a place."""
        return sum(g.placed for g in self.groups)
