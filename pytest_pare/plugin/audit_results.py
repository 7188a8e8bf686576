"""Collects the results of an audit, prints the scores, and sets the exit status."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from pytest_pare.audit.report import report_lines
from pytest_pare.audit.score import score_of
from pytest_pare.audit.trial import ATTRIBUTE, Trial
from pytest_pare.base.redaction import redacted
from pytest_pare.results.text import plural

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

    from pytest_pare.audit.score import Score
    from pytest_pare.settings import Suite


# pytest shows each of them as well.
_MOST_SHOWN = 50


class AuditResults:
    """A plugin of the controller, or of the only process.

    Args:
        suites: The suites, by the node ids of their files.
    """

    def __init__(self, suites: Mapping[str, Suite]) -> None:
        self._suites = suites
        self._records: dict[str, list[dict[str, Any]]] = {name: [] for name in suites}
        self._misjudged = 0
        self._errors: Counter[str] = Counter()
        self._outcomes: set[str] = set()
        self._end = ""
        self.is_urgent = False

    def note_end(self, reason: str) -> None:
        """Note why the session ends early: the other cases have no result."""
        self._end = reason

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep the result of a case."""
        self._outcomes.add(report.outcome if report.when == "call" or not report.passed else "")
        record = getattr(report, ATTRIBUTE, None)
        suite = report.nodeid.partition("::")[0]
        if suite not in self._records:
            return
        if record is not None:
            self._records[suite].append(record)
        is_misjudged = record is not None and Trial.from_dict(record).is_misjudged
        self._misjudged += report.failed and is_misjudged
        self._errors[suite] += report.failed and not is_misjudged

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> Generator[None, object, object]:
        """Set the exit status: cases that are misjudged fail a session if a score is too low."""
        result = yield
        if not self._end and (reason := session.shouldfail or session.shouldstop):
            self._end = str(reason)
        only_misjudged = 0 < session.testsfailed == self._misjudged
        passed = all(self._passes(name) for name in self._records)
        if session.exitstatus == pytest.ExitCode.TESTS_FAILED and only_misjudged and passed:
            session.exitstatus = pytest.ExitCode.OK
        elif session.exitstatus == pytest.ExitCode.OK and not passed:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
        elif session.exitstatus == pytest.ExitCode.OK and self._outcomes - {""} == {"skipped"}:
            session.exitstatus = pytest.ExitCode.NO_TESTS_COLLECTED
        return result

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print the scores, and what must be mended."""
        for name in self._suites:
            if not self._records[name] and not self._end:
                continue
            terminalreporter.write_sep("=", redacted(f"pare: audit of {name}"))
            for line in report_lines(self._trials(name), _MOST_SHOWN):
                terminalreporter.write_line(redacted(line))
            if self._end:
                terminalreporter.write_line(redacted(f"the other cases were not played: {self._end}"))
            if errors := self._errors[name]:
                terminalreporter.write_line(f"{plural(errors, 'item')} with an error: see above")
            least = self._least(name)
            verdict = "PASS" if self._passes(name) and not self._errors[name] else "FAIL"
            colour = {"green": True} if verdict == "PASS" else {"red": True}
            wanted = "all cases" if least is None else f"at least {least:.4g} of mutants and alternatives"
            terminalreporter.write_line(f"{verdict}: {wanted} must be judged rightly", bold=True, **colour)

    def _least(self, name: str) -> float | None:
        return self._suites[name].settings.gate.min_audit_score

    def _passes(self, name: str) -> bool:
        """Tell whether the score suffices. A part of the cases, such as those before a failure with -x, has none."""
        score, least = self._score(name), self._least(name)
        is_enough = score.share >= (1 if least is None else least) and not score.proves_nothing
        return is_enough and not score.has_too_many_excuses and not self._end

    def _score(self, name: str) -> Score:
        return score_of(self._trials(name))

    def _trials(self, name: str) -> list[Trial]:
        return [Trial.from_dict(record) for record in self._records[name]]
