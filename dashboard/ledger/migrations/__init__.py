"""The ledger's history: one file a step in ``versions/``, each naming the step before it.

Write a step with ``op.create_table``, ``op.create_index`` and ``op.add_column`` (with ``server_default`` where it may not be null): they work
on SQLite and PostgreSQL alike.  Never rebuild a table that others refer to (Alembic's batch mode drops it, and SQLite deletes what hangs on it).
There is no way down: a ledger is kept by its backup, see ``yiguan backup``.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from sqlalchemy import Connection, inspect, text

HERE = Path(__file__).parent
BASE = "0001"
_LOCK = 0x79_69_67_75_61_6E_0001  # the advisory lock under which PostgreSQL is upgraded, one process at a time


class TooNewError(Exception):
    """The ledger was written by a newer version of the product."""


@cache
def head() -> str:
    """The newest step that this version knows."""
    from alembic.script import ScriptDirectory

    return str(ScriptDirectory.from_config(_config(None)).get_current_head())


def current(connection: Connection) -> str | None:
    """The step a ledger stands at; None where it has none on record."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    row = connection.execute(text("select version_num from alembic_version")).first()
    return str(row[0]) if row else None


def upgrade(connection: Connection) -> None:
    """Bring a ledger to the newest step, within the caller's writing transaction: whoever comes second waits and finds it done.

    A ledger from before there were steps (it has accounts but no step on record) is taken for the first step. TooNewError for a step unknown.
    """
    from alembic import command
    from alembic.util import CommandError

    if connection.dialect.name == "postgresql":
        connection.execute(text("select pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    at = current(connection)
    if at == head():
        return
    config = _config(connection)
    try:
        if at is None and inspect(connection).has_table("account"):
            command.stamp(config, BASE)
        command.upgrade(config, "head")
    except CommandError as error:
        raise TooNewError(str(error)) from error


def _config(connection: Connection | None):  # type: ignore[no-untyped-def]  # alembic is imported only where it is needed
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(HERE).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config
