"""What a run that did not succeed tells its reader."""

from __future__ import annotations

import dataclasses
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_pare.base.redaction import redacted
from pytest_pare.base.serialization import MOST_CHARACTERS, to_short_text, to_text
from pytest_pare.base.user_frames import is_users as is_users_file
from pytest_pare.base.user_frames import users_traceback
from pytest_pare.results.validation_result import RecordedException, exception_type_name

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import TracebackType

    import pytest

    from pytest_pare.results.validation_result import PAREScenarioValidationResult
    from pytest_pare.simulation.runner import Run

_LAST_EVENTS = 8
_LONGEST_PART = 500
_SHORT_REST = 50
# execnet sends larger numbers of any size, but not smaller ones.
_LEAST_INT = -(2**31)
# Packages whose frames say nothing of what an agent has done.
_AROUND_AGENTS = ("pytest_pare", "are", "asyncio")


def presentable(told: Any, to_text: Callable[[object], str] = to_short_text) -> Any:
    """Return what a report tells, with all texts in it cut, and as ones that can be encoded and hold no secret.

    Args:
        told: A `longrepr` or `sections`.
        to_text: Makes the texts; `plain.to_text` does not cut.
    """
    if isinstance(told, str):
        return redacted(to_text(told))
    if isinstance(told, list | tuple):
        return type(told)([presentable(one, to_text) for one in _cut_message(told)])
    if dataclasses.is_dataclass(told):
        # Pytest's own, of an exception with its traceback.
        vars(told).update({name: presentable(value, to_text) for name, value in vars(told).items()})
    return told


def cause_of(report: pytest.TestReport) -> str:
    """Return the line of a report that says what was wrong."""
    crash = getattr(report.longrepr, "reprcrash", None)
    lines = (report.longreprtext if crash is None else crash.message).strip().splitlines()
    # Without a traceback, as for a fixture that does not exist, pytest marks the line that matters.
    marked = [line.removeprefix("E").strip() for line in lines if line.startswith("E ")]
    return (marked or lines or ["no result was reported"])[0]


def _cut_message(lines: Sequence[Any]) -> Sequence[Any]:
    """Cut the lines that are the message of an exception, as pytest marks them, but for the first one of them."""
    room = MOST_CHARACTERS
    for number, line in enumerate(lines):
        if not isinstance(line, str) or not line.startswith("E "):
            continue
        # A short rest is a note that is there already.
        if room < 0 and sum(map(len, lines[number:])) > _SHORT_REST:
            missing = sum(map(len, lines[number:]))
            return [*lines[:number], f"E   ... [{missing:,} more characters]"]
        room -= len(line)
    return lines


def sendable(value: Any) -> Any:
    """Return `value` as builtins that reach the controller of pytest-xdist as they are.

    A worker that puts anything else on a report ends, and its session with exit status 0.
    """
    if isinstance(value, dict):
        return {sendable(key): sendable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        # No subclass: a named tuple, a number of numpy's.
        items = map(sendable, value)
        return list(items) if isinstance(value, list) else tuple(items)
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, float) or (isinstance(value, int) and value >= _LEAST_INT):
        return int(value) if isinstance(value, int) else float(value)
    return to_short_text(value)


def explanation(run: Run) -> str:
    """Tell why a run did not succeed: the reason, then the last events in simulated time."""
    error = run.result.exception
    if error is not None:
        reason = f"{exception_type_name(error)}: {to_short_text(error)}".removesuffix(": ")
    else:
        said = "said no" if run.result.success is False else "gave no verdict (success is None)"
        reason = to_short_text(run.result.rationale or f"validate() {said} and gave no rationale")
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
    others = [str(Path(sys.modules[name].__file__ or "").parent) for name in _AROUND_AGENTS]
    # An agent that is installed as a package has no frames of the first kind.
    for is_agents in (is_users_file, lambda file: not any(Path(file).is_relative_to(other) for other in others)):
        told = traceback.TracebackException.from_exception(error)
        if _keep_agents_frames(told, is_agents):
            # The reason above has the whole message.
            parts = (
                one if len(one) <= _LONGEST_PART else f"{one[:_LONGEST_PART]}...\n" for one in told.format(chain=False)
            )
            return ["", *"".join(parts).splitlines()]
    return []


def _keep_agents_frames(told: traceback.TracebackException, is_agents: Callable[[str], bool]) -> bool:
    """Leave only the agent's own frames, in a group in each of its exceptions, and return whether there are any."""
    own = [frame for frame in told.stack if is_agents(frame.filename)]
    told.stack = traceback.StackSummary.from_list(own)
    parts = [_keep_agents_frames(one, is_agents) for one in told.exceptions or []]
    return bool(own) or any(parts)


def is_users(error: BaseException) -> bool:
    """Tell whether an exception comes from the scenario's own code, or what that called."""
    from pytest_pare.scenarios.errors import ScenarioDefect, ScenarioTimeoutError
    from pytest_pare.scenarios.noise.data import NoiseError

    return not isinstance(error, ScenarioDefect | ScenarioTimeoutError | NoiseError) and _own_frames(error) is not None


def from_users_code(error: Exception) -> Exception:
    """Return `error` with the user's frames alone, and so all exceptions behind it.

    Where a library is installed as a package, nothing tells its frames from others: those below the plugin's are left.
    """
    chain: list[BaseException] = [error]
    for one in chain:
        one.__traceback__ = users_traceback(one.__traceback__) or _own_frames(one) or one.__traceback__
        behind = (one.__cause__, one.__context__)
        chain += [other for other in behind if other is not None and not any(other is known for known in chain)]
    return error


def _own_frames(error: BaseException) -> TracebackType | None:
    own = error.__traceback__
    while own is not None and _is_plumbing(own.tb_frame.f_globals.get("__name__", "")):
        own = own.tb_next
    return own


def _is_plumbing(module: str) -> bool:
    return module.partition(".")[0] in ("pytest_pare", "are")
