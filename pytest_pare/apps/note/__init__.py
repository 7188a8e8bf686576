"""Notes in folders."""

from pytest_pare.apps.note.app import NotesFolder, StatefulNotesApp
from pytest_pare.apps.note.states import EditNote, FolderList, NoteDetail, NoteList
from pytest_pare.apps.note.types import Note, ReturnedNotes

__all__ = [
    "EditNote",
    "FolderList",
    "Note",
    "NoteDetail",
    "NoteList",
    "NotesFolder",
    "ReturnedNotes",
    "StatefulNotesApp",
]
