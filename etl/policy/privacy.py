"""The district's policy on personal data: purposes, small cells, how long the audit trail stays in the ledger. Data, see ``policies/privacy.yaml``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from etl.martfile import marts
from etl.policy.load import Loc, Problem, load

FILE = "privacy.yaml"
Words = Annotated[str, StringConstraints(min_length=1, max_length=60)]
Code = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z_]{1,20}$")]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Purpose(_Strict):
    """What personal data is looked at or taken out for. ``roles`` (empty: every role that may) says whose one-step purpose it is."""

    code: Code
    name: Words
    needs_text: bool = False
    roles: tuple[str, ...] = ()


class Purposes(_Strict):
    """A short list to choose from."""

    purposes: tuple[Purpose, ...] = Field(min_length=1, max_length=12)

    def find(self, code: object) -> Purpose | None:
        """The purpose of a code; None for anything else."""
        return next((p for p in self.purposes if p.code == code), None)

    def of(self, role: str) -> list[Purpose]:
        """The purposes that a role may give."""
        return [p for p in self.purposes if not p.roles or role in p.roles]


class Open(_Strict):
    """A mart whose figures may be shown however few persons they are about, and why."""

    mart: str
    because: Words


class SmallCells(_Strict):
    """Figures about fewer persons than this are not shown to readers who may not see the persons."""

    fewer_than: int = Field(5, ge=3, le=50)
    open: tuple[Open, ...] = ()


class AuditRule(_Strict):
    """Lines younger than this stay in the ledger. The law asks for six months (网络安全法第二十一条第三项)."""

    keep_months: int = Field(6, ge=6, le=120)


_WORK = Purpose(code="duty", name="依法履职", needs_text=True)


class Privacy(_Strict):
    """The whole policy. What a district does not say is as strict as can be: a written reason, no open figures."""

    version: str = "0"
    basis: str = ""
    unmask: Purposes = Purposes(purposes=(_WORK,))
    export: Purposes = Purposes(purposes=(_WORK,))
    small_cells: SmallCells = SmallCells()
    audit: AuditRule = AuditRule()

    def protected(self) -> list[str]:
        """The marts that name persons and are not open."""
        opened = {o.mart for o in self.small_cells.open}
        return [m.name for m in marts() if m.name not in opened and any(c.privacy for c in m.columns)]


def read(region: Path) -> Privacy:
    """The policy of a region's folder; the strictest where it has none. PolicyError with the line of everything that is wrong."""
    path = region / "policies" / FILE
    return load(path, Privacy, _check) if path.is_file() else Privacy()


def _check(policy: Privacy) -> Iterator[Problem]:
    for part, listed in (("unmask", policy.unmask), ("export", policy.export)):
        codes = [p.code for p in listed.purposes]
        for n, code in enumerate(codes):
            if codes.index(code) != n:
                yield Problem((part, "purposes", n, "code"), f"用途“{code}”重复")
    personal = {m.name for m in marts() if any(c.privacy for c in m.columns)}
    known = {m.name for m in marts()}
    for n, opened in enumerate(policy.small_cells.open):
        at: Loc = ("small_cells", "open", n, "mart")
        if opened.mart not in known:
            yield Problem(at, f"没有“{opened.mart}”这张主题表")
        elif opened.mart not in personal:
            yield Problem(at, f"“{opened.mart}”不含个人信息，不需要列出")
