"""Logging in and out, and who a request comes from. The session lives in the ledger; the cookie is only its random name."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import NamedTuple

import structlog
from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session as OrmSession

from dashboard.access import accounts, passwords, reviews, totp
from dashboard.access.scope import ROLES, Scope
from dashboard.access.totp import Sealer
from dashboard.ledger import Account, Ledger, LoginFailure, RecoveryCode, Session
from dashboard.ledger.audit import append

log = structlog.get_logger(__name__)

FAILURES = 5
FIRST_LOCK = 60
LONGEST_LOCK = 3600
SECOND = "second factor"
"""In place of an address: failures of the second factor."""
FORGET_AFTER = 24 * 3600
SEEN_EVERY = 60

CODE_SECONDS = 300
"""How long somebody may take to show the second factor."""

_LOOK_UP = (
    "select s.last_seen, s.expires_at, a.id, a.username, a.display_name, a.role, a.area_code, a.providers, s.stage, s.way, a.must_change,"
    " a.password_changed_at, a.totp_secret <> '' from session s join account a on a.id = s.account_id"
    " where s.token_hash = ? and not s.revoked and a.active and s.created_at >= a.password_changed_at"
    " and not exists (select 1 from account_review r where r.account_id = a.id and r.closed_at = 0)"
)
_SEEN = "update session set last_seen = ? where token_hash = ? and last_seen < ?"


class Identity(NamedTuple):
    """Who a request comes from: the account as it is at this moment, and the scope that follows from it.

    ``pending``: what has to be done before anything else is answered: ``code`` (show the second factor), ``password`` (change it), ``totp`` (set the
    second factor up), empty for nothing.  The ``is_…`` fields are what flask-login asks of a user.
    """

    account_id: int
    username: str
    display_name: str
    role: str
    area_code: str
    scope: Scope
    token_hash: str
    pending: str = ""
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
    """A login that did not succeed: ``wrong`` name, password or code, ``locked`` for ``minutes``, ``busy``, ``unknown`` (outside identity), or ``held``
    (all was right, but a change of the account waits for a second person)."""

    reason: str
    minutes: int = 0


class Sessions:
    """The sessions of one ledger. Thread-safe; holds no state but prepared scopes, so every worker sees a revocation at once.

    ``password_days``: how long a password is good for (0: for good); ``totp_roles``: roles that must have a second factor.
    """

    def __init__(
        self, ledger: Ledger, key: bytes, idle_minutes: int, hours: int, password_days: int = 0, totp_roles: Collection[str] = (),
        former_keys: Iterable[bytes] = (),
    ) -> None:  # fmt: skip
        self._ledger, self._key = ledger, key
        self.sealer = Sealer(key, former_keys)
        self._idle, self._longest = idle_minutes * 60, hours * 3600
        self._password_age, self._totp_roles = password_days * 86400, frozenset(totp_roles)
        self._scopes: dict[tuple[str, str, str], Scope] = {}

    def token_hash(self, token: str) -> str:
        """What the ledger keeps of a token."""
        return hmac.new(self._key, token.encode("utf-8", "replace"), hashlib.sha256).hexdigest()

    def identity(self, token: str | None) -> Identity | None:
        """Who holds this token; None where it is unknown, revoked, expired or idle for too long, or the account is disabled or held.

        One look-up by primary key and, once a minute, one write.
        """
        if not token or len(token) > 128:
            return None
        digest = self.token_hash(token)
        row = self._ledger.fetch(_LOOK_UP, (digest,))
        if row is None:
            return None
        (last_seen, expires_at, account_id, username, display_name, role, area_code, providers, stage, way, must_change, changed_at, second) = row
        now = int(time.time())
        if now >= expires_at or now - last_seen > self._idle or role not in ROLES:
            return None
        if now - last_seen >= SEEN_EVERY:
            try:
                self._ledger.execute(_SEEN, (now, digest, now), urgent=False)  # else at the next view
            except Exception as error:  # a view must not fail because another writer is slow
                log.warning("session_not_touched", error=type(error).__name__)
        scope = self._scopes.get((role, area_code, providers))
        if scope is None:
            scope = self._scopes[role, area_code, providers] = Scope.of(role, area_code, accounts.provider_set(providers))
        pending = stage
        if not pending and way == "password":
            if must_change or (self._password_age and now - changed_at > self._password_age):
                pending = "password"
            elif not second and role in self._totp_roles:
                pending = "totp"
        return Identity(account_id, username, display_name, role, area_code, scope, digest, pending)

    def log_in(self, username: str, password: str, ip: str, agent: str = "") -> str | Refused:
        """A new token for the right name and password. Equal work, equal answers and equal locks whether or not the name exists.

        Where the account has a second factor, the token is good for nothing but showing it.
        """
        name = accounts.plain_name(username)
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
        with self._ledger.write() as session:
            same = session.get(Account, account.id)
            if same is None or not same.active or same.password_hash != account.password_hash:
                return Refused("wrong")  # changed while the password was being checked
            # Guesses sent at once all find the door open; those that others have closed behind them do not count, be they right.
            failure = session.get(LoginFailure, (name, ip))
            if failure is not None and failure.locked_until > int(time.time()):
                return Refused("locked", minutes=-(-(failure.locked_until - int(time.time())) // 60))
            session.execute(delete(Session).where((Session.expires_at < now) | (Session.last_seen < now - self._idle)))
            session.execute(
                delete(LoginFailure).where((LoginFailure.last_at < now - FORGET_AFTER) & (LoginFailure.locked_until < now))
            )
            session.execute(delete(LoginFailure).where(LoginFailure.username == name, LoginFailure.ip == ip))
            if reviews.is_held(session, account.id):
                append(session, account.username, "登录未成", "", "账号变更待复核", ip)
                return Refused("held")
            token = self.begin(session, account.id, ip, agent, stage="code" if same.totp_secret else "")
            append(session, account.username, "登录", "", "待两步验证" if same.totp_secret else "", ip)
        return token

    def begin(self, session: OrmSession, account_id: int, ip: str, agent: str, stage: str = "", way: str = "password") -> str:
        """Within a writing transaction: a session, and the token that the browser is given for it."""
        token, now = secrets.token_urlsafe(32), int(time.time())
        session.add(
            Session(
                token_hash=self.token_hash(token), account_id=account_id, created_at=now, last_seen=now, ip=ip, agent=agent[:200],
                expires_at=now + (CODE_SECONDS if stage else self._longest), stage=stage, way=way,
            )
        )  # fmt: skip
        return token

    def show_code(self, identity: Identity, code: str, ip: str, agent: str = "") -> str | Refused:
        """A new, complete token for the right code of the second factor, or for a recovery code not used before.

        Wrong codes are counted by account: only who knows the password gets here, so a lock shuts out nobody else.
        """
        name, now = identity.username, int(time.time())
        try:
            with self._ledger.write() as session:
                failure = session.get(LoginFailure, (name, SECOND))
                if failure is not None and failure.locked_until > now:
                    return Refused("locked", minutes=-(-(failure.locked_until - now) // 60))
                account = session.get(Account, identity.account_id, with_for_update=True)
                if account is None or not self._code_fits(session, account, code):
                    return self._count_failure(session, name, SECOND, now, ip)
                session.execute(delete(LoginFailure).where(LoginFailure.username == name, LoginFailure.ip == SECOND))
                ended = session.execute(
                    update(Session).where(Session.token_hash == identity.token_hash, Session.revoked.is_(False)).values(revoked=True)
                )
                if not getattr(ended, "rowcount", 0):
                    return Refused("wrong")  # used up by another request at the same moment
                token = self.begin(session, account.id, ip, agent)
                append(session, name, "两步验证", "", "", ip)
                return token
        except IntegrityError:
            return Refused("wrong")

    def _code_fits(self, session: OrmSession, account: Account, code: str) -> bool:
        secret = self.sealer.open(f"account {account.id}", account.totp_secret)
        step = totp.accepted(secret, code, account.totp_step) if secret else None
        if step is not None:
            account.totp_step = step
            return True
        digests = self.sealer.digests(code)
        of_this = (RecoveryCode.account_id == account.id, RecoveryCode.code_hash.in_(digests), RecoveryCode.used_at == 0)
        spare = session.scalar(select(RecoveryCode).where(*of_this).with_for_update())
        if spare is None:
            return False
        spare.used_at = int(time.time())
        append(session, account.username, "使用备用验证码", "", "", "")
        return True

    def locked(self, name: str, instead: str) -> bool:
        """Whether a name is locked now, at an address or at the word that stands in its place."""
        with self._ledger.read() as session:
            failure = session.get(LoginFailure, (name, instead))
            return failure is not None and failure.locked_until > int(time.time())

    def count_failure(self, name: str, instead: str, ip: str) -> Refused:
        """Count a wrong password of somebody logged in, under a word that stands in place of the address."""
        with self._ledger.write() as session:
            return self._count_failure(session, name, instead, int(time.time()), ip)

    def _failed(self, name: str, ip: str, now: int) -> Refused:
        """Count a failure; from the fifth on the pair of name and address is locked, each time twice as long, an hour at most."""
        try:
            with self._ledger.write() as session:
                return self._count_failure(session, name, ip, now)
        except IntegrityError:  # the same first failure at the same moment, on a database without a writer's lock
            return Refused("wrong")

    def _count_failure(self, session: OrmSession, name: str, ip: str, now: int, seen_at: str = "") -> Refused:
        """``seen_at``: the address for the audit trail where failures are not counted by address."""
        failure = session.get(LoginFailure, (name, ip), with_for_update=True)
        if failure is None or failure.last_at < now - FORGET_AFTER:
            failure = session.merge(LoginFailure(username=name, ip=ip, failed_count=0, locked_until=0, last_at=now))
        failure.failed_count += 1
        failure.last_at = now
        if failure.failed_count < FAILURES:
            append(session, name, "登录失败", "", f"第 {failure.failed_count} 次", seen_at or ip)
            return Refused("wrong")
        seconds = min(FIRST_LOCK * 2 ** min(failure.failed_count - FAILURES, 10), LONGEST_LOCK)
        failure.locked_until = now + seconds
        append(session, name, "登录锁定", "", f"连续失败 {failure.failed_count} 次，锁定 {seconds // 60} 分钟", seen_at or ip)
        return Refused("locked", minutes=-(-seconds // 60))

    def log_out(self, identity: Identity, ip: str) -> None:
        """End the session for good, in every worker."""
        with self._ledger.write() as session:
            session.execute(update(Session).where(Session.token_hash == identity.token_hash).values(revoked=True))
            append(session, identity.username, "退出登录", "", "", ip)
