-- title: 老年人联系信息
-- grain: one elder on the register, as last delivered (the last month only): what is needed to recognise and to reach the person
-- Opened for one elder at a time and for a stated purpose; no figure is counted from it.
-- area: community_code
-- time: month
-- keyed: registry_elder.elder_id
-- rows: elder_id
-- key: elder_id
-- columns:
--   month            月份
--   elder_id         老年人编号
--   name             姓名 [name]
--   sex              性别
--   birth_date       出生日期
--   id_number        身份证号 [id]
--   phone            联系电话 [phone]
--   card_no          服务卡号 [account]
--   community_code   常住社区代码
--   living           居住状况
--   category         人员类别
--   status           状态
select (select max(month) from month) as month, e.elder_id, e.name, e.sex, e.birth_date, e.id_number, e.phone, e.card_no,
       e.community_code, e.living, e.category, e.status
from registry_elder as e
