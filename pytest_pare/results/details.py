"""The totals of a suite beyond PARE's figures, for the JSON file and for a terminal."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Final

from pytest_pare.results.judgements import judgement_lines, totals_of
from pytest_pare.results.text import plural, wrapped
from pytest_pare.results.usage import cost_of_runs, usage_lines, usage_of_roles
from pytest_pare.results.validation_result import METRICS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pytest_pare.results.metrics import Aggregation
    from pytest_pare.results.validation_result import PAREScenarioValidationResult

    Runs = Sequence[PAREScenarioValidationResult]

_KINDS: Final = ("infrastructure", "configuration", "other")


def details_to_dict(runs: Runs, other_attempts: Runs = ()) -> dict[str, Any]:
    """Return the totals of a suite for the metadata of the JSON file.

    Args:
        runs: The attempt that counts of each run.
        other_attempts: The others, for their usage of models.
    """
    played = [*runs, *other_attempts]
    figures = {
        one.total: AGGREGATIONS[one.aggregation](played if one.aggregation == "usage" else runs, one.name)
        for one in METRICS
        if one.place is None and one.aggregation is not None and (one.is_always_there or not _is_zero(runs, one.name))
    }
    return {**figures, "cost": cost_of_runs(played).to_dict()}


def detail_lines(runs: Runs, other_attempts: Runs = ()) -> list[str]:
    """Return kinds of exceptions, noise, failures of the user, tokens and cost as lines for a terminal, without zeros.

    Args:
        runs: The attempt that counts of each run.
        other_attempts: The others, for their usage of models.
    """
    usage = usage_lines([*runs, *other_attempts], "attempt" if other_attempts else "run")
    return [*_exception_lines(runs), *_noise_lines(runs), *_user_lines(runs), *judgement_lines(runs), *usage]


def labelled_lines(runs: Runs) -> list[str]:
    """Return the aggregates that have a label, on one line that is wrapped."""
    parts = [
        one.label.format(AGGREGATIONS[one.aggregation](runs, one.name))
        for one in METRICS
        if one.place is None
        and one.label is not None
        and one.aggregation is not None
        and not (one.is_optional and _is_zero(runs, one.name))
    ]
    return wrapped("".join(parts), "  ")


def _is_zero(runs: Runs, name: str) -> bool:
    return not any(getattr(run, name) for run in runs)


def exceptions_by_kind(runs: Runs) -> dict[str, int]:
    """Return how many runs ended with an exception, by its kind: infrastructure, configuration, other."""
    counts = Counter(run.exception_kind or "other" for run in runs if run.status == "exception")
    return {kind: counts[kind] for kind in _KINDS if counts[kind]}


def faults_by_kind(runs: Runs) -> dict[str, int]:
    """Return how often each kind of fault happened, sorted by kind."""
    counts: Counter[str] = Counter()
    for run in runs:
        for kind, hits in run.faults.items():
            counts[kind] += sum(hits.values())
    return {kind: counts[kind] for kind in sorted(counts) if counts[kind]}


def user_faults_by_kind(runs: Runs) -> dict[str, int]:
    """Return how often the simulated user failed, by the kind of failure, sorted by kind."""
    counts = Counter(one["kind"] for run in runs for one in run.user_faults)
    return dict(sorted(counts.items()))


def _counts(runs: Runs, name: str) -> dict[str, int]:
    values = Counter(value for run in runs if (value := getattr(run, name)) is not None)
    return dict(sorted(values.items()))


def _names(runs: Runs, name: str) -> str | None:
    return ", ".join(_counts(runs, name)) or None


AGGREGATIONS: Final[dict[Aggregation, Callable[[Runs, str], Any]]] = {
    "sum": lambda runs, name: sum(getattr(run, name) for run in runs),
    "names": _names,
    "counts": _counts,
    "exceptions": lambda runs, _: exceptions_by_kind(runs),
    "faults": lambda runs, _: faults_by_kind(runs),
    "judgements": lambda runs, _: totals_of(runs),
    "user_faults": lambda runs, _: user_faults_by_kind(runs),
    "usage": lambda runs, _: {role: usage.to_dict() for role, usage in usage_of_roles(runs).items()},
}
"""How the figures of runs are added up, by the name in their declaration."""


def _exception_lines(runs: Runs) -> list[str]:
    kinds = exceptions_by_kind(runs)
    # The groups show the number of exceptions, so only other kinds than the usual one need a line.
    if not kinds.keys() - {"other"}:
        return []
    return [f"  Exceptions: {', '.join(f'{count} {kind}' for kind, count in kinds.items())}"]


def _user_lines(runs: Runs) -> list[str]:
    kinds = user_faults_by_kind(runs)
    if not kinds:
        return []
    hit = sum(bool(run.user_faults) for run in runs)
    failed = sum(run.user_failure is not None for run in runs)
    listed = ", ".join(f"{kind} {count}" for kind, count in kinds.items())
    line = f"Failures of the simulated user: {listed}; in {plural(hit, 'run')}, of which {failed} failed"
    return wrapped(line, "  ")


def _noise_lines(runs: Runs) -> list[str]:
    events, faults = sum(run.noise_events for run in runs), faults_by_kind(runs)
    parts = [plural(events, "event")] if events else []
    if faults:
        parts.append("faults: " + ", ".join(f"{kind} {count}" for kind, count in faults.items()))
    return wrapped("Noise: " + "; ".join(parts), "  ") if parts else []
