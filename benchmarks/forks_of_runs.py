"""Forks of the reference runs of the bundled scenarios: without a change they are the same run."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from benchmarks.figures import Figure

if TYPE_CHECKING:
    from pytest_pare.what_if.fork import Origin

HEADING = "forks of the reference run of each bundled scenario, at every step"


def measure(*, quick: bool = False) -> list[Figure]:
    """Fork each run at every step without a change, and let the user reject each accepted proposal.

    A fork without a change must have the same trace, byte for byte. In the other forks, the first step that differs
    must be that of the user's answer.
    """
    from pytest_pare.scenarios.library import bundled_library_dir
    from pytest_pare.scenarios.registration import load_library
    from pytest_pare.scenarios.registry import registry
    from pytest_pare.simulation.trace_steps import steps_of
    from pytest_pare.what_if.changes import Wish
    from pytest_pare.what_if.fork import fork

    load_library(registry, bundled_library_dir())
    ids = sorted(registry.ids_below(bundled_library_dir()))[: 1 if quick else None]
    forks = changed = rejections = elsewhere = 0
    seconds = 0.0
    for scenario_id in ids:
        origin = _reference(scenario_id)
        text = origin.trace.to_jsonl()
        steps = steps_of(origin.trace)
        for step in steps[: 3 if quick else None]:
            began = time.perf_counter()
            forked = fork(origin, step.number)
            seconds += time.perf_counter() - began
            forks += 1
            changed += replace(forked.trace, forked_from={}).to_jsonl() != text
        accepted = [step for step in steps if getattr(step.entry, "function", None) == "accept_proposal"]
        for step in accepted:
            rejected = fork(origin, step.number, Wish(answer="reject"))
            rejections += 1
            elsewhere += rejected.diff.first != (rejected.step, rejected.step) or not rejected.trace.rejections()
    return [
        Figure("scenarios", len(ids), ""),
        Figure("forks without a change", forks, ""),
        Figure("of these with another trace", changed, "", at_most=0),
        Figure("acceptances turned into rejections", rejections, ""),
        Figure("of these that differ first at another step", elsewhere, "", at_most=0),
        Figure("a fork", seconds / forks, "s"),
    ]


def _reference(scenario_id: str) -> Origin:
    from pytest_pare.scenarios.config import MultiScenarioRunnerConfig
    from pytest_pare.scenarios.registry import registry
    from pytest_pare.simulation.runner import run_scenario
    from pytest_pare.what_if.fork import Origin

    cls = registry.registered()[scenario_id]
    oracle = {"model_name": "oracle", "provider": "oracle"}
    engines = {f"{role}_engine_config": oracle for role in ("user", "observe", "execute")}
    config = MultiScenarioRunnerConfig.model_validate({**engines, "max_turns": None})
    run = run_scenario(cls(scenario_id=scenario_id), config)
    return Origin(scenario_id, run.trace, lambda: cls(scenario_id=scenario_id), config)
