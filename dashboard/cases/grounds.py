"""On what a case rests: reasons of the policy's criteria in the frozen figures, what was named at its opening, and what came out of its steps."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from dashboard.cases.course import Done
from dashboard.cases.model import ProcedureVersion

ENTRY = "ground"
"""The blank in which the form that opens a case names a ground that the figures do not show."""


def shown(version: ProcedureVersion, content: str) -> frozenset[str]:
    """What frozen figures (canonical JSON) show: ``criterion``, ``direct`` and with either ``grounds``; nothing where no criterion is met."""
    rules = {str(r.get("rule", "")) for r in (json.loads(content) if content else {}).get("exit_reason", [])}
    met = [g for g in version.grounds if g.criterion in rules]
    return frozenset({*(["criterion", "grounds"] if met else []), *(["direct"] if any(g.direct for g in met) else [])})


def arisen(version: ProcedureVersion, opening: Mapping[str, str], content: str, done: Sequence[Done]) -> frozenset[str]:
    """``grounds`` where a case was opened on one (in its figures, or named) and a step of it, when last taken, came out as another."""
    if not (opening.get(ENTRY) or "criterion" in shown(version, content)):
        return frozenset()
    for ground in version.grounds:
        step = version.step(ground.step or "")
        last = next((d for d in reversed(done) if step and d.step == step.step), None)
        if step and step.by and last and last.fields.get(step.by) == ground.choice:
            return frozenset({"grounds"})
    return frozenset()
