"""Each row of the page on the behaviour of libraries names an existing test."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROWS = [
    line
    for line in (ROOT / "docs/library-behaviour.md").read_text(encoding="utf-8").splitlines()
    if line.startswith("| ") and not line.endswith("| test |")
]


def test_there_are_rows() -> None:
    assert len(ROWS) > 40


@pytest.mark.parametrize("row", ROWS)
def test_a_row_names_its_test(row: str) -> None:
    cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", row)[1:-1]]
    assert len(cells) == 3
    assert all(cells)
    file, _, name = cells[2].strip("`").partition("::")
    source = (ROOT / "tests" / file).read_text(encoding="utf-8")
    assert f"def {name}(" in source if name else "\ndef test_" in source
