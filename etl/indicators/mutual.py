"""Mutual help: volunteers, stewards and their visits, social workers and organisations, and the time bank."""

from __future__ import annotations

from etl.indicators.base import Count, Median, Ratio, Total, count, total

GROUP = "互助"
STEWARDS = "阳光老人家通报（2019）：助老员 94 名、社会组织 83 家、志愿者 2096 名（S17）"
VISITS = "“十四五”规划 特殊困难老年人探访关爱服务（S17）"
BANK = "养老服务平台方案 家庭养老银行、阳光币（S7）"

volunteers = Count(
    "volunteers",
    name="注册志愿者",
    short="志愿者",
    group=GROUP,
    basis=STEWARDS,
    better="higher",
    mart="volunteer_month",
    definition="月末在册（已注册、未注销）的为老服务志愿者；同一身份证号只计一人",
)
stewards = Count(
    "stewards",
    name="助老员和专管员",
    short="助老员",
    group=GROUP,
    basis=STEWARDS,
    better="higher",
    mart="steward_month",
    definition="月末在岗的助老员和专管员；同一人只计一次",
)
social_workers_per_10k = Ratio(
    "social_workers_per_10k",
    name="每万名老年人社会工作者数",
    short="万人社工",
    group=GROUP,
    basis="“十四五”规划 每万名老年人拥有社会工作者 25 人",
    unit="人",
    scale=10_000,
    better="higher",
    part=count("social_worker_month"),
    whole=count("elder_month"),
    definition="月末在岗的为老服务社会工作者 ÷ 月末 60 岁及以上老年人 × 10000",
)
social_organisations = Count(
    "social_organisations",
    name="为老服务社会组织",
    short="社会组织",
    group=GROUP,
    basis=STEWARDS + "；拱墅区改革方案 社会组织培育（任务 11）",
    unit="家",
    better="higher",
    mart="organisation_month",
    definition="月末在册（已登记或备案、未注销）的为老服务社会组织",
)
visits_due_done = Ratio(
    "visits_due_done",
    name="特殊困难老年人按时探访率",
    short="按时探访率",
    group=GROUP,
    basis=VISITS + "；拱墅区改革方案 特殊老年群体（任务 14）",
    better="higher",
    semantics="flow",
    mart="visit_fact",
    part="due and on_time",
    whole="due",
    definition="当月应探访中在应探访日期前见到本人的次数 ÷ 当月应探访次数（住院、外出、去世等免访的不计）",
)
visits_missed = Count(
    "visits_missed",
    name="未完成探访",
    short="未完成探访",
    group=GROUP,
    basis=VISITS,
    unit="次",
    better="lower",
    semantics="flow",
    mart="visit_fact",
    where="due and not visited",
    definition="当月应探访而没有探访或无人应答的次数",
)
visits_doubtful = Count(
    "visits_doubtful",
    name="存疑探访",
    short="存疑探访",
    group=GROUP,
    basis=VISITS,
    unit="次",
    better="lower",
    semantics="flow",
    mart="visit_fact",
    where="doubtful",
    definition="老年人去世或迁出以后仍登记完成，或同一助老员同一分钟在相距 1 公里以上两处签到的探访；须核实，不作为认定依据",
)
bank_hours_earned = Total(
    "bank_hours_earned",
    name="时间银行存入时长",
    short="存入时长",
    group=GROUP,
    basis=BANK,
    unit="小时",
    better="higher",
    semantics="flow",
    decimals=1,
    mart="bank_entry_fact",
    value="hours",
    where="kind = '存入'",
    definition="当月提供服务存入时间银行的服务时长合计",
)
bank_hours_spent = Total(
    "bank_hours_spent",
    name="时间银行兑换时长",
    short="兑换时长",
    group=GROUP,
    basis=BANK,
    unit="小时",
    better="higher",
    semantics="flow",
    decimals=1,
    mart="bank_entry_fact",
    value="hours",
    where="kind = '兑换'",
    definition="当月用时间银行余额兑换服务的服务时长合计",
)
bank_liability = Total(
    "bank_liability",
    name="时间银行应付余额",
    short="应付余额",
    group=GROUP,
    basis=BANK + "：账户受政府监管",
    unit="币",
    decimals=2,
    mart="bank_account_month",
    value="owed",
    definition="月末全部账户累计存入 − 累计兑换 − 累计折现（含强制储蓄；转账两方相抵），按户主所在社区计",
)
bank_accounts_wrong = Count(
    "bank_accounts_wrong",
    name="账实不符的时间银行账户",
    short="账实不符账户",
    group=GROUP,
    basis=BANK + "：账户受政府监管",
    unit="户",
    better="lower",
    mart="bank_account_month",
    where="negative or differs",
    definition="月末可用余额为负，或平台登记的账面余额与流水合计不符的账户",
)
bank_entries_doubtful = Count(
    "bank_entries_doubtful",
    name="存疑时间银行流水",
    short="存疑流水",
    group=GROUP,
    basis=BANK + "：账户受政府监管",
    unit="笔",
    better="lower",
    semantics="flow",
    mart="bank_entry_fact",
    where="doubtful",
    definition="当月超余额支出、转账两方不平、一天服务超过 24 小时、记账一天后被修改、或当月两户互相存入、三户循环存入各两次以上的流水",
)
match_rate = Ratio(
    "match_rate",
    name="志愿服务需求匹配率",
    short="需求匹配率",
    group=GROUP,
    basis=BANK + "：志愿者与需求匹配",
    better="higher",
    semantics="flow",
    mart="bank_request_fact",
    part="open_call and matched",
    whole="open_call",
    definition="当月发布的需求中已找到志愿者的 ÷ 当月发布的需求（匹配前自行取消的不计）",
)
match_hours_median = Median(
    "match_hours_median",
    name="需求匹配用时中位数",
    short="匹配用时",
    group=GROUP,
    basis=BANK + "：志愿者与需求匹配",
    unit="小时",
    better="lower",
    semantics="flow",
    mart="bank_request_fact",
    value="hours_to_match",
    where="matched",
    definition="当月发布且已匹配的需求，从发布到匹配所用小时数的中位数",
)
bank_coins_cashed = Total(
    "bank_coins_cashed",
    name="时间银行折现币数",
    short="折现币数",
    group=GROUP,
    basis=BANK + "：按市价部分折现、部分强制储蓄",
    unit="币",
    semantics="flow",
    decimals=2,
    mart="bank_entry_fact",
    value="coins",
    where="kind = '折现'",
    definition="当月按市价折现的币数合计",
)
mutual_service_share = Ratio(
    "mutual_service_share",
    name="互助服务兑换比",
    short="兑换比",
    group=GROUP,
    basis=BANK,
    semantics="flow",
    part=total("bank_entry_fact", "hours", "kind = '兑换'"),
    whole=total("bank_entry_fact", "hours", "kind = '存入'"),
    definition="当月兑换的服务时长 ÷ 当月存入的服务时长",
)
