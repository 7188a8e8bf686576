"""Engines that ask models."""

from __future__ import annotations

import threading
import time
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, TypeVar

from are.simulation.agents.llm.llm_engine import LLMEngine
from are.simulation.agents.llm.types import MessageRole

from pytest_pare.agents.react import cut_answer
from pytest_pare.base.redaction import redacted
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

    # What asks once, and the name of what has one rate limit.
    _Service = tuple[Callable[[list[dict[str, Any]], float], Answer], str]

# What a client is given to give up by itself, before it is left alone.
_GRACE = 0.5
# Models know no tools here, but in the text.
_ROLES = {MessageRole.TOOL_RESPONSE: "user", MessageRole.TOOL_CALL: "assistant"}

T = TypeVar("T")


class LiveEngine(LLMEngine):
    """Asks a model, again if need be.

    Args:
        config: Which model, and how.
        role: Whose engine it is.
        limits: What bounds the run in real time.

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
            raise self._told(error) from None
        self._retry_policy = RetryPolicy(config.retries, limits, RateLimiter(service))

    def chat_completion(
        self, messages: list[dict[str, Any]], stop_sequences: Any = (), **kwargs: Any
    ) -> tuple[str, dict[str, Any]]:
        """Return the model's answer up to the first stop sequence, and what is known of it.

        Raises:
            EngineError: If there is none.
            ScenarioTimeoutError: If the run's time is over.
        """
        del kwargs
        # What models say may stand in it, also what cannot be sent.
        told = [{"role": _role(message["role"]), "content": to_text(message["content"])} for message in messages]
        self._requests = 0
        try:
            answer, seconds = self._retry_policy.call(lambda: self._ask_once(told))
        except EngineError as error:
            raise self._told(error) from error.__cause__
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

    def _told(self, error: EngineError) -> EngineError:
        """Return an error that also says whose engine it is, which model it asks, and how often it did."""
        often = f" after {self._requests} requests" if self._requests > 1 else ""
        what = f"{error.what}{often}, {self._role} engine {model_resolution.name_of(self._config)}"
        return type(error)(redacted(what), redacted(error.advice), error.retry_after)


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
    """Return what `call` returns, but wait no longer than `seconds` for it.

    The timeouts of clients are about the next byte, and one that comes now and then keeps them waiting for ever. A call
    that goes on is left to a thread that nobody waits for.

    Raises:
        TimeoutError: If it takes longer.
        Exception: Whatever `call` raises.
    """
    future: Future[T] = Future()

    def run() -> None:
        try:
            future.set_result(call())
        except BaseException as raised:  # noqa: BLE001 - it is raised where it is waited for
            future.set_exception(raised)

    threading.Thread(target=run, name="pytest-pare-request", daemon=True).start()
    return future.result(seconds)
