"""``/account-review``: a second person looks at what an administrator did to somebody's way in, and releases it or turns it down."""

from __future__ import annotations

from typing import Any

from flask import Flask, Response, abort, make_response, redirect, request

from dashboard.access import accounts, policy, reviews
from dashboard.access.passwords import AccountError
from dashboard.views import review_forms as forms
from dashboard.views.page import register_desk

DONE = {"release": "已复核通过，该账号可以登录。", "refuse": "已驳回，该账号已停用。"}


def install(server: Flask, services: Any) -> None:
    """Add the routes, all behind the right ``account_review``."""
    register_desk("/account-review", "账号复核", "account_review", order=201)
    for endpoint in ("account_review", "account_review_act"):
        policy.allow(endpoint, "account_review")
    named = {a.code: a.name for a in services.region.areas if a.in_force}

    def page(*body: Any, wrong: str = "", status: int = 200) -> Response:
        said = DONE.get(request.args.get("done", ""), "")
        text = services.desk("账号复核", *body, here="/account-review", said=said, wrong=wrong)
        return make_response(text, status, {"Cache-Control": "no-store"})

    def overview(wrong: str = "", status: int = 200) -> Response:
        held = reviews.waiting(services.ledger)
        only = {w.account.username: sorted(accounts.provider_set(w.account.providers) or ()) for w in held}
        return page(forms.waiting(held, named, only, services.identity.account_id), forms.closed(reviews.closed(services.ledger), named), wrong=wrong, status=status)

    @server.get("/account-review")
    def account_review() -> Response:
        return overview()

    @server.post("/account-review/<username>/<act>")
    def account_review_act(username: str, act: str) -> Response:
        if act not in DONE:
            abort(404)
        given = request.form.get("seen", "")
        seen = int(given) if given.isascii() and given.isdigit() and len(given) < 12 else 0
        who, ip = services.identity.username, request.remote_addr or ""
        half = ""
        try:
            if act == "release":
                half = reviews.release(services.ledger, services.sessions.sealer, username, seen, who, ip)
            else:
                reviews.refuse(services.ledger, username, seen, who, ip)
        except AccountError as problem:
            return overview(f"{problem}。", 400)
        return page(forms.second_half(username, half)) if half else redirect(f"/account-review?done={act}", 303)  # type: ignore[return-value]
