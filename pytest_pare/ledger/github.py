"""Reports suites to the job of GitHub Actions that runs them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from pytest_pare.ledger.suite_results import SuiteResults


def publish(
    suites: Sequence[SuiteResults], duration: float, rootdir: Path, environment: Mapping[str, str]
) -> tuple[list[str], list[str]]:
    """Append summaries to that of the step, and return the lines that make annotations if they are printed.

    Args:
        suites: The suites, with their verdicts.
        duration: Length of the session in seconds of real time.
        rootdir: The directory that the names of suites are relative to.
        environment: The variables of the process.

    Returns:
        The lines, and errors, a sentence each; both are empty outside of GitHub Actions.
    """
    if not suites:
        return [], []
    # Sessions without such a suite need none of these.
    from pytest_pare.results.annotations import annotations_of
    from pytest_pare.results.github import Annotation, append_step_summary, commands
    from pytest_pare.results.markdown_summary import summary_blocks

    annotations: list[Annotation] = []
    problems: list[str] = []
    for suite in suites:
        report = suite.report(duration)
        path = rootdir / suite.name
        sources = {name: (rootdir / one.path, one.line) for name, one in suite.plan.sources.items()}
        annotations += annotations_of(report, path, sources)
        try:
            if not append_step_summary(summary_blocks(report), environment):
                annotations.append(Annotation("warning", "pare: no summary", "the step summary has no room left", path))
        except OSError as error:
            problems.append(f"{suite.name}: cannot write the step summary {error.filename}: {error.strerror}")
    return commands(annotations, environment), problems
