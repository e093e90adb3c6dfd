-- title: 时间银行收支
-- grain: one entry of the time bank's ledger, in the month in which it happened
-- change: what it does to the account's available coins; balance: available coins after it, over all entries of the account
-- overdrawn: spent, given away or cashed more than was available; unbalanced: the two sides of a transfer differ or one is missing
-- over_day: more than 24 hours served by the account on that day; edited: changed more than a day after it was recorded
-- mutual: in this month both accounts served each other at least twice
-- ring: in this month three accounts served each other in a circle (the first the second, the second the third, the third the first), each at least
-- twice; a question to be looked at, as all of these are
-- area: community_code
-- time: month
-- key: entry_id
-- columns:
--   month           月份
--   entry_id        流水编号
--   account_id      户号
--   holder          户主 [name]
--   holder_kind     户主类别
--   community_code  户主社区代码
--   kind            流水类型
--   grade           服务等级
--   minutes         服务时长（分钟）
--   hours           服务时长（小时）
--   coins           币数
--   change          可用余额变动
--   balance         变动后可用余额
--   counterpart     对方户号
--   transfer_no     转账编号
--   occurred_at     发生时间
--   edited_at       修改时间
--   overdrawn       超余额支出
--   unbalanced      转账不平
--   over_day        一天超过 24 小时
--   edited          记账后修改
--   mutual          互相存入
--   ring            三户循环存入
--   doubtful        存疑
with signed as (
    select entry_id, account_id, kind, grade, minutes, coins, counterpart, transfer_no, occurred_at, recorded_at, edited_at,
           strftime(occurred_at, '%Y-%m') as month,
           cast(occurred_at as date) as happened_on,
           case when kind in ('存入', '转入') then coins else -coins end as change
    from time_bank_entry
),
followed as (
    select *, sum(change) over (
        partition by account_id order by occurred_at, entry_id rows between unbounded preceding and current row
    ) as balance
    from signed
),
torn as (
    select transfer_no
    from signed
    where transfer_no is not null
    group by transfer_no
    having sum(case when kind = '转出' then coins else 0 end) <> sum(case when kind = '转入' then coins else 0 end)
),
long_day as (
    select account_id, happened_on from signed where kind = '存入' group by account_id, happened_on having sum(minutes) > 1440
),
served as (
    select account_id, counterpart, month, count(*) as times
    from signed
    where kind = '存入' and counterpart is not null and counterpart <> account_id
    group by account_id, counterpart, month
),
circle as (
    select a.account_id, a.counterpart, a.month
    from served as a
    join served as b on b.account_id = a.counterpart and b.counterpart = a.account_id and b.month = a.month
    where a.times >= 2 and b.times >= 2
),
often as (
    select account_id, counterpart, month from served where times >= 2
),
triangle as (
    select distinct a.account_id, a.counterpart, a.month
    from often as a
    join often as b on b.account_id = a.counterpart and b.month = a.month and b.counterpart <> a.account_id
    join often as c on c.account_id = b.counterpart and c.counterpart = a.account_id and c.month = a.month
),
judged as (
    select m.month, f.entry_id, f.account_id, a.name as holder, a.holder_kind, a.community_code, f.kind, f.grade, f.minutes,
           f.minutes / 60.0 as hours, f.coins, f.change, f.balance, f.counterpart, f.transfer_no, f.occurred_at, f.edited_at,
           f.kind in ('兑换', '转出', '折现') and f.balance < 0 as overdrawn,
           t.transfer_no is not null as unbalanced,
           f.kind = '存入' and d.account_id is not null as over_day,
           coalesce(f.edited_at > f.recorded_at + interval 1 day, false) as edited,
           f.kind = '存入' and c.account_id is not null as mutual,
           f.kind = '存入' and r.account_id is not null as ring
    from followed as f
    join month as m on m.month = f.month
    join time_bank_account as a on a.account_id = f.account_id
    left join torn as t on t.transfer_no = f.transfer_no
    left join long_day as d on d.account_id = f.account_id and d.happened_on = f.happened_on
    left join circle as c on c.account_id = f.account_id and c.counterpart = f.counterpart and c.month = f.month
    left join triangle as r on r.account_id = f.account_id and r.counterpart = f.counterpart and r.month = f.month
)
select *, overdrawn or unbalanced or over_day or edited or mutual or ring as doubtful
from judged
