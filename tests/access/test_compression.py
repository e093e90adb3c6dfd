"""Static files are served at once in a quick form and from then on in the hard one, which outlives the process."""

from __future__ import annotations

from pathlib import Path

import brotli

from dashboard.access.compression import Pressed

TEXT = b"".join(b"row %d of a file that is served to everybody;" % (n % 97) for n in range(60_000))


def test_the_first_answer_is_quick_the_next_ones_are_small_and_kept(tmp_path: Path) -> None:
    pressed = Pressed(tmp_path)
    first = pressed.get(TEXT, "br")
    pressed.settle()
    later = pressed.get(TEXT, "br")
    assert brotli.decompress(first) == brotli.decompress(later) == TEXT
    assert len(later) <= len(first)
    assert Pressed(tmp_path).get(TEXT, "br") == later, "another worker reads the kept form"


def test_a_folder_that_cannot_be_written_costs_nothing_but_time(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    pressed = Pressed(blocked)
    assert brotli.decompress(pressed.get(TEXT, "br")) == TEXT
    pressed.settle()
    assert brotli.decompress(pressed.get(TEXT, "br")) == TEXT
