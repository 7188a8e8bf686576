"""Traces in files.

Those that a user asks for are JSON lines, compressed with gzip, so that `zcat` and `jq` read them as well. Those beside
a ledger are compressed with Zstandard and a dictionary of what many traces have in common, in half of the space.
"""

from __future__ import annotations

import gzip
import zlib
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_pare.base.redaction import redacted_json
from pytest_pare.base.run_files import write_whole
from pytest_pare.simulation.trace import Trace

if TYPE_CHECKING:
    from zstandard import ZstdCompressionDict

TRACE_EXTENSION = "jsonl.gz"
"""The extension of files for users."""

KEPT_EXTENSION = "jsonl.zst"
"""The extension of files beside a ledger."""

_GZIP, _ZSTANDARD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
# Higher levels take several times as long for a tenth of the space.
_LEVEL = 9


def zipped(trace: Trace) -> bytes:
    """Return the content of the file of a trace for users, redacted. It depends on the trace only."""
    return gzip.compress(_lines(trace), mtime=0)


def kept(trace: Trace) -> bytes:
    """Return the content of the file of a trace beside a ledger, redacted.

    It depends on the trace, and on the version of Zstandard.
    """
    from zstandard import ZstdCompressor

    return ZstdCompressor(_LEVEL, dict_data=_dictionary(), write_checksum=True).compress(_lines(trace))


def write_trace(path: Path, trace: Trace) -> None:
    """Write a trace to a file at once as a whole, redacted.

    Raises:
        OSError: If it cannot be written. Its `filename` is that of the file or the directory.
    """
    write_whole(path, zipped(trace))


def read_trace(path: str | Path) -> Trace:
    """Return the trace of a file of either kind, or of one without compression.

    Raises:
        ValueError: If the file cannot be read, or has no trace.
    """
    try:
        content = Path(path).read_bytes()
        if content.startswith(_ZSTANDARD):
            content = _of_kept(content)
        elif content.startswith(_GZIP):
            content = gzip.decompress(content)
        return Trace.from_jsonl(content.decode("utf-8"))
    except (OSError, EOFError, zlib.error, ValueError) as error:
        raise ValueError(f"{path}: cannot be read: {error}") from error


def _lines(trace: Trace) -> bytes:
    return redacted_json(trace.to_jsonl(), (",", ":")).encode("utf-8")


def _of_kept(content: bytes) -> bytes:
    from zstandard import ZstdDecompressor, ZstdError, get_frame_parameters

    try:
        dictionary = get_frame_parameters(content).dict_id
        if dictionary not in (0, _dictionary().dict_id()):
            raise ValueError(
                f"its dictionary {dictionary} is not known; a later version of pytest-pare may have written it"
            )
        return ZstdDecompressor(dict_data=_dictionary()).decompress(content)
    except ZstdError as error:
        raise ValueError(str(error)) from error


@cache
def _dictionary() -> ZstdCompressionDict:
    from zstandard import ZstdCompressionDict

    dictionary = ZstdCompressionDict((files("pytest_pare") / "data" / "traces-1.dict").read_bytes())
    dictionary.precompute_compress(_LEVEL)
    return dictionary
