"""What a session imports, looked up after it, in a process of its own."""

from __future__ import annotations

import pytest

COSTLY = ("are", "polars", "pydantic", "yaml", "litellm")

SCRIPT = """
import sys
import pytest

if __name__ == "__main__":
    code = pytest.main({args!r})
    print("code", int(code))
    print("imported", sorted({costly!r} & sys.modules.keys()))
"""

SCENARIO = """
from are.simulation.scenarios.validation_result import ScenarioValidationResult
from pytest_pare.apps import HomeScreenSystemApp, PAREAgentUserInterface
from pytest_pare.scenarios import PAREScenario, register_scenario

@register_scenario("idle")
class Idle(PAREScenario):
    def init_and_populate_apps(self, *args, **kwargs):
        self.apps = [HomeScreenSystemApp(name="System"), PAREAgentUserInterface()]
    def build_events_flow(self): self.events = []
    def validate(self, env): return ScenarioValidationResult(success=True)
"""


def imported(pytester: pytest.Pytester, *args: str) -> list[str]:
    """Return the last two lines of a session: its exit status, and what it has imported."""
    script = pytester.makepyfile(session=SCRIPT.format(args=list(args), costly=set(COSTLY)))
    return pytester.runpython(script).outlines[-2:]


def test_a_session_without_a_suite_imports_nothing(pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]")
    (pytester.path / "pare.yaml").write_text("")
    pytester.makepyfile(test_shed="def test_shed(): pass")
    assert imported(pytester) == ["code 0", "imported []"]


def test_the_controller_of_workers_does_not_import_are(pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]")
    (pytester.path / "pare.yaml").write_text(
        "gate: {min_success_rate: 1}\nreports: {json: out.json, parquet: out.parquet}"
    )
    (pytester.path / "scenarios").mkdir()
    (pytester.path / "scenarios/idle.py").write_text(SCENARIO)
    assert imported(pytester, "--pare-config=pare.yaml", "-n1") == [
        "code 0",
        "imported ['polars', 'pydantic', 'yaml']",
    ]
