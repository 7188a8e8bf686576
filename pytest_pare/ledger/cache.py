"""Results of earlier sessions by a key of everything that they depend on."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any, NamedTuple

from pytest_pare.ledger.directory import first_line, session_of
from pytest_pare.ledger.entries import VERSION, record_of
from pytest_pare.results.validation_result import result_from_record

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

_WITH_KEY = '"key":"'


class CachedResult(NamedTuple):
    """A result of an earlier session.

    Attributes:
        session: The session that has played the run.
        record: The record of the run, without its config.
    """

    session: str
    record: dict[str, Any]


def cache_key(parts: Mapping[str, Any]) -> str:
    """Return 32 hex digits that are equal for equal parts, in every process.

    Args:
        parts: Everything that the result of a run depends on, as builtins for JSON.
    """
    text = json.dumps(parts, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()[:32]


def cached_results(paths: Iterable[Path]) -> dict[str, CachedResult]:
    """Return the results in ledgers by their keys; of several, the one in the last ledger.

    Exceptions are left out, and so are runs with several attempts, of which a key does not say which one it means.
    Lines and files that this version cannot read have no results.
    """
    found: dict[str, CachedResult] = {}
    for path in paths:
        header = first_line(path)
        if header is not None and header.get("pare_ledger") == VERSION:
            found |= _results(path)
    return found


def _results(path: Path) -> dict[str, CachedResult]:
    found: dict[str, CachedResult] = {}
    repeated: set[str] = set()
    for entry in _entries(path):
        key = entry["key"]
        if key in found:
            repeated.add(key)
        record = record_of(entry, {entry["config"]: {}})
        if result_from_record(record["result"]).status in ("success", "failed", "no_validation"):
            session = entry.get("reused") or entry.get("resumed_from") or session_of(path)
            found[key] = CachedResult(session, {k: v for k, v in record.items() if k not in ("config", "problem")})
    return {key: result for key, result in found.items() if key not in repeated}


def _entries(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8", errors="replace") as file:
        for line in file:
            # The other lines need not be parsed.
            if _WITH_KEY not in line:
                continue
            try:
                entry = json.loads(line)
            except ValueError:
                continue
            if isinstance(entry, dict) and isinstance(entry.get("key"), str) and "result" in entry:
                yield entry
