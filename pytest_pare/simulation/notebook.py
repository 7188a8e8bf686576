"""HTML for notebooks: a run with its verdict, its figures and its steps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from pytest_pare.base.redaction import redacted
from pytest_pare.results.notebook import heading, paragraph, table
from pytest_pare.results.run_entries import why_of
from pytest_pare.results.text import plural
from pytest_pare.simulation.trace import TraceEvent
from pytest_pare.simulation.trace_steps import Step, steps_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_pare.results.validation_result import PAREScenarioValidationResult
    from pytest_pare.simulation.trace import Trace

# Wider lines than those of a terminal.
_WIDTH = 110
_LONGEST = 300


def run_html(result: PAREScenarioValidationResult, trace: Trace, warnings: Sequence[str] = ()) -> str:
    """Return a run as HTML: status, reason, what was expected, figures, and the steps behind a line that opens them.

    Args:
        result: The result.
        trace: The trace.
        warnings: The warnings of the run.
    """
    number = "" if trace.run_number is None else f"run {trace.run_number}"
    agent = f"agent {trace.agent}" if trace.agent else ""
    parts = [heading(result.status, trace.scenario_id, number, agent)]
    if not result.success:
        parts.append(paragraph(why_of(trace.scenario_id, result, "")))
    if result.differences:
        rows = [(one.get("expected") or "nothing", one.get("got") or "nothing") for one in result.differences]
        parts.append(table(("Expected", "Got"), rows, what="difference"))
    parts.append(paragraph(_figures(result)))
    parts += [paragraph(f"warning: {one}") for one in warnings]
    steps = steps_of(trace)
    cells = [(step.number, f"{step.entry.time:.10g} s", step.lane, _text(step)) for step in steps]
    opened = Markup("<details><summary>{}</summary>\n{}</details>").format(
        plural(len(steps), "step"), table(("Step", "Time", "Who", "What"), cells, what="step", last=True)
    )
    return str(Markup('<div class="pare">{}</div>').format(Markup("\n").join([*parts, opened])))


def _figures(result: PAREScenarioValidationResult) -> str:
    counts: list[tuple[Any, str]] = [
        (result.number_of_turns, "turn"),
        (result.proposal_count, "proposal"),
        (result.acceptance_count, "acceptance"),
        (result.rejection_count, "rejection"),
        (result.read_only_actions, "read"),
        (result.write_actions, "write"),
    ]
    return ", ".join(plural(number, noun) for number, noun in counts)


def _text(step: Step) -> str:
    """Return what happened, as the trace prints it, without the time and the side, which have columns of their own."""
    entry = step.entry
    if isinstance(entry, TraceEvent):
        lines = entry.to_lines(_WIDTH)
        begin = len(f"+{entry.time:<7.10g} {entry.kind.lower():<6} ")
        return "\n".join(line[begin:] for line in lines)
    answer = redacted(f"raised: {entry.error}" if entry.error is not None else entry.response or "")
    cut = answer if len(answer) <= _LONGEST else f"{answer[: _LONGEST - 1]}…"
    return f"{entry.role} ({entry.model}): {cut}"
