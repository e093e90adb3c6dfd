"""What officials do in cases: open one, take a step, settle an elder, fetch a document. Behind the guard; here: the form, and the answer to it.

Whether a step may be taken is decided by the rules of the procedure (``dashboard.cases``), not here. What was said to whoever tried is kept in
the audit trail and shown on the page that follows, found by the number of its line: no sentence travels in an address.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import quote

from flask import Flask, Response, abort, redirect, request

from dashboard import format as fmt
from dashboard import refusals
from dashboard.access import policy
from dashboard.cases import attempts
from dashboard.cases.course import Act, Actor
from dashboard.cases.dossier import Dossier
from dashboard.cases.evidence import freeze
from dashboard.cases.files import LARGEST, FileError, Upload
from dashboard.cases.model import Paper
from dashboard.cases.store import Cases, ConflictError, NoCaseError, RefusedError, Subject, Taken
from dashboard.leaving import given, stated
from dashboard.ledger.models.cases import CaseResettlement
from dashboard.reports import notice
from dashboard.warehouse import Unknown, Warehouse

LARGEST_FORM = 4 * LARGEST
HANDED_OUT = "材料可能载有老年人的个人信息。用途、下载人和时间与文件校验码一起写入审计日志。请按保密规定使用，不得外传。"
_NAMES = re.compile(r"[、，,；;\n\r\t]+")
Told = (RefusedError, ConflictError, FileError, notice.NoticeError)


def install(server: Flask, services: Any) -> None:
    """Add the routes of cases."""
    policy.allow("case_opened", "case_open")
    policy.allow("case_stepped", "cases")
    policy.allow("case_settled", "case_field")
    policy.allow("case_document", "cases", file="purpose")

    @server.post("/cases/open", endpoint="case_opened")
    def opened() -> Response:
        request.max_content_length = LARGEST_FORM
        w, cases = services.warehouse(), services.cases()
        kind = request.form.get("procedure", "")
        rules = cases.procedures.get(kind)
        if rules is None:
            abort(400)
        version = rules.version_at(f"{w.latest_month}") or rules.versions[-1]
        step = next((s.step for s in version.steps if not s.from_), "")
        subject, month = _subject(w, rules.subject)

        def go() -> Dossier:
            taken = _taken(step, w, subject.provider_id, month)
            return cases.open(kind, subject, _actor(services), taken, _make(services), _ip())

        return _after(services, "/cases", go)

    @server.post("/cases/<int:ident>/step", endpoint="case_stepped")
    def stepped(ident: int) -> Response:
        request.max_content_length = LARGEST_FORM
        w, cases = services.warehouse(), services.cases()
        here = _seen(lambda: cases.case(ident))

        def go() -> Dossier:
            taken = _taken(request.form.get("step", "")[:40], w, here.row.provider_id, w.latest_month)
            if any(s.about_elders for s in here.file.version.steps if s.step == taken.act.step):
                taken = replace(taken, concerned=w.concerned(here.row.provider_id, w.latest_month))
            return cases.take(ident, _actor(services), taken, _make(services), _ip())

        return _after(services, f"/cases/{ident}", go)

    @server.post("/cases/<int:ident>/elders", endpoint="case_settled")
    def settled(ident: int) -> Response:
        cases = services.cases()
        here = _seen(lambda: cases.case(ident))

        def go() -> Dossier:
            several = request.form.getlist("each")
            rows = _proposed(services.warehouse(), here) if request.form.get("fill") else _several(here, several) if several else _elders(services, here)
            return cases.settle(ident, _actor(services), rows, _ip())

        return _after(services, f"/cases/{ident}", go)

    @server.route("/cases/<int:ident>/documents/<int:document>", methods=["GET", "POST"], endpoint="case_document")
    def document(ident: int, document: int) -> Response:
        cases, scope = services.cases(), services.identity.scope
        found, persons = _seen(lambda: cases.document(ident, document))
        if persons and not scope.reads_persons():
            raise Unknown("document")
        purpose = stated(services, "下载案件材料", HANDED_OUT) if persons else given(found.name)
        if isinstance(purpose, Response):
            return purpose
        try:
            content = cases.content(found)
        except FileError as problem:
            return refusals.answer(503, f"{problem}。")
        services.audit("查阅案件文书", f"case:{ident} {found.name}", (f"用途：{purpose}；" if persons else "") + f"SHA-256 {found.sha256}")
        response = Response(content, mimetype=found.media)
        ending = found.filename.rpartition(".")[2]
        name = f"{found.number or found.name}_{found.name}.{ending}" if found.number else found.filename
        response.headers["Content-Disposition"] = f"attachment; filename=\"document.{ending}\"; filename*=UTF-8''{quote(name, safe='')}"
        response.headers["Cache-Control"] = "no-store"
        return response


def _seen(read: Callable[[], Any]) -> Any:
    """What a reader asks for, or the answer for what is not there for him."""
    try:
        return read()
    except NoCaseError:
        raise Unknown("case") from None


def _after(services: Any, back: str, go: Callable[[], Dossier]) -> Response:
    """Do it and show the case; where it is not possible, show why on the page it came from."""
    try:
        done = _seen(go)
    except Told as told:
        line = attempts.keep(services.ledger, services.identity.username, back, str(told), _ip())
        return redirect(f"{back}?said={line}", 303)  # type: ignore[return-value]
    return redirect(f"/cases/{done.row.id}?said=done", 303)  # type: ignore[return-value]


def _actor(services: Any) -> Actor:
    who = services.identity
    return Actor(who.username, who.display_name, who.scope.rights)


def _ip() -> str:
    return request.remote_addr or ""


def _subject(w: Warehouse, sort: str) -> tuple[Subject, str]:
    """Who a new case is about, within the reader's area; Unknown otherwise."""
    month = request.form.get("month") or w.latest_month
    if sort == "provider":
        found = w.provider(request.form.get("provider", ""), month)
        code = str(found["community_code"])
        return Subject(str(found["provider_id"]), str(found["name"]), str(found["kind"]), code, _path(w, code)), month
    code = w.area(request.form.get("community", "")).code
    name, kind = " ".join(request.form.get("provider_name", "").split())[:100], request.form.get("kind", "")[:20]
    held = w.with_credit_code(request.form.get("credit_code", "")[:18].strip())
    now = next((str(p["name"]) for p in held if p["operating"]), "")
    return Subject("", name, kind, code, _path(w, code), now, "" if now else "；".join(_left(p) for p in held)), month


def _left(provider: dict[str, Any]) -> str:
    """How a provider that held a credit code left the register."""
    how = "此后退出" if provider["exited"] else "此后不再在营"
    return f"该统一社会信用代码曾登记为“{provider['name']}”，在营至{fmt.fmt_month(provider['until'])}，{how}"


def _path(w: Warehouse, code: str) -> tuple[str, ...]:
    """The codes from the district down to an area."""
    found: list[str] = []
    at = w.snapshot.areas.get(code)
    while at is not None:
        found.insert(0, at.code)
        at = w.snapshot.areas.get(at.parent_code or "")
    return tuple(found)


def _taken(step: str, w: Warehouse, provider_id: str, month: str) -> Taken:
    """The form as a step: its entries, its files, who took part; with the figures of the snapshot where the case has a provider."""
    fields = {k: v.strip() for k, v in request.form.items() if k not in ("people", "token", "seen", "step", "procedure", "month", "provider")}
    people = tuple(n for n in (" ".join(p.split()) for p in _NAMES.split(request.form.get("people", ""))) if n)[:20]
    uploads = [Upload(kind, f.filename or "", f.read(LARGEST + 1)) for kind, f in request.files.items(multi=True) if f.filename]
    seen = request.form.get("seen", "0")
    try:
        proof = freeze(w, provider_id, month) if provider_id else None
    except Unknown:
        proof = None  # a provider that is no longer on the register: the file itself is the evidence
    return Taken(
        Act(step, fields, people=people), uploads, int(seen) if seen.isascii() and seen.isdigit() and len(seen) < 6 else 0,
        re.sub(r"[^0-9a-zA-Z-]", "", request.form.get("token", ""))[:40], proof,
    )  # fmt: skip


def _make(services: Any) -> Callable[[Paper, str, Dossier, Act, datetime], bytes]:
    cases: Cases = services.cases()
    bureau, synthetic = services.bureau(), services.region.synthetic

    def make(paper: Paper, number: str, case: Dossier, act: Act, now: datetime) -> bytes:
        numbers = {d.kind: d.number for d in case.documents if d.number}
        said = notice.compose(paper, notice.Writing(case, act, now, bureau, cases.calendar, numbers))
        return notice.render(said, number, bureau, now, synthetic)

    return make


def _proposed(w: Warehouse, here: Dossier) -> list[CaseResettlement]:
    """The plan of the impact assessment as rows, one an elder, for those who are not on the list yet; people confirm or change each."""
    try:
        impact = w.impact(here.row.provider_id, request.form.get("month") or w.latest_month)
    except Unknown:
        raise FileError("没有可用的影响评估，请逐人登记") from None
    listed = {e.elder_id for e in here.elders}
    rows = []
    for elder in impact.elders:
        if elder.elder_id in listed or not elder.present:
            continue
        plans = [p for p in impact.placements if p.need.elder_id == elder.elder_id]
        placed = next((p for p in plans if p.offer is not None), None)
        receiver = placed.offer.provider_id if placed and placed.offer else ""
        whole = bool(plans) and all(p.offer is not None for p in plans)
        prices = [(p.before, p.after) for p in plans]
        known = whole and all(before is not None and after is not None for before, after in prices)
        price = f"{sum((after or 0) - (before or 0) for before, after in prices):.2f}" if known else None
        said = "；".join(p.reason.sentence for p in plans if p.reason) or ("" if plans else "没有须继续的服务")
        status = "拟安置" if whole else "待落实" if plans else "不再需要"
        rows.append(CaseResettlement(
            elder_id=elder.elder_id, elder_name=elder.name, community_code=elder.community_code, provider_id=receiver,
            provider_name=impact.names.get(receiver, ""), distance_m=placed.metres if placed else None, price_difference=price,
            status=status, note=said[:200],
        ))  # fmt: skip
    if not rows and not here.elders and not impact.total:
        rows.append(CaseResettlement(elder_id="—", elder_name="无有关老年人", community_code=here.row.area_code, provider_id="", provider_name="",
                                     status="不再需要", note="影响评估中近90日没有服务对象"))  # fmt: skip
    return rows


def _several(here: Dossier, idents: list[str]) -> list[CaseResettlement]:
    """The next standing of those ticked on the list, one by one or (``=拟安置``) all who stand at something; where they go stays as it is listed."""
    ticked, note = set(idents), " ".join(request.form.get("note", "").split())[:200]
    return [
        CaseResettlement(
            elder_id=e.elder_id, elder_name=e.elder_name, community_code=e.community_code, provider_id=e.provider_id, provider_name=e.provider_name,
            distance_m=e.distance_m, price_difference=e.price_difference, status=request.form.get("status", "")[:16], note=note or e.note,
        )
        for e in here.elders if {e.elder_id, f"={e.status}"} & ticked
    ]  # fmt: skip


def _elders(services: Any, here: Dossier) -> list[CaseResettlement]:
    """What the form says about one elder: a new one with the figures proposed, or the next standing of one on the list."""
    ident, form = request.form.get("elder", "")[:64].strip(), request.form
    known = next((e for e in here.elders if e.elder_id == ident), None)
    receiver, w = form.get("receiver", "").strip()[:64], services.warehouse()
    name = str(w.provider(receiver, w.latest_month)["name"]) if receiver else ""
    if not ident:
        raise FileError("请写明老年人编号")
    distance, price = form.get("distance", ""), form.get("price", "").strip()
    if price and not re.fullmatch(r"-?\d{1,6}(\.\d{1,2})?", price, re.ASCII):
        raise FileError("月差价应为数字，如 -120.00")
    return [
        CaseResettlement(
            elder_id=ident, elder_name=form.get("name", "").strip()[:64] or (known.elder_name if known else ident),
            community_code=known.community_code if known else here.row.area_code, provider_id=receiver or (known.provider_id if known else ""),
            provider_name=name or (known.provider_name if known else ""),
            distance_m=int(distance) if distance.isascii() and distance.isdigit() and len(distance) < 7 else known.distance_m if known else None,
            price_difference=price or (known.price_difference if known else None), status=form.get("status", "")[:16],
            note=" ".join(form.get("note", "").split())[:200],
        )
    ]  # fmt: skip
