"""Drafts of policies in the ledger, each step with its audit line; what is approved is laid where the line reads it."""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, cast

from sqlalchemy import select
from sqlalchemy.orm import Session as OrmSession

from dashboard.ledger import Ledger, audit
from dashboard.ledger.models.accounts import Account
from dashboard.ledger.models.policies import PolicyDraft
from etl import clock
from etl.indicators.base import Indicator, catalogue
from etl.paths import Layout
from etl.policy import load_policies
from etl.policy.load import PolicyError
from etl.policy.model import ExitPolicy, RatingPolicy
from etl.policy.trial import SUBJECTS, Subject, Trial, check_draft, read_draft, try_draft
from etl.region import Region

LARGEST = 400_000
"""Characters of a draft."""
STAGES = {"tried": "已试算，待批准", "approved": "已批准", "rejected": "未批准", "withdrawn": "已撤回"}


class DraftError(Exception):
    """A step that is not possible; the message is Chinese and says why."""


class NoDraftError(LookupError):
    """No such draft."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A draft as it stands, with what its trial gave."""

    row: PolicyDraft
    trial: dict[str, Any]


class Policies:
    """The policies of one region: in force, drafted, decided."""

    def __init__(self, ledger: Ledger, region: Region, layout: Layout, indicators: Mapping[str, Indicator] | None = None) -> None:
        self.ledger, self.region, self.layout = ledger, region, layout
        self.known = catalogue() if indicators is None else indicators

    def in_force(self) -> tuple[RatingPolicy | None, ExitPolicy | None]:
        """The region's policies with the versions approved since. Raises `PolicyError`."""
        return load_policies(self.region.path / "policies", self.known, self.layout.policies)

    def text(self, subject: str) -> str:
        """The file in force, to begin a draft from; KeyError for what is no subject."""
        _ = SUBJECTS[subject]
        name = f"{subject}.yaml"
        approved = self.layout.policies / name
        return (approved if approved.exists() else self.region.path / "policies" / name).read_text(encoding="utf-8")

    def try_out(self, subject: str, text: str, snapshot: Path, by: str, ip: str = "") -> int:
        """Check a draft, try it on a snapshot's latest month, keep both; its number. DraftError with what is wrong, line by line."""
        if subject not in SUBJECTS:
            raise DraftError("请选择评级办法或退出监管办法。")
        if not text.strip() or len(text) > LARGEST:
            raise DraftError("草案为空或过大，请上传一份政策文件（YAML）。")
        rating, leaving = self.in_force()
        in_force = rating if subject == "rating" else leaving
        if in_force is None:
            raise DraftError(f"本地区没有{SUBJECTS[subject]}，请先在地区目录中建立。")
        kind = cast(Subject, subject)
        try:
            draft = self._read(kind, text, in_force)
        except PolicyError as wrong:
            raise DraftError(str(wrong)) from None
        trial = try_draft(snapshot, kind, draft, rating, leaving, self.known)
        with self.ledger.write() as session:
            row = PolicyDraft(
                subject=subject, area_code=self.region.code, version=trial.version, valid_from=trial.valid_from, text=text, sha256=_hash(text),
                result=_json(trial), tried_by=by, tried_at=_now(), stage="tried", decided_by="", decided_at=0, reason="",
            )  # fmt: skip
            session.add(row)
            session.flush()
            detail = f"{SUBJECTS[subject]}“{trial.version}”自{trial.valid_from}，变动{len(trial.moved)}家，校验{row.sha256[:12]}"
            audit.append(session, by, "试算政策草案", f"政策草案 {row.id}", detail, ip)
            return int(row.id)

    def _read(self, kind: Subject, text: str, in_force: RatingPolicy | ExitPolicy) -> RatingPolicy | ExitPolicy:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / f"{kind}.yaml"
            path.write_text(text, encoding="utf-8")
            draft = read_draft(path, kind, self.known)
            check_draft(path, draft, in_force, _this_month())
        return draft

    def listed(self) -> list[Draft]:
        """All drafts, the newest first."""
        with self.ledger.read() as session:
            return [_draft(row) for row in session.scalars(select(PolicyDraft).order_by(PolicyDraft.id.desc()))]

    def names(self) -> dict[str, str]:
        """Account → the person's name, of all who have tried or decided a draft."""
        with self.ledger.read() as session:
            known = session.execute(
                select(Account.username, Account.display_name).where(
                    Account.username.in_(select(PolicyDraft.tried_by).union(select(PolicyDraft.decided_by)))
                )
            )
            return {row.username: row.display_name for row in known}

    def draft(self, number: object) -> Draft:
        """One draft; NoDraftError."""
        with self.ledger.read() as session:
            return _draft(self._find(session, number))

    def decide(self, number: object, decision: Literal["approved", "rejected", "withdrawn"], by: str, reason: str = "", ip: str = "") -> None:
        """Approve or reject somebody else's draft, or withdraw one's own. DraftError where that is not possible."""
        with self.ledger.write() as session:
            row = self._find(session, number)
            if row.stage != "tried":
                raise DraftError(f"该草案{STAGES[row.stage]}，不能再处理。")
            if decision == "withdrawn" and row.tried_by != by:
                raise DraftError("只有提出人可以撤回草案。")
            if decision != "withdrawn" and row.tried_by == by:
                raise DraftError("不能审批本人提出的草案，须由另一人审批。")
            if decision == "rejected" and not reason.strip():
                raise DraftError("不批准须写明理由。")
            if decision == "approved":
                rating, leaving = self.in_force()
                in_force = rating if row.subject == "rating" else leaving
                try:  # something may have been approved, or the month have come, since it was tried
                    self._read(cast(Subject, row.subject), row.text, cast("RatingPolicy | ExitPolicy", in_force))
                except PolicyError as wrong:
                    raise DraftError(f"草案已不能批准，请重新提出：{wrong}") from None
            row.stage, row.decided_by, row.decided_at, row.reason = decision, by, _now(), reason.strip()[:200]
            words = {"approved": "批准政策草案", "rejected": "不批准政策草案", "withdrawn": "撤回政策草案"}[decision]
            audit.append(session, by, words, f"政策草案 {row.id}", f"“{row.version}”自{row.valid_from}，校验{row.sha256[:12]}；{row.reason}", ip)
        lay(self.ledger, self.layout)

    def _find(self, session: OrmSession, number: object) -> PolicyDraft:
        row = session.get(PolicyDraft, int(number)) if isinstance(number, int) or (isinstance(number, str) and number.isascii() and number.isdigit() and len(number) < 9) else None
        if row is None or row.area_code != self.region.code:
            raise NoDraftError(number)
        return row


def lay(ledger: Ledger, layout: Layout) -> None:
    """Lay the files approved last where the line reads them; a file that the ledger does not know is removed. After a restore as well."""
    with ledger.read() as session:
        rows = list(session.scalars(select(PolicyDraft).where(PolicyDraft.stage == "approved").order_by(PolicyDraft.decided_at, PolicyDraft.id)))
        approved = {row.subject: row.text for row in rows}
    for subject in SUBJECTS:
        path = layout.policies / f"{subject}.yaml"
        if subject not in approved:
            path.unlink(missing_ok=True)
        elif not path.exists() or path.read_text(encoding="utf-8") != approved[subject]:
            path.parent.mkdir(parents=True, exist_ok=True)
            unfinished = path.with_suffix(".tmp")
            unfinished.write_text(approved[subject], encoding="utf-8")
            unfinished.replace(path)


def _draft(row: PolicyDraft) -> Draft:
    return Draft(row, json.loads(row.result))


def _json(trial: Trial) -> str:
    told = asdict(trial)
    told["moved"] = [m | {"opens": x.opens} for m, x in zip(told["moved"], trial.moved, strict=True)]
    return json.dumps(told, ensure_ascii=False, sort_keys=True)


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _now() -> int:
    return int(datetime.now(UTC).timestamp())


def _this_month() -> str:
    return f"{clock.now():%Y-%m}"
