"""What a run that did not succeed tells its reader."""

from __future__ import annotations

import dataclasses
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_pare.plain import to_text
from pytest_pare.redaction import redacted
from pytest_pare.scenarios.validation_result import RecordedException, exception_type_name

if TYPE_CHECKING:
    from types import TracebackType

    import pytest

    from pytest_pare.scenarios.validation_result import PAREScenarioValidationResult
    from pytest_pare.simulation.runner import Run

_LAST_EVENTS = 8
# Packages whose frames say nothing of what an agent has done.
_AROUND_AGENTS = ("pytest_pare", "are", "asyncio")


def presentable(told: Any) -> Any:
    """Return what a report tells, with all texts in it as ones that can be encoded and hold no secret."""
    if isinstance(told, str):
        return redacted(to_text(told))
    if isinstance(told, list | tuple):
        return type(told)([presentable(one) for one in told])
    if dataclasses.is_dataclass(told):
        # Pytest's own, of an exception with its traceback.
        vars(told).update({name: presentable(value) for name, value in vars(told).items()})
    return told


def cause_of(report: pytest.TestReport) -> str:
    """Return the line of a report that says what was wrong."""
    crash = getattr(report.longrepr, "reprcrash", None)
    lines = (report.longreprtext if crash is None else crash.message).strip().splitlines()
    # Without a traceback, as for a fixture that does not exist, pytest marks the line that matters.
    marked = [line.removeprefix("E").strip() for line in lines if line.startswith("E ")]
    return (marked or lines or ["no result was reported"])[0]


def explanation(run: Run) -> str:
    """Tell why a run did not succeed: the reason, then the last events in simulated time."""
    error = run.result.exception
    if error is not None:
        reason = f"{exception_type_name(error)}: {to_text(error)}".removesuffix(": ")
    else:
        said = "said no" if run.result.success is False else "gave no verdict (success is None)"
        reason = to_text(run.result.rationale or f"validate() {said} and gave no rationale")
    ending = [] if error is not None or not (told := unfinished(run.result)) else [told]
    # A condition that is asked every second would leave no room for what happened.
    events = [event for event in run.trace.events if event.kind != "CONDITION" or event.result]
    shown = [line for event in events[-_LAST_EVENTS:] for line in event.to_lines(width=78)]
    count = min(_LAST_EVENTS, len(events))
    title = f"last {count} of {len(events)} events, at simulated seconds:" if shown else "no event had happened"
    lines = [reason, *ending, "", title, *(f"  {line}" for line in shown)]
    if run.result.export_path is not None:
        lines += ["", f"trace: {run.result.export_path}"]
    # A `sys.exit()` in the scenario's code is told with where that is.
    raised = error.__cause__ if isinstance(error, RecordedException) else run.agent_error
    return to_text("\n".join([*lines, *_agents_traceback(raised)]))


def unfinished(result: PAREScenarioValidationResult) -> str:
    """Tell how many events of its script a run has missed; nothing if it has missed none."""
    missed = result.script_events_missed
    told = f"{missed} event{'s' * (missed > 1)} of the script had not happened when the run ended ({result.ended_by})"
    return told if missed else ""


def _agents_traceback(error: BaseException | None) -> list[str]:
    if error is None:
        return []
    told = traceback.TracebackException.from_exception(error)
    if not _keep_agents_frames(told, [str(Path(sys.modules[name].__file__ or "").parent) for name in _AROUND_AGENTS]):
        return []
    return ["", *"".join(told.format(chain=False)).splitlines()]


def _keep_agents_frames(told: traceback.TracebackException, others: list[str]) -> bool:
    """Leave only the agent's own frames, in a group in each of its exceptions, and tell whether there are any."""
    own = [frame for frame in told.stack if not any(Path(frame.filename).is_relative_to(other) for other in others)]
    told.stack = traceback.StackSummary.from_list(own)
    parts = [_keep_agents_frames(one, others) for one in told.exceptions or []]
    return bool(own) or any(parts)


def is_users(error: BaseException) -> bool:
    """Tell whether an exception comes from the scenario's own code, or what that called."""
    from pytest_pare.scenarios.errors import ScenarioDefect, ScenarioTimeoutError
    from pytest_pare.scenarios.noise.data import NoiseError

    return not isinstance(error, ScenarioDefect | ScenarioTimeoutError | NoiseError) and _own_frames(error) is not None


def from_users_code(error: Exception) -> Exception:
    """Return `error` with the frames of the scenario's own code and what that called, and no others."""
    return error.with_traceback(_own_frames(error) or error.__traceback__)


def _own_frames(error: BaseException) -> TracebackType | None:
    own = error.__traceback__
    while own is not None and _is_plumbing(own.tb_frame.f_globals.get("__name__", "")):
        own = own.tb_next
    return own


def _is_plumbing(module: str) -> bool:
    return module.partition(".")[0] in ("pytest_pare", "are")
