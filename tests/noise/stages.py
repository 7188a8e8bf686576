"""Phones to put noise on, and what to ask of it."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

from pytest_pare.apps import StatefulShoppingApp
from pytest_pare.scenarios.config import EnvEventsConfig, MultiScenarioRunnerConfig, NoiseConfig
from pytest_pare.scenarios.expander import PAREEnvEventsExpander, default_weight_per_app_class
from pytest_pare.scenarios.noise.data import load_noise_data
from pytest_pare.settings import RunnerSettings
from pytest_pare.simulation.runner import Run, run_scenario
from tests.noise import generate
from tests.stage import Stage

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_pare.simulation.trace import TraceEvent

DATA = load_noise_data(generate.FILE)
RAW: dict[str, Any] = json.loads(generate.FILE.read_text(encoding="utf-8"))
STATES: dict[str, Any] = {content["name"]: content["app_state"] for content in RAW["apps"]}
EMAILS: list[dict[str, Any]] = STATES["Emails"]["folders"]["INBOX"]["emails"]
CLASSES = tuple(default_weight_per_app_class())


def config(rate: int = 10, seed: int = 0, **fields: Any) -> EnvEventsConfig:
    return EnvEventsConfig(num_env_events_per_minute=rate, env_events_seed=seed, **fields)


def stage(content: Callable[[Any], None] | None = None, *, shop: bool = True, **fields: Any) -> Any:
    """Return a phone with the apps Emails, Messages and Shopping, and others, without events of its own."""

    def fill(scenario: Any) -> None:
        if shop:
            scenario.shop = StatefulShoppingApp(name="Shopping")
            scenario.apps.append(scenario.shop)
        if content is not None:
            content(scenario)

    made = Stage(content=fill, **fields)
    made.initialize()
    return made


def with_noise(scenario: Any = None, schedule: Any = "default", data: Any = DATA, **settings: Any) -> Any:
    """Return the scenario, a new stage where none is given, with noise."""
    scenario = stage() if scenario is None else scenario
    PAREEnvEventsExpander(config(**settings), schedule).add_env_events_to_scenario(scenario, data)
    return scenario


def noise(scenario: Any) -> list[Any]:
    return [event for event in scenario.events if event.event_id.startswith("env_expansion_")]


def arrivals(scenario: Any) -> list[Any]:
    """Return the events of noise but for those that only prepare one."""
    return [event for event in noise(scenario) if not event.event_id.startswith("env_expansion_conversation_")]


def args(event: Any) -> dict[str, Any]:
    return {name: value for name, value in event.action.args.items() if name != "self"}


def facts(scenario: Any) -> list[Any]:
    return [
        (e.event_id, e.event_relative_time, e.action.app_name, e.action.function_name, args(e)) for e in noise(scenario)
    ]


def count(scenario: Any) -> Counter[str]:
    return Counter(event.action.app_name for event in arrivals(scenario))


def play(scenario: Any) -> Run:
    return run_scenario(scenario, MultiScenarioRunnerConfig(oracle=True))


def played_noise(run: Run) -> list[TraceEvent]:
    return [event for event in run.trace.events if event.event_id.startswith("env_expansion_")]


def played_with_faults() -> str:
    """Return the trace of a run with noise in which half of the scenario's own events have a fault."""

    def script(scenario: Any) -> list[Any]:
        mails = [scenario.email.create_and_add_email(sender=f"{n}@b.example").delayed(20 * n) for n in range(12)]
        return [*mails, scenario.agent_ui.send_message_to_user(content="Hi").oracle().depends_on(mails[3])]

    half = {kind: {"rate": 0.5} for kind in ("event_late", "event_twice", "event_out_of_order")}
    settings = RunnerSettings(env_events_config=config(), noise=NoiseConfig.model_validate(half))
    run = run_scenario(Stage(script=script), settings)
    assert {event.fault for event in run.trace.events} == {None, "env_event", *half}
    return run.trace.to_jsonl()
