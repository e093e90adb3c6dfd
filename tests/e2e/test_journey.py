"""An official's way through the product, in a real browser, and the one figure that must be the same everywhere."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import openpyxl
import pytest
from docx import Document

from etl.paths import DEFAULT_REGION
from tests.conftest import SMALL_END, Demo
from tests.e2e.conftest import Visit
from tests.naive.recount import Recount

pytestmark = pytest.mark.browser
CODE = "caregiver_cert_rate"


def click_area(page: Visit, short_name: str) -> None:
    """Click an area of the map where its label stands."""
    box = page.page.locator(".lab", has_text=short_name).first.bounding_box()
    assert box is not None, f"{short_name} is not on the map"
    page.page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)


def arrives(page: Visit, name: str) -> None:
    """Wait until the breadcrumb names a place; the address changes before the answer is there."""
    page.page.locator(".crumbs li", has_text=name).first.wait_for(state="visible")
    page.settled()


def area_in_url(page: Visit) -> str:
    return parse_qs(urlsplit(page.page.url).query).get("area", [""])[0]


def command_line(demo: Demo, *args: str) -> str:
    """What ``yiguan`` prints."""
    command = [sys.executable, "-c", "from dashboard.cli import main; main()", "--var", str(demo.var), *args]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def test_the_map_leads_down_three_levels_and_everything_stays_in_step(visit: Callable[..., Visit]) -> None:
    leader = visit().log_in("leader")
    leader.open("/caregivers")
    page = leader.page
    page.wait_for_selector(".lab")
    street = page.locator(".lab b").first.inner_text()
    click_area(leader, street)
    page.wait_for_url("**area=330105*")
    arrives(leader, street)
    assert len(area_in_url(leader)) == 12
    assert area_in_url(leader).endswith("000")

    page.wait_for_selector(".lab:not(.gone)")
    page.wait_for_function("([street]) => ![...document.querySelectorAll('.lab b')].some(b => b.textContent === street)", arg=[street])
    community = page.locator(".lab:not(.gone) b").first.inner_text()
    before = area_in_url(leader)
    click_area(leader, community)
    page.wait_for_function("before => new URL(location).searchParams.get('area') !== before", arg=before)
    arrives(leader, community)
    assert not area_in_url(leader).endswith("000")

    here = leader.figure(CODE)
    leader.page.reload()
    leader.settled()
    assert leader.figure(CODE) == here, "the address alone must reproduce the view"
    leader.page.go_back()
    leader.page.locator(".crumbs li", has_text=community).first.wait_for(state="detached")
    arrives(leader, street)
    assert not leader.errors


def test_one_certification_rate_everywhere(visit: Callable[..., Visit], small_demo: Demo) -> None:
    recount = Recount(small_demo.layout.sources, DEFAULT_REGION / "areas.csv", [SMALL_END])
    staff = visit().log_in("staff")
    for area in ("330105000000", "330105009000"):
        part, whole = (int(number) for number in recount.figures[CODE, area, SMALL_END])
        expected = f"{Decimal(100 * part) / whole:.6f}"
        expected = str(Decimal(expected).quantize(Decimal("0.1"), ROUND_HALF_UP))
        staff.open(f"/caregivers?area={area}&month={SMALL_END}")
        assert staff.figure(CODE) == f"{expected}%"

        answer = json.loads(command_line(small_demo, "indicator", CODE, "--area", area, "--month", SMALL_END, "--json"))
        assert (answer["part"], answer["whole"]) == (part, whole)
        assert answer["text"] == f"{expected}%"

        staff.page.locator("details.menu summary", has_text="导出").click()
        word = Document(io.BytesIO(staff.download("a:has-text('月报 Word')")))
        said = "\n".join(p.text for p in word.paragraphs) + "\n".join(c.text for t in word.tables for r in t.rows for c in r.cells)
        assert re.search(rf"持证率[^。\n]*{re.escape(expected)}%", said), "the Word report gives another rate than the page"

        staff.open(f"/caregivers?area={area}&month={SMALL_END}&rows={CODE}&which=whole")
        book = openpyxl.load_workbook(io.BytesIO(staff.download(".drawer a:has-text('导出 Excel')")))
        cells = [cell for sheet in book for row in sheet.iter_rows(values_only=True) for cell in row if cell is not None]
        assert any(f"{expected}%" in str(cell) for cell in cells), "the Excel export gives another rate than the page"
    assert not staff.errors


def test_a_rating_opens_to_its_evidence(visit: Callable[..., Visit]) -> None:
    leader = visit().log_in("leader")
    leader.open("/providers?star=2")
    page = leader.page
    page.locator("table a[href*='/providers/P']").first.click()
    page.wait_for_selector(".rating .domains li")
    leader.settled()
    assert page.locator(".rating .domains li").count() >= 3
    evidence = page.locator("a[href*='rec=']").first
    evidence.click()
    page.wait_for_selector("#drawer")
    assert len(page.inner_text("#drawer").splitlines()) > 4
    page.keyboard.press("Escape")
    page.wait_for_selector("#drawer", state="detached")
    assert not leader.errors


def test_a_street_official_sees_the_own_street_and_takes_its_report(visit: Callable[..., Visit]) -> None:
    street = visit().log_in("street")
    own = street.crumbs()[0]
    assert own.endswith("街道")
    told = "没有找到该区域、月份或页面"
    pages = {}
    for query in ("area=330105001000", "area=330105000000", "area=999999999999", "month=2031-01", "area=330105001000&rows=caregivers"):
        street.page.goto(f"{street.address}/caregivers?{query}")
        street.page.wait_for_selector("#over .missing, .missing")
        pages[query] = street.page.inner_text(".missing")
        assert told in pages[query]
    assert len(set(pages.values())) == 1, "forbidden and unknown must look alike"

    street.open("/")
    street.page.locator("details.menu summary", has_text="导出").click()
    word = Document(io.BytesIO(street.download("a:has-text('月报 Word')")))
    assert any(own in p.text for p in word.paragraphs)
    for path in ("/report.docx?area=330105001000", "/export/caregivers.xlsx?table=providers&area=330105000000", "/providers/P9999"):
        answer = street.context.request.get(f"{street.address}{path}")
        assert path.startswith("/providers") or answer.status == 404


def test_a_steward_exports_nothing(visit: Callable[..., Visit]) -> None:
    steward = visit().log_in("steward")
    assert steward.page.locator("details.menu summary", has_text="导出").count() == 0
    assert steward.context.request.get(f"{steward.address}/report.docx").status in (403, 404)


def test_a_wrong_password_is_refused_in_one_sentence(visit: Callable[..., Visit]) -> None:
    stranger = visit()
    stranger.page.goto(f"{stranger.address}/caregivers")
    assert "/login" in stranger.page.url
    said = []
    for name in ("leader", "nobody"):
        stranger.page.fill("#username", name)
        stranger.page.fill("#password", "wrong-password")
        stranger.page.click("button[type=submit]")
        said.append(stranger.page.inner_text("#message"))
    assert said[0] == said[1]


@pytest.mark.parametrize(("width", "height"), [(1366, 768), (1920, 1080)])
def test_strip_map_and_ranking_fit_without_scrolling_and_nothing_is_fetched_from_outside(
    visit: Callable[..., Visit], width: int, height: int
) -> None:
    leader = visit(width=width, height=height).log_in("leader")
    for path in ("/", "/caregivers", "/subsidies", "/providers", "/exits", "/data"):
        leader.open(path)
        wide = leader.page.evaluate("document.documentElement.scrollWidth")
        assert wide <= width, f"{path} scrolls sideways"
        if path in ("/", "/caregivers"):
            for selector in (".strip", ".map-panel", ".side section"):
                box = leader.page.locator(selector).first.bounding_box()
                assert box and box["y"] + box["height"] <= height, f"{selector} of {path} does not fit"
        if path != "/data":
            dots = leader.page.eval_on_selector_all(".ranking .dot", "all => all.map(one => one.getBoundingClientRect().x)")
            assert max(dots) - min(dots) > 100, f"the ranking of {path} has no width"
    outside = [url for url in leader.requests if not url.startswith((leader.address, "data:", "blob:"))]
    assert not outside
    assert not leader.errors


def test_every_figure_explains_itself_on_focus_and_opens_its_rows(visit: Callable[..., Visit]) -> None:
    leader = visit().log_in("leader")
    page = leader.open("/caregivers").page
    for card in page.locator("a.card").all():
        card.focus()
        tip = page.locator(f"#{card.get_attribute('aria-describedby')}")
        assert tip.is_visible()
        said = tip.inner_text()
        assert "口径" in said and "来源" in said
    page.keyboard.press("Enter")
    page.wait_for_selector("#drawer table tbody tr")
    assert "模拟数据" in page.inner_text("header")


def test_the_month_report_of_the_command_line_is_written_whole(small_demo: Demo, tmp_path: Path) -> None:
    for form in ("docx", "xlsx", "pdf"):
        target = tmp_path / f"report.{form}"
        command_line(small_demo, "report", "--month", SMALL_END, "--area", "330105", "--format", form, "-o", str(target))
        head = target.read_bytes()[:4]
        assert head.startswith(b"%PDF" if form == "pdf" else b"PK")
        assert not list(tmp_path.glob("*.tmp"))
