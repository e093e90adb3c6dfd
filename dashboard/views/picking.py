"""Choosing two providers for comparison by links alone: the URL holds the choice."""

from __future__ import annotations

from dashboard.views.context import View
from dashboard.views.h import Node, h
from dashboard.views.place import Place

KEY = "compare"
MOST = 2


def chosen(place: Place) -> list[str]:
    """The ids in the URL, at most two, each once."""
    return list(dict.fromkeys(part for part in place.get(KEY).split(",") if part))[:MOST]


def pick(view: View, ident: str, name: str) -> Node:
    """The link beside a provider in a list: the first choice stays in the list, the second leads to the comparison."""
    now = chosen(view.place)
    if ident in now:
        return h("a", "取消", href=view.place.url(**{KEY: ",".join(i for i in now if i != ident) or None}), aria_label=f"取消对比：{name}",
                 aria_current="true")  # fmt: skip
    if now:
        return h("a", "与其对比", href=view.place.subject("/providers/compare", **{KEY: f"{now[0]},{ident}"}), aria_label=f"与所选单位对比：{name}")
    return h("a", "对比", href=view.place.url(**{KEY: ident}), aria_label=f"选作对比：{name}")
