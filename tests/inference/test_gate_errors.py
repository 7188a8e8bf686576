"""The simulation behind the manual's figures uses the verdicts of the gate, and the manual has its figures."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from benchmarks import gate_errors, rate_intervals
from benchmarks.figures import Figure
from benchmarks.rates import CORRELATION, MEAN, draw_rates, draw_rounds, share
from pytest_pare.inference.decision import Look, decide
from pytest_pare.inference.intervals import rate_interval

PAGE = Path(__file__).parents[2] / "docs" / "statistics.md"
ROW = re.compile(
    r"^\| (?P<label>[^|]+?) \| (?P<value>[\d.]+) (?:%|pts)(?: \((?P<low>[\d.]+) to (?P<high>[\d.]+)\))? \|", re.M
)


@pytest.mark.parametrize(("scenarios", "baseline_runs", "drop"), [(12, 3, 0.0), (12, 10, 0.1), (60, 3, 0.1)])
def test_the_simulation_has_the_verdicts_of_the_gate(scenarios: int, baseline_runs: int, drop: float) -> None:
    random = np.random.default_rng(scenarios + baseline_runs)
    rates = draw_rates(random, 8, scenarios)
    baseline = draw_rounds(random, rates, baseline_runs)
    candidate = draw_rounds(random, rates * (1 - drop / MEAN), 3)
    fixed = gate_errors.verdicts(baseline[-1], candidate, baseline_runs, early=False)
    early = gate_errors.verdicts(baseline[-1], candidate, baseline_runs, early=True)
    seen = set()
    for session in range(8):
        at_once = decide(gate_errors.pairs_of(baseline[:, session], candidate[:, session])).verdict
        assert (fixed.fail[session], fixed.passed[session]) == (at_once == "FAIL", at_once == "PASS")
        for rounds in (1, 2, 3):
            pairs = gate_errors.pairs_of(baseline[:, session], candidate[:rounds, session])
            word = decide(pairs, look=Look(rounds, 3)).verdict
            if word != "INCONCLUSIVE":
                break
        assert (early.fail[session], early.passed[session]) == (word == "FAIL", word == "PASS")
        assert early.rounds[session] == rounds
        seen.add(word)
    assert len(seen) > 1


def test_the_model_has_its_mean_and_its_correlation() -> None:
    rates = draw_rates(np.random.default_rng(1), 1000, 100)
    assert rates.mean() == pytest.approx(MEAN, abs=0.005)
    assert rates.var() / (MEAN * (1 - MEAN)) == pytest.approx(CORRELATION, abs=0.01)
    outcomes = draw_rounds(np.random.default_rng(1), rates, 3)
    assert outcomes[-1].max() == 3
    assert (np.diff(outcomes, axis=0) >= 0).all()


@pytest.mark.parametrize("measurement", [gate_errors, rate_intervals])
def test_the_manual_has_the_figures_of_the_simulation(measurement: object) -> None:
    quick: list[Figure] = measurement.measure(quick=True)  # type: ignore[attr-defined]
    assert len({figure.label for figure in quick}) == len(quick)
    written = {match["label"]: match for match in ROW.finditer(PAGE.read_text(encoding="utf-8"))}
    for figure in quick:
        value = float(written[figure.label]["value"])
        assert Figure("", value, "", figure.at_least, figure.at_most).is_within_bounds, figure.label
        if figure.interval is not None:
            low, high = (float(written[figure.label][end]) for end in ("low", "high"))
            assert low <= value <= high
            # The quick figure is of some 100 sessions: five standard errors.
            assert _agrees(figure, value), f"{figure.label}: {figure.value} is not {value}"


def _agrees(figure: Figure, value: float) -> bool:
    assert figure.interval is not None
    low, high = figure.interval
    reach = 2.5 * max(high - low, 2.0)
    return abs(figure.value - value) <= reach


def test_a_share_has_the_interval_of_its_sessions() -> None:
    figure = share("x", np.array([True] * 16 + [False] * 4))
    interval = rate_interval([16], [20])
    assert interval is not None
    assert figure.value == 80
    assert figure.interval == pytest.approx((58.4, 91.9), abs=0.1)
    assert share("x", np.array([], dtype=bool)).interval is None
