"""The double-random draw: a list that is committed to by its hash, a seed that nobody can choose, a draw that anybody recomputes.

Pure functions over one file; neither the snapshot, nor the ledger, nor the network is needed to verify. docs/draw.md says precisely how.
"""

from __future__ import annotations

from etl.draw.choose import choose, key_of, read_numbers, rfc3797
from etl.draw.paper import Conflict, DrawError, DrawList, Inspector, Listed, Paper, Stratum, read, write
from etl.draw.steps import Drawn, commit, draw, fix_seed, problems, verify

__all__ = [
    "Conflict", "DrawError", "DrawList", "Drawn", "Inspector", "Listed", "Paper", "Stratum", "choose", "commit", "draw", "fix_seed",
    "key_of", "problems", "read", "read_numbers", "rfc3797", "verify", "write",
]  # fmt: skip
