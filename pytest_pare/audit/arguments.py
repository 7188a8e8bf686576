"""Mutants of arguments: one argument of one write, or of a message, is wrong."""

from __future__ import annotations

import inspect
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from pytest_pare.audit.case import Group, mutant
from pytest_pare.audit.other_values import as_datetime, wrong_values
from pytest_pare.base.serialization import to_short_text
from pytest_pare.scenarios.argument_tests import accepts

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from are.simulation.types import AbstractEvent

    from pytest_pare.audit.case import Case
    from pytest_pare.audit.other_values import Wrong
    from pytest_pare.audit.reference import Reference
    from pytest_pare.audit.script import Script
    from pytest_pare.audit.steps import Step


def argument_mutants(reference: Reference) -> Iterator[Case]:
    """Yield the mutants of the arguments of writes, proposals and reports."""
    for step in (*reference.proposals, *reference.writes, *reference.reports):
        if step in reference.rejected:
            continue
        apps, args = reference.apps_for(step), reference.args(step)
        defaults = _defaults(reference, step)
        yield from _moved(step, args)
        for name, value in args.items():
            if _is_unset(name, value, defaults, args):
                continue
            for wrong in wrong_values(name, value, apps):
                if wrong.value != value:
                    # A report need not be made, so that its text is free as well.
                    is_free = wrong.is_free_text or step in reference.reports
                    counts = not is_free or _is_refused(wrong.value, reference.test_of(step, name))
                    yield _mutant(step, name, value, wrong, counts=counts)


def _moved(step: Step, args: Mapping[str, object]) -> Iterator[Case]:
    """Yield a mutant with all times of a call a day later, as an entry on the wrong day."""
    times = {name: found for name, value in args.items() if isinstance(value, str) and (found := as_datetime(value))}
    if len(times) > 1:
        moved = {name: (time + timedelta(days=1)).strftime(form) for name, (time, form) in times.items()}
        changes = ", ".join(f"{name}={value!r} instead of {args[name]!r}" for name, value in moved.items())
        yield mutant(
            Group.ARGUMENT,
            f"{step.label}.all-times.day-later",
            f"{step}: {changes}",
            partial(_set, step=step, args=moved),
        )


def _set(script: Script, step: Step, args: Mapping[str, object]) -> list[AbstractEvent]:
    return [script.set_args(step, args)]


def _is_refused(value: object, test: object) -> bool:
    """Tell whether the validator declares a test of an argument that refuses a value."""
    return test is not None and not accepts(test, value)


def _is_unset(name: str, value: object, defaults: Mapping[str, object], args: Mapping[str, object]) -> bool:
    """Tell whether an argument has the value that it has by itself, so that the scenario says nothing about it."""
    if name.startswith("repetition") and args.get("repetition_unit") is None:
        return True
    # A quantity of 1 is what the user wants, even if it is the default.
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return not is_number and name in defaults and defaults[name] == value


def _defaults(reference: Reference, step: Step) -> dict[str, object]:
    app = next(app for app in reference.scenario.apps or [] if app.name == step.app)
    parameters = inspect.signature(getattr(app, step.tool)).parameters
    return {name: one.default for name, one in parameters.items() if one.default is not one.empty}


def _mutant(step: Step, name: str, value: object, wrong: Wrong, *, counts: bool) -> Case:
    return mutant(
        Group.ARGUMENT if counts else Group.FREE_TEXT,
        f"{step.label}.{name}.{wrong.name}",
        f"{step}: {name}={to_short_text(repr(wrong.value))} instead of {to_short_text(repr(value))}",
        partial(_set, step=step, args={name: wrong.value}),
    )
