-- title: 时间银行账户（月末）
-- grain: one time-bank account opened by the last day of a month
-- available: earned + received − spent − given − cashed − put into savings, from the first entry to the end of the month
-- owed: what the bank owes the holder, savings included; over all accounts transfers cancel out, so that it is earned − spent − cashed
-- differs: the balance that the platform reports is not that of its entries (known from the month of the last entry on)
-- area: community_code
-- time: month
-- key: account_id
-- columns:
--   month           月份
--   account_id      户号
--   holder          户主 [name]
--   holder_kind     户主类别
--   community_code  户主社区代码
--   opened_on       开户日期
--   available       可用余额
--   saved           强制储蓄
--   owed            应付余额
--   reported        账面可用余额
--   negative        可用余额为负
--   differs         账面与流水不符
with moved as (
    select account_id, strftime(occurred_at, '%Y-%m') as month,
           sum(case when kind in ('存入', '转入') then coins else -coins end) as available,
           sum(case when kind = '强制储蓄' then coins else 0 end) as saved
    from time_bank_entry
    group by account_id, strftime(occurred_at, '%Y-%m')
),
running as (
    select account_id, month,
           sum(available) over (partition by account_id order by month rows between unbounded preceding and current row) as available,
           sum(saved) over (partition by account_id order by month rows between unbounded preceding and current row) as saved,
           lead(month) over (partition by account_id order by month) as next_month
    from moved
),
final as (
    select account_id, month as last_month, available from running where next_month is null
)
select m.month, a.account_id, a.name as holder, a.holder_kind, a.community_code, a.opened_on,
       coalesce(r.available, 0) as available,
       coalesce(r.saved, 0) as saved,
       coalesce(r.available, 0) + coalesce(r.saved, 0) as owed,
       a.balance as reported,
       coalesce(r.available, 0) < 0 as negative,
       coalesce(f.available, 0) <> a.balance and coalesce(f.last_month, '') <= m.month as differs
from month as m
join time_bank_account as a on a.opened_on <= m.last_day
left join final as f on f.account_id = a.account_id
left join running as r
    on r.account_id = a.account_id and r.month <= m.month and coalesce(r.next_month, '9999-12') > m.month
