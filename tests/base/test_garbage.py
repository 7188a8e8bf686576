"""The collector goes on as before, however a pause, or a time in which it starts rarely, ends."""

from __future__ import annotations

import gc
from contextlib import suppress

import pytest

from pytest_pare.base.garbage import collecting_rarely, without_garbage_collection


@pytest.mark.parametrize("enabled", [True, False])
def test_a_pause_ends_as_it_began(monkeypatch: pytest.MonkeyPatch, enabled: bool) -> None:
    state = [enabled]
    monkeypatch.setattr(gc, "isenabled", lambda: state[-1])
    monkeypatch.setattr(gc, "enable", lambda: state.append(True))
    monkeypatch.setattr(gc, "disable", lambda: state.append(False))
    with suppress(ValueError), without_garbage_collection():
        assert state[-1] is False
        raise ValueError
    assert state[-1] is enabled


def test_the_last_of_several_runs_restores_the_thresholds() -> None:
    before = gc.get_threshold()
    first, second = collecting_rarely(), collecting_rarely()
    first.__enter__()
    second.__enter__()
    assert gc.get_threshold() == (100_000, *before[1:])
    first.__exit__(None, None, None)
    assert gc.get_threshold() == (100_000, *before[1:])
    second.__exit__(ValueError, ValueError(), None)
    assert gc.get_threshold() == before


def test_a_threshold_that_is_set_within_stays_until_the_end() -> None:
    before = gc.get_threshold()
    with collecting_rarely():
        gc.set_threshold(0)
        with collecting_rarely():
            assert gc.get_threshold()[0] == 0
        assert gc.get_threshold()[0] == 0
    assert gc.get_threshold() == before
