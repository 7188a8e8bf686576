"""Writes the ledger of a session, a line at a time."""

from __future__ import annotations

import json
from contextlib import suppress
from itertools import groupby
from typing import TYPE_CHECKING, Any

from pytest_pare.base.redaction import redacted_plain
from pytest_pare.ledger.entries import VERSION, config_hash, entry_of
from pytest_pare.ledger.running import mark_running

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path
    from typing import TextIO

    from pytest_pare.ledger.header import Header
    from pytest_pare.ledger.outcomes import Outcome
    from pytest_pare.ledger.reader import Ledger
    from pytest_pare.ledger.run_id import RunId

_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


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
        mark_running(self._file)
        self._write({"pare_ledger": VERSION, **redacted_plain(header.to_dict())})

    def plan(self, nodes: Iterable[str], not_collected: Iterable[str] = (), whole: Iterable[str] = ()) -> None:
        """Write the selected runs in their order.

        Args:
            nodes: The part of each node id after the suite file.
            not_collected: The same of modules that could not be collected.
            whole: The same of the runs of all shards; empty without shards.
        """
        of_shards = {"whole": grouped} if (grouped := _grouped(whole)) else {}
        self._write({"planned": _grouped(nodes), "not_collected": list(not_collected), **of_shards})

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
            self._file.write(f"{_ENCODER.encode(line)}\n")
            self._file.flush()
        except OSError as error:
            self.problem = error.strerror or str(error)
            self.close()


def write_ledger(path: Path, ledger: Ledger) -> None:
    """Write a ledger that was read or merged to another file.

    Raises:
        OSError: If it cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    writer = LedgerWriter(path)
    writer.begin(ledger.header)
    prefix, outcomes = f"{ledger.header.plan.name}::", ledger.results.outcomes
    broken = [node for node, one in outcomes.items() if one.reported and node not in ledger.records]
    planned = (node.removeprefix(prefix) for node in outcomes if node not in broken)
    writer.plan(planned, (node.removeprefix(prefix) for node in broken))
    for node, records in ledger.records.items():
        for outcome, record in zip(ledger.results.attempts[node], records, strict=True):
            writer.note(node.removeprefix(prefix), ledger.results.run_id(node), outcome, record)
    if ledger.end:
        writer.end(ledger.end)
    writer.close()
    if writer.problem is not None:
        raise OSError(f"{path}: {writer.problem}")


def _grouped(nodes: Iterable[str]) -> list[Any]:
    """Return scenario and parameters of runs, those of neighbours with the same scenario together."""
    split = (node.partition("[") for node in nodes)
    return [
        [name, [bracket + rest for _, bracket, rest in parts]] for name, parts in groupby(split, key=lambda one: one[0])
    ]
