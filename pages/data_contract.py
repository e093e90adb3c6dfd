"""数据 · 报送约定: what a module has to deliver."""

from dashboard.views import register_page, subject
from dashboard.views.data_contract import contract

register_page(
    __name__, path="/data/contract", title="报送约定", order=94, right="data", parent="/data",
    layout=subject(below=[contract]),
)  # fmt: skip
