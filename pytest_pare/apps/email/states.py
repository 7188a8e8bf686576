"""The screens of the mail app."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

from are.simulation.apps.calendar import DATETIME_FORMAT
from are.simulation.apps.email_client import Email, EmailFolderName, ReturnedEmails

from pytest_pare.apps.core import WRITE, AppState
from pytest_pare.apps.email.mail_client import folders_by_name
from pytest_pare.apps.files import read_attachment
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
        default_recipients: Who a reply goes to where nobody is named.
        default_subject: Subject of a reply where none is set.
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


class MailboxView(AppState):
    """The list of mails in a folder.

    Args:
        folder: INBOX, SENT, DRAFT or TRASH, or its enum.
    """

    def __init__(self, folder: str | EmailFolderName = EmailFolderName.INBOX.value) -> None:
        self.folder: str = folder.value if isinstance(folder, EmailFolderName) else folder

    @screen_tool()
    def list_emails(self, offset: int = 0, limit: int = 10) -> ReturnedEmails:
        """List the emails of this folder, the newest first.

        :param offset: How many emails to pass over.
        :param limit: How many emails to list at most.
        :returns: The emails, with the total number.
        """
        return self.app.list_emails(self.folder, offset, limit)

    @screen_tool()
    def search_emails(
        self, query: str, min_date: str | None = None, max_date: str | None = None, limit: int | None = 10
    ) -> list[Email]:
        """Search this folder for emails whose sender, recipients, subject or content hold the query.

        :param query: The text to look for.
        :param min_date: Earliest time of the email, YYYY-MM-DD HH:MM:SS.
        :param max_date: Latest time of the email, YYYY-MM-DD HH:MM:SS.
        :param limit: How many emails to return at most; null for all.
        :returns: The emails that match.
        """
        if limit is not None and limit < 0:
            raise ValueError("Limit must be non-negative")
        earliest, latest = _timestamp(min_date), _timestamp(max_date)
        found = [
            email
            for email in self.app.search_emails(query, self.folder)
            if (earliest is None or email.timestamp >= earliest) and (latest is None or email.timestamp <= latest)
        ]
        return found[:limit]

    @screen_tool()
    def open_email_by_id(self, email_id: str) -> Email:
        """Open an email of this folder.

        :param email_id: Id of the email.
        :returns: The email.
        """
        return self.app.get_email_by_id(email_id, self.folder)

    @screen_tool()
    def open_email_by_index(self, index: int) -> Email:
        """Open the email at a place of this folder's list.

        :param index: Place in the list, from 0.
        :returns: The email.
        """
        return self.app.get_email_by_index(index, self.folder)

    @folders_by_name
    @screen_tool()
    def switch_folder(self, folder_name: str) -> ReturnedEmails:
        """Show another folder.

        :param folder_name: INBOX, SENT, DRAFT or TRASH.
        :returns: The first emails of that folder.
        """
        return self.app.list_emails(folder_name)

    @screen_tool()
    def start_compose(self) -> str:
        """Begin a new email.

        :returns: A confirmation.
        """
        return "A new email is begun."


class EmailDetail(AppState):
    """One mail.

    Args:
        email_id: Id of the mail.
        folder_name: The folder that it is in, or its enum.
    """

    def __init__(self, email_id: str, folder_name: str | EmailFolderName = EmailFolderName.INBOX.value) -> None:
        self.email_id = email_id
        self.folder_name: str = folder_name.value if isinstance(folder_name, EmailFolderName) else folder_name

    @property
    def email(self) -> Email:
        """The mail that is shown."""
        return self.app.get_email_by_id(self.email_id, self.folder_name)

    def on_enter(self) -> None:
        """Mark the mail as read: the user sees it."""
        self.email.is_read = True

    def is_valid(self) -> bool:
        """Tell whether the mail is still in its folder."""
        return any(email.email_id == self.email_id for email in self.app.folder(self.folder_name).emails)

    @screen_tool()
    def refresh(self) -> Email:
        """Show this email again.

        :returns: The email.
        """
        return self.email

    @screen_tool(WRITE)
    def reply(self, content: str = "", attachment_paths: list[str] | None = None) -> str:
        """Answer the sender of this email.

        :param content: The text of the answer.
        :param attachment_paths: Paths of files to attach.
        :returns: Id of the answer.
        """
        reply_id: str = self.app.reply_to_email(self.email_id, self.folder_name, content, attachment_paths)
        return reply_id

    @screen_tool(WRITE)
    def forward(self, recipients: list[str]) -> str:
        """Forward this email.

        :param recipients: Addresses that it goes to.
        :returns: Id of the email that was sent.
        """
        if not recipients:
            raise ValueError("The email has no recipient to be forwarded to")
        forwarded_id: str = self.app.forward_email(self.email_id, recipients, self.folder_name)
        return forwarded_id

    @folders_by_name
    @screen_tool(WRITE)
    def move(self, destination_folder: str) -> str:
        """Move this email to another folder.

        :param destination_folder: INBOX, SENT, DRAFT or TRASH.
        :returns: Id of the email.
        """
        email_id: str = self.app.move_email(self.email_id, self.folder_name, destination_folder)
        return email_id

    @screen_tool(WRITE)
    def delete(self) -> str:
        """Move this email to the trash.

        :returns: Id of the email.
        """
        email_id: str = self.app.delete_email(self.email_id, self.folder_name)
        return email_id

    @screen_tool()
    def download_attachments(self, path_to_save: str) -> list[str]:
        """Save the attachments of this email as files.

        :param path_to_save: Directory to save them in.
        :returns: Paths of the files.
        """
        paths: list[str] = self.app.download_attachments(self.email_id, self.folder_name, path_to_save)
        return paths

    @screen_tool()
    def start_compose_reply(self) -> dict[str, object]:
        """Begin an answer that can be edited before it is sent.

        :returns: The draft.
        """
        return asdict(self.reply_draft())

    def reply_draft(self) -> ComposeDraft:
        """Return the draft of an answer to this mail."""
        email = self.email
        return ComposeDraft(
            reply_to=self.email_id,
            reply_to_folder=self.folder_name,
            default_recipients=[self.app.reply_recipient(email)],
            default_subject=f"Re: {email.subject}",
        )


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


def _timestamp(date: str | None) -> float | None:
    if date is None:
        return None
    try:
        return datetime.strptime(date, DATETIME_FORMAT).replace(tzinfo=UTC).timestamp()
    except ValueError:
        raise ValueError(f"Invalid date {date!r}. Please use YYYY-MM-DD HH:MM:SS") from None
