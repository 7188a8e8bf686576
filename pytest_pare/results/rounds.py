"""Compares a session with a baseline after each of its rounds, by a group-sequential test that allows for all looks.

A round is one run of each scenario under each variant. Importing this module is fast: sessions without a baseline do.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from pytest_pare.results.comparison import Comparison
    from pytest_pare.results.run_set import RunSet


class Rounds(NamedTuple):
    """The rounds of a suite that may stop early: `runs: {min: first, max: last}`.

    Attributes:
        first: The first round after which it may stop.
        last: The last round.
    """

    first: int
    last: int


def compare_round(
    baseline: RunSet, runs: RunSet, number: int, rounds: Rounds, max_regression: float = 0.10
) -> Comparison:
    """Return the comparison after a round, of its runs and of those before it.

    Args:
        baseline: The runs of the baseline.
        runs: The runs of the session; those of later rounds are left out.
        number: The round, from `rounds.first` to `rounds.last`.
        rounds: The rounds of the suite.
        max_regression: The drop of the success rate that the session must exclude, 0 to 1.
    """
    from pytest_pare.inference.decision import Look
    from pytest_pare.results.pairing import compare

    complete = replace(runs, runs=[run for run in runs.runs if run.number <= number])
    return compare(baseline, complete, max_regression, look=Look(number, rounds.last, rounds.first))


def compare_session(
    baseline: RunSet, runs: RunSet, rounds: Rounds | None = None, max_regression: float = 0.10
) -> Comparison:
    """Return the comparison of a session, which may have stopped early.

    It is that of the first decided round, or else of the last one. Rounds are not looked at any more from one with a
    run that was not needed. Runs of later rounds that had begun before the decision are left out.

    Args:
        baseline: The runs of the baseline.
        runs: The runs of the session.
        rounds: The rounds of its suite; None if it may not stop early.
        max_regression: The drop of the success rate that the session must exclude, 0 to 1.
    """
    if rounds is None:
        from pytest_pare.results.pairing import compare

        return compare(baseline, runs, max_regression)
    end = min((run.number for run in runs.runs if run.outcome == "not_needed"), default=rounds.last + 1)
    number = rounds.first
    comparison = compare_round(baseline, runs, number, rounds, max_regression)
    while not comparison.is_decided and number + 1 < end:
        number += 1
        comparison = compare_round(baseline, runs, number, rounds, max_regression)
    return comparison
