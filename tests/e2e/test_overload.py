"""Item 35 as a person sees it: a view that is refused for overload is asked for again by itself, and until then the page says what it still shows."""

from __future__ import annotations


def test_a_refused_view_is_asked_for_again_and_the_page_says_so(visit, tmp_path):
    v = visit().log_in("leader").open("/")
    page, refused = v.page, []

    def overloaded(route) -> None:
        if len(refused) < 2:
            refused.append(route.request.url)
            route.fulfill(status=503, headers={"Retry-After": "1", "Content-Type": "text/plain; charset=utf-8"}, body="访问人数较多")
        else:
            route.continue_()

    page.route("**/_dash-update-component*", overloaded)
    page.click("#rail a[href^='/caregivers']")
    page.wait_for_selector("#busy", state="visible")
    assert "仍是先前的内容" in page.inner_text("#busy") and page.get_attribute("#busy", "role") == "status"
    page.screenshot(path=str(tmp_path / "busy.png"))
    page.wait_for_selector("#page.caregivers", timeout=15_000)
    assert len(refused) == 2 and not page.is_visible("#busy")
    page.unroute("**/_dash-update-component*")
    page.route("**/_dash-update-component*", lambda route: route.fulfill(status=503, headers={"Retry-After": "0.05"}, body=""))
    page.click("#rail a[href^='/providers']")
    page.wait_for_function("() => document.getElementById('busy').className === 'busy wrong'", timeout=20_000)
    assert "刷新" in page.inner_text("#busy") and page.is_visible("#page.caregivers")
