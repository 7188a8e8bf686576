"""The faster calls of tools give what ARE's own give."""

from __future__ import annotations

import inspect
import random
from typing import Any

import are.simulation.types
import pytest
from are.simulation.utils import type_check
from are.simulation.utils import uuid_hex as are_uuid_hex
from hypothesis import given
from hypothesis import strategies as st

from pytest_pare.are import fast_calls


@given(st.integers())
def test_ids_are_those_that_are_draws(seed: int) -> None:
    expected, drawn, patched = random.Random(seed), random.Random(seed), random.Random(seed)
    text = "".join(expected.choice("0123456789abcdef") for _ in range(32))
    assert fast_calls.uuid_hex(drawn) == are_uuid_hex(patched) == text
    assert drawn.random() == patched.random() == expected.random()


def test_a_signature_is_made_once() -> None:
    def tool(number: int) -> int:
        return number

    made: Any = are.simulation.types.inspect
    assert made.signature(tool) is made.signature(tool)
    assert made.signature(tool) == inspect.signature(tool)
    assert made.getdoc is inspect.getdoc
    checked = type_check(tool)
    assert checked(1) == 1
    with pytest.raises(TypeError, match="Argument 'number' must be of type"):
        checked("1")
