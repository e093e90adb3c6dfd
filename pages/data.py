"""数据: where the figures come from, how fresh they are, and what was turned away."""

from dashboard.views import register_page, subject
from dashboard.views.data import loads, modules, modules_side, quarantine

register_page(
    __name__, path="/data", title="数据", order=90, needs_data=True,
    layout=subject(
        attention=modules_side,
        below=[modules, loads, quarantine],
        sheets={"modules": "数据来源", "loads": "接入核对", "quarantine": "隔离记录"},
    ),
)  # fmt: skip
