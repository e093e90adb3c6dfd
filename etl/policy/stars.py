"""Adjustments: stars that another domain adds or takes, one rule after the other, with the limits on what they may add."""

from __future__ import annotations

import duckdb

from etl.policy.model import RatingVersion

STEP = "星级调整"
_WORD = "q.words[{}]"
_UNIT = "case when q.graded then '级' else '星' end"
_STEPS = """
create or replace temp table policy_step (provider_id text, month text, position int, rule text, basis text, before int, after int,
    sentence text);
"""
_ADJUST = f"""
insert into policy_step
select r.provider_id, r.month, a.position, a.rule, a.basis, r.star, greatest(1, least(len(q.words), r.star + a.change)),
       a.domain || case when a.star_at_least is not null or a.star_at_most is not null or a.above_base then {_WORD.format("c.star")}
                        else policy_number(d.score) || '分' end
       || case when a.change > 0 then '，加' else '，减' end || ['一', '二', '三', '四', '五', '六', '七', '八'][abs(a.change)] || {_UNIT} || '：'
       || case when greatest(1, least(len(q.words), r.star + a.change)) = r.star then '已是' || {_WORD.format("r.star")} || '，不再变动'
               else '由' || {_WORD.format("r.star")} || '调为' || {_WORD.format("greatest(1, least(len(q.words), r.star + a.change))")} end
from policy_star r
join policy_rule q on q.version = r.version
join policy_adjust a on a.version = r.version and a.position = {{position}}
join policy_domain_score d on d.provider_id = r.provider_id and d.month = r.month and d.domain = a.domain and d.score is not null
left join policy_cut_star c on c.provider_id = r.provider_id and c.month = r.month and c.domain = a.domain
where (a.star_at_least is null or c.star >= a.star_at_least) and (a.star_at_most is null or c.star <= a.star_at_most)
  and (a.score_at_least is null or d.score >= a.score_at_least) and (a.score_at_most is null or d.score <= a.score_at_most)
  and (not a.above_base or c.star > r.base);
"""
_LIMIT = f"""
insert into policy_step
select r.provider_id, r.month, {{position}}, x.rule, x.basis, r.star, r.base + x.gain_at_most,
       '调整前为' || {_WORD.format("r.base")} || '，合计最多加' || x.gain_at_most || {_UNIT} || '：由' || {_WORD.format("r.star")} || '调为'
       || {_WORD.format("(r.base + x.gain_at_most)::int")}
from policy_star r
join policy_rule q on q.version = r.version
join policy_limit x on x.version = r.version and x.position = {{limit}} and r.base <= x.base_at_most and r.star > r.base + x.gain_at_most;
"""
_MOVE = """
create or replace temp table policy_star as
select r.provider_id, r.month, r.version, r.base, coalesce(s.after, r.star)::int as star
from policy_star r
left join policy_step s on s.provider_id = r.provider_id and s.month = r.month and s.position = {position};
"""


def give_stars(con: duckdb.DuckDBPyConnection, versions: list[RatingVersion]) -> None:
    """Turn ``policy_star`` (base and star) into the stars before the caps; each step that applied is a row of ``policy_step``."""
    con.execute(_STEPS)
    adjustments = max((len(v.adjust) for v in versions), default=0)
    for position in range(adjustments):
        con.execute(_ADJUST.format(position=position) + _MOVE.format(position=position))
    for limit in range(max((len(v.limits) for v in versions), default=0)):
        position = adjustments + limit
        con.execute(_LIMIT.format(position=position, limit=limit) + _MOVE.format(position=position))
    con.execute(f"""
        create or replace temp table policy_step_evidence as
        select provider_id, month, '{STEP}' as domain, rule, basis, null::text as metric, null::double as value, 0.0 as points, sentence,
               null::text as source_table, null::text as row_key, null::date as happened_on, position
        from policy_step
    """)
