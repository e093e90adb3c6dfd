"""What a procedure file may say: states, steps, who may take them, with which documents and terms. docs/policies.md explains the keys."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from etl.policy.model import Kind, Model, Month, Text

Code = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=32)]
Count = Annotated[int, Field(ge=0, le=3660)]
SAME = "same"
"""A step that leaves the case where it is."""


class Term(Model):
    """A length of time: one of ``hours``, calendar ``days``, ``working_days``. ``rolls``: a last day off moves to the next working day."""

    hours: Count = 0
    days: Count = 0
    working_days: Count = 0
    rolls: bool = False

    @model_validator(mode="after")
    def _one(self) -> Term:
        if sum(bool(n) for n in (self.hours, self.days, self.working_days)) != 1:
            raise ValueError("期限须且只能写 hours（小时）、days（日）、working_days（工作日）之一，且大于 0")
        if self.rolls and not self.days:
            raise ValueError("rolls（遇休假日顺延）只用于按日计算的期限")
        return self

    @property
    def text(self) -> str:
        """``24小时``, ``30日``, ``5个工作日``."""
        return f"{self.hours}小时" if self.hours else f"{self.days}日" if self.days else f"{self.working_days}个工作日"


class Extension(Model):
    """The step whose approval makes a term of ``days`` longer, once."""

    step: Code
    days: Annotated[int, Field(ge=1, le=366)]


class Span(Model):
    """A term that begins with a step taken: ``term``, or ``terms`` by what was chosen there in ``field``.

    With ``until`` it is no length of time but the day that was written there in that field. ``kinds`` limits it to kinds of provider,
    ``choices`` to what is chosen in the step that keeps the term. ``again``: a later one of these steps begins it anew. ``served``: it begins
    when the paper of the step ``after`` was served on the provider, not when it was made.
    """

    after: Code
    again: tuple[Code, ...] = ()
    served: bool = False
    extended: Extension | None = None
    choices: tuple[Text, ...] = ()
    term: Term | None = None
    field: Code | None = None
    terms: dict[str, Term] = Field(default_factory=dict)
    until: Code | None = None
    kinds: list[Kind] | None = None
    clause: Text
    because: Text

    @model_validator(mode="after")
    def _one(self) -> Span:
        if sum((self.term is not None, bool(self.terms), self.until is not None)) != 1:
            raise ValueError("须且只能写 term（期限）、terms（按选项的期限）、until（日期栏）之一")
        if bool(self.terms) != (self.field is not None):
            raise ValueError("terms（按选项的期限）须与 field（选项栏）一起写")
        if self.extended and not (self.term and self.term.days):
            raise ValueError("extended（延期）只用于按日计算的 term")
        return self


class Clock(Span):
    """How long a case should stay in a state; afterwards it is overdue and listed, not refused.

    ``party``: the term is the provider's own, for what it may do; it ends, and nobody is late. ``unserved``: it runs while the paper of
    ``after`` is not served.
    """

    clock: Text
    party: bool = False
    unserved: bool = False


class State(Model):
    """Where a case stands. ``ends``: nothing follows. ``publish``: the kind of document that is made public while the case stands here."""

    state: Code
    name: Text
    tone: Literal["plain", "good", "warn", "bad", "none"]
    shape: Annotated[str, Field(min_length=1, max_length=1)]
    ends: bool = False
    publish: Code | None = None
    clocks: tuple[Clock, ...] = ()


class Paper(Model):
    """A kind of document. ``made``: written by the system, numbered ``<mark>〔year〕n号``; else a file that is handed in.

    ``persons``: it may name elders, so that it leaves for a stated purpose only. What is handed in always may.
    """

    document: Code
    name: Text
    made: bool = False
    mark: Text | None = None
    persons: bool = True

    @model_validator(mode="after")
    def _numbered(self) -> Paper:
        if self.made != (self.mark is not None):
            raise ValueError("系统制作的文书（made: true）须写 mark（发文代字），其他材料不写")
        if not self.made and not self.persons:
            raise ValueError("提交的材料可能载有个人信息，不能写 persons: false")
        return self


class Need(Model):
    """A document that a step needs, where the provider is of these ``kinds`` and the number in ``field`` lies over ``over`` up to ``up_to``.

    ``on_file``: handed in with any earlier step will do.
    """

    document: Code
    kinds: list[Kind] | None = None
    field: Code | None = None
    over: Annotated[int, Field(ge=0)] = 0
    up_to: Annotated[int, Field(ge=1)] | None = None
    on_file: bool = False


class Entry(Model):
    """A blank of the step's form. ``ahead``: the day must lie after the end of this term; ``past``: it must not lie in the future.

    ``apart``: it names persons, none of whom took or took part in one of these steps.
    """

    field: Code
    name: Text
    kind: Literal["text", "choice", "date", "integer", "money", "credit_code", "community", "provider_kind"] = "text"
    choices: tuple[Text, ...] = ()
    optional: bool = False
    ahead: Term | None = None
    past: bool = False
    apart: tuple[Code, ...] = ()
    help: str = ""

    @model_validator(mode="after")
    def _fits(self) -> Entry:
        if (self.kind == "choice") != bool(self.choices):
            raise ValueError("选项栏（kind: choice）须写 choices，其他栏不写")
        if (self.ahead or self.past) and self.kind != "date":
            raise ValueError("ahead、past 只用于日期栏（kind: date）")
        if self.apart and self.kind != "text":
            raise ValueError("apart（回避）只用于填写姓名的文字栏")
        return self


class Named(Model):
    """The field of an earlier step in which persons were named."""

    step: Code
    field: Code


class People(Model):
    """Who took part, by name: at least ``least`` different persons, none of whom took or took part in one of the steps ``apart``.

    ``named``: they are those whom an earlier step announced.
    """

    name: Text
    least: Annotated[int, Field(ge=1, le=20)]
    apart: tuple[Code, ...] = ()
    named: Named | None = None
    clause: Text


class Apart(Model):
    """Whoever took one of these steps must not take this one."""

    steps: Annotated[list[Code], Field(min_length=1)]
    clause: Text


class Fact(Model):
    """Something about the case that must be true; the sentence says what is lacking.

    ``criterion``: the figures frozen with the step hold a reason of one of the ``grounds``; ``direct``: of one that leads to a proposal at once;
    ``grounds``: of one, or the case was opened on one and a ground arose in it since. ``entry``: what is written in this blank will do instead;
    ``unless``: not asked where this step was taken.
    """

    fact: Literal["elders_planned", "elders_settled", "criterion", "direct", "grounds"]
    entry: Code | None = None
    unless: Code | None = None
    clause: Text
    because: Text


class Ground(Model):
    """On what a case may rest: a ``criterion`` of the policy that the figures meet, or what came out of a ``step`` of the case (``choice``).

    ``direct``: the criterion is grave enough for a proposal without an order to rectify before it. Criteria that only repeat decisions taken
    in the case itself are no grounds.
    """

    criterion: Code | None = None
    direct: bool = False
    step: Code | None = None
    choice: Text | None = None
    name: Text

    @model_validator(mode="after")
    def _one(self) -> Ground:
        if (self.criterion is None) == (self.step is None) or (self.step is None) != (self.choice is None):
            raise ValueError("须写 criterion（准则），或者同时写 step（步骤）和 choice（结论）")
        if self.direct and self.step:
            raise ValueError("direct（可直接提出拟退出）只用于准则")
        return self


class Before(Model):
    """A step that must have been taken before this one. ``fresh``: since the case last moved; ``served``: and its paper been served."""

    step: Code
    fresh: bool = False
    served: bool = False
    clause: Text


class Tracked(Model):
    """For how many months a restored provider is followed."""

    months: Annotated[int, Field(ge=1, le=120)]
    clause: Text


class Outcome(Model):
    to: Code
    measure: Text | None = None


class Step(Model):
    """Something that is done in a case. ``from`` empty: it opens the case.

    ``right``: any of these entitles. ``to`` or, by what is chosen in ``by``, ``outcomes``. ``measure`` is how the decision appears in the
    records of supervision. ``dated``: the day written in this field counts for ``until`` instead of today (a party's act, on the day received).
    ``served``: its paper is to be served on the provider; ``serves``: it records that, with the day in this field.
    ``safeguard`` names the guarantee of due process that the step is; the file is refused where a decision could be reached without it.
    """

    step: Code
    name: Text
    from_: Annotated[list[Code], Field(alias="from")]
    to: Code | None = None
    by: Code | None = None
    outcomes: dict[str, Outcome] = Field(default_factory=dict)
    measure: Text | None = None
    right: Annotated[list[Code], Field(min_length=1)]
    clause: Text
    documents: tuple[Need, ...] = ()
    fields: tuple[Entry, ...] = ()
    waits: tuple[Span, ...] = ()
    until: Span | None = None
    dated: Code | None = None
    needs: tuple[Before, ...] = ()
    facts: tuple[Fact, ...] = ()
    apart: tuple[Apart, ...] = ()
    people: People | None = None
    evidence: bool = False
    served: bool = False
    serves: Code | None = None
    safeguard: Literal["notice", "defence", "review", "decision"] | None = None

    @model_validator(mode="after")
    def _leads(self) -> Step:
        if (self.to is None) == (not self.outcomes) or bool(self.outcomes) != (self.by is not None):
            raise ValueError("须写 to（去向），或者同时写 by（选项栏）和 outcomes（各选项的去向）")
        return self

    @property
    def about_elders(self) -> Fact | None:
        """What the step asks of the list of elders; None where it asks nothing of it."""
        return next((f for f in self.facts if f.fact in ("elders_planned", "elders_settled")), None)

    @property
    def targets(self) -> list[str]:
        """Every state that the step may lead to; ``same`` among them."""
        return [self.to] if self.to else [o.to for o in self.outcomes.values()]


class ProcedureVersion(Model):
    """One version: it holds for cases opened from ``valid_from`` on, to their end."""

    version: Text
    valid_from: Month
    basis: Text
    mark: Text
    grounds: tuple[Ground, ...] = ()
    tracked: Tracked | None = None
    documents: tuple[Paper, ...] = ()
    states: Annotated[list[State], Field(min_length=2)]
    steps: Annotated[list[Step], Field(min_length=2)]

    def state(self, code: str) -> State:
        """A state by its code; KeyError for one that is not declared."""
        return {s.state: s for s in self.states}[code]

    def step(self, code: str) -> Step | None:
        """A step by its code; None for one that is not declared."""
        return next((s for s in self.steps if s.step == code), None)

    def paper(self, code: str) -> Paper:
        """A kind of document by its code; KeyError for one that is not declared."""
        return {d.document: d for d in self.documents}[code]


class Procedure(Model):
    """A procedure file. ``subject``: cases are about a provider on the register, or about an applicant who is not yet on it."""

    title: Text
    short: Text
    subject: Literal["provider", "applicant"]
    versions: Annotated[list[ProcedureVersion], Field(min_length=1)]

    def version_at(self, month: str) -> ProcedureVersion | None:
        """The version in force in a month; None before the first."""
        return next((v for v in reversed(self.versions) if v.valid_from <= month), None)

    def version(self, name: str) -> ProcedureVersion:
        """A version by name; KeyError for one that is not in the file any more."""
        return {v.version: v for v in self.versions}[name]
