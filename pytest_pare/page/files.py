"""Writes report pages.

Importing this module imports polars.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pytest_pare.base.garbage import without_garbage_collection
from pytest_pare.base.run_files import write_whole
from pytest_pare.page.data import page_data
from pytest_pare.page.documents import packed_documents
from pytest_pare.page.render import page_text
from pytest_pare.page.suites import suite_of
from pytest_pare.results.suite_report import SuiteReport

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_pare.ledger.reader import Ledger


def write_html(path: Path, report: SuiteReport | Sequence[SuiteReport]) -> None:
    """Write the page of a session, with its runs if its ledger has kept their traces.

    The file appears whole or not at all.

    Args:
        path: The file.
        report: The report on a suite, or those on all suites of the page.

    Raises:
        OSError: If the file cannot be written.
    """
    write_page(path, [report] if isinstance(report, SuiteReport) else report)


@without_garbage_collection()
def write_page(path: Path, reports: Sequence[SuiteReport], ledger: Ledger | None = None) -> None:
    """Write a page.

    Args:
        path: The file.
        reports: The reports on its suites.
        ledger: The ledger of the only suite; `None` reads those that the reports name.

    Raises:
        OSError: If the file cannot be written.
    """
    suites = [suite_of(report, ledger) for report in reports]
    documents = packed_documents(suites)
    data, plots = page_data(suites, documents)
    write_whole(path, page_text(data, documents.texts, plots))
