"""Folders of mails: their order, and their names as arguments of tools."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any

from are.simulation.apps.email_client import Email, EmailFolder, EmailFolderName

if TYPE_CHECKING:
    from collections.abc import Callable

INBOX = EmailFolderName.INBOX.value


def folders_by_name(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a tool that accepts a folder's enum for its name; the tool and its event get the name."""

    @wraps(function)
    def call(self: Any, *args: Any, **kwargs: Any) -> Any:
        named = {name: name_of_folder(value) for name, value in kwargs.items()}
        return function(self, *map(name_of_folder, args), **named)

    return call


def name_of_folder(value: Any) -> Any:
    """Return the name of a folder's enum, and any other value as it is."""
    return value.value if isinstance(value, EmailFolderName) else value


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
