"""``user list|add|password|place|enable|disable|unlock|end-sessions|totp-off|bind|unbind|release``: the accounts of the ledger.

Whoever may run these commands holds the machine: they are in force at once, and recorded with the name of the system's user.
"""

from __future__ import annotations

import getpass
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from dashboard.cli.common import UserError, fail, out, place, print_json, settings

if TYPE_CHECKING:
    from dashboard.ledger import Ledger

user_app = typer.Typer(no_args_is_help=True, help="账号：列出、新建、改密、改岗位、停用、解锁、绑定统一身份。")
Name = Annotated[str, typer.Argument(help="用户名")]
ROLE_HELP = "leader 局领导、staff 业务科室、street 街道、steward 社区专管员、finance 财务审计查阅、auditor 安全审计员、admin 系统管理员"
RoleOption = Annotated[str, typer.Option("--role", help=ROLE_HELP)]
OnlyOption = Annotated[str, typer.Option("--providers", help="只限这些服务单位（编号，逗号隔开）；不填为辖区内全部")]
AreaOption = Annotated[str, typer.Option("--area", help="管辖区划代码（6、9 或 12 位）")]


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.add_typer(user_app, name="user")


@contextmanager
def book() -> Iterator[Ledger]:
    """The ledger in force; account errors become one line for the user."""
    from dashboard import ledger
    from dashboard.access.passwords import AccountError

    try:
        yield ledger.open(settings().ledger, settings().seals())
    except AccountError as problem:
        fail(str(problem))


def by() -> str:
    """Who runs the command, as the audit trail tells."""
    return f"{getpass.getuser()}（命令行）"


def ask_password() -> str:
    """Typed twice without showing, or the first line of standard input where nobody sits at a terminal; never an argument."""
    if not sys.stdin.isatty():
        given = sys.stdin.readline().rstrip("\n")
        if not given:
            raise UserError("没有读到密码", "请在终端中运行，或从标准输入传入一行密码", 2)
        return given
    return str(typer.prompt("密码", hide_input=True, confirmation_prompt="再输入一次"))


def only(text: str) -> list[str] | None:
    """A provider set as given on the command line; None for all providers."""
    ids = [part.strip() for part in text.replace("，", ",").split(",") if part.strip()]
    return ids or None


@user_app.command("list")
def listed(as_json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False) -> None:
    """全部账号；不显示密码。"""
    from dashboard.access import accounts, reviews
    from dashboard.access.scope import ROLES

    with book() as ledger:
        held = {w.account.username for w in reviews.waiting(ledger)}
        rows: list[dict[str, Any]] = [
            {
                "username": a.username, "name": a.display_name, "role": a.role, "area": a.area_code, "active": bool(a.active),
                "must_change": bool(a.must_change), "held": a.username in held, "second_factor": bool(a.totp_secret), "providers": sorted(accounts.provider_set(a.providers) or ()),
            }
            for a in accounts.listed(ledger)
        ]
    if as_json:
        print_json(rows)
        return
    table = Table(box=None, pad_edge=False)
    for title in ("用户名", "姓名", "岗位", "区划", "状态"):
        table.add_column(title)
    for row in rows:
        role = ROLES[row["role"]].name if row["role"] in ROLES else row["role"]
        table.add_row(row["username"], row["name"], role, row["area"], "停用" if not row["active"] else "待复核" if row["held"] else "启用")
    out.print(table)


@user_app.command("add")
def add(username: Name, role: RoleOption, area: AreaOption, name: Annotated[str, typer.Option("--name", help="显示姓名")] = "", providers: OnlyOption = "") -> None:  # fmt: skip
    """新建账号；初始密码在终端输入，首次登录须修改。"""
    from dashboard.access import accounts

    region, _ = place()
    with book() as ledger:
        accounts.create(
            ledger, region, username=username, password=ask_password(), role=role, area_code=area.ljust(12, "0"),
            display_name=name or username, by=by(), providers=only(providers),
        )  # fmt: skip
    out.print(f"已新建账号 {username}。")


@user_app.command("password")
def password(username: Name) -> None:
    """重置密码；该账号的全部会话随即失效，本人登录后须再修改。"""
    from dashboard.access import accounts

    with book() as ledger:
        accounts.set_password(ledger, username, ask_password(), by=by())
    out.print(f"已更换 {username} 的密码，原有会话已失效。")


@user_app.command("place")
def change_place(username: Name, role: RoleOption, area: AreaOption, providers: OnlyOption = "") -> None:
    """更换岗位或管辖区划；全部会话随即失效。"""
    from dashboard.access import accounts

    region, _ = place()
    with book() as ledger:
        accounts.set_place(ledger, region, username, role, area.ljust(12, "0"), providers=only(providers), by=by())
    out.print(f"已更换 {username} 的岗位。")


@user_app.command("disable")
def disable(username: Name) -> None:
    """停用账号；全部会话随即失效。"""
    from dashboard.access import accounts

    with book() as ledger:
        accounts.set_active(ledger, username, active=False, by=by())
    out.print(f"已停用 {username}。")


@user_app.command("enable")
def enable(username: Name) -> None:
    """重新启用账号。"""
    from dashboard.access import accounts

    with book() as ledger:
        accounts.set_active(ledger, username, active=True, by=by())
    out.print(f"已启用 {username}。")


@user_app.command("unlock")
def unlock(username: Name) -> None:
    """解除因多次输错密码或验证码而来的锁定。"""
    from dashboard.access import accounts

    with book() as ledger:
        accounts.unlock(ledger, username, by=by())
    out.print(f"已解除 {username} 的锁定。")


@user_app.command("end-sessions")
def end_sessions(username: Name) -> None:
    """结束该账号的全部会话。"""
    from dashboard.access import accounts

    with book() as ledger:
        ended = accounts.end_sessions(ledger, username, by=by())
    out.print(f"已结束 {username} 的 {ended} 个会话。")


@user_app.command("totp-off")
def second_factor_off(username: Name) -> None:
    """解除两步验证（本人丢失手机且没有备用验证码时）；全部会话随即失效。"""
    from dashboard.access import accounts

    with book() as ledger:
        accounts.clear_second_factor(ledger, username, by=by())
    out.print(f"已解除 {username} 的两步验证。")


@user_app.command("bind")
def bind(
    username: Name,
    subject: Annotated[str, typer.Option("--subject", help="统一身份认证中的用户标识（sub），不是姓名或邮箱")],
    issuer: Annotated[str, typer.Option("--issuer", help="签发者；默认用 YIGUAN_OIDC_ISSUER")] = "",
) -> None:
    """把统一身份认证中的一个用户绑定到账号。"""
    from dashboard.access import accounts

    with book() as ledger:
        accounts.bind(ledger, username, issuer or settings().oidc_issuer or "", subject, by=by())
    out.print(f"已绑定 {username}。")


@user_app.command("unbind")
def unbind(username: Name) -> None:
    """解除账号的统一身份绑定；全部会话随即失效。"""
    from dashboard.access import accounts

    with book() as ledger:
        ended = accounts.unbind(ledger, username, by=by())
    out.print(f"已解除 {username} 的 {ended} 个绑定。")


@user_app.command("release")
def release(username: Name) -> None:
    """没有第二人时，在服务器上复核通过账号变更；审计日志记为命令行办理。重置的密码须另用 user password 设定。"""
    from dashboard.access import reviews

    with book() as ledger:
        reviews.release(ledger, None, username, None, by())
    out.print(f"已复核通过 {username} 的账号变更。")
