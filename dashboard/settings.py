"""Every setting of the application, typed. Each comes from the environment as ``YIGUAN_<NAME>``; a missing one says how to set it."""

from __future__ import annotations

import os
import secrets
from functools import cached_property
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from dashboard.seals import Seals
from etl.paths import DEFAULT_REGION, Layout, default_var
from etl.region import Region

SHORTEST_KEY = 32
WAITING, WAITING_FILES = 24, 48
"""So many pages (and as many logins), and so many files, may wait for their turn in one worker. All fifty reports of a month may come to the same one."""
WELL_KNOWN_KEYS = {"secret", "changeme", "change-me", "dev", "development", "test", "password", "yiguan"}


class SettingsError(Exception):
    """The application must not start like this; the message says what is wrong and what to do, in Chinese."""


class Settings(BaseSettings):
    """See README, section 正式运行, for a production set-up."""

    model_config = SettingsConfigDict(
        env_prefix="YIGUAN_", env_file=None, extra="ignore", frozen=True, ignored_types=(cached_property,)
    )

    profile: Literal["demo", "production"] = Field("demo", description="demo: 演示；production: 正式运行，安全检查从严")
    secret_key: SecretStr | None = Field(None, description="会话密钥，正式运行必填，至少 32 个字符")
    var: Path = Field(default_factory=default_var, description="运行时文件目录")
    region: Path = Field(DEFAULT_REGION, description="地区目录")
    ledger_url: str | None = Field(None, description="台账库的 SQLAlchemy URL；默认使用运行目录下的 SQLite 文件")
    demo_accounts: bool | None = Field(None, description="是否建立演示账号；默认仅在演示方式且数据为模拟时建立")
    host: str = Field("127.0.0.1", description="监听地址")
    port: int = Field(8050, ge=0, le=65535, description="监听端口")
    workers: int = Field(2, ge=1, le=64, description="工作进程数")
    threads: int = Field(4, ge=1, le=64, description="每个工作进程的线程数")
    proxies: int = Field(0, ge=0, le=4, description="前置反向代理的层数（0 表示直接访问）；决定从哪里读取访问者地址")
    proxy_addresses: tuple[str, ...] = Field(("127.0.0.1", "::1", ""), description="反向代理所在地址（空串为本机套接字）；只采信它们给出的访问者地址")
    session_idle_minutes: int = Field(30, ge=1, le=24 * 60, description="无操作多少分钟后须重新登录")
    session_hours: int = Field(10, ge=1, le=72, description="登录后最长有效小时数")
    password_days: int | None = Field(None, ge=0, le=3650, description="密码有效天数，0 为不限；默认正式运行 90 天，演示不限")
    totp_roles: tuple[str, ...] | None = Field(None, description='须启用两步验证的角色，例如 ["admin","auditor"]；默认正式运行为全部角色，演示不要求；[] 为不要求')
    oidc_issuer: str | None = Field(None, description="统一身份认证（OpenID Connect）的签发者地址；不设则不启用")
    oidc_client_id: str = Field("", description="在统一身份认证登记的客户端编号")
    oidc_client_secret: SecretStr | None = Field(None, description="客户端密钥")
    oidc_name: str = Field("统一身份认证", description="登录页上的名称")
    oidc_redirect: str | None = Field(None, description="登记的回调地址；默认按访问地址推出，以 /login/sso/back 结尾")
    answer_cache_mb: int = Field(64, ge=0, le=4096, description="每个工作进程的页面缓存上限（MB）")
    export_rows: int = Field(20_000, ge=100, le=1_000_000, description="单次导出的行数上限")
    former_secret_keys: tuple[SecretStr, ...] = Field((), description="更换过的会话密钥（JSON 列表），仅用于校验更换以前的审计日志")
    audit_anchor: Path | None = Field(None, description="审计日志锚定文件；应放在台账库以外的磁盘或机器上，默认在运行目录下")
    audit_archive: Path | None = Field(None, description="审计日志归档目录，默认在运行目录下")
    unmask_minutes: int = Field(10, ge=1, le=60, description="查看完整信息的有效时间（分钟）")
    costly_per_minute: int | None = Field(None, ge=1, le=100_000, description="每个账号每分钟可导出、生成报告或查看完整信息的次数；默认正式运行 60，演示 600")
    login_failures: int = Field(100, ge=5, le=100_000, description="同一地址十分钟内允许登录失败的次数，超出后该地址须等待")
    metrics_port: int = Field(0, ge=0, le=65535, description="运行指标（Prometheus）端口，只在本机监听；0 表示不提供")
    image_hosts: tuple[str, ...] = Field((), description="允许加载底图瓦片的地址，例如 https://t0.tianditu.gov.cn")

    @field_validator("var", "region")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        return value.expanduser().resolve()

    @property
    def production(self) -> bool:
        return self.profile == "production"

    @property
    def password_age(self) -> int:
        """Days a password is good for; 0 for good."""
        return self.password_days if self.password_days is not None else (90 if self.production else 0)

    @property
    def costly_rate(self) -> int:
        """Exports, reports and unmaskings a minute and account."""
        return self.costly_per_minute or (60 if self.production else 600)

    @property
    def layout(self) -> Layout:
        """Where this region's runtime files lie."""
        return Layout(self.var, self.region.name)

    @property
    def ledger(self) -> str:
        """The ledger's SQLAlchemy URL."""
        return self.ledger_url or f"sqlite:///{self.layout.ledger}"

    @property
    def anchor_file(self) -> Path:
        """Where the head of the audit trail is written once a day."""
        return self.audit_anchor or self.layout.base / "audit-anchors.jsonl"

    @property
    def archive_folder(self) -> Path:
        """Where old lines of the audit trail are kept."""
        return self.audit_archive or self.layout.base / "audit-archive"

    def seals(self) -> Seals:
        """The key that the audit trail is sealed with, and those before it. SettingsError as :meth:`key`."""
        return Seals(self.key(), [k.get_secret_value().encode() for k in self.former_secret_keys])

    def offers_demo_accounts(self, region: Region) -> bool:
        """Whether demo accounts exist and are shown. SettingsError where they are asked for but must not be."""
        if self.demo_accounts and self.production:
            raise SettingsError(
                "正式运行（YIGUAN_PROFILE=production）不允许演示账号。请去掉 YIGUAN_DEMO_ACCOUNTS，用 yiguan user add 建立账号。"
            )
        if self.demo_accounts and not region.synthetic:
            raise SettingsError(
                f"{region.name} 的数据不是模拟数据，不允许演示账号。请去掉 YIGUAN_DEMO_ACCOUNTS，用 yiguan user add 建立账号。"
            )
        return not self.production and region.synthetic and self.demo_accounts is not False

    def key(self) -> bytes:
        """The secret that session tokens are keyed with. A demo makes its own and keeps it (0600); production must be given one."""
        given = self.secret_key.get_secret_value() if self.secret_key else ""
        if given:
            if self.production and (len(given) < SHORTEST_KEY or given.lower() in WELL_KNOWN_KEYS or len(set(given)) < 8):
                raise SettingsError(f"YIGUAN_SECRET_KEY 太短或过于简单（至少 {SHORTEST_KEY} 个字符）。{_HOW_TO_MAKE_A_KEY}")
            return given.encode()
        if self.production:
            raise SettingsError(f"正式运行必须设置 YIGUAN_SECRET_KEY。{_HOW_TO_MAKE_A_KEY}")
        return _kept_key(self.layout.base / "secret_key")


_HOW_TO_MAKE_A_KEY = '可用 python3 -c "import secrets; print(secrets.token_urlsafe(48))" 生成一个，写入服务的环境文件。'


def _kept_key(path: Path) -> bytes:
    """The key in ``path``, made once; two processes that start together agree on one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        pass
    else:
        with os.fdopen(handle, "w", encoding="ascii") as stream:
            stream.write(secrets.token_urlsafe(48))
    text = path.read_text(encoding="ascii").strip()
    if len(text) < SHORTEST_KEY:  # made by a process that was killed in between, or being written right now
        path.write_text(secrets.token_urlsafe(48), encoding="ascii")
        path.chmod(0o600)
        text = path.read_text(encoding="ascii").strip()
    return text.encode()
