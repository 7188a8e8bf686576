"""How far a session is: runs done and failed, the rate of success, the cost, and the time that is left, as a line."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from pytest_pare.results.run_set import LEFT_OUT
from pytest_pare.results.usage import Known, cost_of_runs, dollars

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pytest_pare.ledger.suite_results import SuiteResults

_NOT_JUDGED = (*LEFT_OUT, "no_result")
_MINUTE = 60
_HOUR = 3600
# Below so many units, a time is given in the next smaller one.
_FEW = 1.5


class Progress(NamedTuple):
    """How far a session is.

    Attributes:
        done: Runs that have a report.
        total: Runs that were selected.
        failed: Runs that are done and did not succeed; skipped ones and others that do not count are left out.
        successes: For each scenario with a judged run, its runs that succeeded.
        judged: For each of these, its judged runs.
        cost: The cost of the runs so far.
        played: Runs that this session has played.
    """

    done: int
    total: int
    failed: int
    successes: list[int]
    judged: list[int]
    cost: Known
    played: list[str]


def progress_of(suites: Iterable[SuiteResults]) -> Progress:
    """Return how far a session with suites is."""
    total, failed, done, results, played = 0, 0, 0, [], []
    successes: Counter[tuple[str, str]] = Counter()
    judged: Counter[tuple[str, str]] = Counter()
    for suite in suites:
        total += len(suite.outcomes)
        for nodeid, outcome in suite.outcomes.items():
            if not outcome.reported:
                continue
            done += 1
            failed += outcome.kind not in ("success", *LEFT_OUT)
            if outcome.result is not None and not outcome.reused and not outcome.resumed_from:
                played.append(nodeid)
                results.append(outcome.result)
            if outcome.kind not in _NOT_JUDGED:
                scenario = suite.name, suite.run_id(nodeid).scenario_id
                judged[scenario] += 1
                successes[scenario] += outcome.kind == "success"
    ids = list(judged)
    return Progress(
        done,
        total,
        failed,
        [successes[one] for one in ids],
        [judged[one] for one in ids],
        cost_of_runs(results),
        played,
    )


def progress_line(progress: Progress, seconds_left: float | None) -> str:
    """Return how far a session is as a line for a terminal.

    Args:
        progress: How far it is.
        seconds_left: The expected seconds of real time until its end; `None` if they are unknown.
    """
    from pytest_pare.inference.intervals import rate_interval

    parts = [f"{progress.done:,} of {progress.total:,} runs", f"{progress.failed:,} failed"]
    if runs := sum(progress.judged):
        interval = rate_interval(progress.successes, progress.judged)
        between = "" if interval is None else f" ({100 * interval.low:.0f} to {100 * interval.high:.0f})"
        parts.append(f"{100 * sum(progress.successes) / runs:.1f} %{between}")
    if progress.cost.total is not None:
        at_least = "" if progress.cost.known == progress.cost.runs else ">= "
        parts.append(f"{at_least}{dollars(progress.cost.total)}")
    if seconds_left is not None:
        parts.append(f"about {_time(seconds_left)} left")
    return ", ".join(parts)


def seconds_left(progress: Progress, seconds: float, workers: int, ended: int = 0) -> float | None:
    """Return the expected seconds of real time until the last run ends; `None` before a run has been played.

    Args:
        progress: How far the session is.
        seconds: The seconds of real time that the played runs took, with their fixtures, all together.
        workers: The number of processes that play runs at the same time.
        ended: The number of runs that were played meanwhile and have no report yet.
    """
    left = progress.total - progress.done - ended
    if not progress.played or left <= 0:
        return None
    return seconds / (len(progress.played) + ended) * left / min(max(workers, 1), left)


def _time(seconds: float) -> str:
    if seconds < _FEW * _MINUTE:
        return f"{max(10 * round(seconds / 10), 1)} s"
    if seconds < _FEW * _HOUR:
        return f"{round(seconds / _MINUTE)} min"
    return f"{seconds / _HOUR:.1f} h"
