"""The policy pages: rules in force as an official reads them, drafts, and what a trial would change, by street and on the map."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from dashboard import format as fmt
from dashboard.policies.store import STAGES, Draft
from dashboard.views import marks
from dashboard.views.desk import act, choice, facts, field, form, section
from dashboard.views.h import El, Node, h
from dashboard.views.moves import MOVES, counts
from dashboard.views.tables import Col, empty, table
from etl.indicators import catalogue
from etl.policy.model import Condition, CyclesPart, ExitPolicy, FindingsPart, IndicatorPart, RatingPolicy, RatingVersion
from etl.policy.parts import SCOPES, SEVERITIES
from etl.policy.trial import SUBJECTS

ZONE = ZoneInfo("Asia/Shanghai")
_BRACES = re.compile(r"\{\w+\}")
_STARS = ("二星", "三星", "四星", "五星")


def when(moment: int) -> str:
    """A stored moment in the office's time."""
    return f"{datetime.fromtimestamp(moment, ZONE):%Y-%m-%d %H:%M}" if moment else fmt.NONE


def rules(rating: RatingPolicy | None, leaving: ExitPolicy | None, month: str) -> list[El]:
    """The rules in force in a month, each with its clause."""
    parts: list[El] = []
    if rating is not None:
        version = next((v for v in reversed(rating.versions) if v.valid_from <= month), None)
        parts += _rating(rating, version) if version else []
    if leaving is not None:
        found = next((v for v in reversed(leaving.versions) if v.valid_from <= month), None)
        if found is not None:
            rows: list[list[Node]] = [[marks.exit_state(c.gives), c.basis, "已作出的决定" if c.decided else "由数据提出，由人决定", _asks(c.when)] for c in found.criteria]
            shown = table([Col("状态"), Col("条款依据", "w"), Col("性质"), Col("条件", "w")], rows, caption="退出条件")
            parts.append(section(leaving.title, shown, note=f"{found.version}，自 {fmt.fmt_month(found.valid_from)} 起 · {found.basis}"))
    return [*parts, *_versions([p for p in (rating, leaving) if p is not None], month)]


def _versions(policies: Sequence[RatingPolicy | ExitPolicy], month: str) -> list[El]:
    """Every version with its months: a month keeps the one that was in force in it."""
    rows: list[list[Node]] = []
    for policy in policies:
        ends = [v.valid_from for v in policy.versions[1:]]
        for v, end in zip(policy.versions, [*ends, ""], strict=True):
            last = f"{date.fromisoformat(end + '-01') - timedelta(days=1):%Y-%m}" if end else ""
            stands = "尚未生效" if v.valid_from > month else "已由新版本替代" if end and end <= month else "现行"
            rows.append([policy.title, v.version, f"{fmt.fmt_month(v.valid_from)}至{fmt.fmt_month(last)}" if end else f"自{fmt.fmt_month(v.valid_from)}起", stands,
                         v.changes or ("首个版本" if v is policy.versions[0] else fmt.NONE), v.basis])  # fmt: skip
    cols = [Col("办法", "w"), Col("版本"), Col("适用月份"), Col("状态"), Col("较上一版本的变化", "w"), Col("条款依据", "w")]
    return [section("历次版本", table(cols, rows, caption="历次版本"), note="各月始终按当月有效的版本")] if rows else []


def _rating(rating: RatingPolicy, version: RatingVersion) -> list[El]:
    known = catalogue()
    rows: list[list[Node]] = []
    for d in version.domains:
        for p in d.parts:
            if isinstance(p, FindingsPart):
                name, how = "检查发现", "100 分减所列领域检查问题扣分：" + "、".join(p.findings)
            elif isinstance(p, IndicatorPart):
                name = known[p.indicator].name
                how = "，".join(f"{x:g}→{y:g} 分" for x, y in p.shape) + (f"；近 {p.window} 个月" if p.window > 1 else "")
                how += f"；样本不足 {p.min_whole:g} 不计" if p.min_whole > 1 else ""
            else:
                name, how = (p.name if isinstance(p, CyclesPart) else p.column), ""
            rows.append([d.domain, f"{d.weight:g}", name, f"{p.weight:g}", how, "、".join(p.kinds) if p.kinds else "全部", p.basis])
    cols = [Col("领域"), Col("领域权重", "n"), Col("评分项"), Col("项内权重", "n"), Col("得分", "w"), Col("适用类别", "w"), Col("条款依据", "w")]
    note = f"{version.version}，自 {fmt.fmt_month(version.valid_from)} 起 · {version.basis}"
    found = [section(rating.title, table(cols, rows, caption="评分领域"), note=note)]
    if version.deduction is not None:
        points = [[s, *(f"{version.deduction.points[s][c]:g}" for c in SCOPES)] for s in SEVERITIES]  # type: ignore[index]
        ages = "；".join(f"{x.months} 个月内按 {x.share * 100:g}%" for x in version.deduction.decay)
        repeat = "、".join(f"{x * 100:g}%" for x in version.deduction.repeat)
        late = f"逾期未整改加 {version.deduction.overdue * 100:g}%。" if version.deduction.overdue else ""
        said = h("p", f"按时间折减：{ages}。" + (f"复查不合格依次加 {repeat}。" if repeat else "") + late)
        found.append(section("检查问题扣分", table([Col("严重程度"), *(Col(c, "n") for c in SCOPES)], points, caption="检查问题扣分"), said, cls="half"))
    cuts: list[list[Node]] = []
    for domain, stars, _ in version.cuts:
        words = [f"{c:g} 分" if stars.method == "fixed" else f"同组前 {100 - c * 100:g}%" for c in stars.cuts]
        cuts.append([domain or "总分", *words])
    found.append(section("评星", table([Col("依据"), *(Col(s, "n") for s in _STARS)], cuts, caption="评星"),
                         *(h("p", "暂不评级：" + _BRACES.sub("×", m.missing) + "。") for m in version.minimum), note="达到该分数起", cls="half"))  # fmt: skip
    steps: list[list[Node]] = [[a.domain, f"{a.by:+d} 星", a.basis] for a in version.adjust]
    if steps:
        found.append(section("星级调整", table([Col("依据领域"), Col("加减"), Col("条款依据", "w")], steps, caption="星级调整")))
    caps: list[list[Node]] = [[f"不高于{fmt.star_word(c.cap)}", c.basis, _asks(c.when)] for c in version.caps]
    found.append(section("一票否决", table([Col("星级"), Col("条款依据", "w"), Col("条件", "w")], caps, caption="一票否决")))
    return found


def _asks(condition: Any) -> str:
    """A condition in the words of its facts' columns."""
    from etl.policy.facts import facts as known

    if not isinstance(condition, Condition):
        return ""
    fact = known()[condition.facts]

    def one(name: str, value: Any) -> str:
        title = fact.columns[name].title.split("（")[0] if name in fact.columns else name
        if name == "restored":
            return "此后未恢复" if value is False else "此后已恢复"
        if name == "indicator":
            return "、".join(catalogue()[code].name for code in (value if isinstance(value, list) else [value]))
        if isinstance(value, dict):
            return title + "".join(f"{'≥' if k == 'min' else '≤'}{v:g}" for k, v in value.items())
        if isinstance(value, bool):
            return title if value else f"不符合“{title}”"
        return f"{title}为" + "或".join(map(str, value if isinstance(value, list) else [value]))

    terms = "，".join(one(k, v) for k, v in condition.where.items())
    more = (f"，近 {condition.window} 个月" if condition.window else "") + (
        f"，达到 {condition.at_least:g}{'分' if condition.measure == 'points' else '项'}" if condition.at_least != 1 else "")
    asked = (terms + more).strip("，") or "有记录"
    return f"{fact.title.split('（')[0]}：{asked}" + (f"（{'、'.join(condition.kinds)}）" if condition.kinds else "")


def drafts(listed: Sequence[Draft], names: Mapping[str, str]) -> El:
    """All drafts with where they stand; ``names``: account → its person."""
    if not listed:
        return section("草案", empty("还没有草案。可下载现行文件，在末尾加一个新版本后上传试算。"))
    who = _person(names)
    rows: list[list[Node]] = [
        [h("a", f"{d.row.id}", href=f"/policies/trial/{d.row.id}", aria_label=f"草案 {d.row.id} 的试算结果"), SUBJECTS[d.row.subject], d.row.version,
         fmt.fmt_month(d.row.valid_from), f"{len(d.trial['moved'])} 家", f"{d.trial['elders']} 人", f"{who(d.row.tried_by)} {when(d.row.tried_at)}", STAGES[d.row.stage]]
        for d in listed
    ]  # fmt: skip
    cols = [Col("编号"), Col("办法"), Col("版本"), Col("拟生效"), Col("变动单位", "n"), Col("涉及老年人", "n"), Col("提出"), Col("状态")]
    return section("草案", table(cols, rows, caption="草案"))


def _person(names: Mapping[str, str]) -> Callable[[str], str]:
    """The person behind an account; the account where nobody is known by it any more."""
    return lambda account: names.get(account, account)


def new_draft() -> El:
    """Take the file in force, and give back a draft."""
    body = h(
        "form", choice("办法", "subject", list(SUBJECTS.items())),
        h("label", h("span", "草案文件"), h("input", type="file", name="file", accept=".yaml,.yml", required=True), h("small", "现行文件之后加一个新版本，自未来月份起生效")),
        h("button", "试算", type="submit", cls="btn primary"), method="post", action="/policies/try", encType="multipart/form-data", cls="sheet",
    )  # fmt: skip
    links = h("p", "现行文件：", *(h("a", f"{title}（下载）", href=f"/policies/{key}.yaml", cls="btn small", download=True) for key, title in SUBJECTS.items()))
    return section("试算新办法", links, body, cls="half")


def trial(
    draft: Draft, places: Mapping[str, Mapping[str, Any]], streets: Mapping[str, str], me: str, may_approve: bool,
    names: Mapping[str, str],
) -> list[Node]:  # fmt: skip
    """The result of a trial: in figures, by street, provider by provider; and the decision. ``names``: account → its person. On the map it stands at /trials/<number>."""
    row, t, who = draft.row, draft.trial, _person(names)
    moved = t["moved"]
    how_many = counts(moved)
    about = facts([
        ("办法", SUBJECTS[row.subject]), ("草案版本", f"{row.version}，拟自 {fmt.fmt_month(row.valid_from)} 起生效；以前各月仍按原版本"),
        ("试算数据", f"{fmt.fmt_month(t['month'])}（快照 {t['run_id']}）"), ("提出", f"{who(row.tried_by)} {when(row.tried_at)}"), ("文件校验", row.sha256[:16]),
        ("状态", STAGES[row.stage] + (f"（{who(row.decided_by)} {when(row.decided_at)}{'：' + row.reason if row.reason else ''}）" if row.decided_by else "")),
    ])  # fmt: skip
    said = "，".join(f"{word} {n} 家" for word, n in how_many.items()) + f"；这些单位近 90 天服务老年人 {t['elders']} 人。"
    stars = [[fmt.star_word(int(k)) if k else "暂不评级", str(a), str(b), f"{b - a:+d}" if b != a else "0"] for k in ("1", "2", "3", "4", "5", "") for a, b in [t["stars"][k]]]
    by_star = table([Col("星级"), Col("现行", "n"), Col("草案", "n"), Col("增减", "n")], stars, caption="星级分布")
    parts: list[Node] = [section("草案", about, cls="half"), section("变动", h("p", said), by_star, cls="half", note="星级为在营单位，不含已退出")]
    on_map = h("p", h("a", "在地图上看变动单位", href=f"/trials/{row.id}", cls="btn"))
    parts.append(section("按街道", on_map, _by_street(moved, places, streets)))
    parts.append(section("逐家变动", _moved(moved, places, streets) if moved else empty("没有单位变动。"), note=f"{len(moved)} 家"))
    if row.stage == "tried":
        parts.append(_decision(row, me, may_approve))
    return parts


def _decision(row: Any, me: str, may_approve: bool) -> El:
    base = f"/policies/trial/{row.id}"
    if row.tried_by == me:
        return section("处理", h("p", "草案须由另一人批准；批准前可以撤回。"), act(f"{base}/withdraw", "撤回草案"))
    if not may_approve:
        return section("处理", h("p", "待有权批准的人员处理。"))
    return section("处理", h("p", f"批准后自 {fmt.fmt_month(row.valid_from)} 起生效，以前各月不变。"), act(f"{base}/approve", "批准"),
                   form(f"{base}/reject", field("不批准的理由", "reason", most=200), button="不批准", primary=False))  # fmt: skip


def _by_street(moved: Sequence[Mapping[str, Any]], places: Mapping[str, Mapping[str, Any]], streets: Mapping[str, str]) -> Node:
    there_are: dict[str, list[Mapping[str, Any]]] = {}
    for m in moved:
        there_are.setdefault(str((places.get(m["provider_id"]) or {}).get("street_code") or ""), []).append(m)
    rows: list[list[Node]] = [
        [streets.get(code, "其他"), *(str(n) for n in counts(own).values()), str(sum(m["elders"] for m in own))] for code, own in sorted(there_are.items())
    ]
    cols = [Col("街道"), *(Col(m.word, "n") for m in MOVES), Col("涉及老年人次", "n", note="同一老人由几家服务的，各家分别计")]
    return table(cols, rows, caption="按街道") if rows else empty("没有单位变动。")


def _moved(moved: Sequence[Mapping[str, Any]], places: Mapping[str, Mapping[str, Any]], streets: Mapping[str, str]) -> Node:
    def score(x: float | None) -> str:
        return fmt.fmt_number(x, 1) if x is not None else fmt.NONE

    rows: list[list[Node]] = [
        [h("a", m["name"], href=f"/providers/{m['provider_id']}"), m["kind"], streets.get(str((places.get(m["provider_id"]) or {}).get("street_code") or ""), ""),
         h("span", marks.star(m["star"]), " → ", marks.star(m["new_star"])), f"{score(m['score'])} → {score(m['new_score'])}",
         h("span", marks.exit_state(m["state"]), " → ", marks.exit_state(m["new_state"])) if m["state"] != m["new_state"] else None,
         m["because"] or None, str(m["elders"])]
        for m in moved
    ]  # fmt: skip
    cols = [Col("服务单位"), Col("类别"), Col("街道"), Col("星级"), Col("得分", "n"), Col("退出监管状态"), Col("原因", "w"), Col("老年人", "n")]
    return table(cols, rows, caption="逐家变动", cls="tall")
