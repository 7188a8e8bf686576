"""Equal failures of several runs are printed once, and no reason twice."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING

import pytest

from pytest_pare.ledger.run_id import RunId
from pytest_pare.plugin.equal_failures import headline_of

if TYPE_CHECKING:
    from tests.plugin.conftest import Example, Session

SUITE = ("--pare-config", "pare.yaml")


def runs(*names: str) -> list[RunId]:
    """Return runs of the scenario `water` by `variant-number`."""
    parts = [name.rpartition("-") for name in names]
    return [RunId("water", variant, int(number) if number else None) for variant, _, number in parts]


FIVE = [f"-{number}" for number in range(1, 6)]


@pytest.mark.parametrize(
    ("failed", "selected", "headline"),
    [
        (FIVE, FIVE, "water, runs 1 to 5 of 5"),
        (["-1", "-3", "-5"], FIVE, "water, runs 1, 3, 5 of 5"),
        (["-1", "-2", "-4"], FIVE, "water, runs 1, 2, 4 of 5"),
        (["x-1", "x-2"], ["x-1", "x-2", "y-1", "y-2"], "water[x], runs 1, 2 of 2"),
        (["x-1", "y-1", "y-2"], ["x-1", "x-2", "y-1", "y-2"], "water[x], run 1 of 2; y, runs 1, 2 of 2"),
        (["x-", "y-"], ["x-", "y-", "z-"], "water[x]; y"),
        (
            [f"variant_{letter}-1" for letter in "abcdef"],
            [f"variant_{letter}-1" for letter in "abcdefgh"],
            "water, 6 of 8 runs, first water[variant_a-run1]",
        ),
    ],
)
def test_the_headline_of_equal_failures(failed: list[str], selected: list[str], headline: str) -> None:
    assert headline_of(runs(*failed), runs(*selected)) == headline


@pytest.fixture
def garden(example: Example) -> Example:
    example.write(
        "conftest.py",
        """
        import pytest

        def pytest_terminal_summary(terminalreporter):
            reports = terminalreporter.stats["failed"]
            print("whole:", len(reports), sum("the plants are dry" in one.longreprtext for one in reports))

        @pytest.fixture(autouse=True)
        def shed(request):
            if "saw" in request.node.name:
                raise OSError("no shed")
        """,
    )
    example.suite("runs: 6").scenario("saw").scenario(
        "water",
        """
        if self.run_number == 6:
            raise ValueError("no such plant")
        dry = ScenarioValidationResult(success=False, rationale="the plants are dry")
        return ScenarioValidationResult(success=True) if self.run_number == 4 else dry
        """,
    )
    return example


def counts(session: Session) -> tuple[int, ...]:
    """Return how often the reasons of the three kinds of failures are printed, and the short summary's lines."""
    reasons = ("\nthe plants are dry\n", "E           ValueError: no such plant\n", "E           OSError: no shed\n")
    found = tuple(session.out.count(reason) for reason in reasons)
    assert session.code == pytest.ExitCode.TESTS_FAILED
    return (*found, sum(line.startswith(("FAILED pare.", "ERROR pare.")) for line in session.result.outlines))


@pytest.mark.parametrize("workers", ["0", "1"])
def test_equal_failures_are_printed_once(garden: Example, workers: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # In CI, pytest's short summary has whole texts.
    monkeypatch.setenv("CI", "true")
    session = garden.run(*SUITE, f"-n{workers}", "--junitxml=out.xml")
    assert counts(session) == (1, 1, 1, 11)
    lines = [line.strip("_ ") for line in session.result.outlines if line.startswith("__")]
    assert sorted(lines) == ["ERROR at setup of saw, runs 1 to 6 of 6", "water, runs 1 to 3, 5 of 6", "water[run6]"]
    assert session.out.count("look closer: pytest-pare show 'water[run1]'") == 1
    # Neither the report nor pytest's short summary says the reasons again.
    assert not any(line.startswith(("FAILED  ", "EXCEPTION", "NO RESULT")) for line in session.summary)
    assert "FAILED pare.yaml::water[run6]" in session.result.outlines
    assert "ERROR pare.yaml::saw[run2]" in session.result.outlines
    # Other plugins get the whole reports.
    assert "whole: 5 4" in session.out
    cases = list(ET.parse(garden.path / "out.xml").getroot().iter("testcase"))
    dry = [failure for case in cases for failure in case if "the plants are dry" in str(failure.text)]
    assert len(dry) == 4
    assert session.outcomes()["failed"] == 5
    assert session.outcomes()["errors"] == 6


def test_each_reason_is_somewhere_under_any_option(garden: Example) -> None:
    none = garden.run(*SUITE, "--tb=no", "-rN")
    assert counts(none) == (0, 0, 0, 0)
    assert [line for line in none.summary if line.startswith(("FAILED  ", "EXCEPTION", "NO RESULT"))] == [
        "NO RESULT  saw, 6 of 6 runs: a fixture failed: OSError: no shed",
        "EXCEPTION  water, 1 of 6 runs: ValueError: no such plant",
        "FAILED     water, 4 of 6 runs: the plants are dry",
    ]
    assert counts(garden.run(*SUITE, "-q", "-rN")) == (1, 1, 1, 0)
    # The flag for all details prints each failure.
    assert counts(garden.run(*SUITE, "-vv", "-rN")) == (4, 1, 6, 0)


def test_equal_exceptions_of_other_origins_are_printed_each(example: Example) -> None:
    example.suite("runs: 6").scenario(
        "water",
        """
        if self.run_number < 3:
            {}["hose"]
        if self.run_number < 4:
            {}["hose"]
        try:
            {}["well" if self.run_number == 6 else "tap"]
        except KeyError as error:
            raise KeyError("hose") from error
        """,
    )
    session = example.run(*SUITE, "-n0", "-rN")
    assert [line.strip("_ ") for line in session.result.outlines if line.startswith("__")] == [
        "water, runs 1, 2 of 6",
        "water[run3]",
        "water, runs 4, 5 of 6",
        "water[run6]",
    ]
