"""Files of traces: what is read from each kind, and what is said of one that cannot be read."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
import zstandard

from pytest_pare.simulation import trace_files
from pytest_pare.simulation.trace_files import kept, read_trace, zipped
from tests.stage import play

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pytest_pare.simulation.trace import Trace

DICT_ID = 1286757960


@pytest.fixture(scope="module")
def trace() -> Trace:
    return play(
        lambda s: [s.user_says("Anything new?").delayed(2), s.calendar.delete_calendar_event("x").oracle()], seed=3
    ).trace


def test_the_dictionary_of_earlier_traces_has_not_changed() -> None:
    assert trace_files._dictionary().dict_id() == DICT_ID


def test_a_kept_trace_takes_half_of_the_space(trace: Trace) -> None:
    assert len(kept(trace)) < 0.5 * len(zipped(trace))


def test_a_trace_is_read_from_any_of_its_forms(trace: Trace, tmp_path: Path) -> None:
    lines = trace.to_jsonl()
    forms = {
        "a.jsonl.zst": kept(trace),
        "without-dictionary.jsonl.zst": zstandard.compress(lines.encode()),
        "a.jsonl.gz": zipped(trace),
        "a.jsonl": lines.encode(),
    }
    for name, content in forms.items():
        (tmp_path / name).write_bytes(content)
        assert read_trace(tmp_path / name).to_jsonl() == lines


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda content: content[:40], "decompression error"),
        (lambda content: content[:5], "not enough data"),
        (lambda content: content[:-1] + bytes([content[-1] ^ 1]), "checksum"),
        (
            # Its dictionary is named in the bytes behind the descriptor of the frame, which also sets their number.
            lambda content: content.replace(DICT_ID.to_bytes(4, "little"), (7).to_bytes(4, "little"), 1),
            "its dictionary 7 is not known; a later version of pytest-pare may have written it",
        ),
    ],
)
def test_a_kept_trace_that_cannot_be_read(
    trace: Trace, tmp_path: Path, damage: Callable[[bytes], bytes], reason: str
) -> None:
    path = tmp_path / "a.jsonl.zst"
    path.write_bytes(damage(kept(trace)))
    with pytest.raises(ValueError, match=re.escape(f"{path}: cannot be read: ") + f".*{re.escape(reason)}"):
        read_trace(path)
