"""Report pages of made results, without a session."""

from __future__ import annotations

from pytest_pare.page.data import page_data
from pytest_pare.page.documents import Documents
from pytest_pare.page.render import page_text
from pytest_pare.page.suites import PageSuite
from pytest_pare.results.multi_result import PAREMultiScenarioValidationResult
from pytest_pare.results.run_entries import RunEntry
from pytest_pare.results.suite_report import SuiteReport
from pytest_pare.results.validation_result import PAREScenarioValidationResult
from pytest_pare.scenarios.config import MultiScenarioRunnerConfig

NOTHING = Documents.none()


def entry(name: str, number: int, rationale: str | None = None) -> RunEntry:
    success = rationale is None
    result = PAREScenarioValidationResult(success, rationale=rationale, number_of_turns=4, duration=0.25)
    return RunEntry(name, "", number, result.status, result=result)


def page_of(entries: list[RunEntry], documents: Documents = NOTHING) -> str:
    results = PAREMultiScenarioValidationResult(MultiScenarioRunnerConfig())
    for one in entries:
        assert one.result is not None
        results.add_result(one.result, one.scenario_id, one.run_number)
    report = SuiteReport("pare.yaml", {"": results}, entries=entries)
    data, plots = page_data([PageSuite(report)], documents)
    return page_text(data, documents.texts, plots)
