"""The progress of a session: the line, when it is printed, and what it leaves on a terminal."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING, Any

import pytest
from _pytest._io import TerminalWriter

from pytest_pare.ledger.outcomes import Outcome
from pytest_pare.ledger.plan import SuitePlan
from pytest_pare.ledger.progress import Progress, progress_line, progress_of, seconds_left
from pytest_pare.ledger.suite_results import SuiteResults
from pytest_pare.plugin.progress import ProgressReport
from pytest_pare.results.usage import Known
from pytest_pare.results.validation_result import PAREScenarioValidationResult
from pytest_pare.settings import Suite, SuiteSettings

if TYPE_CHECKING:
    from pathlib import Path

    from tests.plugin.conftest import Example

NO_COST = Known(None, 0, 0)


def result(cost: float | None = None, *, success: bool = True) -> PAREScenarioValidationResult:
    made = PAREScenarioValidationResult(success=success)
    if cost is not None:
        figures = {"calls": 1, "live": True, "prompt_tokens": 1, "completion_tokens": 1, "cost": cost}
        made.usage = {"observe": figures}
    return made


def suite_of(tmp_path: Path, scenarios: int, runs: int) -> SuiteResults:
    suite = Suite(tmp_path / "pare.yaml", SuiteSettings(runs=runs))
    nodeids = [f"pare.yaml::s{scenario}[run{run}]" for scenario in range(scenarios) for run in range(1, runs + 1)]
    waiting = {nodeid: Outcome("no_result", reason="it waits", reported=False) for nodeid in nodeids}
    return SuiteResults(SuitePlan.of("pare.yaml", suite), waiting)


# -- the line


def test_the_line(tmp_path: Path) -> None:
    suite = suite_of(tmp_path, scenarios=10, runs=20)
    outcomes = [Outcome("success", result(0.01)) for _ in range(37)]
    outcomes += [Outcome("failed", result(0.05 / 3, success=False)) for _ in range(2)]
    outcomes += [Outcome("exception", result()), Outcome("skipped"), Outcome("no_result", reason="its process died")]
    outcomes += [Outcome("success", result(9.0), reused="earlier")]
    suite.outcomes.update(zip(suite.outcomes, outcomes, strict=False))
    progress = progress_of([suite])
    assert progress_line(progress, seconds_left(progress, 400.0, 5)) == (
        "43 of 200 runs, 4 failed, 92.7 % (41 to 100), $0.40, about 5 min left"
    )
    unknown = Progress(1, 4, 0, [], [], Known(0.5, 1, 2), [])
    assert progress_line(unknown, None) == "1 of 4 runs, 0 failed, >= $0.50"


@pytest.mark.parametrize(
    ("done", "played", "seconds", "workers", "ended", "left"),
    [
        (40, 40, 400.0, 4, 0, "about 7 min left"),
        (199, 199, 1990.0, 4, 0, "about 10 s left"),
        (40, 40, 40.0, 0, 0, "about 3 min left"),
        (2, 2, 400.0, 1, 0, "about 11.0 h left"),
        # Runs that were played at the same time took the time together.
        (2, 2, 40.0, 1, 38, "about 3 min left"),
        (162, 162, 40.0, 1, 38, "failed"),
        # Runs whose results were reused take no time.
        (100, 1, 10.0, 10, 0, "about 2 min left"),
        (199, 199, 100.0, 1, 0, "about 1 s left"),
        (40, 0, 0.0, 4, 0, "failed"),
        (200, 200, 400.0, 4, 0, "failed"),
    ],
)
def test_the_time_that_is_left(done: int, played: int, seconds: float, workers: int, ended: int, left: str) -> None:
    progress = Progress(done, 200, 0, [], [], NO_COST, [str(number) for number in range(played)])
    assert progress_line(progress, seconds_left(progress, seconds, workers, ended)).endswith(left)


# -- when it is printed


class Reporter:
    """Pytest's reporter, of which a session writes a dot for each run."""

    def __init__(self, *, showfspath: bool) -> None:
        self._tw = TerminalWriter(io.StringIO())
        self._tw.fullwidth = 60
        self.showfspath, self.showlongtestinfo = showfspath, False
        self.currentfspath: str | None = None

    @property
    def text(self) -> str:
        file: Any = self._tw._file
        return str(file.getvalue())


class Played:
    """A session whose clock is set.

    Args:
        suite: Its runs.
        **options: Those of the progress report.
    """

    def __init__(self, suite: SuiteResults, *, showfspath: bool = False, **options: Any) -> None:
        self.now = 0.0
        self.suite = suite
        options = {"has_terminal": False, **options}
        self.reporter = Reporter(showfspath=showfspath)
        reporter: Any = self.reporter
        self.report = ProgressReport(reporter, {"pare.yaml": suite}, clock=lambda: self.now, **options)

    def run(self, nodeid: str, seconds: float) -> None:
        """Play a run, as pytest calls the hooks."""
        tw = self.reporter._tw
        with_report = pytest.TestReport(nodeid, ("", 0, ""), {}, "passed", None, "call", duration=seconds)
        hooks: Any = [
            (self.report.pytest_runtest_logstart(), lambda: None),
            (self.report.pytest_runtest_logreport(with_report), lambda: self.end(nodeid)),
            (self.report.pytest_runtest_logfinish(), lambda: None),
        ]
        for number, (wrapper, inner) in enumerate(hooks):
            next(wrapper)
            if number == 0 and self.reporter.showfspath and self.reporter.currentfspath is None:
                tw.line()
                tw.write("pare.yaml ")
                self.reporter.currentfspath = "pare.yaml"
            self.now += seconds if number == 1 else 0
            inner()
            with pytest.raises(StopIteration):
                next(wrapper)

    def end(self, nodeid: str) -> None:
        self.suite.outcomes[nodeid] = Outcome("success", result())
        self.reporter._tw.write(".")

    @property
    def lines(self) -> list[str]:
        return [line for line in self.reporter.text.splitlines() if line.startswith("pare: ")]


def test_a_log_has_few_lines_and_none_in_short_sessions(tmp_path: Path) -> None:
    short = Played(suite_of(tmp_path, scenarios=10, runs=1))
    for nodeid in list(short.suite.outcomes):
        short.run(nodeid, 1.9)
    assert short.reporter.text == "." * 10
    long = Played(suite_of(tmp_path, scenarios=200, runs=10))
    for number, nodeid in enumerate(list(long.suite.outcomes)):
        long.run(nodeid, 1.0 if number < 1000 else 20.0)
    # After 20 s, and after each twentieth of the session; in its second half, after each five minutes.
    assert long.lines[:3] == [
        "pare: 100 of 2,000 runs, 0 failed, 100.0 % (72 to 100), about 32 min left",
        "pare: 200 of 2,000 runs, 0 failed, 100.0 % (84 to 100), about 30 min left",
        "pare: 300 of 2,000 runs, 0 failed, 100.0 % (89 to 100), about 28 min left",
    ]
    assert 60 < len(long.lines) < 80
    # Each on a line of its own; the last run needs none.
    assert all(set(line) == {"."} for line in long.reporter.text.splitlines() if not line.startswith("pare: "))
    assert not long.lines[-1].startswith("pare: 2,000 ")


def test_without_workers_pytest_begins_the_next_line(tmp_path: Path) -> None:
    played = Played(suite_of(tmp_path, scenarios=4, runs=1), showfspath=True)
    for nodeid in list(played.suite.outcomes):
        played.run(nodeid, 30.0)
    lines = [re.sub(r"s, .*", "s", line) for line in played.reporter.text.splitlines()]
    assert lines == [
        "",
        "pare.yaml .",
        "pare: 1 of 4 runs",
        "pare.yaml .",
        "pare: 2 of 4 runs",
        "pare.yaml .",
        "pare: 3 of 4 runs",
        "pare.yaml .",
    ]


# -- on a terminal


def screen(text: str) -> list[str]:
    """Return what a terminal shows after a text with the sequences that move its cursor."""
    lines, row, column = [""], 0, 0
    for part in re.findall(r"\x1b\[\d*[A-Z]|[\n\r]|[^\x1b\n\r]+", text):
        if part == "\n":
            row, column = row + 1, 0
            lines += [""] * (row + 1 - len(lines))
        elif part == "\r":
            column = 0
        elif part == "\x1b[2K":
            lines[row] = ""
        elif part.startswith("\x1b["):
            count = int(part[2:-1])
            row, column = (row - count, column) if part.endswith("A") else (row, column + count)
        else:
            lines[row] = lines[row][:column].ljust(column) + part + lines[row][column + len(part) :]
            column += len(part)
    return lines


def test_the_line_on_a_terminal_is_replaced_and_removed(tmp_path: Path) -> None:
    played = Played(suite_of(tmp_path, scenarios=20, runs=1), showfspath=True, has_terminal=True)
    nodeids = list(played.suite.outcomes)
    for count, nodeid in enumerate(nodeids, start=1):
        played.run(nodeid, 1.0)
        shown = screen(played.reporter.text)
        assert shown[:2] == ["", f"pare.yaml {'.' * count}"]
        if count in (2, 19):
            # No wider than the terminal, because a line that is wrapped could not be removed.
            assert shown[2].startswith(f"pare: {count} of 20 runs, 0 failed, 100.0 % (")
            assert len(shown[2]) <= 59
            assert len(shown) == 3
    played.report.pytest_sessionfinish()
    assert screen(played.reporter.text) == ["", f"pare.yaml {'.' * 20}", ""]


# -- in sessions


def test_progress_in_sessions(example: Example) -> None:
    example.suite("runs: 3").scenario("water").scenario("weed", "fail")
    line = r"pare: 1 of 6 runs, 0 failed, 100\.0 % \(\d+ to 100\), about \d+ s left"
    for flags in ((), ("-v", "--capture=no"), ("-qq",), ("-n1",)):
        out = example.run("--pare-config", "pare.yaml", "--pare-progress=on", *flags).out
        assert len(re.findall(rf"^{line}$", out, flags=re.MULTILINE)) == 1, flags
        assert out.count(" of 6 runs, ") == 1
    assert "pare: 1 of 6" not in example.run("--pare-config", "pare.yaml", "--pare-progress=off").out
