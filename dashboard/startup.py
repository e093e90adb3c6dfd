"""What must hold before the application answers anybody for real; each check says what is wrong and what to do."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from pathlib import Path

from sqlalchemy import make_url

from dashboard.access.scope import ROLES
from dashboard.settings import Settings, SettingsError

DEBUG = ("FLASK_DEBUG", "DASH_DEBUG", "WERKZEUG_DEBUG_PIN", "PYTHONDEVMODE", "PYTHONINSPECT", "DASH_HOT_RELOAD", "DASH_UI")
_OFF = {"", "0", "false", "no", "off"}


def check(settings: Settings, environ: Mapping[str, str] | None = None) -> None:
    """SettingsError for the first thing that must not be on the production profile: debugging, a return address left to the visitor,
    or files that others may read or change; on any profile for roles that do not exist."""
    second_factor_roles(settings)
    if not settings.production:
        return
    given = os.environ if environ is None else environ
    on = [name for name in DEBUG if given.get(name, "").strip().lower() not in _OFF]
    if on:
        raise SettingsError(f"正式运行不允许调试方式（{'、'.join(on)}）。请从服务的环境中去掉后再启动。")
    if settings.oidc_issuer and not settings.oidc_redirect:
        # Otherwise it would be taken from the address that a visitor's request names.
        raise SettingsError("启用统一身份认证时，正式运行须写明登记的回调地址。请设置 YIGUAN_OIDC_REDIRECT=https://…/login/sso/back 后再启动。")
    ledger = make_url(settings.ledger)
    if ledger.get_backend_name() == "sqlite" and ledger.database:
        _private(Path(ledger.database), stat.S_IRWXO, "台账库", "其他用户可以读取或改写", "chmod 600")
    for folder, name in ((settings.var, "运行目录"), (settings.layout.base, "运行目录"), (settings.layout.snapshots, "快照目录")):
        _private(folder, stat.S_IWOTH, name, "其他用户可以写入", "chmod o-w")
    _private(settings.region, stat.S_IWOTH, "地区目录", "其他用户可以写入", "chmod o-w")


def second_factor_roles(settings: Settings) -> frozenset[str]:
    """The roles that must have a second factor: in production all of them, since each sees persons or holds a power, unless the settings say otherwise.

    SettingsError for a role that does not exist: a slip of the pen must not let one go without.
    """
    chosen = settings.totp_roles if settings.totp_roles is not None else tuple(ROLES) if settings.production else ()
    if strange := sorted(set(chosen) - ROLES.keys()):
        raise SettingsError(f"YIGUAN_TOTP_ROLES 中没有角色 {'、'.join(strange)}。可用：{'、'.join(ROLES)}。")
    return frozenset(chosen)


def without_second_factor(settings: Settings) -> list[str]:
    """Names of the roles that a production profile lets in with a password alone; it says so at every start and to the doctor."""
    return [role.name for code, role in ROLES.items() if code not in second_factor_roles(settings)] if settings.production else []


def _private(path: Path, forbidden: int, name: str, wrong: str, repair: str) -> None:
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return
    if mode & forbidden and not (stat.S_ISDIR(mode) and mode & stat.S_ISVTX):
        raise SettingsError(f"{name} {path} {wrong}（权限 {stat.S_IMODE(mode):o}）。请先执行 {repair} {path} 再启动。")
