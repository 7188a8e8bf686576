"""The report files of a suite: UNFINISHED until the session has its verdict."""

from __future__ import annotations

import json
import os
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import pytest

from pytest_pare.base.extensions import BUILT_IN, ExtensionError, named
from pytest_pare.base.run_files import write_whole
from pytest_pare.base.serialization import error_text
from pytest_pare.results.suite_report import VERSION

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from pytest_pare.ledger.suite_results import SuiteResults
    from pytest_pare.results.suite_report import SuiteReport
    from pytest_pare.settings import Suite

UNFINISHED = "UNFINISHED"
"""The verdict of a report whose session has not ended, or ended before its verdict."""

# The format that several suites can share.
_PAGE = "html"


class ReportFiles:
    """The report files of one suite in one session.

    Args:
        results: The runs of the suite.
        suite: The suite file, read.

    Attributes:
        written: The files that hold the results of this session.
        problems: The errors of the other files, a sentence each.
    """

    def __init__(self, results: SuiteResults, suite: Suite) -> None:
        self._results = results
        self._paths = suite.reports
        self._ledger: Path | None = None
        self._earlier: dict[Path, tuple[bytes, os.stat_result]] = {}
        self.written: list[Path] = []
        self.problems: list[str] = []

    def begin(self, ledger: Path | None) -> None:
        """Replace the reports of an earlier session: a session that never ends must not leave its verdict.

        The JSON file, the summary and the page say UNFINISHED. The other files have no verdict, and are removed.

        Args:
            ledger: The ledger of the session, which these files name; `None` without one.
        """
        self._ledger = ledger
        for path in self._paths.values():
            with suppress(OSError):
                self._earlier[path] = (path.read_bytes(), path.stat())
                path.unlink()
        for name, content in _UNFINISHED.items():
            # An error is reported when the report itself is written.
            with suppress(OSError):
                if name in self._paths:
                    write_whole(self._paths[name], content(self._results.name, ledger))

    def restore(self) -> None:
        """Put the reports of the earlier session back: this one had no run of the suite."""
        for path in self._paths.values():
            with suppress(OSError):
                if path in self._earlier:
                    content, status = self._earlier[path]
                    write_whole(path, content)
                    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
                else:
                    path.unlink(missing_ok=True)

    def report(self, duration: float) -> SuiteReport:
        """Return what the files are made of.

        Args:
            duration: Length of the session in seconds of real time.
        """
        report = self._results.report(duration)
        report.ledger = self._ledger
        return report

    @property
    def page(self) -> Path | None:
        """The report page; `None` without one."""
        return self._paths.get(_PAGE)

    def write(self, *, duration: float, pages: dict[Path, list[SuiteReport]]) -> None:
        """Write the reports; an error in one of them does not stop the others.

        Args:
            duration: Length of the session in seconds of real time.
            pages: The pages that are not written yet, with the reports of all suites on them.
        """
        for name, path in self._paths.items():
            if name == _PAGE and path not in pages:
                # Another suite has written it.
                continue
            extension = named("report")[name]
            by = "" if name in BUILT_IN["report"] else f" with {extension}"
            with problem_of(self.problems, f"{self._results.name}: cannot write the report {path}{by}"):
                path.parent.mkdir(parents=True, exist_ok=True)
                content = pages.pop(path) if name == _PAGE else self.report(duration)
                try:
                    extension.load()(path, content)
                except (SystemExit, pytest.exit.Exception) as error:
                    raise ExtensionError(error_text(error)) from error
                if not path.is_file():
                    raise ExtensionError("it wrote no file")
                self.written.append(path)


def write_all(files: Sequence[ReportFiles], duration: float) -> None:
    """Write the reports of several suites.

    Args:
        files: The report files of each.
        duration: Length of the session in seconds of real time.
    """
    pages: dict[Path, list[SuiteReport]] = {}
    for one in files:
        if one.page is not None:
            pages.setdefault(one.page, []).append(one.report(duration))
    for one in files:
        one.write(duration=duration, pages=pages)


@contextmanager
def problem_of(problems: list[str], what: str) -> Iterator[None]:
    """Add any exception to `problems` and suppress it; only an interrupt is raised.

    Args:
        problems: The sentences.
        what: The beginning of the sentence: what cannot be done.
    """
    try:
        yield
    except (KeyboardInterrupt, SystemExit, GeneratorExit, pytest.exit.Exception):
        raise
    except BaseException as error:  # noqa: BLE001 - a panic of polars is no Exception
        if isinstance(error, OSError) and error.strerror:
            names_file = error.filename is None or str(error.filename) in what
            text = error.strerror if names_file else f"{error.strerror}: {error.filename}"
        elif isinstance(error, ExtensionError):
            text = str(error)
        else:
            text = error_text(error)
        problems.append(f"{what}: {' '.join(text.split())}")


def _reason(ledger: Path | None) -> str:
    so_far = "" if ledger is None else f"; results so far, if any: {ledger}"
    return f"the session has not come to its verdict{so_far}"


def _unfinished_json(suite: str, ledger: Path | None) -> str:
    report = {
        "version": VERSION,
        "metadata": {"suite": suite},
        "per_config_results": [],
        "robustness": [],
        "gate": {"verdict": UNFINISHED, "passed": False, "reasons": [_reason(ledger)]},
        "results": [],
    }
    return json.dumps(report, indent=2, ensure_ascii=False) + "\n"


def _unfinished_markdown(suite: str, ledger: Path | None) -> str:
    from pytest_pare.results.markdown import alert, escaped

    lines = [f"## {escaped(suite)}", "", *alert("WARNING", f"{UNFINISHED}: {escaped(_reason(ledger))}")]
    return "".join(f"{line}\n" for line in lines)


def _unfinished_page(suite: str, ledger: Path | None) -> str:
    from pytest_pare.page.render import unfinished_page

    return unfinished_page(suite, _reason(ledger))


_UNFINISHED = {"json": _unfinished_json, "markdown": _unfinished_markdown, _PAGE: _unfinished_page}
