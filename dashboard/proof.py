"""The audit trail of a ledger, proved with all that is at hand: its chain, the seals where the key is, archives and anchors.

For whoever looks at a ledger from outside, a running one or the copy in a backup: ``yiguan doctor``, ``backup`` and ``restore``.  Without the
key links and plain hashes still tell edited, deleted and inserted lines; that the seals were not looked at is said.
"""

from __future__ import annotations

import fcntl
import shutil
from pathlib import Path
from typing import Any, NamedTuple

from dashboard import ledger as ledgers
from dashboard.ledger.archive import Verdict, verify_all
from dashboard.seals import Seals
from dashboard.settings import Settings, SettingsError

ARCHIVES, ANCHORS = "audit-archive", "audit-anchors.jsonl"
"""What they are called in a backup, and below the runtime folder where nothing else is set."""


class Proof(NamedTuple):
    """With what a trail is proved: the key (None where it is not at hand), the folder of archives and the file of anchors."""

    seals: Seals | None = None
    archives: Path = Path(ARCHIVES)
    anchors: Path = Path(ANCHORS)


def proof_of(settings: Settings) -> Proof:
    """What the settings name; no key is made where a demo has none yet."""
    seals = None
    if settings.secret_key is not None or settings.production or (settings.layout.base / "secret_key").exists():
        try:
            seals = settings.seals()
        except SettingsError:
            seals = None
    return Proof(seals, settings.archive_folder, settings.anchor_file)


def look(ledger_url: str, proof: Proof, restored: bool = False) -> Verdict:
    """The verdict over a ledger. It is opened without its key, so that looking adds no line. LedgerError.

    ``restored``: the trail may end before the newest anchors; those it reaches have to agree.
    """
    ledger = ledgers.open(ledger_url)
    try:
        ledger.seals = proof.seals
        return verify_all(ledger, proof.archives, proof.anchors, restored)
    finally:
        ledger.close()


def standing(found: Verdict) -> dict[str, Any]:
    """What a manifest says of a trail: the lines in the ledger, the hash of the last, the last line archived, the number of anchors."""
    return {"lines": found.lines, "last_hash": found.head, "archived": found.archived, "anchors": found.anchors}


def take_anchors(proof: Proof, target: Path) -> None:
    """Copy the anchors, between two writers; before the ledger is copied, so that none speaks of a line that the copy lacks."""
    if not proof.anchors.exists():
        return
    with proof.anchors.open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_SH)
        target.write_bytes(file.read())
    target.chmod(0o640)


def take_archives(proof: Proof, target: Path) -> None:
    """Copy the archives; after the ledger is copied, so that none is missing that the copy knows of."""
    if proof.archives.exists():
        shutil.copytree(proof.archives, target, ignore=shutil.ignore_patterns("*.tmp"))
