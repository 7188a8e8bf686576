"""Runs in executors of other libraries: the same as in this process, each played once, and lost ones labelled."""

from __future__ import annotations

import json
import multiprocessing
import os
import re
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_pare.results.validation_result import result_to_record
from pytest_pare.scenarios.config import LLMEngineConfig, MultiScenarioRunnerConfig
from pytest_pare.scenarios.registration import load_library
from pytest_pare.scenarios.registry import registry
from pytest_pare.simulation.executors import RefusedError
from pytest_pare.simulation.multi_runner import MultiScenarioRunner
from pytest_pare.simulation.play_request import play_request
from tests.actors import COUNTS, Actor
from tests.engines.model_server import ModelServer, answers
from tests.stage import Stage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

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


def test_a_process_pool_plays_the_same_runs_and_a_dead_worker_costs_those_of_the_pool(
    library: Path, counts: Path, expected: list[Any]
) -> None:
    begun(counts)
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
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
    cluster = LocalCluster(n_workers=2, threads_per_worker=4, processes=True, host="127.0.0.1", dashboard_address=":0")
    with cluster, Client(cluster) as client:
        executor = client.get_executor()
        assert outcomes(play(executor, library)[1]) == expected
        assert begun(counts) == dict.fromkeys(SCENARIOS, 1)

        results, runs = play(executor, library, (*SCENARIOS, "dies"))

        # Those that the worker played at the time, or whose results it still had: none of the other worker's.
        lost = [run for run in runs if run.result.exception_kind == "infrastructure"]
        assert "dies" in {run.trace.scenario_id for run in lost}
        assert results.exception_count == len(lost)
        pattern = re.compile("was started before, by (.+), which has died")
        starters = [pattern.findall(str(run.result.exception)) for run in lost]
        assert starters == [starters[0]] * len(lost)
        assert len(starters[0]) == 1
        assert [one for one in outcomes(runs) if one[0]["exception_kind"] is None] == [
            one for run, one in zip(runs, expected, strict=False) if run not in lost
        ]
        # The worker may have died between the entry of a start and the start, or before the scenario wrote to its file.
        times = {name: number for name, number in begun(counts).items() if number}
        assert set(times.values()) == {1}
        assert {*SCENARIOS, "dies"} - times.keys() <= {run.trace.scenario_id for run in lost}


# -- in threads of this process


class Keeping(ThreadPoolExecutor):
    """Keeps what is submitted, as builtins would travel."""

    def __init__(self, change: dict[str, Any] | None = None) -> None:
        super().__init__(2)
        self.requests: list[Any] = []
        self._change = change or {}

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Any:
        request = json.loads(json.dumps({**args[0], **self._change}))
        self.requests.append(request)
        return super().submit(fn, request, **kwargs)


def test_the_message_is_of_builtins_and_is_enough(library: Path, counts: Path, expected: list[Any]) -> None:
    begun(counts)
    with Keeping() as executor:
        assert outcomes(play(executor, library)[1]) == expected
    assert [request["scenario_id"] for request in executor.requests] == list(SCENARIOS)
    assert len({request["id"] for request in executor.requests}) == len(SCENARIOS)
    answer = play_request(executor.requests[0])
    assert json.loads(json.dumps(answer)) == answer
    assert answer["config_digest"] == config().get_config_hash()
    assert begun(counts)["fine"] == 2


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "another version": (
        {"versions": {"pytest-pare": "0.0.1"}},
        r"pytest-pare is \S+ there, and 0.0.1 here; install the same versions",
    ),
    "another source": (
        {"sources": {"": "x", "helpers": "y"}},
        "the source .* in .*stages.py, helpers, tests.stage; give ",
    ),
    "no directory": ({"libraries": [{"directory": "/nowhere", "bundled": False}]}, "there is no directory /nowhere"),
    "no scenario": ({"scenario_id": "fin"}, "there is no scenario 'fin' there; did you mean 'fine'"),
    "another configuration": ({"config_digest": "x"}, "the configuration has the digest .* there, and x here"),
    "no configuration": ({"config": {"max_turns": "many"}}, "the configuration is not valid there: .*max_turns"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_worker_that_differs_refuses_the_run(
    name: str, library: Path, counts: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PARE_SCENARIOS_DIR", str(library))
    begun(counts)
    change, message = REFUSED[name]
    with Keeping(change) as executor:
        results, (run,) = play(executor, library, ("fine",))
    assert isinstance(run.result.exception, RefusedError)
    assert re.match(rf"fine: \S+, process {os.getpid()}, refused the run: {message}", str(run.result.exception))
    assert (run.result.exception_kind, results.exception_count) == ("infrastructure", 1)
    assert begun(counts) == {}


def test_a_cassette_travels_and_is_written_here(library: Path, tmp_path: Path) -> None:
    def play_with(executor: Executor | None, directory: Path, record: Any) -> list[Any]:
        runs: list[Run] = []
        MultiScenarioRunner().run(
            config(user_engine_config=live, agent_type="null", export=True, output_dir=str(directory)),
            ["quiet", "other"],
            executor=executor,
            libraries=[library],
            cassettes=directory / "cassettes",
            record=record,
            on_run=runs.append,
        )
        assert all(run.result.export_path for run in runs)
        return [one[1:] for one in outcomes(runs)]

    text = 'Thought: Nothing.\nAction:\n{"action": "wait", "action_input": {}}<end_action>'
    with ModelServer(lambda _: answers(text), ("m-2025-01-01",)) as server, ThreadPoolExecutor(1) as executor:
        live = LLMEngineConfig(model_name="m-2025-01-01", provider="local", endpoint=server.url)
        recorded = play_with(executor, tmp_path / "a", "once")
        asked = len(server.requests)
        assert play_with(executor, tmp_path / "a", "none") == play_with(None, tmp_path / "a", "none")
        assert len(server.requests) == asked > 0
        assert play_with(None, tmp_path / "b", "once") == recorded
    for path in (path for path in (tmp_path / "b").rglob("*") if path.is_file()):
        other = tmp_path / "a" / path.relative_to(tmp_path / "b")
        assert other.exists()
        assert path.suffix == ".jsonl" or other.read_bytes() == path.read_bytes()


UNSENDABLE: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "a factory": ({}, {"agent_factory": Actor}, "agent_factory cannot be sent .*name the agent in the configuration"),
    "a secret": (
        {"agent_type": "program:agent", "agent": {"command": ["./agent"], "env": {"SERVICE_TOKEN": "correct-horse"}}},
        {},
        "agent.env.SERVICE_TOKEN looks like a secret.* agent.pass_env",
    ),
    "no library": ({}, {"libraries": ["/nowhere"]}, "libraries: there is no directory /nowhere"),
}


@pytest.mark.parametrize("name", UNSENDABLE)
def test_what_cannot_be_sent_is_said_before_the_first_run(name: str, library: Path) -> None:
    fields, options, message = UNSENDABLE[name]
    with ThreadPoolExecutor(1) as executor, pytest.raises(ValueError, match=message):
        MultiScenarioRunner().run(config(**fields), ["fine"], executor=executor, **{"libraries": [library], **options})


def test_an_instance_with_other_values_and_what_no_worker_can_import_are_not_sent(library: Path) -> None:
    load_library(registry, library)
    other = registry.registered()["fine"](scenario_id="fine", seed=3)
    with ThreadPoolExecutor(1) as executor:
        for scenario, message in (
            (other, "fine: only the id is sent .* seed of this instance is not its default"),
            (Stage(), "stage: the executor's workers cannot import Stage; register it in a module"),
        ):
            with pytest.raises(ValueError, match=message):
                MultiScenarioRunner().run(config(), [scenario], executor=executor, libraries=[library])
    with pytest.raises(TypeError, match=r"got object; for a client of Dask, give client.get_executor\(\)"):
        MultiScenarioRunner().run(config(), ["fine"], executor=object(), libraries=[library])  # type: ignore[arg-type]


def test_an_interrupt_cancels_what_has_not_begun_and_leaves_the_executor_alone(library: Path, counts: Path) -> None:
    def stop(run: Run) -> None:
        raise KeyboardInterrupt

    begun(counts)
    with ThreadPoolExecutor(1) as executor:
        with pytest.raises(KeyboardInterrupt):
            MultiScenarioRunner().run(
                config(max_concurrent_scenarios=2), SCENARIOS, executor=executor, libraries=[library], on_run=stop
            )
        assert executor.submit(int).result() == 0
    # With two at a time, no other was submitted when the first had ended.
    assert sum(begun(counts).values()) <= 3


class Answering(Executor):
    """Plays nothing: each future gets what the function `end` does to it."""

    def __init__(self, end: Callable[[Future[Any]], Any]) -> None:
        self._end = end

    def submit(self, *_: Any, **__: Any) -> Future[Any]:
        future: Future[Any] = Future()
        self._end(future)
        return future


@pytest.mark.parametrize(
    ("end", "said"),
    [
        (lambda future: future.set_result(None), "something else than the answer"),
        (lambda future: future.set_result({"id": "of another", "run": {}}), "something else than the answer"),
        (lambda future: future.set_exception(SystemExit(3)), "no answer for the run (SystemExit: 3)"),
        (lambda future: future.cancel(), "no answer for the run (CancelledError"),
    ],
)
def test_what_is_no_answer_is_no_result(end: Callable[[Future[Any]], Any], said: str, library: Path) -> None:
    results, (run,) = play(Answering(end), library, ("fine",))
    assert (results.exception_count, run.result.exception_kind) == (1, "infrastructure")
    assert said in str(run.result.exception)
