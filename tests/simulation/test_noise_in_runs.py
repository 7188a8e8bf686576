"""Noise in runs: that it comes, that it costs no turns, and what is told when it cannot come."""

from __future__ import annotations

import json
import os
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from are.simulation.scenarios.utils.scenario_expander import EnvEventsConfig as EnvEventsConfigOfARE
from are.simulation.types import ConditionCheckEvent
from are.simulation.types import ToolAugmentationConfig as ToolAugmentationConfigOfARE

from pytest_pare.agents.calibration import null
from pytest_pare.apps import StatefulShoppingApp
from pytest_pare.plugin.failure_report import is_users
from pytest_pare.scenarios.config import EnvEventsConfig, NoiseConfig, ToolAugmentationConfig
from pytest_pare.scenarios.errors import NoiseError, ScenarioDefect
from pytest_pare.scenarios.library import bundled_library_dir, bundled_split
from pytest_pare.scenarios.noise.data import NoiseData, load_noise_data
from pytest_pare.scenarios.noise_config import LateEvent, SlowTool, TwiceEvent
from pytest_pare.scenarios.registration import load_library
from pytest_pare.scenarios.registry import registry
from pytest_pare.settings import RunnerSettings
from pytest_pare.simulation.multi_runner import MultiScenarioRunner
from pytest_pare.simulation.runner import Run, run_scenario
from tests.noise.stages import played_noise
from tests.stage import Stage

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_pare.agents.protocols import Turn

LIBRARY = bundled_library_dir()
load_library(registry, LIBRARY)
BUNDLED: dict[str, Any] = {
    scenario_id: registry.registered()[scenario_id]
    for scenario_id in (
        *bundled_split("core").read_text(encoding="utf-8").split("\n")[1:-1],
        *("flat_viewing", "packing_list", "school_run"),
    )
}
# Those whose apps are none in which noise can come.
QUIET = {"birthday_dinner", "cello_needs_room", "driver_in_traffic", "packing_list", "ride_to_the_pier"}
TEN = EnvEventsConfig(num_env_events_per_minute=10)


def play(
    script: Callable[[Any], list[Any]] | None = None,
    agent: Any = null,
    *,
    events: EnvEventsConfig | None = TEN,
    stage: dict[str, Any] | None = None,
    **config: Any,
) -> Run:
    scenario = Stage(script=script, **(stage or {}))
    oracle = config.get("oracle", False)
    return run_scenario(scenario, RunnerSettings(env_events_config=events, **config), agent=None if oracle else agent)


@cache
def without_noise(scenario_id: str, **config: Any) -> Run:
    return run_scenario(BUNDLED[scenario_id](), RunnerSettings(**config))


def own(run: Run) -> list[Any]:
    """Return what happens that is no noise, nor a turn with nothing to do."""
    events = [event for event in run.trace.events if event.fault is None and event.function != "wait"]
    return [(event.time, event.kind, event.app, event.function, event.args, event.error) for event in events]


def ids(run: Run) -> list[Any]:
    """Return the ids of what happens that is no noise, and those that it has drawn."""
    events = [event for event in run.trace.events if event.fault is None]
    return [(event.event_id, event.result if event.operation == "write" else None) for event in events]


# -- that it comes


@pytest.mark.parametrize("oracle", [False, True])
def test_noise_of_a_config_happens_and_is_counted(oracle: bool) -> None:
    run = play(oracle=oracle)
    assert run.success
    # Ten a minute for six minutes, in a scenario that names no duration.
    assert run.result.noise_events == 60
    noise = played_noise(run)
    assert len(noise) > 60
    assert {(event.fault, event.kind, event.error) for event in noise} == {("env_event", "ENV", None)}
    assert not [event for event in run.trace.events if event.fault and event not in noise]
    assert run.warnings == ()


def test_without_noise_there_is_none() -> None:
    run = play(events=None)
    assert run.result.noise_events == 0
    assert played_noise(run) == []
    assert not any(event.fault for event in run.trace.events)


class Noisy(Stage):
    """Asks for noise itself."""

    scenario_id = "noisy"
    env_events_config = EnvEventsConfigOfARE(5, weight_per_app_class={"StatefulEmailApp": 1.0})
    tool_augmentation_config = ToolAugmentationConfigOfARE(0.0, True, False)
    noise_config = NoiseConfig(schedule="pare")


def test_what_a_scenario_says_itself_is_left_where_the_config_says_nothing() -> None:
    run = run_scenario(Noisy(), RunnerSettings(oracle=True))
    assert {event.function for event in played_noise(run)} == {"create_and_add_email"}
    # A mail of this schedule may come late.
    assert run.result.noise_events == 30
    scenario = Noisy()
    scenario.initialize()
    assert {tool._public_name for tool in scenario.calendar.get_tools()} >= {"Calendar__show_tags"}


def test_a_config_wins_over_what_a_scenario_says_itself() -> None:
    quiet = ToolAugmentationConfig(apply_tool_name_augmentation=False, apply_tool_description_augmentation=False)
    scenario = Noisy()
    weights = {"StatefulMessagingApp": 1.0}
    run = run_scenario(
        scenario,
        RunnerSettings(
            oracle=True,
            env_events_config=EnvEventsConfig(weight_per_app_class=weights),
            tool_augmentation_config=quiet,
            noise=NoiseConfig(event_late=LateEvent(rate=0.5)),
        ),
    )
    assert {event.app for event in played_noise(run)} == {"Messages"}
    assert run.result.noise_events == 60
    assert all(tool._public_name == tool.name for tool in scenario.calendar.get_tools())


class Slow(Stage):
    scenario_id = "slow"
    noise_config = NoiseConfig(tool_slow=SlowTool(rate=1))


@pytest.mark.parametrize(
    ("noise", "rate"),
    [
        ({}, 1),
        ({"tool_slow": {"rate": 0}}, 0),
        ({"tool_slow": {}}, 0),
    ],
)
def test_a_rate_of_zero_wins_over_what_a_scenario_says_itself(noise: dict[str, Any], rate: float) -> None:
    scenario = Slow()
    run_scenario(scenario, RunnerSettings.model_validate({"noise": noise}), agent=null)
    assert scenario.noise_config.tool_slow.rate == rate


def test_an_instance_whose_world_is_built_gets_no_noise_silently() -> None:
    scenario = Stage()
    scenario.initialize()
    run = run_scenario(scenario, RunnerSettings(env_events_config=TEN))
    assert isinstance(run.result.exception, ScenarioDefect)
    assert "was initialized without the noise of the configuration; create a new one" in str(run.result.exception)
    assert run_scenario(scenario, RunnerSettings(noise=NoiseConfig(tool_slow=SlowTool(rate=0.5)))).success


def test_many_runs_have_it_too() -> None:
    runs: list[Run] = []
    config = RunnerSettings(env_events_config=TEN)
    result = MultiScenarioRunner().run(config, ["flat_viewing", "packing_list"], runs=2, on_run=runs.append)
    assert result.successful_count == 4
    assert [run.result.noise_events for run in runs] == [60, 60, 0, 0]
    assert [len(run.warnings) for run in runs] == [0, 0, 1, 1]
    # Each run has a draw of its own, and the same one again.
    again: list[Run] = []
    MultiScenarioRunner().run(config, ["flat_viewing"], runs=2, on_run=again.append)
    assert [run.trace.entries for run in again] == [run.trace.entries for run in runs[:2]]
    assert runs[0].trace.entries != runs[1].trace.entries


def test_an_agent_knows_its_tools_by_their_other_names() -> None:
    seen: list[str] = []

    def agent(turn: Turn) -> None:
        seen.extend(turn.tools)
        turn.call("Calendar__show_tags", {})

    run = play(None, agent, events=None, tool_augmentation_config=ToolAugmentationConfig(), max_turns=1)
    assert "Calendar__show_tags" in seen
    assert "Calendar__get_all_tags" not in seen
    assert [event.function for event in run.trace.actions("AGENT")] == ["get_all_tags"]


def test_the_solution_can_be_played_under_other_names() -> None:
    config = RunnerSettings(tool_augmentation_config=ToolAugmentationConfig(tool_failure_probability=0.0))
    assert all(run_scenario(BUNDLED[i](), config).success for i in ("flat_viewing", "packing_list", "school_run"))


# -- what cannot come


@pytest.mark.parametrize("schedule", ["default", "pare"])
def test_a_scenario_in_which_no_noise_can_come_runs_without_and_says_so(schedule: Any) -> None:
    def no_apps(scenario: Any) -> None:
        scenario.apps = scenario.apps[:2]

    run = play(stage={"content": no_apps}, noise=NoiseConfig(schedule=schedule))
    assert run.success
    assert run.result.noise_events == 0
    (warning,) = run.warnings
    assert warning.startswith("stage: no app can get noise: the scenario has no StatefulEmailApp or ")
    assert warning.endswith("for which there are data; it ran without")


ONE = EnvEventsConfig(num_env_events_per_minute=1)
MESSAGES = EnvEventsConfig(weight_per_app_class={"StatefulMessagingApp": 1.0})
OF_PARE = "pare has no event of noise: it has only mails, for apps with the same name as their content"


@pytest.mark.parametrize(
    ("events", "duration", "schedule", "expected"),
    [
        (MESSAGES, 60, "pare", OF_PARE),
        # One event, of which no name in the data has a whole one.
        (ONE, 60, "pare", OF_PARE),
        (ONE, 59, "default", "default has no event of noise"),
    ],
)
def test_a_run_says_so_if_all_that_was_asked_for_comes_to_nothing(
    events: EnvEventsConfig, duration: int, schedule: Any, expected: str
) -> None:
    run = play(events=events, stage={"duration": duration}, noise=NoiseConfig(schedule=schedule))
    assert run.success
    assert run.result.noise_events == 0
    assert run.warnings == (f"stage: the schedule {expected}; it ran without",)


def file(directory: Path, text: str) -> str:
    (directory / "mine.json").write_text(text)
    return str(directory / "mine.json")


@pytest.mark.parametrize("oracle", [False, True])
@pytest.mark.parametrize("asked", [{"env_events_config": TEN}, {"tool_augmentation_config": ToolAugmentationConfig()}])
@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, r"^noise.data: \S+: cannot be read: No such file or directory$"),
        ("{", r"^noise.data: \S+: is not JSON: "),
        (
            '{"apps": [{"name": "Emails", "app_state": {}}]}',
            r"^noise.data: \S+: apps\.0\.app_state\.folders: is missing$",
        ),
    ],
)
def test_data_that_cannot_be_had_end_the_run_as_a_matter_of_configuration(
    text: str | None, said: str, asked: dict[str, Any], oracle: bool, tmp_path: Path
) -> None:
    path = str(tmp_path / "gone.json") if text is None else file(tmp_path, text)
    run = run_scenario(Stage(), RunnerSettings(oracle=oracle, noise=NoiseConfig(data=path), **asked))
    assert (run.result.status, run.result.exception_kind) == ("exception", "configuration")
    assert isinstance(run.result.exception, NoiseError)
    assert re.match(said, str(run.result.exception))
    assert not is_users(run.result.exception)


def test_a_config_of_a_scenarios_own_that_is_wrong_is_a_matter_of_configuration() -> None:
    run = run_scenario(Stage(env_events_config=EnvEventsConfigOfARE()), RunnerSettings())
    assert run.result.exception_kind == "configuration"
    assert str(run.result.exception).startswith("env_events_config.weight_per_app_class: Apart")


def test_another_file_is_used_and_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reads: list[object] = []
    validate = NoiseData.model_validate

    def counted(value: object) -> NoiseData:
        reads.append(value)
        return validate(value)

    monkeypatch.setattr(NoiseData, "model_validate", counted)
    mail = {"sender": "one@b.example", "email_id": "e"}

    def content() -> str:
        return json.dumps({"apps": [{"name": "Emails", "app_state": {"folders": {"INBOX": {"emails": [mail]}}}}]})

    config = RunnerSettings(oracle=True, env_events_config=TEN, noise=NoiseConfig(data=file(tmp_path, content())))
    senders = [{e.args["sender"] for e in played_noise(run_scenario(Stage(), config))} for _ in range(3)]
    assert senders == [{"one@b.example"}] * 3
    assert len(reads) == 1
    mail["sender"] = "another@b.example"
    file(tmp_path, content())
    assert {e.args["sender"] for e in played_noise(run_scenario(Stage(), config))} == {"another@b.example"}
    # As long as before, and at another time.
    mail["sender"] = "anothex@b.example"
    file(tmp_path, content())
    os.utime(tmp_path / "mine.json", ns=(1, 1))
    assert {e.args["sender"] for e in played_noise(run_scenario(Stage(), config))} == {"anothex@b.example"}


def test_the_bundled_data_are_read_once() -> None:
    assert load_noise_data() is load_noise_data()


def test_noise_that_fails_is_no_defect_of_the_scenario_and_is_told() -> None:
    def close(scenario: Any) -> None:
        def add_product(self: Any, name: str) -> str:
            raise ValueError("the shop is closed")

        class Closed(StatefulShoppingApp):
            """Takes nothing more."""

        Closed.add_product = add_product
        scenario.apps.append(Closed(name="Shopping"))

    one = EnvEventsConfig(num_env_events_per_minute=1, weight_per_app_class={"StatefulShoppingApp": 1.0})
    run = play(events=one, stage={"content": close})
    assert run.success
    assert run.result.noise_events == 0
    assert "stage: noise failed: +" in run.warnings[0]
    assert "Shopping.add_product: ValueError: the shop is closed" in run.warnings[0]


# -- what it changes, and what not


@pytest.mark.parametrize("oracle", [False, True])
@pytest.mark.parametrize("seed", range(3))
def test_bundled_scenarios_succeed_in_noise_as_they_do_without(oracle: bool, seed: int) -> None:
    loud = RunnerSettings(oracle=oracle, env_events_config=EnvEventsConfig(env_events_seed=seed))
    assert len(BUNDLED) > 20
    for scenario_id, scenario in BUNDLED.items():
        without, run = without_noise(scenario_id, oracle=oracle), run_scenario(scenario(), loud)
        assert run.success, (scenario_id, run.result)
        assert not [event for event in played_noise(run) if event.error]
        assert run.result.noise_events == (0 if scenario_id in QUIET else 60)
        assert [scenario_id in QUIET] == [bool(run.warnings)]
        # Nothing else comes at another time; at most the last jump costs a turn.
        assert own(run) == own(without)
        assert not oracle or ids(run) == ids(without)
        assert run.trace.turns - without.trace.turns in (0, 1)


@pytest.mark.parametrize("agent_type", ["null", "reckless"])
def test_the_user_does_the_same_at_the_same_times_beside_an_agent_under_test(agent_type: str) -> None:
    for scenario in BUNDLED.values():
        runs = [
            run_scenario(scenario(), RunnerSettings(agent_type=agent_type, env_events_config=noise))
            for noise in (None, TEN)
        ]
        # An agent may act on the news of noise.
        users, others = ([one for one in own(run) if one[1] != "AGENT"] for run in runs)
        assert users == others


def test_an_idle_jump_goes_past_noise_and_tells_it_in_the_next_turn() -> None:
    told: list[tuple[float, int]] = []
    began: list[float] = []

    def agent(turn: Turn) -> None:
        began.append(turn.time.timestamp())
        told.append((turn.time.timestamp() - began[0], len(turn.notifications)))

    run = play(lambda s: [s.user_says("a").delayed(100)], agent)
    early = [event for event in played_noise(run) if event.time <= 100 and event.function != "start_conversation"]
    # A turn at the beginning, one with all that has come up to the event, and one with all that is left.
    assert [round(time) for time, _ in told] == [0, 100, round(played_noise(run)[-1].time)]
    assert [number for _, number in told[:2]] == [0, len(early) + 1]
    assert sum(number for _, number in told) == 61
    assert run.trace.turns == 3
    assert run.trace.turns_saved > 150


@pytest.mark.parametrize("seconds", [1, 6, 10])
def test_unread_noise_delays_no_jump_and_keeps_no_run_alive(seconds: float) -> None:
    times: list[float] = []
    run = play(
        lambda s: [s.user_says("a").delayed(100)],
        lambda turn: times.append(turn.time.timestamp()),
        generation_seconds=seconds,
    )
    noise = played_noise(run)
    # A turn at the beginning, during which noise arrives; one with the message; one with all that is left.
    assert any(event.time < 2 * seconds for event in noise) is (seconds > 1)
    assert [round(time - run.trace.start_time - seconds) for time in times] == [0, 100, round(noise[-1].time)]
    assert run.result.ended_by == "nothing_left"


def test_noise_alone_ends_no_run_before_the_user_has_come() -> None:
    run = play(lambda s: [s.system.open_app(app_name="Emails").oracle().delayed(30)])
    assert [event.time for event in run.trace.events if event.function == "open_app"] == [30.0]


def test_where_only_conditions_are_left_they_are_asked_and_noise_goes_on() -> None:
    def never(env: Any) -> bool:
        return False

    def script(s: Any) -> list[Any]:
        return [ConditionCheckEvent.from_condition(never, every_tick=60, timeout=120).delayed(1)]

    run = play(script)
    assert [event.time for event in run.trace.events if event.kind == "CONDITION"] == [1.0, 61.0, 121.0]
    assert run.result.noise_events == 60
    assert run.trace.turns <= 5


def test_a_condition_that_noise_makes_true_ends_the_jump() -> None:
    def script(s: Any) -> list[Any]:
        def is_mail(env: Any) -> bool:
            return bool(s.email.folders[next(iter(s.email.folders))].emails)

        mail = ConditionCheckEvent.from_condition(is_mail, every_tick=1).delayed(1)
        return [mail, s.user_says("I see").depends_on(mail), s.user_says("late").delayed(200)]

    times: list[float] = []
    play(script, lambda turn: times.append(turn.time.timestamp()))
    assert times[1] - times[0] < 100


def test_an_agent_that_waits_is_disturbed() -> None:
    waits: list[float] = []

    def agent(turn: Turn) -> None:
        before = turn.time.timestamp()
        turn.call("System__wait_for_notification", {"timeout": 300})
        waits.append(before)

    run = play(None, agent, max_turns=1)
    (first, *_) = played_noise(run)
    (waited,) = [event for event in run.trace.events if event.function == "wait_for_notification"]
    assert waits
    assert waited.event_id
    assert run.result.noise_events == 1
    assert first.time < 60


def test_the_world_ends_when_its_time_is_over_whatever_has_still_to_come() -> None:
    run = play(stage={"duration": 30}, events=EnvEventsConfig(num_env_events_per_minute=60))
    assert run.result.noise_events == 30
    assert max(event.time for event in played_noise(run)) <= 30


@pytest.mark.parametrize("oracle", [False, True])
def test_noise_of_pare_that_would_come_after_the_end_is_no_defect(oracle: bool) -> None:
    lost = []
    for seed in range(5):
        events = EnvEventsConfig(num_env_events_per_minute=30, env_events_seed=seed)
        run = play(events=events, stage={"duration": 60}, oracle=oracle, noise=NoiseConfig(schedule="pare"))
        assert run.success, run.result
        # Messages and Chats have a share each.
        lost.append(10 - run.result.noise_events)
    assert any(lost)


# -- the same everywhere


def test_a_scenario_with_noise_is_the_same_every_time() -> None:
    half = NoiseConfig(event_late=LateEvent(rate=0.5), event_twice=TwiceEvent(rate=0.5))

    def scenario(seed: int = 0) -> Any:
        made = BUNDLED["flat_viewing"]()
        made.configure_noise(RunnerSettings(env_events_config=EnvEventsConfig(env_events_seed=seed), noise=half))
        return made

    def events(made: Any) -> str:
        made.initialize()
        told = [dict(getattr(getattr(one, "action", None), "args", {}), self=None) for one in made.events]
        return str([(one.event_id, one.event_relative_time, args) for one, args in zip(made.events, told, strict=True)])

    assert len({events(scenario()) for _ in range(50)}) == 1
    assert events(scenario()) != events(scenario(1))
    assert len({run_scenario(scenario(), RunnerSettings()).trace.to_jsonl() for _ in range(3)}) == 1
