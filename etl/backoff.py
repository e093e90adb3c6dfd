"""Sources that keep micro-batches waiting in vain are left alone for some turns: the others should not wait for them every few minutes."""

from __future__ import annotations

from dataclasses import dataclass, field

TURNS = 3
SLOW_SECONDS = 2.0
SAID = f"此后 {TURNS} 轮增量暂不询问该来源，夜间核对照常询问。"
"""The same at every turn: a sentence that counted would be news each time."""


@dataclass
class Rests:
    """Which modules are not asked for how many turns more; kept by the process that runs turn after turn."""

    left: dict[str, int] = field(default_factory=dict)

    def turn(self, quick: bool) -> frozenset[str]:
        """Begin a turn: the modules that are left alone in it. Any other run than a micro-batch asks all."""
        resting = frozenset(m for m, turns in self.left.items() if turns > 0) if quick else frozenset()
        self.left = {m: self.left[m] - 1 for m in resting}
        return resting

    def failed(self, module: str, seconds: float, *, remote: bool, quick: bool) -> str:
        """A source could not be read after ``seconds``: what is to be said of it, '' where it is asked again at the next turn."""
        if not (quick and remote and seconds >= SLOW_SECONDS):
            return ""
        self.left[module] = TURNS
        return SAID
