"""States as colour and shape and word: verdicts, stars, exit states. The shape alone carries them in greyscale print."""

from __future__ import annotations

from typing import Any

from dashboard import format as fmt
from dashboard.views.h import El, h

STAR_SHAPES = {5: "★", 4: "●", 3: "■", 2: "▲", 1: "◆", None: "○"}
STAR_TONES = {5: "good", 4: "good", 3: "plain", 2: "warn", 1: "bad", None: "none"}
STAR_LEGEND = ((5, "五星"), (4, "四星"), (3, "三星"), (2, "二星"), (1, "一星"), (None, "暂不评级"))


def chip(mark: fmt.Mark, *, title: str | None = None) -> El:
    """Shape and word in the colour of the state."""
    return h("span", h("i", mark.shape, aria_hidden="true"), mark.word, cls=f"chip {mark.tone}", title=title)


def verdict(code: str | None) -> El | None:
    """达标, 有望, 滞后, 数据不足; None where there is no target."""
    mark = fmt.VERDICTS.get(code or "")
    return chip(mark) if mark else None


def exit_state(state: str | None) -> Any:
    """正常, 关注, 整改中, 符合退出条件, 拟退出, 已退出."""
    mark = fmt.EXIT_STATES.get(state or "")
    return chip(mark) if mark else fmt.NONE


def module_state(status: str | None) -> Any:
    """正常, 逾期未报, 部分装载, 沿用旧数, 暂缓采用, 接入失败."""
    mark = fmt.MODULE_STATES.get(status or "")
    return chip(mark) if mark else fmt.NONE


def star(value: int | None) -> El:
    """The supervision star as shape and word."""
    key = value if value in STAR_SHAPES else None
    return chip(fmt.Mark(fmt.star_word(value), STAR_SHAPES[key], STAR_TONES[key]))


def arrow(diff: Any) -> str:
    """The direction of a change. Arrows, not triangles: triangles mean verdicts."""
    return "" if not diff else "↑" if diff > 0 else "↓"


def star_legend() -> El:
    """The stars' shapes with their words."""
    rows = [h("li", chip(fmt.Mark(word, STAR_SHAPES[key], STAR_TONES[key]))) for key, word in STAR_LEGEND]
    return h("ul", rows, cls="marks", aria_label="服务单位星级")
