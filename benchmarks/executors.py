"""Live runs in two worker processes of Dask, with 20 threads each, compared with the same runs in sequence."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from benchmarks.figures import Figure
from pytest_pare.scenarios.config import LLMEngineConfig, MultiScenarioRunnerConfig
from pytest_pare.scenarios.library import bundled_library_dir
from pytest_pare.simulation.multi_runner import MultiScenarioRunner
from tests.engines.model_server import WAIT, ModelServer, answers

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from pytest_pare.simulation.run import Run
    from tests.engines.model_server import Reply, Request

HEADING = "live runs in the workers of an executor"

_USER_WAIT = 'Thought: Nothing.\nAction:\n{"action": "wait", "action_input": {}}<end_action>'
_USER, _AGENT = "user-2025-01-01", "agent-2025-01-01"


def measure(*, quick: bool = False) -> list[Figure]:
    """Play live runs in sequence, and in a local cluster of Dask against a local server that takes its time."""
    from distributed import Client, LocalCluster

    runs, seconds, turns = (4, 0.1, 2) if quick else (40, 1.0, 4)
    # The runs in sequence get the same answers at once: their traces hold no real time.
    wait = [0.0]

    def reply(request: Request) -> Reply:
        return answers(_USER_WAIT if request.body["model"] == _USER else WAIT, delay=wait[0])

    cluster = LocalCluster(
        n_workers=2, threads_per_worker=runs // 2, processes=True, host="127.0.0.1", dashboard_address=":0"
    )
    with ModelServer(reply, (_USER, _AGENT)) as server, cluster, Client(cluster) as client:
        config, executor = _config(server.url, turns), client.get_executor()
        in_sequence, _ = _play(config, runs, None)
        _, first = _play(config, 4, executor)
        server.requests.clear()
        wait[0] = seconds
        cpu = sum(client.run(time.process_time).values())
        in_workers, took = _play(config, runs, executor)
        cpu = sum(client.run(time.process_time).values()) - cpu
    if in_workers != in_sequence:
        raise RuntimeError("runs in workers of Dask are not those that were played in sequence")
    if len(server.requests) != 2 * turns * runs:
        raise RuntimeError(f"the model was asked {len(server.requests)} times, and not {2 * turns * runs} times")
    bound = None if quick else 15
    return [
        Figure("the first 4 runs, with all imports of the two workers", first, "s"),
        Figure(f"{runs} runs with {2 * turns * seconds:g} s of waiting in each", took, "s", at_most=bound),
        Figure("CPU of the workers for these", cpu, "s"),
    ]


def _config(url: str, turns: int) -> MultiScenarioRunnerConfig:
    agent = LLMEngineConfig(model_name=_AGENT, provider="local", endpoint=url)
    return MultiScenarioRunnerConfig(
        user_engine_config=LLMEngineConfig(model_name=_USER, provider="local", endpoint=url),
        observe_engine_config=agent,
        execute_engine_config=agent,
        simulated_generation_time_mode="fixed",
        max_turns=turns,
        skip_idle_time=False,
        executor_type="sequential",
        log_to_file=False,
    )


def _play(config: MultiScenarioRunnerConfig, runs: int, executor: Executor | None) -> tuple[list[str], float]:
    """Return the traces of the runs, and the seconds that they took."""
    played: list[Run] = []
    began = time.perf_counter()
    MultiScenarioRunner().run(
        config,
        ["dinner_moved"],
        runs=runs,
        executor=executor,
        libraries=[bundled_library_dir()],
        on_run=played.append,
    )
    took = time.perf_counter() - began
    failed = next((run.result for run in played if run.result.exception is not None), None)
    if failed is not None:
        raise RuntimeError(f"a run has failed: {failed.exception}")
    return [run.trace.to_jsonl() for run in played], took
