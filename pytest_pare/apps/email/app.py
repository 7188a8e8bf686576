"""Email."""

from __future__ import annotations

from typing import Any, ClassVar

from are.simulation.apps.email_client import Email, EmailFolderName
from are.simulation.tool_utils import OperationType, data_tool, env_tool
from are.simulation.types import EventType, event_registered
from are.simulation.utils import type_check, uuid_hex

from pytest_pare.apps.core import USER_EMAIL, StatefulApp
from pytest_pare.apps.email.folder import INBOX
from pytest_pare.apps.email.mail_client import MailClient
from pytest_pare.apps.email.states import ComposeDraft, ComposeEmail, EmailDetail, MailboxView
from pytest_pare.apps.navigation import POP, push
from pytest_pare.base.times import written_time


class StatefulEmailApp(StatefulApp, MailClient):
    """A mailbox with the folders INBOX, SENT, DRAFT and TRASH.

    Args:
        name: The app's name.
        user_email: The owner's address.
        **kwargs: The other fields of ARE's `EmailClientV2`.
    """

    root = MailboxView
    transitions: ClassVar = {
        MailboxView: {
            "open_email_by_id": push(EmailDetail, lambda view, args, _: EmailDetail(args["email_id"], view.folder)),
            "open_email_by_index": push(EmailDetail, lambda view, _, email: EmailDetail(email.email_id, view.folder)),
            "switch_folder": push(MailboxView, lambda _, args, __: MailboxView(args["folder_name"].upper())),
            "start_compose": push(ComposeEmail),
        },
        EmailDetail: {
            "start_compose_reply": push(ComposeEmail, lambda detail, _, __: ComposeEmail(detail.reply_draft())),
            "move": POP,
            "delete": POP,
        },
        ComposeEmail: {"send_composed_email": POP, "save_draft": POP, "discard_draft": POP},
    }

    def __init__(self, name: str | None = None, user_email: str = USER_EMAIL, **kwargs: Any) -> None:
        super().__init__(name, user_email=user_email, **kwargs)

    @type_check
    @env_tool()
    @event_registered(operation_type=OperationType.WRITE, event_type=EventType.ENV)
    def send_email_to_user_with_id(
        self,
        email_id: str,
        sender: str,
        subject: str = "",
        content: str = "",
        attachment_paths: list[str] | None = None,
    ) -> str:
        """Creates an email with a known id, the user as its sole recipient, and adds it to the INBOX, unread.

        :param email_id: The id of the email.
        :param sender: The sender of the email.
        :param subject: The subject of the email.
        :param content: The content of the email.
        :param attachment_paths: The paths of the attachments to add to the email.
        :returns: The id of the email.
        """
        email = Email(
            email_id=email_id,
            sender=sender,
            recipients=[self.user_email],
            subject=subject,
            content=content,
            timestamp=self.time_manager.time(),
        )
        for path in attachment_paths or []:
            self.add_attachment(email, path)
        self.folders[EmailFolderName.INBOX].add_email(email)
        return str(email.email_id)

    @data_tool()
    @event_registered(operation_type=OperationType.WRITE)
    def create_and_add_email_with_time(
        self,
        sender: str,
        recipients: list[str] | None = None,
        subject: str = "",
        content: str = "",
        email_time: str | None = None,
        folder_name: str = "INBOX",
    ) -> str:
        """Create and add an email, already read, to the specified folder.

        :param sender: The sender of the email.
        :param recipients: The recipients of the email.
        :param subject: The subject of the email.
        :param content: The content of the email.
        :param email_time: The time of the email, YYYY-MM-DD HH:MM:SS in UTC. Defaults to the current simulated time.
        :param folder_name: The folder to add the email to: INBOX, SENT, DRAFT, TRASH. Defaults to INBOX.
        :returns: The id of the email just created.
        """
        # ARE's default is the wall-clock time at which its module was imported, and has no fractions of a second.
        sent = self.time_manager.time() if email_time is None else _timestamp(email_time)
        email = Email(
            email_id=uuid_hex(self.rng),
            sender=sender,
            recipients=[] if recipients is None else recipients,
            subject=subject,
            content=content,
            timestamp=sent,
            is_read=True,
        )
        self.folders[EmailFolderName(folder_name)].add_email(email)
        return str(email.email_id)

    def send_reply_from_draft(self, draft: ComposeDraft) -> str:
        """Send the answer in a draft and return its id. No event.

        Raises:
            ValueError: If the draft is no answer, or the answered mail no longer exists.
        """
        if not draft.reply_to:
            raise ValueError("The draft is no reply: reply_to is not set")
        original = self.folder(draft.reply_to_folder or INBOX).get_email_by_id(draft.reply_to)
        recipients = draft.recipients or draft.default_recipients or [self.reply_recipient(original)]
        subject = draft.subject or draft.default_subject or f"Re: {original.subject}"
        return self._put(draft, EmailFolderName.SENT, recipients, subject)

    def save_draft(self, draft: ComposeDraft) -> str:
        """Save a draft with all its fields in the folder DRAFT and return its id. No event."""
        return self._put(
            draft,
            EmailFolderName.DRAFT,
            draft.recipients or draft.default_recipients,
            draft.subject or draft.default_subject or "",
        )

    def _put(self, draft: ComposeDraft, folder: EmailFolderName, recipients: list[str], subject: str) -> str:
        email = Email(
            sender=self.user_email,
            recipients=list(recipients),
            subject=subject,
            content=draft.body,
            cc=list(draft.cc),
            parent_id=draft.reply_to,
        )
        return self.put(folder, email, draft.attachments)


def _timestamp(date: str) -> float:
    try:
        return written_time(date).timestamp()
    except ValueError:
        raise ValueError("Invalid datetime format for the email time. Please use YYYY-MM-DD HH:MM:SS") from None
