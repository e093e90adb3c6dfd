"""Runs are killed at every second point of the line and at random moments; ``make crash`` takes every point, a thousand times in all."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.crash.ground import at, first_night, second_night, seen, work

RANDOM, EVERY = int(os.environ.get("YIGUAN_CRASH_RANDOM", "8")), 2


@pytest.mark.slow
def test_kill_at_points_of_the_line_and_at_random_moments_loses_nothing() -> None:
    shares = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.crash.kills", "--random", str(RANDOM), "--share", f"{EVERY * n}/{EVERY * 2}"],
            stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2],
        )
        for n in range(2)
    ]  # fmt: skip
    outcomes = [json.loads(line) for share in shares for line in share.communicate()[0].splitlines()]
    assert [share.returncode for share in shares] == [0, 0], [o for o in outcomes if o["problems"]]
    faults = [o for o in outcomes if o["case"]["fault"].startswith(("kill", "torn"))]
    struck = [o for o in faults if o["struck"]]
    assert len(struck) == len(faults) > 60 // EVERY
    assert {"old"} <= {o["state"] for o in struck} <= {"old", "new"}
    assert sum(o["struck"] for o in outcomes if not o["case"]["fault"]) >= RANDOM // EVERY // 2


LIMITED = """
    import resource, sys
    from pathlib import Path
    from tests.crash import ground
    ground.run  # everything is imported before files are limited
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), int(sys.argv[2])))
    result = ground.run(Path(sys.argv[1]))
    print(result.message)
    sys.exit(result.exit_code)
"""


@pytest.mark.parametrize("limit", [3_000, 300_000, 2_000_000, 3_200_000])
def test_a_disk_that_takes_no_more_bytes(tmp_path: Path, limit: int) -> None:
    """The system cuts the writes themselves short; whatever file hits the limit, readers keep the old snapshot."""
    import textwrap

    base = tmp_path / "limited"
    base.mkdir()
    tiny = first_night(base)
    tiny.run()
    old = seen(tiny.layout)
    second_night(tiny)
    other = at(shutil.copytree(base, tmp_path / "undisturbed"))
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(LIMITED), str(base), str(limit)], capture_output=True, text=True, check=False,
        cwd=Path(__file__).parents[2],
    )  # fmt: skip
    assert "Traceback" not in done.stderr
    assert done.returncode in (1, 3)
    if done.returncode == 1:
        assert "磁盘空间" in done.stdout
        assert seen(tiny.layout) == old
    result = tiny.run()
    assert (result.exit_code, result.message) == (3, "")
    other.run()
    assert (seen(tiny.layout), work(tiny.layout)) == (seen(other.layout), work(other.layout))
