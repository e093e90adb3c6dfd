-- title: 设备报警
-- grain: one alarm, in the month in which it was raised
-- community_code: where the elder lives to whom the device belongs; the district's own code where device or elder is not known
-- area: community_code
-- time: month
-- monthly: device_alarm.raised_at! provider_place
-- keyed: device_device.elder_id elder_link.elder_id
-- rows: device_device.device_id
-- provider: provider_id
-- key: alarm_id
-- columns:
--   month            月份
--   alarm_id         告警编号
--   kind             告警类型
--   device_id        设备编号
--   device_kind      设备类型
--   elder_id         老年人编号
--   elder_name       老年人 [name]
--   community_code   老年人常住社区代码
--   raised_at        告警时间
--   confirmation     核实结果
--   handled_after_s  处置用时（秒）
--   provider_id      处置单位编号
--   provider_name    处置单位
--   result           处置结果 [text]
select a.month, a.alarm_id, a.kind, a.device_id, d.kind as device_kind, coalesce(e.person_id, d.elder_id) as elder_id, e.elder_name,
       coalesce(e.community_code, (select min(code) from area where level = 1)) as community_code,
       a.raised_at, a.confirmation, a.handled_after_s, a.provider_id, l.name as provider_name, a.result
from (select *, strftime(raised_at, '%Y-%m') as month from device_alarm) as a
left join device_device as d on d.device_id = a.device_id
left join elder_link as e on e.elder_id = d.elder_id
left join provider_place as l on l.provider_id = a.provider_id and l.month = a.month
where a.month in (select month from month)
