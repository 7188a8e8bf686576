"""Messaging: our own behaviour, and corrections of ARE's."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from are.simulation.apps.messaging_v2 import ConversationV2
from hypothesis import given
from hypothesis import strategies as st

from pytest_pare.apps import StatefulMessagingApp
from pytest_pare.are.world import World

NAMES = ["Ann", "Bob", "Cem", "Dot", "Eve"]


@pytest.fixture
def messaging() -> Iterator[StatefulMessagingApp]:
    with World("messaging").active():
        yield StatefulMessagingApp(name="Messages")


def test_the_owner_is_john_and_known_by_id_and_name(messaging: StatefulMessagingApp) -> None:
    me = messaging.current_user_id
    assert me
    assert messaging.current_user_name == "John Doe"
    assert (messaging.id_to_name, messaging.name_to_id) == ({me: "John Doe"}, {"John Doe": me})


def test_the_owner_may_be_another_person() -> None:
    messaging = StatefulMessagingApp(current_user_id="+1", current_user_name="Ann Lee")
    assert (messaging.id_to_name, messaging.name_to_id) == ({"+1": "Ann Lee"}, {"Ann Lee": "+1"})
    known = StatefulMessagingApp(current_user_id="+1", id_to_name={"+1": "Ann Lee", "+2": "Bob"})
    assert (known.current_user_name, known.id_to_name) == ("Ann Lee", {"+1": "Ann Lee", "+2": "Bob"})
    named = StatefulMessagingApp(current_user_name="Ann Lee")
    assert named.name_to_id == {"Ann Lee": named.current_user_id}


def test_users_get_an_id_and_contacts_their_phone_number(messaging: StatefulMessagingApp) -> None:
    messaging.add_users(["Ann", "Ann"])
    messaging.add_contacts([("Bob", "+2"), ("Ann", "+3")])
    ann = messaging.name_to_id["Ann"]
    assert len(ann) == 32
    assert {i: messaging.id_to_name[i] for i in (ann, "+2")} == {ann: "Ann", "+2": "Bob"}
    # The name refers to the first person; the second exists as well.
    assert messaging.id_to_name["+3"] == "Ann"


@given(st.lists(st.sampled_from(NAMES), min_size=2, max_size=6))
def test_a_conversation_lists_its_members_in_the_order_in_which_they_were_given(names: list[str]) -> None:
    """ARE lists them in the order of a set, which differs from process to process."""
    with World("messaging").active():
        messaging = StatefulMessagingApp()
        messaging.add_users(NAMES)
        ids = [messaging.name_to_id[name] for name in names]
        conversation = messaging.conversations[messaging.create_group_conversation(ids, "Trip")]
    assert conversation.participant_ids == [*dict.fromkeys(ids), messaging.current_user_id]
    assert conversation.title == "Trip"


def test_a_first_message_opens_a_conversation_and_the_next_ones_go_on_in_it(messaging: StatefulMessagingApp) -> None:
    messaging.add_users(["Ann"])
    ann = messaging.name_to_id["Ann"]
    first = messaging.send_message(ann, "hi")
    assert messaging.send_message(ann, "ho") == first
    (conversation,) = messaging.conversations.values()
    assert conversation.participant_ids == [messaging.current_user_id, ann]
    assert conversation.title == "Ann"
    assert [message.content for message in conversation.messages] == ["hi", "ho"]


def test_a_conversation_that_is_given_keeps_its_order(messaging: StatefulMessagingApp) -> None:
    members = ["z", "a", "m", "a"]
    messaging.add_conversation(ConversationV2(participant_ids=members, conversation_id="c"))
    assert messaging.conversations["c"].participant_ids == ["z", "a", "m"]
    (listed,) = messaging.list_recent_conversations()
    assert listed.participant_ids == ["z", "a", "m"]
