"""Kill runs and look: at every point of the line, and at random moments.

``python -m tests.crash.kills --random 40`` forks every run from one process that has imported everything and opened nothing, so a
kill with its check and its rerun costs less than a second.  After each kill: a reader sees the old or the new snapshot, whole; the
rerun ends with the same content as a run that nobody disturbed; nothing half-done is left lying about.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import random
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from etl import faults
from tests.crash import ground
from tests.crash.ground import Ground


@dataclass(frozen=True)
class Case:
    """One thing to do to one run: strike at a point (``fault``), or from outside after ``delay`` seconds."""

    ground: int
    fault: str = ""
    delay: float = 0.0


@dataclass
class Outcome:
    """What came of a case. ``state`` is what readers saw after the strike: none, old, new. ``problems`` is empty where all is well."""

    case: Case
    struck: bool = False
    state: str = ""
    problems: list[str] = field(default_factory=list)
    seconds: float = 0.0


def scratch() -> Path:
    """A folder for the rehearsals, in memory where the machine offers that: what is tested is the order of writes, not the disk."""
    memory = Path("/dev/shm")
    return Path(tempfile.mkdtemp(prefix="yiguan-crash-", dir=memory if os.access(memory, os.W_OK) else None))


def forked(action: Callable[[], object], told: Path) -> int:
    """Start ``action`` in a child; its answer goes to the file ``told`` as JSON, an exception as text. Returns the child's id."""
    child = os.fork()
    if child:
        return child
    code = 0
    try:
        null = os.open(os.devnull, os.O_RDWR)
        os.dup2(null, 0)
        answer = json.dumps(action())
        told.write_text(answer, encoding="utf-8")
    except BaseException:
        told.with_suffix(".error").write_text(traceback.format_exc(), encoding="utf-8")
        code = 70
    os._exit(code)


def strike(base: Path, fault: str) -> object:
    """Run with the fault armed; only comes back where the point was never reached or the run survived it."""
    os.environ[faults.VARIABLE] = fault
    faults.arm()
    result = ground.run(base)
    return [result.exit_code, result.message]


def look(base: Path, prepared: Ground, torn_pointer: bool) -> object:
    """What readers see now, and whether the next run makes everything good: (state, problems).

    Where the pointer itself was torn, readers must have fallen back to a whole snapshot, and the product must say so.
    """
    from etl.publish import verify

    problems: list[str] = []
    layout = ground.at(base).layout
    before = ground.seen(layout)
    state = {"": "none", prepared.old: "old", prepared.new: "new"}.get(before, "")
    if before == "" and prepared.old:
        problems.append("readers have lost the old snapshot")
    if not state:
        problems.append("readers see a mixture")
    fault = verify(layout)
    if torn_pointer != (fault == "快照指针已损坏") or (before and fault and not torn_pointer):
        problems.append(f"before the rerun: {fault}")
    result = ground.run(base)
    if result.exit_code != prepared.exit_code or result.message:
        problems.append(f"rerun: exit code {result.exit_code}, {result.message}")
    if ground.seen(layout) != prepared.new:
        problems.append("the rerun published something else than an undisturbed run")
    if fault := verify(layout):
        problems.append(f"after the rerun: {fault}")
    if ground.work(layout) != prepared.work:
        problems.append("the rerun left another work file than an undisturbed run")
    problems += [f"left lying about: {name}" for name in ground.leftovers(layout)]
    return [state, problems]


def carried_out(case: Case, prepared: Ground, base: Path) -> Outcome:
    """Strike and look, in children of this process."""
    began = time.perf_counter()
    outcome = Outcome(case)
    shutil.copytree(prepared.base, base, copy_function=shutil.copy2)
    told = base / "told"
    child = forked(lambda: strike(base, case.fault), told)
    if not case.fault:
        time.sleep(case.delay)
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    full = case.fault.startswith("full")
    if (error := told.with_suffix(".error")).exists():
        outcome.problems.append(error.read_text(encoding="utf-8"))
        error.unlink()
    outcome.struck = os.WIFSIGNALED(status) or (full and told.exists())
    if full and told.exists():
        code, message = json.loads(told.read_text(encoding="utf-8"))
        if code != 1 or "磁盘空间" not in message:
            outcome.problems.append(f"a full disk was answered by exit code {code}, {message!r}")
    told.unlink(missing_ok=True)
    os.waitpid(forked(lambda: look(base, prepared, case.fault.startswith("torn:pointer#2")), told), 0)
    if told.exists():
        outcome.state, found = json.loads(told.read_text(encoding="utf-8"))
        outcome.problems += found
    else:
        outcome.problems.append(told.with_suffix(".error").read_text(encoding="utf-8") if error.exists() else "the check died")
    shutil.rmtree(base, ignore_errors=True)
    outcome.seconds = time.perf_counter() - began
    return outcome


def points(base: Path, prepared: Ground) -> list[str]:
    """The faults of an undisturbed run: each point that it passes by its name and how often it was passed before."""
    folder, trace = base / "traced", base / "trace"
    shutil.copytree(prepared.base, folder)
    os.waitpid(forked(lambda: strike(folder, f"trace:{trace}"), base / "told"), 0)
    times: dict[str, int] = {}
    found = []
    for line in trace.read_text(encoding="utf-8").splitlines():
        name, _, torn = line.partition("\t")
        times[name] = times.get(name, 0) + 1
        found += [f"{action}:{name}#{times[name]}" for action in (["kill", "torn"] if torn else ["kill"])]
    shutil.rmtree(folder)
    trace.unlink()
    return found


def duration(base: Path, prepared: Ground) -> float:
    """Seconds that an undisturbed forked run takes on this machine now."""
    folder = base / "timed"
    shutil.copytree(prepared.base, folder)
    began = time.perf_counter()
    os.waitpid(forked(lambda: strike(folder, ""), base / "told"), 0)
    shutil.rmtree(folder)
    return time.perf_counter() - began


def in_child(base: Path, action: Callable[[], object]) -> Any:
    """The JSON answer of an action carried out in a child; RuntimeError with its traceback where it fails."""
    told = base / "answer"
    os.waitpid(forked(action, told), 0)
    if not told.exists():
        raise RuntimeError(told.with_suffix(".error").read_text(encoding="utf-8"))
    answer = json.loads(told.read_text(encoding="utf-8"))
    told.unlink()
    return answer


def grounds(base: Path) -> list[Ground]:
    """The prepared grounds; made in a child, for this process must never open a database before it forks.

    What the child had to import for its runs is imported here, so that no later child spends seconds on it.
    """
    made, imported = in_child(
        base, lambda: [[asdict(g) | {"base": str(g.base)} for g in ground.prepare(base)], sorted(sys.modules)]
    )
    for module in imported:
        with suppress(Exception):
            importlib.import_module(module)
    return [Ground(**(g | {"base": Path(g["base"])})) for g in made]


def plan(base: Path, prepared: list[Ground], everywhere: bool, random_kills: int, seed: int) -> Iterator[Case]:
    """Every point of a night's run (``everywhere``: of a very first run too), a full disk at every step, then random moments."""
    dice = random.Random(seed)
    for number, one in enumerate(prepared):
        found = points(base, one)
        if one.name == "second" or everywhere:
            yield from (Case(number, fault) for fault in found)
            if everywhere:
                yield from (Case(number, fault.replace("kill:", "full:")) for fault in found if fault.startswith("kill:"))
            else:
                steps = {fault.partition(" ")[0]: fault for fault in found if fault.startswith("kill:")}
                yield from (Case(number, fault.replace("kill:", "full:")) for fault in steps.values())
    seconds = [duration(base, one) for one in prepared]
    for _ in range(random_kills):
        number = dice.randrange(len(prepared))
        yield Case(number, delay=dice.random() * seconds[number])


def campaign(random_kills: int, everywhere: bool, seed: int, share: tuple[int, int] = (0, 1)) -> Iterator[Outcome]:
    """Carry out a plan, or every n-th case of it (``share``: which, of how many); outcomes one by one as they come."""
    base = scratch()
    try:
        prepared = grounds(base)
        for number, case in enumerate(plan(base, prepared, everywhere, random_kills, seed)):
            if number % share[1] == share[0]:
                yield carried_out(case, prepared[case.ground], base / f"case{number}")
    finally:
        shutil.rmtree(base, ignore_errors=True)


def main() -> None:
    """Print the outcomes as JSON lines; exit code 1 where one has problems."""
    asked = argparse.ArgumentParser()
    asked.add_argument("--random", type=int, default=40)
    asked.add_argument("--everywhere", action="store_true")
    asked.add_argument("--seed", type=int, default=20261)
    asked.add_argument("--share", default="0/1", help="this process's share of the cases, as 0/2")
    given = asked.parse_args()
    which, _, of = given.share.partition("/")
    wrong = 0
    for outcome in campaign(given.random, given.everywhere, given.seed, (int(which), int(of))):
        print(json.dumps(asdict(outcome), ensure_ascii=False), flush=True)
        wrong += bool(outcome.problems)
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
