"""The pages for everybody: readable before scripts run, without a mouse, enlarged, on paper; no violation that axe knows."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import axe_playwright_python

from tests.e2e.conftest import Visit

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
RUN = """async () => (await axe.run()).violations.flatMap(v => v.nodes.map(n => `${v.id} (${v.impact}): ${n.html.slice(0, 200)}`))"""
SUBJECTS = ("/", "/caregivers", "/subsidies", "/providers", "/exits", "/data", "/tasks", "/indicators?group=服务")
DATA = ("/data/quarantine", "/data/lineage?ind=caregiver_cert_rate", "/data/runs", "/data/contract?module=caregiver")
OF_ONE_KIND = ("/beds", "/response", "/indicators?layer=alarm_handled_p90")
MORE = (*DATA, *OF_ONE_KIND, "/?area=330105003000", "/?area=330105003051", "/providers?layer=stars", "/providers/P0001", "/caregivers?rows=caregiver_cert_rate", "/nowhere")


def violations(page: Any) -> list[str]:
    """What axe finds on the page as it stands: rule and element."""
    page.evaluate(AXE)
    return list(page.evaluate(RUN))


def refused(visit: Visit) -> list[str]:
    """What the browser said since it was asked last about the content security policy (axe's own styles are not the page's)."""
    said = [text for text in visit.errors if "Content Security Policy" in text]
    visit.errors.clear()
    return said


STYLES = """() => {
  const box = document.createElement("div"), look = e => getComputedStyle(e).opacity;
  box.innerHTML = "<b style='opacity:0.1'>a</b><style>#told-here { opacity: 0.2 }</style><i id='told-here'>b</i>";
  document.body.append(box);
  return [look(box.children[0]), look(box.children[2])];
}"""


def test_item_14_styles_that_stand_in_markup_have_no_effect(visit: Callable[..., Visit]) -> None:
    leader = visit().log_in("leader").open("/caregivers")
    leader.page.wait_for_selector("#trend svg.main-svg")
    assert refused(leader) == []
    assert leader.page.evaluate(STYLES) == ["1", "1"] and len(refused(leader)) >= 2


def test_axe_finds_no_violation_on_any_page(visit: Callable[..., Visit]) -> None:
    stranger = visit()
    stranger.page.goto(f"{stranger.address}/login")
    found = {"/login": refused(stranger) + violations(stranger.page)}
    leader = visit().log_in("leader")
    for path in (*SUBJECTS, *MORE):
        leader.open(path)
        found[path] = refused(leader) + violations(leader.page)
        refused(leader)
    for path in ("/account", "/policies"):
        leader.page.goto(f"{leader.address}{path}")
        found[path] = refused(leader)
    street = visit().log_in("street")
    for path in ("/", "/providers"):
        found[f"street {path}"] = violations(street.open(path).page)
    assert {path: said for path, said in found.items() if said} == {}


def test_axe_as_it_is_run_here_does_find_faults(visit: Callable[..., Visit]) -> None:
    stranger = visit()
    stranger.page.goto(f"{stranger.address}/login")
    stranger.page.evaluate("document.querySelector('label').remove()")
    assert any("label" in said for said in violations(stranger.page))


def places(page: Any) -> list[int]:
    """Where the dots of the ranking stand."""
    return [round(dot.bounding_box()["x"]) for dot in page.locator(".dots ol i").all()]


def test_the_figures_are_there_before_any_script_has_run(browser: Any, visit: Callable[..., Visit]) -> None:
    leader = visit().log_in("leader")
    leader.open("/caregivers?area=330105003000")
    shown = {code: leader.figure(code) for code in ("caregivers", "caregiver_cert_rate")}
    still = browser.new_context(storage_state=leader.context.storage_state(), java_script_enabled=False, viewport={"width": 1366, "height": 768})
    page = still.new_page()
    page.goto(f"{leader.address}/caregivers?area=330105003000")
    for code, value in shown.items():
        assert page.inner_text(f"a.card[data-code={code}] .v").replace("\n", "").replace(" ", "") == value
    assert places(page) == places(leader.page) != []  # what places the dots is not a style attribute, and needs no script
    assert page.title() == leader.page.title()
    assert page.locator(".rail a").count() == leader.page.locator(".rail a").count()
    page.click(".rail a >> text=补贴资金")
    assert "/subsidies?area=330105003000" in page.url and page.inner_text("h1") == "补贴资金"
    still.close()


def test_the_living_page_takes_the_place_of_the_first_one(visit: Callable[..., Visit]) -> None:
    page = visit().log_in("leader").open("/").page
    assert page.locator("#first").count() == 0
    assert page.locator("#bar h1").count() == 1 and page.locator("h1").count() == 1


def test_enlarged_to_200_percent_nothing_scrolls_sideways_and_nothing_is_lost(visit: Callable[..., Visit]) -> None:
    plain, large = visit().log_in("leader"), visit(width=683, height=384).log_in("leader")
    blanks = re.compile(r"\s+")
    for path in SUBJECTS:
        plain.open(path)
        large.open(path)
        assert large.page.evaluate("document.documentElement.scrollWidth") <= 683, path
        for selector in ("#strip", "#bar h1", ".map-head h2"):
            if plain.page.locator(selector).count() and plain.page.locator(selector).first.is_visible():
                assert blanks.sub("", large.page.inner_text(selector)) == blanks.sub("", plain.page.inner_text(selector)), path


def test_on_a4_paper_the_page_keeps_figures_and_data_date_and_loses_what_can_only_be_clicked(
    visit: Callable[..., Visit], tmp_path: Path
) -> None:
    leader = visit().log_in("leader")
    page = leader.page
    for path in ("/", "/subsidies", "/tasks", "/providers/P0001"):
        page.set_viewport_size({"width": 1366, "height": 768})
        page.emulate_media(media="screen")
        leader.open(path)
        page.emulate_media(media="print")
        page.set_viewport_size({"width": 794, "height": 1123})
        assert page.evaluate("document.documentElement.scrollWidth") <= 794, path
        assert not page.locator(".rail").is_visible() and not page.locator("#copy-link").is_visible()
        assert "数据截至" in page.inner_text("header") and "模拟数据" in page.inner_text("header")
        assert page.locator("#strip").inner_text().strip()
        target = tmp_path / "page.pdf"
        page.pdf(path=str(target), format="A4")
        pages = len(re.findall(rb"/Type\s*/Page\b", target.read_bytes()))
        assert 1 <= pages <= 8, path
