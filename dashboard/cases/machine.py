"""The state machine of a case, without clock, files or database: what may happen next, and why something may not.

A case is nothing but the steps taken (``File``); everything else follows from them and from the version of the procedure that it was opened
under.  A refusal is a Chinese sentence with the clause that it rests on.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

from dashboard.cases.calendar import Calendar, End
from dashboard.cases.course import Act, Actor, Done, File, Refusal
from dashboard.cases.entries import problem
from dashboard.cases.model import SAME, Clock, Need, Span, Step

_NAMES = re.compile(r"[、，,；;\n]+")


@dataclass(frozen=True, slots=True)
class Offer:
    """A step of the present state as one actor sees it now. ``needs`` are the documents to attach; ``opens``/``closes`` its times."""

    step: Step
    refusals: tuple[Refusal, ...]
    needs: tuple[Need, ...]
    opens: End | None = None
    closes: End | None = None

    @property
    def possible(self) -> bool:
        return not self.refusals


@dataclass(frozen=True, slots=True)
class Running:
    """A clock of the present state with its end."""

    clock: Clock
    end: End

    def overdue(self, now: datetime) -> bool:
        """Whether somebody is late; the provider's own term only ends."""
        return now > self.end.at and not self.clock.party


def target(step: Step, fields: Mapping[str, str], here: str) -> tuple[str, str | None]:
    """(state, measure) that a step leads to from ``here``; KeyError for a choice without outcome."""
    to, measure = step.to, step.measure
    if step.by:
        outcome = step.outcomes[fields[step.by]]
        to, measure = outcome.to, outcome.measure
    return (here if to == SAME else str(to)), measure


def replay(file: File) -> str | None:
    """The state that the steps lead to when taken one after another; ValueError where one could not follow, or is filed with another state."""
    here: str | None = None
    for done in file.done:
        step = file.version.step(done.step)
        if step is None or (here not in step.from_ if here else bool(step.from_)):
            raise ValueError(f"{done.step} cannot follow {here}")
        here = target(step, done.fields, here or "")[0]
        if here != done.state:
            raise ValueError(f"{done.step} leads to {here}, filed as {done.state}")
    return here


def served_at(file: File, taken: int) -> datetime | None:
    """From when the terms of a paper run: the moment it was served, if the ``taken``-th step's was; of a day alone that is over, its end.

    Cases from before service was a step of its own have the proof among the documents of the very step.
    """
    proofs = [{n.document for n in s.documents} for s in file.version.steps if s.serves]
    if any(proof and proof <= file.done[taken].documents for proof in proofs):
        return file.done[taken].at
    for later in file.done[taken + 1 :]:
        step = file.version.step(later.step)
        if step and step.serves:
            day = date.fromisoformat(later.fields[step.serves])
            return later.at if day == later.at.date() else datetime.combine(day, time(23, 59, 59))
        if step and step.served:
            return None  # the newer paper took its place
    return None


def unserved(file: File) -> Done | None:
    """The step whose paper still has to be served; none once the case has ended by something else."""
    for at in range(len(file.done) - 1, -1, -1):
        done = file.done[at]
        step = file.version.step(done.step)
        if step and step.served:
            ended = file.state is not None and file.state.ends and done.state != file.state.state
            return None if ended or served_at(file, at) else done
    return None


def _begun(span: Span, file: File) -> int | None:
    steps = {span.after, *span.again}
    return next((at for at in range(len(file.done) - 1, -1, -1) if file.done[at].step in steps), None)


def start_of(span: Span, file: File) -> datetime | None:
    """When a span begins in this case; None where it has not, or what begins it is not yet served."""
    at = _begun(span, file)
    if at is None:
        return None
    return served_at(file, at) if span.served else file.done[at].at


def end_of(span: Span, file: File, calendar: Calendar) -> End | None:
    """When a span ends in this case; None where it has not begun or does not hold for this kind of provider."""
    at, start = _begun(span, file), start_of(span, file)
    if at is None or start is None or (span.kinds and file.kind not in span.kinds):
        return None
    begun = file.done[at]
    if span.until:
        day = date.fromisoformat(begun.fields[span.until])
        return End(datetime.combine(day, time(23, 59, 59)))
    term = span.term or span.terms[begun.fields[span.field or ""]]
    if span.extended and any(d.step == span.extended.step for d in file.done[at + 1 :]):
        term = term.model_copy(update={"days": term.days + span.extended.days})
    return calendar.end(start, term)


def opens(span: Span, file: File, calendar: Calendar) -> End | None:
    """The last moment at which a step that waits for the span is still too early; the day written for it is itself possible."""
    end = end_of(span, file, calendar)
    if end is not None and span.until:
        return End(datetime.combine(end.at.date(), time.min), end.missing)
    return end


def clocks(file: File, calendar: Calendar) -> list[Running]:
    """The clocks of the present state, the earliest end first, the provider's own terms after the others."""
    state, waiting = file.state, unserved(file)
    shown = [c for c in (state.clocks if state else ()) if not c.unserved or (waiting and waiting.step == c.after)]
    found = [Running(c, end) for c in shown if (end := end_of(c, file, calendar)) is not None]
    return sorted(found, key=lambda r: (r.clock.party, r.end.at))


def needed(step: Step, file: File, fields: Mapping[str, str]) -> list[Need]:
    """The documents that a step asks for in this case."""
    found = []
    for need in step.documents:
        if need.kinds and (file.kind or fields.get("kind", "")) not in need.kinds:
            continue
        if need.field:
            said = fields.get(need.field) or file.written(need.field)
            number = int(said) if said.isdigit() else 0
            if number <= need.over or (need.up_to is not None and number > need.up_to):
                continue
        found.append(need)
    return found


def offers(file: File, actor: Actor, now: datetime, calendar: Calendar) -> list[Offer]:
    """Every step of the present state, possible or not, in the order of the procedure."""
    here = file.state.state if file.state else None
    found = []
    for step in file.version.steps:
        if step.serves and unserved(file) is None:
            continue
        if (here in step.from_) if here else not step.from_:
            waits = [e for s in step.waits if (e := opens(s, file, calendar)) is not None]
            until = end_of(step.until, file, calendar) if step.until else None
            refusals = tuple(_before(step, file, actor, now, calendar))
            needs = tuple(n for n in needed(step, file, {}) if not (n.on_file and n.document in file.on_file))
            found.append(Offer(step, refusals, needs, max(waits, default=None), until))
    return found


def refusals(file: File, actor: Actor, act: Act, now: datetime, calendar: Calendar) -> list[Refusal]:
    """Every reason against a step; none means that it may be taken."""
    step = file.version.step(act.step)
    if step is None:
        return [Refusal("step", f"《{file.title}》没有这个步骤")]
    here = file.state.state if file.state else None
    if (here not in step.from_) if here else bool(step.from_):
        places = "、".join(f"“{file.version.state(s).name}”" for s in step.from_) or "立案前"
        at = f"“{file.state.name}”" if file.state else "尚未立案"
        return [Refusal("order", f"{step.name}须在{places}阶段办理，本案现为{at}（{_clause(file, step.clause)}）")]
    found = list(_before(step, file, actor, now, calendar, act))
    found += _entries(step, file, act, now, calendar)
    found += _papers(step, file, act)
    found += _people(step, file, act)
    return found


def _moved(file: File) -> int:
    """The step, counted from 0, that brought the case where it stands."""
    states = [d.state for d in file.done]
    return next((n for n in range(len(states) - 1, 0, -1) if states[n] != states[n - 1]), 0)


def _state_name(file: File) -> str:
    return file.state.name if file.state else ""


def _clause(file: File, clause: str) -> str:
    return f"《{file.title}》{clause}"


def _day(at: datetime) -> str:
    return f"{at.year}年{at.month}月{at.day}日"


def _moment(end: End) -> str:
    at = end.at
    text = _day(at)
    return text if at.time() in (time(23, 59, 59), time.min) else f"{text}{at.hour}时{at.minute:02d}分"


def _before(step: Step, file: File, actor: Actor, now: datetime, calendar: Calendar, act: Act | None = None) -> Iterator[Refusal]:
    """What can be said against a step before its form is filled in."""
    if not actor.rights & set(step.right):
        yield Refusal("right", f"您的账号没有办理“{step.name}”的权限（{_clause(file, step.clause)}）")
    for apart in step.apart:
        for name in apart.steps:
            own = file.version.step(name)
            if own and any(d.step == name and d.by == actor.username for d in file.done):
                yield Refusal("apart", f"“{own.name}”由您办理，不得再由您办理“{step.name}”（{_clause(file, apart.clause)}）")
    for before in step.needs:
        lacking = file.version.step(before.step)
        at = next((n for n in range(len(file.done) - 1, -1, -1) if file.done[n].step == before.step), None)
        if lacking and at is None:
            yield Refusal("kept", f"须先办理“{lacking.name}”（{_clause(file, before.clause)}）")
        elif lacking and at is not None and before.fresh and at <= _moved(file):
            said = f"“{lacking.name}”在案件进入“{_state_name(file)}”以前办理，不再有效，须重新办理（{_clause(file, before.clause)}）"
            yield Refusal("kept", said)
        elif lacking and at is not None and before.served and served_at(file, at) is None:
            yield Refusal("kept", f"须先登记“{lacking.name}”文书的送达（{_clause(file, before.clause)}）")
    if step.serves and unserved(file) is None:
        yield Refusal("kept", f"没有待送达的文书（{_clause(file, step.clause)}）")
    for fact in step.facts:
        stands = (fact.unless and file.last(fact.unless)) or (fact.entry and (act is None or act.fields.get(fact.entry, "").strip()))
        if fact.fact not in file.facts and not stands:
            yield Refusal("fact", f"{fact.because}（{_clause(file, fact.clause)}）")
    for wait in step.waits:
        if wait.served and _begun(wait, file) is not None and start_of(wait, file) is None and not (wait.kinds and file.kind not in wait.kinds):
            yield Refusal("kept", f"须先登记文书送达，期限自送达起算：{wait.because}（{_clause(file, wait.clause)}）")
        end = opens(wait, file, calendar)
        if end is None:
            continue
        if end.missing:
            yield Refusal("calendar", _no_holidays(end.missing))
        elif now < end.at or (now == end.at and not wait.until):
            said = f"{_moment(end)}起" if wait.until or end.at.time() != time(23, 59, 59) else f"{_moment(end)}届满后"
            yield Refusal("early", f"“{step.name}”须在{said}办理：{wait.because}（{_clause(file, wait.clause)}）")
    if step.until and not (step.until.choices and (act is None or act.fields.get(step.by or "", "") not in step.until.choices)):
        yield from _late(step, step.until, file, now, calendar, act)


def _late(step: Step, until: Span, file: File, now: datetime, calendar: Calendar, act: Act | None) -> Iterator[Refusal]:
    end = end_of(until, file, calendar)
    if end is None:
        return
    if step.dated and act is None:
        return  # the day that counts is not yet written
    day = now.date()
    if step.dated and act is not None:
        try:
            day = date.fromisoformat(act.fields.get(step.dated, ""))
        except ValueError:
            return  # told among the entries
    begun = start_of(until, file)
    if begun is not None and day < begun.date():
        yield Refusal("early", f"“{step.name}”的日期不得早于{_day(begun)}（{_clause(file, until.clause)}）")
    if end.missing and day > end.at.date():
        yield Refusal("calendar", _no_holidays(end.missing))
    elif day > end.at.date() or (not step.dated and now > end.at):
        yield Refusal("late", f"“{step.name}”的期限已于{_moment(end)}届满：{until.because}（{_clause(file, until.clause)}）")


def _no_holidays(year: int) -> str:
    return f"{year} 年的节假日安排尚未录入，无法计算工作日期限。请管理员在 data/calendar/holidays.yaml 中补录"


def _entries(step: Step, file: File, act: Act, now: datetime, calendar: Calendar) -> Iterator[Refusal]:
    for entry in step.fields:
        text = act.fields.get(entry.field, "").strip()
        if not text:
            if not entry.optional:
                yield Refusal("entry", f"请填写“{entry.name}”（{_clause(file, step.clause)}）")
            continue
        said = problem(entry, text)
        if said:
            yield Refusal("entry", said)
            continue
        if entry.past and date.fromisoformat(text) > now.date():
            yield Refusal("entry", f"“{entry.name}”不得晚于今天")
        paper = unserved(file) if entry.field == step.serves else None
        if paper and date.fromisoformat(text) < paper.at.date():
            yield Refusal("early", f"“{entry.name}”不得早于文书制发之日（{_day(paper.at)}；{_clause(file, step.clause)}）")
        if entry.apart:
            yield from _kept_apart(file, entry.apart, plain_names(_NAMES.split(text)), f"不得担任{entry.name}", step.clause)
        if entry.ahead:
            end = calendar.end(now, entry.ahead)
            if end.missing:
                yield Refusal("calendar", _no_holidays(end.missing))
            elif date.fromisoformat(text) <= end.at.date():
                said = f"“{entry.name}”须在{_moment(end)}以后（提前{entry.ahead.text}通知；{_clause(file, step.clause)}）"
                yield Refusal("early", said)


def _papers(step: Step, file: File, act: Act) -> Iterator[Refusal]:
    for need in needed(step, file, act.fields):
        paper = file.version.paper(need.document)
        held = act.documents | (file.on_file if need.on_file else frozenset())
        if not paper.made and need.document not in held:
            yield Refusal("document", f"“{step.name}”须附{paper.name}（{_clause(file, step.clause)}）")


def _people(step: Step, file: File, act: Act) -> Iterator[Refusal]:
    asked = step.people
    if asked is None:
        return
    names = plain_names(act.people)
    if len(names) < asked.least:
        yield Refusal("people", f"{asked.name}至少{asked.least}人，现写{len(names)}人（{_clause(file, asked.clause)}）")
    if asked.named:
        before = file.last(asked.named.step)
        announced = before.fields.get(asked.named.field, "") if before else ""
        if announced and plain_names(_NAMES.split(announced)) != names:
            yield Refusal("people", f"{asked.name}须为通知书写明的{announced}（{_clause(file, asked.clause)}）")
    yield from _kept_apart(file, asked.apart, names, f"不得参加“{step.name}”", asked.clause)


def _kept_apart(
    file: File, steps: Sequence[str], names: frozenset[str], barred: str, clause: str
) -> Iterator[Refusal]:
    """Against whoever is named and took, or took part in, one of these steps; of each step once."""
    for name in steps:
        own = file.version.step(name)
        for done in file.done:
            if own is None or done.step != name:
                continue
            involved = [n for n in (done.by_name, *done.people) if plain_names([n]) & names]
            if done.by.casefold() in names or involved:
                who = (involved or [done.by_name])[0]
                yield Refusal("people", f"“{own.name}”由{who}办理或者参加，{who}{barred}（{_clause(file, clause)}）")
                break


def plain_names(names: Sequence[str]) -> frozenset[str]:
    """Names as they are compared: without blanks and in one case, each once."""
    return frozenset(n for n in (re.sub(r"\s+", "", name).casefold() for name in names) if n)
