"""The guard of the whole server: nothing is answered to anybody who is not logged in, whatever the route.

It stands before every other hook, so that a route, a callback or a file added later is behind it without anybody thinking of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlsplit

from flask import Flask, Response, abort, g, redirect, request
from flask_login import LoginManager

from dashboard.access import policy
from dashboard.access.scope import Scope
from dashboard.access.sessions import Identity, Sessions

OPEN = frozenset({"/login", "/login/sso", "/login/sso/back", "/healthz", "/readyz", "/assets/login.css"})
"""The paths that need no login, in full. Exact matches only."""

READS = frozenset({"GET", "HEAD", "OPTIONS"})
SEE_LOGIN = "登录已失效，请重新登录。"
FINISH = "请先完成登录：输入验证码，或修改密码、设置两步验证。"
FOREIGN = "请求来源不符，已拒绝。请从本系统页面操作。"


def cookie_name(production: bool) -> str:
    """``__Host-`` makes browsers insist on Secure, path / and no domain."""
    return "__Host-yiguan" if production else "yiguan"


def install(server: Flask, sessions: Sessions, production: bool) -> None:
    """Put the guard before everything. Must be called before any other ``before_request``."""
    cookie = cookie_name(production)

    def guard() -> Response | None:
        g.identity = None
        if request.method not in READS and not comes_from_us(request.environ):
            return Response(FOREIGN, 403, mimetype="text/plain")
        if request.path in OPEN:
            return None
        identity = sessions.identity(request.cookies.get(cookie))
        if identity is None:
            return refuse()
        g.identity = identity
        if identity.pending and not policy.open_to_unfinished(request.endpoint):
            return unfinished(identity)
        return answered(identity)

    server.before_request(guard)

    manager = LoginManager()
    manager.session_protection = None  # the session is ours, in the ledger
    manager.request_loader(lambda _request: g.get("identity"))
    # Not init_app: its remember-me hook would read and write a second, client-side session that is not used here.
    server.login_manager = manager  # type: ignore[attr-defined]
    server.context_processor(lambda: {"identity": g.get("identity")})


STEPS = {"code": "/login/code", "password": "/account/password", "totp": "/account/totp"}
"""Where somebody has to go before anything else is answered."""


def unfinished(identity: Identity) -> Response:
    """What somebody gets who has to complete his login first: a page is sent there, anything else is refused."""
    if request.method == "GET" and "text/html" in request.headers.get("Accept", ""):
        return redirect(STEPS[identity.pending], 303)  # type: ignore[return-value]
    return Response(FINISH, 403, mimetype="text/plain")


def answered(identity: Identity) -> Response | None:
    """None where this person may have what he asks for; else what he gets instead. What he may not have reads like what is not there."""
    if request.endpoint is None:
        return None  # no such route: Flask says so
    right = policy.right_for(request.endpoint)
    if right is not None and identity.scope.may(right):
        return None
    if request.path == "/" and request.method in READS:
        return redirect(home(identity.scope), 303)  # type: ignore[return-value]
    abort(404)


def home(scope: Scope) -> str:
    """The first page of whoever may not see figures; ``/`` for everybody else."""
    if scope.may("figures"):
        return "/"
    return next((f"/{right}" for right in ("accounts", "audit") if scope.may(right) and policy.right_for(right) == right), "/account")


def refuse() -> Response:
    """What somebody who is not logged in gets, the same on every path: a page is sent to the login, anything else gets 401."""
    wants_page = request.method == "GET" and "text/html" in request.headers.get("Accept", "")
    if wants_page and request.headers.get("Sec-Fetch-Dest", "document") == "document":
        back = request.full_path.rstrip("?")
        return redirect(f"/login?next={quote(back, safe='')}" if back != "/" else "/login", 303)  # type: ignore[return-value]
    return Response(SEE_LOGIN, 401, mimetype="text/plain")


def comes_from_us(environ: Mapping[str, Any]) -> bool:
    """Whether a writing request comes from our own pages. Browsers always say where from; what does not say is refused."""
    site = environ.get("HTTP_SEC_FETCH_SITE")
    if site is not None and site != "same-origin":
        return False
    origin = environ.get("HTTP_ORIGIN") or environ.get("HTTP_REFERER")
    if not origin:
        return bool(site == "same-origin")
    return bool(urlsplit(origin).netloc == environ.get("HTTP_HOST"))


def identity() -> Identity:
    """Who the current request comes from; RuntimeError outside a guarded request (a mistake in the program)."""
    found = g.get("identity")
    if found is None:
        raise RuntimeError("no identity: this code runs outside a guarded request")
    return found
