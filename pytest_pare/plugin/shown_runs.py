"""Adds the steps of a run that did not pass to its report, with `--pare-show`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_pare.plugin.options import SHOW

if TYPE_CHECKING:
    import pytest

    from pytest_pare.simulation.runner import Run


def show_steps(item: pytest.Item, run: Run) -> bool:
    """Add the steps of a run to the report of its item, and return whether it did.

    Args:
        item: The item of the run.
        run: The run.
    """
    if not item.config.getoption(SHOW.dest):
        return False
    from pytest_pare.timeline.document import run_document
    from pytest_pare.timeline.text import run_lines

    # The failure text has the name and the reason already.
    document = run_document(run.trace, run.result, run=item.name)
    text = "\n".join(line.text for line in run_lines(document, with_reason=False))
    item.add_report_section("call", "steps", text.strip("\n"))
    return True
