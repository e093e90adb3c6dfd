"""Logging in and out, and when a session dies."""

from __future__ import annotations

import statistics
import time
from typing import Any

import dash
import pytest
from flask.testing import FlaskClient
from sqlalchemy import update

from dashboard import ledger
from dashboard.access import accounts, passwords, sessions
from dashboard.access.accounts import AccountError
from dashboard.access.demo import DEMO_PASSWORDS
from dashboard.access.login import local_path
from dashboard.ledger import AuditLine, Ledger, Session
from dashboard.ledger.audit import record, verify
from etl.region import Region
from tests.access.conftest import OWN, log_in
from tests.support.tamper import unlock

PROBE = "/_dash-dependencies"


def book(app: dash.Dash, tmp_path: Any) -> Ledger:
    seals = app.server.extensions["yiguan"].settings.seals()
    return ledger.open(f"sqlite:///{tmp_path / 'ledger.sqlite'}", seals)


def region(settings: Any) -> Region:
    return Region.load(settings.region)


def token(client: FlaskClient) -> str:
    cookie = client.get_cookie("yiguan")
    assert cookie is not None
    return cookie.value


def replay(app: dash.Dash, value: str) -> int:
    client = app.server.test_client()
    client.set_cookie("yiguan", value)
    return client.get(PROBE).status_code


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(app: dash.Dash, anonymous: FlaskClient) -> None:
    answer = anonymous.post("/login", data={"username": "leader", "password": DEMO_PASSWORDS["leader"]}, headers=OWN)
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie and "SameSite=Lax" in cookie and "Path=/" in cookie
    assert len(token(anonymous)) >= 43


def test_the_ledger_does_not_hold_the_token(own_app: dash.Dash, tmp_path: Any) -> None:
    client = log_in(own_app, "leader")
    assert token(client).encode() not in b"".join(p.read_bytes() for p in tmp_path.glob("ledger.sqlite*"))


def test_every_login_gets_a_fresh_token(own_app: dash.Dash) -> None:
    client = log_in(own_app, "leader")
    first = token(client)
    client.post("/login", data={"username": "leader", "password": DEMO_PASSWORDS["leader"]}, headers=OWN)
    assert token(client) != first


def test_item_10_a_cookie_copied_before_logout_is_dead_in_every_worker(own_app: dash.Dash, settings: Any, tmp_path: Any) -> None:
    from dashboard.app import create_app

    other_worker = create_app(settings.model_copy(update={"ledger_url": f"sqlite:///{tmp_path / 'ledger.sqlite'}"}))
    client = log_in(own_app, "leader")
    copied = token(client)
    assert replay(own_app, copied) == replay(other_worker, copied) == 200
    assert client.get("/logout", headers=OWN).location == "/login"
    assert replay(own_app, copied) == replay(other_worker, copied) == 401


def test_a_link_on_another_site_logs_nobody_out(own_app: dash.Dash) -> None:
    client = log_in(own_app, "leader")
    client.get("/logout", headers={"Sec-Fetch-Site": "cross-site"})
    assert client.get(PROBE).status_code == 200


@pytest.mark.parametrize("change", ["disable", "password", "role"])
def test_item_10_a_change_of_the_account_ends_its_sessions(own_app: dash.Dash, settings: Any, tmp_path: Any, change: str) -> None:
    client, unconcerned = log_in(own_app, "street"), log_in(own_app, "leader")
    held = book(own_app, tmp_path)
    if change == "disable":
        accounts.set_active(held, "street", active=False)
    elif change == "password":
        accounts.set_password(held, "street", "Linden-Bridge-26")
    else:
        accounts.set_place(held, region(settings), "street", "street", "330105001000")
    assert client.get(PROBE).status_code == 401
    assert unconcerned.get(PROBE).status_code == 200
    again = own_app.server.test_client().post(
        "/login", data={"username": "street", "password": DEMO_PASSWORDS["street"]}, headers=OWN
    )
    assert again.status_code == (303 if change == "role" else 401)


@pytest.mark.parametrize("column", ["last_seen", "expires_at"])
def test_item_11_a_session_ends_when_idle_and_at_its_term(own_app: dash.Dash, tmp_path: Any, settings: Any, column: str) -> None:
    client = log_in(own_app, "leader")
    past = int(time.time()) - (settings.session_idle_minutes * 60 + 5 if column == "last_seen" else 1)
    with book(own_app, tmp_path).write() as session:
        session.execute(update(Session).values({column: past}))
    assert client.get(PROBE).status_code == 401


def test_use_keeps_a_session_awake_with_one_write_a_minute(own_app: dash.Dash, tmp_path: Any) -> None:
    client = log_in(own_app, "leader")
    held = book(own_app, tmp_path)
    started = int(time.time())
    with held.write() as session:
        session.execute(update(Session).values(last_seen=started - 30))
    client.get(PROBE)
    assert held.fetch("select last_seen from session where ? = 1", (1,)) == (started - 30,)
    with held.write() as session:
        session.execute(update(Session).values(last_seen=started - 61))
    client.get(PROBE)
    seen = held.fetch("select last_seen from session where ? = 1", (1,))
    assert seen is not None and seen[0] >= started


def attempt(app: dash.Dash, username: str, password: str, ip: str = "10.0.0.1") -> Any:
    return app.server.test_client().post(
        "/login", data={"username": username, "password": password}, headers=OWN, environ_base={"REMOTE_ADDR": ip}
    )


@pytest.mark.parametrize("username", ["leader", "nobody"])
def test_item_11_the_fifth_failure_locks_that_name_from_that_address_only(own_app: dash.Dash, username: str) -> None:
    answers = [attempt(own_app, username, f"wrong-{i}") for i in range(6)]
    assert [a.status_code for a in answers] == [401] * 4 + [429] * 2
    assert "用户名或密码不正确" in answers[0].text and "请 1 分钟后再试" in answers[4].text
    assert attempt(own_app, "leader", DEMO_PASSWORDS["leader"]).status_code == (429 if username == "leader" else 303)
    assert attempt(own_app, "leader", DEMO_PASSWORDS["leader"], ip="10.0.0.2").status_code == 303  # the owner elsewhere
    assert attempt(own_app, "staff", DEMO_PASSWORDS["staff"]).status_code == 303  # a colleague at the same address


def test_item_11_guesses_sent_at_once_do_not_slip_past_the_lock(own_app: dash.Dash, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    check, asleep = passwords.matches, [True]

    def slow(digest: str | None, password: str, wait: float = 10.0) -> bool:
        """While this one is checked, others guess and close the door."""
        if asleep.pop() if asleep else False:
            for n in range(5):
                attempt(own_app, "leader", f"guess {n}")
        return check(digest, password, wait)

    monkeypatch.setattr(passwords, "matches", slow)
    late = attempt(own_app, "leader", DEMO_PASSWORDS["leader"])
    assert late.status_code == 429 and "Set-Cookie" not in late.headers


@pytest.mark.parametrize("typed", ["33010519410203002X", "王建国", "Passw0rd!with#signs"])
def test_item_17_what_is_no_name_is_kept_nowhere(own_app: dash.Dash, tmp_path: Any, typed: str) -> None:
    for _ in range(6):
        attempt(own_app, typed, "x")
    held = book(own_app, tmp_path)
    assert held.fetch("select count(*) from audit where action = '登录失败'", ())[0] == 4  # type: ignore[index]
    kept = b"".join(p.read_bytes() for p in tmp_path.glob("ledger.sqlite*"))
    assert typed.lower().encode() not in kept.lower()


def test_item_11_each_further_failure_locks_twice_as_long_up_to_an_hour(own_app: dash.Dash, tmp_path: Any) -> None:
    held = book(own_app, tmp_path)
    minutes = []
    for i in range(12):
        answer = attempt(own_app, "leader", f"wrong-{i}")
        if answer.status_code == 429:
            minutes.append(int(answer.text.split("请 ")[1].split(" 分钟")[0]))
        held.execute("update login_failure set locked_until = 0 where ? = 1", (1,))
    assert minutes == [1, 2, 4, 8, 16, 32, 60, 60]
    assert attempt(own_app, "leader", DEMO_PASSWORDS["leader"]).status_code == 303
    assert attempt(own_app, "leader", "wrong again").status_code == 401  # a success clears the count


def test_an_unknown_name_costs_as_much_as_a_known_one_and_reads_the_same(own_app: dash.Dash) -> None:
    times: dict[str, list[float]] = {"leader": [], "nobody": []}
    texts = {}
    for i in range(4):
        for name, taken in times.items():
            started = time.perf_counter()
            answer = attempt(own_app, name, "wrong", ip=f"10.0.1.{i}")
            taken.append(time.perf_counter() - started)
            texts[name] = answer.text.replace(f'value="{name}"', "")
    assert texts["leader"] == texts["nobody"]
    known, unknown = (statistics.median(t) for t in times.values())
    assert 0.4 < known / unknown < 2.5


def test_odd_logins_are_only_wrong(own_app: dash.Dash) -> None:
    """What cannot be a name is counted as one, so that guessing with it ends like any other; and it is never more than wrong."""
    odd = [attempt(own_app, *pair).status_code for pair in (("", ""), ("' or 1=1 --", "x"), ("leader\x00", "x"), ("x" * 9000, "y" * 9000), ("𠮷", "<b>"))]
    assert odd == [401, 401, 401, 401, 429]
    for sent in ({"data": b"\xff\xfe"}, {"json": {"username": 5}}):
        assert own_app.server.test_client().post("/login", headers=OWN, **sent).status_code in (401, 429)


def test_what_was_typed_comes_back_inert(own_app: dash.Dash) -> None:
    page = attempt(own_app, '"><script>alert(1)</script>', "x").text
    assert "<script" not in page and "&lt;script&gt;" in page


@pytest.mark.parametrize(
    "target",
    [
        "//evil.example",
        "https://evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
        "/\tx",
        "/logout",
        "/login?next=/",
        "evil",
        "/_dash-layout",
        "",
        None,
    ],
)
def test_the_way_back_never_leads_elsewhere(target: str | None) -> None:
    assert local_path(target) == "/"


def test_demo_accounts_are_shown_only_where_they_exist(app: dash.Dash, own_app: dash.Dash, settings: Any, tmp_path: Any) -> None:
    from dashboard.app import create_app

    assert "Leader-2026" in app.server.test_client().get("/login").text
    without = create_app(
        settings.model_copy(update={"demo_accounts": False, "ledger_url": f"sqlite:///{tmp_path / 'other.sqlite'}"})
    )
    page = without.server.test_client().get("/login").text
    assert "Leader-2026" not in page and "演示账号" not in page
    assert attempt(without, "leader", DEMO_PASSWORDS["leader"]).status_code == 401


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"username": "1x"}, "小写字母开头"),
        ({"username": "leader"}, "已存在"),
        ({"password": "short"}, "密码至少"),
        ({"password": "alllowercase1"}, "三种"),
        ({"password": "Xihu#zhang.SAN7"}, "不得包含"),
        ({"password": "P@ssw0rd2026"}, "容易猜到"),
        ({"password": "1qaz@WSX"}, "容易猜到"),
        ({"providers": []}, "服务单位"),
        ({"role": "king"}, "没有角色"),
        ({"area_code": "330105999000"}, "没有区划代码"),
        ({"area_code": "330105000000"}, "街道"),
    ],
)
def test_an_account_must_make_sense(
    own_app: dash.Dash, settings: Any, tmp_path: Any, wrong: dict[str, str], message: str
) -> None:
    good = {"username": "zhang.san", "password": "Linden-Bridge-26", "role": "street", "area_code": "330105003000"}
    with pytest.raises(AccountError, match=message):
        accounts.create(book(own_app, tmp_path), region(settings), **{**good, **wrong})


def test_the_audit_trail_tells_logins_failures_and_changes(own_app: dash.Dash, settings: Any, tmp_path: Any) -> None:
    log_in(own_app, "leader").get("/logout", headers=OWN)
    attempt(own_app, "staff", "wrong")
    held = book(own_app, tmp_path)
    accounts.set_active(held, "steward", active=False)
    with held.read() as session:
        lines = [(line.account, line.action) for line in session.query(AuditLine).order_by(AuditLine.id)]
    assert lines[-4:] == [("leader", "登录"), ("leader", "退出登录"), ("staff", "登录失败"), ("命令行", "停用账号")]
    assert verify(held) == []


@pytest.mark.parametrize(
    ("sql", "found"),
    [
        ("update audit set detail = 'nothing' where id = 3", "第 3 条日志被改动"),
        ("delete from audit where id = 3", "第 3 条至第 3 条日志缺失"),
        ("update audit set id = id + 1 where id >= 3", "缺失"),
        ("update audit set prev_hash = hash where id = 3", "第 3 条日志与上一条不衔接"),
    ],
)
def test_an_edited_deleted_or_moved_line_is_found(tmp_path: Any, sql: str, found: str) -> None:
    held = ledger.open(f"sqlite:///{tmp_path / 'audit.sqlite'}")
    for i in range(5):
        record(held, "somebody", "导出", f"对象 {i}", "详情", "10.0.0.1")
    assert verify(held) == []
    unlock(held)
    if "id + 1" in sql:  # from the end, so that the keys do not collide on the way
        for i in (5, 4, 3):
            held.execute("update audit set id = ? where id = ?", (i + 1, i))
    else:
        held.execute(sql, ())
    assert any(found in problem for problem in verify(held))


def test_two_writers_do_not_break_the_chain(tmp_path: Any) -> None:
    import threading

    url = f"sqlite:///{tmp_path / 'audit.sqlite'}"
    books = [ledger.open(url), ledger.open(url)]
    threads = [threading.Thread(target=lambda b=b: [record(b, "x", "导出", str(i)) for i in range(15)]) for b in books]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert verify(books[0]) == [] and books[0].fetch("select count(*) from audit where ? = 1", (1,)) == (30,)


def test_a_session_of_a_disabled_role_is_refused(own_app: dash.Dash, tmp_path: Any) -> None:
    client = log_in(own_app, "leader")
    book(own_app, tmp_path).execute("update account set role = ? where username = 'leader'", ("gone",))
    assert client.get(PROBE).status_code == 401
    assert sessions.SEEN_EVERY == 60
