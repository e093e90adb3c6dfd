"""Second registrations: rows delivered twice, persons registered again by another clerk, and others who only look alike."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np

from data.simulator.mess import at_least_one
from data.simulator.people import People
from data.simulator.world import World

Columns = dict[str, np.ndarray]
EPOCH = date(1970, 1, 1)
TABLE = ("registry", "LNR_JBXX")
OLDER = str.maketrans("陈张刘黄杨华国兰凤芳珍马龙东", "陳張劉黃楊華囯蘭鳳芳珎馬龍東")
ALIKE = dict(zip("英明建伟荣芬霞琴玉平军新志美秀宝文", "瑛铭健维容纷遐勤育萍均欣智镁琇保雯", strict=True))
# kind: share of all elders, and what the second registration lacks or changes
KINDS: dict[str, tuple[float, frozenset[str]]] = {
    "same_number": (0.0004, frozenset({"card"})),
    "same_card": (0.0002, frozenset({"other_number"})),
    "phone_only": (0.0006, frozenset({"number", "card"})),
    "home_only": (0.0005, frozenset({"number", "card", "phone"})),
    "birthday_mistyped": (0.0003, frozenset({"number", "card", "birth"})),
    "moved": (0.0001, frozenset({"number", "card", "phone", "home"})),
}


def without_number(world: World, people: People, columns: Columns, rng: np.random.Generator) -> None:
    """Couples share a telephone, a few elders have shown no ID number, and siblings born as twins are registered side by side."""
    quiet = ~people.rejected & (people.served_to < 0) & ~people.elsewhere & (people.gone > world.end)
    by_home = np.argsort(people.community, kind="stable")
    pair = by_home[: len(by_home) // 2 * 2].reshape(-1, 2)
    couple = pair[(rng.random(len(pair)) < 0.15) & (people.female[pair[:, 0]] != people.female[pair[:, 1]])]
    columns["LXDH"][couple[:, 1]] = columns["LXDH"][couple[:, 0]]
    blank = at_least_one(np.flatnonzero((rng.random(people.n) < 0.0005) & quiet), quiet, rng)
    columns["SFZH"][blank] = None
    columns["FWK_NO"][blank] = None
    world.truth.note("id_missing", *TABLE, people.ids[blank], "SFZH", "warned")
    key = (people.birth * 2 + people.female) * 1000 + people.community
    order = np.argsort(key, kind="stable")
    beside = np.flatnonzero((key[order][1:] == key[order][:-1]) & quiet[order][1:] & quiet[order][:-1])
    for at in rng.permutation(beside)[: max(1, round(people.n * 0.0003))]:
        first, second = order[at], order[at + 1]
        name = columns["XM"][first]
        columns["XM"][second] = name[:2] + ("芳" if name[2:] != "芳" else "兰") if people.female[first] else name[:2] + "明"
        columns["LXDH"][second] = columns["LXDH"][first]
        if rng.random() < 0.5:
            columns["SFZH"][second] = columns["FWK_NO"][second] = None
            world.truth.note("id_missing", *TABLE, [people.ids[second]], "SFZH", "warned")
        world.truth.expected.setdefault("siblings", []).append([people.ids[first], people.ids[second]])


def repeat_rows(world: World, people: People, columns: Columns, rng: np.random.Generator) -> Columns:
    """Adds rows delivered twice (older state first) and elders registered a second time, by ``KINDS``; the truth keeps who is who."""
    n, ok = people.n, np.flatnonzero(~people.rejected & (people.gone > world.end) & ~people.elsewhere)
    again = np.sort(rng.choice(ok, max(1, round(n * 0.0006)), replace=False))
    blank = {k for k, v in zip(range(n), columns["SFZH"], strict=True) if v is None}
    siblings = {e for pair in world.truth.expected.get("siblings", []) for e in pair}
    sound = np.array([i for i in np.setdiff1d(ok, again) if i not in blank and people.ids[i] not in siblings])
    sizes = {kind: max(1, round(n * share)) for kind, (share, _) in KINDS.items()}
    chosen = rng.choice(sound, sum(sizes.values()), replace=False)
    kinds = np.repeat(np.array(list(sizes), dtype=object), list(sizes.values()))
    order = np.argsort(chosen, kind="stable")
    twin, kinds = chosen[order], kinds[order]

    repeat = {name: values[again].copy() for name, values in columns.items()}
    repeat["XG_SJ"] = np.array([f"2023-01-0{1 + i % 9} 09:00:00" for i in range(len(again))], dtype=object)
    repeat["LXDH"][:] = None
    second = {name: values[twin].copy() for name, values in columns.items()}
    second["LNR_ID"] = np.array([f"L{v}" for v in np.arange(len(twin)) + 19_000_001], dtype=object)
    for i, kind in enumerate(kinds):
        _change(second, i, int(people.birth[twin[i]]), KINDS[kind][1], rng)
    moved = kinds == "moved"
    second["JZ_SQ"][moved] = rng.choice(world.communities["code"], int(moved.sum()))
    truth = world.truth
    truth.note("delivered_twice", *TABLE, people.ids[again], "", "superseded")
    truth.note("same_elder_twice", *TABLE, second["LNR_ID"], "XM", "warned")
    truth.counts["twins"] = len(twin)
    truth.expected["second_numbers"] = [
        {"elder_id": e, "person_id": p, "kind": k} for e, p, k in zip(second["LNR_ID"], people.ids[twin], kinds, strict=True)
    ]
    return {name: np.concatenate([repeat[name], values, second[name]]) for name, values in columns.items()}


def _change(second: Columns, i: int, birth: int, lacks: frozenset[str], rng: np.random.Generator) -> None:
    """What another clerk wrote for one person."""
    if rng.random() < 0.85:
        second["XM"][i] = _other_spelling(second["XM"][i], rng)
    if "number" in lacks:
        second["SFZH"][i] = None
    if "other_number" in lacks:
        second["SFZH"][i] = _reissued(birth, second["XB"][i] == "2", i)
    if "card" in lacks:
        second["FWK_NO"][i] = None
    if "phone" in lacks:
        second["LXDH"][i] = None
    if "birth" in lacks:
        on = EPOCH + timedelta(days=birth)
        second["CSRQ"][i] = f"{on.year}-{on.month % 12 + 1:02d}-{min(on.day, 28):02d}"


def _reissued(birth: int, female: bool, i: int) -> str:
    """Another valid number for the same birthday and sex, from an area that the register does not use."""
    body = f"330199{EPOCH + timedelta(days=birth):%Y%m%d}{(2 * (i % 400) + (0 if female else 1)) % 1000:03d}"
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return body + "10X98765432"[sum(int(d) * w for d, w in zip(body, weights, strict=True)) % 11]


def _other_spelling(name: str, rng: np.random.Generator) -> str:
    """The same name as another clerk would type it: older forms, a dot of another kind, a character of the same sound, a blank."""
    if "·" in name:
        return name.replace("·", str(rng.choice(["•", "．", "‧", " ", ""])))
    older = name.translate(OLDER)
    sounds = [k for k, c in enumerate(name) if k and c in ALIKE]
    if older != name and rng.random() < 0.6:
        return older
    if sounds and rng.random() < 0.8:
        at = int(rng.choice(sounds))
        return name[:at] + ALIKE[name[at]] + name[at + 1 :]
    return f"{name[0]}{rng.choice([' ', '　'])}{name[1:]}"
