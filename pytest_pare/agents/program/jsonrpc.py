"""JSON-RPC 2.0 over two pipes: a JSON object on each line, with deadlines."""

from __future__ import annotations

import json
import os
import selectors
from typing import TYPE_CHECKING, Any, NoReturn

from pytest_pare.agents.program.messages import LARGEST_MESSAGE, Malformed, parsed, shortened

if TYPE_CHECKING:
    from collections.abc import Callable

    Serve = Callable[[str, Any], Any]

METHOD_NOT_FOUND = -32601
INVALID_PARAMS = -32602
INTERNAL_ERROR = -32603

# How often it is checked whether the other process has ended, while one of its children keeps the pipe open.
_CHECK_SECONDS = 0.25
_CHUNK = 1 << 18
# A pipe holds 64 KiB, so the first of these reads gets all that was there.
_MOST_READS = 4
# The longest message of an error. Each character takes up to 12 bytes.
_LONGEST_TEXT = 1_000_000
# Answers that the other side does not read. Beyond that, none of its requests is carried out until it reads.
_MOST_UNSENT = 4 * LARGEST_MESSAGE


class RequestError(Exception):
    """A request of the other side cannot be answered with a result."""

    def __init__(self, code: int, message: str, data: Any = None) -> None:
        super().__init__(message)
        self.code = code
        self.data = data


class ErrorAnswer(Exception):  # noqa: N818 - an answer
    """The other side answered a request with an error."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


class Overdue(Exception):  # noqa: N818 - an outcome
    """The answer did not come in time."""


class Closed(Exception):  # noqa: N818 - an outcome
    """The other side ended, or closed its end of the pipe."""


class TooLarge(Exception):  # noqa: N818 - an outcome
    """A request is larger than a message may be, and was not sent."""


class Peer:
    """One side of a conversation. Everything happens in the thread of the caller, while it waits for an answer.

    Args:
        reading: The file that messages are read from.
        writing: The file that messages are written to.
        log: A file that is read at the same time.
        on_log: Called with what was read from `log`.
        on_notification: Called with the method and the parameters of each notification.
        has_ended: Returns whether the other process has ended.
    """

    def __init__(
        self,
        reading: int,
        writing: int,
        log: int,
        on_log: Callable[[bytes], None],
        on_notification: Callable[[str, Any], None],
        has_ended: Callable[[], bool],
    ) -> None:
        self._reading, self._writing, self._log = reading, writing, log
        self._on_log, self._on_notification, self._has_ended = on_log, on_notification, has_ended
        for file in (reading, writing, log):
            os.set_blocking(file, False)
        # Unlike epoll it has no file of its own, which a fork would share.
        self._selector = selectors.PollSelector()
        self._selector.register(reading, selectors.EVENT_READ)
        self._selector.register(log, selectors.EVENT_READ)
        self._received = bytearray()
        # The length of the first part of it that has no line feed.
        self._searched = 0
        self._unsent = bytearray()
        self._is_writable = True
        self._is_closed = False
        self._last_id = 0

    def request(self, method: str, params: dict[str, Any], left: Callable[[], float], serve: Serve, idle: Serve) -> Any:
        """Send a request, serve those of the other side until the answer comes, and return its result.

        Args:
            method: The method.
            params: The parameters.
            left: Returns for how many seconds the caller waits from now on.
            serve: Returns the result for a method and its parameters.
            idle: Likewise, for requests that came before this one was sent.

        Raises:
            ErrorAnswer: If the answer is an error.
            Overdue: If there is no answer in time.
            Closed: If the other side ends before.
            Malformed: If a line is no message.
            TooLarge: If the request is too large.
        """
        return self.result(self.send(method, params, left, idle), left, serve)

    def send(self, method: str, params: dict[str, Any], left: Callable[[], float], idle: Serve) -> int:
        """Answer the requests that have come, send a request, and return its id; the errors are those of `request`."""
        self._read()
        while (line := self._next_line()) is not None:
            self._handle(line, None, idle)
            _require_time(left)
            self._read()
        self._last_id += 1
        if not self._write({"jsonrpc": "2.0", "id": self._last_id, "method": method, "params": params}):
            raise TooLarge
        return self._last_id

    def result(self, number: int, left: Callable[[], float], serve: Serve) -> Any:
        """Return the result of the request with an id; the errors are those of `request`."""
        while True:
            _require_time(left)
            line = self._next_line() if len(self._unsent) < _MOST_UNSENT else None
            if line is None:
                self._wait(left())
            elif (answer := self._handle(line, number, serve)) is not None:
                return answer[0]

    def read_log(self) -> None:
        """Read what there is in the log, and not all that a process without end writes meanwhile."""
        for _ in range(_MOST_READS):
            if self._log not in self._selector.get_map() or not self._read_log():
                return

    def close(self) -> None:
        """Watch the files no more. The caller closes them."""
        self._selector.close()

    # -- messages

    def _handle(self, line: bytes, number: int | None, serve: Serve) -> tuple[Any] | None:
        """Handle a message, and return the result if it answers the request with an id."""
        # Nothing is answered to a line that is no message: what the program says about the answer would hide the cause.
        message = parsed(line)
        if "method" in message:
            if "id" in message:
                self._answer(message, serve)
            else:
                self._on_notification(message["method"], message.get("params"))
            return None
        if message["id"] != number:
            given = shortened(json.dumps(message["id"]).encode("ascii"))
            raise Malformed(f"an answer with the id {given}, which no open request has", line)
        if "error" in message:
            raise ErrorAnswer(message["error"]["code"], message["error"]["message"])
        return (message["result"],)

    def _answer(self, message: dict[str, Any], serve: Serve) -> None:
        answer: dict[str, Any] = {"jsonrpc": "2.0", "id": message["id"]}
        try:
            sent = self._write({**answer, "result": serve(message["method"], message.get("params", {}))})
            if not sent:
                _refuse_size()
        except RequestError as error:
            data = {} if error.data is None else {"data": error.data}
            self._write({**answer, "error": {"code": error.code, "message": str(error)[:_LONGEST_TEXT], **data}})

    def _write(self, message: dict[str, Any]) -> bool:
        """Send a message, and return whether it is not too large."""
        # ASCII only, so that half of a surrogate pair can be sent.
        line = json.dumps(message, separators=(",", ":")).encode("ascii")
        if len(line) > LARGEST_MESSAGE:
            return False
        if self._is_writable:
            self._unsent += line + b"\n"
            self._flush()
        return True

    # -- files

    def _wait(self, seconds: float) -> None:
        events = [] if self._is_closed else self._selector.select(max(0.0, min(seconds, _CHECK_SECONDS)))
        files = {key.fd for key, _ in events}
        if self._writing in files:
            self._flush()
        if self._log in files:
            self._read_log()
        if self._reading in files:
            self._read()
        if self._is_closed or (not files and self._has_ended()):
            # What it wrote before its end.
            self._read()
            if not self._has_line():
                raise Closed

    def _flush(self) -> None:
        try:
            while self._unsent:
                del self._unsent[: os.write(self._writing, memoryview(self._unsent)[:_CHUNK].tobytes())]
        except BlockingIOError:
            pass
        except BrokenPipeError:
            # The end of the other pipe says more: there may be an answer in it.
            self._stop_writing()
        is_watched = self._writing in self._selector.get_map()
        if self._unsent and not is_watched:
            self._selector.register(self._writing, selectors.EVENT_WRITE)
        elif is_watched and not self._unsent:
            self._selector.unregister(self._writing)

    def _stop_writing(self) -> None:
        self._is_writable = False
        self._unsent.clear()
        if self._writing in self._selector.get_map():
            self._selector.unregister(self._writing)

    def _read(self) -> None:
        """Read until there is a line: a program that writes faster than it is served uses no memory."""
        while not self._is_closed and not self._has_line():
            if len(self._received) > LARGEST_MESSAGE:
                self._refuse_line()
            try:
                chunk = os.read(self._reading, _CHUNK)
            except BlockingIOError:
                return
            if not chunk:
                self._is_closed = True
                self._selector.unregister(self._reading)
                self._stop_writing()
            self._received += chunk

    def _has_line(self) -> bool:
        end = self._received.find(b"\n", self._searched)
        self._searched = len(self._received) if end < 0 else end
        return end >= 0

    def _next_line(self) -> bytes | None:
        while self._has_line():
            if self._searched > LARGEST_MESSAGE:
                self._refuse_line()
            line = bytes(self._received[: self._searched])
            del self._received[: self._searched + 1]
            self._searched = 0
            if line.strip():
                return line
        return None

    def _refuse_line(self) -> NoReturn:
        raise Malformed(f"a line of more than {LARGEST_MESSAGE:,} bytes", bytes(self._received[:_CHUNK]))

    def _read_log(self) -> bool:
        try:
            chunk = os.read(self._log, _CHUNK)
        except BlockingIOError:
            return False
        if not chunk:
            self._selector.unregister(self._log)
        self._on_log(chunk)
        return bool(chunk)


def _require_time(left: Callable[[], float]) -> None:
    if left() <= 0:
        raise Overdue


def _refuse_size() -> NoReturn:
    raise RequestError(INTERNAL_ERROR, f"the result has more than {LARGEST_MESSAGE:,} bytes")
