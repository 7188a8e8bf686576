"""`RunEntry`, the outcome of one run in a report."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from pytest_pare.base.redaction import redacted_all
from pytest_pare.results.usage import cost_of, tokens_of
from pytest_pare.results.validation_result import exception_type_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_pare.results.validation_result import PAREScenarioValidationResult

AS_EXPECTED: Final = ("success", "skipped", "xfailed", "not_needed")
"""Statuses of runs that need no attention."""

LOG_TITLE: Final = "the last lines of its standard error:"
"""The line before the log in the message of a program that failed."""


class RunEntry(NamedTuple):
    """A run that was selected, with or without a result.

    Attributes:
        scenario_id: The scenario.
        variant: The variant; empty without any.
        run_number: 1 and up; None if each scenario is run once.
        status: success, failed, exception, no_validation, no_result, skipped, xfailed, not_needed or user_fault.
        reason: Why there is no result, or why it does not count.
        result: The result, if there is one.
        reused: The earlier session whose result is reused; empty if the run was played.
    """

    scenario_id: str
    variant: str
    run_number: int | None
    status: str
    reason: str = ""
    result: PAREScenarioValidationResult | None = None
    reused: str = ""

    @property
    def why(self) -> str:
        """Why the run did not succeed."""
        return why_of(self.scenario_id, self.result, self.reason)


def why_of(scenario_id: str, result: PAREScenarioValidationResult | None, reason: str) -> str:
    """Return why an attempt at a run did not succeed, with the last line of a program's log at most.

    The rest of a log has times and the like, and would make equal failures unequal.

    Args:
        scenario_id: The scenario.
        result: The result; None without one.
        reason: Why there is none.
    """
    if result is None:
        return reason
    if result.exception is not None:
        # Most messages of exceptions begin with the scenario, which is beside this text already.
        message = str(result.exception).removeprefix(f"{scenario_id}: ")
        return _without_log(f"{exception_type_name(result.exception)}: {message}".removesuffix(": "))
    why = _without_log(result.rationale or "no rationale")
    return why if result.user_failure is None else f"{result.user_failure}; {why}"


def _without_log(text: str) -> str:
    message, _, log = text.partition(f"\n{LOG_TITLE}\n")
    last = log.rpartition("\n")[2].strip()
    # A traceback ends with the module of an exception, its class and its text.
    raised, colon, text = last.partition(": ")
    is_known = last in message or (colon and f"{raised.rpartition('.')[2]}: {text}" in message)
    return message if is_known else f"{message} ({last})"


def reused_lines(entries: Sequence[RunEntry]) -> list[str]:
    """Return a line on the runs whose results were reused; none without any."""
    count = sum(bool(entry.reused) for entry in entries)
    return [f"{count} of {len(entries)} runs reused from earlier sessions"] if count else []


def entries_to_dicts(entries: Sequence[RunEntry]) -> Iterator[dict[str, Any]]:
    """Yield the runs as builtins for JSON, with their texts redacted."""
    texts = [_texts(entry) for entry in entries]
    faults = [[] if entry.result is None else entry.result.user_faults for entry in entries]
    of_users = (str(one["text"]) for found in faults for one in found)
    safe = redacted_all([*(text for one in texts for text in one.values() if text is not None), *of_users])
    for entry, one, found in zip(entries, texts, faults, strict=True):
        result = entry.result
        yield {
            # The texts replace the first two, which are here for the order.
            **dict.fromkeys(("scenario", "variant")),
            "run": entry.run_number,
            "status": entry.status,
            **{name: None if text is None else safe[text] for name, text in one.items()},
            "cost": None if result is None else cost_of(result),
            "tokens": None if result is None else tokens_of(result),
            "turns": None if result is None else result.number_of_turns,
            "user_faults": [{**fault, "text": safe[str(fault["text"])]} for fault in found],
            "reused": entry.reused or None,
        }


def _texts(entry: RunEntry) -> dict[str, str | None]:
    result = entry.result
    exception = None if result is None else result.exception
    return {
        "scenario": entry.scenario_id,
        "variant": entry.variant,
        "reason": entry.reason or None,
        "rationale": None if result is None else result.rationale,
        "exception_type": None if exception is None else exception_type_name(exception),
        "exception_message": None if exception is None else str(exception),
        "trace": None if result is None else result.export_path,
    }
