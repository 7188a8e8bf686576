"""HTML for notebooks: tables of results and comparisons, with all texts escaped and without secrets.

It needs no script, no style sheet and no file. Importing this module is fast.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from markupsafe import Markup

from pytest_pare.base.redaction import redacted
from pytest_pare.results.run_entries import why_of
from pytest_pare.results.text import interval_text, plural, printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pytest_pare.results.rows import Row
    from pytest_pare.results.validation_result import Status

_MOST_ROWS: Final = 300
_LONGEST: Final = 2000
_CELL: Final = Markup('<td style="text-align: left; vertical-align: top; white-space: pre-wrap">{}</td>')
_HEAD: Final = Markup('<th scope="col" style="text-align: left">{}</th>')


def text_of(value: Any) -> str:
    """Return a value as a text without secrets and control characters, and not too long for a cell."""
    text = "\n".join(map(printable, redacted(str(value)).split("\n")))
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def heading(text: Any, *notes: Any) -> Markup:
    """Return a bold line with notes behind it; empty notes are left out."""
    rest = "".join(f" · {text_of(note)}" for note in notes if note)
    return Markup("<p><strong>{}</strong>{}</p>").format(text_of(text), rest)


def paragraph(text: Any) -> Markup:
    """Return a text as a paragraph, with its line feeds."""
    return Markup('<p style="white-space: pre-wrap">{}</p>').format(text_of(text))


def table(heads: Sequence[str], rows: Iterable[Sequence[Any]], *, what: str, last: bool = False) -> Markup:
    """Return a table of at most 300 rows, with the number of those that are left out.

    Args:
        heads: The heads of the columns.
        rows: The cells of each row.
        what: What a row is, in the singular.
        last: Whether the last rows are shown if there are too many, not the first.
    """
    every = list(rows)
    shown = every[-_MOST_ROWS:] if last else every[:_MOST_ROWS]
    head = Markup("").join(_HEAD.format(one) for one in heads)
    body = Markup("\n").join(
        Markup("<tr>{}</tr>").format(Markup("").join(_CELL.format(text_of(cell)) for cell in row)) for row in shown
    )
    left_out = len(every) - len(shown)
    which = "The first" if last else "The last"
    note = paragraph(f"{which} {plural(left_out, what)} of {len(every)} are not shown.") if left_out else Markup("")
    return Markup("<table>\n<thead><tr>{}</tr></thead>\n<tbody>\n{}\n</tbody>\n</table>\n{}").format(head, body, note)


def results_html(rows: Sequence[Row], counts: Mapping[Status, int], success_rate: float) -> str:
    """Return the results of many runs: the counts, and a row for each run with the reason of a failure.

    Args:
        rows: The runs.
        counts: The number of runs by status.
        success_rate: The share of successes among all runs.
    """
    notes = [f"{number} {status.replace('_', ' ')}" for status, number in counts.items() if number]
    several = any(row.run_number is not None for row in rows)
    heads = ["Scenario", *["Run"] * several, "Status", "Reason", "Turns", "Proposals", "Acceptances", "Writes"]
    cells = [
        (
            row.scenario_id,
            *[row.run_number] * several,
            row.result.status,
            "" if row.result.success else why_of(row.scenario_id, row.result, ""),
            row.result.number_of_turns,
            row.result.proposal_count,
            row.result.acceptance_count,
            row.result.write_actions,
        )
        for row in rows
    ]
    title = heading(plural(sum(counts.values()), "run"), f"success rate {100 * success_rate:.1f} %", *notes)
    return str(Markup('<div class="pare">{}\n{}</div>').format(title, table(heads, cells, what="run")))


def comparison_html(compared: Mapping[str, Any]) -> str:
    """Return a comparison with a baseline: its verdict, the reasons, and a row for each variant.

    Args:
        compared: The comparison, as its `to_dict` returns it.
    """
    agents = [compared[key] or "unknown" for key in ("baseline_agent", "agent")]
    versions = f"agent {agents[0]} before, {agents[1]} now" if agents != ["unknown"] * 2 else ""
    title = heading(compared["verdict"], f"compared with {compared['baseline']}", versions)
    reasons = Markup("").join(map(paragraph, compared["reasons"]))
    heads = (
        "Variant",
        "Verdict",
        "Difference in points",
        "90 % interval",
        "Runs before",
        "Runs now",
        "Worse",
        "Better",
    )
    cells = [
        (
            one["variant"] or "all runs",
            one["verdict"],
            f"{100 * one['difference']:+.1f}",
            _interval(one["interval"]),
            one["runs_before"],
            one["runs_now"],
            _changed(one["scenarios"], -1),
            _changed(one["scenarios"], 1),
        )
        for one in compared["variants"]
    ]
    open_ones = [f"not compared: {name or 'the runs'}: {reason}" for name, reason in compared["not_compared"].items()]
    notes = Markup("").join(map(paragraph, [*open_ones, *(f"warning: {one}" for one in compared["warnings"])]))
    shown = table(heads, cells, what="variant")
    return str(Markup('<div class="pare">{}{}\n{}{}</div>').format(title, reasons, shown, notes))


def _interval(ends: Sequence[float]) -> str:
    return interval_text(100 * ends[0], 100 * ends[1]).removeprefix("95 % CI ")


def _changed(scenarios: Iterable[Mapping[str, Any]], sign: int) -> str:
    """Return the scenarios that are significantly worse (-1) or better (1)."""
    return ", ".join(one["scenario_id"] for one in scenarios if one["significant"] and sign * one["difference"] > 0)
