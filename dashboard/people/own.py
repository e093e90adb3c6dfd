"""``/account`` and below, and ``/login/code``: what people do to their own account, and the steps that complete a login."""

from __future__ import annotations

from typing import Any

from flask import Flask, Response, make_response, redirect, render_template, request

from dashboard.access import guard, policy, totp
from dashboard.access.login import keep_cookie, local_path
from dashboard.access.own_account import OwnAccount
from dashboard.access.passwords import AccountError, Busy
from dashboard.access.sessions import Refused, Sessions
from dashboard.views import account_forms as forms
from dashboard.views.h import h

BUSY = "现在操作的人较多，请稍后再试。"
DONE = {
    "password": "密码已修改，其他设备上的登录已失效。", "ended": "已结束所选登录。", "totp-off": "已停用两步验证。", "bound": "已绑定统一身份。",
}  # fmt: skip


def install(server: Flask, services: Any) -> None:
    """Add the routes; all of them are for everybody's own account."""
    sessions: Sessions = services.sessions
    settings = services.settings
    for endpoint in ("own_account", "own_sessions", "own_totp_start", "own_totp_off"):
        policy.allow(endpoint, "account")
    for endpoint in ("own_password_page", "own_password", "own_totp_page", "own_totp", "code_page", "code"):
        policy.allow(endpoint, "account", unfinished=True)

    def mine() -> OwnAccount:
        return OwnAccount(services.ledger, sessions, services.identity, request.remote_addr or "", request.user_agent.string)

    def page(title: str, *body: Any, wrong: str = "", status: int = 200) -> Response:
        said = DONE.get(request.args.get("done", ""), "")
        text = services.desk(title, *body, here="/account", said=said, wrong=wrong)
        return make_response(text, status)

    def home(wrong: str = "", status: int = 200) -> Response:
        own, who = mine(), services.identity
        area = next((a.name for a in services.region.areas if a.code == who.area_code), who.area_code)
        oidc = settings.oidc_name if settings.oidc_issuer else ""
        body = [
            h("div", forms.who_am_i(who, area, own.outside_identities() if oidc else (), oidc), forms.second_factor(own.second_factor()), cls="stack"),
            forms.password_form(False), forms.logins(own.logins()),
        ]  # fmt: skip
        return page("本人账号", *body, wrong=wrong, status=status)

    @server.get("/account")
    def own_account() -> Response:
        return home()

    @server.get("/account/password")
    def own_password_page() -> Response:
        if services.identity.pending == "password":
            return page("修改密码", forms.password_form(True))
        return redirect(guard.STEPS.get(services.identity.pending, "/account"), 303)  # type: ignore[return-value]

    @server.post("/account/password")
    def own_password() -> Response:
        forced = services.identity.pending == "password"
        if services.identity.pending and not forced:
            return guard.unfinished(services.identity)
        give = request.form.get
        try:
            token = mine().change_password(give("old", ""), give("new", ""), give("again", ""))
        except (AccountError, Busy) as problem:
            wrong = BUSY if isinstance(problem, Busy) else str(problem)
            status = 503 if isinstance(problem, Busy) else 400
            return page("修改密码", forms.password_form(True), wrong=wrong, status=status) if forced else home(wrong, status)
        response = redirect("/" if forced else "/account?done=password", 303)
        keep_cookie(response, token, settings)  # type: ignore[arg-type]
        return response  # type: ignore[return-value]

    @server.post("/account/sessions")
    def own_sessions() -> Response:
        handle = request.form.get("handle", "")
        if handle == "others":
            mine().end_other_logins()
        elif not mine().end_login(handle):
            return home("没有这次登录，可能已经结束。", 404)
        return redirect("/account?done=ended", 303)  # type: ignore[return-value]

    def setup(wrong: str = "", status: int = 200) -> Response:
        who = services.identity
        secret, offered = mine().offer()
        picture = totp.picture(totp.address(secret, who.username, "颐观"))
        return page("设置两步验证", forms.second_factor_setup(secret, picture, offered, who.pending == "totp"), wrong=wrong, status=status)

    @server.post("/account/totp/start")
    def own_totp_start() -> Response:
        # A desk left for a moment must not become somebody else's for good: what opens the account later asks for its password.
        try:
            mine().prove(request.form.get("password", ""))
        except (AccountError, Busy) as problem:
            return home(BUSY, 503) if isinstance(problem, Busy) else home(str(problem), 400)
        return setup()

    @server.get("/account/totp")
    def own_totp_page() -> Response:
        if services.identity.pending == "totp":
            return setup()
        return redirect(guard.STEPS.get(services.identity.pending, "/account"), 303)  # type: ignore[return-value]

    @server.post("/account/totp")
    def own_totp() -> Response:
        if services.identity.pending not in ("", "totp"):
            return guard.unfinished(services.identity)
        try:
            codes = mine().confirm(request.form.get("offered", ""), request.form.get("code", ""))
        except AccountError as problem:
            return setup(str(problem), 400)
        return page("设置两步验证", forms.recovery(codes))

    @server.post("/account/totp/off")
    def own_totp_off() -> Response:
        try:
            mine().give_up(request.form.get("password", ""))
        except (AccountError, Busy) as problem:
            return home(BUSY, 503) if isinstance(problem, Busy) else home(str(problem), 400)
        return redirect("/account?done=totp-off", 303)  # type: ignore[return-value]

    def code_form(message: str = "", status: int = 200) -> Response:
        text = render_template("code.html", region=services.region, message=message, next=local_path(request.values.get("next")))
        return make_response(text, status)

    @server.get("/login/code")
    def code_page() -> Response:
        return code_form() if services.identity.pending == "code" else redirect("/", 303)  # type: ignore[return-value]

    @server.post("/login/code")
    def code() -> Response:
        who = services.identity
        if who.pending != "code":
            return redirect("/", 303)  # type: ignore[return-value]
        shown = sessions.show_code(who, request.form.get("code", ""), request.remote_addr or "", request.user_agent.string)
        if isinstance(shown, Refused):
            if shown.reason == "locked":
                return code_form(f"失败次数过多，请 {shown.minutes} 分钟后再试，或联系系统管理员。", 429)
            return code_form("验证码不正确或已使用过，请输入验证器上最新的 6 位数字。", 401)
        response = redirect(local_path(request.form.get("next")), 303)
        keep_cookie(response, shown, settings)  # type: ignore[arg-type]
        return response  # type: ignore[return-value]
