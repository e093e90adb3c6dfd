"""数据 · 运行与快照: what each run did, the accounts, and the snapshots that can be opened again."""

from dashboard.views import register_page, subject
from dashboard.views.data_runs import history, loads, revisions, snapshots

register_page(
    __name__, path="/data/runs", title="运行与快照", order=93, right="data", parent="/data",
    layout=subject(below=[history, revisions, loads, snapshots], sheets={"revisions": "已报月份的修订"}),
)  # fmt: skip
