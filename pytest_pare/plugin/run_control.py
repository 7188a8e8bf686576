"""Starts the runs of a session in rounds and within a budget, in one process or by workers, and reports the others."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest

from pytest_pare.ledger.run_id import RunId
from pytest_pare.plugin.budget import Budget, parse_limits, use_of
from pytest_pare.plugin.concurrency import at_once_of_session
from pytest_pare.plugin.options import BUDGET
from pytest_pare.plugin.preflight import refuse_unknown_cost
from pytest_pare.plugin.run_queue import Looks, QueuedRun, RunQueue
from pytest_pare.plugin.run_reports import run_properties
from pytest_pare.plugin.stash import suite_of
from pytest_pare.plugin.summary import write_wrapped
from pytest_pare.results.run_set import LEFT_OUT
from pytest_pare.settings.runs import RunRange

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping, Sequence

    from xdist.scheduler import Scheduling

    from pytest_pare.ledger.suite_results import SuiteResults
    from pytest_pare.plugin.budget import Unit
    from pytest_pare.plugin.early_stopping import EarlyStopping
    from pytest_pare.plugin.result_collector import ResultCollector
    from pytest_pare.plugin.run_queue import LeftOut
    from pytest_pare.settings import Suite


def run_limits(config: pytest.Config, suites: Mapping[str, Suite]) -> list[str]:
    """Return the settings that may leave runs out because of the results of others, as messages name them."""
    stops_early = any(isinstance(suite.settings.runs, RunRange) for suite in suites.values())
    return ["stopping early (runs: {min, max})"] * stops_early + [BUDGET.flag] * bool(config.getoption(BUDGET.dest))


def register(config: pytest.Config, collector: ResultCollector) -> None:
    """Register the plugin that chooses runs, for stopping early, a budget, or workers that play several at once.

    Raises:
        pytest.UsageError: If the budget is wrong or cannot be kept, or pytest-xdist is to give out runs in another way.
    """
    reasons = run_limits(config, collector.suite_files)
    dist = config.getoption("dist", "no")
    at_once = at_once_of_session(config, collector.suite_files.values())
    if not reasons and (at_once == 1 or dist != "load"):
        return
    if dist not in ("no", "load"):
        raise pytest.UsageError(
            f"--dist {dist}: {' and '.join(reasons)} needs --dist load, which is the default of -n; leave --dist out"
        )
    try:
        limits = parse_limits(config.getoption(BUDGET.dest))
    except ValueError as error:
        raise pytest.UsageError(f"{BUDGET.flag}: {error}") from error
    if any(limit.unit == "usd" for limit in limits):
        refuse_unknown_cost(collector.suite_files.values(), f"{BUDGET.flag} in usd")
    began = time.monotonic()
    budget = Budget(limits, lambda: time.monotonic() - began) if limits else None
    has_result = collector.resumption.has_result
    control = RunControl(config, collector.suites, collector.baselines.early_stopping(), budget, has_result, at_once)
    config.pluginmanager.register(control, "pare-run-control")


class RoundOrder:
    """A plugin of each process of a session that may stop early: sorts the runs by round."""

    @staticmethod
    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
        """Sort the runs of suites that may stop early behind everything else, by their run numbers."""
        items.sort(key=_round_of)


def _round_of(item: pytest.Item) -> int:
    suite = suite_of(item)
    if suite is None or not isinstance(suite.settings.runs, RunRange):
        return 0
    return RunId.of_item(item, suite).run_number or 0


class RunControl:
    """A plugin of the controller, or of the only process: decides which runs are started.

    Args:
        config: The session's configuration.
        suites: The results of the suites, by the node ids of their files.
        stopping: The rule of each suite that may stop early, by the same names.
        budget: The budget of all runs; `None` is no limit.
        has_result: Returns whether a run has a result of the session that this one resumes.
        at_once: The number of runs that a worker plays at once.
    """

    def __init__(
        self,
        config: pytest.Config,
        suites: Mapping[str, SuiteResults],
        stopping: Mapping[str, EarlyStopping],
        budget: Budget | None,
        has_result: Callable[[str], bool],
        at_once: int = 1,
    ) -> None:
        self._at_once = at_once
        self._config = config
        self._suites = suites
        self._stopping = stopping
        self._budget = budget
        self._has_result = has_result
        self._queue: RunQueue | None = None
        self._positions: dict[str, int] = {}
        self._left_out: dict[str, LeftOut] = {}

    # -- with workers

    @pytest.hookimpl(tryfirst=True, optionalhook=True)
    def pytest_xdist_make_scheduler(self, config: pytest.Config) -> Scheduling:
        """Return the scheduler that gives runs to the workers."""
        from pytest_pare.plugin.round_scheduler import RoundScheduling

        return RoundScheduling(config, self._make_queue, self._report, self._at_once)

    def _report(self, nodeid: str, one: LeftOut) -> None:
        """Log the reports of a run that no worker plays, like those of a skipped test."""
        self._left_out[nodeid] = one
        name = nodeid.partition("::")[0]
        run = self._suites[name].run_id(nodeid)
        properties = {**run_properties(run, attempt=1), "pare_status": one.kind}
        shown = [(key, value) for key, value in properties.items() if value is not None]
        location = (name, None, nodeid.partition("::")[2])
        setup = pytest.TestReport(nodeid, location, {}, "skipped", None, "setup", user_properties=shown)
        _mark(setup, one)
        teardown = pytest.TestReport(nodeid, location, {}, "passed", None, "teardown", user_properties=shown)
        for report in (setup, teardown):
            vars(report)["pare_run"] = run.to_dict()
            self._config.hook.pytest_runtest_logreport(report=report)

    # -- in one process

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Make the queue of the runs that this process plays; a controller plays none."""
        if session.items:
            self._make_queue([item.nodeid for item in session.items])
            self._positions = {item.nodeid: position for position, item in enumerate(session.items)}

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, Any, Any]:
        """Start a run if it is needed and the budget allows it, and look at its round when it is over."""
        queue, position = self._queue, self._positions.get(item.nodeid)
        if queue is None or position is None:
            return (yield)
        is_started = queue.start(position) == "started"
        self._left_out |= {queue.runs[one.position].nodeid: one for one in queue.take_left_out()}
        result = yield
        if is_started:
            queue.complete(position)
            queue.look()
        return result

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Skip a run that is left out."""
        if (one := self._left_out.get(item.nodeid)) is not None:
            pytest.skip(one.reason)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Mark the report of a run that is left out."""
        report = yield
        one = self._left_out.get(item.nodeid)
        if one is not None and call.when == "setup":
            _mark(report, one)
        return report

    # -- both

    def _make_queue(self, nodeids: Sequence[str]) -> RunQueue:
        looks = {name: Looks(one.rounds.first, one.look) for name, one in self._stopping.items()}
        self._queue = RunQueue([self._queued(nodeid) for nodeid in nodeids], looks, self._budget, self._used)
        return self._queue

    def _queued(self, nodeid: str) -> QueuedRun:
        name = nodeid.partition("::")[0]
        if name not in self._suites:
            return QueuedRun(nodeid)
        number = self._suites[name].run_id(nodeid).run_number or 0
        return QueuedRun(nodeid, name, number if name in self._stopping else 0, is_free=self._has_result(nodeid))

    def _used(self, nodeid: str) -> dict[Unit, float | None] | None:
        """Return what a run has used; `None` if it has no result, and nothing if it was not played."""
        suite = self._suites[nodeid.partition("::")[0]]
        attempts = suite.attempts.get(nodeid, [])
        results = [attempt.result for attempt in attempts if attempt.result is not None]
        # A run that is left out because the simulated user failed was played.
        if attempts and ((attempts[-1].kind in LEFT_OUT and attempts[-1].result is None) or attempts[-1].reused):
            return {}
        return use_of(results) if results else None

    @pytest.hookimpl(trylast=True)
    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print what was saved, and what was used of the budget."""
        lines = []
        for name, one in self._stopping.items():
            left_out = [nodeid for nodeid, left in self._left_out.items() if left.kind == "not_needed"]
            count = sum(nodeid.partition("::")[0] == name for nodeid in left_out)
            line = one.line(count, 0 if self._queue is None else self._queue.overshoot(name))
            lines += [f"{name}: {line}"] if line is not None else []
        if self._budget is not None:
            lines += self._budget.lines()
        for line in lines:
            write_wrapped(terminalreporter, f"pare: {line}")


def _mark(report: pytest.TestReport, one: LeftOut) -> None:
    """Let a report of a set-up say that the run was left out, and why."""
    vars(report)["pare_left_out"] = {"kind": one.kind, "reason": one.reason}
    report.longrepr = (report.location[0], 1, f"Skipped: {one.reason}")
