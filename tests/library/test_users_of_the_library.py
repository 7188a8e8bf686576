"""The user of each bundled solution has no failure, also if it is judged as one that a model plays."""

from __future__ import annotations

from pytest_pare.engines.reference import Reference
from pytest_pare.scenarios.config import MultiScenarioRunnerConfig
from pytest_pare.scenarios.events import is_users_own
from pytest_pare.scenarios.library import bundled_library_dir
from pytest_pare.scenarios.registration import load_library
from pytest_pare.scenarios.registry import registry
from pytest_pare.settings.models import RunnerSettings
from pytest_pare.simulation.runner import run_scenario
from pytest_pare.simulation.user_failures import user_failures

LIBRARY = bundled_library_dir()
FAILURES = load_library(registry, LIBRARY)
IDS = sorted(registry.ids_below(LIBRARY))
CLASSES = {scenario_id: registry.registered()[scenario_id] for scenario_id in IDS}


def test_no_solution_has_a_failure_of_its_user() -> None:
    config = MultiScenarioRunnerConfig(**dict(RunnerSettings()))
    found = {}
    for scenario_id, cls in CLASSES.items():
        scenario = cls()
        run = run_scenario(scenario, config)
        assert run.env is not None
        assert run.result.user_faults == []
        with scenario.world.active():
            # Without roles that play by reference, each step is matched with what was done.
            reference = Reference(scenario.events, run.env, is_users_own, frozenset())
            if failures := user_failures(run.trace, reference):
                found[scenario_id] = failures
    assert found == {}
    assert CLASSES
    assert FAILURES == []
