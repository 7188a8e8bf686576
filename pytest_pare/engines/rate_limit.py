"""The rate limit of an endpoint, shared by all runs of a session in all processes.

There is no limit until the endpoint refuses a request as one too many. Then the rate is halved at once for all runs,
grows by a fixed amount with each answer, and is unlimited again when it is far above the refused rate. The state is a
small file for each endpoint and machine, in a directory of the session: its times are those of the machine's monotonic
clock, which begins at the start of the machine, so another machine cannot read them.
"""

from __future__ import annotations

import atexit
import hashlib
import json
import os
import platform
import shutil
import tempfile
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

VARIABLE = "PARE_SESSION_DIR"
"""The environment variable that names the directory of the session to its processes."""

# Rates are in requests a second.
_SLOWEST = 1 / 20
_DECREASE = 0.5
_INCREASE = 0.05  # of the rate after the last decrease, with each answer
_SEARCH = 0.2  # of the rate itself, with each answer, until the endpoint refuses requests at a limited rate
_FREE = 8.0  # times the rate after the last decrease: the limit ends
_WINDOW = 10.0  # seconds over which requests are counted


@contextmanager
def session_directory() -> Iterator[None]:
    """Give the processes that are started in this context a common directory, and remove it at the end.

    A context within another one shares its directory.
    """
    if VARIABLE in os.environ:
        yield
        return
    made = os.environ[VARIABLE] = tempfile.mkdtemp(prefix="pytest-pare-")
    try:
        yield
    finally:
        os.environ.pop(VARIABLE, None)
        shutil.rmtree(made, ignore_errors=True)


@cache
def _of_process(pid: int) -> Path:
    """Return a directory of this process alone, for a program without a session."""
    made = tempfile.mkdtemp(prefix="pytest-pare-")

    @atexit.register
    def remove() -> None:
        # A forked process inherits this exit handler.
        if os.getpid() == pid:
            shutil.rmtree(made, ignore_errors=True)

    return Path(made)


def directory() -> Path:
    """Return the directory of the session."""
    named = os.environ.get(VARIABLE)
    if named is not None and Path(named).is_dir():
        return Path(named)
    return _of_process(os.getpid())


@cache
def _machine() -> str:
    """Return what distinguishes this machine, since its start, from others that may have the same directory."""
    start = ""
    with suppress(OSError):
        start = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii")
    return f"{platform.node()} {start}"


@dataclass
class RateLimit:
    """The rate limit of an endpoint at one time.

    Attributes:
        rate: Most requests a second; `None` for no limit.
        base: The rate after the last decrease.
        is_proved: Whether the endpoint has refused requests at a limited rate. The first rate is a guess by the number
            of recent requests.
        changed: When the last decrease was. Times are of the machine's monotonic clock, which all processes share.
        next: When the next request may be sent.
        resumes: No request is sent before this time.
        sent: When recent requests were sent.
    """

    rate: float | None = None
    base: float = 0.0
    is_proved: bool = False
    changed: float = 0.0
    next: float = 0.0
    resumes: float = 0.0
    sent: list[float] = field(default_factory=list)

    def reserve(self, now: float) -> float:
        """Reserve a place for a request, and return when it may be sent."""
        at = max(now, self.resumes)
        if self.rate is not None:
            at = max(at, self.next)
            self.next = at + 1 / self.rate
        self.sent = [*(moment for moment in self.sent if moment > now - _WINDOW), at]
        return at

    def confirm(self, now: float, reserved: float) -> float:
        """Return when a request may be sent that has a place since `reserved`, and whose time has come."""
        # A place that was reserved at the rate before a decrease is replaced by one at the new rate.
        return self.reserve(now) if self.changed >= reserved else max(now, self.resumes)

    def decrease(self, now: float, sent: float, pause: float) -> None:
        """Lower the rate after the refusal of a request, and send no request for a while.

        Args:
            now: The time of the refusal.
            sent: When the request was sent.
            pause: Seconds in which no request is sent.
        """
        self.resumes = max(self.resumes, now + pause)
        # The request was sent before the last decrease, so its refusal does not concern the present rate.
        if sent < self.changed:
            return
        self.is_proved = self.rate is not None
        if self.rate is None:
            lately = [moment for moment in self.sent if moment <= now]
            counted = len(lately) / max(now - min(lately, default=now), 1.0)
            self.rate = max(counted, self.base * _FREE)
        self.rate = self.base = max(_SLOWEST, self.rate * _DECREASE)
        self.changed = now
        self.next = max(now, self.resumes) + 1 / self.rate

    def increase(self) -> None:
        """Raise the rate after an answer."""
        if self.rate is None:
            return
        self.rate += _INCREASE * self.base if self.is_proved else _SEARCH * self.rate
        if self.rate > self.base * _FREE:
            self.rate = None


class RateLimiter:
    """Applies the rate limit of one endpoint.

    Args:
        endpoint: Its URL, or the name of the provider.
        now: Returns the time of a clock that all processes share, in seconds.
    """

    def __init__(self, endpoint: str, now: Callable[[], float] = time.monotonic) -> None:
        name = hashlib.sha256(f"{_machine()} {endpoint}".encode()).hexdigest()[:16]
        # Imported here, because the controller of a session does not need it.
        from filelock import FileLock

        self._path = directory() / f"rate-limit-{name}.json"
        self._lock = partial(FileLock, self._path.with_suffix(".lock"))
        self._now = now

    def acquire(self, reserved: float | None = None) -> float:
        """Reserve a place for a request, and return the seconds until it may be sent.

        Args:
            reserved: When the place was reserved, if the request has waited for it. It keeps the place unless the rate
                was lowered since.
        """
        with self._state() as state:
            now = self._now()
            return (state.reserve(now) if reserved is None else state.confirm(now, reserved)) - now

    def rate_limited(self, sent: float, pause: float) -> None:
        """Record that the endpoint refused a request as one too many.

        Args:
            sent: When the request was sent.
            pause: Seconds in which no request is sent.
        """
        with self._state() as state:
            state.decrease(self._now(), sent, pause)

    def answered(self) -> None:
        """Record that a request was answered."""
        # Most of the time there is no limit, and nothing to raise.
        if self._read().rate is not None:
            with self._state() as state:
                state.increase()

    @contextmanager
    def _state(self) -> Iterator[RateLimit]:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._lock():
            state = self._read()
            yield state
            self._path.write_text(json.dumps(vars(state)), encoding="utf-8")

    def _read(self) -> RateLimit:
        """Return the state; a new one if there is none, or another process writes it now."""
        with suppress(OSError, ValueError, TypeError):
            return RateLimit(**json.loads(self._path.read_text(encoding="utf-8")))
        return RateLimit()
