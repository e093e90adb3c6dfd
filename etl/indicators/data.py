"""The data itself: whether sources deliver in time and how much of it is unusable."""

from __future__ import annotations

from etl.indicators.base import Ratio, count, total

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
rows_quarantined_rate = Ratio(
    "rows_quarantined_rate",
    name="数据隔离率",
    short="数据隔离率",
    group=GROUP,
    basis=REPORTING,
    better="lower",
    decimals=2,
    levels=(1,),
    part=total("module_month", "quarantined"),
    whole=total("module_month", "rows_read"),
    definition="最近一次汇集中因不合格被隔离的行 ÷ 读入的行；只有最近月份有值",
)
