"""Resumes an earlier session with `--pare-resume`: its finished runs are reported again, and not played."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_pare.base.redaction import redacted
from pytest_pare.ledger.directory import find, session_of
from pytest_pare.ledger.errors import LedgerError
from pytest_pare.ledger.header import versions
from pytest_pare.ledger.reader import read_ledger
from pytest_pare.ledger.resuming import Attempt, finished_runs, refuse_changes, refuse_edited
from pytest_pare.ledger.run_id import without_group
from pytest_pare.ledger.running import is_running
from pytest_pare.plugin import options
from pytest_pare.plugin.collected import shared_sources
from pytest_pare.plugin.failure_report import sendable
from pytest_pare.plugin.session_files import session_file
from pytest_pare.plugin.stash import RECORD
from pytest_pare.results.validation_result import exception_type_name, result_from_record

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pytest_pare.ledger.outcomes import Outcome
    from pytest_pare.ledger.reader import Ledger
    from pytest_pare.ledger.resuming import FinishedRun
    from pytest_pare.ledger.shards import Shard
    from pytest_pare.ledger.suite_results import SuiteResults
    from pytest_pare.settings import Suite

_FINISHED = pytest.StashKey[dict[str, "dict[str, FinishedRun]"]]()
"""The finished runs of the resumed sessions by suite and node id, on the config of a process that plays."""


class Resumption:
    """A plugin of the controller, or of the only process, of a session that may resume others.

    Args:
        config: The session's configuration.
        suite_files: The suites, by the node ids of their files.
        suites: The runs of each suite, by the same.
        shard: The shard of the suites that this session runs; `None` for all of them.

    Raises:
        pytest.UsageError: If there is no such session, or one cannot be resumed.
    """

    def __init__(
        self,
        config: pytest.Config,
        suite_files: Mapping[str, Suite],
        suites: Mapping[str, SuiteResults],
        shard: Shard | None = None,
    ) -> None:
        self._ledgers: dict[str, Ledger] = {}
        self._finished: dict[str, FinishedRun] = {}
        session: str | None = config.getoption(options.RESUME.dest)
        if session is None:
            return
        try:
            self._ledgers = _ledgers(config.rootpath, session, suite_files)
            for name, ledger in self._ledgers.items():
                _refuse_running(name, ledger)
                refuse_changes(ledger.header, suites[name].plan, versions(), shard)
                self._finished |= {without_group(node): run for node, run in finished_runs(ledger).items()}
        except LedgerError as error:
            raise pytest.UsageError(f"{options.RESUME.flag}: {error}") from None
        try:
            for name, ledger in self._ledgers.items():
                session_file(name, "resumed").write_text(str(ledger.path.resolve()), encoding="utf-8")
        except OSError as error:
            # Workers would play all runs.
            raise pytest.UsageError(f"{options.RESUME.flag}: {error.filename}: {error.strerror}") from None

    def session_of(self, name: str) -> str | None:
        """Return the session that a suite resumes; `None` if it resumes none."""
        return session_of(self._ledgers[name].path) if name in self._ledgers else None

    def has_result(self, nodeid: str) -> bool:
        """Return whether a run has a result of the resumed session, so that it is not played."""
        return without_group(nodeid) in self._finished

    def attempts(self, suite: SuiteResults, nodeid: str, outcome: Outcome, record: dict[str, Any]) -> Sequence[Attempt]:
        """Return the attempts at a run that a report adds to the results of its suite.

        For a run that is reported again they are those of the earlier session, once: a plugin may repeat its test.

        Args:
            suite: The runs of its suite.
            nodeid: Its node id.
            outcome: The outcome that the report carries.
            record: The record that the report carries.
        """
        if "resumed_from" not in record:
            return [Attempt(outcome, record)]
        return [] if is_taken_over(suite, nodeid) else self._finished[without_group(nodeid)].taken_over(outcome)

    def pytest_report_header(self) -> list[str]:
        """Return a line for each suite that resumes a session."""
        lines = []
        for name, ledger in self._ledgers.items():
            count = sum(node.startswith(f"{name}::") for node in self._finished)
            runs = f"{count} finished run{'s' * (count != 1)}"
            lines.append(f"pare: {name} resumes {session_of(ledger.path)}, {runs} not played again")
            if not ledger.end:
                lines.append("pare: its ledger ends early: runs in progress are played, and paid for, again")
        return lines

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_finish(self) -> None:
        """Refuse to resume a session whose scenarios were edited since, before anything is noted or run.

        Raises:
            pytest.UsageError: If some were.
        """
        try:
            for name, ledger in self._ledgers.items():
                refuse_edited(ledger.header, shared_sources(name))
        except LedgerError as error:
            raise pytest.UsageError(redacted(f"{options.RESUME.flag}: {error}")) from None

    @pytest.hookimpl(optionalhook=True, tryfirst=True)
    def pytest_xdist_node_collection_finished(self) -> None:
        """Do the same when a worker has collected."""
        self.pytest_collection_finish()


def is_taken_over(suite: SuiteResults, nodeid: str) -> bool:
    """Return whether the result of a run is one of the resumed session."""
    return any(attempt.resumed_from for attempt in suite.attempts.get(nodeid, []))


def _ledgers(rootdir: Path, session: str, suite_files: Mapping[str, Suite]) -> dict[str, Ledger]:
    """Return the ledgers to resume, by suite. In a session of several suites, some may have none.

    Raises:
        LedgerError: If no suite has one, or one cannot be read.
    """
    found: dict[str, Path] = {}
    errors: list[LedgerError] = []
    for name, suite in suite_files.items():
        where = suite.ledger_dir(rootdir)
        if where is None:
            errors.append(LedgerError(f"{name}: with ledger: false no session is recorded that could be resumed"))
            continue
        try:
            found[name] = find(where, session, name)
        except LedgerError as error:
            errors.append(error)
    if not found:
        raise errors[0]
    return {name: read_ledger(path) for name, path in found.items()}


def _refuse_running(name: str, ledger: Ledger) -> None:
    if is_running(ledger.path):
        raise LedgerError(
            f"{name}: the session {session_of(ledger.path)} still runs, and would play the same runs: wait until it "
            "has ended, or name another one"
        )


# -- in the process that plays


def finished_run(item: pytest.Item, suite: str) -> FinishedRun | None:
    """Return the finished run that an item stands for; `None` if it has to be played.

    Args:
        item: The item.
        suite: The node id of its suite file.
    """
    if item.config.getoption(options.RESUME.dest) is None:
        return None
    by_suite = item.config.stash.setdefault(_FINISHED, {})
    if suite not in by_suite:
        path = session_file(suite, "resumed")
        runs = finished_runs(read_ledger(Path(path.read_text(encoding="utf-8")))) if path.exists() else {}
        by_suite[suite] = {without_group(node): run for node, run in runs.items()}
    return by_suite[suite].get(without_group(item.nodeid))


def report_again(item: pytest.Item, run: FinishedRun) -> None:
    """Pass or fail an item as an earlier session did, with the record of the run.

    Raises:
        pytest.fail.Exception: If the run was not a success.
    """
    outcome = run.attempts[-1].outcome
    if outcome.kind == "xfailed" and any("raises" in mark.kwargs for mark in item.iter_markers("xfail")):
        # The exception that the mark names is not here to be raised.
        item.stash[RECORD] = _record(run)
        pytest.xfail(outcome.reason)
    take_result(item, _record(run), run.session)


def _record(run: FinishedRun) -> dict[str, Any]:
    # A problem, such as a trace that could not be written, was one of the earlier session.
    return {name: value for name, value in run.record.items() if name != "problem"} | {"resumed_from": run.session}


def take_result(item: pytest.Item, record: dict[str, Any], session: str) -> None:
    """Pass or fail an item by the record of a run that an earlier session has played.

    Args:
        item: The item.
        record: The record, with a result.
        session: The session.

    Raises:
        pytest.fail.Exception: If the run was not a success.
    """
    item.stash[RECORD] = sendable(record)
    result = result_from_record(record["result"])
    if result.status == "success":
        return
    error = result.exception
    if error is not None:
        reason = f"{exception_type_name(error)}: {error}".removesuffix(": ")
    else:
        reason = result.rationale or "validate() gave no rationale"
    trace = f"\ntrace: {record['trace']}" if "trace" in record else ""
    text = f"{reason}\n\nnot played: the session {session} has this result{trace}"
    raise pytest.fail.Exception(text, pytrace=False)
