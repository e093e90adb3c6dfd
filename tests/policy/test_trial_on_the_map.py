"""A trial with real moves on the one map: marks, list and counts against a recount by hand from the snapshot's own rows."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dashboard.access.scope import Scope
from dashboard.ledger.models.policies import PolicyDraft
from dashboard.ledger.store import open_ledger
from dashboard.policies.store import Draft, Policies
from dashboard.views import policy_desk
from dashboard.views.h import El, text_of, walk
from dashboard.views.moves import counts, from_to, move
from dashboard.views.render import render
from dashboard.warehouse import Snapshot, Warehouse
from dashboard.warehouse.impact import counts as counts_of_impact
from etl.paths import DEFAULT_REGION, Layout
from etl.region import Region
from tests.conftest import Demo
from tests.policy.test_trials import BASE, EXITS, drafted, published
from tests.support.desk import desk
from tests.support.published import reader

DISTRICT = "330105000000"
CUTS = (40, 75, 92, 93)
"""Two stars for less, three and four for more, five for less: some rise and some fall."""
CAPS = {"open_major_hazard": 1, "fraud_or_abuse": 1, "operating_without_licence": 1, "open_serious": 3, "safety_accident": 3}
"""No higher than so many stars; what is not named here caps at two."""
POINTS = {"严重": 2.0, "重大": 6.0, "较重": 0.5}
PENALTIES = {"警告": 2.0, "罚款": 3.0, "责令停业": 6.0, "移送": 6.0}
ENOUGH = 2
"""Demerits within twelve months from which the stricter draft would propose an exit."""
DRAFTS = {
    "rating": drafted(BASE, ("cuts: [50, 70, 88, 95]", f"cuts: {list(CUTS)}")),
    "exit": drafted(EXITS, ("measure: points, at_least: 12", f"measure: points, at_least: {ENOUGH}")),
}


class Naive:
    """What the drafts would change, counted row by row in Python."""

    def __init__(self, path: Path) -> None:
        with reader(path) as con:

            def rows(sql: str) -> list[dict[str, Any]]:
                cursor = con.execute(sql)
                names = [d[0] for d in cursor.description]
                return [dict(zip(names, r, strict=True)) for r in cursor.fetchall()]

            self.month = str(con.execute("select max(month) from rating").fetchall()[0][0])
            self.ratings = {r["provider_id"]: r for r in rows("from rating") if r["month"] == self.month}
            self.states = {r["provider_id"]: r["state"] for r in rows("from exit_status") if r["month"] == self.month}
            self.places = {r["provider_id"]: r for r in rows("from provider_month") if r["month"] == self.month}
            self.findings, self.inspections, self.penalties = rows("from finding_fact"), rows("from inspection_fact"), rows("from penalty_fact")
            self.orders, self.meals = rows("from order_fact"), rows("from meal_month")
            self.stays = rows("from stay_month union all by name from family_bed_month")
            self.streets = {r["code"]: r["parent_code"] for r in rows("from area where level = 3")}
        year, number = int(self.month[:4]), int(self.month[5:])
        self.window = f"{year - 1}-{number:02}"
        """The last month that is no longer among the twelve."""

    def stars(self) -> dict[str, tuple[int, int]]:
        """Provider → stars now and by the other cuts, where they differ."""
        found = {}
        for ident, r in self.ratings.items():
            if r["star"] is not None:
                star = 1 + sum(round(float(r["score"]), 1) >= c for c in CUTS)
                star = min(star, CAPS.get(r["cap_rule"], 2)) if r["cap_rule"] else star
                if star != r["star"]:
                    found[ident] = (r["star"], star)
        return found

    def opening(self) -> set[str]:
        """Providers with demerits enough that are not proposed for exit, nor gone."""
        sums: Counter[str] = Counter()
        for f in self.findings:
            sums[f["provider_id"]] += POINTS.get(f["severity"], 0) if self.window < f["month"] <= self.month else 0
        for i in self.inspections:
            sums[i["provider_id"]] += 2 if (i["kind"], i["result"]) == ("复查", "不合格") and self.window < i["month"] <= self.month else 0
        for p in self.penalties:
            sums[p["provider_id"]] += PENALTIES.get(p["kind"], 0) if self.window < p["month"] <= self.month else 0
        return {p for p in self.ratings if sums[p] >= ENOUGH and self.states.get(p, "normal") not in ("exit_candidate", "exit_proposed", "exited")}

    def elders(self, providers: set[str]) -> int:
        """Different persons whom these served in the last three calendar months: at home, at table, in a bed of theirs or in one at home."""
        number = int(self.month[:4]) * 12 + int(self.month[5:]) - 1
        months = {f"{n // 12}-{n % 12 + 1:02}" for n in (number, number - 1, number - 2)}
        seen = {o["elder_id"] for o in self.orders if o["provider_id"] in providers and o["completed"] and o["month"] in months}
        seen |= {m["elder_id"] for m in self.meals if m["provider_id"] in providers and m["meals"] and m["month"] in months}
        seen |= {s["elder_id"] for s in self.stays if s["provider_id"] in providers and s["month"] in months}
        return len(seen - {None})


@pytest.fixture(scope="module")
def naive(small_demo: Demo) -> Naive:
    return Naive(published(small_demo))


@pytest.fixture(scope="module")
def tried(small_demo: Demo, tmp_path_factory: pytest.TempPathFactory) -> Policies:
    """A ledger with the two drafts: number 1 of ratings, number 2 of exits."""
    layout = Layout(tmp_path_factory.mktemp("tried"), DEFAULT_REGION.name)
    layout.base.mkdir()
    found = Policies(open_ledger(f"sqlite:///{layout.ledger}"), Region.load(DEFAULT_REGION), layout)
    for subject, text in DRAFTS.items():
        found.try_out(subject, text, published(small_demo), "staff")
    return found


@pytest.fixture(scope="module")
def drawn(small_demo: Demo, tried: Policies) -> Callable[..., dict[str, Any]]:
    """``drawn(number)``: all slots of a trial's page as a role sees them, over a copy: an open snapshot keeps others from reading the file their way."""
    snapshot = Snapshot.open(shutil.copyfile(published(small_demo), tried.layout.base / "copy.duckdb"))

    def draw(number: object, role: str = "staff", area: str = DISTRICT, providers: frozenset[str] | None = None) -> dict[str, Any]:
        scope = Scope.of(role, area, providers=providers) if providers is not None else Scope.of(role, area)
        own = desk(tried.layout.base, tried.ledger, scope)
        own.layout = tried.layout
        return render(Warehouse(snapshot, scope), f"/trials/{number}", "", "/geo/{}.json".format, desk=own)

    return draw


def facts(node: Any) -> dict[str, str]:
    """Names and values of the list over the map."""
    pairs = [n for n in walk(node) if n.tag == "div" and len(n.children) == 2 and isinstance(n.children[0], El) and n.children[0].tag == "dt"]
    return {text_of(p.children[0]): text_of(p.children[1]) for p in pairs}


def listed(node: Any) -> list[tuple[str, str, str]]:
    """Each line of the list beside the map: the address, the mark's word, from what to what."""
    lines = [n for n in walk(node) if n.tag == "li"]
    links = [next(n for n in walk(line) if n.tag == "a") for line in lines]
    return [(str(a.props["href"]).partition("?")[0], text_of(line)[: text_of(line).index(text_of(a))].strip(), text_of(line).rpartition(" → ")[2])
            for line, a in zip(lines, links, strict=True)]  # fmt: skip


def test_who_rises_and_who_falls_is_the_same_on_the_map_in_the_lists_and_by_hand(drawn: Callable[..., dict[str, Any]], naive: Naive, tried: Policies) -> None:
    expected = naive.stars()
    up, down = {p for p, (a, b) in expected.items() if b > a}, {p for p, (a, b) in expected.items() if b < a}
    assert up and down, "the draft must move some each way, or this tests nothing"
    page = drawn(1)
    marks = {str(p[6]).partition("?")[0]: (p[2], round(p[0], 6), round(p[1], 6)) for p in page["map"]["points"]}
    at = naive.places
    assert marks == {f"/providers/{p}": ("▲" if p in up else "▼", round(at[p]["lng"], 6), round(at[p]["lat"], 6)) for p in up | down}
    head = facts(page["strip"])
    assert (head["升星"], head["降星"], head["新符合退出条件"], head["其他变动"]) == (f"{len(up)} 家", f"{len(down)} 家", "0 家", "0 家")
    assert head["近 90 天服务老年人"] == f"{naive.elders(up | down)} 人"
    words = "零一二三四五"
    lines = listed(page["side"])
    assert sorted((href, to) for href, _, to in lines) == sorted((f"/providers/{p}", f"{words[b]}星") for p, (_, b) in expected.items())
    assert all(("▲" in said) == (href.rpartition("/")[2] in up) for href, said, _ in lines)
    by_street = Counter(naive.streets[at[p]["community_code"]] for p in expected)
    assert {code: area[2] for code, area in page["map"]["areas"].items() if area[2]} == {code: f"{n} 家" for code, n in by_street.items()}
    whole = " ".join(text_of(n) for n in policy_desk.trial(tried.draft(1), at, {}, "leader", True, {}))
    assert f"升星 {len(up)} 家，降星 {len(down)} 家，新符合退出条件 0 家，其他变动 0 家；这些单位近 90 天服务老年人 {naive.elders(up | down)} 人" in whole


def test_a_trial_and_an_assessment_of_impact_count_the_same_elders(small_demo: Demo, tried: Policies, naive: Naive) -> None:
    snapshot = Snapshot.open(shutil.copyfile(published(small_demo), tried.layout.base / "impact.duckdb"))
    served = counts_of_impact(snapshot, naive.month)
    for number in (1, 2):
        moved = tried.draft(number).trial["moved"]
        assert {m["provider_id"]: m["elders"] for m in moved} == {m["provider_id"]: served.get(m["provider_id"], 0) for m in moved}
    lodging = {s["provider_id"] for s in naive.stays}
    assert any(served[p] == naive.elders({p}) for p in lodging & set(served)), "houses with beds are among them"
    assert all(n == naive.elders({p}) for p, n in served.items())


def test_each_move_says_why(small_demo: Demo, tried: Policies) -> None:
    """A cap with its facts, a domain with its scores, or the cut points: never only other stars."""
    cap = """      - rule: ever_found
        cap: 1
        basis: 责令限期整改
        when: {facts: finding, where: {severity: [一般, 较重]}, row: "{description}"}
        because: 查出过{count}项问题
      - rule: open_serious
"""
    drafts = {
        "查出过": ("      - rule: open_serious\n", cap),
        "分项得分变动：": ("一般: {个别: 4, 多处: 8, 普遍: 16}", "一般: {个别: 40, 多处: 80, 普遍: 160}"),
    }
    for said, change in drafts.items():
        moved = tried.draft(tried.try_out("rating", drafted(BASE, change), published(small_demo), "staff")).trial["moved"]
        other = [m for m in moved if m["star"] != m["new_star"]]
        assert other and all(said in m["because"] for m in other), (said, [m["because"] for m in other])
    assert {m["because"] for m in tried.draft(1).trial["moved"] if m["state"] == m["new_state"]} == {"得分未变，评星的分数线或加减星规则改变"}


def test_which_cases_would_open_is_the_same_on_the_map_in_the_lists_and_by_hand(drawn: Callable[..., dict[str, Any]], naive: Naive, tried: Policies) -> None:
    expected = naive.opening()
    assert expected, "the draft must open cases, or this tests nothing"
    page = drawn(2)
    opened = {str(p[6]).partition("?")[0] for p in page["map"]["points"] if p[2] == "◇"}
    assert opened == {f"/providers/{p}" for p in expected} and {p[3] for p in page["map"]["points"] if p[2] == "◇"} == {"bad"}
    head = facts(page["strip"])
    moved = {m["provider_id"] for m in tried.draft(2).trial["moved"]}
    assert head["新符合退出条件"] == f"{len(expected)} 家" and head["近 90 天服务老年人"] == f"{naive.elders(moved)} 人"
    assert {href for href, said, _ in listed(page["side"]) if "新符合退出条件" in said} == opened
    assert all(to == "符合退出条件" for href, _, to in listed(page["side"]) if href in opened)
    for p in expected:
        (mark,) = [m for m in page["map"]["points"] if f"/providers/{p}?" in f"{m[6]}?"]
        assert f"{naive.places[p]['kind']} · 新符合退出条件" in mark[5] and mark[4] == naive.places[p]["name"]


@pytest.mark.parametrize(
    ("star", "new_star", "state", "new_state", "shape", "counted", "words"),
    [
        (4, 2, "normal", "exit_candidate", "◇", {"降星": 1, "新符合退出条件": 1}, "四星 → 二星，正常 → 符合退出条件"),
        (2, 3, "watch", "normal", "▲", {"升星": 1}, "二星 → 三星，关注 → 正常"),
        (3, 3, "watch", "normal", "●", {"其他变动": 1}, "关注 → 正常"),
        (None, 1, "normal", "normal", "●", {"其他变动": 1}, "暂不评级 → 一星"),
        (3, None, "normal", "normal", "●", {"其他变动": 1}, "三星 → 暂不评级"),
    ],
)
def test_whoever_falls_and_has_a_case_opened_counts_in_both_and_no_rating_is_neither_more_nor_less(
    star: int | None, new_star: int | None, state: str, new_state: str, shape: str, counted: dict[str, int], words: str
) -> None:
    one = {"star": star, "new_star": new_star, "state": state, "new_state": new_state, "opens": new_state == "exit_candidate"}
    assert move(one).shape == shape and from_to(one) == words
    assert {k: n for k, n in counts([one]).items() if n} == counted


def test_the_page_of_the_draft_and_the_map_count_alike_where_a_fall_opens_a_case(drawn: Callable[..., dict[str, Any]], tried: Policies, naive: Naive) -> None:
    """No rule of the district's own makes both at once; a draft kept in the ledger with such a move shows it."""
    draft = tried.draft(1)
    draft.trial["moved"][0] |= {"star": 4, "new_star": 2, "opens": True, "new_state": "exit_candidate"}
    with tried.ledger.write() as session:
        values = {c.name: getattr(draft.row, c.name) for c in PolicyDraft.__table__.columns if c.name not in ("id", "result")}
        row = PolicyDraft(**values, result=json.dumps(draft.trial))
        session.add(row)
        session.flush()
        number = int(row.id)
    head, page = facts(drawn(number)["strip"]), " ".join(text_of(n) for n in policy_desk.trial(Draft(draft.row, draft.trial), naive.places, {}, "x", True, {}))
    assert all(f"{word} {head[word]}" in page for word in ("升星", "降星", "新符合退出条件", "其他变动")) and head["新符合退出条件"] == "1 家"


@pytest.mark.parametrize(
    ("role", "area", "providers"),
    [("street", "330105003000", None), ("steward", "330105003051", None), ("finance", DISTRICT, None), ("staff", "330105003000", None),
     ("staff", DISTRICT, frozenset({"P0001"}))],
)  # fmt: skip
def test_who_sees_a_part_gets_the_answer_of_a_trial_that_is_not_there(
    drawn: Callable[..., dict[str, Any]], role: str, area: str, providers: frozenset[str] | None
) -> None:
    forbidden, unknown = (drawn(number, role, area, providers) for number in (1, 999))
    assert forbidden == unknown and "没有找到" in text_of(forbidden["below"]) and forbidden["map"] is None


@pytest.mark.parametrize("number", [999, 0, "x", "１", "1' or 1=1"])
def test_an_unknown_trial_is_answered_to_everybody_like_a_forbidden_one(drawn: Callable[..., dict[str, Any]], number: object) -> None:
    there, not_given = drawn(number), drawn(1, "street", "330105003000")
    assert there["below"] == not_given["below"] and there["map"] is None and there["title"] == not_given["title"]
