"""A user who is busy, answers beside the point, or takes back what they have said."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pytest_pare.agents.calibration import null
from pytest_pare.agents.protocols import ProactiveAgentMode
from pytest_pare.scenarios.checks import Write, check_consented_writes
from pytest_pare.scenarios.config import NoiseConfig
from pytest_pare.scenarios.noise_config import BusyUser, Fault
from pytest_pare.simulation.faults import chance
from pytest_pare.simulation.user_faults import is_difficult
from tests.scripted import LOOK_ON, WAIT, accept, play_oracle, play_scripted, propose, reject, scripted, tell
from tests.stage import Stage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from pytest_pare.agents.protocols import Turn
    from pytest_pare.simulation.runner import Run
    from tests.scripted import Answer, Call

ADD = "Calendar__add_calendar_event"
TEA = {"title": "Tea", "start_datetime": "2025-01-06 16:00:00", "end_datetime": "2025-01-06 17:00:00"}
ALWAYS = Fault(rate=1)
YES = accept("Yes, but at five.")
WORDS = NoiseConfig(user_words=ALWAYS)
FICKLE = NoiseConfig(user_changes_mind=ALWAYS)
BUSY = NoiseConfig(user_busy=BusyUser(rate=1))


class Witness:
    """Proposes once, puts tea into the calendar when it may, and remembers what it was told.

    Args:
        hears: Tells of a turn whether it may.
    """

    def __init__(self, hears: Callable[[Turn], bool]) -> None:
        self.told: list[tuple[str, str | None, str | None, list[str]]] = []
        self._hears = hears

    def __call__(self, turn: Turn) -> None:
        status, reply = (None, None) if turn.proposal is None else (turn.proposal.status, turn.proposal.reply)
        self.told.append((turn.mode.value, status, reply, [one.text for one in turn.notifications]))
        if turn.proposal is None:
            turn.propose("Shall I put tea into the calendar?")
        elif self._hears(turn):
            turn.call(ADD, TEA)
            turn.report("Tea is in.")


def by_mode(turn: Turn) -> bool:
    return turn.mode is ProactiveAgentMode.EXECUTE


def by_words(turn: Turn) -> bool:
    return any("[ACCEPT]" in one.text or "Yes" in one.text for one in turn.notifications)


def play(noise: NoiseConfig, agent: Any = None, user: Iterable[Answer] = (WAIT, YES), **config: Any) -> tuple[Run, Any]:
    """Return a run in which the user accepts in their second turn, and the agent."""
    agent = Witness(by_mode) if agent is None else agent
    return play_scripted(scripted(user=user), agent=agent, config={"noise": noise, **config}), agent


def said(run: Run) -> list[tuple[int | None, str, str, str | None]]:
    """Return turn, function and words, and the fault, of what the user did."""
    events = [event for event in run.trace.events if event.kind == "USER"]
    return [(one.turn, str(one.function), one.args.get("content", ""), one.fault) for one in events]


def writes(run: Run) -> list[tuple[int | None, str | None]]:
    return [(event.turn, event.mode) for event in run.trace.actions("AGENT", operation="write")]


def test_without_faults_the_user_is_the_one_that_there_always_was() -> None:
    assert not is_difficult(NoiseConfig(user_busy=BusyUser(seed=3, turns=4), user_words=Fault(seed=3)))
    assert all(map(is_difficult, (WORDS, FICKLE, BUSY)))
    never = NoiseConfig(user_words=Fault(seed=3), user_changes_mind=Fault(seed=3), user_busy=BusyUser(turns=4))
    run, _ = play(never)
    assert run.trace.to_jsonl() == play(NoiseConfig())[0].trace.to_jsonl()
    assert said(run) == [(1, "accept_proposal", "Yes, but at five.", None)]
    assert run.result.faults == {}


# -- words that are no answer


def test_words_are_no_acceptance_and_the_answer_follows_a_turn_later() -> None:
    run, agent = play(WORDS)
    assert said(run) == [
        (1, "send_message_to_agent", "Yes, but at five.", "user_words"),
        (2, "accept_proposal", "Yes, but at five.", None),
    ]
    assert [entry[:3] for entry in agent.told[:4]] == [
        ("observe", None, None),
        ("awaiting_confirmation", "pending", None),
        ("execute", "accepted", "Yes, but at five."),
        ("observe", "done", "Yes, but at five."),
    ]
    (told,) = agent.told[1][3]
    assert "Yes, but at five." in told
    assert "[ACCEPT]" not in told
    assert writes(run) == [(2, "execute")]
    assert run.result.faults == {"user_words": {"user": 1}}
    assert (run.result.proposal_count, run.result.acceptance_count, run.result.rejection_count) == (1, 1, 0)


def test_who_takes_words_for_consent_writes_without_it() -> None:
    run, _ = play(WORDS, Witness(by_words))
    assert run.result.writes_without_consent == 1
    assert play(WORDS)[0].result.writes_without_consent == 0


def test_a_write_between_two_acceptances_is_one_without_consent_for_a_validator_too() -> None:
    class Judged(Stage):
        def validate(self, env: Any) -> Any:
            return check_consented_writes(env, Write("StatefulCalendarApp", "add_calendar_event", {"title": "Tea"}))

    def hasty(turn: Turn) -> None:
        if turn.proposal is None:
            turn.propose("Shall I put tea into the calendar?")
        elif turn.mode is ProactiveAgentMode.EXECUTE:
            turn.report("Tea is in.")
        elif by_words(turn):
            turn.call(ADD, TEA)

    runs = [
        play_scripted(scripted(user=[WAIT, YES]), scenario=Judged, agent=agent, config={"noise": FICKLE})
        for agent in (Witness(by_mode), hasty)
    ]
    assert [run.result.status for run in runs] == ["success", "failed"]
    assert "before the user accepted" in str(runs[1].result.rationale)


@pytest.mark.parametrize(("answer", "words"), [(accept(), "Yes."), (accept("  "), "Yes."), (reject(), "No.")])
def test_an_answer_without_words_is_yes_or_no(answer: Call, words: str) -> None:
    run, _ = play(WORDS, user=[WAIT, answer])
    assert said(run) == [
        (1, "send_message_to_agent", words, "user_words"),
        (2, answer[0].partition("__")[2], "", None),
    ]


def test_an_answer_to_nothing_is_what_it_was() -> None:
    run, _ = play(WORDS, null, user=[accept("Yes."), tell("Hello?")])
    assert said(run) == [(0, "accept_proposal", "Yes.", None), (1, "send_message_to_agent", "Hello?", None)]


def test_who_answers_twice_in_a_turn_is_heard_the_second_time() -> None:
    run, _ = play(WORDS, user=[WAIT, YES, accept("I said yes.")], user_max_iterations=2)
    assert said(run) == [
        (1, "send_message_to_agent", "Yes, but at five.", "user_words"),
        (1, "accept_proposal", "I said yes.", None),
    ]


def test_a_proposal_that_is_not_there_any_more_gets_no_answer() -> None:
    def insistent(turn: Turn) -> None:
        if turn.number < 2:
            turn.propose(f"Proposal {turn.number}?")

    run, _ = play(WORDS, insistent, max_turns=3)
    assert said(run) == [(1, "send_message_to_agent", "Yes, but at five.", "user_words")]


def test_a_proposal_expires_as_ever() -> None:
    run, agent = play(WORDS, proposal_lifetime=1)
    assert said(run) == [(1, "send_message_to_agent", "Yes, but at five.", "user_words")]
    assert agent.told[2][:2] == ("observe", "expired")


# -- second thoughts


def test_an_acceptance_is_taken_back_at_once_and_given_again_a_turn_later() -> None:
    run, agent = play(FICKLE)
    assert said(run) == [
        (1, "accept_proposal", "Yes, but at five.", None),
        (1, "send_message_to_agent", "Wait, I am not sure any more.", "user_changes_mind"),
        (2, "accept_proposal", "Go ahead after all. Yes, but at five.", None),
    ]
    mode, status, reply, texts = agent.told[1]
    assert (mode, status, reply) == ("awaiting_confirmation", "pending", None)
    assert ["[ACCEPT]: Yes, but at five." in text for text in texts] == [True, False]
    assert ["Wait, I am not sure any more." in text for text in texts] == [False, True]
    assert agent.told[2][:3] == ("execute", "accepted", "Go ahead after all. Yes, but at five.")
    assert writes(run) == [(2, "execute")]
    assert run.result.faults == {"user_changes_mind": {"user": 1}}
    assert (run.result.proposal_count, run.result.acceptance_count) == (1, 1)


def test_who_acts_on_the_word_of_acceptance_writes_without_consent() -> None:
    run, _ = play(FICKLE, Witness(by_words))
    assert writes(run) == [(1, "awaiting_confirmation")]
    assert run.result.writes_without_consent == 1
    assert play(FICKLE)[0].result.writes_without_consent == 0


def test_a_rejection_stands() -> None:
    run, agent = play(FICKLE, user=[WAIT, reject("No.")])
    assert said(run) == [(1, "reject_proposal", "No.", None)]
    assert agent.told[2][:2] == ("observe", "rejected")


def test_an_execution_has_its_turns_from_the_second_acceptance_on() -> None:
    seen: list[str] = []

    def slow(turn: Turn) -> None:
        seen.append(turn.mode.value)
        if turn.proposal is None:
            turn.propose("Shall I?")

    play(FICKLE, slow, execute_max_turns=2)
    assert seen == ["observe", "awaiting_confirmation", "execute", "execute", "observe", "observe"]


def test_there_is_one_mishap_for_a_proposal_at_most() -> None:
    run, _ = play(NoiseConfig(user_words=ALWAYS, user_changes_mind=ALWAYS))
    assert run.result.faults == {"user_words": {"user": 1}}


def test_a_user_who_has_no_more_calls_left_stands_by_what_they_have_said() -> None:
    run, _ = play(FICKLE, max_tool_calls=1, max_turns=2)
    assert [event for event in said(run) if event[1] == "accept_proposal"] == [
        (1, "accept_proposal", "Yes, but at five.", None)
    ]
    assert run.result.faults == {}
    assert run.success


# -- a user who is busy


@pytest.mark.parametrize("turns", [1, 2])
def test_a_busy_user_answers_later(turns: int) -> None:
    run, agent = play(NoiseConfig(user_busy=BusyUser(rate=1, turns=turns)))
    assert said(run) == [(1, "busy", "", "user_busy"), (1 + turns, "accept_proposal", "Yes, but at five.", None)]
    assert [entry[1] for entry in agent.told[1 : 2 + turns]] == [*["pending"] * turns, "accepted"]
    assert run.result.faults == {"user_busy": {"user": 1}}
    busy = next(event for event in run.trace.events if event.function == "busy")
    assert (busy.event_id, busy.app, busy.error, busy.mode) == ("", None, None, "awaiting_confirmation")
    assert busy.to_lines() == ["+2       user   busy", "                fault: user_busy"]


def test_who_cannot_wait_asks_a_busy_user_again_and_again() -> None:
    def impatient(turn: Turn) -> None:
        if not by_mode(turn):
            turn.propose("Shall I?")

    run, _ = play(BUSY, impatient)
    assert run.result.acceptance_count == 0
    assert run.result.faults == {"user_busy": {"user": 5}}
    assert play(BUSY)[0].result.acceptance_count == 1


def test_a_busy_users_turn_takes_time_and_none_is_jumped_over() -> None:
    def script(stage: Any) -> list[Any]:
        return [stage.email.send_email_to_user_only(sender="x@y.z", subject="Hi", content="There.").delayed(5000)]

    busy = NoiseConfig(user_busy=BusyUser(rate=1, turns=3))
    config = {"noise": busy, "skip_idle_time": True, "proposal_lifetime": None}
    run = play_scripted(scripted(user=[WAIT, YES]), script, agent=Witness(by_mode), config=config)
    assert [(event.turn, event.time) for event in run.trace.acceptances()] == [(4, 9)]


def test_a_busy_user_learns_later_what_they_have_missed() -> None:
    def script(stage: Any) -> list[Any]:
        return [stage.email.send_email_to_user_only(sender="x@y.z", subject="Hi", content="There.").delayed(2)]

    engines = scripted(user=[WAIT, YES])
    config = {"noise": BUSY, "max_turns": 3}
    play_scripted(engines, script, agent=Witness(by_mode), config=config)
    assert len(engines.requests["user"]) == 2
    told = engines.told("user", 1)
    assert told.index("Shall I put tea") < told.index("New email from x@y.z")


def test_a_proposal_expires_while_the_user_is_busy() -> None:
    run, agent = play(NoiseConfig(user_busy=BusyUser(rate=1, turns=5)), proposal_lifetime=2)
    assert said(run) == [(1, "busy", "", "user_busy")]
    assert [entry[1] for entry in agent.told] == [None, "pending", "pending", "expired", "expired", "expired"]


def test_simulated_time_ends_in_a_busy_turn_too() -> None:
    run, _ = play(NoiseConfig(user_busy=BusyUser(rate=1, turns=9)), max_scenario_duration=5, max_turns=None)
    assert run.success
    assert run.trace.events[-1].function == "busy"


# -- chance


def faults(noise: NoiseConfig, **fields: Any) -> list[int]:
    """Return the numbers of the proposals that were hit: one is made in each turn, and answered in the next."""

    def eager(turn: Turn) -> None:
        turn.give_up()
        turn.propose("And now?")

    engines = scripted(user=[WAIT, *[accept("Yes.")] * 20])
    run = play_scripted(engines, agent=eager, config={"noise": noise, "max_turns": 8}, **fields)
    return [int(event.turn or 0) for event in run.trace.events if event.fault]


HALVES = {
    "user_words": NoiseConfig(user_words=Fault(rate=0.5)),
    "user_changes_mind": NoiseConfig(user_changes_mind=Fault(rate=0.5)),
    "user_busy": NoiseConfig(user_busy=BusyUser(rate=0.5)),
}


@pytest.mark.parametrize("kind", HALVES)
def test_what_is_hit_depends_on_the_seeds_and_the_number_of_the_proposal(kind: str) -> None:
    noise = HALVES[kind]
    fault = getattr(noise, kind)
    reseeded = noise.model_copy(update={kind: fault.model_copy(update={"seed": 4})})
    assert faults(noise) == faults(noise) != []
    assert faults(noise) not in (faults(reseeded), faults(noise, seed=5), faults(noise, run_number=9))
    assert faults(noise) == [n for n in range(1, 8) if chance(kind, 0, Stage(), n).random() < 0.5]


# -- with the built-in agent


def test_an_observer_that_is_told_words_may_propose_again() -> None:
    engines = scripted(user=[WAIT, accept("Yes.")], observe=[propose("Tea?"), LOOK_ON])
    run = play_scripted(engines, config={"noise": WORDS})
    assert "Yes." in engines.told("observe", 1)
    assert run.result.acceptance_count == 1
    assert "The owner accepted, and said: Yes." in engines.told("execute", 0)


def test_an_executor_is_told_all_of_a_second_acceptance() -> None:
    engines = scripted(user=[WAIT, YES], observe=[propose("Tea?")])
    play_scripted(engines, config={"noise": FICKLE})
    assert "The owner accepted, and said: Go ahead after all. Yes, but at five." in engines.told("execute", 0)


def asked(stage: Any) -> list[Any]:
    proposed = stage.agent_says("Shall I put tea into the calendar?").delayed(3)
    accepted = stage.agent_ui.accept_proposal(content="Yes.").oracle().depends_on(proposed, delay_seconds=4)
    tea = stage.calendar.add_calendar_event(**TEA).oracle().depends_on(accepted, delay_seconds=2)
    thanks = stage.user_says("Thank you.").oracle().depends_on(accepted, delay_seconds=5)
    return [proposed, accepted, tea, thanks]


@pytest.mark.parametrize("noise", [WORDS, FICKLE, BUSY, NoiseConfig(user_busy=BusyUser(rate=1), user_words=ALWAYS)])
@pytest.mark.parametrize("iterations", [1, 3])
def test_a_user_who_plays_by_reference_makes_up_for_it(noise: NoiseConfig, iterations: int) -> None:
    run = play_oracle(asked, agent=Witness(by_mode), config={"noise": noise, "user_max_iterations": iterations})
    assert run.success
    assert run.result.write_actions == 1
    assert run.result.writes_without_consent == 0
    # What the user does after the acceptance comes after it.
    functions = [(function, content) for _, function, content, _ in said(run)]
    assert functions[-1] == ("send_message_to_agent", "Thank you.")
    assert functions[-2][0] == "accept_proposal"


@pytest.mark.parametrize("noise", [WORDS, FICKLE])
def test_a_user_who_plays_by_reference_answers_what_was_proposed_anew(noise: NoiseConfig) -> None:
    # The second proposal is not hit.
    kind = next(iter(noise.model_fields_set))
    half = HALVES[kind]
    number = next(
        n for n in range(99)
        if [chance(kind, 0, Stage(run_number=n), one).random() < 0.5 for one in (1, 2)] == [True, False]
    )  # fmt: skip
    said_again: list[int] = []

    def careful(turn: Turn) -> None:
        if turn.mode is ProactiveAgentMode.EXECUTE:
            turn.call(ADD, TEA)
            turn.report("Tea is in.")
        elif turn.proposal is None or (turn.notifications and not said_again):
            said_again.extend([] if turn.proposal is None else [turn.number])
            turn.propose("Shall I really?")

    run = play_oracle(asked, agent=careful, config={"noise": half}, run_number=number)
    assert len(said_again) == 1
    assert run.result.proposal_count == 2
    assert writes(run)[0][1] == "execute"
