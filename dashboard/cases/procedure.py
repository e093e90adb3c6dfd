"""Reads a procedure file, and refuses one whose steps do not fit together or in which a decision could be reached without due process."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path

from dashboard.cases.model import SAME, Entry, Procedure, ProcedureVersion, Span, Step, Term
from etl.policy.load import Loc, PolicyError, Problem, load

PROCEDURES = {"exit": "exit_procedure.yaml", "admission": "admission.yaml"}
"""Kinds of cases with their file below the region's ``policies``."""

SAFEGUARDS = {
    "notice": "拟退出告知（safeguard: notice）",
    "defence": "听取陈述申辩（safeguard: defence）",
    "review": "集体审议（safeguard: review）",
}


@lru_cache(maxsize=16)
def _read(path: Path, _changed: int, rights: frozenset[str]) -> Procedure:
    return load(path, Procedure, lambda procedure: check(procedure, rights))


def procedures(folder: Path, rights: Iterable[str]) -> dict[str, Procedure]:
    """The procedures of a region's ``policies`` folder by kind of case; a file that is not there is left out.

    ``rights``: the codes that a step may ask for. PolicyError with the lines that are wrong.
    """
    known = frozenset(rights)
    paths = {kind: folder / name for kind, name in PROCEDURES.items()}
    return {kind: _read(path, path.stat().st_mtime_ns, known) for kind, path in paths.items() if path.exists()}


def complaints(folder: Path, rights: Iterable[str]) -> list[str]:
    """What is wrong with the procedure files of a ``policies`` folder, each with file and line; all files, not only the first bad one."""
    known, said = frozenset(rights), list[str]()
    for path in (folder / name for name in PROCEDURES.values()):
        try:
            if path.exists():
                load(path, Procedure, lambda procedure: check(procedure, known))
        except PolicyError as wrong:
            said += str(wrong).splitlines()
    return said


def check(procedure: Procedure, rights: frozenset[str]) -> Iterator[Problem]:
    """What single fields do not show: names that are not declared, states that cannot be reached or left, missing safeguards."""
    for v, version in enumerate(procedure.versions):
        at: Loc = ("versions", v)
        if v and version.valid_from <= procedure.versions[v - 1].valid_from:
            yield Problem((*at, "valid_from"), f"应晚于上一版本的生效月份（{procedure.versions[v - 1].valid_from}）")
        yield from _twice((*at, "states"), "state", [s.state for s in version.states])
        yield from _twice((*at, "steps"), "step", [s.step for s in version.steps])
        yield from _twice((*at, "documents"), "document", [d.document for d in version.documents])
        known = _Known(version, rights)
        for i, state in enumerate(version.states):
            if state.publish and state.publish not in known.papers:
                yield Problem((*at, "states", i, "publish"), f"没有“{state.publish}”这种文书")
            for c, clock in enumerate(state.clocks):
                yield from known.span((*at, "states", i, "clocks", c), clock)
        for i, step in enumerate(version.steps):
            yield from known.step((*at, "steps", i), step)
        for i, ground in enumerate(version.grounds):
            taken = known.steps.get(ground.step or "")
            if ground.step and (taken is None or ground.choice not in taken.outcomes):
                yield Problem((*at, "grounds", i), f"步骤“{ground.step}”没有“{ground.choice}”这个结论")
        yield from _served(at, version)
        yield from _reached(at, version)
        yield from _heard_out(at, version)
        yield from _safe(at, version, list(SAFEGUARDS) if procedure.subject == "provider" else [])


def _twice(loc: Loc, key: str, names: list[str]) -> Iterator[Problem]:
    for i, name in enumerate(names):
        if names.index(name) != i:
            yield Problem((*loc, i, key), f"“{name}”重复")


class _Known:
    """The names that a version declares."""

    def __init__(self, version: ProcedureVersion, rights: frozenset[str]) -> None:
        self.states = {s.state for s in version.states}
        self.steps = {s.step: s for s in version.steps}
        self.papers = {d.document for d in version.documents}
        self.fields = {(s.step, f.field): f for s in version.steps for f in s.fields}
        self.numbers = {f.field for f in self.fields.values() if f.kind == "integer"}
        self.rights = rights

    def span(self, loc: Loc, span: Span) -> Iterator[Problem]:
        if span.after not in self.steps:
            yield Problem((*loc, "after"), f"没有“{span.after}”这个步骤")
            return
        for other in [*span.again, *([span.extended.step] if span.extended else [])]:
            if other not in self.steps:
                yield Problem(loc, f"没有“{other}”这个步骤")
        if span.served and not self.steps[span.after].served:
            yield Problem((*loc, "served"), f"步骤“{span.after}”的文书没有写须送达（served: true）")
        name = span.field or span.until
        if name is None:
            return
        entry = self.fields.get((span.after, name))
        if entry is None or entry.kind != ("choice" if span.field else "date"):
            kind = "选项栏" if span.field else "日期栏"
            yield Problem((*loc, "field" if span.field else "until"), f"步骤“{span.after}”没有名为“{name}”的{kind}")
        elif span.field and set(span.terms) != set(entry.choices):
            yield Problem((*loc, "terms"), f"应恰好给出每个选项的期限：{'、'.join(entry.choices)}")

    def step(self, at: Loc, step: Step) -> Iterator[Problem]:
        for state in step.from_:
            if state not in self.states:
                yield Problem((*at, "from"), f"没有“{state}”这个状态")
        for target in step.targets:
            if target not in self.states and not (target == SAME and step.from_):
                yield Problem((*at, "to"), f"没有“{target}”这个状态")
        for right in step.right:
            if right not in self.rights:
                yield Problem((*at, "right"), f"没有“{right}”这项权限（可用：{'、'.join(sorted(self.rights))}）")
        for i, need in enumerate(step.documents):
            if need.document not in self.papers:
                yield Problem((*at, "documents", i), f"没有“{need.document}”这种文书")
            if need.field and need.field not in self.numbers:
                yield Problem((*at, "documents", i, "field"), f"没有名为“{need.field}”的数字栏")
        own: dict[str, Entry] = {f.field: f for f in step.fields}
        yield from _twice((*at, "fields"), "field", [f.field for f in step.fields])
        chosen = own.get(step.by or "")
        if step.by and (chosen is None or set(chosen.choices) != set(step.outcomes) or chosen.optional):
            yield Problem((*at, "outcomes"), f"outcomes 应恰好对应必填选项栏“{step.by}”的各个选项")
        if step.dated and (step.dated not in own or own[step.dated].kind != "date" or not own[step.dated].past):
            yield Problem((*at, "dated"), "dated 应为本步骤中不得晚于当日的日期栏（past: true）")
        for i, span in enumerate(step.waits):
            yield from self.span((*at, "waits", i), span)
        if step.until:
            yield from self.span((*at, "until"), step.until)
        named = [
            *(n.step for n in step.needs),
            *(s for a in step.apart for s in a.steps),
            *(step.people.apart if step.people else ()),
            *(f.unless for f in step.facts if f.unless),
            *(s for e in step.fields for s in e.apart),
        ]
        for name in named:
            if name not in self.steps:
                yield Problem(at, f"没有“{name}”这个步骤")
        if step.people and step.people.named and (step.people.named.step, step.people.named.field) not in self.fields:
            yield Problem((*at, "people"), f"步骤“{step.people.named.step}”没有名为“{step.people.named.field}”的栏")
        if step.serves and (step.serves not in own or own[step.serves].kind != "date" or not own[step.serves].past):
            yield Problem((*at, "serves"), "serves 应为本步骤中不得晚于当日的日期栏（past: true）")


def _served(at: Loc, version: ProcedureVersion) -> Iterator[Problem]:
    """What is to be served can be served where it leads."""
    places = {state for s in version.steps if s.serves for state in s.from_}
    for i, step in enumerate(version.steps):
        for state in step.targets if step.served else []:
            if state not in places:
                yield Problem((*at, "steps", i, "served"), f"在“{state}”阶段没有登记送达的步骤（serves）")


def _ways(version: ProcedureVersion, without: str = "") -> set[str]:
    """The states that can be reached when no step with the safeguard ``without`` is ever taken."""
    found: set[str] = set()
    fresh = {t for s in version.steps if not s.from_ for t in s.targets}
    while fresh - found:
        found |= fresh
        steps = [s for s in version.steps if found & set(s.from_) and (not without or s.safeguard != without)]
        fresh = {t for s in steps for t in s.targets if t != SAME}
    return found


def _reached(at: Loc, version: ProcedureVersion) -> Iterator[Problem]:
    if not any(not s.from_ for s in version.steps):
        yield Problem((*at, "steps"), "没有立案的步骤（from: []）")
        return
    reached = _ways(version)
    left = {state for s in version.steps if s.to != SAME for state in s.from_}
    for i, state in enumerate(version.states):
        if state.state not in reached:
            yield Problem((*at, "states", i), f"没有步骤能到达“{state.name}”")
        if state.ends == (state.state in left):
            said = "是终结状态，不应再有后续步骤" if state.ends else "没有后续步骤；终结状态须写 ends: true"
            yield Problem((*at, "states", i), f"“{state.name}”{said}")


def _heard_out(at: Loc, version: ProcedureVersion) -> Iterator[Problem]:
    """A defence is not closed while something may still be asked for: it waits for every term, from its service if so, that another step
    has which is possible before and not after."""
    for i, step in enumerate(version.steps):
        if step.safeguard != "defence":
            continue
        for other in version.steps:
            span = other.until
            if other is step or span is None or span.term is None or not set(step.from_) & set(other.from_):
                continue
            if set(step.targets) <= set(other.from_):
                continue  # it stays possible afterwards
            waits = [w for w in step.waits if w.after == span.after and not w.kinds and (w.served or not span.served)]
            if not any(w.term and _not_shorter(w.term, span.term) for w in waits):
                text = f"“{other.name}”的期限是{span.term.text}，期满前不得办理“{step.name}”：等待期限（waits）不得短于它，并用同一种单位"
                yield Problem((*at, "steps", i, "waits"), text)


def _not_shorter(wait: Term, term: Term) -> bool:
    """In the same unit; where a last day off moves on, it must for both."""
    unit = next(name for name in ("hours", "days", "working_days") if getattr(term, name))
    return bool(getattr(wait, unit) >= getattr(term, unit)) and (wait.rolls or not term.rolls)


def _safe(at: Loc, version: ProcedureVersion, required: list[str]) -> Iterator[Problem]:
    """Nobody decides alone, and an exit is decided after notice, defence and collective review, whatever way a case takes."""
    proposals = {s.step for s in version.steps if s.evidence and s.from_ and SAME not in s.targets}
    for i, step in enumerate(version.steps):
        here: Loc = (*at, "steps", i)
        if step.safeguard == "defence" and not (step.waits or step.needs):
            yield Problem(here, "听取陈述申辩的步骤须有等待期限（waits）")
        if step.safeguard == "review" and (step.people is None or not proposals & set(step.people.apart)):
            yield Problem(here, "集体审议须写参加人数，且提出退出建议的人不得参加（people.apart）")
        if step.safeguard != "decision":
            continue
        if not proposals & {s for a in step.apart for s in a.steps}:
            yield Problem(here, "作出决定的人不得是提出建议的人（apart）")
        if step.right != ["case_decide"]:
            yield Problem((*here, "right"), "作出决定只能由局领导办理（right: [case_decide]）")
        for safeguard in required:
            if set(step.from_) & _ways(version, without=safeguard):
                yield Problem(here, f"不经{SAFEGUARDS[safeguard]}也能到达“{step.name}”")
    if version.steps and not any(s.safeguard == "decision" for s in version.steps):
        yield Problem((*at, "steps"), "没有作出决定的步骤（safeguard: decision）")
