"""Programs as agents that all wait for their models at the same moment: what the process with their runs needs."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.figures import Figure
from benchmarks.processes import descendants, megabytes
from tests.engines.model_server import ModelServer, answers, fails

if TYPE_CHECKING:
    from tests.engines.model_server import Reply, Request

HEADING = "programs as agents, in one process, that all wait for their models at once"

_ROOT = Path(__file__).parents[1]
_ANSWER = "Elena Rossi's number ends in 71. Shall I correct it?"
# Each agent sends two requests at once in each of its turns.
_REQUESTS = 2
# Seconds in which all requests of a turn must come. The first ones wait while the other programs start.
_LONGEST_WAIT = 120

# Needs only the standard library and the client.
_AGENT = """
import http.client, json, threading, urllib.parse
from pytest_pare_agent import ProactiveAgentMode, serve

def ask(turn, answers):
    url = urllib.parse.urlsplit(turn.models.url)
    news = " ".join(one.text for one in turn.notifications) or "Nothing is new."
    body = {"model": "any", "messages": [{"role": "user", "content": news}]}
    connection = http.client.HTTPConnection(url.hostname, url.port)
    headers = {"Authorization": "Bearer " + turn.models.token, "Content-Type": "application/json"}
    connection.request("POST", url.path + "/chat/completions", json.dumps(body), headers)
    answers.append(json.loads(connection.getresponse().read())["choices"][0]["message"]["content"])
    connection.close()

def agent(turn):
    answers = []
    threads = [threading.Thread(target=ask, args=(turn, answers)) for _ in range(REQUESTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if turn.mode is ProactiveAgentMode.EXECUTE:
        number = {"phone": "+39 333 555 0171"}
        turn.call("Contacts__edit_contact", {"contact_id": "elena-rossi", "updates": number})
        turn.report("The number is corrected.")
    elif turn.notifications and not turn.proposal:
        turn.propose(answers[0])

serve(agent)
"""

# The process that is measured has only the runs.
_RUNS = """
import json, resource, sys
from pathlib import Path
from pytest_pare.scenarios.config import MultiScenarioRunnerConfig
from pytest_pare.scenarios.library import bundled_library_dir
from pytest_pare.scenarios.registration import load_library
from pytest_pare.scenarios.registry import registry
from pytest_pare.simulation.multi_runner import MultiScenarioRunner

runs, settings = json.loads(sys.argv[1])
load_library(registry, bundled_library_dir())
config = MultiScenarioRunnerConfig(**settings)
played = []
results = MultiScenarioRunner().run(config, ["new_number"], runs=runs, on_run=played.append)
used = resource.getrusage(resource.RUSAGE_SELF)
results_of = [run.result for run in played if not run.result.success]
failed = [f"{result.exception or result.rationale}" for result in results_of]
(line,) = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM:")]
print(json.dumps({
    "succeeded": results.successful_count, "failed": failed[:1], "memory": int(line.split()[1]) / 1024,
    "cpu": used.ru_utime + used.ru_stime,
}))
"""


def measure(*, quick: bool = False) -> list[Figure]:
    """Play runs in threads, against a model that answers when the requests of all runs are waiting."""
    runs = 3 if quick else 40
    with tempfile.TemporaryDirectory() as directory, _HoldingServer([answers(_ANSWER)], of=_REQUESTS * runs) as server:
        agent = Path(directory, "agent.py")
        agent.write_text(_AGENT.replace("REQUESTS", str(_REQUESTS)), encoding="utf-8")
        command = [sys.executable, "-c", _RUNS, json.dumps([runs, _settings(agent, server.url, runs)])]
        process = subprocess.Popen(command, cwd=_ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        server.process = process.pid
        output, errors = process.communicate()
    if process.returncode:
        raise RuntimeError(f"the runs ended with {process.returncode}\n{errors}")
    measured = json.loads(output)
    if measured["succeeded"] != runs:
        raise RuntimeError(f"{measured['succeeded']} of {runs} runs succeeded: {measured['failed']}")
    return [
        Figure("runs whose programs waited at once, and that succeeded", measured["succeeded"], "", at_least=runs),
        Figure("requests to models that were waiting at once", server.most, ""),
        Figure("peak memory of the process with the runs", measured["memory"], "MB", at_most=1000),
        Figure("memory of all programs, while they wait", server.memory, "MB"),
        Figure("processor time of the process with the runs, for each", 1000 * measured["cpu"] / runs, "ms"),
    ]


def _settings(agent: Path, url: str, runs: int) -> dict[str, Any]:
    oracle = {"model_name": "oracle", "provider": "oracle"}
    return {
        "user_engine_config": oracle,
        "agent_engine_config": {
            "model_name": "m-2025-01-01",
            "provider": "local",
            "endpoint": url,
            "retries": 0,
            "timeout_seconds": 300,
        },
        "agent": {
            "command": [sys.executable, str(agent)],
            "env": {"PYTHONPATH": str(_ROOT / "clients" / "python")},
            "start_timeout": 300,
        },
        "max_turns": 10,
        "executor_type": "thread",
        "max_concurrent_scenarios": runs,
        "simulated_generation_time_mode": "fixed",
        "export": False,
        "log_to_file": False,
    }


@dataclass
class _HoldingServer(ModelServer):
    """A server of models that answers when so many requests are waiting.

    Attributes:
        of: How many.
        process: The process with the runs, whose children are measured meanwhile.
        most: How many requests have been waiting at once.
        memory: The memory of the children in MB, at the most.
    """

    of: int = 1
    process: int | None = None
    most: int = 0
    memory: float = 0.0
    _all: threading.Barrier = field(init=False)

    def __post_init__(self) -> None:
        self._all = threading.Barrier(self.of, self._measure, timeout=_LONGEST_WAIT)

    def reply(self, request: Request) -> Reply:
        """Return the answer to a request, when all are waiting."""
        answer = super().reply(request)
        try:
            self._all.wait()
        except threading.BrokenBarrierError:
            return fails(400, f"fewer than {self.of} requests were waiting at once")
        return answer

    def _measure(self) -> None:
        self.most = self._all.n_waiting
        assert self.process is not None
        self.memory = max(self.memory, sum(map(megabytes, descendants(self.process))))
