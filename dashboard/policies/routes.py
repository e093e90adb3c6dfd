"""``/policies``: the rules in force, drafts tried on the latest month, and their approval by a second person."""

from __future__ import annotations

import hashlib
from typing import Any, Literal, cast

from flask import Flask, Response, abort, make_response, redirect, request

from dashboard.access import policy
from dashboard.policies.store import LARGEST, DraftError, NoDraftError, Policies, lay
from dashboard.views import policy_desk as views
from dashboard.views.page import register_desk
from dashboard.warehouse import Unknown
from etl.policy.load import PolicyError
from etl.policy.trial import SUBJECTS

DONE = {"tried": "已试算，结果如下。", "approved": "已批准，自生效月份起用于评级。", "rejected": "已记录不批准。", "withdrawn": "已撤回。"}
ACTS = {"approve": "approved", "reject": "rejected", "withdraw": "withdrawn"}


def install(server: Flask, services: Any) -> None:
    """Add the routes; lay the approved versions where the line reads them."""
    register_desk("/policies", "政策", "policy_try", order=80)
    for endpoint in ("policies", "policy_try", "policy_trial", "policy_decide"):
        policy.allow(endpoint, "policy_try")
    policy.allow("policy_text", "policy_try", file="line")
    held = Policies(services.ledger, services.region, services.layout)
    lay(services.ledger, services.layout)

    def reader() -> Any:
        """Whoever asks, for the whole district: a trial speaks of all its providers."""
        w = services.warehouse()
        if w.scope.area != services.region.code or w.scope.providers is not None:
            raise Unknown("policies")
        return w

    def page(title: str, *body: Any, wrong: str = "", status: int = 200) -> Response:
        said = DONE.get(request.args.get("done", ""), "")
        return make_response(services.desk(title, *body, here="/policies", said=said, wrong=wrong, snapshot=services.snapshot()), status)

    def overview(wrong: str = "", status: int = 200) -> Response:
        w = reader()
        try:
            rating, leaving = held.in_force()
        except PolicyError as problem:
            return page("政策", wrong=str(problem), status=500)
        return page("政策", views.drafts(held.listed(), held.names()), views.new_draft(), *views.rules(rating, leaving, w.latest_month), wrong=wrong, status=status)

    def by() -> dict[str, str]:
        return {"by": services.identity.username, "ip": request.remote_addr or ""}

    @server.get("/policies", endpoint="policies")
    def listed() -> Response:
        return overview()

    @server.get("/policies/<subject>.yaml", endpoint="policy_text")
    def file(subject: str) -> Response:
        reader()
        if subject not in SUBJECTS:
            raise Unknown("policies")
        text = held.text(subject)
        services.audit("下载政策文件", f"{subject}.yaml", f"SHA-256 {hashlib.sha256(text.encode()).hexdigest()}")
        answer = make_response(text)
        answer.headers["Content-Type"] = "application/yaml; charset=utf-8"
        answer.headers["Content-Disposition"] = f'attachment; filename="{subject}.yaml"'
        return answer

    @server.post("/policies/try", endpoint="policy_try")
    def tried() -> Response:
        request.max_content_length = 4 * LARGEST
        w = reader()
        sent = request.files.get("file")
        try:
            text = sent.read(4 * LARGEST).decode("utf-8-sig") if sent else ""
            number = held.try_out(request.form.get("subject", ""), text, w.snapshot.path, **by())
        except UnicodeDecodeError:
            return overview("草案不是 UTF-8 编码，请另存为 UTF-8 后再试。", 400)
        except DraftError as problem:
            return overview(str(problem), 400)
        return redirect(f"/policies/trial/{number}?done=tried", 303)  # type: ignore[return-value]

    def result(number: str, wrong: str = "", status: int = 200) -> Response:
        w = reader()
        try:
            draft = held.draft(number)
        except NoDraftError:
            raise Unknown("draft") from None
        month = draft.trial["month"] if draft.trial["month"] in w.months else w.latest_month
        places = {p["provider_id"]: p for p in w.providers(w.root.code, month)}
        streets = {a.code: a.short_name for a in w.children(w.root.code)}
        me = services.identity
        body = views.trial(draft, places, streets, me.username, me.scope.may("policy_approve"), held.names())
        return page(f"草案 {draft.row.id}", *body, wrong=wrong, status=status)

    @server.get("/policies/trial/<number>", endpoint="policy_trial")
    def shown(number: str) -> Response:
        return result(number)

    @server.post("/policies/trial/<number>/<act>", endpoint="policy_decide")
    def decided(number: str, act: str) -> Response:
        reader()
        if act not in ACTS:
            abort(404)
        if act != "withdraw" and not services.identity.scope.may("policy_approve"):
            raise Unknown("policies")
        decision = cast(Literal["approved", "rejected", "withdrawn"], ACTS[act])
        try:
            held.decide(number, decision, reason=" ".join(request.form.get("reason", "").split()), **by())
        except NoDraftError:
            raise Unknown("draft") from None
        except DraftError as problem:
            return result(number, str(problem), 409)
        return redirect(f"/policies/trial/{number}?done={decision}", 303)  # type: ignore[return-value]
