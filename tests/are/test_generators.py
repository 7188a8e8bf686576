"""A generator that is seeded later draws what one draws that is seeded at once."""

from __future__ import annotations

import copy
import pickle
import random
from typing import TYPE_CHECKING, Any

import pytest

from pytest_pare.are.generators import SeededLater

if TYPE_CHECKING:
    from collections.abc import Callable


def test_it_draws_the_same() -> None:
    later, at_once = SeededLater("seed"), random.Random("seed")
    assert [later.getrandbits(128), later.random()] == [at_once.getrandbits(128), at_once.random()]
    assert copy.deepcopy(later).choice("abcdef") == at_once.choice("abcdef")


def test_it_is_not_seeded_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(random, "Random", pytest.fail)
    SeededLater("seed")


@pytest.mark.parametrize("drawn", [0, 3])
@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, lambda one: pickle.loads(pickle.dumps(one))])
def test_a_copy_goes_on_from_where_the_original_is(drawn: int, copied: Callable[[Any], Any]) -> None:
    original = SeededLater(7)
    for _ in range(drawn):
        original.random()
    own = copied(original)
    following = [original.getrandbits(32), original.random()]
    assert [own.getrandbits(32), own.random()] == following


def test_attributes_of_a_generator_are_its_present_ones() -> None:
    later = SeededLater(7)
    assert later.gauss_next is None
    later.gauss(0, 1)
    assert later.gauss_next is not None
