"""What pages, reports and routes may ask the application for; made once per process by ``create_app``."""

from __future__ import annotations

import hashlib
import os
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

import orjson
import structlog
from flask import g, request

from dashboard.access import guard, reviews
from dashboard.access.login import local_path
from dashboard.access.rights import RIGHTS
from dashboard.access.sessions import Identity, Sessions
from dashboard.access.witness import RequestWitness
from dashboard.cases.calendar import calendar
from dashboard.cases.procedure import procedures
from dashboard.cases.store import Cases
from dashboard.inspections.store import Inspections
from dashboard.ledger import Ledger
from dashboard.ledger.audit import record
from dashboard.settings import Settings
from dashboard.views.desk import desk, purpose_form
from dashboard.warehouse import NoSnapshot, Snapshot, Unknown, Warehouse
from dashboard.warehouse.deliveries import named
from etl import history
from etl.paths import Layout
from etl.policy import privacy
from etl.policy.privacy import Privacy
from etl.region import Region

log = structlog.get_logger(__name__)


def _changed(path: str) -> int:
    """When a file was last written, in nanoseconds; 0 where it is not there."""
    try:
        return os.stat(path).st_mtime_ns  # noqa: PTH116  # asked for twice a view: a Path costs more than the question
    except OSError:
        return 0


def make_ready(snapshot: Snapshot) -> None:
    """Read what every view needs."""
    for part in ("areas", "children", "below", "indicators", "targets", "figures", "provider_figures"):
        getattr(snapshot, part)
    snapshot.providers(snapshot.latest_month)


@dataclass
class Services:
    """Settings, region, ledger, and the warehouse of whoever asks."""

    settings: Settings
    region: Region
    layout: Layout
    ledger: Ledger
    sessions: Sessions
    _geo: dict[int, bytes] = field(default_factory=dict)

    @property
    def identity(self) -> Identity:
        """Who the current request comes from (``display_name``, ``role_name``, ``scope`` …)."""
        return guard.identity()

    def reader(self) -> Identity:
        """The same, for callers that know services by their protocol."""
        return guard.identity()

    def bureau(self) -> str:
        """The bureau's name, for headers."""
        return self.region.bureau

    def snapshot(self) -> Snapshot:
        """The snapshot of this request: the same one from its first to its last read. NoSnapshot before the first run."""
        held = g.get("snapshot")
        if held is None:
            held = g.snapshot = Snapshot.current(self.layout)
        return held

    def newest(self) -> Snapshot:
        """The snapshot that is published now, outside any request. NoSnapshot before the first run."""
        return Snapshot.current(self.layout)

    def told(self) -> str | None:
        """What answers depend on besides reader and address: the current snapshot, the history of runs, the deliveries held back, the plans,
        the accounts that wait for a second person.

        A run that publishes nothing still shows in the history, so answers kept before it are not given any more. None before the first run.
        """
        try:
            run_id = Snapshot.current(self.layout).run_id
        except NoSnapshot:
            return None
        runs, held = self._watched
        return f"{run_id} {_changed(runs)} {_changed(held)} {self._plans.changed()} {reviews.changed(self.ledger)}"

    @cached_property
    def _watched(self) -> tuple[str, str]:
        """The files besides the pointer whose change makes kept answers old."""
        return str(history.path(self.layout.snapshots)), str(self.layout.holds)

    @cached_property
    def _plans(self) -> Inspections:
        return Inspections(self.ledger, self.region.code)

    def counts(self) -> dict[str, int]:
        """What waits for the person behind this request, by the path of the page where it is done; shown in the navigation where it is not 0."""
        who = self.identity
        if who.pending or not who.scope.may("account_review"):
            return {}
        return {"/account-review": reviews.open_for(self.ledger, who.account_id)}

    def desk(self, title: str, *body: Any, here: str, **rest: Any) -> str:
        """A page outside the subjects for whoever asks, as ``views.desk.desk``."""
        return desk(title, *body, reader=self.identity, bureau=self.bureau(), here=here, counts=self.counts(), **rest)

    def warehouse(self, as_of: str = "", watched: bool = True) -> Warehouse:
        """What the person behind this request may read: of the current snapshot, or of that of the run named (Unknown where it is not there).

        ``watched`` is off only for whoever records what he reads himself: downloads, whose line names rows and file.
        """
        if as_of:
            if not self.identity.scope.may("rows"):
                raise Unknown("snapshot")  # the same month before and after a correction would be a second look at a hidden figure
            return Warehouse(named(self.snapshot(), as_of), self.identity.scope, self.ledger, self._witness(watched))
        if not watched:
            return Warehouse(self.snapshot(), self.identity.scope, self.ledger)
        held = g.get("warehouse")
        if held is None:
            held = g.warehouse = Warehouse(self.snapshot(), self.identity.scope, self.ledger, self._witness(watched))
        return held

    def cases(self) -> Cases:
        """The cases that the person behind this request may see. PolicyError where a procedure file is wrong."""
        scope = self.identity.scope
        rules = procedures(self.region.path / "policies", RIGHTS)
        return Cases(self.ledger, scope.area, rules, calendar(), self.layout.files, scope.providers)

    def _witness(self, watched: bool) -> RequestWitness | None:
        """Who writes down what this request reads of persons."""
        return RequestWitness(self.ledger, self.identity, self.privacy, request.remote_addr or "") if watched else None

    @cached_property
    def privacy(self) -> Privacy:
        """The district's policy on personal data. PolicyError where its file is wrong."""
        return privacy.read(self.region.path)

    def ask_purpose(self, title: str, wrong: str = "", note: str = "") -> str:
        """The page that asks what a file is wanted for; its form goes to the very address that was asked for. ``note`` replaces the usual words."""
        purposes = [(p.code, p.name, p.needs_text) for p in self.privacy.export.of(self.identity.role)]
        came = urlsplit(request.referrer or "")
        back = local_path(request.form.get("back") or (f"{came.path}?{came.query}".rstrip("?") if came.netloc == request.host else "/"))
        body = purpose_form(request.full_path.rstrip("?"), purposes, request.form.get("purpose", ""), back, note)
        return self.desk(title, body, here="", wrong=wrong)

    def warm(self) -> None:
        """Read what every view needs before the first visitor asks for it; nothing where there is no snapshot yet."""
        with suppress(NoSnapshot):
            make_ready(Snapshot.current(self.layout))

    def look_ahead(self, pause: float = 0.5) -> threading.Thread:
        """From now on a new snapshot is made ready by a thread of its own as soon as it is published, and readers do not wait for it."""

        def go() -> None:
            while True:
                time.sleep(pause)
                try:
                    Snapshot.look_ahead(self.layout, make_ready)
                except Exception:  # what the thread cannot make ready, readers open themselves; it goes on with the next
                    log.exception("look ahead")

        thread = threading.Thread(target=go, name="look ahead", daemon=True)
        thread.start()
        return thread

    def audit(self, action: str, obj: str = "", detail: str = "") -> None:
        """Add a line to the audit trail in the name of the current user: exports, reports, reads of unmasked records."""
        record(self.ledger, self.identity.username, action, obj, detail, request.remote_addr or "")
        g.recorded = True  # what leaves without this is held back (``dashboard.leaving``)

    def geo(self, level: int) -> bytes:
        """The boundaries of a level as GeoJSON bytes, read once."""
        held = self._geo.get(level)
        if held is None:
            held = self._geo[level] = orjson.dumps(self.region.boundaries(level))
        return held

    def geo_url(self, level: int) -> str:
        """The address of the boundaries of a level (2 streets, 3 communities); it changes with their content, so browsers keep them for good."""
        return f"/geo/{level}.json?v={hashlib.sha256(self.geo(level)).hexdigest()[:12]}"
