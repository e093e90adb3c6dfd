"""Plays the outside systems of a demo district: ``simulate`` writes their databases, workbooks and files.

Same seed, same bytes.  What was planted is written beside the sources, never into them.
"""

from data.simulator.run import Summary, simulate

__all__ = ["Summary", "simulate"]
