"""指标: the whole catalogue, a group at a time; each figure leads to its map, ranking, trend and rows."""

from dashboard.views import by_area, register_page, subject
from dashboard.views.indicator_list import catalogue_panel
from etl.indicators import catalogue

register_page(
    __name__, path="/indicators", title="全部指标", order=12, parent="/",
    layout=subject(layers=[by_area(code) for code in catalogue()], below=[catalogue_panel], asked=True),
)  # fmt: skip
