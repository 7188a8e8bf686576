"""Draws the faults of the agent's tool calls, and carries the calls out with them."""

from __future__ import annotations

import json
import math
from copy import deepcopy
from random import Random
from typing import TYPE_CHECKING, Any, Final

from are.simulation.apps.agent_user_interface import AgentUserInterface
from are.simulation.apps.system import SystemApp

from pytest_pare.agents.errors import ToolFailure, ToolTimeout
from pytest_pare.base.extensions import BUILT_IN, named
from pytest_pare.base.serialization import error_text, to_builtins_or_name, to_short_builtins
from pytest_pare.scenarios.errors import ScenarioDefect, ScenarioTimeoutError
from pytest_pare.scenarios.noise_config import failure_probability
from pytest_pare.simulation.errors import ToolFaultError
from pytest_pare.simulation.tool_faults import EarlierResult, FaultyCall

if TYPE_CHECKING:
    from collections.abc import Callable

    from are.simulation.tool_utils import AppTool

    from pytest_pare.agents.tools import Tool
    from pytest_pare.scenarios.noise_config import NoiseConfig
    from pytest_pare.scenarios.scenario import PAREScenario
    from pytest_pare.simulation.tool_faults import ToolFault


_NOTHING: Final = object()


def chance(kind: str, seed: int, scenario: PAREScenario, subject: object) -> Random:
    """Return the random generator of one kind of fault, for one tool or one proposal.

    Each kind has its own generator for each of them. So the rate of one kind never changes which calls another kind
    hits, and a higher rate hits all that a lower one does.
    """
    return Random(f"{kind}/{seed}/{scenario.scenario_id}/{scenario.seed}/{scenario.run_number}/{subject}")  # noqa: S311 - reproducible on purpose


def seed_of(scenario: PAREScenario, fork: int) -> str:
    """Return the seed of a run for an agent that draws random numbers.

    Args:
        scenario: The scenario, with its seed and the run number.
        fork: The seed of a fork; 0 for the run itself.
    """
    seed = f"{scenario.scenario_id}/{scenario.seed}/{scenario.run_number}"
    return f"{seed}.{fork}" if fork else seed


def forked(subject: object, seed: int) -> str:
    """Return the subject of draws: another one in each fork of a run.

    Args:
        subject: The subject.
        seed: The seed of the fork; 0 for the draws of the run.
    """
    return f"{subject}/fork {seed}" if seed else str(subject)


class ToolFaults:
    """Carries out the agent's tool calls, with their faults.

    Each kind of fault is drawn once for each call, whether or not another hits that call too. At most one shows: the
    first that has an effect, the built-in ones before those of extensions. Tools of the system and of the channel to
    the user have no faults.

    Args:
        scenario: The scenario, initialized, with the noise that it is played with.
        pass_time: Lets seconds of simulated time pass.
        fork_seed: Returns the seed of a fork for the next draw; 0 for the draws of the run.

    Attributes:
        trace_fields: Fields of the last call's `TraceEvent` that its fault sets; empty without a fault.
    """

    def __init__(
        self, scenario: PAREScenario, pass_time: Callable[[float], None], fork_seed: Callable[[], int] = lambda: 0
    ) -> None:
        self.trace_fields: dict[str, Any] = {}
        self._rates = {kind: rate for kind in named("tool_fault") if (rate := _rate(kind, scenario))[0] > 0}
        self._faults: dict[str, ToolFault] = {kind: named("tool_fault")[kind].load() for kind in self._rates}
        self._keeps_results = any(fault.needs_earlier for fault in self._faults.values())
        self._scenario = scenario
        self._pass_time = pass_time
        self._fork_seed = fork_seed
        self._chances: dict[tuple[str, str], Random] = {}
        self._results: dict[str, EarlierResult] = {}

    def carry_out(self, tool: Tool, app_tool: AppTool, arguments: dict[str, Any]) -> Any:
        """Carry out a call, and return what the agent gets.

        Raises:
            ToolFailure: If the call failed at random.
            ToolTimeout: If it timed out at random.
            Exception: Whatever the tool raises.
        """
        self._scenario.scripted_failures.call(app_tool, arguments)
        call = FaultyCall(tool, app_tool, arguments, self._pass_valid_time)
        keeps = self._keeps_results and tool.operation == "read"
        key = json.dumps([tool.app, tool.function, to_builtins_or_name(arguments)], sort_keys=True) if keeps else ""
        call.earlier = self._results.get(key)
        fault, received = self._apply(call)
        # A fault may return something without carrying the call out.
        if keeps and "result" in vars(call) and (fault is None or not fault.needs_earlier):
            self._results[key] = EarlierResult(to_builtins_or_name(call.result), _copy(call.result))
        return received

    def _apply(self, call: FaultyCall) -> tuple[ToolFault | None, Any]:
        """Return the fault that has an effect on a call, `None` if none has, and what the agent gets."""
        for kind in self._draw(call.tool, call.app_tool):
            fault, settings = self._faults[kind], _settings(kind, self._scenario.noise_config)
            if not fault.changes_result:
                self.trace_fields = {"fault": kind}
            received = self._received(kind, call, settings)
            if fault.changes_result and call.raised is None and received is call.result:
                continue
            # A fault may return something without carrying the call out, or although the tool raised.
            if call.raised is not None or received is not vars(call).get("result", _NOTHING):
                self.trace_fields = {"fault": kind, "result": to_short_builtins(received)}
            return fault, received
        return None, call.result

    def _received(self, kind: str, call: FaultyCall, settings: Any) -> Any:
        """Return what the agent gets of a call with a fault, or raise what it gets."""
        try:
            return self._faults[kind].apply(call, settings)
        except (ToolFailure, ToolTimeout, ScenarioDefect, ScenarioTimeoutError):
            raise
        except (Exception, SystemExit) as error:
            if error is call.raised or kind in BUILT_IN["tool_fault"]:
                raise
            # The agent must not be blamed for the fault's own code.
            reason = error_text(error)
            raise ToolFaultError(f"the tool fault {kind} raised {reason}") from error

    def _pass_valid_time(self, seconds: float) -> None:
        # The simulation would end the run with an error that does not name the fault.
        if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 <= seconds < math.inf:
            raise ValueError(f"pass_time takes seconds, a finite number from 0, got {seconds!r}")
        self._pass_time(seconds)

    def _draw(self, tool: Tool, app_tool: AppTool) -> list[str]:
        """Return the kinds of faults that hit a call."""
        if isinstance(app_tool.class_instance, SystemApp | AgentUserInterface):
            return []
        kinds = [kind for kind in self._rates if tool.operation == "read" or not self._faults[kind].changes_result]
        # All kinds are drawn in each call, so that none depends on the draws of another.
        return [kind for kind in kinds if self._next(kind, f"{tool.app}__{tool.function}") < self._rates[kind][0]]

    def _next(self, kind: str, subject: str) -> float:
        subject = forked(subject, self._fork_seed())
        if (kind, subject) not in self._chances:
            self._chances[kind, subject] = chance(kind, self._rates[kind][1], self._scenario, subject)
        return self._chances[kind, subject].random()


def _rate(kind: str, scenario: PAREScenario) -> tuple[float, int]:
    """Return how often a kind of fault hits a call, 0 to 1, and the seed of the draw."""
    noise = scenario.noise_config
    if kind == "tool_failure":
        return failure_probability(noise, scenario.tool_augmentation_config), 0
    settings = _settings(kind, noise)
    if settings is None or (kind == "tool_slow" and not settings.seconds):
        return 0, 0
    return settings.rate, settings.seed


def _settings(kind: str, noise: NoiseConfig) -> Any:
    """Return the section of a kind of fault; `None` where it has none."""
    return getattr(noise, kind, None) if kind in BUILT_IN["tool_fault"] else noise.tool_faults.get(kind)


def _copy(result: Any) -> Any:
    try:
        return deepcopy(result)
    except Exception:  # noqa: BLE001 - an app may return what cannot be copied
        return to_builtins_or_name(result)
