"""Answers are sent compressed; what never changes is compressed once, hard, and kept on disk for all workers."""

from __future__ import annotations

import gzip
import hashlib
import os
import queue
import tempfile
import threading
import time
from pathlib import Path

import brotli
from flask import Flask, Response, g, request

SMALLEST = 800
TEXT = ("text/", "application/json", "application/javascript", "application/geo+json", "image/svg+xml", "application/manifest")
FOREVER = "private, max-age=31536000, immutable"


def encoding_for(accept: str) -> str:
    """``br``, ``gzip`` or ``""``. Browsers offer br only where the connection is trustworthy, so a plain http network gets gzip."""
    return "br" if "br" in accept else "gzip" if "gzip" in accept else ""


def squeeze(data: bytes, encoding: str, hard: bool = False) -> bytes:
    """The data in one of the encodings; ``hard`` takes about a second a megabyte. Brotli 3 against 4: half the time, 4 % more bytes."""
    if encoding == "br":
        return brotli.compress(data, mode=brotli.MODE_TEXT, quality=10 if hard else 3)
    return gzip.compress(data, 9 if hard else 5, mtime=0)


class Pressed:
    """Compressed forms of immutable files, by content, kept in the given folder.

    Hard compression takes about a second a megabyte, so nobody waits for it: the first request gets a quick form while a thread in
    the background makes the hard one, which serves all later requests, of all workers and after every restart.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._held: dict[tuple[str, str], bytes] = {}
        self._waiting: queue.SimpleQueue[tuple[tuple[str, str], bytes]] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._worker: threading.Thread | None = None

    def get(self, data: bytes, encoding: str) -> bytes:
        """The compressed data; a folder that cannot be written to only costs time."""
        key = (hashlib.sha256(data).hexdigest()[:32], encoding)
        held = self._held.get(key)
        if held is None:
            with self._lock:
                held = self._held.get(key) or self._read(key)
                if held is None:
                    held = squeeze(data, encoding)
                    self._waiting.put((key, data))
                    self._start()
                self._held[key] = held
        return held

    def settle(self, seconds: float = 60) -> None:
        """Wait until everything asked for so far has its hard form (for tests and measurements)."""
        until = time.monotonic() + seconds
        while self._worker is not None and time.monotonic() < until:
            time.sleep(0.02)

    def _start(self) -> None:
        if self._worker is None:
            # A daemon: a server that is told to stop must not wait for a saving of bytes.
            self._worker = threading.Thread(target=self._work, name="press", daemon=True)
            self._worker.start()

    def _work(self) -> None:
        while True:
            try:
                key, data = self._waiting.get(timeout=2)
            except queue.Empty:
                with self._lock:
                    if self._waiting.empty():
                        self._worker = None
                        return
                continue
            self._held[key] = self._read(key) or self._make(data, key)

    def _read(self, key: tuple[str, str]) -> bytes | None:
        try:
            return (self._folder / f"{key[0]}.{key[1]}").read_bytes() or None
        except OSError:
            return None

    def _make(self, data: bytes, key: tuple[str, str]) -> bytes:
        pressed = squeeze(data, key[1], hard=True)
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=self._folder)
            with os.fdopen(handle, "wb") as stream:
                stream.write(pressed)
            Path(name).replace(self._folder / f"{key[0]}.{key[1]}")
        except OSError:
            pass
        return pressed


def is_static(path: str) -> bool:
    """Paths that only ever serve files of the product or the region."""
    return path.startswith(("/_dash-component-suites/", "/assets/", "/geo/"))


def install(server: Flask, pressed: Pressed) -> None:
    """Compress every answer that is text and not compressed yet; cache fingerprinted files for good."""

    @server.after_request
    def compress(response: Response) -> Response:
        static = is_static(request.path)
        if static and response.status_code in (200, 304) and _fingerprinted() and g.get("identity") is not None:
            response.headers["Cache-Control"] = FOREVER
        if (
            response.status_code != 200
            or "Content-Encoding" in response.headers
            or request.method == "HEAD"
            or not (response.mimetype or "").startswith(TEXT)
        ):
            return response
        encoding = encoding_for(request.headers.get("Accept-Encoding", ""))
        response.headers["Vary"] = "Accept-Encoding"
        if not encoding:
            return response
        response.direct_passthrough = False
        data = response.get_data()
        if len(data) < SMALLEST:
            return response
        response.set_data(pressed.get(data, encoding) if static else squeeze(data, encoding))
        response.headers["Content-Encoding"] = encoding
        if response.headers.get("ETag"):
            response.headers["ETag"] = response.headers["ETag"].rstrip('"') + f'-{encoding}"'
        return response


def _fingerprinted() -> bool:
    """Whether the address itself changes with the content: Dash's suites and its ``?m=`` assets, our ``?v=``."""
    return (
        "m" in request.args
        or "v" in request.args
        or (request.path.startswith("/_dash-component-suites/") and ".v" in request.path)
    )
