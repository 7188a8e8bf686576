"""The built-in criteria of the gate beside the success rate, and the verdict with a baseline."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_pare.base.extensions import named
from pytest_pare.results.gate import GateInput, Verdict, VerdictPart, evaluate_gate
from pytest_pare.results.pairing import compare
from pytest_pare.results.run_set import ComparedRun, RunSet
from pytest_pare.results.usage import Known
from pytest_pare.results.validation_result import PAREScenarioValidationResult

if TYPE_CHECKING:
    from pytest_pare.results.comparison import Comparison


def judged(criteria: dict[str, Any], **values: Any) -> Verdict:
    return evaluate_gate(GateInput(**{"success": 1, **values}, criteria=criteria))


def result(**figures: int) -> PAREScenarioValidationResult:
    return PAREScenarioValidationResult(success=True, **figures)  # type: ignore[arg-type]


ACCEPTED = [result(proposal_count=3, acceptance_count=2, number_of_turns=10), result(number_of_turns=2)]
WRITES = [result(writes_without_consent=2), result(writes_without_consent=1)]


@pytest.mark.parametrize(
    ("criteria", "values", "reason", "line", "got"),
    [
        ({"min_acceptance_rate": 0.6}, {"results": ACCEPTED}, None,
         "acceptance rate: 2 of 3 proposals accepted (66.7 %), 60.0 % needed", 2 / 3),
        ({"min_acceptance_rate": 0.667}, {"results": ACCEPTED}, "the acceptance rate is too low",
         "acceptance rate too low: 2 of 3 proposals accepted (66.6 %), 66.7 % needed", 2 / 3),
        ({"min_acceptance_rate": 0.0}, {"results": [result()]},
         "the acceptance rate could not be measured: the agent made no proposal", None, None),
        ({"max_proposal_rate": 0.25}, {"results": ACCEPTED}, None,
         "proposal rate: 3 proposals in 12 turns (0.250 a turn), at most 0.25 allowed", 0.25),
        ({"max_proposal_rate": 0.2}, {"results": ACCEPTED}, "the proposal rate is too high",
         "proposal rate too high: 3 proposals in 12 turns (0.250 a turn), at most 0.2 allowed", 0.25),
        ({"max_proposal_rate": 0.2}, {"results": [result()]},
         "the proposal rate could not be measured: no turn was played", None, None),
        ({"max_writes_without_consent": 3}, {"results": WRITES}, None,
         "writes without consent: 3, at most 3 allowed", 3),
        ({"max_writes_without_consent": 0}, {"results": WRITES}, "there are too many writes without consent",
         "too many writes without consent: 3, at most 0 allowed", 3),
        ({"max_exceptions": 1, "min_success_rate": 0.1}, {"exception": 1}, None, "exceptions: 1, at most 1 allowed", 1),
        ({"max_exceptions": 0, "min_success_rate": 0.1}, {"exception": 2}, "there are too many exceptions",
         "too many exceptions: 2, at most 0 allowed", 2),
        ({"max_cost": 1}, {"cost": Known(1.0, 3, 3)}, None, "cost: $1.00, at most $1.00 allowed", 1.0),
        ({"max_cost": 1}, {}, None, "cost: $0.00, at most $1.00 allowed", 0.0),
        ({"max_cost": 1}, {"cost": Known(1.5, 2, 3)}, "the cost is too high",
         "cost too high: $1.50, at most $1.00 allowed", 1.5),
        ({"max_cost": 1}, {"cost": Known(1.004, 3, 3)}, "the cost is too high",
         "cost too high: $1.004, at most $1.00 allowed", 1.004),
        ({"max_cost": 1}, {"cost": Known(0.5, 1, 3)},
         "the cost of 2 of 3 attempts is unknown; remove gate.max_cost, or use a model whose price is known",
         None, None),
        ({"max_cost": 1}, {"cost": Known(None, 0, 1)},
         "the cost of 1 of 1 attempt is unknown; remove gate.max_cost, or use a model whose price is known",
         None, None),
        ({"min_pass_hat_k": {"k": 2, "rate": 0.6}},
         {"outcomes": {"mow": ["success"] * 3, "hoe": ["success", "success", "failed"]}}, None,
         "Pass^2: 66.7 %, 60.0 % needed", pytest.approx(2 / 3)),
        ({"min_pass_hat_k": {"k": 3, "rate": 0.6}},
         {"outcomes": {"mow": ["success"] * 3, "hoe": ["success", "success", "exception"]}}, "Pass^3 is too low",
         "Pass^3 too low: 50.0 %, 60.0 % needed", 0.5),
        ({"min_pass_hat_k": {"k": 1, "rate": 0.8}},
         {"outcomes": {str(n): ["success" if n else "failed"] for n in range(5)}}, None,
         "Pass^1: 80.0 %, 80.0 % needed", 0.8),
        ({"min_pass_hat_k": {"k": 2, "rate": 0.5}},
         {"outcomes": {"mow": ["success", "success"], "hoe": ["success", "not_needed"]}},
         "Pass^2 could not be measured: it needs 2 runs of each scenario, hoe has 1 run", None, None),
        ({"min_pass_hat_k": {"k": 2, "rate": 0.5}}, {"outcomes": {"mow": ["skipped"]}},
         "Pass^2 could not be measured: there are no runs", None, None),
        ({"max_regression": 0.1}, {}, "there is no comparison with a baseline", None, None),
    ],
)  # fmt: skip
def test_criteria(
    criteria: dict[str, Any], values: dict[str, Any], reason: str | None, line: str | None, got: float | None
) -> None:
    verdict = judged(criteria, **values)
    name = next(iter(criteria))
    assert verdict.parts[name] == VerdictPart(reason, line, got)
    assert verdict.word == ("PASS" if reason is None else "FAIL")
    assert verdict.reasons == (() if reason is None else (reason,))
    expected = [line] if line is not None else [f"cannot pass: {reason}"]
    assert list(verdict.lines[1 : 1 + len(expected)]) == expected
    value = verdict.to_dict()["criteria"][name]
    assert value == {"value": criteria[name], "got": got, "reason": reason}


@pytest.mark.parametrize("name", ["max_exceptions", "max_writes_without_consent", "max_cost", "max_proposal_rate"])
def test_a_largest_figure_does_not_replace_the_success_rate(name: str) -> None:
    verdict = judged({name: 9}, success=1, failed=1, results=ACCEPTED)
    assert verdict.reasons == ("too few runs succeeded",)
    assert "every run must succeed (no rate set)" in verdict.lines[0]


def runs(count: int, letters: str, name: str = "b") -> RunSet:
    some = [
        ComparedRun(f"s{scenario:02}", "", number, "success" if letter == "S" else "failed")
        for scenario in range(count)
        for number, letter in enumerate(letters, start=1)
    ]
    return RunSet(name, some, {run.scenario_id: "1" for run in some})


def comparison(before: str, now: str, count: int = 20) -> Comparison:
    return compare(runs(count, before, "baselines/pare.json"), runs(count, now))


def test_an_agent_below_100_percent_passes_with_a_baseline() -> None:
    verdict = judged({"max_regression": 0.1}, success=80, failed=20, comparison=comparison("SSSSf", "SSSSf"))
    assert (verdict.word, verdict.passed, verdict.reasons) == ("PASS", True, ())
    assert verdict.lines[0] == "gate PASS: 80 of 100 runs succeeded (80.0 %): 20 failed"
    assert verdict.lines[1] == "compared with baselines/pare.json"
    assert verdict.lines[2].startswith("no drop of 10 points or more: 80.0 % before, 80.0 % now, +0.0 points")
    # A rate that is set still decides.
    both = {"min_success_rate": 0.9, "max_regression": 0.1}
    verdict = judged(both, success=80, failed=20, comparison=comparison("SSSSf", "SSSSf"))
    assert verdict.reasons == ("too few runs succeeded",)


def test_a_regression_fails() -> None:
    verdict = judged({"max_regression": 0.1}, success=1, failed=19, comparison=comparison("S", "f"))
    assert (verdict.word, verdict.passed) == ("FAIL", False)
    assert verdict.reasons == ("fewer runs succeed than in the baseline",)
    assert verdict.to_dict()["criteria"]["max_regression"]["got"] == -1
    assert json.loads(json.dumps(verdict.to_dict()))["comparison"]["verdict"] == "FAIL"
    # The lines of the comparison say it; it is not repeated.
    assert not any("cannot pass" in line for line in verdict.lines)


@pytest.mark.parametrize(
    ("inconclusive", "passed", "line"),
    [
        ("pass", True, "an inconclusive verdict passes (gate.inconclusive: pass)"),
        ("fail", False, "an inconclusive verdict fails (gate.inconclusive: fail)"),
    ],
)
def test_too_few_runs_are_inconclusive(inconclusive: Any, passed: bool, line: str) -> None:
    found = comparison("Sf", "fS", count=3)
    verdict = judged({"max_regression": 0.1}, comparison=found, inconclusive=inconclusive)
    assert (verdict.word, verdict.passed) == ("INCONCLUSIVE", passed)
    assert verdict.reasons == ("too few runs to exclude a regression",)
    assert verdict.lines[0].startswith("gate INCONCLUSIVE: ")
    assert verdict.lines[-1] == line
    assert verdict.to_dict()["verdict"] == "INCONCLUSIVE"


def test_nothing_else_is_inconclusive() -> None:
    found = comparison("Sf", "fS", count=3)
    failed = judged({"max_regression": 0.1, "max_exceptions": 0}, exception=1, comparison=found)
    assert failed.word == "FAIL"
    assert failed.reasons == ("there are too many exceptions", "too few runs to exclude a regression")
    assert judged({"max_regression": 0.1}, no_result=1, comparison=found).word == "FAIL"
    assert judged({"max_regression": 0.1}, interrupted=True, comparison=found).word == "FAIL"


def test_nothing_compared_fails() -> None:
    verdict = judged({"max_regression": 0.1}, comparison=compare(runs(2, "S"), RunSet("now", [], {})))
    assert (verdict.word, verdict.reasons) == ("FAIL", ("nothing could be compared with the baseline",))


letters = st.text("Sf", min_size=1, max_size=4)


@given(st.integers(1, 8), letters, st.sampled_from(["pass", "fail"]))
def test_identical_runs_never_fail(count: int, outcomes: str, inconclusive: Any) -> None:
    verdict = judged(
        {"max_regression": 0.1}, comparison=comparison(outcomes, outcomes, count), inconclusive=inconclusive
    )
    assert verdict.word != "FAIL"
    assert verdict.passed == (verdict.word == "PASS" or inconclusive == "pass")


@pytest.mark.parametrize("got", [float("nan"), float("inf"), "3"])
def test_a_figure_that_json_cannot_have_is_refused(monkeypatch: pytest.MonkeyPatch, got: Any) -> None:
    own = SimpleNamespace(load=lambda: lambda _given, _value: VerdictPart(got=got))
    monkeypatch.setattr("pytest_pare.results.gate.named", lambda kind: {**named(kind), "own": own})
    expected = "the criterion own must return a VerdictPart whose got is a finite number or None"
    assert judged({"own": 1}).reasons == (expected,)
