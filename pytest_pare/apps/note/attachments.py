"""The tools for attachments of notes."""

from __future__ import annotations

from are.simulation.tool_utils import OperationType, app_tool
from are.simulation.types import event_registered
from are.simulation.utils import type_check

from pytest_pare.apps.files import read_attachment
from pytest_pare.apps.note.store import NoteStore
from pytest_pare.apps.note.types import Note


class NoteAttachments(NoteStore):
    """Notes in folders, with the tools for their attachments."""

    def add_attachment(self, note: Note, attachment_path: str) -> Note:
        """Attach a file to a note and return the note. No event.

        Raises:
            ValueError: If there is no such file.
        """
        note.attach(*read_attachment(self.internal_fs, attachment_path))
        return note

    @type_check
    @app_tool()
    @event_registered(operation_type=OperationType.WRITE)
    def add_attachment_to_note(self, note_id: str, attachment_path: str) -> str:
        """Attach a file to a note.

        :param note_id: Id of the note.
        :param attachment_path: Path of the file.
        :returns: Id of the note.
        """
        note = self.add_attachment(self.find_note(note_id)[1], attachment_path)
        note.touch(self.time_manager.time())
        return note_id

    @type_check
    @app_tool()
    @event_registered(operation_type=OperationType.WRITE)
    def remove_attachment(self, note_id: str, attachment: str) -> str:
        """Remove an attachment from a note.

        :param note_id: Id of the note.
        :param attachment: File name of the attachment.
        :returns: Id of the note.
        """
        note = self.find_note(note_id)[1]
        kept = dict(note.attachments or {})
        if attachment not in kept:
            raise KeyError(f"Note {note_id} has no attachment {attachment}")
        del kept[attachment]
        note.attachments = kept
        note.touch(self.time_manager.time())
        return note_id

    @type_check
    @app_tool()
    @event_registered(operation_type=OperationType.READ)
    def list_attachments(self, note_id: str) -> list[str]:
        """List the attachments of a note.

        :param note_id: Id of the note.
        :returns: File names of the attachments.
        """
        return list(self.find_note(note_id)[1].attachments or {})
