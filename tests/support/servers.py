"""Real database servers for tests: Debian's PostgreSQL and MariaDB, started on loopback in a folder of the test, stopped by their own pid."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


def free_port() -> int:
    """A port of the loopback interface that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _postgres_bin() -> Path:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
    if not found:
        pytest.fail("PostgreSQL is not installed: run `make test`, which installs it, or apt-get install postgresql")
    return found[-1].parent


def _as(user: str) -> list[str]:
    """The servers refuse to run as root, so root hands over to the package's own user."""
    return ["setpriv", f"--reuid={user}", f"--regid={user}", "--init-groups", "--"] if os.geteuid() == 0 else []


def _own(folder: Path, user: str) -> None:
    """Let the server's user reach a folder of the test's own making, and nothing beside it."""
    if os.geteuid() != 0:
        return
    shutil.chown(folder, user, user)
    for parent in folder.parents:
        if parent.stat().st_uid == os.geteuid() and parent not in (Path("/"), Path("/tmp")):
            parent.chmod(parent.stat().st_mode | 0o011)
        if parent == Path("/tmp"):
            break


def _wait(ready: Callable[[], bool], process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(300):
        if process.poll() is not None:
            raise RuntimeError(f"the server ended: {log.read_text(errors='replace')[-800:]}")
        if ready():
            return
        time.sleep(0.1)
    raise TimeoutError(log.read_text(errors="replace")[-800:])


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@contextmanager
def postgresql(folder: Path) -> Iterator[str]:
    """A PostgreSQL server with an empty database; yields its SQLAlchemy URL."""
    binaries, data, port = _postgres_bin(), folder / "pg", free_port()
    data.mkdir(parents=True)
    _own(data, "postgres")
    log = data / "server.log"
    subprocess.run(
        [*_as("postgres"), binaries / "initdb", "-D", data / "db", "-U", "tester", "--auth=trust", "-E", "UTF8", "--no-sync"],
        check=True, capture_output=True, cwd=data,
    )  # fmt: skip
    with log.open("wb") as stream:
        process = subprocess.Popen(
            [*_as("postgres"), binaries / "postgres", "-D", data / "db", "-p", str(port), "-c", "listen_addresses=127.0.0.1",
             "-c", f"unix_socket_directories={data}", "-c", "fsync=off"],
            stdout=stream, stderr=stream, cwd=data,
        )  # fmt: skip
    try:
        ready = [binaries / "pg_isready", "-h", "127.0.0.1", "-p", str(port), "-q", "-U", "tester", "-d", "postgres"]
        _wait(lambda: subprocess.run(ready, check=False).returncode == 0, process, log)
        yield f"postgresql+psycopg://tester@127.0.0.1:{port}/postgres"
    finally:
        _stop(process)


@contextmanager
def mariadb(folder: Path) -> Iterator[str]:
    """A MariaDB server with an empty database; yields its SQLAlchemy URL."""
    server = shutil.which("mariadbd") or "/usr/sbin/mariadbd"
    if not Path(server).exists():
        pytest.fail("MariaDB is not installed: run `make test`, which installs it, or apt-get install mariadb-server")
    data, port = folder / "maria", free_port()
    data.mkdir(parents=True)
    _own(data, "mysql")
    log = data / "server.log"
    user = ["--user=mysql"] if os.geteuid() == 0 else []
    subprocess.run(
        ["mariadb-install-db", "--no-defaults", f"--datadir={data / 'db'}", "--auth-root-authentication-method=normal", *user],
        check=True, capture_output=True, cwd=data,
    )  # fmt: skip
    with log.open("wb") as stream:
        process = subprocess.Popen(
            [server, "--no-defaults", f"--datadir={data / 'db'}", "--bind-address=127.0.0.1", f"--port={port}",
             f"--socket={data / 's.sock'}", f"--pid-file={data / 'server.pid'}", "--skip-log-bin", *user],
            stdout=stream, stderr=stream, cwd=data,
        )  # fmt: skip
    try:
        ping = ["mariadb", "--no-defaults", "-u", "root", "-h", "127.0.0.1", f"--port={port}", "-e", "select 1"]
        _wait(lambda: subprocess.run(ping, check=False, capture_output=True).returncode == 0, process, log)
        subprocess.run([*ping[:-1], "create database sources character set utf8mb4"], check=True, capture_output=True)
        yield f"mysql+pymysql://root@127.0.0.1:{port}/sources?charset=utf8mb4"
    finally:
        _stop(process)
