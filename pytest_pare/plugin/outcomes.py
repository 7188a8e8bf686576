"""The outcome of each attempt at a run, as a report carries it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from pytest_pare.plugin.failure_report import cause_of
from pytest_pare.plugin.watchdog import why_ended
from pytest_pare.results.validation_result import result_from_record

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pytest

    from pytest_pare.results.validation_result import PAREScenarioValidationResult

NOT_RUN = "the session ended before it was run"
"""The reason of a run that has not begun."""

_AS_EXPECTED = ("success", "skipped", "xfailed")


@dataclass
class Outcome:
    """The outcome of an attempt at a run.

    Attributes:
        kind: success, failed, exception or no_validation for a run with a result; no_result for one without, because
            its fixtures failed, its worker died or the session ended; skipped or xfailed.
        result: The result, if there is one.
        config: The run's configuration, if it was played.
        reason: Why there is no result, or why it does not count.
        reported: Whether the outcome comes from a report; if not, it holds until a report arrives.
        replaced: Whether a plugin has run the test again after this attempt.
        died: Whether there is no result because the process died.
    """

    kind: str
    result: PAREScenarioValidationResult | None = None
    config: Mapping[str, Any] | None = None
    reason: str = ""
    reported: bool = True
    replaced: bool = False
    died: bool = False

    @property
    def is_infrastructure(self) -> bool:
        """Whether infrastructure ended the attempt: an engine could not answer, or the process died."""
        return self.died or (self.result is not None and self.result.exception_kind == "infrastructure")

    @property
    def word(self) -> str:
        """The name of the outcome in a report."""
        if self.died:
            return "process died"
        return "infrastructure" if self.is_infrastructure else self.kind.replace("_", " ")

    @property
    def is_waiting(self) -> bool:
        """Whether the run has not begun."""
        return not self.reported and self.reason == NOT_RUN


def outcome_of(report: pytest.TestReport) -> Outcome | None:
    """Return the outcome that a report carries; `None` if it carries none."""
    expected = hasattr(report, "wasxfail")
    if report.skipped:
        reason = report.wasxfail if expected else _skip_reason(report)
        return Outcome("xfailed" if expected else "skipped", reason=reason)
    if report.when == "teardown" or (report.when == "setup" and report.passed):
        return None
    replaced = is_run_again(report)
    if report.when == "call":
        return _outcome_of_call(report, replaced=replaced)
    if report.when == "setup":
        return Outcome("no_result", reason=f"a fixture failed: {cause_of(report)}", replaced=replaced)
    # If the watchdog ended a run that took too long, its process did not die by itself.
    ended = why_ended(report.nodeid)
    return Outcome("no_result", reason=ended or "its process died", died=ended is None, replaced=replaced)


def is_run_again(report: pytest.TestReport) -> bool:
    """Return whether a plugin has run the test again after this report; such a plugin sets an outcome of its own."""
    return report.outcome not in ("passed", "failed", "skipped")


def _outcome_of_call(report: pytest.TestReport, *, replaced: bool) -> Outcome:
    record = getattr(report, "pare", None)
    if record is None:
        return Outcome("no_result", reason=cause_of(report), replaced=replaced)
    outcome = outcome_of_record(record, replaced=replaced)
    if not report.passed and outcome.result is not None and outcome.kind == "success":
        # A strict xfail that passed, or another plugin's objection.
        outcome.kind, outcome.result.success, outcome.result.rationale = "failed", False, cause_of(report)
    return outcome


def outcome_of_record(record: Mapping[str, Any], *, replaced: bool = True) -> Outcome:
    """Return the outcome of an attempt from its record.

    Args:
        record: The record, as `run_reports` attaches it to a report.
        replaced: Whether a plugin has run the test again after this attempt.
    """
    if record["result"] is None:
        return Outcome("no_result", reason=record["reason"], replaced=replaced)
    result = result_from_record(record["result"])
    return Outcome(result.status, result, record["config"], replaced=replaced)


def _skip_reason(report: pytest.TestReport) -> str:
    return report.longrepr[2].removeprefix("Skipped: ") if isinstance(report.longrepr, tuple) else ""


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
