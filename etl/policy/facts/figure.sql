-- fact: figure · 服务单位自身的指标（近 1、3、6、12 个月累计；只限条件中写明的指标）
-- happened_on: the last day of the month · source: provider_figure
-- column: indicator | text | 指标代码
-- column: name | text | 指标名称
-- column: months | number | 累计月数 | 1,3,6,12
-- column: part | number | 分子
-- column: whole | number | 分母
-- column: value | number | 指标值
select m.month, f.provider_id, m.last_day as happened_on, 'provider_figure' as source_table,
       f.indicator || '/' || f.provider_id || '/' || m.month as row_key, f.indicator, any_value(i.name) as name, w.months,
       round(sum(coalesce(f.part, 0)), 6) as part, round(sum(coalesce(f.whole, 0)), 6) as whole,
       any_value(i.scale) * round(sum(coalesce(f.part, 0)), 6) / case when any_value(i.has_whole) then nullif(round(sum(coalesce(f.whole, 0)), 6), 0) else 1 end
           as value
from policy_month m
cross join (values (1), (3), (6), (12)) w(months)
join policy_figure f on f.idx between m.idx - w.months + 1 and m.idx
join policy_indicator i on i.code = f.indicator
group by m.month, m.last_day, f.provider_id, f.indicator, w.months
