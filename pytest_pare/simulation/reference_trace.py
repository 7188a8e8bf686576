"""The reference steps of a scenario as plain values, for the trace of a run that did not succeed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from are.simulation.types import AbstractEvent

from pytest_pare.base.serialization import to_short_builtins
from pytest_pare.engines.reference import Reference
from pytest_pare.scenarios.errors import ScenarioDefect
from pytest_pare.scenarios.events import is_users_own

if TYPE_CHECKING:
    from pytest_pare.engines.steps import Step
    from pytest_pare.scenarios.scenario import PAREScenario
    from pytest_pare.simulation.environment import StateAwareEnvironmentWrapper


def reference_of(scenario: PAREScenario, env: StateAwareEnvironmentWrapper) -> tuple[dict[str, Any], ...]:
    """Return the reference steps in order, each with `who`, `app`, `function` and `args`; none if they are broken.

    Args:
        scenario: The scenario, initialized.
        env: The environment of the run.
    """
    try:
        with env.off_the_record():
            steps = Reference(scenario.events, env, is_users_own, frozenset(), scenario.scenario_id).steps
    except ScenarioDefect:
        # The run has this defect as its result, or a warning about it.
        return ()
    return tuple(map(_plain, steps))


def _plain(step: Step) -> dict[str, Any]:
    arguments = {name: value for name, value in step.action.action.args.items() if name != "self"}
    return {
        "who": "USER" if step.role == "user" else "AGENT",
        "app": step.app_name,
        "function": step.function,
        "args": {name: to_short_builtins(_with_placeholder(value)) for name, value in arguments.items()},
    }


def _with_placeholder(value: Any) -> Any:
    """Return the placeholder of an event, whose result is the argument; other values stay."""
    return f"{{{{{value.event_id}}}}}" if isinstance(value, AbstractEvent) else value
