"""A session of runs that do almost nothing, compared with as many cases of pydantic-evals, which plays no world."""

from __future__ import annotations

import subprocess
import tempfile
import venv
from pathlib import Path

from benchmarks.figures import Figure, alternate
from benchmarks.processes import cpu_seconds

HEADING = "runs of one turn of an own agent, and cases of pydantic-evals with its function model; processor time"

_VERSIONS = ("pydantic-evals==2.62.0", "pydantic-ai-slim==2.62.0")
_SESSION = ["-m", "pytest", "-p", "xdist", "-p", "pare", "--pare-config", "pare.yaml", "-q"]
_SUITE = """\
scenarios: {{paths: [library]}}
runs: {runs}
runner:
  agent_type: agent:silent
  user_engine_config: {{model_name: oracle, provider: oracle}}
"""
_AGENT = """\
def silent(turn):
    pass
"""
_SCENARIO = '''\
"""An empty phone."""

from are.simulation.scenarios.validation_result import ScenarioValidationResult

from pytest_pare.apps import StatefulContactsApp
from pytest_pare.scenarios import PAREScenario, register_scenario


@register_scenario("nothing_to_do")
class NothingToDo(PAREScenario):
    """Nothing happens."""

    def init_and_populate_apps(self, *args, **kwargs):
        self.add_apps(StatefulContactsApp(name="Contacts"))

    def build_events_flow(self):
        self.events = []

    def validate(self, env):
        return ScenarioValidationResult(success=True)
'''
# The smallest experiment of its manual, with a model that is called without a network.
_EXPERIMENT = """\
import sys

from pydantic_ai import Agent
from pydantic_ai.messages import ModelResponse, TextPart
from pydantic_ai.models.function import FunctionModel
from pydantic_evals import Case, Dataset
from pydantic_evals.evaluators import EqualsExpected

agent = Agent(FunctionModel(lambda messages, info: ModelResponse(parts=[TextPart("nothing to do")])))


async def task(text):
    return (await agent.run(text)).output


text = "nothing to do"
cases = [Case(name=f"case {n}", inputs="Is there?", expected_output=text) for n in range(int(sys.argv[1]))]
report = Dataset(name="trivial", cases=cases, evaluators=[EqualsExpected()]).evaluate_sync(task, progress=False)
assert len(report.cases) == len(cases) and all(one.value for case in report.cases for one in case.assertions.values())
report.print()
"""


def measure(*, quick: bool = False) -> list[Figure]:
    """Alternate both, each in a new process, and compare the medians.

    pydantic-evals is installed into an environment of its own, which needs a network; a quick measurement has none.
    """
    runs, repeats = (3, 1) if quick else (300, 7)
    with tempfile.TemporaryDirectory() as directory:
        project = Path(directory)
        (project / "library").mkdir()
        (project / "library" / "nothing_to_do.py").write_text(_SCENARIO)
        (project / "agent.py").write_text(_AGENT)
        (project / "pare.yaml").write_text(_SUITE.format(runs=runs))
        (project / "pytest.ini").write_text("[pytest]\npythonpath = .\n")
        (project / "experiment.py").write_text(_EXPERIMENT)

        def play() -> float:
            seconds = cpu_seconds(_SESSION, project, PYTEST_DISABLE_PLUGIN_AUTOLOAD="1")
            if f"{runs} passed" not in (project / "output").read_text():
                raise RuntimeError(f"not all of {runs} runs passed:\n{(project / 'output').read_text()}")
            return seconds

        first = play()
        if quick:
            return [Figure(f"a session of {runs} runs", first, "s"), Figure("a run of it", first / runs, "s")]
        python = _environment(project / "environment")

        def evaluate() -> float:
            return cpu_seconds(["experiment.py", str(runs)], project, python=python)

        evaluate()
        own, other = alternate(play, evaluate, repeats)
    return [
        Figure(f"a session of {runs} runs, median of {repeats}", own, "s"),
        Figure(f"{_VERSIONS[0]}, {runs} cases, median of {repeats}", other, "s"),
        Figure("a session / pydantic-evals", own / other, "x", at_most=1.2),
    ]


def _environment(directory: Path) -> str:
    """Install pydantic-evals into a new environment, and return its Python."""
    venv.create(directory, with_pip=True)
    python = str(directory / "bin" / "python")
    subprocess.run([python, "-m", "pip", "install", "--quiet", *_VERSIONS], check=True)
    return python
