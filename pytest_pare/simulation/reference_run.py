"""A reference run in the world as written: its configuration, and the calls of its agent."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from pytest_pare.agents.calibration import RecordedCall, ReferenceCall
from pytest_pare.scenarios.engine_config import LLMEngineConfig
from pytest_pare.scenarios.noise_config import NoiseConfig

if TYPE_CHECKING:
    from pytest_pare.scenarios.config import ScenarioRunnerConfig
    from pytest_pare.simulation.trace import Trace

_ANSWERS = ("accept_proposal", "reject_proposal")
# What the oracle engine does to let time pass.
_IDLE = ("wait", "end_task", "wait_for_notification")


class Solution(NamedTuple):
    """A reference run.

    Attributes:
        success: Whether it succeeded.
        is_silent: Whether its agent neither proposes nor writes.
        calls: The calls of the agent, in order.
    """

    success: bool
    is_silent: bool
    calls: tuple[RecordedCall, ...]


def reference_config(config: ScenarioRunnerConfig) -> ScenarioRunnerConfig:
    """Return the configuration of a reference run with the limits of `config`, and without noise and variation."""
    oracle = LLMEngineConfig(model_name="oracle", provider="oracle")
    reference = {
        **{f"{role}_engine_config": oracle for role in ("user", "observe", "execute")},
        "agent_type": "observe-execute",
        "agent": None,
        "agent_engine_config": None,
        "oracle": False,
        "variation": False,
        "export": False,
        "simulated_generation_time_mode": "fixed",
        "tool_augmentation_config": None,
        "env_events_config": None,
        "noise": NoiseConfig(),
    }
    return config.model_copy(update=reference)


def is_silent(trace: Trace) -> bool:
    """Return whether the agent of a run has neither proposed nor tried to write."""
    return not trace.proposals() and not trace.actions("AGENT", operation="write")


def calls_of(trace: Trace) -> tuple[RecordedCall, ...]:
    """Return the calls of the agent in a run, in order."""
    calls, after = [], trace.start_time
    for event in trace.events:
        if event.kind in ("ENV", "USER"):
            if event.function not in _ANSWERS:
                after = trace.start_time + event.time
        elif event.kind == "AGENT" and event.app is not None and event.function not in (None, *_IDLE):
            call = ReferenceCall(event.app, event.function, event.args)
            calls.append(RecordedCall(trace.start_time + event.time, after, event.mode == "execute", call))
    return tuple(calls)
