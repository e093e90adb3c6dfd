"""Whatever people try at whatever time: no decision without ground, notice served, term, review and a second person; the steps give the state."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from dashboard.cases import grounds, machine
from dashboard.cases.calendar import calendar
from dashboard.cases.course import Act, Done, File
from dashboard.cases.evidence import canonical
from dashboard.cases.procedure import procedures
from etl.paths import DEFAULT_REGION
from tests.cases.conftest import PEOPLE, RIGHTS

RULES = procedures(DEFAULT_REGION / "policies", RIGHTS)["exit"]
VERSION = RULES.versions[0]
DAYS = calendar()
NAMES = ("陈晓", "林敏", "周局长", "王芳", "郑伟", "何敏")
USUAL = ("open", "order_rectification", "reinspect", "summon", "interview", "propose", "notify", "close_defence", "request_hearing",
         "notify_hearing", "hold_hearing", "review", "decide", "plan_resettlement", "serve")  # fmt: skip
FIGURES = {
    shown: canonical({"exit_reason": [{"rule": rule, "sentence": rule} for rule in rules]})
    for shown, rules in {"nothing": ["case_opened", "interviewed"], "bad": ["two_one_star_months"], "grave": ["demerits_12"]}.items()
}
INVESTIGATE = ("open", "order_rectification", "reinspect", "interview", "propose")


class Walk(RuleBasedStateMachine):
    """People, moments, documents and entries at random; a step is taken where the rules do not refuse it."""

    def __init__(self) -> None:
        super().__init__()
        self.now = datetime(2026, 3, 2, 9, 0)
        self.figures, self.frozen = "bad", list[str]()
        self.file = File(RULES.title, VERSION, "养老机构")

    @rule(figures=st.sampled_from(sorted(FIGURES)))
    def figures_change(self, figures: str) -> None:
        self.figures = figures

    @rule(hours=st.sampled_from([1, 5, 24, 24 * 5, 24 * 12, 24 * 31]))
    def time_passes(self, hours: int) -> None:
        self.now += timedelta(hours=hours)

    def attempt(self, step: str, who: str, fields: dict[str, str], papers: frozenset[str], people: tuple[str, ...]) -> bool:
        act = Act(step, fields, papers, people)
        known = {"elders_planned", *grounds.shown(VERSION, FIGURES[self.figures])}
        if self.file.done:
            known |= grounds.arisen(VERSION, self.file.done[0].fields, FIGURES[self.frozen[0]], self.file.done)
        self.file = replace(self.file, facts=frozenset(known))
        if machine.refusals(self.file, PEOPLE[who], act, self.now, DAYS):
            return False
        declared = VERSION.step(step)
        assert declared is not None
        here = self.file.done[-1].state if self.file.done else ""
        state, _ = machine.target(declared, fields, here)
        done = Done(step, self.now, who, PEOPLE[who].name, state, dict(fields), papers, people)
        self.file = replace(self.file, done=(*self.file.done, done))
        self.frozen.append(self.figures)
        return True

    @rule(data=st.data(), who=st.sampled_from(sorted(PEOPLE)), careful=st.booleans())
    def somebody_tries(self, data: Any, who: str, careful: bool) -> None:
        here = self.file.done[-1].state if self.file.done else ""
        likely = [s.step for s in VERSION.steps if (here in s.from_ if here else not s.from_)]
        usual = [s for s in likely if s in USUAL]
        step = data.draw(st.sampled_from(usual if careful and usual else [s.step for s in VERSION.steps]))
        declared = VERSION.step(step)
        assert declared is not None
        fields = {}
        for entry in declared.fields:
            if entry.kind == "choice":
                fields[entry.field] = data.draw(st.sampled_from([*entry.choices, *([""] * len(entry.choices) if entry.optional else [])]))
            elif entry.apart:
                fields[entry.field] = data.draw(st.sampled_from(NAMES))
            elif entry.kind == "date":
                fields[entry.field] = (self.now.date() + timedelta(days=data.draw(st.sampled_from([-9, 0, 1, 3, 14])))).isoformat()
            else:
                fields[entry.field] = "1" if entry.kind == "integer" else "文"
        papers = [n.document for n in declared.documents]
        held = frozenset(papers if careful or data.draw(st.booleans()) else papers[1:])
        people = tuple(data.draw(st.lists(st.sampled_from(NAMES), min_size=3 if careful else 0, max_size=4, unique=careful)))
        if careful and declared.people and declared.people.named:
            people = (self.file.written(declared.people.named.field),)
        self.attempt(step, who, fields, held, people)

    @invariant()
    def the_steps_give_the_state(self) -> None:
        assert machine.replay(self.file) == (self.file.done[-1].state if self.file.done else None)

    @invariant()
    def times_never_run_back(self) -> None:
        assert all(a.at <= b.at for a, b in zip(self.file.done, self.file.done[1:], strict=False))

    @invariant()
    def a_decision_rests_on_due_process(self) -> None:
        at = next((n for n, d in enumerate(self.file.done) if d.step == "decide"), None)
        if at is None:
            assert not {d.state for d in self.file.done} & {"decided", "resettling", "settling", "cleared", "closed"}
            return
        decision, before = self.file.done[at], self.file.done[:at]
        last = {d.step: d for d in before}
        assert "case_decide" in PEOPLE[decision.by].rights
        proposers = {d.by for d in before if d.step == "propose"}
        assert decision.by not in proposers and last["notify"].by not in proposers and last["review"].by not in proposers
        assert not {PEOPLE[p].name for p in proposers} & set(last["review"].people) and len(set(last["review"].people)) >= 3
        notice, defence = last["notify"], last.get("hold_hearing") or last["close_defence"]
        if "hold_hearing" in last:
            announced = last["notify_hearing"]
            held, told = date.fromisoformat(announced.fields["held_on"]), self.served(announced, before)
            assert worked(told, datetime.combine(held, datetime.min.time())) > 0 and worked(told, defence.at) > 7 and defence.at.date() >= held
            inquired = {name for d in before if d.step in INVESTIGATE for name in (d.by_name, *d.people)}
            assert set(defence.people) == {announced.fields["host"]} and not set(defence.people) & inquired
        else:
            assert worked(self.served(notice, before), defence.at) > 5
        if decision.fields["result"] == "退出":
            longer = any(d.step == "approve_extension" and d.at >= last["propose"].at for d in before)
            assert (decision.at - last["propose"].at).days <= 90 + 30 * longer + 12  # the last day may roll over a holiday
        if "interview" in last:
            order, checked = last["order_rectification"], last["reinspect"]
            assert checked.at - self.served(order, before) >= timedelta(hours=24) and checked.fields["result"] == "不合格"
        for done in before:
            declared = VERSION.step(done.step)
            assert declared and {n.document for n in declared.documents if not VERSION.paper(n.document).made} <= done.documents


    @invariant()
    def a_case_and_a_proposal_rest_on_a_ground(self) -> None:
        for at, done in enumerate(self.file.done):
            if done.step == "open":
                assert done.fields["ground"] or self.frozen[at] != "nothing"
            if done.step == "propose":
                interviewed = any(d.step == "interview" for d in self.file.done[:at])
                assert self.frozen[at] == "grave" or (interviewed and (self.frozen[at] == "bad" or self.found_failing(at)))

    def found_failing(self, until: int) -> bool:
        last = [d for d in self.file.done[:until] if d.step == "reinspect"]
        return bool(last) and last[-1].fields["result"] == "不合格"

    @invariant()
    def nobody_is_restored_on_a_proposal_of_an_earlier_stage(self) -> None:
        for at, done in enumerate(self.file.done):
            if done.step in ("restore", "revoke"):
                here = self.file.done[at - 1].state
                since = next((n for n in range(at - 1, 0, -1) if self.file.done[n - 1].state != here), 0)
                assert any(d.step == "propose_restore" and d.state == here for d in self.file.done[since:at])

    @staticmethod
    def served(notice: Done, done: tuple[Done, ...]) -> datetime:
        """The start of the day on which a paper was served by what was recorded next; there is always such a record."""
        after = done[done.index(notice) + 1 :]
        return datetime.combine(date.fromisoformat(next(d for d in after if d.step == "serve").fields["served_on"]), datetime.min.time())


def worked(start: datetime, end: datetime) -> int:
    """Working days after the day of ``start`` up to that of ``end``, counted one by one."""
    days = (start.date() + timedelta(days=k) for k in range(1, (end.date() - start.date()).days + 1))
    return sum(DAYS.works(day) for day in days)


TestWalks = Walk.TestCase
TestWalks.settings = settings(max_examples=40, stateful_step_count=60, deadline=None)


def test_a_careful_walk_does_reach_a_decision() -> None:
    """The invariants above are about something: with the right people at the right times the decision is reached."""
    walk = Walk()
    served: dict[str, str] = {"way": "直接送达"}
    way: list[tuple[str, str, int, dict[str, str], tuple[str, ...]]] = [
        ("open", "chen", 0, {"reason": "文", "ground": ""}, ()),
        ("order_rectification", "chen", 0, {"hazard": "3日整改", "problems": "文", "demands": "文"}, ()), ("serve", "chen", 0, served, ()),
        ("reinspect", "lin", 5, {"result": "不合格", "found": "文"}, ("王芳", "郑伟")),
        ("summon", "chen", 0, {"held_on": "2026-03-10", "place": "文", "reason": "文"}, ()), ("serve", "chen", 0, served, ()),
        ("interview", "chen", 3, {"said": "文"}, ("王芳", "郑伟")), ("propose", "chen", 0, {"facts": "文", "grounds": "文"}, ()),
        ("notify", "lin", 0, {}, ()), ("serve", "chen", 0, served, ()), ("close_defence", "chen", 9, {"opinion": "文"}, ()),
        ("review", "lin", 0, {"result": "同意退出", "opinion": "文"}, ("王芳", "郑伟", "何敏")), ("decide", "zhou", 0, {"result": "退出", "reason": "文"}, ()),
    ]  # fmt: skip
    for step, who, days, fields, people in way:
        walk.now += timedelta(days=days)
        declared = VERSION.step(step)
        assert declared is not None
        if step == "serve":
            served["served_on"] = f"{walk.now:%Y-%m-%d}"
        assert walk.attempt(step, who, fields, frozenset(n.document for n in declared.documents), people), step
    walk.a_decision_rests_on_due_process()
    walk.a_case_and_a_proposal_rest_on_a_ground()
