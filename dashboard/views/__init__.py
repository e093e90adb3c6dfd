"""From figures to components: what pages are written with."""

from dashboard.views.attention import lowest_providers, money_watch, watch_list
from dashboard.views.caregivers import by_level, by_provider, by_street
from dashboard.views.compare import side_by_side
from dashboard.views.details import provider_detail
from dashboard.views.impact import impact_choice, impact_detail
from dashboard.views.indicator_list import figures_of
from dashboard.views.page import by_area, exit_states, provider_stars, register_page, registry, subject

__all__ = [
    "by_area", "by_level", "by_provider", "by_street", "exit_states", "figures_of", "impact_choice", "impact_detail", "lowest_providers", "money_watch", "provider_detail",
    "provider_stars", "register_page", "registry", "side_by_side", "subject", "watch_list",
]  # fmt: skip
