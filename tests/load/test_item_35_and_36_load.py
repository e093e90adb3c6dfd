"""Items 35 and 36 of what the product must withstand: many sessions and many reports at once during micro-batches. Overload answers 503, never a wrong
figure; nothing grows.

The short form of ``make load``: the same crowd over a tiny district. Each publication is one of the ninety-six that a watch of five minutes makes in eight
hours.
"""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Iterator

import pytest

from dashboard.access.demo import DEMO_PASSWORDS
from tests.load.rehearsal import NUMBER, PDF, REPORTED, Found, Publishing, Stage, rehearse, reports, staged
from tests.support import tiny
from tests.support.crowd import Ask, Browser, awaited, children, opened

WORKERS = 2


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp("crowd")
    (folder / "tmp").mkdir()
    with staged(tiny.build(folder / "tiny.duckdb", months=4, providers=12, elders=120), folder, WORKERS, {"TMPDIR": str(folder / "tmp")}) as there:
        yield there


def test_item_35_a_crowd_during_micro_batches_gets_whole_answers_of_one_snapshot_each(stage: Stage) -> None:
    found = rehearse(stage, people=200, within=4, each=5, pause=0.3, every=1.5)
    assert found.faults == []
    assert found.statuses["200"] >= 500 and found.published >= 2, found.statuses


def test_item_35_beyond_what_fits_the_answer_is_503_and_what_is_answered_is_right(stage: Stage) -> None:
    found = rehearse(stage, people=160, within=0, each=3, pause=0, every=1)
    assert found.faults == []
    assert found.statuses["503"] and found.statuses["200"] >= 60, found.statuses


def test_item_35_logins_go_on_beside_the_crowd(stage: Stage) -> None:
    async def go() -> list[int]:
        browsers = [Browser(stage.host, stage.port) for _ in range(4)]
        forms = [Ask("/login", form=(("username", name), ("password", DEMO_PASSWORDS[name]))) for name in ("leader", "staff", "street", "finance")]
        told = await asyncio.gather(*(b.ask(f.request(f"{stage.host}:{stage.port}", "", "")) for b, f in zip(browsers, forms, strict=True)))
        for browser in browsers:
            browser.leave()
        return [t.status for t in told]

    assert awaited(go()) == [303] * 4


def test_item_35_nothing_grows_from_publication_to_publication(stage: Stage) -> None:
    """Once all threads have worked, a further publication leaves nothing behind: no snapshot, no deleted file, no thread, no memory to speak of."""
    before = rehearse(stage, people=40, within=1, each=6, pause=0.1, every=0.7)
    after = rehearse(stage, people=40, within=1, each=12, pause=0.4, every=0.6)
    assert before.faults == after.faults == []
    with Publishing(stage, 3600, after):
        time.sleep(1.5)  # what was published last has been made ready
    settled = stage.weights()
    assert after.published >= 2 * NUMBER and len(settled) == WORKERS
    for worker, now in enumerate(settled):
        assert (now.snapshots, now.deleted) == (1, 0), now
        then = after.weights[0][worker]
        # A snapshot left behind took 20 MB and eight threads, even of a district as small as this.
        assert now.mb - then.mb < 8 * after.published and now.threads - then.threads < 2 * after.published, (then, now)
        assert max(w[worker].snapshots for w in after.weights) <= 3, after.weights


def test_item_35_a_request_in_the_dark_is_refused_under_load_too(stage: Stage) -> None:
    async def go() -> int:
        browser = Browser(stage.host, stage.port)
        told = await browser.ask(Ask("/").request(f"{stage.host}:{stage.port}", "0" * 43, stage.output))
        browser.leave()
        return told.status

    assert awaited(go()) == 401


FIFTY = [*REPORTED[:4] * 11, *REPORTED[4:] * 3, *[("staff", PDF)] * 3]


def _noted(stage: Stage, action: str = "report") -> int:
    with sqlite3.connect(f"file:{stage.settings.layout.ledger}?mode=ro", uri=True) as con:
        return int(con.execute("select count(*) from audit where action = ?", (action,)).fetchone()[0])


def test_item_36_fifty_reports_at_once_are_all_right_and_leave_the_pages_their_turn(stage: Stage) -> None:
    noted, workers = _noted(stage), children(stage.pid)
    papers, views = reports(stage, FIFTY, lookers=20, each=10, every=2)
    assert len(FIFTY) == 50 and papers.faults == views.faults == []
    # All of them, but for a machine so busy that the last are refused after ninety seconds.
    assert papers.statuses["200"] + papers.statuses["503"] == 50 and papers.statuses["200"] >= 45, papers.statuses
    assert views.statuses["200"] >= 180, views.statuses  # of 200: the pages have a room of their own
    assert _noted(stage) - noted == papers.statuses["200"]  # one line for each that left
    assert children(stage.pid) == workers
    assert list((stage.settings.var.parent / "tmp").iterdir()) == []
    assert max(w.mb for w in stage.weights()) < 1200


def test_item_36_a_report_that_is_given_up_is_not_made(stage: Stage) -> None:
    noted, token = _noted(stage), opened(stage.settings, 1, ["leader"])[0][1]

    async def go() -> None:
        await asyncio.gather(*(stage.given_up(token, REPORTED[4][1], 0.3) for _ in range(20)))

    began = time.monotonic()
    awaited(go())
    last = Found()
    stage.read("leader", REPORTED[4][1], awaited(stage.paper(token, REPORTED[4][1])), last)  # whoever comes next need not wait for twenty others
    assert last.faults == [] and last.statuses["200"] == 1
    made = _noted(stage) - noted - 1
    assert made <= 4 * WORKERS, f"{made} of 20 were made for nobody, in {time.monotonic() - began:.0f} s"


def test_item_36_there_is_no_result_to_fetch_and_no_process_to_end_for_somebody_else(stage: Stage) -> None:
    """A report is the answer to its own request and lies nowhere: keys of background jobs, as Dash would take them, lead to nothing."""
    workers = children(stage.pid)
    token = opened(stage.settings, 1, ["street"])[0][1]
    view = Ask("/").request(f"{stage.host}:{stage.port}", token, stage.output)
    asked = f"/_dash-update-component?cacheKey=report-leader&job={workers[0]}&oldJob={workers[0]}&oldJob={workers[1]}&cancelJob={workers[1]} "
    told = awaited(Browser(stage.host, stage.port).ask(view.replace(b"/_dash-update-component ", asked.encode(), 1)))
    found = Found()
    stage.judge("street", Ask("/"), told, found)
    assert found.statuses["200"] == 1 and children(stage.pid) == workers
