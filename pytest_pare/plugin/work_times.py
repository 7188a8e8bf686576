"""Measures what the runs of a session take, and says in the header of a later one what its workers would cost."""

from __future__ import annotations

import json
import os
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest

from pytest_pare.base.garbage import import_first
from pytest_pare.base.run_files import write_whole
from pytest_pare.ledger.work import Work, advice, last_work
from pytest_pare.plugin.session_files import session_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pytest_pare.ledger.suite_results import SuiteResults
    from pytest_pare.settings import Suite

_RUNNER = "pytest_pare.simulation.runner"


class WorkTimes:
    """A plugin of the controller, or of the only process: adds up the time of the runs of each suite.

    Args:
        suites: The runs of each suite, by the node id of its file.
    """

    def __init__(self, suites: Mapping[str, SuiteResults]) -> None:
        self._suites = suites

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Add the time of a phase of a run."""
        suite = self._suites.get(report.nodeid.partition("::")[0])
        if suite is not None and type(report) is pytest.TestReport:
            suite.run_seconds += report.duration
            suite.workers.add(getattr(getattr(report, "node", None), "gateway", None))


def measure_start() -> None:
    """Import what plays runs, and leave for the controller what the start of this process took.

    A process that has imported it has played a run, or an earlier session: its processor time is not that of a start.
    """
    if _RUNNER in sys.modules:
        return
    before = time.process_time()
    import_first(_RUNNER)
    now = time.process_time()
    file = session_file("", "start")
    try:
        if not file.exists():
            write_whole(file, json.dumps({"start_seconds": now, "import_seconds": now - before}))
    except OSError:
        # On a full disk there is no ledger either.
        return


def work_of(suite: SuiteResults) -> dict[str, Any]:
    """Return what the runs of a suite took, for its ledger; empty if no run was played."""
    attempts = (one for attempts in suite.attempts.values() for one in attempts)
    played = sum(one.result is not None and not one.reused and not one.resumed_from for one in attempts)
    try:
        start = json.loads(session_file("", "start").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        # Workers on another machine share no files with the controller, and a process may be in its second session.
        return {}
    # The first run of each process imports what plays runs. Workers that share a processor slow each other down.
    at_a_time = min(1.0, _processors() / max(len(suite.workers), 1))
    seconds = (suite.run_seconds - len(suite.workers) * start["import_seconds"]) * at_a_time
    return {"work": Work(played, max(seconds, 0.0), start["start_seconds"])._asdict()} if played else {}


def worker_lines(
    config: pytest.Config, suites: Iterable[tuple[Suite, SuiteResults, int | None]], own_seconds: float
) -> list[str]:
    """Return a line of the header if the workers of a session cost more time than they save.

    Args:
        config: The configuration of the session.
        suites: Each suite with its results, which have its plan, and the number of its planned runs, if it is known.
        own_seconds: The processor time of this process so far.
    """
    workers = _workers(config)
    if not workers:
        return []
    total = Work(0, 0.0, 0.0)
    for suite, results, runs in suites:
        where = suite.ledger_dir(config.rootpath)
        work = None if where is None or runs is None else last_work(where, results.name, results.plan.settings)
        if work is None or runs is None:
            return []
        seconds = total.seconds + work.seconds / work.runs * runs
        total = Work(total.runs + runs, seconds, max(total.start_seconds, work.start_seconds))
    line = advice(total, workers, _processors(), own_seconds) if total.runs else None
    return [] if line is None else [line]


def _workers(config: pytest.Config) -> int:
    """Return the number of workers that `-n` asks for; 0 without it."""
    if not config.getoption("numprocesses", None) or config.getoption("dist", "no") == "no":
        return 0
    return len(config.getoption("tx"))


def _processors() -> int:
    # Not all systems can restrict a process to some of them.
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
