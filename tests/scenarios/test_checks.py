"""The checks of `pytest_pare.scenarios.checks`, with small event logs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from are.simulation.apps.messaging_v2 import ConversationV2
from are.simulation.types import CompletedEvent, EventType

from pytest_pare.apps import StatefulContactsApp, StatefulMessagingApp
from pytest_pare.are.world import World
from pytest_pare.scenarios.checks import (
    Write,
    accepted_at,
    agent_writes,
    check_consented_writes,
    check_respected_rejection,
    event_times,
    mentions,
    own_messages,
    rejected_at,
    same_members,
    same_phone,
)
from tests.story import Story

MAIL = Write("StatefulEmailApp", "send_email", {"recipients": ["ann@home.example"]})
ENTRY = Write("StatefulCalendarApp", "delete_calendar_event", {"event_id": "e1"})


@pytest.fixture
def story() -> Iterator[Story]:
    with World("checks").active():
        yield Story()


def names(events: list[CompletedEvent]) -> list[str]:
    return [event.action.function_name for event in events]


# -- Write


def completed(story: Story) -> CompletedEvent:
    return story.event_log.list_view()[-1]


def test_write_matches_its_tool_with_equal_arguments(story: Story) -> None:
    story.mails("ann@home.example", subject="Hi")
    event = completed(story)
    assert MAIL.matches(event)
    assert Write("StatefulEmailApp", "send_email").matches(event)
    assert not Write("StatefulEmailApp", "send_email", {"recipients": ["bob@home.example"]}).matches(event)
    assert not Write("StatefulEmailApp", "reply_to_email").matches(event)
    assert not Write("EmailClientV2", "send_email").matches(event)


def test_write_asks_a_function_about_the_argument(story: Story) -> None:
    story.mails(subject="Hi")
    event = completed(story)
    assert Write("StatefulEmailApp", "send_email", {"subject": lambda text: text == "Hi"}).matches(event)
    assert not Write("StatefulEmailApp", "send_email", {"subject": mentions("bye")}).matches(event)


def test_write_names_the_arguments_that_are_wrong(story: Story) -> None:
    story.mails("bob@home.example", subject="Hi", content="Hello")
    write = Write("StatefulEmailApp", "send_email", {"recipients": ["a@b"], "subject": "Hi", "content": mentions("x")})
    assert write.wrong_args(completed(story)) == ["recipients", "content"]


def test_write_does_not_match_an_argument_that_the_tool_does_not_have(story: Story) -> None:
    story.mails()
    assert not Write("StatefulEmailApp", "send_email", {"colour": "red"}).matches(completed(story))


def test_write_takes_the_resolved_arguments_where_there_are_any(story: Story) -> None:
    story.mails("{{person}}")
    event = completed(story)
    event.action.resolved_args = event.action.args | {"recipients": ["ann@home.example"]}
    assert MAIL.matches(event)


def test_write_is_named_by_its_tool() -> None:
    assert str(MAIL) == "StatefulEmailApp.send_email"


# -- tests for arguments


@pytest.mark.parametrize(
    ("facts", "text", "holds"),
    [
        (("Ann", "7 pm"), "see ANN at 7 PM", True),
        (("Ann", "7 pm"), "see Ann at 7\u202fpm\nor later", True),
        (("Ann", "7 pm"), "see Ann at\n7\n\npm", True),
        (("Ann", "7 pm"), "see Ann at 8 pm", False),
        (("Ann", ("19:00", "7 pm")), "Ann, 19:00", True),
        (("Ann", ("19:00", "7 pm")), "Ann, 7 pm", True),
        (("Ann", ("19:00", "7 pm")), "Ann, 8 pm", False),
        (("Ann", ("19:00", "7 pm")), "7 pm", False),
        (("STRASSE",), "Hauptstraße 3", True),
        ((), "", True),
        (("Ann",), None, False),
        (("Ann",), ["Ann"], False),
    ],
)
def test_mentions(facts: tuple[str | tuple[str, ...], ...], text: object, holds: bool) -> None:
    assert mentions(*facts)(text) is holds


@pytest.mark.parametrize(
    ("items", "same"),
    [
        (["a", "b"], True),
        (["b", "a"], True),
        (("b", "a"), True),
        (["a"], False),
        (["a", "b", "b"], False),
        (["a", "c"], False),
        ("ab", False),
        (None, False),
    ],
)
def test_same_members(items: object, same: bool) -> None:
    assert same_members("a", "b")(items) is same


@pytest.mark.parametrize(
    ("number", "same"),
    [
        ("+39 333 555 0171", True),
        ("+393335550171", True),
        ("+39 (333) 555-0171", True),
        ("+39 333 555 0117", False),
        ("333 555 0171", False),
        ("", False),
        (None, False),
        (393335550171, False),
    ],
)
def test_same_phone(number: object, same: bool) -> None:
    assert same_phone("+39 333 555 0171")(number) is same


# -- what happened


def test_agent_writes_are_what_the_agent_wrote_with_success(story: Story) -> None:
    story.reads()
    story.proposes()
    story.accepts()
    story.checks_condition()
    story.mails(error="no network")
    story.mails()
    story.mails(who=EventType.USER)
    story.mails(who=EventType.ENV)
    story.deletes_entry()
    assert names(agent_writes(story)) == ["send_email", "delete_calendar_event"]


def test_nothing_is_answered_in_an_empty_log(story: Story) -> None:
    assert accepted_at(story) is None
    assert rejected_at(story) is None
    assert agent_writes(story) == []


def test_answers_are_found_by_their_position_in_the_log(story: Story) -> None:
    story.reads()
    story.proposes()
    story.rejects()
    story.checks_condition()
    story.proposes("Shall I call Ann?")
    story.accepts()
    story.proposes("Shall I do even more?")
    story.accepts()
    assert rejected_at(story) == 2
    assert accepted_at(story) == 5


def test_acceptance_without_a_proposal_is_none(story: Story) -> None:
    story.accepts()
    story.proposes()
    assert accepted_at(story) is None


def test_acceptance_after_the_rejection_of_the_same_proposal_is_none(story: Story) -> None:
    story.proposes()
    story.rejects()
    story.accepts()
    assert accepted_at(story) is None
    assert rejected_at(story) == 1


def test_rejection_after_the_acceptance_of_the_same_proposal_is_none(story: Story) -> None:
    story.proposes()
    story.accepts()
    story.rejects()
    assert accepted_at(story) == 1
    assert rejected_at(story) is None


def test_answer_goes_to_the_latest_message(story: Story) -> None:
    story.proposes("Shall I write to Ann?")
    story.proposes("Shall I delete all your mails?")
    story.accepts()
    assert accepted_at(story, mentions("Ann")) is None
    assert accepted_at(story, mentions("delete")) == 2
    assert accepted_at(story) == 2


def test_proposal_that_does_not_fit_may_be_followed_by_one_that_does(story: Story) -> None:
    story.proposes("Shall I delete all your mails?")
    story.accepts()
    story.proposes("Shall I write to Ann?")
    story.accepts()
    assert accepted_at(story, mentions("Ann")) == 3


def test_messages_and_answers_that_failed_do_not_count(story: Story) -> None:
    story.proposes(error="no network")
    story.accepts()
    assert accepted_at(story) is None
    story.proposes()
    story.accepts(error="no network")
    assert accepted_at(story) is None
    story.accepts()
    assert accepted_at(story) == 4


def test_only_the_agent_proposes_and_only_the_user_answers(story: Story) -> None:
    story.add(EventType.USER, story.interface.send_message_to_user, content="Shall I write to Ann?")
    story.accepts()
    story.proposes()
    story.add(EventType.AGENT, story.interface.accept_proposal)
    story.add(EventType.ENV, story.interface.accept_proposal)
    assert accepted_at(story) is None


def test_other_messages_of_the_user_leave_the_proposal_open(story: Story) -> None:
    story.proposes()
    story.add(EventType.USER, story.interface.send_message_to_agent, content="Let me think.")
    story.accepts()
    assert accepted_at(story) == 2


# -- the state of the apps


def test_event_times(story: Story) -> None:
    event_id = story.calendar.add_calendar_event(
        title="Choir", start_datetime="2025-03-13 19:00:00", end_datetime="2025-03-14 00:30:00"
    )
    assert event_times(story.calendar.events[event_id]) == ("2025-03-13 19:00:00", "2025-03-14 00:30:00")
    assert event_times(story.calendar.events.get("none")) is None


def test_own_messages(story: Story) -> None:
    messaging = StatefulMessagingApp()
    messaging.add_users(["Ann"])
    ann, me = messaging.name_to_id["Ann"], messaging.current_user_id
    messaging.add_conversation(ConversationV2(participant_ids=[ann, me], title="Ann", conversation_id="ann"))
    assert own_messages(messaging, "ann") == []
    for sender, text in ((me, "Hello"), (ann, "Hi"), (me, "Bye")):
        messaging.add_message("ann", sender, text)
    assert own_messages(messaging, "ann") == ["Hello", "Bye"]


# -- check_consented_writes


def assert_refused(verdict: Any, *words: str) -> None:
    assert verdict.success is False
    for word in words:
        assert word in verdict.rationale


def test_consented_writes_in_any_order(story: Story) -> None:
    story.reads()
    story.proposes()
    story.accepts()
    story.deletes_entry()
    story.checks_condition()
    story.mails()
    verdict = check_consented_writes(story, MAIL, ENTRY, proposal=mentions("Ann"), state={"all is well": True})
    assert verdict.success is True
    assert verdict.rationale is None


def test_silent_agent_is_refused(story: Story) -> None:
    story.reads()
    assert_refused(check_consented_writes(story, MAIL), "the agent proposed nothing")


def test_write_without_acceptance_is_refused(story: Story) -> None:
    story.proposes()
    story.mails()
    assert_refused(check_consented_writes(story, MAIL), "never accepted")


def test_write_after_a_rejection_is_refused(story: Story) -> None:
    story.proposes()
    story.rejects()
    story.mails()
    assert_refused(check_consented_writes(story, MAIL), "never accepted")


def test_acceptance_of_something_else_is_refused(story: Story) -> None:
    story.proposes("Shall I write to Bob?")
    story.accepts()
    story.mails()
    assert_refused(check_consented_writes(story, MAIL, proposal=mentions("Ann")), "'Shall I write to Bob?'")


def test_write_before_the_acceptance_is_refused(story: Story) -> None:
    story.proposes()
    story.mails()
    story.accepts()
    assert_refused(check_consented_writes(story, MAIL), "send_email(recipients=['ann@home.example']", "before")


def test_attempt_before_the_acceptance_is_refused_although_it_failed(story: Story) -> None:
    story.proposes()
    story.mails(error="no network")
    story.accepts()
    story.mails()
    assert_refused(check_consented_writes(story, MAIL), "before the user accepted")


@pytest.mark.parametrize("write_first", [True, False])
def test_in_the_same_second_the_order_of_the_log_decides(story: Story, write_first: bool) -> None:
    story.proposes()
    if write_first:
        story.mails()
        story.accepts(after=0)
    else:
        story.accepts()
        story.mails(after=0)
    first, second = story.event_log.list_view()[1:]
    assert first.event_time == second.event_time
    assert check_consented_writes(story, MAIL).success is not write_first


def test_write_that_failed_is_refused_and_its_error_named(story: Story) -> None:
    story.proposes()
    story.accepts()
    story.mails(error="no network")
    story.deletes_entry()
    assert_refused(
        check_consented_writes(story, MAIL, ENTRY), "missing write: StatefulEmailApp.send_email", "no network"
    )


def test_write_may_be_tried_again(story: Story) -> None:
    story.proposes()
    story.accepts()
    story.mails("anne@home.example", error="no such address")
    story.mails(error="no network")
    story.mails()
    assert check_consented_writes(story, MAIL).success is True


def test_write_that_is_missing_is_refused(story: Story) -> None:
    story.proposes()
    story.accepts()
    story.mails()
    assert_refused(
        check_consented_writes(story, MAIL, ENTRY), "missing write: StatefulCalendarApp.delete_calendar_event"
    )


def test_write_with_a_wrong_argument_is_refused_and_the_argument_named(story: Story) -> None:
    story.proposes()
    story.accepts()
    story.mails("bob@home.example")
    rationale = "recipients: expected ['ann@home.example'], got ['bob@home.example'], in StatefulEmailApp.send_email"
    assert check_consented_writes(story, MAIL).rationale == rationale


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (["bob@home.example", "eve@home.example"], "['bob@home.example', 'eve@home.example']"),
        (same_members("bob@home.example"), "a value that has exactly 'bob@home.example'"),
        (same_phone("+49 30 1"), "a value that is the number '+49 30 1'"),
        (mentions("Bob"), "a value that mentions 'Bob'"),
        (mentions("Bob", ("7 pm", "19:00"), ("x",)), "a value that mentions 'Bob' and ('7 pm' or '19:00') and 'x'"),
        (lambda _: False, "a value that passes the scenario's test"),
        ("sk-" + "1a" * 20, "'[redacted]'"),
        (mentions("sk-" + "1a" * 20), "a value that mentions '[redacted]'"),
    ],
)
def test_a_reason_says_what_was_expected_and_what_came(story: Story, wanted: Any, expected: str) -> None:
    story.proposes()
    story.accepts()
    story.mails()
    write = Write("StatefulEmailApp", "send_email", {"subject": None, "recipients": wanted, "cc": ["x"]})
    rationale = check_consented_writes(story, write).rationale or ""
    assert f"recipients: expected {expected}, got ['ann@home.example']; cc: expected ['x'], got " in rationale
    assert rationale.endswith(", in StatefulEmailApp.send_email")


def test_a_reason_says_what_a_proposal_had_to_mention(story: Story) -> None:
    story.proposes("Hi")
    assert_refused(
        check_consented_writes(story, MAIL, proposal=mentions("19:00")),
        "no proposal mentions '19:00'; the last one was 'Hi'",
    )
    assert_refused(
        check_consented_writes(story, MAIL, proposal=lambda _: False),
        "no proposal passes the scenario's test; the last one was 'Hi'",
    )


def test_unexpected_write_is_refused(story: Story) -> None:
    story.proposes()
    story.accepts()
    story.mails()
    story.deletes_entry()
    assert_refused(check_consented_writes(story, MAIL), "unexpected write: ", "delete_calendar_event(event_id='e1')")


def test_write_that_is_made_twice_is_refused(story: Story) -> None:
    story.proposes()
    story.accepts()
    story.mails()
    story.mails()
    assert_refused(check_consented_writes(story, MAIL), "unexpected write: StatefulEmailApp.send_email(")
    assert check_consented_writes(story, MAIL, MAIL).success is True


def test_a_write_that_says_little_does_not_take_the_event_of_one_that_says_more(story: Story) -> None:
    story.proposes()
    story.accepts()
    story.mails()
    story.mails("bob@home.example")
    anybody = Write("StatefulEmailApp", "send_email")
    assert check_consented_writes(story, anybody, MAIL).success is True
    assert check_consented_writes(story, MAIL, anybody).success is True


def test_write_that_is_expected_twice_must_be_made_twice(story: Story) -> None:
    story.proposes()
    story.accepts()
    story.mails()
    assert_refused(check_consented_writes(story, MAIL, MAIL), "missing write: StatefulEmailApp.send_email")


@pytest.mark.parametrize("who", [EventType.USER, EventType.ENV])
def test_write_by_another_side_is_not_the_agents(story: Story, who: EventType) -> None:
    story.mails(who=who)
    story.proposes()
    story.accepts()
    story.mails(who=who)
    assert_refused(check_consented_writes(story, MAIL), "missing write")
    assert check_consented_writes(story).success is True


def test_one_of_several_ways_is_enough(story: Story) -> None:
    reply = Write("StatefulEmailApp", "reply_to_email")
    story.proposes()
    story.accepts()
    assert_refused(check_consented_writes(story, (reply, MAIL)), "reply_to_email or StatefulEmailApp.send_email")
    story.mails()
    assert check_consented_writes(story, (reply, MAIL)).success is True
    story.mails()
    assert_refused(check_consented_writes(story, (reply, MAIL)))


def test_long_arguments_are_cut_in_the_rationale(story: Story) -> None:
    story.proposes()
    story.accepts()
    story.mails(content="blah " * 100)
    verdict = check_consented_writes(story)
    assert_refused(verdict, "…")
    assert len(verdict.rationale) < 300


def test_state_in_the_end_counts(story: Story) -> None:
    story.proposes()
    story.accepts()
    story.mails()
    state = {"the sky is blue": True, "the mail is sent": False, "Ann is happy": False}
    assert_refused(
        check_consented_writes(story, MAIL, state=state),
        "not true after the run: the mail is sent; Ann is happy",
    )


# -- check_respected_rejection


def test_rejection_that_is_respected(story: Story) -> None:
    story.reads()
    story.proposes()
    story.rejects()
    story.checks_condition()
    story.reads()
    story.mails(who=EventType.USER)
    assert check_respected_rejection(story, mentions("Ann"), {"all is well": True}).success is True


def test_rejection_needs_a_proposal(story: Story) -> None:
    story.rejects()
    assert_refused(check_respected_rejection(story), "the agent proposed nothing")


def test_rejection_of_something_else_is_refused(story: Story) -> None:
    story.proposes("Shall I write to Bob?")
    story.rejects()
    assert_refused(check_respected_rejection(story, mentions("Ann")), "'Shall I write to Bob?'")
    story.proposes("Shall I write to Ann?")
    assert_refused(check_respected_rejection(story, mentions("Ann")), "the user never rejected the proposal")


@pytest.mark.parametrize("error", [None, "no network"])
def test_write_before_the_rejection_is_refused(story: Story, error: str | None) -> None:
    story.proposes()
    story.mails(error=error)
    story.rejects(after=0)
    assert_refused(check_respected_rejection(story), "send_email", "before the user answered")


@pytest.mark.parametrize("error", [None, "no network"])
def test_write_after_the_rejection_is_refused(story: Story, error: str | None) -> None:
    story.proposes()
    story.rejects()
    story.mails(error=error, after=0)
    assert_refused(check_respected_rejection(story), "send_email", "after the user rejected the proposal")


def test_state_in_the_end_counts_after_a_rejection(story: Story) -> None:
    story.proposes()
    story.rejects()
    assert_refused(check_respected_rejection(story, state={"Ann knows nothing": False}), "Ann knows nothing")


def test_write_asks_a_function_about_a_dictionary(story: Story) -> None:
    contacts = StatefulContactsApp()
    story.proposes()
    story.accepts()
    story.add(EventType.AGENT, contacts.edit_contact, contact_id="c1", updates={"phone": "1 2"})
    phone = same_phone("12")
    write = Write("StatefulContactsApp", "edit_contact", {"updates": lambda updates: phone(updates["phone"])})
    assert check_consented_writes(story, write).success is True
