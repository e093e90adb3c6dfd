-- title: 比对项权重
-- grain: one outcome of comparing one trait of two elder numbers
-- m: its share among pairs that are one person, estimated by expectation maximisation (etl/linking/estimate.py; figures and method in
-- docs/linking.md). u: its share among pairs that are two persons; null where the district's own register says how often chance does it.
-- columns:
--   trait    比较项
--   outcome  比较结果
--   m        同一人时的概率
--   u        不同人时的概率
select trait, outcome, cast(m as double) as m, cast(u as double) as u
from (
    values
        ('name', 'same', 0.72, null), ('name', 'sound', 0.14, null), ('name', 'close', 0.06, 0.004), ('name', 'other', 0.08, 0.99),
        ('birth', 'same', 0.87, null), ('birth', 'near', 0.12, 0.004), ('birth', 'other', 0.01, 0.99),
        ('sex', 'same', 0.997, 0.5), ('sex', 'other', 0.003, 0.5),
        ('phone', 'same', 0.90, null), ('phone', 'other', 0.10, 0.99), ('phone', 'unknown', 1, 1),
        ('card', 'same', 0.54, null), ('card', 'other', 0.46, 0.99), ('card', 'unknown', 1, 1),
        ('place', 'same', 0.90, null), ('place', 'street', 0.04, 0.1), ('place', 'other', 0.06, 0.9),
        ('number', 'other', 0.02, 0.99), ('number', 'unknown', 1, 1),
        -- Of a thousand numbers two are second numbers: what is believed before anything is compared.
        ('before', 'second', 0.002, null)
) as t (trait, outcome, m, u)
