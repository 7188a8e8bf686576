"""What is asked again, when, and how long a run puts up with it. The clock is the test's."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from pytest_pare.engines.errors import (
    ContentRefusedError,
    ContextTooLongError,
    EngineConfigurationError,
    EngineError,
    EngineTimeoutError,
    ProviderOutageError,
    RateLimitError,
)
from pytest_pare.engines.rate_limit import VARIABLE, RateLimiter
from pytest_pare.engines.retry import MOST_SECONDS_LOST, RetryPolicy


class OutOfTimeError(Exception):
    pass


@dataclass
class Run:
    """A run that may last so long, on a clock that moves when somebody sleeps or a request takes time."""

    lasts: float = float("inf")
    seconds_lost: float = 0.0
    now: float = 1000.0
    slept: list[float] = field(default_factory=list)
    asked: int = 0

    def seconds_left(self) -> float:
        return max(0.0, 1000.0 + self.lasts - self.now)

    def check(self) -> None:
        if self.seconds_left() == 0:
            raise OutOfTimeError

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    def ask(self, *outcomes: Any, retries: int = 5, takes: float = 0.0) -> Any:
        """Ask an endpoint that answers with the outcomes in order, of which the last is for ever."""

        def once() -> Any:
            outcome = outcomes[min(self.asked, len(outcomes) - 1)]
            self.asked += 1
            self.now += takes
            if isinstance(outcome, Exception):
                raise outcome
            return outcome

        limiter = RateLimiter("http://service.example", now=lambda: self.now)
        return RetryPolicy(retries, self, limiter, now=lambda: self.now, sleep=self.sleep).call(once)


@pytest.fixture(autouse=True)
def _session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path))


def test_an_answer_is_not_waited_for() -> None:
    run = Run()
    assert run.ask("yes") == "yes"
    assert (run.asked, run.slept, run.seconds_lost) == (1, [], 0.0)


@pytest.mark.parametrize("error", [ProviderOutageError("down"), EngineTimeoutError("slow")])
def test_what_may_pass_is_asked_again_after_waits_that_double(error: EngineError) -> None:
    run = Run()
    with pytest.raises(type(error)):
        run.ask(error, retries=8)
    assert run.asked == 9
    longest = [0.5, 1, 2, 4, 8, 16, 30, 30]
    assert all(most / 2 <= slept <= most for slept, most in zip(run.slept, longest, strict=True))
    assert run.seconds_lost == pytest.approx(sum(run.slept))


@pytest.mark.parametrize(
    "error",
    [
        EngineConfigurationError("bad"),
        ContextTooLongError("long"),
        ContentRefusedError("no"),
        EngineError("?"),
        ValueError("a mistake of ours"),
    ],
)
def test_what_stays_is_not_asked_again(error: Exception) -> None:
    run = Run()
    with pytest.raises(type(error)):
        run.ask(error)
    assert (run.asked, run.slept) == (1, [])


def test_no_retries_are_none() -> None:
    run = Run()
    with pytest.raises(ProviderOutageError):
        run.ask(ProviderOutageError("down"), retries=0)
    assert run.asked == 1


def test_the_provider_says_how_long_to_wait() -> None:
    run = Run()
    assert run.ask(ProviderOutageError("down", retry_after=20.0), "yes") == "yes"
    assert run.slept == [20.0]


def test_a_run_loses_no_more_than_so_much_to_failures_in_all_of_its_calls() -> None:
    run = Run()
    for _ in range(100):
        with pytest.raises(EngineTimeoutError):
            run.ask(EngineTimeoutError("slow"), retries=3, takes=20.0)
    assert run.asked < 130
    assert sum(run.slept) < MOST_SECONDS_LOST


def test_a_wait_that_a_run_has_no_time_for_is_not_begun() -> None:
    run = Run(lasts=10)
    with pytest.raises(RateLimitError, match="come back"):
        run.ask(RateLimitError("come back", retry_after=11.0))
    assert (run.asked, run.slept) == (1, [])
    with pytest.raises(RateLimitError, match=r"the next may be sent in 1\d s, which is more than this run has left"):
        run.ask("yes")
    assert run.slept == []


def test_the_end_of_a_run_is_no_failure_of_its_engine() -> None:
    run = Run(lasts=10)
    with pytest.raises(OutOfTimeError):
        run.ask(EngineTimeoutError("slow"), takes=11.0)
    with pytest.raises(OutOfTimeError):
        run.ask("yes")
    assert run.asked == 1


def test_who_waits_for_its_turn_goes_on_waiting_if_another_is_refused_meanwhile() -> None:
    run = Run()
    limiter = RateLimiter("http://service.example", now=lambda: run.now)
    limiter.acquire()
    limiter.rate_limited(run.now, 2.0)
    sleep = run.sleep

    def another_is_refused(seconds: float) -> None:
        sleep(seconds)
        if len(run.slept) == 1:
            limiter.rate_limited(run.now, 7.0)

    run.sleep = another_is_refused  # type: ignore[method-assign]
    assert run.ask("yes") == "yes"
    assert run.slept[1] >= 7.0
