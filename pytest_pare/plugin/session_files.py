"""The files that the processes of a session share, in its directory."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

from pytest_pare.base.run_files import write_whole
from pytest_pare.engines.rate_limit import directory

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_NAME = re.compile(r"[a-z-]+-[0-9a-f]{16}")


def session_file(key: str, what: str) -> Path:
    """Return the path of a file that the processes of one machine share.

    Args:
        key: What it is about, such as the node id of a suite file.
        what: The name of its content.
    """
    name = hashlib.sha256(key.encode("utf-8", "backslashreplace")).hexdigest()[:16]
    return directory() / f"{what}-{name}"


class _Controller:
    """The controller, as a worker on another machine sees it.

    Attributes:
        send: Sends a file to the directory of the session on the controller; `None` where the directory is shared.
    """

    send: Callable[[tuple[str, str]], None] | None = None


def send_session_files(send: Callable[[tuple[str, str]], None] | None) -> None:
    """Send the files that this process leaves for the controller, because it does not share its directory."""
    _Controller.send = send


def are_sent() -> bool:
    """Return whether the files that this process leaves are sent to the controller."""
    return _Controller.send is not None


def leave(file: Path, text: str) -> None:
    """Write a file of the session, and send it to the controller if it does not share the directory.

    Args:
        file: The file, by `session_file`.
        text: Its content.

    Raises:
        OSError: If it cannot be written.
    """
    write_whole(file, text)
    send_left(file)


def send_left(file: Path) -> None:
    """Send a file that stands in the directory of the session to the controller, if it does not share it."""
    if _Controller.send is not None:
        _Controller.send((file.name, file.read_text(encoding="utf-8", errors="replace")))


def receive(name: str, text: str) -> None:
    """Write a file that a worker on another machine has sent.

    Raises:
        OSError: If it cannot be written.
    """
    if _NAME.fullmatch(name):
        write_whole(directory() / name, text)
