"""How a request is made again that failed for a reason that may pass."""

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

    from pytest_pare.engines.rate_limit import Pacer

MOST_SECONDS_LOST = 300.0
"""Seconds of real time that a run may lose to requests that failed, and to waiting after them."""

# Seconds of the first wait, which doubles, and of the longest.
_FIRST_WAIT = 0.5
_LONGEST_WAIT = 30.0

T = TypeVar("T")


class RealTime(Protocol):
    """What bounds a run in real time.

    Attributes:
        seconds_lost: What the run has lost to engines that failed.
    """

    seconds_lost: float

    def seconds_left(self) -> float:
        """Return how many seconds the run may last from now on."""
        ...

    def check(self) -> None:
        """Raise if that is nothing."""
        ...


@dataclass
class Patience:
    """Makes requests, at the endpoint's pace and again after a while if they fail.

    Attributes:
        retries: How often a request is made again.
        limits: What bounds the run.
        pacer: The pace of the endpoint.
        now: Returns the time of the pacer's clock, in seconds.
        sleep: Waits for so many seconds.
    """

    retries: int
    limits: RealTime
    pacer: Pacer
    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    # Where processes wait for one endpoint, they are not to come back all at once. No trace holds what comes of it.
    _random: Random = field(default_factory=lambda: Random(f"waits/{os.getpid()}"))  # noqa: S311

    def call(self, ask: Callable[[], T]) -> T:
        """Return what `ask` returns.

        Raises:
            EngineError: The last one that `ask` raises, when its reason does not pass, there were enough of them, or
                waiting on would take more time than the run has.
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
        self._await_turn()
        self.limits.check()
        sent = self.now()
        try:
            answer = ask()
        except EngineError as error:
            # A time limit that is over cuts every request short.
            self.limits.check()
            self.limits.seconds_lost += self.now() - sent
            if isinstance(error, RateLimitError):
                self.pacer.refused(sent, error.retry_after or 0.0)
            raise
        self.pacer.answered()
        return answer

    def _await_turn(self) -> None:
        taken = self.now()
        seconds = self.pacer.wait()
        while seconds > 0:
            if self._is_too_long(seconds):
                raise TooLongError(
                    f"too many requests of all runs: the next may be sent in {seconds:.0f} s, which is more than this "
                    "run has left",
                    "run fewer at a time (-n), or try again later",
                )
            self.sleep(seconds)
            # Somebody may have been refused meanwhile.
            asked, taken = taken, self.now()
            seconds = self.pacer.wait(asked)

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
    """The turn of this request comes later than the run can wait."""

    may_pass = False
