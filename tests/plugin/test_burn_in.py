"""`--pare-burn-in` measures the false-alarm rate of a suite."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.plugin.conftest import Example

SUITE = ("--pare-config", "pare.yaml")
# Fails in some of its runs, as an agent does.
UNSTEADY = "return ScenarioValidationResult(success=self.run_number % 3 > 0, rationale='dry')"


@pytest.fixture
def unsteady(example: Example) -> Example:
    for number in range(5):
        example.scenario(f"s{number}", UNSTEADY)
    return example.suite("{runs: 2, gate: {min_success_rate: 1, baseline: missing.json}}")


def burn_in(session_out: str) -> list[str]:
    lines = re.findall(r"^pare: (?:  |burn-in).*(?:\n  .*)*", session_out, re.MULTILINE)
    assert all(len(part) <= 80 for line in lines for part in line.split("\n"))
    return [line.removeprefix("pare: ").replace("\n  ", " ") for line in lines]


def test_the_rate_is_printed_with_its_interval(unsteady: Example) -> None:
    session = unsteady.run(*SUITE, "--pare-burn-in=6")
    # It is a measurement: runs that fail do not fail the session.
    assert session.code == pytest.ExitCode.OK
    assert session.outcomes() == {"failed": 10, "passed": 20}
    assert session.verdict[0] == "gate PASS: 20 of 30 runs succeeded (66.7 %), 0.0 % needed: 10 failed"
    rate, splits = burn_in(session.out)
    assert re.fullmatch(
        r"burn-in of pare.yaml: \d+\.\d % of unchanged sessions fail \(95 %: \d.* % to \d.* %\), \d.* % are "
        "inconclusive",
        rate,
    )
    assert splits == "  1,000 splits of 6 runs a scenario: 2 as a baseline, 2 as a session"
    assert burn_in(unsteady.run(*SUITE, "--pare-burn-in=6", "-p", "no:xdist").out)[0] == rate


def test_a_suite_that_stops_early(unsteady: Example) -> None:
    unsteady.scenario("s0", marks="@pytest.mark.skip(reason='no saw')").suite("runs: {min: 1, max: 3}")
    _, splits, left_out = burn_in(unsteady.run(*SUITE, "--pare-burn-in=6").out)
    assert re.fullmatch(
        r"  1,000 splits of 6 runs a scenario: 3 as a baseline, 1 to 3 as a session, stopped after \d\.\d\d on average",
        splits,
    )
    assert left_out == (
        "  left out: 1 scenario with runs that were skipped, have no result, or were ended by infrastructure"
    )


def test_a_burn_in_needs_all_results(unsteady: Example) -> None:
    for number in range(5):
        unsteady.scenario(f"s{number}", marks="@pytest.mark.usefixtures('spade')")
    session = unsteady.run(*SUITE, "--pare-burn-in=4")
    assert session.code == pytest.ExitCode.TESTS_FAILED
    unsteady.scenario("s0", marks="@pytest.mark.skip(reason='no saw')")
    session = unsteady.run(*SUITE, "--pare-burn-in=4", "-k", "s0")
    assert burn_in(session.out) == ["burn-in of pare.yaml: no scenario has 4 runs that count"]


@pytest.mark.parametrize(
    ("count", "message"),
    [
        (
            "3",
            "--pare-burn-in: expected 4 or more for pare.yaml, 2 for a baseline and 2 for a session, got 3; raise it",
        ),
        ("0", "--pare-burn-in: runs: must be at least 1, got 0"),
        ("x", "argument --pare-burn-in: invalid int value: 'x'"),
    ],
)
def test_wrong_counts(unsteady: Example, count: str, message: str) -> None:
    session = unsteady.run(*SUITE, f"--pare-burn-in={count}")
    assert session.code == pytest.ExitCode.USAGE_ERROR
    assert message in session.err
    assert session.has_no_traceback_of_ours()
