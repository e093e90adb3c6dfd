"""Callback answers: the request is brought into its declared form, and answers that depend on nothing but snapshot, scope and URL are kept.

A *view callback* is one whose every Input and State is the ``pathname`` or ``search`` of a Location: by decision 9 it is a function of
scope + URL, so its answer can be kept under (snapshot, scope, output, URL) and sent again as ready bytes.  It must not write, must not look
at the clock and must not ask what triggered it.  No other callback is ever kept.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any

import orjson
from flask import Flask, Response, abort, g, request

from dashboard.access import policy

CALLBACKS = "/_dash-update-component"
LARGEST_REQUEST = 1 << 20
LONGEST_URL_PART = 4000
MARK = "yiguan.view"
"""Set in the WSGI environment to (snapshot, scope) where the answer of this request depends on nothing else but its own bytes."""
RUN = "yiguan.run"
"""What the answer depends on as it stood when the request came in, where the front has asked already."""
URL_PROPERTIES = frozenset({"pathname", "search"})

Key = tuple[Any, ...]


class Kept:
    """Ready answers, least recently used first out, bounded by bytes. One per process; thread-safe."""

    def __init__(self, most: int) -> None:
        self._most, self._size = most, 0
        self._held: OrderedDict[Key, Any] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Key) -> Any:
        """The answer kept under this key."""
        with self._lock:
            body = self._held.get(key)
            if body is not None:
                self._held.move_to_end(key)
            return body

    def put(self, key: Key, body: Any) -> None:
        """Keep an answer; one that would take more than an eighth of the room is not kept."""
        if body.size * 8 > self._most:
            return
        with self._lock:
            former = self._held.pop(key, None)
            self._size += body.size - (former.size if former else 0)
            self._held[key] = body
            while self._size > self._most:
                _, oldest = self._held.popitem(last=False)
                self._size -= oldest.size

    def __len__(self) -> int:
        return len(self._held)


def is_view(callback: Mapping[str, Any]) -> bool:
    """Whether a declared callback is a function of the URL alone."""
    named = [*callback["inputs"], *callback["state"]]
    return bool(named) and all(d["property"] in URL_PROPERTIES and "{" not in d["id"] for d in named)


def install(server: Flask, callbacks: Callable[[], Mapping[str, Any]], run_id: Callable[[], str | None]) -> None:
    """Add the hooks; after the guard and after Dash's own, so that ``callbacks()`` is complete when it is asked."""

    @server.before_request
    def take() -> None:
        if request.path != CALLBACKS or request.method != "POST":
            return
        if (request.content_length or 0) > LARGEST_REQUEST:
            abort(413)
        try:
            sent = orjson.loads(request.get_data(cache=True))
            clean, key = declared_form(sent, callbacks())
        except (ValueError, KeyError, TypeError, AttributeError):
            abort(400)
        right = policy.right_for_callback(clean["output"])
        if right is None or not g.identity.scope.may(right):
            abort(404)
        if key is not None:
            g.answer_run = request.environ.get(RUN) or run_id()
        request._cached_json = (clean, clean)  # type: ignore[assignment]  # what get_json() gives from now on

    @server.after_request
    def mark(response: Response) -> Response:
        run = g.pop("answer_run", None)
        # A new snapshot published in between: the answer may be of either, and is not kept.
        if run is not None and response.status_code == 200 and run_id() == run:
            request.environ[MARK] = (run, g.identity.scope.key)
        return response


def declared_form(sent: Any, callbacks: Mapping[str, Any]) -> tuple[dict[str, Any], Key | None]:
    """The request as the callback is declared, and the key of a view callback (None for others).

    Names, order and properties come from the declaration; only values come from the request.  ValueError, KeyError or TypeError for
    whatever does not fit, before any code of a page runs.
    """
    output = sent["output"]
    if not isinstance(output, str):
        raise TypeError("output")
    callback = callbacks[output]
    if "callback" not in callback:
        raise ValueError("runs in the browser")
    changed = [c for c in sent.get("changedPropIds") or () if isinstance(c, str)]
    clean: dict[str, Any] = {"output": output, "changedPropIds": changed[:50]}
    for ours, theirs in (("inputs", "inputs"), ("state", "state")):
        values = sent.get(theirs) or []
        if not isinstance(values, list) or len(values) != len(callback[ours]):
            raise ValueError(theirs)
        clean[ours] = [_dependency(d, v) for d, v in zip(callback[ours], values, strict=True)]
    if "{" in output:
        clean["outputs"] = sent.get("outputs") or []
        if not isinstance(clean["outputs"], dict | list):
            raise TypeError("outputs")
    else:
        clean["outputs"] = _outputs(output)
    if not is_view(callback):
        return clean, None
    values = [entry["value"] for entry in (*clean["inputs"], *clean["state"])]
    if any(not (v is None or (isinstance(v, str) and len(v) <= LONGEST_URL_PART)) for v in values):
        raise TypeError("value")
    return clean, (output, *values)


def _dependency(declared: Mapping[str, Any], sent: Any) -> Any:
    if declared["id"].startswith("{"):  # a pattern: a list of matches, or one match
        entries = sent if isinstance(sent, list) else [sent]
        for entry in entries:
            if not isinstance(entry["id"], dict) or entry["property"] != declared["property"]:
                raise ValueError("pattern")
        return sent
    if sent["id"] != declared["id"] or sent["property"] != declared["property"]:
        raise ValueError("dependency")
    return {"id": declared["id"], "property": declared["property"], "value": sent.get("value")}


def _outputs(output: str) -> Any:
    """The outputs as the renderer names them: ``a.b`` or ``..a.b...c.d..`` (duplicates carry ``@hash``)."""

    def one(text: str) -> dict[str, str]:
        name, _, prop = text.rpartition(".")
        return {"id": name, "property": prop}

    if output.startswith("..") and output.endswith(".."):
        return [one(part) for part in output[2:-2].split("...")]
    return one(output)
