"""数据 · 隔离退回: rows turned away, by owner, and the file to send back."""

from dashboard.views import register_page, subject
from dashboard.views.data_quarantine import by_owner, quarantine

register_page(
    __name__, path="/data/quarantine", title="隔离退回", order=91, right="data", parent="/data",
    layout=subject(below=[by_owner, quarantine]),
)  # fmt: skip
