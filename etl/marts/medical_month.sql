-- title: 单位医养服务（月末）
-- grain: one provider operating on the last day of a month, with what the health bureau has on record for it
-- agreement, unit, channel: in force on that day; own_institution: the unit is a medical institution in its own right
-- rehab: the agreement covers rehabilitation, or the unit is licensed for it
-- declared_only: the provider register names an arrangement of which the health bureau has no record in force
-- area: community_code
-- time: month
-- provider: provider_id
-- columns:
--   month            月份
--   provider_id      单位编号
--   provider_name    服务单位
--   kind             单位类别
--   community_code   所在社区代码
--   declared         登记的医养结合方式
--   hospital         协议医疗机构
--   unit_kind        内设机构类型
--   agreement        协议有效
--   unit             内设机构有效
--   own_institution  独立设置医疗机构
--   channel          绿色通道开通
--   rehab            有康复服务
--   declared_only    登记而无备案
with agreed as (
    select m.month, a.credit_code, max(a.hospital) as hospital, bool_or(a.rehab) as rehab
    from medical_agreement as a
    join month as m on a.signed_on <= m.last_day and coalesce(a.expires_on, date '9999-12-31') >= m.last_day
    group by m.month, a.credit_code
),
licensed as (
    select m.month, u.credit_code, max(u.kind) as kind, bool_or(u.rehab) as rehab,
           bool_or(u.kind in ('护理院', '康复医院', '老年病医院')) as own_institution
    from medical_unit as u
    join month as m on u.issued_on <= m.last_day and coalesce(u.expires_on, date '9999-12-31') >= m.last_day
    group by m.month, u.credit_code
),
open_channel as (
    select m.month, c.credit_code
    from medical_channel as c
    join month as m on c.opened_on <= m.last_day and coalesce(c.closed_on, date '9999-12-31') > m.last_day
    group by m.month, c.credit_code
)
select l.month, l.provider_id, l.name as provider_name, p.kind, l.community_code, p.medical as declared,
       a.hospital, u.kind as unit_kind,
       a.credit_code is not null as agreement,
       u.credit_code is not null as unit,
       coalesce(u.own_institution, false) as own_institution,
       c.credit_code is not null as channel,
       coalesce(a.rehab, false) or coalesce(u.rehab, false) as rehab,
       coalesce(p.medical = '协议' and a.credit_code is null and u.credit_code is null, false)
           or coalesce(p.medical = '内设' and u.credit_code is null, false) as declared_only
from provider_place as l
join provider_provider as p on p.provider_id = l.provider_id
left join agreed as a on a.credit_code = p.credit_code and a.month = l.month
left join licensed as u on u.credit_code = p.credit_code and u.month = l.month
left join open_channel as c on c.credit_code = p.credit_code and c.month = l.month
where l.operating
