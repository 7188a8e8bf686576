"""The verdict on a candidate beside a baseline, PASS, FAIL or INCONCLUSIVE.

scipy is imported when a comparison is made.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from pytest_pare.inference.intervals import Interval
from pytest_pare.inference.multiplicity import holm
from pytest_pare.inference.paired import Differences, ScenarioPair
from pytest_pare.inference.prediction import Spread, further_rounds, smallest_drop
from pytest_pare.inference.sequential import Look, level, repeated_p

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["ALPHA", "MAX_REGRESSION", "Decision", "Look", "ScenarioPair", "Word", "decide", "decide_all", "verdict"]

Word = Literal["PASS", "FAIL", "INCONCLUSIVE"]

ALPHA: Final = 0.05
"""The error rate of each verdict: FAIL of an agent that did not change, PASS of one that dropped by the margin."""

MAX_REGRESSION: Final = 0.10
"""The drop of the success rate that must not pass."""


@dataclass(frozen=True)
class Decision:
    """The verdict of a comparison, and what it follows from.

    Attributes:
        verdict: FAIL if "no drop" is rejected, else PASS if "a drop of the margin or more" is rejected, else
            INCONCLUSIVE.
        difference: Mean over scenarios of the success rate of the candidate less that of the baseline, -1 to 1.
        interval: The differences that neither test rejects: 90 %, 5 % on each side, and wider at a look that is one of
            several. FAIL has its high end below 0; PASS its low end above minus the margin.
        baseline_rate: Mean success rate of the scenarios in the baseline.
        candidate_rate: The same of the candidate.
        p_drop: p-value of "no drop". At one of several looks it allows for all of them.
        p_margin: p-value of "a drop of the margin or more", likewise.
        method: The name of the test.
        scenarios: Number of scenarios.
        further_runs: Runs of the candidate, in all scenarios together and on top of those made, after which the verdict
            is probably PASS or FAIL; None if the verdict is one of them, if no number is enough because of the error of
            the baseline, and before the last look.
        further_runs_of_both: The same if the baseline gets as many further runs as the candidate; the number of each.
        smallest_drop: The smallest drop that these runs find with a probability of 80 %; None if they find none.
    """

    verdict: Word
    difference: float
    interval: Interval
    baseline_rate: float
    candidate_rate: float
    p_drop: float
    p_margin: float
    method: str
    scenarios: int
    further_runs: int | None
    further_runs_of_both: int | None
    smallest_drop: float | None


def decide(
    pairs: Sequence[ScenarioPair],
    *,
    max_regression: float = MAX_REGRESSION,
    alpha: float = ALPHA,
    look: Look | None = None,
) -> Decision:
    """Return the verdict on a candidate from the outcomes of the scenarios that it shares with the baseline.

    Both tests are one-sided tests over the differences of the scenarios' success rates (two one-sided tests, Schuirmann
    1987): Student's t from 40 scenarios on, else all changes of sign. See `Differences.use_t`.

    Args:
        pairs: The scenarios; each has at least one run in both sessions, and may have more in one than in the other.
        max_regression: The margin, above 0 and at most 1.
        alpha: The error rate of each test.
        look: Which look this is in a session that may end early; None if it is the only one.

    Raises:
        ValueError: Without scenarios, or if one has no run in a session.
    """
    _check(pairs, max_regression)
    differences = Differences.of(
        np.array([[np.mean(pair.baseline) for pair in pairs]]),
        np.array([[np.mean(pair.candidate) for pair in pairs]]),
        baseline_runs=[len(pair.baseline) for pair in pairs],
        runs=[len(pair.candidate) for pair in pairs],
        margin=max_regression,
    )
    p_drop, p_margin = float(differences.p_drop()[0]), float(differences.p_margin()[0])
    local = alpha
    if look is not None:
        local = level(look, alpha)
        p_drop, p_margin = repeated_p(p_drop, look), repeated_p(p_margin, look)
    word = verdict(p_drop, p_margin, alpha)
    spread = Spread.of(pairs)
    is_open = word == "INCONCLUSIVE" and (look is None or look.number == look.of)
    further = [
        further_rounds(spread, margin=max_regression, alpha=local, of_both=of_both) if is_open else None
        for of_both in (False, True)
    ]
    alone, both = (None if rounds is None else rounds * len(pairs) for rounds in further)
    return Decision(
        verdict=word,
        difference=float(differences.means[0]),
        interval=Interval(*differences.interval(local)),
        baseline_rate=float(differences.baseline_rate[0]),
        candidate_rate=float(differences.candidate_rate[0]),
        p_drop=p_drop,
        p_margin=p_margin,
        method="paired t-test" if differences.use_t[0] else "sign-flip permutation test",
        scenarios=len(pairs),
        further_runs=alone,
        further_runs_of_both=both,
        smallest_drop=smallest_drop(spread, alpha=local),
    )


def decide_all(
    variants: Mapping[str, Sequence[ScenarioPair]],
    *,
    max_regression: float = MAX_REGRESSION,
    alpha: float = ALPHA,
    look: Look | None = None,
) -> dict[str, Decision]:
    """Return the verdict on each variant, with p-values adjusted by Holm's method.

    An agent that did not change gets a FAIL in any of its variants with a probability of `alpha` at most. Intervals are
    those of each variant alone. Further runs are predicted for a level of `alpha / len(variants)`.
    """
    alone = {
        name: decide(pairs, max_regression=max_regression, alpha=alpha, look=look) for name, pairs in variants.items()
    }
    drops = holm([one.p_drop for one in alone.values()])
    margins = holm([one.p_margin for one in alone.values()])
    decisions = {}
    for (name, one), p_drop, p_margin in zip(alone.items(), drops, margins, strict=True):
        word = verdict(p_drop, p_margin, alpha)
        is_open = word == "INCONCLUSIVE"
        strict = one
        if is_open and len(alone) > 1:
            strict = decide(variants[name], max_regression=max_regression, alpha=alpha / len(alone), look=look)
        decisions[name] = replace(
            one,
            verdict=word,
            p_drop=p_drop,
            p_margin=p_margin,
            further_runs=strict.further_runs if is_open else None,
            further_runs_of_both=strict.further_runs_of_both if is_open else None,
        )
    return decisions


def verdict(p_drop: float, p_margin: float, alpha: float = ALPHA) -> Word:
    """Return the verdict that follows from the p-values of both tests."""
    if p_drop <= alpha:
        return "FAIL"
    return "PASS" if p_margin <= alpha else "INCONCLUSIVE"


def _check(pairs: Sequence[ScenarioPair], max_regression: float) -> None:
    if not pairs:
        raise ValueError("a comparison needs at least one scenario that both sessions have played")
    if not 0 < max_regression <= 1:
        raise ValueError(f"max_regression: expected a number above 0 and at most 1, got {max_regression}")
    for pair in pairs:
        if not (pair.baseline and pair.candidate):
            raise ValueError(f"scenario {pair.scenario_id}: expected runs in both sessions")
