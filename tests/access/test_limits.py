"""Who asks too often is told so and when to come back; who is turned away is turned away at once."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import dash
import pytest
from flask import request
from sqlalchemy import select

from dashboard.access import passwords
from dashboard.access.gate import LOGINS, Gate, Room
from dashboard.access.limits import Limits, Rate
from dashboard.app import create_app
from dashboard.ledger import Account
from dashboard.settings import Settings
from tests.access.conftest import OWN, log_in
from tests.access.test_second_factor import later, set_up


def test_so_many_at_once_then_evenly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1_000_000.0]
    monkeypatch.setattr(time, "time", lambda: now[0])
    limits, rate = Limits(tmp_path / "limits.sqlite"), Rate(3, 60)
    assert [limits.take("a", rate) for _ in range(4)] == [0, 0, 0, 20]
    assert limits.take("b", rate) == 0
    now[0] += 20
    assert [limits.take("a", rate) for _ in range(2)] == [0, 20]
    now[0] += 600
    assert [limits.take("a", rate) for _ in range(4)] == [0, 0, 0, 20]


def test_workers_count_together_and_no_name_is_kept(tmp_path: Path) -> None:
    path, rate = tmp_path / "limits.sqlite", Rate(10, 3600)
    workers = [Limits(path) for _ in range(2)]
    passed: list[int] = []
    threads = [threading.Thread(target=lambda w=w: passed.extend(w.take("zhang.san 10.1.2.3", rate) for _ in range(10))) for w in workers]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert sorted(passed)[:11].count(0) == 10 and sum(p > 0 for p in passed) == 10
    assert not any(b"zhang" in f.read_bytes() for f in tmp_path.iterdir())


def test_a_counter_that_cannot_be_written_lets_people_work(tmp_path: Path) -> None:
    (tmp_path / "limits.sqlite").mkdir()
    assert Limits(tmp_path / "limits.sqlite").take("a", Rate(1, 60)) == 0


@pytest.fixture(scope="module")
def strict(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> dash.Dash:
    """An application with narrow limits, a ledger and counters of its own over the same snapshot."""
    var = tmp_path_factory.mktemp("strict")
    made = settings.model_copy(update={"var": var, "costly_per_minute": 3, "login_failures": 6})
    made.layout.base.mkdir(parents=True)
    made.layout.snapshots.symlink_to(settings.layout.snapshots)
    return create_app(made)


def test_exports_are_counted_by_account_and_pages_are_not(strict: dash.Dash) -> None:
    leader, staff = log_in(strict, "leader"), log_in(strict, "staff")
    answers = [leader.get("/export/providers.xlsx?table=providers") for _ in range(4)]
    assert [a.status_code for a in answers] == [200, 200, 200, 429]
    assert 1 <= int(answers[3].headers["Retry-After"]) <= 20 and "秒后再试" in answers[3].text
    assert leader.get("/report.docx").status_code == 429
    assert leader.get("/_dash-layout").status_code == 200
    assert staff.get("/export/providers.xlsx?table=providers").status_code == 200


def test_guessing_at_many_names_from_one_address_ends(strict: dash.Dash) -> None:
    client = strict.server.test_client()

    def attempt(name: str, password: str, address: str = "10.9.8.7") -> Any:
        return client.post("/login", data={"username": name, "password": password}, headers=OWN, environ_overrides={"REMOTE_ADDR": address})

    seen = [attempt(f"name{i}", "wrong") for i in range(7)]
    assert [a.status_code for a in seen] == [401] * 6 + [429]
    assert "Retry-After" in seen[-1].headers and "再试" in seen[-1].text
    assert attempt("steward", "Steward").status_code == 429
    assert attempt("nobody", "wrong", "10.9.8.8").status_code == 401  # others are not shut out


def test_wrong_codes_of_the_second_step_count_for_the_address_like_wrong_passwords(settings: Settings, tmp_path: Path) -> None:
    made = settings.model_copy(update={"var": tmp_path, "login_failures": 6})
    made.layout.base.mkdir(parents=True)
    made.layout.snapshots.symlink_to(settings.layout.snapshots)
    app = create_app(made)
    secret, _ = set_up(log_in(app, "finance"), who="finance")
    client = log_in(app, "finance")

    def show(code: str, address: str) -> int:
        return client.post("/login/code", data={"code": code}, headers=OWN, environ_overrides={"REMOTE_ADDR": address}).status_code

    def attempt(address: str) -> int:
        who = {"username": "nobody", "password": "wrong"}
        return app.server.test_client().post("/login", data=who, headers=OWN, environ_overrides={"REMOTE_ADDR": address}).status_code

    assert [show(f"{n:06}", "10.1.1.1") for n in range(4)] == [401] * 4
    assert [attempt("10.1.1.1") for _ in range(3)] == [401, 401, 429]  # six in all
    assert show(later(secret), "10.1.1.1") == 429 and show(later(secret), "10.1.1.2") == 303  # and not for another address


def test_beyond_the_waiting_room_the_answer_is_503_at_once() -> None:
    go, begun = threading.Event(), threading.Semaphore(0)

    def slow(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        begun.release()
        go.wait(20)
        start("200 OK", [])
        return [b"figures"]

    gate, statuses = Gate(slow, Room(1, 1, 20), Room(1, 0, 20), Room(1, 0, 20)), []

    def ask(path: str) -> list[bytes]:
        return list(gate({"PATH_INFO": path}, lambda line, headers: statuses.append((line[:3], dict(headers)))))

    threads = [threading.Thread(target=ask, args=("/",)) for _ in range(2)]
    for t in threads:
        t.start()
    assert begun.acquire(timeout=10)
    deadline = time.monotonic() + 10
    body = [b"figures"]
    while body == [b"figures"] or not body:
        if gate._pages._places._value == 0:  # the second waits by now
            at = time.perf_counter()
            body = ask("/caregivers")
            assert time.perf_counter() - at < 1
        assert time.monotonic() < deadline
    status, headers = statuses[-1]
    assert status == "503" and headers["Retry-After"] and b"figures" not in body[0] and "稍后再试" in body[0].decode()
    go.set()
    for t in threads:
        t.join()
    assert [s for s, _ in statuses].count("200") == 2
    assert ask("/") == [b"figures"]  # everybody who was let in has left


def test_a_flood_of_logins_fills_the_waiting_room_of_logins_and_no_other() -> None:
    go, begun = threading.Event(), threading.Semaphore(0)

    def slow(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] == "POST":
            begun.release()
            go.wait(20)
        start("200 OK", [])
        return [b"done"]

    gate, statuses = Gate(slow, Room(1, 0, 20), Room(1, 0, 20), Room(1, 0, 20)), []

    def ask(path: str, method: str = "GET") -> None:
        list(gate({"PATH_INFO": path, "REQUEST_METHOD": method}, lambda line, _headers: statuses.append(line[:3])))

    first = threading.Thread(target=ask, args=("/login", "POST"))
    first.start()
    assert begun.acquire(timeout=10)
    for path in sorted(LOGINS):
        ask(path, "POST")
    assert statuses == ["503"] * len(LOGINS)
    for path in ("/", "/login", "/account/password", "/export/table.xlsx"):  # who is logged in works on, and the form itself is shown
        ask(path)
    assert statuses[len(LOGINS) :] == ["200"] * 4
    go.set()
    first.join()
    assert statuses[-1] == "200"


def test_whatever_checks_a_password_waits_with_the_logins(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = {"ledger_url": f"sqlite:///{tmp_path / 'ledger.sqlite'}", "oidc_issuer": "https://id.example", "oidc_client_id": "yiguan"}
    app = create_app(settings.model_copy(update=own))
    services, checked = app.server.extensions["yiguan"], set()
    monkeypatch.setattr(passwords, "matches", lambda *_: bool(checked.add(request.path)))
    form = dict.fromkeys(("username", "password", "old", "new", "again", "code", "offered", "subject"), "Quiet-River-42")
    for rule in app.server.url_map.iter_rules():
        for role in ("staff", "admin") if "POST" in (rule.methods or ()) and not rule.rule.startswith("/_dash") else ():
            with services.ledger.write() as session:
                account = session.scalar(select(Account.id).where(Account.username == role))
                token = services.sessions.begin(session, account, "", "")
            client = app.server.test_client()
            client.set_cookie("yiguan", token)
            client.post(re.sub(r"<[^>]+>", "1", rule.rule), data=form, headers=OWN)
    assert checked == LOGINS


def test_who_waits_too_long_is_told_so() -> None:
    room = Room(1, 1, 0.05)
    assert room.enter() and not room.enter()
    room.leave()
    assert room.enter()


def test_ready_says_which_part_is_missing(strict: dash.Dash, settings: Settings, tmp_path: Path) -> None:
    assert strict.server.test_client().get("/readyz").text == "ready"
    bare = create_app(settings.model_copy(update={"var": tmp_path})).server.test_client().get("/readyz")
    assert bare.status_code == 503 and bare.text == "数据快照不可用" and "Retry-After" in bare.headers
