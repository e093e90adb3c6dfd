"""Login and logout pages, rendered by the server without a line of script."""

from __future__ import annotations

from urllib.parse import urlsplit

import structlog
from flask import Flask, Response, g, make_response, redirect, render_template, request

from dashboard.access import policy
from dashboard.access.demo import DemoAccount
from dashboard.access.guard import cookie_name
from dashboard.access.sessions import Refused, Sessions
from dashboard.settings import Settings
from etl.region import Region

log = structlog.get_logger(__name__)

WRONG = "用户名或密码不正确。"
HELD = "账号有变更待复核，复核通过后才能登录。请联系系统管理员或局领导。"
BUSY = "现在登录的人较多，请稍后再试。"


def install(server: Flask, sessions: Sessions, region: Region, demo: list[DemoAccount], settings: Settings) -> None:
    """Add ``/login``, ``/logout`` and ``/healthz``."""
    for endpoint in ("login_page", "login", "healthz", "readyz"):
        policy.allow(endpoint, policy.OPEN)
    policy.allow("logout", "account", unfinished=True)
    production = settings.production
    cookie = cookie_name(production)
    outside = settings.oidc_name if settings.oidc_issuer else ""

    def page(message: str = "", username: str = "", status: int = 200) -> Response:
        where = local_path(request.values.get("next"))
        response = make_response(
            render_template("login.html", region=region, demo=demo, outside=outside, message=message, username=username[:64], next=where), status
        )
        response.headers["Cache-Control"] = "no-store"
        return response

    @server.get("/login")
    def login_page() -> Response:
        if sessions.identity(request.cookies.get(cookie)):
            return redirect(local_path(request.args.get("next")), 303)  # type: ignore[return-value]
        return page()

    @server.post("/login")
    def login() -> Response:
        username, password = request.form.get("username", ""), request.form.get("password", "")
        result = sessions.log_in(username, password, request.remote_addr or "", request.user_agent.string)
        if isinstance(result, Refused):
            if result.reason == "locked":
                return page(f"失败次数过多，请 {result.minutes} 分钟后再试，或联系系统管理员。", username, 429)
            if result.reason == "busy":
                busy = page(BUSY, username, 503)
                busy.headers["Retry-After"] = "3"
                return busy
            return page(HELD if result.reason == "held" else WRONG, username, 403 if result.reason == "held" else 401)
        response = redirect(local_path(request.form.get("next")), 303)
        keep_cookie(response, result, settings)  # type: ignore[arg-type]
        return response  # type: ignore[return-value]

    def ready() -> Response:
        """Whether this process can answer: 503 names the part that is missing, and nothing of it."""
        services = server.extensions["yiguan"]
        for part, look in (("台账库", lambda: services.ledger.fetch("select 1", ())), ("数据快照", services.snapshot)):
            try:
                look()
            except Exception as error:
                log.warning("not_ready", part=part, error=type(error).__name__)
                return Response(f"{part}不可用", 503, mimetype="text/plain", headers={"Retry-After": "10"})
        return Response("ready", mimetype="text/plain")

    def leave() -> Response:
        # A link on somebody else's page must not log anybody out; our own links and the address bar may.
        if request.headers.get("Sec-Fetch-Site", "none") not in ("same-origin", "none"):
            return redirect("/", 303)  # type: ignore[return-value]
        sessions.log_out(g.identity, request.remote_addr or "")
        response = redirect("/login", 303)
        response.delete_cookie(cookie, path="/", httponly=True, samesite="Lax", secure=production)
        response.headers["Clear-Site-Data"] = '"storage"'
        return response  # type: ignore[return-value]

    server.add_url_rule("/logout", "logout", leave, methods=["GET", "POST"])
    server.add_url_rule("/healthz", "healthz", lambda: Response("ok", mimetype="text/plain"))
    server.add_url_rule("/readyz", "readyz", ready)


def keep_cookie(response: Response, token: str, settings: Settings) -> None:
    """Give the browser the token of its session, out of reach of scripts and of other sites."""
    response.set_cookie(
        cookie_name(settings.production), token, max_age=settings.session_hours * 3600, path="/", httponly=True, samesite="Lax",
        secure=settings.production,
    )  # fmt: skip


def local_path(text: str | None) -> str:
    """A path on this server to go on to; ``/`` for anything that could lead elsewhere."""
    if not text or len(text) > 2000 or not text.startswith("/") or text.startswith(("//", "/\\", "/login", "/logout", "/_dash")):
        return "/"
    if any(ord(c) < 32 or c == "\\" for c in text):
        return "/"
    parts = urlsplit(text)
    return "/" if parts.scheme or parts.netloc else text
