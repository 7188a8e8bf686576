"""The plots of a suite: which there are, and the figures that they take from results."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from pytest_pare.page.plots import plots_of
from pytest_pare.page.suites import PageSuite
from pytest_pare.plots import suite_plots
from pytest_pare.results.multi_result import PAREMultiScenarioValidationResult
from pytest_pare.results.suite_report import SuiteReport
from pytest_pare.results.validation_result import PAREScenarioValidationResult
from pytest_pare.scenarios.config import MultiScenarioRunnerConfig

if TYPE_CHECKING:
    from pytest_pare.plots import Plot


def results(cost: float | None, *, oracle: bool = False) -> PAREMultiScenarioValidationResult:
    many = PAREMultiScenarioValidationResult(MultiScenarioRunnerConfig(agent_type="null", oracle=oracle))
    for number in (1, 2):
        usage = {"execute": {"live": True, "calls": 1, "prompt_tokens": 5, "completion_tokens": 5, "cost": cost}}
        one = PAREScenarioValidationResult(
            success=number == 1,
            number_of_turns=4,
            proposal_count=2,
            acceptance_count=1,
            usage={} if oracle else usage,
        )
        many.add_result(one, "mow", number)
    return many


def described(plots: list[Plot]) -> dict[str, str]:
    return {one.kind: ET.fromstring(one.text).findtext("{http://www.w3.org/2000/svg}desc") or "" for one in plots}


def test_rates_and_costs_are_those_of_the_variants() -> None:
    report = SuiteReport("pare.yaml", {"calm": results(0.02), "loud": results(0.5), "free": results(None)})
    found = described(suite_plots([("", report)]))
    assert found.keys() == {"rates", "cost"}
    for variant in ("calm", "loud", "free"):
        assert f"{variant} (2 runs): success 50.0 % (" in found["rates"]
    assert "acceptance 50.0 % (" in found["rates"]
    assert "proposals per turn 0.500." in found["rates"]
    assert found["cost"] == (
        "calm: $0.020 per run, known for 2 of 2 runs. loud: $0.50 per run, known for 2 of 2 runs. "
        "free: unknown cost, known for 0 of 2 runs."
    )
    assert plots_of(PageSuite(report)).keys() == {"rates", "models"}


@pytest.mark.parametrize(("names", "kinds"), [(("",), {"rates"}), (("before", "now"), {"rates", "cost"})])
def test_a_cost_needs_another_one_beside_it(names: tuple[str, ...], kinds: set[str]) -> None:
    report = SuiteReport("pare.yaml", {"": results(0.02)})
    found = described(suite_plots([(name, report) for name in names]))
    assert found.keys() == kinds
    assert all(f"{name}: " in text for name in filter(None, names) for text in found.values())


def test_where_no_agent_took_part_it_has_no_rates() -> None:
    reports = SuiteReport("pare.yaml", {"a": results(None, oracle=True), "b": results(None)})
    (rates,) = described(suite_plots([("", reports)])).values()
    first, second = rates.split(". b ", maxsplit=1)
    assert first.endswith("acceptance n/a, proposals per turn n/a")
    assert "acceptance 50.0 %" in second


def test_nothing_is_plotted_without_results() -> None:
    assert suite_plots([("", SuiteReport("pare.yaml", {}))]) == []
