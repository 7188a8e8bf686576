"""The mail app: its backend, its screens, and its errors."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import pytest
from are.simulation.apps.email_client import Email, EmailClientV2, EmailFolderName
from are.simulation.apps.sandbox_file_system import SandboxLocalFileSystem
from are.simulation.types import EventRegisterer
from are.simulation.utils.serialization import EnumEncoder

from pytest_pare.apps.email import ComposeDraft, ComposeEmail, EmailDetail, MailboxView, StatefulEmailApp
from tests.apps.phone import Phone, described, interface, kinds_of, mark_of, parameters_of, phone

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CONTRACT = interface("email")
SCREENS = {screen.__name__: screen for screen in (MailboxView, EmailDetail, ComposeEmail)}
ME = "john@pare.com"
ADA, BOB = "ada@example.com", "bob@example.com"

# Deviations from the contract, with reasons.
DIFFERENT_MARKS = {
    # A discarded draft never was content.
    ("ComposeEmail", "discard_draft"): "READ",
}
DIFFERENT_DEFAULTS = {
    # ARE's default is the time at which its module was imported; here it is the simulated time of the call.
    ("create_and_add_email_with_time", "email_time"): None,
}


def mailbox() -> StatefulEmailApp:
    app = StatefulEmailApp(name="Emails")
    app.create_and_add_email_with_time(ADA, [ME], "Lunch", "Shall we have lunch?", "2025-01-05 12:00:00")
    app.create_and_add_email_with_time(BOB, [ME], "Report", "The report is late.", "2025-01-04 12:00:00")
    app.send_email_to_user_with_id("rent", ADA, "Rent", "Rent is due.")
    return app


@pytest.fixture
def mail() -> Iterator[Phone]:
    with phone(mailbox) as it:
        yield it


def ids(mail: Phone, folder: str = "INBOX") -> list[str]:
    return [email.email_id for email in mail.app.folders[EmailFolderName[folder]].emails]


def the(mail: Phone, email_id: str, folder: str = "INBOX") -> Email:
    return mail.app.folders[EmailFolderName[folder]].get_email_by_id(email_id)


# -- the contract


@pytest.mark.parametrize("name", CONTRACT["methods"])
def test_method_is_as_agreed(name: str) -> None:
    agreed = CONTRACT["methods"][name]
    method = getattr(StatefulEmailApp, name)
    assert kinds_of(method) == agreed["kinds"]
    assert mark_of(method) == agreed["operation"]
    expected = {k: DIFFERENT_DEFAULTS.get((name, k), default) for k, default in agreed["params"].items()}
    if agreed["kinds"] or name in {"send_reply_from_draft", "add_attachment", "delete_future_data"}:
        assert parameters_of(method) == expected


def test_every_registered_method_is_one_event_of_the_agreed_type(mail: Phone, tmp_path: Path) -> None:
    app = mail.app
    sent = app.send_email([ADA], "Hello")
    mails = {name: Email(sender=ADA, recipients=[ME], email_id=name) for name in ("added", "sent to user")}
    calls: dict[str, dict[str, Any]] = {
        "add_email": {"email": mails["added"]},
        "create_and_add_email": {"sender": ADA},
        "create_and_add_email_with_time": {"sender": ADA},
        "send_email": {"recipients": [ADA]},
        "send_email_to_user": {"email": mails["sent to user"]},
        "send_email_to_user_only": {"sender": ADA},
        "send_email_to_user_with_id": {"email_id": "a", "sender": ADA},
        "reply_to_email": {"email_id": "rent"},
        "reply_to_email_from_user": {"sender": ADA, "email_id": sent},
        "forward_email": {"email_id": "rent", "recipients": [BOB]},
        "download_attachments": {"email_id": "rent", "path_to_save": str(tmp_path)},
        "list_emails": {},
        "search_emails": {"query": "rent"},
        "get_email_by_id": {"email_id": "rent"},
        "get_email_by_index": {"idx": 0},
        "move_email": {"email_id": "added"},
        "delete_email": {"email_id": "rent"},
        "go_back": {},
    }
    assert set(calls) == {name for name, agreed in CONTRACT["methods"].items() if agreed["event"]}
    for name, arguments in calls.items():
        before, state = len(mail.log()), app.get_state()
        getattr(app, name)(**arguments)
        (event,) = mail.log()[before:]
        agreed = CONTRACT["methods"][name]
        assert described([event]) == [(agreed["event"], name, False)]
        assert event.action.operation_type.name == agreed["operation"]
        # Nothing was attached to what was downloaded; in any case it is files that change.
        assert (app.get_state() != state) == (agreed["operation"] == "WRITE" and name != "download_attachments"), name


@pytest.mark.parametrize(("screen", "tools"), CONTRACT["screens"].items())
def test_screen_has_the_tools_that_are_agreed(screen: str, tools: dict[str, Any]) -> None:
    cls = SCREENS[screen]
    assert {name for name in dir(cls) if getattr(getattr(cls, name), "_is_user_tool", False)} == set(tools)
    for name, agreed in tools.items():
        assert mark_of(getattr(cls, name)) == DIFFERENT_MARKS.get((screen, name), agreed["operation"])
        assert parameters_of(getattr(cls, name)) == agreed["params"]


def test_every_tool_is_described(mail: Phone) -> None:
    for steps in PATHS.values():
        for tool, arguments in steps:
            mail.do(tool, **arguments)
        for tool in mail.app.get_user_tools():
            assert tool.function_description
            assert tool.return_description
            assert all(argument.description for argument in tool.args), tool.name
        mail.app.load_root_state()


# -- the constructor


def test_the_owners_address_is_kept() -> None:
    app = StatefulEmailApp("Emails", user_email="mara@example.org", view_limit=3)
    app.send_email_to_user_only(sender=ADA)
    (email,) = app.folders[EmailFolderName.INBOX].emails
    assert email.recipients == ["mara@example.org"]
    assert (app.name, app.view_limit) == ("Emails", 3)


def test_defaults_of_the_constructor() -> None:
    app = StatefulEmailApp()
    assert (app.name, app.user_email, app.view_limit) == ("StatefulEmailApp", ME, 5)
    assert isinstance(app.current_state, MailboxView)
    assert app.current_state.folder == "INBOX"
    with pytest.raises(ValueError, match="Invalid email address"):
        StatefulEmailApp(user_email="nobody")


def test_folders_that_are_given_are_kept() -> None:
    given = mailbox().folders
    assert StatefulEmailApp(folders=given).folders[EmailFolderName.INBOX] is given[EmailFolderName.INBOX]


def test_state_survives_a_round_trip() -> None:
    app, copy = mailbox(), StatefulEmailApp(name="Copy")
    copy.load_state(json.loads(json.dumps(app.get_state(), cls=EnumEncoder)))
    assert copy.get_state() == app.get_state()
    app.reset()
    assert all(not folder.emails for folder in app.folders.values())


# -- the backend


def test_a_mail_with_a_known_id_arrives_unread_now(mail: Phone) -> None:
    mail.world.clock.advance(60)
    assert mail.app.send_email_to_user_with_id("x", ADA, "Hi", "there") == "x"
    assert the(mail, "x") == Email(
        email_id="x",
        sender=ADA,
        recipients=[ME],
        subject="Hi",
        content="there",
        timestamp=mail.world.clock.time(),
        is_read=False,
    )


def test_a_mail_without_an_id_gets_one(mail: Phone) -> None:
    email_id = mail.app.send_email_to_user_with_id("", ADA)
    assert email_id
    assert the(mail, email_id).sender == ADA


@pytest.mark.parametrize("attachments", [["/no/such/file"], None])
def test_a_mail_that_cannot_be_sent_to_the_user_does_not_arrive(mail: Phone, attachments: list[str] | None) -> None:
    before = mail.app.get_state()
    with pytest.raises(ValueError, match="does not exist" if attachments else "Invalid email address"):
        mail.app.send_email_to_user_with_id("x", ADA if attachments else "ada", attachment_paths=attachments)
    assert mail.app.get_state() == before


def test_a_mail_with_a_time_is_read_and_has_that_time(mail: Phone) -> None:
    then = mail.app.create_and_add_email_with_time(ADA, email_time="2025-01-01 00:00:00", folder_name="SENT")
    assert (the(mail, then, "SENT").timestamp, the(mail, then, "SENT").is_read) == (1735689600, True)
    now = mail.app.create_and_add_email_with_time(ADA)
    assert the(mail, now).timestamp == mail.world.clock.time()


@pytest.mark.parametrize(
    ("wrong", "match"),
    [
        ({"email_time": "01/02/2025"}, "Invalid datetime format"),
        ({"folder_name": "SPAM"}, "SPAM"),
        ({"sender": "ada"}, "Invalid email address"),
    ],
)
def test_a_mail_with_a_time_that_is_wrong_is_not_added(mail: Phone, wrong: dict[str, str], match: str) -> None:
    before = mail.app.get_state()
    with pytest.raises(ValueError, match=match):
        mail.app.create_and_add_email_with_time(**{"sender": ADA, **wrong})
    assert mail.app.get_state() == before


def test_the_agents_reads_change_nothing(mail: Phone) -> None:
    before = mail.app.get_state()
    assert mail.agent("get_email_by_id", email_id="rent").subject == "Rent"
    assert mail.agent("get_email_by_index", idx=0).email_id == "rent"
    assert [email.subject for email in mail.agent("list_emails").emails] == ["Rent", "Lunch", "Report"]
    assert [email.subject for email in mail.agent("search_emails", query="LATE", folder_name="inbox")] == ["Report"]
    assert mail.app.get_state() == before
    assert not the(mail, "rent").is_read


def test_a_page_of_mails_says_how_many_it_has(mail: Phone) -> None:
    page = mail.agent("list_emails", offset=1, limit=1)
    # ARE's number is one too high.
    assert ([e.subject for e in page.emails], page.emails_range, page.total_returned_emails, page.total_emails) == (
        ["Lunch"],
        (1, 2),
        1,
        3,
    )
    whole = mail.agent("list_emails")
    assert (whole.total_returned_emails, len(whole.emails), whole.total_emails) == (3, 3, 3)
    empty = mail.agent("list_emails", folder_name="TRASH")
    assert (empty.total_returned_emails, empty.emails, empty.total_emails) == (0, [], 0)


@pytest.mark.parametrize(
    ("tool", "arguments", "match"),
    [
        ("list_emails", {"folder_name": "SPAM"}, "'SPAM' not found; there are INBOX, SENT, DRAFT, TRASH"),
        ("list_emails", {"folder_name": ""}, "not found"),
        ("list_emails", {"offset": 9}, "Offset"),
        ("list_emails", {"offset": -1}, "Offset"),
        ("list_emails", {"limit": -1}, "Limit"),
        ("search_emails", {"query": "x", "folder_name": "SPAM"}, "SPAM"),
        ("get_email_by_id", {"email_id": "gone"}, "Email with id gone does not exist"),
        ("get_email_by_id", {"email_id": ""}, "does not exist"),
        ("get_email_by_id", {"email_id": "rent", "folder_name": "SPAM"}, "SPAM"),
        ("get_email_by_index", {"idx": 3}, "Email with index 3 does not exist"),
        ("get_email_by_index", {"idx": -1}, "does not exist"),
        ("get_email_by_index", {"idx": 0, "folder_name": "SPAM"}, "SPAM"),
        ("move_email", {"email_id": "rent", "source_folder_name": "SPAM"}, "SPAM"),
        ("move_email", {"email_id": "rent", "dest_folder_name": "SPAM"}, "SPAM"),
        ("move_email", {"email_id": "gone"}, "gone"),
        ("delete_email", {"email_id": "gone"}, "gone"),
        ("delete_email", {"email_id": "rent", "folder_name": "SPAM"}, "SPAM"),
        ("forward_email", {"email_id": "gone", "recipients": [BOB]}, "gone"),
        ("forward_email", {"email_id": "rent", "recipients": ["bob"]}, "Invalid email address: bob"),
        ("forward_email", {"email_id": "rent", "folder_name": "SPAM"}, "SPAM"),
        ("reply_to_email", {"email_id": "gone"}, "gone"),
        ("reply_to_email", {"email_id": "rent", "folder_name": "SPAM"}, "SPAM"),
        ("reply_to_email", {"email_id": "rent", "attachment_paths": ["/no/such"]}, "does not exist"),
        ("send_email", {"recipients": ["bob"]}, "Invalid email address: bob"),
        ("send_email", {"recipients": [BOB], "cc": [""]}, "Invalid email address"),
        ("send_email", {"recipients": [BOB], "attachment_paths": ["/"]}, "does not exist"),
        ("download_attachments", {"email_id": "gone"}, "gone"),
        ("download_attachments", {"email_id": "rent", "folder_name": "SPAM"}, "SPAM"),
    ],
)
def test_what_the_agent_gets_wrong_is_said_and_changes_nothing(
    mail: Phone, tool: str, arguments: dict[str, Any], match: str
) -> None:
    mail.agent_refused(ValueError, tool, match, **arguments)


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("get_email_by_id", {"email_id": 1}),
        ("send_email", {"recipients": "bob@example.com"}),
        ("list_emails", {"limit": "9"}),
    ],
)
def test_the_agents_arguments_have_types(mail: Phone, tool: str, arguments: dict[str, Any]) -> None:
    mail.agent_refused(TypeError, tool, "must be of type", **arguments)


def test_the_agent_replies_forwards_moves_and_deletes(mail: Phone) -> None:
    reply = mail.agent("reply_to_email", email_id="rent", content="Paid.")
    assert the(mail, reply, "SENT") == Email(
        email_id=reply,
        sender=ME,
        recipients=[ADA],
        subject="Re: Rent",
        content="Paid.",
        parent_id="rent",
        timestamp=mail.world.clock.time(),
    )
    forwarded = mail.agent("forward_email", email_id="rent", recipients=[BOB])
    assert (the(mail, forwarded, "SENT").subject, the(mail, forwarded, "SENT").content) == (
        "FWD: Rent",
        "> Rent is due.",
    )
    assert the(mail, forwarded, "SENT").parent_id == "rent"
    assert mail.agent("move_email", email_id="rent", dest_folder_name="draft") == "rent"
    assert "rent" in ids(mail, "DRAFT")
    assert mail.agent("delete_email", email_id="rent", folder_name="DRAFT") == "rent"
    assert (ids(mail, "DRAFT"), ids(mail, "TRASH")) == ([], ["rent"])


def test_a_reply_to_an_own_mail_goes_to_whom_that_one_answered(mail: Phone) -> None:
    reply = mail.app.reply_to_email("rent", content="Paid.")
    again = mail.app.reply_to_email(reply, "SENT", "Did you get it?")
    assert the(mail, again, "SENT").recipients == [ADA]
    mail.app.folders[EmailFolderName.INBOX].emails.clear()
    mail.agent_refused(ValueError, "reply_to_email", "Email with id rent not found", email_id=again, folder_name="SENT")


def test_mails_that_answer_each_other_in_a_circle_do_not_hang(mail: Phone) -> None:
    mail.app.add_email(Email(sender=ME, recipients=[ADA], email_id="a", parent_id="b"), EmailFolderName.SENT)
    mail.app.add_email(Email(sender=ME, recipients=[ADA], email_id="b", parent_id="a"), EmailFolderName.SENT)
    reply = mail.agent("reply_to_email", email_id="a", folder_name="SENT")
    assert the(mail, reply, "SENT").recipients == [ME]


def test_a_forwarded_mail_has_attachments_of_its_own(mail: Phone, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("A")
    mail.app.add_attachment(the(mail, "rent"), str(tmp_path / "a.txt"))
    forwarded = mail.app.forward_email("rent", [BOB])
    the(mail, "rent").attachments.clear()
    assert list(the(mail, forwarded, "SENT").attachments) == ["a.txt"]


def test_files_come_from_the_phones_file_system_without_events_of_its_own(tmp_path: Path) -> None:
    def files() -> SandboxLocalFileSystem:
        return SandboxLocalFileSystem(name="Files", sandbox_dir=str(tmp_path))

    with phone(mailbox, files) as mail:
        mail.app.connect_to_protocols(
            {kind: fs for fs in mail.env.apps.values() for kind in fs.get_implemented_protocols()}
        )
        with mail.app.internal_fs.open("note.txt", "wb") as file:
            file.write(b"Hello")
        sent = mail.agent("send_email", recipients=[ADA], attachment_paths=["note.txt"])
        assert the(mail, sent, "SENT").attachments == {"note.txt": base64.b64encode(b"Hello")}
        mail.agent_refused(ValueError, "send_email", "does not exist", recipients=[ADA], attachment_paths=["none.txt"])
        mail.app.internal_fs.makedirs("saved")
        assert mail.agent("download_attachments", email_id=sent, folder_name="SENT", path_to_save="saved") == [
            "saved/note.txt"
        ]
        assert mail.app.internal_fs.cat("saved/note.txt") == b"Hello"


def test_events_can_be_planned(mail: Phone) -> None:
    before = mail.app.get_state()
    with EventRegisterer.capture_mode():
        events = [
            mail.app.send_email_to_user_with_id(email_id="x", sender=ADA),
            mail.app.reply_to_email(email_id="x"),
            mail.app.delete_email(email_id="x"),
        ]
    assert [event.function_name() for event in events] == [
        "send_email_to_user_with_id",
        "reply_to_email",
        "delete_email",
    ]
    assert mail.app.get_state() == before


def test_a_reply_from_a_draft_falls_back_to_its_defaults_and_then_to_the_mail(mail: Phone) -> None:
    before = len(mail.log())
    send = mail.app.send_reply_from_draft
    bare = the(mail, send(ComposeDraft(reply_to="rent")), "SENT")
    assert (bare.recipients, bare.subject, bare.parent_id) == ([ADA], "Re: Rent", "rent")
    default = the(mail, send(ComposeDraft(reply_to="rent", default_recipients=[BOB], default_subject="D")), "SENT")
    assert (default.recipients, default.subject) == ([BOB], "D")
    edited = ComposeDraft(reply_to="rent", reply_to_folder="INBOX", recipients=[BOB], subject="E", cc=[ADA], body="B")
    whole = the(mail, send(edited), "SENT")
    assert (whole.recipients, whole.subject, whole.cc, whole.content) == ([BOB], "E", [ADA], "B")
    assert len(mail.log()) == before


@pytest.mark.parametrize(
    ("draft", "match"),
    [
        (ComposeDraft(), "reply_to is not set"),
        (ComposeDraft(reply_to="gone"), "gone"),
        (ComposeDraft(reply_to="rent", reply_to_folder="SPAM"), "SPAM"),
        (ComposeDraft(reply_to="rent", attachments=["/no/such"]), "does not exist"),
    ],
)
def test_a_reply_from_a_draft_that_is_wrong_is_not_sent(mail: Phone, draft: ComposeDraft, match: str) -> None:
    before = mail.app.get_state()
    with pytest.raises(ValueError, match=match):
        mail.app.send_reply_from_draft(draft)
    assert mail.app.get_state() == before


# -- the screens

PATHS: dict[str, list[tuple[str, dict[str, Any]]]] = {
    "MailboxView": [("switch_folder", {"folder_name": "sent"}), ("switch_folder", {"folder_name": "INBOX"})],
    "EmailDetail": [("open_email_by_id", {"email_id": "rent"})],
    "ComposeEmail": [("open_email_by_index", {"index": 0}), ("start_compose_reply", {})],
}


def test_every_screen_is_reached_and_left(mail: Phone) -> None:
    mail.walk(PATHS)


@pytest.mark.parametrize("screen", PATHS)
def test_a_screen_offers_its_own_tools_only(mail: Phone, screen: str) -> None:
    assert mail.own_tools() == set(CONTRACT["screens"]["MailboxView"])
    for tool, arguments in PATHS[screen]:
        mail.do(tool, **arguments)
    assert mail.own_tools() == {*CONTRACT["screens"][screen], "go_back"}


def test_graph_and_diagram() -> None:
    assert StatefulEmailApp.get_state_graph() == {
        "ComposeEmail": ["EmailDetail", "MailboxView"],
        "EmailDetail": ["ComposeEmail", "MailboxView"],
        "MailboxView": ["ComposeEmail", "EmailDetail", "MailboxView"],
    }
    app = mailbox()
    assert app.get_reachable_states(EmailDetail("rent")) == [ComposeEmail]
    assert app.get_reachable_states(MailboxView()) == [ComposeEmail, EmailDetail, MailboxView]


def test_the_list_of_a_folder(mail: Phone) -> None:
    assert [email.subject for email in mail.do("list_emails").emails] == ["Rent", "Lunch", "Report"]
    assert [email.subject for email in mail.do("list_emails", offset=1, limit=1).emails] == ["Lunch"]
    assert mail.screen == "MailboxView"
    mail.refuse(ValueError, "list_emails", "Offset", offset=-1)
    mail.refuse(TypeError, "list_emails", "must be of type", limit="many")


def test_search_in_a_folder_by_text_and_time(mail: Phone) -> None:
    def subjects(**arguments: Any) -> list[str]:
        return [email.subject for email in mail.do("search_emails", **arguments)]

    assert subjects(query="E") == ["Rent", "Lunch", "Report"]
    assert subjects(query="lunch") == ["Lunch"]
    assert subjects(query="e", min_date="2025-01-05 12:00:00") == ["Rent", "Lunch"]
    assert subjects(query="e", max_date="2025-01-05 12:00:00") == ["Lunch", "Report"]
    assert subjects(query="e", limit=1) == ["Rent"]
    for number in range(12):
        mail.app.send_email_to_user_only(ADA, f"more {number}", "e")
    assert len(subjects(query="e")) == 10
    assert len(subjects(query="e", limit=None)) == 15
    mail.refuse(ValueError, "search_emails", "Please use YYYY-MM-DD", query="e", min_date="5 January")
    mail.refuse(ValueError, "search_emails", "Please use YYYY-MM-DD", query="e", max_date="")
    mail.refuse(ValueError, "search_emails", "Limit", query="e", limit=-1)
    assert mail.screen == "MailboxView"


def test_opening_a_mail_marks_it_as_read(mail: Phone) -> None:
    assert mail.do("open_email_by_id", email_id="rent").subject == "Rent"
    assert (mail.screen, the(mail, "rent").is_read) == ("EmailDetail", True)
    mail.do("go_back")
    mail.app.send_email_to_user_with_id("new", ADA)
    mail.world.clock.advance(1)
    assert mail.do("open_email_by_index", index=0).email_id == "new"
    assert the(mail, "new").is_read
    assert mail.do("refresh").email_id == "new"


@pytest.mark.parametrize(
    ("error", "tool", "arguments"),
    [
        (ValueError, "open_email_by_id", {"email_id": "gone"}),
        (ValueError, "open_email_by_id", {"email_id": ""}),
        (TypeError, "open_email_by_id", {"email_id": 7}),
        (ValueError, "open_email_by_index", {"index": 3}),
        (ValueError, "open_email_by_index", {"index": -1}),
        (TypeError, "open_email_by_index", {"index": "0"}),
        (ValueError, "switch_folder", {"folder_name": "SPAM"}),
        (ValueError, "switch_folder", {"folder_name": ""}),
        (TypeError, "switch_folder", {"folder_name": None}),
    ],
)
def test_a_folder_refuses(mail: Phone, error: type[Exception], tool: str, arguments: dict[str, Any]) -> None:
    mail.refuse(error, tool, **arguments)
    assert not the(mail, "rent").is_read


def test_a_mail_is_opened_in_the_folder_that_is_shown(mail: Phone) -> None:
    sent = mail.app.send_email([BOB], "Sent")
    mail.refuse(ValueError, "open_email_by_id", sent, email_id=sent)
    assert [email.subject for email in mail.do("switch_folder", folder_name="sent").emails] == ["Sent"]
    assert mail.app.current_state.folder == "SENT"
    mail.do("open_email_by_id", email_id=sent)
    assert mail.app.current_state.folder_name == "SENT"
    mail.do("go_back")
    assert mail.app.current_state.folder == "SENT"
    mail.do("go_back")
    assert mail.app.current_state.folder == "INBOX"


def test_answering_and_forwarding_keep_the_mail_on_the_screen(mail: Phone, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("A")
    mail.do("open_email_by_id", email_id="rent")
    reply = mail.do("reply", content="Paid.", attachment_paths=[str(tmp_path / "a.txt")])
    assert list(the(mail, reply, "SENT").attachments) == ["a.txt"]
    forwarded = mail.do("forward", recipients=[BOB])
    assert the(mail, forwarded, "SENT").recipients == [BOB]
    assert mail.screen == "EmailDetail"
    mail.refuse(ValueError, "reply", "does not exist", attachment_paths=["/no/such"])
    mail.refuse(ValueError, "forward", "Invalid email address", recipients=["bob"])
    mail.refuse(ValueError, "forward", "no recipient", recipients=[])
    mail.refuse(TypeError, "forward", "must be of type", recipients=BOB)


@pytest.mark.parametrize(
    ("tool", "arguments", "folder"), [("move", {"destination_folder": "draft"}, "DRAFT"), ("delete", {}, "TRASH")]
)
def test_a_mail_that_is_moved_or_deleted_is_left(
    mail: Phone, tool: str, arguments: dict[str, Any], folder: str
) -> None:
    mail.do("open_email_by_id", email_id="rent")
    assert mail.do(tool, **arguments) == "rent"
    assert (mail.screen, "rent" in ids(mail), ids(mail, folder)) == ("MailboxView", False, ["rent"])
    assert "go_back" not in mail.own_tools()


def test_a_mail_refuses_to_go_to_a_folder_that_is_none(mail: Phone) -> None:
    mail.do("open_email_by_id", email_id="rent")
    mail.refuse(ValueError, "move", "SPAM", destination_folder="SPAM")
    mail.refuse(ValueError, "move", "not found", destination_folder="")


def test_attachments_are_saved(mail: Phone, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("A")
    mail.app.add_attachment(the(mail, "rent"), str(tmp_path / "a.txt"))
    mail.do("open_email_by_id", email_id="rent")
    before = mail.app.get_state()
    (tmp_path / "saved").mkdir()
    assert mail.do("download_attachments", path_to_save=str(tmp_path / "saved")) == [str(tmp_path / "saved" / "a.txt")]
    assert (tmp_path / "saved" / "a.txt").read_text() == "A"
    assert (mail.screen, mail.app.get_state()) == ("EmailDetail", before)
    mail.refuse(FileNotFoundError, "download_attachments", path_to_save=str(tmp_path / "none"))


def test_a_mail_that_goes_while_it_is_shown_is_passed_over_on_the_way_back(mail: Phone) -> None:
    mail.do("open_email_by_id", email_id="rent")
    mail.do("start_compose_reply")
    mail.agent("delete_email", email_id="rent")
    mail.refuse(ValueError, "send_composed_email", "rent")
    mail.do("go_back")
    assert mail.screen == "MailboxView"


def test_a_mail_that_is_gone_refuses_everything_but_the_way_back(mail: Phone) -> None:
    mail.do("open_email_by_id", email_id="rent")
    mail.agent("move_email", email_id="rent", dest_folder_name="TRASH")
    calls: dict[str, dict[str, Any]] = {
        "refresh": {},
        "reply": {},
        "forward": {"recipients": [BOB]},
        "move": {"destination_folder": "SENT"},
        "delete": {},
        "download_attachments": {"path_to_save": "/tmp"},
        "start_compose_reply": {},
    }
    assert set(calls) == set(CONTRACT["screens"]["EmailDetail"])
    for tool, arguments in calls.items():
        mail.refuse(ValueError, tool, "rent", **arguments)
    mail.do("go_back")
    assert mail.screen == "MailboxView"


def test_a_new_mail_is_written_and_sent(mail: Phone, tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    file.write_text("A")
    mail.do("start_compose")
    before = mail.app.get_state()
    assert mail.do("set_recipients", recipients=[ADA])["recipients"] == [ADA]
    assert mail.do("add_recipient", recipient=BOB)["recipients"] == [ADA, BOB]
    assert mail.do("add_recipient", recipient=BOB)["recipients"] == [ADA, BOB]
    assert mail.do("set_cc", cc=["cleo@example.com"])["cc"] == ["cleo@example.com"]
    assert mail.do("set_subject", subject="Hello")["subject"] == "Hello"
    assert mail.do("set_body", body="How are you?")["body"] == "How are you?"
    assert mail.do("attach_file", attachment_path=str(file))["attachments"] == [str(file)]
    assert mail.app.get_state() == before
    sent = mail.do("send_composed_email")
    assert the(mail, sent, "SENT") == Email(
        email_id=sent,
        sender=ME,
        recipients=[ADA, BOB],
        cc=["cleo@example.com"],
        subject="Hello",
        content="How are you?",
        attachments={"a.txt": base64.b64encode(b"A")},
        timestamp=mail.world.clock.time(),
    )
    assert (mail.screen, ids(mail, "DRAFT")) == ("MailboxView", [])


@pytest.mark.parametrize(
    ("error", "tool", "arguments", "match"),
    [
        (ValueError, "set_recipients", {"recipients": [ADA, "bob"]}, "Invalid email address: bob"),
        (ValueError, "add_recipient", {"recipient": "bob"}, "Invalid email address: bob"),
        (ValueError, "add_recipient", {"recipient": ""}, "Invalid email address"),
        (ValueError, "set_cc", {"cc": ["bob"]}, "Invalid email address: bob"),
        (ValueError, "attach_file", {"attachment_path": "/no/such/file"}, "does not exist"),
        (ValueError, "attach_file", {"attachment_path": ""}, "does not exist"),
        (ValueError, "attach_file", {"attachment_path": "/"}, "does not exist"),
        (ValueError, "send_composed_email", {}, "no recipient"),
        (TypeError, "set_recipients", {"recipients": ADA}, "must be of type"),
        (TypeError, "set_subject", {"subject": None}, "must be of type"),
        (TypeError, "set_body", {"body": 5}, "must be of type"),
    ],
)
def test_a_draft_refuses_and_survives(
    mail: Phone, error: type[Exception], tool: str, arguments: dict[str, Any], match: str
) -> None:
    mail.do("start_compose")
    mail.do("set_subject", subject="Kept")
    mail.refuse(error, tool, match, **arguments)
    assert mail.draft == ComposeDraft(subject="Kept")


@pytest.mark.parametrize("tool", ["send_composed_email", "save_draft"])
def test_a_draft_survives_an_attachment_that_has_gone(mail: Phone, tool: str, tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    file.write_text("A")
    mail.do("start_compose")
    mail.do("set_recipients", recipients=[ADA])
    mail.do("attach_file", attachment_path=str(file))
    file.unlink()
    mail.refuse(ValueError, tool, "does not exist")


def test_a_draft_is_kept_whole(mail: Phone, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("A")
    mail.do("start_compose")
    mail.do("set_cc", cc=[BOB])
    mail.do("attach_file", attachment_path=str(tmp_path / "a.txt"))
    saved = the(mail, mail.do("save_draft"), "DRAFT")
    assert (saved.cc, list(saved.attachments), saved.recipients, saved.subject) == ([BOB], ["a.txt"], [], "")
    assert (mail.screen, ids(mail, "SENT")) == ("MailboxView", [])


def test_a_draft_that_is_discarded_is_gone(mail: Phone) -> None:
    before = mail.app.get_state()
    mail.do("start_compose")
    mail.do("set_subject", subject="Never mind")
    mail.do("discard_draft")
    assert (mail.screen, mail.app.get_state()) == ("MailboxView", before)
    mail.do("start_compose")
    assert mail.draft == ComposeDraft()


def test_an_answer_is_written_and_sent(mail: Phone) -> None:
    mail.do("open_email_by_id", email_id="rent")
    draft = mail.do("start_compose_reply")
    assert draft == {
        **vars(ComposeDraft()),
        "reply_to": "rent",
        "reply_to_folder": "INBOX",
        "default_recipients": [ADA],
        "default_subject": "Re: Rent",
    }
    mail.do("set_body", body="Paid.")
    sent = the(mail, mail.do("send_composed_email"), "SENT")
    assert (sent.recipients, sent.subject, sent.content, sent.parent_id) == ([ADA], "Re: Rent", "Paid.", "rent")
    assert mail.screen == "EmailDetail"
    mail.do("start_compose_reply")
    kept = the(mail, mail.do("save_draft"), "DRAFT")
    assert (kept.recipients, kept.subject, kept.parent_id) == ([ADA], "Re: Rent", "rent")


def test_two_files_of_one_name_are_both_sent(mail: Phone, tmp_path: Path) -> None:
    paths = []
    for folder, text in (("a", "soup"), ("b", "salad"), ("c", "soup"), ("d", "cake")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "menu.txt").write_text(text)
        paths.append(str(tmp_path / folder / "menu.txt"))
    sent = the(mail, mail.agent("send_email", recipients=[BOB], attachment_paths=paths), "SENT")
    # The third is the first once more.
    assert {name: base64.b64decode(content) for name, content in sent.attachments.items()} == {
        "menu.txt": b"soup",
        "menu (2).txt": b"salad",
        "menu (3).txt": b"cake",
    }


@pytest.mark.parametrize("folder", EmailFolderName)
def test_a_folder_is_given_by_name_or_enum(mail: Phone, folder: EmailFolderName) -> None:
    app = mail.app
    for given, made_in in ((folder, folder), (folder.value, folder.value), (folder.value.lower(), folder)):
        email_id = app.create_and_add_email(ADA, subject="Hello", folder_name=made_in)
        assert app.get_email_by_id(email_id, given).subject == "Hello"
        assert app.list_emails(given).emails == app.list_emails(folder.value).emails
        assert email_id in [email.email_id for email in app.search_emails("Hello", folder_name=given)]
        app.move_email(email_id, given, given)
        assert email_id in ids(mail, folder.value)
    # The event of a call, and the screen, have the name.
    assert mail.log()[-1].get_args()["dest_folder_name"] == folder.value.lower()
    assert MailboxView(folder).folder == EmailDetail("rent", folder).folder_name == folder.value
    app.load_root_state()
    app.current_state.switch_folder(folder)
    assert (mail.screen, app.current_state.folder) == ("MailboxView", folder.value)
    app.current_state.open_email_by_id(ids(mail, folder.value)[0])
    app.current_state.move(EmailFolderName.TRASH)
    assert mail.log()[-1].get_args() == {"destination_folder": "TRASH"}


# -- always


def test_what_only_looks_leaves_no_trace_but_the_mark_of_having_been_read(mail: Phone) -> None:
    before = mail.app.get_state()
    for steps in PATHS.values():
        for tool, arguments in steps:
            mail.do(tool, **arguments)
        mail.app.load_root_state()
    the(mail, "rent").is_read = False
    assert mail.app.get_state() == before


def test_the_same_seed_gives_the_same_ids() -> None:
    def story(seed: str) -> list[str]:
        with phone(mailbox, seed=seed) as mail:
            mail.do("open_email_by_id", email_id="rent")
            mail.do("reply")
            mail.agent("send_email", recipients=[ADA])
            mail.do("start_compose_reply")
            mail.do("save_draft")
            events = [event.event_id for event in mail.log()]
            return [*ids(mail), *ids(mail, "SENT"), *ids(mail, "DRAFT"), *events]

    assert story("a") == story("a")
    assert len(set(story("a"))) == len(story("a"))
    assert story("a") != story("b")


def test_the_backend_is_ares() -> None:
    assert isinstance(mailbox(), EmailClientV2)
