"""What the auditor sees: the lines of the audit trail with their filter, the state of the chain, and the two exports."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from dashboard.views.desk import act, choice, facts, field, form, section
from dashboard.views.h import Node, h
from dashboard.views.tables import Col, empty, table


def search(wanted: Any, actions: Sequence[str]) -> Node:
    """The filter, as an address that can be sent."""
    options = [("", "全部操作"), *((a, a) for a in actions)]
    return section(
        "查询",
        h(
            "form",
            field("账号", "account", value=wanted.account), choice("操作", "action", options, wanted.action),
            field("对象或详情含", "object", value=wanted.object), field("自", "since", kind="date", value=wanted.since),
            field("至", "until", kind="date", value=wanted.until), h("button", "查询", type="submit", cls="btn primary"),
            h("a", "清除", href="/audit", cls="btn small"),
            method="get", action="/audit", cls="filter",
        ),
    )  # fmt: skip


def listing(lines: Sequence[Any], total: int, offset: int, size: int, asked: dict[str, str]) -> Node:
    """A page of lines, newest first."""
    if not lines:
        return section("日志", empty("没有符合条件的日志。可放宽时间范围或清除条件。"))
    cols = [Col("序号", "n"), Col("时间"), Col("账号"), Col("操作"), Col("对象", "w"), Col("详情", "w"), Col("地址"), Col("校验码")]
    body: list[list[Node]] = [
        [f"{a.id}", a.at[:19].replace("T", " "), a.account, a.action, a.object or "—", a.detail or "—", a.ip or "—", h("code", a.hash[:10], title=a.hash)]
        for a in lines
    ]

    def at(start: int) -> str:
        return "/audit?" + urlencode({k: v for k, v in {**asked, "offset": start or ""}.items() if v not in ("", None)})

    pager = h(
        "div",
        h("a", "‹ 较新", href=at(max(offset - size, 0)), cls="btn small") if offset else None,
        h("span", f"第 {offset + 1:,}–{offset + len(lines):,} 条，共 {total:,} 条", cls="num"),
        h("a", "较早 ›", href=at(offset + size), cls="btn small") if offset + size < total else None,
        cls="pager",
    )  # fmt: skip
    return section("日志", table(cols, body, caption="审计日志"), pager, note="新的在前")


def state(last_anchor: str, anchors: int, keep_months: int) -> Node:
    """When the chain was last anchored, how long lines stay, and the button that looks through all of it."""
    return section(
        "完整性",
        facts([
            ("最近锚定", last_anchor.replace("T", " ") or "尚未锚定"), ("锚定次数", f"{anchors:,}"),
            ("留存", f"不少于 {keep_months} 个月；更早的移入归档文件，仍可校验"),
        ]),
        act("/audit/verify", "校验整条日志链"),
        cls="",
    )  # fmt: skip


def verdict(found: Any) -> Node:
    """The result of a verification."""
    counted = [
        ("台账中", f"{found.lines:,} 条"), ("已归档", f"{found.archived:,} 条"), ("加封印", f"{found.sealed:,} 条"), ("锚", f"{found.anchors:,} 个"),
        ("最后一条", f"第 {found.last:,} 条 {found.head[:16]}…"),
    ]  # fmt: skip
    if not found.problems:
        return section("校验结果", h("p", "● 日志链完整：没有缺失、改动或插入，与锚定记录一致。", cls="verdict good"), facts(counted), cls="")
    listed = h("ul", [h("li", p) for p in found.problems[:100]])
    said = f"■ 发现 {len(found.problems)} 处问题。请保全台账库与锚定文件，停止归档，并报告主管领导。"
    return section("校验结果", h("p", said, cls="verdict bad"), listed, facts(counted), cls="")


def export(wanted: Any) -> Node:
    """For the assessor: the chosen lines as Excel, or all lines with their proof."""
    kept = {"account": wanted.account, "kind": wanted.action, "object": wanted.object, "since": wanted.since, "until": wanted.until}
    return section(
        "导出供测评",
        form(
            "/audit/export", field("用途", "purpose", required=True, most=60, hint="写入日志和文件，例如：等级保护测评"),
            choice("格式", "form", [("xlsx", "Excel（按下面的查询条件）"), ("jsonl", "JSON Lines（全部，附链校验信息）")]), button="导出", **{k: v for k, v in kept.items() if v},
        ),
        cls="",
    )  # fmt: skip
