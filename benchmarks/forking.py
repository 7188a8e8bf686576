"""The cost of a forked and of a plain worker: time until its run is in flight, and memory."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from benchmarks.figures import Figure

if TYPE_CHECKING:
    from collections.abc import Iterator

HEADING = "many runs in flight, each in a worker of its own; memory is PSS"

# As many runs as workers. Each run waits, as for a model, until all runs are waiting.
_AGENT = """
import os, pathlib, time
{imports}

def wait(turn):
    here = pathlib.Path(__file__).parent
    (here / f"in-flight-{{os.getpid()}}").write_text(str(os.getppid()))
    while not (here / "go").exists():
        time.sleep(0.1)
"""

_PLUGIN = """
import pathlib
from pytest_pare.plugin import forking, session

forking.PRELOAD = forking.PRELOAD[:{modules}]
session._wants_forks = lambda suites: {forked}

def pytest_xdist_setupnodes():
    pathlib.Path("begun").touch()
"""

_SUITE = """
scenarios: {{bundled: true, include: [dinner_moved]}}
runs: {runs}
runner: {{agent_type: "waiting:wait"}}
gate: {{min_success_rate: 0}}
"""

_PYTEST = ["-m", "pytest", "--pare-config", "pare.yaml", "-p", "observed", "-p", "no:cacheprovider"]
_MOST_SECONDS = 300


class _Cost(NamedTuple):
    """Milliseconds until a worker's run is in flight; megabytes of a worker, and of all workers with their server."""

    start: float
    worker: float
    all: float


def measure(*, quick: bool = False) -> list[Figure]:
    """Play waiting runs in plain and in forked workers, and measure while all of them are in flight."""
    few, many = (1, 2) if quick else (4, 40)
    plain, forked = _play(few, forked=False, quick=quick), _play(many, forked=True, quick=quick)
    return [
        Figure(f"a plain worker until its run is in flight, of {few}", plain.start, "ms"),
        Figure("its memory", plain.worker, "MB"),
        Figure(f"a forked worker until its run is in flight, of {many}", forked.start, "ms"),
        Figure("its memory, with what execnet started in its place", forked.worker, "MB"),
        Figure(f"all {many}, with the process that they are forked from", forked.all, "MB", at_most=2000),
    ]


def _play(workers: int, *, forked: bool, quick: bool) -> _Cost:
    # LiteLLM takes seconds to import, in a plain worker and in the warm-up of a forked one.
    agent = _AGENT.format(imports="" if quick else "import litellm")
    plugin = _PLUGIN.format(forked=forked, modules=1 if quick else None)
    with tempfile.TemporaryDirectory() as directory:
        project = Path(directory)
        files = {"pytest.ini": "[pytest]\n", "waiting.py": agent, "pare.yaml": _SUITE.format(runs=workers)}
        for name, text in {**files, "observed.py": plugin}.items():
            (project / name).write_text(text)
        with (project / "output").open("w") as output:
            command = [sys.executable, *_PYTEST, f"-n{workers}"]
            session = subprocess.Popen(command, cwd=project, stdout=output, stderr=output)
        try:
            in_flight = _all_in_flight(project, session, workers)
            memory = {pid: megabytes(pid) for pid in descendants(session.pid)}
        finally:
            (project / "go").touch()
            session.wait()
        seconds = max(path.stat().st_mtime for path in in_flight) - (project / "begun").stat().st_mtime
        parents = {int(path.read_text()) for path in in_flight}
    # The process that forks the workers does not count, nor does the session, the parent of plain workers.
    shared = sum(memory.get(pid, 0.0) for pid in parents)
    in_all = sum(memory.values())
    return _Cost(1000 * seconds / workers, (in_all - shared) / workers, in_all)


def _all_in_flight(project: Path, session: subprocess.Popen[bytes], workers: int) -> list[Path]:
    deadline = time.monotonic() + _MOST_SECONDS
    while len(found := list(project.glob("in-flight-*"))) < workers:
        if session.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"not all runs began\n{(project / 'output').read_text()}")
        time.sleep(0.01)
    return found


def descendants(pid: int) -> Iterator[int]:
    """Yield the child processes of a process, and their descendants."""
    for thread in Path(f"/proc/{pid}/task").iterdir():
        for child in map(int, (thread / "children").read_text().split()):
            yield child
            yield from descendants(child)


def megabytes(pid: int) -> float:
    """Return the proportional set size of a process: shared memory is divided among the processes."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024
