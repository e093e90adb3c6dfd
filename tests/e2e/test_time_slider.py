"""The slider in a real browser: by keyboard, without asking the server or redrawing areas; the address follows; print and calm."""

from __future__ import annotations


def test_the_slider_moves_the_marks_by_keyboard_and_the_address_follows(visit):
    v = visit().log_in("staff").open("/providers")
    page = v.page
    page.wait_for_selector(".pin")
    page.evaluate("() => { window.drawn = 0; const made = window.L.geoJSON; window.L.geoJSON = function () { window.drawn++; return made.apply(this, arguments); }; }")
    before = len([r for r in v.requests if "_dash-update" in r])
    page.focus("[data-time=range]")
    for _ in range(3):
        page.keyboard.press("ArrowLeft")
    assert page.inner_text("[data-time=said]") == "2026年7月"
    assert page.get_attribute("[data-time=range]", "aria-valuetext") == "2026年7月"
    assert len([r for r in v.requests if "_dash-update" in r]) == before, "moving asks the server nothing"
    page.wait_for_url("**month=2026-07**")
    v.settled()
    page.wait_for_function("() => document.querySelector('.months-nav summary').textContent === '2026年7月'")
    assert page.evaluate("() => window.drawn") == 0, "the areas were not drawn anew"
    assert page.evaluate("() => document.activeElement.getAttribute('data-time')") == "range", "the keyboard stays where it was"
    page.emulate_media(media="print")
    assert page.is_visible("[data-time=said]") and not page.is_visible("[data-time=range]")
    page.emulate_media(media="screen", reduced_motion="reduce")
    assert not page.is_visible("[data-time=play]"), "nothing plays by itself where motion is not wanted"
    assert page.is_visible("[data-time=range]")
    assert not v.errors
