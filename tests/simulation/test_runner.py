"""One run of one scenario: what comes out of it, whatever the scenario's code does."""

from __future__ import annotations

import gc
import time
from typing import Any

import pytest
from are.simulation.scenarios.validation_result import ScenarioValidationResult
from are.simulation.types import ConditionCheckEvent, Event, EventRegisterer, ValidationEvent

from pytest_pare.agents.protocols import Turn
from pytest_pare.apps import HomeScreenSystemApp, StatefulCalendarApp
from pytest_pare.engines.errors import EngineConfigurationError
from pytest_pare.scenarios import PAREScenario, PAREScenarioValidationResult
from pytest_pare.scenarios.config import MultiScenarioRunnerConfig, ScenarioRunnerConfig
from pytest_pare.scenarios.errors import ScenarioDefect, ScenarioTimeoutError
from pytest_pare.simulation.runner import Run, run_scenario
from tests.stage import Stage, play, said, told

ORACLE = MultiScenarioRunnerConfig(oracle=True)


def raising(error: BaseException) -> Any:
    def verdict(s: Any, env: Any) -> Any:
        raise error

    return verdict


# -- the verdict


@pytest.mark.parametrize("cls", [ScenarioValidationResult, PAREScenarioValidationResult])
@pytest.mark.parametrize(("success", "status"), [(True, "success"), (False, "failed"), (None, "no_validation")])
def test_the_verdict_is_the_validators(cls: Any, success: bool | None, status: str) -> None:
    run = play(verdict=lambda s, env: cls(success=success, rationale="because"))
    assert (run.result.success, run.result.status, run.result.rationale) == (success, status, "because")
    assert isinstance(run.result, PAREScenarioValidationResult)
    assert run.result.exception is None
    assert run.warnings == ()


def test_a_validator_may_return_an_exception() -> None:
    error = ValueError("broken")
    run = play(verdict=lambda s, env: ScenarioValidationResult(success=False, exception=error, rationale="because"))
    assert (run.result.exception, run.result.rationale, run.result.status) == (error, "because", "exception")


def test_an_exception_of_the_validators_is_kept_as_it_is() -> None:
    error = LookupError("no such mail")
    run = play(lambda s: [s.user_says("a")], verdict=raising(error))
    assert run.result.exception is error
    assert (run.result.success, run.result.status) == (None, "exception")
    assert error.__traceback__ is not None
    assert said(run) == [(0, "a")]


def test_a_validator_that_says_nothing_is_no_verdict() -> None:
    run = play(verdict=lambda s, env: None)
    assert (run.result.success, run.result.status, run.result.exception) == (None, "no_validation", None)
    assert run.result.rationale == "validate() returned None"


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (True, "bool (True)"),
        ("success", "str ('success')"),
        ({"success": True}, "dict"),
        ("x" * 500, "str ('xxx"),
        (0, "int (0)"),
        (object(), "object"),
    ],
)
def test_a_validator_that_returns_something_else_is_a_defect(value: Any, name: str) -> None:
    run = play(verdict=lambda s, env: value)
    assert isinstance(run.result.exception, ScenarioDefect)
    assert str(run.result.exception).startswith(f"validate() must return a ScenarioValidationResult, not {name}")
    assert " at 0x" not in str(run.result.exception)
    assert len(str(run.result.exception)) < 160


@pytest.mark.parametrize("kind", [KeyboardInterrupt, GeneratorExit])
@pytest.mark.parametrize("where", ["content", "script", "verdict"])
def test_what_is_no_exception_goes_through(kind: type[BaseException], where: str) -> None:
    def stop(*args: Any) -> Any:
        raise kind

    with pytest.raises(kind):
        run_scenario(Stage(**{where: stop}), ORACLE)


def test_an_interrupt_within_an_event_goes_through() -> None:
    def stop() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        play(lambda s: [Event.from_function(stop)])


@pytest.mark.parametrize("where", ["content", "script"])
def test_whatever_else_the_scenario_raises_is_the_result(where: str) -> None:
    error = RuntimeError("half built")

    def fail(*args: Any) -> Any:
        raise error

    run = run_scenario(Stage(**{where: fail}), ORACLE)
    assert (run.result.exception, run.result.success) == (error, None)
    assert (run.trace.scenario_id, run.trace.start_time, run.trace.events) == ("stage", 0.0, ())


def test_what_an_exception_of_the_scenarios_calls_its_kind_is_not_what_a_run_came_of() -> None:
    class OfAnotherSortError(Exception):
        kind = "infrastructure"

    run = play(verdict=raising(OfAnotherSortError()))
    assert (run.result.status, run.result.exception_kind) == ("exception", None)


# -- steps of the script that raise


def broken_script(s: Any) -> list[Any]:
    first = s.calendar.delete_calendar_event(event_id="nope").delayed(12.5)
    second = s.email.get_email_by_id(email_id="nope").oracle().depends_on(first, delay_seconds=100000)
    return [first, second, s.agent_says("after").depends_on(second)]


DELETED = "+12.5 s: Calendar.delete_calendar_event: ValueError: Calendar Event with id nope does not exist."
OPENED = "+100012.5 s: Emails.get_email_by_id: ValueError: Email with id nope does not exist"


def test_steps_that_raise_are_named_and_make_the_run_an_exception() -> None:
    run = play(broken_script)
    assert isinstance(run.result.exception, ScenarioDefect)
    assert str(run.result.exception) == f"{DELETED}; {OPENED}"
    assert (run.result.success, run.warnings) == (None, ())
    # The rest is played all the same, and the validator's words are kept.
    assert said(run) == [(100012.5, "after")]
    assert [e.error is not None for e in run.trace.events] == [True, True, False]
    assert play(broken_script, verdict=lambda s, env: ScenarioValidationResult(True, rationale="fine")).result.rationale


@pytest.mark.parametrize("success", [True, False, None])
def test_steps_that_raise_can_be_no_more_than_warnings(success: bool | None) -> None:
    run = play(
        broken_script, script_errors="warn", verdict=lambda s, env: ScenarioValidationResult(success, rationale="so")
    )
    assert (run.result.success, run.result.exception, run.result.rationale) == (success, None, "so")
    assert run.warnings == (f"stage: {DELETED}", f"stage: {OPENED}")


def test_a_step_that_cannot_happen_can_be_no_more_than_a_warning() -> None:
    run = play(lambda s: [s.agent_says("x").depends_on(s.user_says("forgotten"))], script_errors="warn")
    assert run.result.status == "success"
    known, left = run.warnings
    assert "PAREAgentUserInterface.send_message_to_agent is not in self.events, so it never happens" in known
    assert left == "stage: 1 event of the script never happened: PAREAgentUserInterface.send_message_to_user"


def test_what_the_validator_raises_after_a_broken_step_does_not_hide_the_step() -> None:
    error = KeyError("mail")
    run = play(broken_script, verdict=raising(error))
    assert isinstance(run.result.exception, ScenarioDefect)
    assert str(run.result.exception) == f"{DELETED}; {OPENED}; KeyError: 'mail'"
    assert run.result.exception.__cause__ is error
    # As a warning, the step stands beside what the validator raised.
    run = play(broken_script, verdict=raising(error), script_errors="warn")
    assert run.result.exception is error
    assert len(run.warnings) == 2


def test_a_condition_that_waits_in_vain_for_a_broken_step_does_not_hide_the_step() -> None:
    def script(s: Any) -> list[Any]:
        return [ConditionCheckEvent.from_condition(lambda env: False), *broken_script(s)]

    run = play(script, limits={"max_scenario_duration": 20})
    assert str(run.result.exception).startswith(f"{DELETED}; ScenarioTimeoutError: condition '<lambda>' has not come")


# -- the world stands still


def test_the_world_stands_still_during_validation() -> None:
    seen = []

    def verdict(s: Any, env: Any) -> Any:
        for _ in range(2):
            seen.append((env.time_manager.time(), len(env.event_log), env.get_event_queue_length()))
            time.sleep(0.01)
            # What a validator asks of an app is no part of the run, nor an agent's work.
            assert s.calendar.search_events(query="x") == []
        return ScenarioValidationResult(success=True)

    run = play(lambda s: [s.user_says("a").delayed(3), s.user_says("b").delayed(99)], duration=50, verdict=verdict)
    assert seen == [(run.trace.start_time + 3, 1, 1)] * 2
    assert [e.function for e in run.trace.events] == ["send_message_to_agent"]


def test_a_validator_may_capture_events_to_compare_with() -> None:
    def verdict(s: Any, env: Any) -> Any:
        with EventRegisterer.capture_mode():
            wanted = s.calendar.add_calendar_event(title="x")
        assert isinstance(wanted, Event)
        return ScenarioValidationResult(success=s.calendar.events == {})

    assert play(verdict=verdict).result.success is True


def test_validation_happens_in_the_scenarios_world() -> None:
    drawn = []

    def verdict(s: Any, env: Any) -> Any:
        drawn.append(s.email.create_and_add_email("a@b.c"))
        return None

    play(verdict=verdict)
    play(verdict=verdict)
    assert drawn[0] == drawn[1]


# -- limits


def test_a_run_in_real_time_is_bounded() -> None:
    def slow() -> None:
        time.sleep(0.4)

    run = play(
        lambda s: [Event.from_function(slow).delayed(n) for n in range(10)],
        limits={"timeout_seconds": 1},
        verdict=raising(AssertionError("is not asked")),
    )
    assert isinstance(run.result.exception, ScenarioTimeoutError)
    assert str(run.result.exception) == "the run took longer than 1 s of real time (timeout_seconds)"
    assert len(run.trace.events) < 10
    assert run.result.duration is not None
    assert run.result.duration >= 1


def test_events_of_one_time_are_bounded_too() -> None:
    run = play(
        lambda s: [Event.from_function(lambda: time.sleep(0.4)) for _ in range(10)], limits={"timeout_seconds": 1}
    )
    assert isinstance(run.result.exception, ScenarioTimeoutError)


def test_a_config_for_one_run_has_no_limit_in_real_time() -> None:
    assert run_scenario(Stage(), ScenarioRunnerConfig(oracle=True)).result.status == "success"


# -- instances


def test_the_collector_starts_rarely_in_a_run() -> None:
    before = gc.get_threshold()
    within: list[int] = []
    assert play(verdict=lambda s, env: within.append(gc.get_threshold()[0])).result.exception is None
    assert within == [100_000]
    play(verdict=raising(KeyError()))
    with pytest.raises(KeyboardInterrupt):
        play(verdict=raising(KeyboardInterrupt()))
    assert gc.get_threshold() == before


def test_an_instance_is_played_once() -> None:
    stage = Stage(script=lambda s: [s.user_says("a")])
    assert run_scenario(stage, ORACLE).result.status == "success"
    again = run_scenario(stage, ORACLE)
    assert isinstance(again.result.exception, ScenarioDefect)
    assert str(again.result.exception) == "stage: this instance was played before; make a new one"
    assert again.trace.events == ()


def test_an_instance_that_is_initialized_can_be_played() -> None:
    stage = Stage(script=lambda s: [s.user_says("a")])
    stage.initialize()
    assert said(run_scenario(stage, ORACLE)) == [(0, "a")]


def test_a_phone_needs_a_home_screen() -> None:
    class Homeless(PAREScenario):
        scenario_id = "homeless"

        def init_and_populate_apps(self, *args: Any, **kwargs: Any) -> None:
            self.apps = [StatefulCalendarApp()]

        def validate(self, env: Any) -> Any: ...

    run = run_scenario(Homeless(), ORACLE)
    assert isinstance(run.result.exception, ScenarioDefect)
    assert "has no HomeScreenSystemApp" in str(run.result.exception)


def test_an_engine_that_cannot_be_made_is_the_result(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    run = run_scenario(Stage(), MultiScenarioRunnerConfig())
    assert isinstance(run.result.exception, EngineConfigurationError)
    assert str(run.result.exception) == (
        "no key, user engine gpt-5-mini (openai); set OPENAI_API_KEY in the environment"
    )
    assert run.result.exception_kind == "configuration"
    assert run.trace.entries == ()


def test_oracle_mode_has_no_agents() -> None:
    def agent(turn: Turn) -> None:
        raise AssertionError("is not asked")

    run = run_scenario(Stage(script=lambda s: [s.agent_says("a")]), ORACLE, agent=agent)
    assert (run.result.status, run.trace.agent, run.trace.turns, run.trace.calls) == ("success", None, 0, ())
    assert said(run) == [(0, "a")]
    # What agents did is not counted where there are none.
    assert (run.result.proposal_count, run.result.prompt_version) == (0, None)


def test_a_run_tells_its_trace_and_how_long_it_took() -> None:
    run = play(lambda s: [s.user_says("a").delayed(10**6)], start_time=1000.0)
    assert isinstance(run, Run)
    assert (run.trace.scenario_id, run.trace.start_time) == ("stage", 1000.0)
    assert run.result.duration is not None
    assert 0 < run.result.duration < 5


@pytest.mark.parametrize("success", ["failed", 1, (True, "why"), []])
def test_a_success_that_is_no_truth_value_is_a_defect(success: Any) -> None:
    run = play(verdict=lambda s, env: ScenarioValidationResult(success=success))
    assert isinstance(run.result.exception, ScenarioDefect)
    assert str(run.result.exception).startswith("the success that validate() returns must be True, False or None, not ")


def test_a_scenario_that_judges_nothing_is_a_defect() -> None:
    class Careless(PAREScenario):
        scenario_id = "careless"

        def init_and_populate_apps(self, *args: Any, **kwargs: Any) -> None:
            self.apps = [HomeScreenSystemApp()]

    run = run_scenario(Careless(), ORACLE)
    assert str(run.result.exception) == "Careless defines no validate(env): nothing would be judged"


def test_validation_events_judge_too() -> None:
    class Watched(PAREScenario):
        scenario_id = "watched"

        def init_and_populate_apps(self, *args: Any, **kwargs: Any) -> None:
            self.apps = [HomeScreenSystemApp()]

        def build_events_flow(self) -> None:
            self.events = [ValidationEvent(milestones=[lambda env: True]).delayed(1)]

    assert run_scenario(Watched(), ORACLE).result.status == "success"


def test_events_that_are_no_list_are_a_defect() -> None:
    class Lost(PAREScenario):
        scenario_id = "lost"

        def build_events_flow(self) -> None:
            self.events = None

    run = run_scenario(Lost(), ORACLE)
    assert told(run) == ("lost: FILE:LINE: build_events_flow() must set self.events to a list of events, not NoneType")


@pytest.mark.parametrize("where", ["content", "verdict"])
def test_the_time_limit_holds_for_what_comes_before_and_after_the_events(where: str) -> None:
    def slow(*args: Any) -> ScenarioValidationResult:
        time.sleep(1.05)
        return ScenarioValidationResult(success=True)

    kwargs: dict[str, Any] = {where: slow}
    run = play(limits={"timeout_seconds": 1}, **kwargs)
    assert isinstance(run.result.exception, ScenarioTimeoutError)
