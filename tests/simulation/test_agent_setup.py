"""What is imported and made before a run does not count as its time."""

from __future__ import annotations

import faulthandler
import sys
import time
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from pytest_pare.engines import building, litellm_client, openai_endpoint
from pytest_pare.engines.cassette_spec import CassetteSpec
from pytest_pare.plugin.watchdog import watchdog
from pytest_pare.scenarios.config import LLMEngineConfig, MultiScenarioRunnerConfig
from pytest_pare.scenarios.engine_config import Price
from pytest_pare.settings import RunnerSettings
from pytest_pare.simulation import runner
from pytest_pare.simulation.processes import OverdueError, call_in_processes
from pytest_pare.simulation.runner import run_scenario
from tests.stage import Stage

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

MODULE = """
import sys

told = sys.modules["told"].told
told("import")

def make():
    told("make")
    return lambda turn: told("turn")

def fails():
    told("make")
    raise OSError("no key")
"""


class SlowClock:
    """A clock that jumps ahead when it is told that something took long."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.ahead = 0.0
        self._clock = clock

    def __call__(self) -> float:
        return self._clock() + self.ahead


@pytest.fixture
def told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What has happened; a module `slow_agent` tells its import, and that takes a thousand seconds, as does making."""
    clocks = [SlowClock(time.monotonic), SlowClock(time.perf_counter)]
    monkeypatch.setattr(time, "monotonic", clocks[0])
    monkeypatch.setattr(time, "perf_counter", clocks[1])
    happened: list[str] = []

    def tell(what: str) -> None:
        happened.append(what)
        if what in ("import", "make"):
            for clock in clocks:
                clock.ahead += 1000

    monkeypatch.setitem(sys.modules, "told", SimpleNamespace(told=tell))
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "slow_agent", raising=False)
    (tmp_path / "slow_agent.py").write_text(MODULE)
    return happened


def play(told: list[str], name: str) -> runner.Run:
    config = RunnerSettings(agent_type=f"slow_agent:{name}", max_turns=1, timeout_seconds=60)
    return run_scenario(Stage(), config, on_start=lambda: told.append("start"))


def test_the_clock_of_a_run_starts_when_its_agent_is_made(told: list[str]) -> None:
    first, second = play(told, "make"), play(told, "make")
    assert told == ["import", "make", "start", "turn", "make", "start", "turn"]
    assert [run.result.status for run in (first, second)] == ["success", "success"]
    assert 2000 <= first.setup_seconds < 3000
    assert 1000 <= second.setup_seconds < 2000
    assert first.result.duration is not None
    assert first.result.duration < 1000


def test_an_agent_that_cannot_be_made_is_a_configuration_error_of_its_run(told: list[str]) -> None:
    run = play(told, "fails")
    assert told == ["import", "make", "start"]
    assert (run.result.status, run.result.exception_kind) == ("exception", "configuration")
    assert str(run.result.exception) == "agent_type 'slow_agent:fails': fails() raised OSError: no key"


def test_oracle_mode_imports_no_agent(told: list[str]) -> None:
    run_scenario(Stage(), RunnerSettings(agent_type="slow_agent:make", oracle=True))
    assert told == []


# -- clients of live engines

LIVE = LLMEngineConfig(model_name="m", provider="openai")
NEARBY = LLMEngineConfig(model_name="qwen/qwen3", endpoint="http://127.0.0.1:9/v1")


@pytest.mark.parametrize(
    ("engine", "cassette", "imports"),
    [
        (LIVE, None, True),
        (LIVE, {"mode": "once"}, True),
        (LIVE, {"on_drift": "rerecord"}, True),
        (LIVE, {}, False),
        (LIVE, {"mode": "once", "live": False}, False),
        (LLMEngineConfig(model_name="oracle", provider="oracle"), None, False),
        (LLMEngineConfig(model_name="m", provider="groq"), None, False),
        (NEARBY, None, False),
        (NEARBY.model_copy(update={"model_name": "o3-mini"}), None, True),
        (LLMEngineConfig(model_name="m", provider="llama-api"), None, True),
        (LLMEngineConfig(model_name="m", provider="llama-api", price=Price(input=1.0, output=1.0)), None, False),
    ],
)
def test_the_client_of_an_engine_that_is_asked_is_imported_before_the_run(
    engine: LLMEngineConfig,
    cassette: dict[str, Any] | None,
    imports: bool,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    happened: list[str] = []

    def load() -> None:
        happened.append("import")
        raise ImportError

    monkeypatch.setattr(litellm_client, "load_litellm", load)
    config = MultiScenarioRunnerConfig(user_engine_config=engine, agent_type="null", max_turns=0)
    spec = None if cassette is None else CassetteSpec(tmp_path / "a.jsonl", **cassette)
    run_scenario(Stage(), config, cassette=spec, on_start=lambda: happened.append("start"))
    assert happened[:2] == (["import", "start"] if imports else ["start", *happened[1:2]])


def test_the_client_of_an_endpoint_is_made_once_and_before_a_run(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[int] = []

    def make(**_: object) -> SimpleNamespace:
        made.append(1)
        return SimpleNamespace(close=tuple)

    monkeypatch.setattr("httpx.Client", make)
    monkeypatch.setattr(litellm_client, "prepare_litellm", lambda: None)
    openai_endpoint._client.cache_clear()
    building.import_clients({"user": LIVE})
    assert made == []
    building.import_clients({"user": LIVE, "agent": NEARBY})
    assert openai_endpoint.client() is openai_endpoint.client()
    assert made == [1]
    openai_endpoint._client.cache_clear()


def test_several_engines_need_one_client(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded: list[int] = []
    monkeypatch.setattr(litellm_client, "load_litellm", lambda: loaded.append(1))
    building.import_clients({"user": LIVE, "observe": LIVE})
    building.import_clients({})
    assert loaded == [1]


# -- other clocks


def waits(seconds: tuple[float, float], start_clock: Callable[[], None]) -> str:
    import threading

    threading.Event().wait(seconds[0])
    start_clock()
    threading.Event().wait(seconds[1])
    return "done"


def test_a_process_has_its_limit_from_the_start_of_its_clock() -> None:
    outcomes = dict(call_in_processes(waits, [(1.0, 0.0), (0.0, 60.0)], 2, 0.5, starts_clock=True))
    assert outcomes[0] == "done"
    assert isinstance(outcomes[1], OverdueError)


def config_of_a_worker() -> Any:
    return SimpleNamespace(workerinput={}, getini=lambda name: 0.0)


def test_the_watchdog_waits_for_the_run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    calls: list[tuple[str, Any]] = []
    monkeypatch.setenv("PARE_SESSION_DIR", str(tmp_path))
    monkeypatch.setattr(faulthandler, "dump_traceback_later", lambda seconds, **_: calls.append(("later", seconds)))
    monkeypatch.setattr(faulthandler, "cancel_dump_traceback_later", lambda: calls.append(("cancel", None)))
    with watchdog(config_of_a_worker(), "pare.yaml::rose", 9) as start:
        assert calls == []
        start()
        assert calls == [("later", 14)]
        assert len(list(tmp_path.iterdir())) == 1
    assert calls == [("later", 14), ("cancel", None)]
    assert list(tmp_path.iterdir()) == []


def test_the_watchdog_of_a_run_that_did_not_start_leaves_others_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []
    monkeypatch.setattr(faulthandler, "cancel_dump_traceback_later", lambda: calls.append("cancel"))
    with watchdog(config_of_a_worker(), "pare.yaml::rose", 9):
        pass
    assert calls == []


def test_the_watchdog_needs_no_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    files: list[Any] = []
    monkeypatch.setattr("pytest_pare.plugin.watchdog._path", lambda nodeid: tmp_path / "no" / "directory")
    monkeypatch.setattr(faulthandler, "dump_traceback_later", lambda *_, file, **__: files.append(file))
    with watchdog(config_of_a_worker(), "pare.yaml::rose", 9) as start:
        start()
    assert files == [sys.stderr]
