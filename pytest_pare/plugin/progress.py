"""Prints how far the session is: on a terminal a line that changes, in a log a line now and then."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Any, Final

import pytest

from pytest_pare.base.redaction import redacted
from pytest_pare.ledger.progress import progress_line, progress_of, seconds_left
from pytest_pare.plugin.concurrency import NAME as CONCURRENT_RUNS
from pytest_pare.plugin.options import PROGRESS

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping

    from pytest_pare.ledger.suite_results import SuiteResults

# Seconds of real time before the first line, and at least between two of them.
_FIRST: Final = 20.0
_BETWEEN: Final = 30.0
# A log has a line when so much of the session is done since the last one, or after so many seconds.
_SHARE: Final = 0.05
_LONG: Final = 300.0
# The same on a terminal, whose line is replaced.
_FIRST_ON_TERMINAL: Final = 2.0
_BETWEEN_ON_TERMINAL: Final = 0.5
# Below this verbosity, pytest prints almost nothing.
_VERY_QUIET: Final = -2
_ERASED = "\n\x1b[2K"
_UP = "\x1b[1A\r"


class ProgressReport:
    """A plugin of the controller, or of the only process.

    Args:
        reporter: Pytest's terminal reporter.
        suites: The runs of each suite, by the node id of its file.
        has_terminal: Whether the line may be replaced.
        is_asked_for: Whether it is printed in short sessions, too.
        clock: Returns seconds of real time.
        ended_ahead: Returns the number of runs that have ended before pytest reports them.
    """

    def __init__(
        self,
        reporter: pytest.TerminalReporter,
        suites: Mapping[str, SuiteResults],
        *,
        has_terminal: bool,
        is_asked_for: bool = False,
        clock: Callable[[], float] = time.perf_counter,
        ended_ahead: Callable[[], int] = lambda: 0,
    ) -> None:
        self._reporter: Any = reporter
        self._suites = suites
        self._has_terminal = has_terminal
        self._clock = clock
        self._ended_ahead = ended_ahead
        first = _FIRST_ON_TERMINAL if has_terminal else _FIRST
        self._next = clock() + (0.0 if is_asked_for else first)
        self._last, self._done = clock(), 0
        self._workers: set[object] = set()
        self._seconds: dict[str, float] = {}
        self._line = ""
        self._is_drawn = False

    # -- workers

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodeready(self, node: object) -> None:
        """Count a worker of pytest-xdist."""
        self._workers.add(node)

    @pytest.hookimpl(optionalhook=True, tryfirst=True)
    def pytest_testnodedown(self, node: object) -> None:
        """Count it no more."""
        self._erase()
        self._workers.discard(node)

    # -- reports: pytest writes in each of these hooks

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_logstart(self) -> Generator[None, None, None]:
        """Make room for what pytest writes."""
        self._erase()
        yield
        self._draw()

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> Generator[None, None, None]:
        """Add up the time of a run."""
        self._erase()
        yield
        if report.nodeid.partition("::")[0] in self._suites:
            self._seconds[report.nodeid] = self._seconds.get(report.nodeid, 0.0) + getattr(report, "duration", 0.0)
        self._draw()

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_logfinish(self) -> Generator[None, None, None]:
        """Print how far the session is, if it is time to."""
        self._erase()
        yield
        self._update()
        self._draw()

    # -- ends

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self) -> None:
        """Remove the line."""
        self._end()

    @pytest.hookimpl(tryfirst=True)
    def pytest_keyboard_interrupt(self) -> None:
        """Remove the line."""
        self._end()

    @pytest.hookimpl(tryfirst=True)
    def pytest_internalerror(self) -> None:
        """Remove the line."""
        self._end()

    @pytest.hookimpl(tryfirst=True)
    def pytest_enter_pdb(self) -> None:
        """Remove the line while a debugger is used."""
        self._erase()
        self._line = ""

    def _end(self) -> None:
        self._erase()
        self._line, self._next = "", float("inf")

    # -- the line

    def _update(self) -> None:
        now = self._clock()
        if now < self._next:
            return
        total = sum(len(suite.outcomes) for suite in self._suites.values())
        is_due = self._has_terminal or now - self._last >= _LONG
        if not is_due and len(self._seconds) - self._done < _SHARE * total:
            return
        progress = progress_of(self._suites.values())
        if not 0 < progress.done < progress.total:
            return
        self._next = now + (_BETWEEN_ON_TERMINAL if self._has_terminal else _BETWEEN)
        self._last, self._done = now, len(self._seconds)
        seconds = sum(self._seconds.get(nodeid, 0.0) for nodeid in progress.played)
        left = seconds_left(progress, seconds, len(self._workers), self._ended_ahead())
        self._line = redacted(f"pare: {progress_line(progress, left)}")
        if not self._has_terminal:
            self._print()

    def _print(self) -> None:
        """Print the line in a log, between what pytest writes."""
        writer = self._reporter._tw
        if self._width():
            writer.line()
        self._reporter.currentfspath = None
        writer.write(self._line)
        # Without workers, pytest begins its next line itself, but for dots alone.
        begins_line = self._reporter.showfspath or self._reporter.showlongtestinfo
        if self._workers or not begins_line:
            writer.line()
        writer.flush()
        self._line = ""

    def _draw(self) -> None:
        """Draw the line below the one on which pytest writes."""
        if not self._has_terminal or not self._line:
            return
        # A line that is wrapped could not be erased.
        self._write(f"{_ERASED}{self._line[: self._reporter._tw.fullwidth - 1]}{_UP}{self._column()}")
        self._is_drawn = True

    def _erase(self) -> None:
        if self._is_drawn:
            self._is_drawn = False
            self._write(f"{_ERASED}{_UP}{self._column()}")

    def _column(self) -> str:
        width = self._width()
        return f"\x1b[{width}C" if width else ""

    def _width(self) -> int:
        width: int = self._reporter._tw.width_of_current_line
        return width

    def _write(self, text: str) -> None:
        # Not by pytest's writer, which counts the columns of its line.
        file = self._reporter._tw._file
        file.write(text)
        file.flush()


class ProgressStart:
    """A plugin of the same process: begins the progress report when pytest has its reporter.

    Args:
        suites: The runs of each suite, by the node id of its file.
    """

    def __init__(self, suites: Mapping[str, SuiteResults]) -> None:
        self._suites = suites

    def pytest_sessionstart(self, session: pytest.Session) -> None:
        """Register the progress report."""
        _register(session.config, self._suites)


def _register(config: pytest.Config, suites: Mapping[str, SuiteResults]) -> None:
    """Register the progress report, unless the session has no terminal reporter or does not want it."""
    reporter: Any = config.pluginmanager.get_plugin("terminalreporter")
    wanted = config.getoption(PROGRESS.dest)
    # Reporters of other plugins, such as pytest-sugar, have a progress of their own.
    is_own = type(reporter) is pytest.TerminalReporter
    is_quiet = reporter is not None and config.option.verbose <= _VERY_QUIET
    if reporter is None or wanted == "off" or (wanted == "auto" and (is_quiet or not is_own)):
        return
    concurrent: Any = config.pluginmanager.get_plugin(CONCURRENT_RUNS)
    report = ProgressReport(
        reporter,
        suites,
        has_terminal=is_own and _has_terminal(config, reporter),
        is_asked_for=wanted == "on",
        ended_ahead=(lambda: 0) if concurrent is None else lambda: concurrent.ended_ahead,
    )
    config.pluginmanager.register(report, "pare-progress")


def _has_terminal(config: pytest.Config, reporter: Any) -> bool:
    """Return whether a line can be replaced: nothing else may write while runs are played."""
    is_log = os.environ.get("CI") or os.environ.get("BUILD_NUMBER")
    # Each of these plugins of pytest may be switched off.
    is_live = config.getoption("capture", "no") == "no"
    if config.pluginmanager.hasplugin("logging-plugin"):
        is_live = is_live or config.getini("log_cli") or config.getoption("log_cli_level", None) is not None
    # With colours, the terminal understands how the cursor is moved.
    return bool(reporter.isatty and reporter.hasmarkup and not is_log and not is_live)
