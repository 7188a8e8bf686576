"""Email."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import Any

from are.simulation.apps.calendar import DATETIME_FORMAT
from are.simulation.apps.email_client import Email, EmailClientV2, EmailFolderName
from are.simulation.tool_utils import OperationType, app_tool, data_tool, env_tool
from are.simulation.types import EventType, disable_events, event_registered
from are.simulation.utils import type_check

from pytest_pare.apps.core import USER_EMAIL, StatefulApp

# ARE logs this one, on the way to a reply, with an argument that the text has no place for. Python's own handlers print
# that; pytest's raises, and the reply fails.
logging.getLogger("are.simulation.apps.email_client").addFilter(lambda record: record.msg != "Email not found in ")


class StatefulEmailApp(StatefulApp, EmailClientV2):
    """A mailbox with the folders INBOX, SENT, DRAFT and TRASH.

    Args:
        name: The app's name.
        user_email: The owner's address.
        **kwargs: The other fields of ARE's `EmailClientV2`.
    """

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
        return email_id

    @type_check
    @app_tool()
    @event_registered(operation_type=OperationType.WRITE)
    def forward_email(
        self,
        email_id: str,
        recipients: list[str] | None = None,
        folder_name: str = EmailFolderName.INBOX.value,
    ) -> str:
        """Forwards an email to the specified recipients.

        :param email_id: The id of the email to forward.
        :param recipients: The recipients of the email.
        :param folder_name: The folder to forward the email from: INBOX, SENT, DRAFT, TRASH. Defaults to INBOX.
        :returns: The id of the email just created and sent.

        :example:
            forward_email("1234567890abcdef", ["user1@meta.com", "user2@meta.com"], "INBOX")
        """
        # ARE marks the original as read before it sees that an address is wrong.
        Email(recipients=recipients or [])
        with disable_events():
            new_id: str = super().forward_email(email_id, recipients, folder_name)
        return new_id

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
        # ARE's default is the wall-clock time at which its module was imported.
        if email_time is None:
            email_time = datetime.fromtimestamp(self.time_manager.time(), tz=UTC).strftime(DATETIME_FORMAT)
        email_id: str = super().create_and_add_email_with_time.__wrapped__(
            self, sender, recipients, subject, content, email_time, folder_name
        )
        return email_id
