"""The requests of a role, each of which mostly begins like the one before."""

from __future__ import annotations

import hashlib
from json.encoder import encode_basestring
from typing import TYPE_CHECKING, Any

from are.simulation.agents.llm.types import MessageRole

from pytest_pare.agents.memory import Request
from pytest_pare.base.serialization import to_builtins_or_name
from pytest_pare.engines.cassette import Message, message_text
from pytest_pare.engines.drift import first_difference

if TYPE_CHECKING:
    from collections.abc import Iterable


class Requests:
    """The requests of one role. Only the messages that are new since the request before are looked at.

    Attributes:
        fingerprint: The fingerprint of the last request, as `cassette.fingerprint` returns it.
        kept: How many messages at its begin are those of the request before.
    """

    def __init__(self) -> None:
        self.fingerprint = ""
        self.kept = 0
        self._added: list[dict[str, Any]] = []
        self._last = Request([])
        # By the number of messages: the hash of as many from the first one on.
        self._hashes = [hashlib.sha256(b"[")]

    def add(self, messages: Iterable[dict[str, Any]]) -> None:
        """Add a request.

        Args:
            messages: All messages of the request.
        """
        request = Request.of(messages)
        known = request.known_of(self._last)
        self.kept = known + first_difference(self._last.since(known), request.since(known))
        self._last = request
        self._added = request.since(self.kept)
        hashes = self._hashes
        del hashes[self.kept + 1 :]
        hashed = hashes[-1]
        for message in self._added:
            separator = "," if len(hashes) > 1 else ""
            hashed = hashed.copy()
            hashed.update(f"{separator}{_text(message)}".encode("utf-8", "backslashreplace"))
            hashes.append(hashed)
        whole = hashed.copy()
        whole.update(b"]")
        self.fingerprint = whole.hexdigest()[:16]

    def new(self) -> dict[str, Any]:
        """Return the fields `kept` and `request` of the trace's entry for the last request: its new messages."""
        added = [Message.of(message)._asdict() for message in self._added]
        return {"kept": self.kept, "request": [one | {"content": to_builtins_or_name(one["content"])} for one in added]}


def _text(message: dict[str, Any]) -> str:
    """Return what `message_text` returns of a message."""
    role, content = message["role"], message["content"]
    if isinstance(role, MessageRole) and type(content) is str:
        # The same text, and faster.
        return f'["{role._value_}",{encode_basestring(content)}]'
    return message_text(Message.of(message))
