"""The file of a draw: what it holds, its canonical text whose SHA-256 is the commitment, reading and writing it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

FORMAT = "yiguan-draw/1"
LARGEST = 2 << 20


class DrawError(Exception):
    """A draw file cannot be used, or a step is not allowed; the text says what and what to do, in Chinese."""


@dataclass(frozen=True, slots=True)
class Stratum:
    """``take`` providers of this stratum are drawn; ``whole``: all of them are visited, nothing is drawn (应查必查)."""

    name: str
    take: int
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Listed:
    """A provider on the list; ``weight`` its chance within the stratum, a whole number from 1."""

    id: str
    name: str
    stratum: str
    weight: int


@dataclass(frozen=True, slots=True)
class Inspector:
    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Conflict:
    """This inspector does not visit this provider. Why is kept inside; the public file says only that it is so."""

    provider: str
    inspector: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawList:
    """What is committed to. ``random``: drawn after the strata from all that remain, with equal chances.

    ``seed_source``: the public event whose result will be the seed, and ``seed_on`` the day on which it happens.
    """

    plan: str
    month: str
    region: str
    policy: str
    team: int
    random: int
    seed_source: str
    seed_on: date
    strata: tuple[Stratum, ...]
    providers: tuple[Listed, ...]
    inspectors: tuple[Inspector, ...]
    conflicts: tuple[Conflict, ...]

    def text(self) -> str:
        """The canonical text: one line an entry, fields apart by tabs, entries of a kind by id; LF at every line's end."""
        lines = [
            (FORMAT,),
            ("plan", self.plan, self.month, self.region, self.policy),
            ("seed", self.seed_source, self.seed_on.isoformat()),
            ("team", self.team),
            ("random", self.random),
            *(("stratum", s.name, s.take, "all" if s.whole else "draw") for s in self.strata),
            *(("provider", p.id, p.name, p.stratum, p.weight) for p in sorted(self.providers, key=lambda p: p.id)),
            *(("inspector", i.id, i.name) for i in sorted(self.inspectors, key=lambda i: i.id)),
            *(("conflict", c.provider, c.inspector) for c in sorted(self.conflicts, key=lambda c: (c.provider, c.inspector))),
        ]
        return "".join("\t".join(str(field) for field in line) + "\n" for line in lines)

    def sha256(self) -> str:
        """The commitment."""
        return hashlib.sha256(self.text().encode("utf-8")).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """The file: the list, and as far as it has come the commitment, the seed and the result."""

    list: DrawList
    sha256: str = ""
    committed_at: str = ""
    numbers: tuple[tuple[int, ...], ...] = ()
    seed_evidence: str = ""
    published_at: str = ""
    result: tuple[tuple[str, str, tuple[str, ...]], ...] = ()
    """(provider, how it came to be drawn, inspectors) by provider id."""


def moment(text: str) -> datetime:
    """A moment with its offset from UTC, as ``2026-11-20T09:30:00+08:00``; DrawError otherwise."""
    try:
        value = datetime.fromisoformat(text)
    except ValueError:
        raise DrawError(f"时间“{text}”写法不对，应如 2026-11-20T09:30:00+08:00。") from None
    if value.tzinfo is None:
        raise DrawError(f"时间“{text}”没有写明时区，应如 2026-11-20T09:30:00+08:00。")
    return value


def write(paper: Paper) -> str:
    """The file's content: JSON, the same bytes for the same paper."""
    entries = asdict(paper.list)
    entries["seed_on"] = paper.list.seed_on.isoformat()
    document: dict[str, Any] = {"format": FORMAT, "list": entries}
    if paper.sha256:
        document["commitment"] = {"sha256": paper.sha256, "at": paper.committed_at}
    if paper.numbers:
        document["seed"] = {
            "numbers": [list(source) for source in paper.numbers], "evidence": paper.seed_evidence, "published_at": paper.published_at,
        }  # fmt: skip
    if paper.result:
        document["result"] = [{"provider": p, "by": by, "inspectors": list(who)} for p, by, who in paper.result]
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def read(text: str) -> Paper:
    """The paper that a file's content says; DrawError with the place where it says something else."""
    if len(text) > LARGEST:
        raise DrawError("文件过大，不是抽查抽取文件。")
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        raise DrawError("文件不是完整的 JSON，可能下载不全，请重新下载。") from None
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise DrawError(f"不是本系统的抽取文件（开头应有 format: {FORMAT}）。")
    try:
        return _paper(document)
    except _WrongError as problem:
        raise DrawError(f"抽取文件写法不对：{problem}。") from None
    except KeyError as problem:
        raise DrawError(f"抽取文件缺少“{problem.args[0]}”。") from None
    except (AttributeError, TypeError, ValueError):
        raise DrawError("抽取文件中名单、承诺、种子或结果有一栏不是应有的写法。") from None


def _paper(document: dict[str, Any]) -> Paper:
    said, commitment, seed = document["list"], document.get("commitment") or {}, document.get("seed") or {}
    entries = DrawList(
        plan=_text(said["plan"]), month=_text(said["month"]), region=_text(said["region"]), policy=_text(said["policy"]),
        team=_whole(said["team"]), random=_whole(said["random"]), seed_source=_text(said["seed_source"]),
        seed_on=date.fromisoformat(said["seed_on"]),
        strata=tuple(Stratum(_text(s["name"]), _whole(s["take"]), bool(s["whole"])) for s in said["strata"]),
        providers=tuple(
            Listed(_text(p["id"]), _text(p["name"]), _text(p["stratum"]), _whole(p["weight"])) for p in said["providers"]
        ),
        inspectors=tuple(Inspector(_text(i["id"]), _text(i["name"])) for i in said["inspectors"]),
        conflicts=tuple(Conflict(_text(c["provider"]), _text(c["inspector"])) for c in said["conflicts"]),
    )  # fmt: skip
    return Paper(
        list=entries, sha256=str(commitment.get("sha256", "")), committed_at=str(commitment.get("at", "")),
        numbers=tuple(tuple(_whole(n) for n in source) for source in seed.get("numbers", [])),
        seed_evidence=str(seed.get("evidence", "")), published_at=str(seed.get("published_at", "")),
        result=tuple(
            (_text(r["provider"]), _text(r["by"]), tuple(_text(i) for i in r["inspectors"])) for r in document.get("result", [])
        ),
    )  # fmt: skip


class _WrongError(Exception):
    """A value of the wrong kind, in Chinese."""


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise _WrongError(f"“{value}”应为文字")
    return value


def _whole(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise _WrongError(f"“{value}”应为不小于 0 的整数")
    return value
