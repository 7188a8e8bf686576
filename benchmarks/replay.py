"""The cost of a replay, compared with the same conversation by the oracle engine, and the size of recordings."""

from __future__ import annotations

import os
import tempfile
import time
import timeit
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from unittest import mock

from benchmarks.figures import Figure, alternate

if TYPE_CHECKING:
    from are.simulation.agents.llm.llm_engine import LLMEngine

    from pytest_pare.engines.recorder import CassetteSpec
    from pytest_pare.scenarios import PAREScenario
    from pytest_pare.simulation.trace import EngineCall

HEADING = "replaying the bundled library"

# Without these, the generation time of the reference steps ends some runs.
_SETTINGS: dict[str, Any] = {"simulated_generation_time_mode": "recorded", "max_scenario_duration": 100_000}


class Recorded(NamedTuple):
    """A scenario with its recording."""

    scenario: type[PAREScenario]
    cassette: CassetteSpec


def measure(*, quick: bool = False) -> list[Figure]:
    """Record the oracle engine's answers as those of a model, then play both, scenario by scenario, in this process.

    A run is a call of `run_scenario`, from the new scenario to the verdict. It includes loading the recording.
    """
    with tempfile.TemporaryDirectory() as directory:
        recorded = _record(Path(directory), most=2 if quick else None)
        # The first pass fills caches.
        _replay(recorded), _play(recorded)
        replayed, played = alternate(lambda: _replay(recorded), lambda: _play(recorded), 2 if quick else 15)
        written, new = _sizes(recorded)
    text = "The quick brown fox jumps over the lazy dog, and no one minds. " * 1600
    return [
        Figure(f"a run of {len(recorded)} scenarios by the oracle engine", 1000 * played / len(recorded), "ms"),
        Figure("the same run, replayed", 1000 * replayed / len(recorded), "ms"),
        Figure("replayed / by the oracle engine", replayed / played, "x", at_most=1.5),
        Figure("a recording", written / len(recorded) / 1000, "kB"),
        Figure("a recording / the texts that are new in it", written / new, "x", at_most=3),
        Figure("looking for secrets in 100 kB, none in the environment", _looking(text), "ms", at_most=10),
    ]


def _record(directory: Path, most: int | None) -> list[Recorded]:
    from pytest_pare.engines.recorder import CassetteSpec
    from pytest_pare.scenarios.library import bundled_library_dir
    from pytest_pare.scenarios.registration import load_library
    from pytest_pare.scenarios.registry import registry
    from pytest_pare.simulation.runner import run_scenario

    load_library(registry, bundled_library_dir())
    recorded = []
    for scenario_id in sorted(registry.ids_below(bundled_library_dir()))[:most]:
        scenario = registry.registered()[scenario_id]
        said = run_scenario(scenario(), _oracle()).trace.calls
        cassette = CassetteSpec(directory / f"{scenario_id}.jsonl", "once")
        run = run_scenario(scenario(), _live(), engine_builder=_model(said), cassette=cassette)
        if not run.success:
            raise RuntimeError(f"{scenario_id}: what was recorded is no solution")
        recorded.append(Recorded(scenario, CassetteSpec(cassette.path)))
    return recorded


def _replay(recorded: list[Recorded]) -> float:
    from pytest_pare.simulation.runner import run_scenario

    config = _live()
    began = time.process_time()
    for one in recorded:
        run_scenario(one.scenario(), config, cassette=one.cassette)
    return time.process_time() - began


def _play(recorded: list[Recorded]) -> float:
    from pytest_pare.simulation.runner import run_scenario

    config = _oracle()
    began = time.process_time()
    for one in recorded:
        run_scenario(one.scenario(), config)
    return time.process_time() - began


def _sizes(recorded: list[Recorded]) -> tuple[int, int]:
    """Return the size of all recordings, and that of the texts that they hold, in bytes."""
    from pytest_pare.engines.cassette import Cassette

    recordings = [Cassette.read(one.cassette.path) for one in recorded]
    calls = [call for recording in recordings if recording is not None for call in recording.calls]
    texts = [text for call in calls for text in (call.answer, *(message.content for message in call.added))]
    return sum(one.cassette.path.stat().st_size for one in recorded), sum(len(text.encode()) for text in texts)


def _looking(text: str) -> float:
    from pytest_pare.base.redaction import redacted

    with mock.patch.dict(os.environ, {"PATH": os.environ.get("PATH", "")}, clear=True):
        return 1000 * min(timeit.repeat(lambda: redacted(text), number=1, repeat=9))


def _oracle() -> Any:
    from pytest_pare.settings.models import RunnerSettings

    return RunnerSettings()


def _live() -> Any:
    from pytest_pare.scenarios.config import LLMEngineConfig
    from pytest_pare.settings.models import RunnerSettings

    model = LLMEngineConfig(model_name="model-2025-01-01", provider="example")
    return RunnerSettings(
        user_engine_config=model, observe_engine_config=model, execute_engine_config=model, **_SETTINGS
    )


def _model(said: tuple[EngineCall, ...]) -> Any:
    """Return a builder of engines that give the recorded answers in the recorded time."""
    from are.simulation.agents.llm.llm_engine import LLMEngine

    class Model(LLMEngine):
        def __init__(self, role: str) -> None:
            super().__init__("model-2025-01-01")
            self._calls = iter([call for call in said if call.role == role])

        def chat_completion(self, *_: Any, **__: Any) -> tuple[str, dict[str, Any]]:
            call = next(self._calls)
            return call.response or "", {"completion_duration": call.latency}

    def build(_config: Any, role: str, _reference: Any) -> LLMEngine:
        return Model(role)

    return build
