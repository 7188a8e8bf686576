"""From reports to outcomes, without a session."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_pare.ledger.outcomes import Outcome
from pytest_pare.ledger.plan import SuitePlan, split_name
from pytest_pare.ledger.run_id import RunId
from pytest_pare.ledger.suite_results import SuiteResults
from pytest_pare.plugin.result_collector import ResultCollector
from pytest_pare.results.validation_result import PAREScenarioValidationResult, result_to_record
from pytest_pare.scenarios.config import MultiScenarioRunnerConfig
from pytest_pare.settings import Suite, SuiteSettings

if TYPE_CHECKING:
    from pathlib import Path

CONFIG = MultiScenarioRunnerConfig(oracle=True)

scenario_ids = st.text(min_size=1).filter(lambda text: not any(part in text for part in ("[", "]", "::", "@")))


def suite_with(path: Path, **settings: Any) -> Suite:
    return Suite(path / "pare.yaml", SuiteSettings.model_validate(settings))


@pytest.fixture
def suite(tmp_path: Path) -> Suite:
    return suite_with(tmp_path)


@pytest.fixture
def collector(suite: Suite, pytestconfig: pytest.Config) -> ResultCollector:
    """A collector of one suite that selects three scenarios."""
    one = ResultCollector(pytestconfig, {"pare.yaml": suite}, {"pare.yaml": 3})
    one.pytest_xdist_node_collection_finished(["pare.yaml::a", "pare.yaml::b", "pare.yaml::c", "test_x.py::test_y"])
    return one


def report(nodeid: str, when: Any = "call", outcome: Any = "passed", **attributes: Any) -> pytest.TestReport:
    longrepr = attributes.pop("longrepr", None)
    return pytest.TestReport(nodeid, ("", None, ""), {}, outcome, longrepr, when, **attributes)


def run_report(nodeid: str, success: bool | None = True, **attributes: Any) -> pytest.TestReport:
    """Return the report of a call with a result on it."""
    result = PAREScenarioValidationResult(success=success)
    record = {"result": result_to_record(result), "config": CONFIG.model_dump(mode="json")}
    return report(nodeid, outcome="passed" if success else "failed", **{"pare": record, **attributes})


def kinds(collector: ResultCollector) -> dict[str, str]:
    return {nodeid: outcome.kind for nodeid, outcome in collector.suites["pare.yaml"].outcomes.items()}


# -- node ids


@pytest.mark.parametrize(
    ("nodeid", "repeated", "expected"),
    [
        ("pare.yaml::cab", False, RunId("cab")),
        ("a/b.pare.yaml::cab[run2]", True, RunId("cab", "", 2)),
        ("pare.yaml::cab[gpt-5-run12]", True, RunId("cab", "gpt-5", 12)),
        ("pare.yaml::cab[gpt-5]", True, RunId("cab", "gpt-5")),
        ("pare.yaml::cab[run2]", False, RunId("cab", "run2")),
        ("pare.yaml::cab[dryrun2]", True, RunId("cab", "dryrun2")),
        ("pare.yaml::cab[a::b[c]-run1]", True, RunId("cab", "a::b[c]", 1)),
        ("pare.yaml::cab@group", False, RunId("cab")),
        ("pare.yaml::cab[x@y-run3]@group", True, RunId("cab", "x@y", 3)),
    ],
)
def test_a_run_is_read_from_its_node_id(nodeid: str, repeated: bool, expected: RunId) -> None:
    assert RunId.of(nodeid, repeated=repeated) == expected


@given(scenario_ids, st.text(), st.integers(min_value=1))
def test_a_run_of_several_survives_its_node_id(scenario_id: str, variant: str, number: int) -> None:
    run = RunId(scenario_id, variant, number)
    assert RunId.of(f"suites/pare.yaml::{run}", repeated=True) == run


@given(scenario_ids, st.text())
def test_a_single_run_survives_its_node_id(scenario_id: str, variant: str) -> None:
    run = RunId(scenario_id, variant)
    assert RunId.of(f"suites/pare.yaml::{run}", repeated=False) == run


# -- reports


def test_what_was_selected_has_no_result_until_a_report_comes(collector: ResultCollector) -> None:
    assert kinds(collector) == {f"pare.yaml::{name}": "no_result" for name in "abc"}
    collector.pytest_runtest_logreport(run_report("pare.yaml::b"))
    assert kinds(collector)["pare.yaml::b"] == "success"


@pytest.mark.parametrize(
    ("one", "outcome"),
    [
        (run_report("pare.yaml::a"), "success"),
        (run_report("pare.yaml::a", success=False), "failed"),
        (run_report("pare.yaml::a", success=None), "no_validation"),
        (report("pare.yaml::a", "setup", "skipped", longrepr=("f", 1, "Skipped: why")), "skipped"),
        (report("pare.yaml::a", "call", "skipped", longrepr=None, wasxfail="why"), "xfailed"),
        (report("pare.yaml::a", "call", "skipped", longrepr="why"), "skipped"),
        (report("pare.yaml::a", "setup", "failed", longrepr="E   OSError: why"), "no_result"),
        (report("pare.yaml::a", "???", "failed", longrepr="worker 'gw0' crashed"), "no_result"),
        (report("pare.yaml::a", "call", "failed"), "no_result"),
    ],
)
def test_outcomes(collector: ResultCollector, one: pytest.TestReport, outcome: str) -> None:
    collector.pytest_runtest_logreport(one)
    assert kinds(collector)["pare.yaml::a"] == outcome


@pytest.mark.parametrize(
    ("one", "reason"),
    [
        (report("pare.yaml::a", "setup", "skipped", longrepr=("f", 1, "Skipped: why")), "why"),
        (report("pare.yaml::a", "setup", "failed", longrepr="def f():\nE   OSError: why\nE   more"), "OSError: why"),
        (report("pare.yaml::a", "setup", "failed", longrepr="first\nsecond"), "first"),
        (report("pare.yaml::a", "setup", "failed"), "no result was reported"),
        (report("pare.yaml::a", "???", "failed", longrepr="worker 'gw0' crashed"), "its process died"),
    ],
)
def test_reasons(collector: ResultCollector, one: pytest.TestReport, reason: str) -> None:
    collector.pytest_runtest_logreport(one)
    assert collector.suites["pare.yaml"].outcomes["pare.yaml::a"].reason.removeprefix("a fixture failed: ") == reason


def test_reports_that_say_nothing_of_the_run(collector: ResultCollector) -> None:
    for one in (report("pare.yaml::a", "setup"), report("pare.yaml::a", "teardown"), report("x.py::a")):
        collector.pytest_runtest_logreport(one)
    collector.pytest_runtest_logreport(report("pare.yaml::a", outcome="rerun"))
    collector.pytest_runtest_logreport(report("pare.yaml::a", "teardown", "failed"))
    assert kinds(collector)["pare.yaml::a"] == "no_result"


def test_reports_of_a_subclass_are_those_of_subtests(collector: ResultCollector) -> None:
    class SubtestReport(pytest.TestReport):
        pass

    collector.pytest_runtest_logreport(run_report("pare.yaml::a"))
    collector.pytest_runtest_logreport(SubtestReport("pare.yaml::a", ("", None, ""), {}, "failed", None, "call"))
    assert kinds(collector)["pare.yaml::a"] == "success"


def test_a_pass_that_is_reported_as_a_failure_is_one(collector: ResultCollector) -> None:
    one = run_report("pare.yaml::a")
    one.outcome, one.longrepr = "failed", "[XPASS(strict)] why"
    collector.pytest_runtest_logreport(one)
    outcome = collector.suites["pare.yaml"].outcomes["pare.yaml::a"]
    assert outcome.kind == "failed"
    assert outcome.result is not None
    assert outcome.result.rationale == "[XPASS(strict)] why"


def test_a_run_that_has_begun(collector: ResultCollector) -> None:
    collector.pytest_runtest_logstart("pare.yaml::a")
    collector.pytest_runtest_logstart("x.py::a")
    assert collector.suites["pare.yaml"].outcomes["pare.yaml::a"].reason == "it began and never ended"


# -- the same run twice


@pytest.mark.parametrize(
    ("first", "second", "kept"),
    [
        (True, True, "success"),
        (True, False, "failed"),
        (False, True, "failed"),
        (False, False, "failed"),
        (True, None, "no_validation"),
        (None, True, "no_validation"),
        (None, False, "failed"),
    ],
)
def test_a_repeated_run_must_succeed_each_time(
    collector: ResultCollector, first: bool | None, second: bool | None, kept: str
) -> None:
    for success in (first, second):
        collector.pytest_runtest_logstart("pare.yaml::a")
        collector.pytest_runtest_logreport(run_report("pare.yaml::a", success=success))
    assert kinds(collector)["pare.yaml::a"] == kept


@pytest.mark.parametrize(("reruns", "kept"), [("first", "failed"), ("last", "success")])
def test_a_run_that_a_plugin_runs_again(tmp_path: Path, pytestconfig: pytest.Config, reruns: str, kept: str) -> None:
    """A plugin that reruns reports all failures but the last as `rerun`."""
    collector = ResultCollector(pytestconfig, {"pare.yaml": suite_with(tmp_path, gate={"reruns": reruns})}, {})
    rerun = run_report("pare.yaml::a", success=False)
    rerun.outcome = "rerun"  # type: ignore[assignment]
    collector.pytest_runtest_logreport(rerun)
    assert kinds(collector)["pare.yaml::a"] == "failed"
    collector.pytest_runtest_logreport(run_report("pare.yaml::a"))
    assert kinds(collector)["pare.yaml::a"] == kept


def test_a_process_that_dies_differs_from_one_that_was_ended(
    collector: ResultCollector, monkeypatch: pytest.MonkeyPatch
) -> None:
    crash = report("pare.yaml::a", "???", "rerun", longrepr="worker 'gw0' crashed")
    collector.pytest_runtest_logreport(crash)
    collector.pytest_runtest_logreport(run_report("pare.yaml::a"))
    assert kinds(collector)["pare.yaml::a"] == "success"
    # An agent that never returns has failed, whatever the next attempt comes to.
    monkeypatch.setattr("pytest_pare.plugin.outcomes.why_ended", lambda _: "still in agent.py:3")
    crash = report("pare.yaml::b", "???", "rerun", longrepr="worker 'gw0' crashed")
    collector.pytest_runtest_logreport(crash)
    collector.pytest_runtest_logreport(run_report("pare.yaml::b"))
    outcome = collector.suites["pare.yaml"].outcomes["pare.yaml::b"]
    assert (outcome.kind, outcome.reason) == ("no_result", "still in agent.py:3")


# -- what it comes to


def test_results_by_variant(suite: Suite) -> None:
    success, config = PAREScenarioValidationResult(success=True), CONFIG.model_dump(mode="json")
    outcomes = {
        "pare.yaml::a[x]": Outcome("success", success, config),
        "pare.yaml::b[x]": Outcome("xfailed", PAREScenarioValidationResult(success=False), config),
        "pare.yaml::a[y]": Outcome("success", success, {**config, "user_model_alias": "parrot"}),
        "pare.yaml::b[y]": Outcome("no_result"),
    }
    results = SuiteResults(SuitePlan.of("pare.yaml", suite, 2), outcomes).results(7.5)
    assert {variant: list(one.scenario_results) for variant, one in results.items()} == {
        "x": [("a", None)],
        "y": [("a", None)],
    }
    assert results["y"].run_config.user_model_alias == "parrot"
    assert results["x"].duration == 7.5


@pytest.mark.parametrize(
    ("planned", "nodeids", "deselected"),
    [
        (3, ["a", "b"], 1),
        (3, ["a", "b", "c"], 0),
        (2, ["a", "b", "c"], None),
        (None, ["a"], None),
        (3, ["a[x]"], None),
    ],
)
def test_deselected(suite: Suite, planned: int | None, nodeids: list[str], deselected: int | None) -> None:
    outcomes = {f"pare.yaml::{name}": Outcome("success") for name in nodeids}
    assert SuiteResults(SuitePlan.of("pare.yaml", suite, planned), outcomes).deselected == deselected


@pytest.mark.parametrize(
    ("variants", "nodeids", "deselected"),
    [
        ({"matrix": {"x": {}, "y": {}}}, ["a[x]", "a[y]", "b[x]"], 3),
        ({"matrix": {"x": {}, "y": {}}}, [f"{name}[{one}]" for name in "abc" for one in "xy"], 0),
        ({"matrix": {"x": {}, "y": {}}, "runs": 2}, ["a[x-run1]"], 11),
        ({"sweep": {"runner.max_turns": [1, 2]}, "matrix": {"x": {}}}, ["a[x-max_turns_1]", "a[x-max_turns_2]"], 4),
        ({"matrix": {"x": {}, "y": {}}}, ["a[own-x]"], None),
    ],
)
def test_deselected_of_variants(
    tmp_path: Path, variants: dict[str, Any], nodeids: list[str], deselected: int | None
) -> None:
    outcomes = {f"pare.yaml::{name}": Outcome("success") for name in nodeids}
    assert (
        SuiteResults(SuitePlan.of("pare.yaml", suite_with(tmp_path, **variants), 3), outcomes).deselected == deselected
    )


@pytest.mark.parametrize(
    ("variants", "nodeid", "level"),
    [
        ({}, "a", None),
        ({"matrix": {"x": {}}}, "a[x]", None),
        ({"sweep": {"runner.max_turns": [1, 11]}}, "a[max_turns_1]", 1),
        ({"sweep": {"runner.max_turns": [1, 11]}}, "a[own-max_turns_11]", 11),
        ({"sweep": {"runner.max_turns": [1, 11]}, "runs": 2}, "a[own-max_turns_11-run2]", 11),
        ({"sweep": {"runner.max_turns": [1, 11]}, "matrix": {"x": {}, "y-x": {}}}, "a[y-x-max_turns_1]", 1),
        ({"sweep": {"runner.max_turns": [1, 11]}}, "a[own]", None),
    ],
)
def test_the_level_of_a_node_id(tmp_path: Path, variants: dict[str, Any], nodeid: str, level: float | None) -> None:
    expected = None if level is None else ("runner.max_turns", level)
    assert (
        SuiteResults(SuitePlan.of("pare.yaml", suite_with(tmp_path, **variants))).run_id(f"pare.yaml::{nodeid}").level
        == expected
    )


def test_a_run_has_its_level_whatever_becomes_of_it(tmp_path: Path, pytestconfig: pytest.Config) -> None:
    suite = suite_with(tmp_path, sweep={"runner.max_turns": [1, 2]})
    collector = ResultCollector(pytestconfig, {"pare.yaml": suite}, {})
    nodeids = [f"pare.yaml::{name}[max_turns_{level}]" for name in ("a", "b", "c") for level in (1, 2)]
    collector.pytest_xdist_node_collection_finished(nodeids)
    collector.pytest_runtest_logreport(run_report(nodeids[0]))
    collector.pytest_runtest_logreport(report(nodeids[1], "setup", "failed", longrepr="E   OSError: why"))
    collector.pytest_runtest_logreport(report(nodeids[2], "setup", "skipped", longrepr=("f", 1, "Skipped: why")))
    played = run_report(nodeids[3], pare_run=RunId("b", "x", level=("runner.max_turns", 7)).to_dict())
    collector.pytest_runtest_logreport(played)
    levels = [collector.suites["pare.yaml"].run_id(nodeid).level for nodeid in nodeids]
    assert levels == [("runner.max_turns", level) for level in (1, 2, 1, 7, 1, 2)]


def test_the_identity_on_a_report_stands_above_that_of_its_node_id(tmp_path: Path, pytestconfig: pytest.Config) -> None:
    suite = suite_with(tmp_path, matrix={"model": {}, "fast-model": {}})
    collector = ResultCollector(pytestconfig, {"pare.yaml": suite}, {})
    nodeid = "pare.yaml::a[fast-model]"
    collector.pytest_xdist_node_collection_finished([nodeid])
    assert collector.suites["pare.yaml"].run_id(nodeid).cell == "fast-model"
    run = RunId("a", "fast-model", parameters="fast", cell="model")
    collector.pytest_runtest_logreport(run_report(nodeid, pare_run=run.to_dict()))
    assert collector.suites["pare.yaml"].run_id(nodeid) == run


def test_variants_come_in_the_order_of_the_collection(suite: Suite) -> None:
    success, config = PAREScenarioValidationResult(success=True), CONFIG.model_dump(mode="json")
    outcomes = {
        "pare.yaml::a[y]": Outcome("no_result"),
        "pare.yaml::a[x]": Outcome("success", success, config),
        "pare.yaml::b[y]": Outcome("success", success, config),
        "pare.yaml::b[z]": Outcome("no_result"),
    }
    assert list(SuiteResults(SuitePlan.of("pare.yaml", suite, 2), outcomes).results(0)) == ["y", "x"]


def test_split_names(tmp_path: Path) -> None:
    assert split_name(suite_with(tmp_path)) == "full"
    assert split_name(suite_with(tmp_path, scenarios={"limit": 1})) == "custom"
    assert split_name(suite_with(tmp_path, scenarios={"split": "splits/smoke.v2.txt", "limit": 1})) == "smoke.v2"


@pytest.mark.parametrize(
    ("key", "tool"),
    [
        ("noise.tool_failure_probability", "Cabs__order_ride"),
        ("runner.tool_augmentation_config.tool_failure_probability", "Cabs__order_ride"),
        ("noise.tool_slow.rate", "Notes__create_note"),
        ("noise.user_busy.rate", None),
        ("runner.env_events_config.num_env_events_per_minute", None),
    ],
)
def test_only_the_fault_that_a_sweep_is_about_costs_something(tmp_path: Path, key: str, tool: str | None) -> None:
    collector = SuiteResults(SuitePlan.of("pare.yaml", suite_with(tmp_path, sweep={key: [0, 1]})))
    faults = {"tool_failure": {"Cabs__order_ride": 1}, "tool_slow": {"Notes__create_note": 1}, "user_busy": {"user": 1}}
    for level, variant in enumerate(collector.plan.variants):
        result = PAREScenarioValidationResult(success=not level, faults=faults)
        collector.keep(f"pare.yaml::a[{variant.name}]", Outcome(result.status, result))
    (curve,) = collector.curves()
    assert [(one.tool, one.hit, float(one.cost)) for one in curve.costs] == ([(tool, 1, 1.0)] if tool else [])
