"""Collects the results of a session from its reports, and sets its verdicts and exit status."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Any

import pytest

from pytest_pare.ledger.github import publish
from pytest_pare.ledger.outcomes import NOT_RUN, Outcome, outcome_of_record
from pytest_pare.ledger.plan import SuitePlan
from pytest_pare.ledger.run_id import RunId
from pytest_pare.ledger.suite_results import SuiteResults
from pytest_pare.ledger.verdict import judge
from pytest_pare.plugin import summary
from pytest_pare.plugin.baselines import Baselines
from pytest_pare.plugin.equal_failures import EqualFailures
from pytest_pare.plugin.narrowing import UNKNOWN_CODE, narrowing, only_looks, reasons_of, unplayed
from pytest_pare.plugin.outcomes import is_run_again, outcome_of
from pytest_pare.plugin.report_files import ReportFiles, problem_of, write_all
from pytest_pare.plugin.resume import Resumption, is_taken_over
from pytest_pare.plugin.session_ledger import SessionLedger

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Mapping

    from pytest_pare.ledger.shards import Shard
    from pytest_pare.results.gate import Verdict
    from pytest_pare.settings import Suite

_BEGAN = "it began and never ended"
# Kept open for the report, in case an agent takes all file descriptors: imports need some too.
_SPARE_FILES = 16
# Exit statuses of a session that was not cut short.
_WELL_ENDED = (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.NO_TESTS_COLLECTED)


class ResultCollector:
    """A plugin of the controller, or of the only process: collects results, prints them, sets the exit status.

    Results are kept as they arrive.

    Args:
        config: The session's configuration.
        suite_files: The suites, by the node ids of their files.
        selected: The number of scenarios that each selects before its limit, if the source of its library shows it.
        shard: The part of the suites that the session runs; `None` for all of it.

    Attributes:
        suite_files: The suites, as given.
        suites: The runs of each suite, by the node id of its file.
        resumption: The sessions that this one resumes.
        baselines: The baselines of the suites.
        failures: Groups equal failures.
        duration: Length of the session in seconds of real time, when it has ended.
        problems: Errors outside of the runs, a sentence each.
        is_urgent: Whether the process may be killed soon: the verdict then comes before other plugins end, and before
            workers that are still busy.
    """

    def __init__(
        self,
        config: pytest.Config,
        suite_files: Mapping[str, Suite],
        selected: Mapping[str, int],
        shard: Shard | None = None,
    ) -> None:
        self._config = config
        self._began = time.perf_counter()
        self._shard = shard
        self._scored_failures = 0
        self._not_collected: set[str] = set()
        self.suite_files = suite_files
        self.suites = {
            name: SuiteResults(SuitePlan.of(name, suite, selected.get(name))) for name, suite in suite_files.items()
        }
        self.resumption = Resumption(config, suite_files, self.suites, shard)
        self._ledgers = {
            name: SessionLedger(results, suite_files[name], config.rootpath, shard, self.resumption.session_of(name))
            for name, results in self.suites.items()
        }
        self._files = {name: ReportFiles(results, suite_files[name]) for name, results in self.suites.items()}
        self.baselines = Baselines({} if only_looks(config) else suite_files, config.rootpath, self._ledgers)
        self.failures = EqualFailures(config, self.suites)
        self._session: pytest.Session | None = None
        self._spare: list[int] = []
        self._is_finished = False
        self.duration = 0.0
        self.problems: list[str] = []
        self.is_urgent = False

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self, session: pytest.Session) -> None:
        """Mark the reports as UNFINISHED, so that none shows an earlier session, and create the ledgers."""
        self._session = session
        if only_looks(self._config):
            return
        self._spare = [os.open(os.devnull, os.O_RDONLY) for _ in range(_SPARE_FILES)]
        for name, files in self._files.items():
            self._ledgers[name].reserve()
            files.begin(self._ledgers[name].path)

    # -- selected runs

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Note the selected runs."""
        self._select(item.nodeid for item in session.items)
        for item in session.items:
            suite = self._suite_of(item.nodeid)
            if suite is not None:
                suite.identify(item.nodeid, RunId.of_item(item, self.suite_files[suite.name]))

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, ids: list[str]) -> None:
        """Note the selected runs, which are the same in every worker."""
        self._select(ids)

    def _select(self, nodeids: Iterable[str]) -> None:
        changed = set()
        for nodeid in nodeids:
            suite = self._suite_of(nodeid)
            if suite is not None and nodeid not in suite.outcomes:
                suite.outcomes[nodeid] = Outcome("no_result", reason=NOT_RUN, reported=False)
                changed.add(suite.name)
        for name in self.suites:
            # A shard may have no run of a suite; its ledger tells that it is not missing.
            if name in changed or self._shard is not None:
                self._ledgers[name].plan()

    def _suite_of(self, nodeid: str) -> SuiteResults | None:
        return self.suites.get(nodeid.partition("::")[0])

    # -- reports

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """Note a run that has begun: if no report follows, its process has died."""
        suite = self._suite_of(nodeid)
        outcome = None if suite is None else suite.outcomes.get(nodeid)
        if outcome is not None and outcome.is_waiting:
            outcome.reason = _BEGAN

    def note_end(self, reason: str) -> None:
        """Note why the process ends in the middle of a run."""
        outcomes = (outcome for suite in self.suites.values() for outcome in suite.outcomes.values())
        begun = [outcome for outcome in outcomes if not outcome.reported and outcome.reason == _BEGAN]
        for outcome in begun:
            outcome.reason = reason
        if not begun:
            self.problems.append(f"the session was ended: {reason}")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep the outcome and the record of a run from its report."""
        suite = self._suite_of(report.nodeid)
        # Subtests send reports of a subclass, under the node id of the test around them.
        if suite is None or type(report) is not pytest.TestReport:
            return
        if (run := getattr(report, "pare_run", None)) is not None:
            suite.identify(report.nodeid, RunId.from_dict(run))
        earlier: list[dict[str, Any]] = getattr(report, "pare_attempts", [])
        for record in earlier:
            self._keep(suite, report.nodeid, outcome_of_record(record), record)
        outcome = outcome_of(report)
        if outcome is not None:
            self._keep(suite, report.nodeid, outcome, getattr(report, "pare", {}))
            self._scored_failures += report.failed and outcome.result is not None
        elif report.when == "teardown" and is_run_again(report) and not is_taken_over(suite, report.nodeid):
            suite.replace_last(report.nodeid)
            self._ledgers[suite.name].replace_last(report.nodeid)

    def _keep(self, suite: SuiteResults, nodeid: str, outcome: Outcome, record: dict[str, Any]) -> None:
        if record.get("problem") is not None and (problem := f"{suite.name}: {record['problem']}") not in self.problems:
            self.problems.append(problem)
        for attempt in self.resumption.attempts(suite, nodeid, outcome, record):
            self._ledgers[suite.name].note(nodeid, attempt.outcome, attempt.record)
            suite.add_notes(nodeid, attempt.record)
            suite.keep(nodeid, attempt.outcome)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Note files and modules that could not be collected."""
        suite = self._suite_of(report.nodeid)
        if report.failed and suite is not None:
            self._not_collected.add(suite.name)
        if report.failed and suite is not None and "::" in report.nodeid:
            suite.not_collected(report.nodeid)

    # -- verdicts and exit status

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_sessionfinish(
        self, session: pytest.Session, exitstatus: int | pytest.ExitCode
    ) -> Generator[None, object, object]:
        """Evaluate the gates before other plugins write their reports, and set the exit status after that."""
        if only_looks(self._config):
            return (yield)
        for number in self._spare:
            os.close(number)
        self._spare = []
        self.duration = time.perf_counter() - self._began
        for name, suite in reversed(self.suites.items()):  # Suites can share a page: the last one restores it first.
            if suite.outcomes or (self._shard is not None and exitstatus in _WELL_ENDED):
                suite.verdict = self._judge(suite, interrupted=exitstatus == pytest.ExitCode.INTERRUPTED)
                continue
            self._ledgers[name].discard()
            if name not in self._not_collected and exitstatus in _WELL_ENDED:
                self._files[name].restore()
        if self.is_urgent:
            reporter = self._config.pluginmanager.get_plugin("terminalreporter")
            if reporter is not None:
                # Pytest has not yet ended its line of dots.
                reporter.write_line("")
            self._finish(reporter)
        result: object = None
        if any(suite.outcomes for suite in self.suites.values()):
            # On a full disk, plugins that write files fail too, and the verdict must be printed.
            with problem_of(self.problems, "a plugin failed at the end of the session"):
                result = yield
        else:
            result = yield
        self.problems += unplayed(self._deselected_suites() if exitstatus == pytest.ExitCode.OK else {})
        self._set_exit_status(session, exitstatus)
        return result

    def _set_exit_status(self, session: pytest.Session, exitstatus: int | pytest.ExitCode) -> None:
        verdicts = [suite.verdict for suite in self.suites.values() if suite.verdict is not None]
        all_passed = not any(verdict.fails for verdict in verdicts) and not self.problems
        # Tests, teardowns, modules and other plugins count failures too (pytest-cov, for too little coverage).
        only_scored_failures = 0 < session.testsfailed == self._scored_failures
        if session.exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED and self._shard is not None and all_passed:
            session.exitstatus = pytest.ExitCode.OK
        elif session.exitstatus == pytest.ExitCode.OK and not all_passed:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
        elif exitstatus == session.exitstatus == pytest.ExitCode.TESTS_FAILED and all_passed and only_scored_failures:
            session.exitstatus = pytest.ExitCode.OK

    def verdicts(self, *, interrupted: bool) -> dict[str, Verdict]:
        """Return the verdicts on the runs so far, by the name of the suite; suites without a run are left out.

        Args:
            interrupted: Whether the session was ended early.
        """
        if only_looks(self._config):
            return {}
        return {
            name: self._judge(suite, interrupted=interrupted) for name, suite in self.suites.items() if suite.outcomes
        }

    def _judge(self, suite: SuiteResults, *, interrupted: bool) -> Verdict:
        file = self.suite_files[suite.name]
        partial = [] if suite.deselected == 0 else narrowing(self._config, file, suite)
        shard = None if self._shard is None else str(self._shard)
        comparison = None if shard is not None else self.baselines.compared(self._ledgers[suite.name])
        return judge(suite, partial=partial, interrupted=interrupted, comparison=comparison, shard=shard)

    def pytest_terminal_summary(
        self, terminalreporter: pytest.TerminalReporter, exitstatus: int | pytest.ExitCode
    ) -> None:
        """Print the report of each suite and the gate's verdict, and then write the files."""
        if exitstatus in _WELL_ENDED and not only_looks(self._config):
            summary.write_no_verdict(terminalreporter, self._deselected_suites())
        self._finish(terminalreporter)

    def pytest_unconfigure(self) -> None:
        """Print and write the reports if pytest has printed no summary, as after an internal error."""
        self._finish(self._config.pluginmanager.get_plugin("terminalreporter"))

    def _finish(self, reporter: pytest.TerminalReporter | None) -> None:
        suites = [suite for suite in self.suites.values() if suite.verdict is not None]
        if self._is_finished or only_looks(self._config) or not (suites or self.problems):
            return
        self._is_finished = True
        if reporter is not None:
            summary.write_summary(reporter, suites, self.duration, self.problems, self.failures.printed)
            reporter.flush()
        for suite in suites:
            assert suite.verdict is not None
            self._ledgers[suite.name].end(suite.verdict, self.duration)
        write_all([self._files[suite.name] for suite in suites], self.duration)
        self.problems += [problem for one in self._files.values() for problem in one.problems]
        on_github = [suite for suite in suites if self.suite_files[suite.name].settings.reports.github]
        annotations, problems = publish(on_github, self.duration, self._config.rootpath, os.environ)
        self.problems += problems
        if reporter is not None:
            written = [path for one in self._files.values() for path in one.written]
            summary.write_files(reporter, written, suites, self.problems)
            summary.write_ledgers(reporter, [self._ledgers[suite.name] for suite in suites])
            for line in annotations:
                reporter.write_line(line)
        if self.problems and self._session is not None and self._session.exitstatus == pytest.ExitCode.OK:
            self._session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def _deselected_suites(self) -> dict[str, list[str]]:
        """Return the suites whose runs were all deselected, with the reasons."""
        return {
            name: list(reasons_of(self._config, self.suite_files[name])) or [UNKNOWN_CODE]
            for name, suite in self.suites.items()
            if not suite.outcomes and name not in self._not_collected
        }
