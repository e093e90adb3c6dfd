"""Another country's scheme is another policy file: CMS Five-Star by the rule tables of its Technical Users' Guide.

The guide's rules (points, surcharges, cycle weights, shares of a state, staffing ranges, the steps of the overall rating) are public;
the cases here are worked by hand from those tables.
"""

from __future__ import annotations

import csv
import itertools
import random
from pathlib import Path
from typing import Any

import pytest

from etl.policy.check import rating_check
from etl.policy.flat import Rated, rate_table
from etl.policy.load import load
from etl.policy.model import RatingPolicy
from etl.policy.table import columns, read

SCHEME = Path(__file__).with_name("schemes") / "five_star.yaml"
FULL = {"total_nurse": 70, "rn": 60, "weekend": 30, "nurse_turnover": 30, "rn_turnover": 30, "administrators_left": 0}  # 250: three stars


@pytest.fixture(scope="module")
def scheme() -> RatingPolicy:
    return load(SCHEME, RatingPolicy, rating_check({}, table=True))


def rated(scheme: RatingPolicy, folder: Path, rows: list[dict[str, Any]]) -> dict[str, Rated]:
    path = folder / "homes.csv"
    wanted = columns(scheme).needed
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(wanted), restval="")
        writer.writeheader()
        writer.writerows(rows)
    return {r.provider_id: r for r in rate_table(scheme, read(path, columns(scheme)), {})}


def home(name: str, state: str = "XX", qm: float = 3, **cells: Any) -> dict[str, Any]:
    row: dict[str, Any] = {"provider_id": name, "area": state, "c1_D": 0, "c2_D": 0, "qm_stars": qm, **FULL}
    return row | cells


@pytest.mark.parametrize(
    ("cells", "score"),
    [
        ({"c1_D": 3, "c1_G": 1, "c2_E": 2, "c2_F": 1}, 0.75 * (3 * 4 + 20) + 0.25 * (2 * 8 + 16)),  # 32.0
        ({"c1_J": 1, "c1_revisits": 1}, 0.75 * 50),  # a first revisit costs nothing
        ({"c1_J": 1, "c1_revisits": 2, "c2_K_sqc": 1, "c2_revisits": 3}, 0.75 * 50 * 1.5 + 0.25 * 125 * 1.7),
        ({"c1_L": 1, "c1_revisits": 4}, 0.75 * 150 * 1.85),
        ({"c1_H": 1, "c1_I_sqc": 1, "c1_revisits": 6}, 0.75 * (35 + 50) * 1.85),  # the last surcharge holds for all further visits
        ({"c1_D": 2, "c2_D": None}, 8.0),  # only one cycle: its weight becomes one
        ({}, 0.0),
    ],
)
def test_deficiencies_become_the_health_inspection_score(scheme: RatingPolicy, tmp_path: Path, cells: dict[str, Any], score: float) -> None:
    found = rated(scheme, tmp_path, [home("A", **cells)])["A"]
    assert found.domains["健康检查"][0] == pytest.approx(score, abs=0.00051)
    shown = [s.points for s in found.steps if s.name == "健康检查"]
    assert sum(p for p in shown if p is not None) == pytest.approx(score, abs=0.00051)


def test_the_state_is_cut_by_its_own_distribution(scheme: RatingPolicy, tmp_path: Path) -> None:
    """100 homes with different scores: 10 with five stars, 20 with one, 70 in three parts; another state does not matter."""
    scores = list(range(100))
    random.Random(7).shuffle(scores)
    rows = [home(f"H{n}", "AA", c1_D=n, c2_D=n) for n in scores] + [home(f"Z{n}", "ZZ", c1_L=n) for n in range(6)]
    found = rated(scheme, tmp_path, rows)
    stars = [found[f"H{n}"].domains["健康检查"][1] for n in range(100)]
    assert stars == [5] * 10 + [4] * 23 + [3] * 23 + [2] * 24 + [1] * 20
    assert found["Z0"].domains["健康检查"][1] == 4  # the best of six is better than five sixths, not nine tenths


@pytest.mark.parametrize(
    ("cells", "points", "star"),
    [
        ({"total_nurse": 100, "rn": 100, "weekend": 50, "nurse_turnover": 50, "rn_turnover": 20, "administrators_left": 3}, 330, 5),
        ({"total_nurse": 100, "rn": 100, "weekend": 50, "nurse_turnover": 20, "rn_turnover": 20, "administrators_left": 1}, 315, 4),
        ({"total_nurse": 10, "rn": 30, "weekend": 20, "nurse_turnover": 30, "rn_turnover": 30, "administrators_left": 0}, 150, 1),
        # without administrator turnover 350 points are possible: 295 × 380 / 350 = 320.286 is five stars
        ({"total_nurse": 90, "rn": 90, "weekend": 40, "nurse_turnover": 40, "rn_turnover": 35, "administrators_left": None}, 320.286, 5),
        # without both turnovers of nurses 280 are possible: 150 × 380 / 280 = 203.571
        ({"total_nurse": 50, "rn": 50, "weekend": 20, "nurse_turnover": None, "rn_turnover": None, "administrators_left": 0}, 203.571, 2),
    ],
)
def test_staffing_points_are_rescaled_to_380_and_cut_at_fixed_points(scheme: RatingPolicy, tmp_path: Path, cells: dict[str, Any], points: float, star: int) -> None:
    assert rated(scheme, tmp_path, [home("A", **cells)])["A"].domains["人员配备"] == (pytest.approx(points, abs=0.00051), star)


def overall(inspection: int, staffing: int, qm: int) -> int:
    """The steps of the guide: begin with inspections; staffing; quality measures; the limit for one star."""
    star = inspection + (staffing == 5) - (staffing == 1)
    star = min(5, max(1, star))
    star = min(5, max(1, star + (qm == 5) - (qm == 1)))
    return min(star, 2) if inspection == 1 else star


def test_the_overall_rating_follows_the_steps_for_every_combination(scheme: RatingPolicy, tmp_path: Path) -> None:
    """125 combinations; each state of one home is cut at the fixed scores (fewer than five homes)."""
    scores = {1: {"c1_L": 1}, 2: {"c1_K": 1}, 3: {"c1_J": 1}, 4: {"c1_D": 5}, 5: {}}
    staff = {1: 0, 2: 20, 3: 70, 4: 100, 5: 100}
    rows, wanted = [], {}
    for a, b, c in itertools.product(range(1, 6), repeat=3):
        name = f"{a}{b}{c}"
        cells = {"total_nurse": staff[b], "rn": staff[b], "weekend": 50 if b > 1 else 0, "nurse_turnover": 50 if b in (2, 5) else 0,
                 "rn_turnover": 50 if b == 5 else 0, "administrators_left": 0}
        rows.append(home(name, name, qm=c, c2_D=0, **scores[a], **cells))
        wanted[name] = overall(a, b, c)
    found = rated(scheme, tmp_path, rows)
    assert {n: tuple(star for _, star in r.domains.values()) for n, r in found.items()} == {n: tuple(map(int, n)) for n in wanted}
    assert {n: r.star for n, r in found.items()} == wanted
    said = [s.sentence for s in found["155"].steps if s.name == "星级调整"]
    assert said == ["人员配备五星，加一星：由一星调为二星", "质量指标五星，加一星：由二星调为三星", "调整前为一星，合计最多加1星：由三星调为二星"]


def test_a_home_cited_for_abuse_has_four_stars_at_most(scheme: RatingPolicy, tmp_path: Path) -> None:
    best = {"total_nurse": 100, "rn": 100, "weekend": 50, "nurse_turnover": 50, "rn_turnover": 50}
    found = rated(scheme, tmp_path, [home("A", "A", qm=5, abuse_icon=1, **best), home("B", "B", qm=5, **best)])
    assert (found["A"].star, found["A"].domains["健康检查"][1], found["B"].star) == (4, 2, 5)
    assert any(s.name == "一票否决" and "健康检查星级不高于二星" in s.sentence for s in found["A"].steps)
