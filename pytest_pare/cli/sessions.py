"""The sessions of a project that a command names, and their ledgers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from pytest_pare.base.documents import display
from pytest_pare.base.extensions import ExtensionError
from pytest_pare.base.project import suite_files
from pytest_pare.cli.options import project_of
from pytest_pare.ledger.directory import EXTENSION, find
from pytest_pare.ledger.errors import LedgerError
from pytest_pare.ledger.reader import read_ledger
from pytest_pare.results.text import plural
from pytest_pare.settings import SettingsError, load_suite
from pytest_pare.settings.ledger import FORKS_DIR, LEDGER_DIR

if TYPE_CHECKING:
    from pytest_pare.base.project import Project
    from pytest_pare.ledger.reader import Ledger

suite_option = click.option(
    "--suite",
    "suite_file",
    metavar="FILE",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Look at the sessions of this suite alone.",
)


class Sessions(NamedTuple):
    """Where a command looks for sessions.

    Attributes:
        rootdir: The rootdir of the project.
        directory: The directory of ledgers.
        suite: The suite file, relative to the rootdir; `None` for all suites.
    """

    rootdir: Path
    directory: Path
    suite: str | None

    def read(self, session: str) -> Ledger:
        """Return the ledger of a session, or that of a fork by its name.

        Raises:
            click.ClickException: If there is no such session, or its ledger cannot be used.
        """
        try:
            fork = self.rootdir / FORKS_DIR / f"{session}{EXTENSION}"
            path = Path(session) if is_ledger(session) else fork if session and fork.is_file() else None
            return read_ledger(path or find(self.directory, session, self.suite))
        except LedgerError as error:
            raise click.ClickException(str(error)) from error


def is_ledger(session: str) -> bool:
    """Return whether the name of a session is the path of a ledger."""
    return session.endswith(EXTENSION) and Path(session).is_file()


def sessions_of(rootdir: Path | None, suite_file: Path | None) -> Sessions:
    """Return where the sessions of a project are: in the `ledger.dir` of its suites, or in `.pare/runs`.

    Args:
        rootdir: What `--rootdir` names.
        suite_file: What `--suite` names.

    Raises:
        click.ClickException: If the suite is wrong, or the suites of the project have several directories.
    """
    project = project_of(rootdir)
    if suite_file is None:
        return Sessions(project.rootdir, _directory_of(project), None)
    path = suite_file.absolute()
    if not path.is_relative_to(project.rootdir):
        raise click.UsageError(f"--suite: {suite_file} lies outside the rootdir {project.rootdir}; add --rootdir")
    try:
        directory = load_suite(suite_file).ledger_dir(project.rootdir)
    except (ExtensionError, SettingsError) as error:
        raise click.ClickException(str(error)) from error
    if directory is None:
        raise click.UsageError(f"--suite: {suite_file} keeps no ledgers (ledger: false)")
    return Sessions(project.rootdir, directory, path.relative_to(project.rootdir).as_posix())


def _directory_of(project: Project) -> Path:
    found = set()
    try:
        for path in suite_files(project):
            found.add(load_suite(path).ledger_dir(project.rootdir))
    except (ExtensionError, SettingsError, OSError, ValueError):
        # A suite that is broken now does not hide sessions of earlier days.
        return project.rootdir / LEDGER_DIR
    directories = sorted(path for path in found if path is not None)
    if len(directories) > 1:
        listed = ", ".join(map(display, directories))
        raise click.UsageError(f"the suites of this project keep their ledgers in {listed}; add --suite FILE")
    return directories[0] if directories else project.rootdir / LEDGER_DIR


def state_of(ledger: Ledger) -> str | None:
    """Return why a session is not the whole suite, for a message; `None` if it is.

    A session that is not can be shown, and does not make a baseline.
    """
    if not ledger.end:
        return "has not ended, or was killed"
    if ledger.end.get("interrupted"):
        return "was interrupted"
    if partial := ledger.end.get("partial"):
        return f"is not the whole suite ({', '.join(partial)})"
    waiting = sum(outcome.has_not_begun for outcome in ledger.results.outcomes.values())
    return f"has {plural(waiting, 'run')} that did not begin" if waiting else None
