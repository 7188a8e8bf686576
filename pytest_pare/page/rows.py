"""The rows of a page: a run each, with the figures of its result."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from pytest_pare.base.redaction import redacted_all
from pytest_pare.ledger.run_id import RunId
from pytest_pare.results.run_entries import AS_EXPECTED
from pytest_pare.results.run_set import category_of
from pytest_pare.results.usage import cost_of, tokens_of
from pytest_pare.results.validation_result import METRICS, exception_type_name

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pytest_pare.page.suites import PageSuite
    from pytest_pare.results.run_entries import RunEntry

_LONGEST_REASON: Final = 600
_SHOWN: Final = ("number_of_turns", "proposal_count", "acceptance_count")

COUNTS: Final = tuple(one for one in METRICS if one.kind == "count")
"""The figures of a run that are numbers."""


class Column(NamedTuple):
    """A column of figures.

    Attributes:
        key: Its key in the rows.
        label: Its heading.
        about: Its description.
        kind: How its numbers are written: number, dollars or seconds.
        shown: Whether it is shown unless the reader has chosen other columns.
    """

    key: str
    label: str
    about: str
    kind: str = "number"
    shown: bool = True


def label_of(name: str) -> str:
    """Return the heading for the name of a figure: `Writes without consent` for `writes_without_consent`."""
    words = name.removeprefix("number_of_").removesuffix("_count").replace("_", " ")
    plural = "s" * name.endswith("_count")
    return f"{words}{plural}".capitalize()


def columns_of(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the columns in which a row has a figure, as builtins for JSON."""
    every = [
        *(Column(one.name, label_of(one.name), one.about, shown=one.name in _SHOWN) for one in COUNTS),
        Column("tokens", "Tokens", "Tokens of the requests to models and of their answers."),
        Column("cost", "Cost", "US dollars for the models, where all of them report it.", "dollars"),
        Column("duration", "Duration", "Length of the run in seconds of real time.", "seconds"),
    ]
    order = sorted(every, key=lambda one: _SHOWN.index(one.key) if one.key in _SHOWN else len(_SHOWN))
    return [one._asdict() for one in order if any(one.key in row for row in rows)]


def name_of(entry: RunEntry) -> str:
    """Return the name of a run within its session, such as `parcel[calm-run2]`."""
    return str(RunId(entry.scenario_id, entry.variant, entry.run_number))


def prefix_of(suite: PageSuite, suites: Sequence[PageSuite]) -> str:
    """Return the begin of the names of the runs of a suite on a page: each name is that of one run."""
    return f"{suite.report.suite}::" if len(suites) > 1 else ""


def rows_of(suite: PageSuite, number: int, prefix: str) -> list[dict[str, Any]]:
    """Return the rows of a suite as builtins for JSON, without secrets. What is zero or missing is left out.

    Args:
        suite: The suite.
        number: Its place on the page.
        prefix: The begin of the names of its runs on the page.
    """
    entries = suite.report.entries
    categories = [_category(entry) for entry in entries]
    reasons = [entry.why if entry.status != "success" else "" for entry in entries]
    safe = redacted_all([*reasons, *filter(None, categories)])
    return [
        {
            "name": prefix + (name := name_of(entry)),
            "suite": number,
            "scenario": entry.scenario_id,
            "status": entry.status,
            **_filled(
                {
                    "variant": entry.variant,
                    "run": entry.run_number,
                    "category": None if category is None else safe[category],
                    "reason": _cut(safe[reason]),
                    "reused": entry.reused,
                    "attempts": _earlier(suite, name),
                }
            ),
            **_figures(entry),
        }
        for entry, category, reason in zip(entries, categories, reasons, strict=True)
    ]


def _category(entry: RunEntry) -> str | None:
    """Return what failures with the same cause have in common."""
    if entry.status in AS_EXPECTED:
        return None
    result = entry.result
    exception = None if result is None or result.exception is None else exception_type_name(result.exception)
    if entry.status == "user_fault":
        return "the simulated user failed"
    if entry.status == "no_result" and entry.reason:
        return _cut(entry.reason)
    return category_of(entry.status, exception, None if result is None else result.rationale)


def _figures(entry: RunEntry) -> dict[str, Any]:
    result = entry.result
    if result is None:
        return {}
    counts = _filled({one.name: getattr(result, one.name) for one in COUNTS})
    others = {"tokens": tokens_of(result), "cost": cost_of(result), "duration": _rounded(result.duration)}
    ended = {
        "ended_by": result.ended_by,
        "exception_kind": result.exception_kind,
        # What a reason may not say.
        "cut": sum(usage.get("finish_reasons", {}).get("length", 0) for usage in result.usage.values()),
        "faults": sum(sum(hits.values()) for hits in result.faults.values()),
    }
    return counts | {name: value for name, value in others.items() if value is not None} | _filled(ended)


def _earlier(suite: PageSuite, name: str) -> int:
    """Return how many attempts at a run were replaced."""
    kept = suite.runs.get(name)
    return 0 if kept is None else len(kept.ledger.results.earlier_attempts(kept.nodeid))


def _filled(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value}


def _rounded(seconds: float | None) -> float | None:
    # A ledger holds more digits than anybody reads.
    return None if seconds is None or not math.isfinite(seconds) else round(seconds, 3)


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST_REASON else f"{text[: _LONGEST_REASON - 3]}..."
