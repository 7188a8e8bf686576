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


class StateText(NamedTuple):
    """A state, or a part of one, as the pieces of the text of its JSON.

    Attributes:
        pieces: The pieces.
        length: The length of the text. To add up the lengths of all pieces would take as long as to find the changed
            ones.
    """

    pieces: list[str]
    length: int


class _Known(NamedTuple):
    """The objects of a part of a state, with the fields that each had when its text was made, and the texts.

    Attributes:
        length: The length of all texts.
    """

    objects: list[Any]
    fields: list[Any]
    texts: list[str]
    length: int

    def of(self, objects: list[Any]) -> _Known:
        """Return what is known of objects. New ones have the fields `_UNKNOWN`."""
        added = len(objects) - len(self.objects)
        # Objects are mostly added at the end, or mails at the begin.
        for begin in (0, added):
            if added >= 0 and all(map(is_, self.objects, islice(objects, begin, None))):
                end = added - begin
                fields = [*[_UNKNOWN] * begin, *self.fields, *[_UNKNOWN] * end]
                return _Known(objects, fields, [*[""] * begin, *self.texts, *[""] * end], self.length)
        known = {id(one): place for place, one in enumerate(self.objects)}
        places = [known.get(id(one), -1) for one in objects]
        fields, all_texts = [*self.fields, _UNKNOWN], [*self.texts, ""]
        texts = [all_texts[place] for place in places]
        return _Known(objects, [fields[place] for place in places], texts, sum(map(len, texts)))


_NOTHING: Final = _Known([], [], [], 0)


class StateTexts:
    """The states of apps as the texts of their JSON, made of the texts of their objects."""

    def __init__(self) -> None:
        # By the id of an app and the number of the part.
        self._known: dict[tuple[int, int], _Known] = {}
        self._keys: Iterator[tuple[int, int]]

    def of(self, app: App) -> StateText:
        """Return what `state_text` returns in pieces; those of unchanged objects are the texts of the call before."""
        function = type(app).get_state
        if f"{function.__module__}.{function.__qualname__}" not in _PLAIN:
            return _whole(app)
        self._keys = zip(repeat(id(app)), count())
        before = _active.set(self)
        try:
            state = app.get_state()
        finally:
            _active.reset(before)
        parts: list[StateText] = []

        def default(value: Any) -> Any:
            if type(value) is not _Part:
                return _ENCODER.default(value)
            parts.append(value.text)
            return _MARK

        around = json.dumps(state, default=default).split(_MARK_AS_JSON)
        if len(around) != len(parts) + 1:
            # The mark is a text of the app as well.
            return _whole(app)
        pieces = around[:1]
        for part, piece in zip(parts, around[1:], strict=True):
            pieces += part.pieces
            pieces.append(piece)
        return StateText(pieces, sum(map(len, around)) + sum(part.length for part in parts))

    def part(self, value: Any) -> Any:
        """Return what a state has of a value of an app."""
        if type(value) is list:
            known = self._known_of(value)
            return _Part("[", known.texts, known.length, "]")
        if type(value) is dict and {*map(type, value)} == {str}:
            pairs = zip(map(encode_basestring_ascii, value), self._known_of(value.values()).texts, strict=True)
            texts = [*map("%s: %s".__mod__, pairs)]
            return _Part("{", texts, sum(map(len, texts)), "}")
        return serialized(value)

    def _known_of(self, values: Iterable[Any]) -> _Known:
        key, objects = next(self._keys), [*values]
        known = self._known.get(key, _NOTHING).of(objects)
        length = known.length
        now = [getattr(one, "__dict__", None) for one in objects]
        for place in [*compress(count(), map(ne, now, known.fields))]:
            text = _ENCODER.encode(serialized(objects[place]))
            length += len(text) - len(known.texts[place])
            known.texts[place] = text
            # Other objects may change unseen.
            known.fields[place] = copied_fields(objects[place]) or _UNKNOWN
        known = self._known[key] = _Known(objects, known.fields, known.texts, length)
        return known


class _Part:
    """A list or dictionary in a state as text."""

    def __init__(self, begin: str, texts: list[str], length: int, end: str) -> None:
        pieces = [", "] * (2 * len(texts) - 1)
        pieces[::2] = texts
        length += 2 * (len(texts) - 1) if texts else 0
        self.text = StateText([begin, *pieces, end], length + 2)


def _whole(app: App) -> StateText:
    text = state_text(app)
    return StateText([text], len(text))


_active: ContextVar[StateTexts | None] = ContextVar("pytest_pare_state_texts", default=None)


def _serialize_field(value: Any) -> Any:
    texts = _active.get()
    return serialized(value) if texts is None else texts.part(value)


def install() -> None:
    """Patch the function that makes the parts of the states of ARE's apps."""
    importlib.import_module("are.simulation.utils.data_utils").__dict__["serialize_field"] = _serialize_field
