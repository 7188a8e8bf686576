"""Compares the runs of a session with those of a baseline, paired by scenario and run number."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_pare.inference.baseline_size import RECOMMENDED_RUNS, RED_SHARE, baseline_warning
from pytest_pare.results.comparison import Comparison, FigureChange, VariantComparison, worst
from pytest_pare.results.drift import changes_of, drift_of, scores_of
from pytest_pare.results.run_set import simulation_changes
from pytest_pare.results.text import plural
from pytest_pare.results.usage import Known

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from pytest_pare.inference.decision import Decision, Look, Word
    from pytest_pare.results.drift import Pair
    from pytest_pare.results.run_set import ComparedRun, RunSet


def compare(
    baseline: RunSet, candidate: RunSet, max_regression: float = 0.10, *, look: Look | None = None
) -> Comparison:
    """Return the comparison of a session with a baseline.

    Runs are compared within a variant and a scenario whose source is the same in both. Run number n draws the same
    noise in both. So the run numbers that both have are compared if the baseline has no more runs of the scenario than
    the session. If it has more, all of its runs are: they are draws of the same rate, and with fewer of them the
    baseline would be known less exactly. An outcome other than a success is 0, as in the gate's success rate. Skipped
    and expected failures, and runs that were not needed, are left out. So are runs that infrastructure ended and runs
    without a result: they say nothing about the agent. The gate's `max_exceptions` bounds the number of the former, and
    it does not pass with any of the latter.

    Args:
        baseline: The runs of the baseline.
        candidate: The runs of the session.
        max_regression: The drop of the success rate that the session must exclude, 0 to 1.
        look: Which look at the runs this is, if the session may stop early; None for a single look at the end.
    """
    same = {name for name, digest in candidate.scenarios.items() if baseline.scenarios.get(name) == digest}
    before, now = _by_variant(baseline), _by_variant(candidate)
    pairs: dict[str, dict[str, Pair]] = {}
    not_compared: dict[str, str] = {}
    for variant in sorted(now):
        found = {
            scenario: _pair(before[variant][scenario], runs)
            for scenario, runs in sorted(now[variant].items())
            if scenario in same and scenario in before.get(variant, {})
        }
        if found:
            pairs[variant] = found
        else:
            not_compared[variant] = _why_not(variant, before, now[variant])
    without_runs = (_ids(now) - _ids(before)) & same
    variants = _decided(pairs, max_regression, look)
    verdict, reasons = _verdict(variants, not_compared)
    return Comparison(
        baseline=baseline.name,
        baseline_agent=baseline.agent_version,
        agent=candidate.agent_version,
        max_regression=max_regression,
        verdict=verdict,
        reasons=reasons,
        variants=variants,
        not_compared=not_compared,
        absent=tuple(sorted(before.keys() - now.keys())),
        added=tuple(sorted((candidate.scenarios.keys() - baseline.scenarios.keys()) | without_runs)),
        removed=tuple(sorted(baseline.scenarios.keys() - candidate.scenarios.keys())),
        edited=tuple(sorted((candidate.scenarios.keys() & baseline.scenarios.keys()) - same)),
        infrastructure=sum(run.infrastructure for run in candidate.runs),
        no_result=sum(run.outcome == "no_result" and not run.infrastructure for run in candidate.runs),
        warnings=tuple(_warnings(baseline, candidate, pairs)),
    )


def _by_variant(runs: RunSet) -> dict[str, dict[str, list[ComparedRun]]]:
    """Return the runs that count by variant and scenario, sorted by number; each variant has a key."""
    found: dict[str, dict[str, list[ComparedRun]]] = {}
    for run in sorted(runs.runs, key=lambda run: (run.number, run.outcome)):
        by_scenario = found.setdefault(run.variant, {})
        if run.counts:
            by_scenario.setdefault(run.scenario_id, []).append(run)
    return found


def _ids(runs: Mapping[str, Mapping[str, object]]) -> set[str]:
    return {scenario for by_scenario in runs.values() for scenario in by_scenario}


def _pair(before: list[ComparedRun], now: list[ComparedRun]) -> Pair:
    both = {run.number for run in before} & {run.number for run in now}
    if len(before) > len(now) or not both:
        return before, now
    return [run for run in before if run.number in both], [run for run in now if run.number in both]


def _why_not(variant: str, before: Mapping[str, object], now: Mapping[str, object]) -> str:
    if variant not in before:
        return "it is not in the baseline"
    return (
        "no unchanged scenario has runs in both; accept a new baseline"
        if now
        else "none of its runs says something about the agent"
    )


def _decided(
    pairs: Mapping[str, Mapping[str, Pair]], max_regression: float, look: Look | None
) -> tuple[VariantComparison, ...]:
    """Return the comparison of each variant."""
    # Slow to import, and needed by comparisons alone.
    from pytest_pare.inference.decision import decide_all

    scores = {variant: [scores_of(*one) for one in found.items()] for variant, found in pairs.items()}
    decisions = decide_all(scores, max_regression=max_regression, look=look)
    return tuple(_variant(variant, found, decisions[variant]) for variant, found in pairs.items())


def _variant(variant: str, pairs: Mapping[str, Pair], decision: Decision) -> VariantComparison:
    before = [run for one, _ in pairs.values() for run in one]
    now = [run for _, one in pairs.values() for run in one]
    return VariantComparison(
        variant=variant,
        decision=decision,
        runs_before=len(before),
        runs_now=len(now),
        scenarios=changes_of(pairs),
        drift=drift_of(before, now),
        cost=_mean_change(before, now, lambda run: run.cost),
        tokens=_mean_change(before, now, lambda run: run.tokens),
        turns=_mean_change(before, now, lambda run: run.turns),
    )


def _mean_change(
    before: Iterable[ComparedRun], now: Iterable[ComparedRun], figure: Callable[[ComparedRun], float | None]
) -> FigureChange:
    means = []
    for runs in (before, now):
        known = Known.of(map(figure, runs))
        means.append(None if known.total is None else known.total / known.known)
    return FigureChange(*means)


def _verdict(variants: Sequence[VariantComparison], not_compared: Mapping[str, str]) -> tuple[Word, tuple[str, ...]]:
    """Return the verdict on the whole session, and why it is not PASS."""
    if not variants:
        return "FAIL", ("nothing could be compared with the baseline",)
    words: list[Word] = [one.verdict for one in variants]
    word = worst([*words, "INCONCLUSIVE"] if not_compared else words)
    reasons = {
        "FAIL": ["fewer runs succeed than in the baseline"],
        "INCONCLUSIVE": [
            *(["too few runs to exclude a regression"] if any(one.verdict == word for one in variants) else []),
            *(
                [f"{plural(len(not_compared), 'variant')} could not be compared with the baseline"]
                if not_compared
                else []
            ),
        ],
        "PASS": [],
    }
    return word, tuple(reasons[word])


def _warnings(baseline: RunSet, candidate: RunSet, pairs: Mapping[str, Mapping[str, Pair]]) -> Iterator[str]:
    fewest = min((len(before) for found in pairs.values() for before, _ in found.values()), default=None)
    if fewest is not None and (warning := small_baseline(fewest)) is not None:
        yield warning
    if changes := simulation_changes(baseline, candidate):
        yield f"the simulation differs from that of the baseline: {changes}"


def small_baseline(runs: int) -> str | None:
    """Return a warning if a baseline has few runs of a scenario, with what that costs; None if it has enough.

    Args:
        runs: The runs of the scenario that has the fewest.
    """
    share = baseline_warning(runs)
    if share is None:
        return None
    return (
        f"the baseline has {plural(runs, 'run')} a scenario: the worst tenth of such baselines is red in "
        f"{100 * share:.0f} % of unchanged sessions, with {RECOMMENDED_RUNS} runs in "
        f"{100 * RED_SHARE[RECOMMENDED_RUNS]:.0f} %; accept more runs"
    )
