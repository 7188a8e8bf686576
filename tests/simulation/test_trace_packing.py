"""Packed traces: the text that comes out is the one that went in, and no other file is taken for one."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_pare.simulation.trace import Trace
from pytest_pare.simulation.trace_codec import to_rows
from pytest_pare.simulation.trace_files import kept, read_trace, zipped
from pytest_pare.simulation.trace_packing import is_packed, pack, unpack
from tests.stage import play

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

# What ids are made of, and the places where they might be taken for longer or shorter ones.
ids = st.sampled_from(
    ["0a" * 4, "1b" * 8, "2c" * 16, "3d" * 20, "00000000-1111-2222-3333-444444444444", "f", "-", "A" * 16]
)
texts = st.lists(st.one_of(ids, st.text(max_size=5)), max_size=40).map("".join)


@pytest.fixture(scope="module")
def trace() -> Trace:
    return play(
        lambda s: [s.user_says("Anything new?").delayed(2), s.calendar.delete_calendar_event("x").oracle()], seed=3
    ).trace


@given(text=texts)
def test_a_text_is_unpacked_as_it_was(text: str) -> None:
    packed = pack(text.encode("utf-8", "replace").decode())
    assert is_packed(packed)
    assert unpack(packed) == text.encode("utf-8", "replace").decode()


def test_more_ids_than_have_a_number() -> None:
    digits = [hashlib.md5(bytes([number])).hexdigest() for number in range(256)]
    text = "\n".join(digits + digits[::-1])
    assert unpack(pack(text)) == text


def test_the_dictionary_of_earlier_traces_has_not_changed() -> None:
    assert pack("")[2:6].hex() == "6f202f5e"


def test_a_trace_takes_less_than_half_of_its_lines_zipped(trace: Trace) -> None:
    assert len(kept(trace)) < 0.5 * len(zipped(trace))


def test_a_trace_is_read_from_any_of_its_forms(trace: Trace, tmp_path: Path) -> None:
    lines = trace.to_jsonl()
    forms = {
        "a.trace": kept(trace),
        "a.jsonl.gz": zipped(trace),
        "a.jsonl": lines.encode(),
        "rows.jsonl": to_rows(vars(trace)).encode(),
    }
    for name, content in forms.items():
        (tmp_path / name).write_bytes(content)
        assert read_trace(tmp_path / name).to_jsonl() == lines


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda content: content[:40], "it is not whole"),
        (lambda content: content[:3], "its dictionary"),
        (lambda content: content[:-1] + bytes([content[-1] ^ 1]), "incorrect data check"),
        (
            lambda content: content[:2] + b"\x00\x00\x00\x07" + content[6:],
            "its dictionary 00000007 is not known; a later version of pytest-pare may have written it",
        ),
    ],
)
def test_a_packed_trace_that_cannot_be_read(
    trace: Trace, tmp_path: Path, damage: Callable[[bytes], bytes], reason: str
) -> None:
    path = tmp_path / "a.trace"
    path.write_bytes(damage(kept(trace)))
    with pytest.raises(ValueError, match=re.escape(f"{path}: cannot be read: ") + f".*{re.escape(reason)}"):
        read_trace(path)


@pytest.mark.parametrize("row", ['["event"]', '["rumour",1]', "[]", '[["event"],1]', '["event",0.0]'])
def test_a_row_that_is_none(trace: Trace, row: str) -> None:
    first, _, *rest = to_rows(vars(trace)).split("\n")
    with pytest.raises(ValueError, match="line 2 of the trace is no JSON object"):
        Trace.from_jsonl("\n".join((first, row, *rest)))
