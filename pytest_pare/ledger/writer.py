"""Writes the ledger of a session, a line at a time."""

from __future__ import annotations

import json
from contextlib import suppress
from itertools import groupby
from typing import TYPE_CHECKING, Any

from pytest_pare.base.redaction import redacted_plain
from pytest_pare.ledger.entries import config_hash, entry_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path
    from typing import TextIO

    from pytest_pare.ledger.header import Header
    from pytest_pare.ledger.outcomes import Outcome
    from pytest_pare.ledger.run_id import RunId

VERSION = 1
"""Version of the format; a reader refuses later ones."""


class LedgerWriter:
    """The ledger of a session. Each line is flushed, so that it stays if the process is killed.

    After an error nothing more is written: the results themselves are in memory. The records of runs come without
    secrets.

    Args:
        path: The file, which exists.

    Attributes:
        path: The file.
        problem: Why it is not whole; `None` if it is.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.problem: str | None = None
        self._file: TextIO | None = None
        self._configs: list[tuple[Mapping[str, Any], str]] = []

    def begin(self, header: Header) -> None:
        """Write the header."""
        try:
            self._file = self.path.open("w", encoding="utf-8", errors="backslashreplace")
        except OSError as error:
            self.problem = error.strerror
            return
        self._write({"pare_ledger": VERSION, **redacted_plain(header.to_dict())})

    def plan(self, nodes: Iterable[str], not_collected: Iterable[str] = ()) -> None:
        """Write the selected runs in their order.

        Args:
            nodes: The part of each node id after the suite file.
            not_collected: The same of modules that could not be collected.
        """
        split = (node.partition("[") for node in nodes)
        grouped = groupby(split, key=lambda parts: parts[0])
        planned = [[name, [bracket + rest for _, bracket, rest in parts]] for name, parts in grouped]
        self._write({"planned": planned, "not_collected": list(not_collected)})

    def note(self, node: str, run: RunId, outcome: Outcome, record: Mapping[str, Any]) -> None:
        """Write an attempt at a run.

        Args:
            node: The part of its node id after the suite file.
            run: The run.
            outcome: The outcome.
            record: The record that its report carries; empty without one.
        """
        config = record.get("config")
        self._write(entry_of(node, run, outcome, record, None if config is None else self._config(config)))

    def replace_last(self, node: str) -> None:
        """Write that the last attempt at a run was replaced."""
        self._write({"replaced": node})

    def end(self, values: Mapping[str, Any]) -> None:
        """Write how the session ended, and close the file."""
        self._write({"end": redacted_plain(values)})
        self.close()

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            # On a full disk, closing tries to write the rest and fails again.
            with suppress(OSError):
                self._file.close()
            self._file = None

    def _config(self, config: Mapping[str, Any]) -> str:
        # Most runs share a config.
        for known, name in self._configs:
            if known == config:
                return name
        name = config_hash(config)
        self._configs.append((config, name))
        self._write({"config": name, "values": config})
        return name

    def _write(self, line: Mapping[str, Any]) -> None:
        if self._file is None or self.problem is not None:
            return
        try:
            self._file.write(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n")
            self._file.flush()
        except OSError as error:
            self.problem = error.strerror or str(error)
            self.close()
