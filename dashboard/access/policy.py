"""What every endpoint and callback needs, declared beside it. What is not declared is answered to nobody.

``allow("export", "export")`` stands where the route is made, ``allow_callback("stamp.children", "figures")`` where the callback is.  The guard asks
here on every request; a test lists what has no declaration.
"""

from __future__ import annotations

from collections.abc import Iterable

from flask import Flask

from dashboard.access.rights import known

OPEN = "open"
"""In place of a right: answered to everybody, logged in or not. The paths of such endpoints stand in ``guard.OPEN``."""

FILES = ("public", "line", "purpose")
"""How what is not a page leaves: scripts, boundaries and answers of callbacks, which are nobody's file; with a line in the audit trail; with a
stated purpose and such a line."""

_endpoints: dict[str, str] = {}
_files: dict[str, str] = {}
_callbacks: dict[str, str] = {}
_unfinished: set[str] = set()


def allow(endpoint: str, right: str, *, unfinished: bool = False, file: str = "") -> None:
    """An endpoint is answered to whoever has the right; ValueError where it has been declared otherwise before.

    ``unfinished``: also to somebody whose login is not complete (second factor to show, password to change).
    ``file``: how its files leave, one of ``FILES``; an endpoint without it answers pages only (``dashboard.leaving``).
    """
    _declare(_endpoints, endpoint, right if right == OPEN else known(right))
    if file and file not in FILES:
        raise ValueError(f"{endpoint}: {file}")
    if _files.setdefault(endpoint, file) != file:
        raise ValueError(f"{endpoint} leaves as {_files[endpoint]} and {file}")
    if unfinished:
        _unfinished.add(endpoint)


def allow_callback(output: str, right: str) -> None:
    """A callback is answered to whoever has the right; ``output`` is its first output, ``id.property``."""
    _declare(_callbacks, output, known(right))


def _declare(where: dict[str, str], name: str, right: str) -> None:
    if where.setdefault(name, right) != right:
        raise ValueError(f"{name} needs {where[name]} and {right}")


def right_for(endpoint: str | None) -> str | None:
    """The right an endpoint needs; None where nobody may have it."""
    return _endpoints.get(endpoint or "")


def file_of(endpoint: str | None) -> str:
    """How the files of an endpoint leave; empty where it has none."""
    return _files.get(endpoint or "", "")


def right_for_callback(output: str) -> str | None:
    """The right a callback needs, by the ``output`` that requests name it with; None where nobody may call it."""
    first = output[2:].split("...", maxsplit=1)[0].removesuffix("..") if output.startswith("..") else output
    return _callbacks.get(first.partition("@")[0])


def open_to_unfinished(endpoint: str | None) -> bool:
    """Whether an endpoint is answered before a login is complete."""
    return endpoint in _unfinished


def undeclared(server: Flask, callbacks: Iterable[str]) -> list[str]:
    """Endpoints and callbacks without a declaration."""
    endpoints = {rule.endpoint for rule in server.url_map.iter_rules()}
    return sorted(e for e in endpoints if e not in _endpoints) + sorted(c for c in callbacks if right_for_callback(c) is None)
