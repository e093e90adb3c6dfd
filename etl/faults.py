"""Places where the crash tests may strike. A point costs one comparison and does nothing unless ``YIGUAN_FAULT`` names it.

``YIGUAN_FAULT`` is ``ACTION:PATTERN[#N]``, the N-th passage (1 is the first) of a point whose name fits the pattern: ``kill`` ends the
process with SIGKILL, ``full`` raises the error of a full disk, ``torn`` cuts the file that the point names in half and then kills,
``pause`` waits for standard input to end.  ``trace:FILE`` writes down the names of all points passed instead.
"""

from __future__ import annotations

import errno
import fnmatch
import os
import signal
import sys
from pathlib import Path

VARIABLE = "YIGUAN_FAULT"
_armed: tuple[str, str, int] | None = None
_passed = 0


def arm() -> None:
    """Read the environment variable anew; done once on import. ValueError for an action that is not known."""
    global _armed, _passed
    action, _, rest = os.environ.get(VARIABLE, "").partition(":")
    if not action:
        _armed, _passed = None, 0
        return
    if action not in ("kill", "full", "torn", "pause", "trace"):
        raise ValueError(f"{VARIABLE}: {action}")
    pattern, _, number = rest.rpartition("#")
    _armed, _passed = (action, pattern or rest, int(number) if pattern else 1), 0


def point(step: str, what: str = "", path: Path | None = None) -> None:
    """A step of the line is about to be taken, or has just been taken; ``path`` is the file that was being written."""
    if _armed is not None:
        _strike(*_armed, f"{step} {what}".rstrip(), path)


def _strike(action: str, pattern: str, number: int, name: str, path: Path | None) -> None:
    global _passed
    if action == "trace":
        with Path(pattern).open("a", encoding="utf-8") as stream:
            stream.write(name + ("\ttorn" if path else "") + "\n")
        return
    if not fnmatch.fnmatchcase(name, pattern):
        return
    _passed += 1
    if _passed != number:
        return
    match action:
        case "full":
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path or ""))
        case "pause":
            sys.stdin.read()
        case _:
            if action == "torn" and path is not None and path.exists():
                os.truncate(path, path.stat().st_size // 2)
            os.kill(os.getpid(), signal.SIGKILL)


arm()
