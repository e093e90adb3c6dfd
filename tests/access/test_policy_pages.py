"""The policy pages: who may try, who may approve, that nobody approves his own, and that it is all on record."""

from __future__ import annotations

import io
import re
import time
from pathlib import Path
from typing import Any

import dash
import pytest
from flask.testing import FlaskClient

from dashboard import ledger
from dashboard.access import accounts
from tests.access.conftest import OWN, log_in
from tests.policy.test_trials import BASE, NEXT, STRICTER, drafted

HTML = {"Accept": "text/html"}
FORM = {"content_type": "multipart/form-data", "headers": OWN}


def sent(client: FlaskClient, text: str = "", subject: str = "rating") -> Any:
    return client.post("/policies/try", data={"subject": subject, "file": (io.BytesIO((text or drafted(BASE, STRICTER)).encode()), "rating.yaml")}, **FORM)


def test_a_draft_goes_from_trial_to_approval_by_another_person(own_app: dash.Dash, tmp_path: Path) -> None:
    staff, leader = log_in(own_app, "staff"), log_in(own_app, "leader")
    page = staff.get("/policies").text
    assert "一票否决" in page and "养老机构重大事故隐患判定" in page and "检查问题扣分" in page and "{" not in page.split("<body>")[1]
    assert "历次版本" in page and "2024年1月至2025年12月" in page and "新增关注条件“预收费未按规定存管”" in page
    answer = sent(staff)
    assert answer.status_code == 303, answer.text
    at = answer.location.partition("?")[0]
    shown = staff.get(at).text
    assert "模拟数据" in shown and "数据截至" in shown
    assert "养老服务科 20" in shown and "staff 20" not in shown, "the person, not the account"
    assert "待批准" in shown and "须由另一人批准" in shown and "按街道" in shown and f"/trials/{at.rpartition('/')[2]}" in shown
    refused = staff.post(f"{at}/approve", headers=OWN)
    assert refused.status_code == 404  # no right to approve at all
    assert leader.post(f"{at}/reject", headers=OWN).status_code == 409  # without a reason
    assert leader.post(f"{at}/approve", headers=OWN).status_code == 303
    assert "尚未生效" not in page and "尚未生效" in leader.get("/policies").text
    assert "已批准" in leader.get(at).text and "试行-3" in leader.get("/policies/rating.yaml").text
    held = ledger.open(f"sqlite:///{tmp_path / 'ledger.sqlite'}")
    assert held.fetch("select account, detail from audit where action = '批准政策草案'", ())[0] == "leader"  # type: ignore[index]


def test_a_leader_does_not_approve_his_own_draft(own_app: dash.Dash) -> None:
    leader = log_in(own_app, "leader")
    at = sent(leader).location.partition("?")[0]
    answer = leader.post(f"{at}/approve", headers=OWN)
    assert answer.status_code == 409 and "不能审批本人提出的草案" in answer.text
    assert leader.post(f"{at}/withdraw", headers=OWN).status_code == 303 and "已撤回" in leader.get(at).text


def test_a_wrong_file_comes_back_with_its_lines(own_app: dash.Dash) -> None:
    staff = log_in(own_app, "staff")
    answer = sent(staff, drafted(BASE, ("indicator: satisfaction", "indicator: <b>")))
    assert answer.status_code == 400 and "第 " in answer.text and "没有“&lt;b&gt;”这个指标" in answer.text
    assert sent(staff, BASE, subject="x").status_code == 400
    assert staff.post("/policies/try", data={"subject": "rating", "file": (io.BytesIO(b"\xff\xfe\xb1"), "a.yaml")}, **FORM).status_code == 400
    assert "还没有草案" in staff.get("/policies").text and NEXT not in staff.get("/policies").text


LAUGHS = "a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12))


@pytest.mark.parametrize(
    "text", [LAUGHS, "a: &a [*a]", "[" * 100_000, "a:\n" + "".join(" " * n + "- a:\n" for n in range(2, 120, 2)), "? [a, b]\n: c", "valid_from: 2026-13-45",
             "a: !!int x", "a: !!python/object:os.system x", "\x00", "- " * 3000, "{}", "a", "[]", "1: 2"]
)  # fmt: skip
def test_item_15_a_draft_made_to_do_harm_is_refused_at_once(app: dash.Dash, text: str) -> None:
    staff = log_in(app, "staff")
    before = time.process_time()
    assert sent(staff, text).status_code == 400
    assert time.process_time() - before < 5


def test_item_03_who_sees_some_providers_sees_no_trial_of_them_all(own_app: dash.Dash, settings: Any) -> None:
    services = own_app.server.extensions["yiguan"]
    leader = log_in(own_app, "leader")
    at = sent(leader).location.partition("?")[0]
    accounts.set_place(services.ledger, services.region, "staff", "staff", services.region.code, providers=["P0001"])
    staff = log_in(own_app, "staff")
    for path in (at, "/policies"):
        assert staff.get(path).status_code == 404, path
    assert sent(staff).status_code == 404
    for path in ("/inspections/plan/2026-11", "/inspections/commit/1", "/inspections/draw/1", "/inspections/void/1"):
        assert staff.post(path, headers=OWN).status_code == 404


@pytest.mark.parametrize("role", ["street", "steward", "finance", "auditor", "admin"])
def test_the_pages_are_not_there_for_who_may_not_try(own_app: dash.Dash, role: str) -> None:
    client = log_in(own_app, role)
    statuses = {client.get(path).status_code for path in ("/policies", "/policies/rating.yaml", "/policies/trial/1", "/policies/trial/x")}
    assert statuses | {sent(client).status_code, client.post("/policies/trial/1/approve", headers=OWN).status_code} == {404}


def test_the_trial_is_on_the_one_map_for_whoever_sees_the_whole_district(own_app: dash.Dash) -> None:
    staff, street = log_in(own_app, "staff"), log_in(own_app, "street")
    number = sent(staff).location.partition("?")[0].rpartition("/")[2]
    page = staff.get(f"/trials/{number}", headers=HTML).text
    assert [w for w in ("变动单位分布", "草案全文与处理", "▼", 'aria-label="变动单位"', "近 90 天服务老年人") if w not in page] == []
    assert "▼" not in staff.get("/trials/999", headers=HTML).text and "▼" not in street.get(f"/trials/{number}", headers=HTML).text


def test_a_draft_that_was_asked_for_before_it_was_made_is_there_when_it_is(own_app: dash.Dash, view: Any) -> None:
    """What is not there yet is not kept as an answer: whoever looked too early sees the trial as soon as there is one."""
    staff, leader = log_in(own_app, "staff"), log_in(own_app, "leader")
    assert ["没有找到" in view(leader, "/trials/1").text for _ in (1, 2)] == [True, True]
    sent(staff)
    assert "变动单位分布" in view(leader, "/trials/1").text
    page = leader.get("/trials/1", headers=HTML).text
    assert "变动单位分布" in page
    (here,) = re.findall(r"<a[^>]*aria-current=.page.[^>]*>([^<]*)</a>", page.partition("</nav>")[0])
    assert here == "政策"
