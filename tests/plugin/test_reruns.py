"""Plugins that run failed tests again: which attempt counts, and what is reported of the others."""

from __future__ import annotations

import json
from textwrap import dedent
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_pare.ledger.lines import open_runs, report_lines
from pytest_pare.ledger.outcomes import Outcome, counted
from pytest_pare.ledger.plan import SuitePlan
from pytest_pare.ledger.suite_results import SuiteResults
from pytest_pare.results.attempts import Attempts
from pytest_pare.results.gate import GateInput, evaluate_gate
from pytest_pare.results.validation_result import PAREScenarioValidationResult, RecordedException
from pytest_pare.scenarios.config import MultiScenarioRunnerConfig
from pytest_pare.settings import Suite, SuiteSettings

if TYPE_CHECKING:
    from pathlib import Path

    from tests.plugin.conftest import Example

SUITE = ("--pare-config", "pare.yaml")

# Each runs a failed test once more, and logs its reports as the plugin does after which it is named.
PLUGINS = {
    "pytest-rerunfailures": """
        from _pytest.runner import runtestprotocol

        def pytest_runtest_protocol(item, nextitem):
            again = True
            while again:
                item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
                reports = runtestprotocol(item, nextitem=nextitem, log=False)
                again = any(report.failed for report in reports) and item.nodeid not in RUN_AGAIN
                for report in reports:
                    if again and report.failed:
                        report.outcome = "rerun"
                        RUN_AGAIN.add(item.nodeid)
                    item.ihook.pytest_runtest_logreport(report=report)
                item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
            return True
    """,
    "flaky": """
        from _pytest.runner import call_and_report

        def pytest_runtest_protocol(item, nextitem):
            again = True
            while again:
                item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
                if not item._request:
                    item._initrequest()
                setup = call_and_report(item, "setup", log=False)
                reports = [setup, *([call_and_report(item, "call", log=False)] if setup.passed else [])]
                again = any(report.failed for report in reports) and item.nodeid not in RUN_AGAIN
                for report in reports:
                    if again and report.failed:
                        RUN_AGAIN.add(item.nodeid)
                    else:
                        item.ihook.pytest_runtest_logreport(report=report)
                call_and_report(item, "teardown", log=True, nextitem=nextitem)
                item._request, item.funcargs = False, None
                item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
            return True
    """,
    "pytest-retry": """
        @pytest.hookimpl(hookwrapper=True, tryfirst=True)
        def pytest_runtest_makereport(item, call):
            report = (yield).get_result()
            if call.when != "call" or not report.failed:
                return
            item.ihook.pytest_runtest_teardown(item=item, nextitem=pytest.Class.from_parent(item.session, name="No"))
            report.outcome = "retried"
            item.ihook.pytest_runtest_logreport(report=report)
            for _ in range(2):
                item._initrequest()
                pytest.CallInfo.from_call(lambda: item.ihook.pytest_runtest_setup(item=item), when="setup")
                call = pytest.CallInfo.from_call(lambda: item.ihook.pytest_runtest_call(item=item), when="call")
                again = pytest.TestReport.from_item_and_call(item, call)
                report.outcome, report.longrepr = again.outcome, again.longrepr
                if again.passed:
                    break
                item.ihook.pytest_runtest_teardown(item=item, nextitem=None)
    """,
}
# Of the first of the two that is retried by pytest-retry, the second attempt fails as well.
LATE = {"pytest-retry": 3}


def rerunning(example: Example, plugin: str, suite: str, head: str = "") -> Example:
    """Return a project in which each run of `dig` fails until its last attempt, by one of `PLUGINS`."""
    example.suite(suite).write("conftest.py", f"import pytest\nRUN_AGAIN = set()\n{head}{dedent(PLUGINS[plugin])}")
    return example.scenario("mow").scenario(
        "dig",
        f"""
        TRIES[self.run_number] = TRIES.get(self.run_number, 0) + 1
        good = TRIES[self.run_number] >= {LATE.get(plugin, 2)}
        return ScenarioValidationResult(success=good, rationale=f"dry {{TRIES[self.run_number]}}, key=sk-{"1a" * 20}")
        """,
        head="TRIES = {}",
    )


@pytest.mark.parametrize("plugin", PLUGINS)
def test_the_first_attempt_counts_unless_the_suite_says_otherwise(example: Example, plugin: str) -> None:
    rerunning(example, plugin, "{runs: 2, reports: {json: out.json}}")
    replaced = 2 * (LATE.get(plugin, 2) - 1)
    for counts, code in (("first", 1), ("last", 0)):
        session = example.run(*SUITE, f"--pare-set=gate.reruns={counts}")
        assert session.outcomes()["passed"] == 4
        assert "failed" not in session.outcomes()
        assert session.code == code
        report = json.loads((example.path / "out.json").read_text())
        assert report["attempts"] == {
            "total": 4 + replaced,
            "runs": 4,
            "replaced": replaced,
            "replaced_by_kind": {"failed": replaced},
            "succeeded_after_infrastructure": 0,
            "succeeded_after_a_process_died": 0,
            "counts": counts,
        }
        (figures,) = report["per_config_results"]
        good = {"first": 2, "last": 4}[counts]
        assert (figures["success_runs"], figures["pass_k"], report["gate"]["counts"]["success"]) == (
            good,
            good / 2,
            good,
        )
        line = (
            f"{4 + replaced} attempts at 4 runs: {replaced} replaced by reruns ({replaced} failed); the {counts} counts"
        )
        assert f"  {line}" in session.summary
        expected = {
            "first": "FAILED     dig, 2 of 2 runs: dry 1,",
            "last": "RERUN      dig, 2 of 2 runs: succeeded in a re",
        }
        assert session.open_runs[0].startswith(expected[counts])
        assert "1a1a" not in session.out


@pytest.mark.parametrize("plugin", ["pytest-rerunfailures", "flaky"])
def test_a_fixture_that_fails_once_is_an_attempt_without_a_result(example: Example, plugin: str) -> None:
    head = """
@pytest.fixture
def proactive_agent(request):
    if request.node.nodeid not in RUN_AGAIN:
        raise OSError("no agent, key=sk-1a1a1a1a1a1a1a1a1a1a")
"""
    session = rerunning(example, plugin, "{scenarios: {include: [mow]}}", head).run(*SUITE)
    assert session.outcomes()["passed"] == 1
    assert session.code == pytest.ExitCode.TESTS_FAILED
    assert session.open_runs[0].startswith("NO RESULT  mow: a fixture failed: OSError: no agent, key=")
    assert "  2 attempts at 1 run: 1 replaced by reruns (1 no result); the first counts" in session.summary
    assert "1a1a" not in session.out.split("pare: pare.yaml ===")[1]


def test_a_rerun_after_a_failed_teardown(example: Example) -> None:
    head = """
@pytest.fixture(autouse=True)
def tidy(request):
    yield
    if request.node.nodeid not in RUN_AGAIN:
        raise OSError("a mess")
"""
    session = rerunning(example, "pytest-rerunfailures", "scenarios: {include: [mow]}", head).run(*SUITE)
    assert session.code == pytest.ExitCode.OK
    assert session.verdict[0].startswith("gate PASS: 1 of 1 run succeeded")
    assert "  2 attempts at 1 run: 1 replaced by reruns (1 success); the first counts" in session.summary


# -- which attempt counts


def attempt(kind: str, *, replaced: bool = False) -> Outcome:
    if kind == "died":
        return Outcome("no_result", reason="its process died", died=True, replaced=replaced)
    if kind in ("outage", "exception"):
        error = "infrastructure" if kind == "outage" else None
        result = PAREScenarioValidationResult(None, RecordedException("Error", "why"), exception_kind=error)  # type: ignore[arg-type]
        return Outcome("exception", result, replaced=replaced)
    return Outcome(kind, replaced=replaced)


@pytest.mark.parametrize(
    ("kinds", "first", "last"),
    [
        ("success", 0, 0),
        ("failed>success", 0, 1),
        ("failed>exception", 0, 1),
        ("exception>failed>success", 0, 2),
        ("no_validation>success", 0, 1),
        ("no_result>success", 0, 1),
        ("died>success", 1, 1),
        ("outage>success", 1, 1),
        ("outage>failed>success", 1, 2),
        ("outage>died>failed", 2, 2),
        ("outage>outage", 1, 1),
        ("died>outage", 1, 1),
        # A plugin that wants two successes.
        ("success>success", 1, 1),
        ("success>failed", 1, 1),
        # The session has ended before the next attempt did.
        ("failed>", 0, 0),
        ("outage>", 0, 0),
        # Several workers, each of which must succeed.
        ("success success", 1, 1),
        ("success failed", 1, 1),
        ("failed success", 0, 0),
        ("failed exception", 1, 1),
        ("died success", 0, 0),
        ("success failed>success", 1, 2),
        ("failed>success success", 0, 2),
        ("failed success failed>success", 2, 0),
    ],
)
def test_which_attempt_counts(kinds: str, first: int, last: int) -> None:
    attempts = [attempt(kind, replaced=is_replaced) for worker in kinds.split() for kind, is_replaced in _chain(worker)]
    assert counted(attempts, "first") is attempts[first]
    assert counted(attempts, "last") is attempts[last]


def _chain(worker: str) -> list[tuple[str, bool]]:
    *before, final = worker.split(">")
    return [(kind, True) for kind in before] + [(final, False)] * bool(final)


@given(
    st.lists(st.sampled_from(["success", "failed", "exception", "outage", "died", "no_validation"]), min_size=1),
    st.sampled_from(["first", "last"]),
)
def test_no_rerun_makes_a_success_of_what_the_first_attempt_said_of_the_agent(kinds: list[str], reruns: Any) -> None:
    attempts = [attempt(kind, replaced=number < len(kinds) - 1) for number, kind in enumerate(kinds)]
    chosen = counted(attempts, reruns)
    of_agent = [one for one in attempts if not one.is_infrastructure]
    if reruns == "last" or not of_agent:
        assert chosen is attempts[-1]
    elif of_agent[0].kind != "success":
        assert chosen is of_agent[0]
    else:
        assert chosen is attempts[-1]


# -- what is reported of the others


def with_attempts(path: Path, *attempts: Outcome, **settings: Any) -> SuiteResults:
    collector = SuiteResults(
        SuitePlan.of("pare.yaml", Suite(path / "pare.yaml", SuiteSettings.model_validate(settings)))
    )
    for one in attempts:
        collector.keep("pare.yaml::a", one)
    return collector


def test_what_all_attempts_have_taken_is_added_up(tmp_path: Path) -> None:
    usage = {"user": {"calls": 2, "live": True, "prompt_tokens": 10, "completion_tokens": 3, "cost": 0.5}}
    config = MultiScenarioRunnerConfig().model_dump(mode="json")
    outage = RecordedException("ProviderOutageError", "down")
    first = PAREScenarioValidationResult(None, outage, exception_kind="infrastructure", usage=usage)
    second = PAREScenarioValidationResult(success=True, usage=usage)
    collector = with_attempts(
        tmp_path, Outcome("exception", first, config, replaced=True), Outcome("success", second, config)
    )
    (results,) = collector.results(1.0).values()
    assert list(results.scenario_results.values()) == [second]
    assert results.other_attempts == [first]
    lines = [" ".join(line.split()) for line in report_lines(collector, 1.0)]
    assert "user 4 20 6 $1.00" in lines
    assert "Cost of 2 attempts: $1.00" in lines
    assert collector.times_played() == Attempts(2, 1, {"infrastructure": 1}, recovered=1)
    expected = ("rerun", "RERUN      a: succeeded in a rerun after: ProviderOutageError: down")
    assert list(open_runs(collector)) == [("", ""), expected, ("", "")]
    # The attempt that counts died, and has no row; what the other has taken was taken nevertheless.
    died = with_attempts(tmp_path, Outcome("exception", first, config, replaced=True), attempt("died"))
    assert "    Cost of 1 attempt: $0.50" in report_lines(died, 1.0)
    assert died.times_played() == Attempts(2, 1, {"infrastructure": 1})


def test_a_process_that_has_died_is_no_clean_success(tmp_path: Path) -> None:
    collector = with_attempts(tmp_path, attempt("died", replaced=True), attempt("success"))
    played = collector.times_played()
    assert played == Attempts(2, 1, {"process died": 1}, recovered=1, after_death=1)
    verdict = evaluate_gate(GateInput(success=1, attempts=played))
    assert verdict.passed
    assert verdict.lines[1:] == ("not clean: 1 run succeeded only after a process had died",)
    assert played.line() == (
        "2 attempts at 1 run: 1 replaced by reruns (1 process died); the first that infrastructure did not end counts"
    )
    assert [line for _, line in open_runs(collector)][1] == "RERUN      a: succeeded in a rerun after: its process died"


def test_attempts_of_several_workers(tmp_path: Path) -> None:
    collector = with_attempts(tmp_path, attempt("success"), attempt("failed", replaced=True), attempt("success"))
    assert collector.times_played().line() == (
        "3 attempts at 1 run, 1 of them by other workers: 1 replaced by reruns (1 failed); the first counts"
    )
    both = with_attempts(tmp_path, attempt("success"), attempt("success")).times_played()
    assert (both.line(), both.warning()) == ("2 attempts at 1 run, 1 of them by other workers", None)
    once = with_attempts(tmp_path, attempt("success")).times_played()
    assert (once.line(), once.warning()) == (None, None)
