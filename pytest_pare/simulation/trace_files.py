"""Traces in files: JSON lines, compressed with gzip, so that `zcat` and `jq` read them as well."""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path

from pytest_pare.base.redaction import redacted_json
from pytest_pare.base.run_files import write_whole
from pytest_pare.simulation.trace import Trace

TRACE_EXTENSION = "jsonl.gz"
"""The extension of these files."""

_GZIP = b"\x1f\x8b"


def packed(trace: Trace) -> bytes:
    """Return the content of the file of a trace, redacted. It depends on the trace only."""
    text = redacted_json(trace.to_jsonl(), (",", ":"))
    return gzip.compress(text.encode("utf-8"), mtime=0)


def write_trace(path: Path, trace: Trace) -> None:
    """Write a trace to a file at once as a whole, redacted.

    Raises:
        OSError: If it cannot be written. Its `filename` is that of the file or the directory.
    """
    write_whole(path, packed(trace))


def read_trace(path: str | Path) -> Trace:
    """Return the trace of a file, which may also be one without compression.

    Raises:
        ValueError: If the file cannot be read, or has no trace.
    """
    try:
        content = Path(path).read_bytes()
        if content.startswith(_GZIP):
            content = gzip.decompress(content)
        return Trace.from_jsonl(content.decode("utf-8"))
    except (OSError, EOFError, zlib.error, ValueError) as error:
        raise ValueError(f"{path}: cannot be read: {error}") from error
