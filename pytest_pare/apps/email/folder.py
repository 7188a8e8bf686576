"""Folders of mails: their order, and their names as arguments of tools."""

from __future__ import annotations

from functools import wraps
from operator import attrgetter, gt
from typing import TYPE_CHECKING, Any

from are.simulation.apps.email_client import Email, EmailFolder, EmailFolderName

if TYPE_CHECKING:
    from collections.abc import Callable

_ID, _TIME = attrgetter("email_id"), attrgetter("timestamp")
INBOX = EmailFolderName.INBOX.value


def folders_by_name(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return the tool with arguments that accept a folder's enum for its name. The event has the name."""

    @wraps(function)
    def call(self: Any, *args: Any, **kwargs: Any) -> Any:
        named = {name: name_of_folder(value) for name, value in kwargs.items()}
        return function(self, *map(name_of_folder, args), **named)

    return call


def name_of_folder(value: Any) -> Any:
    """Return the name of a folder's enum, and any other value as it is."""
    return value.value if isinstance(value, EmailFolderName) else value


class MailFolder(EmailFolder):
    """ARE's folder, sorted by time and then by arrival: of two mails with equal times, the later arrival is newer.

    ARE sorts at each new mail. Here new mails wait until the folder is read.

    Attributes:
        arrivals: By id of a mail, its number in the order of arrival. All folders of a mailbox share it.
    """

    arrivals: dict[str, int]
    _sorted: list[Email]
    _new: list[Email]

    @classmethod
    def adopt(cls, folder: EmailFolder, arrivals: dict[str, int]) -> None:
        """Change the class of ARE's folder to this one, in place, because other objects refer to the folder."""
        emails = folder.emails
        vars(folder).pop("emails", None)
        folder.__class__ = cls
        folder.arrivals = arrivals
        folder.emails = []
        for email in reversed(emails):
            folder.add_email(email)

    @property
    def emails(self) -> list[Email]:
        """The mails, the newest first. A mail that is added later is in another list."""
        if self._new:
            newest_first = [*reversed(self._new), *self._sorted]
            times = [*map(_TIME, newest_first)]
            is_sorted = all(map(gt, times, times[1:]))
            self._sorted, self._new = newest_first if is_sorted else self._in_order([*self._sorted, *self._new]), []
        return self._sorted

    @emails.setter
    def emails(self, emails: list[Email]) -> None:
        self._sorted, self._new = emails, []

    def add_email(self, email: Email) -> None:
        """Add a mail in the order of the folder."""
        assert isinstance(email, Email), "Email must be an instance of Email"
        self.arrivals.setdefault(email.email_id, len(self.arrivals))
        self._new.append(email)

    def remove_email(self, email: Email) -> None:
        """Remove a mail of the folder: this object, not another one that equals it."""
        emails = self.emails
        del emails[next(place for place, one in enumerate(emails) if one is email)]

    def _in_order(self, emails: list[Email]) -> list[Email]:
        ids = [*map(_ID, emails)]
        numbers: list[Any] = [*map(self.arrivals.get, ids)]
        if None in numbers:
            numbers = [self.arrivals.setdefault(email_id, len(self.arrivals)) for email_id in ids]
        ages = [*zip(map(_TIME, emails), numbers, strict=True)]
        order = sorted(range(len(emails)), key=ages.__getitem__, reverse=True)
        return [emails[place] for place in order]
