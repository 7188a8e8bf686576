"""A client of Marionette, the protocol by which Firefox is driven without another program."""

from __future__ import annotations

import json
import socket
import subprocess
import time
from contextlib import closing, contextmanager, suppress
from typing import TYPE_CHECKING, Any, BinaryIO

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_SECONDS = 60


class Firefox:
    """A Firefox without a window.

    Args:
        connection: A connection to its Marionette.
        stream: What comes over it.
    """

    def __init__(self, connection: socket.socket, stream: BinaryIO) -> None:
        self._connection = connection
        self._stream = stream
        self._number = 0
        self._receive()
        self("WebDriver:NewSession")

    def __call__(self, command: str, **parameters: Any) -> Any:
        """Send a command, and return its result.

        Raises:
            RuntimeError: If Firefox answers with an error.
        """
        self._number += 1
        message = json.dumps([0, self._number, command, parameters]).encode()
        self._connection.sendall(b"%d:%s" % (len(message), message))
        _, _, error, result = self._receive()
        if error is not None:
            raise RuntimeError(f"{command}: {error['message']}")
        return result

    def open(self, url: str) -> None:
        """Open a page."""
        self("WebDriver:Navigate", url=url)

    def evaluate(self, expression: str) -> Any:
        """Return the value of an expression, or of the promise that it is."""
        return self("WebDriver:ExecuteScript", script=f"return {expression}", args=[])["value"]

    def wait_for(self, expression: str) -> Any:
        """Wait until an expression is true, and return its value."""
        deadline = time.monotonic() + _SECONDS
        while not (value := self.evaluate(expression)):
            assert time.monotonic() < deadline, f"{expression} is not true"
            time.sleep(0.05)
        return value

    def _receive(self) -> Any:
        length = b""
        while (byte := self._stream.read(1)) != b":":
            assert byte, "Firefox has closed the connection"
            length += byte
        return json.loads(self._stream.read(int(length)))


@contextmanager
def running(executable: str, profile: Path) -> Iterator[Firefox]:
    """Start Firefox, and end it.

    Args:
        executable: The program.
        profile: An empty directory for its profile.
    """
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    (profile / "user.js").write_text(f'user_pref("marionette.port", {port});\n', encoding="utf-8")
    command = [executable, "--headless", "--marionette", "--no-remote", "--profile", str(profile)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        with closing(_connected(port)) as connection, connection.makefile("rb") as stream:
            firefox = Firefox(connection, stream)
            yield firefox
            with suppress(OSError, AssertionError):
                firefox("Marionette:Quit", flags=["eForceQuit"])
    finally:
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _connected(port: int) -> socket.socket:
    deadline = time.monotonic() + _SECONDS
    while True:
        try:
            return socket.create_connection(("127.0.0.1", port), timeout=_SECONDS)
        except OSError:
            assert time.monotonic() < deadline, f"Firefox does not listen on port {port}"
            time.sleep(0.1)
