-- title: 志愿服务需求
-- grain: one request for voluntary service, in the month in which it was posted
-- open_call: not withdrawn before anybody was found; matched: a volunteer was found; hours_to_match: from posting to the match
-- area: community_code
-- time: month
-- monthly: time_bank_request.posted_at!
-- keyed: time_bank_request.elder_id elder_link.elder_id
-- rows: time_bank_request.request_id
-- key: request_id
-- columns:
--   month              月份
--   request_id         需求编号
--   elder_id           老年人编号
--   elder_name         老年人 [name]
--   community_code     老年人常住社区代码
--   service            服务项目
--   posted_at          发布时间
--   matched_at         匹配时间
--   volunteer_account  接单户号
--   done_at            完成时间
--   status             状态
--   open_call          有效需求
--   matched            已匹配
--   hours_to_match     匹配用时（小时）
select m.month, q.request_id, coalesce(e.person_id, q.elder_id) as elder_id, e.elder_name,
       coalesce(e.community_code, a.community_code, (select min(code) from area where level = 1)) as community_code,
       q.service, q.posted_at, q.matched_at, q.volunteer_account, q.done_at, q.status,
       q.status <> '已取消' or q.matched_at is not null as open_call,
       q.matched_at is not null as matched,
       date_diff('second', q.posted_at, q.matched_at) / 3600.0 as hours_to_match
from time_bank_request as q
join month as m on m.month = strftime(q.posted_at, '%Y-%m')
left join elder_link as e on e.elder_id = q.elder_id
left join time_bank_account as a on a.account_id = q.volunteer_account
