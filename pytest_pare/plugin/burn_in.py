"""Measures how often a suite's gate fails although the agent has not changed: `--pare-burn-in`.

The session plays each scenario many times. A *split* draws run numbers for a baseline and others for a candidate, which
are two sessions of the same agent, and compares them as the gate does.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pytest

from pytest_pare.base.redaction import redacted
from pytest_pare.plugin.options import BURN_IN
from pytest_pare.results.rounds import Rounds
from pytest_pare.results.run_set import LEFT_OUT
from pytest_pare.results.text import plural
from pytest_pare.settings import Override, Suite, load_suite
from pytest_pare.settings.models import RunRange

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pytest_pare.ledger.suite_results import SuiteResults
    from pytest_pare.plugin.result_collector import ResultCollector

SPLITS: Final = 1000
"""Splits of the runs."""

_ALPHA: Final = 0.05
_Z: Final = 1.959963984540054

_Floats = np.ndarray[Any, np.dtype[np.float64]]
_Flags = np.ndarray[Any, np.dtype[np.bool_]]


@dataclass(frozen=True)
class FalseAlarms:
    """How often the gate's comparison had each verdict, over the splits of the runs.

    Attributes:
        splits: The number of splits.
        failed: Share of splits with the verdict FAIL, 0 to 1: the false-alarm rate.
        low: Lower end of its 95 % interval.
        high: Upper end.
        inconclusive: Share of splits with the verdict INCONCLUSIVE.
        rounds: Mean number of rounds until the verdict.
    """

    splits: int
    failed: float
    low: float
    high: float
    inconclusive: float
    rounds: float


def false_alarms(
    scores: Mapping[str, Mapping[str, Sequence[float]]],
    rounds: Rounds,
    baseline_runs: int,
    max_regression: float,
    splits: int = SPLITS,
) -> FalseAlarms:
    """Return how often two sessions of the same agent are told apart.

    Args:
        scores: Variant to scenario to its outcomes, 1.0 or 0.0, by run number; each scenario has the same number.
        rounds: The rounds of a session; with one round, `first` and `last` are its runs a scenario.
        baseline_runs: Runs of each scenario in the baseline.
        max_regression: The drop of the success rate that a session must exclude, 0 to 1.
        splits: The number of splits.

    Raises:
        ValueError: If there are too few runs for a baseline and a session.
    """
    outcomes = {variant: np.array([list(runs) for runs in of.values()]) for variant, of in scores.items()}
    played = min(runs.shape[1] for runs in outcomes.values())
    if played < baseline_runs + rounds.last:
        raise ValueError(f"expected {baseline_runs + rounds.last} runs of each scenario, got {played}")
    draw = Random("burn-in")  # noqa: S311 - reproducible on purpose
    drawn = np.array([draw.sample(range(played), baseline_runs + rounds.last) for _ in range(splits)])
    verdicts = np.zeros(splits, dtype=np.int64)
    ended = np.full(splits, rounds.last)
    is_open = np.ones(splits, dtype=bool)
    for number in range(rounds.first, rounds.last + 1):
        used = drawn[:, : baseline_runs + number]
        failed, passed = _look(outcomes, used, baseline_runs, max_regression, rounds, number)
        verdicts[is_open & passed] = 1
        verdicts[is_open & failed] = -1
        ended[is_open & (failed | passed)] = number
        is_open &= ~(failed | passed)
    alarms = verdicts == -1
    low, high = _interval(alarms, drawn, played)
    return FalseAlarms(splits, float(alarms.mean()), low, high, float((verdicts == 0).mean()), float(ended.mean()))


def _look(
    outcomes: Mapping[str, _Floats],
    drawn: np.ndarray[Any, np.dtype[np.int64]],
    baseline_runs: int,
    max_regression: float,
    rounds: Rounds,
    number: int,
) -> tuple[_Flags, _Flags]:
    """Return which splits fail and which pass at a look, as `inference.decision.decide_all` decides for each."""
    from pytest_pare.inference.paired import Differences
    from pytest_pare.inference.sequential import Look, level

    p_drops, p_margins = [], []
    for runs in outcomes.values():
        # Splits x scenarios.
        before = runs[:, drawn[:, :baseline_runs]].mean(axis=2).T
        now = runs[:, drawn[:, baseline_runs:]].mean(axis=2).T
        count = len(runs)
        differences = Differences.of(
            before, now, baseline_runs=[baseline_runs] * count, runs=[number] * count, margin=max_regression
        )
        p_drops.append(differences.p_drop())
        p_margins.append(differences.p_margin())
    look = Look(number, rounds.last, rounds.first)
    # The levels of Holm's method, for the variant with the smallest p-value and so on.
    levels = [level(look, _ALPHA / left) for left in range(len(outcomes), 0, -1)]
    failed = np.min(p_drops, axis=0) <= levels[0]
    passed = (np.sort(p_margins, axis=0) <= np.array(levels)[:, None]).all(axis=0)
    return failed, passed & ~failed


def _interval(alarms: _Flags, drawn: np.ndarray[Any, np.dtype[np.int64]], played: int) -> tuple[float, float]:
    """Return the 95 % interval of the share of alarms, for other runs of the same agent.

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
    return max(0.0, middle - half), min(1.0, middle + half)


# -- the session


@dataclass(frozen=True)
class _Rule:
    """How sessions of a suite are compared: their rounds, the runs of a baseline, and the drop that must not pass."""

    rounds: Rounds
    baseline_runs: int
    max_regression: float

    @classmethod
    def of(cls, suite: Suite) -> _Rule:
        """Return the rule of a suite, as it is without the flag."""
        overrides = [one for one in suite.overrides if one.source != BURN_IN.flag]
        # A suite that may stop early needs a baseline, and this session makes its own.
        overrides.append(Override("gate.baseline", "baseline.json", BURN_IN.flag))
        settings = load_suite(suite.path, overrides).settings
        runs = settings.runs
        rounds = Rounds(runs.min, runs.max) if isinstance(runs, RunRange) else Rounds(runs, runs)
        return cls(rounds, rounds.last, settings.gate.max_regression)


def register(config: pytest.Config, collector: ResultCollector) -> None:
    """Register the plugin that prints the false-alarm rate.

    Raises:
        pytest.UsageError: If there are too few runs for a baseline and a session.
    """
    count = config.getoption(BURN_IN.dest)
    rules = {name: _Rule.of(suite) for name, suite in collector.suite_files.items()}
    for name, rule in rules.items():
        least = rule.baseline_runs + rule.rounds.last
        if count < least:
            raise pytest.UsageError(
                f"{BURN_IN.flag}: expected {least} or more for {name}, {rule.baseline_runs} for a baseline and "
                f"{rule.rounds.last} for a session, got {count}; raise it"
            )
    config.pluginmanager.register(BurnIn(collector, rules), "pare-burn-in")


class BurnIn:
    """A plugin of the controller, or of the only process: prints how often unchanged sessions fail.

    Args:
        collector: The results of the session.
        rules: Name of each suite to how its sessions are compared.
    """

    def __init__(self, collector: ResultCollector, rules: Mapping[str, _Rule]) -> None:
        self._collector = collector
        self._rules = rules

    @pytest.hookimpl(trylast=True)
    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print the false-alarm rate of each suite."""
        for name, rule in self._rules.items():
            for line in _lines(self._collector.suites[name], rule):
                terminalreporter.write_line(redacted(f"pare: {line}"))


def _lines(suite: SuiteResults, rule: _Rule) -> Iterator[str]:
    scores = _scores(suite)
    complete = {
        variant: {
            scenario: [by_number[number] for number in sorted(by_number)]
            for scenario, by_number in scenarios.items()
            if len(by_number) == suite.plan.runs
        }
        for variant, scenarios in scores.items()
    }
    left_out = sum(len(scenarios) - len(complete[variant]) for variant, scenarios in scores.items())
    if not any(complete.values()):
        yield f"burn-in of {suite.name}: no scenario has {plural(suite.plan.runs, 'run')} that count"
        return
    rounds = rule.rounds
    found = false_alarms(
        {variant: one for variant, one in complete.items() if one}, rounds, rule.baseline_runs, rule.max_regression
    )
    yield (
        f"burn-in of {suite.name}: {_percent(found.failed)} of unchanged sessions fail "
        f"(95 %: {_percent(found.low)} to {_percent(found.high)}), {_percent(found.inconclusive)} are inconclusive"
    )
    of_session = f"{rounds.first} to {rounds.last}" if rounds.first < rounds.last else str(rounds.last)
    stopped = f", stopped after {found.rounds:.2f} on average" if rounds.first < rounds.last else ""
    yield (
        f"  {found.splits:,} splits of {suite.plan.runs} runs a scenario: {rule.baseline_runs} as a baseline, "
        f"{of_session} as a session{stopped}"
    )
    if left_out:
        yield f"  left out: {plural(left_out, 'scenario')} with skipped runs, or with runs that infrastructure ended"


def _scores(suite: SuiteResults) -> dict[str, dict[str, dict[int, float]]]:
    """Return variant to scenario to run number to the score of each run that says something about the agent."""
    scores: dict[str, dict[str, dict[int, float]]] = {}
    for nodeid, outcome in suite.outcomes.items():
        run = suite.run_id(nodeid)
        by_number = scores.setdefault(run.variant, {}).setdefault(run.scenario_id, {})
        if run.run_number is not None and outcome.kind not in LEFT_OUT and not outcome.is_infrastructure:
            by_number[run.run_number] = float(outcome.kind == "success")
    return scores


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"
