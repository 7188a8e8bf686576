"""The service of a model: requests with retries, within its rate limit and the time of the run."""

from __future__ import annotations

import threading
import time
from concurrent.futures import Future
from typing import TYPE_CHECKING, TypeVar

from pytest_pare.engines import litellm_client, model_resolution
from pytest_pare.engines.error_mapping import error_of
from pytest_pare.engines.errors import EngineError
from pytest_pare.engines.rate_limit import RateLimiter
from pytest_pare.engines.retry import RetryPolicy

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_pare.engines.retry import RealTime
    from pytest_pare.engines.steps import Role
    from pytest_pare.scenarios.config import LLMEngineConfig

# Seconds for a client to time out by itself, before its request is abandoned.
_GRACE = 0.5

T = TypeVar("T")


class Service:
    """Makes requests for one role.

    Args:
        config: The configuration of the engine.
        role: The role of the engine.
        limits: The limit of the run in real time.
        name: What has one rate limit: the URL of the endpoint, or the name of the provider.
    """

    def __init__(self, config: LLMEngineConfig, role: Role, limits: RealTime, name: str) -> None:
        self._config = config
        self._role = role
        self._limits = limits
        self._retry_policy = RetryPolicy(config.retries, limits, RateLimiter(name))

    def request(self, ask: Callable[[float], T]) -> tuple[T, float]:
        """Return what `ask` returns, and the seconds of the request that succeeded.

        Args:
            ask: Makes one request; its argument is the longest time of it in seconds.

        Raises:
            EngineError: If there is no answer.
            ScenarioTimeoutError: If the run's time is over.
        """
        requests = 0

        def ask_once() -> tuple[T, float]:
            nonlocal requests
            requests += 1
            return self._ask_once(ask)

        try:
            return self._retry_policy.call(ask_once)
        except EngineError as error:
            raise with_engine(error, self._role, self._config, requests) from error.__cause__

    def _ask_once(self, ask: Callable[[float], T]) -> tuple[T, float]:
        seconds = min(self._config.timeout_seconds, self._limits.seconds_left())
        litellm_client.ignore_warnings_of_clients()
        began = time.perf_counter()
        try:
            answer = within(seconds + _GRACE, lambda: ask(seconds))
        except EngineError:
            raise
        except Exception as raised:
            raise error_of(raised, time.time()) from raised
        return answer, time.perf_counter() - began


def with_engine(error: EngineError, role: Role, config: LLMEngineConfig, requests: int = 0) -> EngineError:
    """Return an error that also names the engine, its model, and the number of requests."""
    often = f" after {requests} requests" if requests > 1 else ""
    what = f"{error.what}{often}, {role} engine {model_resolution.name_of(config)}"
    return type(error)(what, error.advice, error.retry_after)


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
