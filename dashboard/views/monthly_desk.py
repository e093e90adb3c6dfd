"""The page of monthly reports: which one, how it stands, what changed since it was signed, and what was issued."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from dashboard import format as fmt
from dashboard.views import marks
from dashboard.views.desk import choice, facts, field, form, section
from dashboard.views.h import El, Node, h
from dashboard.views.tables import Col, empty, table

FORMS = (("docx", "Word"), ("xlsx", "Excel"), ("pdf", "PDF"))
SHOWN = 30
SIGNED, OUTDATED, DRAFT = fmt.Mark("已签发", "●", "good"), fmt.Mark("签发后数据有变", "▲", "warn"), fmt.Mark("未签发", "○", "none")


def choose(areas: Sequence[Any], area: str, months: Sequence[str], month: str) -> El:
    """Which report: area and month."""
    places = [(a.code, a.name) for a in areas]
    body = (choice("区域", "area", places, area), choice("月份", "month", [(m, fmt.fmt_month(m)) for m in reversed(months)], month))
    return section("选择月报", h("form", *body, h("button", "查看", type="submit", cls="btn"), method="get", action="/reports", cls="sheet inline"))


def state(report: Any, found: str, signed: Any, changed: Sequence[Any], may: bool, partial: bool) -> El:
    """How the chosen report stands, its files, and the step that signs it; ``found`` is what the signer has before him, as a hash."""
    mark = DRAFT if signed is None else OUTDATED if changed else SIGNED
    told: list[tuple[str, Node]] = [("状态", marks.chip(mark)), ("数据时点", fmt.fmt_date(report.data_date))]
    if signed is not None:
        told += [("编号", signed.row.number), ("签发", f"{signed.row.issued_name}　{fmt.fmt_time(signed.at)}"), ("校验码", h("code", signed.row.digest[:16]))]
    body: list[Node] = [facts(told), _files(report, signed, bool(changed))]
    if partial:
        body.append(h("p", "您的账号只看部分服务单位，所见月报不含其他单位，不能签发。"))
    if changed:
        body += _changed(changed)
    hidden = {"area": report.area_code, "month": report.month, "found": found}
    if may and signed is None:
        note = h("p", "签发后内容固定，数据再有更正时以修订的形式公开，并列出改动。")
        body += [note, form("/reports/issue", button="签发本期月报", **hidden)]
    elif may and changed:
        why = field("修订原因", "reason", most=120, hint="例如：补贴资金补报 9 月退回记录")
        body.append(form("/reports/issue", why, button="签发修订", **hidden))
    return section(f"{report.title}（{report.month_text}）", *body)


def _files(report: Any, signed: Any, outdated: bool) -> Node:
    def links(**more: str) -> list[Node]:
        query = urlencode({"area": report.area_code, "month": report.month, **more})
        return [h("a", name, href=f"/report.{form}?{query}", cls="btn small") for form, name in FORMS]

    said = "签发稿" if signed is not None else "未签发稿"
    parts: list[Node] = [h("span", said), *links()]
    if outdated:
        parts += [h("span", "按最新数据"), *links(draft="1")]
    return h("p", parts, cls="files")


def _changed(changed: Sequence[Any]) -> list[Node]:
    rows: list[list[Node]] = [[c.place, c.before or fmt.NONE, c.after or fmt.NONE] for c in changed[:SHOWN]]
    more = f"，此处列前 {SHOWN} 处，签发修订后全部列在修订说明中" if len(changed) > SHOWN else ""
    head = h("p", f"签发之后有 {len(changed)} 处不同{more}：")
    return [head, table([Col("位置", "w"), Col("签发稿", "w"), Col("最新数据", "w")], rows, caption="签发后的变动")]


def issued(found: Sequence[Any], names: dict[str, str]) -> El:
    """Everything that was issued, the newest first."""
    if not found:
        return section("签发记录", empty("还没有签发过月报。"))
    rows: list[list[Node]] = [
        [
            h("a", fmt.fmt_month(i.row.month), href="/reports?" + urlencode({"area": i.row.area_code, "month": i.row.month})),
            names.get(i.row.area_code, i.row.area_code), i.row.number, i.row.data_date, f"{len(i.changes)} 处" if i.row.revision else "首次签发",
            i.row.reason or fmt.NONE, i.row.issued_name, fmt.fmt_time(i.at), h("code", i.row.digest[:16]),
        ]
        for i in found
    ]  # fmt: skip
    cols = [Col("月份"), Col("区域"), Col("编号"), Col("数据时点"), Col("改动"), Col("原因", "w"), Col("签发人"), Col("签发时间"), Col("校验码")]
    return section("签发记录", table(cols, rows, caption="签发记录"), note=f"{len(found)} 次")
