"""The oracle run of a bundled scenario, compared with ARE's `ScenarioRunner`."""

from __future__ import annotations

import gc
import logging
import statistics
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from benchmarks.figures import Figure

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from are.simulation.types import AbstractEnvironment

    from pytest_pare.scenarios import PAREScenario

SCENARIO = "dinner_moved"
HEADING = f"a reference run of {SCENARIO}, by pytest-pare and by ARE's ScenarioRunner"


class _Times(NamedTuple):
    """The duration of a run in seconds."""

    processor_initialize: float
    processor_run: float
    wall: float


def measure(*, quick: bool = False) -> list[Figure]:
    """Alternate the two runners, in this process, and compare the medians.

    Both get a new instance for each run, initialized by the same code. Both play all its steps and call `validate`,
    without logging and without traces on disk. The verdicts differ: ARE's runner logs the acceptance as the agent's
    call, and the scenario requires the user's.
    """
    from are.simulation.scenario_runner import ScenarioRunner
    from are.simulation.scenarios.config import ScenarioRunnerConfig as AREConfig

    from pytest_pare.scenarios import ScenarioRunnerConfig
    from pytest_pare.simulation.runner import run_scenario

    repeats = 3 if quick else 200
    scenario_class = _scenario_class()
    are_runner, are_config = ScenarioRunner(), AREConfig(oracle=True, agent=None)
    config = ScenarioRunnerConfig(oracle=True)
    played: list[list[str]] = []

    def timed(play: Callable[[PAREScenario], object]) -> _Times:
        scenario = scenario_class()
        validate = scenario.validate

        def note_and_validate(env: AbstractEnvironment) -> Any:
            played.append([event.function_name() for event in env.event_log.list_view()])
            return validate(env)

        scenario.validate = note_and_validate
        wall, began = time.perf_counter(), time.process_time()
        scenario.initialize()
        initialized = time.process_time()
        play(scenario)
        return _Times(initialized - began, time.process_time() - initialized, time.perf_counter() - wall)

    def with_are(scenario: PAREScenario) -> object:
        return are_runner.run(are_config, scenario)

    def with_pare(scenario: PAREScenario) -> object:
        return run_scenario(scenario, config)

    with _quiet():
        pairs = [(timed(with_are), timed(with_pare)) for _ in range(repeats + 1)]
    if len(played) != 2 * len(pairs) or any(steps != played[0] for steps in played):
        raise RuntimeError(f"the runners did not play the same steps: {sorted(set(map(tuple, played)))}")
    # The first run of each fills caches.
    are, pare = (_medians(times) for times in zip(*pairs[1:], strict=True))
    return [
        Figure(f"ARE, {len(played[0])} steps, processor time, median of {repeats}", 1000 * are.processor_run, "ms"),
        Figure(f"pytest-pare, the same, median of {repeats}", 1000 * pare.processor_run, "ms"),
        Figure("ARE / pytest-pare", are.processor_run / pare.processor_run, "x", at_least=2),
        Figure("ARE / pytest-pare with initialize, the same code for both", _both(are) / _both(pare), "x"),
        Figure("ARE / pytest-pare with initialize, by the wall clock", are.wall / pare.wall, "x"),
    ]


def _medians(times: tuple[_Times, ...]) -> _Times:
    return _Times(*map(statistics.median, zip(*times, strict=True)))


def _both(times: _Times) -> float:
    return times.processor_initialize + times.processor_run


def _scenario_class() -> type[PAREScenario]:
    from pytest_pare.scenarios.library import bundled_library_dir
    from pytest_pare.scenarios.registration import load_library
    from pytest_pare.scenarios.registry import registry

    load_library(registry, bundled_library_dir())
    scenario_class: type[PAREScenario] = registry.registered()[SCENARIO]
    return scenario_class


@contextmanager
def _quiet() -> Iterator[None]:
    """Disable logging and garbage collection, for both runners."""
    gc.collect()
    gc.disable()
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)
        gc.enable()
