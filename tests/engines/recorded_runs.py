"""Runs that are recorded and replayed, without a model: what stands for it says what a reference check said.

play = RecordedRuns(MyScenario)     # plays the reference check
run = play(cassette)         # records, or replays
assert play.asked == 0       # how often the model was asked
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from are.simulation.agents.llm.llm_engine import LLMEngine

from pytest_pare.engines.building import build_engine
from pytest_pare.engines.errors import EngineError
from pytest_pare.scenarios.config import LLMEngineConfig
from pytest_pare.settings.models import RunnerSettings
from pytest_pare.simulation.runner import run_scenario

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_pare.engines.cassette_spec import CassetteSpec
    from pytest_pare.engines.reference import Reference, Role
    from pytest_pare.scenarios import PAREScenario
    from pytest_pare.simulation.runner import Run
    from pytest_pare.simulation.trace import EngineCall

ROLES: tuple[Role, ...] = ("user", "observe", "execute")
WAIT = 'Thought: Nothing.\nAction:\n{"action": "wait", "action_input": {}}<end_action>'


class Model(LLMEngine):
    """Answers what it is given, in order, and then waits.

    Args:
        calls: What was answered, and how long it took.
        ask: Called with each request; raises what the model raises.
    """

    def __init__(self, name: str, calls: list[EngineCall], ask: Callable[[list[dict[str, Any]]], None]) -> None:
        super().__init__(name)
        self._calls = iter(calls)
        self._ask = ask

    def chat_completion(
        self, messages: list[dict[str, Any]], stop_sequences: Any = (), **kwargs: Any
    ) -> tuple[str, dict[str, Any] | None]:
        self._ask(messages)
        call = next(self._calls, None)
        if call is None:
            return WAIT, None
        facts = {
            "prompt_tokens": len(str(messages)) // 4,
            "completion_tokens": 7,
            "cost": 0.1 + 0.2,
            "finish_reason": "length",
        }
        return call.response or "", {**facts, "completion_duration": call.latency}


class RecordedRuns:
    """Plays a scenario by a model that says what the reference check says.

    Args:
        make: Makes a new scenario.
        **settings: Of the runs.

    Attributes:
        asked: How often the model was asked.
        built: How many engines were built.
        lives: How often it answers before it fails; `None` for ever.
        error: What it then raises.
        served: What its engines call themselves; `None` is the name in the configuration.
        answers: What it says.
    """

    def __init__(self, make: Callable[[], PAREScenario], **settings: Any) -> None:
        self.make = make
        self._settings: dict[str, Any] = {
            "simulated_generation_time_mode": "recorded",
            # What the steps wait for each other counts, where a model takes the time to answer.
            "max_scenario_duration": 100_000,
            **settings,
        }
        self.asked = self.built = 0
        self.lives: int | None = None
        self.error: Exception = EngineError("the model is gone")
        self.served: str | None = None
        self.answers = run_scenario(make(), RunnerSettings(**settings)).trace.calls

    def __call__(
        self, cassette: CassetteSpec | None, make: Callable[[], PAREScenario] | None = None, /, **settings: Any
    ) -> Run:
        return run_scenario(
            (make or self.make)(), self.config(**settings), engine_builder=self._build, cassette=cassette
        )

    def config(self, **settings: Any) -> RunnerSettings:
        model = LLMEngineConfig(model_name="model-2025-01-01", provider="somebody")
        engines = {f"{role}_engine_config": model for role in ROLES}
        return RunnerSettings(**{**engines, **self._settings, **settings})

    def _build(self, config: LLMEngineConfig, role: Role, reference: Reference) -> LLMEngine:
        if not config.is_live:
            return build_engine(config, role, reference)
        self.built += 1
        return Model(self.served or config.model_name, [call for call in self.answers if call.role == role], self._ask)

    def _ask(self, messages: list[dict[str, Any]]) -> None:
        if self.asked == self.lives:
            raise self.error
        self.asked += 1
