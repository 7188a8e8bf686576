"""One rate limit for all who ask an endpoint: on a simulated clock, and between real processes."""

from __future__ import annotations

import heapq
import json
import os
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_pare.engines.rate_limit import VARIABLE, RateLimit, RateLimiter, directory, session_directory
from tests.engines.model_server import ModelServer, answers, at_most

ROOT = Path(__file__).parents[2]


class Bucket:
    """A server's limit: so many requests a second, and a few at once."""

    def __init__(self, per_second: float, burst: float) -> None:
        self.per_second, self.burst = per_second, burst
        self.tokens, self.at = burst, 0.0

    def takes(self, now: float) -> bool:
        self.tokens = min(self.burst, self.tokens + (now - self.at) * self.per_second)
        self.at = now
        if self.tokens < 1:
            return False
        self.tokens -= 1
        return True


def play(state: RateLimit, bucket: Bucket, clients: int, requests: int, start: float = 0.0) -> tuple[list[bool], float]:
    """Let clients ask one after another for ever; return what became of each request, and the time at the end."""
    outcomes: list[bool] = []
    # When something happens to which client, and when it has reserved its turn, if it waits for one.
    happens: list[tuple[float, int, float]] = [(start, client, -1.0) for client in range(clients)]
    now = start
    while len(outcomes) < requests:
        now, client, reserved = heapq.heappop(happens)
        turn = state.reserve(now) if reserved < 0 else state.confirm(now, reserved)
        if turn > now:
            heapq.heappush(happens, (turn, client, now))
            continue
        outcomes.append(bucket.takes(now))
        if outcomes[-1]:
            state.increase()
        else:
            state.decrease(now, now, 0.0)
        heapq.heappush(happens, (now + 0.001, client, -1.0))
    return outcomes, now


@settings(max_examples=25)
@given(limit=st.floats(0.2, 50.0), clients=st.integers(1, 32), burst=st.floats(1.0, 5.0))
def test_the_rate_settles_below_the_servers_limit(limit: float, clients: int, burst: float) -> None:
    state = RateLimit()
    outcomes, middle = play(state, Bucket(limit, burst), clients, 200)
    bucket = Bucket(limit, burst)
    bucket.at = middle
    outcomes, end = play(state, bucket, clients, 400, middle)
    assert outcomes.count(False) <= 0.12 * len(outcomes)
    answered = outcomes.count(True) / (end - middle)
    assert answered >= 0.4 * limit, "and not far below it"


@given(clients=st.integers(1, 32))
def test_there_is_no_limit_before_the_first_refusal(clients: int) -> None:
    state = RateLimit()
    assert [state.reserve(3.0) for _ in range(clients)] == [3.0] * clients


def test_there_is_none_any_more_after_it_went_well_for_long() -> None:
    state = RateLimit()
    _, now = play(state, Bucket(2.0, 1.0), 4, 50)
    assert state.rate is not None
    free = Bucket(1e9, 1e9)
    outcomes, now = play(state, free, 4, 400, now)
    assert all(outcomes)
    assert state.rate is None
    assert state.reserve(now) == now


def test_what_was_under_way_at_a_refusal_slows_nobody_down_again() -> None:
    state = RateLimit()
    sent = [state.reserve(0.0) for _ in range(16)]
    for moment in sent:
        state.decrease(1.0, moment, 0.0)
    assert state.rate == 8.0


def test_requests_that_waited_for_a_refusal_at_the_same_time_go_at_the_new_rate() -> None:
    state = RateLimit(rate=4.0)
    for _ in range(2):
        state.reserve(10.0)
    state.decrease(10.0, 10.0, 0.0)
    # The rate is halved to 2 a second, and both took their turn at the moment of the refusal.
    assert [state.confirm(10.5, reserved=10.0) for _ in range(2)] == [10.5, 11.0]
    assert state.confirm(10.5, reserved=10.1) == 10.5, "a turn that was reserved at the new rate is kept"


def test_nobody_asks_during_a_pause() -> None:
    state = RateLimit()
    state.reserve(0.0)
    state.decrease(1.0, 0.0, 30.0)
    state.decrease(1.5, 0.0, 10.0)
    assert all(state.reserve(now) >= 31.0 for now in (1.0, 5.0, 30.0))


@given(refusals=st.integers(1, 60))
def test_the_rate_has_a_floor(refusals: int) -> None:
    state = RateLimit()
    for _ in range(refusals):
        now = state.reserve(state.next)
        state.decrease(now, now, 0.0)
    assert state.reserve(state.next) - state.next <= 20.0


def test_each_endpoint_has_a_rate_limit_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    one, other = (
        RateLimiter("http://one.example", now=lambda: 5.0),
        RateLimiter("http://other.example", now=lambda: 5.0),
    )
    one.acquire()
    one.rate_limited(5.0, 9.0)
    assert RateLimiter("http://one.example", now=lambda: 5.0).acquire() >= 9.0
    assert other.acquire() == 0.0


def test_a_state_that_is_broken_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    RateLimiter("http://one.example").acquire()
    (state,) = tmp_path.glob("rate-limit-*.json")
    for broken in ("", "[]", '{"speed": 3}'):
        state.write_text(broken)
        assert RateLimiter("http://one.example").acquire() == 0.0


_WORKER = """
import json, sys, time
import httpx
from pytest_pare.engines.errors import RateLimitError
from pytest_pare.engines.rate_limit import RateLimiter
from pytest_pare.engines.retry import RetryPolicy

class Run:
    seconds_lost = 0.0
    def seconds_left(self): return 60.0
    def check(self): pass

url, requests = sys.argv[1], int(sys.argv[2])
with httpx.Client() as client:
    def ask():
        response = client.post(f"{url}/chat/completions", json={})
        if response.status_code == 429:
            raise RateLimitError("slow down")
    for _ in range(requests):
        RetryPolicy(20, Run(), RateLimiter(url)).call(ask)
"""


def test_processes_slow_down_together() -> None:
    limit, each, processes = 40.0, 25, 4
    with ModelServer(at_most(limit, answers("Hi"))) as server, session_directory():
        started = [
            subprocess.Popen([sys.executable, "-c", _WORKER, server.url, str(each)], cwd=ROOT, stderr=subprocess.PIPE)
            for _ in range(processes)
        ]
        errors = [process.communicate(timeout=60)[1].decode() for process in started]
        assert errors == [""] * processes
        states = [json.loads(path.read_text()) for path in directory().glob("rate-limit-*.json")]
    refused = len(server.requests) - each * processes
    # Without a common rate limit, each of four goes on until it is refused itself, several times.
    assert refused <= 0.4 * len(server.requests)
    assert len(states) == 1
    half = server.requests[len(server.requests) // 2 :]
    rate = (len(half) - 1) / (half[-1].time - half[0].time)
    assert rate <= 1.5 * limit


def test_the_directory_of_a_session_is_there_for_its_processes_and_gone_at_the_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    with session_directory():
        made = Path(os.environ[VARIABLE])
        with session_directory():
            assert directory() == made
        assert made.is_dir()
        assert directory() == made
    assert not made.exists()
    assert VARIABLE not in os.environ


def test_without_a_session_a_process_has_one_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    own = directory()
    assert own.is_dir()
    assert directory() == own
    monkeypatch.setenv(VARIABLE, "/nowhere")
    assert directory() == own
    code = "from pytest_pare.engines.rate_limit import directory; print(directory())"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert Path(done.stdout.strip()) != own
    assert not Path(done.stdout.strip()).exists()


def test_times_are_those_of_a_clock_that_all_processes_share() -> None:
    code = "import time; print(time.monotonic())"
    times = [time.monotonic()]
    command = [sys.executable, "-c", code]
    times += [float(subprocess.run(command, capture_output=True, check=True).stdout) for _ in range(2)]
    assert all(0 <= later - earlier < 30 for earlier, later in pairwise(times))
