"""The policy by which providers' own reports of incidents are held against the records of others (``policies/incident.yaml``)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from etl.policy.check import version_problems
from etl.policy.load import Problem, load
from etl.policy.model import Model, Share, Text, Version, Window
from etl.policy.parts import Kind as ProviderKind

FILE = "incident.yaml"
KINDS = ("跌倒", "压疮", "走失", "噎食", "用药差错", "突发疾病", "其他")
Kind = Literal["跌倒", "压疮", "走失", "噎食", "用药差错", "突发疾病", "其他"]
Days = Annotated[int, Field(ge=0, le=60)]


class Known(Model):
    """A record of others that counts: in what source, with what words.

    ``fits``: kinds of self-report that agree with it (empty: all); the report may be of up to ``before`` days earlier, ``after`` days later.
    """

    source: Literal["医疗", "呼叫", "设备", "投诉"]
    says: Text
    fits: list[Kind] = Field(default_factory=list)
    before: Days
    after: Days
    basis: Text


class Verdict(Model):
    """A provider is to be looked at when, of at least ``at_least`` incidents known of ``months`` months, ``missing`` were not reported
    and the share reported is below ``below``; with fewer known nothing is said."""

    months: Window
    at_least: Annotated[int, Field(ge=3)]
    missing: Annotated[int, Field(ge=1)]
    below: Share
    basis: Text


class Monthly(Model):
    """Providers of these kinds report every month, if only that nothing happened, by ``due_day`` of the next month."""

    kinds: Annotated[list[ProviderKind], Field(min_length=1)]
    due_day: Annotated[int, Field(ge=1, le=28)]
    basis: Text


class IncidentVersion(Version):
    known: Annotated[list[Known], Field(min_length=1)]
    verdict: Verdict
    monthly: Monthly | None = None


class IncidentPolicy(Model):
    """The whole file; the versions by date."""

    title: Text
    versions: Annotated[list[IncidentVersion], Field(min_length=1)]


def check(policy: IncidentPolicy) -> Iterator[Problem]:
    """What one field alone cannot show: versions in order, every record named once."""
    yield from version_problems(list(policy.versions))
    for v, version in enumerate(policy.versions):
        said = [(k.source, k.says) for k in version.known]
        for i, pair in enumerate(said):
            if said.index(pair) != i:
                yield Problem(("versions", v, "known", i, "says"), f"“{pair[0]}·{pair[1]}”写了两次，请保留一处")


def read(folder: Path) -> IncidentPolicy | None:
    """The policy of a region's ``policies`` folder; None where there is none. Raises `PolicyError` with the lines that are wrong."""
    path = folder / FILE
    return load(path, IncidentPolicy, check) if path.exists() else None


COLUMNS = (
    "version varchar, valid_from varchar, valid_to varchar, source varchar, says varchar, kind varchar, before integer, after integer,"
    " months integer, at_least integer, missing integer, below double"
)


def rows(policy: IncidentPolicy | None) -> list[tuple[object, ...]]:
    """The policy as rows of the table ``incident_rule``: one per version, record and kind that fits; ``valid_to`` null: in force."""
    found: list[tuple[object, ...]] = []
    versions = policy.versions if policy else []
    for i, version in enumerate(versions):
        until = versions[i + 1].valid_from if i + 1 < len(versions) else None
        v = version.verdict
        for k in version.known:
            for kind in k.fits or KINDS:
                found.append((version.version, version.valid_from, until, k.source, k.says, kind, k.before, k.after, v.months, v.at_least, v.missing, v.below))
    return found


DUTY_COLUMNS = "valid_from varchar, valid_to varchar, kind varchar, due_day integer"


def duties(policy: IncidentPolicy | None) -> list[tuple[object, ...]]:
    """Rows of the table ``incident_duty``: one per version and kind of provider that reports every month."""
    versions = policy.versions if policy else []
    until = [*(v.valid_from for v in versions[1:]), None]
    return [
        (v.valid_from, to, kind, v.monthly.due_day) for v, to in zip(versions, until, strict=bool(versions)) if v.monthly for kind in v.monthly.kinds
    ]
