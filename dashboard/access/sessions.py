"""Logging in and out, and who a request comes from. The session lives in the ledger; the cookie is only its random name."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from dataclasses import dataclass
from typing import NamedTuple

import structlog
from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session as OrmSession

from dashboard.access import passwords
from dashboard.access.scope import ROLES, Scope
from dashboard.ledger import Account, Ledger, LoginFailure, Session
from dashboard.ledger.audit import append

log = structlog.get_logger(__name__)

FAILURES = 5
FIRST_LOCK = 60
LONGEST_LOCK = 3600
FORGET_AFTER = 24 * 3600
SEEN_EVERY = 60

_LOOK_UP = (
    "select s.last_seen, s.expires_at, a.id, a.username, a.display_name, a.role, a.area_code from session s join account a on a.id = s.account_id"
    " where s.token_hash = ? and not s.revoked and a.active and s.created_at >= a.password_changed_at"
)
_SEEN = "update session set last_seen = ? where token_hash = ? and last_seen < ?"


class Identity(NamedTuple):
    """Who a request comes from: the account as it is at this moment, and the scope that follows from it.

    The ``is_…`` fields are what flask-login asks of a user.
    """

    account_id: int
    username: str
    display_name: str
    role: str
    area_code: str
    scope: Scope
    token_hash: str
    is_authenticated: bool = True
    is_active: bool = True
    is_anonymous: bool = False

    def get_id(self) -> str:
        """The account's id, never its name."""
        return str(self.account_id)

    @property
    def role_name(self) -> str:
        return ROLES[self.role].name


@dataclass(frozen=True, slots=True)
class Refused:
    """A login that did not succeed: ``wrong`` name or password, ``locked`` for ``minutes``, or ``busy``."""

    reason: str
    minutes: int = 0


class Sessions:
    """The sessions of one ledger. Thread-safe; holds no state but prepared scopes, so every worker sees a revocation at once."""

    def __init__(self, ledger: Ledger, key: bytes, idle_minutes: int, hours: int) -> None:
        self._ledger, self._key = ledger, key
        self._idle, self._longest = idle_minutes * 60, hours * 3600
        self._scopes: dict[tuple[str, str], Scope] = {}

    def token_hash(self, token: str) -> str:
        """What the ledger keeps of a token."""
        return hmac.new(self._key, token.encode("utf-8", "replace"), hashlib.sha256).hexdigest()

    def identity(self, token: str | None) -> Identity | None:
        """Who holds this token; None where it is unknown, revoked, expired or idle for too long, or the account is disabled.

        One look-up by primary key and, once a minute, one write.
        """
        if not token or len(token) > 128:
            return None
        digest = self.token_hash(token)
        row = self._ledger.fetch(_LOOK_UP, (digest,))
        if row is None:
            return None
        last_seen, expires_at, account_id, username, display_name, role, area_code = row
        now = int(time.time())
        if now >= expires_at or now - last_seen > self._idle or role not in ROLES:
            return None
        if now - last_seen >= SEEN_EVERY:
            try:
                self._ledger.execute(_SEEN, (now, digest, now))
            except Exception as error:  # a view must not fail because another writer is slow
                log.warning("session_not_touched", error=type(error).__name__)
        scope = self._scopes.get((role, area_code))
        if scope is None:
            scope = self._scopes[role, area_code] = Scope.of(role, area_code)
        return Identity(account_id, username, display_name, role, area_code, scope, digest)

    def log_in(self, username: str, password: str, ip: str) -> str | Refused:
        """A new token for the right name and password. Equal work, equal answers and equal locks whether or not the name exists."""
        name = username.strip().lower()[:64]
        now = int(time.time())
        with self._ledger.read() as session:
            account = session.scalar(select(Account).where(Account.username == name))
            failure = session.get(LoginFailure, (name, ip))
            locked_until = failure.locked_until if failure else 0
        if locked_until > now:
            return Refused("locked", minutes=-(-(locked_until - now) // 60))
        try:
            right = passwords.matches(account.password_hash if account else None, password)
        except passwords.Busy:
            return Refused("busy")
        if not right or account is None or not account.active:
            return self._failed(name, ip, now)
        token = secrets.token_urlsafe(32)
        with self._ledger.write() as session:
            same = session.get(Account, account.id)
            if same is None or not same.active or same.password_hash != account.password_hash:
                return Refused("wrong")  # changed while the password was being checked
            session.execute(delete(Session).where((Session.expires_at < now) | (Session.last_seen < now - self._idle)))
            session.execute(
                delete(LoginFailure).where((LoginFailure.last_at < now - FORGET_AFTER) & (LoginFailure.locked_until < now))
            )
            session.execute(delete(LoginFailure).where(LoginFailure.username == name, LoginFailure.ip == ip))
            session.add(
                Session(
                    token_hash=self.token_hash(token),
                    account_id=account.id,
                    created_at=now,
                    last_seen=now,
                    expires_at=now + self._longest,
                    ip=ip,
                )
            )
            append(session, account.username, "登录", "", "", ip)
        return token

    def _failed(self, name: str, ip: str, now: int) -> Refused:
        """Count a failure; from the fifth on the pair of name and address is locked, each time twice as long, an hour at most."""
        try:
            with self._ledger.write() as session:
                return self._count_failure(session, name, ip, now)
        except IntegrityError:  # the same first failure at the same moment, on a database without a writer's lock
            return Refused("wrong")

    def _count_failure(self, session: OrmSession, name: str, ip: str, now: int) -> Refused:
        failure = session.get(LoginFailure, (name, ip), with_for_update=True)
        if failure is None or failure.last_at < now - FORGET_AFTER:
            failure = session.merge(LoginFailure(username=name, ip=ip, failed_count=0, locked_until=0, last_at=now))
        failure.failed_count += 1
        failure.last_at = now
        if failure.failed_count < FAILURES:
            append(session, name, "登录失败", "", f"第 {failure.failed_count} 次", ip)
            return Refused("wrong")
        seconds = min(FIRST_LOCK * 2 ** min(failure.failed_count - FAILURES, 10), LONGEST_LOCK)
        failure.locked_until = now + seconds
        append(session, name, "登录锁定", "", f"连续失败 {failure.failed_count} 次，锁定 {seconds // 60} 分钟", ip)
        return Refused("locked", minutes=-(-seconds // 60))

    def log_out(self, identity: Identity, ip: str) -> None:
        """End the session for good, in every worker."""
        with self._ledger.write() as session:
            session.execute(update(Session).where(Session.token_hash == identity.token_hash).values(revoked=True))
            append(session, identity.username, "退出登录", "", "", ip)
