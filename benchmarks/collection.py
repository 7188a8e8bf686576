"""The cost of collecting 100 scenarios with 100 runs each."""

from __future__ import annotations

import statistics
import tempfile
from pathlib import Path

from benchmarks.figures import Figure
from benchmarks.processes import cpu_seconds

HEADING = "collecting 100 scenarios x 100 runs; processor time"

_SCENARIO = '''
from typing import Any

from are.simulation.scenarios.validation_result import ScenarioValidationResult
from are.simulation.types import AbstractEnvironment, EventRegisterer

from pytest_pare.apps import HomeScreenSystemApp, PAREAgentUserInterface
from pytest_pare.scenarios import PAREScenario, register_scenario


@register_scenario("scenario_{number:03}")
class Scenario{number:03}(PAREScenario):
    """The agent says hello."""

    def init_and_populate_apps(self, *args: Any, **kwargs: Any) -> None:
        self.agent_ui = PAREAgentUserInterface()
        self.apps = [self.agent_ui, HomeScreenSystemApp(name="System")]

    def build_events_flow(self) -> None:
        with EventRegisterer.capture_mode():
            said = self.agent_ui.send_message_to_user(content="Hello.").oracle().delayed(1)
        self.events = [said]

    def validate(self, env: AbstractEnvironment) -> ScenarioValidationResult:
        return ScenarioValidationResult(success=True)
'''

_IMPORT = """
import pathlib
import pytest
from pytest_pare.scenarios.registration import load_library
from pytest_pare.scenarios.registry import registry
assert not load_library(registry, pathlib.Path("library").resolve())
assert len(registry.registered()) == len(list(pathlib.Path("library").glob("*.py")))
"""

_COLLECT = ["-m", "pytest", "--pare-config", "pare.yaml", "--collect-only", "-q", "-p", "no:cacheprovider"]


def measure(*, quick: bool = False) -> list[Figure]:
    """Measure an import of the modules, a collection with one run each, and one with many runs each."""
    repeats, scenarios, many = (1, 5, 3) if quick else (5, 100, 100)
    with tempfile.TemporaryDirectory() as directory:
        project = Path(directory)
        (project / "library").mkdir()
        for number in range(scenarios):
            (project / "library" / f"scenario_{number:03}.py").write_text(_SCENARIO.format(number=number))
        (project / "pare.yaml").write_text("scenarios:\n  paths: [library]\n")
        (project / "pytest.ini").write_text("[pytest]\n")

        def collect(runs: int) -> float:
            seconds = cpu_seconds([*_COLLECT, f"--pare-runs={runs}"], project)
            found = (project / "output").read_text().count("pare.yaml::scenario_")
            if found != scenarios * runs:
                raise RuntimeError(f"{found} items were collected, not {scenarios * runs}")
            return seconds

        def import_modules() -> float:
            return cpu_seconds(["-c", _IMPORT], project)

        if not quick:
            import_modules()
        rounds = [(import_modules(), collect(1), collect(many)) for _ in range(repeats)]
    imported, once, often = (statistics.median(column) for column in zip(*rounds, strict=True))
    return [
        Figure(f"importing pytest and the {scenarios} modules, median of {repeats}", imported, "s"),
        Figure("a session that collects them once each, on top of it", once - imported, "s"),
        Figure(f"a session that collects them {many} times each, on top of it", often - imported, "s", at_most=2.5),
    ]
