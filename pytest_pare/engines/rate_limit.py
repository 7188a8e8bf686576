"""How fast an endpoint is asked by all runs of a session, in whatever process they are.

There is no limit until the endpoint says that there were too many requests. Then everybody slows down: the rate is
halved at once, grows by a fixed amount with each answer, and is unlimited again when it is far above what was too much.
The state is a small file for each endpoint, in a directory of the session.
"""

from __future__ import annotations

import atexit
import hashlib
import json
import os
import shutil
import tempfile
import time
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
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
_SEARCH = 0.2  # of the rate itself, with each answer, until a rate that was in force was too much
_FREE = 8.0  # times that rate: nobody minds any more
_WINDOW = 10.0  # seconds over which requests are counted


@contextmanager
def session_directory() -> Iterator[None]:
    """Give the processes that are started in this context a directory in common, and remove it at the end.

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
    """Return a directory that no other process shares: of a program that has no session."""
    made = tempfile.mkdtemp(prefix="pytest-pare-")

    @atexit.register
    def remove() -> None:
        # A process that is forked from this one inherits what is to be done at the end.
        if os.getpid() == pid:
            shutil.rmtree(made, ignore_errors=True)

    return Path(made)


def directory() -> Path:
    """Return the directory of the session."""
    named = os.environ.get(VARIABLE)
    if named is not None and Path(named).is_dir():
        return Path(named)
    return _of_process(os.getpid())


@dataclass
class Pace:
    """What is known of an endpoint.

    Attributes:
        rate: Most requests a second; `None` for no limit.
        base: The rate after the last decrease.
        is_proved: Whether a rate that was in force was too much. The first one is a guess, by what was asked.
        changed: When the last decrease was. Times are of the machine's monotonic clock, which all processes share.
        next: When the next request may be sent.
        resumes: Before this, nobody sends any.
        sent: When requests were sent lately.
    """

    rate: float | None = None
    base: float = 0.0
    is_proved: bool = False
    changed: float = 0.0
    next: float = 0.0
    resumes: float = 0.0
    sent: list[float] = field(default_factory=list)

    def take(self, now: float) -> float:
        """Note a request, and return when it may be sent."""
        at = max(now, self.resumes)
        if self.rate is not None:
            at = max(at, self.next)
            self.next = at + 1 / self.rate
        self.sent = [*(moment for moment in self.sent if moment > now - _WINDOW), at]
        return at

    def keep(self, now: float, taken: float) -> float:
        """Return when a request may be sent whose turn it was to be now, by what was known at `taken`."""
        # Who was to go at the rate of before goes at the new one, like all others.
        return self.take(now) if self.changed >= taken else max(now, self.resumes)

    def slow_down(self, now: float, sent: float, pause: float) -> None:
        """Note that a request was refused which was sent at `sent`, and that nobody is to ask for `pause` seconds."""
        self.resumes = max(self.resumes, now + pause)
        # What was under way at the last decrease says nothing of the rate since then.
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

    def speed_up(self) -> None:
        """Note that a request was answered."""
        if self.rate is None:
            return
        self.rate += _INCREASE * self.base if self.is_proved else _SEARCH * self.rate
        if self.rate > self.base * _FREE:
            self.rate = None


class Pacer:
    """Keeps the pace of one endpoint.

    Args:
        endpoint: Its URL, or the name of the provider.
        now: Returns the time of a clock that all processes share, in seconds.
    """

    def __init__(self, endpoint: str, now: Callable[[], float] = time.monotonic) -> None:
        name = hashlib.sha256(endpoint.encode()).hexdigest()[:16]
        # The controller of a session has no use for it.
        from filelock import FileLock

        self._path = directory() / f"pace-{name}.json"
        self._lock = partial(FileLock, self._path.with_suffix(".lock"))
        self._now = now

    def wait(self, taken: float | None = None) -> float:
        """Return the seconds until a request may be sent.

        Args:
            taken: When it was asked first, if it has waited since then; it has no other turn if nobody was refused.
        """
        with self._pace() as pace:
            now = self._now()
            return (pace.take(now) if taken is None else pace.keep(now, taken)) - now

    def refused(self, sent: float, pause: float) -> None:
        """Note that there were too many requests.

        Args:
            sent: When the request was sent.
            pause: Seconds that nobody is to ask for.
        """
        with self._pace() as pace:
            pace.slow_down(self._now(), sent, pause)

    def answered(self) -> None:
        """Note that a request was answered."""
        with self._pace() as pace:
            pace.speed_up()

    @contextmanager
    def _pace(self) -> Iterator[Pace]:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._lock():
            pace = Pace()
            with suppress(OSError, ValueError, TypeError):
                pace = Pace(**json.loads(self._path.read_text(encoding="utf-8")))
            yield pace
            self._path.write_text(json.dumps(asdict(pace)), encoding="utf-8")
