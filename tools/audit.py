"""What can be said of the dependencies without the network: pinned and hashed, none known to be bad, all fitting together.

``python tools/audit.py [lock …]``; exit code 1 with one line a finding.  ``known_bad.csv`` names the first version in which a hole was closed;
it is looked after by hand, so it complements a scanner with a fresh database and does not replace one.
"""

from __future__ import annotations

import csv
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parent.parent
LOCKS = (ROOT / "requirements.lock", ROOT / "requirements-dev.lock")
_PINNED = re.compile(r"(?P<name>[A-Za-z0-9._-]+)(\[[^\]]*\])?==(?P<version>[^\s;]+)(\s*;.*?)??\s*(?P<rest>--.*)?")
_HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}")


def known_bad() -> dict[str, tuple[Version, str]]:
    """Package → (first good version, why)."""
    with (ROOT / "tools" / "known_bad.csv").open(encoding="utf-8", newline="") as stream:
        return {canonicalize_name(r["package"]): (Version(r["below"]), r["why"]) for r in csv.DictReader(stream)}


def findings(lock: str) -> Iterator[str]:
    """What is wrong with the text of a lock file, one sentence each."""
    bad = known_bad()
    for entry in re.sub(r"\\\n", " ", lock).splitlines():
        line = entry.strip()
        if not line or line.startswith("#"):
            continue
        match = _PINNED.fullmatch(line)
        if match is None:
            yield f"not a pinned package: {line[:80]}"
            continue
        name, version = canonicalize_name(match["name"]), Version(match["version"])
        if not _HASH.search(match["rest"] or "") or _HASH.sub("", match["rest"]).strip():
            yield f"{name}: without a SHA-256 hash, or with something besides"
        if name in bad and version < bad[name][0]:
            yield f"{name} {version}: below {bad[name][0]} ({bad[name][1]})"


def main() -> int:
    """Check the lock files and the environment that runs this."""
    found = [f"{path.name}: {what}" for path in map(Path, sys.argv[1:] or map(str, LOCKS)) for what in findings(path.read_text(encoding="utf-8"))]
    fits = subprocess.run([sys.executable, "-m", "pip", "check"], capture_output=True, text=True, check=False)
    if fits.returncode:
        found += [f"pip check: {line}" for line in (fits.stdout or fits.stderr).splitlines()]
    sys.stdout.write(("\n".join(found) or "dependencies: pinned, hashed, none known to be bad, all fitting") + "\n")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
