"""A second person's release: what an administrator does to somebody's way in is worth nothing until somebody else has looked at it.

Otherwise whoever manages accounts could make himself one that sees elders, or take one over.  While a change waits, the account is *held*: its sessions
are dead and no password, code or outside identity opens it.  Nobody releases what he did himself; whoever is held cannot act at all, so no account
of an administrator's own making releases the next one.  A password that comes with a change is in two halves, one for each of the two.

The command line is the machine's own: its changes are in force at once and stand in the same list.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import ColumnElement, exists, func, select
from sqlalchemy.orm import Session as OrmSession

from dashboard.access.passwords import AccountError
from dashboard.access.totp import Sealer
from dashboard.ledger import Account, Ledger
from dashboard.ledger.audit import append
from dashboard.ledger.models.reviews import AccountReview

OPEN = AccountReview.closed_at == 0
LATEST = 50
LETTERS, DIGITS = "abcdefghjkmnpqrstuvwxyz", "23456789"


@dataclass(frozen=True, slots=True)
class Waiting:
    """An account that is held, with what was done to it, the oldest first. ``seen`` names the last of it: what a release stands for."""

    account: Account
    changes: list[AccountReview]

    @property
    def seen(self) -> int:
        return self.changes[-1].id

    def done_by(self, account_id: int) -> bool:
        """Whether somebody may not release it, because it is his own work or his own account."""
        return account_id == self.account.id or any(c.done_by_id == account_id for c in self.changes)


def halves() -> tuple[str, str]:
    """The two halves of a password for a first login, each useless without the other: random, easily read out, together within the rules."""
    return _half().capitalize(), _half()


def _half() -> str:
    letters = "".join(secrets.choice(LETTERS) for _ in range(4))
    rest = "".join(secrets.choice(LETTERS + DIGITS) for _ in range(4))
    return f"{letters}-{rest}{secrets.choice(DIGITS)}"


def note(session: OrmSession, account: Account, act: str, by: str, detail: str = "", half: str = "") -> None:
    """Within a writing transaction: a change of the account's way in by somebody called ``by``, which holds it where that is an account."""
    now = int(time.time())
    doer = session.scalar(select(Account.id).where(Account.username == by))
    session.add(
        AccountReview(
            account_id=account.id, act=act, detail=detail[:600], done_by=by[:64], done_by_id=doer, done_at=now, half=half,
            closed_at=0 if doer is not None else now, closed_by="" if doer is not None else by[:64],
        )
    )  # fmt: skip
    session.flush()


def held(account: type[Account] = Account) -> ColumnElement[bool]:
    """The condition that an account waits for a second person."""
    return exists(select(AccountReview.id).where(AccountReview.account_id == account.id, OPEN))


def is_held(session: OrmSession, account_id: int) -> bool:
    """Whether an account waits for a second person."""
    return session.scalar(select(AccountReview.id).where(AccountReview.account_id == account_id, OPEN).limit(1)) is not None


def forget_halves(session: OrmSession, account_id: int) -> None:
    """Within a writing transaction: a newer password makes the halves of older ones worthless."""
    for one in session.scalars(select(AccountReview).where(AccountReview.account_id == account_id, AccountReview.half != "")):
        one.half = ""


def open_for(ledger: Ledger, account_id: int) -> int:
    """How many held accounts wait for this person: not his own, nor what he had a hand in."""
    found = ledger.fetch(
        "select count(distinct r.account_id) from account_review r where r.closed_at = 0 and r.account_id <> ? and not exists"
        " (select 1 from account_review o where o.account_id = r.account_id and o.closed_at = 0 and o.done_by_id = ?)", (account_id, account_id),
    )  # fmt: skip
    return int(found[0]) if found else 0


def changed(ledger: Ledger) -> str:
    """What answers that show the number of waiting accounts depend on."""
    found = ledger.fetch("select count(*), coalesce(max(id), 0) from account_review where closed_at = 0", ())
    return "-".join(str(int(v)) for v in found or (0, 0))


def waiting(ledger: Ledger) -> list[Waiting]:
    """The accounts that are held, by name."""
    with ledger.read() as session:
        found = session.execute(
            select(Account, AccountReview).join(AccountReview, AccountReview.account_id == Account.id).where(OPEN).order_by(Account.username, AccountReview.id)
        )
        return _grouped((row[0], row[1]) for row in found)


def closed(ledger: Ledger) -> list[tuple[str, AccountReview]]:
    """The latest changes that are in force, with the name of their account, the last first."""
    with ledger.read() as session:
        found = session.execute(
            select(Account.username, AccountReview).join(AccountReview, AccountReview.account_id == Account.id)
            .where(AccountReview.closed_at > 0).order_by(AccountReview.id.desc()).limit(LATEST)
        )  # fmt: skip
        return [(row[0], row[1]) for row in found]


def release(ledger: Ledger, sealer: Sealer | None, username: str, seen: int | None, by: str, ip: str = "") -> str:
    """Put all changes of a held account in force; the second half of its password where one came with them, to be shown once, else empty.

    ``seen``: the last change that the releasing person was shown (None on the command line).  AccountError for an account that is not held or was
    changed since, and for whoever had a hand in it.
    """
    with ledger.write() as session:
        found = _of(session, username, seen, by)
        now, half = int(time.time()), ""
        for change in found.changes:
            half = (sealer.open(sealed_for(username), change.half) or "") if sealer is not None and change.half else half
            change.closed_at, change.closed_by, change.half = now, by[:64], ""
        append(session, by, "复核通过账号变更", found.account.username, _said(found), ip)
    return half


def refuse(ledger: Ledger, username: str, seen: int, by: str, ip: str = "") -> None:
    """Turn the changes of a held account down: it is disabled, and stays held should it be enabled again. AccountError as :func:`release`."""
    with ledger.write() as session:
        found = _of(session, username, seen, by)
        found.account.active = False
        append(session, by, "驳回账号变更", found.account.username, _said(found), ip)


def sealed_for(username: str) -> str:
    """The purpose under which the second half of a password is sealed."""
    return f"half {username.strip().lower()}"


def _of(session: OrmSession, username: str, seen: int | None, by: str) -> Waiting:
    account = session.scalar(select(Account).where(func.lower(Account.username) == username.strip().lower()))
    changes = list(session.scalars(select(AccountReview).where(AccountReview.account_id == account.id, OPEN).order_by(AccountReview.id))) if account else []
    if account is None or not changes:
        raise AccountError(f"账号 {username} 没有待复核的变更")
    found = Waiting(account, changes)
    if seen is not None and found.seen != seen:
        raise AccountError("该账号刚有新的变更，请核对后重新复核")
    doer = session.scalar(select(Account.id).where(Account.username == by))
    if doer is not None and found.done_by(doer):
        raise AccountError("账号变更须由另一人复核，不能复核本人办理的变更或本人的账号")
    return found


def _said(found: Waiting) -> str:
    return "；".join(f"{c.act}（{c.done_by}）{c.detail}" for c in found.changes)


def _grouped(rows: Iterable[tuple[Account, AccountReview]]) -> list[Waiting]:
    found: dict[int, Waiting] = {}
    for account, change in rows:
        found.setdefault(account.id, Waiting(account, [])).changes.append(change)
    return list(found.values())
