"""The states of ARE's apps as JSON. The text of an object in them is made again only if the object has changed.

A run takes the state of an app after each change, and then most of the app's objects are as they were.
"""

from __future__ import annotations

import importlib
import json
from contextvars import ContextVar
from itertools import compress, count, islice, repeat
from json.encoder import encode_basestring_ascii
from operator import is_, ne
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from are.simulation.utils import EnumEncoder

from pytest_pare.are.state_copies import copied_fields, serialized

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

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
# Equals no fields of an object.
_UNKNOWN: Final = object()


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


class _Known(NamedTuple):
    """The objects of a part of a state, with the fields that each had when its text was made, and the texts."""

    objects: list[Any]
    fields: list[Any]
    texts: list[str]

    def of(self, objects: list[Any]) -> _Known:
        """Return what is known of objects. New ones have the fields `_UNKNOWN`."""
        added = len(objects) - len(self.objects)
        # Objects are mostly added at the end, or mails at the begin.
        for begin in (0, added):
            if added >= 0 and all(map(is_, self.objects, islice(objects, begin, None))):
                end = added - begin
                fields = [*[_UNKNOWN] * begin, *self.fields, *[_UNKNOWN] * end]
                return _Known(objects, fields, [*[""] * begin, *self.texts, *[""] * end])
        known = {id(one): place for place, one in enumerate(self.objects)}
        places = [known.get(id(one), -1) for one in objects]
        fields, texts = [*self.fields, _UNKNOWN], [*self.texts, ""]
        return _Known(objects, [fields[place] for place in places], [texts[place] for place in places])


_NOTHING: Final = _Known([], [], [])


class StateTexts:
    """The states of apps as the texts of their JSON, made of the texts of their objects."""

    def __init__(self) -> None:
        # By the id of an app and the number of the part.
        self._known: dict[tuple[int, int], _Known] = {}
        self._keys: Iterator[tuple[int, int]]

    def pieces(self, app: App) -> list[str]:
        """Return what `state_text` returns in pieces; those of unchanged objects are the texts of the call before."""
        function = type(app).get_state
        if f"{function.__module__}.{function.__qualname__}" not in _PLAIN:
            return [state_text(app)]
        self._keys = zip(repeat(id(app)), count())
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
        key, objects = next(self._keys), [*values]
        known = self._known.get(key, _NOTHING).of(objects)
        now = [getattr(one, "__dict__", None) for one in objects]
        for place in [*compress(count(), map(ne, now, known.fields))]:
            known.texts[place] = _ENCODER.encode(serialized(objects[place]))
            # Other objects may change unseen.
            known.fields[place] = copied_fields(objects[place]) or _UNKNOWN
        self._known[key] = known
        return known.texts


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
