"""Every run leaves a line in the history, whatever became of it."""

from __future__ import annotations

from etl import history
from tests.etl.conftest import Tiny


def test_runs_are_kept_with_what_they_read_and_how_they_ended(tiny: Tiny) -> None:
    tiny.run()
    tiny.run()
    (tiny.layout.sources / "order.sqlite").unlink()
    tiny.run()
    last, unchanged, first = history.runs(tiny.layout.snapshots)
    assert (first["exit_code"], first["published"]) == (0, True)
    assert first["changed"] == ["caregiver", "order", "registry", "subsidy"]
    assert first["read"] == first["loaded"] + first["quarantined"] + first["superseded"] == 3 + 4 + 2 + 2
    assert (unchanged["published"], unchanged["changed"], unchanged["read"]) == (False, [], 0)
    assert (last["exit_code"], last["troubled"]) == (3, ["order"])


def test_a_torn_line_hides_no_other_run(tiny: Tiny) -> None:
    tiny.run()
    file = history.path(tiny.layout.snapshots)
    file.write_text(file.read_text(encoding="utf-8") + '{"run_id": "2026', encoding="utf-8")
    assert len(history.runs(tiny.layout.snapshots)) == 1
