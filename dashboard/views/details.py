"""What stands at ``/<subject>/<id>``: a provider, or whatever else a page brings along."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from dashboard.views import provider, provider_change, self_reports
from dashboard.views.context import View
from dashboard.views.h import Node
from dashboard.views.page import code_of
from etl.indicators import Indicator


@dataclass(frozen=True, slots=True)
class Detail:
    """The slots of a detail page; ``name`` ends the breadcrumb, ``marked`` is the provider picked out on the map (empty: the page's own id).

    Without a ``map`` of its own (as ``maps.data``) the surroundings of the provider are painted.
    """

    name: str
    head: Node
    side: list[Node]
    below: list[Node]
    marked: str = ""
    map: dict[str, Any] | None = None
    map_head: Node = None
    legend: Node = None


class Detailed(Protocol):
    """What a page's ``detail`` can do."""

    def area(self, view: View) -> str:
        """The community that the page is about; raises Unknown for what the reader does not see."""

    def draw(self, view: View) -> Detail:
        """All slots."""


@dataclass(frozen=True, slots=True)
class ProviderDetail:
    """The detail page of a provider with its own figures of ``codes``."""

    codes: tuple[str, ...]

    def area(self, view: View) -> str:
        """The community that the page is about; raises Unknown for a provider that the reader does not see."""
        return str(view.w.provider(view.ident, view.month)["community_code"])

    def draw(self, view: View) -> Detail:
        """All slots."""
        found = view.w.provider(view.ident, view.month)
        rating = provider.rating_of(view)
        side = [provider.star_panel(view, rating), provider.history_panel(view)]
        below = [
            provider.exit_panel(view), provider_change.change_panel(view, rating), provider_change.standing_panel(view, rating),
            provider.evidence_panel(view, rating), provider.figures_panel(view, self.codes), provider.permits_panel(view, found),
            self_reports.incidents_panel(view),
            provider_change.versions_panel(view),
        ]  # fmt: skip
        return Detail(str(found["name"]), provider.head(view, found), side, below)


def provider_detail(*indicators: Indicator | str) -> ProviderDetail:
    """For a page's ``detail``: a provider, with these figures of its own."""
    return ProviderDetail(tuple(code_of(i) for i in indicators))


__all__: Sequence[str] = ("Detail", "Detailed", "ProviderDetail", "provider_detail")
