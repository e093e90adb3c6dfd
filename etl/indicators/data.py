"""The data itself: whether sources deliver in time and how much of it is unusable. Known for the last month only."""

from __future__ import annotations

from etl.indicators.base import Count, Mean, Median, Ratio, count, total

GROUP = "数据"
REPORTING = "拱墅区改革方案 监督考核：月报制度（任务 25）"

source_on_time = Ratio(
    "source_on_time",
    name="数据按时报送率",
    short="按时报送率",
    group=GROUP,
    basis=REPORTING,
    better="higher",
    decimals=0,
    levels=(1,),
    part=count("module_month", "on_time"),
    whole=count("module_month"),
    definition="最近一次汇集时按约定周期报送且可读取的模块 ÷ 全部模块；只有最近月份有值",
)
freshness_hours = Median(
    "freshness_hours",
    name="数据落后时长",
    short="数据落后",
    unit="小时",
    group=GROUP,
    basis=REPORTING,
    better="lower",
    decimals=0,
    levels=(1,),
    mart="module_month",
    value="hours_behind",
    where="hours_behind is not null",
    definition="各模块数据日期（当日 24 时）到最近一次汇集的小时数，取中位数；只有最近月份有值",
)
rows_quarantined = Count(
    "rows_quarantined",
    name="隔离记录数",
    short="隔离记录",
    unit="条",
    group=GROUP,
    basis=REPORTING,
    better="lower",
    mart="quarantine_row",
    definition="最近一次汇集中因不合格被隔离的记录；社区、街道只计写明所在地的记录，其余计入全区；只有最近月份有值",
)
rows_quarantined_rate = Ratio(
    "rows_quarantined_rate",
    name="数据隔离率",
    short="隔离率",
    group=GROUP,
    basis=REPORTING,
    better="lower",
    decimals=2,
    part=total("delivered_month", "quarantined"),
    whole=total("delivered_month", "rows_read"),
    definition="最近一次汇集中因不合格被隔离的行 ÷ 读入的行；社区、街道只计写明所在地的数据表；只有最近月份有值",
)
unit_days_behind = Mean(
    "unit_days_behind",
    name="单位数据平均落后天数",
    short="单位落后",
    unit="天",
    group=GROUP,
    basis=REPORTING,
    better="lower",
    decimals=1,
    mart="reporting_unit",
    value="days_behind",
    where="days_behind is not null",
    definition="各报送单位数据最近到的日期至月末的天数，取平均；单位范围同单位按期报送率，从未报送的不计；只有最近月份有值",
)
units_on_time = Ratio(
    "units_on_time",
    name="单位按期报送率",
    short="单位按期",
    group=GROUP,
    basis=REPORTING,
    better="higher",
    decimals=0,
    mart="reporting_unit",
    part="on_time",
    definition="已报来最近月份数据的单位 ÷ 应报单位；只计各自报送的食堂、站点、有床位的服务单位和任务牵头部门，牵头部门不在街道的计入全区；只有最近月份有值",
)
