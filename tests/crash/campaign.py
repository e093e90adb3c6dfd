"""``make crash``: at least a thousand kills, their outcomes summed up in docs/crash.md; exit code 1 where anything was lost."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
KINDS = {
    "kill": "`kill -9` at a point of the line", "torn": "`kill -9` with the file being written cut in half",
    "": "`kill -9` at a random moment", "full": "the disk is full at a point of the line",
}  # fmt: skip
STATES = {"none": "none yet", "old": "the old snapshot", "new": "the new snapshot", "": "something else"}


def carry_out(random_kills: int, shares: int, seed: int) -> list[dict[str, Any]]:
    """Start one process for every share and collect their outcomes."""
    command = [sys.executable, "-m", "tests.crash.kills", "--everywhere", "--random", str(random_kills), "--seed", str(seed)]
    running = [
        subprocess.Popen([*command, "--share", f"{n}/{shares}"], stdout=subprocess.PIPE, text=True, cwd=ROOT) for n in range(shares)
    ]
    return [json.loads(line) for process in running for line in process.communicate()[0].splitlines()]


def summary(outcomes: Iterable[dict[str, Any]]) -> tuple[str, int, int]:
    """(a table in Markdown, how many kills hit a run, how many cases went wrong)."""
    rows: Counter[tuple[str, str]] = Counter()
    missed, kills, wrong, points = 0, 0, 0, set()
    for outcome in outcomes:
        action, _, point = outcome["case"]["fault"].partition(":")
        wrong += bool(outcome["problems"])
        if not outcome["struck"]:
            missed += 1
            continue
        rows[action, outcome["state"]] += 1
        kills += action != "full"
        points |= {point.partition("#")[0]} - {""}
    lines = ["| strike | readers then see | times |", "| --- | --- | ---: |"]
    lines += [f"| {KINDS[a]} | {STATES[s]} | {n} |" for (a, s), n in sorted(rows.items())]
    lines += ["", f"{kills} kills at {len(points)} named points and at random moments; {missed} further strikes came after the run had ended."]
    lines += [f"Cases in which anything was lost, mixed, left behind, or different after the rerun: {wrong}."]
    return "\n".join(lines), kills, wrong


def main() -> None:
    """Run the campaign (or sum up recorded outcomes) and write docs/crash.md."""
    asked = argparse.ArgumentParser()
    asked.add_argument("--random", type=int, default=900)
    asked.add_argument("--seed", type=int, default=20261)
    asked.add_argument("--shares", type=int, default=os.cpu_count() or 1)
    asked.add_argument("--recorded", type=Path, nargs="*", help="sum up these JSON lines instead of running")
    given = asked.parse_args()
    if given.recorded:
        outcomes = [json.loads(line) for path in given.recorded for line in path.read_text(encoding="utf-8").splitlines()]
    else:
        outcomes = carry_out(given.random, given.shares, given.seed)
    table, kills, wrong = summary(outcomes)
    page = ROOT / "docs" / "crash.md"
    head = page.read_text(encoding="utf-8").partition("## Last campaign")[0]
    page.write_text(f"{head}## Last campaign\n\n{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores.\n\n{table}\n", encoding="utf-8")
    print(table)
    for outcome in outcomes:
        if outcome["problems"]:
            print(json.dumps(outcome, ensure_ascii=False), file=sys.stderr)
    sys.exit(1 if wrong or (not given.recorded and kills < 1000) else 0)


if __name__ == "__main__":
    main()
