"""How figures are written in words and digits: one place, so that pages, Word, Excel and PDF cannot differ by a rounding.

Everything here is pure: numbers in, Chinese text out.  Rounding is half up (四舍五入), as offices count, not half to even.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import Any, NamedTuple

NONE = "—"
"""What stands where a figure cannot be formed: no rows, or a denominator of zero. Never 0, never 100 %."""

MINUS = "-"
MONEY_UNIT = "元"
WAN = Decimal(10_000)


class Mark(NamedTuple):
    """A state as word and shape; the shape carries it in greyscale and for the colour-blind. ``tone`` names the colour role."""

    word: str
    shape: str
    tone: str

    def __str__(self) -> str:
        return f"{self.shape} {self.word}"


VERDICTS: Mapping[str, Mark] = {
    "met": Mark("达标", "●", "good"),
    "on_pace": Mark("有望", "◐", "pace"),
    "behind": Mark("滞后", "▲", "warn"),
    "unknown": Mark("数据不足", "○", "none"),
}

EXIT_STATES: Mapping[str, Mark] = {
    "normal": Mark("正常", "●", "good"),
    "watch": Mark("关注", "▲", "warn"),
    "rectifying": Mark("整改中", "◆", "warn"),
    "exit_candidate": Mark("符合退出条件", "◇", "bad"),
    "exit_proposed": Mark("拟退出", "■", "bad"),
    "exited": Mark("已退出", "□", "none"),
}

MODULE_STATES: Mapping[str, Mark] = {
    "ok": Mark("正常", "●", "good"),
    "late": Mark("逾期未报", "▲", "warn"),
    "partial": Mark("部分装载", "◐", "warn"),
    "stale": Mark("沿用旧数", "◆", "warn"),
    "held": Mark("暂缓采用", "◆", "warn"),
    "failed": Mark("接入失败", "■", "bad"),
}

CERT_LEVELS: Mapping[int, str] = {
    5: "五级/初级工",
    4: "四级/中级工",
    3: "三级/高级工",
    2: "二级/技师",
    1: "一级/高级技师",
}

AREA_LEVELS: Mapping[int, str] = {1: "区", 2: "街道", 3: "社区"}

_STAR_WORDS = ("", "一星", "二星", "三星", "四星", "五星")


def number(value: Any) -> Decimal | None:
    """A finite number as Decimal; None for None, NaN, infinities and what is no number."""
    if value is None or isinstance(value, bool):
        return None
    if isinstance(value, Decimal):
        return value if value.is_finite() else None
    if isinstance(value, int):
        return Decimal(value)
    try:
        as_float = float(value)
    except (TypeError, ValueError):
        return None
    # repr gives the shortest decimal that is the same float, so 2.675 rounds as people expect of 2.675.
    return Decimal(repr(as_float)) if math.isfinite(as_float) else None


@lru_cache(maxsize=65_536, typed=True)
def rounded(value: Any, decimals: int = 0) -> Decimal | None:
    """The value rounded half up; negative zero becomes zero. Kept, since the same figures are written on many pages."""
    exact = number(value)
    if exact is None:
        return None
    result = exact.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)
    return abs(result) if result == 0 else result


@lru_cache(maxsize=65_536, typed=True)
def fmt_number(value: Any, decimals: int = 0) -> str:
    """``12,345.6``; a dash where there is no number."""
    result = rounded(value, decimals)
    return NONE if result is None else f"{result:,.{decimals}f}"


def fmt_money(yuan: Any, unit: bool = True) -> str:
    """Yuan in full below ten thousand, from there 万元 with two decimals: ``8,650.00元``, ``1,234.50万元``.

    With ``unit=False`` the bare digits in that same scale (for columns that name the unit themselves, see :func:`fmt_wan`).
    """
    exact = number(yuan)
    if exact is None:
        return NONE
    in_wan = abs(exact) >= WAN
    digits = fmt_number(exact / WAN if in_wan else exact, 2)
    return digits + (("万元" if in_wan else "元") if unit else "")


def fmt_wan(yuan: Any) -> str:
    """Digits of an amount in 万元 with two decimals, for a column headed 万元, whatever its size."""
    exact = number(yuan)
    return NONE if exact is None else fmt_number(exact / WAN, 2)


def fmt_share(part: Any, whole: Any, decimals: int = 1) -> str:
    """part ÷ whole in percent; a dash for a whole of zero."""
    p, w = number(part), number(whole)
    return NONE if p is None or not w else fmt_number(p / w * 100, decimals) + "%"


def few(names: Sequence[str], most: int = 4, what: str = "项") -> str:
    """``甲、乙、丙``; of many the first and their number: ``甲、乙等 26 项``."""
    shown = list(dict.fromkeys(names))
    return "、".join(shown) if len(shown) <= most else f"{'、'.join(shown[: most - 2])}等 {len(shown)} {what}"


@lru_cache(maxsize=1024)
def fmt_month(month: str) -> str:
    """``2026-10`` → ``2026年10月``; text of another form is returned as it is."""
    year, dash, rest = str(month).partition("-")
    if dash and year.isdigit() and rest.isdigit():
        return f"{int(year)}年{int(rest)}月"
    return str(month)


def _moment(value: date | datetime | str) -> date | datetime | None:
    if not isinstance(value, str):
        return value
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        return None


def fmt_date(day: date | datetime | str | None) -> str:
    """``2026-10-31`` → ``2026年10月31日`` (a time of day is left out); text of another form is returned as it is."""
    if day is None or day == "":
        return NONE
    known = _moment(day)
    return str(day) if known is None else f"{known.year}年{known.month}月{known.day}日"


def fmt_time(moment: datetime | str | None) -> str:
    """``2026年10月31日 08:05``."""
    if moment is None or moment == "":
        return NONE
    known = _moment(moment)
    return str(moment) if known is None else f"{fmt_date(known)} {known:%H:%M}"


def value_of(figure: Any) -> Any:
    """The number in a Figure, a Point or a plain number."""
    return getattr(figure, "value", figure)


HIDDEN = "不显示"
"""In place of a figure about too few persons (小样本)."""


def fmt_value(indicator: Any, figure: Any, unit: bool = True) -> str:
    """A figure in its indicator's unit and decimals: ``93.4%``, ``1,234人``, ``356.20万元``, ``—``.

    ``figure`` is a Figure, anything with ``.value``, or a number; ``unit=False`` leaves the unit out except for money, whose
    scale depends on its size.  A figure about too few persons for the reader says so.
    """
    if getattr(figure, "hidden", False):
        return HIDDEN
    value = value_of(figure)
    if indicator.unit == MONEY_UNIT:
        return fmt_money(value)
    text = fmt_number(value, indicator.decimals)
    return text if text == NONE or not unit else text + indicator.unit


def fmt_target(indicator: Any, target: Any) -> str:
    """A plan target: the direction and the number, ``≥95%``; without trailing zeros, since targets are round."""
    exact = number(target)
    if exact is None:
        return NONE
    complete = indicator.unit == "%" and exact == 100
    sign = "" if complete else {"higher": "≥", "lower": "≤"}.get(indicator.better, "")
    if indicator.unit == MONEY_UNIT:
        return sign + fmt_money(exact)
    digits = f"{rounded(exact, max(indicator.decimals, 1)):,f}"
    return sign + (digits.rstrip("0").rstrip(".") if "." in digits else digits) + indicator.unit


def delta(indicator: Any, now: Any, before: Any) -> Decimal | None:
    """The difference of the two *rounded* figures, so that a reader who subtracts what is printed gets what is printed."""
    if indicator.unit == MONEY_UNIT:
        a, b = number(value_of(now)), number(value_of(before))
    else:
        a, b = rounded(value_of(now), indicator.decimals), rounded(value_of(before), indicator.decimals)
    return None if a is None or b is None else a - b


def delta_unit(indicator: Any) -> str:
    """Percentages differ by 个百分点, all else by its unit."""
    return "个百分点" if indicator.unit == "%" else str(indicator.unit)


def fmt_delta(indicator: Any, now: Any, before: Any, unit: bool = True) -> str:
    """The signed difference for tables and cards: ``+0.8个百分点``, ``-12人``, ``持平``, ``—``."""
    diff = delta(indicator, now, before)
    if diff is None:
        return NONE
    if diff == 0:
        return "持平"
    sign = "+" if diff > 0 else MINUS
    if indicator.unit == MONEY_UNIT:
        return sign + fmt_money(abs(diff))
    return sign + fmt_number(abs(diff), indicator.decimals) + (delta_unit(indicator) if unit else "")


def say_delta(indicator: Any, now: Any, before: Any, against: str = "环比") -> str:
    """The difference as a clause for sentences: ``环比提高0.8个百分点``, ``同比减少12人``, ``环比持平``; empty if unknown."""
    diff = delta(indicator, now, before)
    if diff is None:
        return ""
    if diff == 0:
        return f"{against}持平"
    up, down = ("提高", "下降") if indicator.unit == "%" or indicator.kind in ("ratio", "mean", "median", "quantile") else ("增加", "减少")
    amount = (
        fmt_money(abs(diff))
        if indicator.unit == MONEY_UNIT
        else (fmt_number(abs(diff), indicator.decimals) + delta_unit(indicator))
    )
    return f"{against}{up if diff > 0 else down}{amount}"


def delta_tone(indicator: Any, now: Any, before: Any) -> str:
    """``good``, ``bad`` or ``none``: whether the change goes the indicator's way."""
    diff = delta(indicator, now, before)
    if not diff or indicator.better not in ("higher", "lower"):
        return "none"
    return "good" if (diff > 0) == (indicator.better == "higher") else "bad"


def verdict_word(verdict: str | None) -> str:
    """达标, 有望, 滞后, 数据不足; a dash where the indicator has no target."""
    return VERDICTS[verdict].word if verdict and verdict in VERDICTS else NONE


def verdict_mark(verdict: str | None) -> str:
    """Shape and word, ``● 达标``."""
    return str(VERDICTS[verdict]) if verdict and verdict in VERDICTS else NONE


def fmt_stars(star: int | None) -> str:
    """``★★★☆☆``; 暂不评级 where evidence is too thin."""
    return "暂不评级" if not star else "★" * int(star) + "☆" * (5 - int(star))


def star_word(star: int | None) -> str:
    """``三星``; 暂不评级 where evidence is too thin."""
    return _STAR_WORDS[int(star)] if star and 1 <= int(star) <= 5 else "暂不评级"


def exit_word(state: str | None) -> str:
    """正常, 关注, 整改中, 符合退出条件, 拟退出, 已退出."""
    return EXIT_STATES[state].word if state and state in EXIT_STATES else NONE


def module_word(status: str | None) -> str:
    """正常, 逾期未报, 部分装载, 沿用旧数, 暂缓采用, 接入失败."""
    return MODULE_STATES[status].word if status and status in MODULE_STATES else NONE


def cert_level_word(level: int | None) -> str:
    """``五级/初级工``; 未持证 for none."""
    return CERT_LEVELS.get(int(level), NONE) if level else "未持证"
