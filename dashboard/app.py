"""The application: one server, one guard before everything, one shell in front."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from pathlib import Path

import dash
import structlog
from flask import Flask, Response, abort, request

from dashboard import errors, leaving, ledger, startup
from dashboard.access import answers, compression, front, gate, guard, headers, limits, login, passwords, policy, proxy, watch
from dashboard.access.demo import active_demo_accounts, seed_demo_accounts
from dashboard.access.sessions import Sessions
from dashboard.logs import configure
from dashboard.page import INDEX, Page
from dashboard.services import Services
from dashboard.settings import WAITING, WAITING_FILES, Settings, SettingsError
from dashboard.warehouse import Snapshot
from etl.paths import ROOT
from etl.region import Region

log = structlog.get_logger(__name__)
LARGEST_FORM = 1 << 20
PARTS = (
    "dashboard.shell",
    "dashboard.reports.routes",
    "dashboard.decisions",
    "dashboard.people.own",
    "dashboard.people.manage",
    "dashboard.people.review",
    "dashboard.people.sso",
    "dashboard.casework",
    "dashboard.policies.routes",
    "dashboard.monthly.routes",
    "dashboard.inspections.routes",
    "dashboard.unmasking",
    "dashboard.audit_desk",
)  # fmt: skip
"""What adds routes and callbacks, each with ``install(server, services)``."""


def create_app(settings: Settings | None = None) -> dash.Dash:
    """Build the application. SettingsError, RegionError or LedgerError (each with what to do) where it must not or cannot start."""
    settings = settings or Settings()  # type: ignore[call-arg]
    configure(sys.stdout if settings.production else None)  # first: the default log format would print local variables, and with them persons
    startup.check(settings)
    if lax := startup.without_second_factor(settings):
        log.warning("second_factor_not_required", roles=lax)
    key = settings.key()
    region = Region.load(settings.region)
    demo = settings.offers_demo_accounts(region)
    book = ledger.open(settings.ledger, settings.seals())
    if demo:
        accounts = seed_demo_accounts(book, region)
    else:
        accounts = []
        left = active_demo_accounts(book)
        if left and settings.production:
            raise SettingsError(f"台账库中仍有演示账号（{'、'.join(left)}）。请用 yiguan user disable 停用后再启动正式运行。")
    sessions = Sessions(
        book, key, settings.session_idle_minutes, settings.session_hours, settings.password_age, startup.second_factor_roles(settings),
        [k.get_secret_value().encode() for k in settings.former_secret_keys],
    )  # fmt: skip
    services = Services(settings, region, settings.layout, book, sessions)
    services.privacy  # noqa: B018  # a policy that is wrong is said now, not to the first reader

    server = Flask("dashboard", template_folder=str(Path(__file__).parent / "access" / "templates"), static_folder=None)
    server.config.update(MAX_CONTENT_LENGTH=LARGEST_FORM, SECRET_KEY=key, PROPAGATE_EXCEPTIONS=False)
    kept = answers.Kept(settings.answer_cache_mb << 20)
    cookie = guard.cookie_name(settings.production)
    # Outwards from Flask: who may work and who waits; kept answers, which do not; who asks through which proxy; what is measured of it all.
    rooms = gate.Room(settings.threads, WAITING, 5), gate.Room(settings.threads, WAITING_FILES, 90), gate.Room(passwords.AT_ONCE, WAITING, 10)
    server.wsgi_app = gate.Gate(server.wsgi_app, *rooms)  # type: ignore[method-assign]
    server.wsgi_app = front.Front(server.wsgi_app, sessions, cookie, services.told, kept)  # type: ignore[method-assign]
    if settings.proxies:
        # Without this, everybody behind the proxy would share one address, and with it one lock.
        server.wsgi_app = proxy.Behind(server.wsgi_app, settings.proxies, settings.proxy_addresses)  # type: ignore[method-assign]
    server.wsgi_app = watch.Watch(server.wsgi_app, settings.proxies > 0, settings.production)  # type: ignore[method-assign]
    server.extensions["yiguan"] = services
    guard.install(server, sessions, settings.production)  # the very first hook
    limits.install(server, settings)
    watch.install(server)
    errors.install(server)

    app = Page(
        "dashboard",
        server=server,  # type: ignore[arg-type]
        assets_folder=str(ROOT / "assets"),
        serve_locally=True,
        suppress_callback_exceptions=True,
        title="颐观",
        update_title="",
        use_pages=False,
        pages_folder="",
        compress=False,
        add_log_handler=False,
        enable_mcp=False,
        meta_tags=[{"name": "viewport", "content": "width=device-width, initial-scale=1"}],
    )
    app.index_string = INDEX
    app.enable_dev_tools(debug=False)

    # Answers pass through these from the last to the first: marked, then compressed, then given their headers; kept in front of all.
    headers.install(server, settings.image_hosts, settings.production)
    compression.install(server, compression.Pressed(settings.layout.base / "cache" / "static"))
    answers.install(server, lambda: app.callback_map, services.told)
    leaving.install(server)

    login.install(server, sessions, region, accounts, settings)
    _install_geo(server, services)
    for name in PARTS:
        if importlib.util.find_spec(name) is None:
            log.warning("part_missing", part=name)
            continue
        part = importlib.import_module(name)
        part.install(app if name == "dashboard.shell" else server, services)
    app.config.assets_ignore = "|".join(p for p in (app.config.assets_ignore, r"^login\.css$") if p)
    for endpoint, right in DASH.items():
        policy.allow(endpoint, right, unfinished=endpoint == "_dash_assets.static", file="public")  # the style of the page that asks for a new password
    _settle(app)
    return app


DASH = {"/": "figures", "/<path:path>": "figures", "/_dash-layout": "figures", "/_dash-dependencies": "figures", "/_dash-update-component": "figures",
        "/_reload-hash": "figures", "/_favicon.ico": "account", "_dash_assets.static": "account",
        "/_dash-component-suites/<string:package_name>/<path:fingerprinted_path>": "account"}  # fmt: skip
"""What Dash's own endpoints need; a version of Dash that adds one leaves it shut."""


def _settle(app: dash.Dash) -> None:
    """Complete Dash's own set-up now, without anybody's data, so that neither the first visitor nor a missing snapshot can break it."""
    inner = app.layout
    app.layout = dash.html.Main("颐观")
    with app.server.test_request_context("/"):
        app._setup_server()
    if inner is not None:
        app.layout = inner


def _install_geo(server: Flask, services: Services) -> None:
    """Boundaries are public facts and the same for everybody: one file a level, never part of a callback's answer."""

    policy.allow("geo", "figures", file="public")

    @server.get("/geo/<int:level>.json")
    def geo(level: int) -> Response:
        if level not in (2, 3):
            abort(404)
        response = Response(services.geo(level), mimetype="application/json")
        response.headers["Cache-Control"] = "private, no-cache"
        response.add_etag()
        response.make_conditional(request.environ)
        return response


__all__ = ["Snapshot", "create_app"]
