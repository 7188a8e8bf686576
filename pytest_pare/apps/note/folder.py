"""A folder of notes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_pare.apps.note.types import Note, ReturnedNotes

if TYPE_CHECKING:
    from collections.abc import Iterable


class NotesFolder:
    """A folder of notes.

    Args:
        folder_name: Name of the folder.

    Attributes:
        notes: The notes by id, in the order in which they were added.
    """

    def __init__(self, folder_name: str) -> None:
        self.folder_name = folder_name
        self.notes: dict[str, Note] = {}

    def add_note(self, note: Note) -> None:
        """Add a note; one with the same id is replaced."""
        self.notes[note.note_id] = note

    def remove_note(self, note_id: str) -> bool:
        """Remove a note and tell whether it was there."""
        return self.notes.pop(note_id, None) is not None

    def get_notes(self, offset: int = 0, limit: int = 5) -> ReturnedNotes:
        """Return `limit` notes after the first `offset`, the last changed of them first.

        Raises:
            ValueError: If `offset` is negative or beyond the last note, or `limit` is negative.
        """
        if offset < 0 or limit < 0:
            raise ValueError("Offset and limit must be non-negative")
        if offset > len(self.notes):
            raise ValueError("Offset is larger than the number of notes")
        page = list(self.notes.values())[offset : offset + limit]
        return ReturnedNotes(
            notes=newest_first(page),
            notes_range=(offset, offset + len(page)),
            total_returned_notes=len(page),
            total_notes=len(self.notes),
        )

    def get_note(self, idx: int) -> Note:
        """Return the note at a place, from 0.

        Raises:
            IndexError: If there is no note at that place.
        """
        if not 0 <= idx < len(self.notes):
            raise IndexError(f"Note with index {idx} does not exist")
        return list(self.notes.values())[idx]

    def get_note_by_id(self, note_id: str) -> Note | None:
        """Return the note with an id, if it is in this folder."""
        return self.notes.get(note_id)

    def search_notes(self, query: str) -> list[Note]:
        """Return the notes whose title or text contains `query`, in any case."""
        return [note for note in self.notes.values() if note.matches(query)]

    def get_state(self) -> dict[str, Any]:
        """Return the folder, ready for JSON."""
        return {"folder_name": self.folder_name, "notes": [note.get_state() for note in self.notes.values()]}

    def load_state(self, state_dict: dict[str, Any]) -> None:
        """Replace the content by a state from `get_state`."""
        self.folder_name = state_dict["folder_name"]
        self.notes = {state["note_id"]: Note.from_state(state) for state in state_dict["notes"]}


def newest_first(notes: Iterable[Note]) -> list[Note]:
    """Return the notes, the last changed first."""
    return sorted(notes, key=lambda note: (note.updated_at, note.update_number), reverse=True)
