"""Notes in folders."""

from __future__ import annotations

from typing import ClassVar

from are.simulation.tool_utils import OperationType, app_tool, data_tool, env_tool
from are.simulation.types import EventType, event_registered
from are.simulation.utils import type_check

from pytest_pare.apps.navigation import POP, push
from pytest_pare.apps.note.attachments import NoteAttachments
from pytest_pare.apps.note.folder import NotesFolder
from pytest_pare.apps.note.states import EditNote, FolderList, NoteDetail, NoteList
from pytest_pare.apps.note.store import is_blank
from pytest_pare.apps.note.types import Note, ReturnedNotes
from pytest_pare.base.times import written_time

__all__ = ["NotesFolder", "StatefulNotesApp"]

_TITLE_LENGTH = 50


class StatefulNotesApp(NoteAttachments):
    """Notes in folders. Inbox, Personal and Work are always there.

    Args:
        name: The app's name.
        view_limit: Default number of notes on a page of a folder.
        folders: Initial folders by name.
        internal_fs: The file system of attachments. Default: the local disk.
    """

    root = NoteList
    transitions: ClassVar = {
        NoteList: {
            "new_note": push(EditNote, lambda _, __, note_id: EditNote(note_id)),
            "open": push(NoteDetail, lambda _, args, __: NoteDetail(args["note_id"])),
            "list_folders": push(FolderList),
        },
        NoteDetail: {
            "edit": push(EditNote, lambda detail, _, __: EditNote(detail.note_id)),
            "duplicate": push(NoteDetail, lambda _, __, note_id: NoteDetail(note_id)),
            "move": push(NoteList, lambda _, args, __: NoteList(args["dest_folder_name"])),
            "delete": POP,
        },
        EditNote: {"update": push(NoteDetail, lambda edit, _, __: NoteDetail(edit.note_id))},
        FolderList: {"open": push(NoteList, lambda _, args, __: NoteList(args["folder"]))},
    }

    # -- folders

    @type_check
    @app_tool()
    @event_registered(operation_type=OperationType.WRITE)
    def new_folder(self, folder_name: str) -> str:
        """Make a new folder.

        :param folder_name: Name of the folder.
        :returns: Name of the folder.
        """
        self._check_new_name(folder_name)
        self.folders[folder_name] = NotesFolder(folder_name)
        return folder_name

    @type_check
    @app_tool()
    @env_tool()
    @event_registered(operation_type=OperationType.WRITE)
    def delete_folder(self, folder_name: str) -> str:
        """Delete a folder with all its notes. Inbox, Personal and Work cannot be deleted.

        :param folder_name: Name of the folder.
        :returns: Name of the folder that was deleted.
        """
        self._check_own_folder(folder_name)
        del self.folders[folder_name]
        return folder_name

    @type_check
    @app_tool()
    @event_registered(operation_type=OperationType.WRITE)
    def rename_folder(self, folder: str, new_folder: str) -> str:
        """Give a folder another name. Inbox, Personal and Work cannot be renamed.

        :param folder: Name of the folder.
        :param new_folder: The new name.
        :returns: The new name.
        """
        self._check_own_folder(folder)
        self._check_new_name(new_folder)
        renamed = [(new_folder if name == folder else name, kept) for name, kept in self.folders.items()]
        self.folders[folder].folder_name = new_folder
        self.folders.clear()
        self.folders.update(renamed)
        return new_folder

    @type_check
    @app_tool()
    @event_registered(operation_type=OperationType.READ)
    def list_folders(self) -> list[str]:
        """List the folders.

        :returns: Names of the folders.
        """
        return list(self.folders)

    # -- notes

    @type_check
    @app_tool()
    @event_registered(operation_type=OperationType.WRITE)
    def create_note(self, folder: str = "Inbox", title: str = "", content: str = "", pinned: bool = False) -> str:
        """Write a new note.

        :param folder: Name of the folder that it goes to.
        :param title: Title of the note; the beginning of its content where it is empty.
        :param content: Text of the note.
        :param pinned: Whether the note is pinned.
        :returns: Id of the note.
        """
        now = self.time_manager.time()
        return self._add(self._folder(folder), title or content[:_TITLE_LENGTH], content, pinned, now, now)

    @type_check
    @data_tool()
    @event_registered(operation_type=OperationType.WRITE, event_type=EventType.USER)
    def create_note_with_time(
        self,
        folder: str = "Inbox",
        title: str = "",
        content: str = "",
        pinned: bool = False,
        created_at: str | None = None,
        updated_at: str | None = None,
    ) -> str:
        """Add a note that was written at a known time; a folder that does not exist is made.

        :param folder: Name of the folder that it goes to.
        :param title: Title of the note.
        :param content: Text of the note.
        :param pinned: Whether the note is pinned.
        :param created_at: When it was written, YYYY-MM-DD HH:MM:SS in UTC. Defaults to now.
        :param updated_at: When it was changed, YYYY-MM-DD HH:MM:SS in UTC. Defaults to when it was written.
        :returns: Id of the note.
        """
        created = self.time_manager.time() if created_at is None else _timestamp(created_at)
        updated = created if updated_at is None else _timestamp(updated_at)
        if updated < created:
            raise ValueError(f"The note is changed ({updated_at}) before it is written ({created_at})")
        if folder not in self.folders:
            self._check_new_name(folder)
            self.folders[folder] = NotesFolder(folder)
        return self._add(self.folders[folder], title, content, pinned, created, updated)

    @type_check
    @app_tool()
    @data_tool()
    @event_registered(operation_type=OperationType.READ)
    def get_note_by_id(self, note_id: str) -> Note:
        """Read a note.

        :param note_id: Id of the note.
        :returns: The note.
        """
        return self.find_note(note_id)[1]

    @type_check
    @app_tool()
    @event_registered(operation_type=OperationType.WRITE)
    def update_note(self, note_id: str, title: str | None = None, content: str | None = None) -> str:
        """Change the title or the content of a note, or both.

        :param note_id: Id of the note.
        :param title: The new title; empty to keep the old one.
        :param content: The new text; empty to keep the old one.
        :returns: Id of the note.
        """
        note = self.find_note(note_id)[1]
        if is_blank(title) and is_blank(content):
            raise ValueError("Neither a new title nor a new content is given")
        if not is_blank(title):
            note.title = str(title)
        if not is_blank(content):
            note.content = str(content)
        note.touch(self.time_manager.time())
        return note_id

    @type_check
    @app_tool()
    @event_registered(operation_type=OperationType.WRITE)
    def delete_note(self, note_id: str) -> str:
        """Delete a note.

        :param note_id: Id of the note.
        :returns: Id of the note that was deleted.
        """
        self.folders[self.find_note(note_id)[0]].remove_note(note_id)
        return note_id

    @type_check
    @app_tool()
    @event_registered(operation_type=OperationType.WRITE)
    def move_note(self, note_id: str, source_folder_name: str = "Inbox", dest_folder_name: str = "Personal") -> str:
        """Move a note from one folder to another.

        :param note_id: Id of the note.
        :param source_folder_name: Name of the folder that it is in.
        :param dest_folder_name: Name of the folder that it goes to.
        :returns: Id of the note.
        """
        source, destination = self._folder(source_folder_name), self._folder(dest_folder_name)
        note = self._note_in(source_folder_name, note_id)
        if destination is not source:
            source.remove_note(note_id)
            destination.add_note(note)
        return note_id

    @type_check
    @app_tool()
    @event_registered(operation_type=OperationType.WRITE)
    def duplicate_note(self, folder_name: str, note_id: str) -> str:
        """Copy a note of a folder; the copy is in the same folder, its title begins with "Copy of".

        :param folder_name: Name of the folder that the note is in.
        :param note_id: Id of the note.
        :returns: Id of the copy.
        """
        folder = self._folder(folder_name)
        note = self._note_in(folder_name, note_id)
        now = self.time_manager.time()
        copy_id = self._add(folder, f"Copy of {note.title}", note.content, note.pinned, now, now)
        folder.notes[copy_id].attachments = dict(note.attachments or {})
        return copy_id

    @type_check
    @app_tool()
    @event_registered(operation_type=OperationType.READ)
    def list_notes(self, folder: str, offset: int = 0, limit: int = 10) -> ReturnedNotes:
        """List the notes of a folder.

        :param folder: Name of the folder.
        :param offset: How many notes to pass over.
        :param limit: How many notes to list at most.
        :returns: The notes, of those that are listed the one that was changed last first, with the total number.
        """
        if folder not in self.folders:
            raise ValueError(f"Folder {folder} does not exist")
        return self.folders[folder].get_notes(offset, limit)

    @type_check
    @app_tool()
    @event_registered(operation_type=OperationType.READ)
    def search_notes(self, query: str) -> list[Note]:
        """Search all folders for notes whose title or content hold the query, in upper or lower case.

        :param query: The text to look for.
        :returns: The notes that match.
        """
        return [note for folder in self.folders.values() for note in folder.search_notes(query)]

    @type_check
    @app_tool()
    @event_registered(operation_type=OperationType.READ)
    def search_notes_in_folder(self, query: str, folder_name: str) -> list[Note]:
        """Search a folder for notes whose title or content hold the query, in upper or lower case.

        :param query: The text to look for.
        :param folder_name: Name of the folder.
        :returns: The notes that match.
        """
        return self._folder(folder_name).search_notes(query)


def _timestamp(date: str) -> float:
    return written_time(date).timestamp()
