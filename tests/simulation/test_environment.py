"""The environment by itself: what ARE's code and the agents ask of it."""

from __future__ import annotations

import inspect
import logging
from datetime import UTC, datetime
from typing import Any

import pytest
from are.simulation.apps.reminder import ReminderApp
from are.simulation.environment import Environment, EnvironmentConfig
from are.simulation.notification_system import VerboseNotificationSystem, VerbosityLevel
from are.simulation.types import ConditionCheckEvent, EnvironmentState, EnvironmentType, StopEvent

from pytest_pare.apps import HomeScreenSystemApp, PAREAgentUserInterface, StatefulEmailApp
from pytest_pare.are.world import SimulatedClock, World
from pytest_pare.scenarios.errors import ScenarioTimeoutError
from pytest_pare.simulation.environment import StateAwareEnvironmentWrapper
from pytest_pare.simulation.limits import Limits
from pytest_pare.simulation.notifications import PARENotificationSystem
from tests.stage import Stage

DATE = "%Y-%m-%d %H:%M:%S"


def started(script: Any = None, *, oracle_mode: bool = False, **fields: Any) -> tuple[Any, Any]:
    stage = Stage(script=script, **fields)
    stage.initialize()
    env = StateAwareEnvironmentWrapper(clock=stage.world.clock, oracle_mode=oracle_mode)
    env.run(stage, wait_for_end=False)
    return stage, env


def logged(env: Any) -> list[tuple[float, str]]:
    return [(e.event_time - env.start_time, e.get_args()["content"]) for e in env.event_log.list_view()]


def test_nothing_happens_before_time_moves() -> None:
    _, env = started(lambda s: [s.user_says("a")])
    assert (env.state, env.get_event_log_size(), env.get_event_queue_length()) == (EnvironmentState.RUNNING, 0, 1)
    env.tick()
    assert (logged(env), env.get_event_queue_length()) == ([(0, "a")], 0)


def test_a_second_start_changes_nothing() -> None:
    _, env = started(lambda s: [s.user_says("a")])
    env.start()
    assert env.get_event_queue_length() == 1


def test_a_scenario_must_be_initialized() -> None:
    stage = Stage()
    other = Stage()
    other.initialize()
    env = StateAwareEnvironmentWrapper(clock=other.world.clock)
    with pytest.raises(RuntimeError, match=r"stage: call initialize\(\)"):
        env.run(stage)


def test_a_run_may_leave_the_events_out() -> None:
    stage = Stage(script=lambda s: [s.user_says("a")])
    stage.initialize()
    env = StateAwareEnvironmentWrapper(clock=stage.world.clock)
    env.run(stage, schedule_events=False)
    assert (env.get_event_log_size(), env.state) == (0, EnvironmentState.STOPPED)


def test_the_apps_live_by_the_clock_of_the_scenario() -> None:
    stage, env = started()
    assert {app.time_manager for app in env.apps.values()} == {stage.world.clock}
    assert env.notification_system.get_current_time() == stage.world.clock.time()
    stage.world.clock.advance(5)
    assert env.notification_system.get_current_time() == stage.start_time + 5


# -- made without a clock, as code for PARE does


def test_it_is_made_as_ares_environment_is() -> None:
    ours, ares = (
        list(inspect.signature(cls).parameters.values()) for cls in (StateAwareEnvironmentWrapper, Environment)
    )
    assert [parameter.name for parameter in ours[: len(ares)]] == [parameter.name for parameter in ares]
    assert [parameter.name for parameter in ours if parameter.default is parameter.empty] == []
    assert {parameter.kind for parameter in ours[len(ares) :]} == {inspect.Parameter.KEYWORD_ONLY}


def test_without_arguments_it_holds_apps_and_its_time_begins_at_0() -> None:
    env = StateAwareEnvironmentWrapper()
    assert (env.time_manager.time(), env.oracle_mode, env.duration) == (0, False, None)
    mail = StatefulEmailApp(name="Emails")
    env.register_apps([HomeScreenSystemApp(name="System"), PAREAgentUserInterface(), mail])
    assert mail.time_manager is env.time_manager
    {tool.name: tool for tool in env.get_user_tools()}["System__open_app"](app_name="Emails")
    mail.send_email(["a@b.c"])
    assert [event.function_name() for event in env.event_log.list_view()] == ["open_app", "send_email"]
    assert StateAwareEnvironmentWrapper().notification_system is not env.notification_system


def test_in_a_world_it_lives_by_the_clock_of_the_world() -> None:
    with World("any", 50.0).active() as world:
        assert StateAwareEnvironmentWrapper().time_manager is world.clock
        # What is said wins.
        given = StateAwareEnvironmentWrapper(EnvironmentConfig(start_time=7.0))
    assert (given.time_manager.time(), given.start_time) == (7.0, 7.0)


def test_what_ares_configuration_says_counts() -> None:
    system = PARENotificationSystem(VerbosityLevel.LOW)
    config = EnvironmentConfig(start_time=7.0, oracle_mode=True, duration=30, time_increment_in_seconds=5)
    env = StateAwareEnvironmentWrapper(config, EnvironmentType.GUI, system)
    assert (env.start_time, env.oracle_mode, env.duration, env.time_increment_in_seconds) == (7.0, True, 30, 5)
    assert (env.environment_type, env.notification_system) == (EnvironmentType.GUI, system)
    assert system.get_current_time() == 7.0


@pytest.mark.parametrize(("start_time", "begin"), [(None, Stage.start_time), (99.0, 99.0)])
def test_it_plays_a_scenario_by_the_clock_of_its_world(start_time: float | None, begin: float) -> None:
    stage = Stage(script=lambda s: [s.user_says("a").delayed(3), s.agent_says("b").delayed(9)])
    stage.initialize()
    env = StateAwareEnvironmentWrapper(EnvironmentConfig(start_time=start_time, oracle_mode=True, duration=None))
    env.run(stage)
    assert (env.time_manager, env.start_time, stage.world.clock.time()) == (stage.world.clock, begin, begin + 9)
    assert {app.time_manager for app in env.apps.values()} == {stage.world.clock}
    assert logged(env) == [(3, "a"), (9, "b")]
    # The ids are the world's, although the caller is outside of it.
    again = Stage(script=stage.script)
    again.initialize()
    other = StateAwareEnvironmentWrapper(EnvironmentConfig(start_time=start_time, oracle_mode=True))
    other.run(again)
    assert [e.event_id for e in other.event_log.list_view()] == [e.event_id for e in env.event_log.list_view()]


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ({"config": SimulatedClock()}, "config must be EnvironmentConfig, got SimulatedClock"),
        (
            {"notification_system": VerboseNotificationSystem()},
            "notification_system must be PARENotificationSystem, got VerboseNotificationSystem",
        ),
    ],
)
def test_what_it_cannot_be_made_with(arguments: dict[str, Any], problem: str) -> None:
    with pytest.raises(TypeError, match=f"^StateAwareEnvironmentWrapper: {problem}$"):
        StateAwareEnvironmentWrapper(**arguments)


def test_while_it_is_paused_time_stands_still_and_then_makes_up_for_it() -> None:
    stage, env = started(lambda s: [s.user_says("a").delayed(3), s.user_says("b").delayed(9)])
    env.pause()
    env.pause()
    assert (env.state, env.is_paused(), stage.world.clock.is_paused) == (EnvironmentState.PAUSED, True, True)
    assert env.get_event_log_size() == 0
    env.resume_with_offset(4)
    assert (env.state, stage.world.clock.is_paused, stage.world.clock.time_passed()) == (
        EnvironmentState.RUNNING, False, 4
    )  # fmt: skip
    # What came due meanwhile has happened, at its own time.
    assert logged(env) == [(3, "a")]
    # Only what is paused is resumed.
    env.resume_with_offset(100)
    env.resume()
    assert stage.world.clock.time_passed() == 4


def test_resuming_lets_no_time_pass() -> None:
    stage, env = started(lambda s: [s.user_says("a").delayed(3)])
    env.pause()
    env.resume()
    assert (env.is_running(), stage.world.clock.time_passed(), env.get_event_log_size()) == (True, 0, 0)


def test_where_an_agent_plays_the_reference_steps_do_not_happen() -> None:
    def script(s: Any) -> list[Any]:
        step = s.agent_says("reference").delayed(1)
        return [step, s.user_says("after").depends_on(step), s.user_says("anyway").delayed(2)]

    _, env = started(script)
    env.join()
    assert logged(env) == [(2, "anyway")]
    # How far the script comes is then a matter of what the agents do: that a step is left is no defect.
    assert (env.events_left(), env.events_missed()) == ([], 0)
    _, env = started(lambda s: [s.agent_says("x").depends_on(s.user_says("forgotten"))], oracle_mode=True)
    env.join()
    assert len(env.events_left()) == 1


def test_what_an_agent_calls_is_logged_checked_and_kept() -> None:
    stage, env = started()
    stage.world.clock.advance(7)
    with stage.world.active():
        stage.calendar.add_calendar_event(title="x")
        with env.off_the_record():
            stage.calendar.get_all_tags()
        stage.agent_ui.accept_proposal("yes")
    assert [(e.event_type.value, e.function_name()) for e in env.event_log.list_view()] == [
        ("AGENT", "add_calendar_event"),
        ("USER", "accept_proposal"),
    ]
    assert [(e.time, e.kind, e.function, e.operation) for e in env.trace_entries] == [
        (7, "AGENT", "add_calendar_event", "write"),
        (7, "USER", "accept_proposal", "write"),
    ]
    # Nobody plays turns here.
    assert {(e.turn, e.mode) for e in env.trace_entries} == {(None, None)}


def test_several_events_can_be_logged_at_once() -> None:
    stage, env = started()
    with stage.world.active():
        stage.calendar.get_all_tags()
        first = env.event_log.list_view()[0]
    env.add_to_log([first, first])
    assert env.get_event_log_size() == 3


def test_waiting_for_a_notification_ends_with_it() -> None:
    stage, env = started(lambda s: [s.user_says("a").delayed(3), s.user_says("b").delayed(9)])
    with stage.world.active():
        stage.system.wait_for_notification(timeout=60)
    assert stage.world.clock.time_passed() == 3
    assert [e.function_name() for e in env.event_log.list_view()] == ["wait_for_notification", "send_message_to_agent"]
    # What is in the queue already ends a wait at once.
    with stage.world.active():
        stage.system.wait_for_notification(timeout=60)
    assert stage.world.clock.time_passed() == 3


def test_waiting_for_a_notification_ends_with_the_timeout() -> None:
    stage, env = started(lambda s: [s.user_says("a").delayed(3), s.user_says("b").delayed(9)])
    with stage.world.active():
        stage.system.wait_for_notification(timeout=2)
    assert stage.world.clock.time_passed() == 2
    messages = env.notification_system.message_queue.list_view()
    assert {message.message for message in messages} == {"System: nothing happened within 2 seconds"}
    assert not stage.world.clock.is_paused


def test_looking_for_reminders_is_no_work_of_the_agents() -> None:
    """ARE asks its reminder app at each tick, by a tool that is logged as the agent's."""
    stage = Stage(script=lambda s: [s.user_says("a").delayed(3)])
    stage.initialize()
    with stage.world.active():
        reminders = ReminderApp()
        reminders.add_reminder(
            "Tea", datetime.fromtimestamp(stage.world.clock.time() + 2, tz=UTC).strftime(DATE), "hot"
        )
    stage.apps.append(reminders)
    env: Any = StateAwareEnvironmentWrapper(clock=stage.world.clock)
    env.run(stage)
    assert logged(env) == [(3, "a")]
    told = [message for message in env.notification_system.message_queue.list_view() if "Tea" in message.message]
    # At its own time, to the user and to the agent.
    assert [message.timestamp.timestamp() - env.start_time for message in told] == [2, 2]


def test_the_end_is_told_to_whoever_listens() -> None:
    _, env = started(lambda s: [StopEvent().delayed(2)])
    env.join()
    assert env.state == EnvironmentState.STOPPED
    assert env.notification_system.message_queue.has_environment_stop_message()


def test_ticks_are_counted_by_time() -> None:
    stage, env = started(time_increment_in_seconds=2)
    for seconds, ticks in ((0, 0), (1, 1), (1, 1), (5, 4)):
        stage.world.clock.advance(seconds)
        env.tick()
        assert env.tick_count == ticks


def test_an_unknown_default_limit_is_ten_simulated_minutes() -> None:
    limits = Limits()
    limits.check()
    limits.wait(600, "x")
    limits.wait(-5, "x")
    with pytest.raises(ScenarioTimeoutError, match=r"^x within 600\.0 simulated seconds \(max_scenario_duration\)$"):
        limits.wait(0.1, "x")


def test_lines_of_the_log_are_made_only_if_somebody_reads_them(caplog: pytest.LogCaptureFixture) -> None:
    _, env = started(lambda s: [ConditionCheckEvent.from_condition(lambda env: True)])
    with caplog.at_level(logging.WARNING, logger="are.simulation.environment"):
        env.log_info("quiet")
        env.log_warning("careful")
    assert "quiet" not in caplog.text
    assert "careful" in caplog.text
    with caplog.at_level(logging.DEBUG, logger="are.simulation.environment"):
        env.log_debug("loud")
    assert "loud" in caplog.text


def test_the_state_can_be_asked_for() -> None:
    _, env = started(lambda s: [s.user_says("a"), s.user_says("b").delayed(5)])
    env.tick()
    state = env.get_state()
    assert [event["action"]["args"]["content"] for event in state["event_log"]["past_events"]] == ["a"]
    assert [event["action"]["args"]["content"] for event in state["event_queue"]["future_events"]] == ["b"]
    assert env.get_latest_event().event_time == env.start_time
    assert env.get_next_event_time() == env.start_time + 5
