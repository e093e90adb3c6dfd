"""Small tools of the benchmarks: a command with its time and memory, percentiles, a plain HTTP client that costs little itself."""

from __future__ import annotations

import os
import resource
import socket
import subprocess
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass
class Used:
    """What one command used: seconds of wall clock and processor, peak resident memory in MB, its exit code."""

    wall: float
    cpu: float
    peak_mb: float
    code: int


def command(args: Sequence[str], env: dict[str, str] | None = None) -> Used:
    """Run a command to its end and read the operating system's own account of it."""
    started = time.perf_counter()
    child = subprocess.Popen(args, env={**os.environ, **(env or {})}, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    assert child.stderr is not None
    said = child.stderr.read()
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode not in (0, 3):
        raise RuntimeError(f"{' '.join(args)} ended with {child.returncode}: {said.decode(errors='replace')[-800:]}")
    return Used(time.perf_counter() - started, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, child.returncode)


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which ``share`` of the values lie (nearest rank)."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


@dataclass
class Load:
    """Answers counted by status, and the seconds each took as the client saw it."""

    seconds: float = 0
    times: list[float] = field(default_factory=list)
    statuses: dict[int, int] = field(default_factory=dict)
    bytes: int = 0

    @property
    def per_second(self) -> float:
        return len(self.times) / self.seconds


def _read_answer(stream: socket.socket) -> tuple[int, int]:
    buffer = b""
    while b"\r\n\r\n" not in buffer:
        more = stream.recv(65536)
        if not more:
            raise ConnectionError("closed by the server")
        buffer += more
    head, _, body = buffer.partition(b"\r\n\r\n")
    length = 0
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    got = len(body)
    while got < length:
        got += len(stream.recv(65536))
    return int(head[9:12]), got


def load(host: str, port: int, requests: Sequence[bytes], clients: int, per_client: int) -> Load:
    """``clients`` keep-alive connections send ``per_client`` requests each, taking turns through ``requests``; bounded, loopback only."""
    if not host.startswith("127."):
        raise ValueError("load goes to this machine only")
    result, lock = Load(), threading.Lock()

    def one(number: int) -> None:
        times, statuses, size = [], {}, 0
        with socket.create_connection((host, port), timeout=30) as stream:
            stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for turn in range(per_client):
                body = requests[(number * per_client + turn) % len(requests)]
                at = time.perf_counter()
                stream.sendall(body)
                status, got = _read_answer(stream)
                times.append(time.perf_counter() - at)
                statuses[status] = statuses.get(status, 0) + 1
                size += got
        with lock:
            result.times += times
            result.bytes += size
            for status, seen in statuses.items():
                result.statuses[status] = result.statuses.get(status, 0) + seen

    threads = [threading.Thread(target=one, args=(number,)) for number in range(clients)]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    result.seconds = time.perf_counter() - started
    return result


def machine() -> str:
    """The machine in one line: processors and Python."""
    import platform

    return f"{os.cpu_count()} cores, Python {platform.python_version()}, {platform.system()} ({resource.getpagesize()} B pages)"
