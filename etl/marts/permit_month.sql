-- title: 单位证照（月末）
-- grain: one permit of one provider held in a month: issued by its last day, whether or not it has expired since
-- valid: in force on the last day of the month; lapsed: expired, and the provider has no permit of that kind in force
-- area: community_code
-- time: month
-- provider: provider_id
-- columns:
--   month           月份
--   permit_id       证照编号
--   provider_id     单位编号
--   provider_name   服务单位
--   community_code  所在社区代码
--   kind            证照种类
--   number          证照号
--   issued_on       发证日期
--   expires_on      有效期至
--   valid           月末有效
--   lapsed          已过期未续
select l.month, t.permit_id, l.provider_id, l.name as provider_name, l.community_code, t.kind, t.number, t.issued_on, t.expires_on,
       coalesce(t.expires_on, date '9999-12-31') >= m.last_day as valid,
       max(coalesce(t.expires_on, date '9999-12-31')) over (partition by l.month, t.provider_id, t.kind) < m.last_day
           and row_number() over (
               partition by l.month, t.provider_id, t.kind order by t.expires_on desc, t.issued_on desc, t.permit_id
           ) = 1 as lapsed
from provider_place as l
join month as m on m.month = l.month
join provider_permit as t on t.provider_id = l.provider_id and t.issued_on <= m.last_day
where l.operating
