"""The outcome of each attempt at a run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from pytest_pare.results.run_set import LEFT_OUT
from pytest_pare.results.validation_result import result_from_record

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pytest_pare.results.validation_result import PAREScenarioValidationResult

NOT_RUN = "the session ended before it was run"
"""The reason of a run that has not begun."""

MISSING_SHARD = "its shard is missing"
"""The reason of a run in a shard that is not among those merged."""

_AS_EXPECTED = ("success", *LEFT_OUT)


@dataclass
class Outcome:
    """The outcome of an attempt at a run.

    Attributes:
        kind: success, failed, exception or no_validation for a run with a result; no_result for one without, because
            its fixtures failed, its worker died, the session ended or the budget was used; skipped, xfailed or
            not_needed; user_fault for a failed run that is left out because the simulated user failed.
        result: The result, if there is one.
        config: The run's configuration, if it was played.
        reason: Why there is no result, or why it does not count.
        reported: Whether the outcome comes from a report; if not, it holds until a report arrives.
        replaced: Whether a plugin has run the test again after this attempt.
        died: Whether there is no result because the process died.
        left_out: Whether the run was not started, because it was not needed or the budget was used.
        reused: The earlier session whose result a cache returned; empty if the run was played, or resumed.
        resumed_from: The earlier session that this one resumes and that has played the run; empty if this one has.
    """

    kind: str
    result: PAREScenarioValidationResult | None = None
    config: Mapping[str, Any] | None = None
    reason: str = ""
    reported: bool = True
    replaced: bool = False
    died: bool = False
    left_out: bool = False
    reused: str = ""
    resumed_from: str = ""

    @property
    def is_infrastructure(self) -> bool:
        """Whether infrastructure ended the attempt: an engine could not answer, or the process died."""
        return self.died or (self.result is not None and self.result.exception_kind == "infrastructure")

    def leave_out_user_faults(self) -> None:
        """Leave the run out if it failed and the simulated user failed in it."""
        if self.kind == "failed" and self.result is not None and self.result.user_failure is not None:
            self.kind, self.reason = "user_fault", self.result.user_failure

    @property
    def word(self) -> str:
        """The name of the outcome in a report."""
        if self.died:
            return "process died"
        return "infrastructure" if self.is_infrastructure else self.kind.replace("_", " ")

    @property
    def has_not_begun(self) -> bool:
        """Whether the run is missing in a session that is over: it was not reached, or the budget was used."""
        return self.is_waiting or (self.left_out and self.kind == "no_result")

    @property
    def is_waiting(self) -> bool:
        """Whether the run has not begun."""
        return not self.reported and self.reason in (NOT_RUN, MISSING_SHARD)


def outcome_of_record(record: Mapping[str, Any], *, replaced: bool = True) -> Outcome:
    """Return the outcome of an attempt from its record.

    Args:
        record: The record, as a report of pytest carries it.
        replaced: Whether a plugin has run the test again after this attempt.
    """
    if record["result"] is None:
        return Outcome("no_result", reason=record["reason"], replaced=replaced)
    result = result_from_record(record["result"])
    return Outcome(result.status, result, record["config"], replaced=replaced)


def counted(attempts: Sequence[Outcome], reruns: Literal["first", "last"]) -> Outcome:
    """Return the attempt at a run that counts.

    Args:
        attempts: All attempts, in their order. With `--dist each`, each worker adds one that is not replaced, and each
            of these must succeed.
        reruns: Which one counts if a plugin has run the test again. An attempt that infrastructure has ended says
            nothing about the agent, and is replaced in either case.
    """
    final = [attempt for attempt in attempts if not attempt.replaced]
    wrong = [attempt for attempt in final if attempt.kind not in _AS_EXPECTED]
    last = (wrong or final or attempts)[-1]
    first = next((attempt for attempt in attempts if attempt.replaced and not attempt.is_infrastructure), last)
    # A plugin may require several successes, so the first of them does not decide.
    return last if reruns == "last" or first.kind in _AS_EXPECTED else first
