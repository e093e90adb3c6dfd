"""One record that is about a person, over the page: masked, with the step by which it is seen in full for a stated purpose."""

from __future__ import annotations

from typing import Any

from dashboard import format as fmt
from dashboard.views.context import View
from dashboard.views.h import Node, h
from dashboard.views.tables import cell


def panel(view: View) -> Node:
    """The record named by the address. Raises Unknown for whatever is not the reader's to see."""
    ask = view.place.get
    code, key = ask("rows"), ask("one")
    which = "whole" if ask("which") == "whole" else "part"
    found = view.w.record(code, view.area.code, view.month, which, key, ask("provider") or None)
    ind = view.ind(code)
    close = h("a", "关闭", href=view.place.closed(), cls="btn small close", aria_label="关闭记录（Esc）")
    back = h("a", "‹ 返回明细", href=view.place.url(one=None), cls="btn small")
    top = h(
        "div",
        h("div", h("h2", "个人记录", id="drawer-title", tabindex="-1"), h("span", back, close, cls="tools"), cls="row"),
        h("p", f"{ind.name} · {fmt.fmt_month(view.month)} · 编号 {key}", cls="sub"),
        h("p", "每次打开都写入审计日志。", cls="sub"),
        cls="top",
    )
    parts = [_facts(found.rows)]
    if found.contact.rows:
        parts += [h("h3", "老年人登记信息"), _facts(found.contact)]
    return h(
        "section", top, _state(view, found, which), h("div", parts, cls="grow record"),
        cls="drawer", role="dialog", aria_labelledby="drawer-title", id="drawer",
    )  # fmt: skip


def _facts(rows: Any) -> Node:
    """Every line as a list of title and value."""
    lists = []
    for row in rows.rows:
        pairs = [
            h("div", h("dt", c.title), h("dd", cell(v), cls="masked" if c.privacy and "*" in str(v) else None))
            for c, v in zip(rows.columns, row, strict=True)
        ]
        lists.append(h("dl", pairs, cls="facts"))
    return lists


def _state(view: View, found: Any, which: str) -> Node:
    """How long it is seen in full; or the form that asks for it; or nothing, where nothing is masked or the reader may not."""
    if found.leave is not None:
        said = f"完整信息显示至 {found.leave.until} · 用途：{found.leave.purpose}" + (f"（{found.leave.reason}）" if found.leave.reason else "")
        return h("p", said, cls="leave", role="status")
    if not found.closed or view.w.witness is None or not view.scope.may("unmask"):
        return None
    purposes = list(view.w.witness.purposes())
    if not purposes:
        return None
    ask = view.place.get
    carried = {
        "rows": ask("rows"), "which": which, "provider": ask("provider"), "one": ask("one"), "area": view.area.code, "month": view.month,
        "as_of": ask("as_of"), "next": view.place.url(),
    }  # fmt: skip
    hidden = [h("input", type="hidden", name=name, value=value) for name, value in carried.items() if value]
    what = "、".join(found.closed)
    return h(
        "form",
        h("p", h("b", "查看完整信息"), h("span", f"已脱敏：{what}"), cls="what"),
        *hidden,
        _choice(purposes),
        cls="unmask", method="post", action="/unmask",
    )  # fmt: skip


def _choice(purposes: list[tuple[str, str, bool]]) -> Node:
    """One purpose is one step; of several one is chosen."""
    if len(purposes) == 1 and not purposes[0][2]:
        code, name, _ = purposes[0]
        return h("div", h("input", type="hidden", name="purpose", value=code), h("button", f"因{name}查看", cls="btn primary", type="submit"), cls="line")
    options = [h("option", "请选择用途", value="")] + [
        h("option", name + ("（须写明事由）" if text else ""), value=code) for code, name, text in purposes
    ]
    return h(
        "div",
        h("label", "用途", h("select", options, name="purpose", required=True)),
        h("label", "事由", h("input", type="text", name="reason", maxLength=200, autoComplete="off", placeholder="例如：工单号、核实事项")),
        h("button", "查看", cls="btn primary", type="submit"),
        cls="line",
    )  # fmt: skip
