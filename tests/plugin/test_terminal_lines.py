"""The lines of the summary, without a session."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_pare.ledger.lines import open_runs, report_lines
from pytest_pare.ledger.outcomes import Outcome
from pytest_pare.ledger.plan import SuitePlan
from pytest_pare.ledger.suite_results import SuiteResults
from pytest_pare.results.validation_result import PAREScenarioValidationResult, RecordedException
from pytest_pare.settings import Suite, SuiteSettings

if TYPE_CHECKING:
    from pathlib import Path

WAITING = Outcome("no_result", reason="the session ended before it was run", reported=False)


def lines(tmp_path: Path, outcomes: dict[str, Outcome], runs: int = 1) -> list[tuple[str, str]]:
    suite = Suite(tmp_path / "pare.yaml", SuiteSettings(runs=runs))
    return list(
        open_runs(SuiteResults(SuitePlan.of("pare.yaml", suite), {f"pare.yaml::{k}": v for k, v in outcomes.items()}))
    )


def failed(rationale: str | None) -> Outcome:
    return Outcome("failed", PAREScenarioValidationResult(success=False, rationale=rationale))


def test_nothing_is_open(tmp_path: Path) -> None:
    assert lines(tmp_path, {}) == [("", "")]
    assert lines(tmp_path, {"a": Outcome("success")}) == [("", "")]


def test_open_runs_are_sorted_and_framed(tmp_path: Path) -> None:
    skipped = Outcome("skipped", reason="no saw")
    assert lines(tmp_path, {"b": failed("dry"), "c": Outcome("success"), "a": skipped}) == [
        ("", ""),
        ("skipped", "skipped    a: no saw"),
        ("failed", "FAILED     b: dry"),
        ("", ""),
    ]


def test_runs_of_one_kind_are_one_line_with_the_first_reason_that_there_is(tmp_path: Path) -> None:
    skipped = Outcome("skipped", reason="")
    outcomes = {
        "a[x-run1]": skipped,
        "a[x-run2]": Outcome("skipped", reason="no saw"),
        "a[x-run3]": failed(None),
        "a[y-run1]": skipped,
    }
    assert lines(tmp_path, outcomes, runs=3)[1:-1] == [
        ("failed", "FAILED     a[x], 1 of 3 runs: no rationale"),
        ("skipped", "skipped    a[x], 2 of 3 runs: no saw"),
        ("skipped", "skipped    a[y]"),
    ]


def test_variants_come_in_the_suites_order_and_a_long_name_leaves_its_reason_a_line(tmp_path: Path) -> None:
    dry = failed("turn 3: the plants are dry, and the owner has not heard of it")
    outcomes = {f"bin_day[tool_failure_probability_{level}]": dry for level in ("0", "0.2", "0.15")}
    assert [line for _, line in lines(tmp_path, outcomes)[1:-1]] == [
        line
        for level in ("0", "0.2", "0.15")
        for line in (
            f"FAILED     bin_day[tool_failure_probability_{level}]:",
            "           turn 3: the plants are dry, and the owner has not heard of it",
        )
    ]
    short = {"bin_day[tool_failure_probability_0.2]": failed("dry")}
    assert [line for _, line in lines(tmp_path, short)[1:-1]] == [
        "FAILED     bin_day[tool_failure_probability_0.2]: dry"
    ]


def test_runs_of_many_variants_are_one_line(tmp_path: Path) -> None:
    outcomes = {f"a[{variant}]": failed("dry") for variant in "vwxy"}
    assert lines(tmp_path, outcomes)[1:-1] == [("failed", "FAILED     a, 4 of 4 runs: dry")]
    del outcomes["a[v]"]
    assert len(lines(tmp_path, outcomes)[1:-1]) == 3


def test_each_reason_is_reported_the_most_frequent_first(tmp_path: Path) -> None:
    reasons = ["dry", "wet", "wet", "dry", "wet", *"abcdefg"]
    outcomes = {f"a[run{number}]": failed(reason) for number, reason in enumerate(reasons, start=1)}
    assert [line for _, line in lines(tmp_path, outcomes, runs=12)[1:-1]] == [
        "FAILED     a, 3 of 12 runs: wet",
        "FAILED     a, 2 of 12 runs: dry",
        "FAILED     a, 1 of 12 runs: a",
        "FAILED     a, 1 of 12 runs: b",
        "FAILED     a, 1 of 12 runs: c",
        "FAILED     a, 4 of 12 runs: 4 other reasons",
    ]
    del outcomes["a[run10]"], outcomes["a[run11]"], outcomes["a[run12]"]
    # A single remaining reason is shown, too.
    assert lines(tmp_path, outcomes, runs=9)[-2][1] == "FAILED     a, 1 of 9 runs: d"


def test_variants_of_a_scenario_fail_for_their_own_reasons(tmp_path: Path) -> None:
    reasons = {"v": "dry", "w": "wet", "x": "dry", "y": "wet", "z": "wet"}
    outcomes = {f"a[{variant}]": failed(reason) for variant, reason in reasons.items()}
    assert [line for _, line in lines(tmp_path, outcomes)[1:-1]] == [
        "FAILED     a, 3 of 5 runs: wet",
        "FAILED     a, 2 of 5 runs: dry",
    ]


def test_the_scenario_of_a_defect_is_named_once(tmp_path: Path) -> None:
    def defective(scenario_id: str) -> Outcome:
        error = RecordedException("ScenarioDefect", f"{scenario_id}: the event 'rain' depends on itself")
        return Outcome("exception", PAREScenarioValidationResult(success=None, exception=error))

    reason = "ScenarioDefect: the event 'rain' depends on itself"
    assert lines(tmp_path, {"a[x]": defective("a"), "b": defective("a")})[1:-1] == [
        ("exception", f"EXCEPTION  a[x]: {reason}"),
        ("exception", "EXCEPTION  b: ScenarioDefect: a: the event 'rain' depends on itself"),
    ]


def test_exceptions_are_distinguished_by_type_and_message(tmp_path: Path) -> None:
    def broken(error: Exception) -> Outcome:
        return Outcome("exception", PAREScenarioValidationResult(success=None, exception=error))

    errors = [ValueError("x"), KeyError("x"), ValueError("y"), ValueError("x")]
    outcomes = {f"a[run{number}]": broken(error) for number, error in enumerate(errors, start=1)}
    assert [line for _, line in lines(tmp_path, outcomes, runs=4)[1:-1]] == [
        "EXCEPTION  a, 2 of 4 runs: ValueError: x",
        "EXCEPTION  a, 1 of 4 runs: KeyError: 'x'",
        "EXCEPTION  a, 1 of 4 runs: ValueError: y",
    ]


def test_reasons_that_begin_alike_can_be_distinguished(tmp_path: Path) -> None:
    begin = "start_datetime: expected '2025-01-08 14:00:00', got '2025-01-08 "
    outcomes = {f"parcel[run{hour}]": failed(f"{begin}1{hour}:00:00'") for hour in (1, 2)}
    assert [line for _, line in lines(tmp_path, outcomes, runs=2)[1:-1]] == [
        line
        for hour in (1, 2)
        for line in (
            "FAILED     parcel, 1 of 2 runs:",
            "           start_datetime: expected '2025-01-08 14:00:00', got '2025-01-08",
            f"           1{hour}:00:00'",
        )
    ]
    everything = [
        line for _, line in lines(tmp_path, {"a[run1]": failed("dry " * 99), "a[run2]": failed("wet")}, runs=2)
    ]
    assert [len(line) <= 80 for line in everything] == [True] * 7
    assert everything[4].endswith("...")


def test_runs_that_wait(tmp_path: Path) -> None:
    assert lines(tmp_path, {"a": WAITING})[1:-1] == [("no_result", "NO RESULT  a: the session ended before it was run")]
    assert lines(tmp_path, {"a": WAITING, "b": WAITING, "c": failed("dry")})[1:] == [
        ("failed", "FAILED     c: dry"),
        ("no_result", "NO RESULT  2 runs: the session ended before they were run"),
        ("", ""),
    ]


def test_long_lines_are_cut(tmp_path: Path) -> None:
    (_, line) = lines(tmp_path, {"a": failed("dry " * 99)})[1]
    assert len(line) == 80
    assert line.endswith(" dry...")


def test_a_report_without_results(tmp_path: Path) -> None:
    suite = Suite(tmp_path / "pare.yaml", SuiteSettings())
    assert "No results: there is nothing to report." in report_lines(
        SuiteResults(SuitePlan.of("pare.yaml", suite)), 1.0
    )
