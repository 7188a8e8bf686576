"""`pytest-pare audit`: plays the mutants and alternatives of scenarios, and prints the score of their validators."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from pytest_pare.audit.report import report_lines
from pytest_pare.audit.score import score_of
from pytest_pare.cli.group import FAILED
from pytest_pare.cli.libraries import bundled_suite, named_suites, prepare_imports, selected_classes
from pytest_pare.cli.options import json_option, project_of, rootdir_option
from pytest_pare.cli.output import clean, print_json, print_lines

if TYPE_CHECKING:
    from pytest_pare.audit.trial import Trial
    from pytest_pare.cli.libraries import SelectedScenario


@click.command("audit")
@click.argument(
    "paths", nargs=-1, metavar="[SUITE|DIRECTORY]...", type=click.Path(exists=True, readable=True, path_type=Path)
)
@click.option("-k", "globs", multiple=True, metavar="GLOB", help="Audit scenarios whose id matches (repeatable).")
@click.option("--bundled", is_flag=True, help="Audit the bundled library.")
@rootdir_option
@json_option
def audit_library(
    paths: tuple[Path, ...], globs: tuple[str, ...], bundled: bool, rootdir: Path | None, as_json: bool
) -> int:
    """Audit the validators of scenarios by mutants.

    Plays wrong and right changes of each reference run. The validator must reject the wrong ones, the mutants, and
    accept the right ones, the alternatives.
    """
    if bundled and paths:
        raise click.UsageError("--bundled takes no suite and no directory")
    project = project_of(rootdir)
    prepare_imports(project)
    suites = bundled_suite(project) if bundled else named_suites(paths, project)
    scenarios, problems = selected_classes(suites.values(), project, globs)
    trials: list[Trial] = []
    for scenario in scenarios:
        played, wrong = _audited(scenario)
        trials += played
        problems += wrong
    if as_json:
        print_json(
            "audit", {"trials": [trial.to_dict() | {"status": trial.status} for trial in trials], "problems": problems}
        )
    else:
        print_lines(report_lines(trials))
    for problem in problems:
        click.echo(clean(f"Error: {problem}"), err=True)
    score = score_of(trials)
    failed = problems or any(trial.fails for trial in trials) or score.has_too_many_excuses or score.proves_nothing
    return FAILED if failed else 0


def _audited(scenario: SelectedScenario) -> tuple[list[Trial], list[str]]:
    from pytest_pare.audit.audit import audit_in_suite
    from pytest_pare.audit.reference import AuditImpossible

    scenario_id, cls, settings = scenario
    try:
        audit = audit_in_suite(scenario_id, cls, settings)
    except AuditImpossible as error:
        return [], [f"{scenario_id}: {error}"]
    return list(audit.play_all()), [f"{scenario_id}: {problem}" for problem in audit.problems]
