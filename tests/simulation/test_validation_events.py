"""ARE's own validation events and agent validators, and what they make of a run."""

from __future__ import annotations

from typing import Any

import pytest
from are.simulation.scenarios.scenario import Scenario
from are.simulation.scenarios.validation_result import ScenarioValidationResult
from are.simulation.types import AgentValidationEvent, EnvironmentState, ValidationEvent

from pytest_pare.scenarios.errors import ScenarioDefect, ScenarioTimeoutError
from tests.stage import Stage, play, said


def after(seconds: float) -> Any:
    def milestone(env: Any) -> bool:
        return bool(env.time_manager.time_passed() >= seconds)

    return milestone


def calls(function: str) -> Any:
    """Return a test for an event: does it call `function`?"""
    return lambda env, event: event.function_name() == function


def validations(run: Any) -> list[float]:
    return [e.time for e in run.trace.events if e.kind == "VALIDATION"]


# -- validation events


def test_a_milestone_that_is_reached_is_no_more_than_an_event() -> None:
    run = play(lambda s: [ValidationEvent(milestones=[after(0)]).delayed(2), s.user_says("a").delayed(3)])
    assert validations(run) == [2]
    (event, _) = run.trace.events
    assert event.function == "validate"
    assert event.result == {"success": True, "achieved_milestones": ["<function>"]}
    assert event.to_lines() == ["+2       validation validate"]
    assert run.result.status == "success"


def test_a_milestone_is_asked_for_again_until_it_is_reached() -> None:
    run = play(lambda s: [ValidationEvent(milestones=[after(4)]).schedule(every_ticks=2, timeout=20)])
    assert validations(run) == [0, 2, 4]
    assert run.result.status == "success"


def test_the_interval_of_a_milestone_can_be_set_with_what_it_depends_on() -> None:
    def script(s: Any) -> list[Any]:
        first = s.user_says("first").delayed(1)
        milestone = ValidationEvent(milestones=[after(4)])
        return [first, milestone.depends_on(first, schedule_every_ticks=2, timeout=20)]

    assert validations(play(script)) == [1, 3, 5]


@pytest.mark.parametrize("verdict", [True, False, None])
def test_a_milestone_that_is_missed_fails_the_run_whatever_the_validator_says(verdict: bool | None) -> None:
    def validate(s: Any, env: Any) -> Any:
        assert env.state == EnvironmentState.FAILED
        return verdict if verdict is None else ScenarioValidationResult(success=verdict, rationale="mine")

    def script(s: Any) -> list[Any]:
        missed = ValidationEvent(milestones=[after(100)]).with_id("check").schedule(every_ticks=1, timeout=3)
        return [missed, s.user_says("a").delayed(1), s.agent_says("never").delayed(9)]

    run = play(script, verdict=validate)
    assert (run.result.success, run.result.exception) == (False, None)
    if verdict is False:
        assert run.result.rationale == "mine"
    else:
        assert run.result.rationale is not None
        assert run.result.rationale.startswith("Validation event check timed out, but 1 milestones are still not")
        # The same in every process.
        assert "0x" not in run.result.rationale
    # It ends the run, and what was to come is no defect then.
    assert said(run) == [(1, "a")]


def test_a_minefield_fails_the_run() -> None:
    run = play(lambda s: [ValidationEvent(minefields=[after(2)]).delayed(2), s.user_says("a").delayed(3)])
    assert run.result.success is False
    assert "triggered 1 minefields" in str(run.result.rationale)
    assert said(run) == []


def test_a_validation_that_the_end_cuts_off_fails_the_run() -> None:
    run = play(lambda s: [ValidationEvent(milestones=[after(0)]).delayed(9)], duration=5)
    assert run.result.success is False
    assert "Validation events still active" in str(run.result.rationale)


def test_waiting_for_a_milestone_counts_against_the_limit() -> None:
    script = [ValidationEvent(milestones=[after(100)]).with_id("check").schedule(every_ticks=1, timeout=None)]
    run = play(lambda s: script, limits={"max_scenario_duration": 5})
    assert isinstance(run.result.exception, ScenarioTimeoutError)
    assert str(run.result.exception).startswith("validation event 'check' has not come true within 5 simulated")


def test_a_validation_at_one_time_again_and_again_is_a_defect() -> None:
    run = play(lambda s: [ValidationEvent(milestones=[after(9)]).with_id("check").schedule(every_ticks=0)])
    assert isinstance(run.result.exception, ScenarioDefect)
    assert "validation event 'check' is asked every 0 ticks" in str(run.result.exception)


@pytest.mark.parametrize("reached", [0, 4])
def test_what_depends_on_a_validation_waits_for_its_end(reached: float) -> None:
    def script(s: Any) -> list[Any]:
        check = ValidationEvent(milestones=[after(reached)]).schedule(every_ticks=1, timeout=9)
        first = s.user_says("first")
        return [check, first, s.agent_says("then").depends_on([check, first], delay_seconds=1)]

    assert said(play(script)) == [(0, "first"), (reached + 1, "then")]


def test_what_a_milestone_reads_is_no_work_of_the_agents() -> None:
    def milestone(env: Any) -> bool:
        return not env.get_app("Calendar").get_all_tags()

    run = play(lambda s: [ValidationEvent(milestones=[milestone])])
    assert [e.kind for e in run.trace.events] == ["VALIDATION"]


def test_a_milestone_that_raises_is_told_as_it_is() -> None:
    error = RuntimeError("broken")

    def milestone(env: Any) -> bool:
        raise error

    assert play(lambda s: [ValidationEvent(milestones=[milestone])]).result.exception is error


# -- agent validators


def test_an_agents_milestone_that_is_reached() -> None:
    def script(s: Any) -> list[Any]:
        return [
            AgentValidationEvent(milestones=[calls("get_all_tags")]),
            s.calendar.get_all_tags().oracle().delayed(3),
        ]

    assert play(script).result.status == "success"


def test_an_agents_milestone_that_is_missed_fails_the_run() -> None:
    def script(s: Any) -> list[Any]:
        return [AgentValidationEvent(milestones=[calls("search_events")]), s.calendar.get_all_tags().oracle()]

    run = play(script)
    assert run.result.success is False
    assert "1 milestones are still not achieved" in str(run.result.rationale)


def test_an_agents_minefield_fails_the_run_and_ends_it() -> None:
    def script(s: Any) -> list[Any]:
        return [
            AgentValidationEvent(minefields=[calls("get_all_tags")]),
            s.calendar.get_all_tags().oracle().delayed(3),
            s.user_says("later").delayed(4),
        ]

    run = play(script)
    assert run.result.success is False
    assert "triggered 1 minefields" in str(run.result.rationale)
    assert [e.function for e in run.trace.events] == ["get_all_tags"]


def test_only_the_agents_events_are_validated() -> None:
    def script(s: Any) -> list[Any]:
        return [AgentValidationEvent(minefields=[calls("send_message_to_agent")]), s.user_says("a").delayed(1)]

    assert play(script).result.status == "success"


@pytest.mark.parametrize(("at", "success"), [(4, True), (5, False), (9, False)])
def test_the_timeout_of_an_agents_milestone_is_counted_in_ticks_of_time(at: int, success: bool) -> None:
    """In ticks, one for each second here, and not one for each time at which something happens."""

    def script(s: Any) -> list[Any]:
        validation = AgentValidationEvent(milestones=[calls("get_all_tags")], timeout=5)
        return [validation, s.calendar.get_all_tags().oracle().delayed(at)]

    run = play(script)
    assert run.result.success is success
    assert ("timed out" in str(run.result.rationale)) is not success


def test_an_event_may_depend_on_the_beginning_of_a_validation() -> None:
    def script(s: Any) -> list[Any]:
        validation = AgentValidationEvent(milestones=[calls("get_all_tags")]).delayed(2)
        return [validation, s.calendar.get_all_tags().oracle().depends_on(validation, delay_seconds=3)]

    run = play(script)
    assert [e.time for e in run.trace.events] == [5]
    assert run.result.status == "success"


def test_what_an_agents_milestone_reads_is_no_work_of_the_agents() -> None:
    """It would be validated again, and again."""

    def milestone(env: Any, event: Any) -> bool:
        return not env.get_app("Calendar").get_all_tags()

    run = play(lambda s: [AgentValidationEvent(milestones=[milestone]), s.agent_says("a").delayed(1)])
    assert (said(run), run.result.status) == ([(1, "a")], "success")
    assert len(run.trace.events) == 1


# -- ARE's default verdict


@pytest.mark.parametrize(("reached", "success"), [(0, True), (9, False)])
def test_ares_default_verdict_is_that_of_its_validation_events(reached: float, success: bool) -> None:
    run = play(
        lambda s: [ValidationEvent(milestones=[after(reached)])],
        verdict=Scenario.validate,
    )
    assert (run.result.success, run.result.exception) == (success, None)


def test_the_failure_is_told_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    stage = Stage(script=lambda s: [ValidationEvent(minefields=[after(0)])])
    assert play(stage.script).result.success is False
    assert "Validation failed: Validation event" in caplog.text
