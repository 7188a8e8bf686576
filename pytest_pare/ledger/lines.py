"""The lines of a suite's report for a terminal: figures, and runs that did not pass."""

from __future__ import annotations

import textwrap
from collections import Counter
from typing import TYPE_CHECKING

from pytest_pare.base.garbage import without_garbage_collection
from pytest_pare.base.redaction import redacted, redacted_all
from pytest_pare.ledger.outcomes import MISSING_SHARD, NOT_RUN
from pytest_pare.ledger.run_id import RunId
from pytest_pare.results.run_entries import why_of
from pytest_pare.results.text import WIDTH, plural

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from pytest_pare.ledger.outcomes import Outcome
    from pytest_pare.ledger.suite_results import SuiteResults
    from pytest_pare.results.gate import Verdict
    from pytest_pare.results.multi_result import PAREMultiScenarioValidationResult

# A longer name leaves no room for a reason on its line.
_LONG_NAME = 44
# The most reasons that are shown for one scenario, and the most lines of each.
_MOST_REASONS = 5
_MOST_LINES = 3
_LONG_SETUP_SECONDS = 0.5
# More variants than that are shown in a table; the files have all of their figures.
_MOST_GROUPS = 3
_LABEL = {
    "failed": "FAILED",
    "exception": "EXCEPTION",
    "no_validation": "NO VERDICT",
    "no_result": "NO RESULT",
    "skipped": "skipped",
    "xfailed": "xfailed",
    "user_fault": "USER FAULT",
    "rerun": "RERUN",
}
_HEADING = {"oracle": "Oracle mode, no agent tested", "reference": "Reference check, no agent tested"}


_OF_SEVERAL = {NOT_RUN: "the session ended before they were run", MISSING_SHARD: "their shard is missing"}


def summary_lines(results: SuiteResults, duration: float) -> Iterator[str]:
    """Yield the report on a suite, the runs that did not pass, and the lines of the verdict.

    Args:
        results: The runs, with their verdict.
        duration: Length of the session in seconds of real time.
    """
    yield from report_lines(results, duration)
    yield from (line for _, line in open_runs(results))
    if results.verdict is not None:
        yield from (line for _, line in verdict_lines(results.verdict))


@without_garbage_collection()
def report_lines(suite: SuiteResults, duration: float) -> list[str]:
    """Return the multi-scenario report of a suite."""
    from pytest_pare.results.details import detail_lines, labelled_lines
    from pytest_pare.results.report import lines_of_groups, title_lines
    from pytest_pare.results.robustness import curve_lines
    from pytest_pare.results.run_entries import reused_lines
    from pytest_pare.results.text import wrapped

    report = suite.report(duration)
    modes = +report.modes
    agents = set(modes) != {"oracle"}
    lines = title_lines(report.split, heading=_heading(modes))
    lines += lines_of_groups(report.groups, agents=agents, most_groups=_MOST_GROUPS)
    runs = report.runs
    consent = labelled_lines(runs) if runs and agents else ()
    attempts = wrapped(line, "  ") if (line := report.attempts.line()) else ()
    below = [
        *consent,
        *attempts,
        *(f"  {line}" for line in reused_lines(report.entries)),
        *_unfinished_lines(report.results.values()),
        *_setup_lines(suite),
        *(() if report.variation is None else report.variation.lines()),
    ]
    if below := [*below, *detail_lines(runs, report.other_attempts)]:
        lines += ["", *below]
    lines += curve_lines(report.curves, report.min_robustness)
    return lines if report.known_agents is None else [*lines, "", *report.known_agents.lines()]


def verdict_lines(verdict: Verdict) -> Iterator[tuple[str, str]]:
    """Yield colour and line of the gate's verdict, and of why it is so; the colour is empty except for the first."""
    colour = "red" if verdict.fails else "green" if verdict.word == "PASS" else "yellow"
    for number, line in enumerate(verdict.lines):
        # Redacted before it is wrapped, because half of a secret would not be found.
        for part in textwrap.wrap(redacted(line), WIDTH, subsequent_indent="  "):
            yield "" if number else colour, part


def _heading(modes: Counter[str]) -> str | None:
    """Return a line on the number of runs without a tested agent; `None` if all runs tested one."""
    of_all = "" if len(modes) == 1 else f" in {{}} of {modes.total()} runs"
    parts = [f"{_HEADING[mode]}{of_all.format(modes[mode])}" for mode in _HEADING if modes[mode]]
    return "; ".join(parts) + "." if parts else None


def _setup_lines(suite: SuiteResults) -> list[str]:
    seconds = suite.setup_seconds
    return [f"  Agent set-up took {seconds:.1f} s, in no run's duration"] if seconds >= _LONG_SETUP_SECONDS else []


def _unfinished_lines(results: Iterable[PAREMultiScenarioValidationResult]) -> list[str]:
    missed = [
        (scenario, str(run.ended_by))
        for result in results
        for (scenario, _), run in result.scenario_results.items()
        # Runs with an exception are listed with it.
        if run.script_events_missed and run.exception is None
    ]
    if not missed:
        return []
    who = "1 run ended before its" if len(missed) == 1 else f"{len(missed)} runs ended before their"
    scenarios, reasons = (", ".join(sorted(set(names))) for names in zip(*missed, strict=True))
    return [_clip(redacted(f"  {who} script did ({reasons}): {scenarios}"))]


@without_garbage_collection()
def open_runs(suite: SuiteResults, printed: Collection[str] = ()) -> list[tuple[str, str]]:
    """Return kind and line for the runs that did not pass, sorted by scenario, with empty lines around them.

    The variants of a scenario come in the suite's order; if there are many variants, they are not distinguished. Runs
    of one scenario with the same reason share a line, and so do all runs that had not begun when the session ended.

    Args:
        suite: The runs.
        printed: The node ids of runs that are left out, because their reasons are printed elsewhere.
    """
    return list(_open_runs(suite, printed))


def _open_runs(suite: SuiteResults, printed: Collection[str]) -> Iterator[tuple[str, str]]:
    ids = {nodeid: suite.run_id(nodeid) for nodeid in suite.outcomes}
    by_variant = len({run.variant for run in ids.values()}) <= _MOST_GROUPS
    shown_as = {nodeid: (run.scenario_id, run.variant * by_variant) for nodeid, run in ids.items()}
    runs_of = Counter(shown_as[nodeid] for nodeid, one in suite.outcomes.items() if one.kind != "not_needed")
    place = {run: number for number, run in enumerate(runs_of)}
    not_begun = {nodeid: one for nodeid, one in suite.outcomes.items() if one.is_waiting or one.left_out}
    waiting = Counter(outcome.reason for outcome in not_begun.values() if outcome.kind == "no_result")
    open_ones: list[tuple[tuple[str, str], str, str]] = []
    for nodeid in _without(suite.outcomes, printed):
        outcome = suite.outcomes[nodeid]
        if outcome.kind not in ("success", "not_needed") and (nodeid not in not_begun or waiting[outcome.reason] == 1):
            open_ones.append((shown_as[nodeid], outcome.kind, _why(outcome, ids[nodeid])))
        elif earlier := suite.earlier_attempts(nodeid):
            reason = f"succeeded in a rerun after: {_why(earlier[0], ids[nodeid])}"
            open_ones.append((shown_as[nodeid], "rerun", reason))
    # Redacted before it is cut, because half of a secret would not be found.
    safe = redacted_all(reason for _, _, reason in open_ones)
    reasons_of: dict[tuple[tuple[str, str], str], list[str]] = {}
    for run, kind, reason in open_ones:
        reasons_of.setdefault((run, kind), []).append(safe[reason])
    names = {run: str(RunId(*run)) for run in runs_of}
    safe_names = redacted_all(names.values())
    yield "", ""
    for (scenario, kind), reasons in sorted(
        reasons_of.items(), key=lambda entry: (entry[0][0][0], place[entry[0][0]], entry[0][1])
    ):
        for line in _open_lines(safe_names[names[scenario]], kind, reasons, runs_of[scenario]):
            yield kind, line
    for reason, count in waiting.items():
        if count > 1:
            yield "no_result", f"{_LABEL['no_result']:<11}{plural(count, 'run')}: {_OF_SEVERAL.get(reason, reason)}"
    if reasons_of or waiting:
        yield "", ""


def _without(nodeids: Iterable[str], printed: Collection[str]) -> list[str]:
    return [nodeid for nodeid in nodeids if nodeid not in printed]


def _open_lines(scenario: str, kind: str, reasons: list[str], runs: int) -> Iterator[str]:
    """Yield the lines on the runs of one scenario with an outcome of one kind, the most frequent reason first.

    A reason has a line of its own after a long name. One of several reasons may have more lines, because they may begin
    alike.
    """
    # A skip or an expected failure may have no reason, so the first one is shown for all.
    several = kind not in ("skipped", "xfailed")
    counts = Counter(reasons) if several else Counter({next(filter(None, reasons), ""): len(reasons)})
    for reason, count in [*counts.most_common(_MOST_REASONS), *_other_reasons(counts)]:
        begin = f"{_LABEL[kind]:<11}{scenario}" + (f", {count} of {runs} runs" if runs > 1 else "")
        line = f"{begin}: {reason}" if reason else begin
        if len(line) > WIDTH and len(counts) > 1:
            yield _clip(f"{begin}:")
            yield from _wrapped(reason)
        elif len(begin) > _LONG_NAME and len(line) > WIDTH and reason:
            yield _clip(f"{begin}:")
            yield _clip(f"{'':<11}{reason}")
        else:
            yield _clip(line)


def _other_reasons(counts: Counter[str]) -> list[tuple[str, int]]:
    others = counts.most_common()[_MOST_REASONS:]
    return (
        [(f"{len(others)} other reasons" if len(others) > 1 else others[0][0], sum(n for _, n in others))]
        if others
        else []
    )


def _wrapped(reason: str) -> list[str]:
    indent = " " * 11
    return textwrap.wrap(
        _printable(reason),
        WIDTH,
        initial_indent=indent,
        subsequent_indent=indent,
        max_lines=_MOST_LINES,
        placeholder="...",
    )


def _why(outcome: Outcome, run: RunId) -> str:
    return why_of(run.scenario_id, outcome.result, outcome.reason)


def _printable(line: str) -> str:
    # Unprintable characters become spaces: a rationale could break a line, or colour a terminal.
    return line if line.isprintable() else "".join(char if char.isprintable() else " " for char in line)


def _clip(line: str) -> str:
    """Return a line that is redacted already, as it is printed."""
    line = _printable(line)
    return line if len(line) <= WIDTH else line[: WIDTH - 3] + "..."
