"""Tables: a caption, aligned columns, sortable heads that are links, and the same table as an Excel file."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from dashboard import format as fmt
from dashboard.views.context import View
from dashboard.views.h import El, Node, h
from dashboard.views.h import cell as h_cell


@dataclass(frozen=True, slots=True)
class Col:
    """A column: head, alignment (``n`` numbers right, ``w`` long text that wraps), the key it sorts by, and a note shown on hover."""

    title: str
    align: str = ""
    sort: str = ""
    note: str = ""


def table(cols: Sequence[Col], rows: Sequence[Sequence[Node]], *, caption: str, view: View | None = None, foot: Sequence[Node] | None = None,
          cls: str = "") -> El:  # fmt: skip
    """A table; the first cell of a row is its head. ``foot`` is a row of totals."""
    heads = [
        h("th", _head(col, view), scope="col", cls=col.align or None, title=col.note or None, aria_sort=_sorted(col, view))
        for col in cols
    ]

    kinds = [("th", {"scope": "row"})] + [("td", {"className": col.align} if col.align else {}) for col in cols[1:]]

    def row(cells: Sequence[Node]) -> Node:
        made = El(("tr", {}))
        made.extend(
            h_cell(tag, props, fmt.NONE if shown is None or shown == "" else shown)
            for (tag, props), shown in zip(kinds, cells, strict=True)
        )
        return made

    return h(
        "div",
        h("table", h("caption", caption), h("thead", h("tr", heads)), h("tbody", [row(cells) for cells in rows]),
          h("tfoot", row(foot)) if foot else None),
        cls=f"scroll {cls}".strip(), tabindex="0", role="group", aria_label=caption,
    )  # fmt: skip


def _head(col: Col, view: View | None) -> Node:
    if not col.sort or view is None:
        return col.title
    at = view.place.get("sort")
    nxt = f"-{col.sort}" if at == col.sort else col.sort
    arrow = " ↑" if at == col.sort else " ↓" if at == f"-{col.sort}" else ""
    return h("a", col.title, h("span", arrow, aria_hidden="true") if arrow else None, href=view.place.url(sort=nxt, rows=None))


def _sorted(col: Col, view: View | None) -> str | None:
    if not col.sort or view is None:
        return None
    return {col.sort: "ascending", f"-{col.sort}": "descending"}.get(view.place.get("sort"))


def arranged(
    rows: list[dict[str, Any]], wanted: str, keys: dict[str, Callable[[dict[str, Any]], Any]], default: str
) -> list[dict[str, Any]]:
    """Rows by the sort parameter (``-key`` descending); what has no value comes last either way; an unknown key means the default."""
    order = wanted if wanted.removeprefix("-") in keys else default
    key = keys[order.removeprefix("-")]
    known = [r for r in rows if key(r) is not None]
    return sorted(known, key=key, reverse=order.startswith("-")) + [r for r in rows if key(r) is None]


def panel(view: View, title: str, *body: Any, sheet: str = "", note: str = "", cls: str = "", tools: Node = None, codes: Sequence[str] = ()) -> El:
    """A panel across the page with its title, a note, and the link to its Excel file for those who may export; ``codes``: of the figures in it."""
    excel = None
    if sheet and view.scope.may("export"):
        excel = h(
            "a",
            "Excel",
            # a table by area stands for the stage: in a community that is its street
            href=view.place.export(view.page.key, table=sheet, code=",".join(codes), **({"area": view.stage.code} if sheet == "areas" else {})),
            cls="btn small",
            target="_self",
            aria_label=f"下载 Excel：{title}",
        )
    return h(
        "section", h("div", h("h2", title, h("small", note) if note else None), h("span", tools, excel, cls="tools"), cls="row"), *body,
        cls=f"panel {cls}".strip(), aria_label=title,
    )  # fmt: skip


def empty(text: str) -> El:
    """What stands where there are no rows: why, and what to do."""
    return h("p", text, cls="empty")


def cell(value: Any) -> str:
    """A database value as text: dates and months as they are filed, money with two decimals, booleans as 是/否."""
    if value is None or value == "":
        return fmt.NONE
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return f"{value:,.2f}"
    if isinstance(value, float):
        return fmt.fmt_number(value, 0 if value.is_integer() else 2) if math.isfinite(value) else fmt.NONE
    return str(value)
