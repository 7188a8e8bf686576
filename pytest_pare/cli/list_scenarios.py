"""`pytest-pare list`: the scenarios of suites and libraries."""

from __future__ import annotations

from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pytest_pare.base.suggestions import suggested_glob
from pytest_pare.cli.group import USAGE_ERROR
from pytest_pare.cli.libraries import bundled_suite, named_suites, prepare_imports, selected_scenarios
from pytest_pare.cli.options import json_option, project_of, rootdir_option
from pytest_pare.cli.output import clean, print_json, print_lines, redacted_lines
from pytest_pare.results.text import plural

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pytest_pare.cli.libraries import ListedScenario, Listing


@click.command("list")
@click.argument(
    "paths", nargs=-1, metavar="[SUITE|DIRECTORY]...", type=click.Path(exists=True, readable=True, path_type=Path)
)
@click.option("-k", "globs", multiple=True, metavar="GLOB", help="List scenarios whose id matches (repeatable).")
@click.option("--bundled", is_flag=True, help="List the bundled library.")
@rootdir_option
@json_option
def list_scenarios(
    paths: tuple[Path, ...], globs: tuple[str, ...], bundled: bool, rootdir: Path | None, as_json: bool
) -> int:
    """List scenarios with their apps.

    The arguments are suite files, or directories with suite files or scenario modules. Without an argument, the suites
    are those of the ini value pare_config, or else the suite files in the rootdir, or else the default libraries.
    """
    if bundled and paths:
        raise click.UsageError("--bundled takes no suite and no directory")
    project = project_of(rootdir)
    prepare_imports(project)
    suites = bundled_suite(project) if bundled else named_suites(paths, project)
    listings = [(title, selected_scenarios(suite, project)) for title, suite in suites.items()]
    if globs:
        listings = _only(listings, globs)
    if as_json:
        print_json("list", {"suites": [_plain(title, listing) for title, listing in listings]})
    else:
        print_lines(_lines(listings))
    problems = [problem for _, listing in listings for problem in listing.problems]
    for problem in dict.fromkeys(problems):
        click.echo(clean(f"Error: {problem}"), err=True)
    return USAGE_ERROR if problems else 0


def _only(listings: Iterable[tuple[str, Listing]], globs: Iterable[str]) -> list[tuple[str, Listing]]:
    """Return the listings with the scenarios that a pattern matches.

    Raises:
        click.UsageError: If a pattern matches nothing.
    """
    listings = list(listings)
    known = [one.scenario_id for _, listing in listings for one in listing.scenarios]
    for glob in globs:
        if not any(fnmatchcase(i, glob) for i in known):
            raise click.UsageError(f"-k: {glob!r} matches no scenario{suggested_glob(glob, known)}")
    return [
        (title, listing._replace(scenarios=[one for one in listing.scenarios if _matches(one, globs)]))
        for title, listing in listings
    ]


def _matches(scenario: ListedScenario, globs: Iterable[str]) -> bool:
    return any(fnmatchcase(scenario.scenario_id, glob) for glob in globs)


def _lines(listings: Iterable[tuple[str, Listing]]) -> Iterator[str]:
    for number, (title, listing) in enumerate(listings):
        if number:
            yield ""
        yield f"{title}: {plural(len(listing.scenarios), 'scenario')}"
        for one in listing.scenarios:
            apps = ", ".join(app.name for app in one.apps if not app.is_everywhere)
            yield ""
            yield from redacted_lines(f"{one.scenario_id} ({apps})" if apps else one.scenario_id)
            paragraph, _, _ = one.description.partition("\n\n")
            yield from (f"    {line.strip()}" for line in redacted_lines(" ".join(paragraph.split()), "    "))
            if one.tags:
                yield from redacted_lines(f"tags: {', '.join(one.tags)}", "    ")
            if one.problem is not None:
                yield from redacted_lines(f"cannot be set up: {' '.join(one.problem.split())}", "    ")


def _plain(title: str, listing: Listing) -> dict[str, Any]:
    return {
        "name": title,
        "scenarios": [
            {
                "id": one.scenario_id,
                "description": one.description,
                "file": one.file,
                "line": one.line,
                "tags": list(one.tags),
                "apps": [{"name": app.name, "class": app.app_class} for app in one.apps],
                "problem": one.problem,
            }
            for one in listing.scenarios
        ],
        "problems": listing.problems,
    }
