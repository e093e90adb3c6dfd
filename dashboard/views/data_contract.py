"""What a module has to deliver, as its owner reads it: columns, rules, cadence; the same as ``yiguan contract`` prints."""

from __future__ import annotations

from typing import Any

from dashboard import format as fmt
from dashboard.views import marks
from dashboard.views.context import View
from dashboard.views.h import Node, h
from dashboard.views.tables import Col, cell, panel, table

COLUMNS = (
    Col("来源列名"), Col("含义"), Col("类型"), Col("单位"), Col("允许取值", "w"), Col("必填"), Col("个人信息"), Col("说明", "w"),
)  # fmt: skip


def chosen(view: View) -> str:
    """The module asked for, or the first."""
    return view.place.get("module") or sorted(m["module"] for m in view.w.modules())[0]


def contract(view: View) -> Node:
    """The contract of one module; Unknown for a module that is not declared."""
    words = view.w.contract(chosen(view))
    standing = next((m for m in view.w.modules() if m["module"] == words.module), None)
    facts = [
        ("责任单位", words.owner), ("报送频次", words.cadence), ("接入方式", words.delivery or fmt.NONE), ("来源系统", words.systems),
        ("当前状态", marks.module_state(standing["status"]) if standing else fmt.NONE),
        ("数据日期", cell(standing["data_date"])[:10] if standing else fmt.NONE),
    ]  # fmt: skip
    head = h("dl", [h("div", h("dt", name), h("dd", value)) for name, value in facts], cls="pairs")
    links = []
    if words.fillable and view.scope.may("export"):
        links.append(h("a", "填报模板 Excel", href=f"/contract/{words.module}.xlsx", cls="btn small", download=True))
    links.append(h("a", "用到它的指标", href=view.place.subject("/data/lineage", table=f"{words.module}_{words.tables[0].name}"), cls="btn small"))
    body = [_table(view, t) for t in words.tables]
    if words.whole:
        body.append(h("section", h("dl", h("div", h("dt", "整批核验"), h("dd", h("ul", [h("li", s) for s in words.whole]))), cls="rules"), aria_label="整批核验"))
    said = h("p", standing["message"], cls="cap") if standing and standing.get("message") else None
    return panel(view, f"{words.title} 报送约定", said, head, body, tools=[_modules(view, words.module), *links], note=words.module, cls="full contract")


def _modules(view: View, here: str) -> Node:
    items = [
        h("a", m["title"], href=view.place.url(module=m["module"]), aria_current="true" if m["module"] == here else None)
        for m in sorted(view.w.modules(), key=lambda m: m["module"])
    ]
    return h("details", h("summary", "选择模块", cls="btn small"), h("div", items, cls="pop list"), cls="menu")


def _table(view: View, words: Any) -> Node:
    rows = [
        [h("span", c.name, h("i", "键", cls="tag", title="与其他键列一起确定一条记录") if c.key else None), c.title, c.kind, c.unit or " ", c.allowed or " ", c.must,
         c.privacy or " ", "；".join(x for x in (c.meaning, f"也认作：{c.aliases}" if c.aliases else "") if x) or " "]
        for c in words.columns
    ]  # fmt: skip
    rules = [
        ("名称", [words.files] if words.files else []), ("重复报送", [words.twice]), ("不合格，退回", words.rejects),
        ("存疑，入库并提示", words.warns), ("关联核对", words.references),
    ]  # fmt: skip
    said = [h("div", h("dt", name), h("dd", h("ul", [h("li", s) for s in sentences]))) for name, sentences in rules if sentences]
    cells = h("details", h("summary", f"查看 {len(words.cells)} 种原因", cls="btn small"), h("ul", [h("li", s) for s in words.cells]))
    said.append(h("div", h("dt", "逐列核验，退回"), h("dd", cells)))
    return h(
        "section", h("h3", words.title, h("small", f"来源 {words.source}；每行为{words.grain}")),
        table(COLUMNS, rows, caption=f"{words.title}的列"),
        h("dl", said, cls="rules") if said else None,
        aria_label=words.title,
    )  # fmt: skip
