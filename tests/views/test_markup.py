"""The page as it is first sent: the same nodes as HTML text, and nothing in them can become markup."""

from __future__ import annotations

import re
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any

import pytest
from dash import dcc, html
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.views.h import h, text_of, tree
from dashboard.views.markup import markup


class Heard(HTMLParser):
    """What a browser makes of markup: elements with attributes, and the text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=30) | st.sampled_from(
    ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "a & b &amp; c", "'", "</div>"]
)


@settings(max_examples=60)
@given(TEXT, TEXT)
def test_what_comes_from_records_stays_text(words: str, title: str) -> None:
    heard = Heard(markup(h("p", h("b", words), title=title)))
    assert [tag for tag, _ in heard.elements] == ["p", "b"]
    assert heard.text == words and heard.elements[0][1].get("title") == title


def test_properties_are_written_as_html_names_them() -> None:
    cell = h("td", 5, cls="n", colspan=2, tabindex="0", aria_label="五", style={"--value": "3ch", "fontSize": "12px"}, id="x")
    (style, _), (tag, written) = Heard(markup(cell)).elements
    name = written.pop("class").split()[1]
    assert (style, tag, written) == ("style", "td", {"colspan": "2", "tabindex": "0", "aria-label": "五"})
    assert f".{name}{{--value:3ch!important;font-size:12px!important}}</style>" in markup(cell)
    assert markup(h("details", h("summary", "a"), open=True)) == "<details open><summary>a</summary></details>"
    assert markup(h("br")) == "<br>" and markup(None) == "" and markup([False, "甲", ["乙"]]) == "甲乙"


@pytest.mark.parametrize("value", ["0}</style><b>", "url(//x)", "red;background:url(x)", "\\3c", "'", "@import"])
def test_a_style_that_could_be_anything_else_is_not_written(value: str) -> None:
    with pytest.raises(ValueError, match="plain"):
        markup(h("p", "a", style={"left": value}))


def test_slots_take_the_place_of_skeletons_and_what_only_scripts_draw_is_left_out() -> None:
    frame = html.Div([dcc.Store(id="told"), html.Div("载入", id="strip", className="slot"), html.P(tree([h("i", "截至")]))])
    assert markup(frame, {"strip": [h("a", "17,583", href="/?a=1&b=2")]}) == (
        '<div><div class="slot"><a href="/?a=1&amp;b=2">17,583</a></div><p><i>截至</i></p></div>'
    )


def test_every_slot_of_a_real_view_reads_the_same_as_in_the_browser(draw: Callable[..., Any]) -> None:
    for path in ("/", "/subsidies", "/providers"):
        drawn = draw(path)
        for slot in ("rail", "bar", "strip", "side", "attention", "below"):
            assert Heard(re.sub(r"<style.*?</style>", "", markup(drawn[slot]))).text == text_of(drawn[slot])
