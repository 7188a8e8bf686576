"""Conditions: events that wait for something to become true."""

from __future__ import annotations

from typing import Any

import pytest
from are.simulation.types import ConditionCheckEvent
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_pare.scenarios.errors import ScenarioDefect, ScenarioTimeoutError
from tests.stage import play, said

DAY = 24 * 3600


def checks(run: Any) -> list[tuple[float, Any]]:
    return [(e.time, e.result) for e in run.trace.events if e.kind == "CONDITION"]


def heard(word: str) -> Any:
    """Return a condition that is true once `word` has been said."""

    def condition(env: Any) -> bool:
        return any(event.get_args().get("content") == word for event in env.event_log.list_view())

    return ConditionCheckEvent.from_condition(condition)


def never(env: Any) -> bool:
    return False


def always(env: Any) -> bool:
    return True


def test_a_condition_that_is_true_is_true_at_once() -> None:
    def script(s: Any) -> list[Any]:
        condition = ConditionCheckEvent.from_condition(always)
        return [condition, s.agent_says("a").depends_on(condition, delay_seconds=2)]

    run = play(script)
    assert checks(run) == [(0, True)]
    assert said(run) == [(2, "a")]
    assert run.trace.events[0].function == "always"


def test_a_condition_waits_for_the_event_that_makes_it_true() -> None:
    def script(s: Any) -> list[Any]:
        condition = heard("now")
        after = s.agent_says("after").depends_on(condition, delay_seconds=2)
        return [condition, after, s.user_says("now").delayed(3)]

    run = play(script)
    assert checks(run) == [(0, False), (1, False), (2, False), (3, True)]
    assert said(run) == [(3, "now"), (5, "after")]


def test_a_condition_begins_when_what_it_depends_on_has_happened() -> None:
    def script(s: Any) -> list[Any]:
        first = s.user_says("first").delayed(10)
        condition = ConditionCheckEvent.from_condition(always).depends_on(first, delay_seconds=1)
        return [condition, s.agent_says("then").depends_on([condition, first]), first]

    run = play(script)
    assert checks(run) == [(11, True)]
    assert said(run) == [(10, "first"), (11, "then")]


@settings(max_examples=50)
@given(every=st.integers(1, 9), increment=st.integers(1, 3), until=st.integers(0, 40))
def test_a_condition_is_asked_at_regular_times(every: int, increment: int, until: int) -> None:
    def script(s: Any) -> list[Any]:
        condition = ConditionCheckEvent.from_condition(
            lambda env: env.time_manager.time_passed() >= until, every_tick=every
        )
        return [condition, s.agent_says("then").depends_on(condition)]

    run = play(script, time_increment_in_seconds=increment)
    step = every * increment
    asked = list(range(0, until + step, step))
    assert checks(run) == [(time, time >= until) for time in asked]
    assert said(run) == [(asked[-1], "then")]


def test_a_timeout_that_is_no_multiple_of_the_interval_ends_before_it() -> None:
    run = play(lambda s: [ConditionCheckEvent.from_condition(never, every_tick=2, timeout=5)])
    assert checks(run) == [(0, False), (2, False), (4, False)]


def test_the_interval_of_a_condition_can_be_set_with_what_it_depends_on() -> None:
    def script(s: Any) -> list[Any]:
        first = s.user_says("first").delayed(10)
        condition = ConditionCheckEvent.from_condition(never).depends_on(first, schedule_every_ticks=7, timeout=20)
        return [first, condition]

    assert checks(play(script)) == [(10, False), (17, False), (24, False)]


def test_two_conditions_may_hold_one_event_back() -> None:
    def script(s: Any) -> list[Any]:
        one, two = heard("one"), heard("two")
        return [
            s.agent_says("both").depends_on([one, two], delay_seconds=1),
            one,
            two,
            s.user_says("two").delayed(2),
            s.user_says("one").delayed(4),
        ]

    assert said(play(script)) == [(2, "two"), (4, "one"), (5, "both")]


# -- never


def test_a_condition_that_never_comes_true_ends_the_run_and_is_named() -> None:
    def script(s: Any) -> list[Any]:
        condition = ConditionCheckEvent.from_condition(never)
        return [condition, s.agent_says("after").depends_on(condition), s.user_says("a").delayed(7.5)]

    run = play(script, limits={"max_scenario_duration": 20})
    assert isinstance(run.result.exception, ScenarioTimeoutError)
    assert str(run.result.exception) == (
        "condition 'never' has not come true within 20 simulated seconds (max_scenario_duration)"
    )
    assert (run.result.success, run.result.status) == (None, "exception")
    # What had happened until then is kept.
    assert said(run) == [(7.5, "a")]
    assert [time for time, _ in checks(run)] == list(range(21))


def test_without_a_setting_the_limit_is_ten_minutes() -> None:
    run = play(lambda s: [ConditionCheckEvent.from_condition(never)])
    assert "within 600 simulated seconds" in str(run.result.exception)
    assert len(checks(run)) == 601


def test_a_jump_before_a_condition_does_not_count_against_its_limit() -> None:
    def script(s: Any) -> list[Any]:
        far = s.user_says("far").delayed(32 * DAY)
        waits = ConditionCheckEvent.from_condition(lambda env: env.time_manager.time_passed() > 32 * DAY + 8)
        return [far, waits.depends_on(far), s.agent_says("then").depends_on(waits)]

    run = play(script, limits={"max_scenario_duration": 10})
    assert said(run)[-1] == (32 * DAY + 9, "then")
    assert run.result.status == "success"


def test_conditions_that_wait_at_the_same_time_share_the_limit() -> None:
    def script(s: Any) -> list[Any]:
        condition = heard("now")
        return [condition, ConditionCheckEvent.from_condition(never, timeout=15), s.user_says("now").delayed(18.5)]

    # From 18 on it is half a second to the event, which does not count, and half a second to the next check.
    assert play(script, limits={"max_scenario_duration": 19}).result.status == "success"
    assert play(script, limits={"max_scenario_duration": 18}).result.status == "exception"


@pytest.mark.parametrize("timeout", [0, 1, 5])
def test_a_condition_may_have_a_timeout_of_its_own(timeout: int) -> None:
    def script(s: Any) -> list[Any]:
        condition = ConditionCheckEvent.from_condition(never, timeout=timeout)
        return [condition, s.user_says("if ever").depends_on(condition)]

    run = play(script)
    assert checks(run) == [(time, False) for time in range(timeout + 1)]
    # The world may do without.
    assert (said(run), run.result.status) == ([], "success")


def test_a_reference_step_behind_a_condition_that_timed_out_is_a_defect() -> None:
    def script(s: Any) -> list[Any]:
        condition = ConditionCheckEvent.from_condition(never, timeout=3)
        return [condition, s.calendar.get_all_tags().oracle().depends_on(condition)]

    run = play(script)
    assert isinstance(run.result.exception, ScenarioDefect)
    assert str(run.result.exception) == "1 event of the script never happened: Calendar.get_all_tags"


def test_the_duration_of_the_scenario_ends_the_waiting() -> None:
    run = play(lambda s: [ConditionCheckEvent.from_condition(never)], duration=5)
    assert [time for time, _ in checks(run)] == [0, 1, 2, 3, 4, 5]
    assert run.result.status == "success"


# -- what the author may get wrong


def test_a_condition_that_raises_is_a_defect() -> None:
    def broken(env: Any) -> bool:
        raise LookupError("no such mail")

    def script(s: Any) -> list[Any]:
        condition = ConditionCheckEvent.from_condition(broken).delayed(4)
        return [condition, s.agent_says("after").depends_on(condition), s.user_says("goes on").delayed(9)]

    run = play(script)
    assert str(run.result.exception) == (
        "+4 s: condition 'broken': LookupError: no such mail; "
        "1 event of the script never happened: PAREAgentUserInterface.send_message_to_user"
    )
    assert said(run) == [(9, "goes on")]


@pytest.mark.parametrize("ticks", [0, -1])
def test_a_condition_that_is_asked_at_one_time_again_and_again_is_a_defect(ticks: int) -> None:
    run = play(lambda s: [ConditionCheckEvent.from_condition(never, every_tick=ticks)])
    assert isinstance(run.result.exception, ScenarioDefect)
    assert str(run.result.exception) == (
        f"condition 'never' is asked every {ticks} ticks; it must be at least 1, or time never moves"
    )


def test_what_a_condition_reads_is_no_work_of_the_agents() -> None:
    """In ARE, each tool that a condition calls is logged as a call of the agent's."""

    def condition(env: Any) -> bool:
        return len(env.get_app("Emails").list_emails().emails) > 0

    def script(s: Any) -> list[Any]:
        arrived = s.email.send_email_to_user_with_id("m1", "ann@b.c").delayed(3)
        return [ConditionCheckEvent.from_condition(condition), arrived]

    run = play(script)
    assert {e.kind for e in run.trace.events} == {"CONDITION", "ENV"}
    assert checks(run)[-1] == (3, True)
