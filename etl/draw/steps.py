"""The steps of a draw: commit, fix the seed, draw; and the verification that repeats them all from the file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone

from etl.draw.choose import choose, key_of
from etl.draw.paper import DrawError, DrawList, Paper, moment

RANDOM = "随机"
CHINA = timezone(timedelta(hours=8))  # the day of an event is a day in China, wherever the file is verified


@dataclass(frozen=True, slots=True)
class Drawn:
    """A provider to be visited: ``by`` is its stratum, or 随机."""

    provider: str
    by: str
    inspectors: tuple[str, ...]


def problems(entries: DrawList) -> list[str]:
    """Why this list cannot be drawn from, a Chinese sentence each; empty where it can."""
    return list(_problems(entries))


def _problems(entries: DrawList) -> Iterator[str]:
    for kind, ids in (("单位", [p.id for p in entries.providers]), ("检查人员", [i.id for i in entries.inspectors]),
                      ("分层", [s.name for s in entries.strata])):  # fmt: skip
        yield from (f"{kind} {name} 在名单中出现 {n} 次。" for name, n in Counter(ids).items() if n > 1)
    if any(c in field for line in _fields(entries) for field in line for c in "\t\r\n"):
        yield "名单中有字段含制表符或换行。"
    if entries.team < 2:
        yield "每次检查至少抽取两名检查人员。"
    names = {s.name for s in entries.strata}
    sizes = Counter(p.stratum for p in entries.providers)
    yield from (f"单位 {p.id} 的分层“{p.stratum}”没有登记。" for p in entries.providers if p.stratum not in names)
    yield from (f"单位 {p.id} 的权重应不小于 1。" for p in entries.providers if p.weight < 1)
    for s in entries.strata:
        if s.take > sizes[s.name] or (s.whole and s.take != sizes[s.name]):
            yield f"分层“{s.name}”有 {sizes[s.name]} 家单位，抽取数写作 {s.take} 家。"
        if s.name == RANDOM:
            yield f"分层不能命名为“{RANDOM}”。"
    drawn = sum(s.take for s in entries.strata)
    if not drawn + entries.random:
        yield "名单中没有要抽取的单位。"
    left = len(entries.providers) - drawn
    if entries.random > left:
        yield f"分层抽取后还剩 {left} 家单位，不够随机抽取 {entries.random} 家。"
    known = {i.id for i in entries.inspectors}
    barred: dict[str, set[str]] = {p.id: set() for p in entries.providers}
    for c in entries.conflicts:
        if c.provider not in barred or c.inspector not in known:
            yield f"回避关系 {c.provider}—{c.inspector} 中的单位或人员不在名单中。"
        else:
            barred[c.provider].add(c.inspector)
    for p in entries.providers:
        if len(known) - len(barred[p.id]) < entries.team:
            yield f"{p.name}（{p.id}）回避后只剩 {len(known) - len(barred[p.id])} 名检查人员，不足 {entries.team} 名，请增补人员。"


def _fields(entries: DrawList) -> Iterator[tuple[str, ...]]:
    yield entries.plan, entries.month, entries.region, entries.policy, entries.seed_source
    yield from ((s.name,) for s in entries.strata)
    yield from ((p.id, p.name) for p in entries.providers)
    yield from ((i.id, i.name) for i in entries.inspectors)


def commit(entries: DrawList, at: datetime) -> Paper:
    """The list with its hash, before the seed exists. DrawError where it cannot be drawn from or the seed's day is not later."""
    found = problems(entries)
    if not entries.seed_source.strip():
        found.append("没有写明以哪一项公开结果作种子。")
    elif entries.seed_on <= at.astimezone(CHINA).date():
        found.append(f"种子的公布日（{entries.seed_on}）应晚于承诺日（{at.astimezone(CHINA).date()}）。")
    if found:
        raise DrawError("\n".join(found))
    return Paper(list=entries, sha256=entries.sha256(), committed_at=at.astimezone(CHINA).isoformat(timespec="seconds"))


def fix_seed(paper: Paper, numbers: tuple[tuple[int, ...], ...], evidence: str, published_at: datetime) -> Paper:
    """The paper with its seed. DrawError where the list changed since, the seed is not younger, is another day's, or was fixed before."""
    seeded = replace(
        paper, numbers=tuple(tuple(sorted(source)) for source in numbers), seed_evidence=evidence.strip(),
        published_at=published_at.astimezone(CHINA).isoformat(timespec="seconds"),
    )  # fmt: skip
    found = [*_committed(paper), *_seeded(seeded)]
    if paper.numbers:
        found.insert(0, "种子已经确定，不能再改。")
    if found:
        raise DrawError("\n".join(found))
    return seeded


def _committed(paper: Paper) -> Iterator[str]:
    if not paper.sha256:
        yield "名单尚未承诺（没有摘要）。"
        return
    moment(paper.committed_at)
    computed = paper.list.sha256()
    if computed != paper.sha256:
        yield f"名单与承诺的摘要不符：承诺 {paper.sha256}，按名单算得 {computed}。"


def _seeded(paper: Paper) -> Iterator[str]:
    if not any(paper.numbers):
        yield "没有种子号码。"
        return
    if not paper.seed_evidence:
        yield "没有写明种子出自何处（期号、公告或网址）。"
    published, committed = moment(paper.published_at), moment(paper.committed_at)
    if published <= committed:
        yield f"种子公布于 {paper.published_at}，不晚于承诺时间 {paper.committed_at}：名单可能是按已知的种子排的。"
    if published.astimezone(CHINA).date() != paper.list.seed_on:
        yield f"承诺以 {paper.list.seed_on} 的{paper.list.seed_source}作种子，所填公布日期是 {published.astimezone(CHINA).date()}。"


def _key(paper: Paper, stage: str) -> str:
    """RFC 3797's key string, then the commitment and the stage: another list or stage gives other numbers from the same seed."""
    return f"{key_of(paper.numbers)}{paper.sha256}/{stage}/"


def compute(paper: Paper) -> list[Drawn]:
    """The draw that list and seed give, by provider id; nothing else goes into it."""
    entries = paper.list
    left = sorted(entries.providers, key=lambda p: p.id)
    by: dict[str, str] = {}
    for stratum in entries.strata:
        members = [p for p in left if p.stratum == stratum.name]
        if stratum.whole:
            taken = list(range(len(members)))
        else:
            taken = choose(_key(paper, f"stratum:{stratum.name}"), [p.weight for p in members], stratum.take)
        by |= {members[position].id: stratum.name for position in taken}
        left = [p for p in left if p.id not in by]
    by |= {left[position].id: RANDOM for position in choose(_key(paper, "random"), [1] * len(left), entries.random)}
    return _teams(paper, by)


def _teams(paper: Paper, by: dict[str, str]) -> list[Drawn]:
    """Inspectors for every provider drawn, by provider id: one at a time among those without conflict who have the fewest visits so far."""
    inspectors = sorted(i.id for i in paper.list.inspectors)
    barred: dict[str, set[str]] = {}
    for c in paper.list.conflicts:
        barred.setdefault(c.provider, set()).add(c.inspector)
    visits = dict.fromkeys(inspectors, 0)
    drawn = []
    for provider in sorted(by):
        team: list[str] = []
        for seat in range(paper.list.team):
            free = [i for i in inspectors if i not in team and i not in barred.get(provider, ())]
            fewest = min(visits[i] for i in free)
            ready = [i for i in free if visits[i] == fewest]
            team.append(ready[choose(_key(paper, f"team:{provider}:{seat}"), [1] * len(ready), 1)[0]])
        for name in team:
            visits[name] += 1
        drawn.append(Drawn(provider, by[provider], tuple(sorted(team))))
    return drawn


def draw(paper: Paper) -> Paper:
    """The paper with its result. DrawError where commitment or seed do not stand."""
    found = [*problems(paper.list), *_committed(paper)]
    found += [] if found else list(_seeded(paper))
    if found:
        raise DrawError("\n".join(found))
    return replace(paper, result=tuple((d.provider, d.by, d.inspectors) for d in compute(paper)))


def verify(paper: Paper) -> list[str]:
    """What does not agree, a Chinese sentence each; empty where list, commitment, seed and result fit together."""
    found = [*problems(paper.list), *_committed(paper)]
    if paper.sha256:
        found += _seeded(paper)
    if found:
        return found
    if not paper.result:
        return ["文件中没有抽取结果。"]
    names = {p.id: p.name for p in paper.list.providers}
    expected = {d.provider: d for d in compute(paper)}
    said: dict[str, tuple[str, tuple[str, ...]]] = {}
    for provider, by, who in paper.result:
        if provider in said:
            found.append(f"{names.get(provider, provider)}（{provider}）在结果中出现两次。")
        said[provider] = (by, who)
    for provider in sorted(expected.keys() - said.keys()):
        found.append(f"按名单与种子应抽中 {names[provider]}（{provider}），结果中没有。")
    for provider in sorted(said.keys() - expected.keys()):
        found.append(f"结果中有 {names.get(provider, provider)}（{provider}），按名单与种子不应抽中。")
    for provider in sorted(said.keys() & expected.keys()):
        by, who = said[provider]
        right = expected[provider]
        if by != right.by:
            found.append(f"{names[provider]}（{provider}）应由“{right.by}”抽中，结果写作“{by}”。")
        if tuple(sorted(who)) != right.inspectors:
            found.append(
                f"{names[provider]}（{provider}）的检查人员应为 {'、'.join(right.inspectors)}，结果写作 {'、'.join(who)}。"
            )
    return found
