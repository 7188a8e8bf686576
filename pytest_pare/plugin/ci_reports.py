"""Adds the verdict to JUnit XML and the reports of pytest-json-report and pytest-reportlog."""

from __future__ import annotations

from collections import Counter
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from xml.etree.ElementTree import Element

import pytest

from pytest_pare.base.redaction import redacted, redacted_plain
from pytest_pare.results.comparison_lines import comparison_lines
from pytest_pare.results.text import printable

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Mapping

    from pytest_pare.plugin.result_collector import ResultCollector
    from pytest_pare.results.gate import Verdict

# Statuses that are errors rather than failures of the agent.
_ERRORS = ("exception", "no_validation", "no_result")


class CIReports:
    """A plugin of the controller, or of the only process.

    JUnit XML gets properties of the whole session and a text with the verdicts. A run with an exception or without a
    verdict becomes an `<error>`. Each failure repeats the first line of the gate and the comparison with the baseline,
    because most viewers of the format show failures only. The JSON report gets a key `pare`, the report log a last line
    of the type `PareVerdict`.

    Args:
        config: The session's configuration.
        collector: The results of the session.
    """

    def __init__(self, config: pytest.Config, collector: ResultCollector) -> None:
        self._config = config
        self._collector = collector
        # Elements of JUnit XML for runs that did not pass, with the suite and the status line of the run.
        self._failures: list[tuple[Element, str, str]] = []

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Mark errors in JUnit XML. This runs last, because the element for the report must exist."""
        suite = report.nodeid.partition("::")[0]
        if suite not in self._collector.suites or not report.failed or report.when == "teardown":
            return
        xml = _junit_xml(self._config)
        if xml is None:
            return
        properties = dict(report.user_properties)
        for element in xml.node_reporter(report).nodes:
            if element.tag == "failure" and properties.get("pare_status") in _ERRORS:
                element.tag = "error"
                xml.stats["failure"] -= 1
                xml.stats["error"] += 1
            if element.tag in ("failure", "error"):
                self._failures.append((element, suite, _status_line(properties)))

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_sessionfinish(self, exitstatus: int | pytest.ExitCode) -> Generator[None, object, object]:
        """Add the verdicts to JUnit XML before it is written, and to the report log after its own last line."""
        verdicts = self._collector.verdicts(interrupted=exitstatus == pytest.ExitCode.INTERRUPTED)
        xml = _junit_xml(self._config)
        if xml is not None and verdicts:
            self._add_to_junit_xml(xml, verdicts)
        result = yield
        report_log = getattr(self._config, "_report_log_plugin", None)
        if report_log is not None and verdicts:
            report_log._write_json_data({"$report_type": "PareVerdict", **_to_dict(verdicts)})
        return result

    @pytest.hookimpl(optionalhook=True)
    def pytest_json_modifyreport(self, json_report: dict[str, Any]) -> None:
        """Add the verdicts to the report of pytest-json-report."""
        interrupted = json_report.get("exitcode") == pytest.ExitCode.INTERRUPTED
        if verdicts := self._collector.verdicts(interrupted=interrupted):
            json_report["pare"] = _to_dict(verdicts)

    def _add_to_junit_xml(self, xml: Any, verdicts: Mapping[str, Verdict]) -> None:
        for name, value in _properties(verdicts).items():
            xml.add_global_property(name, value)
        for element, suite, status in self._failures:
            added = map(_safe, (status, verdicts[suite].lines[0], *_compared(verdicts[suite])))
            element.text = "\n".join([element.text or "", "", *added])
        output = Element("system-out")
        lines = (_safe(f"{name}: {line}") for name, verdict in verdicts.items() for line in _lines(verdict))
        output.text = "\n".join(lines)
        # The elements of this list are written after the test cases.
        xml.node_reporters_ordered.append(SimpleNamespace(to_xml=lambda: output))


def _junit_xml(config: pytest.Config) -> Any:
    """Return the plugin that writes JUnit XML in this session; `None` if none does."""
    # By the name of the class: the plugin is registered without a name, and its module is private.
    return next((plugin for plugin in config.pluginmanager.get_plugins() if type(plugin).__name__ == "LogXML"), None)


def _status_line(properties: Mapping[str, Any]) -> str:
    kind = properties.get("pare_exception_kind")
    return f"status: {properties.get('pare_status', 'no_result')}" + (f" ({kind})" if kind else "")


def _properties(verdicts: Mapping[str, Verdict]) -> dict[str, str]:
    """Return the properties of a session: sums over its suites, and those of each suite if there are several."""
    figures = {name: _figures(verdict) for name, verdict in verdicts.items()}
    total: Counter[str] = sum(figures.values(), Counter())
    properties = {"pare_verdict": _word(verdicts), **{name: str(total[name]) for name in figures[next(iter(figures))]}}
    if len(verdicts) > 1:
        for suite, verdict in verdicts.items():
            of_suite = {"pare_verdict": _word({suite: verdict}), **figures[suite]}
            properties |= {_safe(f"{name}[{suite}]"): str(value) for name, value in of_suite.items()}
    return properties


def _figures(verdict: Verdict) -> Counter[str]:
    values = verdict.to_dict()
    counts = {
        "runs": values["runs"],
        **values["counts"],
        "replaced_attempts": sum(verdict.given.attempts.replaced.values()),
    }
    return Counter({f"pare_{name}": count for name, count in counts.items()})


def _lines(verdict: Verdict) -> list[str]:
    attempts = verdict.given.attempts.line()
    return [*verdict.lines, *([] if attempts is None else [attempts])]


def _compared(verdict: Verdict) -> Iterable[str]:
    compared = verdict.given.comparison
    return () if compared is None else comparison_lines(compared)


def _word(verdicts: Mapping[str, Verdict]) -> str:
    from pytest_pare.results.comparison import worst

    return worst([verdict.word for verdict in verdicts.values()])


def _to_dict(verdicts: Mapping[str, Verdict]) -> dict[str, Any]:
    suites = {
        name: {**verdict.to_dict(), "attempts": verdict.given.attempts.to_dict()} for name, verdict in verdicts.items()
    }
    content: dict[str, Any] = redacted_plain({"verdict": _word(verdicts), "suites": suites})
    return content


def _safe(text: str) -> str:
    return printable(redacted(text))
