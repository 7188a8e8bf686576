"""What time jumps to when nobody does anything, and what it does not jump over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from are.simulation.types import ConditionCheckEvent

from pytest_pare.agents.calibration import null
from pytest_pare.agents.protocols import ProactiveAgentMode
from pytest_pare.settings import RunnerSettings
from pytest_pare.simulation.runner import Run, run_scenario
from tests.stage import Stage

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_pare.agents.protocols import Turn

ADD = "Contacts__add_new_contact"
BOB = {"first_name": "Bob", "last_name": "Day"}


def play(
    script: Callable[[Any], list[Any]], agent: Any = null, *, stage: dict[str, Any] | None = None, **config: Any
) -> Run:
    return run_scenario(Stage(script=script, **(stage or {})), RunnerSettings(**config), agent=agent)


def test_the_time_of_a_reference_step_is_nothing_that_happens() -> None:
    """An agent under test must not learn from the clock when the solution acts."""
    run = play(lambda s: [s.agent_says("Shall I?").delayed(600)])
    assert (run.trace.turns, run.trace.turns_saved) == (1, 0)


def test_a_condition_that_is_asked_in_vain_ends_the_simulated_time_and_not_the_patience() -> None:
    def never(env: Any) -> bool:
        return False

    def script(s: Any) -> list[Any]:
        rain = ConditionCheckEvent.from_condition(never, every_tick=1).delayed(1)
        return [rain, s.user_says("a").delayed(86400 * 32)]

    run = play(script)
    assert run.success
    asked = [event for event in run.trace.events if event.kind == "CONDITION"]
    assert 590 <= len(asked) <= 600
    assert asked[-1].time <= 602


def test_an_event_far_off_is_reached_past_conditions_that_have_expired() -> None:
    def never(env: Any) -> bool:
        return False

    def script(s: Any) -> list[Any]:
        rain = ConditionCheckEvent.from_condition(never, every_tick=10, timeout=60).delayed(1)
        return [rain, s.user_says("a").delayed(86400 * 32)]

    run = play(script)
    assert [event.time for event in run.trace.events if event.function == "send_message_to_agent"] == [86400.0 * 32]
    assert run.trace.turns <= 3


# -- the user whom the oracle engine plays, beside an agent of one's own


class Watch:
    """Notes when it was told what."""

    def __init__(self) -> None:
        self.heard: dict[str, float] = {}
        self.began: float | None = None

    def __call__(self, turn: Turn) -> None:
        self.began = self.began or turn.time.timestamp()
        for one in turn.notifications:
            self.heard[one.kind] = turn.time.timestamp() - self.began


def late_step(s: Any) -> list[Any]:
    mail = s.email.send_email_to_user_with_id("m", "ann@b.example", "s", "c").delayed(30)
    return [mail, s.system.open_app(app_name="Emails").oracle().delayed(600)]


def test_the_reference_user_does_not_act_before_the_agent_has_seen_what_comes_first() -> None:
    agent = Watch()
    run = play(late_step, agent)
    assert agent.heard["environment"] < 35
    assert [event.time for event in run.trace.events if event.function == "open_app"] == [600.0]


def test_a_world_that_ends_while_the_reference_user_would_wait_has_given_the_agent_its_turns() -> None:
    agent = Watch()
    play(late_step, agent, stage={"duration": 300})
    assert agent.heard["environment"] < 35


def test_time_does_not_jump_past_what_the_reference_user_is_to_do() -> None:
    def script(s: Any) -> list[Any]:
        late = s.email.send_email_to_user_with_id("n", "ann@b.example", "s", "c").delayed(900)
        mail, step = late_step(s)
        return [mail, step, late]

    run = play(script, Watch())
    assert [event.time for event in run.trace.events if event.function == "open_app"] == [600.0]
    assert [event.time for event in run.trace.events if event.function == "send_email_to_user_with_id"] == [30.0, 900.0]


def test_the_reference_user_answers_at_once_when_nothing_comes_first() -> None:
    def script(s: Any) -> list[Any]:
        ask = s.agent_says("Shall I?").delayed(5)
        return [ask, s.agent_ui.accept_proposal("Yes.").oracle().depends_on(ask, delay_seconds=20)]

    def agent(turn: Turn) -> None:
        if turn.proposal is None:
            turn.propose("Shall I?")
        elif turn.mode is ProactiveAgentMode.EXECUTE:
            turn.call(ADD, BOB)
            turn.report("Done.")

    run = play(script, agent)
    assert (run.result.acceptance_count, run.result.write_actions, run.result.writes_without_consent) == (1, 1, 0)
    assert [event.mode for event in run.trace.actions("AGENT", operation="write")] == ["execute"]


@pytest.mark.parametrize("mode", ["measured", "fixed"])
def test_the_calibration_agents_take_the_fixed_time(mode: Any) -> None:
    traces = {
        run_scenario(
            Stage(script=late_step), RunnerSettings(agent_type="random", simulated_generation_time_mode=mode)
        ).trace.to_jsonl()
        for _ in range(3)
    }
    assert len(traces) == 1
