"""The rating and exit rules once more in plain Python, row by row, for the engine's SQL to be held against."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from datetime import date, timedelta

from etl.policy.model import (
    Condition,
    Criterion,
    ExitPolicy,
    FindingsPart,
    IndicatorPart,
    Need,
    RatingPolicy,
    RatingVersion,
    Stars,
)
from tests.policy.naive_rules import Row, along, cut, idx, in_force, matches, rounded, stepped
from tests.policy.worlds import CATALOGUE, World, last_day

GRAVITY = {"normal": 0, "watch": 1, "rectifying": 2, "exit_candidate": 3, "exit_proposed": 4, "exited": 5}
PERMITS = ("执业登记", "综合保险", "消防", "食品经营")


class Naive:
    """Ratings and exit states of one world; slow and plain."""

    def __init__(self, world: World, rating: RatingPolicy, leaving: ExitPolicy) -> None:
        self.world, self.rating, self.leaving = world, rating, leaving
        self.providers = {p["provider_id"]: p for p in self.rows("provider_provider")}
        self.inspections = {i["inspection_id"]: i for i in self.rows("inspection_inspection")}
        self.stars: dict[tuple[str, str], int | None] = {}
        self.scores: dict[tuple[str, str], float | None] = {}
        self.means: dict[tuple[str, str, str, int], float | None] = {}

    def rows(self, table: str) -> list[Row]:
        return self.world.rows.get(table, [])

    # -- facts ---------------------------------------------------------------------------------------------------------

    def root(self, inspection_id: str) -> str | None:
        seen = set()
        here = inspection_id
        while True:
            if here in seen:
                return None
            seen.add(here)
            follows = self.inspections[here].get("follows")
            if follows is None or follows == here or follows not in self.inspections:
                return here
            here = follows

    def findings(self, month: str, provider: str) -> list[Row]:
        end, found = last_day(month), []
        fixes = {r["finding_id"]: r for r in self.rows("inspection_rectification")}
        for f in self.rows("inspection_finding"):
            i = self.inspections[f["inspection_id"]]
            if i["provider_id"] != provider or i["inspected_on"] > end:
                continue
            r = fixes.get(f["finding_id"], {})
            done = bool(r.get("done_on") and r["done_on"] <= end)
            deadline = r.get("deadline")
            overdue = not done and deadline is not None and deadline < end
            root = self.root(f["inspection_id"])
            failed = sum(
                1 for x in self.inspections.values()
                if root is not None and self.root(x["inspection_id"]) == root and x["inspection_id"] not in (root, f["inspection_id"])
                and x["kind"] == "复查" and x["result"] == "不合格" and i["inspected_on"] <= x["inspected_on"] <= end
            )
            found.append(f | {
                "happened_on": i["inspected_on"], "row_key": f["finding_id"], "open": not done, "overdue": overdue,
                "ordered_on": r.get("ordered_on"), "overdue_since": deadline and deadline + timedelta(1),
                "unverified": not (r.get("verified_on") and r["verified_on"] <= end),
                "ordered": bool(r.get("ordered_on") and r["ordered_on"] <= end),
                "days_overdue": (end - deadline).days if overdue else 0, "failed_reinspections": failed, "inspection": i["kind"],
            })
        return found

    def permits(self, month: str, provider: str) -> list[Row]:
        if not self.operating(month, provider):
            return []
        end, found = last_day(month), []
        registered = self.providers[provider]["registered_on"]
        for kind in PERMITS:
            held = [p for p in self.rows("provider_permit") if p["provider_id"] == provider and p["kind"] == kind
                    and (p.get("issued_on") is None or p["issued_on"] <= end)]
            last = max((p.get("expires_on") or date.max for p in held), default=None)
            begun = registered if last is None else last
            found.append({
                "happened_on": registered if last in (None, date.max) else last, "row_key": kind, "permit": kind, "held": bool(held),
                "valid": last is not None and last >= end, "void_since": None if begun == date.max else begun + timedelta(1),
                "recorded": any(p["kind"] == kind and (p.get("issued_on") is None or p["issued_on"] <= end) for p in self.rows("provider_permit")),
                "days_void": (end - registered).days if last is None else max((end - last).days, 0),
            })
        return found

    def facts(self, name: str, month: str, provider: str) -> list[Row]:
        end = last_day(month)

        def known(table: str, day: str, key: str) -> list[Row]:
            return [r | {"happened_on": r[day], "row_key": r[key]} for r in self.rows(table)
                    if r.get("provider_id") == provider and r[day] <= end]

        if name == "finding":
            return self.findings(month, provider)
        if name == "permit":
            return self.permits(month, provider)
        if name == "inspection":
            return known("inspection_inspection", "inspected_on", "inspection_id")
        if name == "penalty":
            return known("inspection_penalty", "decided_on", "penalty_id")
        if name == "action":
            actions = known("inspection_action", "decided_on", "action_id")
            back = [a["decided_on"] for a in actions if a["kind"] == "恢复"]
            return [a | {"restored": a["kind"] != "恢复" and any(b >= a["decided_on"] for b in back)} for a in actions]
        if name == "complaint":
            found = []
            for c in self.rows("complaint_complaint"):
                if c["received_at"].date() > end or self.complained(c) != provider:
                    continue
                answered = bool(c.get("answered_at") and c["answered_at"].date() <= end)
                found.append(c | {"happened_on": c["received_at"].date(), "row_key": c["complaint_id"], "answered": answered,
                                  "dissatisfied": answered and c.get("satisfied") is False})
            return found
        if name == "closure":
            closed = self.providers[provider].get("closed_on")
            if closed is None or closed > end:
                return []
            acts = [a for a in self.rows("inspection_action") if a["provider_id"] == provider and a["decided_on"] <= closed]
            standing = any(a["kind"] in ("拟退出", "退出决定")
                           and not any(b["kind"] == "恢复" and b["decided_on"] >= a["decided_on"] for b in acts) for a in acts)
            return [{"happened_on": closed, "row_key": provider, "in_exit": standing}]
        if name == "star":
            found = []
            for (p, m), star in self.stars.items():
                if p == provider and star is not None and 0 <= idx(month) - idx(m) <= 11:
                    found.append({"happened_on": last_day(m), "row_key": m, "star": star, "months_ago": idx(month) - idx(m)})
            return found
        if name == "figure":
            found = []
            for code, months in itertools.product(CATALOGUE, (1, 3, 6, 12)):
                own = self.window(code, provider, month, months)
                about = CATALOGUE[code]
                if own:
                    value = about.scale * own[0] / (own[1] or math.nan) if about.whole else about.scale * own[0]
                    found.append({"happened_on": end, "row_key": code, "indicator": code, "months": months, "part": own[0], "whole": own[1],
                                  "value": value})
            return found
        if name == "demerit":
            version = in_force(self.leaving.versions, month)
            return [
                {"happened_on": f["happened_on"], "row_key": f["row_key"], "points": d.points, "demerit_rule": d.rule}
                for d in (version.demerits if version else []) for f in self.facts(d.facts, month, provider) if matches(f, d.where)
            ]
        raise AssertionError(name)

    def complained(self, complaint: Row) -> str | None:
        for column, value in (("credit_code", complaint.get("credit_code")), ("name", (complaint.get("provider_name") or "").strip())):
            hits = [p for p, row in self.providers.items() if value and row.get(column) == value]
            if len(hits) == 1:
                return hits[0]
        return None

    # -- rating --------------------------------------------------------------------------------------------------------

    def operating(self, month: str, provider: str) -> bool:
        p, end = self.providers[provider], last_day(month)
        return p["registered_on"] <= end and (p.get("closed_on") is None or p["closed_on"] > end)

    def window(self, code: str, provider: str, month: str, months: int) -> tuple[float, float] | None:
        hits = [f for f in self.rows("provider_figure") if f["indicator"] == code and f["provider_id"] == provider
                and 0 <= idx(month) - idx(f["month"]) < months]
        return (sum(f["part"] or 0 for f in hits), sum(f["whole"] or 0 for f in hits)) if hits else None

    def volume(self, need: Need, provider: str, month: str, domains: int) -> float:
        if need.measure == "months_registered":
            return idx(month) - idx(self.providers[provider]["registered_on"])
        if need.measure == "domains":
            return domains
        if need.measure == "inspections":
            return sum(1 for i in self.facts("inspection", month, provider) if idx(month) - idx(i["happened_on"]) < need.window)
        return sum((f["whole"] if f["whole"] is not None else f["part"]) or 0 for f in self.rows("provider_figure")
                   if f["indicator"] == need.indicator and f["provider_id"] == provider
                   and 0 <= idx(month) - idx(f["month"]) < need.window)

    def area(self, version: RatingVersion, provider: str) -> str:
        site = next((s["community_code"] for s in self.rows("provider_site") if s["provider_id"] == provider and s["main_site"]), None)
        if site is None:
            return ""
        named = [g for code in (site, site[:9]) for g, codes in version.areas.items() if code in codes]
        return named[0] if named else str(site[:9])

    def part_score(self, version: RatingVersion, part: IndicatorPart | FindingsPart, provider: str, month: str) -> float | None:
        """Score of a part before any floor; None where it is left out."""
        kind = self.providers[provider]["kind"]
        if isinstance(part, FindingsPart):
            rule = version.deduction
            assert rule is not None
            if not any(idx(month) - idx(i["happened_on"]) < rule.horizon for i in self.facts("inspection", month, provider)):
                return None
            lost = 0.0
            for f in self.findings(month, provider):
                age = idx(month) - idx(f["happened_on"])
                share = next((d.share for d in rule.decay if age < d.months), 0.0)
                extra = rule.repeat[min(f["failed_reinspections"], len(rule.repeat)) - 1] if rule.repeat and f["failed_reinspections"] else 0
                if f["field"] in part.findings:
                    lost += rule.points[f["severity"]][f["scope"]] * share * (1 + extra + (rule.overdue if f["overdue"] else 0))
            return max(0.0, 100 - lost)
        own = self.window(part.indicator, provider, month, part.window)
        if own is None or own[1] <= 0 or own[1] < part.min_whole:
            return None
        peers = [self.window(part.indicator, p, month, part.window) for p, row in self.providers.items()
                 if row["kind"] == kind and self.operating(month, p)]
        top, bottom = sum(w[0] for w in peers if w), sum(w[1] for w in peers if w)
        value = CATALOGUE[part.indicator].scale * (own[0] + part.shrink * (top / bottom if bottom else 0)) / (own[1] + part.shrink)
        return along(part.curve, value) if part.curve else stepped(part.steps or [], value)

    def scored(self, version: RatingVersion, provider: str, month: str) -> tuple[float | None, dict[str, float]]:
        kind, domains = self.providers[provider]["kind"], {}
        for domain in version.domains:
            parts = [(p, self.part_score(version, p, provider, month)) for p in domain.parts if p.kinds is None or kind in p.kinds]  # type: ignore[arg-type]
            known = [(p.weight, s) for p, s in parts if s is not None]
            if len(known) < max(1, domain.at_least_parts):
                continue
            if domain.method == "mean":
                score = sum(w * s for w, s in known) / sum(w for w, _ in known)
            else:
                score = sum(w * s for w, s in known)
                if domain.rescale:
                    full = [(p.weight * max(y for _, y in p.curve or p.steps or []), s is not None) for p, s in parts]  # type: ignore[union-attr]
                    score *= sum(x for x, _ in full) / sum(x for x, held in full if held)
            domains[domain.domain] = rounded(version, score)
        weights = {d.domain: d.weight for d in version.domains if d.domain in domains}
        if version.base is not None:
            return domains.get(version.base), domains
        total = rounded(version, sum(domains[d] * w for d, w in weights.items()) / sum(weights.values())) if weights else None
        return total, domains

    def rate(self) -> dict[tuple[str, str], Row]:
        results: dict[tuple[str, str], Row] = {}
        for month in self.world.months:
            version = in_force(self.rating.versions, month)
            rated = []
            for p in self.providers:
                if not self.operating(month, p):
                    continue
                row: Row = {"score": None, "star": None, "uncapped_star": None, "cap_rule": None, "domains": {}}
                results[p, month] = row
                if version is None:
                    continue
                row["score"], row["domains"] = self.scored(version, p, month)
                n = len(row["domains"])
                if row["score"] is not None and all(
                    any(self.volume(need, p, month, n) >= need.at_least for need in m.any_of) for m in version.minimum
                ):
                    rated.append(p)
                met = [(c, i) for i, c in enumerate(version.caps) if isinstance(c.when, Condition) and self.met(c.when, month, p, None)]
                row["cap"], _, row["cap_rule"] = min(((c.cap, i, c.rule) for c, i in met if c.domain is None), default=(5, 0, None))
                row["domain_caps"] = {d.domain: min((c.cap for c, _ in met if c.domain == d.domain), default=5) for d in version.domains}
            if version is not None:
                self.star(version, month, rated, results)
            for p in self.providers:
                if (p, month) in results:
                    self.stars[p, month] = results[p, month]["star"]
        return results

    def star(self, version: RatingVersion, month: str, rated: list[str], results: dict[tuple[str, str], Row]) -> None:
        """Cuts among peers, the stars of domains with their caps, adjustments with their limits, caps of the whole."""
        def cut_among(stars: Stars, better: str, p: str, score: Callable[[str], float | None]) -> int | None:
            own = score(p)
            if own is None:
                return None
            def group(q: str) -> tuple[str, str]:
                return (self.providers[q]["kind"] if "kind" in stars.within else "", self.area(version, q) if "area" in stars.within else "")
            peers = [s for q in rated if group(q) == group(p) and (s := score(q)) is not None]
            return cut(stars, better, own, peers)

        for p in rated:
            row = results[p, month]
            row["domain_stars"] = {}
            for domain in version.domains:
                if domain.stars is not None:
                    star = cut_among(domain.stars, domain.better, p, lambda q, d=domain: results[q, month]["domains"].get(d.domain))  # type: ignore[misc]
                    if star is not None:
                        row["domain_stars"][domain.domain] = min(star, row["domain_caps"][domain.domain])
            if version.base is None:
                assert version.stars is not None
                base = cut_among(version.stars, "higher", p, lambda q: results[q, month]["score"])
            else:
                base = row["domain_stars"].get(version.base)
            assert base is not None
            star = base
            for a in version.adjust:
                own, score = row["domain_stars"].get(a.domain), row["domains"].get(a.domain)
                if score is None or (a.on_star and own is None):
                    continue
                holds = [own is not None and own >= a.star_at_least if a.star_at_least else True, own is not None and own <= a.star_at_most if a.star_at_most else True,
                         score >= a.score_at_least if a.score_at_least is not None else True, score <= a.score_at_most if a.score_at_most is not None else True,
                         own is not None and own > base if a.above_base else True]
                if all(holds):
                    star = max(1, min(5, star + a.by))
            for limit in version.limits:
                if base <= limit.base_at_most:
                    star = min(star, base + limit.gain_at_most)
            row["uncapped_star"], row["star"] = star, min(star, row["cap"])

    # -- exits ---------------------------------------------------------------------------------------------------------

    def met(self, c: Condition, month: str, provider: str, reset: date | None) -> date | None:
        """The day with whose fact the threshold was reached; None where it was not."""
        if c.kinds and self.providers[provider]["kind"] not in c.kinds:
            return None
        weighed: list[tuple[date, float]] = []
        for bare in self.facts(c.facts, month, provider):
            f = bare | {"age": idx(month) - idx(bare["happened_on"])}
            if matches(f, c.where) and (c.window is None or f["age"] < c.window) and (reset is None or f["happened_on"] > reset):
                weighed.append((self.weighs_from(f, c), f["points"] if c.measure == "points" else 1))
        total = 0.0
        for day, weight in sorted(weighed):
            total += weight
            if total >= c.at_least:
                return day
        return None

    @staticmethod
    def weighs_from(fact: Row, c: Condition) -> date:
        """The first day on whose evening the fact is what the condition asks for, as far as days are asked for."""
        day: date | None = fact["happened_on"] if c.since == "happened_on" else fact.get(c.since)
        counted = {"void_since": "days_void", "overdue_since": "days_overdue"}.get(c.since, "")
        if day is None:
            happened: date = fact["happened_on"]
            return happened
        wanted = c.where.get(counted)
        days = 1  # on its first day a state has stood for one day
        while isinstance(wanted, dict) and days < wanted.get("min", 0):
            day, days = day + timedelta(1), days + 1
        return day

    def exits(self) -> dict[tuple[str, str], Row]:
        results: dict[tuple[str, str], Row] = {}
        for month in self.world.months:
            version = in_force(self.leaving.versions, month)
            for p, row in self.providers.items():
                if version is None or row["registered_on"] > last_day(month):
                    continue
                back = [a["decided_on"] for a in self.rows("inspection_action") if a["provider_id"] == p and a["kind"] == "恢复"
                        and a["decided_on"] <= last_day(month)]
                restored = max(back, default=None)
                met = [(GRAVITY[self.standing(c)], -i, c, day) for i, c in enumerate(version.criteria)
                       if (day := self.met(c.when, month, p, restored if c.reset else None))]
                if met:
                    _, _, worst, day = max(met, key=lambda m: m[:2])
                    results[p, month] = {"state": self.standing(worst), "rule": worst.rule, "rules": {m[2].rule for m in met}, "reached": day}
                elif self.operating(month, p):
                    results[p, month] = {"state": "normal", "rule": None, "rules": set(), "reached": None}
        for p in self.providers:
            self.tell_since(p, [(m, results[p, m]) for m in self.world.months if (p, m) in results])
        return results

    @staticmethod
    def standing(c: Criterion) -> str:
        """Nobody is proposed for exit by figures alone."""
        return "exit_candidate" if c.state == "exit_proposed" and not c.decided else c.state

    def tell_since(self, provider: str, months: list[tuple[str, Row]]) -> None:
        """A state that was there from the first month on may be older than that month; a later one is not older than the month that brought it."""
        for n, (month, row) in enumerate(months):
            first = date(int(month[:4]), int(month[5:]), 1)
            if n and idx(months[n - 1][0]) == idx(month) - 1 and months[n - 1][1]["state"] == row["state"]:
                row["since"] = months[n - 1][1]["since"]
            elif row["state"] == "normal":
                row["since"] = first if n else self.providers[provider]["registered_on"]
            else:
                row["since"] = max(row["reached"], first) if n else row["reached"]
