"""One provider's way out, in a real browser with three accounts: from two bad months to its elders' resettlement, and into the history."""

from __future__ import annotations

import io
import json
import re
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from docx import Document
from werkzeug.serving import make_server

from dashboard.app import create_app
from dashboard.settings import Settings
from etl import clock
from etl.paths import Layout
from etl.run import run
from tests.conftest import Demo
from tests.e2e.conftest import Visit
from tests.support.published import reader

pytestmark = pytest.mark.browser
PAPER = {"name": "paper.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.4 signed and scanned"}
LAST_BAD = "2026-08"
BAD = (
    "select e.provider_id, p.name, e.month from exit_reason e join provider_standing p using (provider_id, month)"
    " where e.rule = 'two_one_star_months' and e.month = ? and p.operating"
    " and not exists (from action_fact a where a.provider_id = e.provider_id and a.kind = '退出决定') order by 1 limit 1"
)
FORCE = """async ([url, fields]) => {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  return (await fetch(url, {method: 'POST', body: form})).url;
}"""


@dataclass
class Wall:
    """The clock on the wall of the office: what ``etl.clock.now`` says while the district is served."""

    now: datetime = datetime(2026, 9, 2, 9, 0)

    def at(self, text: str) -> None:
        self.now = datetime.fromisoformat(text)


@contextmanager
def served(var: Path) -> Iterator[str]:
    """The application in this process, so that its clock can be set."""
    app = create_app(Settings(var=var, profile="demo", secret_key=None, ledger_url=None))
    server = make_server("127.0.0.1", 0, app.server, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        app.server.extensions["yiguan"].ledger.close()


class Official(Visit):
    """Somebody who works on the one case."""

    case = ""

    def take(self, step: str, *papers: str, **entries: str) -> str:
        """Open the step's form, fill it in, send it; what the page then says."""
        self.open(self.case)
        box = self.page.locator(f"details[data-step={step}]")
        box.locator("summary").click()
        fill(box, entries, papers)
        return self.send(box)

    def send(self, box: Any) -> str:
        with self.page.expect_navigation(url=re.compile(r"[?&]said=")):
            box.locator("button[type=submit]").click()
        self.settled()
        return str(self.page.inner_text(".said"))

    def force(self, step: str, **entries: str) -> str:
        """Send a step that the page does not offer; what the page then says. The page itself said why not before."""
        self.open(self.case)
        assert self.page.locator(f"details[data-step={step}]").count() == 0
        seen = self.page.locator("input[name=seen]").first.get_attribute("value")
        url = self.page.evaluate(FORCE, [f"{self.case}/step", {"step": step, "seen": seen, **entries}])
        self.open(url.removeprefix(self.address))
        return str(self.page.inner_text(".said"))


def fill(box: Any, entries: dict[str, str], papers: tuple[str, ...]) -> None:
    for name, value in entries.items():
        blank = box.locator(f"[name={name}]")
        if blank.evaluate("e => e.tagName") == "SELECT":
            blank.select_option(value)
        else:
            blank.fill(value)
    for kind in papers:
        box.locator(f"input[type=file][name={kind}]").set_input_files(PAPER)


def rows(layout: Layout, sql: str, *parameters: str) -> list[tuple[Any, ...]]:
    """From the current snapshot."""
    current = json.loads(layout.pointer.read_text())
    with reader(layout.snapshots / f"{current['run_id']}.duckdb") as con:
        return con.execute(sql, list(parameters)).fetchall()


def test_a_provider_leaves_by_due_process(browser: Any, small_demo: Demo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    var = tmp_path / "var"
    shutil.copytree(small_demo.var, var)
    layout = Layout(var, small_demo.layout.region_key)
    ((provider, name, month),) = rows(layout, BAD, LAST_BAD)
    before = rows(layout, "select * from exit_status where provider_id = ? and month <= ? order by month", provider, month)
    wall = Wall()
    made: list[Official] = []
    with served(var) as address, monkeypatch.context() as patched:
        patched.setattr(clock, "now", lambda: wall.now)

        def official(username: str) -> Official:
            made.append(Official(browser, address))
            made[-1].log_in(username)
            return made[-1]

        try:
            case = process(official, wall, provider, month)
            number = decision(made[0], case)
        finally:
            for one in made:
                one.context.close()
    assert run(small_demo.region, layout, only=["ledger"]).published
    assert rows(layout, "select * from exit_status where provider_id = ? and month <= ? order by month", provider, month) == before
    states = rows(layout, "select month, state, because from exit_status where provider_id = ? and month > ? order by month", provider, month)
    assert {state for _, state, _ in states} == {"exited"} and all(number in because for _, _, because in states)
    with served(var) as address:
        leader = Official(browser, address)
        shown(leader, provider, name, number)
        leader.context.close()


def process(official: Callable[[str], Official], wall: Wall, provider: str, month: str) -> str:
    """The whole way; returns the address of the case."""
    staff, second, leader = official("staff"), official("staff2"), official("leader")
    staff.open(f"/cases?month={month}")
    box = staff.page.locator("details.step", has_text="立案关注").first
    box.locator("summary").click()
    assert provider in str(box.locator("optgroup[label=符合条件的单位] option").evaluate_all("options => options.map(o => o.value)"))
    fill(box, {"provider": provider, "reason": "连续两个月一星"}, ("watch_record",))
    assert "已办理" in staff.send(box)
    case = re.search(r"/cases/\d+", staff.page.url)[0]  # type: ignore[index]
    for one in (staff, second, leader):
        one.case = case
    assert "一星" in staff.page.inner_text(".frozen")

    staff.take("order_rectification", hazard="3日整改", problems="服务人员未持证上岗", demands="停止无证服务")
    serve(staff, "2026-09-02")
    wall.at("2026-09-03T09:00")  # too early
    said = second.force("reinspect", result="不合格", found="未整改", people="王芳、林敏")
    assert "2026年9月5日届满后" in said and "第六条" in said
    wall.at("2026-09-07T09:00")
    second.take("reinspect", "inspection_record", result="不合格", found="仍未整改", people="王芳、林敏")
    staff.take("summon", held_on="2026-09-09", place="区民政局二楼会议室", reason="复查不合格")
    serve(staff, "2026-09-07")
    wall.at("2026-09-09T09:00")
    staff.take("interview", "interview_minutes", said="单位承认问题", people="王芳、陈晓")
    assert "已办理" in staff.take("propose", facts="连续两个月一星，责令整改后复查不合格", grounds="整改不到位，不符合准入条件")

    wall.at("2026-09-10T09:00")
    said = staff.force("notify")  # one's own proposal
    assert "不得再由您办理" in said and "第九条" in said
    assert "已办理" in second.take("notify")
    said = staff.take("serve", served_on="2026-09-10", way="直接送达")  # without its document
    assert "须附送达回证" in said and "第二十条" in said
    serve(staff, "2026-09-10")
    wall.at("2026-09-14T09:00")
    staff.take("request_hearing", "hearing_request", received_on="2026-09-14")
    said = staff.take("notify_hearing", held_on="2026-09-23", place="区民政局听证室", host="林敏")  # she re-inspected
    assert "不得担任听证主持人" in said and "第十一条" in said
    staff.take("notify_hearing", held_on="2026-09-23", place="区民政局听证室", host="郑伟")
    serve(staff, "2026-09-14")
    wall.at("2026-09-23T09:00")
    staff.take("hold_hearing", "hearing_minutes", opinion="事实清楚，程序合法", people="郑伟")
    second.take("review", "review_minutes", result="同意退出", opinion="一致同意", people="王芳、林敏、郑伟")
    wall.at("2026-09-24T09:00")
    said = second.force("decide", result="退出", reason="同意")  # without the right
    assert "没有办理“退出决定”的权限" in said and "第十三条" in said
    assert "已办理" in leader.take("decide", result="退出", reason="逾期未整改，同意集体审议意见")
    serve(staff, "2026-09-24")

    staff.open(case)
    assert "须为每位有关老年人写明" in staff.page.inner_text(".next-steps")
    settle(staff, "拟安置")  # somebody who came after the assessment
    said = staff.take("plan_resettlement", contact="养老服务科 0571-00000000")
    assert re.search(r"影响评估中还有\d+名有关老年人未列入安置名单", said) and "第十四条" in said
    form = staff.page.locator("form[aria-label=按影响评估填入名单]")
    with staff.page.expect_navigation(url=re.compile(r"[?&]said=")):
        form.locator("button").click()
    staff.settled()
    for status in ("拟安置", "已安置"):
        settle_all(staff, status)
        if status == "拟安置":
            assert "已办理" in staff.take("plan_resettlement", contact="养老服务科 0571-00000000")
            serve(staff, "2026-09-24")
    wall.at("2026-09-28T09:00")
    assert "已办理" in staff.take("finish_resettlement", "resettlement_proof", said="全部安置")
    assert not [error for one in (staff, second, leader) for error in one.errors]
    return case


def serve(staff: Official, day: str) -> None:
    """Record on which day the provider signed for the paper just made."""
    assert "已办理" in staff.take("serve", "service_proof", served_on=day, way="直接送达")


def settle(staff: Official, status: str) -> None:
    """Say where one elder goes who is not in the assessment."""
    staff.open(staff.case)
    box = staff.page.locator("details.step", has_text="登记安置去向")
    box.locator("summary").click()
    fill(box, {"elder": "L1", "name": "张大爷", "status": status, "distance": "600", "price": "-20.00"}, ())
    box.locator("select[name=receiver]").select_option(index=1)
    staff.send(box)


def settle_all(staff: Official, status: str) -> None:
    """Tick everybody on the list and say where they stand."""
    staff.open(staff.case)
    box = staff.page.locator("details.step", has_text="多人登记")
    box.locator("summary").click()
    ticks = box.locator("input[name=each]:not([value^='='])")
    several = box.locator("input[name=each][value='=拟安置']")
    assert ticks.count() > 1
    if status == "已安置" and several.count():
        several.check()  # all who are planned, in one
    else:
        for n in range(ticks.count()):
            ticks.nth(n).check()
    fill(box, {"status": status}, ())
    staff.send(box)
    assert staff.page.locator("table", has_text="月差价").locator("tr", has_text=status).count() == ticks.count()


def decision(staff: Official, case: str) -> str:
    """The number of the decision, read in the document itself."""
    href = staff.page.locator("tr", has_text="退出决定书").locator("a").get_attribute("href")
    assert href is not None and href.startswith(case)
    answer = staff.context.request.get(f"{staff.address}{href}")
    assert answer.headers["content-disposition"].startswith("attachment") and answer.headers["x-content-type-options"] == "nosniff"
    text = "\n".join(p.text for p in Document(io.BytesIO(answer.body())).paragraphs)
    assert "行政复议" in text and "事实清楚，程序合法" in text
    return re.search(r"拱民养退决〔2026〕\d+号", text)[0]  # type: ignore[index]


def shown(leader: Official, provider: str, name: str, number: str) -> None:
    """The exit is on the map, in the list and in the monthly report."""
    leader.log_in("leader")
    with leader.page.expect_response(lambda r: "pathname" in (r.request.post_data or "")) as answer:
        leader.open("/exits?layer=exits")
    points = answer.value.json()["response"]["map-data"]["data"]["points"]
    assert any(f"/providers/{provider}" in str(point) and "已退出" in str(point) for point in points)
    assert name in leader.page.locator("section", has=leader.page.locator("h3", has_text="已退出")).last.inner_text()
    href = leader.page.locator("a", has_text="月报 Word").first.get_attribute("href")
    sent = {"form": {"purpose": "meeting"}, "headers": {"Sec-Fetch-Site": "same-origin"}, "timeout": 120_000}
    report = Document(io.BytesIO(leader.context.request.post(f"{leader.address}{href}", **sent).body()))
    lines = [" ".join(c.text for c in row.cells) for t in report.tables for row in t.rows]
    assert any(name in line and "已退出" in line and number in line for line in lines)
