"""A draft policy on the one map: which providers would rise or fall, which cases would open, and where; beside it the same as a list."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dashboard import format as fmt
from dashboard.policies.store import STAGES, Draft, NoDraftError, Policies
from dashboard.views import marks
from dashboard.views.context import View
from dashboard.views.details import Detail
from dashboard.views.h import Node, h
from dashboard.views.moves import DOWN, MOVES, OPENS, OTHER, UP, counts, from_to, move
from dashboard.views.tables import empty, panel
from dashboard.warehouse.types import Unknown
from etl.policy.trial import SUBJECTS


class TrialDetail:
    """What stands at ``/trials/<number>``."""

    def area(self, view: View) -> str:
        """The whole district, of which a trial speaks; Unknown for readers of a part of it, and for a draft that is not there."""
        _draft(view)
        return str(view.w.root.code)

    def draw(self, view: View) -> Detail:
        """All slots."""
        draft = _draft(view)
        trial = draft.trial
        month = trial["month"] if trial["month"] in view.w.months else view.w.latest_month
        places = {p["provider_id"]: p for p in view.w.providers(view.w.root.code, month)}
        head = [h("h2", "变动单位分布"), h("span", f"{fmt.fmt_month(trial['month'])}，与现行办法相比；点按单位查看详情", cls="hint")]
        legend = h("ul", [h("li", marks.chip(m)) for m in MOVES], cls="marks", aria_label="变动")
        return Detail(f"草案 {draft.row.id}", _head(draft), [_listed(view, draft)], [], map=data(view, draft, places), map_head=head, legend=legend)


def overview(view: View) -> Node:
    """Where the drafts are: each opens its own map from there."""
    said = h("p", "每份草案的变动单位在地图上分别查看，请从政策页选择草案。", h("a", "政策", href="/policies", target="_self", cls="btn small"))
    return panel(view, "政策试算", said, cls="full")


def data(view: View, draft: Draft, places: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """As ``maps.data``: streets with the number that would move, a mark for each provider that would."""
    there, here = view.place.subjects("/providers"), view.place.url(offset=None)
    there_are: dict[str, list[Mapping[str, Any]]] = {}
    points: list[list[Any]] = []
    for m in draft.trial["moved"]:
        place, mark = places.get(m["provider_id"]), move(m)
        if place is None:
            continue
        there_are.setdefault(str(place.get("street_code") or ""), []).append(m)
        if place.get("lng") is not None and place.get("lat") is not None:
            points.append([place["lng"], place["lat"], mark.shape, mark.tone, m["name"], f"{m['kind']} · {mark.word} · {from_to(m)}", there(m["provider_id"])])
    order = [m.shape for m in (OTHER, UP, DOWN, OPENS)]
    streets = view.w.children(view.w.root.code)
    return {
        "url": view.geo_url(2),
        "outline": None,
        "areas": {a.code: [None, a.short_name, _sum(there_are.get(a.code)), _said(there_are.get(a.code)), here] for a in streets},
        "points": sorted(points, key=lambda p: order.index(p[2])),
        "fit": [a.code for a in streets],
        "here": "",
        "label": "草案变动单位分布地图。同样的数据见右侧列表，可用键盘操作。",
    }


def _sum(moved: list[Mapping[str, Any]] | None) -> str:
    return f"{len(moved)} 家" if moved else ""


def _said(moved: list[Mapping[str, Any]] | None) -> str:
    return "，".join(f"{word} {n} 家" for word, n in counts(moved).items() if n) if moved else "没有单位变动"


def _head(draft: Draft) -> Node:
    row, trial = draft.row, draft.trial
    facts = [
        ("拟生效", fmt.fmt_month(row.valid_from)), ("状态", STAGES[row.stage]), *((word, f"{n} 家") for word, n in counts(trial["moved"]).items()),
        ("近 90 天服务老年人", f"{trial['elders']} 人"),
    ]  # fmt: skip
    back = h("a", "草案全文与处理", href=f"/policies/trial/{row.id}", target="_self", cls="btn small")
    return h(
        "section", h("div", h("h2", f"{SUBJECTS[row.subject]} {row.version}"), back, cls="who"),
        h("dl", [h("div", h("dt", k), h("dd", v)) for k, v in facts]), cls="panel provider-head", aria_label="草案概况",
    )  # fmt: skip


def _listed(view: View, draft: Draft) -> Node:
    moved = draft.trial["moved"]
    there = view.place.subjects("/providers")
    rows = [h("li", marks.chip(move(m)), " ", h("a", m["name"], href=there(m["provider_id"])), h("small", f" {from_to(m)}")) for m in moved]
    body: Node = h("ul", rows, cls="moved") if rows else empty("没有单位变动。")
    return h("section", h("h2", "变动单位", h("small", f"{len(moved)} 家")), body, cls="panel grow", aria_label="变动单位")


def _policies(view: View) -> Policies:
    if view.w.scope.area != view.w.root.code or view.w.scope.providers is not None or view.w.root.level != 1:
        raise Unknown("policies")
    return Policies(view.desk.ledger, view.desk.region, view.desk.layout)


def _draft(view: View) -> Draft:
    try:
        return _policies(view).draft(view.ident)
    except NoDraftError:
        raise Unknown("draft") from None
