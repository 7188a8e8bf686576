"""The requests of a role, each of which mostly begins like the one before."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

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
        self._added: list[Message] = []
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
        self._added = [Message.of(message) for message in request.since(self.kept)]
        del self._hashes[self.kept + 1 :]
        for message in self._added:
            hashed = self._hashes[-1].copy()
            hashed.update(b"," * (len(self._hashes) > 1) + message_text(message).encode("utf-8", "backslashreplace"))
            self._hashes.append(hashed)
        whole = self._hashes[-1].copy()
        whole.update(b"]")
        self.fingerprint = whole.hexdigest()[:16]

    def new(self) -> dict[str, Any]:
        """Return the fields `kept` and `request` of the trace's entry for the last request: its new messages."""
        plain = [message._replace(content=to_builtins_or_name(message.content)) for message in self._added]
        return {"kept": self.kept, "request": [message._asdict() for message in plain]}
