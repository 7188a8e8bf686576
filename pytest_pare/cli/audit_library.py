"""`pytest-pare audit`: plays the mutants and alternatives of scenarios, and prints the score of their validators."""

from __future__ import annotations

from pathlib import Path

import click

from pytest_pare.cli.group import FAILED
from pytest_pare.cli.libraries import bundled_suite, named_suites, prepare_imports
from pytest_pare.cli.options import project_of, rootdir_option
from pytest_pare.cli.output import print_lines


@click.command("audit")
@click.argument(
    "paths", nargs=-1, metavar="[SUITE|DIRECTORY]...", type=click.Path(exists=True, readable=True, path_type=Path)
)
@click.option("-k", "globs", multiple=True, metavar="GLOB", help="Audit scenarios whose id matches (repeatable).")
@click.option("--bundled", is_flag=True, help="Audit the bundled library.")
@click.option("-v", "--verbose", is_flag=True, help="Print every case.")
@rootdir_option
def audit_library(
    paths: tuple[Path, ...], globs: tuple[str, ...], bundled: bool, verbose: bool, rootdir: Path | None
) -> int:
    """Audit the validators of scenarios.

    Plays wrong and right changes of each reference run. The validator must reject the wrong ones, the mutants, and
    accept the right ones, the alternatives.
    """
    from fnmatch import fnmatchcase

    from pytest_pare.audit.audit import cases_of
    from pytest_pare.audit.playing import play
    from pytest_pare.audit.reference import AuditImpossible, reference_of
    from pytest_pare.audit.report import case_lines, score_lines
    from pytest_pare.audit.score import score_of
    from pytest_pare.settings.selection import load_scenarios, select_ids, tagged

    project = project_of(rootdir)
    prepare_imports(project)
    suites = bundled_suite(project) if bundled else named_suites(paths, project)
    trials = []
    status = 0
    for suite in suites.values():
        classes, failures = load_scenarios(suite, project.rootdir)
        for failure in failures:
            click.echo(str(failure), err=True)
        for scenario_id in select_ids(tagged(classes), suite):
            if globs and not any(fnmatchcase(scenario_id, glob) for glob in globs):
                continue
            try:
                reference = reference_of(classes[scenario_id])
            except AuditImpossible as error:
                print_lines([f"{scenario_id}: {error}"])
                status = FAILED
                continue
            played = [play(reference, case) for case in cases_of(reference)]
            if lines := list(case_lines(scenario_id, played, verbose=verbose)):
                print_lines(lines)
            trials += played
    score = score_of(trials)
    print_lines(score_lines(score))
    return status if score.share == 1 else FAILED
