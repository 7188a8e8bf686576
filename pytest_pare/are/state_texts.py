"""The states of ARE's apps as JSON. The text of an object in them is made again only if the object has changed.

A run takes the state of an app after each change, and then most of the app's objects are as they were.
"""

from __future__ import annotations

import importlib
import json
import marshal
from contextvars import ContextVar
from enum import Enum
from typing import TYPE_CHECKING, Any, Final

from are.simulation.utils import EnumEncoder

from pytest_pare.are.state_copies import has_only_fields, serialized

if TYPE_CHECKING:
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
    return _ENCODER.encode(app.get_state())


class _Text:
    """A part of a state as the text of its JSON."""

    def __init__(self, text: str) -> None:
        self.text = text


class StateTexts:
    """The states of apps as the texts of their JSON, made of the texts of their objects."""

    def __init__(self) -> None:
        self._texts: dict[tuple[Any, ...], str] = {}

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
            return _Text(f"[{', '.join(map(self._text, value))}]")
        if type(value) is dict and {*map(type, value)} == {str}:
            pairs = zip(map(_ENCODER.encode, value), map(self._text, value.values()), strict=True)
            return _Text(f"{{{', '.join(map('%s: %s'.__mod__, pairs))}}}")
        return serialized(value)

    def _text(self, value: Any) -> str:
        key = _key(value) if has_only_fields(value) else None
        text = None if key is None else self._texts.get(key)
        if text is None:
            text = _ENCODER.encode(serialized(value))
            if key is not None:
                self._texts[key] = text
        return text


def _key(value: Any) -> tuple[Any, ...] | None:
    """Return the class of an object and its fields with their types; `None` if a field has an object."""
    state = vars(value)
    try:
        # Version 2 does not depend on who else refers to a text.
        return type(value), marshal.dumps(state, 2)
    except ValueError:
        pass
    members = [item for item in state.values() if isinstance(item, Enum)]
    try:
        rest = marshal.dumps({name: None if isinstance(item, Enum) else item for name, item in state.items()}, 2)
    except ValueError:
        return None
    return type(value), rest, *members


_active: ContextVar[StateTexts | None] = ContextVar("pytest_pare_state_texts", default=None)


def _serialize_field(value: Any) -> Any:
    texts = _active.get()
    return serialized(value) if texts is None else texts.part(value)


def install() -> None:
    """Patch the function that makes the parts of the states of ARE's apps."""
    importlib.import_module("are.simulation.utils.data_utils").__dict__["serialize_field"] = _serialize_field
