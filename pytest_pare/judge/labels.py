"""The labels of people: claims with evidence, and whether each holds, a JSON object a line."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pytest_pare.base.documents import DocumentError, Problem, display, read_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

_KEYS = ("claim", "evidence", "label", "by")
_FORM = 'expected {"claim": TEXT, "evidence": TEXT, "label": true or false, "by": NAME}'


@dataclass(frozen=True)
class Label:
    """The judgement of a person.

    Attributes:
        claim: The claim.
        evidence: The text that it was judged by.
        label: Whether the claim holds.
        by: Who judged it.
    """

    claim: str
    evidence: str
    label: bool
    by: str


def read_labels(path: Path) -> list[Label]:
    """Return the labels in a file. Empty lines are left out.

    Raises:
        DocumentError: If the file cannot be read, has no label, a line is no label, or a claim with its evidence is
            there twice.
    """
    source = display(path)
    labels: list[Label] = []
    problems: list[Problem] = []
    first: dict[tuple[str, str], int] = {}
    # `splitlines` would also break at other characters than a line feed.
    for number, line in enumerate(read_text(path, source).split("\n"), start=1):
        if not line.strip():
            continue
        found = list(_wrong(line))
        if not found:
            label = Label(**json.loads(line))
            before = first.setdefault((label.claim, label.evidence), number)
            if before == number:
                labels.append(label)
            else:
                found = [("", f"labelled twice, first in line {before}; leave one label of this claim and evidence")]
        problems += [Problem(source, number, key, message) for key, message in found]
    if not labels and not problems:
        problems = [Problem(source, None, "", f"has no label; {_FORM}, a line each")]
    if problems:
        raise DocumentError(problems)
    return labels


def digest_of(labels: Sequence[Label]) -> str:
    """Return 16 hex digits that are equal for equal labels in the same order."""
    text = json.dumps([[one.claim, one.evidence, one.label, one.by] for one in labels])
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _wrong(line: str) -> Iterator[tuple[str, str]]:
    """Yield key and message of each error in a line."""
    try:
        given: Any = json.loads(line)
    except (ValueError, RecursionError):
        given = None
    if not isinstance(given, dict):
        yield "", f"is no JSON object; {_FORM}"
        return
    for key in sorted(map(str, given.keys() - set(_KEYS))):
        yield key, f"unknown key; {_FORM}"
    for key in _KEYS:
        value = given.get(key)
        if key not in given:
            yield key, f"is missing; {_FORM}"
        elif key == "label" and not isinstance(value, bool):
            yield key, f"must be true or false, got {json.dumps(value)[:40]}"
        elif key != "label" and not isinstance(value, str):
            yield key, f"must be a text, got {json.dumps(value)[:40]}"
        elif key in ("claim", "by") and not str(value).strip():
            yield key, "must not be empty"
