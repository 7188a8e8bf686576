"""Live runs all in flight at once in one process, compared with the same runs one by one, and with commit 2e2717c."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from benchmarks.figures import Figure
from benchmarks.processes import descendants, megabytes
from benchmarks.versions import COMMIT, ROOT, unpack, variables
from tests.engines.model_server import WAIT, ModelServer, answers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.engines.model_server import Reply, Request

HEADING = "runs that ask a model for every word, which takes its time; memory is PSS"

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
"""
_ENGINE = '{{model_name: agent-2025-01-01, provider: local, endpoint: "{url}"}}\n'
_BUILT_IN = f"  observe_engine_config: &agent {_ENGINE}  execute_engine_config: *agent\n"
# An agent of one's own asks a model at the endpoint of its run.
_OWN_AGENT = """
import json, urllib.request

def agent(turn):
    body = {"model": "any", "messages": [{"role": "user", "content": "What now?"}]}
    headers = {"Authorization": "Bearer " + turn.models.token, "Content-Type": "application/json"}
    request = urllib.request.Request(turn.models.url + "/chat/completions", json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request) as answer:
        json.load(answer)
"""
_OWN = f"  agent_type: own:agent\n  agent_engine_config: {_ENGINE}"
_MODELS = ("user-2025-01-01", "agent-2025-01-01")
# As on systems where processes are not forked.
_SPAWN = 'import multiprocessing\n\nmultiprocessing.set_start_method("spawn", force=True)\n'
_PYTEST = ["-m", "pytest", "-p", "xdist", "-p", "pytest_pare.plugin", "-p", "no:cacheprovider", "-q", "--pare-config"]


class _Session(NamedTuple):
    """What a session took: seconds, seconds of processor time, and megabytes at the most."""

    seconds: float
    cpu: float
    memory: float


def measure(*, quick: bool = False) -> list[Figure]:
    """Play sessions with all runs at once, and one by one, against a local server."""
    runs, seconds, turns = (2, 0.05, 2) if quick else (40, 1.0, 4)
    # Each turn has one answer for the user and one for the agent.
    waiting = 2 * turns * seconds
    with tempfile.TemporaryDirectory() as directory, ModelServer(_slow(seconds), _MODELS) as server:
        project = Path(directory)
        built_in, own_agent = (
            (_SUITE + agent).format(runs=runs, turns=turns, url=server.url) for agent in (_BUILT_IN, _OWN)
        )
        (project / "pytest.ini").write_text("[pytest]\n")
        (project / "own.py").write_text(_OWN_AGENT)
        (project / "pare.yaml").write_text(built_in)
        then = ROOT if quick else project / "then"
        if not quick:
            unpack(then)
        one_by_one = _session(project, "one_by_one", "--pare-concurrency", "1")
        # In turn, so that other work on the machine slows all alike.
        rounds = [_round(project, number, runs, then) for number in range(1 if quick else 2)]
        _require_equal(project, "one_by_one", "at_once0", "spawn0")
        (project / "pare.yaml").write_text(own_agent)
        own = _session(project, "own", "--pare-concurrency", str(runs))
    forked, at_once, spawn = (_median(sessions) for sessions in zip(*rounds, strict=True))
    most, half = (None, None) if quick else (450, 0.5)
    return [
        Figure(f"{runs} runs one by one, {waiting:g} s of waiting in each", one_by_one.seconds, "s"),
        Figure("the same runs at once", at_once.seconds, "s"),
        Figure("one by one / at once", one_by_one.seconds / at_once.seconds, "x", at_least=None if quick else 10),
        Figure("processor time one by one", one_by_one.cpu, "s"),
        Figure("at once", at_once.cpu, "s"),
        Figure("at once / one by one", at_once.cpu / one_by_one.cpu, "x", at_most=None if quick else 1.3),
        Figure(f"by {runs} workers of commit {COMMIT}", forked.cpu, "s"),
        Figure("at once / by these workers", at_once.cpu / forked.cpu, "x", at_most=half),
        Figure("the same where the start method of processes is spawn", spawn.cpu / forked.cpu, "x", at_most=half),
        Figure("memory of these workers", forked.memory, "MB"),
        Figure("memory of all processes at once, at the most", at_once.memory, "MB", at_most=most),
        Figure("where the start method of processes is spawn", spawn.memory, "MB", at_most=most),
        Figure("with an agent of one's own and its model", own.memory, "MB", at_most=most),
        Figure("its processor time", own.cpu, "s"),
    ]


def _slow(seconds: float) -> Any:
    def reply(request: Request) -> Reply:
        text = _USER_WAIT if request.body["model"].startswith("user") else WAIT
        return answers(text, delay=seconds)

    return reply


def _round(project: Path, number: int, runs: int, then: Path) -> tuple[_Session, _Session, _Session]:
    """Play sessions by workers of the other version, at once, and at once where processes are spawned."""
    at_once = ("--pare-concurrency", str(runs))
    forked = _session(project, f"forked{number}", "-n", str(runs), root=then)
    here = _session(project, f"at_once{number}", *at_once)
    (project / "conftest.py").write_text(_SPAWN)
    spawn = _session(project, f"spawn{number}", *at_once)
    (project / "conftest.py").unlink()
    return forked, here, spawn


def _median(sessions: Sequence[_Session]) -> _Session:
    return _Session(*(statistics.median(column) for column in zip(*sessions, strict=True)))


def _session(project: Path, name: str, *settings: str, root: Path = ROOT) -> _Session:
    command = [sys.executable, *_PYTEST, "pare.yaml", *settings, "--pare-set", f"runner.output_dir={name}"]
    environment = {**os.environ, **variables(root)}
    most, ended = [0.0], threading.Event()
    with (project / f"{name}.log").open("w") as output:
        began = time.monotonic()
        session = subprocess.Popen(command, cwd=project, env=environment, stdout=output, stderr=output)
        watch = threading.Thread(target=_watch, args=(session.pid, most, ended))
        watch.start()
        _, status, used = os.wait4(session.pid, 0)
        session.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.monotonic() - began
        ended.set()
        watch.join()
    if session.returncode:
        raise RuntimeError(f"pytest ended with {session.returncode}\n{(project / f'{name}.log').read_text()}")
    return _Session(seconds, used.ru_utime + used.ru_stime, most[0])


def _watch(pid: int, most: list[float], ended: threading.Event) -> None:
    while not ended.wait(0.5):
        try:
            most[0] = max(most[0], sum(megabytes(one) for one in (pid, *descendants(pid))))
        except (OSError, StopIteration):
            # A process has just ended.
            continue


def _require_equal(project: Path, *names: str) -> None:
    traces = [{path.name: path.read_bytes() for path in (project / name).iterdir()} for name in names]
    if any(one != traces[0] for one in traces):
        raise RuntimeError("runs that were played at once are not those that were played one by one")
