"""Cases under a clock of their own: procedures of the default region, people with rights, and a ledger."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from dashboard import ledger
from dashboard.cases.calendar import calendar
from dashboard.cases.course import Act, Actor
from dashboard.cases.dossier import Dossier
from dashboard.cases.evidence import Evidence, canonical
from dashboard.cases.files import Upload
from dashboard.cases.procedure import procedures
from dashboard.cases.store import Cases, Subject, Taken
from dashboard.reports import notice
from etl import clock
from etl.paths import DEFAULT_REGION

RIGHTS = frozenset({"case_open", "case_step", "case_field", "case_review", "case_decide"})
PDF = b"%PDF-1.4 a scanned paper"
PEOPLE = {
    "chen": Actor("chen", "陈晓", frozenset({"case_open", "case_step", "case_field", "case_review"})),
    "lin": Actor("lin", "林敏", frozenset({"case_open", "case_step", "case_field", "case_review"})),
    "zhou": Actor("zhou", "周局长", frozenset({"case_review", "case_decide"})),
    "street": Actor("street", "街道经办", frozenset({"case_field"})),
    "guest": Actor("guest", "查阅", frozenset()),
}
HOME = Subject("P0001", "某养老院", "养老机构", "330105001051", ("330105000000", "330105001000", "330105001051"))
FROZEN = Evidence("20261105T020000", "2026-10", "试行-1", canonical({
    "rating": [{"month": "2026-10", "star": 1, "score": 31.5}],
    "exit_reason": [{"rule": "two_one_star_months", "sentence": "2026-10评为1星（31.5分）"}],
}))  # fmt: skip
FINE = Evidence("20261105T020000", "2026-10", "试行-1", canonical({
    "rating": [{"month": "2026-10", "star": 5, "score": 96.0}], "exit_reason": [{"rule": "case_opened", "sentence": "2026-11-02立案关注"}],
}))  # fmt: skip
"""Figures that meet no criterion: that a case was opened is not a ground for it."""
GRAVE = Evidence("20261105T020000", "2026-10", "试行-1", canonical({"exit_reason": [{"rule": "demerits_12", "sentence": "记满12分"}]}))


@dataclass
class Desk:
    """Where the tests work: a ledger with cases, and the moment that everybody's clock shows."""

    cases: Cases
    now: datetime
    written: dict[str, str] = field(default_factory=dict)
    made: list[tuple[str, str]] = field(default_factory=list)
    evidence: Evidence = FROZEN

    def at(self, text: str) -> Desk:
        self.now = datetime.fromisoformat(text)
        return self

    def later(self, **span: int) -> Desk:
        self.now += timedelta(**span)
        return self

    def make(self, paper: Any, number: str, before: Dossier, act: Act, now: datetime) -> bytes:
        """The words of the paper as the product writes them, without the layout."""
        self.made.append((paper.document, number))
        numbers = {d.kind: d.number for d in before.documents if d.number}
        said = notice.compose(paper, notice.Writing(before, act, now, "区民政局", self.cases.calendar, numbers))
        self.written[paper.document] = text = "\n".join((said.title, said.addressee, *said.blocks))
        assert "{" not in text and "None" not in text, text
        return text.encode()

    def open(self, by: str = "chen", subject: Subject = HOME, fields: dict[str, str] | None = None, papers: tuple[str, ...] = ("watch_record",),
             **more: Any) -> Dossier:  # fmt: skip
        uploads = [Upload(kind, f"{kind}.pdf", PDF) for kind in papers]
        taken = Taken(Act("open", {"reason": "连续两个月一星"} | (fields or {})), uploads, evidence=self.evidence, **more)
        return self.cases.open("exit", subject, PEOPLE[by], taken, self.make)

    def take(
        self, case: Dossier, step: str, by: str, papers: tuple[str, ...] = (), people: tuple[str, ...] = (), **fields: str
    ) -> Dossier:
        uploads = [Upload(kind, f"{kind}.pdf", PDF) for kind in papers]
        taken = Taken(Act(step, fields, people=people), uploads, case.seen, evidence=self.evidence if case.row.provider_id else None)
        return self.cases.take(case.row.id, PEOPLE[by], taken, self.make)

    def serve(self, case: Dossier, by: str = "chen", on: str = "") -> Dossier:
        """Record that the paper just made was served, today unless told."""
        return self.take(case, "serve", by, ("service_proof",), served_on=on or f"{self.now:%Y-%m-%d}", way="直接送达")

    def order(self, case: Dossier, hazard: str = "7日整改") -> Dossier:
        """The order to rectify, made and served."""
        return self.serve(self.take(case, "order_rectification", "chen", hazard=hazard, problems="消防通道堵塞", demands="立即清理"))

    def announce(self, case: Dossier, held_on: str, host: str = "郑伟") -> Dossier:
        """The notice of the hearing, made and served."""
        return self.serve(self.take(case, "notify_hearing", "chen", held_on=held_on, place="区民政局", host=host))

    def fresh(self, case: Dossier) -> Dossier:
        return self.cases.case(case.row.id)


@pytest.fixture(scope="session")
def new_ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ledger as it is when new, to copy: making one takes a second."""
    path = tmp_path_factory.mktemp("ledger") / "ledger.sqlite"
    made = ledger.open(f"sqlite:///{path}")
    made.execute("pragma wal_checkpoint(truncate)", [])
    made.close()
    return path


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, new_ledger: Path) -> Desk:
    rules = procedures(DEFAULT_REGION / "policies", RIGHTS)
    shutil.copy(new_ledger, tmp_path / "ledger.sqlite")
    book = ledger.open(f"sqlite:///{tmp_path / 'ledger.sqlite'}")
    made = Desk(Cases(book, "330105000000", rules, calendar(), tmp_path / "files"), datetime(2026, 11, 2, 9, 0))
    monkeypatch.setattr(clock, "now", lambda: made.now)
    return made


@pytest.fixture
def notified(desk: Desk) -> Callable[[], Dossier]:
    """A case of a nursing home brought to the notice of exit, made and served on 2026-11-30."""

    def bring() -> Dossier:
        case = desk.order(desk.open())
        case = desk.at("2026-11-16T09:00").take(
            case, "reinspect", "lin", ("inspection_record",), ("林敏", "王芳"), result="不合格", found="仍未清理"
        )
        case = desk.serve(desk.take(case, "summon", "chen", held_on="2026-11-19", place="区民政局", reason="复查不合格"))
        case = desk.at("2026-11-19T09:00").take(
            case, "interview", "chen", ("interview_minutes",), ("陈晓", "王芳"), said="单位承认问题"
        )
        case = desk.take(case, "propose", "chen", facts="消防通道长期堵塞", grounds="逾期未整改")
        return desk.serve(desk.at("2026-11-30T09:00").take(case, "notify", "lin"))

    return bring
