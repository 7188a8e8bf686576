"""Reads the ledger of a session: its header, its runs and their results, and how it ended."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pytest_pare.base.garbage import without_garbage_collection
from pytest_pare.ledger.compared_runs import run_set
from pytest_pare.ledger.entries import VERSION, outcome_from, record_of, run_of
from pytest_pare.ledger.errors import LedgerError
from pytest_pare.ledger.header import Header
from pytest_pare.ledger.outcomes import NOT_RUN, Outcome
from pytest_pare.ledger.shards import Shard
from pytest_pare.ledger.suite_results import SuiteResults
from pytest_pare.ledger.verdict import judge
from pytest_pare.results.rounds import compare_session

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_pare.results.gate import Verdict
    from pytest_pare.results.run_set import RunSet


@dataclass
class Ledger:
    """The ledger of a session.

    Attributes:
        path: The file.
        header: The session and its plan.
        results: The runs and their results, as the session had them.
        records: Node id to the records of the attempts at a run, in their order.
        end: How the session ended: `verdict`, `partial`, `interrupted`, `duration` in seconds of real time, and
            `setup_seconds`; empty if it was killed, or has not ended.
        is_torn: Whether the last line is not whole, because the process was killed while it wrote it.
        whole: The node ids of the runs of all shards; empty without shards.
    """

    path: Path
    header: Header
    results: SuiteResults
    records: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    end: dict[str, Any] = field(default_factory=dict)
    is_torn: bool = False
    whole: list[str] = field(default_factory=list)

    @property
    def duration(self) -> float:
        """Length of the session in seconds of real time; 0.0 if it has not ended."""
        return float(self.end.get("duration", 0.0))

    def run_set(self) -> RunSet:
        """Return the runs, for comparisons and baselines."""
        return run_set(self.header, self.results)

    def judge(self, baseline: RunSet | None = None) -> Verdict:
        """Return the gate's verdict, and keep it on the results. A session that has not ended counts as interrupted.

        Args:
            baseline: The runs that the session is compared with, see `baseline_source`; None without a baseline.
        """
        interrupted = bool(self.end.get("interrupted", True))
        plan = self.results.plan
        comparison = (
            None
            if baseline is None
            else compare_session(baseline, self.run_set(), plan.rounds, plan.gate.max_regression)
        )
        partial = self.end.get("partial", ())
        shard = None if self.header.shard is None else str(Shard(*self.header.shard))
        verdict = judge(self.results, partial=partial, interrupted=interrupted, comparison=comparison, shard=shard)
        self.results.verdict = verdict
        return verdict


@without_garbage_collection()
def read_ledger(path: Path) -> Ledger:
    """Read a ledger. A last line that is not whole is left out.

    Raises:
        LedgerError: If the file cannot be read, is no ledger, is of a later version, or has a line that is wrong.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise LedgerError(f"{path}: cannot be read: {getattr(error, 'strerror', None) or error}") from error
    lines = text.split("\n")
    torn = lines.pop() != ""
    if not lines:
        raise LedgerError(f"{path}: not a ledger, it has no whole line")
    ledger = Ledger(path, header := _header(path, lines[0]), SuiteResults(header.plan), is_torn=torn)
    configs: dict[str, dict[str, Any]] = {}
    for number, line in enumerate(lines[1:], start=2):
        try:
            _add(ledger, json.loads(line), configs)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            is_json = not isinstance(error, json.JSONDecodeError)
            what = f"not as this version writes it ({error!r})" if is_json else "no JSON object"
            raise LedgerError(
                f"{path}:{number}: the line is {what}: the ledger was changed or damaged, and cannot be used"
            ) from error
    return ledger


def _header(path: Path, line: str) -> Header:
    try:
        values = json.loads(line)
        version = values.pop("pare_ledger")
    except (AttributeError, KeyError, TypeError, ValueError):
        raise LedgerError(f"{path}: not a ledger of pytest-pare: its first line is no header") from None
    if version != VERSION:
        by = values.get("versions", {}).get("pytest-pare", "another version")
        raise LedgerError(
            f"{path}: a ledger of version {version!r}, written by pytest-pare {by}; this one reads version {VERSION}: "
            "install that version, or run the suite again"
        )
    values.pop("digest", None)
    try:
        return Header.from_dict(values)
    except ValueError as error:
        first = str(error).splitlines()
        raise LedgerError(f"{path}:1: the header is not as this version writes it: {' '.join(first[1:3])}") from None


def _add(ledger: Ledger, entry: dict[str, Any], configs: dict[str, dict[str, Any]]) -> None:
    results, suite = ledger.results, ledger.header.plan.name
    if "planned" in entry:
        for node in entry["not_collected"]:
            results.not_collected(f"{suite}::{node}")
        for node in _nodes(suite, entry["planned"]):
            results.outcomes.setdefault(node, Outcome("no_result", reason=NOT_RUN, reported=False))
        ledger.whole += _nodes(suite, entry.get("whole", []))
    elif "config" in entry and "values" in entry:
        configs[entry["config"]] = entry["values"]
    elif isinstance(entry.get("run"), str):
        node = f"{suite}::{entry['run']}"
        record = record_of(entry, configs)
        results.identify(node, run_of(entry))
        results.add_notes(node, record)
        results.keep(node, outcome_from(entry, record))
        ledger.records.setdefault(node, []).append(record)
    elif "replaced" in entry:
        results.replace_last(f"{suite}::{entry['replaced']}")
    elif "end" in entry:
        ledger.end = entry["end"]
    else:
        raise ValueError(f"unknown keys: {', '.join(sorted(entry))}")


def _nodes(suite: str, grouped: list[tuple[str, list[str]]]) -> list[str]:
    return [f"{suite}::{scenario}{text}" for scenario, parameters in grouped for text in parameters]
