"""Opening the ledger and reading or writing it in transactions; SQLite by default, PostgreSQL by URL."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event, make_url, text
from sqlalchemy.orm import Session as OrmSession

from dashboard.ledger import migrations
from dashboard.seals import Seals


class LedgerError(Exception):
    """The ledger cannot be used; the message says what to do, in Chinese."""


READERS, WRITERS = 8, 2
"""Plain connections of a process. A worker has a hundred threads that may ask who somebody is, and a PostgreSQL server a hundred connections for all."""


class _Plain:
    """Connections for single statements: as many at work as there are turns, the others spare, the last used first."""

    def __init__(self, most: int) -> None:
        self.turns, self.spare = threading.BoundedSemaphore(most), deque[Any]()

    def take(self) -> Any:
        """A spare connection; None where there is none."""
        try:
            return self.spare.pop()
        except IndexError:
            return None

    def close(self) -> None:
        """Give up the spare ones."""
        while (connection := self.take()) is not None:
            with suppress(Exception):
                connection.close()


class Ledger:
    """The ledger of one process. ``read()`` and ``write()`` are transactions; ``fetch()`` is the plain way for the hot path."""

    def __init__(self, engine: Engine, seals: Seals | None = None) -> None:
        self.engine = engine
        self.seals = seals
        self.sqlite = engine.dialect.name == "sqlite"
        self._reading, self._touching = _Plain(READERS), _Plain(WRITERS)

    @contextmanager
    def read(self) -> Iterator[OrmSession]:
        """A session for reading; nothing is committed."""
        with OrmSession(self.engine) as session:
            yield session

    @contextmanager
    def write(self) -> Iterator[OrmSession]:
        """A session that is committed at the end, or rolled back as a whole. On SQLite writers wait for each other from the start."""
        with (
            self.engine.connect().execution_options(writes=True) as connection,
            OrmSession(connection, expire_on_commit=False) as session,
            session.begin(),
        ):
            session.info["seals"] = self.seals
            yield session

    def fetch(self, sql: str, parameters: Sequence[Any]) -> tuple[Any, ...] | None:
        """The first row of a query with ``?`` parameters on an autocommitting connection: always the newest committed state.

        A connection that has gone (database restarted) is replaced once.
        """
        with self._reading.turns:
            return self._plain(self._reading, sql, parameters, rows=True)

    def execute(self, sql: str, parameters: Sequence[Any], urgent: bool = True) -> None:
        """One statement with ``?`` parameters, committed at once. What is not ``urgent`` is left undone where others are writing already."""
        if not self._touching.turns.acquire(blocking=urgent):
            return
        try:
            self._plain(self._touching, sql, parameters, rows=False)
        finally:
            self._touching.turns.release()

    def _plain(self, held: _Plain, sql: str, parameters: Sequence[Any], rows: bool) -> tuple[Any, ...] | None:
        if not self.sqlite:
            sql = sql.replace("?", "%s")
        for attempt in (1, 2):
            connection = held.take() or self._autocommitting()
            try:
                cursor = connection.cursor()
                try:
                    cursor.execute(sql, tuple(parameters))
                    found: tuple[Any, ...] | None = cursor.fetchone() if rows else None
                finally:
                    cursor.close()
            except self.engine.dialect.dbapi.OperationalError:  # type: ignore[union-attr]
                with suppress(Exception):
                    connection.close()
                held.close()  # the others have gone with it
                if attempt == 2:
                    raise
            except Exception:
                held.spare.append(connection)
                raise
            else:
                held.spare.append(connection)
                return found
        return None

    def _autocommitting(self) -> Any:
        fairy = self.engine.raw_connection()
        raw = fairy.dbapi_connection
        fairy.detach()  # ours from now on; the pool makes another
        if not self.sqlite:
            raw.autocommit = True  # type: ignore[union-attr]
        return raw

    def close(self) -> None:
        """Give up all connections."""
        self._reading.close()
        self._touching.close()
        self.engine.dispose()


def open_ledger(url: str, seals: Seals | None = None) -> Ledger:
    """Open the ledger at an SQLAlchemy URL, made where it is new and brought to the newest step; LedgerError where that is not possible.

    ``seals``: the key that the audit trail is sealed with from now on.
    """
    parsed = make_url(url)
    shown = parsed.render_as_string(hide_password=True)
    try:
        if parsed.get_backend_name() == "sqlite":
            if parsed.database and parsed.database != ":memory:":
                path = Path(parsed.database)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.touch(mode=0o600)
            engine = create_engine(parsed, connect_args={"timeout": 15, "check_same_thread": False})
            event.listen(engine, "connect", _prepare_sqlite)
            event.listen(engine, "begin", _begin_sqlite)
        else:
            engine = create_engine(parsed, pool_pre_ping=True)
        ledger = Ledger(engine, seals)
        with engine.connect() as connection:
            at = migrations.current(connection)
        if at != migrations.head():
            with engine.connect().execution_options(writes=True) as connection, connection.begin():
                migrations.upgrade(connection)
        if seals is not None:
            _seal_former(ledger)
    except migrations.TooNewError as error:
        raise LedgerError(f"台账库 {shown} 由更新的版本建立，本版本不能使用。请安装不低于该版本的程序。") from error
    except Exception as error:
        raise LedgerError(
            f"台账库 {shown} 无法打开（{type(error).__name__}）。请检查 YIGUAN_LEDGER_URL 和目录的写入权限。"
        ) from error
    return ledger


def _seal_former(ledger: Ledger) -> None:
    """A trail that was begun without a key gets a first sealed line, which covers all before it."""
    from dashboard.ledger.audit import append  # it is built on this module

    with ledger.read() as session:
        last = session.execute(text("select form from audit order by id desc limit 1")).first()
    if last is not None and not last[0]:
        with ledger.write() as session:
            append(session, "系统", "启用日志封印", "", "此前的日志由本条一并校验")


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # transactions are begun by us, see below
    for pragma in ("journal_mode = wal", "foreign_keys = on", "synchronous = full", "busy_timeout = 15000"):
        connection.execute(f"pragma {pragma}")


def _begin_sqlite(connection: Any) -> None:
    # A writer that begins as a reader can fail half-way when another writer was faster; one that begins as a writer waits instead.
    connection.exec_driver_sql("begin immediate" if connection.get_execution_options().get("writes") else "begin")
