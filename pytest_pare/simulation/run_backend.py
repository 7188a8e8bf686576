"""What a run offers over HTTP: its tools, in the turn that is open, and the agent's model."""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import Context, copy_context
from typing import TYPE_CHECKING, Any, Literal

from pytest_pare.agents.errors import TurnOver
from pytest_pare.agents.protocols import Endpoint
from pytest_pare.endpoints import server
from pytest_pare.engines.errors import EngineConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from pytest_pare.agents.protocols import Turn
    from pytest_pare.engines.agent_requests import ModelAnswer, ModelRequest
    from pytest_pare.simulation.agent_model import AgentModel
    from pytest_pare.simulation.turns import TurnGateway


def _no_model() -> EngineConfigurationError:
    return EngineConfigurationError(
        "the run has no model for the agent",
        "set agent_engine_config: in a suite, runner.agent_engine_config",
    )


class RunBackend:
    """The tools and the model of one run, as the server of the process offers them.

    The run opens it for each turn of the agent. Calls come in threads of the server while the run waits for the agent;
    the gateway lets one at a time pass.

    Args:
        gateway: Makes the turns of the run.
        models: Answers the agent's requests to its model; `None` without one.
    """

    def __init__(self, gateway: TurnGateway, models: AgentModel | None) -> None:
        self._gateway = gateway
        self._models = models
        self._open: tuple[Turn, Context] | None = None
        self._definitions: list[dict[str, Any]] | None = None
        self._token: str | None = None
        self._is_closed = False

    @property
    def has_ended(self) -> bool:
        """Whether the run must end now."""
        return self._gateway.ended is not None

    def seconds_of_model(self) -> float:
        """Return for how many seconds of real time the agent has waited for its model."""
        return 0.0 if self._models is None else self._models.seconds_waited()

    @contextmanager
    def during(self, turn: Turn) -> Iterator[Turn]:
        """Offer the tools of a turn, and return the turn with the addresses of its endpoints."""
        # The context names the run for its log.
        self._open = turn, copy_context()
        try:
            # `replace` would make the tools, and `copy` is slower.
            given = object.__new__(type(turn))
            vars(given).update(vars(turn), _endpoint=self.endpoint)
            if self._models is None:
                yield given
                return
            with self._models.during_turn():
                yield given
        finally:
            self._open = None

    def close(self) -> None:
        """End the offer: nothing of the run can be reached any more."""
        self._is_closed = True
        self._open = None
        if self._token is not None:
            server.revoke(self._token)

    def endpoint(self, kind: Literal["mcp", "models"]) -> Endpoint:
        """Return an endpoint with the token of this run.

        Raises:
            RunEnded: If there is no model for the agent. It ends the run with an error of its configuration.
        """
        if kind == "models" and self._models is None:
            self._gateway.end(_no_model())
        if self._token is None:
            self._token = server.issue()
            if not self._is_closed:
                server.bind(self._token, self)
        return Endpoint(server.mcp_url() if kind == "mcp" else server.models_url(), self._token)

    def definitions(self) -> list[dict[str, Any]]:
        """Return the agent's tools with their annotations. They stay the same in a run."""
        if self._definitions is None:
            self._definitions = self._gateway.definitions()
        return self._definitions

    def prepare(self, name: str, arguments: Mapping[str, Any]) -> Callable[[], Any]:
        """Take a tool call, and return the function that carries it out in the turn that is open now."""
        opened = self._open

        def carry_out() -> Any:
            if opened is None:
                raise TurnOver("no turn of the agent is open")
            turn, context = opened
            return context.copy().run(turn.call, name, arguments)

        return carry_out

    def call(self, name: str, arguments: Mapping[str, Any]) -> Any:
        """Call a tool in the turn that is open, and return its result as builtins.

        Raises:
            TurnOver: If no turn is open.
            RunEnded: If the run must end.
            Exception: Whatever the tool raises.
        """
        return self.prepare(name, arguments)()

    def answer(self, request: ModelRequest, /) -> ModelAnswer:
        """Return the answer of the agent's model.

        Raises:
            TurnOver: If no turn is open.
            EngineError: If there is no answer, or the run has no model for the agent.
            RunEnded: If the run must end.
        """
        if self._models is None:
            raise _no_model()
        _, context = self._require_open(self._open)
        return context.copy().run(self._models.answer, request)

    @staticmethod
    def _require_open(opened: tuple[Turn, Context] | None) -> tuple[Turn, Context]:
        if opened is None:
            raise TurnOver("no turn of the agent is open")
        return opened
