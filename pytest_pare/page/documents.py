"""The documents of a page: what it shows of each run, compressed."""

from __future__ import annotations

import base64
import gzip
import json
from typing import TYPE_CHECKING, Any, NamedTuple

from pytest_pare.base.redaction import redacted_json
from pytest_pare.ledger.errors import LedgerError
from pytest_pare.page.rows import name_of
from pytest_pare.timeline.kept import document_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pytest_pare.page.suites import PageSuite


class Documents(NamedTuple):
    """The documents of the runs of a page.

    Attributes:
        texts: Key to the packed document.
        keys: Number of the suite and name of the run to the key of its document.
        apps: Number of the suite and id of the scenario to the apps that its runs have used, sorted.
        problems: Number of the suite and name of the run to the reason why its trace cannot be read.
    """

    texts: dict[str, str]
    keys: dict[tuple[int, str], str]
    apps: dict[tuple[int, str], list[str]]
    problems: dict[tuple[int, str], str]


def packed_documents(suites: Sequence[PageSuite]) -> Documents:
    """Return the documents of all runs whose traces were kept."""
    found = Documents({}, {}, {}, {})
    for number, suite in enumerate(suites):
        for entry in suite.report.entries:
            name = name_of(entry)
            kept = suite.runs.get(name)
            if kept is None or kept.trace_path is None:
                continue
            try:
                document = document_of(kept)
            except LedgerError as error:
                found.problems[number, name] = str(error)
                continue
            key = f"run-{len(found.texts)}"
            found.texts[key] = packed({"run": document, "nearest": None})
            found.keys[number, name] = key
            apps = found.apps.setdefault((number, entry.scenario_id), [])
            apps[:] = sorted({*apps, *(step["app"] for step in document["steps"] if step.get("app"))})
    return found


def packed(document: Mapping[str, Any]) -> str:
    """Return a document as JSON, without secrets, compressed, in base64; equal documents give equal texts."""
    text = redacted_json(json.dumps(document, separators=(",", ":")), (",", ":"))
    return base64.b64encode(gzip.compress(text.encode(), compresslevel=9, mtime=0)).decode("ascii")
