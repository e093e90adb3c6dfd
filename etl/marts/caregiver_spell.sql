-- title: 护理员任职经历
-- grain: one spell of employment of one caregiver with one employer; everybody in the ledger of caregivers is one
-- left_on: the day of leaving, or the day on which the employer closed if that is earlier; null while employed
-- provider_id: null where the employer is not in the provider register
-- columns:
--   caregiver_id   人员编号
--   id_number      身份证号 [id]
--   name           姓名 [name]
--   sex            性别
--   birth_date     出生日期
--   credit_code    统一社会信用代码
--   provider_id    单位编号
--   employer_name  单位名称
--   post           岗位
--   hired_on       入职日期
--   left_on        离职日期
select c.caregiver_id, c.id_number, c.name, c.sex, c.birth_date, c.credit_code, e.provider_id,
       coalesce(e.provider_name, c.employer_name) as employer_name, c.post, c.hired_on,
       case
           when c.left_on is null then p.closed_on
           when p.closed_on is null then c.left_on
           else least(c.left_on, p.closed_on)
       end as left_on
from caregiver_employment as c
left join employer as e on e.credit_code = c.credit_code
left join provider_provider as p on p.provider_id = e.provider_id
