"""The requests to the model of an agent that wait for their answers, and the real time that this takes."""

from __future__ import annotations

import threading
import time


class ModelWaits:
    """Counts the requests that wait for an answer, and the real time in which there are any."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._open = 0
        self._began = 0.0
        self._seconds = 0.0

    def begin(self) -> None:
        """Begin to wait for the answer to a request."""
        with self._changed:
            if not self._open:
                self._began = time.monotonic()
            self._open += 1

    def end(self) -> None:
        """End the wait for an answer."""
        with self._changed:
            self._open -= 1
            if not self._open:
                self._seconds += time.monotonic() - self._began
            self._changed.notify_all()

    def seconds(self) -> float:
        """Return the seconds of real time in which a request has waited."""
        with self._changed:
            return self._seconds + (time.monotonic() - self._began if self._open else 0.0)

    def wait(self, seconds: float) -> bool:
        """Wait until no request is open, at most for some seconds, and return whether there still is one."""
        with self._changed:
            return not self._changed.wait_for(lambda: not self._open, seconds)
