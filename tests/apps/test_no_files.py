"""A phone without a file system app: attachments and downloads never touch the host's disk."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from are.simulation.apps.email_client import Email, EmailFolderName
from are.simulation.apps.messaging_v2 import ConversationV2, FileMessageV2
from are.simulation.apps.sandbox_file_system import SandboxLocalFileSystem

from pytest_pare.apps.files import NoFiles
from pytest_pare.settings import RunnerSettings
from pytest_pare.simulation.runner import run_scenario
from tests.stage import Stage

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_pare.agents.protocols import Turn


def filled(stage: Any) -> None:
    """Put a mail and a message with an attachment on the phone."""
    mail = Email(sender="ann@b.example", email_id="m", subject="s", content="c", attachments={"a.txt": b"YQ=="})
    stage.email.add_email(mail, EmailFolderName.INBOX)
    stage.messaging.add_users(["Ann", "Bob"])
    people = [stage.messaging.current_user_id, *(stage.messaging.name_to_id[name] for name in ("Ann", "Bob"))]
    conversation = ConversationV2(conversation_id="c", title="Us", participant_ids=people)
    conversation.messages.append(FileMessageV2("Ann", "f", 0.0, "c", b"YQ==", "a.txt"))
    stage.messaging.add_conversation(conversation)


CALLS: dict[str, tuple[str, dict[str, Any]]] = {
    "a mail with an attachment": (
        "Emails__send_email",
        {"recipients": ["ann@b.example"], "subject": "s", "content": "c", "attachment_paths": ["secret.txt"]},
    ),
    "a message with an attachment": (
        "Messages__send_message_to_group_conversation",
        {"conversation_id": "c", "content": "c", "attachment_path": "secret.txt"},
    ),
    "a download from a mail": ("Emails__download_attachments", {"email_id": "m", "path_to_save": "."}),
    "a download from a message": (
        "Messages__download_attachment",
        {"conversation_id": "c", "message_id": "f", "download_path": "."},
    ),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_an_agent_does_not_reach_the_hosts_disk(
    call: tuple[str, dict[str, Any]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "secret.txt").write_text("of the host's")
    raised: list[Exception] = []

    def agent(turn: Turn) -> None:
        with pytest.raises((ValueError, FileNotFoundError)) as refused:
            turn.call(*call)
        raised.append(refused.value)

    run = run_scenario(Stage(content=filled), RunnerSettings(max_turns=1), agent=agent)
    assert run.success
    assert len(raised) == 1
    assert "ile" in str(raised[0])
    assert [path.name for path in tmp_path.iterdir()] == ["secret.txt"]
    assert "of the host's" not in run.trace.to_jsonl()


def test_where_the_phone_has_files_they_are_used() -> None:
    class WithFiles(Stage):
        def init_and_populate_apps(self, *args: Any, **kwargs: Any) -> None:
            super().init_and_populate_apps(*args, **kwargs)
            self.files = SandboxLocalFileSystem(name="Files")
            with self.files.open("note.txt", "w") as file:
                file.write("mine")
            assert self.apps is not None
            self.apps.append(self.files)

    name, arguments = CALLS["a mail with an attachment"]

    def agent(turn: Turn) -> None:
        turn.call(name, {**arguments, "attachment_paths": ["note.txt"]})

    run = run_scenario(WithFiles(), RunnerSettings(max_turns=1), agent=agent)
    (sent,) = [event for event in run.trace.events if event.function == "send_email"]
    assert (run.result.status, sent.error) == ("success", None)


def test_no_files_says_what_to_do() -> None:
    assert not NoFiles().exists("a")
    with pytest.raises(FileNotFoundError, match="a: this phone has no files; add a file system app"):
        NoFiles().open("a")
