"""The draw: RFC 3797's published example, the rules of the list, and that anybody can repeat it from the file alone."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from dataclasses import replace
from datetime import date, datetime, timedelta, timezone

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from etl import draw
from etl.draw import Conflict, DrawError, DrawList, Inspector, Listed, Stratum

CHINA = timezone(timedelta(hours=8))
COMMITTED = datetime(2026, 11, 20, 9, 30, tzinfo=CHINA)
PUBLISHED = datetime(2026, 11, 22, 21, 15, tzinfo=CHINA)
NUMBERS = ((3, 9, 12, 18, 25, 31), (7,))


def small(**changed) -> DrawList:
    said = {
        "plan": "SJ-2026-12", "month": "2026-12", "region": "330105000000", "policy": "试行-1", "team": 2, "random": 2,
        "seed_source": "中国福利彩票双色球", "seed_on": date(2026, 11, 22),
        "strata": (Stratum("应查", 1, whole=True), Stratum("高", 2), Stratum("低", 1)),
        "providers": (
            Listed("P01", "甲院", "应查", 9), *(Listed(f"P{i:02d}", f"单位{i}", "高" if i < 7 else "低", i) for i in range(2, 13)),
        ),
        "inspectors": tuple(Inspector(f"J{i}", f"检查员{i}") for i in range(1, 7)),
        "conflicts": (Conflict("P01", "J1"), Conflict("P01", "J2"), Conflict("P03", "J5")),
    }  # fmt: skip
    return DrawList(**(said | changed))


def drawn(entries: DrawList, numbers=NUMBERS) -> draw.Paper:
    return draw.draw(draw.fix_seed(draw.commit(entries, COMMITTED), numbers, "第 2026134 期开奖公告", PUBLISHED))


# The published vector (RFC 3797, section 6): the selected numbers in their order, and the MD5 of the first and the last step.
RFC_KEY = "9319./2.5.8.10.12./9.18.26.34.41.45./"
RFC_SELECTED = [17, 7, 2, 16, 25, 23, 8, 24, 19, 13, 22, 5, 18, 9, 1, 4]


def test_the_published_example_of_rfc_3797():
    assert draw.key_of([[9319], [2, 5, 12, 8, 10], [9, 18, 26, 34, 41, 45]]) == RFC_KEY
    assert draw.rfc3797(RFC_KEY, 25, 16) == RFC_SELECTED
    first, last = (hashlib.md5(i + RFC_KEY.encode() + i).hexdigest().upper() for i in (b"\0\0", b"\0\x0f"))
    assert (first, last) == ("990DD0A5692A029A98B5E01AA28F3459", "3269E6CE559ABD57E2BA6AAB495EB9BD")


def test_numbers_are_read_as_people_type_them():
    assert draw.read_numbers(" 09 03,12 18、25 31 / 07 ") == ((3, 9, 12, 18, 25, 31), (7,))
    for wrong in ("", "3 9 x", "三", "1 / / 2", "-3"):
        with pytest.raises(ValueError, match="只能是数字"):
            draw.read_numbers(wrong)


def test_a_heavier_provider_is_drawn_as_much_more_often_as_its_weight_says():
    hits = Counter(draw.choose(f"{i}./", [1, 3, 6], 1)[0] for i in range(4000))
    assert [round(hits[i] / 4000, 1) for i in range(3)] == [0.1, 0.3, 0.6]


def test_one_number_more_or_one_changed_weight_is_another_draw():
    entries = small()
    heavier = replace(
        entries, providers=tuple(replace(p, weight=p.weight + 1) if p.id == "P05" else p for p in entries.providers)
    )
    results = {drawn(entries).result, drawn(entries, ((3, 9, 12, 18, 25, 32), (7,))).result, drawn(heavier).result}
    assert len(results) == 3


def test_the_order_in_which_the_list_is_written_does_not_matter():
    entries = small()
    turned = replace(
        entries, providers=entries.providers[::-1], inspectors=entries.inspectors[::-1], conflicts=entries.conflicts[::-1]
    )
    assert turned.sha256() == entries.sha256() and drawn(turned).result == drawn(entries).result


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"seed_on": date(2026, 11, 20)}, "应晚于承诺日"),
        ({"seed_source": " "}, "没有写明以哪一项公开结果作种子"),
        ({"team": 1}, "至少抽取两名"),
        ({"random": 9}, "不够随机抽取 9 家"),
        ({"strata": (Stratum("应查", 0, whole=True), Stratum("高", 2), Stratum("低", 1))}, "有 1 家单位，抽取数写作 0 家"),
        ({"strata": (Stratum("应查", 1, whole=True), Stratum("高", 2))}, "分层“低”没有登记"),
        ({"inspectors": tuple(Inspector(f"J{i}", "甲") for i in (1, 2, 3, 5))[:3]}, "J5 中的单位或人员不在名单中"),
        ({"conflicts": tuple(Conflict("P04", f"J{i}") for i in range(1, 6))}, "单位4（P04）回避后只剩 1 名检查人员"),
        ({"providers": (*small().providers, Listed("P02", "又一家", "高", 1))}, "单位 P02 在名单中出现 2 次"),
        ({"providers": (*small().providers, Listed("P90", "又\t一家", "高", 1))}, "制表符"),
    ],
)
def test_a_list_that_cannot_be_drawn_from_is_not_committed(changed, says):
    with pytest.raises(DrawError, match=says):
        draw.commit(small(**changed), COMMITTED)


def test_a_seed_that_is_older_than_the_commitment_is_refused():
    paper = draw.commit(small(), COMMITTED)
    with pytest.raises(DrawError, match="不晚于承诺时间"):
        draw.fix_seed(paper, NUMBERS, "公告", COMMITTED)
    with pytest.raises(DrawError, match="承诺以 2026-11-22 的中国福利彩票双色球作种子"):
        draw.fix_seed(paper, NUMBERS, "公告", PUBLISHED + timedelta(days=2))
    with pytest.raises(DrawError, match="没有写明种子出自何处"):
        draw.fix_seed(paper, NUMBERS, " ", PUBLISHED)
    seeded = draw.fix_seed(paper, NUMBERS, "公告", PUBLISHED)
    with pytest.raises(DrawError, match="种子已经确定"):
        draw.fix_seed(seeded, ((1,),), "公告", PUBLISHED)


def test_a_list_changed_after_the_commitment_cannot_be_drawn():
    paper = draw.commit(small(), COMMITTED)
    changed = replace(paper, list=replace(paper.list, providers=paper.list.providers[1:]))
    with pytest.raises(DrawError, match="与承诺的摘要不符"):
        draw.fix_seed(changed, NUMBERS, "公告", PUBLISHED)


def unused(document):
    taken = {r["provider"] for r in document["result"]}
    return next(p["id"] for p in document["list"]["providers"] if p["id"] not in taken)


def rehash(document):
    document["list"]["random"] = 3
    document["commitment"]["sha256"] = draw.read(json.dumps(document)).list.sha256()


TAMPERED = {
    "a provider is exchanged": (lambda d: d["result"][0].update(provider=unused(d)), "不应抽中"),
    "a provider is left out": (lambda d: d["result"].pop(), "结果中没有"),
    "an inspector is exchanged": (lambda d: d["result"][1].update(inspectors=["J1", "J9"]), "的检查人员应为"),
    "a weight is changed": (lambda d: d["list"]["providers"][3].update(weight=99), "与承诺的摘要不符"),
    "a conflict is left out": (lambda d: d["list"]["conflicts"].pop(), "与承诺的摘要不符"),
    "list and hash are changed": (rehash, "不应抽中|结果中没有|的检查人员应为"),
    "the commitment is dated after the seed": (lambda d: d["commitment"].update(at="2026-11-23T09:00:00+08:00"), "不晚于承诺时间"),
    "a number is changed": (lambda d: d["seed"]["numbers"][0].__setitem__(0, 4), "不应抽中|结果中没有|的检查人员应为"),
    "no result": (lambda d: d.pop("result"), "没有抽取结果"),
    "no seed": (lambda d: d.pop("seed"), "没有种子号码"),
    "no commitment": (lambda d: d.pop("commitment"), "尚未承诺"),
}  # fmt: skip


@pytest.mark.parametrize("what", TAMPERED)
def test_verification_says_what_differs(what):
    change, says = TAMPERED[what]
    document = json.loads(draw.write(drawn(small())))
    assert draw.verify(draw.read(json.dumps(document))) == []
    change(document)
    found = "\n".join(draw.verify(draw.read(json.dumps(document))))
    assert any(part in found for part in says.split("|")), found


@pytest.mark.parametrize(
    "text", ["", "{}", '{"format": "yiguan-draw/1"}', '{"format": "yiguan-draw/1", "list": {"plan": 3}}', "[1]"]
)
def test_something_else_is_not_read_as_a_draw(text):
    with pytest.raises(DrawError):
        draw.read(text)


# A second, naive implementation of docs/draw.md: tickets are written out one by one.


def naive_pick(key: str, tickets: list[str], count: int) -> list[str]:
    chosen: list[str] = []
    for step in range(count):
        mark = bytes([step // 256, step % 256])
        left = [t for t in tickets if t not in chosen]
        chosen.append(left[int(hashlib.sha256(mark + key.encode() + mark).hexdigest(), 16) % len(left)])
    return chosen


def naive(paper: draw.Paper) -> dict[str, tuple[str, set[str]]]:
    text = paper.list.text()
    lines = [line.split("\t") for line in text.splitlines()]
    base = (
        "".join("".join(f"{n}." for n in sorted(s)) + "/" for s in paper.numbers)
        + hashlib.sha256(text.encode()).hexdigest()
        + "/"
    )
    providers = [line for line in lines if line[0] == "provider"]
    found: dict[str, tuple[str, set[str]]] = {}
    for _, name, take, how in (line for line in lines if line[0] == "stratum"):
        tickets = [p[1] for p in providers if p[3] == name for _ in range(int(p[4]))]
        picked = list(dict.fromkeys(tickets)) if how == "all" else naive_pick(f"{base}stratum:{name}/", tickets, int(take))
        found |= {p: (name, set()) for p in picked}
    rest = [p[1] for p in providers if p[1] not in found]
    number = next(int(line[1]) for line in lines if line[0] == "random")
    found |= {p: ("随机", set()) for p in naive_pick(f"{base}random/", rest, number)}
    everybody = [line[1] for line in lines if line[0] == "inspector"]
    barred = {(line[1], line[2]) for line in lines if line[0] == "conflict"}
    load = Counter(dict.fromkeys(everybody, 0))
    for provider in sorted(found):
        team = found[provider][1]
        for seat in range(next(int(line[1]) for line in lines if line[0] == "team")):
            free = [i for i in everybody if i not in team and (provider, i) not in barred]
            ready = [i for i in free if load[i] == min(load[j] for j in free)]
            team |= set(naive_pick(f"{base}team:{provider}:{seat}/", ready, 1))
        load.update(team)
    return found


@st.composite
def lists(make) -> DrawList:
    strata = [f"层{i}" for i in range(make(st.integers(1, 3)))]
    providers = tuple(
        Listed(f"P{i:03d}", f"单位{i}", make(st.sampled_from(strata)), make(st.integers(1, 20)))
        for i in range(make(st.integers(1, 14)))
    )
    inspectors = tuple(Inspector(f"J{i:02d}", f"人{i}") for i in range(make(st.integers(2, 6))))
    pairs = [Conflict(p.id, i.id) for p in providers for i in inspectors]
    conflicts = tuple(make(st.lists(st.sampled_from(pairs), unique=True, max_size=12)))
    sizes = Counter(p.stratum for p in providers)
    takes = []
    for name in strata:
        whole = make(st.booleans())
        takes.append(Stratum(name, sizes[name] if whole else make(st.integers(0, sizes[name])), whole))
    left = len(providers) - sum(s.take for s in takes)
    return small(
        strata=tuple(takes), providers=providers, inspectors=inspectors, conflicts=conflicts, random=make(st.integers(0, left))
    )


@settings(max_examples=35, deadline=None)
@given(lists(), st.lists(st.lists(st.integers(0, 9999), min_size=1, max_size=5), min_size=1, max_size=3))
def test_every_draw_keeps_its_rules_and_is_repeated_from_the_file_alone(entries, numbers):
    assume(not draw.problems(entries))
    paper = drawn(entries, tuple(map(tuple, numbers)))
    barred = {(c.provider, c.inspector) for c in entries.conflicts}
    stratum = {p.id: p.stratum for p in entries.providers}
    for provider, by, team in paper.result:
        assert len(set(team)) == entries.team and not {(provider, i) for i in team} & barred
        assert by in ("随机", stratum[provider])
    counts = Counter(by for _, by, _ in paper.result)
    assert len({p for p, _, _ in paper.result}) == len(paper.result)
    assert all(counts[s.name] == s.take for s in entries.strata) and counts["随机"] == entries.random
    again = draw.read(draw.write(paper))
    assert again == paper and draw.verify(again) == []
    assert {p: (by, set(team)) for p, by, team in paper.result} == naive(paper)
