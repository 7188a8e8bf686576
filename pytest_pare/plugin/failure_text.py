"""The failure text of a run: the reason, expected and got, and the events around them, at most 80 columns wide."""

from __future__ import annotations

import re
import shlex
import sys
import textwrap
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_pare.base.redaction import redacted
from pytest_pare.base.serialization import to_short_text, to_text
from pytest_pare.base.user_frames import is_users as is_users_file
from pytest_pare.results.judgements import claim_lines
from pytest_pare.results.text import WIDTH, printable, wrapped
from pytest_pare.results.validation_result import RecordedException, exception_type_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from pytest_pare.results.validation_result import PAREScenarioValidationResult
    from pytest_pare.simulation.runner import Run
    from pytest_pare.simulation.trace_steps import Step

_LAST_EVENTS = 8
# Events before and after one that the verdict is about, and the most of such events.
_BEFORE, _AFTER = 5, 2
_MOST_MARKED = 3
_MOST_DIFFERENCES = 3
_LONGEST_PART = 500
_LONGEST_WORD = 300
# Words without which a text still says the same.
_FILLERS = frozenset({"a", "an", "the", "that", "value", "no"})
_CUT = re.compile(r"\.\.\. \[[\d,]+ more characters\]$")
# Packages whose frames do not show what an agent has done.
_AROUND_AGENTS = ("pytest_pare", "are", "asyncio")


def explanation(run: Run, name: str | None = None, notes: Sequence[str] = (), *, with_events: bool = True) -> str:
    """Return the failure text of a run.

    Args:
        run: The run.
        name: Its name for `pytest-pare show`; `None` if its trace is not kept.
        notes: What else is to be said, a paragraph each.
        with_events: Whether it has the events, which `--pare-show` prints in a section of their own.
    """
    error, result = run.result.exception, run.result
    reason = redacted(_reason(result))
    paragraphs = [
        reason,
        *([] if result.user_failure is None else [result.user_failure]),
        *([] if error is not None or not (missed := unfinished(result)) else [missed]),
        *(to_short_text(line) for line in claim_lines(result)),
    ]
    lines = [line for one in paragraphs for line in filled(redacted(one))]
    if different := _difference_lines(result, reason):
        lines += ["", *different]
    if said := _model_lines(run):
        lines += ["", *said]
    if with_events:
        lines += ["", *_event_lines(run)]
    if drawn := draw_lines(run):
        lines += ["", *drawn]
    if result.export_path is not None:
        lines += ["", f"trace: {result.export_path}"]
    # The traceback shows where the scenario's code called `sys.exit()`.
    raised = error.__cause__ if isinstance(error, RecordedException) else run.agent_error
    lines += _agents_traceback(raised, reason)
    for note in notes:
        lines += ["", *filled(redacted(to_short_text(note)))]
    if name is not None:
        lines += ["", f"look closer: pytest-pare show {shlex.quote(name)}"]
    return to_text("\n".join(lines))


def filled(text: str, begin: str = "", *, further: str | None = None) -> list[str]:
    """Return a text that is redacted already as printable lines; its own line breaks stay.

    Args:
        text: The text.
        begin: The beginning of the first line.
        further: That of the others; `None` for as many spaces.
    """
    further = " " * len(begin) if further is None else further
    lines: list[str] = []
    for line in text.splitlines() or [""]:
        # The note on a cut must stay whole: it is searched for.
        note = found[0] if (found := _CUT.search(line)) else ""
        lines += textwrap.wrap(
            printable(line.removesuffix(note)),
            WIDTH,
            initial_indent=further if lines else begin,
            subsequent_indent=further,
            break_on_hyphens=False,
            # A path stays whole, so that it can be copied.
            break_long_words=any(len(word) > _LONGEST_WORD for word in line.split()),
        ) or [begin if not lines else ""]
        if note and len(lines[-1]) + len(note) <= WIDTH:
            lines[-1] += note
        elif note:
            lines.append(f"{further}{note}")
    return lines


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


def _reason(result: PAREScenarioValidationResult) -> str:
    error = result.exception
    if error is not None:
        return f"{exception_type_name(error)}: {to_short_text(error)}".removesuffix(": ")
    said = "said no" if result.success is False else "gave no verdict (success is None)"
    return to_short_text(result.rationale or f"validate() {said} and gave no rationale")


def _difference_lines(result: PAREScenarioValidationResult, reason: str) -> list[str]:
    """Return what was expected and got on lines of their own, without what the reason says already."""
    shown: list[list[str]] = []
    for one in result.differences:
        lines = []
        for label, text in (("expected: ", one["expected"]), ("got:      ", one["got"])):
            if text is not None and not _words(redacted(text)) <= _words(reason):
                lines += filled(redacted(text), label)
        shown += [lines] if lines else []
    more = len(shown) - _MOST_DIFFERENCES
    return [*(line for one in shown[:_MOST_DIFFERENCES] for line in one), *([f"and {more} more"] if more > 0 else [])]


def _words(text: str) -> set[str]:
    return {word.strip(",;:") for word in text.split()} - _FILLERS


def _model_lines(run: Run) -> list[str]:
    """Return what the answers of models explain and the events do not show, with the numbers of their steps."""
    from pytest_pare.simulation.trace_steps import steps_of
    from pytest_pare.timeline.findings import model_findings

    found = model_findings(steps_of(run.trace), run.trace.notified)
    return [line for text, numbers in found for line in filled(redacted(f"{text}: {_steps(numbers)}"))]


def _steps(numbers: Sequence[int]) -> str:
    shown = [str(number) for number in numbers[:_MOST_MARKED]]
    more = len(numbers) - len(shown)
    return f"step{'s' * (len(numbers) > 1)} {', '.join(shown)}{f' and {more} more' if more else ''}"


def _event_lines(run: Run) -> list[str]:
    """Return the events that the verdict is about and those around them, or else the last ones."""
    from pytest_pare.simulation.trace import TraceEvent
    from pytest_pare.simulation.trace_steps import steps_of

    steps = [step for step in steps_of(run.trace) if isinstance(step.entry, TraceEvent)]
    if not steps:
        return ["no event had happened"]
    about = {(one["event_id"], one["time"]) for one in run.result.differences if one["event_id"] is not None}
    marked = [place for place, step in enumerate(steps) if _key(step) in about][:_MOST_MARKED]
    if not marked:
        count = min(_LAST_EVENTS, len(steps))
        title = f"last {count} of {len(steps)} events, at simulated seconds:"
        return [title, *_step_lines(steps, range(len(steps) - count, len(steps)), ())]
    numbers = [str(steps[place].number) for place in marked]
    listed = " and ".join(filter(None, [", ".join(numbers[:-1]), numbers[-1]]))
    title = f"events around step{'s' * (len(marked) > 1)} {listed}, at simulated seconds:"
    around = {one for place in marked for one in range(place - _BEFORE, place + _AFTER + 1) if 0 <= one < len(steps)}
    return [title, *_step_lines(steps, sorted(around), marked)]


def _key(step: Step) -> tuple[str, float]:
    return getattr(step.entry, "event_id", ""), step.entry.time


def _step_lines(steps: Sequence[Step], places: Iterable[int], marked: Sequence[int]) -> Iterator[str]:
    """Yield the events at places with the numbers of their steps, those in question marked."""
    width = len(str(steps[-1].number))
    last = None
    for place in places:
        if last is not None and place > last + 1:
            yield "  ..."
        last = place
        begin = f"{'>' if place in marked else ' '} {steps[place].number:>{width}} "
        entry: Any = steps[place].entry
        first, *others = entry.to_lines(width=WIDTH - len(begin))
        yield f"{begin}{first}"
        yield from (f"{' ' * len(begin)}{line}" for line in others)


def _agents_traceback(error: BaseException | None, reason: str) -> list[str]:
    if error is None:
        return []
    others = [str(Path(sys.modules[name].__file__ or "").parent) for name in _AROUND_AGENTS]
    # An agent that is installed as a package has no frames of the user's.
    for is_agents in (is_users_file, lambda file: not any(Path(file).is_relative_to(other) for other in others)):
        shown = traceback.TracebackException.from_exception(error)
        if _keep_agents_frames(shown, is_agents):
            parts = [
                one if len(one) <= _LONGEST_PART else f"{one[:_LONGEST_PART]}...\n"
                for one in shown.format(chain=False)
                if not _is_said(one, reason)
            ]
            return ["", *"".join(parts).splitlines()]
    return []


def _is_said(part: str, reason: str) -> bool:
    """Return whether a part of a traceback is the exception itself, which the reason names as well."""
    kind, _, message = redacted(to_text(part)).strip().partition(":")
    return not part.startswith(" ") and f"{kind.rpartition('.')[2]}:{message}".removesuffix(":") in reason


def _keep_agents_frames(shown: traceback.TracebackException, is_agents: Callable[[str], bool]) -> bool:
    """Keep only the agent's frames, in each exception of a group too, and return whether there are any."""
    own = [frame for frame in shown.stack if is_agents(frame.filename)]
    shown.stack = traceback.StackSummary.from_list(own)
    parts = [_keep_agents_frames(one, is_agents) for one in shown.exceptions or []]
    return bool(own) or any(parts)
