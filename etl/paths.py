"""Where everything of one region lives at run time (see docs/architecture.md, "Files at run time")."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DEFAULT_REGION = ROOT / "data" / "regions" / "gongshu"
DAMAGED = ".damaged"  # ends the names of files that were set aside


def default_var() -> Path:
    """The folder of runtime files: ``$YIGUAN_VAR``, else ``data/var`` of the checkout."""
    return Path(os.environ.get("YIGUAN_VAR") or ROOT / "data" / "var")


@dataclass(frozen=True)
class Layout:
    """The runtime files of one region; paths only, nothing is created until :meth:`ensure`. Worked out once: every view asks for them."""

    var: Path
    region_key: str

    @cached_property
    def base(self) -> Path:
        """The folder that holds everything of the region."""
        return Path(self.var) / self.region_key

    @cached_property
    def sources(self) -> Path:
        """Where simulated (or dropped) deliveries of the outside systems lie."""
        return self.base / "sources"

    @cached_property
    def truth(self) -> Path:
        """What the simulator planted; the product never reads it."""
        return self.base / "truth"

    @cached_property
    def work(self) -> Path:
        """The ETL's own DuckDB file; nobody else opens it."""
        return self.base / "work.duckdb"

    @cached_property
    def parsed(self) -> Path:
        """What the SQL of the marts was found to look at, under a hash of it; a run that misses it takes the SQL apart again."""
        return self.base / "marts.json"

    @cached_property
    def policies(self) -> Path:
        """Policy files with the versions approved in the product; laid there from the ledger, whose copy counts."""
        return self.base / "policies"

    @cached_property
    def snapshots(self) -> Path:
        """The folder of immutable published snapshots."""
        return self.base / "snapshots"

    @cached_property
    def pointer(self) -> Path:
        """The JSON file that names the current snapshot."""
        return self.snapshots / "current.json"

    @cached_property
    def ledger(self) -> Path:
        """The ledger's SQLite file (accounts, audit)."""
        return self.base / "ledger.sqlite"

    @cached_property
    def files(self) -> Path:
        """Documents of cases, each under its SHA-256."""
        return self.base / "files"

    @cached_property
    def holds(self) -> Path:
        """The SQLite file of deliveries held back and what was decided about them."""
        return self.base / "holds.sqlite"

    @cached_property
    def lock(self) -> Path:
        """Held by the one run that is under way."""
        return self.base / "run.lock"

    @cached_property
    def temp(self) -> Path:
        """Scratch space of a run (spilled sorts, decoded files); emptied by the next run."""
        return self.base / "tmp"

    def ensure(self) -> None:
        """Create the folders that a run writes to."""
        for folder in (self.base, self.snapshots, self.temp):
            folder.mkdir(parents=True, exist_ok=True)
