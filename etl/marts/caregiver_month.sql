-- title: 在岗护理员（月末）
-- grain: one caregiver (person) employed on the last day of a month; with two employers, at the one joined last
-- community_code: of the employer's main site on that day; the district where the employer is not in the provider register
-- certified: holds a certificate of vocational level in force on that day; best_level: the highest of them (1 is the highest)
-- expires_within_90d: certified, and no certificate lasts longer than 90 days from that day
-- area: community_code
-- time: month
-- provider: provider_id
-- key: caregiver_id
-- columns:
--   month               月份
--   caregiver_id        人员编号
--   name                姓名 [name]
--   id_number           身份证号 [id]
--   sex                 性别
--   provider_id         单位编号
--   employer            单位名称
--   community_code      单位所在社区代码
--   post                岗位
--   hired_on            入职日期
--   certified           持证
--   best_level          最高等级
--   certificate_no      证书编号
--   expires_on          有效期至
--   expires_within_90d  90 天内到期
--   senior              高级工及以上
with employed as (
    select m.month, m.last_day, c.caregiver_id, c.id_number, c.name, c.sex, c.provider_id, c.employer_name, c.post, c.hired_on,
           row_number() over (
               partition by m.month, c.id_number order by c.hired_on desc, c.caregiver_id, c.credit_code
           ) as position
    from month as m
    join caregiver_spell as c on c.hired_on <= m.last_day and coalesce(c.left_on, date '9999-12-31') > m.last_day
),
held as (
    select m.month, t.id_number, min(t.level) as best_level,
           arg_min(t.certificate_no, concat(t.level, '/', t.certificate_no)) as certificate_no,
           max(coalesce(t.expires_on, date '9999-12-31')) as expires_on
    from month as m
    join caregiver_certificate as t
        on t.issued_on <= m.last_day and coalesce(t.expires_on, date '9999-12-31') >= m.last_day
    group by m.month, t.id_number
)
select e.month, e.caregiver_id, e.name, e.id_number, e.sex, e.provider_id, e.employer_name as employer,
       coalesce(l.community_code, (select min(code) from area where level = 1)) as community_code,
       e.post, e.hired_on,
       h.id_number is not null as certified,
       h.best_level, h.certificate_no,
       case when h.expires_on < date '9999-12-31' then h.expires_on end as expires_on,
       coalesce(h.expires_on <= e.last_day + interval 90 day, false) as expires_within_90d,
       coalesce(h.best_level <= 3, false) as senior
from employed as e
left join held as h on h.month = e.month and h.id_number = e.id_number
left join provider_place as l on l.provider_id = e.provider_id and l.month = e.month
where e.position = 1
