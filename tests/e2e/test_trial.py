"""A draft policy in a real browser: tried, seen on the map by keyboard, released by a second person; old months keep their stars."""

from __future__ import annotations

import json
import re
import shutil
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from etl import clock
from etl.paths import Layout
from etl.run import run
from tests.conftest import Demo
from tests.e2e.conftest import Visit
from tests.e2e.test_exit_case import Wall, served
from tests.e2e.test_for_everybody import refused, violations
from tests.policy.test_trials import BASE, drafted
from tests.support.published import reader

pytestmark = pytest.mark.browser
FROM = "2026-09"
"""The draft's first month; the office's clock stands in the month before, and the records reach to the month after."""
TEXT = drafted(BASE, ("cuts: [50, 70, 88, 95]", "cuts: [40, 75, 92, 93]"), valid_from=FROM)


def stars(layout: Layout) -> dict[tuple[str, str], tuple[int | None, str]]:
    """(provider, month) → star and the policy version that gave it, from the current snapshot."""
    file = layout.snapshots / str(json.loads(layout.pointer.read_text())["file"])
    with reader(file) as con:
        return {(p, m): (s, v) for p, m, s, v in con.execute("select provider_id, month, star, policy_version from rating").fetchall()}


def test_a_draft_is_tried_seen_and_released_and_old_months_keep_their_stars(
    browser: Any, small_demo: Demo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    var = tmp_path / "var"
    shutil.copytree(small_demo.var, var)
    layout = Layout(var, small_demo.layout.region_key)
    before = stars(layout)
    made: list[Visit] = []

    def official(address: str, name: str) -> Visit:
        made.append(Visit(browser, address))
        return made[-1].log_in(name)

    try:
        with served(var) as address, monkeypatch.context() as patched:
            patched.setattr(clock, "now", lambda: Wall(datetime(2026, 8, 20, 9, 0)).now)
            staff = official(address, "staff")
            path = tried(staff)
            provider = seen(staff, path)
            released(official(address, "leader"), path)
            street = official(address, "street")
            street.page.goto(f"{address}{path}")
            street.settled()
            assert "没有找到" in street.page.inner_text("main") and street.page.locator(".provider-head").count() == 0
        assert run(small_demo.region, layout).published
        after = stars(layout)
        old, new = ({k for k in before if (k[1] < FROM) is side} for side in (True, False))
        assert old and {k: after[k] for k in old} == {k: before[k] for k in old}
        assert {after[k][1] for k in new} == {"试行-3"} and any(after[k][0] != before[k][0] for k in new)
        with served(var) as address:
            shown(official(address, "leader"), provider, before, after)
    finally:
        for one in made:
            one.context.close()


def tried(staff: Visit) -> str:
    """Hand the draft in; the address of its map."""
    page = staff.page
    page.goto(f"{staff.address}/policies")
    page.select_option("select[name=subject]", "rating")
    page.set_input_files("input[type=file]", {"name": "rating.yaml", "mimeType": "text/yaml", "buffer": TEXT.encode()})
    page.click("form.sheet button[type=submit]")
    page.wait_for_url(re.compile(r"/policies/trial/\d+\?done=tried"))
    assert violations(page) == [] and "待批准" in page.inner_text("main")
    page.click("text=在地图上看变动单位")
    staff.settled()
    path = re.search(r"/trials/\d+", page.url)
    assert path is not None
    return path[0]


def seen(staff: Visit, path: str) -> str:
    """The map by eye and by keyboard, on paper and enlarged; the first provider of the list."""
    page = staff.page
    staff.open(path)
    page.wait_for_selector(".pin")
    assert refused(staff) + violations(page) == []
    assert page.locator("a[aria-current=page] >> text=政策").count() == 1
    lines = page.locator(".moved li")
    assert page.locator(".pin").count() == lines.count() > 1, "each provider of the list has its mark"
    page.focus("#bar .crumbs a")
    met = []
    for _ in range(40):  # as far as the first line of the list, and from there to its end
        page.keyboard.press("Tab")
        met.append(str(page.evaluate("document.activeElement.closest('.moved') ? document.activeElement.getAttribute('href') : ''")))
        if met[-1] == lines.last.locator("a").get_attribute("href"):
            break
    assert [href for href in met if href] == [line.locator("a").get_attribute("href") for line in lines.all()]
    page.set_viewport_size({"width": 683, "height": 384})
    assert page.evaluate("document.documentElement.scrollWidth") <= 683
    page.emulate_media(media="print")
    assert page.is_visible(".moved") and page.is_visible(".provider-head") and not page.is_visible(".rail")
    assert page.evaluate("() => { const l = document.querySelector('.moved'); return l.scrollHeight - l.clientHeight; }") <= 1, "the whole list is on paper"
    page.emulate_media(media="screen")
    page.set_viewport_size({"width": 1366, "height": 768})
    lines.first.locator("a").focus()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/providers/P\d+"))
    assert staff.errors == []
    return re.search(r"P\d+", page.url)[0]  # type: ignore[index]


def released(leader: Visit, path: str) -> None:
    """Another person approves."""
    page = leader.open(path).page
    page.click("text=草案全文与处理")
    page.click("button:text-is('批准')")
    page.wait_for_url(re.compile("done=approved"))
    assert "已批准" in page.inner_text("main")


def shown(leader: Visit, provider: str, before: dict[tuple[str, str], Any], after: dict[tuple[str, str], Any]) -> None:
    """The provider's history: months before the draft as they were, those since by the new cuts."""
    words = {None: "暂不评级", **dict(enumerate(("一星", "二星", "三星", "四星", "五星"), 1))}
    page = leader.open(f"/providers/{provider}").page
    said = [str(a.get_attribute("title")) for a in page.locator(".history a").all()]
    months = sorted(m for p, m in before if p == provider)[-len(said) :]
    assert FROM in months and [words[(before if m < FROM else after)[provider, m][0]] in s for m, s in zip(months, said, strict=True)] == [True] * len(said)
    assert before[provider, months[-1]] != after[provider, months[-1]]
