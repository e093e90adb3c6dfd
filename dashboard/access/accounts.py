"""Accounts: made, changed, disabled. Every change of what somebody may do ends his sessions at once.

What is done by somebody for somebody else stands here; what people do to their own account stands in ``own_account``.  What an administrator
does here to a way in waits for a second person (``reviews``).
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterable

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session as OrmSession

from dashboard.access import passwords, reviews
from dashboard.access.passwords import AccountError
from dashboard.access.scope import ROLES
from dashboard.ledger import Account, Ledger, LoginFailure, OutsideIdentity, PasswordHistory, RecoveryCode, Session
from dashboard.ledger.audit import append
from etl.region import Region

__all__ = [
    "AccountError", "bind", "clear_second_factor", "create", "end_sessions", "listed", "locks", "set_active", "set_password", "set_place",
    "unbind", "unlock",
]  # fmt: skip

USERNAME = re.compile(r"[a-z][a-z0-9._-]{1,31}")
NO_NAME = "（非用户名）"
"""In place of what was typed as a name and cannot be one: an identity number or a password in the wrong field is kept nowhere."""
MOST_PROVIDERS = 500


def create(
    ledger: Ledger,
    region: Region,
    *,
    username: str,
    password: str,
    role: str,
    area_code: str,
    display_name: str = "",
    by: str = "命令行",
    ip: str = "",
    providers: Iterable[str] | None = None,
    must_change: bool = True,
    digest: str | None = None,
    half: str = "",
) -> None:
    """Make an account; AccountError for a bad name, role, area or password, or a name that is taken.

    The password is good for the first login only (``must_change``).  ``digest``: its hash where that has been made (the demo's passwords, which
    need not follow the rules).  ``providers``: the only providers the account may see; None for all of its area.  ``half``: the sealed second
    half of the password, which a second person takes out with his release.
    """
    username = username.strip().lower()
    if not USERNAME.fullmatch(username):
        raise AccountError("用户名须以小写字母开头，2–32 个字符，只含小写字母、数字和 . _ -")
    _check_place(region, role, area_code)
    only = _provider_set(providers)
    if digest is None:
        passwords.check_strength(password, username, display_name)
        digest = passwords.hash_password(password)
    now = int(time.time())
    with ledger.write() as session:
        if session.scalar(select(Account.id).where(Account.username == username)):
            raise AccountError(f"用户名 {username} 已存在")
        account = Account(
            username=username, display_name=display_name.strip()[:64] or username, role=role, area_code=area_code, password_hash=digest,
            active=True, created_at=now, password_changed_at=now, must_change=must_change, providers=only,
        )  # fmt: skip
        session.add(account)
        session.flush()
        session.add(PasswordHistory(account_id=account.id, password_hash=digest, set_at=now))
        reviews.note(session, account, "建立账号", by, _place(role, area_code, only), half)
        append(session, by, "建立账号", username, _place(role, area_code, only), ip)


def plain_name(typed: str) -> str:
    """The user name that was typed, or ``NO_NAME``."""
    name = typed.strip().lower()[:64]
    return name if USERNAME.fullmatch(name) else NO_NAME


def set_password(ledger: Ledger, username: str, password: str, by: str = "命令行", ip: str = "", half: str = "") -> None:
    """A new password given by somebody else: good for one login, to be changed there; all sessions of the account end. ``half`` as in ``create``."""
    passwords.check_strength(password, username)
    digest = passwords.hash_password(password)
    with ledger.write() as session:
        account = _of_somebody_else(session, username, by)
        keep_password(session, account, digest, must_change=True)
        end_all(session, account.id)
        reviews.forget_halves(session, account.id)
        reviews.note(session, account, "重置密码", by, half=half)
        append(session, by, "重置密码", account.username, "", ip)


def keep_password(session: OrmSession, account: Account, digest: str, must_change: bool) -> None:
    """Within a writing transaction: the account's password from now on, and the history cut to what is asked for."""
    now = int(time.time())
    account.password_hash, account.password_changed_at, account.must_change = digest, now, must_change
    session.add(PasswordHistory(account_id=account.id, password_hash=digest, set_at=now))
    session.flush()
    kept = select(PasswordHistory.id).where(PasswordHistory.account_id == account.id).order_by(PasswordHistory.id.desc()).limit(passwords.KEPT)
    ids = session.scalars(kept).all()
    session.execute(delete(PasswordHistory).where(PasswordHistory.account_id == account.id, PasswordHistory.id.not_in(ids)))


def set_active(ledger: Ledger, username: str, active: bool, by: str = "命令行", ip: str = "") -> None:
    """Enable or disable; all sessions of a disabled account end. AccountError for the last account that may manage accounts."""
    with ledger.write() as session:
        account = _account(session, username)
        if not active:
            _not_the_last(session, account)
            end_all(session, account.id)
        elif not account.active:
            reviews.note(session, account, "启用账号", by)
        account.active = active
        append(session, by, "启用账号" if active else "停用账号", account.username, "", ip)


def set_place(
    ledger: Ledger, region: Region, username: str, role: str, area_code: str, by: str = "命令行", providers: Iterable[str] | None = None, ip: str = ""
) -> None:
    """Another role, area or provider set; all sessions end, so that nobody goes on with what he saw before."""
    _check_place(region, role, area_code)
    only = _provider_set(providers)
    with ledger.write() as session:
        account = _of_somebody_else(session, username, by)
        if role != account.role:
            _not_the_last(session, account)
        before = _place(account.role, account.area_code, account.providers)
        account.role, account.area_code, account.providers = role, area_code, only
        end_all(session, account.id)
        moved = f"{before} → {_place(role, area_code, only)}"
        reviews.note(session, account, "调整权限", by, moved)
        append(session, by, "调整权限", account.username, moved, ip)


def end_sessions(ledger: Ledger, username: str, by: str = "命令行", ip: str = "") -> int:
    """End all sessions of an account; how many there were."""
    with ledger.write() as session:
        account = _account(session, username)
        ended = end_all(session, account.id)
        append(session, by, "结束会话", account.username, f"{ended} 个", ip)
    return ended


def unlock(ledger: Ledger, username: str, by: str = "命令行", ip: str = "") -> None:
    """Forget failed logins of a name from every address."""
    with ledger.write() as session:
        account = _account(session, username)
        session.execute(delete(LoginFailure).where(LoginFailure.username == account.username))
        append(session, by, "解除锁定", account.username, "", ip)


def clear_second_factor(ledger: Ledger, username: str, by: str = "命令行", ip: str = "") -> None:
    """Take the second factor off an account whose owner lost it; all its sessions end."""
    with ledger.write() as session:
        account = _of_somebody_else(session, username, by)
        account.totp_secret, account.totp_step = "", 0
        session.execute(delete(RecoveryCode).where(RecoveryCode.account_id == account.id))
        end_all(session, account.id)
        reviews.note(session, account, "解除两步验证", by)
        append(session, by, "解除两步验证", account.username, "", ip)


def bind(ledger: Ledger, username: str, issuer: str, subject: str, by: str = "命令行", ip: str = "") -> None:
    """Let an outside identity log in as this account; AccountError where it stands for another one already.

    Whoever binds one to his own account has shown its password; where somebody else does it, the account's sessions end and it is held.
    """
    issuer, subject = issuer.strip(), subject.strip()
    if not issuer or not subject or len(issuer) > 255 or len(subject) > 255:
        raise AccountError("请填写统一身份认证的签发者和用户标识（sub），均不超过 255 个字符")
    with ledger.write() as session:
        account = _account(session, username)
        held = session.get(OutsideIdentity, (issuer, subject))
        if held is not None:
            raise AccountError("该统一身份已绑定账号，请先解除原有绑定")
        session.add(OutsideIdentity(issuer=issuer, subject=subject, account_id=account.id, bound_at=int(time.time()), bound_by=by))
        if by != account.username:
            end_all(session, account.id)
            reviews.note(session, account, "绑定统一身份", by, f"{issuer} {subject}")
        append(session, by, "绑定统一身份", account.username, f"{issuer} {subject}", ip)


def unbind(ledger: Ledger, username: str, by: str = "命令行", ip: str = "") -> int:
    """Take all outside identities off an account; its sessions end. How many there were."""
    with ledger.write() as session:
        account = _account(session, username)
        held = session.scalars(select(OutsideIdentity).where(OutsideIdentity.account_id == account.id)).all()
        for one in held:
            session.delete(one)
        end_all(session, account.id)
        append(session, by, "解除统一身份绑定", account.username, "；".join(f"{i.issuer} {i.subject}" for i in held), ip)
    return len(held)


def listed(ledger: Ledger) -> list[Account]:
    """All accounts by name."""
    with ledger.read() as session:
        return list(session.scalars(select(Account).order_by(Account.username)))


def locks(ledger: Ledger) -> dict[str, int]:
    """Names that are locked at some address now → until when."""
    now = int(time.time())
    with ledger.read() as session:
        found = session.execute(
            select(LoginFailure.username, func.max(LoginFailure.locked_until)).where(LoginFailure.locked_until > now).group_by(LoginFailure.username)
        ).all()
        return {row[0]: row[1] for row in found}


def end_all(session: OrmSession, account_id: int, but: str = "") -> int:
    """Within a writing transaction: end the sessions of an account, except one by its token's hash; how many were alive."""
    ended = session.execute(
        update(Session).where(Session.account_id == account_id, Session.revoked.is_(False), Session.token_hash != but).values(revoked=True)
    )
    return int(getattr(ended, "rowcount", 0))


def provider_set(text: str) -> frozenset[str] | None:
    """A provider set as the ledger keeps it; None stands for all providers of the area."""
    return frozenset(json.loads(text)) if text else None


def _provider_set(providers: Iterable[str] | None) -> str:
    if providers is None:
        return ""
    ids = sorted({p.strip() for p in providers if p.strip()})
    if not ids or len(ids) > MOST_PROVIDERS or any(len(p) > 64 for p in ids):
        raise AccountError(f"服务单位范围须为 1–{MOST_PROVIDERS} 个单位编号；不限单位请留空")
    return json.dumps(ids, ensure_ascii=False, separators=(",", ":"))


def _place(role: str, area_code: str, providers: str) -> str:
    only = provider_set(providers)
    name = ROLES[role].name if role in ROLES else role
    return f"{name} {area_code}" + (f"，限 {len(only)} 家服务单位" if only is not None else "")


def _not_the_last(session: OrmSession, account: Account) -> None:
    """AccountError where nobody would be left who may manage accounts."""
    managers = [code for code, role in ROLES.items() if "accounts" in role.rights]
    if account.role not in managers or not account.active:
        return
    others = session.scalar(
        select(func.count()).select_from(Account).where(
            Account.role.in_(managers), Account.active.is_(True), Account.id != account.id, ~reviews.held()
        )
    )
    if not others:
        raise AccountError("这是最后一个可用的系统管理员账号，不能停用或改任；请先建立另一个系统管理员")


def _check_place(region: Region, role: str, area_code: str) -> None:
    if role not in ROLES:
        raise AccountError(f"没有角色 {role}；可选：{'、'.join(ROLES)}")
    area = next((a for a in region.areas if a.code == area_code and a.in_force), None)
    if area is None:
        raise AccountError(f"{region.name} 没有区划代码 {area_code}")
    if area.level != ROLES[role].level:
        raise AccountError(f"角色“{ROLES[role].name}”须对应{('区', '街道', '社区')[ROLES[role].level - 1]}一级的区划")


def _of_somebody_else(session: OrmSession, username: str, by: str) -> Account:
    """An account that is not the own one: what people do to that asks for its password, and needs nobody else's look."""
    account = _account(session, username)
    if account.username == by:
        raise AccountError("本人的账号不能在这里办理：密码和两步验证请在“本人账号”页面修改，角色和区域请由另一名管理员调整")
    return account


def _account(session: OrmSession, username: str) -> Account:
    account = session.scalar(select(Account).where(func.lower(Account.username) == username.strip().lower()))
    if account is None:
        raise AccountError(f"没有用户 {username}")
    return account
