"""Traces in files.

Those that a user asks for are JSON lines, compressed with gzip, so that `zcat` and `jq` read them as well. Those beside
a ledger are packed in half of the space.
"""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path

from pytest_pare.base.redaction import redacted_json
from pytest_pare.base.run_files import write_whole
from pytest_pare.simulation.trace import Trace
from pytest_pare.simulation.trace_codec import to_rows
from pytest_pare.simulation.trace_packing import is_packed, pack, unpack

TRACE_EXTENSION = "jsonl.gz"
"""The extension of files for users."""

KEPT_EXTENSION = "trace"
"""The extension of files beside a ledger."""

_GZIP = b"\x1f\x8b"


def zipped(trace: Trace) -> bytes:
    """Return the content of the file of a trace for users, redacted. It depends on the trace only."""
    return gzip.compress(_redacted(trace.to_jsonl()).encode("utf-8"), mtime=0)


def kept(trace: Trace) -> bytes:
    """Return the content of the file of a trace beside a ledger, redacted. It depends on the trace only."""
    return pack(_redacted(to_rows(vars(trace))))


def _redacted(lines: str) -> str:
    return redacted_json(lines, (",", ":"))


def write_trace(path: Path, trace: Trace) -> None:
    """Write a trace to a file at once as a whole, redacted.

    Raises:
        OSError: If it cannot be written. Its `filename` is that of the file or the directory.
    """
    write_whole(path, zipped(trace))


def read_trace(path: str | Path) -> Trace:
    """Return the trace of a file of any of these kinds, or of one without compression.

    Raises:
        ValueError: If the file cannot be read, or has no trace.
    """
    try:
        content = Path(path).read_bytes()
        if is_packed(content):
            return Trace.from_jsonl(unpack(content))
        if content.startswith(_GZIP):
            content = gzip.decompress(content)
        return Trace.from_jsonl(content.decode("utf-8"))
    except (OSError, EOFError, zlib.error, ValueError) as error:
        raise ValueError(f"{path}: cannot be read: {error}") from error
