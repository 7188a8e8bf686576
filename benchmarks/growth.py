"""How the processor time of a run grows with its events and turns."""

from __future__ import annotations

import gc
import json
import logging
import math
import subprocess
import sys
import time
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from benchmarks.figures import Figure

if TYPE_CHECKING:
    from pytest_pare.scenarios import PAREScenario

HEADING = "runs with many events or turns, each in a new process; processor time without imports and models"

_INTERFACE = "PAREAgentUserInterface"
_ROLES = ("user", "observe", "execute")


def measure(*, quick: bool = False) -> list[Figure]:
    """Play each run in a new process, after a short one that fills the caches, and compare the times."""
    few, many, most = (4, 16, 50) if quick else (400, 1600, 5000)
    short, long = (4, 16) if quick else (100, 1000)
    events = {count: _seconds("silent", count) for count in (few, many, most)}
    figures = [
        Figure(f"silent agent, {few} events", 1000 * events[few], "ms"),
        Figure(f"{many} events / {few} events", events[many] / events[few], "x", at_most=4.6),
        Figure(f"silent agent, {most} events", events[most], "s", at_most=2),
    ]
    for agent in ("oracle", "scripted"):
        turns = {count: _seconds(agent, count) for count in (short, long)}
        exponent = math.log(turns[long] / turns[short]) / math.log(long / short)
        figures += [
            Figure(f"built-in agent, {agent} engines, {long} turns, a turn", 1000 * turns[long] / long, "ms"),
            Figure(f"built-in agent, {agent} engines, exponent of the turns", exponent, "", at_most=1.1),
        ]
    noise = (30, 60) if quick else (1000, 2000)
    less, more = (_seconds("noise", rate) for rate in noise)
    # Ten minutes of noise.
    milliseconds = 1000 * (more - less) / (10 * (noise[1] - noise[0]))
    figures.append(Figure(f"an event of noise at {noise[0]} a minute", milliseconds, "ms", at_most=0.3))
    return figures


def _seconds(agent: str, size: int) -> float:
    """Return the processor time of a run in a new process."""
    command = [sys.executable, "-m", "benchmarks.growth", agent, str(size)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return float(json.loads(done.stdout))


def _main(agent: str, size: int) -> None:
    logging.disable(logging.CRITICAL)
    _play(agent, 3)
    print(_play(agent, size))


def _play(agent: str, size: int) -> float:
    from pytest_pare.scenarios import ScenarioRunnerConfig
    from pytest_pare.scenarios.config import EnvEventsConfig, LLMEngineConfig
    from pytest_pare.simulation.runner import run_scenario

    fields: dict[str, Any] = {
        f"{role}_engine_config": LLMEngineConfig(model_name="oracle", provider="oracle") for role in _ROLES
    }
    options: dict[str, Any] = {}
    events = size
    if agent in ("silent", "noise"):
        options["agent"] = lambda _turn: None
    if agent == "noise":
        fields["env_events_config"], events = EnvEventsConfig(num_env_events_per_minute=size), 1
    engines: list[Any] = []
    if agent == "scripted":
        engines = _engines()
        options["engine_builder"] = lambda _config, role, _reference: engines[role != "user"]
        fields |= {"max_turns": size, "skip_idle_time": False}
        events = 0
    config = ScenarioRunnerConfig(
        **{"max_turns": None, **fields},
        max_scenario_duration=10**9,
        simulated_generation_time_mode="fixed",
    )
    scenario = _scenario_class()(mails=events, duration=600.0 if agent == "noise" else None)
    gc.collect()
    began = time.process_time()
    result = run_scenario(scenario, config, **options).result
    seconds: float = time.process_time() - began - sum(engine.seconds for engine in engines)
    if result.exception is not None:
        raise result.exception
    return seconds


def _engines() -> list[Any]:
    """Return engines of the user and the agent that read their prompts, and alternate a call with waiting.

    They measure the time in which they read: it grows with the prompts, and a model would take it elsewhere.
    """
    from are.simulation.agents.llm.llm_engine import LLMEngine

    from pytest_pare.agents.react import format_action

    class Reading(LLMEngine):
        offline = True

        def __init__(self, *calls: tuple[str, dict[str, Any]]) -> None:
            super().__init__("reading")
            self._answers = [format_action("It is in the script.", *call) for call in calls]
            self._given = 0
            self.seconds = 0.0

        def chat_completion(self, messages: list[dict[str, Any]], *_: Any, **__: Any) -> tuple[str, None]:
            # Read without a loop in Python, which would take longer than the turn.
            began = time.process_time()
            assert sum(map(len, map(itemgetter("content"), messages)))
            self.seconds += time.process_time() - began
            self._given += 1
            return self._answers[self._given % len(self._answers)], None

    user = Reading((f"{_INTERFACE}__send_message_to_agent", {"content": "Watch my mail."}), ("wait", {}))
    agent = Reading(("Emails__list_emails", {}), (f"{_INTERFACE}__wait", {}))
    return [user, agent]


def _scenario_class() -> type[PAREScenario]:
    from are.simulation.scenarios.validation_result import ScenarioValidationResult
    from are.simulation.types import EventRegisterer

    from pytest_pare.apps import HomeScreenSystemApp, PAREAgentUserInterface, StatefulEmailApp
    from pytest_pare.scenarios import PAREScenario

    class Mails(PAREScenario):
        """Every half minute a mail arrives."""

        scenario_id = "mails"
        mails: int = 0

        def init_and_populate_apps(self, *args: Any, **kwargs: Any) -> None:
            self.emails = StatefulEmailApp(name="Emails")
            self.apps = [PAREAgentUserInterface(), HomeScreenSystemApp(name="System"), self.emails]

        def build_events_flow(self) -> None:
            with EventRegisterer.capture_mode():
                self.events = [
                    self.emails.send_email_to_user_with_id(
                        email_id=f"mail-{number}", sender="a@shop.example", subject="Order", content="One vase."
                    ).delayed(30.0 * number)
                    for number in range(1, self.mails + 1)
                ]

        def validate(self, env: Any) -> Any:
            return ScenarioValidationResult(success=True)

    return Mails


if __name__ == "__main__":
    _main(sys.argv[1], int(sys.argv[2]))
