"""Components as plain dicts: what a callback answers is what goes over the wire, with no class built or validated on the way."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

Node = dict[str, Any] | str | int | float | None
"""A component as the renderer reads it (type, namespace, props), or text."""

HTML = "dash_html_components"
CORE = "dash_core_components"
_RENAMED = {"cls": "className", "for_": "htmlFor", "tabindex": "tabIndex", "colspan": "colSpan", "rowspan": "rowSpan"}
_TAGS = {
    "a": "A", "abbr": "Abbr", "article": "Article", "aside": "Aside", "b": "B", "br": "Br", "button": "Button", "caption": "Caption",
    "dd": "Dd", "details": "Details", "div": "Div", "dl": "Dl", "dt": "Dt", "em": "Em", "footer": "Footer", "form": "Form", "h1": "H1",
    "h2": "H2", "h3": "H3", "header": "Header", "i": "I", "input": "Input", "li": "Li", "main": "Main", "nav": "Nav", "ol": "Ol",
    "p": "P", "s": "S", "section": "Section", "small": "Small", "span": "Span", "strong": "Strong", "summary": "Summary", "table": "Table",
    "tbody": "Tbody", "td": "Td", "tfoot": "Tfoot", "th": "Th", "thead": "Thead", "time": "Time", "tr": "Tr", "ul": "Ul",
}  # fmt: skip


def h(tag: str, *children: Any, **props: Any) -> dict[str, Any]:
    """One HTML element. ``cls`` is the class; ``aria_label``, ``data_x`` become ``aria-label``, ``data-x``; None props are left out.

    Children may be nested iterables; None and False among them are dropped, so conditions read inline.
    """
    named: dict[str, Any] = {}
    for key, value in props.items():
        if value is None:
            continue
        if key.startswith(("aria_", "data_")):
            key = key.replace("_", "-")
        named[_RENAMED.get(key, key)] = value
    kids = list(flat(children))
    if kids:
        named["children"] = kids[0] if len(kids) == 1 else kids
    return {"type": _TAGS[tag], "namespace": HTML, "props": named}


def core(kind: str, **props: Any) -> dict[str, Any]:
    """One component of dash.dcc (Location, Store, Graph)."""
    return {"type": kind, "namespace": CORE, "props": props}


def flat(children: Iterable[Any]) -> Iterable[Any]:
    """Children with nested lists opened and None/False dropped."""
    for child in children:
        if child is None or child is False:
            continue
        if isinstance(child, (list, tuple)) or (not isinstance(child, (str, dict)) and isinstance(child, Iterable)):
            yield from flat(child)
        else:
            yield child


def text_of(node: Any) -> str:
    """All text inside a node, joined without spaces: for tests and for accessible names."""
    if node is None or node is False:
        return ""
    if isinstance(node, dict):
        return text_of(node.get("props", {}).get("children"))
    if isinstance(node, (list, tuple)):
        return "".join(text_of(child) for child in node)
    return str(node)


def walk(node: Any) -> Iterable[dict[str, Any]]:
    """Every element in a tree, outermost first."""
    if isinstance(node, dict) and "props" in node:
        yield node
        yield from walk(node["props"].get("children"))
    elif isinstance(node, (list, tuple)):
        for child in node:
            yield from walk(child)
