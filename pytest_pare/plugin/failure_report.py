"""The failure text of a run, and the texts of its reports, cut and redacted."""

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
from pytest_pare.results.judgements import claim_lines
from pytest_pare.results.text import wrapped
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
# Packages whose frames do not show what an agent has done.
_AROUND_AGENTS = ("pytest_pare", "are", "asyncio")


def presentable(content: Any, to_text: Callable[[object], str] = to_short_text) -> Any:
    """Return a part of a report with all its texts cut, encodable and redacted.

    Args:
        content: A `longrepr` or `sections`.
        to_text: Makes the texts; `serialization.to_text` does not cut them.
    """
    if isinstance(content, str):
        return redacted(to_text(content))
    if isinstance(content, list | tuple):
        return type(content)([presentable(one, to_text) for one in _cut_message(content)])
    if dataclasses.is_dataclass(content):
        # Pytest's class for an exception with its traceback.
        vars(content).update({name: presentable(value, to_text) for name, value in vars(content).items()})
    return content


def cause_of(report: pytest.TestReport) -> str:
    """Return the line of a report that names the cause of a failure."""
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
        # A short rest is the note of an earlier cut.
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
        # Subclasses, such as named tuples and numpy numbers, become builtins.
        items = map(sendable, value)
        return list(items) if isinstance(value, list) else tuple(items)
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, float) or (isinstance(value, int) and value >= _LEAST_INT):
        return int(value) if isinstance(value, int) else float(value)
    return to_short_text(value)


def explanation(run: Run) -> str:
    """Return the failure text of a run: the reason, then the last events in simulated time."""
    error = run.result.exception
    if error is not None:
        reason = f"{exception_type_name(error)}: {to_short_text(error)}".removesuffix(": ")
    else:
        said = "said no" if run.result.success is False else "gave no verdict (success is None)"
        reason = to_short_text(run.result.rationale or f"validate() {said} and gave no rationale")
    users = [] if run.result.user_failure is None else [run.result.user_failure]
    ending = [] if error is not None or not (missed := unfinished(run.result)) else [missed]
    # A condition is evaluated every second, and its events would leave no room for others.
    events = [event for event in run.trace.events if event.kind != "CONDITION" or event.result]
    shown = [line for event in events[-_LAST_EVENTS:] for line in event.to_lines(width=78)]
    count = min(_LAST_EVENTS, len(events))
    title = f"last {count} of {len(events)} events, at simulated seconds:" if shown else "no event had happened"
    judged = [redacted(to_short_text(line)) for line in claim_lines(run.result)]
    lines = [reason, *users, *ending, *judged, "", title, *(f"  {line}" for line in shown)]
    if drawn := draw_lines(run):
        lines += ["", *drawn]
    if run.result.export_path is not None:
        lines += ["", f"trace: {run.result.export_path}"]
    # The traceback shows where the scenario's code called `sys.exit()`.
    raised = error.__cause__ if isinstance(error, RecordedException) else run.agent_error
    return to_text("\n".join([*lines, *_agents_traceback(raised)]))


def draw_lines(run: Run) -> list[str]:
    """Return lines on the values that the world of a run has by `variation`; none without."""
    # Redacted before they are wrapped: a part of a secret is not recognized.
    values = (redacted(to_short_text(f"{written}: {value}")) for written, value in run.trace.draws.items())
    drawn = [line for value in values for line in wrapped(value, "  ")]
    return ["drawn in this run, by kind and written value:", *drawn] if drawn else []


def unfinished(result: PAREScenarioValidationResult) -> str:
    """Return a line on the events of the script that a run has missed; empty if it has missed none."""
    missed = result.script_events_missed
    line = f"{missed} event{'s' * (missed > 1)} of the script had not happened when the run ended ({result.ended_by})"
    return line if missed else ""


def _agents_traceback(error: BaseException | None) -> list[str]:
    if error is None:
        return []
    others = [str(Path(sys.modules[name].__file__ or "").parent) for name in _AROUND_AGENTS]
    # An agent that is installed as a package has no frames of the user's.
    for is_agents in (is_users_file, lambda file: not any(Path(file).is_relative_to(other) for other in others)):
        shown = traceback.TracebackException.from_exception(error)
        if _keep_agents_frames(shown, is_agents):
            # The reason above has the whole message.
            parts = (
                one if len(one) <= _LONGEST_PART else f"{one[:_LONGEST_PART]}...\n" for one in shown.format(chain=False)
            )
            return ["", *"".join(parts).splitlines()]
    return []


def _keep_agents_frames(shown: traceback.TracebackException, is_agents: Callable[[str], bool]) -> bool:
    """Keep only the agent's frames, in each exception of a group too, and return whether there are any."""
    own = [frame for frame in shown.stack if is_agents(frame.filename)]
    shown.stack = traceback.StackSummary.from_list(own)
    parts = [_keep_agents_frames(one, is_agents) for one in shown.exceptions or []]
    return bool(own) or any(parts)


def is_users(error: BaseException) -> bool:
    """Return whether an exception comes from the scenario's own code, or from code that it called."""
    from pytest_pare.scenarios.errors import ScenarioDefect, ScenarioTimeoutError
    from pytest_pare.scenarios.noise.data import NoiseError

    return not isinstance(error, ScenarioDefect | ScenarioTimeoutError | NoiseError) and _own_frames(error) is not None


def from_users_code(error: Exception) -> Exception:
    """Return `error` with only the user's frames, in its causes and contexts too.

    The frames of a library that is installed as a package look like those of any other package, so all frames below the
    plugin's are kept.
    """
    chain: list[BaseException] = [error]
    for one in chain:
        one.__traceback__ = users_traceback(one.__traceback__) or _own_frames(one) or one.__traceback__
        behind = (one.__cause__, one.__context__)
        chain += [other for other in behind if other is not None and not any(other is known for known in chain)]
    return error


def _own_frames(error: BaseException) -> TracebackType | None:
    own = error.__traceback__
    while own is not None and _is_internal(own.tb_frame.f_globals.get("__name__", "")):
        own = own.tb_next
    return own


def _is_internal(module: str) -> bool:
    return module.partition(".")[0] in ("pytest_pare", "are")
