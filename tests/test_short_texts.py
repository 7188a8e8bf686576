"""Texts and values as results and traces keep them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_pare.base.serialization import (
    MOST_CHARACTERS,
    to_builtins_or_name,
    to_short_builtins,
    to_short_text,
    to_text,
)
from pytest_pare.plugin.failure_report import presentable, sendable, sendable_properties

SECRET = "tulip-bulb-4711"


class UnprintableError(Exception):
    def __str__(self) -> str:
        raise ValueError


@pytest.mark.parametrize("value", ["", "x" * (MOST_CHARACTERS + 500), 3, ValueError("half \ud800"), UnprintableError()])
def test_a_short_text_is_whole(value: object) -> None:
    assert to_short_text(value) == to_text(value)


@given(st.text(alphabet="ab \n", max_size=50), st.integers(min_value=501, max_value=MOST_CHARACTERS))
def test_a_long_text_is_cut_and_says_how_much_is_missing(text: str, more: int) -> None:
    long = text.ljust(MOST_CHARACTERS + more, "z")
    cut = to_short_text(long)
    assert cut == f"{long[:MOST_CHARACTERS]}... [{more:,} more characters]"
    assert to_short_text(f"turn 3: {cut}") == f"turn 3: {cut}"


@given(st.integers(min_value=0, max_value=2 * len(SECRET)), st.booleans())
def test_no_secret_is_cut_in_two(before: int, many: bool) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MY_API_KEY", SECRET)
        start = MOST_CHARACTERS - before
        # Others before it make the text shorter when they are redacted.
        filling = (f"{SECRET} " * MOST_CHARACTERS)[:start] if many else "-" * start
        text = to_short_text(filling + SECRET * 1000 + "-" * MOST_CHARACTERS)
    assert not any(SECRET[:length] in text for length in range(4, len(SECRET) + 1))


def test_values_are_cut_where_they_are_long() -> None:
    long = "x" * (MOST_CHARACTERS + 1005)
    cut = f"{'x' * MOST_CHARACTERS}... [1,005 more characters]"
    assert to_short_builtins({"a": [long, {long: 1}], "b": 2}) == {"a": [cut, {cut: 1}], "b": 2}
    assert to_short_builtins(list(range(1003))) == [*range(1000), "... [3 more]"]
    many = to_short_builtins(dict.fromkeys(range(1001)))
    assert (len(many), many["..."]) == (1001, "[1 more]")


@given(
    st.recursive(
        st.none() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
    )
)
def test_other_values_stay_as_they_are(value: Any) -> None:
    assert to_short_builtins(value) == to_builtins_or_name(value)


NUMBERS = st.booleans() | st.integers() | st.floats() | st.complex_numbers()
OTHERS = st.none() | st.text() | st.dates() | st.binary() | st.sets(st.text())


@given(
    st.recursive(
        NUMBERS | OTHERS,
        lambda inner: st.lists(inner) | st.tuples(inner) | st.dictionaries(st.text() | st.integers(), inner),
    )
)
def test_whatever_is_sent_is_what_workers_can_send(value: Any) -> None:
    execnet = pytest.importorskip("execnet")
    sent = sendable(value)
    back = execnet.loads(execnet.dumps(sent))
    assert repr(back) == repr(sent)


class OwnText(str):
    """A text that execnet does not send."""


VALUES = NUMBERS | OTHERS | st.just(OwnText("own")) | st.just("x" * (MOST_CHARACTERS + 1))


@given(st.lists(st.tuples(st.text() | VALUES, st.text() | VALUES) | VALUES | st.lists(st.text()) | st.just(("one",))))
def test_properties_are_sent_like_other_lists(properties: list[Any]) -> None:
    sent = sendable_properties(properties)
    assert (repr(sent), sent is properties) == (repr(sendable(properties)), False)
    assert not any(isinstance(text, OwnText) for pair in sent if isinstance(pair, tuple) for text in pair)


def test_captured_output_is_not_cut() -> None:
    sections = [("Captured stdout", "x" * 3 * MOST_CHARACTERS)]
    assert presentable(sections, to_text) == sections
    assert presentable(["x" * 3 * MOST_CHARACTERS]) != ["x" * 3 * MOST_CHARACTERS]


def test_the_source_above_a_message_is_not_cut() -> None:
    source = ["    code()"] * 5000
    lines = presentable([*source, f"E   ValueError: {'x' * MOST_CHARACTERS}", "E   more", f"E   {'and more ' * 9}"])
    assert lines[:5000] == source
    assert lines[5001:] == ["E   ... [93 more characters]"]
    assert presentable(lines) == lines
