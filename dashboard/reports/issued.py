"""Issued reports in the ledger: the first issue, its revisions with what each changed, and the frozen report as it was signed."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from dashboard.format import fmt_date, fmt_month
from dashboard.ledger import Ledger, audit
from dashboard.ledger.models.monthly import IssuedReport
from dashboard.reports import frozen
from dashboard.reports.content import compose
from dashboard.reports.frozen import Change
from dashboard.reports.model import Cell, Column, Paragraph, Report, Section, Table
from dashboard.warehouse import Warehouse
from etl import clock

ZONE = ZoneInfo("Asia/Shanghai")
LISTED = 200
"""So many changes are listed in a revision; their number is always said."""


class IssueError(Exception):
    """A step that is not possible; the message is Chinese and says why."""


@dataclass(frozen=True)
class Issued:
    """One issue, as kept. ``report`` is the frozen report; ``changes`` what it changed."""

    row: IssuedReport
    changes: list[Change]

    @property
    def report(self) -> Report:
        """The report as it was signed. IssueError where what is kept is not what was signed."""
        found = frozen.load(self.row.content)
        if found.digest != self.row.digest:
            raise IssueError(f"已签发的月报 {self.row.number} 与其校验码不符，不能使用。请系统管理员从备份核对台账。")
        return found

    @property
    def words(self) -> str:
        """``2026年11月5日签发（王某）``."""
        return f"{fmt_date(self.at.date())}签发（{self.row.issued_name}）"

    @property
    def at(self) -> datetime:
        """When it was signed, in the office's time."""
        return datetime.fromtimestamp(self.row.issued_at, ZONE)


class Monthly:
    """The issued reports of one ledger."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger

    def latest(self, area: str, month: str) -> Issued | None:
        """The issue in force of an area's report."""
        asked = select(IssuedReport).where(IssuedReport.area_code == area, IssuedReport.month == month).order_by(IssuedReport.revision.desc()).limit(1)
        with self.ledger.read() as session:
            row = session.scalars(asked).first()
            return _issued(row) if row else None

    def listed(self, areas: Iterable[str]) -> list[Issued]:
        """All issues of these areas, the newest month and revision first."""
        asked = select(IssuedReport).where(IssuedReport.area_code.in_(list(areas)))
        asked = asked.order_by(IssuedReport.month.desc(), IssuedReport.area_code, IssuedReport.revision.desc())
        with self.ledger.read() as session:
            return [_issued(row) for row in session.scalars(asked)]

    def issue(self, found: Report, by: str, name: str, reason: str = "", ip: str = "") -> Issued:
        """Sign what the data give now: the first issue, or a revision that lists what changed. IssueError where there is nothing to sign."""
        before = self.latest(found.area_code, found.month)
        revision, changed = 0, list[Change]()
        if before is not None:
            if before.row.found == substance(found):
                raise IssueError("数据与已签发的月报一致，不需要修订。")
            if not reason:
                raise IssueError("修订须写明原因。")
            revision = before.row.revision + 1
            changed = changes(before, found)
        signed = found if before is None else revised(found, before, revision, changed, reason)
        row = IssuedReport(
            area_code=found.area_code, month=found.month, revision=revision, number=signed.number, data_date=found.data_date.isoformat(),
            run_id=found.run_id, content=frozen.dump(signed), digest=signed.digest, found=substance(found), changes=json.dumps(changed, ensure_ascii=False),
            reason=reason, issued_by=by, issued_name=name, issued_at=int(datetime.now(ZONE).timestamp()),
        )  # fmt: skip
        try:
            with self.ledger.write() as session:
                session.add(row)
                detail = f"数据时点{row.data_date}，变动{len(changed)}处，校验码{row.digest}"
                audit.append(session, by, "签发月报", f"月报 {row.number}", detail, ip)
                session.flush()
                return _issued(row)
        except IntegrityError:
            raise IssueError("另一位同事刚刚签发了这份月报，请刷新后核对。") from None


def current(w: Warehouse, area: str, month: str, rows: bool = False) -> Report:
    """What the snapshot gives for an area and month, the same for whoever may see the whole of it. Unknown outside the reader's scope.

    It is composed as by a reader of just this area: the district's official and the street's must find the same report of a street.
    """
    w.figures([], area, month)
    found = compose(Warehouse(w.snapshot, replace(w.scope, area=w.area(area).code)), area, month, rows=rows)
    return replace(found, area_path=_path(w, area))


def _path(w: Warehouse, area: str) -> str:
    """``拱墅区小河街道``, also for those who see the street alone."""
    names, here = [], w.snapshot.areas.get(area)
    while here is not None:
        names.append(here.name)
        here = w.snapshot.areas.get(here.parent_code or "")
    return "".join(reversed(names))


def in_force(held: Monthly, w: Warehouse, area: str, month: str) -> Issued | None:
    """The issue that this reader gets for an area's report; None where there is none, or where he may see a part of it only."""
    w.figures([], area, month)
    return None if w.scope.providers is not None else held.latest(area, month)


def revised(found: Report, before: Issued, revision: int, changed: list[Change], reason: str) -> Report:
    """The report with its number as a revision, and the list of what changed at its end."""
    month, day = fmt_month(found.month), fmt_date(before.at.date())
    said = f"本期为{month}月报第{revision}次修订，替代{day}签发的{before.row.number}（校验码{before.row.digest[:16]}）。修订原因：{reason}。变动{len(changed)}处。"
    rows = tuple((Cell(c.place), Cell(c.before or "—"), Cell(c.after or "—")) for c in changed[:LISTED])
    note = f"共{len(changed)}处，此处列前{LISTED}处。" if len(changed) > LISTED else ""
    columns = (Column("位置", 2.4), Column("原为", 2), Column("改为", 2))
    listed = (Table("revision", "修订对照", columns, rows, note),) if rows else ()
    section = Section(REVISION, "修订说明", (Paragraph(said), *listed))
    return replace(found, number=f"{found.number}-修{revision}", sections=(*found.sections, section))


REVISION = "revision"
MOMENT = frozenset({REVISION, "quality", "hints"})
"""Chapters that speak of the moment of writing (what was delivered by then, what is to be done next): they differ after every night's run
without anything having been corrected, so they neither call for a revision nor stand in its list."""


def lasting(report: Report) -> Report:
    """The chapters of a report that only a correction of the month's data changes."""
    return replace(report, sections=tuple(s for s in report.sections if s.key not in MOMENT), data_date=date.min)


def substance(report: Report) -> str:
    """The hash by which a report of today is held against a signed one."""
    return lasting(report).digest


def changes(before: Issued, found: Report) -> list[Change]:
    """What the data have changed of a signed report. IssueError where what is kept is not what was signed."""
    return frozen.changes(lasting(before.report), lasting(found))


def _issued(row: IssuedReport) -> Issued:
    said: list[Any] = json.loads(row.changes)
    return Issued(row, [Change(*c) for c in said])


def can_issue(month: str) -> bool:
    """Whether a month is over: a report on a month under way would freeze half of it."""
    return month < f"{clock.today():%Y-%m}"
