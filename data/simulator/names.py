"""Invented persons, ID numbers, credit codes and telephone numbers.  Checksums are right; nothing belongs to anybody."""

from __future__ import annotations

import numpy as np

SURNAMES = (
    "王李张刘陈杨黄赵周吴徐孙朱马胡郭林何高梁郑罗宋谢唐韩曹许邓萧冯曾程蔡彭潘袁于董余苏叶吕魏蒋田杜丁沈姜范江傅钟卢汪戴崔任陆廖姚方金邱夏谭韦贾邹石熊"
    "孟秦阎薛侯雷白龙段郝孔邵史毛常万顾赖武康贺严尹钱施牛洪龚汤陶黎温莫易樊乔文安殷颜庄章鲁倪庞邢俞翟蓝聂齐向申葛岳柴裘来楼斯骆屠竺诸虞"
)
LOCAL = "沈陈王徐周吴朱章俞金钱陆叶方胡楼来施孙"
MALE = "建国志明福根阿土宝林德荣水金海富春伟民永祥荣华正兴家全炳文良才宏昌瑞松柏庆生有法关长寿立新国强东平学军小龙树仁鹤年忠达振邦泉坤耀"
FEMALE = "秀英桂花玉珍美凤兰香菊仙爱芬彩娟素琴月娥惠芳雪梅丽华慧敏杏巧云阿妹淑贞银娣文静红燕莲翠珠荷霞雅婉蓉素芸根娣小芹招"
RARE = "𠅤𠙶𡈼𣗋𤩽𥙿𦭘𧧸𨱏𩾃𠮷𡎺"
MINORITY_MALE = ("买买提", "艾山", "吐尔逊", "阿卜杜拉", "库尔班", "玉素甫", "热合曼", "巴特尔", "扎西", "多吉")
MINORITY_FEMALE = ("阿依古丽", "古丽娜尔", "帕提古丽", "热依汗", "阿米娜", "卓玛", "央金", "其其格")
BRAND_FIRST = "煦禾澄苡岚霁芮槿沅筠蘅昀苓瑭柃"
BRAND_SECOND = "樾棠栖屿澜汀舟箬颐笙檀宥珩沚筱"
CREDIT = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def person_names(female: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A Chinese name for every person, object array; a few with characters of CJK Extension B or in the minorities' form with ``·``."""
    n = len(female)
    common = np.array(list(SURNAMES), dtype=object)
    weight = 1.0 / np.arange(4, len(common) + 4)
    weight *= np.where(np.isin(common, list(LOCAL)), 2.5, 1.0)
    surname = rng.choice(common, n, p=weight / weight.sum())
    male, women = np.array(list(MALE), dtype=object), np.array(list(FEMALE), dtype=object)
    first = np.where(female, rng.choice(women, n), rng.choice(male, n))
    second = np.where(rng.random(n) < 0.82, np.where(female, rng.choice(women, n), rng.choice(male, n)), "")
    names = surname + first + second
    rare = np.flatnonzero(rng.random(n) < 0.0015)
    names[rare] = surname[rare] + rng.choice(np.array(list(RARE), dtype=object), len(rare)) + second[rare]
    minority = np.flatnonzero(rng.random(n) < 0.002)
    for i in minority:
        own = rng.choice(MINORITY_FEMALE if female[i] else MINORITY_MALE)
        names[i] = f"{own}·{rng.choice(MINORITY_MALE)}"
    return names


def id_numbers(birth: np.ndarray, female: np.ndarray, prefix: str, first_sequence: int, rng: np.random.Generator) -> np.ndarray:
    """Unique 18-character ID numbers (GB 11643, right checksum) for birth days since 1970, object array.

    ``first_sequence`` keeps groups of persons with the same ``prefix`` apart. Whom a day's sequence has no room for was born in the same-numbered
    county of the next prefecture.
    """
    order = np.lexsort((rng.random(len(birth)), female, birth))
    key = birth[order].astype(np.int64) * 2 + female[order]
    starts = np.flatnonzero(np.r_[True, key[1:] != key[:-1]])
    rank = np.arange(len(key)) - np.repeat(starts, np.diff(np.r_[starts, len(key)]))
    sequence, away = np.empty(len(birth), dtype=np.int64), np.empty(len(birth), dtype=np.int64)
    # The sequence is odd for men and even for women; first_sequence is odd.
    room = (1000 - first_sequence) // 2
    sequence[order] = first_sequence + rank % room * 2 + np.where(female[order], 1, 0)
    away[order] = rank // room
    stamp = np.array([int(s.replace("-", "")) for s in birth.astype("datetime64[D]").astype(str)], dtype=np.int64)
    number = (int(prefix) + away * 100) * 10**11 + stamp * 1000 + sequence
    digits = (number[:, None] // 10 ** np.arange(16, -1, -1, dtype=np.int64)) % 10
    weights = np.array([7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2])
    check = np.array(list("10X98765432"), dtype=object)[(digits * weights).sum(axis=1) % 11]
    return number.astype(str).astype(object) + check


def credit_code(head: str, area: str, rng: np.random.Generator) -> str:
    """A unified social credit code (GB 32100) with right check characters; ``head`` = registrar and kind, for example ``52``."""
    body = "MJ" + "".join(rng.choice(list(CREDIT[:30]), 6))
    total = sum(_value11714(c) * w for c, w in zip(body, (3, 7, 9, 10, 5, 8, 4, 2), strict=True))
    body += "0123456789X0"[11 - total % 11] if total % 11 else "0"
    if body.endswith("X"):
        return credit_code(head, area, rng)  # X is allowed, but O/X confusion is not wanted here
    code = head + area + body
    rest = sum(CREDIT.index(c) * pow(3, i, 31) for i, c in enumerate(code)) % 31
    return code + CREDIT[(31 - rest) % 31]


def _value11714(char: str) -> int:
    """Value of a character in an organisation code (GB 11714)."""
    return int(char) if char.isdigit() else ord(char) - ord("A") + 10


def phones(n: int, rng: np.random.Generator) -> np.ndarray:
    """Mobile numbers in a form that is never assigned (the fourth to sixth digits are 000)."""
    head = rng.choice([35, 36, 37, 38, 39, 58, 87], n).astype(np.int64)
    return (10**10 + head * 10**8 + rng.integers(0, 10**5, n)).astype(str).astype(object)


def brands(n: int, rng: np.random.Generator) -> list[str]:
    """``n`` different invented two-character brand words."""
    words = [a + b for a in BRAND_FIRST for b in BRAND_SECOND]
    picks = rng.permutation(len(words))
    return [words[picks[i % len(words)]] for i in range(n)]
