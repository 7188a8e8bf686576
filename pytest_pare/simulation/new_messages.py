"""The part of an engine's request that is new since the last request of its role."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_pare.base.serialization import to_builtins_or_name
from pytest_pare.engines.drift import first_difference

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pytest_pare.engines.cassette import Message


class NewMessages:
    """Finds the new messages in each request of one role."""

    def __init__(self) -> None:
        self._last: list[Message] = []

    def of(self, messages: Iterable[Message]) -> dict[str, Any]:
        """Return the fields `kept` and `request` of the call with a request.

        Args:
            messages: All messages of the request.
        """
        request = [message._replace(content=to_builtins_or_name(message.content)) for message in messages]
        kept = first_difference(self._last, request)
        self._last = request
        return {"kept": kept, "request": [message._asdict() for message in request[kept:]]}
