"""The course of a case: the steps taken so far, and a step about to be taken; plain values, without any rule."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from dashboard.cases.model import ProcedureVersion, State

Reason = Literal["step", "order", "right", "apart", "kept", "early", "late", "document", "entry", "people", "fact", "calendar"]


@dataclass(frozen=True, slots=True)
class Done:
    """A step taken: ``state`` is where it led, ``documents`` the kinds attached to it, ``people`` who took part."""

    step: str
    at: datetime
    by: str
    by_name: str
    state: str
    fields: Mapping[str, str] = field(default_factory=dict)
    documents: frozenset[str] = frozenset()
    people: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class File:
    """A case: the procedure it follows, the provider's kind, the steps taken, and what is known of its elders."""

    title: str
    version: ProcedureVersion
    kind: str = ""
    done: tuple[Done, ...] = ()
    facts: frozenset[str] = frozenset()

    @property
    def state(self) -> State | None:
        """Where the case stands; None before it is opened."""
        return self.version.state(self.done[-1].state) if self.done else None

    def last(self, step: str) -> Done | None:
        """The latest time that a step was taken."""
        return next((d for d in reversed(self.done) if d.step == step), None)

    def written(self, name: str) -> str:
        """What was last written in a field, in whichever step."""
        return next((d.fields[name] for d in reversed(self.done) if name in d.fields), "")

    @property
    def on_file(self) -> frozenset[str]:
        """The kinds of documents handed in so far."""
        return frozenset[str]().union(*(d.documents for d in self.done)) if self.done else frozenset()


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: account, name, and the rights held."""

    username: str
    name: str
    rights: frozenset[str]


@dataclass(frozen=True, slots=True)
class Act:
    """A step about to be taken, with what its form says."""

    step: str
    fields: Mapping[str, str] = field(default_factory=dict)
    documents: frozenset[str] = frozenset()
    people: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a step is not possible: the sort of rule, and the sentence with its clause."""

    reason: Reason
    sentence: str
