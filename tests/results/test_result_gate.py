"""The gate: what passes, what cannot, and how it says so."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pytest_pare.base.extensions import BUILT_IN
from pytest_pare.inference.intervals import rate_interval
from pytest_pare.results.criteria import success_rate
from pytest_pare.results.gate import Criterion, GateInput, Verdict, VerdictPart, evaluate_gate


def judged(**values: Any) -> Verdict:
    """Return the verdict on outcomes, of which some keywords are names of criteria."""
    criteria = {name: values.pop(name) for name in CRITERIA & values.keys()}
    ordered = {name: criteria[name] for name in BUILT_IN["criterion"] if name in criteria}
    area = {"robustness": values.pop("min_robustness")} if "min_robustness" in values else {}
    return evaluate_gate(GateInput(**values, criteria={**ordered, **area}))


# `robustness` is the name of the measured area, too; its criterion is called `min_robustness` here.
CRITERIA = set(BUILT_IN["criterion"]) - {"robustness"}


def lines(**values: Any) -> list[str]:
    return list(judged(**values).lines)


def passes(**values: Any) -> bool:
    return judged(**values).passed


@pytest.mark.parametrize(
    ("outcomes", "expected"),
    [
        (
            {"success": 8, "min_success_rate": 0.9},
            ["gate PASS: 8 of 8 runs succeeded (100.0 %), 90.0 % needed"],
        ),
        (
            {"success": 9, "failed": 1, "min_success_rate": 0.9},
            ["gate PASS: 9 of 10 runs succeeded (90.0 %), 90.0 % needed: 1 failed"],
        ),
        (
            {"success": 6, "failed": 2, "min_success_rate": 0.9},
            ["gate FAIL: 6 of 8 runs succeeded (75.0 %), 90.0 % needed: 2 failed"],
        ),
        (
            {"success": 6, "failed": 1, "no_result": 1, "min_success_rate": 0.9},
            [
                "gate FAIL: 6 of 8 runs succeeded (75.0 %), 90.0 % needed: 1 failed, 1 no result",
                "cannot pass: 1 run has no result",
            ],
        ),
        (
            {"success": 8, "no_result": 2, "min_success_rate": 0.5, "interrupted": True},
            [
                "gate FAIL: 8 of 10 runs succeeded (80.0 %), 50.0 % needed: 2 no result",
                "cannot pass: 2 runs have no result; the session was interrupted",
            ],
        ),
        (
            {"success": 1, "failed": 2, "exception": 3, "no_validation": 4},
            [
                "gate FAIL: 1 of 10 runs succeeded (10.0 %), every run must succeed (no rate set): "
                "2 failed, 3 exceptions, 4 no validation"
            ],
        ),
        (
            {"success": 1, "exception": 1},
            ["gate FAIL: 1 of 2 runs succeeded (50.0 %), every run must succeed (no rate set): 1 exception"],
        ),
        (
            {"success": 1, "skipped": 2, "xfailed": 1},
            [
                "gate PASS: 1 of 1 run succeeded (100.0 %), every run must succeed (no rate set)",
                "not counted: 2 skipped, 1 xfailed",
            ],
        ),
        (
            {"success": 3, "partial": ("-k smoke",), "deselected": 5},
            [
                "gate PASS: 3 of 3 runs succeeded (100.0 %), every run must succeed (no rate set)",
                "partial session (-k smoke): 3 of 8 runs selected",
            ],
        ),
        (
            {"success": 1, "skipped": 1, "xfailed": 2, "partial": ("-k a", "--pare-limit 4"), "deselected": 0},
            [
                "gate PASS: 1 of 1 run succeeded (100.0 %), every run must succeed (no rate set)",
                "not counted: 1 skipped, 2 xfailed",
                "partial session (-k a, --pare-limit 4): 4 of 4 runs selected",
            ],
        ),
        (
            {"success": 1, "partial": ("-x",)},
            [
                "gate PASS: 1 of 1 run succeeded (100.0 %), every run must succeed (no rate set)",
                "partial session (-x)",
            ],
        ),
        (
            {"min_success_rate": 0.0},
            ["gate FAIL: 0 of 0 runs succeeded, 0.0 % needed", "cannot pass: no run was judged"],
        ),
        (
            {"exception": 2, "no_validation": 1, "min_success_rate": 0.0},
            [
                "gate FAIL: 0 of 3 runs succeeded (0.0 %), 0.0 % needed: 2 exceptions, 1 no validation",
                "cannot pass: no run was judged",
            ],
        ),
        (
            {"success": 9, "failed": 1, "min_success_rate": 0.5, "min_robustness": 0.9, "robustness": Fraction(9, 10)},
            [
                "gate PASS: 9 of 10 runs succeeded (90.0 %), 50.0 % needed: 1 failed",
                "robustness: area 0.900, 0.900 needed",
            ],
        ),
        (
            {"success": 9, "failed": 1, "min_success_rate": 0.5, "min_robustness": 0.9, "robustness": Fraction(8, 9)},
            [
                "gate FAIL: 9 of 10 runs succeeded (90.0 %), 50.0 % needed: 1 failed",
                "robustness too low: area 0.889, 0.900 needed",
            ],
        ),
        (
            {"success": 1, "no_result": 1, "min_robustness": 0.9, "partial": ("-k smoke",)},
            [
                "gate FAIL: 1 of 2 runs succeeded (50.0 %): 1 no result",
                "cannot pass: the robustness could not be measured: the sweep was not run, or a level of it has no "
                "judged run; 1 run has no result",
                "partial session (-k smoke)",
            ],
        ),
        (
            {"success": 1, "failed": 1, "min_robustness": 0.5, "robustness": Fraction(1, 2)},
            ["gate PASS: 1 of 2 runs succeeded (50.0 %): 1 failed", "robustness: area 0.500, 0.500 needed"],
        ),
        (
            {"success": 1, "robustness": Fraction(1, 2)},
            ["gate PASS: 1 of 1 run succeeded (100.0 %), every run must succeed (no rate set)"],
        ),
    ],
)
def test_what_it_says(outcomes: dict[str, Any], expected: list[str]) -> None:
    assert lines(**outcomes) == expected


@pytest.mark.parametrize("tenths", range(11))
@pytest.mark.parametrize("scale", [1, 3, 7, 1000])
def test_a_rate_that_is_met_exactly_passes(tenths: int, scale: int) -> None:
    enough = {"success": tenths * scale, "failed": (10 - tenths) * scale, "min_success_rate": tenths / 10}
    assert passes(**enough)
    if tenths:
        assert not passes(**{**enough, "success": tenths * scale - 1, "failed": (10 - tenths) * scale + 1})


def test_the_rate_is_the_decimal_number_that_was_written() -> None:
    # The float 0.55 is a little more than that, and the float 0.7 is a little less than seven tenths.
    assert passes(success=11, failed=9, min_success_rate=0.55)
    assert not passes(success=7 * 10**17 - 1, failed=3 * 10**17 + 1, min_success_rate=0.7)
    assert passes(success=2, failed=1, min_success_rate=2 / 3)
    assert passes(success=1, failed=0, min_success_rate=1)


@pytest.mark.parametrize("outcome", ["exception", "no_validation"])
def test_what_was_not_judged_counts_against_the_rate(outcome: str) -> None:
    assert passes(success=9, min_success_rate=0.9, **{outcome: 1})
    assert not passes(success=8, min_success_rate=0.9, **{outcome: 1})
    assert not passes(success=100, **{outcome: 1})


@pytest.mark.parametrize(
    ("outcomes", "shown"),
    [
        # Rounding would say that enough succeeded, or all.
        ({"success": 89_999, "failed": 10_001, "min_success_rate": 0.9}, "(89.9 %), 90.0 % needed"),
        ({"success": 9_999, "failed": 1, "min_success_rate": 0.5}, "(99.9 %), 50.0 % needed"),
        ({"success": 9_999, "failed": 1}, "(99.9 %), every"),
        ({"success": 2, "failed": 1, "min_success_rate": 0.5}, "(66.7 %), 50.0 % needed"),
        ({"success": 1, "failed": 99, "min_success_rate": 0.5}, "(1.0 %), 50.0 % needed"),
        ({"success": 19, "failed": 1, "min_success_rate": 0.955}, "(95.0 %), 95.5 % needed"),
        ({"success": 2, "failed": 1, "min_success_rate": 0.66625}, "(66.667 %), 66.625 % needed"),
        ({"success": 1, "min_success_rate": 1e-5}, "(100.000 %), 0.001 % needed"),
        ({"success": 1, "failed": 1, "min_success_rate": 1.0}, "(50.0 %), 100.0 % needed"),
    ],
)
def test_percentages(outcomes: dict[str, Any], shown: str) -> None:
    assert shown in lines(**outcomes)[0]


@pytest.mark.parametrize(
    ("area", "needed", "shown"),
    [
        (Fraction(8_999, 10_000), 0.9, "too low: area 0.899, 0.900 needed"),
        (Fraction(9_999, 10_000), 0.9, ": area 0.999, 0.900 needed"),
        (Fraction(9_999, 10_000), 1.0, "too low: area 0.999, 1.000 needed"),
        (Fraction(2, 3), 0.66625, ": area 0.66667, 0.66625 needed"),
        (Fraction(66_624_999, 100_000_000), 0.66625, "too low: area 0.66624, 0.66625 needed"),
        (Fraction(0), 0.0, ": area 0.000, 0.000 needed"),
        (Fraction(1), 1, ": area 1.000, 1.000 needed"),
    ],
)
def test_areas(area: Fraction, needed: float, shown: str) -> None:
    assert shown in lines(success=1, robustness=area, min_robustness=needed)[1]


@given(st.fractions(0, 1), st.floats(0, 1) | st.integers(0, 1000).map(lambda thousandths: thousandths / 1000))
def test_the_area_that_is_shown_never_contradicts_the_verdict(area: Fraction, needed: float) -> None:
    verdict = judged(success=1, robustness=area, min_robustness=needed)
    shown = list(map(Fraction, re.findall(r"[\d.]+", verdict.lines[1])))
    assert verdict.passed == (area >= Fraction(repr(needed))) == (shown[0] >= shown[1])
    assert verdict.passed == (verdict.reasons == ())
    assert (shown[0] == 1) == (area == 1)


@pytest.mark.parametrize("name", ["min_success_rate", "robustness"])
@pytest.mark.parametrize("rate", [-0.1, 1.1, 90, float("nan"), float("inf")])
def test_a_rate_that_is_none(name: str, rate: float) -> None:
    with pytest.raises(ValueError, match=f"^the criterion {name} must be from 0 to 1"):
        GateInput(criteria={name: rate})


@pytest.mark.parametrize("area", [Fraction(-1, 10), Fraction(11, 10)])
def test_an_area_that_is_none(area: Fraction) -> None:
    with pytest.raises(ValueError, match="robustness must be from 0 to 1"):
        GateInput(robustness=area)


@pytest.mark.parametrize(
    "name",
    ["success", "failed", "exception", "no_validation", "no_result", "skipped", "xfailed", "not_needed", "user_fault"],
)
def test_a_count_below_zero(name: str) -> None:
    counts: dict[str, Any] = {name: -1}
    with pytest.raises(ValueError, match=f"^{name} must not be negative: -1$"):
        GateInput(**counts)


def test_verdict_as_json() -> None:
    given = GateInput(
        success=6,
        failed=1,
        exception=2,
        no_validation=3,
        no_result=4,
        skipped=5,
        xfailed=7,
        not_needed=9,
        user_fault=11,
        criteria={"min_success_rate": 0.9, "robustness": 0.5},
        partial=("-k smoke",),
        deselected=8,
        interrupted=True,
        robustness=Fraction(1, 4),
    )
    verdict = evaluate_gate(given)
    assert json.loads(json.dumps(verdict.to_dict())) == {
        "verdict": "FAIL",
        "passed": False,
        "reasons": [
            "too few runs succeeded",
            "the robustness is too low",
            "4 runs have no result",
            "the session was interrupted",
        ],
        "success_rate": 0.375,
        "success_rate_interval": None,
        "min_success_rate": 0.9,
        "robustness": 0.25,
        "min_robustness": 0.5,
        "criteria": {
            "min_success_rate": {"value": 0.9, "got": 0.375, "reason": "too few runs succeeded"},
            "robustness": {"value": 0.5, "got": 0.25, "reason": "the robustness is too low"},
        },
        "runs": 16,
        "counts": {
            "success": 6,
            "failed": 1,
            "exception": 2,
            "no_validation": 3,
            "no_result": 4,
            "skipped": 5,
            "xfailed": 7,
            "not_needed": 9,
            "user_fault": 11,
        },
        "partial": ["-k smoke"],
        "deselected": 8,
        "interrupted": True,
        "comparison": None,
        "lines": list(verdict.lines),
    }


def test_verdicts_without_runs_and_without_a_rate_as_json() -> None:
    nothing = evaluate_gate(GateInput()).to_dict()
    assert (nothing["verdict"], nothing["success_rate"], nothing["min_success_rate"]) == ("FAIL", None, None)
    assert (nothing["robustness"], nothing["min_robustness"]) == (None, None)
    passed = evaluate_gate(GateInput(success=1)).to_dict()
    assert (passed["verdict"], passed["passed"], passed["reasons"], passed["deselected"]) == ("PASS", True, [], None)


count = st.integers(0, 30)
inputs = st.builds(
    GateInput,
    success=count,
    failed=count,
    exception=st.integers(0, 3),
    no_validation=st.integers(0, 3),
    no_result=st.sampled_from([0, 0, 0, 1]),
    skipped=count,
    xfailed=count,
    not_needed=count,
    user_fault=count,
    criteria=(st.none() | st.floats(0, 1) | st.integers(0, 100).map(lambda percent: percent / 100)).map(
        lambda rate: {} if rate is None else {"min_success_rate": rate}
    ),
    partial=st.sampled_from([(), ("-k a",)]),
    interrupted=st.sampled_from([False, False, False, True]),
)


@given(inputs)
def test_passes_if_and_only_if(given: GateInput) -> None:
    runs = given.success + given.failed + given.exception + given.no_validation + given.no_result
    needed = Fraction(repr(given.criteria.get("min_success_rate", 1.0)))
    enough = given.success >= needed * runs
    judged = given.success + given.failed > 0
    verdict = evaluate_gate(given)
    assert verdict.passed == (enough and judged and not given.no_result and not given.interrupted)
    assert verdict.lines[0].startswith("gate PASS: " if verdict.passed else "gate FAIL: ")
    assert bool(verdict.reasons) != verdict.passed


@given(inputs)
def test_left_out_runs_and_partial_sessions_change_no_verdict(given: GateInput) -> None:
    bare = replace(given, skipped=0, xfailed=0, not_needed=0, user_fault=0, partial=())
    assert evaluate_gate(given).passed == evaluate_gate(bare).passed
    assert evaluate_gate(given).lines[0] == evaluate_gate(bare).lines[0]


@given(inputs, st.sampled_from(["failed", "exception", "no_validation", "no_result"]))
def test_one_more_run_that_did_not_succeed_never_helps(given: GateInput, outcome: str) -> None:
    # Only "nothing was judged" can turn, by the first failure, and it takes a rate of zero to pass then.
    assume(given.success + given.failed or given.criteria.get("min_success_rate") != 0)
    worse = replace(given, **{outcome: getattr(given, outcome) + 1})
    assert evaluate_gate(given).passed or not evaluate_gate(worse).passed


@given(inputs)
def test_the_percentages_that_are_shown_never_contradict_the_verdict(given: GateInput) -> None:
    shown = re.findall(r"([\d.]+) %", evaluate_gate(given).lines[0])
    assume(given.success + given.failed)
    reached = Fraction(shown[0])
    needed = Fraction(shown[1]) if given.criteria else Fraction(100)
    assert (reached >= needed) == ("too few runs succeeded" not in evaluate_gate(given).reasons)
    assert (reached == 100) == (given.success == given.runs)


def test_a_further_criterion_does_not_replace_the_success_rate(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pytest_pare.results.gate._judge", lambda name, given, value: JUDGES[name](given, value))
    verdict = evaluate_gate(GateInput(success=1, failed=1, criteria={"own": 3}))
    assert not verdict.passed
    assert (
        verdict.lines[0] == "gate FAIL: 1 of 2 runs succeeded (50.0 %), every run must succeed (no rate set): 1 failed"
    )
    assert evaluate_gate(GateInput(success=2, criteria={"own": 3})).passed
    assert evaluate_gate(GateInput(success=1, failed=1, criteria={"min_success_rate": 0.5, "own": 3})).passed
    assert not evaluate_gate(GateInput(success=2, criteria={"own": 2})).passed


JUDGES: dict[str, Criterion] = {
    "min_success_rate": success_rate,
    "own": lambda given, value: VerdictPart("too many" if given.runs >= value else None),
}


def test_the_first_line_has_an_interval_over_scenarios_of_all_variants() -> None:
    outcomes = {"a[x]": ["success"] * 3, "a[y]": ["success"] * 3, "b[x]": ["failed"] * 3, "b[y]": ["exception"] * 3}
    verdict = evaluate_gate(GateInput(success=6, failed=3, exception=3, outcomes=outcomes))
    expected = rate_interval([6, 0], [6, 6])
    assert expected is not None
    assert verdict.to_dict()["success_rate_interval"] == [expected.low, expected.high]
    low, high = 100 * expected.low, 100 * expected.high
    assert f"(50.0 %, 95 % CI {low:.1f} to {high:.1f})" in verdict.lines[0]


def test_runs_that_are_left_out_are_not_in_the_interval() -> None:
    outcomes = {"a": ["success", "skipped"], "b": ["xfailed"], "c": ["not_needed", "no_result"]}
    given = GateInput(success=1, no_result=1, skipped=1, xfailed=1, not_needed=1, outcomes=outcomes)
    assert given.success_interval == rate_interval([1, 0], [1, 1])
    assert GateInput().success_interval is None
