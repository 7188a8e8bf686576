"""Plays runs at the same time in threads: each item waits for its own run, and those behind it are started ahead."""

from __future__ import annotations

import threading
from contextvars import Context, copy_context
from typing import TYPE_CHECKING, Any

import pytest

from pytest_pare.ledger.run_id import RunId
from pytest_pare.plugin.caching import has_result
from pytest_pare.plugin.concurrency import (
    NAME,
    is_in_later_round,
    is_per_run,
    lines,
    most_at_once,
    obstacle,
    parameters_of,
    runner_of,
    shares_fixtures,
)
from pytest_pare.plugin.fixture_values import config_of
from pytest_pare.plugin.pare_fixture import variant_for
from pytest_pare.plugin.preparation import prepare
from pytest_pare.plugin.resume import finished_run
from pytest_pare.plugin.run_output import OutputRouting, collect_no_more
from pytest_pare.plugin.run_thread import RunThread
from pytest_pare.plugin.stash import SCENARIO, suite_of
from pytest_pare.plugin.summary import write_wrapped
from pytest_pare.plugin.watchdog import GRACE_SECONDS, watchdog
from pytest_pare.plugin.worker_runs import Workers
from pytest_pare.results.text import plural

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from pytest_pare.plugin.preparation import PreparedRun
    from pytest_pare.scenarios.scenario import PAREScenario
    from pytest_pare.simulation.runner import Run


class ConcurrentRuns:
    """A plugin of each process that plays runs, in a session that plays several at once.

    Runs are started ahead in the order of their items, up to the first item that cannot be, such as a test with
    fixtures of its own. So such an item is run while nothing else is.

    Args:
        config: The session's configuration.
    """

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._routing = OutputRouting(config)
        self._context = Context()
        self._changed = threading.Condition()
        self._items: list[pytest.Item] = []
        self._positions: dict[str, int] = {}
        # By node id: runs that were started, and of those the ones whose items have not taken them.
        self._begun: set[str] = set()
        self._jobs: dict[str, RunThread] = {}
        self._running: set[RunThread] = set()
        self._left = self._alone = 0
        self._workers = Workers(config)

    @property
    def ended_ahead(self) -> int:
        """The number of runs that have ended and whose items have not reported them yet."""
        return sum(job.outcome is not None for job in self._jobs.values())

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Tell the controller how many runs are played at once."""
        self._workers.report_lines(lines(session.items))

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self) -> None:
        """Say it, once."""
        reporter: Any = self._config.pluginmanager.get_plugin("terminalreporter")
        for line in self._workers.reported_lines():
            reporter.ensure_newline()
            reporter.write_line(f"{line}, in each worker")

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Add the runs of a worker that are not counted. A worker that has crashed reports none."""
        left, alone = getattr(node, "workeroutput", {}).get(NAME, (0, 0))
        self._left += left
        self._alone += alone

    def pytest_report_collectionfinish(self, items: list[pytest.Item]) -> list[str]:
        """Say how many runs are played at once, and why others are not."""
        return lines(items)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtestloop(self, session: pytest.Session) -> Generator[None, Any, Any]:
        """Play runs; those that no item has taken at the end are not counted."""
        self._items = session.items
        self._positions = {item.nodeid: position for position, item in enumerate(session.items)}
        self._context = copy_context()
        with self._routing.possible():
            try:
                return (yield)
            finally:
                self._routing.is_kept = bool(self._running)
                self._left = len(self._jobs)
                if hasattr(self._config, "workeroutput"):
                    self._config.workeroutput[NAME] = (self._left, self._alone)

    @pytest.hookimpl(trylast=True)
    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say how many runs were started and are not counted, or were played one by one against expectation."""
        if self._alone:
            write_wrapped(
                terminalreporter,
                f"pare: {plural(self._alone, 'run')} one by one: the fixture proactive_agent returned one object for "
                "all of them; return a function, or a class or function that makes an agent for each run",
            )
        if self._left:
            were = "was" if self._left == 1 else "were"
            write_wrapped(
                terminalreporter,
                f"pare: {plural(self._left, 'run')} {were} started ahead when the session ended, and not counted",
            )

    def pytest_enter_pdb(self) -> None:
        """Show the debugger that an agent starts in its thread."""
        collect_no_more()

    def play(self, item: pytest.Item, prepared: PreparedRun, agent: object) -> tuple[PAREScenario | None, Run] | None:
        """Return the run of an item when it has ended; `None` if it must be played here and now.

        Args:
            item: The item.
            prepared: Its run.
            agent: The value of its fixture `proactive_agent`.

        Raises:
            pytest.fail.Exception: If the run does not end in time.
        """
        job = self._jobs.pop(item.nodeid, None)
        if job is None:
            # A plugin may run an item again.
            if item.nodeid in self._begun or not self._is_concurrent(item):
                return None
            if not is_per_run(agent):
                self._alone += 1
                return None
            self._workers.refuse_begun(item)
            job = self._start(item, prepared)
        self._wait(item, job, agent)
        if not self._jobs:
            self._routing.end()
        job.output.report(item)
        if job.outcome is None:
            self._running.discard(job)
            raise pytest.fail.Exception(job.never_ended(), pytrace=False)
        if isinstance(job.outcome, BaseException):
            raise job.outcome
        return job.outcome

    def _wait(self, item: pytest.Item, job: RunThread, agent: object) -> None:
        """Wait for the end of a run, and start others meanwhile."""
        limit = job.prepared.timeout_seconds
        with watchdog(self._config, item.nodeid, limit, more_seconds=GRACE_SECONDS) as start_watchdog, self._changed:
            self._start_ahead(item, agent)
            is_watched = False
            while job.outcome is None:
                left = job.seconds_left
                if left is not None and not is_watched:
                    # Code that keeps all other threads from running ends this process.
                    start_watchdog()
                    is_watched = True
                if left is not None and left <= 0:
                    return
                self._changed.wait(left)

    def _is_concurrent(self, item: pytest.Item) -> bool:
        runner = runner_of(item)
        return runner is not None and most_at_once(runner) > 1 and obstacle(item) is None

    def _start_ahead(self, item: pytest.Item, agent: object) -> None:
        """Start runs of the items behind one whose run is waited for."""
        for following in self._following(item):
            if following.nodeid in self._begun or _is_not_played(following) or self._workers.has_begun(following):
                continue
            runner = runner_of(following)
            if (
                runner is None
                # Runs that have ended and wait for their items count, so that a killed session loses no more of them.
                or 1 + len(self._jobs) >= most_at_once(runner)
                or obstacle(following) is not None
                or not shares_fixtures(following, item)
                or is_in_later_round(following, item)
                or self._may_end_session()
            ):
                return
            self._begun.add(following.nodeid)
            prepared = _prepare_ahead(following, agent)
            if prepared is not None:
                self._jobs[following.nodeid] = self._start(following, prepared)

    def _following(self, item: pytest.Item) -> Iterator[pytest.Item]:
        """Yield the items that this process runs after an item."""
        if self._workers.are_used:
            yield from self._workers.following(self._items)
            return
        for position in range(self._positions[item.nodeid] + 1, len(self._items)):
            yield self._items[position]

    def _may_end_session(self) -> bool:
        """Return whether failures that no item has reported yet end the session, by `-x` or `--maxfail`."""
        most: int = self._config.getoption("maxfail")
        failures = sum(job.has_failed for job in self._jobs.values())
        return bool(most) and failures >= most

    def _start(self, item: pytest.Item, prepared: PreparedRun) -> RunThread:
        self._routing.begin()
        self._begun.add(item.nodeid)
        self._workers.note_begun(item)
        job = RunThread(prepared)
        self._running.add(job)
        job.start(self._context.copy(), item.nodeid, self._changed, self._running.discard)
        return job


def _prepare_ahead(item: pytest.Item, agent: Any) -> PreparedRun | None:
    """Return the run of an item before its fixtures are set up; `None` if there is nothing to play."""
    suite = suite_of(item)
    assert suite is not None
    run = RunId.of_item(item, suite)
    try:
        variant = variant_for(item, parameters_of(item).get("pare_variant"))
        config = config_of(item, suite, variant.settings)
        prepared = prepare(item, run.scenario_id, item.stash[SCENARIO], config, agent, variant, run.run_number, suite)
        is_reused = prepared.key is not None and has_result(item, prepared.key, prepared.config)
    except (Exception, pytest.fail.Exception):  # noqa: BLE001 - the item fails by itself
        return None
    return None if is_reused else prepared


def _is_not_played(item: pytest.Item) -> bool:
    is_skipped = item.get_closest_marker("skip") is not None
    return is_skipped or finished_run(item, item.nodeid.partition("::")[0]) is not None
