"""The faster ids of objects are those that ARE draws."""

from __future__ import annotations

import random

from are.simulation.utils import uuid_hex as are_uuid_hex
from hypothesis import given
from hypothesis import strategies as st

from pytest_pare.are import object_ids


@given(st.integers())
def test_ids_are_those_that_are_draws(seed: int) -> None:
    expected, drawn, patched = random.Random(seed), random.Random(seed), random.Random(seed)
    text = "".join(expected.choice("0123456789abcdef") for _ in range(32))
    assert object_ids.uuid_hex(drawn) == are_uuid_hex(patched) == text
    assert drawn.random() == patched.random() == expected.random()
