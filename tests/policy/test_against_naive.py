"""The engine's SQL and the plain second implementation agree on whatever may happen."""

from __future__ import annotations

from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, Phase, given, settings

import etl.policy
from etl.policy.model import ExitPolicy, RatingPolicy
from tests.policy.naive import Naive
from tests.policy.random_worlds import worlds
from tests.policy.worlds import CATALOGUE, Folder, World, by_key, table

FIGURES = {"good_rate": (1, True), "bad_rate": (1, True), "mark": (5, True), "volume": (1, False)}
Policies = tuple[RatingPolicy, ExitPolicy]
# a world is small as it is; making a failing one smaller takes minutes
SLOWLY = settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck), phases=(Phase.explicit, Phase.reuse, Phase.generate))


@pytest.fixture(scope="session")
def policies(small: Folder) -> Policies:
    rating, leaving = etl.policy.load_policies(small.path / "policies", CATALOGUE)
    assert rating and leaving
    return rating, leaving


@SLOWLY
@given(world=worlds(FIGURES, ("质量安全", "应急管理", "运营秩序", "涉及资金")))
def test_both_implementations_agree(small: Folder, policies: Policies, world: World) -> None:
    con = world.connect()
    etl.policy.run(con, small, indicators=CATALOGUE, policies=policies)  # type: ignore[arg-type]
    agree_on_ratings(con, Naive(world, *policies))
    recompute_from_evidence(con, policies[0])


def agree_on_ratings(con: duckdb.DuckDBPyConnection, naive: Naive) -> None:
    expected, rated = naive.rate(), by_key(table(con, "rating"))
    assert rated.keys() == expected.keys()
    domains: dict[tuple[str, str], dict[str, float]] = {}
    stars: dict[tuple[str, str], dict[str, int]] = {}
    for row in table(con, "rating_domain"):
        if row["star"] is not None:
            stars.setdefault((row["provider_id"], row["month"]), {})[row["domain"]] = row["star"]
        if row["score"] is not None:
            domains.setdefault((row["provider_id"], row["month"]), {})[row["domain"]] = row["score"]
    for key, want in expected.items():
        got: Any = rated[key]
        assert domains.get(key, {}) == pytest.approx(want["domains"], abs=1e-6), key
        assert stars.get(key, {}) == want.get("domain_stars", {}), key
        assert (got["score"], got["uncapped_star"], got["star"], got["cap_rule"]) == (
            pytest.approx(want["score"], abs=1e-6), want["uncapped_star"], want["star"], want["cap_rule"]), key

    states, wanted = by_key(table(con, "exit_status")), naive.exits()
    told = ("state", "rule", "since")
    assert {k: [s[c] for c in told] for k, s in states.items()} == {k: [s[c] for c in told] for k, s in wanted.items()}
    reasons: dict[tuple[str, str], set[str]] = {}
    for row in table(con, "exit_reason"):
        reasons.setdefault((row["provider_id"], row["month"]), set()).add(row["rule"])
    assert reasons == {k: s["rules"] for k, s in wanted.items() if s["rules"]}


def recompute_from_evidence(con: duckdb.DuckDBPyConnection, rating: RatingPolicy) -> None:
    """Every star follows from its evidence rows alone: points → domains → total → cut → caps."""
    versions = {v.version: v for v in rating.versions}
    evidence, domains = table(con, "rating_evidence"), table(con, "rating_domain")
    for key, row in by_key(table(con, "rating")).items():
        own = [d for d in domains if (d["provider_id"], d["month"]) == key and d["score"] is not None]
        version = versions.get(row["policy_version"])
        for d in own:
            assert version is not None
            summed = next(x.method for x in version.domains if x.domain == d["domain"]) == "sum"
            coarse = 0.5 * 10 ** -version.rounding.digits + 0.001
            points = sum(e["points"] for e in evidence if (e["provider_id"], e["month"], e["domain"]) == (*key, d["domain"]))
            assert d["score"] == pytest.approx((0 if summed else 100) + points, abs=coarse)
        if own and version is not None:
            assert sum(d["applied_weight"] for d in own) == pytest.approx(100)
            if version.base is None:
                assert row["score"] == pytest.approx(sum(d["score"] * d["applied_weight"] for d in own) / 100, abs=0.051)
            else:
                assert row["score"] == next((d["score"] for d in own if d["domain"] == version.base), None)
        caps = {e["rule"] for e in evidence if (e["provider_id"], e["month"], e["domain"]) == (*key, "一票否决")}
        assert version is not None or (row["star"] is None and row["missing"])
        if row["star"] is not None and version is not None:
            assert row["star"] == min([row["uncapped_star"], *(c.cap for c in version.caps if c.rule in caps and c.domain is None)])
            assert row["missing"] is None and row["confidence"] in ("高", "中", "低")
            if version.stars is not None and version.stars.method == "fixed":
                assert row["uncapped_star"] == 1 + sum(row["score"] >= c for c in version.stars.cuts)
        else:
            assert row["missing"]
        assert row["evidence_count"] == sum((e["provider_id"], e["month"]) == key for e in evidence)
        assert all(e["sentence"] for e in evidence)
