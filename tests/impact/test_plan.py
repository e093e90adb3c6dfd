"""The plan: the level of care is kept, the price bounded, the way within reach, everybody placed or named with the reason."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.impact import make_plan, rooms
from tests.impact.worlds import HOME, allowed, beds, best, east, policy, resident, visited, visits

RULES = policy()
TYPES = st.sampled_from(["普通型", "护理型", "认知障碍"])
FEES = st.one_of(st.none(), st.integers(2000, 6000).map(float))
NEEDS = st.builds(
    lambda k, bed, more, fee, metres: resident(f"E{k}", bed, {bed, *more}, fee, None if metres is None else east(metres)),
    st.integers(0, 99), TYPES, st.sets(TYPES, max_size=2), FEES, st.one_of(st.none(), st.integers(0, 12000)),
)  # fmt: skip
OFFERS = st.builds(
    lambda k, bed, room, fee, metres, barred: beds(f"P{k}", bed, room, fee, metres, ("监管星级低于 2 星",) if barred else ()),
    st.integers(0, 99), TYPES, st.integers(0, 2), FEES, st.integers(0, 12000), st.booleans(),
)  # fmt: skip
CARES = st.dictionaries(st.sampled_from(["助浴", "助洁", "康复"]), st.integers(20, 90).map(float), min_size=1)
VISITED = st.builds(lambda k, care, m: visited(f"V{k}", care, at=east(m)), st.integers(0, 99), CARES, st.integers(0, 9000))
VISITS = st.builds(lambda k, care, room, m: visits(f"Q{k}", care, room, m), st.integers(0, 99), CARES, st.integers(0, 2), st.integers(0, 9000))


@given(st.lists(st.one_of(NEEDS, VISITED), max_size=5), st.lists(st.one_of(OFFERS, VISITS), max_size=4), st.sampled_from(["keep", "refuse"]))
@settings(max_examples=60, deadline=None)
def test_the_plan_is_the_best_that_the_policy_allows(needs, offers, unknown):
    rules = policy(unknown_price=unknown)
    plan = make_plan(needs, offers, rules)
    assert [p.need for p in plan.placements] == needs
    choices = [{j: d for j, o in enumerate(offers) if (d := allowed(n, o, rules)) is not None} for n in needs]
    placed = [p for p in plan.placements if p.offer is not None]
    assert (len(placed), sum(p.metres or 0 for p in placed)) == best(choices, [o.room for o in offers])
    for p, own in zip(plan.placements, choices, strict=True):
        assert (p.offer is None) == (p.reason is not None), "placed, or named with the reason"
        if p.offer is not None:
            assert own[offers.index(p.offer)] == p.metres
    assert sum(g.needs for g in plan.groups) == len(needs)
    assert sum(g.placed for g in plan.groups) == len(placed)


def why(need, *offers, rules=RULES):
    (placement,) = make_plan([need], list(offers), rules).placements
    assert placement.offer is None and placement.reason is not None
    return placement.reason


def test_each_refusal_says_its_own_reason():
    assert why(resident("E1", "护理型"), beds("P1", "普通型")).sentence == "没有可接收的单位提供护理型床位"
    far = why(visited("E1", {"助浴": 50.0}), visits("P1", {"助浴": 50.0}, metres=7000))
    assert far.code == "far" and far.sentence == "8,000 米内没有合适的单位，最近的有 9,100 米"
    assert why(resident("E1", fee=4000), beds("P1", fee=4601)).sentence == "1 家合适的单位价格上浮都超过 15%"
    assert why(resident("E1"), beds("P1", room=0)).sentence == "1 家合适的单位都没有余量"
    assert why(resident("E1", at=None), beds("P1")).code == "place"
    short = make_plan([resident("E1"), resident("E2")], [beds("P1", room=1)], RULES).placements
    assert [p.reason.sentence for p in short if p.reason] == ["1 家合适的单位共余 1 个名额，已安排给其他老年人"]


def test_a_provider_in_trouble_takes_nobody_over():
    assert why(resident("E1"), beds("P1", bars=("监管星级低于 2 星",))).code == "care"


def test_a_price_that_just_reaches_the_limit_is_kept_and_an_unknown_one_by_policy():
    plan = make_plan([resident("E1", fee=4000)], [beds("P1", fee=4600)], RULES).placements[0]
    assert plan.offer is not None and (plan.before, plan.after) == (4000, 4600)
    assert make_plan([resident("E1", fee=None)], [beds("P1")], RULES).placements[0].offer is not None
    assert why(resident("E1", fee=None), beds("P1"), rules=policy(unknown_price="refuse")).code == "price"


def test_whoever_receives_several_services_goes_to_one_provider_that_gives_them_all():
    need = visited("E1", {"助浴": 50.0, "康复": 80.0})
    near, far = visits("P1", {"助浴": 50.0}, metres=100), visits("P2", {"助浴": 50.0, "康复": 80.0, "助洁": 40.0}, metres=2000)
    assert make_plan([need], [near, far], RULES).placements[0].offer == far


def test_care_follows_the_ability_level():
    care = RULES.care
    assert care.beds("普通型", 0, False) == {"普通型", "护理型"}
    assert care.beds("普通型", 3, False) == {"护理型"}, "a severely impaired elder is not moved to an ordinary bed"
    assert care.beds("护理型", 1, False) == {"护理型"}, "and nobody to a lower one"
    assert care.beds("认知障碍", None, True) == {"认知障碍"}
    assert care.beds("普通型", None, True) == {"护理型"}


def test_free_room_is_counted_around_the_provider_in_its_street_and_in_the_district():
    offers = [beds("P1", room=2, metres=700), beds("P2", room=3, metres=800), beds("P3", room=5, metres=6000), beds("P4", "认知障碍", 9),
              beds("P5", room=7, metres=10, bars=("消防无效",))]  # fmt: skip
    (room,) = rooms([resident("E1")], offers, HOME, frozenset({"P2"}), RULES)
    # 975 metres on foot are 750 in a straight line: the second provider lies just outside.
    assert (room.walk, room.street, room.district, room.providers) == (2, 3, 10, 3)
