"""Matches the requests of an agent with recorded answers by their content, not by their position.

Agents may ask in parallel, and their clients send a request again that got no answer.
"""

from __future__ import annotations

import threading
from collections import deque
from concurrent.futures import Future
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pytest_pare.engines.cassette import Call, Message


class Asked:
    """A request of an agent, however often its client has sent it.

    Args:
        key: The fingerprint of its messages.
        number: How many equal requests were made before it in the run.
        messages: The request.
        turn: The turn of the run.
        began: The time at which it arrived, see `Requests`.

    Attributes:
        call: The call that answers it, when it is there.
        ended: The time at which its answer came.
        position: The position of its answer among those recorded; `None` for a new answer.
        is_delivered: Whether the run has its answer.
    """

    def __init__(self, key: str, number: int, messages: list[Message], turn: int, began: int) -> None:
        self.key = key
        self.number = number
        self.messages = messages
        self.turn = turn
        self.began = began
        self.ended = began
        self.position: int | None = None
        self.is_delivered = False
        self.call: Future[Call] = Future()


class Requests:
    """The requests of an agent in a run. Their times are numbers that count arrivals and answers."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._by_key: dict[str, list[Asked]] = {}
        self._now = 0

    def arrived(self, key: str, messages: list[Message], turn: int, *, is_retry: bool) -> tuple[Asked, bool]:
        """Return a request, and whether it is a new one.

        A retry of the client is the last equal request, which has its answer or waits for it.

        Args:
            key: The fingerprint of its messages.
            messages: The request.
            turn: The turn of the run.
            is_retry: Whether the client says that it has sent it before.
        """
        with self._lock:
            equal = self._by_key.setdefault(key, [])
            if is_retry and equal:
                return equal[-1], False
            self._now += 1
            asked = Asked(key, len(equal), messages, turn, self._now)
            equal.append(asked)
            return asked, True

    def answered(self, asked: Asked, call: Call) -> None:
        """Give a request its answer."""
        with self._lock:
            self._now += 1
            asked.ended = self._now
        asked.call.set_result(call)


class ContentIndex:
    """Recorded calls by the fingerprints of their requests.

    Args:
        keys: The fingerprints, in order of the calls.
    """

    def __init__(self, keys: Iterable[str]) -> None:
        self._left: dict[int, None] = {}
        self._by_key: dict[str, deque[int]] = {}
        for position, key in enumerate(keys):
            self._left[position] = None
            self._by_key.setdefault(key, deque()).append(position)

    @property
    def left(self) -> int:
        """How many calls were not taken."""
        return len(self._left)

    @property
    def all_left(self) -> list[int]:
        """The positions of the calls that were not taken."""
        return list(self._left)

    @property
    def first_left(self) -> int | None:
        """The position of the first call that was not taken; `None` if each was."""
        return next(iter(self._left), None)

    def take(self, key: str) -> int | None:
        """Take the first call with a key that was not taken, and return its position; `None` if there is none."""
        positions = self._by_key.get(key, deque())
        while positions:
            position = positions.popleft()
            if position in self._left:
                return self.take_at(position)
        return None

    def take_at(self, position: int) -> int:
        """Take the call at a position, and return the position."""
        del self._left[position]
        return position


def in_order(requests: Sequence[Asked]) -> list[Asked]:
    """Return requests in the order of the cassette and the trace.

    They are sorted by turn. Within a turn, replayed requests are in the order in which they were recorded. If one of
    them is new, they are in the order of their arrival, except that those which waited for their answers at the same
    time are sorted by their messages: a conversation stays together, and threads do not change the order.
    """
    by_turn: dict[int, list[Asked]] = {}
    for one in requests:
        by_turn.setdefault(one.turn, []).append(one)
    return [one for turn in sorted(by_turn) for one in _in_turn(by_turn[turn])]


def _in_turn(requests: list[Asked]) -> list[Asked]:
    positions = {id(one): one.position for one in requests}
    if None not in positions.values():
        return sorted(requests, key=lambda one: one.position or 0)
    ordered: list[Asked] = []
    together: list[Asked] = []
    until = 0
    for one in sorted(requests, key=lambda one: one.began):
        if one.began > until:
            ordered += sorted(together, key=_content)
            together = []
        together.append(one)
        until = max(until, one.ended)
    return ordered + sorted(together, key=_content)


def _content(asked: Asked) -> tuple[list[tuple[str, str]], int]:
    return [(message.role, repr(message.content)) for message in asked.messages], asked.number
