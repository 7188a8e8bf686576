"""What changed between two sets of runs: scenarios, and reasons of runs without success."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from pytest_pare.results.comparison import CategoryShare, ScenarioChange

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pytest_pare.inference.paired import ScenarioPair
    from pytest_pare.results.run_set import ComparedRun

    # The runs of a scenario that are compared: those of the baseline, and those of the session.
    Pair = tuple[list[ComparedRun], list[ComparedRun]]


def changes_of(pairs: Mapping[str, Pair]) -> tuple[ScenarioChange, ...]:
    """Return the change of each scenario, with Fisher's exact test, corrected by Holm for their number.

    Args:
        pairs: The compared runs by scenario, at least one on each side.
    """
    from pytest_pare.inference.multiplicity import holm, scenario_test

    counts = {scenario: (_successes(before), _successes(now)) for scenario, (before, now) in pairs.items()}
    tables = {scenario: (*counts[scenario], *map(len, pair)) for scenario, pair in pairs.items()}
    # Many scenarios have the same counts, so it is one test for all of them.
    tested: dict[tuple[int, ...], float] = {}
    for scenario, table in tables.items():
        if table not in tested:
            tested[table] = scenario_test(scores_of(scenario, pairs[scenario]))
    p_values = holm([tested[table] for table in tables.values()])
    return tuple(
        ScenarioChange(
            scenario_id=scenario,
            successes_before=counts[scenario][0],
            runs_before=len(before),
            successes_now=counts[scenario][1],
            runs_now=len(now),
            **_flips(before, now),
            p_value=p_value,
        )
        for (scenario, (before, now)), p_value in zip(pairs.items(), p_values, strict=True)
    )


def scores_of(scenario_id: str, pair: Pair) -> ScenarioPair:
    """Return the compared runs of a scenario as the numbers that tests need."""
    from pytest_pare.inference.paired import ScenarioPair

    before, now = (tuple(run.score for run in runs) for runs in pair)
    return ScenarioPair(scenario_id, before, now)


def drift_of(before: Sequence[ComparedRun], now: Sequence[ComparedRun]) -> tuple[CategoryShare, ...]:
    """Return the share of each category among the runs, the largest change first.

    Args:
        before: The runs of the baseline, at least one.
        now: The runs of the session, at least one.
    """
    old, new = (Counter(run.category for run in runs if run.category is not None) for runs in (before, now))
    shares = [CategoryShare(name, old[name] / len(before), new[name] / len(now)) for name in old.keys() | new.keys()]
    return tuple(sorted(shares, key=lambda one: (-abs(one.now - one.before), one.category)))


def _successes(runs: Sequence[ComparedRun]) -> int:
    return sum(run.outcome == "success" for run in runs)


def _flips(before: Sequence[ComparedRun], now: Sequence[ComparedRun]) -> dict[str, int]:
    scores = {run.number: run.score for run in before}
    changes = Counter(run.score - scores[run.number] for run in now if run.number in scores)
    return {"lost": changes[-1.0], "gained": changes[1.0]}
