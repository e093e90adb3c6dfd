-- title: 服务站点（月末）
-- grain: one site open on the last day of a month, of an operating provider
-- area: community_code
-- time: month
-- provider: provider_id
-- columns:
--   month           月份
--   site_id         站点编号
--   name            站点名称
--   provider_id     单位编号
--   provider_name   运营单位
--   kind            单位类别
--   ownership       运营性质
--   grade           评定等级
--   community_code  所在社区代码
--   address         地址
--   lng             经度
--   lat             纬度
--   floor_area      建筑面积（平方米）
--   opened_on       开业日期
--   street_level    街道级
--   main_site       主站点
--   socially_run    社会力量运营
select l.month, s.site_id, s.name, s.provider_id, p.name as provider_name, p.kind, p.ownership, p.grade, s.community_code, s.address,
       s.lng, s.lat, s.floor_area, s.opened_on, s.street_level, s.main_site,
       p.ownership in ('公建民营', '民办') as socially_run
from provider_place as l
join month as m on m.month = l.month
join provider_site as s
    on s.provider_id = l.provider_id
    and s.opened_on <= m.last_day
    and coalesce(s.closed_on, date '9999-12-31') > m.last_day
join provider_provider as p on p.provider_id = s.provider_id
where l.operating
