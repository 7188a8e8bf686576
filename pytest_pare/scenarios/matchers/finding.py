"""`Finding`, why a run does not match: the rationale, expected and got, and the event."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from are.simulation.scenarios.validation_result import ScenarioValidationResult

from pytest_pare.scenarios.differences import note_differences

if TYPE_CHECKING:
    from are.simulation.types import AbstractEnvironment, CompletedEvent

    Pair = tuple[str | None, str | None]


@dataclass(frozen=True)
class Finding:
    """Why a run does not match.

    Attributes:
        text: The rationale.
        pairs: What was expected and what was found instead, each as a redacted text; `None` for nothing.
        event: The event that the finding is about; `None` if there is none, as for a call that was not made.
    """

    text: str
    pairs: tuple[Pair, ...] = ()
    event: CompletedEvent | None = None

    def differences(self, start_time: float | None) -> list[dict[str, Any]]:
        """Return the pairs as the differences of a result.

        Args:
            start_time: Begin of the simulation, in epoch seconds.
        """
        event_id, time = None, None
        if self.event is not None:
            event_id = self.event.event_id
            if start_time is not None and self.event.event_time is not None:
                # As in the trace.
                time = round(self.event.event_time - start_time, 6)
        return [{"expected": expected, "got": got, "event_id": event_id, "time": time} for expected, got in self.pairs]


def not_true(sentences: list[str]) -> Finding | None:
    """Return the finding that sentences are not true after the run; `None` without one."""
    if not sentences:
        return None
    return Finding(f"not true after the run: {'; '.join(sentences)}", tuple((one, None) for one in sentences))


def judged(env: AbstractEnvironment, finding: Finding | None) -> ScenarioValidationResult:
    """Return the verdict on a run, and note the differences of the finding.

    Args:
        env: The environment after the run.
        finding: Why it does not match; `None` if it does.
    """
    if finding is None:
        return ScenarioValidationResult(success=True)
    note_differences(finding.text, finding.differences(getattr(env, "start_time", None)))
    return ScenarioValidationResult(success=False, rationale=finding.text)
