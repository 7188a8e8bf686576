"""`pytest-pare plot`: which files it writes, and what it says where there is nothing to plot."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from tests.cli.recorded import record

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Shell

FIRST = "20261201T090000Z-pare"
THIRD = "20261203T090000Z-pare"
BESIDE = f".pare/runs/{THIRD}/plots"
NO_BASELINE = (
    "comparison: nothing to plot: no baseline is compared; set gate.baseline in the suite, or add --baseline FILE"
)
NO_COST = "cost: nothing to plot: the cost of models is known of fewer than two variants or sessions"
NO_SWEEP = "noise: nothing to plot: the suite has no sweep"


@pytest.fixture
def project(shell: Shell) -> Shell:
    """A project with three sessions of one suite."""
    shell.write("pytest.ini", "[pytest]\n")
    record(shell.path, 0, {"mow": "SS", "rake": "SS", "weed": "Sf"})
    record(shell.path, 1, {"mow": "SS", "rake": "fS", "weed": "fS"}, agent="1.1")
    record(shell.path, 2, {"mow": "SS", "rake": "ff", "weed": "ff"}, agent="1.1")
    return shell


def desc(path: Path) -> str:
    return ET.parse(path).getroot().findtext("{http://www.w3.org/2000/svg}desc") or ""


def test_each_plot_with_figures_is_written_beside_the_ledger(project: Shell) -> None:
    status, out, err = project("plot")
    assert status == 0
    assert out.splitlines() == [f"{BESIDE}/rates.svg", f"{BESIDE}/history.svg"]
    assert err.splitlines() == [NO_SWEEP, NO_BASELINE, NO_COST]
    rates, history = (project.path / line for line in out.splitlines())
    assert "(6 runs): success 33.3 % (" in desc(rates)
    assert desc(history).startswith("2026-12-01, agent 1.0: success 83.3 % (")
    assert desc(history).count("success") == 3
    before = rates.read_bytes(), history.read_bytes()
    project("plot")
    assert (rates.read_bytes(), history.read_bytes()) == before


def test_several_sessions_share_a_plot(project: Shell) -> None:
    assert project.lines("plot", "last", "last~2", "--output", "out") == ["out/rates.svg", "out/history.svg"]
    rows = desc(project.path / "out/rates.svg")
    assert rows.startswith("20261203T090000Z (1.1): ")
    assert "20261201T090000Z (1.0): " in rows
    assert desc(project.path / "out/history.svg").count("success") == 2


def test_a_comparison_and_the_baseline_in_the_history(project: Shell) -> None:
    arguments = ["--baseline", f"session:{FIRST}", "--kind", "history", "--kind", "comparison", "--output", "out"]
    assert project.lines("plot", *arguments) == ["out/history.svg", "out/comparison.svg"]
    assert "All runs: -50.0 points (" in desc(project.path / "out/comparison.svg")
    assert desc(project.path / "out/history.svg").endswith("The baseline has 83.3 %.")


def test_curves_of_sweeps_and_sessions(shell: Shell) -> None:
    shell.write("pytest.ini", "[pytest]\n")
    sweep = ("noise.tool_failure_probability", [0.0, 0.2, 0.5])
    record(shell.path, 0, {"mow": "SS", "rake": "SS", "weed": "SS"}, sweep=sweep)
    record(shell.path, 1, {"mow": "SS", "rake": "SS", "weed": "SS"}, sweep=sweep, agent="1.1")
    assert shell.lines("plot", "--kind", "noise", "--output", "noise.svg") == ["noise.svg"]
    text = desc(shell.path / "noise.svg")
    assert [part.partition(" (")[0].partition("success ")[2] for part in text.split(";")] == [
        "100.0 %",
        "66.7 %",
        "33.3 %",
    ]
    assert "level 0.5" in text
    shell("plot", "last~1", "last", "--kind", "noise", "--output", "noise.svg")
    assert desc(shell.path / "noise.svg").count("level 0.2") == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--kind", "noise"], NO_SWEEP),
        (["--kind", "noise", "--kind", "comparison"], f"{NO_SWEEP}; {NO_BASELINE}"),
        (
            [FIRST, "--kind", "history"],
            "history: nothing to plot: only one session is recorded; run the suite again, or name several sessions",
        ),
        (
            ["--output", "a.svg"],
            "--output: a.svg is one file for 2 plots (rates, history); add --kind",
        ),
        (
            ["--output", "pytest.ini"],
            "pytest.ini/rates.svg: the plot cannot be written: File exists",
        ),
        (["--baseline", "no.json"], "no.json: cannot be read: No such file or directory; "),
    ],
)
def test_what_cannot_be_plotted_is_named(project: Shell, arguments: list[str], message: str) -> None:
    assert message in project.error("plot", *arguments)
    assert not list(project.path.rglob("*.svg"))


def test_a_missing_baseline_of_the_suite_does_not_stop_the_other_plots(shell: Shell) -> None:
    shell.write("pytest.ini", "[pytest]\n")
    record(shell.path, 0, {"mow": "S"}, gate={"baseline": "gone.json"})
    status, out, err = shell("plot", "--output", "out")
    assert (status, out) == (0, "out/rates.svg\n")
    assert "comparison: nothing to plot: " in err
    assert "gone.json" in err


def test_a_session_without_results_has_no_plot(shell: Shell) -> None:
    shell.write("pytest.ini", "[pytest]\n")
    record(shell.path, 0, {"mow": "-"})
    assert shell.error("plot").startswith("rates: nothing to plot: no run has a result; noise: ")
