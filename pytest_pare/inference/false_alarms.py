"""How often a comparison with a baseline fails although nothing has changed, measured with runs of one agent.

A *split* draws run numbers for a baseline and others for a candidate, and compares these two sessions of one agent.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from random import Random
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from pytest_pare.inference.decision import ALPHA
from pytest_pare.inference.intervals import Interval
from pytest_pare.inference.paired import Differences
from pytest_pare.inference.sequential import level

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pytest_pare.inference.sequential import Look

SPLITS: Final = 1000
"""Splits of the runs."""

_Z: Final = 1.959963984540054

_Floats = np.ndarray[Any, np.dtype[np.float64]]
_Flags = np.ndarray[Any, np.dtype[np.bool_]]


@dataclass(frozen=True)
class FalseAlarms:
    """How often the gate's comparison had each verdict, over the splits of the runs.

    Attributes:
        splits: The number of splits.
        failed: Share of splits with the verdict FAIL, 0 to 1: the false-alarm rate.
        interval: Its 95 % interval, for other runs of the same agent.
        inconclusive: Share of splits with the verdict INCONCLUSIVE.
        rounds: Mean number of rounds until the verdict.
    """

    splits: int
    failed: float
    interval: Interval
    inconclusive: float
    rounds: float


def false_alarms(
    scores: Mapping[str, Mapping[str, Sequence[float]]],
    look: Look,
    baseline_runs: int,
    max_regression: float,
    splits: int = SPLITS,
) -> FalseAlarms:
    """Return how often the comparison of two sessions of the same agent fails.

    Args:
        scores: Variant to scenario to its outcomes, 1.0 or 0.0, by run number; each scenario has the same number.
        look: The last look at a session; with `first` equal to `of`, it is the only one.
        baseline_runs: Runs of each scenario in the baseline.
        max_regression: The drop of the success rate that a session must exclude, 0 to 1.
        splits: The number of splits.

    Raises:
        ValueError: If there are too few runs for a baseline and a session.
    """
    outcomes = {variant: np.array([list(runs) for runs in of.values()]) for variant, of in scores.items()}
    played = min(runs.shape[1] for runs in outcomes.values())
    if played < baseline_runs + look.of:
        raise ValueError(f"expected {baseline_runs + look.of} runs of each scenario, got {played}")
    draw = Random("burn-in")  # noqa: S311 - reproducible on purpose
    drawn = np.array([draw.sample(range(played), baseline_runs + look.of) for _ in range(splits)])
    verdicts = np.zeros(splits, dtype=np.int64)
    ended = np.full(splits, look.of)
    is_open = np.ones(splits, dtype=bool)
    for number in range(look.first, look.of + 1):
        used = drawn[:, : baseline_runs + number]
        failed, passed = _look(outcomes, used, baseline_runs, max_regression, replace(look, number=number))
        verdicts[is_open & passed] = 1
        verdicts[is_open & failed] = -1
        ended[is_open & (failed | passed)] = number
        is_open &= ~(failed | passed)
    alarms = verdicts == -1
    return FalseAlarms(
        splits=splits,
        failed=float(alarms.mean()),
        interval=_interval(alarms, drawn, played),
        inconclusive=float((verdicts == 0).mean()),
        rounds=float(ended.mean()),
    )


def _look(
    outcomes: Mapping[str, _Floats],
    drawn: np.ndarray[Any, np.dtype[np.int64]],
    baseline_runs: int,
    max_regression: float,
    look: Look,
) -> tuple[_Flags, _Flags]:
    """Return which splits fail and which pass at a look, as `inference.decision.decide_all` decides for each."""
    p_drops, p_margins = [], []
    for runs in outcomes.values():
        # Splits x scenarios.
        before = runs[:, drawn[:, :baseline_runs]].mean(axis=2).T
        now = runs[:, drawn[:, baseline_runs:]].mean(axis=2).T
        count = len(runs)
        differences = Differences.of(
            before, now, baseline_runs=[baseline_runs] * count, runs=[look.number] * count, margin=max_regression
        )
        p_drops.append(differences.p_drop())
        p_margins.append(differences.p_margin())
    # The levels of Holm's method, for the variant with the smallest p-value and so on.
    levels = [level(look, ALPHA / left) for left in range(len(outcomes), 0, -1)]
    failed = np.min(p_drops, axis=0) <= levels[0]
    passed = (np.sort(p_margins, axis=0) <= np.array(levels)[:, None]).all(axis=0)
    return failed, passed & ~failed


def _interval(alarms: _Flags, drawn: np.ndarray[Any, np.dtype[np.int64]], played: int) -> Interval:
    """Return the 95 % interval of the share of alarms.

    The share is a U-statistic of the runs. Its variance is the jackknife's, which leaves out each run number in turn
    (Arvesen 1969), and Wilson's interval (1927) takes the number of independent comparisons with that variance. There
    are at least as many as disjoint splits, and at most as many as splits.
    """
    splits, size = drawn.shape
    share = float(alarms.mean())
    left_out = [alarms[(drawn != number).all(axis=1)] for number in range(played)]
    shares = np.array([one.mean() for one in left_out if len(one)])
    least = played / size
    count = least
    if 0 < share < 1 and len(shares) == played:
        variance = (played - 1) / played * float(((shares - shares.mean()) ** 2).sum())
        count = min(max(share * (1 - share) / max(variance, 1e-12), least), splits)
    middle = (share + _Z**2 / (2 * count)) / (1 + _Z**2 / count)
    half = _Z / (1 + _Z**2 / count) * float(np.sqrt(share * (1 - share) / count + _Z**2 / (4 * count**2)))
    return Interval(max(0.0, middle - half), min(1.0, middle + half))
