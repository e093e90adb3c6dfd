"""The ``spec`` fixture: small tables in, figures out."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from etl.indicators.base import Indicator
from tests.spec.world import World

Rows = list[dict[str, Any]]


def rows_of(table: str) -> Rows:
    """``a | b`` header and lines below → dicts; an empty cell is a missing value, ``-`` too."""
    lines = [line for line in table.strip().splitlines() if line.strip()]
    head = [cell.strip() for cell in lines[0].split("|")]
    out = []
    for line in lines[1:]:
        cells = [cell.strip() for cell in line.split("|")]
        assert len(cells) == len(head), f"{len(cells)} cells under {len(head)} headings: {line}"
        out.append({h: _value(c) for h, c in zip(head, cells, strict=True)})
    return out


def _value(cell: str) -> Any:
    return {"": None, "-": None, "yes": True, "no": False}.get(cell, cell)


class Spec:
    """Given tables, when a month is looked at, then figures: ``spec.given(...).at(month).gives(indicator, {area: "part/whole"})``."""

    def __init__(self) -> None:
        self.world = World()
        self.month = "2026-10"

    def given(self, table: str, text: str) -> Spec:
        """Rows of one checked table."""
        self.world.add(table, *rows_of(text))
        return self

    def at(self, month: str) -> Spec:
        """The month that is looked at."""
        self.month = month
        return self

    def gives(self, indicator: Indicator, expected: dict[str, str | int | None]) -> Spec:
        """Compare part (and whole) for every area named; ``None`` = no figure can be formed. Areas may be written short."""
        self.world.build(indicator.marts)
        for short, wanted in expected.items():
            area = short.ljust(12, "0")
            part, whole = self.world.measure(indicator, area, self.month)
            if wanted is None:
                value = indicator.value(float(part or 0), None if whole is None else float(whole))
                assert value is None, f"{indicator.code} {area}: {part}/{whole}"
                continue
            pieces = str(wanted).split("/")
            assert part == Fraction(pieces[0]), f"{indicator.code} {area} {self.month}: part {part}, expected {wanted}"
            if len(pieces) == 2:
                assert whole == Fraction(pieces[1]), f"{indicator.code} {area} {self.month}: whole {whole}, expected {wanted}"
        return self

    def caregivers(self, text: str) -> Spec:
        """Caregivers in one table: caregiver, community, hired_on, left_on, and level, issued_on, expires_on of a certificate."""
        for row in rows_of(text):
            who, place = row["caregiver"], row.get("community") or "330105003051"
            code = row.get("employer") or f"C{place}"
            if not self.world.con.execute("select count(*) from provider_provider where credit_code = ?", [code]).fetchone()[0]:
                self.world.add("provider_provider", {"provider_id": f"P{code}", "credit_code": code, "name": f"单位{code}"})
                self.world.add("provider_site", {"site_id": f"Z{code}", "provider_id": f"P{code}", "community_code": place})
            job = {k: row[k] for k in ("hired_on", "left_on") if k in row}
            self.world.add("caregiver_employment", {"caregiver_id": who, "id_number": who, "name": who, "credit_code": code, **job})
            held = {k: row[k] for k in ("level", "issued_on", "expires_on") if row.get(k)}
            if held or row.get("certificate"):
                number = row.get("certificate") or f"N{who}{held.get('level', '')}"
                self.world.add("caregiver_certificate", {"certificate_no": number, "caregiver_id": who, "id_number": who, **held})
        return self

    def provider(self, provider: str = "P1", community: str = "330105003051", **rest: Any) -> Spec:
        """A provider with one main site."""
        site = {k: rest.pop(k) for k in ("street_level",) if k in rest}
        self.world.add("provider_provider", {"provider_id": provider, "credit_code": f"C{provider}", "name": f"单位{provider}", **rest})
        self.world.add("provider_site", {"site_id": f"Z{provider}", "provider_id": provider, "community_code": community, **site})
        return self

    def elders(self, text: str) -> Spec:
        """Elders; the ID number is the elder's own unless it is given."""
        for row in rows_of(text):
            who = row.pop("elder")
            self.world.add("registry_elder", {"elder_id": who, "id_number": who, "name": who} | {k: v for k, v in row.items() if v})
        return self


@pytest.fixture
def spec() -> Spec:
    """A fresh little district."""
    return Spec()


