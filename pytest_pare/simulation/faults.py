"""What goes wrong with the agent's calls of tools: which call is hit by what, and what it returns then."""

from __future__ import annotations

import json
from copy import deepcopy
from random import Random
from typing import TYPE_CHECKING, Any

from are.simulation.apps.agent_user_interface import AgentUserInterface
from are.simulation.apps.system import SystemApp

from pytest_pare.agents.errors import ToolFailure, ToolTimeout
from pytest_pare.base.serialization import to_builtins_or_name, to_short_builtins
from pytest_pare.scenarios.errors import ScenarioDefect, ScenarioTimeoutError
from pytest_pare.scenarios.noise_config import failure_probability

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from are.simulation.tool_utils import AppTool

    from pytest_pare.agents.tools import Tool
    from pytest_pare.scenarios.scenario import PAREScenario

_ON_READS = ("tool_outdated", "tool_partial")


def chance(kind: str, seed: int, scenario: PAREScenario, subject: object) -> Random:
    """Return the generator that one kind of fault draws from, for one tool or one proposal.

    Each kind has its own for each of them, so that the rate of one kind never changes what another hits, and a higher
    rate hits all that a lower one does.
    """
    return Random(f"{kind}/{seed}/{scenario.scenario_id}/{scenario.seed}/{scenario.run_number}/{subject}")  # noqa: S311 - reproducible on purpose


class ToolFaults:
    """Carries out the agent's calls, with what goes wrong in them.

    Each kind of fault is drawn once for each call, whether or not another hits that call too. At most one shows: the
    first of failure, timeout, slowness, outdated result, partial result that has an effect. What belongs to the system
    or to the line to the user never fails.

    Args:
        scenario: The scenario, initialized, with the noise that it is played with.
        pass_time: Lets seconds of simulated time pass.

    Attributes:
        told: What the trace is to say of the last call, in the place of what it says of one in which nothing goes
            wrong: fields of a `TraceEvent`.
    """

    def __init__(self, scenario: PAREScenario, pass_time: Callable[[float], None]) -> None:
        noise = scenario.noise_config
        # What a call is hit by, in the order of which goes first.
        rates = {
            "tool_failure": (failure_probability(noise, scenario.tool_augmentation_config), 0),
            "tool_timeout": (noise.tool_timeout.rate, noise.tool_timeout.seed),
            "tool_slow": (noise.tool_slow.rate if noise.tool_slow.seconds else 0, noise.tool_slow.seed),
            "tool_outdated": (noise.tool_outdated.rate, noise.tool_outdated.seed),
            "tool_partial": (noise.tool_partial.rate, noise.tool_partial.seed),
        }
        self.told: dict[str, Any] = {}
        self._rates = {kind: rate for kind, rate in rates.items() if rate[0] > 0}
        self._timeout = noise.tool_timeout
        self._slow = noise.tool_slow
        self._scenario = scenario
        self._pass_time = pass_time
        self._chances: dict[tuple[str, str], Random] = {}
        # What each read has returned, as plain values and as it was.
        self._returned: dict[str, tuple[Any, Any]] = {}

    def carry_out(self, tool: Tool, app_tool: AppTool, arguments: dict[str, Any]) -> Any:
        """Carry out a call, and return what the agent gets.

        Raises:
            ToolFailure: If the call failed by chance.
            ToolTimeout: If it was given up by chance.
            Exception: Whatever the tool raises.
        """
        drawn = self._draw(tool, app_tool)
        if "tool_failure" in drawn:
            self.told = {"fault": "tool_failure"}
            raise ToolFailure(app_tool.failure_message_template.format(name=tool.name))
        if "tool_timeout" in drawn:
            self.told = {"fault": "tool_timeout"}
            if self._timeout.carried_out:
                _call_unheard(app_tool, arguments)
            self._pass_time(self._timeout.seconds)
            raise ToolTimeout(f"{tool.name} timed out after {self._timeout.seconds:g} s")
        if "tool_slow" in drawn:
            self.told = {"fault": "tool_slow"}
            self._pass_time(self._slow.seconds)
            drawn = []
        return self._as_received(drawn, tool, arguments, call(app_tool, arguments))

    def _draw(self, tool: Tool, app_tool: AppTool) -> list[str]:
        """Return what hits a call."""
        if isinstance(app_tool.class_instance, SystemApp | AgentUserInterface):
            return []
        kinds = [kind for kind in self._rates if tool.operation == "read" or kind not in _ON_READS]
        # Each is drawn: no kind is to depend on what another draws.
        return [kind for kind in kinds if self._next(kind, f"{tool.app}__{tool.function}") < self._rates[kind][0]]

    def _next(self, kind: str, subject: str) -> float:
        if (kind, subject) not in self._chances:
            self._chances[kind, subject] = chance(kind, self._rates[kind][1], self._scenario, subject)
        return self._chances[kind, subject].random()

    def _as_received(self, drawn: list[str], tool: Tool, arguments: dict[str, Any], result: Any) -> Any:
        """Return what the agent gets of the result of a call."""
        if tool.operation == "read" and "tool_outdated" in self._rates:
            key = json.dumps([tool.app, tool.function, to_builtins_or_name(arguments)], sort_keys=True)
            plain = to_builtins_or_name(result)
            before = self._returned.get(key)
            if "tool_outdated" in drawn and before is not None and before[0] != plain:
                self.told = {"fault": "tool_outdated", "result": to_short_builtins(before[0])}
                return deepcopy(before[1])
            self._returned[key] = (plain, _copy(result))
        if "tool_partial" in drawn:
            part = half(result)
            if part is not None:
                self.told = {"fault": "tool_partial", "result": to_short_builtins(part)}
                return part
        return result


def half(result: Any) -> Any:
    """Return a result without the second half of it; `None` for one that has nothing to cut.

    A text and a list lose their own second half, the larger one if they are odd. Of a mapping or an object, as
    builtins, the longest list in it does.
    """
    if isinstance(result, str | list | tuple):
        return result[: len(result) // 2] if result else None
    plain = to_builtins_or_name(result)
    longest = plain if isinstance(plain, list) else max(_lists(plain), key=len, default=[])
    if not longest:
        return None
    # In place: these builtins are nobody else's.
    del longest[len(longest) // 2 :]
    return plain


def _lists(plain: Any) -> Iterator[list[Any]]:
    if isinstance(plain, list):
        yield plain
    for item in plain.values() if isinstance(plain, dict) else plain if isinstance(plain, list) else ():
        yield from _lists(item)


def call(app_tool: AppTool, arguments: dict[str, Any]) -> Any:
    """Call a tool with a copy of the arguments."""
    # No list that somebody goes on writing to becomes a part of the phone.
    return app_tool(**deepcopy(arguments))


def _call_unheard(app_tool: AppTool, arguments: dict[str, Any]) -> None:
    try:
        call(app_tool, arguments)
    except (ScenarioDefect, ScenarioTimeoutError):
        raise
    except Exception:  # noqa: BLE001, S110 - nobody learns what came of the call
        pass


def _copy(result: Any) -> Any:
    try:
        return deepcopy(result)
    except Exception:  # noqa: BLE001 - an app may return what cannot be copied
        return to_builtins_or_name(result)
