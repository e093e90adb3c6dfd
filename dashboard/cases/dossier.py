"""A case as it stands: its rows as read, what they add up to, and whether they are as they were written."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from dashboard.cases import grounds, machine
from dashboard.cases.course import Act, Actor, Done, File, Refusal
from dashboard.cases.evidence import Evidence, canonical, digest
from dashboard.cases.model import Procedure, ProcedureVersion, Step
from dashboard.format import fmt_date
from dashboard.ledger.models.cases import Case, CaseDocument, CaseEvidence, CaseParty, CaseResettlement, CaseStep
from etl import clock

SETTLED = ("已安置", "居家", "自行安排", "不再需要")
PLANNED = ("拟安置", *SETTLED)
STATUSES = ("待落实", *PLANNED)


@dataclass(frozen=True)
class Dossier:
    """A case as it stands: its rows, and the file that the machine works on."""

    row: Case
    procedure: Procedure
    file: File
    steps: tuple[CaseStep, ...] = ()
    documents: tuple[CaseDocument, ...] = ()
    evidence: tuple[CaseEvidence, ...] = ()
    parties: tuple[CaseParty, ...] = ()
    elders: tuple[CaseResettlement, ...] = ()

    def persons(self, document: CaseDocument) -> bool:
        """Whether a document may name elders; so long as the procedure does not say otherwise, it may."""
        return next((p.persons for p in self.file.version.documents if p.document == document.kind), True)

    @property
    def seen(self) -> int:
        """How many steps there are: what a form says it was drawn from."""
        return len(self.steps)


def on_resettlement(file: File) -> bool:
    """Whether the step that asks for settled elders is still ahead, and the one after which they are planned is there to be taken or was."""
    here = file.state.state if file.state else ""
    return any(here in s.from_ for s in file.version.steps if s.about_elders)


def facts(elders: Sequence[CaseResettlement]) -> frozenset[str]:
    found = set()
    if elders and all(e.status in PLANNED for e in elders):
        found.add("elders_planned")
    if elders and all(e.status in SETTLED for e in elders):
        found.add("elders_settled")
    return frozenset(found)


def at_opening(version: ProcedureVersion, steps: Sequence[Done], proofs: Sequence[CaseEvidence]) -> frozenset[str]:
    """Whether a case has grounds by what it was opened on and what came out of it since."""
    first = next((e.content for e in proofs if e.seq == 1), "")
    return grounds.arisen(version, steps[0].fields, first, steps) if steps else frozenset()


def forgotten(here: Dossier, name: str, concerned: frozenset[str] | None) -> list[Refusal]:
    """Against a step that rests on the list of elders: whom the impact assessment names and the list does not."""
    step = here.file.version.step(name)
    missing = len((concerned or frozenset()) - {e.elder_id for e in here.elders})
    asked = step.about_elders if step else None
    if asked is None or not missing:
        return []
    clause = f"《{here.file.title}》{asked.clause}"
    return [Refusal("fact", f"影响评估中还有{missing}名有关老年人未列入安置名单，请先填入名单并逐人写明去向（{clause}）")]


def done(step: CaseStep, papers: Sequence[CaseDocument], people: Sequence[CaseParty]) -> Done:
    return Done(
        step.step, moment(step.at), step.by, step.by_name, step.state, json.loads(step.fields),
        frozenset(p.kind for p in papers if p.seq == step.seq), tuple(p.name for p in people if p.seq == step.seq),
    )  # fmt: skip


def written(step: Step, act: Act) -> dict[str, str]:
    """The entries of the step's own form, nothing else."""
    return {e.field: act.fields[e.field].strip() for e in step.fields if act.fields.get(e.field, "").strip()}


def sentence(here: Dossier, actor: Actor, step: Step, written: Mapping[str, str], state: str) -> str:
    """What the file says of a step: who did what with which outcome, and where the case then stands."""
    version, chosen = here.file.version, f"（{written[step.by]}）" if step.by else ""
    paper = machine.unserved(here.file) if step.serves else None
    taken = version.step(paper.step) if paper else None
    if step.serves and taken:
        named = "、".join(version.paper(n.document).name for n in taken.documents if version.paper(n.document).made)
        chosen = f"（{named}，{fmt_date(written[step.serves])}送达）"
    return f"{actor.name}办理“{step.name}”{chosen}，案件进入“{version.state(state).name}”"


def of_the_file(here: Dossier, written: Mapping[str, str], papers: Sequence[CaseDocument], now: datetime) -> Evidence:
    """The evidence of a case that rests on papers: what was written and handed in so far, with the hash of every file."""
    held = [{"kind": p.kind, "name": p.name, "filename": p.filename, "sha256": p.sha256} for p in (*here.documents, *papers)]
    content = canonical({"steps": [dict(d.fields) for d in here.file.done], "entry": dict(written), "documents": held})
    return Evidence("", f"{now:%Y-%m}", here.row.policy_version, content)


def seconds(at: datetime) -> int:
    return int(at.replace(tzinfo=clock.ZONE).timestamp())


def moment(seconds: int) -> datetime:
    """Seconds since 1970 as local time without zone."""
    return datetime.fromtimestamp(seconds, clock.ZONE).replace(tzinfo=None)


def whole(dossier: Dossier) -> bool:
    """Whether a case is as it was written: its steps lead where they say, every digest and every evidence still hashes to what is filed."""
    before = ""
    if machine.replay(dossier.file) != (dossier.file.state.state if dossier.file.state else None):
        return False
    for step in dossier.steps:
        papers = [[p.kind, p.number, p.sha256] for p in dossier.documents if p.seq == step.seq]
        people = [p.name for p in dossier.parties if p.seq == step.seq]
        proof = next((e for e in dossier.evidence if e.seq == step.seq), None)
        if proof is not None and digest(proof.content) != proof.sha256:
            return False
        before = digest(canonical([
            before, dossier.row.number, step.seq, step.step, step.state, step.at, step.by, step.fields, step.measure, people, papers,
            proof.sha256 if proof else "",
        ]))  # fmt: skip
        if before != step.digest:
            return False
    return True
