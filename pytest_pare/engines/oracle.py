"""The oracle engine: answers with the scenario's own reference steps, offline.

It shows that a scenario can be solved with the prompts, the parser, the tools and the screens of an agent.
"""

from __future__ import annotations

from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from are.simulation.agents.llm.llm_engine import LLMEngine
from are.simulation.apps.agent_user_interface import AgentUserInterface
from are.simulation.apps.system import SystemApp

from pytest_pare.agents.react import format_action

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_pare.engines.reference import Reference, Role
    from pytest_pare.scenarios.config import LLMEngineConfig


def oracle(config: LLMEngineConfig, role: Role, reference: Reference) -> LLMEngine:
    """Return the engine that answers with the reference steps."""
    del config
    return OracleEngine(reference, role)


class OracleEngine(LLMEngine):
    """Plays one role's reference steps.

    Args:
        reference: The steps, which all roles of a run share.
        role: The role.
    """

    offline = True

    def __init__(self, reference: Reference, role: Role) -> None:
        super().__init__("oracle")
        self._reference = reference
        self._role = role

    def chat_completion(
        self, messages: list[dict[str, Any]], stop_sequences: Any = (), **kwargs: Any
    ) -> tuple[str, dict[str, Any]]:
        """Return the next step in the wire format. The answer takes the time until the step is due."""
        del messages, stop_sequences, kwargs
        found = self._reference.next_step(self._role)
        if found is None:
            return self._idle()
        step, seconds = found
        arguments = self._reference.play(step)
        return _answer("It is time for this.", self._reference.tool(step), arguments, seconds)

    def _idle(self) -> tuple[str, dict[str, Any]]:
        nothing = "Nothing is to be done now."
        if self._role == "user":
            return _answer(nothing, "wait")
        if self._role == "observe":
            wait = self._reference.agent_tool("wait", lambda app: isinstance(app, AgentUserInterface))
            return _answer(nothing, wait or "wait")
        wait = self._reference.agent_tool("wait_for_notification", lambda app: isinstance(app, SystemApp))
        if wait is None or not self._reference.has_more("execute"):
            return _answer("Everything is done.", "end_task")
        # The answer takes the time until the next event. Without one, the user acts next.
        seconds = self._reference.seconds_to_next_event()
        return _answer("What comes next is not there yet.", wait, {"timeout": 1}, seconds or 0.0)


def _answer(
    thought: str, tool: str, arguments: Mapping[str, Any] = MappingProxyType({}), seconds: float = 0.0
) -> tuple[str, dict[str, Any]]:
    text = format_action(thought, tool, arguments) if arguments else _without_arguments(thought, tool)
    return text, {"completion_duration": seconds}


@lru_cache(maxsize=64)
def _without_arguments(thought: str, tool: str) -> str:
    return format_action(thought, tool, {})
