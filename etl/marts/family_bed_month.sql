-- title: 家庭养老床位（月末）
-- grain: one family bed that is not closed on the last day of a month
-- void: its elder had died or moved away by that day
-- community_code: where the elder lives; for an unknown elder the provider's main site, else the district
-- area: community_code
-- time: month
-- monthly: provider_place
-- keyed: adaptation_family_bed.elder_id elder_link.elder_id
-- rows: adaptation_family_bed.bed_no
-- provider: provider_id
-- key: bed_no
-- columns:
--   month           月份
--   bed_no          床位编号
--   elder_id        老年人编号
--   elder_name      老年人 [name]
--   provider_id     单位编号
--   provider_name   服务单位
--   community_code  所属区划代码
--   opened_on       建床日期
--   gone_on         去世或迁出日期
--   void            应撤未撤
select m.month, b.bed_no, coalesce(e.person_id, b.elder_id) as elder_id, e.elder_name, r.provider_id,
       coalesce(r.provider_name, b.provider_name) as provider_name,
       coalesce(e.community_code, p.community_code, (select min(code) from area where level = 1)) as community_code,
       b.opened_on, e.gone_on,
       coalesce(e.gone_on <= m.last_day, false) as void
from adaptation_family_bed as b
join month as m on b.opened_on <= m.last_day and coalesce(b.closed_on, date '9999-12-31') > m.last_day
left join elder_link as e on e.elder_id = b.elder_id
left join employer as r on r.credit_code = b.credit_code
left join provider_place as p on p.provider_id = r.provider_id and p.month = m.month
