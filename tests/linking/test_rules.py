"""Each rule of the linking alone, among eight hundred other elders (evidence counts by how rare it is in the register)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from etl import build, load
from etl.freshness import Freshness
from etl.martfile import marts
from tests.linking.conftest import LINKING
from tests.spec.world import World

COMMUNITIES = ("330105001051", "330105001052", "330105003051", "330105003052")
ANNA = {"name": "沈玉琴", "birth_date": "1948-03-12", "sex": "女", "community_code": "330105001051"}
Judge = Callable[..., list[tuple[str, str, str, bool]]]


def register(*rows: dict[str, str]) -> World:
    """These registrations, numbered E1, E2 …, among eight hundred others, numbered Z."""
    world = World("2026-10", "2026-10")
    first, second = "王李张刘陈杨赵周吴徐", "建国志明福根阿土宝林德荣水金海富春伟民永"
    world.con.execute(
        "insert into registry_elder (elder_id, id_number, name, sex, birth_date, community_code, phone, status, registered_on, updated_at)"
        " select 'Z' || i, 'N' || i, substr(?, i % 10 + 1, 1) || substr(?, i % 20 + 1, 1) || substr(?, (i // 7) % 20 + 1, 1),"
        " case when i % 2 = 0 then '男' else '女' end, date '1935-01-01' + (i * 13)::integer, list_value(?, ?, ?, ?)[i % 4 + 1],"
        " cast(13700000000 + i as varchar), '正常', date '2015-01-01', timestamp '2024-01-01' from range(800) as t(i)",
        [first, second, second, *COMMUNITIES],
    )
    for n, row in enumerate(rows):
        world.add("registry_elder", {"elder_id": f"E{n + 1}", **row})
    return world


@pytest.fixture
def judge() -> Judge:
    """Put these registrations among others; the links between them as (person, number, rule, certain)."""

    def look(*rows: dict[str, str]) -> list[tuple[str, str, str, bool]]:
        world = register(*rows)
        world.build(["elder_link", "link_review"])
        return world.con.execute(
            "select person_id, elder_id, rule, certain from person_link where person_id like 'E%' or elder_id like 'E%' order by all"
        ).fetchall()

    return look


def test_one_id_number_two_spellings(judge: Judge) -> None:
    assert judge(ANNA | {"id_number": "X"}, ANNA | {"id_number": "X", "name": "瀋玉琴"}) == [("E1", "E2", "同一身份证号", True)]


def test_one_id_number_but_another_name_and_birthday_is_for_review(judge: Judge) -> None:
    other = {"name": "郑阿大", "birth_date": "1939-11-30", "id_number": "X"}
    assert judge(ANNA | {"id_number": "X"}, ANNA | other) == [("E1", "E2", "同一身份证号", False)]


def test_one_card_and_birthday_with_a_new_id_number(judge: Judge) -> None:
    assert judge(ANNA | {"id_number": "X", "card_no": "K"}, ANNA | {"id_number": "Y", "card_no": "K"}) == [
        ("E1", "E2", "同一服务卡号", True)
    ]


def test_one_card_and_birthday_but_another_name_is_for_review(judge: Judge) -> None:
    assert judge(ANNA | {"id_number": "X", "card_no": "K"}, ANNA | {"id_number": "Y", "card_no": "K", "name": "郑阿大"}) == [
        ("E1", "E2", "同一服务卡号", False)
    ]


@pytest.mark.parametrize(("one", "other"), [
    ("沈玉琴", "沈 玉琴"), ("阿依古丽·买买提", "阿依古丽•买买提"), ("阿依古丽·买买提", "阿依古丽买买提"), ("陈张华", "陳張華"),
    ("沈玉𠅤", "沈　玉𠅤"), ("ＬＩＮ安", "lin安".upper()),
])  # fmt: skip
def test_spellings_of_one_name_with_birthday_and_telephone(judge: Judge, one: str, other: str) -> None:
    rows = [ANNA | {"id_number": "X", "name": one, "phone": "13900000001"}, ANNA | {"name": other, "phone": "13900000001"}]
    assert judge(*rows) == [("E1", "E2", "同名同生日同电话", True)]


def test_a_character_of_the_same_sound_and_the_same_telephone(judge: Judge) -> None:
    rows = [ANNA | {"id_number": "X", "phone": "13900000001"}, ANNA | {"name": "沈育勤", "phone": "139 0000 0001"}]
    assert judge(*rows) == [("E1", "E2", "综合评分", True)]


def test_a_mistyped_birthday_and_the_same_telephone_and_name(judge: Judge) -> None:
    rows = [ANNA | {"id_number": "X", "phone": "13900000001"}, ANNA | {"birth_date": "1948-12-03", "phone": "13900000001"}]
    assert judge(*rows) == [("E1", "E2", "综合评分", True)]


def test_two_id_numbers_are_never_merged_by_likeness(judge: Judge) -> None:
    rows = [ANNA | {"id_number": "X", "phone": "13900000001"}, ANNA | {"id_number": "Y", "phone": "13900000001"}]
    assert judge(*rows) == [("E1", "E2", "综合评分", False)]


def test_names_that_only_resemble_each_other_are_for_review(judge: Judge) -> None:
    rows = [ANNA | {"id_number": "X", "phone": "13900000001"}, ANNA | {"name": "沈玉勉", "phone": "13900000001"}]
    assert [certain for *_, certain in judge(*rows)] in ([], [False])


def test_a_number_that_fits_two_documented_persons_is_certain_for_neither(judge: Judge) -> None:
    rows = [ANNA | {"id_number": "X", "phone": "13900000001"}, ANNA | {"id_number": "Y", "phone": "13900000001", "name": "沈育琴"},
            ANNA | {"name": "沈玉勤", "phone": "13900000001"}]  # fmt: skip
    assert not any(certain for *_, certain in judge(*rows))


def test_a_telephone_of_many_proves_nothing(judge: Judge) -> None:
    rows = [{"name": name, "birth_date": f"1940-0{n + 1}-11", "phone": "88880000"} for n, name in enumerate(("郑安", "何平", "施顺", "尤泰"))]
    assert judge(*rows) == []


def test_spouses_with_one_telephone_are_two_persons(judge: Judge) -> None:
    assert judge(ANNA | {"phone": "13900000001"}, ANNA | {"name": "郑大", "sex": "男", "birth_date": "1947-01-02", "phone": "13900000001"}) == []


def test_several_without_id_number_are_not_one_person(judge: Judge) -> None:
    rows = [{"name": name, "birth_date": f"1940-0{n + 1}-11"} for n, name in enumerate(("郑安", "何平", "施顺"))]
    assert judge(*rows) == []


def test_three_numbers_of_one_person_point_to_the_newest(judge: Judge) -> None:
    rows = [ANNA | {"id_number": "X", "updated_at": f"202{n}-01-01 00:00:00"} for n in (3, 5, 4)]
    assert [(p, e) for p, e, *_ in judge(*rows)] == [("E2", "E1"), ("E2", "E3")]


def test_an_id_number_that_a_hundred_numbers_share_does_not_take_for_ever(judge: Judge) -> None:
    rows = [ANNA | {"id_number": "X", "name": f"沈玉{n}"} for n in range(100)]
    found = judge(*rows)
    assert {p for p, *_ in found} == {"E1"}
    assert len(found) == 99


def test_of_the_steps_only_those_are_taken_again_that_a_change_concerns() -> None:
    world = register(ANNA | {"id_number": "X"}, ANNA | {"birth_date": "1931-06-20", "community_code": COMMUNITIES[1]})
    con, steps = world.con, [m for m in marts() if m.name in LINKING]
    con.execute("drop table state.delivery")
    load.prepare(con, [])
    for schema, table in (("checked", "registry_elder"), ("marts", "area"), ("marts", "month")):
        con.execute(f"create schema if not exists {schema}")
        con.execute(f"create table {schema}.{table} as from main.{table}")
    con.execute("set search_path = 'marts,checked,main'")

    def taken() -> set[str]:
        heard: list[str] = []
        build.build(con, steps, heard.append, Freshness(con))
        for mart in steps:
            con.execute(f"create or replace temp table afresh as {mart.sql}")
            both = [con.execute(f"select count(*), sum(hash(t)) from {where} as t").fetchall() for where in (f"marts.{mart.name}", "temp.afresh")]
            assert both[0] == both[1], mart.name
        return {text.split()[1] for text in heard}

    compared = "select place from link_candidate where elder_id = 'E1' and other_id = 'E2'"
    assert taken() == {m.name for m in steps}
    assert con.execute(compared).fetchall() == []
    con.execute("update registry_elder set community_code = ? where elder_id = 'E2'", [COMMUNITIES[0]])  # namesakes in one community
    again = taken()
    assert {"elder_identity", "link_chance", "link_candidate", "elder_link"} <= again
    assert not {"name_spelt", "common_number", "trait_chance", "link_pair"} & again
    assert con.execute(compared).fetchall() == [("same",)]
    con.execute("update registry_elder set phone = '13700000009' where elder_id in ('E1', 'E2', 'Z7')")  # with Z9 four: it proves nothing
    assert {"common_number", "elder_identity", "link_pair"} <= taken()
    assert con.execute("select count(phone) from elder_identity where elder_id in ('E1', 'E2', 'Z7', 'Z9')").fetchall() == [(0,)]
