"""Cases in the ledger: listed within a scope, and moved on by steps that are appended, each with its audit line in the same transaction."""

from __future__ import annotations

import json
import secrets
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Select, func, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session as OrmSession

from dashboard.cases import dossier, files, grounds, machine
from dashboard.cases.calendar import Calendar
from dashboard.cases.course import Act, Actor, File, Refusal
from dashboard.cases.dossier import STATUSES, Dossier
from dashboard.cases.evidence import Evidence, canonical, digest
from dashboard.cases.model import Paper, Procedure
from dashboard.ledger import Ledger, audit
from dashboard.ledger.models.cases import Case, CaseDocument, CaseEvidence, CaseParty, CaseResettlement, CaseStep
from etl import clock

_Row = TypeVar("_Row", CaseStep, CaseDocument, CaseEvidence, CaseParty, CaseResettlement)
_LOCK = 0x79_67_63_61_73_65  # on PostgreSQL one writer of cases at a time, as SQLite has it anyway


class NoCaseError(LookupError):
    """No such case for this reader: forbidden and missing are answered alike."""


class RefusedError(Exception):
    """A step that the rules do not allow; ``refusals`` say why, each in one sentence."""

    def __init__(self, refusals: Sequence[Refusal]) -> None:
        self.refusals = list(refusals)
        super().__init__("；".join(r.sentence for r in refusals))


class ConflictError(Exception):
    """Somebody else was faster; the message says who did what."""


@dataclass(frozen=True)
class Taken:
    """A step to be taken: what the form says, its files, how many steps its page showed, and its own token.

    ``concerned``: the elders whom the impact assessment names now; None where there is none to go by.
    """

    act: Act
    uploads: Sequence[files.Upload] = ()
    seen: int = 0
    token: str = ""
    evidence: Evidence | None = None
    concerned: frozenset[str] | None = None


@dataclass(frozen=True)
class Subject:
    """Who a case is about: the provider on the register, or an applicant (``provider_id`` empty). ``area_path`` district first.

    ``registered``: the provider in business that holds the applicant's credit code; ``formerly``: a sentence on who held it and left.
    """

    provider_id: str
    name: str
    kind: str
    area_code: str
    area_path: Sequence[str] = field(default_factory=tuple)
    registered: str = ""
    formerly: str = ""


Make = Callable[[Paper, str, Dossier, Act, datetime], bytes]
"""Writes a document: its kind, its number, the case as it was before the step, the step, the moment."""


class Cases:
    """The cases that one scope may see. ``area``: the scope's own area; a case is seen where this lies on its way up to the district."""

    def __init__(self, ledger: Ledger, area: str, procedures: Mapping[str, Procedure], calendar: Calendar, folder: Path,
                 providers: frozenset[str] | None = None) -> None:  # fmt: skip
        self.ledger, self.area, self.procedures, self.calendar, self.folder = ledger, area, procedures, calendar, folder
        self.providers = providers

    # ------------------------------------------------------------------ reading

    def _mine(self) -> Select[Case]:
        """The one place where the scope enters."""
        mine = select(Case).where(Case.area_path.contains(self.area, autoescape=True), Case.procedure.in_(list(self.procedures)))
        return mine if self.providers is None else mine.where(Case.provider_id.in_(sorted(self.providers)))

    def listed(self, procedure: str = "") -> list[Dossier]:
        """All cases, of one kind or of every kind, the newest first."""
        mine = self._mine().order_by(Case.id.desc())
        with self.ledger.read() as session:
            return self._dossiers(session, list(session.scalars(mine.where(Case.procedure == procedure) if procedure else mine)))

    def of_provider(self, provider_id: str) -> list[Dossier]:
        """The cases of one provider, the newest first."""
        with self.ledger.read() as session:
            mine = self._mine().where(Case.provider_id == provider_id).order_by(Case.id.desc())
            return self._dossiers(session, list(session.scalars(mine)))

    def case(self, ident: object) -> Dossier:
        """One case; NoCaseError where it is not there for this reader."""
        with self.ledger.read() as session:
            return self._one(session, ident)

    def _one(self, session: OrmSession, ident: object) -> Dossier:
        number = (
            int(ident)
            if isinstance(ident, int | str) and str(ident).isascii() and str(ident).isdigit() and len(str(ident)) < 10
            else 0
        )
        row = session.scalars(self._mine().where(Case.id == number)).first()
        if row is None:
            raise NoCaseError("case")
        return self._dossiers(session, [row])[0]

    def document(self, case: object, document: int) -> tuple[CaseDocument, bool]:
        """A document of a case, and whether it may name elders; NoCaseError."""
        here = self.case(case)
        found = next((d for d in here.documents if d.id == document), None)
        if found is None:
            raise NoCaseError("document")
        return found, here.persons(found)

    def content(self, document: CaseDocument) -> bytes:
        """The bytes of a document; FileError where they are gone or changed."""
        return files.fetch(self.folder, document.sha256)

    def _dossiers(self, session: OrmSession, rows: Sequence[Case]) -> list[Dossier]:
        ids = [row.id for row in rows]

        def by_case(model: type[_Row], order: object) -> dict[int, list[_Row]]:
            found = defaultdict[int, list[_Row]](list)
            for part in (ids[k : k + 500] for k in range(0, len(ids), 500)):
                for row in session.scalars(select(model).where(model.case_id.in_(part)).order_by(order)):  # type: ignore[arg-type]
                    found[row.case_id].append(row)
            return found

        steps, papers = by_case(CaseStep, CaseStep.seq), by_case(CaseDocument, CaseDocument.id)
        proofs, people = by_case(CaseEvidence, CaseEvidence.id), by_case(CaseParty, CaseParty.id)
        elders = by_case(CaseResettlement, CaseResettlement.id)
        made = []
        for row in rows:
            latest = tuple({e.elder_id: e for e in elders[row.id]}.values())
            procedure = self.procedures[row.procedure]
            done = tuple(dossier.done(s, papers[row.id], people[row.id]) for s in steps[row.id])
            version = procedure.version(row.policy_version)
            known = dossier.facts(latest) | dossier.at_opening(version, done, proofs[row.id])
            file = File(procedure.title, version, row.kind, done, known)
            made.append(Dossier(row, procedure, file, tuple(steps[row.id]), tuple(papers[row.id]), tuple(proofs[row.id]),
                                tuple(people[row.id]), latest))  # fmt: skip
        return made

    # ------------------------------------------------------------------ doing

    def open(self, procedure: str, subject: Subject, actor: Actor, taken: Taken, make: Make, ip: str = "") -> Dossier:
        """Open a case. RefusedError, ConflictError (one of this provider or credit code runs already), FileError."""
        rules, now = self.procedures[procedure], clock.now()
        version = rules.version_at(f"{now:%Y-%m}")
        if version is None:
            raise RefusedError([Refusal("step", f"《{rules.title}》尚未生效")])
        if self.area not in (*subject.area_path, subject.area_code):
            raise NoCaseError("area")
        with _Writing(self.ledger) as session:
            again = self._again(session, taken.token)
            if again is not None:
                return again
            others = select(Case).where(
                Case.procedure == procedure, Case.provider_id == subject.provider_id, Case.name == subject.name
            )
            for other in self._dossiers(session, list(session.scalars(others))):
                if other.file.state is not None and not other.file.state.ends:
                    raise ConflictError(f"{subject.name}已有{rules.short}案 {other.row.number} 在办，请在该案中办理")
            if rules.subject == "applicant":
                self._code_is_free(session, rules, subject, taken.act.fields.get("credit_code", "").strip())
            serial = 1 + (
                session.scalar(select(func.count()).select_from(Case).where(Case.number.like(f"{version.mark}〔{now.year}〕%")))
                or 0
            )
            row = Case(
                number=f"{version.mark}〔{now.year}〕{serial:04d}号", procedure=procedure, policy_version=version.version,
                provider_id=subject.provider_id, name=subject.name, kind=subject.kind, area_code=subject.area_code,
                area_path="/".join(subject.area_path), opened_at=dossier.seconds(now), opened_by=actor.username,
            )  # fmt: skip
            session.add(row)
            session.flush()
            blank = Dossier(row, rules, File(rules.title, version, subject.kind))
            return self._append(session, blank, actor, taken, now, make, ip, subject.formerly)

    def _code_is_free(self, session: OrmSession, rules: Procedure, subject: Subject, code: str) -> None:
        """A credit code is admitted once: RefusedError where a provider in business or an admitted applicant holds it, ConflictError where one applies."""
        if not code:
            return  # told among the entries
        if subject.registered:
            said = f"统一社会信用代码{code}已登记为“{subject.registered}”，不得重复准入（《{rules.title}》第四条）"
            raise RefusedError([Refusal("entry", said)])
        held = CaseStep.fields.contains(f'"credit_code":{json.dumps(code)}', autoescape=True)
        others = select(Case).where(Case.provider_id == "", Case.id.in_(select(CaseStep.case_id).where(held)))
        for other in self._dossiers(session, list(session.scalars(others))):
            state = other.file.state
            if state is not None and not state.ends:
                raise ConflictError(f"统一社会信用代码{code}已有{rules.short}案 {other.row.number}（{other.row.name}）在办，请在该案中办理")
            if state is not None and state.publish and not subject.formerly:
                said = f"统一社会信用代码{code}已由“{other.row.name}”经 {other.row.number} 案准入，不得重复准入（《{rules.title}》第四条）"
                raise RefusedError([Refusal("entry", said)])

    def take(self, ident: object, actor: Actor, taken: Taken, make: Make, ip: str = "") -> Dossier:
        """Take a step. NoCaseError, RefusedError (nothing is kept, but the attempt is on the audit trail), ConflictError, FileError."""
        now = clock.now()
        try:
            with _Writing(self.ledger) as session:
                again = self._again(session, taken.token)
                if again is not None:
                    return again
                here = self._one(session, ident)
                if here.seen != taken.seen:
                    last = here.steps[-1]
                    name = getattr(here.file.version.step(last.step), "name", last.step)
                    raise ConflictError(f"{last.by_name}已在您打开本页之后办理了“{name}”，您的操作没有保存。请核对最新情况后再办")
                return self._append(session, here, actor, taken, now, make, ip)
        except RefusedError as refused:
            audit.record(
                self.ledger, actor.username, "案件步骤被拒", f"case:{ident} {taken.act.step}"[:200], str(refused)[:1000], ip
            )
            raise

    def _again(self, session: OrmSession, token: str) -> Dossier | None:
        """The case of a form that was sent before: sending it twice does it once."""
        known = session.scalars(select(CaseStep.case_id).where(CaseStep.token == token)).first() if token else None
        return None if known is None else self._one(session, known)

    def _append(
        self, session: OrmSession, here: Dossier, actor: Actor, taken: Taken, now: datetime, make: Make, ip: str, note: str = ""
    ) -> Dossier:
        act = replace(taken.act, documents=frozenset(u.kind for u in taken.uploads))
        found = grounds.shown(here.file.version, taken.evidence.content if taken.evidence else "")
        file = replace(here.file, facts=here.file.facts | found)
        against = machine.refusals(file, actor, act, now, self.calendar)
        against += dossier.forgotten(here, act.step, taken.concerned)
        if here.steps and dossier.seconds(now) < here.steps[-1].at:
            against.append(Refusal("early", "服务器时间早于上一步的办理时间，请系统管理员核对时钟"))
        if against:
            raise RefusedError(against)
        step = here.file.version.step(act.step)
        if step is None:  # refused above
            raise NoCaseError("step")
        state, measure = machine.target(step, act.fields, here.file.done[-1].state if here.file.done else "")
        seq, written = here.seen + 1, dossier.written(step, act)
        papers = [self._kept(here, seq, upload) for upload in taken.uploads]
        for need in machine.needed(step, here.file, act.fields):
            paper = here.file.version.paper(need.document)
            if paper.made:
                papers.append(self._made(session, here, seq, paper, replace(act, fields=written), now, make))
        proof = (taken.evidence or dossier.of_the_file(here, written, papers, now)) if step.evidence else None
        said = dossier.sentence(here, actor, step, written, state) + (f"。{note}" if note else "")
        row = CaseStep(
            case_id=here.row.id, seq=seq, step=step.step, state=state, at=dossier.seconds(now), by=actor.username, by_name=actor.name, sentence=said,
            fields=canonical(written), measure=measure or "", document_no=next((p.number for p in papers if p.number), ""),
            token=taken.token or secrets.token_hex(16),
        )  # fmt: skip
        before = here.steps[-1].digest if here.steps else ""
        row.digest = digest(canonical([
            before, here.row.number, row.seq, row.step, row.state, row.at, row.by, row.fields, row.measure, list(act.people),
            [[p.kind, p.number, p.sha256] for p in papers], proof.sha256 if proof else "",
        ]))  # fmt: skip
        people = (
            [CaseParty(case_id=here.row.id, seq=seq, role=step.people.name, name=n) for n in act.people] if step.people else []
        )
        if proof:
            session.add(CaseEvidence(case_id=here.row.id, seq=seq, run_id=proof.run_id, month=proof.month, policy_version=proof.policy_version,
                                     content=proof.content, sha256=proof.sha256))  # fmt: skip
        session.add_all([row, *papers, *people])
        session.flush()
        audit.append(session, actor.username, "案件步骤", f"{here.row.number} {step.name}", f"{said}；校验码 {row.digest}", ip)
        return self._dossiers(session, [here.row])[0]

    def _kept(self, here: Dossier, seq: int, upload: files.Upload) -> CaseDocument:
        media = files.media_of(upload)
        name = next((p.name for p in here.file.version.documents if p.document == upload.kind and not p.made), None)
        if name is None:
            raise files.FileError("没有这种材料")
        filename = files.plain_name(upload.filename)
        return CaseDocument(
            case_id=here.row.id, seq=seq, kind=upload.kind, name=name, filename=filename, media=media, size=len(upload.content),
            sha256=files.keep(self.folder, upload.content),
        )  # fmt: skip

    def _made(
        self, session: OrmSession, here: Dossier, seq: int, paper: Paper, act: Act, now: datetime, make: Make
    ) -> CaseDocument:
        last = select(func.max(CaseDocument.serial)).where(CaseDocument.series == paper.mark, CaseDocument.year == now.year)
        found = CaseDocument(
            case_id=here.row.id, seq=seq, kind=paper.document, name=paper.name, series=paper.mark, year=now.year,
            serial=1 + (session.scalar(last) or 0), filename=f"{here.row.name[:60]}_{paper.name}.docx", media=files.DOCX,
        )  # fmt: skip
        content = make(paper, found.number, here, act, now)
        found.size, found.sha256 = len(content), files.keep(self.folder, content)
        return found

    def settle(self, ident: object, actor: Actor, rows: Iterable[CaseResettlement], ip: str = "") -> Dossier:
        """Append what is planned or settled for elders, while that is on; RefusedError otherwise."""
        now = clock.now()
        with _Writing(self.ledger) as session:
            here = self._one(session, ident)
            state = here.file.state
            if state is None or not dossier.on_resettlement(here.file):
                raise RefusedError(
                    [Refusal("order", f"退出决定作出以后、清算以前方可登记安置（《{here.procedure.title}》第十四条）")]
                )
            if not actor.rights & {"case_step", "case_field"}:
                raise RefusedError([Refusal("right", f"您的账号没有登记安置的权限（《{here.procedure.title}》第十四条）")])
            added = list(rows)
            for row in added:
                if row.status not in STATUSES:
                    raise RefusedError([Refusal("entry", f"安置状态只能是{'、'.join(STATUSES)}")])
                row.case_id, row.at, row.by = here.row.id, dossier.seconds(now), actor.username
            session.add_all(added)
            session.flush()
            audit.append(session, actor.username, "登记安置", here.row.number, f"{len(added)} 人次", ip)
            return self._dossiers(session, [here.row])[0]


class _Writing:
    """A writing transaction; on PostgreSQL one at a time, so that numbers and states are read as they will stand."""

    def __init__(self, ledger: Ledger) -> None:
        self._inner = ledger.write()

    def __enter__(self) -> OrmSession:
        session = self._inner.__enter__()
        if session.get_bind().dialect.name == "postgresql":
            session.execute(text("select pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        return session

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> bool | None:
        try:
            return self._inner.__exit__(kind, error, trace)  # type: ignore[arg-type]
        except IntegrityError as failed:
            raise ConflictError("另一人刚刚办理了同一事项，您的操作没有保存。请核对最新情况后再办") from failed
