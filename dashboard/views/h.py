"""HTML as plain lists, ``[tag, props, child, …]``: what a callback answers is what goes over the wire.

A slot of the shell holds one ``Tree`` component (assets/tree.js) that turns such a list into elements.  As components of their own, the two
thousand cells of a page took the browser seconds to mount and four times the bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import orjson


class El(list):  # type: ignore[type-arg]
    """One element: tag, props (a dict), then its children (elements or text)."""

    __slots__ = ()

    @property
    def tag(self) -> str:
        """The tag's name."""
        return str(self[0])

    @property
    def props(self) -> dict[str, Any]:
        """The element's properties, named as React names them."""
        return self[1]  # type: ignore[no-any-return]

    @property
    def children(self) -> list[Any]:
        """Elements and text inside."""
        return self[2:]


Node = El | list[Any] | str | int | float | None
"""An element, several, or text; None stands for nothing."""

_NAMES = {"cls": "className", "for_": "htmlFor", "tabindex": "tabIndex", "colspan": "colSpan", "rowspan": "rowSpan"}


def h(tag: str, *children: Any, **props: Any) -> El:
    """One HTML element. ``cls`` is the class; ``aria_label``, ``data_x`` become ``aria-label``, ``data-x``; None props are left out.

    Children may be nested iterables; None and False among them are dropped, so conditions read inline.
    """
    made = El((tag, {_NAMES.get(key) or _name(key): value for key, value in props.items() if value is not None}))
    for child in children:
        # The hot path of every view (a thousand elements): the common kinds are told apart here, without another call.
        kind = type(child)
        if kind is str or kind is El:
            made.append(child)
        elif child is not None and child is not False:
            _fill(made, (child,))
    return made


def cell(tag: str, props: dict[str, Any], child: Any) -> El:
    """An element with ready props and one child: the cells of long tables. The props are shared between them, so never changed."""
    if type(child) is str or type(child) is El:
        return El((tag, props, child))
    made = El((tag, props))
    _fill(made, (child,))
    return made


def _name(key: str) -> str:
    name = _NAMES[key] = key.replace("_", "-") if key.startswith(("aria_", "data_")) else key
    return name


def _fill(into: El, children: Iterable[Any]) -> None:
    for child in children:
        kind = type(child)
        if kind is str or kind is El:
            into.append(child)
        elif child is None or child is False:
            continue
        elif kind is list or kind is tuple:
            _fill(into, child)
        else:
            into.extend(flat((child,)))


def flat(children: Iterable[Any]) -> Iterator[Any]:
    """Children with nested lists opened and None/False dropped."""
    for child in children:
        if child is None or child is False:
            continue
        if isinstance(child, (El, str, int, float)):
            yield child
        elif isinstance(child, Iterable):
            yield from flat(child)
        else:
            yield str(child)


def tree(node: Node) -> Any:
    """What a slot's children are: one component that holds the whole tree as JSON; None for nothing."""
    kids = list(flat([node]))
    return {"type": "Tree", "namespace": "yiguan", "props": {"json": orjson.dumps(kids).decode()}} if kids else None


def text_of(node: Any) -> str:
    """All text inside a node, joined without spaces: for tests and for accessible names."""
    if node is None or node is False:
        return ""
    if isinstance(node, El):
        return "".join(text_of(child) for child in node.children)
    if isinstance(node, (list, tuple)):
        return "".join(text_of(child) for child in node)
    return str(node)


def walk(node: Any) -> Iterator[El]:
    """Every element in a tree, outermost first."""
    if isinstance(node, El):
        yield node
        yield from walk(node.children)
    elif isinstance(node, (list, tuple)):
        for child in node:
            yield from walk(child)
