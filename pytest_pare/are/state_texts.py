"""The states of ARE's apps as JSON. The text of an object in them is made again only if the object has changed.

A run takes the state of an app after each change, and then most of the app's objects are as they were.
"""

from __future__ import annotations

import importlib
import json
from contextvars import ContextVar
from itertools import compress
from json.encoder import encode_basestring_ascii
from typing import TYPE_CHECKING, Any, Final

from are.simulation.utils import EnumEncoder

from pytest_pare.are.state_copies import copied_fields, serialized

if TYPE_CHECKING:
    from collections.abc import Iterable

    from are.simulation.apps.app import App

# The methods that return what ARE's `get_state_dict` returns, as it is.
_PLAIN = frozenset(
    f"are.simulation.apps.{name}.get_state"
    for name in (
        "agent_user_interface.AgentUserInterface",
        "apartment_listing.ApartmentListingApp",
        "cab.CabApp",
        "calendar.CalendarApp",
        "contacts.ContactsApp",
        "email_client.EmailClientApp",
    )
)
# Stands for a part of a state that is a text already.
_MARK: Final = "\0text\0"
_MARK_AS_JSON: Final = json.dumps(_MARK)


class _StateEncoder(EnumEncoder):  # type: ignore[misc]
    """ARE's encoder with support for attachments, which the apps store as base64 in bytes."""

    def default(self, o: Any) -> Any:
        return o.decode("latin-1") if isinstance(o, bytes) else super().default(o)


_ENCODER: Final = _StateEncoder()


def state_text(app: App) -> str:
    """Return the state of an app as the text of its JSON."""
    text: str = _ENCODER.encode(app.get_state())
    return text


class _Text:
    """A part of a state as the pieces of the text of its JSON."""

    def __init__(self, pieces: list[str]) -> None:
        self.pieces = pieces


class StateTexts:
    """The states of apps as the texts of their JSON, made of the texts of their objects."""

    def __init__(self) -> None:
        # By the id of an object: the fields that it had when its text was made, and the text.
        self._fields: dict[int, dict[str, Any]] = {}
        self._texts: dict[int, str] = {}
        # So that no other object gets the id.
        self._objects: list[Any] = []

    def pieces(self, app: App) -> list[str]:
        """Return what `state_text` returns in pieces; those of unchanged objects are the texts of the call before."""
        function = type(app).get_state
        if f"{function.__module__}.{function.__qualname__}" not in _PLAIN:
            return [state_text(app)]
        before = _active.set(self)
        try:
            state = app.get_state()
        finally:
            _active.reset(before)
        parts: list[list[str]] = []

        def default(value: Any) -> Any:
            if type(value) is not _Text:
                return _ENCODER.default(value)
            parts.append(value.pieces)
            return _MARK

        around = json.dumps(state, default=default).split(_MARK_AS_JSON)
        if len(around) != len(parts) + 1:
            # The mark is a text of the app as well.
            return [state_text(app)]
        pieces = around[:1]
        for part, piece in zip(parts, around[1:], strict=True):
            pieces += part
            pieces.append(piece)
        return pieces

    def part(self, value: Any) -> Any:
        """Return what a state has of a value of an app."""
        if type(value) is list:
            return _Text(["[", *_separated(self._texts_of(value)), "]"])
        if type(value) is dict and {*map(type, value)} == {str}:
            pairs = zip(map(encode_basestring_ascii, value), self._texts_of(value.values()), strict=True)
            return _Text(["{", *_separated([*map("%s: %s".__mod__, pairs)]), "}"])
        return serialized(value)

    def _texts_of(self, values: Iterable[Any]) -> list[str]:
        objects = [*values]
        ids = [*map(id, objects)]
        texts: list[Any] = [*map(self._texts.get, ids)]
        changed = [place for place, text in enumerate(texts) if text is None]
        # All at once, which is faster than one after another, and mostly enough.
        before = [*map(self._fields.get, compress(ids, texts))]
        fields = [one.__dict__ for one in compress(objects, texts)]
        if before != fields:
            known = compress(range(len(objects)), texts)
            changed += [place for place, old, new in zip(known, before, fields, strict=True) if old != new]
        for place in sorted(changed):
            texts[place] = self._made(objects[place])
        return texts

    def _made(self, value: Any) -> str:
        text: str = _ENCODER.encode(serialized(value))
        fields = copied_fields(value)
        if fields is None:
            # It may change unseen.
            self._texts.pop(id(value), None)
            return text
        self._objects += [] if id(value) in self._fields else [value]
        self._fields[id(value)], self._texts[id(value)] = fields, text
        return text


def _separated(texts: list[str]) -> list[str]:
    pieces = [", "] * (2 * len(texts) - 1)
    pieces[::2] = texts
    return pieces


_active: ContextVar[StateTexts | None] = ContextVar("pytest_pare_state_texts", default=None)


def _serialize_field(value: Any) -> Any:
    texts = _active.get()
    return serialized(value) if texts is None else texts.part(value)


def install() -> None:
    """Patch the function that makes the parts of the states of ARE's apps."""
    importlib.import_module("are.simulation.utils.data_utils").__dict__["serialize_field"] = _serialize_field
