"""What people do to their own account: change the password, end sessions, set up the second factor."""

from __future__ import annotations

import time
from dataclasses import dataclass

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session as OrmSession

from dashboard.access import accounts, passwords, totp
from dashboard.access.passwords import AccountError
from dashboard.access.sessions import Identity, Refused, Sessions
from dashboard.ledger import Account, Ledger, LoginFailure, OutsideIdentity, PasswordHistory, RecoveryCode, Session
from dashboard.ledger.audit import append

OWN = "own password"
"""In place of an address: wrong answers of somebody logged in who is asked for his password again."""
HANDLE = 16


@dataclass(frozen=True, slots=True)
class Login:
    """A live session as its owner sees it. ``handle`` names it in a form; ``here`` is the one that asks."""

    handle: str
    created_at: int
    last_seen: int
    ip: str
    agent: str
    way: str
    here: bool


class OwnAccount:
    """The account of one identity. AccountError says in Chinese why something is not done."""

    def __init__(self, ledger: Ledger, sessions: Sessions, identity: Identity, ip: str, agent: str = "") -> None:
        self._ledger, self._sessions, self._who, self._ip, self._agent = ledger, sessions, identity, ip, agent

    def change_password(self, old: str, new: str, again: str) -> str:
        """A new password, and the token of a new session: all others of the account end. AccountError, Busy."""
        if new != again:
            raise AccountError("两次输入的新密码不一致")
        digest_before = self.prove(old)
        passwords.check_strength(new, self._who.username, self._who.display_name)
        with self._ledger.read() as session:
            of_mine = PasswordHistory.account_id == self._who.account_id
            former = session.scalars(select(PasswordHistory.password_hash).where(of_mine).order_by(PasswordHistory.id.desc()).limit(passwords.KEPT))
            passwords.check_new(new, {*former, digest_before})
        digest = passwords.hash_password(new)
        with self._ledger.write() as session:
            account = self._mine(session)
            if account.password_hash != digest_before:
                raise AccountError("密码刚刚被修改，请重新登录")
            accounts.keep_password(session, account, digest, must_change=False)
            accounts.end_all(session, account.id)
            append(session, account.username, "修改密码", account.username, "", self._ip)
            return self._sessions.begin(session, account.id, self._ip, self._agent)

    def logins(self) -> list[Login]:
        """The live sessions of the account, the latest first."""
        now = int(time.time())
        with self._ledger.read() as session:
            found = session.scalars(
                select(Session)
                .where(Session.account_id == self._who.account_id, Session.revoked.is_(False), Session.expires_at > now, Session.stage == "")
                .order_by(Session.created_at.desc(), Session.token_hash)
            ).all()
        return [
            Login(s.token_hash[:HANDLE], s.created_at, s.last_seen, s.ip, s.agent, s.way, s.token_hash == self._who.token_hash) for s in found
        ]

    def end_login(self, handle: str) -> bool:
        """End one of the account's own sessions; False where there is none of this handle."""
        if len(handle) != HANDLE or not handle.isalnum():
            return False
        with self._ledger.write() as session:
            ended = session.execute(
                update(Session)
                .where(Session.account_id == self._who.account_id, Session.token_hash.startswith(handle), Session.revoked.is_(False))
                .values(revoked=True)
            )
            found = bool(getattr(ended, "rowcount", 0))
            if found:
                append(session, self._who.username, "结束会话", self._who.username, "本人", self._ip)
        return found

    def end_other_logins(self) -> int:
        """End all sessions but this one; how many there were."""
        with self._ledger.write() as session:
            ended = accounts.end_all(session, self._who.account_id, but=self._who.token_hash)
            append(session, self._who.username, "结束会话", self._who.username, f"本人，其他 {ended} 个", self._ip)
        return ended

    def second_factor(self) -> int | None:
        """How many recovery codes are left; None without a second factor."""
        with self._ledger.read() as session:
            if not self._mine(session).totp_secret:
                return None
            left = select(RecoveryCode.code_hash).where(RecoveryCode.account_id == self._who.account_id, RecoveryCode.used_at == 0)
            return len(session.scalars(left).all())

    def offer(self) -> tuple[str, str]:
        """A fresh secret and its sealed form for the form that confirms it; nothing is kept until then."""
        secret = totp.new_secret()
        return secret, self._sessions.sealer.seal(f"offer {self._who.account_id}", secret)

    def confirm(self, offered: str, code: str) -> list[str]:
        """Take the offered secret as second factor once a code of it was shown; the recovery codes, to be shown once.

        All other sessions of the account end.
        """
        secret = self._sessions.sealer.open(f"offer {self._who.account_id}", offered, totp.OFFER_SECONDS)
        if secret is None:
            raise AccountError("设置已超时，请用新的二维码重新设置")
        step = totp.accepted(secret, code, 0)
        if step is None:
            raise AccountError("验证码不正确，请核对手机时间后重新输入")
        codes = totp.recovery_codes()
        with self._ledger.write() as session:
            account = self._mine(session)
            if account.totp_secret:
                raise AccountError("已启用两步验证；如需更换，请先停用")
            account.totp_secret, account.totp_step = self._sessions.sealer.seal(f"account {account.id}", secret), step
            session.execute(delete(RecoveryCode).where(RecoveryCode.account_id == account.id))
            session.add_all(RecoveryCode(account_id=account.id, code_hash=self._sessions.sealer.digests(c)[0], used_at=0) for c in codes)
            accounts.end_all(session, account.id, but=self._who.token_hash)
            append(session, account.username, "启用两步验证", account.username, "", self._ip)
        return codes

    def give_up(self, password: str) -> None:
        """Take the second factor off again, for whoever knows the password."""
        self.prove(password)
        with self._ledger.write() as session:
            account = self._mine(session)
            account.totp_secret, account.totp_step = "", 0
            session.execute(delete(RecoveryCode).where(RecoveryCode.account_id == account.id))
            accounts.end_all(session, account.id, but=self._who.token_hash)
            append(session, account.username, "停用两步验证", account.username, "本人", self._ip)

    def outside_identities(self) -> list[tuple[str, str]]:
        """(issuer, subject) of the outside identities that log in as this account."""
        with self._ledger.read() as session:
            found = session.scalars(select(OutsideIdentity).where(OutsideIdentity.account_id == self._who.account_id))
            return [(i.issuer, i.subject) for i in found]

    def prove(self, password: str) -> str:
        """The hash that the password was found to fit; AccountError where it does not, or after too many tries."""
        name, now = self._who.username, int(time.time())
        with self._ledger.read() as session:
            digest = self._mine(session).password_hash
            failure = session.get(LoginFailure, (name, OWN))
            if failure is not None and failure.locked_until > now:
                raise AccountError(f"密码错误次数过多，请 {-(-(failure.locked_until - now) // 60)} 分钟后再试")
        if passwords.matches(digest, password):
            if self._sessions.locked(name, OWN):  # by guesses sent at the same moment
                raise AccountError("密码错误次数过多，请稍后再试")
            return digest
        refused = self._sessions.count_failure(name, OWN, self._ip)
        if isinstance(refused, Refused) and refused.reason == "locked":
            self._end_here()
            raise AccountError("密码错误次数过多，本次登录已结束，请重新登录")
        raise AccountError("当前密码不正确")

    def _end_here(self) -> None:
        with self._ledger.write() as session:
            session.execute(update(Session).where(Session.token_hash == self._who.token_hash).values(revoked=True))

    def _mine(self, session: OrmSession) -> Account:
        account = session.get(Account, self._who.account_id)
        if account is None:
            raise AccountError("账号已不存在")
        return account
