"""The slider under the one map: stars or exit states of every month at once, so that moving through two years asks the server nothing.

The browser moves the marks by itself; when the reader has stopped at a month, the address follows and with it everything else on the page.
"""

from __future__ import annotations

from typing import Any

from dashboard import format as fmt
from dashboard.views import marks
from dashboard.views.context import View
from dashboard.views.h import Node, h

MONTHS = 24
ABSENT = "-"
STATES = {"normal": "n", "watch": "w", "rectifying": "r", "exit_candidate": "c", "exit_proposed": "p", "exited": "x"}


def shown(view: View) -> bool:
    """Whether the map in view has a course in time: stars and exit states, on a page of a subject."""
    return not view.ident and view.layer is not None and view.layer.kind in ("stars", "exits") and len(view.w.months) > 1


def months(view: View) -> list[str]:
    """The last two years."""
    return list(view.w.months)[-MONTHS:]


def course(view: View) -> dict[str, Any] | None:
    """``at``: position of the month; ``months``, ``names``, ``urls``: of each; ``words``: sign → [shape, tone, word];
    ``points``: [lng, lat, name, kind, address, signs] with one sign a month, ``-`` where the provider is not there; None without a slider.
    """
    span = months(view)
    if not shown(view) or view.month not in span:
        return None
    by_exit = view.layer is not None and view.layer.kind == "exits"
    details, link = view.place.subjects("/providers"), view.place.months()
    words = {STATES[s]: [m.shape, m.tone, m.word] for s, m in fmt.EXIT_STATES.items()} if by_exit else {
        str(k or 0): [marks.STAR_SHAPES[k], marks.STAR_TONES[k], fmt.star_word(k)] for k in marks.STAR_SHAPES
    }  # fmt: skip
    points = [
        [p["lng"], p["lat"], p["name"], p["kind"] or "", details(p["provider_id"]),
         "".join(ABSENT if m not in p["months"] else _sign(p["months"][m], by_exit) for m in span)]
        for p in view.w.courses(view.area.code)
    ]  # fmt: skip
    return {
        "at": span.index(view.month), "months": span, "names": [fmt.fmt_month(m) for m in span], "urls": [link(m) for m in span], "words": words,
        "points": [p for p in points if p[5].strip(ABSENT)],
    }  # fmt: skip


def _sign(standing: tuple[int | None, str | None], by_exit: bool) -> str:
    star, state = standing
    return STATES.get(state or "normal", "n") if by_exit else str(star) if star in marks.STAR_SHAPES and star else "0"


def slider(view: View) -> Node:
    """The slider itself: arrow keys, a button to let the months pass, and the month in words (which alone is printed)."""
    span = months(view)
    if not shown(view) or view.month not in span:
        return None
    at = span.index(view.month)
    return h(
        "div",
        h("button", "▶", type="button", cls="btn small play", data_time="play", aria_label="逐月播放", title="逐月播放"),
        h("input", type="range", min="0", max=str(len(span) - 1), step="1", defaultValue=str(at), cls="time-range", data_time="range", aria_label="月份",
          aria_valuetext=fmt.fmt_month(view.month)),
        h("output", fmt.fmt_month(view.month), cls="num", data_time="said"),
        cls="time", role="group", aria_label=f"时间：{fmt.fmt_month(span[0])}至{fmt.fmt_month(span[-1])}",
    )  # fmt: skip
