"""Live engines: they call models."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from are.simulation.agents.llm.llm_engine import LLMEngine
from are.simulation.agents.llm.types import MessageRole

from pytest_pare.agents.react import cut_answer
from pytest_pare.base.serialization import to_text
from pytest_pare.engines import hugging_face, litellm_client, model_resolution, openai_endpoint
from pytest_pare.engines.errors import EngineError
from pytest_pare.engines.facts import Facts
from pytest_pare.engines.service import Service, with_engine

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_pare.engines.completion import Answer
    from pytest_pare.engines.reference import Role
    from pytest_pare.engines.retry import RealTime
    from pytest_pare.scenarios.config import LLMEngineConfig

    # A function that makes one request, and the name of what has one rate limit.
    _Service = tuple[Callable[[list[dict[str, Any]], float], Answer], str]

# Tools exist only in the text of requests.
_ROLES = {MessageRole.TOOL_RESPONSE: "user", MessageRole.TOOL_CALL: "assistant"}


class LiveEngine(LLMEngine):
    """Calls a model, with retries.

    Args:
        config: The configuration of the engine.
        role: The role of the engine.
        limits: The limit of the run in real time.

    Raises:
        EngineConfigurationError: If there is no such provider, or no key for it.
    """

    def __init__(self, config: LLMEngineConfig, role: Role, limits: RealTime) -> None:
        super().__init__(config.model_name)
        litellm_client.ignore_warnings_of_clients()
        try:
            self._ask, name = _service(config)
        except EngineError as error:
            raise with_engine(error, role, config) from None
        self._service = Service(config, role, limits, name)

    def chat_completion(
        self, messages: list[dict[str, Any]], stop_sequences: Any = (), **kwargs: Any
    ) -> tuple[str, dict[str, Any]]:
        """Return the model's answer up to the first stop sequence, and its metadata.

        Raises:
            EngineError: If there is no answer.
            ScenarioTimeoutError: If the run's time is over.
        """
        del kwargs
        # Texts of models may have characters that cannot be encoded.
        encoded = [{"role": _role(message["role"]), "content": to_text(message["content"])} for message in messages]
        answer, seconds = self._service.request(partial(self._ask, encoded))
        facts = Facts(answer.prompt_tokens, answer.completion_tokens, answer.cost, seconds, answer.finish_reason)
        return cut_answer(answer.text, stop_sequences), facts.to_metadata()


def _service(config: LLMEngineConfig) -> _Service:
    if model_resolution.is_hugging_face(config):
        return hugging_face.asker(config), str(config.provider)
    if model_resolution.is_asked_directly(config):
        found = openai_endpoint.reach(config)
        return partial(openai_endpoint.ask, config, found), str(found.endpoint)
    litellm = litellm_client.prepare_litellm()
    found = model_resolution.resolve(config, litellm)
    return (
        lambda messages, seconds: litellm_client.ask(litellm, config, found, messages, seconds),
        found.endpoint or str(found.provider),
    )


def _role(role: Any) -> str:
    role = MessageRole(role)
    return _ROLES.get(role, str(role.value))
