-- fact: permit · 证照与保险（每个服务单位、每类证照一行，取月末前已发的最晚有效期）
-- happened_on: the day of expiry; for one never issued, the day of registration · source: provider_permit
-- column: permit | text | 类别 | 执业登记,综合保险,消防,食品经营
-- column: valid | bool | 月末有效
-- column: held | bool | 曾经取得
-- column: recorded | bool | 名册登有这一类证照（任一单位）；从未登过的种类，没有记录不等于没有取得
-- column: number | text | 编号
-- column: expires_on | date | 有效期至
-- column: void_since | date | 失效起算日（到期次日；从未取得的，登记次日）
-- column: days_void | number | 失效天数 | from void_since
select s.month, s.provider_id, coalesce(p.expires_on, s.registered_on) as happened_on,
       case when p.permit_id is null then 'provider_provider' else 'provider_permit' end as source_table,
       coalesce(p.permit_id, s.provider_id) as row_key,
       k.permit, p.permit_id is not null and coalesce(p.expires_on >= s.last_day, true) as valid, p.permit_id is not null as held,
       coalesce(r.since <= s.last_day, false) as recorded,
       p.number, p.expires_on, case when p.permit_id is null then s.registered_on else p.expires_on end + 1 as void_since,
       case when p.permit_id is null then s.last_day - s.registered_on
            when p.expires_on < s.last_day then s.last_day - p.expires_on else 0 end as days_void
from policy_subject s
cross join (values ('执业登记'), ('综合保险'), ('消防'), ('食品经营')) k(permit)
left join (select kind, min(coalesce(issued_on, date '0001-01-01')) as since from policy_in_permit group by kind) r on r.kind = k.permit
left join (
    select m.month, p.*
    from policy_month m join policy_in_permit p on p.issued_on is null or p.issued_on <= m.last_day
    qualify row_number() over (partition by m.month, p.provider_id, p.kind
                               order by coalesce(p.expires_on, date '9999-12-31') desc, p.permit_id) = 1
) p on p.month = s.month and p.provider_id = s.provider_id and p.kind = k.permit
