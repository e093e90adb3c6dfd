"""HTML text of a view: the page as it is first sent, readable before any script has run.

The same nodes that the browser's components are fed with (``dashboard.views.h``) and the shell's layout, written as markup.  No ids: the
living page that follows carries them, and both are in the document for a moment.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

import orjson

from dashboard.views.h import El

VOID = frozenset({"br", "hr", "img", "input", "col", "wbr"})
LEFT_OUT = frozenset({"id", "children", "key", "aria-labelledby", "aria-describedby", "htmlFor"})
_NAMES = {"className": "class", "colSpan": "colspan", "rowSpan": "rowspan", "tabIndex": "tabindex", "dateTime": "datetime", "viewBox": "viewBox",
          "defaultValue": "value"}


def markup(node: Any, slots: Mapping[str, Any] | None = None) -> str:
    """HTML of elements, text, or Dash's ``html`` components; all text is escaped.

    ``slots`` gives what stands inside the components of these ids, in place of their own children.  Components that only scripts can draw
    (maps, stores) leave an empty box of their class.
    """
    return "".join(_written(node, slots or {}))


def _written(node: Any, slots: Mapping[str, Any]) -> Iterator[str]:
    if node is None or node is False:
        return
    if isinstance(node, El):
        yield from _element(node.tag, node.props, node.children, slots)
    elif isinstance(node, (list, tuple)):
        for child in node:
            yield from _written(child, slots)
    elif hasattr(node, "to_plotly_json"):
        yield from _component(node, slots)
    elif isinstance(node, dict):
        for listed in orjson.loads(node["props"]["json"]) if node.get("type") == "Tree" else ():
            yield from _written(_opened(listed), slots)
    else:
        yield escape(str(node), quote=False)


def _opened(node: Any) -> Any:
    """An element as it goes to the browser, a plain list, as an element again."""
    return El((node[0], node[1], *map(_opened, node[2:]))) if isinstance(node, list) else node


def _component(component: Any, slots: Mapping[str, Any]) -> Iterator[str]:
    """A component of the layout: HTML as it is, a map as an empty box, others not at all."""
    plain = component.to_plotly_json()
    props, ident = plain["props"], plain["props"].get("id")
    if plain["namespace"] == "dash_html_components":
        inside = slots[ident] if ident in slots else props.get("children")
        yield from _element(plain["type"].lower(), props, inside, slots)
    elif plain["type"] == "MapContainer":
        yield '<div class="map-box"></div>'


def _element(tag: str, props: Mapping[str, Any], inside: Any, slots: Mapping[str, Any]) -> Iterator[str]:
    yield f"<{tag}"
    for name, value in props.items():
        if name in LEFT_OUT or value is None or value is False:
            continue
        said = ";".join(f"{_kebab(k)}:{v}" for k, v in value.items()) if name == "style" else str(value)
        yield f" {_NAMES.get(name, name)}" if value is True else f' {_NAMES.get(name, name)}="{escape(said)}"'
    yield ">"
    if tag not in VOID:
        yield from _written(inside, slots)
        yield f"</{tag}>"


def _kebab(name: str) -> str:
    """``fontSize`` → ``font-size``; custom properties stay as they are."""
    return name if name.startswith("--") else "".join(f"-{c.lower()}" if c.isupper() else c for c in name)
