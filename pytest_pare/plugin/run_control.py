"""Starts the runs of a session in rounds and within a budget, in one process or by workers, and reports the others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pytest_pare.ledger.run_id import RunId
from pytest_pare.plugin.budget import use_of
from pytest_pare.plugin.run_queue import QueuedRun, Rounds, RunQueue
from pytest_pare.plugin.run_reports import run_properties
from pytest_pare.plugin.stash import suite_of
from pytest_pare.settings.models import RunRange

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping, Sequence
    from pathlib import Path

    from xdist.scheduler import Scheduling

    from pytest_pare.ledger.suite_results import SuiteResults
    from pytest_pare.plugin.budget import Budget, Unit
    from pytest_pare.plugin.early_stopping import EarlyStopping
    from pytest_pare.plugin.run_queue import LeftOut
    from pytest_pare.results.run_set import RunSet
    from pytest_pare.settings import Suite


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
        run_set: Returns the runs of a suite as they are compared.
    """

    def __init__(
        self,
        config: pytest.Config,
        suites: Mapping[str, SuiteResults],
        stopping: Mapping[str, EarlyStopping],
        budget: Budget | None,
        run_set: Callable[[SuiteResults], RunSet],
    ) -> None:
        self._config = config
        self._suites = suites
        self._stopping = stopping
        self._budget = budget
        self._run_set = run_set
        self._queue: RunQueue | None = None
        self._index: dict[str, int] = {}
        self._left_out: dict[str, LeftOut] = {}

    # -- with workers

    @pytest.hookimpl(tryfirst=True, optionalhook=True)
    def pytest_xdist_make_scheduler(self, config: pytest.Config) -> Scheduling:
        """Return the scheduler that gives runs to the workers."""
        from pytest_pare.plugin.round_scheduler import RoundScheduling

        return RoundScheduling(config, self._make_queue, self._report)

    def _report(self, nodeid: str, one: LeftOut) -> None:
        """Log the reports of a run that no worker plays, as a run that is skipped has them."""
        self._left_out[nodeid] = one
        suite = self._suites[nodeid.partition("::")[0]]
        run = suite.run_id(nodeid)
        properties = {**run_properties(run, attempt=1), "pare_status": one.kind}
        path, _, name = nodeid.partition("::")
        for when in ("setup", "teardown"):
            report = pytest.TestReport(
                nodeid=nodeid,
                location=(path, None, name),
                keywords={},
                outcome="skipped" if when == "setup" else "passed",
                longrepr=(path, 1, f"Skipped: {one.reason}") if when == "setup" else None,
                when=when,  # type: ignore[arg-type]
                user_properties=[(key, value) for key, value in properties.items() if value is not None],
            )
            vars(report)["pare_run"] = run.to_dict()
            if when == "setup":
                vars(report)["pare_left_out"] = {"kind": one.kind, "reason": one.reason}
            self._config.hook.pytest_runtest_logreport(report=report)

    # -- in one process

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Make the queue of the runs that this process plays; a controller has none."""
        if session.items:
            self._make_queue([item.nodeid for item in session.items])
            self._index = {item.nodeid: index for index, item in enumerate(session.items)}

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, Any, Any]:
        """Start a run if it is needed and the budget allows it, and look at its round when it is over."""
        queue = self._queue
        if queue is None or item.nodeid not in self._index:
            return (yield)
        index = self._index[item.nodeid]
        is_started = queue.start(index) == "started"
        self._left_out |= {queue.runs[one.index].nodeid: one for one in queue.take_left_out()}
        result = yield
        if is_started:
            queue.complete(index)
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
            vars(report)["pare_left_out"] = {"kind": one.kind, "reason": one.reason}
            report.longrepr = (report.location[0], 1, f"Skipped: {one.reason}")
        return report

    # -- both

    def _make_queue(self, nodeids: Sequence[str]) -> RunQueue:
        rounds = {
            name: Rounds(one.first, lambda number, name=name, one=one: one.look(self._run_set(self._suites[name]), number))
            for name, one in self._stopping.items()
        }
        self._queue = RunQueue([self._queued(nodeid) for nodeid in nodeids], rounds, self._budget, self._used)
        return self._queue

    def _queued(self, nodeid: str) -> QueuedRun:
        name = nodeid.partition("::")[0]
        if name not in self._suites:
            return QueuedRun(nodeid)
        number = self._suites[name].run_id(nodeid).run_number or 0
        return QueuedRun(nodeid, name, number if name in self._stopping else 0)

    def _used(self, nodeid: str) -> dict[Unit, float | None] | None:
        """Return what a run has used; `None` if it has no result."""
        suite = self._suites[nodeid.partition("::")[0]]
        attempts = suite.attempts.get(nodeid, [])
        results = [attempt.result for attempt in attempts if attempt.result is not None]
        is_skipped = bool(attempts) and attempts[-1].kind in ("skipped", "xfailed")
        return use_of(results) if results or is_skipped else None

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print what was saved, and what was spent."""
        lines = []
        for name, one in self._stopping.items():
            left_out = [nodeid for nodeid, left in self._left_out.items() if left.kind == "not_needed"]
            count = sum(nodeid.partition("::")[0] == name for nodeid in left_out)
            lines.append(f"{name}: {one.line(count, self._queue.overshoot(name) if self._queue else 0)}")
        if self._budget is not None:
            lines += self._budget.lines()
        for line in lines:
            terminalreporter.write_line(f"pare: {line}")
