"""HTML text of a view: the page as it is first sent, readable before any script has run.

The same nodes that the browser's components are fed with (``dashboard.views.h``) and the shell's layout, written as markup.  No ids: the
living page that follows carries them, and both are in the document for a moment.  No ``style`` attributes either, which the content
security policy refuses: what they say stands as classes in one style element that carries the nonce of the answer.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

import orjson

from dashboard.access.headers import nonce
from dashboard.views.h import El

VOID = frozenset({"br", "hr", "img", "input", "col", "wbr"})
LEFT_OUT = frozenset({"id", "children", "key", "aria-labelledby", "aria-describedby", "htmlFor"})
_NAMES = {"className": "class", "colSpan": "colspan", "rowSpan": "rowspan", "tabIndex": "tabindex", "dateTime": "datetime", "viewBox": "viewBox",
          "defaultValue": "value"}
_PLAIN = re.compile(r"[\w\s.,%#()+*-]*")
Styles = dict[str, str]
"""Class → what it says of an element's style."""


def markup(node: Any, slots: Mapping[str, Any] | None = None) -> str:
    """HTML of elements, text, or Dash's ``html`` components; all text is escaped.

    ``slots`` gives what stands inside the components of these ids, in place of their own children.  Components that only scripts can draw
    (maps, stores) leave an empty box of their class.
    """
    styles: Styles = {}
    text = "".join(_written(node, slots or {}, styles))
    if not styles:
        return text
    rules = "".join(f".{name}{{{said}}}" for name, said in styles.items())
    return f'<style nonce="{nonce()}">{rules}</style>{text}'


def _class(style: Mapping[str, Any], styles: Styles) -> str:
    """The class that stands for a style; ValueError for a value that could be anything but one."""
    for name, value in style.items():
        if not _PLAIN.fullmatch(f"{name}{value}"):
            raise ValueError(f"not a plain style: {name}")
    said = ";".join(f"{_kebab(name)}:{value}!important" for name, value in style.items())
    name = f"y{hashlib.sha256(said.encode()).hexdigest()[:10]}"
    styles[name] = said
    return name


def _written(node: Any, slots: Mapping[str, Any], styles: Styles) -> Iterator[str]:
    if node is None or node is False:
        return
    if isinstance(node, El):
        yield from _element(node.tag, node.props, node.children, slots, styles)
    elif isinstance(node, (list, tuple)):
        for child in node:
            yield from _written(child, slots, styles)
    elif hasattr(node, "to_plotly_json"):
        yield from _component(node, slots, styles)
    elif isinstance(node, dict):
        for listed in orjson.loads(node["props"]["json"]) if node.get("type") == "Tree" else ():
            yield from _written(_opened(listed), slots, styles)
    else:
        yield escape(str(node), quote=False)


def _opened(node: Any) -> Any:
    """An element as it goes to the browser, a plain list, as an element again."""
    return El((node[0], node[1], *map(_opened, node[2:]))) if isinstance(node, list) else node


def _component(component: Any, slots: Mapping[str, Any], styles: Styles) -> Iterator[str]:
    """A component of the layout: HTML as it is, a map as an empty box, others not at all."""
    plain = component.to_plotly_json()
    props, ident = plain["props"], plain["props"].get("id")
    if plain["namespace"] == "dash_html_components":
        inside = slots[ident] if ident in slots else props.get("children")
        yield from _element(plain["type"].lower(), props, inside, slots, styles)
    elif plain["type"] == "MapContainer":
        yield '<div class="map-box"></div>'


def _element(tag: str, props: Mapping[str, Any], inside: Any, slots: Mapping[str, Any], styles: Styles) -> Iterator[str]:
    yield f"<{tag}"
    if style := props.get("style"):
        props = {**props, "style": None, "className": f"{props.get('className') or ''} {_class(style, styles)}".strip()}
    for name, value in props.items():
        if name in LEFT_OUT or value is None or value is False:
            continue
        yield f" {_NAMES.get(name, name)}" if value is True else f' {_NAMES.get(name, name)}="{escape(str(value))}"'
    yield ">"
    if tag not in VOID:
        yield from _written(inside, slots, styles)
        yield f"</{tag}>"


def _kebab(name: str) -> str:
    """``fontSize`` → ``font-size``; custom properties stay as they are."""
    return name if name.startswith("--") else "".join(f"-{c.lower()}" if c.isupper() else c for c in name)
