-- title: 服务工单
-- grain: one service order, in the month in which it was ordered
-- community_code: where the elder lives; where the elder is not on the register, of the provider's main site
-- on_time: signed in at most 15 minutes after the appointment; null where nothing was agreed or nobody came
-- sign_in_compliant: signed in and out, with a position
-- area: community_code
-- time: month
-- monthly: order_order.ordered_at! provider_place
-- keyed: order_order.elder_id elder_link.elder_id
-- rows: order_order.order_id
-- provider: provider_id
-- key: order_id
-- columns:
--   month              月份
--   order_id           工单编号
--   elder_id           老年人编号
--   elder_name         老年人 [name]
--   community_code     老年人常住社区代码
--   provider_id        单位编号
--   provider_name      服务单位
--   caregiver_id       护理员编号
--   caregiver_name     护理员 [name]
--   item               服务项目
--   category           服务类别
--   ordered_at         下单时间
--   appointed_at       预约时间
--   signed_in_at       签到时间
--   signed_out_at      签退时间
--   price              金额（元）
--   subsidy_part       补贴（元）
--   own_part           自付（元）
--   status             状态
--   completed          已完成
--   on_time            准时到达
--   sign_in_compliant  签到签退合规
--   satisfaction       满意度
--   revisit            回访结果
with worker as (
    select caregiver_id, max(name) as caregiver_name from caregiver_employment group by caregiver_id
)
select o.month, o.order_id, coalesce(e.person_id, o.elder_id) as elder_id, e.elder_name,
       coalesce(e.community_code, l.community_code, (select min(code) from area where level = 1)) as community_code,
       o.provider_id, l.name as provider_name, o.caregiver_id, w.caregiver_name, i.name as item, i.category,
       o.ordered_at, o.appointed_at, o.signed_in_at, o.signed_out_at, o.price, o.subsidy_part, o.own_part, o.status,
       o.status = '已完成' as completed,
       o.signed_in_at <= o.appointed_at + interval 15 minute as on_time,
       o.signed_in_at is not null and o.signed_out_at is not null and o.lng is not null as sign_in_compliant,
       o.satisfaction, o.revisit
from (select *, strftime(ordered_at, '%Y-%m') as month from order_order) as o
left join elder_link as e on e.elder_id = o.elder_id
left join provider_place as l on l.provider_id = o.provider_id and l.month = o.month
left join worker as w on w.caregiver_id = o.caregiver_id
left join order_item as i on i.item_code = o.item_code
where o.month in (select month from month)
