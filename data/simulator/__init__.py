"""Plays the outside systems of a demo district: ``simulate`` writes their databases, workbooks and files, ``playing`` answers for
those that are reached over HTTP.

Same seed, same bytes.  What was planted is written beside the sources, never into them.
"""

from data.simulator.api import playing
from data.simulator.run import Summary, simulate

__all__ = ["Summary", "playing", "simulate"]
