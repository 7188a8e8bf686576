"""The documents of a page: what it shows of each run, compressed."""

from __future__ import annotations

import base64
import gzip
import json
from typing import TYPE_CHECKING, Any, NamedTuple

from pytest_pare.base.redaction import redacted
from pytest_pare.ledger.errors import LedgerError
from pytest_pare.page.rows import name_of, prefix_of
from pytest_pare.results.run_entries import AS_EXPECTED
from pytest_pare.timeline.diff import compare_traces, diff_document
from pytest_pare.timeline.document import is_defect, run_document
from pytest_pare.timeline.kept import context_of
from pytest_pare.timeline.nearest import nearest
from pytest_pare.timeline.reference import REFERENCE, compare_with_reference

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pytest_pare.ledger.kept_runs import KeptRun
    from pytest_pare.page.suites import PageSuite
    from pytest_pare.simulation.trace import Trace


class Documents(NamedTuple):
    """The documents of the runs of a page.

    Attributes:
        texts: Key to the packed document.
        keys: Number of the suite and name of the run to the key of its document.
        apps: Number of the suite and id of the scenario to the apps that its runs have used, sorted.
        problems: Number of the suite and name of the run to the reason why its trace cannot be read.
        others: Name to the key of the documents of runs of earlier sessions, with which runs are compared.
    """

    texts: dict[str, str]
    keys: dict[tuple[int, str], str]
    apps: dict[tuple[int, str], list[str]]
    problems: dict[tuple[int, str], str]
    others: dict[str, str]

    @classmethod
    def none(cls) -> Documents:
        """Return the documents of a page without any."""
        return cls({}, {}, {}, {}, {})

    def add(self, document: Mapping[str, Any]) -> str:
        """Add a document, and return its key."""
        key = f"run-{len(self.texts)}"
        self.texts[key] = packed(document)
        return key


def packed_documents(suites: Sequence[PageSuite]) -> Documents:
    """Return the documents of all runs whose traces were kept, and of the runs with which they are compared."""
    found = Documents.none()
    for number, suite in enumerate(suites):
        traces = _Traces()
        prefix = prefix_of(suite, suites)
        for entry in suite.report.entries:
            name = name_of(entry)
            kept = suite.runs.get(name)
            if kept is None or kept.trace_path is None:
                continue
            try:
                document = _document(kept, traces, prefix + name)
            except LedgerError as error:
                found.problems[number, name] = str(error)
                continue
            compared = None if entry.status in AS_EXPECTED else _nearest(kept, suite, traces, prefix, found)
            found.keys[number, name] = found.add({"run": document, "nearest": compared})
            apps = found.apps.setdefault((number, entry.scenario_id), [])
            apps[:] = sorted({*apps, *(step["app"] for step in document["steps"] if step["app"])})
    return found


def packed(document: Mapping[str, Any]) -> str:
    """Return a document, whose texts hold no secrets, as JSON, compressed, in base64; equal ones give equal texts."""
    text = json.dumps(document, separators=(",", ":"))
    return base64.b64encode(gzip.compress(text.encode("ascii"), compresslevel=9, mtime=0)).decode("ascii")


class _Traces:
    """The traces of the runs of one scenario, each of which is read once: runs are in the order of their scenarios."""

    def __init__(self) -> None:
        self._scenario = ""
        self._read: dict[str, Trace] = {}

    def of(self, run: KeptRun) -> Trace:
        """Return the trace of a run.

        Raises:
            LedgerError: If it cannot be read.
        """
        if run.run_id.scenario_id != self._scenario:
            self._scenario = run.run_id.scenario_id
            self._read.clear()
        if run.name not in self._read:
            self._read[run.name] = run.trace()
        return self._read[run.name]


def _document(run: KeptRun, traces: _Traces, name: str) -> dict[str, Any]:
    document = run_document(traces.of(run), run.outcome.result, run=name, variant=run.run_id.variant)
    # What commands call it, also when there are later sessions.
    return {**document, "full_name": redacted(run.name)}


def _nearest(
    run: KeptRun, suite: PageSuite, traces: _Traces, prefix: str, documents: Documents
) -> dict[str, Any] | None:
    """Return the nearest run that passed with the comparison, or else that with the reference; None without any."""
    name = redacted(f"{prefix}{run.run_id}")
    try:
        other = nearest(run, run.ledger, suite.earlier)
        if other is None:
            # After a defect, what the agent has not done is not its mistake.
            return None if is_defect(run.outcome.result) else _reference(traces.of(run), name)
        is_sibling = other.ledger is run.ledger
        other_name = redacted(f"{prefix}{other.run_id}" if is_sibling else other.name)
        if not is_sibling and other_name not in documents.others:
            document = _document(other, traces, other_name)
            documents.others[other_name] = documents.add({"run": document, "nearest": None})
        contexts = (context_of(run), context_of(other))
        diff = compare_traces(traces.of(run), traces.of(other), names=(name, other_name), contexts=contexts)
    except LedgerError:
        # A run whose neighbour cannot be read is shown alone.
        return None
    return {"run": other_name, "kind": "sibling" if is_sibling else "baseline", "diff": diff_document(diff)}


def _reference(trace: Trace, name: str) -> dict[str, Any] | None:
    if not trace.reference:
        return None
    return {
        "run": REFERENCE,
        "kind": "reference",
        "diff": diff_document(compare_with_reference(trace, name=name)),
    }
