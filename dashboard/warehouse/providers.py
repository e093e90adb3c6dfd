"""Providers as readers see them: the list, one in detail, its rating with evidence, its exit state with reasons."""

from __future__ import annotations

from typing import Any

from dashboard.access.scope import Scope
from dashboard.warehouse.masking import mask
from dashboard.warehouse.snapshot import Snapshot
from dashboard.warehouse.types import Change, Evidence, RatedMonth, Rating, RatingDomain, Standing


def _private(snapshot: Snapshot) -> dict[str, str]:
    """The privacy class of each personal column of the provider marts, as their headers declare them."""
    return snapshot.once(
        "provider_privacy",
        lambda: dict(
            snapshot.query("select column_name, privacy from meta_column where mart = 'provider_month' and privacy <> ''")
        ),
    )


def _shown(snapshot: Snapshot, row: dict[str, Any], scope: Scope) -> dict[str, Any]:
    found = dict(row)
    for name, privacy in _private(snapshot).items():
        if name in found:
            found[name] = mask(found[name], privacy, scope.unmask)
    return found


def listed(snapshot: Snapshot, scope: Scope, codes: frozenset[str], month: str) -> list[dict[str, Any]]:
    """Providers with their main site in ``codes``, by id; of a reader with a provider set only those in it."""
    shown = snapshot.once(
        f"providers {month} {','.join(sorted(scope.unmask))}", lambda: [_shown(snapshot, row, scope) for row in snapshot.providers(month).values()]
    )
    return [row.copy() for row in shown if row["community_code"] in codes and scope.sees_provider(row["provider_id"])]


def detail(snapshot: Snapshot, scope: Scope, provider_id: str, month: str) -> dict[str, Any]:
    """One provider with ``permits``, ``sites`` and ``beds`` as lists of dicts, their total in ``beds_total``.

    The caller has checked that it is visible.
    """
    found = _shown(snapshot, snapshot.providers(month)[provider_id], scope)
    found["beds_total"] = found.get("beds")
    for name, table in (("permits", "permit_month"), ("sites", "site_month"), ("beds", "bed_month")):
        found[name] = (
            snapshot.dicts(f"select * from {table} where provider_id = ? and month = ? order by rowid", [provider_id, month])
            if "provider_id" in snapshot.tables.get(table, ())
            else []
        )
    return found


_COURSE = """
select coalesce(r.month, e.month) as m, e.state, r.month, r.star, r.score, r.uncapped_star, r.cap_rule, r.cap_because, r.missing, r.confidence,
       r.evidence_count, r.policy_version
from (select * from rating where provider_id = $provider) r
full join (select month, state from exit_status where provider_id = $provider) e on e.month = r.month order by m
"""


class Course:
    """A provider's months with a rating or an exit state, read once for all that a page says of them."""

    def __init__(self, snapshot: Snapshot, provider_id: str) -> None:
        self.snapshot, self.provider_id = snapshot, provider_id
        self._rows = snapshot.query(_COURSE, {"provider": provider_id})

    def rating(self, month: str) -> Rating:
        """The rating of a month with everything it rests on; without a star where the provider was not rated in that month."""
        own = next((row[2:] for row in self._rows if row[2] == month), None)
        if own is None:
            return Rating(
                self.provider_id, month, None, None, None, None, None, "本月未参加评级（不在营或尚未登记）", None, 0, None, [], []
            )
        asked = [self.provider_id, month]
        domains = self.snapshot.query(
            "select domain, score, weight, applied_weight from rating_domain where provider_id = ? and month = ? order by rowid", asked
        )
        evidence = self.snapshot.query(
            "select domain, rule, basis, metric, value, points, sentence, source_table, row_key, happened_on from rating_evidence"
            " where provider_id = ? and month = ? order by domain, points, happened_on", asked,
        )  # fmt: skip
        return Rating(self.provider_id, *own, [RatingDomain(*d) for d in domains], [Evidence(*e) for e in evidence])  # type: ignore[call-arg]

    def history(self) -> list[tuple[str, int | None, str | None]]:
        """(month, star, exit state) of every month with one of them."""
        return [(row[0], row[3], row[1]) for row in self._rows]

    def rated_months(self) -> list[RatedMonth]:
        """Star, score, confidence and policy version of every month, oldest first."""
        return [RatedMonth(row[2], row[3], row[4], row[9], row[11]) for row in self._rows if row[2] is not None]


def changes(snapshot: Snapshot, provider_id: str, month: str) -> list[Change]:
    """What would gain a star and what would lose one, the nearest first; computed for the latest month only."""
    if "rating_change" not in snapshot.tables:
        return []
    found = snapshot.query(
        "select direction, changes, sentence, star, new_star, score, new_score from rating_change where provider_id = ? and month = ?"
        " order by direction, position",
        [provider_id, month],
    )
    return [Change(*row) for row in found]


FEWEST = 3
"""Among fewer rated providers nothing is said of the others: it would say who has what."""


def standings(snapshot: Snapshot, provider_id: str, month: str) -> list[Standing]:
    """The provider among those of its kind in the district, and among all of its street."""
    everyone = snapshot.providers(month)
    own = everyone[provider_id]
    found = []
    for name, key in ((f"全区{own['kind']}", "kind"), (str(own.get("street") or "本街道"), "street_code")):
        rated = [p for p in everyone.values() if p.get(key) == own.get(key) and p.get("star") is not None and p.get("score") is not None]
        if len(rated) < FEWEST:
            continue
        place = None if own.get("score") is None else 1 + sum(p["score"] > own["score"] for p in rated)
        stars = tuple(sum(p["star"] == n for p in rated) for n in range(1, 6))
        found.append(Standing(name, len(rated), place if own.get("star") is not None else None, sum(p["star"] for p in rated) / len(rated),
                              sum(p["score"] for p in rated) / len(rated), stars))  # type: ignore[arg-type]  # fmt: skip
    return found


def exits(snapshot: Snapshot, rows: list[dict[str, Any]], month: str) -> list[dict[str, Any]]:
    """Of the given providers those that are not in state normal, each with its reasons."""
    reasons: dict[str, list[dict[str, Any]]] = snapshot.once(f"exit_reasons {month}", lambda: _reasons(snapshot, month))
    return [
        {**row, "reasons": [dict(r) for r in reasons.get(row["provider_id"], ())]}
        for row in rows
        if row["exit_state"] != "normal"
    ]


def _reasons(snapshot: Snapshot, month: str) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for reason in snapshot.dicts(
        "select provider_id, rule, basis, sentence, source_table, row_key from exit_reason where month = ? order by provider_id, rule",
        [month],
    ):
        found.setdefault(reason.pop("provider_id"), []).append(reason)
    return found


def courses(snapshot: Snapshot) -> dict[str, dict[str, Any]]:
    """Every provider with ``months``: month → (community, star, exit state), as :meth:`Snapshot.providers` lists it month by month; and its
    name, kind and place as last known. Read once for the whole snapshot.
    """

    def read() -> dict[str, dict[str, Any]]:
        found: dict[str, dict[str, Any]] = {}
        for provider_id, month, name, kind, lng, lat, community, star, state in snapshot.query(_COURSES):
            row = found.setdefault(provider_id, {"provider_id": provider_id, "months": {}})
            row.update(name=name, kind=kind, lng=lng, lat=lat)
            row["months"][month] = (community, star, state)
        return found

    return snapshot.once("provider_courses", read)


_COURSES = """
with here as (select provider_id, month from provider_month union select provider_id, month from exit_status),
known as (
    select h.provider_id, h.month, max(p.month) as last from here h join provider_month p on p.provider_id = h.provider_id and p.month <= h.month
    group by h.provider_id, h.month
)
select k.provider_id, k.month, p.name, p.kind, p.lng, p.lat, p.community_code, r.star, coalesce(e.state, 'normal')
from known k join provider_month p on p.provider_id = k.provider_id and p.month = k.last
left join rating r on r.provider_id = k.provider_id and r.month = k.month
left join exit_status e on e.provider_id = k.provider_id and e.month = k.month
order by k.provider_id, k.month
"""


def with_credit_code(snapshot: Snapshot, code: str) -> list[dict[str, Any]]:
    """Providers of the whole district that hold or held a unified social credit code, the latest first: name, ``until`` (the last month in business),
    ``operating`` (in business in the latest month), ``exited``."""
    return snapshot.dicts(
        "select arg_max(p.name, p.month) as name, max(p.month) as until, max(p.month) = $latest as operating,"
        " coalesce(bool_or(e.state = 'exited'), false) as exited from provider_month p"
        " left join exit_status e on e.provider_id = p.provider_id and e.month = $latest where p.credit_code = $code"
        " group by p.provider_id order by until desc, p.provider_id",
        {"latest": snapshot.latest_month, "code": code},
    )
