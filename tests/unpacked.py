"""The content of files that a session has written, which compresses traces."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

from pytest_pare.simulation.trace_files import read_trace

if TYPE_CHECKING:
    from pathlib import Path


def unpacked(path: Path) -> bytes:
    """Return the content of a file, without its compression."""
    if path.suffix == ".zst":
        return read_trace(path).to_jsonl().encode("utf-8")
    content = path.read_bytes()
    return gzip.decompress(content) if path.suffix == ".gz" else content


def unpacked_text(path: Path, errors: str = "strict") -> str:
    """Return the text of a file, without its compression."""
    return unpacked(path).decode("utf-8", errors)
