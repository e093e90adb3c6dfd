"""The shell: a layout that stays, with slots, and the one server callback that fills them from the address.

The map stays mounted between subjects; only its data changes.  Answers are plain dicts and a function of reader and address alone, so the
server may keep them by (snapshot, scope, address); what failed is not kept.
"""

from __future__ import annotations

from typing import Any, NamedTuple, Protocol

import dash_leaflet as dl
from dash import ClientsideFunction, Dash, Input, Output, dcc, html
from flask import g, request

from dashboard.access import policy
from dashboard.views import frame
from dashboard.views.h import tree
from dashboard.views.markup import markup
from dashboard.views.render import SLOTS, render
from dashboard.views.trend import CONFIG


class Services(Protocol):
    """What the application gives the shell; all of it about the request at hand."""

    def warehouse(self, as_of: str = "") -> Any:
        """The Warehouse of the signed-in reader over the current snapshot, or over that of an earlier run (Unknown where it is not there)."""

    def reader(self) -> Any:
        """The signed-in account, with ``display_name``."""

    def bureau(self) -> str:
        """The bureau's name for the header."""

    def geo_url(self, level: int) -> str:
        """The address of the boundaries of a level (2 streets, 3 communities)."""


def install(app: Dash, services: Services) -> None:
    """Give the app its layout and its callbacks."""
    app.title = "颐观"
    app.config.update_title = None
    # The charting bundle is fetched on demand by assets/charts.js, not with every page.
    app.config.assets_ignore = r".*plotly-basic.*|login.*|start.js|styles.js"
    app.layout = lambda: layout(services)

    policy.allow_callback(f"{SLOTS[0]}.children", "figures")

    @app.callback(
        *(Output(slot, "children") for slot in SLOTS),
        Output("map-data", "data"),
        Output("trend-box", "children"),
        Output("trend-box", "className"),
        Output("trend-said", "children"),
        Output("page", "className"),
        Output("told", "data"),
        Input("url", "pathname"),
        Input("url", "search"),
    )
    def view(pathname: Any, search: Any) -> tuple[Any, ...]:
        """Everything on the page, from who reads and where he is."""
        drawn = render(services.warehouse(), pathname, search, services.geo_url, services.warehouse, services)
        if {"failed", "live"} & set(drawn["kind"].split()):
            g.pop("answer_run", None)  # what went wrong once need not go wrong again, and cases move on: not kept
        chart = _chart(drawn["trend"]) if drawn["trend"] else None
        filled = (tree(drawn[slot]) for slot in SLOTS)
        return (*filled, drawn["map"], chart, _box(drawn), drawn["trend-alt"], drawn["kind"], drawn["title"])

    for output in ("map-said.children", "told-now.data"):  # they run in the browser; the server has nothing to answer
        policy.allow_callback(output, "figures")
    app.clientside_callback(ClientsideFunction("yiguan", "paint"), Output("map-said", "children"), Input("map-data", "data"))
    app.clientside_callback(ClientsideFunction("yiguan", "settle"), Output("told-now", "data"), Input("told", "data"))


class First(NamedTuple):
    """A page as it is first sent: its markup, readable before any script has run, and its title."""

    markup: str
    title: str


def first(services: Services) -> First:
    """The view of the requested address with all its figures, as HTML; the living page takes its place once it has drawn the same.

    Raises what reading the data raises.
    """
    search = f"?{request.query_string.decode('utf-8', 'replace')}"
    drawn = render(services.warehouse(), request.path, search, services.geo_url, services.warehouse, services)
    whole = layout(services, drawn["kind"], _box(drawn))
    return First(markup(whole, {slot: drawn[slot] for slot in SLOTS}), drawn["title"])


def _box(drawn: dict[str, Any]) -> str:
    """The class of the box that the chart is put into."""
    return "chart" if drawn["trend"] else "chart none"


def _chart(figure: dict[str, Any]) -> dict[str, Any]:
    """The trend as a component in plain form, always under the same id, so that it is updated and not made anew."""
    props = {"id": "trend", "figure": figure, "config": CONFIG, "style": {"height": "100%"}}
    return {"type": "Graph", "namespace": "dash_core_components", "props": props}


def layout(services: Services, kind: str = "page mapped", box: str = "chart") -> html.Div:
    """The frame with its slots; what is in them before the first answer are skeletons of the same size.

    ``kind`` and ``box`` are the classes of the page and of the chart's box.
    """
    w = services.warehouse()
    head = html.Header(
        [
            html.A("颐观", href="/", className="brand"),
            html.Span(f"{services.bureau()} · 养老服务监管", className="bureau"),
            html.Div(tree(frame.stamp(w.snapshot)), id="stamp", className="stamp"),
            html.Div(
                [
                    html.A(str(getattr(services.reader(), "display_name", "")), href="/account", className="reader", title="本人账号"),
                    html.A("退出登录", href="/logout"),
                ],
                className="who",
            ),
        ],
        className="top",
    )
    the_map = dl.MapContainer(
        id="map", center=[30.33, 120.15], zoom=12, zoomSnap=0, zoomDelta=0.5, preferCanvas=True, zoomControl=False, attributionControl=False,
        scrollWheelZoom=False, doubleClickZoom=False, keyboard=False, boxZoom=False, fadeAnimation=False, zoomAnimation=False,
        markerZoomAnimation=False, minZoom=9, maxZoom=17, children=[],
    )  # fmt: skip
    stage = html.Div(
        [
            html.Section(
                [
                    html.Div(id="map-head", className="map-head slot"), the_map, html.P(id="map-note", className="map-note"),
                    html.Div(id="legend", className="legend slot"), html.P(id="map-said", className="offscreen"),
                ],
                className="panel map-panel", **_aria(label="地图"),
            ),
            html.Div(
                [
                    html.Div(_skeleton("panel tall"), id="side", className="slot ranks"),
                    html.Section(
                        [
                            html.Div(html.H2("走势"), id="trend-head", className="slot"),
                            html.P(id="trend-said", className="offscreen"),
                            # The chart comes with the first answer: its library must not be parsed while the first figures wait.
                            html.Div(id="trend-box", className=box),
                        ],
                        className="panel trend", **_aria(label="走势与预测"),
                    ),
                    html.Div(_skeleton("panel"), id="attention", className="slot notes"),
                ],
                className="side",
            ),
        ],
        className="stage",
    )  # fmt: skip
    page = html.Main(
        [
            html.Div(id="as-of"),
            html.Div([html.H1("正在载入…")], id="bar", className="bar slot"),
            html.Div(html.Ul([html.Li(_skeleton("card")) for _ in range(7)], className="strip n7"), id="strip", className="slot"),
            stage,
            html.P(id="caption", className="caption slot"),
            html.Div(id="below", className="below slot"),
        ],
        id="main", tabIndex="-1",
    )  # fmt: skip
    return html.Div(
        [
            dcc.Location(id="url", refresh=False),
            dcc.Store(id="map-data"),
            dcc.Store(id="told"),
            dcc.Store(id="told-now"),
            html.A("跳到正文", href="#main", className="skip"),
            head,
            html.Div(
                [html.Nav(id="rail", className="rail slot", **_aria(label="主题")), page, html.Div(id="over", className="over")],
                id="page", className=kind,
            ),
        ],
        className="app",
    )  # fmt: skip


def _skeleton(cls: str) -> html.Div:
    return html.Div(className=f"skeleton {cls}", **_aria(hidden="true"))


def _aria(**values: str) -> dict[str, Any]:
    return {f"aria-{key}": value for key, value in values.items()}
