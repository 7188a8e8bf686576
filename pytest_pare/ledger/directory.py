"""The directory of ledgers: a file for each session of a suite."""

from __future__ import annotations

import json
import re
import shutil
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from pytest_pare.base.suggestions import did_you_mean
from pytest_pare.ledger.errors import LedgerError
from pytest_pare.ledger.running import is_running

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

EXTENSION = ".jsonl"
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
_LONGEST = 60
_LONGEST_LINE = 65_536
_MOST_LISTED = 5
_LATEST = re.compile(r"last(?:~(\d+))?")


def reserve(directory: Path, suite: str, now: datetime) -> Path:
    """Create the empty file of a new session, and return it. The directory ignores itself in git.

    Args:
        directory: The directory of ledgers.
        suite: The suite file, relative to the rootdir.
        now: The time in UTC.

    Raises:
        OSError: If the file cannot be created.
    """
    directory.mkdir(parents=True, exist_ok=True)
    ignore = directory / ".gitignore"
    if not ignore.exists():
        ignore.write_text("*\n", encoding="utf-8")
    stem = f"{now:%Y%m%dT%H%M%SZ}-{_slug(suite)}"
    number = 1
    while True:
        path = directory / (stem if number == 1 else f"{stem}-{number}")
        path = path.with_name(path.name + EXTENSION)
        try:
            path.touch(exist_ok=False)
        except FileExistsError:
            number += 1
        else:
            return path


def traces_dir(ledger: Path) -> Path:
    """Return the directory of the traces of a session, beside its ledger."""
    return ledger.with_name(ledger.name.removesuffix(EXTENSION))


def page_of(ledger: Path) -> Path:
    """Return the report page of a session, beside its ledger."""
    return ledger.with_name(session_of(ledger) + ".html")


def session_of(ledger: Path) -> str:
    """Return the name of the session of a ledger."""
    return ledger.name.removesuffix(EXTENSION)


def ledgers(directory: Path, suite: str | None = None) -> list[Path]:
    """Return the ledgers in a directory, the oldest first; files that are no ledgers, or empty, are left out.

    Args:
        directory: The directory.
        suite: The suite file, relative to the rootdir; `None` for all suites.
    """
    files = sorted(directory.glob(f"*{EXTENSION}"), key=_order) if directory.is_dir() else []
    return [path for path in files if (name := _suite_of(path)) is not None and suite in (None, name)]


def find(directory: Path, session: str = "last", suite: str | None = None) -> Path:
    """Return the ledger of a session.

    Args:
        directory: The directory of ledgers.
        session: Name of the session, or a beginning that no other name has; `last`, or `last~N` for the N-th before it.
        suite: The suite file, relative to the rootdir; `None` for all suites.

    Raises:
        LedgerError: If there is no such session, or several begin like that.
    """
    found = ledgers(directory, suite)
    of_suite = "" if suite is None else f" of {suite}"
    if not found:
        raise LedgerError(f"{directory}: no session{of_suite} is recorded there; run the suite first")
    if latest := _LATEST.fullmatch(session):
        back = int(latest[1] or 0)
        if back >= len(found):
            raise LedgerError(f"{session}: only {len(found)} session{'s' * (len(found) > 1)}{of_suite} in {directory}")
        return found[-1 - back]
    if not session:
        raise LedgerError("must name a session, such as last")
    names = {session_of(path): path for path in found}
    name = session.removesuffix(EXTENSION)
    if name in names:
        return names[name]
    matching = [path for known, path in names.items() if known.startswith(name)]
    if len(matching) == 1:
        return matching[0]
    if matching:
        listed = ", ".join(session_of(path) for path in matching[:_MOST_LISTED])
        raise LedgerError(f"{session}: {len(matching)} sessions{of_suite} begin like that: {listed}")
    latest_names = ", ".join([*names][: -_MOST_LISTED - 1 : -1])
    raise LedgerError(
        f"{session}: there is no such session{of_suite} in {directory}{did_you_mean(name, names)}; "
        f"the latest are: {latest_names}"
    )


def prune(ledger: Path, keep: int) -> None:
    """Remove the oldest ledgers of the suite of a ledger, with their traces and pages.

    Those of sessions that still run stay, and so do those of other shards, without which a shard cannot be merged.

    Args:
        ledger: The ledger of the session that has ended, which stays.
        keep: The number of ledgers that are left.
    """
    suite, shard = _suite_of(ledger), (first_line(ledger) or {}).get("shard")
    if suite is None:
        # The disk was full before the header was written.
        return
    others = [
        path
        for path in ledgers(ledger.parent, suite)
        if path != ledger and (first_line(path) or {}).get("shard") == shard and not is_running(path)
    ]
    for path in others[: max(0, len(others) + 1 - keep)]:
        with suppress(OSError):
            path.unlink()
            page_of(path).unlink(missing_ok=True)
            shutil.rmtree(traces_dir(path), ignore_errors=True)


def first_line(path: Path) -> dict[str, Any] | None:
    """Return the first line of a file as a JSON object; `None` if it is none, or not whole."""
    try:
        with path.open(encoding="utf-8") as file:
            line = file.readline()
        values = json.loads(line) if line.endswith("\n") else None
    except (OSError, ValueError):
        return None
    return values if isinstance(values, dict) else None


def last_line(path: Path) -> dict[str, Any] | None:
    """Return the last line of a file as a JSON object; `None` if it is none, not whole, or long."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - _LONGEST_LINE))
            text = file.read()
        values = json.loads(text.splitlines()[-1]) if text.endswith(b"\n") else None
    except (OSError, ValueError):
        return None
    return values if isinstance(values, dict) else None


def _suite_of(path: Path) -> str | None:
    header = first_line(path)
    plan = None if header is None else header.get("plan")
    name = plan.get("name") if isinstance(plan, dict) else None
    return name if isinstance(name, str) and header is not None and "pare_ledger" in header else None


def _order(path: Path) -> list[tuple[int, str]]:
    # `-10` comes after `-9`.
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", session_of(path))]


def _slug(suite: str) -> str:
    name = suite.removesuffix(".yaml").removesuffix(".yml").removesuffix(".pare")
    return _UNSAFE.sub("-", name).strip("-")[-_LONGEST:] or "suite"
