"""ARE's mail client with corrections: clear errors, and at most one event per call."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Any

from are.simulation.apps.email_client import Email, EmailClientV2, EmailFolderName, ReturnedEmails
from are.simulation.tool_utils import OperationType, app_tool
from are.simulation.types import disable_events, event_registered
from are.simulation.utils import type_check, uuid_hex

from pytest_pare.apps.email.folder import INBOX, MailFolder, folders_by_name, name_of_folder
from pytest_pare.apps.files import read_attachment


class MailClient(EmailClientV2):
    """The backend of the mail app: ARE's tools. A comment marks each difference."""

    folders: dict[EmailFolderName, MailFolder]
    create_and_add_email = folders_by_name(EmailClientV2.create_and_add_email)

    def __post_init__(self) -> None:
        """Make the folders."""
        super().__post_init__()
        self._order_folders()

    def load_state(self, state_dict: dict[str, Any]) -> None:
        """Replace the content by a state from `get_state`."""
        super().load_state(state_dict)
        self._order_folders()

    def _order_folders(self) -> None:
        arrivals: dict[str, int] = {}
        for folder in self.folders.values():
            MailFolder.adopt(folder, arrivals)

    def folder(self, folder_name: str | EmailFolderName) -> MailFolder:
        """Return a folder by its name, in any case, or its enum.

        Raises:
            ValueError: If there is no such folder. ARE raises a KeyError without a text.
        """
        try:
            return self.folders[EmailFolderName[str(name_of_folder(folder_name)).upper()]]
        except KeyError:
            names = ", ".join(name.value for name in EmailFolderName)
            raise ValueError(f"Folder {folder_name!r} not found; there are {names}") from None

    def add_attachment(self, email: Email, attachment_path: str) -> None:
        """Attach a file to a mail. No event, and none of the file system.

        A second file with the same name is attached as `name (2)` plus its suffix. ARE replaces the first one.

        Raises:
            ValueError: If there is no such file.
        """
        name, content = read_attachment(self.internal_fs, attachment_path)
        attached = dict(email.attachments or {})
        path, number = PurePosixPath(name), 1
        while attached.get(name, content) != content:
            number += 1
            name = f"{path.stem} ({number}){path.suffix}"
        email.attachments = {**attached, name: content}

    def reply_recipient(self, email: Email) -> str:
        """Return the recipient of an answer: the sender, or for the user's own mail the sender of the mail it answers.

        Raises:
            ValueError: If the user's own mail answers one that no longer exists.
        """
        # In a scenario, mails may answer each other in a circle.
        seen = {email.email_id}
        while email.sender == self.user_email and email.parent_id and email.parent_id not in seen:
            everywhere = (mail for folder in self.folders.values() for mail in folder.emails)
            parent = next((mail for mail in everywhere if mail.email_id == email.parent_id), None)
            if parent is None:
                raise ValueError(f"Email with id {email.parent_id} not found")
            email = parent
            seen.add(email.email_id)
        return str(email.sender)

    def put(self, folder_name: EmailFolderName, email: Email, attachment_paths: list[str] | None = None) -> str:
        """Add a mail of the user to a folder, with a new id, sender and time, and return the id. No event.

        Raises:
            ValueError: If an attachment does not exist. The mail is not added then.
        """
        for path in attachment_paths or []:
            self.add_attachment(email, path)
        email.email_id, email.sender, email.timestamp = uuid_hex(self.rng), self.user_email, self.time_manager.time()
        self.folders[folder_name].add_email(email)
        return str(email.email_id)

    @folders_by_name
    @type_check
    @app_tool()
    @event_registered(operation_type=OperationType.READ)
    def list_emails(self, folder_name: str = INBOX, offset: int = 0, limit: int = 10) -> ReturnedEmails:
        """Lists emails in the specified folder with a specified offset.

        :param folder_name: The folder to list emails from: INBOX, SENT, DRAFT, TRASH. Defaults to INBOX.
        :param offset: The offset of the first email to return.
        :param limit: The maximum number of emails to return.
        :returns: Emails with additional metadata about the range of emails retrieved and total number of emails.

        :example:
            list_emails("INBOX", 0, 10)
        """
        folder = self.folder(folder_name)
        if limit < 0:
            raise ValueError("Limit must be non-negative")
        page = folder.get_emails(offset, limit)
        # ARE's number is one too high.
        page.total_returned_emails = len(page.emails)
        return page

    @folders_by_name
    @type_check
    @app_tool()
    @event_registered(operation_type=OperationType.READ)
    def search_emails(self, query: str, folder_name: str = INBOX) -> list[Email]:
        """Searches for emails in a folder based on a query string.

        The search looks for partial matches in sender, recipients, subject, and content.

        :param query: The search query string.
        :param folder_name: The folder to search in: INBOX, SENT, DRAFT, TRASH. Defaults to INBOX.
        :returns: A list of emails that match the query.

        :example:
            search_emails("hello", "INBOX")
        """
        folder = self.folder(folder_name).folder_name
        with disable_events():
            found: list[Email] = super().search_emails(query, folder.value)
        return found

    @folders_by_name
    @type_check
    @app_tool()
    @event_registered(operation_type=OperationType.READ)
    def get_email_by_id(self, email_id: str, folder_name: str = INBOX) -> Email:
        """Reads an email from the specified folder.

        :param email_id: The id of the email to read, the Id is specified in the email.
        :param folder_name: The folder to read the email from: INBOX, SENT, DRAFT, TRASH. Defaults to INBOX.
        :returns: Email details if successful, otherwise raise ValueError.

        :example:
            get_email_by_id("1234567890abcdef")
        """
        # ARE marks the mail as read. Here only the user does, by opening it: see EmailDetail.
        return self.folder(folder_name).get_email_by_id(email_id)

    @folders_by_name
    @type_check
    @app_tool()
    @event_registered(operation_type=OperationType.READ)
    def get_email_by_index(self, idx: int, folder_name: str = INBOX) -> Email:
        """Reads an email from the specified folder.

        :param idx: The index of the email to read among the list of emails in the folder.
        :param folder_name: The folder to read the email from: INBOX, SENT, DRAFT, TRASH. Defaults to INBOX.
        :returns: Email details if successful, otherwise raise ValueError.

        :example:
            get_email_by_index(0, "INBOX")
        """
        emails = self.folder(folder_name).emails
        # ARE accepts negative indices, and one past the end.
        if not 0 <= idx < len(emails):
            raise ValueError(f"Email with index {idx} does not exist")
        return emails[idx]

    @folders_by_name
    @type_check
    @app_tool()
    @event_registered(operation_type=OperationType.WRITE)
    def forward_email(self, email_id: str, recipients: list[str] | None = None, folder_name: str = INBOX) -> str:
        """Forwards an email to the specified recipients.

        :param email_id: The id of the email to forward.
        :param recipients: The recipients of the email.
        :param folder_name: The folder to forward the email from: INBOX, SENT, DRAFT, TRASH. Defaults to INBOX.
        :returns: The id of the email just created and sent.

        :example:
            forward_email("1234567890abcdef", ["user1@meta.com", "user2@meta.com"], "INBOX")
        """
        # ARE also logs a read of the mail, and shares the attachments between the two mails.
        original = self.folder(folder_name).get_email_by_id(email_id)
        forwarded = Email(
            sender=self.user_email,
            recipients=list(recipients or []),
            subject=f"FWD: {original.subject}",
            content=f"> {original.content}",
            parent_id=original.email_id,
            attachments=dict(original.attachments or {}),
        )
        return self.put(EmailFolderName.SENT, forwarded)

    @folders_by_name
    @type_check
    @app_tool()
    @event_registered(operation_type=OperationType.WRITE)
    def reply_to_email(
        self, email_id: str, folder_name: str = INBOX, content: str = "", attachment_paths: list[str] | None = None
    ) -> str:
        """Replies to an email.

        :param email_id: The id of the email to reply to, the Id is specified in the email details.
        :param folder_name: The folder to reply to the email from: INBOX, SENT, DRAFT, TRASH. Defaults to INBOX.
        :param content: The content of the reply.
        :param attachment_paths: The paths of the attachments to add to the reply.
        :returns: The id of the email just created and sent.

        :example:
            reply_to_email("1234567890abcdef", "INBOX", "Hi there", ["tmp123/file1.txt", "tmp234/file2.txt"])
        """
        original = self.folder(folder_name).get_email_by_id(email_id)
        reply = Email(
            sender=self.user_email,
            recipients=[self.reply_recipient(original)],
            subject=f"Re: {original.subject}",
            content=content,
            parent_id=original.email_id,
        )
        return self.put(EmailFolderName.SENT, reply, attachment_paths)

    @folders_by_name
    @type_check
    @app_tool()
    @event_registered(operation_type=OperationType.WRITE)
    def download_attachments(
        self, email_id: str, folder_name: str = INBOX, path_to_save: str = "Downloads/"
    ) -> list[str]:
        """Downloads attachments from an email.

        :param email_id: The id of the email to download.
        :param folder_name: The folder to download the email from: INBOX, SENT, DRAFT, TRASH. Defaults to INBOX.
        :param path_to_save: The path to save the attachments to.
        :returns: The list of full paths to the downloaded attachments.

        :example:
            download_attachments("1234567890abcdef", "INBOX", "Downloads/")
        """
        folder = self.folder(folder_name).folder_name
        with disable_events():
            paths: list[str] = super().download_attachments(email_id, folder.value, path_to_save)
        return paths

    @folders_by_name
    @type_check
    @app_tool()
    @event_registered(operation_type=OperationType.WRITE)
    def move_email(
        self,
        email_id: str,
        source_folder_name: str = INBOX,
        dest_folder_name: str = EmailFolderName.DRAFT.value,
    ) -> str:
        """Moves an email from one folder to another.

        :param email_id: The id of the email to move.
        :param source_folder_name: The folder to move the email from: INBOX, SENT, DRAFT, TRASH. Defaults to INBOX.
        :param dest_folder_name: The folder to move the email to: INBOX, SENT, DRAFT, TRASH. Defaults to DRAFT.
        :returns: The id of the email just moved, if successful, otherwise raise ValueError.

        :example:
            move_email("1234567890abcdef", "INBOX", "DRAFT")
        """
        source, destination = self.folder(source_folder_name), self.folder(dest_folder_name)
        email = source.get_email_by_id(email_id)
        source.remove_email(email)
        destination.add_email(email)
        return str(email.email_id)

    @folders_by_name
    @type_check
    @app_tool()
    @event_registered(operation_type=OperationType.WRITE)
    def delete_email(self, email_id: str, folder_name: str = INBOX) -> str:
        """Deletes an email from the specified folder.

        :param email_id: The id of the email to delete.
        :param folder_name: The folder to delete the email from: INBOX, SENT, DRAFT, TRASH. Defaults to INBOX.
        :returns: The id of the email just deleted, if successful, otherwise raise ValueError.

        :example:
            delete_email("1234567890abcdef", "INBOX")
        """
        with disable_events():
            moved: str = self.move_email(email_id, folder_name, EmailFolderName.TRASH.value)
        return moved
