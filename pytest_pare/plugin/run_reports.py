"""Attaches the records and properties of runs to their reports.

Plugins that run a failed test again treat reports differently: flaky logs only the report of the teardown, pytest-retry
logs one object twice, and pytest-rerunfailures logs the reports of an attempt after all of them are made. So a record
is attached when a report is logged, not when it is made.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from pytest_pare.base.redaction import redacted_all
from pytest_pare.base.serialization import to_text
from pytest_pare.ledger.run_id import RunId
from pytest_pare.plugin.failure_report import cause_of, presentable, sendable, sendable_properties
from pytest_pare.plugin.stash import RECORD, suite_of
from pytest_pare.results.validation_result import exception_type_name, result_from_record

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping


_ATTEMPT = pytest.StashKey[int]()
_OF_STATUS = ("pare_status", "pare_exception_kind", "pare_exception_type")
_REUSED = "pare_reused_from"
# The most characters of a property.
_LONGEST = 200


@dataclass
class _Played:
    """An item that this process plays.

    Attributes:
        item: The item.
        run: The run that it stands for, as builtins.
        has_open_attempt: Whether an attempt has begun and none of its reports was logged.
        cause: The cause of its failure, if that attempt failed without a record.
        unreported: The records of earlier attempts without a logged report.
    """

    item: pytest.Item
    run: dict[str, Any]
    has_open_attempt: bool = False
    cause: str = ""
    unreported: list[dict[str, Any]] = field(default_factory=list)

    def take_record(self) -> dict[str, Any] | None:
        """Close the last attempt and return its record; `None` if it has none."""
        self.has_open_attempt = False
        record = self.item.stash.get(RECORD, None)
        if record is not None:
            del self.item.stash[RECORD]
        return record

    def set_aside(self) -> None:
        """Keep the record of an attempt that has ended without a report."""
        if self.has_open_attempt:
            self.unreported.append(self.take_record() or {"result": None, "reason": self.cause})


class RunReports:
    """A plugin of each process: attaches the records of attempts to the reports of the runs that it plays."""

    def __init__(self) -> None:
        self._played: dict[str, _Played] = {}

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Begin an attempt."""
        suite = suite_of(item)
        if suite is None:
            return
        run = RunId.of_item(item, suite)
        played = self._played.setdefault(item.nodeid, _Played(item, sendable(run.to_dict())))
        played.set_aside()
        played.has_open_attempt, played.cause = True, ""
        attempt = item.stash[_ATTEMPT] = item.stash.get(_ATTEMPT, 0) + 1
        _set_properties(item, run_properties(run, attempt=attempt))

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Note why an attempt has failed, in case none of its reports is logged."""
        report = yield
        played = self._played.get(item.nodeid)
        if played is not None and report.failed and report.when != "teardown":
            played.cause = ("a fixture failed: " if report.when == "setup" else "") + cause_of(report)
        return report

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Attach the run's identity (`pare_run`), its record (`pare`) and those of earlier attempts."""
        played = self._played.get(report.nodeid)
        # Subtests log reports of a subclass, in the middle of an attempt. Another process has attached its own.
        if played is None or type(report) is not pytest.TestReport:
            return
        if report.when != "setup" or not report.passed:
            _attach(played, report)
        vars(report)["pare_run"] = played.run
        report.user_properties = sendable_properties(played.item.user_properties)

    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        """Drop the state of the item; a plugin that runs it once more begins anew."""
        self._played.pop(nodeid, None)


def _attach(played: _Played, report: pytest.TestReport) -> None:
    attached = vars(report)
    for name in ("pare", "pare_attempts"):
        attached.pop(name, None)
    if played.has_open_attempt:
        record = played.item.stash.get(RECORD, None)
        _set_properties(played.item, status_properties(report, record))
        if report.when == "teardown":
            played.set_aside()
        elif (record := played.take_record()) is not None:
            attached["pare"] = record
    if played.unreported:
        attached["pare_attempts"], played.unreported = sendable(played.unreported), []
    if report.when == "call":
        # pytest-retry puts that of the last attempt into the report of the first.
        report.longrepr = presentable(report.longrepr)


# -- the properties of a test case


def run_properties(run: RunId, *, attempt: int) -> dict[str, str | None]:
    """Return the identity of a run as properties of a test case; `None` for properties that it does not have.

    Args:
        run: The run.
        attempt: The number of times that this process has begun it.
    """
    return {
        "pare_scenario": run.scenario_id,
        "pare_variant": run.variant or None,
        "pare_run": None if run.run_number is None else str(run.run_number),
        "pare_attempt": str(attempt) if attempt > 1 else None,
        **dict.fromkeys((*_OF_STATUS, _REUSED)),
    }


def status_properties(report: pytest.TestReport, record: Mapping[str, Any] | None) -> dict[str, str | None]:
    """Return the status of an attempt as properties of a test case; `None` for properties that do not apply.

    Args:
        report: The report of its call, of a failed or skipped set-up, or of its teardown if it is the first one logged.
        record: Its record, if it has one.
    """
    values: tuple[str | None, ...] = ("no_result", None, None)
    if (left_out := getattr(report, "pare_left_out", None)) is not None:
        values = (left_out["kind"], None, None)
    elif report.skipped:
        values = ("xfailed" if hasattr(report, "wasxfail") else "skipped", None, None)
    elif record is not None:
        result = result_from_record(record["result"])
        values = (result.status, None, None)
        if result.exception is not None:
            values = (result.status, result.exception_kind or "other", exception_type_name(result.exception))
        elif result.status == "success" and report.failed and report.when == "call":
            # A strict xfail that passed, or another plugin's objection.
            values = ("failed", None, None)
    reused = None if record is None else record.get("reused")
    return {**dict(zip(_OF_STATUS, values, strict=True)), _REUSED: reused}


def _set_properties(item: pytest.Item, properties: Mapping[str, str | None]) -> None:
    """Replace properties of a test case; properties without a value are removed."""
    kept = [(name, value) for name, value in item.user_properties if name not in properties]
    texts = {name: to_text(value) for name, value in properties.items() if value is not None}
    safe = redacted_all(texts.values())
    added = [(name, safe[text][:_LONGEST]) for name, text in texts.items()]
    item.user_properties[:] = [*kept, *added]
