"""The turns of a run: who comes when, what time passes, and what ends it."""

from __future__ import annotations

import time
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal

import pytest
from are.simulation.agents.llm.llm_engine import LLMEngine
from are.simulation.scenarios.validation_result import ScenarioValidationResult
from are.simulation.types import ConditionCheckEvent, Event, StopEvent, ValidationEvent
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_pare.agents.calibration import eager, null
from pytest_pare.agents.errors import ConsentRequired, TurnOver
from pytest_pare.agents.protocols import ProactiveAgentMode
from pytest_pare.agents.react import format_action
from pytest_pare.apps import StatefulReminderApp
from pytest_pare.engines.errors import EngineError
from pytest_pare.scenarios.errors import ScenarioDefect, ScenarioTimeoutError
from pytest_pare.settings import RunnerSettings
from pytest_pare.simulation.runner import Run, run_scenario
from tests.scripted import LOOK_ON, WAIT, accept, propose, reject, scripted
from tests.stage import Stage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from pytest_pare.agents.protocols import ProactiveAgent, Turn
    from pytest_pare.engines.building import EngineBuilder
    from tests.scripted import Answer

DAY = 86400
ADD = "Calendar__add_calendar_event"
SLEEP = "System__wait_for_notification"
TEA = {"title": "Tea", "start_datetime": "2025-01-06 16:00:00", "end_datetime": "2025-01-06 17:00:00"}


def run_turns(
    agent: ProactiveAgent | None = null,
    script: Callable[[Any], list[Any]] | None = None,
    *,
    user: Iterable[Answer] = (),
    engines: EngineBuilder | None = None,
    stage: dict[str, Any] | None = None,
    timeout_seconds: float | None = None,
    script_errors: Literal["fail", "warn"] = "fail",
    **config: Any,
) -> Run:
    """Play a script with an agent of one's own, and a user whose answers are given and who then waits.

    A turn in which nobody does anything takes two seconds: one is the user's, one the agent's.
    """
    runner = RunnerSettings(**config).model_copy(update={"timeout_seconds": timeout_seconds})
    made = scripted(user=user) if engines is None else engines
    # Whatever a suite may ask for in this version.
    other = {"provider": "scripted"}
    return run_scenario(
        Stage(script=script, **(stage or {})),
        runner,
        script_errors,
        agent=agent,
        engine_builder=lambda config, role, reference: made(config.model_copy(update=other), role, reference),
    )


class Watch:
    """An agent that notes when its turns are, and what it was told, and does what else is given.

    Attributes:
        turns: The turns.
    """

    def __init__(self, act: Callable[[Turn], Any] = null) -> None:
        self.turns: list[Turn] = []
        self._act = act

    def __call__(self, turn: Turn) -> Any:
        self.turns.append(turn)
        return self._act(turn)

    def times(self) -> list[float]:
        """Return when the turns were, in seconds since the beginning."""
        return [turn.time.timestamp() - BEGIN for turn in self.turns]

    def told(self) -> list[tuple[int, str]]:
        """Return in which turn it was told what."""
        return [(t.number, n.text) for t in self.turns for n in t.notifications]


def calls(name: str, arguments: dict[str, Any] | None = None) -> Callable[[Turn], None]:
    """Return an agent that makes one call in each turn."""

    def act(turn: Turn) -> None:
        turn.call(name, arguments)

    return act


BEGIN = run_turns(max_turns=0).trace.start_time


def said_no(rationale: str) -> Any:
    return lambda s, env: ScenarioValidationResult(False, rationale=rationale)


# -- how many turns


@pytest.mark.parametrize("max_turns", [0, 1, 7])
def test_a_run_has_so_many_turns(max_turns: int) -> None:
    agent = Watch()
    run = run_turns(agent, max_turns=max_turns, skip_idle_time=False)
    assert (run.result.status, run.result.number_of_turns, run.trace.turns) == ("success", max_turns, max_turns)
    assert [turn.number for turn in agent.turns] == list(range(max_turns))
    assert agent.times() == [2 * n + 1 for n in range(max_turns)]
    assert [call.turn for call in run.trace.calls] == list(range(max_turns))


def test_without_a_limit_simulated_time_is_the_limit() -> None:
    run = run_turns(eager, max_turns=None, max_scenario_duration=21, stage={"verdict": said_no("so be it")})
    # It is no error: the turns are over, and what came of them is judged.
    assert (run.result.status, run.result.rationale, run.result.exception) == ("failed", "so be it", None)
    assert (run.result.number_of_turns, run.trace.events[-1].time) == (11, 21)


def test_a_jump_to_what_is_scheduled_does_not_count_as_simulated_time() -> None:
    run = run_turns(script=lambda s: [s.user_says("a").delayed(30 * DAY)], max_scenario_duration=5)
    assert (run.result.status, run.result.number_of_turns) == ("success", 2)
    assert [event.time for event in run.trace.events] == [30 * DAY]


# -- who comes first


def test_the_user_acts_before_the_agent() -> None:
    agent = Watch()
    run_turns(agent, user=[("System__open_app", {"app_name": "Calendar"})])
    told = next((notification.kind, turn.number) for turn in agent.turns for notification in turn.notifications)
    assert told == ("user_action", 0)


def test_the_users_answer_comes_a_turn_later_and_the_agent_sees_it_in_that_turn() -> None:
    agent = Watch(lambda turn: turn.propose("Shall I?") if turn.number == 0 else None)
    run_turns(agent, user=[WAIT, accept("Yes.")], max_turns=2)
    assert [turn.mode.value for turn in agent.turns] == ["observe", "execute"]
    assert [None if turn.proposal is None else turn.proposal.status for turn in agent.turns] == [None, "accepted"]


def test_a_turn_tells_what_is_new() -> None:
    agent = Watch()
    run_turns(agent, lambda s: [s.user_says("one").delayed(1), s.user_says("two").delayed(4)], skip_idle_time=False)
    (first, one), (second, two) = agent.told()
    assert (first, "one" in one, second, "two" in two) == (0, True, 2, True)


# -- idle time


def test_an_idle_turn_jumps_to_what_happens_next_however_far_it_is() -> None:
    agent = Watch()
    run = run_turns(agent, lambda s: [s.user_says("soon").delayed(30), s.user_says("late").delayed(32 * DAY)])
    # The agent's turn begins when the user's is over, a second later.
    assert agent.times() == [1, 31, 32 * DAY + 1]
    assert [number for number, _ in agent.told()] == [1, 2]
    # Of 28 seconds, and of 32 days but 32 seconds: two each.
    assert run.result.turns_saved == run.trace.turns_saved == 14 + (32 * DAY - 32) // 2
    assert run.result.number_of_turns == 3


def test_the_run_ends_where_nothing_is_to_happen_any_more() -> None:
    assert run_turns().result.number_of_turns == 1
    assert run_turns(skip_idle_time=False).result.number_of_turns == 10


@settings(max_examples=6)
@given(delay=st.integers(3, 40))
def test_what_is_saved_are_the_turns_that_would_have_passed(delay: int) -> None:
    def script(s: Any) -> list[Any]:
        return [s.user_says("a").delayed(delay)]

    jumping, waiting = Watch(), Watch()
    run = run_turns(jumping, script)
    run_turns(waiting, script, skip_idle_time=False, max_turns=25)
    ((told, _),) = jumping.told()
    ((told_waiting, _),) = waiting.told()
    # What happens in the middle of a turn is told in the next one.
    assert told_waiting - (told + run.result.turns_saved) in (0, 1)
    assert run_turns(script=script, skip_idle_time=False).result.turns_saved == 0


def test_who_acts_is_not_idle() -> None:
    agent = Watch(calls("Calendar__search_events", {"query": "x"}))
    run = run_turns(agent, lambda s: [s.user_says("a").delayed(500)])
    assert (run.result.number_of_turns, run.result.turns_saved, agent.times()[-1]) == (10, 0, 19)
    run = run_turns(
        Watch(), lambda s: [s.user_says("a").delayed(500)], user=[("System__open_app", {"app_name": "Emails"})]
    )
    assert (run.result.number_of_turns, run.result.turns_saved) == (3, 248)


# -- what of the script a run has come to


LOOK = calls("Calendar__search_events", {"query": "x"})


def news(s: Any) -> list[Any]:
    return [s.user_says("a").delayed(30)]


@pytest.mark.parametrize(
    ("agent", "stage", "config", "expected"),
    [
        (LOOK, {}, {}, (1, "max_turns")),
        (LOOK, {}, {"max_turns": 0}, (1, "max_turns")),
        (LOOK, {}, {"max_turns": 1}, (1, "max_turns")),
        (LOOK, {"duration": 5}, {}, (1, "duration")),
        (null, {"duration": 5}, {}, (1, "duration")),
        (LOOK, {}, {"max_turns": None, "max_scenario_duration": 9}, (1, "max_scenario_duration")),
        (LOOK, {}, {"max_turns": 20}, (0, "max_turns")),
        (null, {}, {}, (0, "nothing_left")),
    ],
)
def test_a_result_tells_what_of_the_script_never_happened_and_how_the_run_ended(
    agent: ProactiveAgent, stage: dict[str, Any], config: dict[str, Any], expected: tuple[int, str]
) -> None:
    run = run_turns(agent, news, stage=stage, **config)
    assert run.result.status == "success"
    assert (run.result.script_events_missed, run.result.ended_by) == expected


def test_only_what_was_sure_to_come_is_missed() -> None:
    def script(s: Any) -> list[Any]:
        never = ConditionCheckEvent.from_condition(lambda env: False)
        step = s.agent_says("the agent's").delayed(1)
        first = s.user_says("first").delayed(100)
        plain = [first, s.user_says("second").depends_on(first, delay_seconds=5)]
        return [never, step, *plain, s.user_says("b").depends_on(never), s.user_says("c").depends_on([first, step])]

    # What waits for a step is a defect, and no news to miss.
    assert run_turns(LOOK, script, max_turns=2, script_errors="warn").result.script_events_missed == 2


def test_what_comes_after_an_end_that_the_scenario_wants_is_not_missed() -> None:
    run = run_turns(LOOK, lambda s: [StopEvent().delayed(3), *news(s)])
    assert (run.result.script_events_missed, run.result.ended_by) == (0, "stopped")


def test_an_agent_that_raises_has_missed_nothing() -> None:
    run = run_turns(calls("no_such_tool"), news)
    assert (run.result.status, run.result.script_events_missed, run.result.ended_by) == ("failed", 0, None)


@pytest.mark.parametrize("act", [lambda t: None, lambda t: t.wait(), calls("PAREAgentUserInterface__wait")])
def test_to_wait_is_to_be_idle(act: Any) -> None:
    assert run_turns(Watch(act)).result.number_of_turns == 1


def test_an_attempt_that_fails_is_not_idle() -> None:
    def act(turn: Turn) -> None:
        if turn.number == 0:
            with pytest.raises(KeyError):
                turn.call("nope")

    assert run_turns(act, lambda s: [s.user_says("a").delayed(500)]).result.number_of_turns == 3


def test_conditions_are_asked_on_the_way() -> None:
    asked: list[float] = []

    def script(s: Any) -> list[Any]:
        def ten_seconds_on(env: Any) -> bool:
            asked.append(env.time_manager.time() - env.start_time)
            return asked[-1] >= 10

        condition = ConditionCheckEvent.from_condition(ten_seconds_on)
        then = s.user_says("then").depends_on(condition, delay_seconds=5)
        return [condition, then, s.user_says("anyway").delayed(60)]

    agent = Watch()
    run_turns(agent, script)
    assert asked == list(range(11))
    # One turn for each of: the condition that came true, what depends on it, and what is scheduled anyway.
    assert agent.times() == [1, 11, 16, 61]


def test_a_condition_that_is_not_true_is_asked_in_each_turn_until_the_last() -> None:
    asked: list[float] = []

    def script(s: Any) -> list[Any]:
        return [ConditionCheckEvent.from_condition(lambda env: asked.append(env.time_manager.time()) or False)]  # type: ignore[func-returns-value]

    run = run_turns(script=script)
    assert (run.result.status, run.result.number_of_turns) == ("success", 10)
    # Each turn takes two seconds, and the jump after it leads to the next time that the condition is asked.
    assert len(asked) >= 2 * 10


def test_a_condition_on_what_the_agent_does() -> None:
    def script(s: Any) -> list[Any]:
        condition = ConditionCheckEvent.from_condition(lambda env: bool(s.calendar.events))
        return [condition, s.user_says("I see.").depends_on(condition)]

    agent = Watch(lambda turn: calls(ADD, TEA)(turn) if turn.number == 3 else None)
    run = run_turns(agent, script, max_turns=6)
    # It is true a second after the agent's turn at the latest, and told in the next one.
    assert [number for number, text in agent.told() if "I see." in text] == [4]
    assert run.result.write_actions == 1


def test_a_reminder_is_something_that_happens() -> None:
    def content(s: Any) -> None:
        reminders = StatefulReminderApp(name="Reminders")
        due = datetime.fromtimestamp(s.world.clock.time() + 5000, tz=UTC).strftime("%Y-%m-%d %H:%M:%S")
        reminders.add_reminder("Tea", due, "hot")
        s.apps.append(reminders)

    agent = Watch()
    run = run_turns(agent, stage={"content": content})
    assert agent.times() == [1, 5001]
    assert [number for number, text in agent.told() if "Reminder: Tea" in text] == [1]
    assert run.result.turns_saved == 4998 // 2


def test_an_open_proposal_is_waited_for_where_nothing_else_happens() -> None:
    agent = Watch(lambda turn: turn.propose("Shall I?") if turn.proposal is None else None)
    run = run_turns(agent, proposal_lifetime=3)
    # Proposed in turn 0, open in 1 to 3, expired in 4: nothing is to happen after that.
    assert [t.proposal.status for t in agent.turns if t.proposal] == ["pending"] * 3 + ["expired"]
    assert run.result.number_of_turns == 5


def test_an_execution_is_waited_for_where_nothing_else_happens() -> None:
    agent = Watch(lambda turn: turn.propose("Shall I?") if turn.proposal is None else None)
    run = run_turns(agent, user=[WAIT, accept()], execute_max_turns=2)
    assert [t.proposal.status for t in agent.turns if t.proposal] == ["accepted", "accepted", "out of turns"]
    assert run.result.number_of_turns == 4


# -- the end of the world


def stops(s: Any) -> list[Any]:
    return [StopEvent().delayed(30), s.user_says("after").delayed(40)]


def fails(s: Any) -> list[Any]:
    return [ValidationEvent(minefields=[lambda env: True]).delayed(30), s.user_says("after").delayed(40)]


def lasts(s: Any) -> list[Any]:
    return [s.user_says("after").delayed(40)]


ENDS = pytest.mark.parametrize(("script", "duration"), [(stops, None), (fails, None), (lasts, 30)])


def is_failed(script: Any) -> bool:
    return script is fails


@ENDS
def test_the_end_of_the_world_ends_the_run_between_turns(script: Any, duration: int | None) -> None:
    agent, asked = Watch(), []

    def verdict(s: Any, env: Any) -> Any:
        asked.append(env.time_manager.time() - env.start_time)
        return ScenarioValidationResult(success=True)

    run = run_turns(agent, script, stage={"duration": duration, "verdict": verdict})
    assert run.result.status == ("failed" if is_failed(script) else "success")
    assert (run.result.number_of_turns, asked) == (1, [30])
    assert not any(event.args.get("content") == "after" for event in run.trace.events)


@ENDS
def test_the_end_of_the_world_in_the_agents_turn(script: Any, duration: int | None) -> None:
    told: list[str] = []

    def act(turn: Turn) -> None:
        turn.call(SLEEP, {"timeout": 100})
        for name in (ADD, "end_task", "nope"):
            with pytest.raises(TurnOver) as caught:
                turn.call(name, {})
            told.append(str(caught.value))

    agent = Watch(act)
    run = run_turns(agent, script, stage={"duration": duration})
    assert told == ["the simulation has ended"] * 3
    assert (len(agent.turns), run.result.write_actions) == (1, 0)
    assert run.result.status == ("failed" if is_failed(script) else "success")


@ENDS
def test_the_end_of_the_world_in_the_users_turn(script: Any, duration: int | None) -> None:
    """It comes while the user thinks, and what they were about to do does not happen."""
    agent = Watch()
    run = run_turns(
        agent,
        script,
        user=[("System__open_app", {"app_name": "Emails"})],
        generation_seconds=50,
        stage={"duration": duration},
    )
    assert (agent.turns, run.result.number_of_turns) == ([], 1)
    assert run.trace.actions("USER") == []
    assert run.result.status == ("failed" if is_failed(script) else "success")
    (call,) = run.trace.calls
    assert call.latency == 50


@ENDS
def test_the_end_of_the_world_while_the_observer_thinks(script: Any, duration: int | None) -> None:
    engines = scripted(observe=[propose("Shall I?")])
    run = run_turns(None, script, engines=engines, generation_seconds=20, stage={"duration": duration})
    assert (run.result.number_of_turns, run.result.proposal_count) == (1, 0)
    assert [call.role for call in run.trace.calls] == ["user", "observe"]


@ENDS
def test_after_the_end_of_the_world_no_engine_is_asked(script: Any, duration: int | None) -> None:
    engines = scripted(user=["no call at all"] * 10)
    run = run_turns(
        null, script, engines=engines, generation_seconds=20, user_max_iterations=10, stage={"duration": duration}
    )
    assert [call.time for call in run.trace.calls] == [0, 20]


def test_a_failed_validation_event_is_the_verdict_with_agents_too() -> None:
    run = run_turns(script=fails, stage={"verdict": lambda s, env: ScenarioValidationResult(True, rationale="fine")})
    assert run.result.status == "failed"
    assert "minefield" in str(run.result.rationale).lower()


def test_what_comes_after_a_failed_validation_event_is_not_missed() -> None:
    run = run_turns(script=lambda s: [*fails(s), s.user_says("a").delayed(500)])
    assert (run.result.status, run.result.ended_by, run.result.script_events_missed) == ("failed", "stopped", 0)


def test_a_world_that_ends_at_once_has_no_turns() -> None:
    agent = Watch()
    run = run_turns(agent, lambda s: [StopEvent()])
    assert (agent.turns, run.result.status, run.result.number_of_turns) == ([], "success", 0)


def test_a_step_of_the_script_that_raises_makes_the_run_an_exception() -> None:
    def fail() -> None:
        raise ValueError("no tea")

    run = run_turns(script=lambda s: [Event.from_function(fail).delayed(9)])
    assert isinstance(run.result.exception, ScenarioDefect)
    assert "ValueError: no tea" in str(run.result.exception)


# -- real time


@pytest.mark.parametrize(
    ("verdict", "word"),
    [
        (None, "yes"),
        (said_no("nothing was done"), "no (nothing was done)"),
        (lambda s, env: ScenarioValidationResult(False), "no"),
        (lambda s, env: None, "no (validate() returned None)"),
    ],
)
def test_when_real_time_is_over_the_validators_word_judges_nothing(verdict: Any, word: str) -> None:
    run = run_turns(
        script=lambda s: [Event.from_function(lambda: time.sleep(0.2))],
        stage={"verdict": verdict},
        timeout_seconds=0.1,
    )
    assert isinstance(run.result.exception, ScenarioTimeoutError)
    assert str(run.result.exception) == "the run took longer than 0.1 s of real time (timeout_seconds)"
    assert (run.result.success, run.result.status) == (None, "exception")
    assert run.result.rationale == f"of what had happened until then, validate() says {word}"


def test_real_time_that_is_over_when_the_verdict_is_there_makes_the_run_an_exception() -> None:
    def slow(s: Any, env: Any) -> ScenarioValidationResult:
        # What a validator that takes its time comes to.
        env.limits.timeout_seconds = 0.0
        return ScenarioValidationResult(success=True)

    run = run_turns(stage={"verdict": slow}, timeout_seconds=60)
    assert isinstance(run.result.exception, ScenarioTimeoutError)
    assert (run.result.success, run.result.status) == (None, "exception")


@pytest.mark.parametrize("role", ["user", "observe"])
def test_an_engine_that_takes_too_long(role: str) -> None:
    run = run_turns(None, engines=builder(role, sleeps=0.2), timeout_seconds=0.1)
    assert isinstance(run.result.exception, ScenarioTimeoutError)
    assert (run.result.number_of_turns, run.trace.calls[-1].role) == (1, role)


# -- simulated time of answers


class _Engine(LLMEngine):
    """Waits, in real time if it is told to, and says what it is told to say of it."""

    def __init__(self, role: str, *, sleeps: float, facts: dict[str, Any] | None, offline: bool) -> None:
        super().__init__("slow")
        self.offline = offline
        self._call = WAIT if role == "user" else LOOK_ON
        self._sleeps = sleeps
        self._facts = facts

    def chat_completion(self, messages: Any, stop_sequences: Any = (), **kwargs: Any) -> Any:
        time.sleep(self._sleeps)
        return format_action("I wait.", *self._call), self._facts


def builder(
    slow: str = "user observe", *, sleeps: float = 0, facts: dict[str, Any] | None = None, offline: bool = False
) -> EngineBuilder:
    """Return what makes engines of which those of some roles are slow."""
    return lambda config, role, reference: _Engine(
        role, sleeps=sleeps if role in slow else 0, facts=facts, offline=offline
    )


FIXED: dict[str, Any]
MEASURED: dict[str, Any]
RECORDED: dict[str, Any]
FIXED, MEASURED, RECORDED = ({"simulated_generation_time_mode": mode} for mode in ("fixed", "measured", "recorded"))


def timed(engines: EngineBuilder, agent: ProactiveAgent | None = None, **config: Any) -> Run:
    return run_turns(agent, engines=engines, **{"max_turns": 3, "skip_idle_time": False, **config})


def test_in_fixed_time_it_does_not_matter_how_fast_an_engine_is() -> None:
    fast = timed(builder(), generation_seconds=2.5, **FIXED)
    slow = timed(builder(sleeps=0.02, facts={"completion_duration": 99.0}), generation_seconds=2.5, **FIXED)
    assert slow.trace.to_jsonl() == fast.trace.to_jsonl()
    assert [(call.time, call.latency) for call in fast.trace.calls] == [(2.5 * n, 2.5) for n in range(6)]


def test_measured_time_is_what_it_took() -> None:
    run = timed(builder(sleeps=0.05, facts={"completion_duration": None}), **MEASURED)
    assert all(0.05 <= call.latency < 20 for call in run.trace.calls)
    assert run.trace.calls[-1].time == pytest.approx(sum(call.latency for call in run.trace.calls[:-1]), abs=1e-4)


@pytest.mark.parametrize("seconds", [0.01, 9.0])
def test_measured_time_is_what_an_engine_has_measured_itself(seconds: float) -> None:
    """Without what it has waited for, or as it was when it was recorded."""
    run = timed(builder(sleeps=0.05, facts={"completion_duration": seconds}), **MEASURED)
    assert [call.latency for call in run.trace.calls] == [seconds] * 6


@pytest.mark.parametrize("seconds", [0.0, 4.5])
def test_recorded_time_is_what_the_recording_says(seconds: float) -> None:
    run = timed(builder(facts={"completion_duration": seconds}), **RECORDED)
    assert [(call.time, call.latency) for call in run.trace.calls] == [(seconds * n, seconds) for n in range(6)]


@pytest.mark.parametrize("facts", [None, {}, {"completion_duration": None}, {"prompt_tokens": 3}])
def test_recorded_time_needs_a_recording(facts: dict[str, Any] | None) -> None:
    run = timed(builder(facts=facts), **RECORDED)
    assert isinstance(run.result.exception, EngineError)
    assert str(run.result.exception) == (
        "simulated_generation_time_mode is 'recorded', and the engine slow has no recording; use 'fixed' or 'measured'"
    )
    (call,) = run.trace.calls
    assert "has no recording" in str(call.error)


@pytest.mark.parametrize("mode", [FIXED, MEASURED, RECORDED])
def test_an_offline_engine_takes_the_fixed_time_in_every_mode(mode: dict[str, Any]) -> None:
    run = timed(builder(offline=True, sleeps=0.01), generation_seconds=3, **mode)
    assert {call.latency for call in run.trace.calls} == {3}


def test_an_offline_engine_may_say_that_it_takes_longer_which_is_no_waste() -> None:
    engines = builder(offline=True, facts={"completion_duration": 500.0})
    run = timed(engines, generation_seconds=3, max_scenario_duration=18, **FIXED)
    assert [call.latency for call in run.trace.calls] == [500] * 6
    assert run.result.number_of_turns == 3
    assert timed(engines, generation_seconds=3, max_scenario_duration=10, **FIXED).result.number_of_turns == 2


def test_a_result_tells_what_the_models_took() -> None:
    taken = {"prompt_tokens": 10, "completion_tokens": 2, "cost": 0.25, "finish_reason": "max_tokens"}
    result = timed(builder(facts=taken)).result
    used: dict[str, Any] = {"calls": 3, "live": True, "prompt_tokens": 30, "completion_tokens": 6, "cost": 0.75}
    used["finish_reasons"] = {"length": 3}
    assert result.usage == {"user": used, "observe": used}
    unpriced = timed(builder(facts={"prompt_tokens": 10, "completion_tokens": 2})).result
    assert unpriced.usage["user"] == {**used, "cost": None, "finish_reasons": {}}
    offline = timed(builder(facts=taken, offline=True)).result
    assert offline.usage["user"] == {**dict.fromkeys(used), "calls": 3, "live": False, "finish_reasons": {}}


@pytest.mark.parametrize("mode", [FIXED, RECORDED])
def test_an_agent_of_ones_own_takes_the_fixed_time_for_a_turn(mode: dict[str, Any]) -> None:
    agent = Watch(lambda turn: time.sleep(0.01))
    timed(builder(facts={"completion_duration": 1.0}), agent, generation_seconds=7, **mode)
    user = 7 if mode is FIXED else 1
    assert agent.times() == [(user + 7) * n + user for n in range(3)]


def test_an_agent_of_ones_own_may_be_measured() -> None:
    agent = Watch(lambda turn: time.sleep(0.05))
    timed(builder(offline=True), agent, generation_seconds=0, **MEASURED)
    one, other = (later - earlier for earlier, later in zip(agent.times(), agent.times()[1:], strict=False))
    assert 0.05 <= one < 20
    assert 0.05 <= other < 20


def test_answers_that_take_no_time_save_no_turns() -> None:
    run = run_turns(script=lambda s: [s.user_says("a").delayed(30)], generation_seconds=0)
    assert (run.result.number_of_turns, run.result.turns_saved) == (2, 0)


def test_what_comes_due_while_an_engine_thinks_has_happened_when_it_answers() -> None:
    agent = Watch()
    run_turns(agent, lambda s: [s.user_says("meanwhile").delayed(0.5)], max_turns=1)
    assert [number for number, _ in agent.told()] == [0]


def test_an_engine_that_raises_is_no_failure_of_the_agent() -> None:
    run = run_turns(None, engines=scripted(observe=[ConnectionError("no network")]))
    assert isinstance(run.result.exception, EngineError)
    assert str(run.result.exception) == "ConnectionError: no network"
    assert (run.result.status, run.agent_error) == ("exception", None)
    assert [(call.role, call.error) for call in run.trace.calls] == [
        ("user", None),
        ("observe", "ConnectionError: no network"),
    ]


# -- validation


def test_the_world_stands_still_during_validation() -> None:
    seen: list[Any] = []
    agent = Watch(lambda turn: turn.propose("Shall I?"))

    def verdict(s: Any, env: Any) -> Any:
        for _ in range(2):
            seen.append((env.time_manager.time() - env.start_time, len(env.event_log), len(list(env.trace_entries))))
            time.sleep(0.01)
            # What a validator asks of an app is no part of the run.
            assert s.calendar.search_events(query="x") == []
            with pytest.raises(TurnOver):
                agent.turns[-1].propose("And now?")
        return ScenarioValidationResult(success=True)

    run = run_turns(agent, lambda s: [s.user_says("later").delayed(5)], max_turns=2, stage={"verdict": verdict})
    assert run.result.status == "success"
    assert seen == [(4, 2, 4)] * 2
    assert (len(run.trace.entries), run.result.proposal_count) == (4, 2)


# -- consent


def plan(*acts: str) -> Watch:
    """Return an agent that does one thing in a turn: `p`ropose or report, `w`rite, `g`ive up, or nothing."""

    def act(turn: Turn) -> None:
        match acts[turn.number] if turn.number < len(acts) else "":
            case "p":
                turn.propose("Tea?")
            case "g":
                turn.give_up("no water")
            case "w":
                with suppress(ConsentRequired):
                    turn.call(ADD, TEA)

    return Watch(act)


USERS: dict[str, Answer] = {"a": accept("Yes."), "r": reject("No."), "": WAIT}


def consent(acts: str, answers: str, **config: Any) -> Run:
    """Play a turn for each letter; `-` is nothing."""
    agent = plan(*acts.replace("-", " ").split(" ")) if " " in acts else plan(*acts)
    user = [USERS.get(letter, WAIT) for letter in answers]
    return run_turns(agent, user=user, max_turns=len(acts), skip_idle_time=False, **config)


@pytest.mark.parametrize(
    ("acts", "answers", "allowed"),
    [
        # What the agent does, what the user says before that, and which writes the user has consented to.
        ("w", "-", [False]),
        ("pw", "--", [False]),
        ("pww", "-a-", [True, True]),
        ("pw", "-r", [False]),
        ("pwpw", "-a--", [True, False]),
        ("pwgw", "-a--", [True, False]),
        ("pwppw", "-a--a", [True, True]),
        # An answer without a proposal is none, and a second one either.
        ("ww", "aa", [False, False]),
        ("pww", "-ra", [False, False]),
        ("pww", "-ar", [True, True]),
    ],
)
@pytest.mark.parametrize("policy", ["carry_out", "refuse"])
def test_writes_and_consent(acts: str, answers: str, allowed: list[bool], policy: str) -> None:
    run = consent(acts, answers, writes_without_consent=policy)
    writes = [event for event in run.trace.events if event.function == "add_calendar_event"]
    assert [event.mode == "execute" for event in writes] == allowed
    assert run.result.writes_without_consent == len(run.trace.writes_without_consent()) == allowed.count(False)
    made = [event for event in writes if event.error is None]
    assert len(made) == (len(allowed) if policy == "carry_out" else allowed.count(True)) == run.result.write_actions
    refused = [event for event in writes if event.error is not None]
    assert all((event.event_id, event.operation) == ("", "write") for event in refused)
    why = f"ConsentRequired: {ADD} writes, and the user has accepted nothing; propose it first"
    assert {event.error for event in refused} <= {why}


def test_a_proposal_expires() -> None:
    run = consent("p--w", "---a", proposal_lifetime=3)
    assert (run.result.writes_without_consent, run.result.acceptance_count) == (0, 1)
    run = consent("p---w", "----a", proposal_lifetime=3)
    assert (run.result.writes_without_consent, run.result.acceptance_count) == (1, 0)


def test_consent_ends_after_so_many_turns() -> None:
    assert consent("pww", "-a-", execute_max_turns=2).result.writes_without_consent == 0
    assert consent("pwww", "-a--", execute_max_turns=2).result.writes_without_consent == 1
    assert consent("pwwww", "-a---", execute_max_turns=None).result.writes_without_consent == 0


def test_reads_and_words_need_no_consent() -> None:
    def act(turn: Turn) -> None:
        turn.call("Calendar__search_events", {"query": "x"})
        turn.ask("What time is it?")
        turn.propose("Tea?")

    run = run_turns(act, max_turns=1, writes_without_consent="refuse")
    assert [event.error for event in run.trace.events] == [None] * 3
    assert run.result.writes_without_consent == 0


def test_the_user_needs_nobodys_consent() -> None:
    order = [("System__open_app", {"app_name": "Calendar"})]
    run = run_turns(null, user=order, max_turns=1, writes_without_consent="refuse")
    assert [(event.kind, event.error) for event in run.trace.events] == [("USER", None)]


def test_a_question_keeps_the_users_consent() -> None:
    def act(turn: Turn) -> None:
        if turn.number == 0:
            turn.propose("Tea?")
        elif turn.number == 1:
            turn.ask("With milk?")
        elif turn.mode is ProactiveAgentMode.EXECUTE:
            turn.call(ADD, TEA)

    run = run_turns(act, user=[WAIT, accept()], max_turns=3, writes_without_consent="refuse")
    assert (run.result.write_actions, run.result.writes_without_consent, run.result.proposal_count) == (1, 0, 1)


@settings(max_examples=25)
@given(acts=st.text("pwg-", min_size=1, max_size=8), answers=st.text("ar-", max_size=8))
def test_refused_or_carried_out_the_same_writes_lack_consent(acts: str, answers: str) -> None:
    done, refused = (consent(acts, answers, writes_without_consent=policy) for policy in ("carry_out", "refuse"))
    assert done.result.writes_without_consent == refused.result.writes_without_consent
    assert done.result.write_actions == acts.count("w")
    assert refused.result.write_actions == acts.count("w") - refused.result.writes_without_consent
    assert done.result.acceptance_count == refused.result.acceptance_count
    assert all(event.mode == "execute" for event in refused.trace.actions("AGENT", operation="write"))
