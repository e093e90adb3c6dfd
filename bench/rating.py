"""The rating engine alone: 6,000 providers over 24 months with inspections, findings, permits and ten figures a month."""

from __future__ import annotations

import resource
import time
from typing import Any

import duckdb

import etl.policy
from etl.paths import DEFAULT_REGION
from etl.region import Region

PROVIDERS, THREADS = 6_000, 2
_WORLD = """
create schema checked; create schema marts; set search_path = 'marts,checked';
create table marts.month as
select strftime(d, '%Y-%m') as month, d::date as first_day, last_day(d::date) as last_day
from generate_series(timestamp '2024-11-01', timestamp '2026-10-01', interval 1 month) t(d);
create table checked.provider_provider as
select 'P' || i as provider_id, 'C' || i as credit_code, '单位' || i as name, ['养老机构', '照料中心', '老年食堂', '居家服务商'][1 + i % 4] as kind,
       date '2023-01-01' + (i % 700)::int as registered_on, null::date as closed_on from range({n}) t(i);
create table checked.provider_permit as
select 'Z' || i || k as permit_id, 'P' || i as provider_id, k as kind, 'n' as number, date '2023-01-01' as issued_on,
       date '2026-06-01' + (hash(i || k) % 3000)::int as expires_on from range({n}) t(i), (values ('执业登记'), ('综合保险'), ('消防')) v(k);
create table checked.inspection_inspection as
select 'I' || j || '-' || i as inspection_id, 'P' || i as provider_id, '双随机' as kind, date '2024-10-01' + (hash(i * 7 + j) % 750)::int as inspected_on,
       if(hash(i + j) % 3 = 0, '不合格', '合格') as result, null::text as follows from range({n}) t(i), range(4) u(j);
create table checked.inspection_finding as
select 'F' || f || inspection_id as finding_id, inspection_id,
       ['质量安全', '从业人员', '涉及资金', '运营秩序', '应急管理'][(1 + hash(inspection_id || f) % 5)::int] as field,
       ['一般', '一般', '一般', '较重', '较重', '严重'][(1 + hash(f || inspection_id || 's') % 6)::int] as severity,
       ['个别', '多处', '普遍'][(1 + hash(f || inspection_id) % 3)::int] as scope, '第三条' as clause, '发现问题' as description
from checked.inspection_inspection, range(3) u(f) where result = '不合格';
create table checked.inspection_rectification as
select finding_id, inspected_on as ordered_on, inspected_on + 30 as deadline, inspected_on + (hash(finding_id) % 45)::int as done_on,
       inspected_on + 60 as verified_on from checked.inspection_finding join checked.inspection_inspection using (inspection_id);
create table marts.provider_figure as
select c as indicator, 'P' || i as provider_id, m.month, (hash(c || i || m.month) % 15 + 85)::double as part, 100::double as whole
from range({n}) t(i), marts.month m, (values ('satisfaction'), ('order_completion'), ('caregiver_cert_rate'), ('turnover_12m'), ('on_time_rate'),
     ('sign_in_compliance'), ('complaints_per_1000_orders'), ('rectified_on_time'), ('orders'), ('revisit_rate')) v(c);
"""


def run(providers: int = PROVIDERS) -> dict[str, Any]:
    """Wall and processor seconds of ratings with evidence, exit states, credit, risk and what would change each star; rows written."""
    with duckdb.connect(config={"threads": THREADS}) as con:
        con.execute("set enable_progress_bar = false")
        con.execute(_WORLD.format(n=providers))
        before, began = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
        done = etl.policy.run(con, Region.load(DEFAULT_REGION))
        wall, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_SELF)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"wall": wall, "cpu": cpu, "rows": done.rows, "providers": providers, "months": 24}
