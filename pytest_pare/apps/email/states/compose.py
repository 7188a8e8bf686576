"""The form for a new mail or an answer."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from pytest_pare.apps.files import read_attachment
from pytest_pare.apps.screens import WRITE, AppState
from pytest_pare.apps.tool_decorators import screen_tool


@dataclass
class ComposeDraft:
    """A mail that is being written.

    Attributes:
        recipients: Addresses.
        cc: Addresses.
        subject: Subject; empty for the default of a reply.
        body: Text.
        attachments: Paths of files.
        reply_to: Id of the mail that is answered.
        reply_to_folder: The folder that it is in.
        default_recipients: Recipients of a reply without recipients.
        default_subject: Subject of a reply without a subject.
    """

    recipients: list[str] = field(default_factory=list)
    cc: list[str] = field(default_factory=list)
    subject: str = ""
    body: str = ""
    attachments: list[str] = field(default_factory=list)
    reply_to: str | None = None
    reply_to_folder: str | None = None
    default_recipients: list[str] = field(default_factory=list)
    default_subject: str | None = None


class ComposeEmail(AppState):
    """A mail that is being written.

    Args:
        draft: What is written so far.
    """

    def __init__(self, draft: ComposeDraft | None = None) -> None:
        self.draft = draft or ComposeDraft()

    @screen_tool()
    def set_recipients(self, recipients: list[str]) -> dict[str, object]:
        """Set who the email goes to.

        :param recipients: Addresses.
        :returns: The draft.
        """
        return self._changed(recipients=_addresses(recipients))

    @screen_tool()
    def add_recipient(self, recipient: str) -> dict[str, object]:
        """Add somebody who the email goes to.

        :param recipient: An address.
        :returns: The draft.
        """
        return self._changed(recipients=list(dict.fromkeys([*self.draft.recipients, *_addresses([recipient])])))

    @screen_tool()
    def set_cc(self, cc: list[str]) -> dict[str, object]:
        """Set who gets a copy of the email.

        :param cc: Addresses.
        :returns: The draft.
        """
        return self._changed(cc=_addresses(cc))

    @screen_tool()
    def set_subject(self, subject: str) -> dict[str, object]:
        """Set the subject of the email.

        :param subject: The subject.
        :returns: The draft.
        """
        return self._changed(subject=subject)

    @screen_tool()
    def set_body(self, body: str) -> dict[str, object]:
        """Set the text of the email.

        :param body: The text.
        :returns: The draft.
        """
        return self._changed(body=body)

    @screen_tool()
    def attach_file(self, attachment_path: str) -> dict[str, object]:
        """Attach a file to the email.

        :param attachment_path: Path of the file.
        :returns: The draft.
        """
        read_attachment(self.app.internal_fs, attachment_path)
        return self._changed(attachments=[*self.draft.attachments, attachment_path])

    @screen_tool(WRITE)
    def send_composed_email(self) -> str:
        """Send the email.

        :returns: Id of the email.
        """
        draft = self.draft
        if draft.reply_to is not None:
            email_id: str = self.app.send_reply_from_draft(draft)
        else:
            if not draft.recipients:
                raise ValueError("The email has no recipient; set one with set_recipients")
            email_id = self.app.send_email(draft.recipients, draft.subject, draft.body, draft.cc, draft.attachments)
        return email_id

    @screen_tool(WRITE)
    def save_draft(self) -> str:
        """Keep the email in the folder DRAFT.

        :returns: Id of the draft.
        """
        email_id: str = self.app.save_draft(self.draft)
        return email_id

    @screen_tool()
    def discard_draft(self) -> str:
        """Throw the email away.

        :returns: A confirmation.
        """
        return "The draft is discarded."

    def _changed(self, **changes: Any) -> dict[str, object]:
        vars(self.draft).update(changes)
        return asdict(self.draft)


def _addresses(addresses: list[str]) -> list[str]:
    for address in addresses:
        if "@" not in address:
            raise ValueError(f"Invalid email address: {address}")
    return addresses
