"""Ends a suite early: looks at the comparison with the baseline after each round of runs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pytest_pare.results.rounds import Rounds, compare_round
from pytest_pare.results.text import plural

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_pare.results.run_set import RunSet


@dataclass
class EarlyStopping:
    """Whether a suite may stop: as soon as the comparison is FAIL or PASS, for all variants together.

    Args:
        baseline: The runs of the baseline.
        runs: Returns the runs of the session so far; `None` before the collection.
        rounds: The rounds of the suite.
        max_regression: The drop of the success rate that the session must exclude, 0 to 1.

    Attributes:
        reason: Why the suite has stopped; `None` if it has not.
    """

    baseline: RunSet
    runs: Callable[[], RunSet | None]
    rounds: Rounds
    max_regression: float
    reason: str | None = field(default=None, init=False)

    def look(self, number: int) -> str | None:
        """Return why no run after a complete round is needed; `None` if some are, and after the last round.

        Args:
            number: The round.
        """
        runs = self.runs()
        if number < self.rounds.last and runs is not None:
            comparison = compare_round(self.baseline, runs, number, self.rounds, self.max_regression)
            if comparison.is_decided:
                self.reason = f"stopped after round {number} of {self.rounds.last}: {comparison.verdict}"
        return None if self.reason is None else f"not needed: {self.reason}"

    def line(self, not_needed: int, overshoot: int) -> str | None:
        """Return what was saved, as a line for a terminal; `None` if the suite has not stopped, or had no run left.

        Args:
            not_needed: The number of runs that were not started.
            overshoot: The number of runs that were started before the decision, and not needed.
        """
        if self.reason is None or not not_needed + overshoot:
            return None
        line = f"not needed: {plural(not_needed, 'run')}, {self.reason}"
        return f"{line}; {plural(overshoot, 'further run')} had begun" if overshoot else line
