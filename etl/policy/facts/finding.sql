-- fact: finding · 检查发现的问题（截至月末已查出）
-- happened_on: the day of the inspection · source: inspection_finding
-- column: field | text | 监管领域 | 质量安全,从业人员,涉及资金,运营秩序,应急管理
-- column: severity | text | 严重程度 | 一般,较重,严重,重大
-- column: scope | text | 范围 | 个别,多处,普遍
-- column: inspection | text | 检查类别 | 双随机,专项,复查
-- column: description | text | 问题描述
-- column: clause | text | 条款
-- column: ordered | bool | 已下达整改通知
-- column: ordered_on | date | 责令整改日期
-- column: deadline | date | 整改期限
-- column: open | bool | 月末未整改（无完成日期，或完成于月末之后）
-- column: unverified | bool | 月末未经复查确认
-- column: overdue | bool | 月末已过期限仍未整改
-- column: overdue_since | date | 逾期起算日（期限次日）
-- column: days_overdue | number | 逾期天数 | from overdue_since
-- column: failed_reinspections | number | 截至月末复查不合格次数
with recursive chain as (
    select i.inspection_id as root, i.inspection_id
    from policy_in_inspection i
    where i.follows is null or i.follows = i.inspection_id or i.follows not in (select inspection_id from policy_in_inspection)
    union
    select c.root, i.inspection_id
    from chain c join policy_in_inspection i on i.follows = c.inspection_id
), failed as (
    select c.inspection_id, m.month, count(*) as times
    from chain c
    join policy_in_inspection i using (inspection_id)
    join chain d on d.root = c.root and d.inspection_id <> d.root
    join policy_in_inspection x on x.inspection_id = d.inspection_id and x.inspection_id <> c.inspection_id
         and x.kind = '复查' and x.result = '不合格' and x.inspected_on >= i.inspected_on
    join policy_month m on m.last_day >= x.inspected_on
    group by all
), known as (
    select m.month, m.idx, i.provider_id, m.last_day, i.inspected_on, i.kind, f.*, r.ordered_on, r.deadline,
           r.ordered_on <= m.last_day as ordered, coalesce(r.done_on <= m.last_day, false) as done,
           coalesce(r.verified_on <= m.last_day, false) as verified
    from policy_month m
    join policy_in_inspection i on i.inspected_on <= m.last_day
    join policy_in_finding f on f.inspection_id = i.inspection_id
    left join policy_in_rectification r on r.finding_id = f.finding_id
)
select k.month, k.provider_id, k.inspected_on as happened_on, 'inspection_finding' as source_table, k.finding_id as row_key,
       k.field, k.severity, k.scope, k.kind as inspection, k.description, k.clause,
       coalesce(k.ordered, false) as ordered, k.ordered_on, k.deadline,
       not k.done as open, not k.verified as unverified,
       coalesce(not k.done and k.deadline < k.last_day, false) as overdue,
       k.deadline + 1 as overdue_since,
       case when not k.done and k.deadline < k.last_day then k.last_day - k.deadline else 0 end as days_overdue,
       coalesce(x.times, 0) as failed_reinspections
from known k
left join failed x on x.inspection_id = k.inspection_id and x.month = k.month
