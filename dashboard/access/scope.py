"""Who may see what: the roles, declared once, and the scope that every read is narrowed by."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType

from dashboard.access.rights import BUSINESS, MANAGES, RIGHTS, WATCHES, known


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """What people of one kind may do. ``level`` is the area level their account is bound to (1 district, 2 street, 3 community).

    ``rights`` are codes of ``rights.RIGHTS``; everybody also has ``account``.  ``unmask`` lists the privacy classes (see
    ``etl.contract.Privacy``) that are shown as they are; everything else is masked.
    """

    code: str
    name: str
    level: int
    rights: frozenset[str]
    unmask: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        """ValueError for a right that is not declared, and for a role that holds more than one of the three powers."""
        if not self.rights <= RIGHTS.keys():
            raise ValueError(f"{self.code}: {sorted(self.rights - RIGHTS.keys())}")
        if sum(bool(self.rights & power) for power in (BUSINESS, MANAGES, WATCHES)) > 1:
            raise ValueError(f"{self.code} holds more than one of the three powers")


_READS = frozenset({"figures", "rows"})
_BUREAU = _READS | {"export", "data", "held", "unmask", "policy_try", "report_issue", "jobs"}

ROLES: Mapping[str, Role] = MappingProxyType(
    {
        role.code: role
        for role in (
            Role(code="leader", name="局领导", level=1, rights=_BUREAU | {"policy_approve", "cases", "case_review", "case_decide", "account_review", "inspectors"}),
            Role(
                code="staff", name="业务科室", level=1, unmask=frozenset({"name"}),
                rights=_BUREAU | {"plan_inspections", "inspectors", "cases", "case_open", "case_step", "case_field", "case_review"},
            ),
            Role(
                code="street", name="街道", level=2, unmask=frozenset({"name"}),
                rights=_READS | {"export", "data", "unmask", "report_issue", "inspectors", "cases", "case_field", "jobs"},
            ),
            Role(code="steward", name="社区专管员", level=3, rights=_READS | {"unmask"}, unmask=frozenset({"name"})),
            Role(code="finance", name="财务审计查阅", level=1, rights=_READS | {"export", "data", "inspectors", "cases", "jobs"}),
            Role(code="auditor", name="安全审计员", level=1, rights=frozenset({"audit"})),
            Role(code="admin", name="系统管理员", level=1, rights=frozenset({"accounts", "account_review", "system"})),
        )
    }
)  # fmt: skip
"""Stewards visit the elders of one community: they need no export and no view of the data modules, and see a telephone number, as
everybody does, one elder at a time and for a purpose (one step for them: 上门走访).
The administrator sees no figure and no elder and cannot read the log; the auditor reads the log and changes nothing; operators do neither."""


@dataclass(frozen=True, kw_only=True)
class Scope:
    """What one person may read: an area with all below it, and what of its rows. Made from an account, never from a request.

    ``providers``: the only providers he may see within the area; None stands for all of them.
    """

    area: str
    role: str
    rights: frozenset[str]
    unmask: frozenset[str] = frozenset()
    providers: frozenset[str] | None = None

    @classmethod
    def of(cls, role: str, area: str, providers: Iterable[str] | None = None) -> Scope:
        """The scope of a role in an area; KeyError for a role that is not declared."""
        declared = ROLES[role]
        return cls(
            area=area, role=role, rights=declared.rights | {"account"}, unmask=declared.unmask,
            providers=None if providers is None else frozenset(providers),
        )  # fmt: skip

    def may(self, right: str) -> bool:
        """Whether the person has a right; KeyError for a right that is not declared."""
        return known(right) in self.rights

    def reads_persons(self) -> bool:
        """Whether papers that name elders may be opened: by whom names are shown to anyway, or who may see them for a purpose."""
        return "name" in self.unmask or self.may("unmask")

    def knows_inspectors(self) -> bool:
        """Whether he may know before the visit who inspects whom: not whose account is for certain providers only, who may be close to them."""
        return self.providers is None and self.may("inspectors")

    def sees_provider(self, provider_id: str | None) -> bool:
        """Whether the provider set, where there is one, holds this provider. Its area is asked for elsewhere."""
        return self.providers is None or provider_id in self.providers

    @cached_property
    def key(self) -> str:
        """Everything that an answer may depend on, as text: two scopes with one key may share a cached answer."""
        only = "*" if self.providers is None else ",".join(sorted(self.providers))
        return f"{self.area}/{self.role}/{','.join(sorted(self.rights))}/{','.join(sorted(self.unmask))}/{only}"
