"""What the page 账号复核 shows: the accounts that wait for a second person, and what was closed lately."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dashboard.access.scope import ROLES
from dashboard.views.account_forms import moment
from dashboard.views.desk import act, section
from dashboard.views.h import Node, h
from dashboard.views.tables import Col, empty, table

WHY = (
    "管理员建立账号、重置密码、解除两步验证、绑定统一身份、调整权限或启用账号后，须由另一人核实确有其人、确有其事，账号才能登录。"
    "请向本人或其单位核实后再通过；不属实的予以驳回，并告知安全审计员。"
)


def waiting(rows: Sequence[Any], areas: Mapping[str, str], providers: Mapping[str, Sequence[str]], reader: int) -> Node:
    """The accounts that are held, each with its changes and, for whoever had no hand in it, the two answers."""
    if not rows:
        return section("待复核", h("p", WHY), empty("没有待复核的账号变更。"))
    cols = [Col("账号"), Col("姓名"), Col("角色"), Col("管辖区域"), Col("变更", "w"), Col("操作")]
    body: list[list[Node]] = []
    for w in rows:
        only = providers.get(w.account.username) or ()
        where = areas.get(w.account.area_code, w.account.area_code) + (f"（限 {'、'.join(only[:5])}{' 等' if len(only) > 5 else ''}）" if only else "")
        body.append([
            w.account.username + ("（已停用）" if not w.account.active else ""), w.account.display_name,
            ROLES[w.account.role].name if w.account.role in ROLES else w.account.role, where,
            h("ul", [h("li", change(c, areas)) for c in w.changes], cls="plain"), _answers(w, reader),
        ])  # fmt: skip
    return section("待复核", h("p", WHY), table(cols, body, caption="待复核的账号变更"), note=f"{len(rows)} 个账号，通过前不能登录")


def change(one: Any, areas: Mapping[str, str]) -> str:
    """A change in words: when, who, what, with the names of ``areas`` for their codes."""
    detail = " ".join(areas.get(word, word) for word in one.detail.split(" "))
    return f"{moment(one.done_at)} {one.done_by} {one.act}" + (f"：{detail}" if detail else "")


def _answers(w: Any, reader: int) -> Node:
    if w.done_by(reader):
        return "须由另一人复核"
    base = f"/account-review/{w.account.username}"
    refuse = act(f"{base}/refuse", "驳回", seen=str(w.seen)) if w.account.active else None
    return h("div", act(f"{base}/release", "通过", seen=str(w.seen)), refuse, cls="acts")


def closed(rows: Sequence[tuple[str, Any]], areas: Mapping[str, str]) -> Node:
    """The latest changes in force, and who released them."""
    if not rows:
        return section("近期生效的账号变更", empty("还没有。"))
    cols = [Col("账号"), Col("变更", "w"), Col("复核人"), Col("复核时间")]
    body: list[list[Node]] = [
        [name, change(c, areas), c.closed_by if c.done_by_id is not None else "在服务器上办理，未经第二人复核", moment(c.closed_at)] for name, c in rows
    ]
    return section("近期生效的账号变更", table(cols, body, caption="近期生效的账号变更"), note=f"最近 {len(rows)} 项")


def second_half(username: str, half: str) -> Node:
    """The second half of a password, shown this once."""
    return section(
        f"{username} 一次性密码的后半段", h("p", half, cls="secret"),
        h("p", "只显示这一次。请当面或通过可靠渠道告知本人，不要告诉办理变更的管理员；前半段由管理员告知本人。本人把两段连在一起输入，登录后须立即修改。"),
        h("p", h("a", "返回账号复核", href="/account-review", cls="btn")),
    )  # fmt: skip
