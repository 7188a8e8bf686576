"""Alternatives: changes of a reference run that keep it right, so that a validator must accept them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from are.simulation.apps.agent_user_interface import AgentUserInterface
from are.simulation.apps.system import SystemApp

from pytest_pare.audit.calls import fail
from pytest_pare.audit.case import alternative
from pytest_pare.audit.notations import notations
from pytest_pare.audit.other_tools import same_effects
from pytest_pare.audit.other_values import FREE_TEXT
from pytest_pare.audit.rewording import rewordings
from pytest_pare.audit.steps import ACCEPT, PROPOSE
from pytest_pare.base.serialization import to_short_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from are.simulation.types import AbstractEvent

    from pytest_pare.audit.case import Case
    from pytest_pare.audit.other_tools import SameEffect
    from pytest_pare.audit.reference import Reference
    from pytest_pare.audit.script import Script
    from pytest_pare.audit.steps import Step

DONE = "That is done."


def alternatives(reference: Reference) -> Iterator[Case]:
    """Yield the alternatives of a reference run."""
    for write in reference.writes:
        yield from _other_notations(reference, write)
        yield from _other_tools(reference, write)
        if (write.app, write.tool) not in reference.failed:
            yield alternative(
                "retry",
                write.label,
                f"{write} fails at the first attempt, and the agent repeats it",
                partial(_retry, write=write),
            )
    for step in (*reference.proposals, *reference.writes, *reference.reports):
        yield from _other_words(reference, step)
    yield from _extra_reads(reference)
    if reference.writes and reference.answers and not reference.reports:
        channel = reference.answers[-1].app
        yield alternative("report", "", f"the agent reports in the end: {DONE!r}", partial(_report, channel=channel))


def _other_notations(reference: Reference, write: Step) -> Iterator[Case]:
    for name, value in reference.args(write).items():
        for form, other in notations(name, value):
            yield alternative(
                "notation",
                f"{write.label}.{name}.{form}",
                _change(write, name, other, value),
                partial(_set, step=write, args={name: other}),
            )


def _other_tools(reference: Reference, write: Step) -> Iterator[Case]:
    for other in same_effects(reference, write):
        args = ", ".join(f"{name}={to_short_text(repr(value))}" for name, value in other.args.items())
        yield alternative(
            "tool",
            f"{write.label}.{other.tool}",
            f"{write.app}.{other.tool}({args}) instead of {write.tool}",
            partial(_call_other, write=write, other=other),
        )


def _other_words(reference: Reference, step: Step) -> Iterator[Case]:
    for name, value in reference.args(step).items():
        if name not in FREE_TEXT or not isinstance(value, str) or not value.strip():
            continue
        for way, text in rewordings(value, reference.test_of(step, name)):
            if text != value:
                yield alternative(
                    "text",
                    f"{step.label}.{name}.{way}",
                    _change(step, name, text, value),
                    partial(_set, step=step, args={name: text}),
                )


def _extra_reads(reference: Reference) -> Iterator[Case]:
    reads = _reads(reference)
    if not reads:
        return
    names = ", ".join(f"{app}.{tool}" for app, tool in reads)
    if reference.proposals:
        yield alternative(
            "reads",
            "before-proposal",
            f"the agent reads more before it proposes: {names}",
            partial(_read, reads=reads, before=reference.proposals[0]),
        )
    when = "after-answer" if reference.answers and reference.answers[-1].tool == ACCEPT else "in-the-end"
    first = next((w for w in reference.writes if when == "after-answer" and _is_last_execution(reference, w)), None)
    yield alternative(
        "reads",
        when,
        f"the agent reads more {'before it writes' if first is not None else 'in the end'}: {names}",
        partial(_read, reads=reads, before=first),
    )


def _is_last_execution(reference: Reference, write: Step) -> bool:
    return reference.steps.index(write) > reference.steps.index(reference.answers[-1])


def _reads(reference: Reference) -> list[tuple[str, str]]:
    """Return a tool of each app that reads and needs no argument."""
    found = []
    for app in reference.scenario.apps or []:
        if isinstance(app, AgentUserInterface | SystemApp):
            continue
        tools = [tool for tool in app.get_tools() if not tool.write_operation]
        tool = next((one for one in tools if all(argument.has_default for argument in one.args)), None)
        if tool is not None:
            found.append((app.name, tool.func_name))
    return found


def _change(step: Step, name: str, other: object, value: object) -> str:
    return f"{step}: {name}={to_short_text(repr(other))} instead of {to_short_text(repr(value))}"


# -- how they are made


def _set(script: Script, step: Step, args: Mapping[str, Any]) -> list[AbstractEvent]:
    return [script.set_args(step, args)]


def _call_other(script: Script, write: Step, other: SameEffect) -> list[AbstractEvent]:
    return [script.replace_call(write, script.call(write.app, other.tool, other.args, "other"))]


def _retry(script: Script, write: Step) -> None:
    failing = script.copy(write, "failing")
    script.replace_function(failing, fail)
    script.insert_before(failing, script.event(write))


def _read(script: Script, reads: list[tuple[str, str]], before: Step | None) -> list[AbstractEvent]:
    made: list[AbstractEvent] = [script.call(app, tool, {}, f"read-{tool}") for app, tool in reads]
    for event in made:
        if before is None:
            script.append(event)
        else:
            script.insert_before(event, script.event(before))
    return made


def _report(script: Script, channel: str) -> list[AbstractEvent]:
    report = script.call(channel, PROPOSE, {"content": DONE}, "report")
    script.append(report)
    return [report]
