"""Retries of requests that failed for a reason that may pass."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING, Protocol, TypeVar

from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt, wait_exponential

from pytest_pare.engines.errors import EngineError, RateLimitError

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_pare.engines.rate_limit import RateLimiter

MOST_SECONDS_LOST = 300.0
"""Seconds of real time that a run may lose to failed requests and the waits after them."""

# Seconds of the first wait, which doubles, and of the longest.
_FIRST_WAIT = 0.5
_LONGEST_WAIT = 30.0

T = TypeVar("T")


class RealTime(Protocol):
    """The limit of a run in real time.

    Attributes:
        seconds_lost: Seconds that the run has lost to failed requests.
    """

    seconds_lost: float

    def seconds_left(self) -> float:
        """Return how many seconds the run may last from now on."""
        ...

    def check(self) -> None:
        """Raise if no time is left."""
        ...


@dataclass
class RetryPolicy:
    """Makes requests within the endpoint's rate limit, and retries those that fail for a reason that may pass.

    Attributes:
        retries: Most retries of a request.
        limits: The limit of the run in real time.
        limiter: The rate limit of the endpoint.
        now: Returns the time of the limiter's clock, in seconds.
        sleep: Waits for so many seconds.
    """

    retries: int
    limits: RealTime
    limiter: RateLimiter
    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    # Random waits, so that processes do not all retry at the same time. No trace depends on them.
    _random: Random = field(default_factory=lambda: Random(f"waits/{os.getpid()}"))  # noqa: S311

    def call(self, ask: Callable[[], T]) -> T:
        """Return what `ask` returns.

        Raises:
            EngineError: The last one that `ask` raises, if it does not pass, no retry is left, or the next wait would
                take more time than the run has.
            ScenarioTimeoutError: If the run's time is over.
        """
        retrying = Retrying(
            retry=retry_if_exception(lambda error: isinstance(error, EngineError) and error.may_pass),
            stop=lambda state: stop_after_attempt(self.retries + 1)(state) or self._is_too_long(state.upcoming_sleep),
            wait=self._wait,
            sleep=self._lose,
            reraise=True,
        )
        answer: T = retrying(self._attempt, ask)
        return answer

    def _attempt(self, ask: Callable[[], T]) -> T:
        self._await_rate_limit()
        self.limits.check()
        sent = self.now()
        try:
            answer = ask()
        except EngineError as error:
            # A request that the run's own time limit has cut short is no failure of the engine.
            self.limits.check()
            self.limits.seconds_lost += self.now() - sent
            if isinstance(error, RateLimitError):
                self.limiter.rate_limited(sent, error.retry_after or 0.0)
            raise
        self.limiter.answered()
        return answer

    def _await_rate_limit(self) -> None:
        reserved = self.now()
        seconds = self.limiter.acquire()
        while seconds > 0:
            if self._is_too_long(seconds):
                raise TooLongError(
                    f"too many requests of all runs: the next may be sent in {seconds:.0f} s, which is more than this "
                    "run has left",
                    "run fewer at a time (-n), or try again later",
                )
            self.sleep(seconds)
            # The rate may have been lowered meanwhile.
            before, reserved = reserved, self.now()
            seconds = self.limiter.acquire(before)

    def _is_too_long(self, seconds: float) -> bool:
        return seconds > min(MOST_SECONDS_LOST - self.limits.seconds_lost, self.limits.seconds_left())

    def _wait(self, state: RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome is not None else None
        asked = getattr(error, "retry_after", None) or 0.0
        backoff = wait_exponential(multiplier=_FIRST_WAIT, max=_LONGEST_WAIT)(state)
        return float(max(asked, backoff * self._random.uniform(0.5, 1)))

    def _lose(self, seconds: float) -> None:
        self.sleep(seconds)
        self.limits.seconds_lost += seconds


class TooLongError(RateLimitError):
    """The rate limit lets this request be sent later than the run can wait."""

    may_pass = False
