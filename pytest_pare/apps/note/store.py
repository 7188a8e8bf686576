"""The content of the notes app: folders, and the notes in them."""

from __future__ import annotations

import random
from typing import Any

from are.simulation.apps.app import Protocol
from are.simulation.apps.sandbox_file_system import SandboxLocalFileSystem
from are.simulation.apps.virtual_file_system import VirtualFileSystem
from are.simulation.utils import uuid_hex

from pytest_pare.apps.core import StatefulApp
from pytest_pare.apps.note.folder import NotesFolder, newest_first
from pytest_pare.apps.note.types import Note


class NoteStore(StatefulApp):
    """Notes in folders, without tools."""

    def __init__(
        self,
        name: str | None = None,
        view_limit: int = 5,
        folders: dict[str, NotesFolder] | None = None,
        internal_fs: SandboxLocalFileSystem | VirtualFileSystem | None = None,
    ) -> None:
        self.view_limit = view_limit
        self.folders = dict(folders or {})
        self.internal_fs = internal_fs
        self.default_folders = ["Inbox", "Personal", "Work"]
        for folder in self.default_folders:
            self.folders.setdefault(folder, NotesFolder(folder))
        super().__init__(name or "note")

    def connect_to_protocols(self, protocols: dict[Protocol, Any]) -> None:
        """Use the phone's file system for attachments."""
        file_system = protocols.get(Protocol.FILE_SYSTEM)
        if isinstance(file_system, SandboxLocalFileSystem | VirtualFileSystem):
            self.internal_fs = file_system

    def get_state(self) -> dict[str, Any]:
        """Return the content of the app, ready for JSON."""
        return {
            "view_limit": self.view_limit,
            "folders": {name: folder.get_state() for name, folder in self.folders.items()},
        }

    def load_state(self, state_dict: dict[str, Any]) -> None:
        """Replace the content by a state from `get_state`."""
        self.view_limit = state_dict["view_limit"]
        self.folders.clear()
        for name, state in state_dict["folders"].items():
            self.folders[name] = NotesFolder(name)
            self.folders[name].load_state(state)

    def reset(self) -> None:
        """Delete all notes; the folders stay."""
        self.rng = random.Random(self.seed)  # noqa: S311 - reproducible on purpose
        for folder in self.folders.values():
            folder.notes.clear()
        self.load_root_state()

    def open_folder(self, folder: str) -> list[Note]:
        """Return the notes of a folder, the last changed first.

        Raises:
            KeyError: If there is no such folder.
        """
        return newest_first(self._folder(folder).notes.values())

    def find_note(self, note_id: str) -> tuple[str, Note]:
        """Return a note and the name of its folder, in the order (name, note). No event.

        Raises:
            ValueError: If the id is empty.
            KeyError: If there is no such note.
        """
        if not note_id:
            raise ValueError("The id of the note is empty")
        for folder_name, folder in self.folders.items():
            note = folder.get_note_by_id(note_id)
            if note is not None:
                return folder_name, note
        raise KeyError(f"Note {note_id} does not exist")

    def has_note(self, note_id: str) -> bool:
        """Tell whether there is a note with this id."""
        return any(folder.get_note_by_id(note_id) is not None for folder in self.folders.values())

    def _add(
        self, folder: NotesFolder, title: str, content: str, pinned: bool, created_at: float, updated_at: float
    ) -> str:
        note = Note(uuid_hex(self.rng), title, content, pinned=pinned, created_at=created_at, updated_at=updated_at)
        folder.add_note(note)
        return note.note_id

    def _folder(self, name: str) -> NotesFolder:
        if name not in self.folders:
            raise KeyError(f"Folder {name} does not exist")
        return self.folders[name]

    def _note_in(self, folder_name: str, note_id: str) -> Note:
        note = self.folders[folder_name].get_note_by_id(note_id)
        if note is None:
            raise KeyError(f"Note {note_id} is not in the folder {folder_name}")
        return note

    def _check_new_name(self, folder_name: str) -> None:
        if is_blank(folder_name):
            raise ValueError("A folder needs a name")
        if folder_name in self.folders:
            raise KeyError(f"Folder {folder_name} already exists")

    def _check_own_folder(self, folder_name: str) -> None:
        self._folder(folder_name)
        if folder_name in self.default_folders:
            raise KeyError(f"Folder {folder_name} is always there; it cannot be deleted or renamed")


def is_blank(text: str | None) -> bool:
    """Tell whether a text is missing, or is only white space."""
    return text is None or not text.strip()
