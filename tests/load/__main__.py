"""``make load``: the long rehearsal over a district that has been run. Two thousand sessions within a minute of micro-batches, fifty reports, ninety-six
publications, a real run of the line beside them; ends with 1 where anything but whole answers and honest refusals came, or where something grew.

``python -m tests.load --var data/var`` leaves that folder as it is and works on a copy below ``--work`` (about three times its size).
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from pathlib import Path

from dashboard.warehouse.snapshot import PATIENCE
from etl.paths import DEFAULT_REGION, Layout, default_var
from tests.load.lines import beside, watching
from tests.load.rehearsal import PDF, REPORTED, Found, Stage, rehearse, reports, staged
from tests.support.crowd import Weight

EIGHT_HOURS = 96
"""Publications of a watch that looks every five minutes."""
GROWTH_MB = 60
"""So much more memory than after a third of the publications a worker may hold at their end."""


def main() -> int:
    """Run the rehearsal and say what was found."""
    options = argparse.ArgumentParser(prog="python -m tests.load")
    options.add_argument("--var", type=Path, default=default_var(), help="a runtime folder with a published snapshot")
    options.add_argument("--work", type=Path, help="where the copies go; removed at the end")
    options.add_argument("--people", type=int, default=2000)
    options.add_argument("--publications", type=int, default=EIGHT_HOURS)
    chosen = options.parse_args()
    layout = Layout(chosen.var.resolve(), DEFAULT_REGION.name)
    snapshot = next(iter(sorted(layout.snapshots.glob("*.duckdb"), reverse=True)), None)
    if snapshot is None:
        sys.exit(f"{layout.snapshots}: nothing published yet; run yiguan simulate and yiguan etl run, or name another folder with --var")
    failed: list[str] = []
    with tempfile.TemporaryDirectory(dir=chosen.work) as folder, staged(snapshot, Path(folder)) as stage:
        line = Path(folder) / "line"
        shutil.copytree(layout.base, line / layout.base.name)
        with watching(line, failed):
            crowd = rehearse(stage, chosen.people, within=60, each=4, pause=5, every=5)
            told(f"{chosen.people} sessions within a minute of micro-batches, four views each, a publication every five seconds", crowd, failed)
        flood = rehearse(stage, chosen.people, within=2, each=2, pause=0, every=5)
        told(f"{chosen.people} sessions within two seconds", flood, failed)
        fifty = [*REPORTED[:4] * 4, *REPORTED[4:] * 17, *[("staff", PDF)] * 17]
        quiet = rehearse(stage, 60, within=2, each=20, pause=1, every=1000)
        told("sixty people at work", quiet, failed)
        with beside(line):
            busy = rehearse(stage, 60, within=2, each=20, pause=1, every=5)
            told("… while the line runs and a snapshot is published every five seconds", busy, failed)
            papers, views = reports(stage, fifty, lookers=60, each=30, every=10)
        told("fifty reports at once while the line runs", papers, failed)
        told("… and sixty people at work meanwhile", views, failed)
        grows(stage, chosen.publications, failed)
    print("\n".join(failed) or "nothing found")
    return 1 if failed else 0


def told(what: str, found: Found, failed: list[str]) -> None:
    """One line of the account; faults are kept."""
    counts = ", ".join(f"{n} × {status}" for status, n in sorted(found.statuses.items()))
    print(f"{what}: {counts}; {found.published} publications; {found.waited}", flush=True)
    failed += found.faults


def grows(stage: Stage, publications: int, failed: list[str]) -> None:
    """People at work while one snapshot after the other is published: what the workers hold after a third of them, and at the end."""
    weights: list[list[Weight]] = []
    while len(weights) < publications:
        found = rehearse(stage, 40, within=1, each=40, pause=0.4, every=1.5)
        failed += found.faults
        weights += found.weights
    time.sleep(PATIENCE + 1)
    last = stage.weights()
    for worker, now in enumerate(last):
        then = weights[len(weights) // 3][worker]
        print(f"worker {worker}, after {len(weights) // 3} publications and after {len(weights)}: {then} {now}", flush=True)
        peak = max(w[worker].mb for w in weights)
        print(f"   at most {peak:.0f} MB, {max(w[worker].files for w in weights)} files, {max(w[worker].threads for w in weights)} threads")
        if now.mb - then.mb > GROWTH_MB or now.deleted or now.snapshots != 1 or now.threads > then.threads + 20:
            failed.append(f"worker {worker} grew: {then} → {now}")


if __name__ == "__main__":
    sys.exit(main())
