"""The notes of the notes app, and pages of them."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any

from pytest_pare.apps.files import read_attachment
from pytest_pare.are.world import new_uuid, next_number, now


@dataclass(repr=False)
class Note:
    """A note.

    Attributes:
        note_id: Id; if it is empty, the note gets a new one.
        title: Title.
        content: Text.
        pinned: Whether the user has pinned it.
        attachments: By file name, the content in base64.
        created_at: In epoch seconds. Default: now.
        updated_at: In epoch seconds. Default: now.
    """

    note_id: str
    title: str
    content: str
    pinned: bool = False
    attachments: dict[str, bytes] | None = field(default_factory=dict)
    created_at: float = field(default_factory=now)
    updated_at: float = field(default_factory=now)

    def __post_init__(self) -> None:
        if not self.note_id:
            self.note_id = new_uuid().hex
        # Not a field, because it is not shown. It orders notes that were changed at the same time.
        self.update_number = next_number()

    def touch(self, time: float) -> None:
        """Record a change at `time` (epoch seconds)."""
        self.updated_at, self.update_number = time, next_number()

    def __repr__(self) -> str:
        # The names of attachments, without their unreadable content.
        shown = self._values() | {"attachments": list(self.attachments or {})}
        return f"Note({', '.join(f'{name}={value!r}' for name, value in shown.items())})"

    def add_attachment(self, path: str) -> None:
        """Attach a file of the local disk.

        Raises:
            ValueError: If there is no such file.
        """
        self.attach(*read_attachment(None, path))

    def attach(self, file_name: str, content: bytes) -> None:
        """Attach content in base64. It replaces an attachment with the same name."""
        self.attachments = {**(self.attachments or {}), file_name: content}

    def matches(self, query: str) -> bool:
        """Tell whether title or text contains `query`, in any case."""
        query = query.lower()
        return query in self.title.lower() or query in self.content.lower()

    def get_state(self) -> dict[str, Any]:
        """Return the note, ready for JSON."""
        attachments = {name: data.decode() for name, data in (self.attachments or {}).items()}
        return self._values() | {"attachments": attachments}

    def _values(self) -> dict[str, Any]:
        return {one.name: getattr(self, one.name) for one in fields(self)}

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> Note:
        """Return the note of a state from `get_state`."""
        return cls(**state | {"attachments": {name: data.encode() for name, data in state["attachments"].items()}})


@dataclass
class ReturnedNotes:
    """A part of the notes of a folder.

    Attributes:
        notes: The notes.
        notes_range: Place of the first note, and place after the last, from 0.
        total_returned_notes: Number of notes in this part.
        total_notes: Number of notes in the folder.
    """

    notes: list[Note]
    notes_range: tuple[int, int]
    total_returned_notes: int
    total_notes: int
