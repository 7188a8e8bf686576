"""Files as attachments."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any, NoReturn

from are.simulation.types import disable_events


class NoFiles:
    """The file system of a phone without files. It keeps agents away from the host's disk."""

    def exists(self, path: str) -> bool:
        """Return False."""
        del path
        return False

    def open(self, path: str, mode: str = "r") -> NoReturn:
        """Refuse to open a file.

        Raises:
            FileNotFoundError: Always.
        """
        del mode
        raise FileNotFoundError(f"{path}: this phone has no files; add a file system app to the scenario's")


def read_attachment(file_system: Any, path: str) -> tuple[str, bytes]:
    """Return a file's name and its content in base64, without an event of the file system.

    Args:
        file_system: The phone's; `None` for the local disk.
        path: Path of the file.

    Raises:
        ValueError: If the file cannot be read.
    """
    try:
        if file_system is None:
            content = Path(path).read_bytes()
        else:
            with disable_events(), file_system.open(path, "rb") as file:
                content = file.read()
    except OSError as error:
        raise ValueError(f"File {path} does not exist") from error
    return Path(path).name, base64.b64encode(content)
