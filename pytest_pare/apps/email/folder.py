"""A folder of mails that lists the newest first, also of those that have one time."""

from __future__ import annotations

from are.simulation.apps.email_client import Email, EmailFolder


class MailFolder(EmailFolder):
    """ARE's folder, in which of two mails with one time the one that came to the mailbox later is the newer one.

    Attributes:
        arrivals: Numbers of mails by id, in the order of arrival; all folders of a mailbox share it.
    """

    arrivals: dict[str, int]

    @classmethod
    def adopt(cls, folder: EmailFolder, arrivals: dict[str, int]) -> None:
        """Make a folder of ARE's one of this class, with its mails, and without a new object: others refer to it."""
        folder.__class__ = cls
        folder.arrivals = arrivals
        emails, folder.emails = folder.emails, []
        for email in reversed(emails):
            folder.add_email(email)

    def add_email(self, email: Email) -> None:
        """Add a mail at its place."""
        super().add_email(email)
        self.emails.sort(key=self._age, reverse=True)

    def _age(self, email: Email) -> tuple[float, int]:
        return email.timestamp, self.arrivals.setdefault(email.email_id, len(self.arrivals))
