"""The annotations of a suite: its verdict at the suite file, and scenarios without success at their own lines."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Literal

from pytest_pare.results.comparison_lines import difference_line
from pytest_pare.results.github import Annotation
from pytest_pare.results.run_entries import AS_EXPECTED
from pytest_pare.results.text import plural

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from pytest_pare.results.comparison import Comparison
    from pytest_pare.results.gate import Verdict
    from pytest_pare.results.run_entries import RunEntry
    from pytest_pare.results.suite_report import SuiteReport


def annotations_of(
    report: SuiteReport, suite_path: Path, sources: Mapping[str, tuple[Path, int]]
) -> Iterator[Annotation]:
    """Yield the annotations of a suite, the most important ones first.

    Those of scenarios are errors if the gate failed or the scenario got worse, else warnings.

    Args:
        report: The report.
        suite_path: The suite file.
        sources: The file and line of each scenario. Those of others are at the suite file.
    """
    verdict = report.verdict
    if verdict is None:
        return
    if verdict.word in ("FAIL", "INCONCLUSIVE"):
        level: Literal["error", "warning"] = "warning" if verdict.passed else "error"
        yield Annotation(level, f"pare: {verdict.word}", _verdict_text(verdict), suite_path)
    compared = verdict.given.comparison
    worse = _worse(compared)
    by_scenario: dict[str, list[RunEntry]] = {}
    for entry in report.entries:
        by_scenario.setdefault(entry.scenario_id, []).append(entry)
    failures = {
        name: [entry for entry in runs if entry.status not in AS_EXPECTED] for name, runs in by_scenario.items()
    }
    # Those that got worse first, then those with most runs without success.
    order = sorted(failures, key=lambda name: (name not in worse, -len(failures[name]), name))
    for name in order:
        if failures[name]:
            path, line = sources.get(name, (suite_path, 1))
            text = _scenario_text(failures[name], len(by_scenario[name]))
            message = "\n".join([*worse.get(name, ()), text])
            is_error = not verdict.passed or name in worse
            yield Annotation("error" if is_error else "warning", f"pare: {name}", message, path, line)
    for warning in () if compared is None else compared.warnings:
        yield Annotation("warning", "pare: unreliable baseline", warning, suite_path)


def _verdict_text(verdict: Verdict) -> str:
    compared = verdict.given.comparison
    variants = () if compared is None else compared.variants
    lines = [verdict.lines[0], *(f"- {reason}" for reason in verdict.reasons)]
    if compared is not None:
        lines += [
            f"{one.variant}: " * bool(one.variant) + difference_line(one, compared.max_regression)
            for one in variants
            if one.verdict != "PASS"
        ]
    return "\n".join(lines)


def _worse(compared: Comparison | None) -> dict[str, list[str]]:
    """Return the scenarios with less successes than in the baseline, with a line for each variant."""
    found: dict[str, list[str]] = {}
    for one in () if compared is None else compared.variants:
        for change in one.drops:
            found.setdefault(change.scenario_id, []).append(
                f"variant {one.variant}: "
                * bool(one.variant)
                + f"{change.successes_now} of {plural(change.runs_now, 'run')} succeeded, in the baseline "
                f"{change.successes_before} of {change.runs_before}"
            )
    return found


def _scenario_text(failures: Sequence[RunEntry], runs: int) -> str:
    reasons = Counter(f"{entry.status.replace('_', ' ')}: {entry.why}" for entry in failures)
    (reason, count), *others = reasons.most_common()
    text = f"{len(failures)} of {plural(runs, 'run')} did not succeed\n{reason}"
    if len(failures) > count:
        text += f" ({count} of them; {plural(len(others), 'other reason')})"
    return text
