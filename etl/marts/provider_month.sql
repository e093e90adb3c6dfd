-- title: 在营服务单位（月末）
-- grain: one provider operating on the last day of a month
-- insured, licence_valid, fire_valid, food_valid: holds a permit of that kind in force on that day
-- medical_required: has institutional beds; medical_compliant, by the health bureau's records (medical_month): up to 100 beds an
-- agreement or a unit of its own, up to 500 a unit, above 500 a medical institution in its own right
-- (stars and exit states are in provider_standing, which is built after the policies have been applied)
-- area: community_code
-- time: month
-- provider: provider_id
-- key: provider_id
-- columns:
--   month              月份
--   provider_id        单位编号
--   name               服务单位
--   credit_code        统一社会信用代码
--   kind               单位类别
--   ownership          运营性质
--   legal_person       法定代表人 [name]
--   phone              联系电话 [phone]
--   community_code     所在社区代码
--   community          所在社区
--   address            地址
--   lng                经度
--   lat                纬度
--   floor_area         建筑面积（平方米）
--   registered_on      登记日期
--   medical            医养结合方式
--   grade              评定等级
--   grade_score        评定得分
--   insured            综合保险有效
--   licence_valid      执业登记有效
--   fire_valid         消防有效
--   food_valid         食品经营许可有效
--   food_required      需食品经营许可
--   beds               床位数
--   occupied           入住数
--   institutional_beds 机构床位数
--   medical_required   须落实医养结合
--   medical_compliant  医养结合达标
with permit as (
    select provider_id, month,
           bool_or(kind = '综合保险' and valid) as insured,
           bool_or(kind = '执业登记' and valid) as licence_valid,
           bool_or(kind = '消防' and valid) as fire_valid,
           bool_or(kind = '食品经营' and valid) as food_valid
    from permit_month
    group by provider_id, month
),
bed as (
    select provider_id, month, sum(beds) as beds, sum(occupied) as occupied,
           sum(case when institutional then beds else 0 end) as institutional_beds
    from bed_month
    group by provider_id, month
)
select l.month, l.provider_id, p.name, p.credit_code, p.kind, p.ownership, p.legal_person, p.phone,
       l.community_code, a.short_name as community, s.address, s.lng, s.lat, s.floor_area, p.registered_on,
       p.medical, p.grade, p.grade_score,
       coalesce(t.insured, false) as insured,
       coalesce(t.licence_valid, false) as licence_valid,
       coalesce(t.fire_valid, false) as fire_valid,
       coalesce(t.food_valid, false) as food_valid,
       p.kind = '老年食堂' as food_required,
       cast(coalesce(b.beds, 0) as bigint) as beds,
       cast(coalesce(b.occupied, 0) as bigint) as occupied,
       cast(coalesce(b.institutional_beds, 0) as bigint) as institutional_beds,
       coalesce(b.institutional_beds, 0) > 0 as medical_required,
       case
           when coalesce(b.institutional_beds, 0) = 0 then false
           when b.institutional_beds <= 100 then coalesce(h.agreement or h.unit, false)
           when b.institutional_beds <= 500 then coalesce(h.unit, false)
           else coalesce(h.own_institution, false)
       end as medical_compliant
from provider_place as l
join provider_provider as p on p.provider_id = l.provider_id
left join provider_site as s on s.site_id = l.site_id
left join area as a on a.code = l.community_code
left join permit as t on t.provider_id = l.provider_id and t.month = l.month
left join bed as b on b.provider_id = l.provider_id and b.month = l.month
left join medical_month as h on h.provider_id = l.provider_id and h.month = l.month
where l.operating
