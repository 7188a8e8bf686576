"""Mutants of the dialogue: steps left out, no consent, work by the user, nothing at all, and spam."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from are.simulation.types import Event, EventType

from pytest_pare.audit.case import Group, mutant
from pytest_pare.audit.steps import ACCEPT, PROPOSE, REJECT, Role

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from are.simulation.types import AbstractEvent

    from pytest_pare.audit.case import Case
    from pytest_pare.audit.reference import Reference
    from pytest_pare.audit.script import Script
    from pytest_pare.audit.steps import Step

SPAM = "Shall I take care of everything that has come up, and do whatever you like?"
"""The proposal of an agent that has understood nothing."""


def dialogue_mutants(reference: Reference) -> Iterator[Case]:
    """Yield the mutants of the dialogue of a reference run."""
    yield from _omissions(reference)
    if reference.writes:
        yield from _accepted_scenario(reference)
    yield from _other_answers(reference)
    yield from _spam(reference)


def _omissions(reference: Reference) -> Iterator[Case]:
    # A report may be left out, unless the validator asks for one.
    asked = [step for step in reference.reports if reference.test_of(step, "content") is not None]
    for step in (*reference.proposals, *reference.writes, *asked):
        if step in reference.rejected:
            continue
        yield mutant(Group.OMISSION, step.label, f"{step} is left out", partial(_leave_out, steps=[step]))
    reads = reference.of(Role.READ)
    for step in reads:
        yield mutant(Group.READ, step.label, f"{step} is left out", partial(_leave_out, steps=[step]))
    agents = [step for step in reference.steps if step.role is not Role.USER]
    if reference.proposals or reference.writes:
        yield mutant(
            Group.NOTHING, "", "the agent does nothing, and is asked nothing", partial(_leave_out, steps=agents)
        )
        kept = [step for step in agents if step.role is not Role.READ]
        yield mutant(Group.NOTHING, "only-reads", "the agent only reads", partial(_leave_out, steps=kept))


def _accepted_scenario(reference: Reference) -> Iterator[Case]:
    answers, writes = reference.answers, reference.writes
    for write in writes:
        label = write.label
        if reference.proposals:
            proposal = reference.proposals[0]
            yield mutant(
                Group.CONSENT,
                f"before-proposal:{label}",
                f"{write} happens before {proposal}",
                partial(_move_before, write=write, other=proposal),
            )
        if answers and (before := _answer_before(reference, write)) is not None:
            yield mutant(
                Group.CONSENT,
                f"before-answer:{label}",
                f"{write} happens before the user's {before.tool}",
                partial(_move_before, write=write, other=before),
            )
        yield mutant(
            Group.USERS_WORK,
            label,
            f"the user calls {write}, not the agent",
            partial(_make_users, writes=[write]),
        )
    if len(writes) > 1:
        yield mutant(
            Group.USERS_WORK,
            "all",
            "the user makes every write, not the agent",
            partial(_make_users, writes=writes),
        )
    if answers and answers[-1].tool == ACCEPT:
        yield mutant(
            Group.CONSENT,
            "asks-afterwards",
            "the agent makes every write, and then proposes and is accepted",
            partial(_ask_afterwards, reference=reference),
        )
    for number, answer in enumerate(answers):
        if answer.tool == REJECT and answer is not answers[-1]:
            later = [step for step in _after(reference, answer) if step.role in (Role.ANSWER, Role.MESSAGE)]
            later = [step for step in later if step not in reference.reports]
            yield mutant(
                Group.CONSENT,
                f"after-rejection-{number + 1}" if len(answers) > 2 else "after-rejection",
                f"after {answer} the agent asks no more and makes every write",
                partial(_leave_out, steps=later),
            )


def _other_answers(reference: Reference) -> Iterator[Case]:
    answers = reference.answers
    for number, answer in enumerate(answers):
        # After an earlier rejection, an acceptance would change what the rest of the dialogue must be.
        if answer.tool == REJECT and answer is not answers[-1]:
            continue
        suffix = f"-{number + 1}" if len(answers) > 1 else ""
        opposite, name = (REJECT, "rejected") if answer.tool == ACCEPT else (ACCEPT, "accepted")
        on = ", and the agent goes on" if answer.tool == ACCEPT and reference.writes else ""
        yield mutant(
            Group.CONSENT,
            f"{name}{suffix}",
            f"the user calls {opposite} instead of {answer.tool}{on}",
            partial(_answer, answer=answer, tool=opposite),
        )
        yield mutant(
            Group.CONSENT,
            f"silence{suffix}",
            f"the user does not answer ({answer.tool} is left out){on}",
            partial(_leave_out, steps=[answer]),
        )


def _spam(reference: Reference) -> Iterator[Case]:
    channel = next((app.name for app in reference.scenario.apps or [] if hasattr(app, PROPOSE)), None)
    if channel is None:
        return
    proposals, answers = reference.proposals, reference.answers
    if not proposals:
        yield mutant(
            Group.SPAM,
            "",
            f"the agent proposes at each trigger: {SPAM!r}",
            partial(_propose_at_triggers, channel=channel),
        )
        yield mutant(
            Group.SPAM,
            "in-the-end",
            f"the agent proposes in the end: {SPAM!r}",
            partial(_propose_in_the_end, channel=channel),
        )
    elif answers:
        yield mutant(
            Group.SPAM,
            "",
            f"the agent proposes only {SPAM!r}, at each trigger, and the user answers that",
            partial(_blanket, reference=reference, channel=channel),
        )


# -- how they are made


def _leave_out(script: Script, steps: Iterable[Step]) -> None:
    for step in steps:
        script.leave_out(script.event(step))


def _make_users(script: Script, writes: Iterable[Step]) -> None:
    for write in writes:
        script.make_users(write)


def _move_before(script: Script, write: Step, other: Step) -> list[AbstractEvent]:
    moved = script.event(write)
    script.leave_out(moved)
    script.insert_before(moved, script.event(other))
    return [moved]


def _ask_afterwards(script: Script, reference: Reference) -> None:
    asked = [step for step in reference.steps if step in reference.proposals or step.role is Role.ANSWER]
    events = [script.event(step) for step in asked]
    delays = [event.event_relative_time or 0 for event in events]
    for event in events:
        script.leave_out(event)
    script.append(events[0])
    for before, event, delay in zip(events, events[1:], delays[1:], strict=False):
        script.events.append(event)
        event.depends_on([before], delay)


def _answer(script: Script, answer: Step, tool: str) -> None:
    script.replace_call(answer, script.call(answer.app, tool, {}, tool))


def _triggers(script: Script) -> list[AbstractEvent]:
    return [event for event in script.events if type(event) is Event and event.event_type is EventType.ENV]


def _propose_at_triggers(script: Script, channel: str) -> list[AbstractEvent]:
    made = []
    for number, trigger in enumerate(_triggers(script)):
        made.append(script.call(channel, PROPOSE, {"content": SPAM}, f"spam-{number}"))
        script.insert_after(made[-1], trigger)
    return made


def _propose_in_the_end(script: Script, channel: str) -> None:
    script.append(script.call(channel, PROPOSE, {"content": SPAM}, "spam"))


def _blanket(script: Script, reference: Reference, channel: str) -> None:
    _propose_at_triggers(script, channel)
    for step in reference.proposals:
        script.set_args(step, {"content": SPAM})


def _answer_before(reference: Reference, write: Step) -> Step | None:
    before = [step for step in reference.steps[: reference.steps.index(write)] if step.role is Role.ANSWER]
    return before[-1] if before else None


def _after(reference: Reference, step: Step) -> tuple[Step, ...]:
    return reference.steps[reference.steps.index(step) + 1 :]
