"""Engines of the role `agent`: they answer the requests that an agent makes to the model endpoint of its run."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, Protocol

from pytest_pare.engines.agent_bodies import Reply, ToolCall, make_body
from pytest_pare.engines.errors import EngineConfigurationError
from pytest_pare.engines.facts import Facts
from pytest_pare.engines.scripted import Script

if TYPE_CHECKING:
    from are.simulation.agents.llm.llm_engine import LLMEngine

    from pytest_pare.engines.agent_requests import ModelRequest
    from pytest_pare.engines.building import EngineBuilder
    from pytest_pare.engines.reference import Reference
    from pytest_pare.scenarios.config import LLMEngineConfig


class AgentEngine(Protocol):
    """Answers requests in OpenAI's format. Several threads may ask it at the same time.

    Attributes:
        model_name: Its own name for its model.
        offline: Whether it answers on this machine.
    """

    model_name: str
    offline: bool

    def ask(self, request: ModelRequest, /) -> Reply:
        """Return the answer to a request.

        Raises:
            EngineError: If there is none.
            ScenarioTimeoutError: If the run's time is over.
        """
        ...


def build_agent_engine(config: LLMEngineConfig, reference: Reference, build: EngineBuilder) -> AgentEngine:
    """Return the engine behind the model endpoint of a run.

    Args:
        config: The configuration of the engine.
        reference: The reference steps of the run, its scenario id and its limits in real time.
        build: Makes the engine of an extension.

    Raises:
        EngineConfigurationError: If it cannot be made from its configuration, or its provider is `oracle`.
    """
    if config.provider == "oracle":
        raise EngineConfigurationError(
            "agent_engine_config.provider: oracle plays the steps of the built-in agent, and no agent of your own",
            "name the provider of a model, or scripted with answers",
        )
    if config.is_extension:
        return MessagesEngine(build(config, "agent", reference), str(config.provider), offline=not config.is_live)
    if not config.is_live:
        return ScriptedAgentEngine(config, reference.scenario_id)
    # Only live engines need its imports.
    from pytest_pare.engines.forwarding import Forwarder

    return Forwarder(config, reference.limits)


class ScriptedAgentEngine:
    """Makes answers of a script, one for each request.

    Args:
        config: `answers` are those of `Script`. An answer is a text, or a mapping of `content` and `tool_calls`, a list
            of mappings of `name` and `arguments`.
        scenario_id: The scenario that is played.

    Raises:
        EngineConfigurationError: If there are no answers for this scenario, or they are invalid.
    """

    offline = True

    def __init__(self, config: LLMEngineConfig, scenario_id: str) -> None:
        self.model_name = config.model_name
        self._script = Script(config, "agent", scenario_id)

    def ask(self, request: ModelRequest) -> Reply:
        """Return the next answer.

        Raises:
            EngineConfigurationError: If none is left, or the request is none for a text.
        """
        _require_text(request, "the provider scripted")
        answer = self._script.next_answer()
        said: dict[str, Any] = {"content": answer} if isinstance(answer, str) else answer
        content = said.get("content") or ""
        calls = [ToolCall(one["name"], one.get("arguments") or {}) for one in said.get("tool_calls") or ()]
        return Reply(make_body(request.api, self.model_name, content, calls), Facts())


class MessagesEngine:
    """Asks an engine that takes messages and returns a text: that of an extension.

    Args:
        engine: The engine.
        provider: The name of its provider.
        offline: Whether it answers on this machine.
    """

    def __init__(self, engine: LLMEngine, provider: str, *, offline: bool) -> None:
        self.model_name = str(engine.model_name)
        self.offline = offline
        self._engine = engine
        self._provider = provider
        # The other roles ask an engine one request after the other.
        self._lock = threading.Lock()

    def ask(self, request: ModelRequest) -> Reply:
        """Return the text of the engine as an answer.

        Raises:
            EngineConfigurationError: If the request has tools, or is none of chat completions.
        """
        what = f"the provider {self._provider}, an extension,"
        _require_text(request, what)
        if request.api != "chat" or request.body.get("tools"):
            kind = "with tools" if request.api == "chat" else "of the responses API"
            raise EngineConfigurationError(
                f"agent_engine_config: {what} answers messages with a text, and the agent made a request {kind}",
                "take a provider with OpenAI's protocol, such as provider: local and its endpoint",
            )
        messages = [dict(message) for message in request.body.get("messages") or ()]
        with self._lock:
            text, metadata = self._engine(messages, ())
        return Reply(make_body("chat", self.model_name, text), Facts.of(metadata))


def _require_text(request: ModelRequest, what: str) -> None:
    if request.api == "embeddings":
        raise EngineConfigurationError(
            f"agent_engine_config: {what} has no embeddings", "name the provider of a model that has"
        )
