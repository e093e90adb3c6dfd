"""数据 · 溯源: from source columns to an indicator, and from a source table to what depends on it."""

from dashboard.views import register_page, subject
from dashboard.views.data_lineage import lineage

register_page(
    __name__, path="/data/lineage", title="溯源", order=92, right="data", parent="/data",
    layout=subject(below=[lineage]),
)  # fmt: skip
