"""Options that several commands have, and the project that they work in."""

from __future__ import annotations

import os
from pathlib import Path

import click

from pytest_pare.base.project import PARE_DIR, Project, find_project

rootdir_option = click.option(
    "--rootdir",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="The rootdir of pytest.  [default: the nearest directory with .pare or pytest's settings]",
)

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def project_of(rootdir: Path | None) -> Project:
    """Return the project of a command.

    Args:
        rootdir: What `--rootdir` names; `None` is the nearest directory, from the working directory up, that has
            settings of pytest or sessions, or else the one that pytest takes.
    """
    # As pytest does: links are not resolved.
    here = Path(os.path.abspath(rootdir or Path()))  # noqa: PTH100
    found = find_project(here, PARE_DIR) or Project(here, None)
    return found if rootdir is None or found.rootdir == here else Project(here, None)
