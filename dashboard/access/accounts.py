"""Accounts: made, changed, disabled. Every change that narrows what somebody may do ends his sessions at once."""

from __future__ import annotations

import re
import time

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session as OrmSession

from dashboard.access import passwords
from dashboard.access.passwords import AccountError
from dashboard.access.scope import ROLES
from dashboard.ledger import Account, Ledger, Session
from dashboard.ledger.audit import append
from etl.region import Region

__all__ = ["AccountError", "create", "listed", "set_active", "set_password", "set_place"]

USERNAME = re.compile(r"[a-z][a-z0-9._-]{1,31}")


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
    digest: str | None = None,
) -> None:
    """Make an account; AccountError for a bad name, role, area or password, or a name that is taken.

    ``digest``: the password's hash where it has been made (the demo's, which need not follow the rules for passwords).
    """
    username = username.strip().lower()
    if not USERNAME.fullmatch(username):
        raise AccountError("用户名须以小写字母开头，2–32 个字符，只含小写字母、数字和 . _ -")
    _check_place(region, role, area_code)
    if digest is None:
        passwords.check_strength(password, username)
        digest = passwords.hash_password(password)
    now = int(time.time())
    with ledger.write() as session:
        if session.scalar(select(Account.id).where(Account.username == username)):
            raise AccountError(f"用户名 {username} 已存在")
        session.add(
            Account(
                username=username,
                display_name=display_name.strip()[:64] or username,
                role=role,
                area_code=area_code,
                password_hash=digest,
                active=True,
                created_at=now,
                password_changed_at=now,
            )
        )
        append(session, by, "建立账号", username, f"{ROLES[role].name} {area_code}")


def set_password(ledger: Ledger, username: str, password: str, by: str = "命令行") -> None:
    """A new password; all sessions of the account end."""
    passwords.check_strength(password, username)
    digest = passwords.hash_password(password)
    with ledger.write() as session:
        account = _account(session, username)
        account.password_hash, account.password_changed_at = digest, int(time.time())
        _end_sessions(session, account)
        append(session, by, "重置密码", account.username)


def set_active(ledger: Ledger, username: str, active: bool, by: str = "命令行") -> None:
    """Enable or disable; all sessions of a disabled account end."""
    with ledger.write() as session:
        account = _account(session, username)
        account.active = active
        if not active:
            _end_sessions(session, account)
        append(session, by, "启用账号" if active else "停用账号", account.username)


def set_place(ledger: Ledger, region: Region, username: str, role: str, area_code: str, by: str = "命令行") -> None:
    """Another role or area; all sessions end, so that nobody goes on with what he saw before."""
    _check_place(region, role, area_code)
    with ledger.write() as session:
        account = _account(session, username)
        account.role, account.area_code = role, area_code
        _end_sessions(session, account)
        append(session, by, "调整权限", account.username, f"{ROLES[role].name} {area_code}")


def listed(ledger: Ledger) -> list[Account]:
    """All accounts by name."""
    with ledger.read() as session:
        return list(session.scalars(select(Account).order_by(Account.username)))


def _check_place(region: Region, role: str, area_code: str) -> None:
    if role not in ROLES:
        raise AccountError(f"没有角色 {role}；可选：{'、'.join(ROLES)}")
    area = next((a for a in region.areas if a.code == area_code and a.in_force), None)
    if area is None:
        raise AccountError(f"{region.name} 没有区划代码 {area_code}")
    if area.level != ROLES[role].level:
        raise AccountError(f"角色“{ROLES[role].name}”须对应{('区', '街道', '社区')[ROLES[role].level - 1]}一级的区划")


def _account(session: OrmSession, username: str) -> Account:
    account = session.scalar(select(Account).where(func.lower(Account.username) == username.strip().lower()))
    if account is None:
        raise AccountError(f"没有用户 {username}")
    return account


def _end_sessions(session: OrmSession, account: Account) -> None:
    session.execute(update(Session).where(Session.account_id == account.id).values(revoked=True))
