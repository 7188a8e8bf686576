"""Results of earlier sessions by a key of everything that they depend on."""

from __future__ import annotations

import hashlib
import json
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from pytest_pare.ledger.directory import first_line, session_of
from pytest_pare.ledger.entries import VERSION, record_of
from pytest_pare.results.validation_result import result_from_record

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

# A quote inside of a text is escaped, so this is no part of one.
_KEY = re.compile(rb'"key":"([0-9a-f]{32})"')
_EXCEPTION = b'"status":"exception"'


class CachedResult(NamedTuple):
    """A result of an earlier session.

    Attributes:
        session: The session that has played the run.
        record: The record of the run, without its config.
    """

    session: str
    record: dict[str, Any]


class Place(NamedTuple):
    """The line of a run in a ledger.

    Attributes:
        path: The ledger.
        offset: Where the line begins, in bytes.
    """

    path: Path
    offset: int


def cache_key(parts: Mapping[str, Any]) -> str:
    """Return 32 hex digits that are equal for equal parts, in every process.

    Args:
        parts: Everything that the result of a run depends on, as builtins for JSON.
    """
    text = json.dumps(parts, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()[:32]


def index_results(paths: Iterable[Path]) -> dict[str, Place]:
    """Return the places of the results in ledgers by their keys; of several, the one in the last ledger.

    Exceptions are left out, and so are runs with several attempts, of which a key does not say which one it means.
    Ledgers of other versions have no results.
    """
    found: dict[str, Place] = {}
    for path in paths:
        header = first_line(path)
        if header is not None and header.get("pare_ledger") == VERSION:
            found |= _places(path)
    return found


def _places(path: Path) -> dict[str, Place]:
    found: dict[str, Place] = {}
    seen: set[str] = set()
    repeated: set[str] = set()
    offset = 0
    with path.open("rb") as file:
        for line in file:
            if key := _KEY.search(line):
                name = key[1].decode("ascii")
                if name in seen:
                    repeated.add(name)
                elif _EXCEPTION not in line:
                    found[name] = Place(path, offset)
                seen.add(name)
            offset += len(line)
    return {name: place for name, place in found.items() if name not in repeated}


def result_at(place: Place) -> CachedResult | None:
    """Return the result at a place; `None` if the line has none, or is not as this version writes it."""
    try:
        with place.path.open("rb") as file:
            file.seek(place.offset)
            entry = json.loads(file.readline())
        record = record_of(entry, {entry["config"]: {}})
        if result_from_record(record["result"]).status == "exception":
            return None
    except (KeyError, OSError, TypeError, ValueError):
        return None
    session = entry.get("reused") or entry.get("resumed_from") or session_of(place.path)
    return CachedResult(session, {name: value for name, value in record.items() if name not in ("config", "problem")})
