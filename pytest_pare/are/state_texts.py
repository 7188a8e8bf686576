"""The states of ARE's apps as JSON. The text of an object in them is made again only if the object has changed.

A run takes the state of an app after each change, and then most of the app's objects are as they were.
"""

from __future__ import annotations

import importlib
import json
from contextvars import ContextVar
from json.encoder import encode_basestring_ascii
from typing import TYPE_CHECKING, Any, Final, NamedTuple

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
    """A part of a state as the text of its JSON."""

    def __init__(self, text: str) -> None:
        self.text = text


class _Known(NamedTuple):
    """An object, its fields when its text was made, and the text; the fields are `None` if they may change unseen."""

    value: Any
    fields: dict[str, Any] | None
    text: str


class StateTexts:
    """The states of apps as the texts of their JSON, made of the texts of their objects."""

    def __init__(self) -> None:
        # By the id of an object, which no other one gets, because the object stays known.
        self._known: dict[int, _Known] = {}

    def of(self, app: App) -> str:
        """Return what `state_text` returns."""
        function = type(app).get_state
        if f"{function.__module__}.{function.__qualname__}" not in _PLAIN:
            return state_text(app)
        before = _active.set(self)
        try:
            state = app.get_state()
        finally:
            _active.reset(before)
        texts: list[str] = []

        def default(value: Any) -> Any:
            if type(value) is not _Text:
                return _ENCODER.default(value)
            texts.append(value.text)
            return _MARK

        parts = json.dumps(state, default=default).split(_MARK_AS_JSON)
        if len(parts) != len(texts) + 1:
            # The mark is a text of the app as well.
            return state_text(app)
        return "".join([piece for pair in zip(parts, [*texts, ""], strict=True) for piece in pair])

    def part(self, value: Any) -> Any:
        """Return what a state has of a value of an app."""
        if type(value) is list:
            return _Text(f"[{', '.join(self._texts_of(value))}]")
        if type(value) is dict and {*map(type, value)} == {str}:
            pairs = zip(map(encode_basestring_ascii, value), self._texts_of(value.values()), strict=True)
            return _Text(f"{{{', '.join(map('%s: %s'.__mod__, pairs))}}}")
        return serialized(value)

    def _texts_of(self, values: Iterable[Any]) -> list[str]:
        texts = []
        for value in values:
            known = self._known.get(id(value))
            if known is None or known.fields != vars(value):
                known = self._made(value)
            texts.append(known.text)
        return texts

    def _made(self, value: Any) -> _Known:
        fields = copied_fields(value)
        made = _Known(value, fields, _ENCODER.encode(serialized(value)))
        if fields is not None:
            self._known[id(value)] = made
        return made


_active: ContextVar[StateTexts | None] = ContextVar("pytest_pare_state_texts", default=None)


def _serialize_field(value: Any) -> Any:
    texts = _active.get()
    return serialized(value) if texts is None else texts.part(value)


def install() -> None:
    """Patch the function that makes the parts of the states of ARE's apps."""
    importlib.import_module("are.simulation.utils.data_utils").__dict__["serialize_field"] = _serialize_field
