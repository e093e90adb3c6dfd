"""Two statements at a time on one database: many of ours keep one processor busy while another waits.

Each thread has a connection of its own to the database of the one it was given, with the same search path and time zone. Temporary tables
and macros belong to one connection, so only statements that need none of them are handed out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from queue import SimpleQueue
from typing import Protocol, TypeVar

import duckdb

from etl.clean import first, quote

HANDS = 2
_T = TypeVar("_T")


class Hand(Protocol):
    """Has a function called with a connection of its own before its arguments; what it returns or raises is in the future."""

    def __call__(self, work: Callable[..., _T], *arguments: object) -> Future[_T]: ...


@contextmanager
def hands(con: duckdb.DuckDBPyConnection, number: int = HANDS) -> Iterator[Hand]:
    """Within the block work may be handed out; at its end what has begun is waited for, and what has not is dropped."""
    free: SimpleQueue[duckdb.DuckDBPyConnection] = SimpleQueue()
    opened: list[duckdb.DuckDBPyConnection] = []

    def run(work: Callable[..., _T], *arguments: object) -> _T:
        connection = free.get()
        try:
            return work(connection, *arguments)
        finally:
            free.put(connection)

    def hand(work: Callable[..., _T], *arguments: object) -> Future[_T]:
        if not opened:  # most runs have nothing to hand out
            path, zone = first(con, "select current_setting('search_path'), current_setting('timezone')") or ("", "")
            for _ in range(number):
                opened.append(con.cursor())
                opened[-1].execute(f"set search_path = {quote(path)}")
                opened[-1].execute(f"set timezone = {quote(zone)}")
                free.put(opened[-1])
        return pool.submit(run, work, *arguments)

    pool = ThreadPoolExecutor(number, thread_name_prefix="hand")
    try:
        yield hand
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
        for connection in opened:
            connection.close()
