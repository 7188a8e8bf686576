"""The screens of the notes app."""

from __future__ import annotations

from pytest_pare.apps.note.types import Note, ReturnedNotes
from pytest_pare.apps.screens import WRITE, AppState
from pytest_pare.apps.tool_decorators import screen_tool


class NoteList(AppState):
    """The list of notes in a folder.

    Args:
        folder: Name of the folder.
    """

    def __init__(self, folder: str = "Inbox") -> None:
        self.folder = folder

    def is_valid(self) -> bool:
        """Tell whether the folder still exists."""
        return self.folder in self.app.folders

    @screen_tool()
    def list_notes(self, offset: int = 0, limit: int = 10) -> ReturnedNotes:
        """List the notes of this folder.

        :param offset: How many notes to pass over.
        :param limit: How many notes to list at most.
        :returns: The notes, of those that are listed the one that was changed last first, with the total number.
        """
        notes: ReturnedNotes = self.app.list_notes(self.folder, offset, limit)
        return notes

    @screen_tool()
    def open(self, note_id: str) -> Note:
        """Open a note.

        :param note_id: Id of the note.
        :returns: The note.
        """
        note: Note = self.app.get_note_by_id(note_id)
        return note

    @screen_tool(WRITE)
    def new_note(self) -> str:
        """Add an empty note to this folder and begin to write it.

        :returns: Id of the note.
        """
        note_id: str = self.app.create_note(self.folder)
        return note_id

    @screen_tool()
    def search(self, keyword: str) -> list[Note]:
        """Search this folder for notes whose title or content hold the keyword, in upper or lower case.

        :param keyword: The text to look for.
        :returns: The notes that match.
        """
        notes: list[Note] = self.app.search_notes_in_folder(keyword, self.folder)
        return notes

    @screen_tool()
    def list_folders(self) -> list[str]:
        """Show the folders.

        :returns: Names of the folders.
        """
        folders: list[str] = self.app.list_folders()
        return folders


class NoteDetail(AppState):
    """One note.

    Args:
        note_id: Id of the note.
    """

    def __init__(self, note_id: str) -> None:
        self.note_id = note_id

    def is_valid(self) -> bool:
        """Tell whether the note still exists."""
        return bool(self.app.has_note(self.note_id))

    @screen_tool()
    def refresh(self) -> Note:
        """Show this note again.

        :returns: The note.
        """
        note: Note = self.app.get_note_by_id(self.note_id)
        return note

    @screen_tool()
    def list_attachments(self) -> list[str]:
        """List the attachments of this note.

        :returns: File names of the attachments.
        """
        names: list[str] = self.app.list_attachments(self.note_id)
        return names

    @screen_tool(WRITE)
    def add_attachment(self, attachment_path: str) -> str:
        """Attach a file to this note.

        :param attachment_path: Path of the file.
        :returns: Id of the note.
        """
        note_id: str = self.app.add_attachment_to_note(self.note_id, attachment_path)
        return note_id

    @screen_tool(WRITE)
    def remove_attachment(self, attachment: str) -> str:
        """Remove an attachment from this note.

        :param attachment: File name of the attachment.
        :returns: Id of the note.
        """
        note_id: str = self.app.remove_attachment(self.note_id, attachment)
        return note_id

    @screen_tool(WRITE)
    def delete(self) -> str:
        """Delete this note.

        :returns: Id of the note that was deleted.
        """
        note_id: str = self.app.delete_note(self.note_id)
        return note_id

    @screen_tool()
    def edit(self) -> str:
        """Begin to change this note.

        :returns: Id of the note.
        """
        note: Note = self.app.get_note_by_id(self.note_id)
        return note.note_id

    @screen_tool(WRITE)
    def duplicate(self) -> str:
        """Copy this note and show the copy; its title begins with "Copy of".

        :returns: Id of the copy.
        """
        folder, _ = self.app.find_note(self.note_id)
        copy_id: str = self.app.duplicate_note(folder, self.note_id)
        return copy_id

    @screen_tool(WRITE)
    def move(self, dest_folder_name: str) -> str:
        """Move this note to another folder and show that folder.

        :param dest_folder_name: Name of the folder.
        :returns: Id of the note.
        """
        folder, _ = self.app.find_note(self.note_id)
        note_id: str = self.app.move_note(self.note_id, folder, dest_folder_name)
        return note_id


class EditNote(AppState):
    """A note that is being written.

    Args:
        note_id: Id of the note.
    """

    def __init__(self, note_id: str) -> None:
        self.note_id = note_id

    def is_valid(self) -> bool:
        """Tell whether the note still exists."""
        return bool(self.app.has_note(self.note_id))

    @screen_tool(WRITE)
    def update(self, title: str, content: str) -> str:
        """Save a title and a content of this note and show it.

        :param title: The title; empty to keep the one that the note has.
        :param content: The text; empty to keep the one that the note has.
        :returns: Id of the note.
        """
        note_id: str = self.app.update_note(self.note_id, title, content)
        return note_id


class FolderList(AppState):
    """The list of folders."""

    @screen_tool()
    def list_folders(self) -> list[str]:
        """List the folders.

        :returns: Names of the folders.
        """
        folders: list[str] = self.app.list_folders()
        return folders

    @screen_tool()
    def open(self, folder: str) -> list[Note]:
        """Open a folder.

        :param folder: Name of the folder.
        :returns: Its notes, the one that was changed last first.
        """
        notes: list[Note] = self.app.open_folder(folder)
        return notes
