"""The summary of a suite as Markdown, for a pull request or the page of a CI job."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pytest_pare.results.comparison_lines import difference_line, left_out
from pytest_pare.results.markdown import Block, alert, escaped, row, table_head
from pytest_pare.results.run_entries import AS_EXPECTED, reused_lines
from pytest_pare.results.text import plural
from pytest_pare.results.usage import cost_line, cost_of_runs, dollars

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from pytest_pare.inference.decision import Word
    from pytest_pare.results.comparison import Comparison, FigureChange, ScenarioChange, VariantComparison
    from pytest_pare.results.gate import Verdict
    from pytest_pare.results.markdown import Alert
    from pytest_pare.results.run_entries import RunEntry
    from pytest_pare.results.suite_report import SuiteReport

_ALERTS: Final[dict[str, Alert]] = {"FAIL": "CAUTION", "INCONCLUSIVE": "WARNING", "PASS": "TIP", "SHARD": "NOTE"}
_FIGURES: Final[dict[str, Callable[[float], str]]] = {
    "cost": dollars,
    "tokens": "{:,.0f}".format,
    "turns": "{:.1f}".format,
}


def summary_blocks(report: SuiteReport) -> Iterator[Block]:
    """Yield the parts of the summary of a suite, the most important ones first; parts without content are left out."""
    begin = [f"## {escaped(report.suite)}"]
    if (verdict := report.verdict) is not None:
        first, *_ = verdict.lines
        begin += ["", *alert(_ALERTS[verdict.word], escaped(first))]
    yield Block(begin)
    compared = None if verdict is None else verdict.given.comparison
    if verdict is not None:
        varied = [] if report.variation is None else [report.variation.line()]
        yield from _list("", [*_other_lines(verdict), *reused_lines(report.entries), *varied])
    if compared is not None:
        yield from _comparison_blocks(compared)
    yield from _cost_blocks(report, compared)
    yield from _variant_blocks(report)
    yield from _known_agents(report)
    yield from _open_runs(report.entries)


def _other_lines(verdict: Verdict) -> list[str]:
    """Return the lines of a verdict that no other part of the summary has."""
    regression = verdict.parts.get("max_regression")
    elsewhere = [] if regression is None or regression.line is None else regression.line.splitlines()
    return [line for line in verdict.lines[1:] if line not in elsewhere]


def _comparison_blocks(compared: Comparison) -> Iterator[Block]:
    by_verdict: dict[Word, list[VariantComparison]] = {"FAIL": [], "PASS": [], "INCONCLUSIVE": []}
    for one in compared.variants:
        by_verdict[one.verdict].append(one)
    margin = compared.max_regression
    yield from _list("Regressions", [_of_variant(one, difference_line(one, margin)) for one in by_verdict["FAIL"]])
    changes = [(one, change) for one in compared.variants for change in one.drops]
    yield from _table(
        "Scenarios that got worse",
        ("Variant", "Scenario", "Baseline", "Now", "p"),
        [[one.variant, *_change_cells(change)] for one, change in changes],
        numbers=3,
    )
    warnings = [*compared.warnings, *(f"left out: {text}" for text in left_out(compared))]
    warnings += [f"{variant or 'this session'}: {reason}" for variant, reason in compared.not_compared.items()]
    yield from _list("Unreliable baseline" if compared.warnings else "Not compared", warnings)
    open_ones = by_verdict["INCONCLUSIVE"]
    yield from _list("Not enough data", [_of_variant(one, difference_line(one, margin)) for one in open_ones])
    drift = [(one, share) for one in compared.variants for share in one.drift if share.before != share.now]
    yield from _table(
        "Reasons of runs that did not succeed",
        ("Variant", "Reason", "Baseline", "Now"),
        [[one.variant, share.category, *map(_percent, (share.before, share.now))] for one, share in drift],
        numbers=2,
    )
    passed = by_verdict["PASS"]
    yield from _list("No regression", [_of_variant(one, difference_line(one, margin)) for one in passed])


def _change_cells(change: ScenarioChange) -> list[str]:
    p_value = "< 0.001" if change.p_value < 0.001 else f"{change.p_value:.3f}"
    before, now = (
        f"{successes} of {runs}"
        for successes, runs in (
            (change.successes_before, change.runs_before),
            (change.successes_now, change.runs_now),
        )
    )
    return [change.scenario_id, before, now, p_value]


def _of_variant(one: VariantComparison, line: str) -> str:
    return f"{one.variant}: {line}" if one.variant else line


def _cost_blocks(report: SuiteReport, compared: Comparison | None) -> Iterator[Block]:
    cost = cost_of_runs([*report.runs, *report.other_attempts])
    if cost.runs:
        yield from _list("Cost", [cost_line(cost, "attempt" if report.other_attempts else "run")])
    figures = [
        [one.variant, f"{name} a run", *_figure_cells(name, getattr(one, name))]
        for one in (() if compared is None else compared.variants)
        for name in _FIGURES
        if getattr(one, name).before != getattr(one, name).now
    ]
    yield from _table("Cost, tokens and turns", ("Variant", "Figure", "Baseline", "Now"), figures, numbers=2)


def _figure_cells(name: str, change: FigureChange) -> list[str]:
    return ["unknown" if value is None else _FIGURES[name](value) for value in (change.before, change.now)]


def _variant_blocks(report: SuiteReport) -> Iterator[Block]:
    if len(report.results) < 2:
        return
    rows = []
    for group in report.groups:
        rate = group.success_rate
        interval = "" if rate.interval is None else f"{rate.interval.low:.1f} to {rate.interval.high:.1f}"
        success = "n/a" if rate.value is None else f"{rate.value:.1f} %"
        rows.append([group.variant or "", str(group.total_runs), str(group.validated_runs), success, interval])
    yield from _table("Variants", ("Variant", "Runs", "Judged", "Success", "95 % CI"), rows, numbers=4)


def _known_agents(report: SuiteReport) -> Iterator[Block]:
    if (known := report.known_agents) is None:
        return
    yield from _table("Known agents on this suite", known.columns, known.cells(), numbers=2)
    yield from _list("", known.findings())


def _open_runs(entries: Sequence[RunEntry]) -> Iterator[Block]:
    open_ones = sorted(
        (entry for entry in entries if entry.status not in AS_EXPECTED),
        key=lambda entry: (entry.scenario_id, entry.variant, entry.run_number or 0),
    )
    if not open_ones:
        return
    names = ["Scenario", "Variant", "Run", "Status", "Reason"]
    used = [place for place in range(len(names)) if any(_run_cells(entry)[place] for entry in open_ones)]
    yield Block(
        [
            "<details>",
            f"<summary>{plural(len(open_ones), 'run')} did not succeed</summary>",
            "",
            *table_head([names[place] for place in used]),
        ],
        (_cells(_run_cells(entry)[place] for place in used) for entry in open_ones),
        ["", "</details>"],
    )


def _run_cells(entry: RunEntry) -> list[str]:
    number = "" if entry.run_number is None else str(entry.run_number)
    return [entry.scenario_id, entry.variant, number, entry.status.replace("_", " "), entry.why]


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def _list(heading: str, lines: Iterable[str]) -> Iterator[Block]:
    """Yield a list with its heading, if it has entries."""
    if rows := [f"- {escaped(line)}" for line in lines]:
        yield Block([f"### {heading}", ""] if heading else [], rows)


def _table(heading: str, names: Sequence[str], rows: Sequence[Sequence[str]], numbers: int) -> Iterator[Block]:
    """Yield a table with its heading, if it has rows. Its first column is left out if it is empty."""
    if not rows:
        return
    first = 0 if any(cells[0] for cells in rows) else 1
    head = table_head(names[first:], numbers)
    yield Block([f"### {heading}", "", *head], (_cells(cells[first:]) for cells in rows))


def _cells(texts: Iterable[str]) -> str:
    return row(map(escaped, texts))
