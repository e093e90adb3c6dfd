"""How little is enough: a change of a figure that changes the star is made smaller until one step less would not.

The variants of whatif.py move a figure to the next corner of its line, which may be more than is needed. Here each of those that reach another
star is cut down: in whole cases where the figure counts some, else in steps of the last digit shown. Every step is tried by the engine
itself, some at a time; of two figures changed together the farther one first, then the other.
"""

from __future__ import annotations

from collections.abc import Callable

import duckdb

FEWEST, MOST_PIECES, ROWS = 5, 100, 8_000
"""Into so many pieces a range is cut at a time: many where few ranges are open, for a round costs more than its rows; few where they are many."""
TRIES = 6
"""So often at most: even in fewest pieces more than 10,000 steps are told apart."""
MOST = 5
"""So many gains and so many losses are kept of a provider, the nearest first."""
_CHANGED = "(direction = 'gain' and star > old_star or direction = 'lose' and star < old_star)"

TOLD = """case when gains then '' else '如' end || window_text || name || '由' || policy_figure_text(raw, decimals) || unit
       || case when target > raw then '升至' else '降至' end || policy_figure_text(target, decimals) || unit
       || case when counted then '（样本' || policy_number(whole) || '，' || case when gains = (better = 'higher') then '再多' else '减少' end
                                 || policy_number(cases) || '例）' else '' end"""
"""SQL: the sentence of a figure that moves from raw to target."""
EFFORT = "20 + abs(target - raw) / nullif(abs(raw) + 1, 0) * 40"
"""SQL: how far that is, beside other changes."""

# A goal is one figure of one winner: from n = 0, where it stands, to n = hi, where the star is another; place: its turn; spot: where in the sentence.
_GOALS = f"""
create or replace temp table policy_winner as
with found as (
    select vid, provider_id, direction, changes, effort, topic, sentence, old_star, old_score, score from policy_outcome_single
    where {_CHANGED} and vid in (select vid from policy_s_figure)
    qualify row_number() over (partition by provider_id, direction, topic order by effort, vid) = 1
    union all
    select vid, provider_id, direction, changes, effort, topic, sentence, old_star, old_score, score from policy_outcome
    where {_CHANGED} and vid in (select o.vid from policy_one o join policy_s_figure f on f.vid = o.part)
)
select * from found qualify row_number() over (partition by provider_id, direction order by changes, effort, vid) <= {MOST};
create or replace temp table policy_made_of as
select w.vid, w.vid as part, 1 as spot from policy_winner w where w.changes = 1
union all
select w.vid, p.one, 1 from policy_winner w join policy_pair p using (vid)
union all
select w.vid, p.two, 2 from policy_winner w join policy_pair p using (vid);
create or replace temp table policy_goal as
with moved as (
    select m.vid, m.spot, f.part_id, o.raw, o.whole, f.raw as target, p.name, p.unit, p.decimals, p.scale, p.window_text, w.better, w.counted,
           (f.raw > o.raw) = (w.better = 'higher') as gains,
           -- where the total is cut at fixed scores, and a line runs straight: about so far along must the figure move
           case when x.changes = 1 and x.score <> x.old_score
                then (case when x.direction = 'gain' then c.above else c.below end - x.old_score) / (x.score - x.old_score) end as along
    from policy_made_of m
    join policy_s_figure f on f.vid = m.part
    join policy_winner x on x.vid = m.vid
    left join (
        select w.vid, min(k.score_cut) filter (where k.score_cut > w.old_score) as above, max(k.score_cut) filter (where k.score_cut <= w.old_score) as below
        from policy_winner w join policy_held_subject s using (provider_id)
        join policy_cut k on k.version = s.rating_version and k.domain = '' and k.method = 'fixed' group by all
    ) c on c.vid = m.vid
    join policy_held_observed o on o.provider_id = x.provider_id and o.part_id = f.part_id
    join policy_part p on p.part_id = f.part_id
    join policy_way w on w.part_id = f.part_id
), stepped as (
    select *, case when counted then scale / whole else pow(10, -decimals) end as step,
           row_number() over (partition by vid order by {EFFORT} desc, spot) as place
    from moved
)
select *, 0::bigint as lo, greatest(1, ceil(abs(target - raw) / step - 1e-6))::bigint as hi, target as farthest,
       round(along * abs(target - raw) / step)::bigint as guess, 0 as tries, false as settled, place = max(place) over (partition by vid) as last
from stepped;
create or replace temp table policy_tried as select vid as winner, '' as part, 0::bigint as n, * from policy_outcome limit 0;
create or replace temp macro policy_at(n, raw, step, farthest, counted) as case
    when counted then raw + case when farthest > raw then n * step else -n * step end
    when farthest > raw then least(farthest, (floor(raw / step + 1e-6) + n) * step)
    else greatest(farthest, (ceil(raw / step - 1e-6) - n) * step) end;
"""
# A figure whose turn is over stands where it has proved to be enough, and the next of the same winner has its turn. The last of them is tried
# at least once, at its farthest too: so whatever is settled has been seen.
_SETTLE = """
update policy_goal g set target = policy_at(hi, raw, step, farthest, counted), settled = true
where place = $place and not settled and (hi - lo <= 1 and (tries > 0 or not last) or tries >= $most)
  and not exists (from policy_goal b where b.vid = g.vid and b.place < g.place and not b.settled);
"""
_DUE = """
create or replace temp table policy_due as
select * from policy_goal where not settled qualify row_number() over (partition by vid order by place) = 1;
"""
_NEXT = """
create or replace temp table policy_try as
select d.vid, d.part_id, d.lo + ceil((d.hi - d.lo) * j / $pieces.0)::bigint as n from policy_due d, range(1, $pieces) t(j)
union
select d.vid, d.part_id, d.guess + u.d from policy_due d, (values (-1), (0), (1)) u(d) where d.tries = 0 and d.guess is not null
union
select d.vid, d.part_id, d.hi from policy_due d where d.tries = 0 and d.last;
delete from policy_try using policy_due d
where d.vid = policy_try.vid and (policy_try.n <= d.lo or policy_try.n > d.hi or policy_try.n = d.hi and (d.tries > 0 or not d.last));
update policy_goal g set tries = g.tries + 1 from policy_due d where d.vid = g.vid and d.part_id = g.part_id;
"""
_TRY = """
create or replace temp table policy_variant as
select t.vid || '~' || t.n as vid, w.* exclude (vid, old_star, old_score, score) from policy_try t join policy_winner w using (vid);
create or replace temp table policy_v_figure as
select t.vid || '~' || t.n as vid, g.part_id,
       case when g.part_id = t.part_id then policy_at(t.n, g.raw, g.step, g.farthest, g.counted) else g.target end as raw
from policy_try t join policy_goal g using (vid);
create or replace temp table policy_v_fix as
select t.vid || '~' || t.n as vid, x.row_key from policy_try t join policy_made_of m using (vid) join policy_s_fix x on x.vid = m.part;
create or replace temp table policy_v_permit as
select t.vid || '~' || t.n as vid, x.permit, x.valid from policy_try t join policy_made_of m using (vid) join policy_s_permit x on x.vid = m.part;
create or replace temp table policy_v_finding as
select t.vid || '~' || t.n as vid, x.field, x.severity from policy_try t join policy_made_of m using (vid) join policy_s_finding x on x.vid = m.part;
"""
_KEEP = "insert into policy_tried select t.vid, t.part_id, t.n, o.* from policy_try t join policy_outcome o on o.vid = t.vid || '~' || t.n"
_SEEN = f"""
create or replace temp table policy_seen as
select t.vid, t.part_id, t.n, {_CHANGED} as reached from policy_try t join policy_outcome o on o.vid = t.vid || '~' || t.n;
{_KEEP};
update policy_goal g set hi = s.n
from (select vid, part_id, min(n) as n from policy_seen where reached group by all) s where s.vid = g.vid and s.part_id = g.part_id;
update policy_goal g set lo = s.n
from (select x.vid, x.part_id, max(x.n) as n from policy_seen x join policy_goal y using (vid, part_id) where not x.reached and x.n < y.hi group by all) s
where s.vid = g.vid and s.part_id = g.part_id;
"""
_RESULT = f"""
create or replace temp table policy_small as
with said as (
    select vid, spot, {EFFORT} as effort, {TOLD} as sentence
    from (select *, abs(round((target - raw) * whole / scale)) as cases from policy_goal)
    union all
    select m.vid, m.spot, o.effort, o.sentence from policy_made_of m join policy_outcome_single o on o.vid = m.part
    where m.part not in (select vid from policy_s_figure)
)
select vid, sum(effort) as effort, string_agg(sentence, '，并' order by spot) as sentence from said group by vid;
-- what could not be run again (nothing could) stays as it was found
create or replace temp table policy_outcome_near as
select w.vid, o.* exclude (winner, part, n, vid, effort, sentence), s.effort, s.sentence
from policy_winner w join policy_small s using (vid)
join policy_goal g on g.vid = w.vid and g.last
join policy_tried o on o.winner = g.vid and o.part = g.part_id and o.n = g.hi;
delete from policy_outcome_single where vid in (select vid from policy_outcome_near);
delete from policy_outcome_two where vid in (select vid from policy_outcome_near);
"""


def shrink(con: duckdb.DuckDBPyConnection, run: Callable[[], None]) -> None:
    """Lay ``policy_outcome_near`` and take what it replaces out of ``policy_outcome_single`` and ``policy_outcome_two``.

    ``run`` runs the engine over ``policy_variant``; ``policy_s_*`` hold what the single variants change.
    """
    con.execute("create or replace temp table policy_outcome_two as from policy_outcome")
    con.execute(_GOALS)
    row = con.execute("select coalesce(max(place), 0) from policy_goal").fetchone()
    places = row[0] if row else 0
    if not places:
        con.execute("create or replace temp table policy_outcome_near as from policy_outcome limit 0")
        return
    while True:
        for place in range(1, places + 1):
            con.execute(_SETTLE.replace("$place", str(place)).replace("$most", str(TRIES)))
        con.execute(_DUE)
        due = con.execute("select count(*) from policy_due").fetchall()[0][0]
        if not due:
            break
        con.execute(_NEXT.replace("$pieces", str(max(FEWEST, min(MOST_PIECES, ROWS // due)))))
        con.execute(_TRY)
        run()
        con.execute(_SEEN)
    con.execute(_RESULT)
