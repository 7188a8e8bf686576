"""One mail."""

from __future__ import annotations

from dataclasses import asdict

from are.simulation.apps.email_client import Email, EmailFolderName

from pytest_pare.apps.email.folder import folders_by_name
from pytest_pare.apps.email.states.compose import ComposeDraft
from pytest_pare.apps.screens import WRITE, AppState
from pytest_pare.apps.tool_decorators import screen_tool


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
        """Mark the mail as read."""
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
