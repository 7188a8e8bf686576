"""The steps of a scenario's own solution: whose each is, in which order, when due, and what became of it."""

from __future__ import annotations

from contextlib import contextmanager
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from are.simulation.types import ConditionCheckEvent, Event, EventType, OracleEvent, ValidationEvent

from pytest_pare.engines.reference import Reference, Role
from pytest_pare.scenarios.errors import ScenarioDefect
from pytest_pare.scenarios.events import is_users_own
from pytest_pare.simulation.consent import Consent
from pytest_pare.simulation.environment import StateAwareEnvironmentWrapper
from pytest_pare.simulation.notifications import FOR_AGENT
from pytest_pare.simulation.trace import TraceEvent
from tests.stage import Stage

if TYPE_CHECKING:
    from collections.abc import Iterator

    from are.simulation.types import AbstractEvent

ROLES: tuple[Role, ...] = ("user", "observe", "execute")


class World:
    """A running environment with the reference of a script, in which a test lets things happen."""

    def __init__(self, stage: Stage, played: tuple[Role, ...]) -> None:
        self.stage = stage
        self.consent = Consent(None, None)
        self.env = StateAwareEnvironmentWrapper(clock=stage.world.clock, consent=self.consent)
        self.env.run(stage, wait_for_end=False)
        self.reference = Reference(stage.events, self.env, is_users_own, frozenset(played))

    def pass_time(self, seconds: float) -> None:
        self.env.advance_to(self.env.time_manager.time() + seconds)

    def call(self, app: str, function: str, **arguments: Any) -> Any:
        """Call a tool of the agent's, or of the user's."""
        tools = [*self.env.apps[app].get_tools(), *self.env.get_user_tools()]
        return next(tool for tool in tools if tool.name == f"{app}__{function}")(**arguments)

    def propose(self, content: str = "Shall I?") -> None:
        self.call("PAREAgentUserInterface", "send_message_to_user", content=content)

    def next(self, role: Role) -> tuple[str, float] | None:
        """Return the function of the next step, and in how many seconds it is due."""
        found = self.next_step(role)
        return None if found is None else (found[0].function, round(found[1], 6))

    def next_step(self, role: Role) -> Any:
        # The agent under test has seen what there is to see.
        self.env.notification_system.take(FOR_AGENT)
        return self.reference.next_step(role)

    def play(self, role: Role, *, call: bool = True) -> dict[str, Any]:
        """Play the next step of a role, when it is due, and return its arguments."""
        found = self.next_step(role)
        assert found is not None
        step, seconds = found
        arguments = self.reference.play(step)
        self.pass_time(seconds)
        if call:
            self.call(step.app_name, step.function, **arguments)
        return arguments


@contextmanager
def world(script: Any, played: tuple[Role, ...] = ROLES) -> Iterator[World]:
    stage = Stage(script=script)
    stage.initialize()
    with stage.world.active():
        yield World(stage, played)


def own(script: Any) -> Any:
    return world(script, played=("user",))


def written(script: Any) -> list[tuple[str, str, int]]:
    """Return function, role and number of acceptances before each step."""
    with world(script) as made:
        return [(step.function, step.role, step.consent) for step in made.reference.steps]


def chain(*events: Any, gap: float = 1) -> list[AbstractEvent]:
    """Let each of the events depend on the one before."""
    made = [event if isinstance(event, OracleEvent) else event.oracle() for event in events]
    for before, after in pairwise(made):
        after.depends_on(before, delay_seconds=gap)
    return made


def mail(stage: Any) -> Any:
    return stage.email.send_email_to_user_only(sender="ada@example.com", subject="Tea", content="At four.")


# -- whose step it is


def test_the_roles_of_a_usual_solution() -> None:
    assert written(
        lambda s: chain(
            s.system.open_app(app_name="Contacts"),
            s.contacts.search_contacts(query="Ada"),
            s.contacts.get_contacts(),
            s.agent_says("Shall I add Ada?"),
            s.agent_ui.accept_proposal(content="Yes."),
            s.contacts.search_contacts(query="Ada"),
            s.contacts.add_new_contact(first_name="Ada", last_name="Byron"),
            s.agent_says("Ada is in."),
            s.user_says("Thank you."),
        )
    ) == [
        ("open_app", "user", 0),
        ("search_contacts", "observe", 0),
        ("get_contacts", "observe", 0),
        ("send_message_to_user", "observe", 0),
        ("accept_proposal", "user", 0),
        ("search_contacts", "execute", 1),
        ("add_new_contact", "execute", 1),
        ("send_message_to_user", "execute", 1),
        ("send_message_to_agent", "user", 1),
    ]


def test_after_a_report_the_agent_observes_again() -> None:
    roles = written(
        lambda s: chain(
            s.agent_says("Add Ada?"), s.agent_ui.accept_proposal(), s.contacts.delete_contact(contact_id="x"),
            s.agent_says("Done."), s.contacts.get_contacts(), s.agent_says("Add Bob?"), s.agent_ui.accept_proposal(),
            s.contacts.delete_contact(contact_id="y"),
        )
    )  # fmt: skip
    assert [role for _, role, _ in roles] == [
        "observe", "user", "execute", "execute", "observe", "observe", "user", "execute"
    ]  # fmt: skip
    assert [consent for _, _, consent in roles] == [0, 0, 1, 1, 1, 1, 1, 2]


@pytest.mark.parametrize("answer", ["accept_proposal", "reject_proposal"])
def test_reads_right_before_a_message_that_is_answered_are_the_observers_also_without_a_report(answer: str) -> None:
    roles = written(
        lambda s: chain(
            s.agent_says("Add Ada?"), s.agent_ui.accept_proposal(), s.contacts.get_contacts(),
            s.contacts.delete_contact(contact_id="x"), s.contacts.get_contacts(), s.agent_says("Add Bob?"),
            getattr(s.agent_ui, answer)(),
        )
    )  # fmt: skip
    assert [role for _, role, _ in roles] == ["observe", "user", "execute", "execute", "observe", "observe", "user"]


def test_a_read_before_what_the_user_does_is_the_executors() -> None:
    roles = written(
        lambda s: chain(
            s.agent_says("Add Ada?"), s.agent_ui.accept_proposal(), s.contacts.get_contacts(), s.system.go_home(),
            s.agent_says("Or Bob?"), s.agent_ui.accept_proposal(), s.contacts.get_contacts(),
        )
    )  # fmt: skip
    assert [role for _, role, _ in roles] == ["observe", "user", "execute", "user", "observe", "user", "execute"]


def test_after_a_rejection_the_agent_observes() -> None:
    roles = written(
        lambda s: chain(
            s.agent_says("Add Ada?"), s.agent_ui.reject_proposal(content="No."), s.contacts.get_contacts(),
            s.agent_says("Never mind."),
        )
    )  # fmt: skip
    assert [(role, consent) for _, role, consent in roles] == [
        ("observe", 0),
        ("user", 0),
        ("observe", 0),
        ("observe", 0),
    ]


def test_two_reports_one_after_the_other_are_one_execution_and_then_none() -> None:
    roles = written(
        lambda s: chain(
            s.agent_says("Add Ada?"), s.agent_ui.accept_proposal(), s.agent_says("So."), s.agent_says("Bye.")
        )
    )
    assert [role for _, role, _ in roles] == ["observe", "user", "execute", "observe"]


def test_a_write_that_nobody_accepts_is_nothing_that_the_observer_could_do() -> None:
    roles = written(lambda s: chain(s.contacts.get_contacts(), s.contacts.delete_contact(contact_id="x")))
    assert [role for _, role, _ in roles] == ["observe", "execute"]


def test_a_message_that_nobody_accepts_is_the_users_if_no_step_of_the_agents_comes_before_it() -> None:
    def roles(*events: str) -> list[str]:
        made = {
            "words": lambda s: s.messaging.send_message(user_id="x", content="Tea?"),
            "add": lambda s: s.contacts.delete_contact(contact_id="x"),
            "look": lambda s: s.messaging.list_recent_conversations(),
            "ask": lambda s: s.agent_says("Shall I?"),
            "yes": lambda s: s.agent_ui.accept_proposal(),
            "no": lambda s: s.agent_ui.reject_proposal(),
        }
        return [role for _, role, _ in written(lambda s: chain(*(made[event](s) for event in events)))]

    assert roles("words", "look", "ask", "yes") == ["user", "observe", "observe", "user"]
    assert roles("ask", "words", "yes", "add") == ["observe", "user", "user", "execute"]
    # After what the agent has seen, after a rejection, and without a proposal, it may be the agent's.
    assert roles("look", "words", "ask", "yes") == ["observe", "execute", "observe", "user"]
    assert roles("ask", "no", "words") == ["observe", "user", "execute"]
    assert roles("words") == ["execute"]


def test_an_answer_that_waits_for_no_proposal_comes_after_the_next_one() -> None:
    def script(s: Any) -> list[AbstractEvent]:
        yes = s.agent_ui.accept_proposal().oracle().delayed(1)
        added = s.contacts.delete_contact(contact_id="x").oracle().depends_on(yes)
        return [yes, added, s.contacts.get_contacts().oracle().delayed(2), s.agent_says("Shall I?").delayed(3)]

    assert written(script) == [
        ("get_contacts", "observe", 0),
        ("send_message_to_user", "observe", 0),
        ("accept_proposal", "user", 0),
        ("delete_contact", "execute", 1),
    ]

    def both(s: Any) -> list[AbstractEvent]:
        answers = [s.agent_ui.reject_proposal().oracle().delayed(1), s.agent_ui.accept_proposal().oracle().delayed(2)]
        return [*answers, s.agent_says("Shall I?").delayed(3), s.agent_says("And now?").delayed(4)]

    assert [function for function, *_ in written(both)] == [
        "send_message_to_user",
        "reject_proposal",
        "send_message_to_user",
        "accept_proposal",
    ]


def test_a_question_and_what_follows_are_the_executors() -> None:
    roles = written(
        lambda s: chain(
            s.agent_says("Add Ada?"), s.agent_ui.accept_proposal(), s.agent_ui.ask_user(content="Which?"),
            s.user_says("Byron."), s.contacts.delete_contact(contact_id="x"),
        )
    )  # fmt: skip
    assert [role for _, role, _ in roles] == ["observe", "user", "execute", "user", "execute"]


def test_what_the_user_does_on_a_screen_is_the_users() -> None:
    roles = written(
        lambda s: chain(
            s.system.open_app(app_name="Contacts"), s.contacts.current_state.list_contacts(), s.system.go_home()
        )
    )
    assert [role for _, role, _ in roles] == ["user"] * 3


# -- the order


def test_without_dependencies_the_order_is_that_of_time() -> None:
    def script(s: Any) -> list[Any]:
        return [
            s.contacts.delete_contact(contact_id="x").oracle().delayed(30),
            s.agent_ui.accept_proposal().oracle().delayed(20),
            s.agent_says("Delete x?").delayed(10),
            s.contacts.get_contacts().oracle().delayed(25),
            s.contacts.search_contacts(query="x").oracle().at_absolute_time(s.world.clock.time() + 5),
        ]

    assert [step[:2] for step in written(script)] == [
        ("search_contacts", "observe"), ("send_message_to_user", "observe"), ("accept_proposal", "user"),
        ("get_contacts", "execute"), ("delete_contact", "execute"),
    ]  # fmt: skip


def test_dependencies_come_before_time_and_equal_times_stay_as_they_are_written() -> None:
    def script(s: Any) -> list[Any]:
        first = s.contacts.get_contacts().oracle().delayed(60)
        early = s.agent_says("Early.").depends_on(first).at_absolute_time(s.world.clock.time() + 1)
        return [early, s.user_says("b").oracle(), s.user_says("c").oracle(), first]

    assert [function for function, _, _ in written(script)] == [
        "send_message_to_agent", "send_message_to_agent", "get_contacts", "send_message_to_user"
    ]  # fmt: skip
    with world(script) as made:
        assert [step.action.action.args["content"] for step in made.reference.steps[:2]] == ["b", "c"]


def test_what_waits_for_the_world_is_placed_by_the_worlds_time() -> None:
    def script(s: Any) -> list[Any]:
        late = mail(s).delayed(100)
        return [
            late,
            s.agent_says("After it.").depends_on(late, delay_seconds=5),
            s.user_says("z").oracle().delayed(102),
        ]

    assert [function for function, _, _ in written(script)] == ["send_message_to_agent", "send_message_to_user"]


def test_an_event_that_depends_on_itself_is_a_defect() -> None:
    def script(s: Any) -> list[Any]:
        first, second = s.agent_says("a").with_id("a"), s.agent_says("b").with_id("b")
        return [first.depends_on(second), second.depends_on(first)]

    with world(script) as made, pytest.raises(ScenarioDefect, match="the event a depends on itself"):
        made.reference.steps  # noqa: B018


# -- when a step is due


def test_a_step_is_due_after_what_it_depends_on_and_its_delay() -> None:
    def script(s: Any) -> list[Any]:
        came = mail(s).delayed(10)
        return [came, s.contacts.get_contacts().oracle().depends_on(came, delay_seconds=7)]

    with world(script) as made:
        assert made.next("observe") is None
        made.pass_time(10)
        assert made.next("observe") == ("get_contacts", 7)
        made.pass_time(3)
        assert made.next("observe") == ("get_contacts", 4)
        made.pass_time(60)
        assert made.next("observe") == ("get_contacts", 0)
        assert made.next("user") is made.next("execute") is None


def test_the_time_counts_from_when_the_step_before_was_really_done() -> None:
    with world(lambda s: chain(s.contacts.get_contacts(), s.agent_says("Well?"), gap=5)) as made:
        made.pass_time(100)
        made.play("observe")
        assert made.next("observe") == ("send_message_to_user", 5)


@pytest.mark.parametrize(("written_time", "due"), [(50, 50), (0, 0)])
def test_an_absolute_time_is_due_then_whatever_came_before(written_time: float, due: float) -> None:
    def script(s: Any) -> list[Any]:
        first, second = chain(s.contacts.get_contacts(), s.agent_says("Well?"))
        return [first, second.at_absolute_time(s.world.clock.time() + written_time)]

    with world(script) as made:
        made.play("observe")
        assert made.next("observe") == ("send_message_to_user", due)


def test_a_step_waits_for_a_condition_also_if_that_comes_true_late() -> None:
    def script(s: Any) -> list[Any]:
        condition = ConditionCheckEvent.from_condition(lambda env: env.time_manager.time_passed() >= 30)
        return [
            condition,
            s.contacts.get_contacts().oracle().depends_on(condition, delay_seconds=2),
            s.contacts.search_contacts(query="x").depends_on(condition, delay_seconds=4).oracle(),
        ]

    with world(script) as made:
        made.pass_time(29)
        assert made.next("observe") is None
        made.pass_time(1)
        assert made.next("observe") == ("get_contacts", 2)
        made.play("observe")
        assert made.next("observe") == ("search_contacts", 2)


def test_a_condition_that_has_given_up_has_not_happened() -> None:
    def script(s: Any) -> list[Any]:
        condition = ConditionCheckEvent.from_condition(lambda env: False, timeout=3)
        return [condition, s.contacts.get_contacts().oracle().depends_on(condition)]

    with world(script) as made:
        made.pass_time(60)
        assert made.env.can_anything_happen() is False
        assert made.next("observe") is None


@pytest.mark.parametrize("seconds", [0, 60])
def test_a_validation_event_in_the_log_is_no_step(seconds: float) -> None:
    def script(s: Any) -> list[Any]:
        reached = ValidationEvent(milestones=[lambda env: env.time_manager.time_passed() >= seconds])
        return [reached.schedule(every_ticks=1, timeout=9), s.contacts.get_contacts().oracle().delayed(5)]

    with world(script) as made:
        made.pass_time(2)
        assert made.next("observe") == ("get_contacts", 3)


def test_what_comes_first_is_waited_for_by_whoever_could_sleep_through_it() -> None:
    def script(s: Any) -> list[Any]:
        came = mail(s).delayed(10)
        reply = mail(s).depends_on(came, delay_seconds=9)
        return [
            came, reply, s.user_says("An hour later.").oracle().delayed(3600),
            s.contacts.get_contacts().oracle().depends_on(reply, delay_seconds=5),
        ]  # fmt: skip

    with world(script) as made:
        assert made.next("user") is None
        made.pass_time(10)
        assert made.next("user") is None
        made.pass_time(9)
        assert (made.next("user"), made.next("observe")) == (None, ("get_contacts", 5))
        made.play("observe")
        assert made.next("user") == ("send_message_to_agent", 3576)


def test_who_cannot_act_now_is_not_waited_for() -> None:
    def script(s: Any) -> list[Any]:
        proposed, accepted = chain(s.agent_says("Shall I?"), s.agent_ui.accept_proposal(), gap=20)
        read = s.contacts.get_contacts().oracle().delayed(10)
        return [proposed, accepted, read, s.contacts.delete_contact(contact_id="x").oracle().depends_on(accepted, 5)]

    with world(script) as made:
        made.play("observe")
        # The observer's turn comes after the answer.
        assert made.next("user") == ("accept_proposal", 20)
        made.play("user")
        assert made.next("execute") == ("delete_contact", 5)


def test_nobody_waits_for_what_may_never_come() -> None:
    def script(s: Any) -> list[Any]:
        condition = ConditionCheckEvent.from_condition(lambda env: False)
        nothing = mail(s).depends_on(condition)
        behind = mail(s)
        other = s.contacts.get_contacts().oracle().with_id("other").depends_on(nothing)
        return [
            condition, nothing, other, behind.depends_on(other), s.user_says("x").oracle().depends_on(behind),
            s.user_says("y").oracle().delayed(60),
        ]  # fmt: skip

    with world(script) as made:
        assert made.next("user") == ("send_message_to_agent", 60)


def test_nobody_waits_for_what_the_world_does_only_in_oracle_mode() -> None:
    def script(s: Any) -> list[Any]:
        read = s.contacts.get_contacts().oracle()
        answer = mail(s).depends_on(read, delay_seconds=5)
        return [read, answer, s.user_says("x").oracle().depends_on(answer), s.user_says("y").oracle().delayed(60)]

    with world(script) as made:
        made.play("observe")
        assert made.next("user") == ("send_message_to_agent", 60)


def test_nobody_waits_for_what_another_agent_may_do() -> None:
    def script(s: Any) -> list[Any]:
        delete = s.contacts.delete_contact(contact_id="x").oracle().delayed(5)
        return [delete, s.user_says("x").oracle().depends_on(delete), s.user_says("y").oracle().delayed(60)]

    with own(script) as made:
        assert made.next("user") == ("send_message_to_agent", 60)


def test_steps_after_an_acceptance_wait_for_it_also_without_a_dependency() -> None:
    def script(s: Any) -> list[Any]:
        return [
            s.agent_says("Delete x?").delayed(10),
            s.agent_ui.accept_proposal().oracle().delayed(20),
            s.contacts.delete_contact(contact_id="x").oracle().delayed(30),
            s.agent_says("And y?").delayed(40),
            s.agent_ui.accept_proposal().oracle().delayed(50),
            s.contacts.delete_contact(contact_id="y").oracle().delayed(60),
        ]

    with world(script) as made:
        assert made.reference.has_more("execute") is False
        made.play("observe")
        assert made.next("execute") is None
        made.play("user")
        assert made.play("execute", call=False) == {"contact_id": "x"}
        assert made.next("execute") is None
        assert made.reference.has_more("execute") is False


# -- answers


def test_an_answer_waits_for_a_proposal_that_can_be_answered() -> None:
    with world(lambda s: [s.agent_ui.accept_proposal(content="Yes.").oracle()]) as made:
        assert made.next("user") is None
        made.propose()
        assert made.next("user") == ("accept_proposal", 0)
        made.call("PAREAgentUserInterface", "reject_proposal")
        assert made.next("user") is None


def test_an_answer_that_has_lost_its_proposal_keeps_nobody_waiting() -> None:
    def script(s: Any) -> list[Any]:
        return [*chain(s.agent_says("Shall I?"), s.agent_ui.accept_proposal()), s.user_says("Hm.").oracle().delayed(60)]

    with world(script) as made:
        made.play("observe", call=False)
        assert made.next("user") == ("send_message_to_agent", 60)


# -- what another agent does


def asked(s: Any) -> list[Any]:
    came = mail(s).delayed(10)
    first, *others = chain(
        s.contacts.get_contacts(), s.agent_says("Shall I?"), s.agent_ui.accept_proposal(),
        s.contacts.delete_contact(contact_id="ada"), s.user_says("Thank you."), gap=3,
    )  # fmt: skip
    return [came, first.depends_on(came), *others]


def test_any_message_is_the_proposal_once_it_could_be_made() -> None:
    with own(asked) as made:
        made.propose("Anything?")
        made.pass_time(5)
        assert made.next("user") is None
        made.pass_time(5)
        assert made.next("user") is None
        made.propose("Now?")
        assert made.next("user") == ("accept_proposal", 3)


def test_a_write_is_any_call_of_its_tool_once_it_could_be_made_that_did_not_fail() -> None:
    with own(asked) as made:
        early, late = (
            made.call("Contacts", "add_new_contact", first_name=name, last_name="B") for name in ("Ada", "Eve")
        )
        made.call("Contacts", "delete_contact", contact_id=early)
        made.pass_time(10)
        made.propose()
        made.play("user")
        assert made.next("user") is None
        with pytest.raises(KeyError):
            made.call("Contacts", "delete_contact", contact_id="nobody")
        assert made.next("user") is None
        made.pass_time(1)
        made.call("Contacts", "delete_contact", contact_id=late)
        made.pass_time(1)
        assert made.next("user") == ("send_message_to_agent", 2)


def test_two_steps_of_one_tool_are_two_calls() -> None:
    def script(s: Any) -> list[Any]:
        first = s.contacts.add_new_contact(first_name="Ada", last_name="B").oracle()
        second = s.contacts.add_new_contact(first_name="Bob", last_name="C").oracle()
        return [first, second, s.user_says("Both!").oracle().depends_on([first, second])]

    with own(script) as made:
        made.call("Contacts", "add_new_contact", first_name="Eve", last_name="Other")
        assert made.next("user") is None
        made.call("Contacts", "add_new_contact", first_name="Eve", last_name="Second")
        assert made.next("user") == ("send_message_to_agent", 0)


def test_a_second_proposal_is_a_second_message() -> None:
    def script(s: Any) -> list[Any]:
        return chain(
            s.agent_says("Ada?"), s.agent_ui.reject_proposal(), s.agent_says("Bob?"), s.agent_ui.accept_proposal()
        )

    with own(script) as made:
        made.propose()
        assert made.play("user") == {"content": ""}
        assert made.next("user") is None
        made.propose()
        assert made.next("user") == ("accept_proposal", 1)


def test_what_a_user_of_ones_own_does_is_matched_too() -> None:
    def script(s: Any) -> list[Any]:
        return chain(
            s.system.open_app(app_name="Contacts"), s.agent_says("Shall I?"), s.agent_ui.accept_proposal(),
            s.contacts.delete_contact(contact_id="x"),
        )  # fmt: skip

    with world(script, played=("observe", "execute")) as made:
        # A look that the user takes is not waited for.
        made.play("observe")
        assert made.next("execute") is None
        assert made.reference.has_more("execute") is False
        made.call("PAREAgentUserInterface", "accept_proposal", content="Go on.")
        assert made.next("execute") == ("delete_contact", 1)
        assert made.reference.has_more("execute") is True


def twice(s: Any) -> list[Any]:
    return chain(
        s.agent_says("Ada?"), s.agent_ui.accept_proposal(), s.contacts.get_contacts(), s.agent_says("Done."),
        s.agent_says("Bob?"), s.agent_ui.accept_proposal(), gap=0,
    )  # fmt: skip


@pytest.mark.parametrize("end", [Consent.give_up, lambda consent: consent.begin_turn(1)], ids=["given up", "too long"])
def test_a_proposal_is_answered_also_after_an_execution_that_ended_without_its_report(end: Any) -> None:
    with own(twice) as made:
        made.consent._execute_max_turns = 1
        made.propose()
        made.play("user")
        assert made.next("user") is None
        end(made.consent)
        assert made.next("user") is None
        made.propose("Bob, then?")
        assert made.next("user") == ("accept_proposal", 0)


def test_a_report_is_no_proposal() -> None:
    with own(twice) as made:
        made.propose()
        made.play("user")
        made.propose("I have done it.")
        assert made.next("user") is None
        made.propose("Bob, then?")
        assert made.next("user") == ("accept_proposal", 0)


def test_a_report_of_one_execution_is_not_that_of_the_one_before() -> None:
    def reports(s: Any) -> list[Any]:
        first, yes, read, done, second, again = twice(s)
        thanks = s.user_says("For Ada.").oracle().depends_on(done)
        report = s.agent_says("Done too.").depends_on(again)
        return [first, yes, read, done, second, again, thanks, report, s.user_says("All.").oracle().depends_on(report)]

    with own(reports) as made:
        made.propose()
        made.play("user")
        made.consent.give_up()
        # Nothing is waited for any more, and what comes after the report may come.
        assert made.play("user")["content"] == "For Ada."
        made.propose()
        made.play("user")
        assert made.consent.mode.value == "execute"
        assert made.next("user") is None
        made.propose("Done too.")
        assert made.play("user")["content"] == "All."


# -- arguments


def test_a_placeholder_is_what_the_step_really_returned() -> None:
    def script(s: Any) -> list[Any]:
        add, wrong = s.contacts.add_new_contact, s.contacts.delete_contact(contact_id="nobody")
        return chain(
            s.agent_says("Shall I?"), s.agent_ui.accept_proposal(), wrong.with_id("wrong"),
            add(first_name="Ada", last_name="B").with_id("ada"), add(first_name="Bob", last_name="C").with_id("bob"),
            s.contacts.get_contact(contact_id="{{ada}}"), s.contacts.get_contact(contact_id="{{bob}}"),
            s.contacts.get_contact(contact_id="{{wrong}}"), s.contacts.search_contacts(query="by {{ada}}"),
        )  # fmt: skip

    with world(script) as made:
        made.play("observe")
        made.play("user")
        with pytest.raises(KeyError):
            made.play("execute")
        assert made.play("execute")["first_name"] == "Ada"
        made.play("execute", call=False)
        ids = {contact.first_name: contact_id for contact_id, contact in made.stage.contacts.contacts.items()}
        assert made.play("execute") == {"contact_id": ids["Ada"]}
        assert made.play("execute", call=False) == {"contact_id": "{{bob}}"}
        assert made.play("execute", call=False) == {"contact_id": "{{wrong}}"}
        assert made.play("execute", call=False) == {"query": f"by {ids['Ada']}"}


def test_a_call_that_never_became_an_event_leaves_later_ones_to_their_steps() -> None:
    def script(s: Any) -> list[Any]:
        add = s.contacts.add_new_contact
        return chain(
            s.agent_says("Shall I?"), s.agent_ui.accept_proposal(),
            add(first_name="Ada", last_name="B").with_id("ada"), add(first_name="Bob", last_name="C").with_id("bob"),
            s.contacts.get_contact(contact_id="{{bob}}"), s.contacts.get_contact(contact_id="{{ada}}"),
        )  # fmt: skip

    with world(script) as made:
        made.play("observe")
        made.play("user")
        made.play("execute", call=False)
        made.play("execute")
        (bob,) = (i for i, contact in made.stage.contacts.contacts.items() if contact.first_name == "Bob")
        assert made.play("execute", call=False) == {"contact_id": bob}
        assert made.play("execute", call=False) == {"contact_id": "{{ada}}"}


def test_arguments_are_builtins_and_made_when_the_step_is_played() -> None:
    calls: list[int] = []

    def make(env: Any) -> Any:
        calls.append(len(calls))
        count = len(env.get_app("Contacts").contacts)
        return env.get_app("Contacts").search_contacts(query=f"{count} people")

    with world(lambda s: [OracleEvent(make_event=make, event_id="late")]) as made:
        assert calls == []
        assert made.next("observe") == ("search_contacts", 0)
        before = len(made.stage.contacts.contacts)
        made.call("Contacts", "add_new_contact", first_name="Ada", last_name="B")
        assert made.play("observe") == {"query": f"{before + 1} people"}


def test_what_raises_while_a_step_is_made_is_a_defect_of_the_scenario() -> None:
    def broken(env: Any) -> Any:
        raise KeyError("no such mail")

    with world(lambda s: [OracleEvent(make_event=broken, event_id="bad")]) as made:
        with pytest.raises(ScenarioDefect, match="oracle event bad: KeyError: 'no such mail'") as caught:
            made.next("user")
        assert isinstance(caught.value.__cause__, KeyError)


def test_an_event_that_is_not_the_agents_is_no_step() -> None:
    def script(s: Any) -> list[Any]:
        return [Event.from_function(s.contacts.get_contacts, EventType.ENV), s.agent_says("Well.")]

    assert [function for function, _, _ in written(script)] == ["send_message_to_user"]


# -- without asking


def test_what_could_be_done_unasked_is_what_only_waits_for_words() -> None:
    with world(asked, played=()) as made:
        assert made.reference.next_unasked() is None
        made.pass_time(10)
        done = []
        while (step := made.reference.next_unasked()) is not None:
            made.reference.play(step)
            done.append(step.function)
        assert done == ["get_contacts", "delete_contact"]


# -- names


def test_a_tool_is_called_as_the_role_knows_it() -> None:
    def script(s: Any) -> list[Any]:
        return chain(
            s.system.go_home(), s.contacts.get_contacts(), s.user_says("x"), s.contacts.search_contacts(query="x"),
            s.contacts.current_state.search_contacts(query="x"),
        )  # fmt: skip

    with world(script) as made:
        for app_tool in made.stage.contacts.get_tools():
            app_tool._public_name = f"My {app_tool.func_name}"
        assert [made.reference.tool(step) for step in made.reference.steps] == [
            "System__go_home", "My_get_contacts", "PAREAgentUserInterface__send_message_to_agent",
            "My_search_contacts", "Contacts__search_contacts",
        ]  # fmt: skip
        assert made.reference.agent_tool("get_contacts", lambda app: True) == "My_get_contacts"
        assert made.reference.agent_tool("get_contacts", lambda app: app.name == "Emails") is None


def test_how_long_it_is_until_something_may_happen() -> None:
    def script(s: Any) -> list[Any]:
        came = mail(s).delayed(30)
        return [came, s.user_says("x").oracle().delayed(5)]

    with world(script) as made:
        made.pass_time(10)
        assert made.reference.seconds_to_next_event() == 20
        made.pass_time(20)
        assert made.reference.seconds_to_next_event() is None
    with world(lambda s: [ConditionCheckEvent.from_condition(lambda env: False)]) as made:
        made.pass_time(10)
        assert made.reference.seconds_to_next_event() == 60


# -- what noise has hit


def hit(made: World, step: Any, fault: str, *, event_id: str = "") -> None:
    """Put into the trace that the last call of a step was hit."""
    is_users = step.role == "user"
    entry = TraceEvent(
        time=made.env.time_manager.time() - made.env.start_time, kind="USER" if is_users else "AGENT",
        event_id=event_id, app=step.app_name, app_class=None, function=step.function, args={}, result=None, error=None,
        fault=fault,
    )  # fmt: skip
    made.env.trace_entries.put(entry)


def consented(s: Any) -> list[Any]:
    return chain(
        s.contacts.get_contacts(), s.agent_says("Add Ada?"), s.agent_ui.accept_proposal(),
        s.contacts.add_new_contact(first_name="Ada", last_name="Byron"), s.user_says("Thanks."),
    )  # fmt: skip


def test_a_call_that_failed_by_chance_is_due_again_until_it_succeeds() -> None:
    with world(consented) as made:
        for _ in range(3):
            step, _ = made.next_step("observe")
            made.play("observe", call=False)
            hit(made, step, "tool_failure")
            assert made.next("observe") == ("get_contacts", 0)
        made.play("observe")
        assert made.next("observe") == ("send_message_to_user", 1)


def test_a_call_that_failed_for_another_reason_is_not_repeated() -> None:
    with world(consented) as made:
        step, _ = made.next_step("observe")
        hit(made, step, "tool_failure")
        made.play("observe", call=False)
        assert made.next("observe") == ("send_message_to_user", 1)


@pytest.mark.parametrize("fault", ["tool_timeout", "tool_partial", "tool_outdated", "tool_slow"])
def test_a_call_that_was_carried_out_is_done_whatever_has_hit_it(fault: str) -> None:
    with world(consented) as made:
        step, _ = made.next_step("observe")
        made.play("observe")
        hit(made, step, fault, event_id="x")
        assert made.next("observe") == ("send_message_to_user", 1)


@pytest.mark.parametrize("fault", ["user_words", "user_changes_mind"])
def test_an_answer_that_was_none_is_given_again_in_a_later_turn(fault: str) -> None:
    with world(consented) as made:
        made.env.turn = 1
        made.play("observe")
        made.play("observe")
        made.play("user", call=fault == "user_changes_mind")
        made.consent.withdraw()
        hit(made, made.reference.steps[2], fault)
        # Nothing that comes after it is done, and it is not to be given twice in a turn.
        assert [made.next(role) for role in ROLES] == [None, None, None]
        assert not made.reference.has_more("execute")
        made.env.turn = 2
        assert made.next("user") == ("accept_proposal", 0)
        made.play("user")
        assert made.next("execute") == ("add_new_contact", 1)


def test_an_answer_that_somebody_else_has_given_in_the_meantime_is_given() -> None:
    with world(consented) as made:
        made.env.turn = 1
        made.play("observe")
        made.play("observe")
        made.play("user", call=False)
        hit(made, made.reference.steps[2], "user_words")
        made.env.turn = 2
        made.call("PAREAgentUserInterface", "accept_proposal", content="Yes.")
        assert made.next("user") is None
        assert made.next("execute") == ("add_new_contact", 1)


@pytest.mark.parametrize(("fault", "following"), [("user_busy", "send_message_to_user"), (None, None)])
def test_what_expired_while_the_user_was_busy_is_proposed_again(fault: str | None, following: str | None) -> None:
    with world(consented) as made:
        made.consent._lifetime = 1
        made.env.turn = 0
        made.play("observe")
        made.play("observe")
        if fault is not None:
            hit(made, made.reference.steps[2], fault)
        made.env.turn = 2
        made.consent.begin_turn(2)
        assert made.next("user") is None
        assert made.next("observe") == (None if following is None else (following, 0))
        if following is not None:
            made.play("observe")
            assert made.next("observe") is None
            assert made.next("user") == ("accept_proposal", 1)
