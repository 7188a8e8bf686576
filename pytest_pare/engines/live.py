"""Live engines: they call models."""

from __future__ import annotations

import threading
import time
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, TypeVar

from are.simulation.agents.llm.llm_engine import LLMEngine
from are.simulation.agents.llm.types import MessageRole

from pytest_pare.agents.react import cut_answer
from pytest_pare.base.serialization import to_text
from pytest_pare.engines import hugging_face, litellm_client, model_resolution
from pytest_pare.engines.error_mapping import error_of
from pytest_pare.engines.errors import EngineError
from pytest_pare.engines.facts import Facts
from pytest_pare.engines.rate_limit import RateLimiter
from pytest_pare.engines.retry import RetryPolicy

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_pare.engines.completion import Answer
    from pytest_pare.engines.reference import Role
    from pytest_pare.engines.retry import RealTime
    from pytest_pare.scenarios.config import LLMEngineConfig

    # A function that makes one request, and the name of what has one rate limit.
    _Service = tuple[Callable[[list[dict[str, Any]], float], Answer], str]

# Seconds for a client to time out by itself, before its request is abandoned.
_GRACE = 0.5
# Tools exist only in the text of requests.
_ROLES = {MessageRole.TOOL_RESPONSE: "user", MessageRole.TOOL_CALL: "assistant"}

T = TypeVar("T")


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
        self._config = config
        self._role = role
        self._limits = limits
        self._requests = 0
        litellm_client.ignore_warnings_of_clients()
        try:
            self._ask, service = _hugging_face(config) if model_resolution.is_hugging_face(config) else _litellm(config)
        except EngineError as error:
            raise self._with_engine(error) from None
        self._retry_policy = RetryPolicy(config.retries, limits, RateLimiter(service))

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
        self._requests = 0
        try:
            answer, seconds = self._retry_policy.call(lambda: self._ask_once(encoded))
        except EngineError as error:
            raise self._with_engine(error) from error.__cause__
        facts = Facts(answer.prompt_tokens, answer.completion_tokens, answer.cost, seconds, answer.finish_reason)
        return cut_answer(answer.text, stop_sequences), facts.to_metadata()

    def _ask_once(self, messages: list[dict[str, Any]]) -> tuple[Answer, float]:
        seconds = min(self._config.timeout_seconds, self._limits.seconds_left())
        self._requests += 1
        litellm_client.ignore_warnings_of_clients()
        began = time.perf_counter()
        try:
            answer = within(seconds + _GRACE, lambda: self._ask(messages, seconds))
        except EngineError:
            raise
        except Exception as raised:
            raise error_of(raised, time.time()) from raised
        return answer, time.perf_counter() - began

    def _with_engine(self, error: EngineError) -> EngineError:
        """Return an error that also names the engine, its model, and the number of requests."""
        often = f" after {self._requests} requests" if self._requests > 1 else ""
        what = f"{error.what}{often}, {self._role} engine {model_resolution.name_of(self._config)}"
        return type(error)(what, error.advice, error.retry_after)


def _hugging_face(config: LLMEngineConfig) -> _Service:
    return hugging_face.asker(config), str(config.provider)


def _litellm(config: LLMEngineConfig) -> _Service:
    litellm = litellm_client.load_litellm()
    found = model_resolution.resolve(config, litellm)
    return (
        lambda messages, seconds: litellm_client.ask(litellm, config, found, messages, seconds),
        found.endpoint or str(found.provider),
    )


def _role(role: Any) -> str:
    role = MessageRole(role)
    return _ROLES.get(role, str(role.value))


def within(seconds: float, call: Callable[[], T]) -> T:
    """Return the result of `call`, but wait no longer than `seconds`.

    A client's own timeout starts again with each byte, so that a slow response can keep it waiting for ever. A call
    that takes longer goes on in a daemon thread.

    Raises:
        TimeoutError: If it takes longer.
        Exception: Whatever `call` raises.
    """
    future: Future[T] = Future()

    def run() -> None:
        try:
            future.set_result(call())
        except BaseException as raised:  # noqa: BLE001 - `result` raises it again
            future.set_exception(raised)

    threading.Thread(target=run, name="pytest-pare-request", daemon=True).start()
    return future.result(seconds)
