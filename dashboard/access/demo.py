"""The accounts of the demo: one for each role, and a second official of the section where two must act.

They exist only where the data are simulated and the profile is ``demo``.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from sqlalchemy import select

from dashboard.access import accounts, passwords
from dashboard.access.passwords import AccountError
from dashboard.ledger import Account, Ledger
from etl.region import Region


@dataclass(frozen=True, slots=True)
class DemoAccount:
    """An account of the demo, as shown on its login page."""

    username: str
    password: str
    display_name: str
    role: str


DEMO_PASSWORDS = {
    "leader": "Leader-2026", "staff": "Staff-2026", "staff2": "Staff2-2026", "street": "Street-2026", "steward": "Steward-2026",
    "finance": "Finance-2026", "auditor": "Auditor-2026", "admin": "Admin-2026",
}  # fmt: skip
NAMES = {
    "leader": "局领导", "staff": "养老服务科", "staff2": "养老服务科（复核）", "finance": "财务审计", "auditor": "安全审计员", "admin": "系统管理员",
}  # fmt: skip


def demo_accounts(region: Region) -> list[DemoAccount]:
    """The accounts of the demo; the same on every machine, since the data are simulated."""
    street, community = _demo_places(region)
    names = {**NAMES, "street": street[1], "steward": f"{community[1]}专管员"}
    return [DemoAccount(name, password, names[name], name.rstrip("2")) for name, password in DEMO_PASSWORDS.items()]


def seed_demo_accounts(ledger: Ledger, region: Region) -> list[DemoAccount]:
    """Make the demo's accounts where they are missing. AccountError for a region whose data are real."""
    if not region.synthetic:
        raise AccountError("演示账号只能建立在模拟数据上")
    street, community = _demo_places(region)
    places = {"street": street[0], "steward": community[0]}
    wanted = demo_accounts(region)
    with ledger.read() as session:
        present = set(session.scalars(select(Account.username).where(Account.username.in_([d.username for d in wanted]))))
    for demo in wanted:
        if demo.username not in present:
            try:
                accounts.create(ledger, region, username=demo.username, password=demo.password, role=demo.role, digest=_digest(demo.username), must_change=False,
                       area_code=places.get(demo.role, region.code), display_name=demo.display_name, by="演示")  # fmt: skip
            except AccountError:  # another worker was faster
                continue
    return wanted


@cache
def _digest(username: str) -> str:
    """The hash of a demo password, worked out once a process: the password is public anyway."""
    return passwords.hash_password(DEMO_PASSWORDS[username])


def active_demo_accounts(ledger: Ledger) -> list[str]:
    """Names of active accounts that still have a demo password: a production server must not start with one."""
    with ledger.read() as session:
        suspects = session.scalars(select(Account).where(Account.username.in_(DEMO_PASSWORDS), Account.active)).all()
    return [a.username for a in suspects if passwords.matches(a.password_hash, DEMO_PASSWORDS[a.username])]


def _demo_places(region: Region) -> tuple[tuple[str, str], tuple[str, str]]:
    """The street with the most communities and its first community, as (code, name)."""
    in_force = [a for a in region.areas if a.in_force and a.supervised]
    children: dict[str, list[tuple[str, str]]] = {}
    for area in in_force:
        if area.level == 3 and area.parent_code:
            children.setdefault(area.parent_code, []).append((area.code, area.name))
    streets = sorted((a for a in in_force if a.level == 2), key=lambda a: (-len(children.get(a.code, ())), a.code))
    if not streets or not children.get(streets[0].code):
        raise AccountError(f"{region.name} 的区划中没有街道和社区，无法建立演示账号")
    return (streets[0].code, streets[0].name), sorted(children[streets[0].code])[0]
