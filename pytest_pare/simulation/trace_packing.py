"""Packs the lines of a trace in less space than gzip takes.

Most of a trace is the same in many traces: names of fields, tools and apps, and what the oracle engine answers. So it
is compressed with a dictionary of such lines. What differs everywhere, the ids of objects, events and prompts, is moved
behind the text as bytes: digits of random numbers cannot be compressed, and would break up what can.

A packed trace is a zlib stream. Its bytes 3 to 6 are the Adler-32 checksum of the dictionary, so each dictionary has a
name. A dictionary that has been released stays, or the traces that it has packed could not be read.
"""

from __future__ import annotations

import re
import zlib
from functools import cache
from importlib.resources import files

# The first byte of a stream of zlib with the largest window. No text in UTF-8 of a trace begins with it.
_ZLIB = 0x78
# Where the checksum of its dictionary is.
_NAME = slice(2, 6)
# Bytes that UTF-8 does not have: the end of the text, an id that was there before, and one for each kind of id.
_END, _AGAIN = b"\xfa", b"\xff"
_KINDS = _UUID, _LONG, _SHORT = b"\xfc", b"\xfd", b"\xfe"
# An id in a text whose digits are all 0: a search that begins with a fixed text is several times as fast.
_IDS = re.compile(rb"00000000(?:(-0000-0000-0000-000000000000)|(000000000000000000000000)|(00000000))")
_AS_ZEROS = bytes.maketrans(b"123456789abcdef", b"0" * 15)
_MARKS = re.compile(rb"[\xfc-\xfe]|\xff.", re.DOTALL)
# The number of an id takes one byte, which is never the end of the text.
_NUMBERED = 128


def pack(text: str) -> bytes:
    """Return a text packed. It depends on the text only."""
    content, ids = without_ids(text.encode("utf-8"))
    compressor = zlib.compressobj(8, zdict=_dictionary())
    text_block = compressor.compress(content + _END) + compressor.flush(zlib.Z_BLOCK)
    # The ids are a block of their own, for which zlib sees that it cannot be compressed.
    return text_block + compressor.compress(ids) + compressor.flush()


def is_packed(content: bytes) -> bool:
    """Return whether a file has a packed text."""
    return content[:1] == bytes([_ZLIB])


def unpack(content: bytes) -> str:
    """Return the text that was packed.

    Raises:
        ValueError: If it is damaged, or a later version has packed it.
    """
    name, dictionary = content[_NAME], _dictionary()
    if name != zlib.adler32(dictionary).to_bytes(4, "big"):
        raise ValueError(
            f"its dictionary {name.hex()} is not known; a later version of pytest-pare may have written it"
        )
    decompressor = zlib.decompressobj(zdict=dictionary)
    try:
        whole = decompressor.decompress(content) + decompressor.flush()
    except zlib.error as error:
        raise ValueError(str(error)) from error
    if not decompressor.eof:
        raise ValueError("it is not whole")
    text, _, ids = whole.partition(_END)
    return _with_ids(text, ids).decode("utf-8")


def without_ids(text: bytes) -> tuple[bytes, bytes]:
    """Return a text with a mark for each id, and the ids."""
    numbers: dict[bytes, int] = {}
    parts: list[bytes] = []
    ids: list[bytes] = []
    end = 0
    for match in _IDS.finditer(text.translate(_AS_ZEROS)):
        found = text[match.start() : match.end()]
        parts.append(text[end : match.start()])
        end = match.end()
        if found in numbers:
            parts.append(_AGAIN + bytes([numbers[found]]))
            continue
        if len(numbers) < _NUMBERED:
            numbers[found] = len(numbers)
        parts.append(_KINDS[(match.lastindex or 1) - 1])
        ids.append(bytes.fromhex(found.replace(b"-", b"").decode("ascii")))
    return b"".join((*parts, text[end:])), b"".join(ids)


def _with_ids(text: bytes, ids: bytes) -> bytes:
    found: list[bytes] = []
    position = 0

    def id_of(match: re.Match[bytes]) -> bytes:
        nonlocal position
        mark = match[0]
        if mark[:1] == _AGAIN:
            return found[mark[1]]
        end = position + (8 if mark == _SHORT else 16)
        digits = ids[position:end].hex()
        position = end
        if mark == _UUID:
            digits = f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
        found.append(digits.encode("ascii"))
        return found[-1]

    return _MARKS.sub(id_of, text)


@cache
def _dictionary() -> bytes:
    return (files("pytest_pare") / "data" / "trace-dictionary-1").read_bytes()
