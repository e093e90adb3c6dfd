"""Sources are read ahead of their turn while DuckDB still works on the module before: the first reading of everything is the longest.

One thread opens the readers in the order of the run and puts what they give into a line of bounded size; the run takes it from there, in
the same order, through a reader that behaves like the real one. Nothing else changes: a delivery is checked, put in force and committed when
its module's turn comes, and what went wrong while reading it is told then. Read ahead is only what is certain to be read as a whole, and does
not keep another system's connection waiting: files of modules that never delivered, and interfaces that say nothing of what is new.

Of the other files is found out ahead what they will be asked for at their turn: their hashes, and the keys of what is read by cursor. It is
used as long as nobody has touched the file since; else it is asked for again.
"""

from __future__ import annotations

import errno
import gc
import sys
import threading
from collections import Counter, deque
from collections.abc import Callable, Collection, Generator, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from types import TracebackType
from typing import Any, TypeAlias

import pyarrow as pa

from etl.connectors import Reader, SourceError, observed
from etl.connectors.base import passed_over
from etl.connectors.observed import Observed
from etl.contract import Contract, Table
from etl.reading import Filed, Outlook

# Bytes of rows that may wait in line; one batch is always let in.
MOST = 128 << 20
# Seconds after which Python makes the reading thread give way. The run comes back from DuckDB some thousand times while sheets are taken apart, and with
# the usual 5 ms it waits that long each time.
GIVE_WAY = 0.0003


@dataclass(slots=True)
class _Opened:
    """A module's source is open."""

    reader: Reader


@dataclass(slots=True)
class _Begun:
    """A table is about to be read; ``parts`` where it is read file by file."""

    fingerprint: str | None
    parts: Mapping[str, str] | None


@dataclass(slots=True)
class _Done:
    """A table, or one file of it, was read to its end: what was passed over and what was seen beside the rows.

    ``broken`` and ``delivered_on`` as the reader of a module that is not read file by file knows them then.
    """

    skipped: Counter[str]
    seen: Observed
    broken: dict[str, str] = field(default_factory=dict)
    delivered_on: date | None = None


@dataclass(slots=True)
class _Failed:
    """Nothing more comes of this module, or of the file whose turn it is."""

    error: BaseException


_Item: TypeAlias = _Opened | _Begun | _Done | _Failed | pa.RecordBatch


@dataclass(slots=True)
class _Line:
    """What has been read and not yet taken, module by module."""

    most: int
    items: deque[tuple[str, _Item]] = field(default_factory=deque)
    size: int = 0
    stopped: bool = False
    ended: bool = False
    change: threading.Condition = field(default_factory=threading.Condition)

    def put(self, module: str, item: _Item) -> bool:
        """Wait for room and put it in; false where nobody will take it any more."""
        size = item.nbytes if isinstance(item, pa.RecordBatch) else 0
        with self.change:
            self.change.wait_for(lambda: self.stopped or not self.size or self.size + size <= self.most)
            if not self.stopped:
                self.items.append((module, item))
                self.size += size
                self.change.notify_all()
            return not self.stopped

    def take(self, module: str) -> _Item:
        """The module's next item; what was left of others before it is let go."""
        while True:
            with self.change:
                self.change.wait_for(lambda: self.items or self.ended)
                if not self.items:
                    raise RuntimeError(f"{module}: nothing more was read")
                whose, item = self.items.popleft()
                self.size -= item.nbytes if isinstance(item, pa.RecordBatch) else 0
                self.change.notify_all()
            if whose == module:
                return item

    def expect(self, module: str, *kinds: type) -> Any:
        """The module's next item, which is of one of these kinds; what went wrong in its place is raised."""
        item = self.take(module)
        if isinstance(item, _Failed):
            raise item.error
        if not isinstance(item, kinds):
            raise RuntimeError(f"{module}: read out of turn")
        return item

    def end(self) -> None:
        """Nothing more will be put in."""
        with self.change:
            self.ended = True
            self.change.notify_all()

    def stop(self) -> None:
        """Nothing will be taken any more."""
        with self.change:
            self.stopped = True
            self.items.clear()
            self.change.notify_all()


@dataclass(slots=True)
class _Glimpse:
    """A module that is looked at before its turn; ``lock`` is held while somebody does, and after its turn nobody need."""

    outlook: Outlook
    lock: threading.Lock = field(default_factory=threading.Lock)
    over: bool = False
    reader: Reader | None = None


class ReadAhead:
    """Reads ``contracts`` in their order through ``opener`` from the moment the block is entered; ``open`` is each one's turn.

    ``outlooks``: of these modules nothing is read but what they are going to be asked for.
    """

    def __init__(
        self, contracts: Sequence[Contract], opener: Callable[[Contract], Reader], most: int = MOST,
        outlooks: Mapping[str, Outlook] | None = None,
    ):  # fmt: skip
        self.contracts, self.opener = list(contracts), opener
        self.line = _Line(most)
        self.glimpses = {module: _Glimpse(outlook) for module, outlook in (outlooks or {}).items()}
        self.thresholds, self.interval = gc.get_threshold(), sys.getswitchinterval()
        self.thread = threading.Thread(target=self._work, name="read-ahead", daemon=True)
        self.looking = threading.Thread(target=self._look_at_all, name="look-ahead", daemon=True)

    def __enter__(self) -> ReadAhead:
        if self.contracts:
            # Sheets become millions of lists and texts without a circle among them: looking for one at every turn costs a twelfth of the reading.
            gc.set_threshold(200_000, 20, 50)
            sys.setswitchinterval(GIVE_WAY)
            self.thread.start()
            self.looking.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.line.stop()
        if self.contracts:
            self.thread.join()
            self.looking.join()
            gc.set_threshold(*self.thresholds)
            sys.setswitchinterval(self.interval)

    def open(self, contract: Contract) -> Reader:
        """The module's reader, read ahead or not; SourceError where its source cannot be opened. Each module once, in the order given."""
        if glimpse := self.glimpses.get(contract.module):
            with glimpse.lock:
                glimpse.over = True
            return glimpse.reader or self.opener(contract)
        if all(c.module != contract.module for c in self.contracts):
            return self.opener(contract)
        reader: Reader = self.line.expect(contract.module, _Opened).reader
        if not isinstance(reader, Filed):
            return _Rows(contract.module, reader, self.line)
        files = _Files(contract.module, reader, self.line)
        files.broken = reader.broken
        return files

    def _work(self) -> None:
        try:
            for contract in self.contracts:
                try:
                    if contract.module not in self.glimpses and not self._read(contract):
                        return
                except BaseException as error:
                    if not self.line.put(contract.module, _Failed(error)):
                        return
        finally:
            self.line.end()  # whoever asks for more than there is must not wait for ever

    def _look_at_all(self) -> None:
        # A thread of its own: an interface that takes its time holds up nobody's files.
        for contract in self.contracts:
            if glimpse := self.glimpses.get(contract.module):
                self._look(contract, glimpse)

    def _look(self, contract: Contract, glimpse: _Glimpse) -> None:
        """Find out what the module's files will be asked for; what is wrong with them is told when it is asked for again."""
        with glimpse.lock, suppress(Exception):
            if glimpse.over or self.line.stopped:
                return
            reader = self.opener(contract)
            if glimpse.outlook.ask(reader, self.line.most):
                glimpse.reader = reader

    def _read(self, contract: Contract) -> bool:
        """Read one module; false where nobody wants it any more."""
        module, reader = contract.module, self.opener(contract)
        go_on = self.line.put(module, _Opened(reader))
        for table in contract.tables:
            fingerprint = reader.fingerprint(table)
            if isinstance(reader, Filed):
                parts = reader.parts(table)
                go_on = go_on and self.line.put(module, _Begun(fingerprint, parts))
                for file in parts:
                    go_on = go_on and self._file(module, reader, table, file)
            else:
                go_on = go_on and self.line.put(module, _Begun(fingerprint, None))
                before = Counter(reader.skipped)
                seen = self._pass_on(module, reader.read(table)) if go_on else None
                go_on = seen is not None and self.line.put(
                    module, _Done(Counter(reader.skipped) - before, seen, passed_over(reader, table), reader.delivered_on())
                )
            if not go_on:
                return False
        return True

    def _file(self, module: str, reader: Filed, table: Table, file: str) -> bool:
        """Read one file; what is wrong with it is told in its place, and the next one follows."""
        before = Counter(reader.skipped)
        try:
            seen = self._pass_on(module, reader.read_parts(table, [file]))
        except (SourceError, OSError) as error:
            if isinstance(error, OSError) and error.errno == errno.ENOSPC:
                raise
            return self.line.put(module, _Failed(error))
        return seen is not None and self.line.put(module, _Done(Counter(reader.skipped) - before, seen))

    def _pass_on(self, module: str, batches: Iterator[pa.RecordBatch]) -> Observed | None:
        """Put batches in line; what was told beside them, None where nobody wants them any more."""
        with observed.apart() as seen:
            for rows in batches:
                if not self.line.put(module, rows):
                    return None
        return seen


class _Rows:
    """What the line holds of one module, as its reader would give it; tables come in the order of the contract."""

    def __init__(self, module: str, reader: Any, line: _Line):
        self.module, self.reader, self.line = module, reader, line
        self.skipped: Counter[str] = Counter()
        self.broken: dict[str, dict[str, str]] = {}
        self.begun: dict[str, _Begun] = {}
        self.day: date | None = None

    def fingerprint(self, table: Table) -> str | None:
        return self._begin(table).fingerprint

    def delivered_on(self) -> date | None:
        return self.day

    def read(self, table: Table) -> Iterator[pa.RecordBatch]:
        self._begin(table)
        done = yield from self._rows()
        self.broken.setdefault(table.name, {}).update(done.broken)
        self.day = done.delivered_on

    def _begin(self, table: Table) -> _Begun:
        if table.name not in self.begun:
            self.begun[table.name] = self.line.expect(self.module, _Begun)
        return self.begun[table.name]

    def _rows(self) -> Generator[pa.RecordBatch, None, _Done]:
        while not isinstance(item := self.line.expect(self.module, pa.RecordBatch, _Done), _Done):
            yield item
        self.skipped += item.skipped
        observed.tell(item.seen)
        return item


class _Files(_Rows):
    """The same of a module of files; which of them could not be read is noted by whoever takes them."""

    def delivered_on(self) -> date | None:
        return self.reader.delivered_on()

    def parts(self, table: Table) -> Mapping[str, str]:
        return self._begin(table).parts or {}

    def read(self, table: Table) -> Iterator[pa.RecordBatch]:
        return self.read_parts(table, self.parts(table))

    def read_parts(self, table: Table, names: Collection[str]) -> Iterator[pa.RecordBatch]:
        self._begin(table)
        for _ in names:
            yield from self._rows()
