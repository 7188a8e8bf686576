"""The content of files that a session has written, which compresses traces."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

from pytest_pare.simulation.trace_packing import unpack

if TYPE_CHECKING:
    from pathlib import Path


def unpacked(path: Path) -> bytes:
    """Return the content of a file, without its compression."""
    content = path.read_bytes()
    if path.suffix == ".trace":
        return unpack(content).encode("utf-8")
    return gzip.decompress(content) if path.suffix == ".gz" else content


def unpacked_text(path: Path, errors: str = "strict") -> str:
    """Return the text of a file, without its compression."""
    return unpacked(path).decode("utf-8", errors)
