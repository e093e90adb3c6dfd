-- title: 在用设备（月末）
-- grain: one device installed and not removed on the last day of a month
-- community_code: where the elder lives to whom it belongs; the district's own code where the elder is not on the register
-- online: last seen within the seven days before that day, or later
-- after_gone: the elder has died or moved away by that day, and the device is still counted as installed
-- area: community_code
-- time: month
-- keyed: device_device.elder_id elder_link.elder_id
-- rows: device_device.device_id
-- key: device_id
-- columns:
--   month           月份
--   device_id       设备编号
--   kind            设备类型
--   maker           厂商
--   elder_id        老年人编号
--   elder_name      老年人 [name]
--   community_code  老年人常住社区代码
--   installed_on    安装日期
--   last_seen_at    最近在线时间
--   online          在线
--   after_gone      老年人已去世或迁出
select m.month, d.device_id, d.kind, d.maker, coalesce(e.person_id, d.elder_id) as elder_id, e.elder_name,
       coalesce(e.community_code, (select min(code) from area where level = 1)) as community_code,
       d.installed_on, d.last_seen_at,
       coalesce(d.last_seen_at >= m.last_day - interval 7 day, false) as online,
       coalesce(e.gone_on <= m.last_day, false) as after_gone
from device_device as d
join month as m on d.installed_on <= m.last_day and coalesce(d.removed_on, date '9999-12-31') > m.last_day
left join elder_link as e on e.elder_id = d.elder_id
