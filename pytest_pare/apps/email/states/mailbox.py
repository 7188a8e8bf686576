"""The list of mails in a folder."""

from __future__ import annotations

from are.simulation.apps.email_client import Email, EmailFolderName, ReturnedEmails

from pytest_pare.apps.email.folder import folders_by_name
from pytest_pare.apps.screens import AppState
from pytest_pare.apps.tool_decorators import screen_tool
from pytest_pare.base.times import written_time


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


def _timestamp(date: str | None) -> float | None:
    if date is None:
        return None
    try:
        return written_time(date).timestamp()
    except ValueError:
        raise ValueError(f"Invalid date {date!r}. Please use YYYY-MM-DD HH:MM:SS") from None
