-- fact: demerit · 记分（按退出政策的记分表，由检查、处罚等事实得出）
-- happened_on: the day of the underlying fact · source: that of the underlying fact
-- column: points | number | 记分
-- column: sentence | text | 记分事由
-- column: demerit_rule | text | 记分项
select month, provider_id, happened_on, source_table, row_key, points, sentence, demerit_rule from policy_demerit
