-- fact: complaint · 12345 投诉工单（能对应到服务单位的）
-- happened_on: the day it was received · source: complaint_complaint
-- column: subject | text | 诉求类别
-- column: answered | bool | 月末已办结
-- column: late | bool | 逾期未办结或逾期办结
-- column: satisfied | bool | 回访满意
-- column: dissatisfied | bool | 回访不满意
select m.month, c.provider_id, c.received_on as happened_on, 'complaint_complaint' as source_table, c.complaint_id as row_key,
       c.subject, coalesce(c.answered_on <= m.last_day, false) as answered,
       coalesce(c.due_on < case when c.answered_on <= m.last_day then c.answered_on else m.last_day end, false) as late,
       coalesce(c.answered_on <= m.last_day and c.satisfied, false) as satisfied,
       coalesce(c.answered_on <= m.last_day and not c.satisfied, false) as dissatisfied
from policy_month m join policy_in_complaint c on c.received_on <= m.last_day
where c.provider_id is not null
