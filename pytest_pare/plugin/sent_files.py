"""The files of runs that a worker in another checkout, or on another machine, sends to the controller.

Such a worker writes exported traces, cassettes and logs into its own checkout, as a session without workers does, and
sends them on its next report. The controller writes them again, where a session without workers has them.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

import pytest

from pytest_pare.base.run_files import file_name, write_whole

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pytest_pare.engines.cassette_spec import CassetteSpec
    from pytest_pare.scenarios.config import MultiScenarioRunnerConfig
    from pytest_pare.settings import Suite
    from pytest_pare.simulation.runner import Run

_ATTRIBUTE = "pare_files"


@dataclass
class _Worker:
    """What this process sends.

    Attributes:
        rootdir: Its rootdir; `None` in a process that writes where the controller reads.
        controllers: The rootdir of the controller.
        files: The files that are not yet sent: the path on the controller, and the content.
    """

    rootdir: Path | None = None
    controllers: str = ""
    files: list[tuple[str, bytes]] = field(default_factory=list)


_worker = _Worker()


def send_from(rootdir: Path, controllers: str) -> None:
    """Send the files of runs from now on.

    Args:
        rootdir: The rootdir of this process.
        controllers: That of the controller.
    """
    _worker.rootdir, _worker.controllers = rootdir, controllers


def send_nothing() -> None:
    """Write the files of runs where the controller reads from now on."""
    _worker.rootdir, _worker.files = None, []


def path_on_controller(path: str) -> str:
    """Return where the controller has a file of a run: the same place in its own rootdir, if it is in that."""
    root = _worker.rootdir
    if root is None or not Path(path).is_relative_to(root):
        return path
    return str(PurePath(_worker.controllers) / Path(path).relative_to(root))


def write_for_controller(path: Path, content: bytes) -> None:
    """Write a file of the controller: at once where this process shares its files, and else by the next report.

    Raises:
        OSError: If it cannot be written.
    """
    if _worker.rootdir is None:
        write_whole(path, content)
    else:
        _worker.files.append((str(path), content))


def send_files_of_run(
    run: Run, suite: Suite, config: MultiScenarioRunnerConfig, cassette: CassetteSpec | None, variant: str
) -> None:
    """Send what a run has written, unless this process shares the files of the controller.

    Args:
        run: The run.
        suite: Its suite.
        config: Its config.
        cassette: Its cassette; `None` without one.
        variant: Its variant, as in the names of the files.
    """
    if _worker.rootdir is None:
        return
    paths = [] if run.result.export_path is None else [Path(run.result.export_path)]
    if (logs := suite.logs_dir(config)) is not None:
        paths.append(logs / file_name(run.trace.scenario_id, run.trace.run_number, variant, "log"))
    if cassette is not None and cassette.mode != "none":
        paths.append(cassette.path)
    # A file that could not be written is a problem of the run already.
    _worker.files += [(path_on_controller(str(path)), path.read_bytes()) for path in paths if path.is_file()]


class FileSender:
    """A plugin of a worker that does not share the files of the controller."""

    @staticmethod
    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(report: pytest.TestReport) -> None:
        """Attach the files that were written since the last report."""
        if _worker.files:
            vars(report)[_ATTRIBUTE], _worker.files = _worker.files, []


# -- on the controller


def directories_of(suites: Mapping[Path, Suite], rootdir: Path) -> list[Path]:
    """Return the directories in which the runs of suites may write files."""
    dirs = [rootdir]
    for suite in suites.values():
        named = [suite.cassettes_dir, suite.ledger_dir(rootdir)]
        named += [Path(one.settings.runner.output_dir) for one in suite.variants if one.settings.runner.output_dir]
        dirs += [one for one in named if one is not None]
    return dirs


def write_received(report: pytest.TestReport, directories: Iterable[Path]) -> list[str]:
    """Write the files that came with a report, and return what went wrong, a sentence each.

    Args:
        report: The report.
        directories: Nothing is written outside of these.
    """
    problems = []
    for name, content in vars(report).pop(_ATTRIBUTE, []):
        path = Path(os.path.normpath(name))
        if not any(path.is_relative_to(directory) for directory in directories):
            problems.append(f"{path}: a worker has sent this file, and no suite of the session writes there")
            continue
        try:
            write_whole(path, content)
        except OSError as error:
            problems.append(f"{error.filename}: the file of a worker cannot be written: {error.strerror}")
    return problems
