"""Delays that an author states in more than one way."""

from __future__ import annotations

from typing import Any

import pytest
from are.simulation.types import ConditionCheckEvent, ValidationEvent

from pytest_pare.scenarios.errors import ScenarioDefect
from tests.stage import play, said, told

CONFLICT = (
    "stage: FILE:LINE: PAREAgentUserInterface.send_message_to_agent has two delays, {} s and {} s; state one of them, "
    "in depends_on(..., delay_seconds=...) or in delayed(...)"
)


def after(wire: Any) -> Any:
    """Play an event `b` that `wire` gives its delay and dependencies; `a` happens at 2 s, `c` at 10 s."""

    def script(s: Any) -> list[Any]:
        a, b, c = s.user_says("a").delayed(2), s.user_says("b"), s.user_says("c").delayed(10)
        wire(a, b, c)
        return [a, b, c]

    return play(script)


@pytest.mark.parametrize(
    ("wire", "time"),
    [
        (lambda a, b, c: b.delayed(5).depends_on(a), 7),
        (lambda a, b, c: b.depends_on(a).delayed(5), 7),
        (lambda a, b, c: b.depends_on(a, 5).depends_on(c), 15),
        (lambda a, b, c: b.depends_on(a).depends_on(c, delay_seconds=5), 15),
        (lambda a, b, c: b.depends_on(a).depends_on(c), 10),
        (lambda a, b, c: b.depends_on(a, 5).delayed(5), 7),
        (lambda a, b, c: (b.delayed(5), a.followed_by(b)), 7),
        (lambda a, b, c: (a.followed_by([b], 3), b.depends_on(c)), 13),
        (lambda a, b, c: a.followed_by(b), 2),
        (lambda a, b, c: (b.delayed(5), a.followed_by(events=b)), 7),
        (lambda a, b, c: a.followed_by(events=[b], delay_seconds=3), 5),
        (lambda a, b, c: b.delayed(5).depends_on(), 5),
        (lambda a, b, c: b.delayed(5), 5),
    ],
)
def test_a_delay_that_is_stated_once_counts(wire: Any, time: float) -> None:
    run = after(wire)
    assert run.result.exception is None
    assert (time, "b") in said(run)


@pytest.mark.parametrize(
    ("wire", "delays"),
    [
        (lambda a, b, c: b.delayed(5).depends_on(a, 3), (5, 3)),
        (lambda a, b, c: b.depends_on(a, delay_seconds=3).delayed(5), (3, 5)),
        (lambda a, b, c: b.delayed(5).depends_on(a, delay_seconds=0), (5, 0)),
        (lambda a, b, c: b.depends_on(a, 1).depends_on(c, 2.5), (1, 2.5)),
        (lambda a, b, c: (b.delayed(5), a.followed_by(b, 3)), (5, 3)),
        (lambda a, b, c: (b.delayed(5), a.followed_by(events=b, delay_seconds=3)), (5, 3)),
    ],
)
def test_two_delays_that_differ_are_a_defect_before_anything_happens(wire: Any, delays: tuple[float, float]) -> None:
    run = after(wire)
    assert isinstance(run.result.exception, ScenarioDefect)
    assert told(run) == CONFLICT.format(*delays)
    assert run.trace.events == ()


def test_reference_steps_and_conditions_keep_their_delays_too() -> None:
    def script(s: Any) -> list[Any]:
        a = s.user_says("a").delayed(2)
        step = s.agent_says("step").delayed(5).depends_on(a)
        before = s.user_says("turned into a step").delayed(4).oracle().depends_on(a)
        condition = ConditionCheckEvent.from_condition(lambda env: True).delayed(3).depends_on(a)
        return [a, step, before, condition, s.user_says("b").depends_on(condition)]

    run = play(script)
    assert run.result.exception is None
    assert said(run) == [(2, "a"), (5, "b"), (6, "turned into a step"), (7, "step")]


def test_a_library_that_counts_on_the_last_delay_can_have_a_warning() -> None:
    def script(s: Any) -> list[Any]:
        a = s.user_says("a").delayed(2)
        return [a, s.user_says("b").depends_on(a, delay_seconds=3).delayed(1)]

    run = play(script, script_errors="warn")
    assert run.result.status == "success"
    assert said(run) == [(2, "a"), (3, "b")]
    (warning,) = run.warnings
    assert "has two delays, 3 s and 1 s" in warning


@pytest.mark.parametrize("call", [lambda b: b.followed_by(), lambda b: b.depends_on(after=b)])
def test_a_call_with_wrong_arguments_fails_as_without_a_script(call: Any) -> None:
    run = after(lambda a, b, c: call(b))
    assert isinstance(run.result.exception, TypeError)
    assert "argument" in str(run.result.exception)


@pytest.mark.parametrize("cls", [ConditionCheckEvent, ValidationEvent])
@pytest.mark.parametrize("args", [(0, 2), (0, 2, 60)])
def test_a_check_is_made_as_often_as_its_dependency_says(cls: Any, args: tuple[int, ...]) -> None:
    made: list[Any] = []

    def script(s: Any) -> list[Any]:
        a = s.user_says("a").delayed(2)
        made[:] = [cls(event_id=str(number), schedule_every_ticks=3) for number in range(3)]
        made[0].depends_on(a, *args)
        made[1].depends_on(a, schedule_every_ticks=2)
        made[2].depends_on(a)
        return [a]

    play(script)
    assert [one.schedule_every_ticks for one in made] == [2, 2, 3]


def test_nothing_changes_for_events_outside_of_a_scenario() -> None:
    condition = ConditionCheckEvent.from_condition(lambda env: True)
    other = ConditionCheckEvent.from_condition(lambda env: True)
    assert condition.delayed(3).depends_on(other).event_relative_time == 0
    assert not hasattr(condition, "_made_at")
