"""Live runs all in flight at once, compared with the same runs one after the other."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.figures import Figure
from benchmarks.forking import descendants, megabytes
from tests.engines.model_server import WAIT, ModelServer, answers

if TYPE_CHECKING:
    from tests.engines.model_server import Reply, Request

HEADING = "runs that ask a model for every word, which takes its time"

_USER_WAIT = 'Thought: Nothing.\nAction:\n{"action": "wait", "action_input": {}}<end_action>'
_SUITE = """
scenarios: {{bundled: true, include: [dinner_moved]}}
runs: {runs}
live: true
gate: {{min_success_rate: 0}}
runner:
  export: true
  max_turns: {turns}
  skip_idle_time: false
  user_engine_config: {{model_name: user-2025-01-01, provider: local, endpoint: "{url}"}}
  observe_engine_config: &agent {{model_name: agent-2025-01-01, provider: local, endpoint: "{url}"}}
  execute_engine_config: *agent
"""
_MODELS = ("user-2025-01-01", "agent-2025-01-01")
# Only the tests of this project use Hypothesis.
_WITHOUT = ["-p", "no:cacheprovider", "-p", "no:hypothesispytest"]
_PYTEST = ["-m", "pytest", "--pare-config", "pare.yaml", *_WITHOUT, "-q"]


def measure(*, quick: bool = False) -> list[Figure]:
    """Play a session with a worker for each run, then one without workers, against a local server."""
    runs, seconds, turns = (2, 0.05, 2) if quick else (40, 1.0, 4)
    # Each turn has one answer for the user and one for the agent.
    waiting = 2 * turns * seconds
    with tempfile.TemporaryDirectory() as directory, ModelServer(_slow(seconds), _MODELS) as server:
        project = Path(directory)
        (project / "pytest.ini").write_text("[pytest]\n")
        (project / "pare.yaml").write_text(_SUITE.format(runs=runs, turns=turns, url=server.url))
        at_once, memory = _session(project, "at_once", runs)
        one_by_one, _ = _session(project, "one_by_one", 0)
        if _traces(project / "at_once") != _traces(project / "one_by_one"):
            raise RuntimeError("runs in flight at once are not those that were played one by one")
    return [
        Figure(f"{runs} runs one by one, {waiting:g} s of waiting in each", one_by_one, "s"),
        Figure("the same runs in flight at once", at_once, "s"),
        Figure("one by one / at once", one_by_one / at_once, "x", at_least=None if quick else 10),
        Figure("memory of all workers and what they are forked from", memory, "MB", at_most=2000),
    ]


def _slow(seconds: float) -> Any:
    def reply(request: Request) -> Reply:
        text = _USER_WAIT if request.body["model"].startswith("user") else WAIT
        return answers(text, delay=seconds)

    return reply


def _session(project: Path, name: str, workers: int) -> tuple[float, float]:
    """Return the duration of a session in seconds, and the peak memory of its workers in MB."""
    command = [sys.executable, *_PYTEST, f"-n{workers}", "--pare-set", f"runner.output_dir={name}"]
    most, ended = [0.0], threading.Event()
    with (project / f"{name}.log").open("w") as output:
        began = time.monotonic()
        session = subprocess.Popen(command, cwd=project, stdout=output, stderr=output)
        watch = threading.Thread(target=_watch, args=(session.pid, most, ended))
        watch.start()
        status = session.wait()
        seconds = time.monotonic() - began
        ended.set()
        watch.join()
    if status:
        raise RuntimeError(f"pytest ended with {status}\n{(project / f'{name}.log').read_text()}")
    return seconds, most[0]


def _watch(pid: int, most: list[float], ended: threading.Event) -> None:
    while not ended.wait(1.0):
        try:
            most[0] = max(most[0], sum(megabytes(child) for child in descendants(pid)))
        except (OSError, StopIteration):
            # A worker has just ended.
            continue


def _traces(directory: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in directory.iterdir()}
