"""The log file of a run: what Python's `logging` records while the run is played."""

from __future__ import annotations

import logging
import re
import sys
import threading
import traceback
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_pare.base.redaction import redacted
from pytest_pare.base.serialization import to_short_text
from pytest_pare.results.validation_result import exception_type_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_pare.results.validation_result import PAREScenarioValidationResult
    from pytest_pare.scenarios.scenario import PAREScenario

_LOGGER = logging.getLogger(__name__)

# ARE colours its messages.
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")

_current: ContextVar[RunLog | None] = ContextVar("pytest_pare_run_log", default=None)


class _Format(logging.Formatter):
    """A line for each record, without colours and secrets."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)-8s %(name)s: %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        try:
            text = super().format(record)
        except Exception as error:  # noqa: BLE001 - the arguments of a record may be anything
            text = f"{record.levelname} {record.name}: {record.msg!r:.1000} (cannot be formatted: {error!r:.200})"
        return redacted(_COLOUR.sub("", text))


class RunLog(logging.FileHandler):
    """Writes the records of one run to a file.

    Attributes:
        problem: Why the file is not complete; `None` if it is.
    """

    def __init__(self, path: Path, level: str) -> None:
        super().__init__(path, mode="w", encoding="utf-8", errors="backslashreplace")
        self.setLevel(level)
        self.setFormatter(_Format())
        self.addFilter(self._is_own)
        self.problem: str | None = None

    def _is_own(self, _record: logging.LogRecord) -> bool:
        """Return whether a record is one of this run.

        A thread that the agent has started has no run. Its records are those of the only run, and are left out if there
        are several at the time.
        """
        log = _current.get()
        return log is self or (log is None and _capture.logs == [self])

    def handleError(self, _record: logging.LogRecord) -> None:  # noqa: N802 - the name in `logging`
        """Keep the error of writing, and write no more."""
        self.problem = self.problem or _problem(self.baseFilename, sys.exc_info()[1])
        self.setLevel(logging.CRITICAL + 1)


class _Capture:
    """The open log files, and the level of the root logger that they need.

    A record below the level of its logger is never made, so the root's level is lowered while a file is open. Other
    handlers still get only the records that they would get otherwise.
    """

    def __init__(self) -> None:
        self.logs: list[RunLog] = []
        self._lock = threading.Lock()
        self._before = self._lowered = logging.NOTSET

    def add(self, log: RunLog) -> None:
        root = logging.getLogger()
        with self._lock:
            if not self.logs:
                self._before = self._lowered = root.level
            for handler in root.handlers:
                if not isinstance(handler, RunLog):
                    handler.addFilter(self._as_before)
            self.logs = [*self.logs, log]
            root.addHandler(log)
            self._set_level(root)

    def remove(self, log: RunLog) -> None:
        root = logging.getLogger()
        with self._lock:
            root.removeHandler(log)
            self.logs = [one for one in self.logs if one is not log]
            self._set_level(root)
            if not self.logs:
                for handler in root.handlers:
                    handler.removeFilter(self._as_before)

    def _set_level(self, root: logging.Logger) -> None:
        # A level that other code has set meanwhile stays.
        if root.level == self._lowered:
            self._lowered = min([self._before, *(log.level for log in self.logs)])
            root.setLevel(self._lowered)

    def _as_before(self, record: logging.LogRecord) -> bool:
        logger: logging.Logger | None = logging.getLogger(record.name)
        while logger is not None and logger.parent is not None:
            if logger.level:
                return True
            logger = logger.parent
        return record.levelno >= self._before


_capture = _Capture()


@contextmanager
def run_log(path: Path | None, level: str) -> Iterator[list[str]]:
    """Write the log of the run that is played in this context, and yield a list of the problems with that.

    Args:
        path: The file, which is replaced; its directory is created. `None` writes none.
        level: The lowest level of the records in it, such as `INFO`.
    """
    problems: list[str] = []
    if path is None:
        yield problems
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        log = RunLog(path, level)
    except OSError as error:
        problems.append(_problem(path, error))
        yield problems
        return
    token = _current.set(log)
    _capture.add(log)
    try:
        yield problems
    finally:
        _capture.remove(log)
        _current.reset(token)
        try:
            log.close()
        except OSError as error:
            log.problem = log.problem or _problem(path, error)
        if log.problem is not None:
            problems.append(log.problem)


def log_begin(scenario: PAREScenario) -> None:
    """Log that a run of a scenario begins."""
    _LOGGER.info("%s: begin", _name(scenario))


def log_end(scenario: PAREScenario, result: PAREScenarioValidationResult, agent_error: BaseException | None) -> None:
    """Log the result of a run.

    Args:
        scenario: The scenario, with the number of the run.
        result: The result.
        agent_error: The exception of the agent that ended the run, if one did.
    """
    error = result.exception
    reason = result.rationale if error is None else f"{exception_type_name(error)}: {to_short_text(error)}"
    # Other handlers than those of this module do not redact, such as pytest's live log.
    _LOGGER.info("%s: %s%s", _name(scenario), result.status, f", {redacted(reason)}" if reason else "")
    if (raised := agent_error or error) is not None and _LOGGER.isEnabledFor(logging.DEBUG):
        text = redacted("".join(traceback.format_exception(raised))).rstrip()
        _LOGGER.debug("the exception that ended it:\n%s", text)


def _name(scenario: PAREScenario) -> str:
    return scenario.scenario_id if scenario.run_number is None else f"{scenario.scenario_id}, run {scenario.run_number}"


def _problem(path: Path | str, error: BaseException | None) -> str:
    # Without the name of the file: all runs have the same problem, which is reported once.
    reason = getattr(error, "strerror", None) or f"{type(error).__name__}: {error}"
    return f"cannot write logs to {Path(path).parent}: {reason}"
