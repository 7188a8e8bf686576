"""The outcome that a report of pytest carries."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_pare.ledger.outcomes import Outcome, outcome_of_record
from pytest_pare.plugin.failure_report import cause_of
from pytest_pare.plugin.watchdog import why_ended

if TYPE_CHECKING:
    import pytest


def outcome_of(report: pytest.TestReport) -> Outcome | None:
    """Return the outcome that a report carries; `None` if it carries none."""
    outcome = _outcome_of(report)
    if outcome is not None:
        outcome.reused = getattr(report, "pare", {}).get("reused", "")
    return outcome


def _outcome_of(report: pytest.TestReport) -> Outcome | None:
    expected = hasattr(report, "wasxfail")
    if (left_out := getattr(report, "pare_left_out", None)) is not None:
        return Outcome(left_out["kind"], reason=left_out["reason"], left_out=True)
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


def _skip_reason(report: pytest.TestReport) -> str:
    return report.longrepr[2].removeprefix("Skipped: ") if isinstance(report.longrepr, tuple) else ""
