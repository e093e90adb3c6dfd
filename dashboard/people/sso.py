"""``/login/sso`` and ``/account/outside``: logging in through the outside identity provider, and binding it to the own account."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import structlog
from flask import Flask, Response, abort, make_response, redirect, render_template, request
from sqlalchemy import select

from dashboard.access import accounts, guard, policy, reviews
from dashboard.access.login import HELD, keep_cookie, local_path
from dashboard.access.oidc import BEGUN_SECONDS, OutsideError, Proven, Provider
from dashboard.access.own_account import OwnAccount
from dashboard.access.passwords import AccountError, Busy
from dashboard.access.sessions import Refused, Sessions
from dashboard.ledger import Account, OutsideIdentity
from dashboard.ledger.audit import append
from dashboard.views import account_forms as forms
from dashboard.views.desk import desk

log = structlog.get_logger(__name__)
BACK = "/login/sso/back"
LEAVE_SECONDS = 300
"""How long the password just shown is good for binding an identity."""


def install(server: Flask, services: Any) -> None:
    """Add the routes; they answer 404 where no provider is configured."""
    policy.allow("sso", policy.OPEN)
    policy.allow("sso_back", policy.OPEN)
    policy.allow("own_outside", "account")
    policy.allow("own_outside_go", "account")
    settings, sessions = services.settings, services.sessions
    cookie = f"{guard.cookie_name(settings.production)}_sso"
    provider: Provider | None = None
    if settings.oidc_issuer:
        secret = settings.oidc_client_secret.get_secret_value() if settings.oidc_client_secret else ""
        provider = Provider(settings.oidc_issuer, settings.oidc_client_id, secret, sessions.sealer)

    def there() -> Provider:
        if provider is None:
            abort(404)
        return provider

    def failed(message: str, status: int) -> Response:
        text = render_template("error.html", title="未能登录", advice=message, status=status, reference="")
        response = make_response(text, status)
        response.delete_cookie(cookie, path="/", httponly=True, samesite="Lax", secure=settings.production)
        return response

    def begin(target: str, session_hash: str = "") -> Response:
        where = settings.oidc_redirect or request.host_url.rstrip("/") + BACK
        try:
            url, sealed = there().begin(where, target, session_hash)
        except OutsideError as problem:
            log.warning("outside_login_failed", detail=problem.detail)
            return failed(str(problem), 503)
        response = redirect(url, 303)
        response.set_cookie(cookie, sealed, max_age=BEGUN_SECONDS, path="/", httponly=True, samesite="Lax", secure=settings.production)
        return response  # type: ignore[return-value]

    @server.get("/login/sso")
    def sso() -> Response:
        return begin(local_path(request.args.get("next")))

    @server.post("/account/outside")
    def own_outside() -> Response:
        """The password first: whoever binds an identity logs in with it from then on. The way there is a link, since forms lead nowhere else."""
        there()
        who = services.identity
        own = OwnAccount(services.ledger, sessions, who, request.remote_addr or "", request.user_agent.string)
        try:
            own.prove(request.form.get("password", ""))
        except (AccountError, Busy) as problem:
            return Response(f"{'现在操作的人较多，请稍后再试。' if isinstance(problem, Busy) else f'{problem}。'}请返回上一页。", 400, mimetype="text/plain")
        leave = sessions.sealer.seal(f"bind {who.account_id}", who.token_hash)
        body = forms.go_outside(settings.oidc_name, f"/account/outside?leave={quote(leave, safe='')}")
        return Response(desk(f"绑定{settings.oidc_name}", body, reader=who, bureau=services.bureau(), here="/account"), mimetype="text/html")

    @server.get("/account/outside")
    def own_outside_go() -> Response:
        # A link on somebody else's page must not begin this: the identity that comes back is bound to the account.
        who = services.identity
        leave = sessions.sealer.open(f"bind {who.account_id}", request.args.get("leave", ""), LEAVE_SECONDS)
        if not guard.comes_from_us(request.environ) or leave != who.token_hash:
            abort(403)
        return begin("/account?done=bound", who.token_hash)

    @server.get(BACK)
    def sso_back() -> Response:
        ip = request.remote_addr or ""
        try:
            proven = there().finish(request.args, request.cookies.get(cookie, ""))
        except OutsideError as problem:
            log.warning("outside_login_failed", detail=problem.detail)
            return failed(str(problem), 403)
        if proven.session_hash:
            return bind(proven, ip)
        token = log_in(services, sessions, proven, ip, request.user_agent.string)
        if isinstance(token, Refused) and token.reason == "held":
            return failed(HELD, 403)
        if isinstance(token, Refused):
            return failed(f"您的统一身份（用户标识 {proven.subject}）没有绑定本系统的可用账号。请用密码登录后自行绑定，或联系系统管理员绑定。", 403)
        response = redirect(local_path(proven.target), 303)
        keep_cookie(response, token, settings)  # type: ignore[arg-type]
        response.delete_cookie(cookie, path="/", httponly=True, samesite="Lax", secure=settings.production)
        return response  # type: ignore[return-value]

    def bind(proven: Proven, ip: str) -> Response:
        who = sessions.identity(request.cookies.get(guard.cookie_name(settings.production)))
        if who is None or who.pending or who.token_hash != proven.session_hash:
            return failed("绑定须在发起绑定的登录中完成，请重新登录后再试。", 403)
        try:
            accounts.bind(services.ledger, who.username, proven.issuer, proven.subject, by=who.username, ip=ip)
        except AccountError as problem:
            return failed(f"{problem}。", 409)
        response = redirect(proven.target, 303)
        response.delete_cookie(cookie, path="/", httponly=True, samesite="Lax", secure=settings.production)
        return response  # type: ignore[return-value]


def log_in(services: Any, sessions: Sessions, proven: Proven, ip: str, agent: str) -> str | Refused:
    """A token for the account that an outside identity is bound to; Refused for one bound to nobody, or to a disabled or held account."""
    with services.ledger.write() as session:
        account = session.scalar(
            select(Account)
            .join(OutsideIdentity, OutsideIdentity.account_id == Account.id)
            .where(OutsideIdentity.issuer == proven.issuer, OutsideIdentity.subject == proven.subject, Account.active.is_(True))
        )
        if account is None:
            append(session, "", "统一身份登录失败", proven.subject[:200], "没有绑定可用账号", ip)
            return Refused("unknown")
        if reviews.is_held(session, account.id):
            append(session, account.username, "登录未成", "", "统一身份认证，账号变更待复核", ip)
            return Refused("held")
        token = sessions.begin(session, account.id, ip, agent, way="oidc")
        append(session, account.username, "登录", "", "统一身份认证", ip)
        return token
