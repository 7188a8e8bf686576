"""The bundled library is recorded from a service over HTTP, and replayed without it, without a key and a network.

The service answers what the reference check of a scenario says, role by role, as if it were a model. Secrets are put
wherever one may come in, and looked for in every byte that comes out.

PARE_RECORD_ALL=1 records all of the library, and not each thirteenth of its scenarios.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections import Counter
from typing import TYPE_CHECKING

from pytest_pare.scenarios.library import bundled_library_dir
from pytest_pare.scenarios.registration import load_library
from pytest_pare.scenarios.registry import registry
from pytest_pare.settings import RunnerSettings
from pytest_pare.simulation.runner import run_scenario
from tests.engines.model_server import ModelServer, Reply, Request, answers, fails
from tests.unpacked import unpacked

if TYPE_CHECKING:
    from pathlib import Path

KEY = "Zq7x-the-key-of-a-service"
PASSWORD = "Zq7x-of-the-gateway"
TOKEN = "Zq7x/another+secret=="  # with what JSON, URLs and base64 write differently
SECRETS = (KEY, PASSWORD, TOKEN, "Zq7x")

SUITE = """\
scenarios: {bundled: true, paths: [scenarios], include: [INCLUDED]}
runner:
  simulated_generation_time_mode: measured
  max_turns: 4
  export: true
  output_dir: TRACES
cassettes: {}
reports: {json: TRACES/report.json}
gate: {min_success_rate: 0}
"""

# The models are named by scenario and role, so that the service knows who asks.
CONFTEST = """
import os, socket, sys
from pathlib import Path
import pytest
from pytest_pare.scenarios.config import LLMEngineConfig

def engine(request, role):
    name = f"{request.node.name}.{role}.2025-01-01"
    return LLMEngineConfig(model_name=name, endpoint=os.environ["ENDPOINT"], retries=0)

@pytest.fixture
def user_engine_config(request): return engine(request, "user")
@pytest.fixture
def observe_engine_config(request): return engine(request, "observe")
@pytest.fixture
def execute_engine_config(request): return engine(request, "execute")

connect = socket.socket.connect

def refuse(self, address):
    if self.family in (socket.AF_INET, socket.AF_INET6):
        Path("connected").write_text(str(address))
        raise AssertionError(f"a socket was opened to {address}")
    return connect(self, address)

if "CLOSED" in os.environ:
    socket.socket.connect = refuse
    socket.socket.connect_ex = refuse

def pytest_sessionfinish():
    imported = {"litellm", "pytest_pare.engines.live"} & {*sys.modules}
    if imported and "CLOSED" in os.environ:
        Path("imported").write_text(str(imported))
"""

LEAKY = """\
import os
from are.simulation.scenarios.validation_result import ScenarioValidationResult
from pytest_pare.apps import HomeScreenSystemApp, PAREAgentUserInterface
from pytest_pare.scenarios import PAREScenario, register_scenario

@register_scenario("leaky_{name}")
class Leaky(PAREScenario):
    def init_and_populate_apps(self, *args, **kwargs):
        self.apps = [PAREAgentUserInterface(), HomeScreenSystemApp(name="System")]
    def build_events_flow(self):
        pass
    def validate(self, env):
        {verdict}
"""


def scenario_ids() -> list[str]:
    load_library(registry, bundled_library_dir())
    return sorted(registry.ids_below(bundled_library_dir()))[:: 1 if os.environ.get("PARE_RECORD_ALL") else 13]


def reference_answers() -> dict[str, list[str]]:
    """Return what each role of each scenario says in the reference check, by the name of its model."""
    said: dict[str, list[str]] = {}
    for scenario_id in scenario_ids():
        for call in run_scenario(registry.registered()[scenario_id](), RunnerSettings()).trace.calls:
            said.setdefault(f"{scenario_id}.{call.role}.2025-01-01", []).append(call.response or "")
    return said


def says(tool: str, thought: str = "So be it.", **arguments: str) -> str:
    return f"Thought: {thought}\nAction:\n{json.dumps({'action': tool, 'action_input': arguments})}<end_action>"


WAIT = {"user": says("wait"), "observe": says("PAREAgentUserInterface__wait"), "execute": says("end_task")}
LINE = "PAREAgentUserInterface__send_message_to_user"


class Service:
    """Answers each model from its list, then waits; a leaky one says more than it should."""

    def __init__(self) -> None:
        self.said = reference_answers()
        self.counts: Counter[str] = Counter()
        self._lock = threading.Lock()

    def __call__(self, request: Request) -> Reply:
        model = str(request.body["model"]).removeprefix("openai/")
        with self._lock:
            self.counts[model] += 1
            number = self.counts[model] - 1
        scenario_id, role = model.split(".")[:2]
        if scenario_id == "leaky_error":
            return fails(401, f"Incorrect API key provided: {KEY}, {TOKEN!r}", "invalid_api_key")
        if scenario_id.startswith("leaky_") and role == "observe" and number == 0:
            return answers(says(LINE, f"I know {TOKEN}", content=f"{KEY} and {TOKEN}"))
        said = self.said.get(model, [])
        return answers(said[number] if number < len(said) else WAIT[role])


class Project:
    """A project in which sessions are run, and everything that they write."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.out = ""
        (path / "scenarios").mkdir()
        (path / "pytest.ini").write_text("[pytest]\n")
        (path / "conftest.py").write_text(CONFTEST)
        no = "return ScenarioValidationResult(success=False, rationale=f\"no: {os.environ.get('OPENAI_API_KEY')}\")"
        for name, verdict in {
            "error": "return ScenarioValidationResult(success=True)",
            "rationale": no,
            "exception": "raise ValueError('no: ' + os.environ.get('OPENAI_API_KEY', '[redacted]'))",
        }.items():
            (path / "scenarios" / f"leaky_{name}.py").write_text(LEAKY.format(name=name, verdict=verdict))

    def run(self, traces: str, *args: str, **environment: str) -> subprocess.CompletedProcess[str]:
        included = ", ".join([*scenario_ids(), '"leaky_*"'])
        suite = SUITE.replace("TRACES", traces).replace("INCLUDED", included)
        (self.path / "pare.yaml").write_text(suite)
        kept = {name: value for name, value in os.environ.items() if not name.endswith(("_KEY", "_TOKEN"))}
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--pare-config", "pare.yaml", *args],
            cwd=self.path,
            env={**kept, **environment},
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        self.out += done.stdout + done.stderr
        return done

    def traces(self, name: str) -> dict[str, bytes]:
        return {path.name: unpacked(path) for path in (self.path / name).glob("*.jsonl.gz")}


def test_the_library_is_recorded_and_replayed_byte_for_byte_and_nothing_leaks(tmp_path: Path) -> None:
    project = Project(tmp_path)
    service = Service()
    with ModelServer(service) as server:
        endpoint = server.url.replace("://", f"://me:{PASSWORD}@")
        recorded = project.run(
            "recorded",
            *("-n2", "--pare-record", "once", "--pare-live", "-rA"),
            ENDPOINT=endpoint,
            OPENAI_API_KEY=KEY,
            OTHER_TOKEN=TOKEN,
        )
    count = len(scenario_ids())
    first = project.traces("recorded")
    assert len(first) == count + 3, recorded.stdout
    assert len(list((tmp_path / "cassettes").iterdir())) == count + 2, "an error is no recording"
    assert b"Incorrect API key provided: [redacted], '[redacted]'" in first["leaky_error.jsonl.gz"]

    (tmp_path / "cassettes" / "gone.jsonl").write_bytes((tmp_path / "cassettes" / "leaky_rationale.jsonl").read_bytes())
    replayed = project.run(
        "replayed", "--pare-prune-cassettes", ENDPOINT=f"http://me:{PASSWORD}@127.0.0.1:9/v1", CLOSED="1"
    )
    second = project.traces("replayed")
    del first["leaky_error.jsonl.gz"], second["leaky_error.jsonl.gz"]
    assert second == first
    assert not (tmp_path / "connected").exists()
    assert not (tmp_path / "imported").exists()
    assert "removed" in replayed.stdout
    assert not (tmp_path / "cassettes" / "gone.jsonl").exists()

    written = {path: unpacked(path) for path in tmp_path.rglob("*") if path.is_file()}
    assert len(written) > 2 * count
    for secret in SECRETS:
        assert secret not in project.out
        leaks = [path for path, content in written.items() if secret.encode() in content]
        assert leaks == []
