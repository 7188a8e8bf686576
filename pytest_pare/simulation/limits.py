"""The limits of a run in simulated and in real time."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field

from pytest_pare.scenarios.errors import ScenarioTimeoutError, SimulatedTimeOver


@dataclass
class Limits:
    """How long a run may last.

    Attributes:
        max_scenario_duration: Simulated seconds. A jump to a scheduled event does not count; time in which conditions
            are checked again does.
        timeout_seconds: Wall-clock seconds, or `None` for no limit.
        seconds_lost: Wall-clock seconds that were lost to failed requests.
    """

    max_scenario_duration: float = 600.0
    timeout_seconds: float | None = None
    seconds_lost: float = 0.0
    _waited: float = 0.0
    _began: float = field(default_factory=lambda: time.monotonic())  # noqa: PLW0108 - tests replace `time.monotonic`

    def wait(self, seconds: float, what: str) -> None:
        """Count simulated time against the limit.

        Args:
            seconds: How much time passes.
            what: The reason, for the message.

        Raises:
            SimulatedTimeOver: If more than `max_scenario_duration` has been waited in all.
        """
        self._waited += max(0.0, seconds)
        if self._waited > self.max_scenario_duration:
            raise SimulatedTimeOver(
                f"{what} within {self.max_scenario_duration} simulated seconds (max_scenario_duration)"
            )

    def seconds_left(self) -> float:
        """Return how many wall-clock seconds the run may last from now on, at least 0."""
        if self.timeout_seconds is None:
            return math.inf
        return max(0.0, self.timeout_seconds - (time.monotonic() - self._began))

    def check(self) -> None:
        """Raise `ScenarioTimeoutError` if the wall-clock limit is over."""
        if self.timeout_seconds is not None and self.seconds_left() == 0:
            raise ScenarioTimeoutError(
                f"the run took longer than {self.timeout_seconds} s of real time (timeout_seconds)"
            )
