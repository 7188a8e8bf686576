"""Measures how often a suite's comparison with a baseline fails although its agent has not changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from pytest_pare.plugin.baselines import rounds_of
from pytest_pare.plugin.options import BURN_IN
from pytest_pare.plugin.summary import write_wrapped
from pytest_pare.results.rounds import Rounds
from pytest_pare.results.run_set import LEFT_OUT
from pytest_pare.results.text import plural
from pytest_pare.settings import Override, Suite, load_suite

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pytest_pare.ledger.suite_results import SuiteResults
    from pytest_pare.plugin.result_collector import ResultCollector


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
        rounds = rounds_of(settings.runs) or Rounds(settings.most_runs, settings.most_runs)
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
    config.pluginmanager.register(BurnInReport(collector, rules), "pare-burn-in")


class BurnInReport:
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
                write_wrapped(terminalreporter, f"pare: {line}")


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
    # Slow to import, and needed here alone.
    from pytest_pare.inference.false_alarms import false_alarms
    from pytest_pare.inference.sequential import Look

    found = false_alarms(
        {variant: one for variant, one in complete.items() if one},
        Look(rounds.last, rounds.last, rounds.first),
        rule.baseline_runs,
        rule.max_regression,
    )
    low, high = found.interval.low, found.interval.high
    yield (
        f"burn-in of {suite.name}: {_percent(found.failed)} of unchanged sessions fail "
        f"(95 %: {_percent(low)} to {_percent(high)}), {_percent(found.inconclusive)} are inconclusive"
    )
    of_session = f"{rounds.first} to {rounds.last}" if rounds.first < rounds.last else str(rounds.last)
    stopped = f", stopped after {found.rounds:.2f} on average" if rounds.first < rounds.last else ""
    yield (
        f"  {found.splits:,} splits of {suite.plan.runs} runs a scenario: {rule.baseline_runs} as a baseline, "
        f"{of_session} as a session{stopped}"
    )
    if left_out:
        scenarios = plural(left_out, "scenario")
        yield f"  left out: {scenarios} with runs that were skipped, have no result, or were ended by infrastructure"


def _scores(suite: SuiteResults) -> dict[str, dict[str, dict[int, float]]]:
    """Return variant to scenario to run number to the score of each run that says something about the agent."""
    scores: dict[str, dict[str, dict[int, float]]] = {}
    for nodeid, outcome in suite.outcomes.items():
        run = suite.run_id(nodeid)
        by_number = scores.setdefault(run.variant, {}).setdefault(run.scenario_id, {})
        if (
            run.run_number is not None
            and outcome.kind not in (*LEFT_OUT, "no_result")
            and not outcome.is_infrastructure
        ):
            by_number[run.run_number] = float(outcome.kind == "success")
    return scores


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"
