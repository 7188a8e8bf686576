"""The mailbox: our own behaviour, and corrections of ARE's."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from are.simulation.apps.email_client import EmailFolderName
from are.simulation.apps.virtual_file_system import VirtualFileSystem
from are.simulation.types import CompletedEvent, EventRegisterer

from pytest_pare.apps import StatefulEmailApp
from pytest_pare.are.world import World

START = datetime(2025, 3, 11, 10, 0, tzinfo=UTC).timestamp()


@pytest.fixture
def world() -> Iterator[World]:
    with World("email", START).active() as world:
        yield world


@pytest.fixture
def email(world: World) -> StatefulEmailApp:
    return StatefulEmailApp(name="Emails")


def in_folder(email: StatefulEmailApp, folder: str) -> list[str]:
    return [mail.email_id for mail in email.folders[EmailFolderName[folder]].emails]


def test_the_default_owner_of_the_mailbox_is_john() -> None:
    assert StatefulEmailApp().user_email == "john@pare.com"
    assert StatefulEmailApp(name="Emails", user_email="alex@example.com").user_email == "alex@example.com"
    with pytest.raises(ValueError, match="Invalid email address: nobody"):
        StatefulEmailApp(user_email="nobody")


def test_a_mailbox_has_four_empty_folders() -> None:
    assert {name.value: folder.emails for name, folder in StatefulEmailApp().folders.items()} == {
        "INBOX": [], "SENT": [], "DRAFT": [], "TRASH": []
    }  # fmt: skip


def test_an_email_with_a_known_id_arrives_unread(world: World, email: StatefulEmailApp, tmp_path: Path) -> None:
    (tmp_path / "plan.txt").write_text("at noon")
    world.clock.advance(60)
    assert email.send_email_to_user_with_id("m1", "ann@b.c", "Lunch", "?", [str(tmp_path / "plan.txt")]) == "m1"
    (mail,) = email.folders[EmailFolderName.INBOX].emails
    assert (mail.email_id, mail.sender, mail.recipients) == ("m1", "ann@b.c", ["john@pare.com"])
    assert (mail.subject, mail.content, mail.timestamp, mail.is_read) == ("Lunch", "?", START + 60, False)
    assert mail.attachments == {"plan.txt": base64.b64encode(b"at noon")}


def test_the_recipient_is_the_owner_of_the_mailbox() -> None:
    email = StatefulEmailApp(user_email="alex@example.com")
    email.send_email_to_user_with_id("m1", "ann@b.c")
    assert email.folders[EmailFolderName.INBOX].emails[0].recipients == ["alex@example.com"]


def test_an_attachment_comes_from_the_phones_files_where_it_has_some(world: World) -> None:
    files = VirtualFileSystem(name="Files")
    with files.open("plan.txt", "wb") as file:
        file.write(b"at noon")
    email = StatefulEmailApp(internal_fs=files)
    email.send_email_to_user_with_id("m1", "ann@b.c", attachment_paths=["plan.txt"])
    assert email.folders[EmailFolderName.INBOX].emails[0].attachments == {"plan.txt": base64.b64encode(b"at noon")}


@pytest.mark.parametrize(
    ("given", "seconds"), [({}, 90), ({"email_time": "2025-03-11 10:00:05"}, 5), ({"email_time": None}, 90)]
)
def test_the_time_of_an_email_is_now_unless_it_is_given(
    world: World, email: StatefulEmailApp, given: dict[str, str | None], seconds: float
) -> None:
    world.clock.advance(90)
    email_id = email.create_and_add_email_with_time("ann@b.c", ["bob@b.c"], "Old", "news", folder_name="SENT", **given)
    (mail,) = email.folders[EmailFolderName.SENT].emails
    assert (mail.email_id, mail.timestamp, mail.is_read) == (email_id, START + seconds, True)
    assert (mail.sender, mail.recipients, mail.subject, mail.content) == ("ann@b.c", ["bob@b.c"], "Old", "news")


def test_the_time_of_a_captured_email_is_that_at_which_it_happens(world: World, email: StatefulEmailApp) -> None:
    with EventRegisterer.capture_mode():
        event = email.create_and_add_email_with_time("ann@b.c")
    world.clock.advance(30)
    event.action.execute()
    assert email.folders[EmailFolderName.INBOX].emails[0].timestamp == START + 30


def test_a_forwarded_email_makes_one_event(world: World, email: StatefulEmailApp) -> None:
    email.send_email_to_user_with_id("m1", "ann@b.c", "Lunch", "?")
    events: list[CompletedEvent] = []
    email.register_to_env("test", events.append)
    new_id = email.forward_email("m1", ["bob@b.c"])
    assert [event.function_name() for event in events] == ["forward_email"]
    (sent,) = email.folders[EmailFolderName.SENT].emails
    assert (sent.email_id, sent.recipients, sent.subject) == (new_id, ["bob@b.c"], "FWD: Lunch")
    # Only the user marks a mail as read, by opening it.
    assert not email.folders[EmailFolderName.INBOX].emails[0].is_read


def test_an_email_that_cannot_be_forwarded_stays_unread(email: StatefulEmailApp) -> None:
    email.send_email_to_user_with_id("m1", "ann@b.c")
    with pytest.raises(ValueError, match="Invalid email address: bob"):
        email.forward_email("m1", ["bob"])
    assert not email.folders[EmailFolderName.INBOX].emails[0].is_read
    assert in_folder(email, "SENT") == []


def test_a_reply_to_a_reply_goes_to_the_other_side(email: StatefulEmailApp) -> None:
    """ARE searches folder by folder, and logs each miss in a form that pytest's log capture rejects."""
    sent = email.send_email(["ann@b.c"], "Lunch")
    email.send_email_to_user_with_id("answer", "ann@b.c", "Re: Lunch")
    email.folders[EmailFolderName.INBOX].emails[0].parent_id = sent
    first = email.reply_to_email("answer", "INBOX", "At noon?")
    email.move_email("answer", "INBOX", "TRASH")
    second = email.reply_to_email(first, "SENT", "Or later.")
    mail = email.folders[EmailFolderName.SENT].get_email_by_id(second)
    assert (mail.recipients, mail.parent_id) == (["ann@b.c"], first)
