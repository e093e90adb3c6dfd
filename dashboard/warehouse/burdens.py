"""Where a provider can begin when no single step gains a star: what caps hold it down, and which deductions weigh most.

Read from the evidence of the rating alone; nothing is computed anew, so no new star is promised.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import NamedTuple

from dashboard.format import fmt_number
from dashboard.warehouse.snapshot import Snapshot
from dashboard.warehouse.types import Evidence, Rating
from etl.policy.rating import VETO

MOST = 5
"""So many deductions are named, the heaviest first; all of them stand in the evidence."""
NO_SINGLE = "没有一项或两项措施能在当月升一星，须几项一并改进。请先从下列限制和扣分最重的事项做起。"
_ENDS_CAP = {
    "inspection_finding": "整改到位并经复查合格后解除", "provider_permit": "补办有效的证照或保险后解除",
    "inspection_penalty": "办法规定的期限届满后解除", "provider_provider": "取得并登记后解除",
}  # fmt: skip
_NOTHING = frozenset[str]()


class Burden(NamedTuple):
    """One record: the sentence of the evidence, what would end it, and ``points`` lost in ``domain`` (positive; None for a cap)."""

    sentence: str
    ends: str
    domain: str
    points: float | None


class Burdens(NamedTuple):
    """``caps``: the records that hold the star down, those of the cap in force first; ``deductions``: at most MOST, by their weight in the
    total score; ``total``: how many there are; ``full``: (domain, points of all findings, points counted) where findings take more than there is."""

    caps: list[Burden]
    deductions: list[Burden]
    total: int
    full: list[tuple[str, float, float]]


def open_findings(snapshot: Snapshot, provider_id: str, month: str) -> frozenset[str]:
    """The findings of a provider that are not rectified at the month's end."""
    return frozenset(row[0] for row in snapshot.query("select finding_id from finding_month where provider_id = ? and month = ?", [provider_id, month]))


def burdens(rating: Rating, open_now: Collection[str] = _NOTHING, name: Callable[[str], str] = str) -> Burdens:
    """What weighs on a rating. ``open_now``: ids of findings not rectified; ``name``: code of an indicator → its name in the interface."""
    weight = {d.domain: d.applied_weight for d in rating.domains}
    caps = sorted((e for e in rating.evidence if e.domain == VETO), key=lambda e: (e.rule != rating.cap_rule, -(e.happened_on.toordinal() if e.happened_on else 0)))
    held, seen = [], set[tuple[str | None, str | None]]()
    for e in caps:
        if (e.source_table, e.row_key) in seen and e.row_key:
            continue  # an overdue finding meets the cap of open ones as well: said once, by the stricter
        seen.add((e.source_table, e.row_key))
        held.append(Burden(e.sentence, _ENDS_CAP.get(e.source_table or "", "所述情形消除后解除"), e.domain, None))
    taken = sorted((e for e in rating.evidence if (e.points or 0) < 0), key=lambda e: (e.points or 0) * weight.get(e.domain, 0))
    full = [(e.domain, e.value, e.value - e.points) for e in rating.evidence if e.rule == "findings" and (e.points or 0) > 0 and e.value and e.points]
    listed = [Burden(e.sentence, _ends(e, open_now, name), e.domain, -(e.points or 0)) for e in taken[:MOST]]
    return Burdens(held, listed, len(taken), full)


def floor_words(full: list[tuple[str, float, float]]) -> str:
    """Why ending one finding of a domain may not move its score; empty where it would."""
    said = "、".join(f"{domain}（合计{fmt_number(found, 1)}分，按{fmt_number(counted, 1)}分计）" for domain, found, counted in full)
    return f"检查扣分已封顶的领域：{said}。在这些领域只消除其中一项，得分未必变化。" if said else ""


def _ends(e: Evidence, open_now: Collection[str], name: Callable[[str], str]) -> str:
    if e.source_table == "inspection_finding":
        return "尚未整改：整改到位并经复查合格后不再因逾期加重，此后按办法随时间折减" if e.row_key in open_now else "已整改：按办法随时间折减，不再发生即逐步消除"
    if e.metric:
        return f"{name(e.metric)}改善后，按届时数据重新计算"
    return "所述情形消除后，按届时记录重新计算"
