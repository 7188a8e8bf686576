"""What a run offers to its agent over HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pytest_pare.engines.agent_requests import ModelAnswer, ModelRequest


class Backend(Protocol):
    """What a run offers to its agent over HTTP."""

    def definitions(self) -> list[dict[str, Any]]:
        """Return the agent's tools as OpenAI-style function calling expects them, each with its `annotations`."""
        ...

    def prepare(self, name: str, arguments: Mapping[str, Any]) -> Callable[[], Any]:
        """Take a tool call at its arrival, and return the function that carries it out in the turn of that moment."""
        ...

    def call(self, name: str, arguments: Mapping[str, Any]) -> Any:
        """Call a tool in the present turn and return its result as builtins.

        Raises:
            TurnOver: If no turn is open.
            Exception: Whatever the tool raises.
        """
        ...

    def answer(self, request: ModelRequest, /) -> ModelAnswer:
        """Return the answer of the agent's model.

        Raises:
            EngineConfigurationError: If the run has no model for the agent.
        """
        ...
