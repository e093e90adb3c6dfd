"""任务进度 of the monthly report: milestones that fell due and what meetings decided, and which of them are overdue."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from dashboard.reports.content.context import Context
from dashboard.reports.content.tasks import progress
from dashboard.reports.model import Paragraph, Table
from dashboard.warehouse import Scope, Snapshot, Warehouse
from tests.reports.conftest import DISTRICT, MONTH, STREET
from tests.support import tiny

ROWS = f"""
insert into milestone_month by name
select '{MONTH}' as month, id as milestone_id, title, 'T1' as task_id, '家庭养老床位' as task, '{DISTRICT}' as area_code, due::date as due_on, done_on::date as done_on,
       done_on is not null as done, coalesce(done_on <= due, false) as in_time
from (values ('M1', '出台办法', '2026-03-31', '2026-03-20'), ('M2', '完成招标', '2026-06-30', '2026-07-15'), ('M3', '建成平台', '2026-09-30', null)) v(id, title, due, done_on);
insert into decision_month by name
select '{MONTH}' as month, id as decision_id, content, 'T1' as task_id, '家庭养老床位' as task, department, area as area_code, date '2026-05-10' as met_on,
       due::date as due_on, null::date as done_on, due <= '2026-10-31' as due, false as done, false as in_time, due <= '2026-10-31' as overdue
from (values ('D1', '落实场地', '小河街道', '{STREET}', '2026-08-01'), ('D2', '核定价格', '区发改局', '{DISTRICT}', '2026-12-01')) v(id, content, department, area, due);
delete from figure where month = '{MONTH}' and indicator in ('milestones_in_time', 'milestones_overdue', 'decisions_in_time', 'decisions_overdue');
insert into figure (indicator, area_code, level, month, part, whole) values
    ('milestones_in_time', '{DISTRICT}', 1, '{MONTH}', 1, 3), ('milestones_overdue', '{DISTRICT}', 1, '{MONTH}', 1, null),
    ('decisions_in_time', '{DISTRICT}', 1, '{MONTH}', 0, 1), ('decisions_overdue', '{DISTRICT}', 1, '{MONTH}', 1, null),
    ('decisions_in_time', '{STREET}', 2, '{MONTH}', 0, 1), ('decisions_overdue', '{STREET}', 2, '{MONTH}', 1, null);
"""


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    """A snapshot with three milestones that fell due and two matters decided."""
    file: Path = tiny.build(tmp_path_factory.mktemp("terms") / "tiny.duckdb")
    with duckdb.connect(str(file)) as con:
        con.execute(ROWS)
    return Snapshot.open(file)


def section(snapshot: Snapshot, area: str) -> tuple[str, list[tuple[str, ...]]]:
    """What the section says of terms, and the rows of its list."""
    w = Warehouse(snapshot, Scope.of("leader", DISTRICT))
    found = progress(Context(w, area, MONTH))
    assert found is not None
    said = "".join(b.text for b in found.blocks if isinstance(b, Paragraph))
    rows = [tuple(cell.text for cell in row) for b in found.blocks if isinstance(b, Table) and b.key == "terms_overdue" for row in b.rows]
    return said, rows


def test_the_report_says_how_many_were_in_time_and_lists_what_is_overdue_by_its_day(told):
    said, rows = section(told, DISTRICT)
    assert "到期里程碑按期完成率33.3%，逾期未完成1个" in said and "例会议定事项按期办结率0.0%，逾期未完成1件" in said
    assert rows == [("议定事项", "落实场地", "小河街道", "2026-08-01"), ("里程碑", "建成平台", "家庭养老床位", "2026-09-30")]


def test_a_month_without_either_says_nothing_of_terms(reader):
    found = progress(Context(reader(), DISTRICT, MONTH))
    assert found is not None and not any("里程碑" in b.text for b in found.blocks if isinstance(b, Paragraph))
