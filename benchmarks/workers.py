"""The header's estimate of what workers cost, beside what sessions take, and what two workers save on much work."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.figures import Figure
from pytest_pare.ledger.directory import last_line, ledgers
from pytest_pare.ledger.work import Work, seconds_of_one_process, seconds_of_workers

HEADING = "two workers beside one process, by the clock: the machine must be quiet"

_PYTEST = [sys.executable, "-m", "pytest", "-p", "xdist", "-p", "pytest_pare.plugin", "--pare-config", "pare.yaml"]
# Leaves the processor time of the controller when the estimate is made.
_CONFTEST = """
import pathlib, time

def pytest_report_header(config):
    if not hasattr(config, "workerinput"):
        pathlib.Path("own_seconds").write_text(str(time.process_time()))
"""
_WORKERS = 2
# The sizes of sessions in runs, of the bundled library's scenarios.
_SIZES = (8, 64, 256)
_LONG_SECONDS = 60.0
# What one run costs is estimated from short sessions, and the long one must not be too short.
_MARGIN = 1.25


def measure(*, quick: bool = False) -> list[Figure]:
    """Play sessions of several sizes in one process and by workers, and compare them with the estimate."""
    figures = []
    with tempfile.TemporaryDirectory() as directory:
        project = Path(directory)
        (project / "pytest.ini").write_text("[pytest]\n")
        (project / "conftest.py").write_text(_CONFTEST)
        if not quick:
            # It writes bytecode.
            _play(project, 1, 0)
        seconds: dict[int, float] = {}
        for size in _SIZES[:1] if quick else _SIZES:
            one, several, work = _compare(project, size, 1 if quick else 3)
            seconds[size] = one
            for label, expected, measured in (
                ("in one process", seconds_of_one_process(work), one),
                (f"with {_WORKERS} workers", _estimate(project, work), several),
            ):
                figures.append(Figure(f"{size} runs {label}, median", measured, "s"))
                figures.append(Figure("its estimate, beside it", expected / measured, "x", at_least=0.7, at_most=1.3))
        if not quick:
            few, many = _SIZES[-2:]
            per_run = (seconds[many] - seconds[few]) / (many - few)
            size = many + round((_MARGIN * _LONG_SECONDS - seconds[many]) / per_run)
            one, several, _ = _compare(project, size, 3)
            figures.append(Figure(f"{size} runs in one process, median", one, "s", at_least=_LONG_SECONDS))
            figures.append(Figure(f"one process / {_WORKERS} workers", one / several, "x", at_least=1.7))
    return figures


def _compare(project: Path, size: int, repeats: int) -> tuple[float, float, Work]:
    """Return the median seconds in one process and with workers, and what a session in one process has recorded."""
    # The last session, whose ledger is read, is one in one process.
    pairs = [(_play(project, size, _WORKERS), _play(project, size, 0)) for _ in range(repeats)]
    end = (last_line(ledgers(project / ".pare" / "runs")[-1]) or {})["end"]
    several, one = (statistics.median(column) for column in zip(*pairs, strict=True))
    return one, several, Work(**end["work"])


def _estimate(project: Path, work: Work) -> float:
    own_seconds = float((project / "own_seconds").read_text())
    return seconds_of_workers(work, _WORKERS, len(os.sched_getaffinity(0)), own_seconds)


def _play(project: Path, runs: int, workers: int) -> float:
    """Return the seconds of real time of a session with some runs."""
    scenarios, each = (runs, 1) if runs < 64 else (64, -(-runs // 64))
    (project / "pare.yaml").write_text(f"scenarios: {{bundled: true, limit: {scenarios}}}\nruns: {each}\n")
    environment = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    began = time.perf_counter()
    done = subprocess.run(
        [*_PYTEST, "-n", str(workers)], cwd=project, env=environment, capture_output=True, text=True, check=False
    )
    seconds = time.perf_counter() - began
    if done.returncode:
        raise RuntimeError(f"{runs} runs, {workers} workers: {done.returncode}\n{done.stdout}")
    return seconds
