"""A generator that is seeded later draws what one draws that is seeded at once."""

from __future__ import annotations

import copy
import random

import pytest

from pytest_pare.are.generators import SeededLater


def test_it_draws_the_same() -> None:
    later, at_once = SeededLater("seed"), random.Random("seed")
    assert [later.getrandbits(128), later.random()] == [at_once.getrandbits(128), at_once.random()]
    assert copy.deepcopy(later).choice("abcdef") == at_once.choice("abcdef")


def test_it_is_not_seeded_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(random, "Random", pytest.fail)
    SeededLater("seed")
