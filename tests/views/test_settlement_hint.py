"""Beside the form of a settlement stands what the data say is to be paid back, to whoever may know it, and the file decides."""

from __future__ import annotations

import json
import secrets
from typing import Any

import pytest

from dashboard import ledger
from dashboard.ledger.models.cases import Case, CaseStep
from dashboard.views.h import text_of, walk
from dashboard.views.render import render
from tests.support.desk import desk
from tests.views.conftest import DISTRICT

COURSE = (
    ("open", "watch", {}), ("order_rectification", "rectifying", {}), ("reinspect", "failed", {"result": "不合格"}), ("summon", "summoned", {}),
    ("interview", "interviewed", {}), ("propose", "proposed", {}), ("notify", "notified", {}), ("close_defence", "heard", {}), ("review", "reviewed", {"result": "同意退出"}),
    ("decide", "decided", {"result": "退出"}), ("plan_resettlement", "resettling", {}), ("finish_resettlement", "settling", {}), ("settle", "cleared", {}),
)  # fmt: skip


def settling(at: Any, provider: dict[str, Any], state: str) -> str:
    """The address of an exit case of a provider as the ledger has it in that state."""
    with at.ledger.write() as session:
        row = Case(
            number=f"拱民养退〔2026〕{secrets.token_hex(4)}号", procedure="exit", policy_version="试行-1", provider_id=provider["provider_id"],
            name=provider["name"], kind=provider["kind"], area_code=provider["community_code"],
            area_path=f"{DISTRICT}/{provider['street_code']}/{provider['community_code']}", opened_at=1_790_000_000, opened_by="chen",
        )  # fmt: skip
        session.add(row)
        session.flush()
        for seq, (step, then, fields) in enumerate(COURSE, 1):
            session.add(CaseStep(
                case_id=row.id, seq=seq, step=step, state=then, at=1_790_000_000 + seq, by="chen", by_name="陈晓", sentence=step, measure="", document_no="",
                fields=json.dumps(fields), token=secrets.token_hex(8), digest="x",
            ))  # fmt: skip
            if then == state:
                break
        return f"/cases/{row.id}"


@pytest.fixture(scope="module")
def seen(reader, tmp_path_factory):
    """``seen(address, role, area)``, and the desk whose ledger holds the cases."""
    folder = tmp_path_factory.mktemp("settlement")
    book = ledger.open(f"sqlite:///{folder / 'ledger.sqlite'}")

    def drawn(address: str, role: str = "staff", area: str = DISTRICT) -> dict[str, Any]:
        w = reader(role, area)
        return render(w, address, "", "/geo/{}.json".format, desk=desk(folder, book, w.scope))

    yield drawn, desk(folder, book, reader("staff").scope)
    book.close()


def owing(w) -> dict[str, Any]:
    """A provider whose prepayments are not held as they should be."""
    return w.provider(next(r[0] for r in w.snapshot.query("select provider_id from prepaid_provider_month where short and month = '2026-10'")), "2026-10")


@pytest.mark.parametrize(("state", "hinted"), [("settling", True), ("cleared", False)])
def test_the_settlement_form_says_what_is_owed_and_what_the_bank_holds(seen, reader, state, hinted):
    drawn, at = seen
    w = reader("staff")
    provider = owing(w)
    view = drawn(settling(at, provider, state))
    found = w.impact(provider["provider_id"], "2026-10")
    back = sum(m.recover for m in found.money)
    hint = f"2026年10月数据：应退预收费 {found.owed:,.2f} 元（其中存管 {found.owed_held:,.2f} 元），按政策应收回补贴 {back:,.2f} 元"
    assert found.owed > found.owed_held > 0 and (hint in text_of(view["below"])) is hinted
    links = {str(n.props.get("href", "")).partition("?")[0] for n in walk(view["below"]) if n.tag == "a" and text_of(n) == "逐人明细"}
    assert links == ({f"/impact/{provider['provider_id']}"} if hinted else set())


def test_another_street_is_told_nothing_of_it(seen, reader):
    drawn, at = seen
    provider = owing(reader("staff"))
    case = settling(at, provider, "settling")
    w = reader("staff")
    other = next(a.code for a in w.children(w.root.code) if a.code != provider["street_code"])
    assert "应退预收费" in text_of(drawn(case, "street", provider["street_code"])["below"])
    assert drawn(case, "street", other)["below"] == drawn("/cases/99999", "street", other)["below"]
