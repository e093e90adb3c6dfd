-- fact: inspection · 已进行的检查
-- happened_on: the day of the inspection · source: inspection_inspection
-- column: kind | text | 检查类别 | 双随机,专项,复查
-- column: result | text | 结果 | 合格,不合格
select m.month, i.provider_id, i.inspected_on as happened_on, 'inspection_inspection' as source_table, i.inspection_id as row_key,
       i.kind, i.result
from policy_month m join policy_in_inspection i on i.inspected_on <= m.last_day
