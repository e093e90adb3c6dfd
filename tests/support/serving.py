"""The application as it is really run (gunicorn on loopback), and a real Chromium in front of it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.support.servers import free_port

CHROMIUM_FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update",
    "--disable-sync",
]  # fmt: skip


@contextmanager
def serving(var: Path, workers: int = 2, env: dict[str, str] | None = None) -> Iterator[str]:
    """Run ``yiguan serve`` over the snapshots below ``var``; yields its address; ended by its own pid."""
    with running(var, workers, env) as (address, _):
        yield address


@contextmanager
def running(var: Path, workers: int = 2, env: dict[str, str] | None = None) -> Iterator[tuple[str, int]]:
    """The same, with the pid of the process whose children the workers are."""
    port = free_port()
    log = var / f"server-{port}.log"
    command = [
        sys.executable,
        "-c",
        "from dashboard.cli import main; main()",
        "--var",
        str(var),
        "serve",
        "--port",
        str(port),
        "--workers",
        str(workers),
    ]
    with log.open("wb") as stream:
        process = subprocess.Popen(command, stdout=stream, stderr=stream, env={**os.environ, **(env or {})})
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(400):
            if process.poll() is not None:
                raise RuntimeError(f"the server ended: {log.read_text(errors='replace')[-1500:]}")
            try:
                with urllib.request.urlopen(f"{address}/healthz", timeout=2) as answer:
                    if answer.status == 200:
                        break
            except (urllib.error.URLError, ConnectionError, TimeoutError):
                time.sleep(0.1)
        else:
            raise TimeoutError(log.read_text(errors="replace")[-1500:])
        yield address, process.pid
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextmanager
def chromium() -> Iterator[Any]:
    """Debian's Chromium, driven by Playwright; yields the browser."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM_FLAGS)
        try:
            yield browser
        finally:
            browser.close()
