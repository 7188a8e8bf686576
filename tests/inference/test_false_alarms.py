"""The false-alarm rate of a comparison, measured with runs of one agent."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

import numpy as np
import pytest

from pytest_pare.inference.decision import ScenarioPair, decide_all
from pytest_pare.inference.false_alarms import false_alarms
from pytest_pare.inference.sequential import Look

if TYPE_CHECKING:
    from collections.abc import Mapping

Scores = dict[str, dict[str, list[float]]]


def played(scenarios: int, runs: int, variants: int = 1, seed: int = 1) -> Scores:
    """Return the runs of an agent with a rate of its own for each scenario."""
    chance = Random(seed)
    rates = [chance.betavariate(0.98, 0.24) for _ in range(scenarios)]
    return {
        f"v{variant}": {
            str(number): [float(chance.random() < rate) for _ in range(runs)] for number, rate in enumerate(rates)
        }
        for variant in range(variants)
    }


def decided(scores: Mapping[str, Mapping[str, list[float]]], split: list[int], look: Look, baseline: int) -> str:
    """Return the verdict on a split as a session gets it, look by look."""
    for number in range(look.first, look.of + 1):
        pairs = {
            variant: [
                ScenarioPair(
                    name,
                    tuple(runs[one] for one in split[:baseline]),
                    tuple(runs[one] for one in split[baseline : baseline + number]),
                )
                for name, runs in of.items()
            ]
            for variant, of in scores.items()
        }
        at = Look(number, look.of, look.first)
        words = {one.verdict for one in decide_all(pairs, max_regression=0.3, look=at).values()}
        if "FAIL" in words:
            return "FAIL"
        if words == {"PASS"}:
            return "PASS"
    return "INCONCLUSIVE"


@pytest.mark.parametrize(("look", "variants"), [(Look(2, 2, 2), 1), (Look(2, 2, 1), 2)])
def test_each_split_is_decided_as_a_session_is(look: Look, variants: int) -> None:
    scores = played(12, 8, variants)
    splits = 12
    draw = Random("burn-in")
    words = [decided(scores, draw.sample(range(8), 4), look, 2) for _ in range(splits)]
    found = false_alarms(scores, look, 2, 0.3, splits)
    assert found.failed == words.count("FAIL") / splits
    assert found.inconclusive == words.count("INCONCLUSIVE") / splits


def test_the_rate_is_near_its_level_and_in_its_interval() -> None:
    found = [false_alarms(played(60, 20, seed=seed), Look(3, 3, 1), 3, 0.1) for seed in range(10)]
    assert 0.02 < np.mean([one.failed for one in found]) < 0.08
    assert all(0 <= one.interval.low <= one.failed <= one.interval.high <= 1 for one in found)
    # Most of these intervals have the level of the test in them.
    assert sum(one.interval.low <= 0.045 <= one.interval.high for one in found) >= 8
    assert all(1 <= one.rounds <= 3 for one in found)


def test_an_agent_without_chance_raises_no_alarm() -> None:
    scores: Scores = {"": {str(number): [1.0] * 12 for number in range(50)}}
    found = false_alarms(scores, Look(3, 3, 3), 3, 0.1)
    assert (found.failed, found.inconclusive, found.interval.low) == (0, 0, 0)
    # Twelve runs are two independent sessions with their baselines, which cannot exclude much.
    assert 0.5 < found.interval.high < 0.8


def test_too_few_runs() -> None:
    with pytest.raises(ValueError, match="expected 6 runs of each scenario, got 5"):
        false_alarms(played(3, 5), Look(3, 3, 1), 3, 0.1)
