"""Runs in executors of other libraries: the same as in this process, each played once, and lost ones labelled."""

from __future__ import annotations

import json
import multiprocessing
from concurrent.futures import Executor, ProcessPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_pare.results.validation_result import result_to_record
from pytest_pare.scenarios.config import LLMEngineConfig, MultiScenarioRunnerConfig
from pytest_pare.scenarios.registry import registry
from pytest_pare.simulation.multi_runner import MultiScenarioRunner
from tests.actors import COUNTS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_pare.results.multi_result import PAREMultiScenarioValidationResult
    from pytest_pare.simulation.run import Run

SCENARIOS = ("fine", "talks", "raises", "chance", "quiet", "more", "other", "last")
LIBRARY = """
from pytest_pare.scenarios import register_scenario
from tests.stage import Stage

for name in {names}:
    register_scenario(name)(type(name, (Stage,), {{}}))
"""
ORACLE = LLMEngineConfig(model_name="oracle", provider="oracle")


def config(**fields: Any) -> MultiScenarioRunnerConfig:
    plain: dict[str, Any] = {
        "user_engine_config": ORACLE,
        "agent_type": "tests.actors:Counted",
        "simulated_generation_time_mode": "fixed",
        "executor_type": "sequential",
        "max_turns": 2,
        "log_to_file": False,
    }
    return MultiScenarioRunnerConfig(**{**plain, **fields})


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    directory = tmp_path_factory.mktemp("library")
    module = directory / "stages.py"
    module.write_text(LIBRARY.format(names=(*SCENARIOS, "dies")))
    yield directory
    registry.forget_file(str(module))


@pytest.fixture(scope="module")
def counts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where each run leaves a line when it begins, for workers that inherit the environment."""
    directory = tmp_path_factory.mktemp("counts")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(COUNTS, str(directory))
        yield directory


def play(
    executor: Executor | None, library: Path, scenarios: tuple[str, ...] = SCENARIOS, **fields: Any
) -> tuple[PAREMultiScenarioValidationResult, list[Run]]:
    runs: list[Run] = []
    results = MultiScenarioRunner().run(
        config(**fields), scenarios, executor=executor, libraries=[library], on_run=runs.append
    )
    return results, runs


def outcomes(runs: list[Run]) -> list[Any]:
    return [
        ({**result_to_record(run.result), "duration": None}, run.trace.to_jsonl(), run.warnings, str(run.agent_error))
        for run in runs
    ]


def begun(counts: Path) -> dict[str, int]:
    """Return how often each scenario was begun, and forget it."""
    found = {path.name: len(path.read_text()) for path in counts.iterdir()}
    for path in counts.iterdir():
        path.unlink()
    return found


@pytest.fixture(scope="module")
def expected(library: Path, counts: Path) -> list[Any]:
    return outcomes(play(None, library)[1])


@pytest.mark.parametrize("start", ["spawn", "forkserver"])
def test_a_process_pool_plays_the_same_runs_and_a_dead_worker_costs_those_of_the_pool(
    start: str, library: Path, counts: Path, expected: list[Any]
) -> None:
    begun(counts)
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context(start)) as pool:
        assert outcomes(play(pool, library)[1]) == expected
        assert begun(counts) == dict.fromkeys(SCENARIOS, 1)
        lost, runs = play(pool, library, ("dies", "fine"))
    assert lost.exception_count == 2
    assert {run.result.exception_kind for run in runs} == {"infrastructure"}
    assert str(runs[1].result.exception).startswith("the executor has no answer for the run (BrokenProcessPool: A ")
    assert begun(counts) == {"dies": 1}


def test_loky_plays_the_same_runs(library: Path, counts: Path, expected: list[Any]) -> None:
    from loky import get_reusable_executor

    begun(counts)
    pool = get_reusable_executor(2)
    try:
        assert outcomes(play(pool, library)[1]) == expected
    finally:
        pool.shutdown(kill_workers=True)
    assert begun(counts) == dict.fromkeys(SCENARIOS, 1)


def test_dask_plays_the_same_runs_and_none_a_second_time_when_a_worker_dies(
    library: Path, counts: Path, expected: list[Any]
) -> None:
    from distributed import Client, LocalCluster

    begun(counts)
    cluster = LocalCluster(n_workers=2, threads_per_worker=4, processes=True, host="127.0.0.1", dashboard_address=None)
    with cluster, Client(cluster) as client:
        executor = client.get_executor()
        assert outcomes(play(executor, library)[1]) == expected
        assert begun(counts) == dict.fromkeys(SCENARIOS, 1)

        results, runs = play(executor, library, (*SCENARIOS, "dies"))

        # Those that the worker played at the time.
        lost = [run for run in runs if run.result.exception_kind == "infrastructure"]
        assert "dies" in {run.trace.scenario_id for run in lost}
        assert 1 <= len(lost) <= 4
        assert results.exception_count == len(lost)
        for run in lost:
            assert "was started before, by " in str(run.result.exception)
        kept = [one for one in expected if one[0] is not None]
        assert [one for one in outcomes(runs) if one[0]["exception"] is None] == [
            one
            for one in kept
            if json.loads(one[1].splitlines()[0])["scenario_id"] not in {r.trace.scenario_id for r in lost}
        ]
        assert begun(counts) == dict.fromkeys((*SCENARIOS, "dies"), 1)
