"""Rules that are data: the rating and exit policies of a region, and the engine that applies them to what the modules report."""

from __future__ import annotations

from etl.policy.load import PolicyError, Problem
from etl.policy.run import PolicyResult, load_policies, run

__all__ = ["PolicyError", "PolicyResult", "Problem", "load_policies", "run"]
