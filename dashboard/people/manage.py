"""``/accounts`` and below: the administrator makes, changes and disables accounts; every step is recorded in his name.

What gives a way in waits for a second person (``/account-review``); of a password the administrator is shown the first half alone.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any

from flask import Flask, Response, abort, make_response, redirect, request
from sqlalchemy import select

from dashboard.access import accounts, policy, reviews
from dashboard.access.passwords import AccountError
from dashboard.ledger import Account, OutsideIdentity
from dashboard.views import account_forms as forms
from dashboard.views.page import register_desk
from dashboard.views.review_forms import change

THEN = "另一人在“账号复核”中通过后才能登录。"
DONE = {
    "place": f"已调整，该账号的全部登录已失效。{THEN}", "sessions": "已结束该账号的全部登录。", "unlock": "已解除锁定。", "totp": f"已解除两步验证。{THEN}",
    "disable": "已停用，该账号的全部登录已失效。", "enable": f"已启用。{THEN}", "bind": f"已绑定。{THEN}", "unbind": "已解除绑定。",
}  # fmt: skip


def install(server: Flask, services: Any) -> None:
    """Add the routes, all behind the right ``accounts``."""
    register_desk("/accounts", "账号管理", "accounts", order=200)
    for endpoint in ("accounts", "account_add", "account_page", "account_act"):
        policy.allow(endpoint, "accounts")
    region = services.region
    named = {a.code: a.name for a in region.areas if a.in_force}
    streets = {a.code: a for a in region.areas if a.in_force and a.level == 2}

    def area_options() -> list[tuple[str, str]]:
        def text(a: Any) -> str:
            above = streets.get(a.parent_code) if a.level == 3 else None
            return f"{above.name} {a.name}" if above else str(a.name)

        return [(a.code, text(a)) for a in sorted((a for a in region.areas if a.in_force and a.supervised), key=lambda a: a.code)]

    def page(title: str, *body: Any, wrong: str = "", status: int = 200) -> Response:
        said = DONE.get(request.args.get("done", ""), "")
        text = services.desk(title, *body, here="/accounts", said=said, wrong=wrong)
        return make_response(text, status)

    def overview(wrong: str = "", status: int = 200) -> Response:
        held = {w.account.username for w in reviews.waiting(services.ledger)}
        rows = forms.account_list(accounts.listed(services.ledger), named, accounts.locks(services.ledger), int(time.time()), held)
        return page("账号管理", rows, forms.account_new(area_options(), request.form), wrong=wrong, status=status)

    def by() -> dict[str, Any]:
        return {"by": services.identity.username, "ip": request.remote_addr or ""}

    def halves(username: str) -> tuple[str, str, str]:
        """A password in two halves, and the second one sealed for whoever releases the account."""
        first, second = reviews.halves()
        return first, second, services.sessions.sealer.seal(reviews.sealed_for(username), second)

    def bind(username: str, subject: str) -> None:
        if username == services.identity.username:
            raise AccountError("本人的统一身份请在“本人账号”页面绑定，须核对密码")
        accounts.bind(services.ledger, username, services.settings.oidc_issuer or "", subject, **by())

    @server.get("/accounts", endpoint="accounts")
    def listed() -> Response:
        return overview()

    @server.post("/accounts")
    def account_add() -> Response:
        give = request.form.get
        username = give("username", "").strip().lower()
        first, second, sealed = halves(username)
        try:
            accounts.create(
                services.ledger, region, username=username, password=first + second, half=sealed, role=give("role", ""), area_code=give("area", ""),
                display_name=give("display_name", ""), providers=only(give("providers", "")), **by(),
            )  # fmt: skip
        except AccountError as problem:
            return overview(str(problem), 400)
        return page("账号管理", forms.first_half(username, first))

    def one(username: str, wrong: str = "", status: int = 200) -> Response:
        with services.ledger.read() as session:
            account = session.scalar(select(Account).where(Account.username == username))
            if account is None:
                abort(404)
            bound = [(i.issuer, i.subject) for i in session.scalars(select(OutsideIdentity).where(OutsideIdentity.account_id == account.id))]
        lock = accounts.locks(services.ledger).get(account.username, 0)
        providers = "，".join(sorted(accounts.provider_set(account.providers) or ()))
        oidc = services.settings.oidc_name if services.settings.oidc_issuer else ""
        area = named.get(account.area_code, account.area_code)
        waits = next((w for w in reviews.waiting(services.ledger) if w.account.id == account.id), None)
        body = forms.account_one(account, area_options(), area, providers, lock, bound, oidc, waits is not None)
        if waits is not None:
            body.insert(0, forms.held([change(c, named) for c in waits.changes]))
        return page(f"账号 {account.username}", *body, wrong=wrong, status=status)

    @server.get("/accounts/<username>")
    def account_page(username: str) -> Response:
        return one(username)

    @server.post("/accounts/<username>/<act>")
    def account_act(username: str, act: str) -> Response:
        book, give = services.ledger, request.form.get
        first, second, sealed = halves(username)
        acts: dict[str, Callable[[], Any]] = {
            "place": lambda: accounts.set_place(book, region, username, give("role", ""), give("area", ""), providers=only(give("providers", "")), **by()),
            "password": lambda: accounts.set_password(book, username, first + second, half=sealed, **by()),
            "sessions": lambda: accounts.end_sessions(book, username, **by()),
            "unlock": lambda: accounts.unlock(book, username, **by()),
            "totp": lambda: accounts.clear_second_factor(book, username, **by()),
            "disable": lambda: accounts.set_active(book, username, False, **by()),
            "enable": lambda: accounts.set_active(book, username, True, **by()),
            "bind": lambda: bind(username, give("subject", "")),
            "unbind": lambda: accounts.unbind(book, username, **by()),
        }  # fmt: skip
        if act not in acts:
            abort(404)
        try:
            acts[act]()
        except AccountError as problem:
            return one(username, str(problem), 400)
        if act == "password":
            return page(f"账号 {username}", forms.first_half(username, first))
        return redirect(f"/accounts/{username}?done={act}", 303)  # type: ignore[return-value]


def only(text: str) -> list[str] | None:
    """A provider set as typed (commas or spaces between ids); None for an empty field."""
    ids = [part for part in re.split(r"[\s,，、;；]+", text.strip()) if part]
    return ids or None
