"""The overview of a page as JSON: what a page shows without opening a run.

Every figure, sentence and interval is made here; the page only draws them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from pytest_pare.page.comparisons import comparison_of, history_of_suite
from pytest_pare.page.figures import figures_of, groups_of
from pytest_pare.page.plots import plots_of
from pytest_pare.page.rows import columns_of, name_of, prefix_of, rows_of
from pytest_pare.page.sessions import facts_of, settings_of
from pytest_pare.results.run_entries import reused_lines
from pytest_pare.results.text import plural

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_pare.page.documents import Documents
    from pytest_pare.page.suites import PageSuite
    from pytest_pare.results.run_entries import RunEntry

# They are in every scenario.
_NOT_OF_SCENARIOS: Final = ("PAREAgentUserInterface", "System")
_NO_LEDGER: Final = "no traces were kept, because the suite keeps no ledger (ledger: false)"
_NO_TRACES: Final = "no traces were kept (ledger.traces: none in the suite)"
_GONE: Final = "its trace is no longer beside the ledger"
_NOT_PLAYED: Final = "the run was not played to its end"
_SOME: Final = "the session kept the traces of other runs only; with a report page, or ledger.traces: all, it keeps all"


def page_data(suites: Sequence[PageSuite], documents: Documents) -> tuple[dict[str, Any], list[str]]:
    """Return the data of a page as builtins for JSON, and its plots as SVG texts.

    Args:
        suites: The suites on the page.
        documents: The documents of their runs.
    """
    rows, shown = [], []
    every: list[str] = []
    for number, suite in enumerate(suites):
        own = rows_of(suite, number, prefix_of(suite, suites))
        for row, entry in zip(own, suite.report.entries, strict=True):
            row.update(_document(entry, number, documents))
        rows += own
        one = _suite(suite, number, documents)
        places = {}
        for section, plots in plots_of(suite).items():
            places[section] = list(range(len(every), len(every) + len(plots)))
            every += plots
        shown.append({**one, "plots": places})
    title = ", ".join(suite.report.suite for suite in suites)
    return {
        "title": title,
        "suites": shown,
        "columns": columns_of(rows),
        "runs": rows,
        "others": documents.others,
    }, every


def _document(entry: RunEntry, number: int, documents: Documents) -> dict[str, Any]:
    name = name_of(entry)
    if (key := documents.keys.get((number, name))) is not None:
        return {"document": key}
    if (problem := documents.problems.get((number, name))) is not None:
        return {"no_trace": problem}
    return {"no_trace": _NOT_PLAYED} if entry.result is None else {}


def _suite(suite: PageSuite, number: int, documents: Documents) -> dict[str, Any]:
    report = suite.report
    return {
        "name": report.suite,
        "verdict": _verdict(suite),
        "notes": _notes(suite),
        "no_trace": _why_no_trace(suite),
        "groups": groups_of(report),
        **figures_of(report),
        "comparison": None if report.verdict is None else comparison_of(report.verdict.given.comparison),
        "history": history_of_suite(suite.history),
        "curves": [curve.to_dict() for curve in report.curves],
        "known_agents": None
        if (known := report.known_agents) is None
        else {"columns": list(known.columns), "cells": known.cells(), "findings": known.findings()},
        "scenarios": _scenarios(suite, number, documents),
        "facts": facts_of(suite),
        "settings": settings_of(suite),
    }


def _verdict(suite: PageSuite) -> dict[str, Any] | None:
    verdict = suite.report.verdict
    if verdict is None:
        return None
    rate, interval = verdict.given.success_rate, verdict.given.success_interval
    compared = verdict.parts.get("max_regression")
    elsewhere = [] if compared is None or compared.line is None else compared.line.splitlines()
    return {
        "word": verdict.word,
        "passed": verdict.passed,
        # The comparison has a section of its own.
        "lines": [line for line in verdict.lines if line not in elsewhere],
        "reasons": list(verdict.reasons),
        "rate": None if rate is None else float(rate),
        "interval": None if interval is None else [interval.low, interval.high],
        "needed": verdict.given.criteria.get("min_success_rate"),
    }


def _notes(suite: PageSuite) -> list[str]:
    report = suite.report
    attempts = report.attempts.line()
    return [
        *([] if attempts is None else [attempts]),
        *reused_lines(report.entries),
        *([] if report.variation is None else [report.variation.line()]),
        *([] if suite.problem is None else [f"the ledger cannot be read: {suite.problem}"]),
    ]


def _why_no_trace(suite: PageSuite) -> str:
    """Return why runs without a document have none."""
    if suite.ledger is None:
        return _NO_LEDGER if suite.problem is None else suite.problem
    records = [record for records in suite.ledger.records.values() for record in records]
    if any(record.get("trace") for record in records):
        return _SOME if any(one.trace_path is not None for one in suite.runs.values()) else _GONE
    # Without a page, the traces of runs that did not succeed are kept.
    return _SOME if all(entry.status == "success" for entry in suite.report.entries) else _NO_TRACES


def _scenarios(suite: PageSuite, number: int, documents: Documents) -> dict[str, dict[str, Any]]:
    """Return source, tags and apps of each scenario, and how its outcomes changed from session to session."""
    from pytest_pare.results.history import scenario_histories

    sources = {} if suite.ledger is None else suite.ledger.header.plan.sources
    flips = {one.scenario_id: one for one in scenario_histories(suite.history)} if len(suite.history) > 1 else {}
    found: dict[str, dict[str, Any]] = {}
    for scenario_id in dict.fromkeys(entry.scenario_id for entry in suite.report.entries):
        source, flip = sources.get(scenario_id), flips.get(scenario_id)
        tags = [] if source is None else list(source.tags)
        found[scenario_id] = {
            "source": None if source is None else f"{source.path}:{source.line}",
            "tags": tags,
            "apps": _apps(tags, documents.apps.get((number, scenario_id), [])),
            "flips": f"{flip.flips} of {plural(flip.pairs, 'run')} flipped between sessions"
            if flip is not None and flip.flips
            else None,
        }
    return found


def _apps(tags: Sequence[str], used: Sequence[str]) -> list[str]:
    """Return the apps that a scenario declares by tags such as `app:cab`, or else those that its runs have used."""
    declared = [tag.removeprefix("app:") for tag in tags if tag.startswith("app:")]
    names = declared or [re.sub(r"^Stateful|App$", "", name).lower() for name in used if name not in _NOT_OF_SCENARIOS]
    return sorted(set(names))
