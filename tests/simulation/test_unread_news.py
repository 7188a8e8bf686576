"""News that arrives during a turn: both sides get it before time jumps, and before the run ends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from are.simulation.scenarios.validation_result import ScenarioValidationResult
from hypothesis import given
from hypothesis import strategies as st

from pytest_pare.agents.calibration import null
from pytest_pare.apps import StatefulReminderApp
from pytest_pare.simulation.notifications import FOR_AGENT, FOR_USER
from tests.scripted import Scripted, play_scripted, propose, reject, scripted
from tests.stage import Stage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_pare.agents.protocols import Turn
    from pytest_pare.engines.reference import Role
    from pytest_pare.simulation.runner import Run

DAY = 86400
JUMPS = {"skip_idle_time": True, "max_turns": 200, "max_scenario_duration": 10**6}


def mail(s: Any, subject: str) -> Any:
    return s.email.send_email_to_user_with_id(subject, "office@rowing.example", subject=subject, content="Boats.")


def message(s: Any, subject: str) -> Any:
    return s.calendar.add_calendar_event_by_attendee(who_add="Ines", title=subject)


def mails_at(times: Sequence[float]) -> Any:
    return lambda s: [(message if n % 2 else mail)(s, f"news-{n}").delayed(time) for n, time in enumerate(times)]


def all_is_read(s: Any, env: Any) -> ScenarioValidationResult:
    left = [side for side in (FOR_USER, FOR_AGENT) if env.notification_system.has_news(side, noise=False)]
    return ScenarioValidationResult(success=not left, rationale=f"unread: {left}")


def play(script: Any, engines: Scripted | None = None, agent: Any = None, **config: Any) -> Run:
    """Play a script; the run succeeds if neither side has unread news at its end."""
    return play_scripted(engines or scripted(), script, agent=agent, config={**JUMPS, **config}, verdict=all_is_read)


def read_at(run: Run, engines: Scripted, role: Role, text: str) -> float:
    """Return when an engine of this role was first asked with `text` in the request, in seconds since the start."""
    calls = [call for call in run.trace.calls if call.role == role]
    asked = zip(calls, engines.requests[role], strict=True)
    return next(call.time for call, request in asked if any(text in content for _, content in request))


class Told:
    """An agent that notes when it is told of a mail, and does what else is given."""

    def __init__(self, act: Any = null) -> None:
        self.at: list[float] = []
        self._act = act
        self._began: float | None = None

    def __call__(self, turn: Turn) -> None:
        self._began = self._began or turn.time.timestamp()
        self.at += [turn.time.timestamp() - self._began for one in turn.notifications if one.kind == "environment"]
        self._act(turn)


@pytest.mark.parametrize("at", [1.0, 1.5, 2.0, 3.0])
def test_an_agent_hears_of_a_mail_whenever_in_a_turn_it_arrives(at: float) -> None:
    def act(turn: Turn) -> None:
        for news in turn.notifications:
            if news.kind == "environment":
                turn.propose(f"The club has written: {news.text}")

    run = play(mails_at([at]), agent=act, max_turns=10)
    assert [event.args["content"].split()[-1] for event in run.trace.proposals()] == ["Boats."]


@given(
    seconds=st.sampled_from([0.25, 1.0, 6.0, 10.0]),
    times=st.lists(st.floats(0, 200) | st.sampled_from([0.0, 10.0, 20.0, 5.0 * DAY]), min_size=1, max_size=6),
)
def test_each_side_reads_news_within_two_answers_and_once(seconds: float, times: list[float]) -> None:
    engines = scripted()
    run = play(mails_at(times), engines, generation_seconds=seconds)
    assert (run.result.ended_by, run.success) == ("nothing_left", True)
    assert run.trace.turns <= 2 * len(times) + 1
    sides: list[Role] = ["user", "observe"]
    for role in sides:
        for number, time in enumerate(times):
            waited = read_at(run, engines, role, f"news-{number}") - time
            assert -1e-5 <= waited <= 2 * seconds, (role, number)
            # A memory holds each line once.
            assert engines.told(role).count(f"news-{number}") == (1 if role == "user" or number % 2 else 2)


@pytest.mark.parametrize("seconds", [1, 6, 10])
@pytest.mark.parametrize("acts", [lambda turn: None, lambda turn: turn.proposal or turn.propose("Shall I?")])
def test_an_agent_of_ones_own_hears_before_a_jump_also_while_it_awaits_an_answer(seconds: float, acts: Any) -> None:
    agent = Told(acts)
    times = [seconds * part for part in (1.25, 2, 2.5, 3.5, 5.5)] + [DAY]
    run = play(mails_at(times), agent=agent, generation_seconds=seconds)
    assert run.success
    assert [told <= time + seconds for told, time in zip(agent.at, times, strict=True)] == [True] * 6
    assert run.trace.turns < 12


@pytest.mark.parametrize("answers", [[], [propose("Shall I?")]])
def test_the_built_in_agent_has_read_all_when_the_run_ends(answers: list[Any]) -> None:
    """While it awaits an answer it takes no turns; what it was told then, it reads in the next one."""
    engines = scripted(observe=answers)
    run = play(mails_at([11.0, 21.0, 31.0]), engines, generation_seconds=10)
    assert (run.result.ended_by, run.success) == ("nothing_left", True)
    assert all(f"news-{number}" in engines.told("observe") for number in range(3))


def test_an_answer_given_while_news_arrives_is_acted_on_with_the_news() -> None:
    engines = scripted(observe=[propose("Shall I?")], user=[("wait", {}), reject("No.")])
    run = play(mails_at([15.0]), engines, generation_seconds=10)
    assert read_at(run, engines, "observe", "news-0") == 30.0
    assert run.result.rejection_count == 1


def test_a_wait_that_is_over_is_news_that_the_user_reads() -> None:
    def act(turn: Turn) -> None:
        if turn.number == 0:
            turn.call("System__wait_for_notification", {"timeout": 5})

    engines = scripted()
    run = play(lambda s: [s.user_says("late").delayed(DAY)], engines, agent=act, generation_seconds=6)
    assert read_at(run, engines, "user", "nothing happened within 5 seconds") < 60
    assert run.success


class Reminding(Stage):
    def init_and_populate_apps(self, *args: Any, **kwargs: Any) -> None:
        super().init_and_populate_apps()
        reminders = StatefulReminderApp(name="Reminders")
        self.apps.append(reminders)
        for second in (3, 7):
            reminders.add_reminder(f"pills-{second}", f"2025-01-06 09:00:0{second}", "")


def test_a_reminder_that_falls_due_in_a_turn_is_news() -> None:
    engines = scripted()
    config = {**JUMPS, "generation_seconds": 6}
    run = play_scripted(engines, mails_at([DAY]), scenario=Reminding, config=config, verdict=all_is_read)
    assert [read_at(run, engines, "user", f"pills-{second}") for second in (3, 7)] == [12.0, 12.0]
    assert [read_at(run, engines, "observe", f"pills-{second}") for second in (3, 7)] == [6.0, 18.0]


def test_no_time_passes_after_the_last_turn() -> None:
    """What would happen then reaches neither side; the result says that the script had more."""
    run = play(mails_at([5.0]), agent=null, max_turns=1)
    assert run.success
    assert [event.function for event in run.trace.events if event.kind == "ENV"] == []
    assert (run.result.ended_by, run.result.script_events_missed, run.trace.turns_saved) == ("max_turns", 1, 0)


def test_a_last_turn_with_nothing_left_is_the_end_of_the_script() -> None:
    run = play(lambda s: [], agent=null, max_turns=1)
    assert run.result.ended_by == "nothing_left"


def test_a_limit_of_turns_ends_a_run_with_news_in_each_of_them() -> None:
    agent = Told()
    run = play(mails_at([6.0 * n for n in range(1, 40)]), agent=agent, generation_seconds=10, max_turns=10)
    assert (run.result.ended_by, run.trace.turns, run.trace.turns_saved) == ("max_turns", 10, 0)
    assert len(agent.at) > 20
