"""The measurements work. What they come to is no matter of the tests: nothing here is timed."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from benchmarks.__main__ import MEASUREMENTS, main
from benchmarks.figures import Figure, alternate
from benchmarks.two_agents import AGENT, USER, Size, play_with_are, play_with_pare, require_same

if TYPE_CHECKING:
    from tests.forks import Forks

ROOT = Path(__file__).parents[1]


@pytest.fixture(autouse=True)
def _forked(forks: Forks, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fork the processes that are measured: most of what they take is imports."""
    monkeypatch.setattr(subprocess, "Popen", forks.popen())


@pytest.mark.parametrize("name", MEASUREMENTS)
def test_measurement_prints_its_figures(name: str, capsys: pytest.CaptureFixture[str], forks: Forks) -> None:
    # This one compares what sessions take with an estimate that counts the start of a process.
    forks.wanted = name != "workers"
    if name == "report_page" and shutil.which("chromium") is None:
        pytest.skip("no chromium on this machine: apt-get install chromium")
    assert main([name, "--quick"]) == 0
    first, heading, *figures = capsys.readouterr().out.splitlines()
    assert first.startswith("Python ")
    assert heading == f"{name}: {MEASUREMENTS[name].HEADING}"
    assert len(figures) > 1
    assert all(len(line) <= 110 for line in figures)


def test_command_knows_its_measurements(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    helped = capsys.readouterr().out
    assert all(name in helped for name in MEASUREMENTS)
    command = [sys.executable, "-m", "benchmarks", "speed"]
    refused = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert refused.returncode == 2
    assert "there is no measurement speed" in refused.stderr


def test_a_figure_out_of_its_bounds_is_marked_and_fails(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    figures = [Figure("fast enough", 3.0, "x", at_least=2), Figure("too slow", 3.0, "s", at_most=2.5)]
    monkeypatch.setattr(MEASUREMENTS["startup"], "measure", lambda **_: figures)
    assert main(["startup"]) == 1
    fast, slow = capsys.readouterr().out.splitlines()[-2:]
    assert fast.endswith("at least 2")
    assert slow.endswith("at most 2.5  MISSED")
    assert main(["startup", "--quick"]) == 0


def test_alternate_takes_turns_and_returns_medians() -> None:
    calls: list[str] = []

    def measured(name: str, values: list[float]) -> float:
        calls.append(name)
        return values.pop(0)

    ours, theirs = [3.0, 1.0, 2.0], [30.0, 10.0, 20.0]
    assert alternate(lambda: measured("a", ours), lambda: measured("b", theirs), 3) == (2.0, 20.0)
    assert "".join(calls) == "ababab"


def test_the_script_of_the_two_agents_solves_its_scenario_in_ten_turns() -> None:
    assert len(USER) == len(AGENT) == 10
    size = Size(turns=10, answer_seconds=2.0)
    ours, theirs = play_with_pare(size), play_with_are(size, sleeps=False)
    assert (ours.success, len(ours.calls)) == (True, 20)
    assert not any(failed for *_, failed in ours.calls)
    require_same([ours, theirs])


def test_runs_with_other_calls_or_another_verdict_are_not_compared() -> None:
    played = play_with_pare(Size(turns=2, answer_seconds=2.0))
    require_same([played, played])
    for calls in (played.calls[:-1], [*played.calls, played.calls[0]], played.calls[::-1]):
        with pytest.raises(RuntimeError, match="the runs did not make the same calls"):
            require_same([played, played._replace(calls=calls)])
    with pytest.raises(RuntimeError, match="the same verdict: False and True"):
        require_same([played, played, played._replace(success=True)])
