"""Lists with the newest first: of two entries with equal times, the later one is newer."""

from __future__ import annotations

import json
from dataclasses import fields
from typing import TYPE_CHECKING, Any

import pytest
from are.simulation.apps.email_client import Email, EmailFolder, EmailFolderName
from are.simulation.apps.messaging_v2 import ConversationV2, MessageV2
from are.simulation.utils import EnumEncoder
from hypothesis import given
from hypothesis import strategies as st

from pytest_pare.apps import PAREAgentUserInterface, StatefulEmailApp, StatefulMessagingApp, StatefulNotesApp
from pytest_pare.apps.email import ComposeDraft
from pytest_pare.apps.note.types import Note
from pytest_pare.are.world import World
from tests.apps.phone import phone

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from tests.apps.phone import Phone

ADA = "ada@example.com"
# Simulated time stands still in a turn, and answers may take fractions of a second.
STEPS = st.sampled_from([0, 0, 0, 0.25, 1])


def mailbox() -> StatefulEmailApp:
    return StatefulEmailApp(name="Emails")


def chat() -> StatefulMessagingApp:
    app = StatefulMessagingApp(name="Messages")
    app.add_contacts([("Ada", "ada"), ("Bob", "bob")])
    me = str(app.current_user_id)
    for name in ("ada", "bob", "cy"):
        app.add_conversation(ConversationV2(conversation_id=name, title=name, participant_ids=[me, "ada", name]))
    return app


def notes() -> StatefulNotesApp:
    return StatefulNotesApp(name="Notes")


# -- mails

IN, SENT, DRAFT, TRASH = EmailFolderName


def receive(app: StatefulEmailApp, subject: str) -> None:
    app.send_email_to_user_only(ADA, subject)


def add_now(app: StatefulEmailApp, subject: str) -> None:
    app.create_and_add_email_with_time(ADA, [app.user_email], subject)


def send(app: StatefulEmailApp, subject: str) -> None:
    app.send_email([ADA], subject)


def draft(app: StatefulEmailApp, subject: str) -> None:
    app.save_draft(ComposeDraft(subject=subject, recipients=[ADA]))


ARRIVALS: dict[Callable[[Any, str], None], EmailFolderName] = {receive: IN, add_now: IN, send: SENT, draft: DRAFT}


@given(st.lists(st.tuples(STEPS, st.sampled_from(list(ARRIVALS))), max_size=8), st.randoms(use_true_random=False))
def test_mails_of_every_folder_also_after_they_have_moved(
    steps: list[tuple[float, Callable[[Any, str], None]]], random: Any
) -> None:
    with phone(mailbox) as it:
        came: dict[EmailFolderName, list[str]] = {folder: [] for folder in EmailFolderName}
        for number, (seconds, arrive) in enumerate(steps):
            it.world.clock.advance(seconds)
            arrive(it.app, str(number))
            came[ARRIVALS[arrive]].insert(0, str(number))
        for folder, subjects in came.items():
            assert listed(it, folder) == subjects
        everything = [(folder, email.email_id) for folder in came for email in it.app.folders[folder].emails]
        random.shuffle(everything)
        for folder, email_id in everything:
            it.agent("delete_email", email_id=email_id, folder_name=folder.value)
        assert listed(it, TRASH) == [str(number) for number in reversed(range(len(steps)))]


def listed(it: Phone, folder: EmailFolderName) -> list[str]:
    """Return the subjects of a folder's mails, after a check that all tools list them alike."""
    name = folder.value
    subjects = [email.subject for email in it.app.folders[folder].emails]
    places = range(len(subjects))
    it.do("switch_folder", folder_name=name)
    pages = [it.agent("list_emails", folder_name=name, offset=place, limit=1).emails for place in places]
    ways = {
        "list_emails": it.agent("list_emails", folder_name=name).emails,
        "pages": [email for page in pages for email in page],
        "get_email_by_index": [it.agent("get_email_by_index", idx=place, folder_name=name) for place in places],
        "search": it.agent("search_emails", query="@", folder_name=name),
        "screen": it.do("list_emails").emails,
        "search on the screen": it.do("search_emails", query="@"),
    }
    assert {way: [email.subject for email in emails] for way, emails in ways.items()} == dict.fromkeys(ways, subjects)
    return subjects


def test_folders_keep_their_order_when_a_state_is_loaded() -> None:
    with phone(mailbox) as it:
        for subject in "abc":
            receive(it.app, subject)
        state = json.loads(json.dumps(it.app.get_state(), cls=EnumEncoder))
        it.app.load_state(state)
        receive(it.app, "d")
        assert listed(it, IN) == ["d", "c", "b", "a"]


def test_a_mail_that_is_added_now_keeps_the_fraction_of_a_second() -> None:
    with phone(mailbox) as it:
        it.world.clock.advance(0.5)
        receive(it.app, "at a half")
        it.world.clock.advance(0.25)
        add_now(it.app, "later")
        assert listed(it, IN) == ["later", "at a half"]


# -- messages and conversations


@given(st.lists(st.tuples(STEPS, st.sampled_from(["ada", "bob", "cy"]), st.booleans()), max_size=8))
def test_messages_and_conversations(steps: list[tuple[float, str, bool]]) -> None:
    with phone(chat) as it:
        said: dict[str, list[str]] = {"ada": [], "bob": [], "cy": []}
        recent = ["cy", "bob", "ada"]
        for number, (seconds, name, is_users) in enumerate(steps):
            it.world.clock.advance(seconds)
            if is_users:
                it.app.send_to_conversation(name, str(number))
            else:
                it.app.create_and_add_message(name, "ada", str(number))
            said[name].insert(0, str(number))
            recent.remove(name)
            recent.insert(0, name)
        for name, contents in said.items():
            places = range(0, len(contents), 3)
            pages = [it.agent("read_conversation", conversation_id=name, offset=place, limit=3) for place in places]
            assert contents_of(message for page in pages for message in page["messages"]) == contents
        listing = it.agent("list_recent_conversations", limit_recent_messages_per_conversation=8)
        assert [(one.conversation_id, contents_of(one.messages)) for one in listing] == [
            (name, said[name]) for name in recent
        ]
        assert [it.agent("list_recent_conversations", offset=place, limit=1)[0] for place in range(3)] == listing
        assert it.do("list_recent_conversations") == listing
        by_ada = it.agent("list_conversations_by_participant", user_id="ada")
        assert {one.conversation_id: contents_of(one.messages) for one in by_ada} == {
            name: contents[:5] for name, contents in said.items()
        }
        it.do("open_conversation", conversation_id="bob")
        assert contents_of(it.do("read_messages")["messages"]) == said["bob"]
        assert (
            contents_of(it.do("read_messages", offset=min(1, len(said["bob"])), limit=1)["messages"])
            == said["bob"][1:2]
        )


def contents_of(messages: Iterable[MessageV2]) -> list[str]:
    return [message.content for message in messages]


def test_an_older_message_that_is_added_makes_no_conversation_newer() -> None:
    with phone(chat) as it:
        it.world.clock.advance(60)
        for name in ("ada", "bob"):
            it.app.send_to_conversation(name, "Hi")
        it.app.add_message("ada", "ada", "from before", it.world.clock.time() - 30)
        assert [one.conversation_id for one in it.agent("list_recent_conversations")] == ["bob", "ada", "cy"]
        assert contents_of(it.agent("read_conversation", conversation_id="ada")["messages"]) == ["Hi", "from before"]


def test_a_conversation_with_messages_is_listed_by_their_order() -> None:
    def known() -> StatefulMessagingApp:
        app = chat()
        messages = [MessageV2("ada", content, 1736150000.0, content) for content in ("Where to?", "To the lake.")]
        app.add_conversation(ConversationV2(["ada", str(app.current_user_id)], messages, "Trip", "trip"))
        return app

    with phone(known) as it:
        assert contents_of(it.agent("read_conversation", conversation_id="trip")["messages"]) == [
            "To the lake.",
            "Where to?",
        ]


def test_a_page_of_messages_keeps_its_limits() -> None:
    with phone(chat) as it:
        for number in range(4):
            it.app.send_to_conversation("ada", str(number))
        page = it.agent("read_conversation", conversation_id="ada", offset=1, limit=2)
        assert contents_of(page["messages"]) == ["2", "1"]
        assert page["metadata"] == {
            "message_range": (1, 3),
            "conversation_length": 4,
            "conversation_id": "ada",
            "conversation_title": "ada",
        }
        with pytest.raises(ValueError, match="Offset is larger"):
            it.agent("read_conversation", conversation_id="ada", offset=5)
        with pytest.raises(ValueError, match="view limit"):
            it.agent("list_recent_conversations", limit=6)


# -- notes


@given(st.lists(st.tuples(STEPS, st.integers(0, 3)), max_size=8))
def test_notes(steps: list[tuple[float, int]]) -> None:
    with phone(notes) as it:
        made = [it.app.create_note("Inbox", title) for title in "abcd"]
        changed = made[::-1]
        for seconds, place in steps:
            it.world.clock.advance(seconds)
            it.app.update_note(made[place], content=f"{seconds}")
            changed.remove(made[place])
            changed.insert(0, made[place])
        assert [note.note_id for note in it.agent("list_notes", folder="Inbox").notes] == changed
        assert [note.note_id for note in it.do("list_notes").notes] == changed
        assert [note.note_id for note in it.app.open_folder("Inbox")] == changed


def test_attachments_change_notes_and_what_orders_them_is_not_shown(tmp_path: Path) -> None:
    (tmp_path / "menu.txt").write_text("soup")
    with phone(notes) as it:
        first, second = (it.app.create_note("Inbox", title) for title in "ab")
        it.app.add_attachment_to_note(first, str(tmp_path / "menu.txt"))
        assert [note.note_id for note in it.app.open_folder("Inbox")] == [first, second]
        it.app.remove_attachment(first, "menu.txt")
        it.app.update_note(second, content="x")
        (note, _) = it.app.open_folder("Inbox")
        assert note.note_id == second
        assert "number" not in repr(note)
        assert Note.from_state(note.get_state()) == note
        assert set(note.get_state()) == {field.name for field in fields(Note)}


# -- messages between the user and the agent


def test_the_conversation_with_the_agent() -> None:
    with World("line").active():
        app = PAREAgentUserInterface()
        app.accept_proposal("a")
        app.ask_user("b")
        app.reject_proposal("c")
        app.ask_user("d")
        assert [one.content[-1] for one in app.get_all_messages()] == ["d", "c", "b", "a"]
        assert {one.time_read for one in app.messages} == {app.time_manager.time()}
        assert [one.content[-1] for one in app.get_all_messages_from_user()] == ["c", "a"]
        assert [one.content[-1] for one in app.get_all_messages_from_agent()] == ["d", "b"]


# -- mails of any time


@given(st.lists(st.tuples(st.integers(0, 5), st.sampled_from(["add", "read", "move", "delete"])), max_size=30))
def test_a_folder_has_the_order_of_a_sort_at_each_mail(steps: list[tuple[int, str]]) -> None:
    app = mailbox()
    expected: list[Email] = []
    for number, (time, step) in enumerate(steps):
        mail = Email(ADA, email_id=f"{number:02}", timestamp=float(time))
        app.add_email(mail)
        expected = sorted([*expected, mail], key=lambda one: (one.timestamp, one.email_id), reverse=True)
        if step == "read":
            assert app.list_emails(limit=40).emails == expected
        elif step == "move":
            app.move_email(expected[0].email_id, "INBOX", "TRASH")
            app.move_email(expected[0].email_id, "TRASH", "INBOX")
        elif step == "delete":
            app.delete_email(expected.pop(-1).email_id)
    assert app.folders[IN].emails == expected
    # ARE's own order is by time alone.
    are = EmailFolder(IN)
    for mail in reversed(expected):
        are.add_email(mail)
    assert [mail.timestamp for mail in are.emails] == [mail.timestamp for mail in expected]


def test_a_mail_whose_time_changes_has_its_place_at_the_next_mail() -> None:
    app = mailbox()
    for name, time in (("a", 1.0), ("b", 2.0)):
        app.add_email(Email(ADA, email_id=name, timestamp=time))
    shown = app.folders[IN].emails
    shown[1].timestamp = 9.0
    app.add_email(Email(ADA, email_id="c", timestamp=3.0))
    assert [mail.email_id for mail in app.folders[IN].emails] == ["a", "c", "b"]
    # A list that somebody holds stays as it is.
    assert [mail.email_id for mail in shown] == ["b", "a"]
