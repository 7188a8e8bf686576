"""Every bundled scenario can be solved by retries, although tools fail and the user is difficult."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_pare.scenarios.config import NoiseConfig
from pytest_pare.scenarios.library import bundled_library_dir
from pytest_pare.scenarios.noise_config import BusyUser, Fault, SlowTool, ToolTimeout
from pytest_pare.scenarios.registration import load_library
from pytest_pare.scenarios.registry import registry
from pytest_pare.settings import RunnerSettings
from pytest_pare.simulation.runner import Run, run_scenario

LIBRARY = bundled_library_dir()
FAILURES = load_library(registry, LIBRARY)
CLASSES: dict[str, Any] = {name: registry.registered()[name] for name in sorted(registry.ids_below(LIBRARY))}


def every_kind(rate: float) -> dict[str, Any]:
    fault = Fault(rate=rate, seed=1)
    return {
        "tool_failure_probability": rate,
        "tool_timeout": ToolTimeout(rate=rate, seed=1),
        "tool_slow": SlowTool(rate=rate, seed=1),
        "tool_outdated": fault,
        "tool_partial": fault,
        "user_busy": BusyUser(rate=rate, seed=1),
        "user_words": fault,
        "user_changes_mind": fault,
    }


NOISES: dict[str, dict[str, Any]] = {
    **{kind: {kind: fault} for kind, fault in every_kind(0.3).items()},
    "tool_failure_probability": {"tool_failure_probability": 0.2},
    "tool_timeout, carried out": {"tool_timeout": ToolTimeout(rate=0.3, seed=1, carried_out=True)},
    "user_busy, until it expires": {"user_busy": BusyUser(rate=0.3, seed=1, turns=4)},
    "all": every_kind(0.1),
}


def play(scenario_id: str, noise: dict[str, Any], **settings: Any) -> Run:
    return run_scenario(CLASSES[scenario_id](run_number=2), RunnerSettings(noise=NoiseConfig(**noise), **settings))


@pytest.mark.parametrize("kind", list(NOISES))
def test_the_solution_survives(kind: str) -> None:
    assert not FAILURES
    # Each kind in another quarter of the library; all kinds in all of it would take half a minute.
    ids = list(CLASSES)[list(NOISES).index(kind) % 4 :: 4]
    results = {scenario_id: play(scenario_id, NOISES[kind]).result for scenario_id in ids}
    hit = [scenario_id for scenario_id, result in results.items() if result.faults]
    assert hit
    assert {result.status for result in results.values()} <= {"success", "failed"}
    succeeded = [scenario_id for scenario_id, result in results.items() if result.success]
    assert set(ids) - set(hit) <= set(succeeded)
    assert len(succeeded) >= 0.8 * len(results), {name: one.rationale for name, one in results.items()}


@pytest.mark.parametrize("agent_type", ["null", "eager", "reckless", "random"])
def test_no_agent_whose_result_is_known_succeeds_because_something_went_wrong(agent_type: str) -> None:
    asking = [scenario_id for scenario_id, cls in CLASSES.items() if "skill:silence" not in cls.tags]
    for scenario_id in asking[:8]:
        run = play(scenario_id, every_kind(0.3), agent_type=agent_type)
        assert run.result.status == "failed"
        assert run.agent_error is None


@pytest.mark.parametrize(
    "noise", [{"tool_failure_probability": 1}, {"tool_timeout": ToolTimeout(rate=1, seconds=700)}], ids=["fail", "end"]
)
def test_a_solution_that_cannot_be_played_for_faults_has_failed_and_is_no_defect(noise: dict[str, Any]) -> None:
    run = play("new_number", noise)
    assert run.result.status == "failed"
    assert run.result.rationale == "the agent proposed nothing"
    assert run.result.faults
    assert not run.warnings
