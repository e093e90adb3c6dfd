"""Who may see what: the roles, declared once, and the scope that every read is narrowed by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """What people of one kind may do. ``level`` is the area level their account is bound to (1 district, 2 street, 3 community).

    ``unmask`` lists the privacy classes (see ``etl.contract.Privacy``) that are shown as they are; everything else is masked.
    """

    code: str
    name: str
    level: int
    see_rows: bool = True
    export: bool = False
    see_data_module: bool = False
    unmask: frozenset[str] = frozenset()


ROLES: Mapping[str, Role] = MappingProxyType(
    {
        role.code: role
        for role in (
            Role(code="leader", name="局领导", level=1, export=True, see_data_module=True),
            Role(code="staff", name="业务科室", level=1, export=True, see_data_module=True, unmask=frozenset({"name"})),
            Role(code="street", name="街道", level=2, export=True, see_data_module=True, unmask=frozenset({"name"})),
            Role(code="steward", name="社区专管员", level=3, unmask=frozenset({"name", "phone", "address"})),
        )
    }
)
"""Stewards visit the elders of one community and so need name, telephone and address, but no export and no view of the data modules."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What one person may read: an area with all below it, and what of its rows. Made from an account, never from a request."""

    area: str
    role: str
    can_see_rows: bool = True
    can_export: bool = False
    can_see_data: bool = False
    unmask: frozenset[str] = frozenset()

    @classmethod
    def of(cls, role: str, area: str) -> Scope:
        """The scope of a role in an area; KeyError for a role that is not declared."""
        declared = ROLES[role]
        return cls(
            area=area, role=role, can_see_rows=declared.see_rows, can_export=declared.export,
            can_see_data=declared.see_data_module, unmask=declared.unmask,
        )  # fmt: skip

    @property
    def key(self) -> str:
        """Everything that an answer may depend on, as text: two scopes with one key may share a cached answer."""
        flags = "".join("01"[flag] for flag in (self.can_see_rows, self.can_export, self.can_see_data))
        return f"{self.area}/{self.role}/{flags}/{','.join(sorted(self.unmask))}"
