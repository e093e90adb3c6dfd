-- title: 用人单位对应
-- grain: one unified social credit code of the provider register
-- Two providers may share a code (a legal entity with two licences): the one that is in business, then the newest, stands for it.
-- columns:
--   credit_code    统一社会信用代码
--   provider_id    单位编号
--   provider_name  服务单位
select credit_code, provider_id, name as provider_name
from (
    select credit_code, provider_id, name,
           row_number() over (
               partition by credit_code
               order by case when status = '在营' then 0 else 1 end, registered_on desc, provider_id
           ) as position
    from provider_provider
) as ranked
where position = 1
