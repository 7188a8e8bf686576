"""Collects the results of an audit, prints the scores, and sets the exit status."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pytest_pare.audit.report import report_lines
from pytest_pare.audit.score import score_of
from pytest_pare.audit.trial import ATTRIBUTE, Trial
from pytest_pare.base.redaction import redacted

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

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep the result of a case."""
        record = getattr(report, ATTRIBUTE, None)
        suite = report.nodeid.partition("::")[0]
        if record is not None and suite in self._records:
            self._records[suite].append(record)
            self._misjudged += report.failed and Trial.from_dict(record).is_misjudged

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> Generator[None, object, object]:
        """Set the exit status: cases that are misjudged fail a session if a score is too low."""
        result = yield
        only_misjudged = 0 < session.testsfailed == self._misjudged
        passed = all(self._passes(name) for name in self._records)
        if session.exitstatus == pytest.ExitCode.TESTS_FAILED and only_misjudged and passed:
            session.exitstatus = pytest.ExitCode.OK
        elif session.exitstatus == pytest.ExitCode.OK and not passed:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
        return result

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print the scores, and what must be mended."""
        for name in self._suites:
            if not self._records[name]:
                continue
            terminalreporter.write_sep("=", redacted(f"pare: audit of {name}"))
            for line in report_lines(self._trials(name), _MOST_SHOWN):
                terminalreporter.write_line(redacted(line))
            least = self._least(name)
            verdict = "PASS" if self._passes(name) else "FAIL"
            colour = {"green": True} if verdict == "PASS" else {"red": True}
            wanted = "all cases" if least is None else f"at least {least:.4g} of mutants and alternatives"
            terminalreporter.write_line(f"{verdict}: {wanted} must be judged rightly", bold=True, **colour)

    def _least(self, name: str) -> float | None:
        return self._suites[name].settings.gate.min_audit_score

    def _passes(self, name: str) -> bool:
        score, least = self._score(name), self._least(name)
        return score.share >= (1 if least is None else least) and not score.has_too_many_excuses

    def _score(self, name: str) -> Score:
        return score_of(self._trials(name))

    def _trials(self, name: str) -> list[Trial]:
        return [Trial.from_dict(record) for record in self._records[name]]
