"""What results tell beyond the figures of their groups, added up over a suite: for the JSON file and as text."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Final

from pytest_pare.results.text import plural, wrapped
from pytest_pare.results.usage import cost_of_runs, usage_lines, usage_of_roles

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_pare.results.validation_result import PAREScenarioValidationResult

_KINDS: Final = ("infrastructure", "configuration", "other")


def details_to_dict(
    runs: Sequence[PAREScenarioValidationResult], other_attempts: Sequence[PAREScenarioValidationResult] = ()
) -> dict[str, Any]:
    """Return what the runs of a suite tell, as the metadata of the JSON file have it.

    Args:
        runs: The attempt that counts of each run.
        other_attempts: The others, for what they took of models.
    """
    played = [*runs, *other_attempts]
    prompts = sorted({run.prompt_version for run in runs if run.prompt_version is not None})
    return {
        "prompt_version": ", ".join(prompts) or None,
        "total_rejections": sum(run.rejection_count for run in runs),
        "writes_without_consent": sum(run.writes_without_consent for run in runs),
        "turns_saved": sum(run.turns_saved for run in runs),
        "script_events_missed": sum(run.script_events_missed for run in runs),
        "noise_events": sum(run.noise_events for run in runs),
        "faults": faults_by_kind(runs),
        "exceptions": exceptions_by_kind(runs),
        "usage": {role: usage.to_dict() for role, usage in usage_of_roles(played).items()},
        "cost": cost_of_runs(played).to_dict(),
    }


def detail_lines(
    runs: Sequence[PAREScenarioValidationResult], other_attempts: Sequence[PAREScenarioValidationResult] = ()
) -> list[str]:
    """Return noise, kinds of exceptions, tokens and cost as lines for a terminal; none of what there was none of.

    Args:
        runs: The attempt that counts of each run.
        other_attempts: The others, for what they took of models.
    """
    usage = usage_lines([*runs, *other_attempts], "attempt" if other_attempts else "run")
    return [*_exception_lines(runs), *_noise_lines(runs), *usage]


def exceptions_by_kind(runs: Sequence[PAREScenarioValidationResult]) -> dict[str, int]:
    """Return how many runs broke, by what it came of: infrastructure, configuration, other."""
    counts = Counter(run.error_kind or "other" for run in runs if run.status == "exception")
    return {kind: counts[kind] for kind in _KINDS if counts[kind]}


def faults_by_kind(runs: Sequence[PAREScenarioValidationResult]) -> dict[str, int]:
    """Return how often each kind of fault happened, sorted by kind."""
    counts: Counter[str] = Counter()
    for run in runs:
        counts.update({kind: sum(hit.values()) for kind, hit in run.faults.items()})
    return {kind: counts[kind] for kind in sorted(counts) if counts[kind]}


def _exception_lines(runs: Sequence[PAREScenarioValidationResult]) -> list[str]:
    kinds = exceptions_by_kind(runs)
    # The groups have their numbers; a kind says something where it is not the usual one.
    if not kinds.keys() - {"other"}:
        return []
    return [f"  Exceptions: {', '.join(f'{count} {kind}' for kind, count in kinds.items())}"]


def _noise_lines(runs: Sequence[PAREScenarioValidationResult]) -> list[str]:
    events, faults = sum(run.noise_events for run in runs), faults_by_kind(runs)
    told = [plural(events, "event")] if events else []
    if faults:
        told.append("faults: " + ", ".join(f"{kind} {count}" for kind, count in faults.items()))
    return wrapped("Noise: " + "; ".join(told), "  ") if told else []
