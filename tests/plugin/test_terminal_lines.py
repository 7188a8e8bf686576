"""The lines of the summary, without a session."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_pare.outcomes import Outcome, SuiteTally
from pytest_pare.scenarios.validation_result import PAREScenarioValidationResult
from pytest_pare.settings import Suite, SuiteSettings
from pytest_pare.terminal import open_runs, report_lines

if TYPE_CHECKING:
    from pathlib import Path

WAITING = Outcome("no_result", reason="the session ended before it was run", reported=False)


def lines(tmp_path: Path, outcomes: dict[str, Outcome], runs: int = 1) -> list[tuple[str, str]]:
    suite = Suite(tmp_path / "pare.yaml", SuiteSettings(runs=runs))
    return list(open_runs(SuiteTally("pare.yaml", suite, None, {f"pare.yaml::{k}": v for k, v in outcomes.items()})))


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
    dry = failed("turn 3: the plants are dry, and nobody has been told of it")
    outcomes = {f"bin_day[tool_failure_probability_{level}]": dry for level in ("0", "0.2", "0.15")}
    assert [line for _, line in lines(tmp_path, outcomes)[1:-1]] == [
        line
        for level in ("0", "0.2", "0.15")
        for line in (
            f"FAILED     bin_day[tool_failure_probability_{level}]:",
            "           turn 3: the plants are dry, and nobody has been told of it",
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
    assert "No results: there is nothing to report." in report_lines(SuiteTally("pare.yaml", suite), 1.0)
